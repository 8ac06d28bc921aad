"""Live parameters: what is computed and drawn again, what stays, and in which order."""

import gc
import sys
import threading
import weakref
from pathlib import Path

import numpy as np
import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "scene"))
from scene_kit import array

from loupe import (
    BoolParam,
    ChoiceParam,
    GlobalEventsConfig,
    HeatmapConfig,
    IntParam,
    Param,
    RasterConfig,
    SampleMarkers,
    TraceConfig,
    Zip,
    tunable,
)
from loupe.app import commands as c
from loupe.app.ports import InlineScheduler
from loupe.app.presenter import Presenter
from loupe.app.reduce import reduce
from loupe.app.start import initial_state, recompiled, retuned, track_state
from loupe.app.still import load_track, open_scene, still
from loupe.app.store import Store
from loupe.app.tuner import Tuner, param_values
from loupe.scene.layout import Viewport
from loupe.scene.live import retune
from loupe.session.build import build_session
from loupe.session.labels import LabelsConfig
from loupe.session.source import InMemory
from loupe.work import InlinePool, ThreadPool

T = np.arange(3000) / 100
SINE = np.stack([np.sin(2 * np.pi * (k + 1) * T / 5) for k in range(3)]).astype(np.float32)
STATES = {"keymap": {"high": ["w"]}, "label_colors": {"high": "#ff8800"}}


class Bench:
    """Store, presenter and tuner; work waits until `run`, as a busy machine would have it."""

    def __init__(self, data, pool=None, keeps=True, **view):
        self.scene = open_scene(build_session(data, window_len=10.0, **view))
        tracks = [
            track_state(s.config, s.id, load_track(self.scene.session, s))
            for s in self.scene.tracks
        ]
        self.store = Store(initial_state(self.scene, Viewport(1000, 600, 1.0), tracks=tracks))
        self.scheduler, self.tiles = InlineScheduler(), InlinePool(eager=False)
        self.presenter = Presenter(self.scene, self.store, self.scheduler, self.tiles)
        self.pool = pool or InlinePool(eager=False)
        self.shown = []
        bench = self.presenter.bench
        self.tuner = Tuner(
            self.scene,
            self.store,
            self.scheduler,
            self._show,
            measured=bench.known_stats if keeps else None,
            pool=self.pool,
        )
        self.tiles.run()
        # In a quiet moment tiles get margins.
        self.scheduler.run_timers()
        self.tiles.run()

    def _show(self, found):
        self.shown.append(found)
        self.scene = found.scene
        self.presenter.retune(found.scene, found.rows, found.gone)
        state = retuned(self.store.state, found.scene, found.tables)
        self.store.dispatch(c.ReplaceState(state, state.note))

    def run(self):
        """Compute and draw until everything stands still."""
        for _ in range(20):
            self.scheduler.run_timers()
            self.pool.run()
            self.tiles.run()
            if self.tuner.settled and self.presenter.settled:
                return
        raise AssertionError("it does not settle")

    def set(self, value, index=0):
        self.store.dispatch(c.SetParam(index, value))
        self.run()

    def tile(self, row_id):
        return self.presenter._shown[row_id]

    def pixels(self, row_id):
        return self.tile(row_id).pixels

    def seen(self, row_id):
        """The pixels of the window's own columns: tiles have margins or not."""
        tile, grid = self.tile(row_id), self.presenter.layout.grid
        first = grid.k0 - tile.k0
        return tile.pixels[first : first + grid.width]


@pytest.fixture
def gain():
    return Param(1.0, 0.0, 10.0, name="gain")


def scaled(gain):
    return array(SINE * gain.value, t=T)


def test_traces_change_and_their_scale_stays(gain):
    bench = Bench(TraceConfig(lambda: scaled(gain)))
    before, y = bench.seen("trace-1/0"), bench.presenter.y_range("trace-1/0")
    bench.set(0.5)
    assert not np.array_equal(bench.seen("trace-1/0"), before)
    assert bench.presenter.y_range("trace-1/0") == y
    data = bench.scene.rows[0].content.lines[0].array.data
    assert data.read(slice(0, 1), 0, len(T)).max() == pytest.approx(0.5, abs=0.01)
    bench.set(1.0)
    assert np.array_equal(bench.seen("trace-1/0"), before), "back where it was"


def test_without_preserving_scales_follow_the_data(gain):
    bench = Bench(TraceConfig(lambda: scaled(gain)), keeps=False)
    before = bench.presenter.y_range("trace-1/0")
    bench.set(5.0)
    assert bench.presenter.y_range("trace-1/0")[1] == pytest.approx(5 * before[1], rel=1e-3)


def test_a_range_of_the_users_stays(gain):
    bench = Bench(TraceConfig(lambda: scaled(gain)))
    bench.store.dispatch(c.SetYRange("trace-1/0", (-3.0, 3.0)))
    bench.run()
    y = bench.presenter.y_range("trace-1/0")
    bench.set(2.0)
    assert bench.presenter.y_range("trace-1/0") == y


def test_dense_traces_and_heatmaps_change_and_their_scales_stay(gain):
    source = tunable(lambda g: array(SINE * g, t=T), gain)
    bench = Bench([TraceConfig(source, "dense"), HeatmapConfig(source)])
    dense, heat = bench.pixels("trace-1/dense"), bench.tile("heatmap-1/all")
    per_value = bench.tile("trace-1/dense").facts["per_value"]
    bench.set(0.5)
    assert not np.array_equal(bench.pixels("trace-1/dense"), dense)
    assert bench.tile("trace-1/dense").facts["per_value"] == per_value
    now = bench.tile("heatmap-1/all")
    assert np.allclose(now.values, heat.values * 0.5, equal_nan=True)
    assert now.y_range == heat.y_range


def test_dense_rows_and_heatmap_rows_may_become_more():
    count = IntParam(2, 1, 3)
    source = tunable(lambda n: array(SINE[:n], t=T), count)
    bench = Bench([TraceConfig(source, "dense"), HeatmapConfig(source)])
    bench.set(3)
    assert bench.tuner.status.faults == ()
    assert bench.tile("heatmap-1/all").values.shape[1] == 3
    assert bench.store.state.facts.row("trace-1/dense").traces == 3


def test_overlays_change_and_the_hosts_are_not_read_again(gain):
    host = array(SINE, t=T)
    bench = Bench(TraceConfig(host, overlay_arrays=[tunable(lambda g: host * g, gain)]))
    before = bench.pixels("trace-1/1")
    key = bench.scene.rows[0].content.lines[0].array.key
    bench.set(0.25)
    assert not np.array_equal(bench.pixels("trace-1/1"), before)
    lines = bench.scene.rows[0].content.lines
    assert lines[0].array.key == key
    assert lines[1].array.key != key


def test_members_of_a_zip_change(gain):
    bench = Bench(
        Zip(
            traces=[TraceConfig(array(SINE, t=T)), TraceConfig(lambda: scaled(gain))],
            on="channel",
        )
    )
    before = bench.pixels(bench.scene.rows[0].id)
    bench.set(0.2)
    assert not np.array_equal(bench.pixels(bench.scene.rows[0].id), before)


@pytest.mark.parametrize("mode", ["stacked", "dense"])
def test_markers_change(mode):
    level = Param(0.9, 0.0, 1.0)
    data = array(SINE, t=T)
    mask = tunable(lambda at: data > at, level)
    bench = Bench(TraceConfig(data, mode, sample_markers=[SampleMarkers("o", "#ff0000", mask)]))
    row_id = bench.scene.rows[0].id
    before = len(bench.tile(row_id).points.t)
    bench.set(0.1)
    assert len(bench.tile(row_id).points.t) > before
    bench.set(1.0)
    points = bench.tile(row_id).points
    assert points is None or not len(points.t)


def catalog(z):
    frame = pl.DataFrame(
        {
            "time": [1.0, 2.0, 3.0, 4.0, 5.0],
            "unit": [3, 1, 2, 1, 10],
            "group": ["a", "a", "a", "b", "b"],
            "z": [1.0, 2.0, 3.0, 4.0, 5.0],
        }
    )
    return frame.filter(pl.col("z") >= z)


def test_rasters_change_and_their_rows_stay():
    level = Param(0.0, 0.0, 9.0)
    bench = Bench(
        RasterConfig(tunable(catalog, level), time_col="time", order_by="unit", split_by="group")
    )
    names = {row.id: row.content.row_names for row in bench.scene.rows}
    assert names == {"raster-1/a": ("1", "2", "3"), "raster-1/b": ("1", "10")}
    for at, left in ((2.5, [1, 2]), (3.5, [0, 2]), (9.0, [0, 0]), (0.0, [3, 2])):
        bench.set(at)
        assert [len(row.content.times) for row in bench.scene.rows] == left
        assert {row.id: row.content.row_names for row in bench.scene.rows} == names
        assert bench.tuner.status.faults == ()
    assert bench.pixels("raster-1/a").any()


def test_rasters_lose_no_event_of_a_row_that_is_new():
    level = Param(4.5, 0.0, 9.0)
    bench = Bench(RasterConfig(tunable(catalog, level), time_col="time", order_by="unit"))
    assert bench.scene.rows[0].content.row_names == ("10",)
    bench.set(0.0)
    content = bench.scene.rows[0].content
    assert content.row_names == ("1", "2", "3", "10")
    assert content.rows.tolist() == [2, 0, 1, 0, 3]


def test_global_events_change():
    level = Param(0.0, 0.0, 9.0)
    bench = Bench(
        TraceConfig(array(SINE, t=T)),
        global_events=GlobalEventsConfig(tunable(catalog, level), style_events_on="group"),
    )
    assert [e.name for e in bench.scene.events] == ["a", "b"]
    bench.set(3.5)
    assert [(e.name, e.times.tolist()) for e in bench.scene.events] == [("b", [4.0, 5.0])]
    assert bench.store.state.facts.events == ("b",)


def found(level):
    above = np.flatnonzero(np.diff((SINE[0] > level).astype(int), prepend=0, append=0))
    spans = T[np.minimum(above.reshape(-1, 2), len(T) - 1)]
    return pl.DataFrame({"start_s": spans[:, 0], "end_s": spans[:, 1], "label": "high"})


def test_label_sets_change_as_a_whole_and_others_keep_their_edits():
    level = Param(0.5, 0.0, 0.9)
    by_hand = LabelsConfig(
        data=pl.DataFrame({"start_s": [1.0], "end_s": [2.0], "label": ["high"]}), name="by hand"
    )
    live = LabelsConfig(data=tunable(found, level), name="live")
    bench = Bench(TraceConfig(array(SINE, t=T)), interval_labels=[live, by_hand], **STATES)
    state = bench.store.state
    assert state.edited == 1, "the set that can be edited"
    bench.store.dispatch(c.SetLabelState(int(state.tracks[1].table.ids[0]), "other"))
    edited = bench.store.state.tracks[1]
    before = state.tracks[0].table
    bench.set(0.8)
    after = bench.store.state
    assert after.tracks[0].table.starts[0] > before.starts[0]
    assert after.tracks[0].history is state.tracks[0].history
    assert after.tracks[1] is edited


def test_a_function_without_parameters_gives_labels_that_can_be_edited():
    bench = Bench(TraceConfig(array(SINE, t=T)), interval_labels=lambda: found(0.5), **STATES)
    (spec,) = bench.scene.tracks
    assert not spec.live
    assert len(bench.store.state.tracks[0].table) == 6
    assert bench.scene.live is None


def test_only_what_depends_is_computed_compiled_and_drawn(gain):
    other, calls = Param(0.0, 0.0, 9.0), []

    def first(g):
        calls.append("first")
        return array(SINE * g, t=T)

    def second(z):
        calls.append("second")
        return catalog(z)

    bench = Bench(
        [
            TraceConfig(tunable(first, gain), id="a"),
            RasterConfig(tunable(second, other), time_col="time", order_by="unit", id="b"),
            TraceConfig(array(SINE, t=T), id="c"),
        ]
    )
    assert calls == ["first", "second"]
    calls.clear()
    jobs, drawn = bench.presenter.counts.jobs, bench.pixels("c/0")
    bench.set(3.0, 1)
    assert calls == ["second"]
    assert bench.shown[-1].rows == {"b/all"}
    # One for the picture, one for its margins in a quiet moment.
    assert bench.presenter.counts.jobs - jobs <= 2
    calls.clear()
    bench.set(2.0, 0)
    assert calls == ["first"]
    assert bench.shown[-1].rows == {"a/0", "a/1", "a/2"}
    assert bench.pixels("c/0") is drawn


def test_one_function_for_several_plots_is_called_once(gain):
    calls = []

    def slow(g):
        calls.append(g)
        return array(SINE * g, t=T)

    source = tunable(slow, gain)
    level = Param(0.5, 0.0, 1.0)
    bench = Bench(
        [
            TraceConfig(
                source,
                sample_markers=[
                    SampleMarkers("o", "#ff0000", tunable(lambda d, at: d > at, source, level))
                ],
            ),
            HeatmapConfig(source),
        ]
    )
    assert calls == [1.0]
    bench.set(2.0)
    assert calls == [1.0, 2.0]
    bench.set(0.8, 1)
    assert calls == [1.0, 2.0], "the source of the mask stays"


def test_other_rows_are_refused_and_the_old_ones_stay():
    count = IntParam(2, 1, 3)
    bench = Bench(TraceConfig(tunable(lambda n: array(SINE[:n], t=T), count), title="EEG"))
    scene, before = bench.scene.rows, bench.pixels("trace-1/0")
    bench.set(3)
    (where, error) = bench.tuner.status.faults[0]
    assert where == "EEG"
    assert "gave 3 rows" in str(error)
    assert "shown are 2 rows" in str(error)
    assert [row.id for row in bench.scene.rows] == [row.id for row in scene]
    assert bench.pixels("trace-1/0") is before
    bench.set(2)
    assert bench.tuner.status.faults == ()


def test_a_function_that_fails_leaves_the_old_data(gain):
    def fragile(g):
        if g > 5:
            raise ZeroDivisionError("too much")
        return array(SINE * g, t=T)

    bench = Bench(TraceConfig(tunable(fragile, gain)))
    bench.set(2.0)
    before = bench.pixels("trace-1/0")
    bench.set(9.0)
    assert "ZeroDivisionError: too much" in str(bench.tuner.status.faults[0][1])
    assert bench.pixels("trace-1/0") is before
    assert bench.store.state.params[0].value == 9.0
    bench.set(3.0)
    assert bench.tuner.status.faults == ()
    assert not np.array_equal(bench.pixels("trace-1/0"), before)


def test_a_fault_stays_until_its_own_function_works(gain):
    other = Param(0.0, 0.0, 1.0)

    def fragile(g):
        if g > 5:
            raise ZeroDivisionError("too much")
        return array(SINE * g, t=T)

    bench = Bench(
        [
            TraceConfig(tunable(fragile, gain), id="a"),
            TraceConfig(tunable(lambda x: array(SINE + x, t=T), other), id="b"),
        ]
    )
    bench.set(9.0)
    bench.set(0.5, 1)
    assert [where for where, _ in bench.tuner.status.faults] == ["a"]
    bench.set(1.0)
    assert bench.tuner.status.faults == ()


def test_what_gives_no_data_is_a_fault_too(gain):
    bench = Bench(TraceConfig(tunable(lambda g: array(SINE, t=T) if g < 5 else "text", gain)))
    bench.set(9.0)
    assert "str" in str(bench.tuner.status.faults[0][1])


def test_a_plot_that_failed_at_first_comes_when_its_function_works():
    level = Param(9.0, 0.0, 9.0)

    def fragile(at):
        if at > 5:
            raise ValueError("too high")
        return array(SINE, t=T)

    bench = Bench(TraceConfig(tunable(fragile, level)))
    assert [row.kind for row in bench.scene.rows] == ["failed"]
    bench.set(1.0)
    assert [row.kind for row in bench.scene.rows] == ["trace"] * 3
    assert bench.pixels("trace-1/0").any()


def test_while_one_computes_the_newest_values_wait(gain):
    calls = []

    def record(g):
        calls.append(g)
        return array(SINE * g, t=T)

    bench = Bench(TraceConfig(tunable(record, gain)))
    calls.clear()
    bench.store.dispatch(c.SetParam(0, 2.0))
    bench.scheduler.run_timers()
    for value in (3.0, 4.0, 5.0):
        bench.store.dispatch(c.SetParam(0, value))
        bench.scheduler.run_timers()
    assert bench.pool.pending == 1
    bench.run()
    assert calls == [2.0, 5.0], "what lay between is skipped, what was begun is shown"
    assert len(bench.shown) == 2


def test_moves_within_the_throttle_are_one_computing(gain):
    bench = Bench(TraceConfig(lambda: scaled(gain)))
    for value in (2.0, 3.0, 4.0):
        bench.store.dispatch(c.SetParam(0, value))
    bench.run()
    assert len(bench.shown) == 1


def test_a_function_sees_one_value_while_it_runs(gain):
    """A slider that moves on does not change what a bare function reads."""
    started, go, seen = threading.Event(), threading.Event(), []

    def slow():
        if threading.current_thread().name.startswith("tune-test"):
            seen.append(gain.value)
            started.set()
            assert go.wait(20)
            seen.append(gain.value)
        return array(SINE * gain.value, t=T)

    pool = ThreadPool(1, "tune-test")
    try:
        bench = Bench(TraceConfig(slow), pool=pool)
        bench.store.dispatch(c.SetParam(0, 2.0))
        bench.scheduler.run_timers()
        assert started.wait(20)
        bench.store.dispatch(c.SetParam(0, 7.0))
        assert gain.value == 7.0
        go.set()
        assert pool.wait(20)
        assert seen == [2.0, 2.0]
    finally:
        go.set()
        pool.close()


def test_scripts_move_sliders_and_sliders_move_scripts(gain):
    bench = Bench(TraceConfig(lambda: scaled(gain)))
    gain.value = 4.0
    assert bench.store.state.params[0].setting == 4.0
    bench.run()
    assert len(bench.shown) == 1
    bench.set(6.0)
    assert gain.value == 6.0
    bench.tuner.close()
    gain.value = 1.0
    assert bench.store.state.params[0].setting == 6.0, "a closed window does not follow"


def test_a_slider_does_not_undo_what_a_script_has_just_set():
    """The script's value is on its way to the window while another slider moves."""
    one, two = Param(0.0, 0.0, 9.0, name="one"), Param(0.0, 0.0, 9.0, name="two")
    bench = Bench(TraceConfig(tunable(lambda *_: array(SINE, t=T), one, two)))
    post, waiting = bench.scheduler.post, []
    bench.scheduler.post = waiting.append
    two.value = 5.0
    bench.store.dispatch(c.SetParam(0, 3.0))
    bench.scheduler.post = post
    for function in waiting:
        function()
    assert (one.value, two.value) == (3.0, 5.0)
    assert param_values(bench.store.state.params) == {"one": 3.0, "two": 5.0}


def test_two_windows_share_a_parameter(gain):
    one, two = Bench(TraceConfig(lambda: scaled(gain))), Bench(TraceConfig(lambda: scaled(gain)))
    one.set(3.0)
    two.run()
    assert two.store.state.params[0].setting == 3.0
    assert len(two.shown) == 1


def test_reducer_takes_the_nearest_value_and_resets():
    params = (
        Param(1.0, 0.0, 2.0, step=0.5, name="width"),
        IntParam(3, 0, 10, name="count"),
        BoolParam(False, name="on"),
        ChoiceParam(["a", "b"], name="how"),
        Param(1.0, 0.0, 2.0, name="width"),
    )
    data = tunable(lambda *_: array(SINE, t=T), *params)
    bench = Bench(TraceConfig(data))
    store = bench.store
    for index, setting in enumerate((1.3, 7.6, 1.0, 1.0, 99.0)):
        assert store.dispatch(c.SetParam(index, setting))
    values = {"width": 1.5, "count": 8, "on": True, "how": "b", "width (2)": 2.0}
    assert param_values(store.state.params) == values
    assert [p.value for p in params] == list(values.values())
    store.dispatch(c.ResetParams(1))
    assert params[1].value == 3
    assert params[0].value == 1.5
    store.dispatch(c.ResetParams())
    assert [p.value for p in params] == [1.0, 3, False, "a", 1.0]
    assert store.allowed(c.SetParam(9, 1.0)) == "There is no such parameter."
    assert store.allowed(c.SetParam(0, float("nan")))


def test_without_parameters_the_tuner_says_so():
    bench = Bench(TraceConfig(array(SINE, t=T)))
    for command in (c.Toggle("tuner"), c.ResetParams(), c.UiRequest("copy_params")):
        assert "no live parameter" in bench.store.allowed(command)
    assert bench.store.allowed(c.Toggle("grid")) == ""
    assert bench.scene.live is None


def test_window_cursor_and_selection_stay(gain):
    def longer(g):
        return array(np.tile(SINE, (1, 2)), t=np.arange(6000) / 100) if g > 5 else scaled(gain)

    bench = Bench(TraceConfig(tunable(longer, gain)))
    for command in (c.SetWindow(12.0, 4.0), c.SetCursor(13.0), c.ScrollRows(5.0)):
        bench.store.dispatch(command)
    before = bench.store.state
    bench.set(9.0)
    after = bench.store.state
    for name in ("window", "cursor", "selection", "scroll", "overrides", "view"):
        assert getattr(after, name) == getattr(before, name)
    assert after.extent.stop == pytest.approx(60.0)
    bench.set(1.0)
    assert bench.store.state.extent.stop == pytest.approx(60.0), "it does not shrink underway"


def test_old_arrays_are_let_go_of(gain):
    bench = Bench([TraceConfig(lambda: scaled(gain)), TraceConfig(array(SINE, t=T))])
    bench.set(2.0)
    kept = bench.presenter.bench
    counts = len(kept._stats), len(kept._pyramids), len(bench.scene.live.opener.arrays)
    held = kept.held
    for value in (3.0, 4.0, 5.0, 6.0):
        bench.set(value)
    assert (len(kept._stats), len(kept._pyramids), len(bench.scene.live.opener.arrays)) == counts
    assert kept.held <= held * 1.5


def test_no_old_array_stays_in_memory(gain):
    made = []

    def remembered(g):
        values = SINE * np.float32(g)
        made.append(weakref.ref(values))
        return array(values, t=T)

    bench = Bench([TraceConfig(tunable(remembered, gain)), HeatmapConfig(array(SINE, t=T))])
    for value in (2.0, 3.0, 4.0, 5.0):
        bench.set(value)
    bench.shown.clear()
    gc.collect()
    assert [ref() is not None for ref in made] == [False] * 4 + [True]


def test_a_reload_keeps_the_values_also_those_set_while_it_read(gain):
    session = build_session(TraceConfig(lambda: scaled(gain)))
    state = initial_state(open_scene(session))
    scene = open_scene(session)
    state = reduce(state, c.SetParam(0, 3.0))
    gain.value = 3.0
    state = recompiled(state, scene)
    assert state.params[0].setting == 3.0
    pool, scheduler, shown = InlinePool(eager=False), InlineScheduler(), []
    tuner = Tuner(scene, Store(state), scheduler, shown.append, pool=pool)
    scheduler.run_timers()
    pool.run()
    assert tuner.settled
    assert shown[0].scene.live.settings == {gain: 3.0}


def test_what_a_function_gave_is_what_is_saved(gain):
    calls = []

    def record(g):
        calls.append(g)
        return array(SINE * g, t=T)

    plot = TraceConfig(tunable(record, gain))
    bench = Bench(plot)
    bench.set(2.0)
    given = bench.tuner.given(plot.data)
    assert float(given.value.max()) == pytest.approx(2.0, abs=0.01)
    assert calls == [1.0, 2.0]
    plain = InMemory(pl.DataFrame())
    assert bench.tuner.given(plain) is plain


def test_a_picture_without_a_window_shows_what_the_functions_give(gain):
    gain.value = 2.0
    session = build_session(
        TraceConfig(lambda: scaled(gain)),
        interval_labels=tunable(found, Param(0.5, 0.0, 0.9)),
        **STATES,
    )
    made = still(session, Viewport(800, 400, 1.0))
    assert len(made.store.state.tracks[0].table) == 6
    assert made.presenter.y_range("trace-1/0")[1] == pytest.approx(2.2, abs=0.01)


def test_nothing_moved_is_nothing_done(gain):
    bench = Bench(TraceConfig(lambda: scaled(gain)))
    again = retune(bench.scene, dict(bench.scene.live.settings))
    assert again.rows == frozenset()
    assert again.gone == frozenset()
    assert [a is b for a, b in zip(again.scene.rows, bench.scene.rows, strict=True)] == [True] * 3
