"""The presenter: how little it does for each change."""

import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import xarray as xr
from app_states import track

sys.path.insert(0, str(Path(__file__).parent.parent / "scene"))
from scene_kit import array

from loupe import HeatmapConfig, RasterConfig, SampleMarkers, TraceConfig
from loupe.app.commands import (
    Gain,
    PageTime,
    PanTime,
    ReplaceState,
    ScrollRows,
    SetCursor,
    SetFlag,
    SetTrackVisible,
)
from loupe.app.ports import InlineScheduler
from loupe.app.presenter import Presenter
from loupe.app.start import initial_state
from loupe.app.still import open_scene, still
from loupe.app.store import Store
from loupe.errors import LoupeDataError
from loupe.scene import workbench
from loupe.scene.frame import RgbaTile
from loupe.scene.layout import Viewport
from loupe.session.build import build_session
from loupe.session.labels import LabelsConfig
from loupe.units import Span
from loupe.work import InlinePool


class Bench:
    """A presenter whose work waits until `run`."""

    def __init__(self, data, **view):
        view.setdefault("window_len", 10.0)
        self.scene = open_scene(build_session(data, **view))
        self.store = Store(initial_state(self.scene, Viewport(1000, 600, 1.0)))
        self.scheduler, self.pool = InlineScheduler(), InlinePool(eager=False)
        self.presenter = Presenter(self.scene, self.store, self.scheduler, self.pool)
        self.told = 0
        self.presenter.on_frame(self._tell)
        self.pool.run()
        # In a quiet moment tiles get margins, so that a pan finds all it needs.
        self.scheduler.run_timers()
        self.pool.run()

    def _tell(self):
        self.told += 1

    def counts(self, command):
        """What a command costs until everything is settled."""
        before = self.presenter.bench.counts.copy()
        told, jobs = self.told, self.presenter.counts.jobs
        self.store.dispatch(command)
        self.pool.run()
        found = self.presenter.bench.counts - before
        assert self.presenter.settled
        return {
            "reads": found["reads"],
            "reductions": found["reductions"],
            "rasterisations": found["rasterisations"],
            "frames": self.told - told,
            "jobs": self.presenter.counts.jobs - jobs,
        }


@pytest.fixture
def bench():
    rng = np.random.default_rng(0)
    t = np.arange(60_000) / 100
    return Bench(
        [
            TraceConfig(array(rng.normal(size=(3, 60_000)), t=t), "dense"),
            HeatmapConfig(array(rng.normal(size=(4, 60_000)), t=t)),
        ]
    )


def test_a_pan_inside_the_overscan_reads_and_makes_nothing(bench):
    assert bench.counts(PanTime(1.0)) == {
        "reads": 0,
        "reductions": 0,
        "rasterisations": 0,
        "frames": 1,
        "jobs": 0,
    }
    tiles = [i for p in bench.presenter.frame.panels for i in p.items if isinstance(i, RgbaTile)]
    assert all(t.x0 == int(t.x0) and t.x1 - t.x0 == len(t.pixels) for t in tiles)


def test_a_cursor_costs_one_frame(bench):
    keys = {i.key for p in bench.presenter.frame.panels for i in p.items if hasattr(i, "key")}
    assert bench.counts(SetCursor(3.0)) == {
        "reads": 0,
        "reductions": 0,
        "rasterisations": 0,
        "frames": 1,
        "jobs": 0,
    }
    assert keys == {
        i.key for p in bench.presenter.frame.panels for i in p.items if hasattr(i, "key")
    }


def test_gain_rasterises_once_from_spans(bench):
    row = bench.presenter.rows[0].id
    assert bench.counts(Gain(1.2, row)) == {
        "reads": 0,
        "reductions": 0,
        "rasterisations": 1,
        "frames": 1,
        "jobs": 1,
    }


def test_without_the_cursor_no_time_makes_way_for_its_flag(bench):
    frame = bench.presenter.frame
    at = frame.cursor[0] - bench.presenter.layout.area.x

    def times(frame):
        return [t.text for t in frame.texts if t.area == "axis" and t.align == "center"]

    assert at == 0
    assert [t for t in frame.texts if t.role == "flag"]
    bare = bench.presenter.without_cursor()
    assert bare.cursor is None
    assert not [t for t in bare.texts if t.role == "flag"]
    assert set(times(bare)) - set(times(frame)) == {"0"}


def test_marked_samples_are_found_once_for_all_gains():
    t = np.arange(60_000) / 100
    y = np.random.default_rng(1).normal(size=(3, 60_000))
    marks = SampleMarkers("o", "#ff0000", array(y > 1.0, t=t))
    bench = Bench([TraceConfig(array(y, t=t), "dense", sample_markers=[marks])])
    found = bench.counts(Gain(1.2, bench.presenter.rows[0].id))
    assert (found["reads"], found["rasterisations"]) == (0, 1)


def test_a_theme_rasterises_from_spans(bench):
    found = bench.counts(SetFlag("theme", "light"))
    assert (found["reads"], found["reductions"]) == (0, 0)


def test_a_page_is_one_job_a_row_and_one_frame(bench):
    found = bench.counts(PageTime(3))
    assert found["jobs"] == 2
    assert found["reads"] == 2
    assert found["frames"] == 1


def test_a_page_waits_no_longer_than_the_hold(bench):
    bench.store.dispatch(PageTime(5))
    assert bench.told == 1 or not bench.presenter.settled
    told = bench.told
    bench.scheduler.run_timers()
    assert bench.told == told + 1, "after the hold the view shows what there is"
    bench.pool.run()
    assert bench.presenter.settled


def test_the_next_page_is_there_before_it_is_asked_for(bench):
    bench.counts(PageTime(1))
    bench.scheduler.run_timers()
    bench.pool.run()
    found = bench.counts(PageTime(1))
    assert (found["reads"], found["jobs"]) == (0, 0)


class Broken:
    """An array's data that cannot be read while `error` says why."""

    def __init__(self, data, error):
        self._data, self.error = data, error

    def __getattr__(self, name):
        return getattr(self._data, name)

    def read(self, rows, i0, i1):
        if self.error is not None:
            raise self.error
        return self._data.read(rows, i0, i1)

    peek = read


def broken(bench, error):
    array_ref = bench.scene.rows[0].content.array
    data = Broken(array_ref.data, error)
    object.__setattr__(array_ref, "data", data)
    return data


def told_in_rows(bench):
    return [t.text for t in bench.presenter.frame.texts if t.role == "note"]


def test_a_store_that_fails_fills_its_row_with_the_reason_and_no_other(bench):
    broken(bench, LoupeDataError("chunk 3 is damaged", where="x.zarr"))
    bench.counts(PageTime(9))
    assert told_in_rows(bench) == ["x.zarr: chunk 3 is damaged"]


@pytest.mark.parametrize(
    ("error", "text"),
    [(MemoryError(), "MemoryError"), (KeyError("time"), "KeyError: 'time'")],
)
def test_an_error_of_others_is_told_with_its_kind(bench, error, text):
    broken(bench, error)
    bench.counts(PageTime(9))
    assert told_in_rows(bench) == [f"the picture could not be made: {text}"]


def test_what_failed_is_tried_again_when_one_comes_back(bench):
    data = broken(bench, OSError("the network is away"))
    bench.counts(PageTime(9))
    assert told_in_rows(bench) == ["the picture could not be made: OSError: the network is away"]
    assert bench.counts(ScrollRows(0.0))["jobs"] == 0
    assert bench.counts(Gain(1.1, bench.presenter.rows[0].id))["jobs"] == 1
    data.error = None
    bench.counts(PageTime(-9))
    bench.counts(PageTime(9))
    assert told_in_rows(bench) == []


def test_the_rows_make_room_for_the_strips_that_are_shown():
    sets = (LabelsConfig(path="a.csv"), LabelsConfig(path="b.csv"))
    t = np.arange(6000) / 100
    plots = TraceConfig(array(np.zeros((1, 6000)), t=t))
    session = build_session(plots).model_copy(update={"labels": sets})
    scene = open_scene(session)
    tracks = [replace(track(), id=spec.id) for spec in scene.tracks]
    store = Store(initial_state(scene, Viewport(1000, 600, 1.0), tracks=tracks))
    presenter = Presenter(scene, store, InlineScheduler(), InlinePool())
    top = presenter.layout.area.y
    store.dispatch(SetTrackVisible(1, False))
    assert len(presenter.layout.strips) == 1
    assert presenter.layout.area.y < top
    store.dispatch(SetTrackVisible(1, True))
    assert len(presenter.layout.strips) == 2
    assert presenter.layout.area.y == top


def test_a_longer_recording_is_another_picture(bench):
    told = bench.told
    longer = replace(bench.store.state, extent=Span(0.0, 5000.0))
    bench.store.dispatch(ReplaceState(longer))
    assert bench.told == told + 1


def test_what_a_column_stands_for_is_said_of_what_is_drawn():
    rng = np.random.default_rng(0)
    spikes = pl.DataFrame(
        {"time": rng.uniform(0, 60, 200_000), "unit": rng.integers(0, 3, 200_000)}
    )
    raster = RasterConfig(spikes, time_col="time", order_by="unit")
    assert Bench(raster, window_len=60.0).presenter.status() == "events as density"
    t = np.arange(600) / 10
    both = [raster, TraceConfig(array(np.zeros((1, 600)), t=t))]
    text = "every sample is drawn; events as density"
    assert Bench(both, window_len=60.0).presenter.status() == text
    heat = HeatmapConfig(array(np.zeros((9000, 600)), t=t))
    folded = Bench(heat, window_len=60.0)
    (box,) = folded.presenter.layout.rows
    text = f"each line stands for up to {-(-9000 // box.rect.h)} rows"
    assert folded.presenter.status() == text


def test_chunks_that_a_store_lacks_are_told_of(tmp_path):
    import shutil

    values = np.ones((2, 1000), dtype=np.int16)
    data = xr.DataArray(
        values, dims=("channel", "time"), coords={"channel": [0, 1], "time": np.arange(1000.0)},
        name="lfp",
    )  # fmt: skip
    data.to_dataset().to_zarr(
        tmp_path / "a.zarr", consolidated=False, encoding={"lfp": {"chunks": (2, 100)}}
    )
    shutil.rmtree(tmp_path / "a.zarr" / "lfp" / "c" / "0" / "3", ignore_errors=True)
    (tmp_path / "a.zarr" / "lfp" / "c" / "0" / "3").unlink(missing_ok=True)
    session = build_session(TraceConfig.from_path(str(tmp_path / "a.zarr"), variable="lfp"))
    presenter = still(session, Viewport(800, 400, 1.0)).presenter
    assert presenter.notes == ("lfp: 1 of its 10 chunks are not in the store and read as 0",)


def test_closing_does_not_wait_for_a_read_that_hangs(bench):
    reading, released, over = threading.Event(), threading.Event(), threading.Event()

    def hang():
        reading.set()
        released.wait(2)
        over.set()

    presenter = Presenter(bench.scene, bench.store, InlineScheduler())
    pool = presenter._pool
    pool.submit("hang", 0, hang, lambda _: None)
    assert reading.wait(30)
    presenter.close()
    assert not over.is_set(), "it still runs"
    released.set()
    assert pool.close()


def test_closing_stops_everything(bench):
    bench.presenter.close()
    told = bench.told
    bench.store.dispatch(PageTime(1))
    bench.pool.run()
    assert bench.told == told


def test_a_stale_overview_is_told_of(tmp_path):
    import xarray as xr

    from loupe.cli.main import main
    from loupe.session.source import Source

    def write(seed):
        values = np.random.default_rng(seed).normal(size=(2, 400_000)).astype(np.float32)
        coords = {"channel": [0, 1], "time": np.arange(400_000) / 1000}
        data = xr.DataArray(values, dims=("channel", "time"), coords=coords, name="data")
        data.to_dataset().to_zarr(tmp_path / "a.zarr", mode="w", consolidated=False)

    write(1)
    assert main(["overview", "build", str(tmp_path / "a.zarr")]) == 0
    source = Source(path=str(tmp_path / "a.zarr"))
    assert Bench(TraceConfig(source), window_len=400.0).presenter.notes == ()
    write(2)
    notes = Bench(TraceConfig(source), window_len=400.0).presenter.notes
    assert len(notes) == 1
    assert "loupe overview build" in notes[0]


def test_a_window_of_many_rows_and_hours_settles_without_a_blank(monkeypatch):
    monkeypatch.setattr(workbench, "_LEAST_BINS", 0)
    n = 1_500_000
    values = np.random.default_rng(4).integers(-999, 999, (32, n), dtype=np.int16)
    t = np.arange(n) / 100
    # Bins of all levels: 4 MB, of which the cache holds 1.
    bench = Bench(HeatmapConfig(array(values, t=t)), window_len=float(t[-1]), cache_mb=16)
    assert bench.presenter.settled
    tile = bench.presenter._shown[bench.presenter.rows[0].id]
    inside = tile.values[-tile.k0 : int(t[-1] / tile.dt) - tile.k0]
    assert len(inside) > 800
    assert tile.missing == 0
    assert np.isfinite(inside).all()
    before = bench.presenter.bench.counts["reads"]
    bench.store.dispatch(SetFlag("theme", "light"))
    bench.pool.run()
    assert bench.presenter.bench.counts["reads"] == before
