"""Stacked and dense traces: the picture is the data."""

import numpy as np
import pytest
from scene_kit import array, picture, tile_of

from loupe import HeatmapConfig, SampleMarkers, TraceConfig, Zip
from loupe.app.commands import ZoomTime
from loupe.data.cache import ByteCache
from loupe.data.pyramid import Pyramid
from loupe.data.readers.memory import open_memory_array
from loupe.data.request import OpenRequest
from loupe.data.timeaxis import ExplicitTime, GappedTime
from loupe.errors import LoupeDataError
from loupe.scene import markers, zoomed_out
from loupe.scene.model import FailedContent
from loupe.scene.zoomed_out import spans_from_pyramid
from loupe.units import Rgba


def extents(tile):
    """Topmost and bottommost inked pixel of each column, NaN where there is none."""
    ink = tile.pixels[:, :, 3] > 0
    has = ink.any(axis=1)
    top = np.where(has, ink.argmax(axis=1), np.nan)
    bottom = np.where(has, ink.shape[1] - 1 - ink[:, ::-1].argmax(axis=1), np.nan)
    return top, bottom


@pytest.mark.parametrize("window", [0.05, 1.0, 17.0, 300.0])
def test_every_column_reaches_the_extremes_of_its_samples(window):
    rng = np.random.default_rng(3)
    rate, n = 1000.0, 300_000
    y = rng.normal(size=n).astype(np.float32) * 0.1
    spikes = rng.choice(n, 40, replace=False)
    y[spikes] = rng.choice([-5.0, 5.0], 40)
    t = np.arange(n) / rate
    p = picture(TraceConfig(array(y, dims=(), t=t), y_range=(-6.0, 6.0)), window=window, start=20.0)
    tile, box = tile_of(p)
    low, high = tile.y_range
    top, bottom = extents(tile)
    k = np.floor(t / tile.dt).astype(int) - tile.k0
    for x in range(0, tile.width, 7):
        inside = y[k == x]
        if not len(inside):
            continue
        want_top = (high - inside.max()) / (high - low) * box.rect.h
        want_bottom = (high - inside.min()) / (high - low) * box.rect.h
        assert top[x] <= want_top + 0.5
        assert bottom[x] >= want_bottom - 1.5
    for s in spikes:
        x = int(np.floor(t[s] / tile.dt)) - tile.k0
        if 1 <= x < tile.width - 1:
            want = (high - y[s]) / (high - low) * box.rect.h
            reached = top[x - 1 : x + 2] if y[s] > 0 else bottom[x - 1 : x + 2]
            assert np.nanmin(np.abs(reached - want)) <= 2, f"the spike at {t[s]} s is missing"


def test_a_value_beyond_a_fixed_range_is_drawn_to_the_edge_with_a_mark():
    y = np.zeros(1000, dtype=np.float32)
    y[500] = 100.0
    p = picture(TraceConfig(array(y, dims=(), t=np.arange(1000) / 100), y_range=(-1.0, 1.0)))
    tile, _ = tile_of(p)
    x = int(np.floor(5.0 / tile.dt)) - tile.k0
    top, _ = extents(tile)
    assert np.nanmin(top[x - 1 : x + 2]) == 0
    warning = p.theme.warning
    assert any(tuple(tile.pixels[c, 0, :3]) == warning[:3] for c in range(x - 1, x + 2))


def test_gaps_and_nan_stay_blank():
    y = np.ones(1000, dtype=np.float32)
    y[400:600] = np.nan
    p = picture(TraceConfig(array(y, dims=(), t=np.arange(1000) / 100)), window=10.0)
    tile, _ = tile_of(p)
    blank = [int(np.floor(s / tile.dt)) - tile.k0 for s in (4.5, 5.0, 5.5)]
    assert all(not tile.pixels[x].any() for x in blank)


def test_rows_are_named_ordered_and_coloured():
    data = array(
        np.random.default_rng(0).normal(size=(3, 100)),
        coords={
            "region": ("channel", ["CA1", "DG", "CA1"]),
            "depth": ("channel", [30.0, 10.0, 20.0]),
        },
    )
    p = picture(TraceConfig(data, order_by="depth", hue="region", array_name=True))
    assert [r.title for r in p.rows] == ["lfp: 1", "lfp: 2", "lfp: 0"]
    colors = [r.content.lines[0].color for r in p.rows]
    assert colors[1] == colors[2] != colors[0]
    assert [e.text for e in p.rows[0].legend] == ["DG", "CA1"]
    down = picture(TraceConfig(data, order_by="depth", descending=True))
    assert [r.title for r in down.rows] == ["0", "2", "1"]


def test_text_orders_naturally():
    data = array(np.zeros((3, 10)), coords={"channel": ["ch10", "ch2", "ch1"]})
    assert [r.title for r in picture(TraceConfig(data, order_by="channel")).rows] == [
        "ch1",
        "ch2",
        "ch10",
    ]


def test_several_dimensions_are_flattened():
    data = array(np.zeros((2, 3, 10)), dims=("ch", "syn"))
    assert [r.title for r in picture(TraceConfig(data)).rows] == [
        f"{c}-{s}" for c in range(2) for s in range(3)
    ]


def test_an_unknown_coordinate_is_a_row_that_says_so():
    p = picture([TraceConfig(array(np.zeros((2, 10))), order_by="dept")])
    content = p.rows[0].content
    assert isinstance(content, FailedContent)
    assert "order_by = `dept`" in content.message
    assert any(text.role == "note" for text in p.frame.texts)


def test_overlays_stand_on_their_own_row_and_have_a_legend():
    host = array(np.zeros((2, 50)))
    p = picture(TraceConfig(host, overlay_arrays=[array(np.ones((2, 50)), name="std")]))
    assert [len(r.content.lines) for r in p.rows] == [2, 2]
    assert [e.text for e in p.rows[1].legend] == ["lfp", "std"]


def test_markers_stand_at_their_samples():
    y = np.arange(100, dtype=np.float32)
    mask = np.zeros(100, dtype=bool)
    mask[[10, 50]] = True
    p = picture(
        TraceConfig(
            array(y, dims=(), t=np.arange(100) / 10),
            sample_markers=[
                SampleMarkers("o", "#ff0000", array(mask, dims=(), t=np.arange(100) / 10))
            ],
        )
    )
    tile, box = tile_of(p)
    assert tile.points.t.tolist() == [1.0, 5.0]
    low, high = tile.y_range
    assert tile.points.y.tolist() == pytest.approx(
        [(high - v) / (high - low) * box.rect.h for v in (10, 50)], abs=1e-3
    )


def test_marks_are_found_piece_by_piece(monkeypatch):
    rng = np.random.default_rng(8)
    t, y = np.arange(4000) / 100, rng.normal(size=(2, 4000)).astype(np.float32)
    mask = rng.random((2, 4000)) < 0.4
    other = np.sort(rng.choice(4000, 3000, replace=False))  # a mask with times of its own
    for marks in (array(mask, t=t), array(mask[:, other], t=t[other])):
        for symbol in ("o", "vline"):
            config = TraceConfig(
                array(y, t=t), "dense", sample_markers=[SampleMarkers(symbol, "#ff0000", marks)]
            )
            found = []
            for size in (1 << 20, 97):
                monkeypatch.setattr(markers, "PIECE_SAMPLES", size)
                points = tile_of(picture(config, window=40.0))[0].points
                found.append((points.t, points.y, points.lines))
            assert sum(map(len, found[0])) > 1000
            for whole, pieces in zip(*found, strict=True):
                assert np.array_equal(whole, pieces)


def test_dense_traces_flip_and_page():
    data = array(
        np.random.default_rng(1).normal(size=(10, 500)),
        t=np.arange(500) / 50,
        coords={"y": ("channel", np.arange(10) * 20.0)},
    )
    up = picture(TraceConfig(data, "dense", order_by="y"))
    down = picture(TraceConfig(data, "dense", order_by="y", descending=True))
    a, _ = tile_of(up)
    b, _ = tile_of(down)
    assert next(t.text for t in up.frame.texts if t.role == "tick" and t.area == "left") == "0"
    assert up.rows[0].content.order.tolist() == down.rows[0].content.order.tolist()[::-1]
    assert not np.array_equal(a.pixels, b.pixels)
    paged = picture(TraceConfig(data, "dense", order_by="y", traces_per_page=4))
    assert "4 of 10" in [t.text for t in paged.frame.texts]


def test_the_automatic_gain_fits_the_median_trace_into_one_gap():
    rng = np.random.default_rng(5)
    data = array(rng.normal(size=(8, 5000)) * 37.0, t=np.arange(5000) / 500)
    p = picture(TraceConfig(data, "dense"))
    tile, box = tile_of(p)
    low, high = np.percentile(data.values, [1, 99], axis=1)
    assert tile.facts["per_value"] * np.median(high - low) == pytest.approx(
        box.rect.h / 8, rel=0.01
    )


def test_integer_samples_are_scaled_to_physical_values():
    raw = array(np.arange(-50, 50, dtype=np.int16), dims=(), t=np.arange(100) / 10)
    p = picture(TraceConfig(raw))
    hover = p.hover(p.layout.area.x + 300, p.layout.area.y + 10)
    assert hover.value == pytest.approx(hover.t * 10 - 50, abs=1.0)


def test_zip_joins_by_value_in_first_seen_order():
    f = array(np.zeros((2, 50)), dims=("syn",), coords={"syn": [7, 3]}, name="F")
    g = array(np.ones((2, 50)), dims=("syn",), coords={"syn": [3, 9]}, name="dFF")
    p = picture(Zip([TraceConfig(f), TraceConfig(g, color="#00ff00")], on="syn"))
    assert [r.id for r in p.rows] == ["zip-1/7", "zip-1/3", "zip-1/9"]
    assert [[x.name for x in r.content.lines] for r in p.rows] == [["F"], ["F", "dFF"], ["dFF"]]
    assert p.rows[1].content.lines[1].color == Rgba(0, 255, 0)


def test_a_zip_over_a_missing_coordinate_names_it():
    p = picture(
        Zip([TraceConfig(array(np.zeros((2, 9)))), TraceConfig(array(np.zeros((2, 9))))], on="syn")
    )
    assert "on = `syn`" in p.rows[0].content.message


def test_an_array_without_a_name_cannot_lend_it():
    p = picture(TraceConfig(array(np.zeros((2, 9)), name=None), array_name=True))
    assert "the array has no name" in p.rows[0].content.message


def test_a_long_recording_is_refined_until_it_is_exact_to_a_bin():
    n = 2_000_000
    y = np.zeros((2, n), dtype=np.float32)
    rng = np.random.default_rng(9)
    spikes = np.sort(rng.choice(n, 25, replace=False))
    y[0, spikes] = 3.0
    y[1, 1_000_000:1_200_000] = np.nan
    t = np.arange(n) / 1000
    p = picture(
        TraceConfig(array(y, t=t), y_ranges={"0": (-1.0, 4.0), "1": (-1.0, 1.0)}), window=2000.0
    )
    assert p.settled
    assert p.bench.counts["reads"] >= 1
    tile, box = tile_of(p)
    assert tile.missing == 0
    low, high = tile.y_range
    top, _ = extents(tile)
    want = (high - 3.0) / (high - low) * box.rect.h
    for s in spikes:
        x = int(t[s] / tile.dt) - tile.k0
        assert np.nanmin(top[x - 1 : x + 2]) == pytest.approx(want, abs=2)
    gap, _ = tile_of(p, 1)
    x = int(1100.0 / gap.dt) - gap.k0
    assert not gap.pixels[x].any()
    reads = p.bench.counts["reads"]
    p._store.dispatch(ZoomTime(0.99))
    p._pool.run()
    assert p.settled
    assert p.bench.counts["reads"] == reads, "a pyramid that is built is not read again"


def test_many_long_arrays_share_one_ceiling():
    n, ceiling_mb = 3_000_000, 64
    t = np.arange(n) / 1000
    y = np.sin(np.arange(n, dtype=np.float32))[None]
    p = picture(
        [TraceConfig(array(y * k, t=t)) for k in range(1, 7)], window=3000.0, cache_mb=ceiling_mb
    )
    assert p.settled
    assert len(p.bench._pyramids) == 6
    stay = [pyramid.resident_bytes for pyramid in p.bench._pyramids.values()]
    # Coarse bins of all arrays together: a sixteenth of the ceiling and what must stay.
    assert sum(stay) <= (ceiling_mb << 20) // 16 + 6 * 8 * (n // 65_536 + 1)
    assert sum(stay) == sum(pyramid.nbytes for pyramid in p.bench._pyramids.values())
    assert p.bench.held <= ceiling_mb << 20
    full = p.bench.spans(p.rows[3].content.lines[0].array, (0,), t[-1] / 500, 0, 500)
    assert full.missing == 0
    np.testing.assert_allclose(np.nanmax(full.hi), 4.0, atol=1e-3)


@pytest.mark.parametrize("value", [9.969209968386869e36, -1e17, 1e16, 123456.7, 0.0])
@pytest.mark.parametrize("fixed", [True, False])
def test_a_flat_trace_lies_in_the_middle_whatever_its_value(value, fixed):
    """A fill value is as flat as a zero: its row must not take the window down."""
    p = picture(
        TraceConfig(array(np.full((1, 100), value), t=np.arange(100) / 10)), fixed_scale=fixed
    )
    tile, box = tile_of(p)
    assert not tile.error
    low, high = tile.y_range
    assert low < high
    assert (low + high) / 2 == pytest.approx(value, rel=1e-6)
    ink = np.flatnonzero(tile.pixels[:, :, 3].any(axis=0))
    assert ink.mean() == pytest.approx(box.rect.h / 2, abs=2)


@pytest.mark.parametrize("endless", [np.inf, -np.inf])
def test_an_infinite_sample_does_not_set_the_range(endless):
    t = np.arange(1000) / 100
    y = 100 * np.sin(t)
    y[500] = endless
    p = picture(TraceConfig(array(y, dims=(), t=t)), fixed_scale=False, start=0.0)
    tile, _ = tile_of(p)
    assert tile.y_range[0] == pytest.approx(-110, rel=0.02)
    assert tile.y_range[1] == pytest.approx(110, rel=0.02)


def test_rows_of_one_name_are_all_shown():
    data = array(np.arange(30.0).reshape(3, 10), coords={"channel": ["EEG", "EEG", "EMG"]})
    p = picture(TraceConfig(data))
    assert [r.title for r in p.rows] == ["EEG", "EEG", "EMG"]
    assert [r.content.lines[0].row for r in p.rows] == [0, 1, 2]
    assert [r.id.rpartition("/")[2] for r in p.rows] == ["EEG", "EEG#2", "EMG"]


def test_what_is_said_of_a_row_by_its_number_is_for_that_row():
    data = array(np.zeros((4, 10)), coords={"channel": ["EEG", "EEG#2", "EEG", "EMG"]})
    own = {"heights": {"EEG#3": 2.0}, "y_ranges": {"EEG#3": (-7.0, 7.0)}}
    p = picture(TraceConfig(data, **own), width=1000, height=800)
    assert [r.id.rpartition("/")[2] for r in p.scene.rows] == ["EEG", "EEG#2", "EEG#3", "EMG"]
    assert [r.weight for r in p.scene.rows] == [1.0, 1.0, 2.0, 1.0]
    assert [r.content.y_range for r in p.scene.rows] == [None, None, (-7.0, 7.0), None]


def test_a_zip_keeps_apart_what_only_reads_alike():
    data = array(
        np.zeros((2, 2, 10)), dims=("a", "b"), coords={"a": ["x-y", "x"], "b": ["z", "y-z"]}
    )
    p = picture(Zip([TraceConfig(data), TraceConfig(data)], "a"))
    assert len(p.rows) == 4
    assert all(len(r.content.lines) == 2 for r in p.rows)


def test_a_mask_without_dimensions_marks_the_one_trace_there_is():
    t = np.arange(100) / 10
    host = array(np.arange(400.0).reshape(4, 100), t=t)
    mask = np.zeros(100, dtype=bool)
    mask[[10, 50]] = True
    marks = SampleMarkers("o", "#ff0000", array(mask, dims=(), t=t))
    p = picture(TraceConfig(host.isel(channel=[3]), sample_markers=[marks]))
    tile, _ = tile_of(p)
    assert tile.points.t.tolist() == [1.0, 5.0]


def test_an_overlay_of_one_row_with_a_dimension_of_its_own_goes_to_the_subplot_of_its_number():
    host = array(np.zeros((2, 50)))
    overlay = array(np.ones((1, 50)), dims=("model",), name="fit")
    p = picture(TraceConfig(host, overlay_arrays=[overlay]))
    assert [[line.name for line in r.content.lines][1:] for r in p.rows] == [["fit"], []]


def test_an_overlay_of_other_rows_says_what_it_lacks():
    host = array(np.zeros((1, 50)))
    overlay = array(np.ones((3, 50)), dims=("model",), name="fit")
    content = picture(TraceConfig(host, overlay_arrays=[overlay])).rows[0].content
    assert isinstance(content, FailedContent)
    assert "overlay_arrays[0] lacks the dimension `channel`" in content.message


def test_names_with_digits_of_other_kinds_are_text():
    names = ["①", "5²", "ch10", "ch٣"]
    p = picture(
        TraceConfig(array(np.zeros((4, 10)), coords={"channel": names}), order_by="channel")
    )
    assert sorted(r.title for r in p.rows) == sorted(names)
    titles = [r.title for r in p.rows]
    assert titles.index("ch٣") < titles.index("ch10")


def test_a_plot_that_fails_in_an_unforeseen_way_is_one_row(monkeypatch):
    reported = []
    monkeypatch.setattr("sys.excepthook", lambda kind, *_: reported.append(kind))
    p = picture(
        [
            HeatmapConfig(array(np.zeros((2, 10))), cmap=lambda group: 1 / 0),
            TraceConfig(array(np.ones((2, 10))), mode="dense"),
        ]
    )
    failed, good = p.scene.rows
    assert isinstance(failed.content, FailedContent)
    assert "ZeroDivisionError: division by zero" in failed.content.message
    assert good.kind == "dense"
    assert reported == [ZeroDivisionError]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), "the picture could not be made: MemoryError"),
        (ValueError("math domain error"), "the picture could not be made: ValueError: math domain"),
        (LoupeDataError("chunk 3 is damaged", where="a.zarr"), "a.zarr: chunk 3 is damaged"),
    ],
)
def test_a_picture_that_failed_says_why(monkeypatch, error, told):
    def broken(*_, **__):
        raise error

    monkeypatch.setattr("loupe.scene.plots.trace.compose_traces", broken)
    p = picture(TraceConfig(array(np.zeros((1, 100)), t=np.arange(100) / 10)))
    (note,) = [text.text for text in p.frame.texts if text.role == "note"]
    assert note.startswith(told)


@pytest.mark.parametrize("kind", ["gapped", "irregular"])
def test_a_zoomed_out_window_computes_times_of_bins_and_not_of_samples(kind, monkeypatch):
    n = 200_000
    t = np.arange(n) / 100
    t[96_000:] += 500.0  # between two bins
    if kind == "irregular":
        t += np.random.default_rng(1).uniform(0, 0.004, n)
    values = np.random.default_rng(2).normal(size=(3, n)).astype(np.float32)
    data = open_memory_array((t, values), OpenRequest("test"))
    assert type(data.time) is (GappedTime if kind == "gapped" else ExplicitTime)
    computed = []
    for axis in (GappedTime, ExplicitTime):
        at, times = axis.at, axis.times
        monkeypatch.setattr(axis, "at", lambda s, k, at=at: computed.append(len(k)) or at(s, k))
        monkeypatch.setattr(
            axis, "times", lambda s, a, b, f=times: computed.append(b - a) or f(s, a, b)
        )
    dt = 5.0
    found = spans_from_pyramid(Pyramid(data), np.arange(3), dt, 0, 500, lambda what, k: None)
    assert found.missing == 0
    assert sum(computed) <= 2 * (n // 64 + 1)
    column = np.floor(t / dt).astype(int)
    for x in (0, 100, 190, 191, 250, 292, 293, 490):
        if not (column == x).any():
            assert np.isnan(found.lo[x]).all()
        else:
            assert (found.lo[x] <= values[:, column == x].min(axis=1)).all()
            assert (found.hi[x] >= values[:, column == x].max(axis=1)).all()


class Lined:
    """Windows of pyramids that share one cache, refined in turns as a window of plots does it."""

    def __init__(self, monkeypatch, tiles, limit, n_pyramids=1, rows=4):
        rng = np.random.default_rng(7)
        n = tiles * 512
        monkeypatch.setattr(zoomed_out, "BUILD_VALUES", 12 * 512 * rows)
        self.values = rng.normal(size=(n_pyramids, rows, n)).astype(np.float32)
        cache, t = ByteCache(limit), np.arange(n, dtype=float)
        self.pyramids = [
            Pyramid(
                open_memory_array((t, v), OpenRequest("test")),
                cache,
                base=8,
                tile_level=3,
                resident=0,
            )
            for v in self.values
        ]
        self.rows, self.reads = np.arange(rows), 0

    def count(self, what, number):
        self.reads += number if what == "reads" else 0

    def settled(self, dt, calls):
        """Columns of each when its work neither goes on nor gets less, with no more calls."""
        width = self.values.shape[2] // dt
        left, found = dict.fromkeys(range(len(self.pyramids))), {}
        while left:
            for k, before in list(left.items()):
                calls -= 1
                assert calls >= 0, "the work does not end"
                now = spans_from_pyramid(self.pyramids[k], self.rows, dt, 0, width, self.count)
                assert before is None or now.missing < before
                left[k] = now.missing
                if not now.missing:
                    found[k] = now
                    del left[k]
        for k, now in found.items():
            columns = self.values[k][:, : width * dt].reshape(len(self.rows), width, dt)
            assert (now.lo <= columns.min(axis=2).T).all(), "a column is blank or lacks its least"
            assert (now.hi >= columns.max(axis=2).T).all(), "a column is blank or lacks its most"
        return found


def test_a_window_of_more_tiles_than_the_cache_holds_is_exact_when_it_settles(monkeypatch):
    night = Lined(monkeypatch, tiles=138, limit=15 * 2720)
    found = night.settled(256, calls=12)[0]
    assert night.reads == 138
    # Bins of 128 samples: each column is made of its own and of what joins it to the next ones.
    columns = night.values[0].reshape(4, 276, 256)
    after, before = columns[:, 1:, :128].max(axis=2), columns[:, :-1, 128:].max(axis=2)
    ceiling = columns.max(axis=2).T
    ceiling[:-1] = np.maximum(ceiling[:-1], after.T)
    ceiling[1:] = np.maximum(ceiling[1:], before.T)
    assert (found.hi <= ceiling).all()


def test_a_window_whose_bins_never_fit_in_is_drawn_of_coarser_ones(monkeypatch):
    night = Lined(monkeypatch, tiles=138, limit=15 * 2720)
    night.settled(16, calls=12)
    assert night.reads == 138
    night.settled(16, calls=1)
    assert night.reads == 138


def test_windows_that_push_out_each_others_bins_come_to_an_end(monkeypatch):
    night = Lined(monkeypatch, tiles=60, limit=60 * 128 * 2, n_pyramids=6)
    night.settled(256, calls=6 * 30)
    assert night.reads <= 6 * 60 * 3


def test_a_window_whose_tiles_another_thread_builds_is_exact_when_it_settles(monkeypatch):
    night = Lined(monkeypatch, tiles=60, limit=60 * 2720)
    missing = Pyramid.missing

    def and_another(self, *window):
        keys = missing(self, *window)
        for key in keys[:12]:
            self.build(key)
        return keys

    monkeypatch.setattr(Pyramid, "missing", and_another)
    night.settled(256, calls=5)


def test_bins_that_were_pushed_out_are_shown_coarser_until_they_are_there_again(monkeypatch):
    night = Lined(monkeypatch, tiles=60, limit=60 * 128 * 2)
    night.settled(256, calls=6)
    pyramid = night.pyramids[0]
    bins = pyramid.bins(0, night.rows, 0, pyramid.n_bins(0))
    assert bins.known.all()
    assert 0 < bins.missing <= 60
    values = night.values[0].reshape(4, -1, 8)
    assert (bins.lo <= values.min(axis=2)).all()
    assert (bins.hi >= values.max(axis=2)).all()
    assert bins.lo.min() == values.min()


@pytest.mark.parametrize("jitter", [0.0, 2e-4])
@pytest.mark.parametrize("window", [60.0, 600.0, 4000.0])
def test_gaps_stay_blank_at_any_zoom(window, jitter):
    """Also where one bin of the pyramid has samples of both sides."""
    rng = np.random.default_rng(5)
    n = 400_000
    t = np.arange(n) / 1000 + rng.uniform(0, jitter, n)
    stops = [(100_007, 300.0), (100_039, 100.0), (250_001, 2.0), (250_002, 70.0)]
    for at, length in stops:
        t[at:] += length
    gaps = [(t[at - 1], t[at]) for at, length in stops if length > 60]
    y = rng.normal(size=(2, n)).astype(np.float32) + 3
    start = 80.0 if window < 4000 else 0.0
    p = picture(
        [TraceConfig(array(y, t=t)), HeatmapConfig(array(y, t=t))], window=window, start=start
    )
    trace, heat = (tile_of(p, i)[0] for i in (0, 2))
    assert trace.missing == heat.missing == 0
    for tile in (trace, heat):
        edges = (tile.k0 + np.arange(tile.width + 1)) * tile.dt
        shown = (
            tile.pixels[:, :, 3].any(axis=1) if tile is trace else np.isfinite(tile.values[:, 0])
        )
        near = 2 * tile.dt
        for a, b in gaps:
            blank = (edges[:-1] > a + near) & (edges[1:] < b - near)
            assert not shown[blank].any()
            assert blank.any() or edges[-1] < b
        # A peak may lie half a bin off.
        filled = np.histogram(t, edges)[0] > tile.dt * 1000 / 2
        assert shown[filled].all()
