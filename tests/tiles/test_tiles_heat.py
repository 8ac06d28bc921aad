"""Heatmap columns against a brute force over samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe.tiles import heat
from loupe.tiles.heat import fold_edges, fold_rows, heat_bins, heat_columns


def brute_heat(y, times, edges, method, max_gap, period):
    """The definition: samples inside the column, else the one whose cell holds its middle."""
    out = np.full((len(edges) - 1, len(y)), np.nan, np.float32)
    n = len(times)
    for x in range(len(edges) - 1):
        inside = [i for i in range(n) if edges[x] <= times[i] < edges[x + 1]]
        if not inside and n:
            middle = (edges[x] + edges[x + 1]) / 2
            i = min(range(n), key=lambda i: abs(times[i] - middle))
            side = i + 1 if middle > times[i] else i - 1
            reach = period / 2
            if 0 <= side < n:
                step = abs(times[side] - times[i])
                if max_gap is None or step <= max_gap:
                    reach = max(reach, step / 2)
            if abs(times[i] - middle) <= reach:
                inside = [i]
        for r in range(len(y)):
            values = [float(y[r, i]) for i in inside if not np.isnan(y[r, i])]
            if not values:
                continue
            if method == "mean":
                out[x, r] = sum(values) / len(values)
            else:
                low, high = min(values), max(values)
                out[x, r] = low if high < -low else high
    return out


def check_heat(y, time, k0, width, grid_dt, method, max_gap, period):
    n = y.shape[1]
    times = time[0] + np.arange(n) * time[1] if isinstance(time, tuple) else time
    edges = (k0 + np.arange(width + 1)) * grid_dt
    want = brute_heat(y, times, edges, method, max_gap, period)
    options = {
        "k0": k0, "width": width, "grid_dt": grid_dt, "method": method,
        "max_gap": max_gap, "period": period,
    }  # fmt: skip
    got = heat_columns(y, time, **options)
    np.testing.assert_allclose(got, want, rtol=1e-6)
    return options, got


@st.composite
def recordings(draw):
    n = draw(st.integers(0, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["f4", "i2"]))
    y = (rng.normal(size=(2, n)) * 1000).astype(kind)
    if kind == "f4":
        y[rng.random(y.shape) < draw(st.sampled_from([0.0, 0.3]))] = np.nan
    if draw(st.booleans()):
        time, period = (draw(st.sampled_from([-3.0, 0.0, 1e5])), 0.25), 0.25
    else:
        time, period = np.cumsum(rng.choice([0.125, 0.25, 3.0], size=n)) - 2.0, 0.25
    # Powers of two and thirds of them: the middle of a column never ties between samples.
    grid_dt = draw(st.sampled_from([0.0501, 0.1203, 0.2507, 0.7, 2.1]))
    start = time[0] if len(time) else 0.0
    k0 = int(np.floor(start / grid_dt)) + draw(st.integers(-5, 20))
    method = draw(st.sampled_from(["peak", "mean"]))
    max_gap = draw(st.sampled_from([None, 1.0]))
    return y, time, k0, draw(st.integers(0, 30)), grid_dt, method, max_gap, period


@given(recordings())
def test_columns_equal_brute_force_and_twin(case):
    options, got = check_heat(*case)
    kernels = heat._peaks, heat._means
    try:
        heat._peaks, heat._means = (k.py for k in kernels)
        plain = heat_columns(case[0], case[1], **options)
    finally:
        heat._peaks, heat._means = kernels
    np.testing.assert_allclose(plain, got, rtol=1e-6)


def test_peak_keeps_the_sign_of_the_larger_magnitude():
    y = np.array([[1.0, -5.0, 4.0, np.nan, 3.0, -3.0]], np.float32)
    got = heat_columns(y, (0.5, 1.0), k0=0, width=2, grid_dt=3.0)
    assert got[:, 0].tolist() == [-5.0, 3.0]
    least = np.array([[-32768, 32767]], np.int16)
    assert heat_columns(least, (0.5, 1.0), k0=0, width=1, grid_dt=2.0)[0, 0] == -32768.0


def test_mean_ignores_nan():
    y = np.array([[1.0, np.nan, 3.0, np.nan, np.nan, np.nan]], np.float32)
    got = heat_columns(y, (0.5, 1.0), k0=0, width=2, grid_dt=3.0, method="mean")
    assert got[0, 0] == 2.0
    assert np.isnan(got[1, 0])


@pytest.mark.parametrize("grid_dt", [0.03, 0.5, 1.0, 1.4, 50.0])
def test_no_sample_is_lost_at_any_zoom(grid_dt):
    y = np.zeros((1, 200), np.float32)
    y[0, 77] = -9.0
    k0 = int(70 / grid_dt)
    got = heat_columns(y, (0.0, 1.0), k0=k0, width=int(20 / grid_dt) + 2, grid_dt=grid_dt)
    assert (got == -9.0).any()


def test_a_sample_covers_half_a_step_on_either_side():
    y = np.array([[1.0, 2.0]], np.float32)
    got = heat_columns(y, (0.0, 1.0), k0=-8, width=24, grid_dt=0.1)[:, 0]
    times = (np.arange(24) - 8 + 0.5) * 0.1
    np.testing.assert_array_equal(got == 1.0, (times >= -0.5) & (times < 0.5))
    np.testing.assert_array_equal(got == 2.0, (times >= 0.5) & (times < 1.5))


def test_gaps_are_empty_and_uneven_time_is_placed_truly():
    time = np.array([0.0, 1.0, 2.0, 10.0, 11.0])
    y = np.arange(5, dtype=np.float32)[None]
    got = heat_columns(y, time, k0=0, width=24, grid_dt=0.5, max_gap=3.0)[:, 0]
    assert np.isnan(got[5:19]).all()
    assert got[20] == 3.0
    assert got[22] == 4.0


@given(st.integers(0, 2**32 - 1), st.sampled_from([16.0, 40.0, 160.0]))
def test_bins_give_the_peaks_of_their_samples(seed, grid_dt):
    y = np.random.default_rng(seed).normal(size=(2, 640)).astype(np.float32)
    binned = y.reshape(2, 80, 8)
    middles = (3.5, 8.0)
    options = {"k0": 0, "width": int(640 / grid_dt), "grid_dt": grid_dt}
    got = heat_bins(binned.min(axis=2), binned.max(axis=2), middles, **options)
    want = heat_columns(y, (0.0, 1.0), **options)
    np.testing.assert_array_equal(got, want)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="'median'"):
        heat_columns(np.zeros((1, 1)), (0.0, 1.0), k0=0, width=1, grid_dt=1.0, method="median")
    with pytest.raises(ValueError, match="2 samples a row but 3 times"):
        heat_columns(np.zeros((1, 2)), np.arange(3.0), k0=0, width=1, grid_dt=1.0)


def _plain_maximum(lo, hi, start, stop, r0, r1, out):
    heat.__dict__["_whole"](np.abs(lo), np.abs(hi), start, stop, r0, r1, out)


def _drops_the_last(lo, hi, start, stop, r0, r1, out):
    heat.__dict__["_whole"](lo, hi, start, np.maximum(stop - 1, start), r0, r1, out)


@pytest.mark.parametrize("broken", [_plain_maximum, _drops_the_last])
def test_a_broken_kernel_fails_the_comparison(monkeypatch, broken):
    y = np.random.default_rng(5).normal(size=(2, 50)).astype(np.float32)
    case = (y, (0.0, 1.0), 0, 10, 4.3, "peak", None, 1.0)
    check_heat(*case)
    monkeypatch.setattr(heat, "_whole", heat._peaks, raising=False)
    monkeypatch.setattr(heat, "_peaks", broken)
    with pytest.raises(AssertionError):
        check_heat(*case)


def brute_fold(values, n_lines, method):
    """The definition: a row counts in the line that holds its middle."""
    width, n = values.shape
    line_of = [int((2 * r + 1) * n_lines // (2 * n)) for r in range(n)]
    out = np.full((width, n_lines), np.nan, np.float32)
    for x in range(width):
        for line in range(n_lines):
            mine = [values[x, r] for r in range(n) if line_of[r] == line]
            known = [float(v) for v in mine if not np.isnan(v)]
            if known and method == "mean":
                out[x, line] = sum(known) / len(known)
            elif known:
                low, high = min(known), max(known)
                out[x, line] = low if high < -low else high
    return out


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.data(), st.sampled_from(["peak", "mean"]))
def test_folded_rows_equal_brute_force_and_twin(seed, n, data, method):
    rng = np.random.default_rng(seed)
    lines = data.draw(st.integers(1, n))
    # Few values, so that equal magnitudes of both signs meet.
    values = rng.integers(-3, 4, size=(7, n)).astype(np.float32)
    values[rng.random(values.shape) < 0.3] = np.nan
    want = brute_fold(values, lines, method)
    np.testing.assert_allclose(fold_rows(values, fold_edges(n, lines), method), want, rtol=1e-6)
    kernels = heat._fold_peaks, heat._fold_means
    try:
        heat._fold_peaks, heat._fold_means = (k.py for k in kernels)
        plain = fold_rows(values, fold_edges(n, lines), method)
    finally:
        heat._fold_peaks, heat._fold_means = kernels
    np.testing.assert_allclose(plain, want, rtol=1e-6)


@given(st.integers(1, 5000), st.data())
def test_each_row_is_in_one_line_and_each_line_has_one(n, data):
    lines = data.draw(st.integers(1, n))
    edges = fold_edges(n, lines)
    assert (edges[0], edges[-1]) == (0, n)
    sizes = np.diff(edges)
    assert sizes.min() >= 1
    assert sizes.max() - sizes.min() <= 1


def test_more_lines_than_rows_are_refused():
    for edges in ([0, 1, 1, 2, 3], [0, 2], [0, 3, 2, 3], [0]):
        with pytest.raises(ValueError, match="3 rows cannot be folded into"):
            fold_rows(np.zeros((2, 3), np.float32), np.array(edges))
