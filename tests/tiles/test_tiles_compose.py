"""The picture of traces against a plain reference that paints back to front."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe.tiles import compose
from loupe.tiles.compose import compose_traces


def reference(
    lo, hi, *, scale, offset, colors, height, width, order, clip_top, clip_bottom, mark, dash, k0
):
    """The definition in plain Python: back to front, one pixel after the other, in float."""
    n_columns = len(lo)
    picture = np.zeros((n_columns, height, 4))

    def over(x, y, share, rgba):
        alpha = round(share * 255) / 255 * rgba[3] / 255
        ink = np.array([rgba[0], rgba[1], rgba[2], 255.0]) * alpha
        picture[x, y] = ink + picture[x, y] * (1 - alpha)

    def ends(x, c, reach):
        columns = range(max(x - reach, 0), min(x + reach + 1, n_columns))
        values = [v for n in columns for v in (lo[n, c], hi[n, c]) if not np.isnan(v)]
        if not values:
            return None
        pixels = [offset[c] - float(v) * scale[c] for v in values]
        return min(pixels), max(pixels)

    def covered(curve, c, pen, y):
        if curve is None:
            return 0.0
        middle, half = (curve[0] + curve[1]) / 2, math.hypot(curve[1] - curve[0], pen) / 2
        top = min(max(middle - half, clip_top[c]), clip_bottom[c])
        bottom = min(max(middle + half, clip_top[c]), clip_bottom[c])
        return max(min(bottom, y + 1) - max(top, y), 0.0)

    for c in reversed(order):
        pen, weight = max(width[c], 1.0), min(width[c], 1.0)
        reach = (pen - 1) / 2
        share = reach - math.floor(reach)
        for x in range(n_columns):
            if dash is not None and sum(dash[c]) > 0:
                phase = (k0 + x + 0.5) % sum(dash[c])
                on, off, on2 = dash[c][:3]
                if not (phase < on or on + off <= phase < on + off + on2):
                    continue
            core = ends(x, c, math.floor(reach))
            wide = ends(x, c, math.floor(reach) + 1)
            for y in range(height):
                part = covered(core, c, pen, y) * (1 - share) + covered(wide, c, pen, y) * share
                over(x, y, part * weight, colors[c])
            if core is not None:
                if core[1] > clip_bottom[c]:
                    for y in range(int(clip_bottom[c]) - mark[0], int(clip_bottom[c])):
                        if 0 <= y < height:
                            over(x, y, 1.0, mark[1])
                if core[0] < clip_top[c]:
                    for y in range(int(clip_top[c]), int(clip_top[c]) + mark[0]):
                        if 0 <= y < height:
                            over(x, y, 1.0, mark[1])
    return picture


@st.composite
def pictures(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_columns, n_traces, height = draw(st.integers(1, 14)), draw(st.integers(1, 5)), 24
    a = rng.normal(size=(n_columns, n_traces)).astype(np.float32)
    b = a + rng.normal(size=a.shape).astype(np.float32) * draw(st.sampled_from([0.0, 1.0, 30.0]))
    gone = rng.random(a.shape) < draw(st.sampled_from([0.0, 0.2]))
    lo, hi = np.minimum(a, b), np.maximum(a, b)
    lo[gone] = hi[gone] = np.nan
    banded = draw(st.booleans())
    top = np.sort(rng.integers(0, height, size=(2, n_traces)), axis=0)
    return lo, hi, {
        "scale": rng.choice([-3.0, 2.0, 5.5], size=n_traces),
        "offset": rng.uniform(-5, height + 5, size=n_traces),
        "colors": np.c_[
            rng.integers(0, 256, size=(n_traces, 3)), rng.choice([255, 255, 128, 20], n_traces)
        ].astype(np.uint8),
        "height": height,
        "width": rng.choice([0.4, 1.0, 1.5, 2.0, 3.0, 4.2], size=n_traces),
        "order": list(rng.permutation(n_traces)),
        "clip_top": top[0].astype(float) if banded else np.full(n_traces, -math.inf),
        "clip_bottom": top[1] + 4.0 if banded else np.full(n_traces, math.inf),
        "mark": (draw(st.sampled_from([0, 3])), (250, 200, 10, 255)),
        "dash": draw(st.sampled_from([None, np.tile([3.0, 2.0, 1.0, 2.0], (n_traces, 1))])),
        "k0": draw(st.integers(-50, 50)),
    }  # fmt: skip


def check_picture(lo, hi, options, tolerance=3):
    want = reference(lo, hi, **options)
    mark_px, mark_color = options["mark"]
    rest = {k: v for k, v in options.items() if k != "mark"}
    got = compose_traces(lo, hi, **rest, mark_px=mark_px, mark_color=mark_color)
    assert np.abs(got.astype(float) - want).max(initial=0) <= tolerance
    return got


@given(pictures())
def test_picture_equals_the_reference(case):
    check_picture(*case)


@given(pictures())
def test_twin_equals_kernel(case):
    lo, hi, options = case
    mark_px, mark_color = options.pop("mark")
    options |= {"mark_px": mark_px, "mark_color": mark_color}
    compiled = compose_traces(lo, hi, **options)
    kernel = compose._compose
    try:
        compose._compose = kernel.py
        plain = compose_traces(lo, hi, **options)
    finally:
        compose._compose = kernel
    assert np.abs(compiled.astype(int) - plain).max(initial=0) <= 1


def line(slope, n=60):
    """Spans of a straight line, ends interpolated."""
    ends = slope * np.arange(n + 1, dtype=np.float64)
    pair = np.stack([ends[:-1], ends[1:]])
    return pair.min(axis=0)[:, None].astype("f4"), pair.max(axis=0)[:, None].astype("f4")


@pytest.mark.parametrize("width", [0.5, 1.0, 2.0, 3.0, 5.0])
@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0, 3.0, -2.0])
def test_lines_keep_their_weight_at_every_slope(width, slope):
    lo, hi = line(slope)
    height = 400
    tile = compose_traces(
        lo, hi, scale=1.0, offset=200.0, colors=(255, 255, 255, 255), height=height, width=width
    )
    ink = tile[20:40, :, 3].sum(axis=1) / 255.0
    tolerance = 0.02 if width in (0.5, 1.0, 3.0, 5.0) else 0.08
    np.testing.assert_allclose(ink, width * math.hypot(1, slope), rtol=tolerance)


@pytest.mark.parametrize("width", [1.0, 2.0, 3.0, 4.5])
def test_a_spike_is_as_thick_as_a_flat(width):
    lo = np.zeros((31, 1), np.float32)
    hi = lo.copy()
    hi[15] = 50
    tile = compose_traces(
        lo, hi, scale=1.0, offset=60.0, colors=(255, 255, 255, 255), height=80, width=width
    )
    across_spike = tile[:, 30, 3].sum() / 255.0
    across_flat = tile[2, :, 3].sum() / 255.0
    assert across_spike == pytest.approx(width, abs=0.01)
    assert across_flat == pytest.approx(width, abs=0.01)


def test_a_crossing_shows_no_background():
    up, down = line(0.7), line(-0.7)
    lo = np.concatenate([up[0], down[0] + 40], axis=1)
    hi = np.concatenate([up[1], down[1] + 40], axis=1)
    options = {"scale": 1.0, "offset": 50.0, "height": 60}
    red_blue = np.array([[255, 0, 0, 255], [0, 0, 255, 255]])
    both = compose_traces(lo, hi, colors=red_blue, **options)[..., 3]
    for c in range(2):
        alone = compose_traces(lo[:, [c]], hi[:, [c]], colors=red_blue[c], **options)[..., 3]
        assert (both >= alone).all()


def test_the_front_trace_hides_the_one_behind():
    lo = np.zeros((4, 2), np.float32)
    colors = np.array([[255, 0, 0, 255], [0, 255, 0, 255]])
    for order, want in (([0, 1], [255, 0, 0, 255]), ([1, 0], [0, 255, 0, 255])):
        tile = compose_traces(lo, lo, scale=1.0, offset=5.5, colors=colors, height=10, order=order)
        assert tile[2, 5].tolist() == want
    only = compose_traces(lo, lo, scale=1.0, offset=5.5, colors=colors, height=10, order=[])
    assert not only.any()


def test_a_value_beyond_the_range_gets_a_mark_at_the_edge():
    lo = np.zeros((5, 1), np.float32)
    hi = lo.copy()
    hi[2] = 1000
    tile = compose_traces(
        lo, hi, scale=1.0, offset=30.5, colors=(90, 90, 90, 255), height=60,
        clip_top=10.0, clip_bottom=50.0, mark_color=(255, 255, 0, 255),
    )  # fmt: skip
    assert tile[2, 10:13].tolist() == [[255, 255, 0, 255]] * 3
    assert not tile[2, :10].any()
    assert tile[2, 13:30].tolist() == [[90, 90, 90, 255]] * 17
    assert not tile[1, 10:29].any()


@pytest.mark.parametrize("value", [np.inf, 3e38])
def test_endless_values_are_drawn_to_the_edge(value):
    lo = np.zeros((3, 1), np.float32)
    hi = np.full((3, 1), value, np.float32)
    tile = compose_traces(lo, hi, scale=1.0, offset=10.0, colors=(1, 2, 3, 255), height=20)
    assert (tile[:, :10] == [1, 2, 3, 255]).all()


def test_dashes_keep_their_phase_from_tile_to_tile():
    lo = np.zeros((40, 1), np.float32)
    options = {
        "scale": 1.0, "offset": 1.5, "colors": (9, 9, 9, 255), "height": 3,
        "dash": (5.0, 3.0, 1.0, 3.0),
    }  # fmt: skip
    whole = compose_traces(lo, lo, **options, k0=100)
    later = compose_traces(lo[:20], lo[:20], **options, k0=120)
    np.testing.assert_array_equal(whole[20:], later)
    shown = np.flatnonzero(whole[:, 1, 3]) + 100
    assert shown.tolist() == [k for k in range(100, 140) if k % 12 in (0, 1, 2, 3, 4, 8)]


def test_spans_of_two_shapes_are_refused():
    lo = np.zeros((4, 1), np.float32)
    with pytest.raises(ValueError, match="two arrays of columns x traces"):
        compose_traces(lo, lo[:3], scale=1, offset=0, colors=(0, 0, 0, 0), height=3)


def _shifted(*args):
    compose.__dict__["_whole"](*args[:5], args[5] + 0.25, *args[6:])


def _back_to_front(*args):
    args = list(args)
    args[8] = args[8][::-1].copy()
    compose.__dict__["_whole"](*args)


def _box_weight(*args):
    args = list(args)
    args[7] = args[7] * 1.2
    compose.__dict__["_whole"](*args)


@pytest.mark.parametrize("broken", [_shifted, _back_to_front, _box_weight])
def test_a_broken_kernel_fails_the_comparison(monkeypatch, broken):
    rng = np.random.default_rng(7)
    a = rng.normal(size=(2, 10, 3)).astype(np.float32)
    options = {
        "scale": np.full(3, 4.0), "offset": np.array([8.0, 10.0, 12.0]),
        "colors": np.array([[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255]], np.uint8),
        "height": 24, "width": np.ones(3), "order": [0, 1, 2],
        "clip_top": np.full(3, -math.inf), "clip_bottom": np.full(3, math.inf),
        "mark": (0, (0, 0, 0, 0)), "dash": None, "k0": 0,
    }  # fmt: skip
    check_picture(a.min(axis=0), a.max(axis=0), options)
    monkeypatch.setattr(compose, "_whole", compose._compose, raising=False)
    monkeypatch.setattr(compose, "_compose", broken)
    with pytest.raises(AssertionError):
        check_picture(a.min(axis=0), a.max(axis=0), options)
