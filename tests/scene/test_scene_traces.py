"""Stacked and dense traces: the picture is the data."""

import numpy as np
import pytest
from scene_kit import array, picture, tile_of

from loupe import SampleMarkers, TraceConfig, Zip
from loupe.app.commands import ZoomTime
from loupe.scene.model import FailedContent
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
