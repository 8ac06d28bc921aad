"""Spans against a brute force that looks at every sample, and against their numpy twins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe.tiles import spans
from loupe.tiles.spans import bin_spans, curve_spans


def brute_spans(y, times, edges, max_gap):
    """The definition, column by column: samples in the closed column and the curve at its ends."""
    width, n_traces = len(edges) - 1, len(y)
    lo = np.full((width, n_traces), np.nan, np.float32)
    hi = lo.copy()
    for c in range(n_traces):
        for x in range(width):
            a, b = edges[x], edges[x + 1]
            values = [np.float32(v) for t, v in zip(times, y[c], strict=True) if a <= t <= b]
            for edge in (a, b):
                for i in range(len(times) - 1):
                    bridged = max_gap is None or times[i + 1] - times[i] <= max_gap
                    if times[i] < edge < times[i + 1] and bridged:
                        part = (edge - times[i]) / (times[i + 1] - times[i])
                        before, after = float(y[c, i]), float(y[c, i + 1])
                        values.append(np.float32(before + (after - before) * part))
            known = [v for v in values if not np.isnan(v)]
            if known:
                lo[x, c], hi[x, c] = min(known), max(known)
    return lo, hi


def check_spans(y, time, k0, width, grid_dt, max_gap=None):
    n = y.shape[1]
    times = time[0] + np.arange(n) * time[1] if isinstance(time, tuple) else time
    edges = (k0 + np.arange(width + 1)) * grid_dt
    expected = brute_spans(y, times, edges, max_gap)
    got = curve_spans(y, time, k0=k0, width=width, grid_dt=grid_dt, max_gap=max_gap)
    for have, want in zip(got, expected, strict=True):
        np.testing.assert_array_equal(have, want)
    return got


@st.composite
def recordings(draw):
    n = draw(st.integers(0, 40))
    n_traces = draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["f4", "i2"]))
    y = (rng.normal(size=(n_traces, n)) * 1000).astype(kind)
    if kind == "f4":
        y[rng.random(y.shape) < draw(st.sampled_from([0.0, 0.1, 0.5]))] = np.nan
    if draw(st.booleans()):
        time = (draw(st.sampled_from([-3.0, 0.0, 1e5])), draw(st.sampled_from([0.001, 0.25, 1.0])))
        period = time[1]
    else:
        time = np.cumsum(rng.choice([0.125, 0.25, 3.0], size=n)) - 2.0
        period = 0.25
    grid_dt = period * draw(st.sampled_from([0.1, 0.5, 1.0, 1.7, 8.0]))
    start = time[0] if len(time) else 0.0
    k0 = int(np.floor(start / grid_dt)) + draw(st.integers(-5, 20))
    max_gap = draw(st.sampled_from([None, period, period * 2.5]))
    return y, time, k0, draw(st.integers(0, 30)), grid_dt, max_gap


@given(recordings())
def test_spans_equal_brute_force(case):
    check_spans(*case)


@given(recordings())
def test_twin_equals_kernel(case):
    y, time, k0, width, grid_dt, max_gap = case
    options = {"k0": k0, "width": width, "grid_dt": grid_dt, "max_gap": max_gap}
    compiled = curve_spans(y, time, **options)
    kernel = spans._curve_spans
    try:
        spans._curve_spans = kernel.py
        plain = curve_spans(y, time, **options)
    finally:
        spans._curve_spans = kernel
    for have, want in zip(compiled, plain, strict=True):
        np.testing.assert_array_equal(have, want)


@pytest.mark.parametrize("factor", [0.01, 0.3, 1.0, 3.3, 1e3])
def test_a_spike_of_one_sample_is_in_the_picture_at_every_zoom(factor):
    y = np.zeros((1, 5000), np.float32)
    y[0, 2500] = 7.0
    k0 = int(2490 / factor)
    _, hi = curve_spans(y, (0.0, 1.0), k0=k0, width=int(20 / factor) + 2, grid_dt=factor)
    assert np.nanmax(hi) == pytest.approx(7.0, abs=0.08)
    if factor >= 1:
        assert np.nanmax(hi) == 7.0


def test_a_sample_between_nans_shows_in_its_column():
    y = np.array([[np.nan, 3.0, np.nan, np.nan]], np.float32)
    lo, hi = curve_spans(y, (0.0, 1.0), k0=0, width=8, grid_dt=0.4)
    assert hi[:, 0][~np.isnan(hi[:, 0])].tolist() == [3.0]
    assert np.flatnonzero(~np.isnan(lo[:, 0])).tolist() == [2]


def test_a_gap_breaks_the_curve():
    y = np.array([[1.0, 1.0, 5.0, 5.0]], np.float32)
    time = np.array([0.0, 1.0, 9.0, 10.0])
    _, joined = curve_spans(y, time, k0=0, width=10, grid_dt=1.0)
    _, broken = curve_spans(y, time, k0=0, width=10, grid_dt=1.0, max_gap=2.0)
    assert not np.isnan(joined).any()
    assert np.flatnonzero(np.isnan(broken[:, 0])).tolist() == [2, 3, 4, 5, 6, 7]


def test_neighbouring_spans_touch():
    y = np.random.default_rng(1).normal(size=(2, 3000)).astype(np.float32)
    lo, hi = curve_spans(y, (0.0, 0.01), k0=10, width=700, grid_dt=0.03)
    assert (lo[1:] <= hi[:-1]).all()
    assert (hi[1:] >= lo[:-1]).all()


def test_far_from_zero_time_keeps_its_place():
    start = 172_800.0
    y = np.zeros((1, 100), np.float32)
    y[0, 50] = 1.0
    grid_dt = 0.001
    k0 = round(start / grid_dt)
    _, hi = curve_spans(y, (start, grid_dt), k0=k0, width=99, grid_dt=grid_dt)
    assert np.flatnonzero(hi[:, 0] > 0.5).tolist() == [49, 50]


@pytest.mark.parametrize("layout", ["F", "big-endian", "read-only", "f8", "strided"])
def test_any_layout_of_samples_gives_the_same(layout):
    y = np.random.default_rng(3).normal(size=(3, 64)).astype(np.float32)
    options = {"k0": 0, "width": 20, "grid_dt": 0.3}
    want = curve_spans(y, (0.0, 0.1), **options)
    other = {
        "F": np.asfortranarray(y),
        "big-endian": y.astype(">f4"),
        "read-only": y.copy(),
        "f8": y.astype(np.float64),
        "strided": np.repeat(y, 2, axis=1)[:, ::2],
    }[layout]
    if layout == "read-only":
        other.flags.writeable = False
    got = curve_spans(other, (0.0, 0.1), **options)
    np.testing.assert_array_equal(got[0], want[0])


def brute_bins(lo, hi, starts, stops, edges):
    width, n_traces = len(edges) - 1, len(lo)
    out_lo = np.full((width, n_traces), np.nan, np.float32)
    out_hi = out_lo.copy()
    for c in range(n_traces):
        for x in range(width):
            inside = (stops > edges[x]) & (starts < edges[x + 1]) & ~np.isnan(lo[c])
            if inside.any():
                out_lo[x, c], out_hi[x, c] = lo[c][inside].min(), hi[c][inside].max()
        for x in range(1, width):
            if out_hi[x - 1, c] < out_lo[x, c]:
                out_hi[x - 1, c] = out_lo[x, c] = np.float32(0.5) * (
                    out_hi[x - 1, c] + out_lo[x, c]
                )
            elif out_lo[x - 1, c] > out_hi[x, c]:
                out_lo[x - 1, c] = out_hi[x, c] = np.float32(0.5) * (
                    out_lo[x - 1, c] + out_hi[x, c]
                )
    return out_lo, out_hi


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 30),
    st.sampled_from([0.3, 1.0, 2.0, 2.5, 10.0]),
    st.sampled_from([0.0, 0.2]),
)
def test_bins_equal_brute_force_and_twin(seed, n, grid_dt, missing):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 2, n)).astype(np.float32)
    lo, hi = np.minimum(a, b), np.maximum(a, b)
    gone = rng.random(lo.shape) < missing
    lo[gone] = hi[gone] = np.nan
    width = int(n / grid_dt) + 4
    edges = (np.arange(width + 1) - 1) * grid_dt
    want = brute_bins(lo, hi, np.arange(n) + 0.0, np.arange(n) + 1.0, edges)
    options = {"k0": -1, "width": width, "grid_dt": grid_dt}
    got = bin_spans(lo, hi, (0.0, 1.0), **options)
    kernel = spans._bin_spans
    try:
        spans._bin_spans = kernel.py
        plain = bin_spans(lo, hi, (0.0, 1.0), **options)
    finally:
        spans._bin_spans = kernel
    for have, twin, expected in zip(got, plain, want, strict=True):
        np.testing.assert_array_equal(have, expected)
        np.testing.assert_array_equal(twin, expected)


def test_bins_hold_the_curve_within_a_bin():
    y = np.cumsum(np.random.default_rng(4).normal(size=(2, 4096)), axis=1).astype(np.float32)
    binned = y.reshape(2, 256, 16)
    options = {"k0": 0, "width": 64, "grid_dt": 0.64}
    lo, hi = curve_spans(y, (0.0, 0.01), **options)
    bins_lo, bins_hi = bin_spans(binned.min(axis=2), binned.max(axis=2), (0.0, 0.16), **options)
    # A column's first sample of the next bin is the only one that bins may miss.
    assert (bins_lo[:-1] <= lo[:-1] + 3).all()
    assert (bins_hi[:-1] >= hi[:-1] - 3).all()
    assert (bins_lo[1:] <= bins_hi[:-1]).all()
    assert (bins_hi[1:] >= bins_lo[:-1]).all()


def test_bins_of_uneven_time_break_at_gaps_only():
    lo = np.array([[0.0, 1.0, 2.0]], np.float32)
    first, last = np.array([0.0, 4.0, 20.0]), np.array([3.0, 7.0, 23.0])
    got, _ = bin_spans(lo, lo, (first, last), k0=0, width=24, grid_dt=1.0, max_gap=2.0)
    assert np.flatnonzero(np.isnan(got[:, 0])).tolist() == list(range(8, 19))


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match=r"shape \(4,\)"):
        curve_spans(np.zeros(4), (0.0, 1.0), k0=0, width=1, grid_dt=1.0)
    with pytest.raises(ValueError, match="4 samples a trace but 3 times"):
        curve_spans(np.zeros((1, 4)), np.arange(3.0), k0=0, width=1, grid_dt=1.0)
    with pytest.raises(ValueError, match="grid_dt"):
        curve_spans(np.zeros((1, 4)), (0.0, 1.0), k0=0, width=1, grid_dt=0.0)


def _without_edges(y, first, fraction, c0, c1, lo, hi):
    spans.__dict__["_whole"](y, first, np.full_like(fraction, np.nan), c0, c1, lo, hi)


def _one_late(y, first, fraction, c0, c1, lo, hi):
    spans.__dict__["_whole"](y, np.minimum(first + 1, y.shape[1]), fraction, c0, c1, lo, hi)


def _upside_down(y, first, fraction, c0, c1, lo, hi):
    spans.__dict__["_whole"](y, first, fraction, c0, c1, hi, lo)


@pytest.mark.parametrize("broken", [_without_edges, _one_late, _upside_down])
def test_a_broken_kernel_fails_the_comparison(monkeypatch, broken):
    y = np.random.default_rng(5).normal(size=(2, 50)).astype(np.float32)
    check_spans(y, (0.0, 1.0), 0, 20, 1.7)
    monkeypatch.setattr(spans, "_whole", spans._curve_spans, raising=False)
    monkeypatch.setattr(spans, "_curve_spans", broken)
    with pytest.raises(AssertionError):
        check_spans(y, (0.0, 1.0), 0, 20, 1.7)
