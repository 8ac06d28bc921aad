"""Curves to column spans: the lowest and highest value of a curve in each pixel column.

A span is the range of the piecewise linear curve over a column's closed time, with the curve
interpolated at the column's edges, so that neighbouring spans touch and the picture is that of
the curve itself at any zoom. NaN breaks the curve. Spans are float32 ``(W, C)``, in data
values; `loupe.tiles.compose` turns them into pixels, picking searches them. This room knows
neither where samples come from nor how they will look.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.kernels import kernel
from loupe.tiles.grid import F64, I64, ON_SAMPLE, Times, column_edges, edge_plan
from loupe.tiles.share import share

__all__ = ["Spans", "bin_spans", "curve_spans", "samples_for_kernel"]

F32: TypeAlias = npt.NDArray[np.float32]
Spans: TypeAlias = tuple[F32, F32]
"""``(lo, hi)``, each ``(W, C)`` float32, NaN where there is no curve."""


def samples_for_kernel(y: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Normalise samples to C-contiguous, native, writable int16 or float32.

    Each of the two has one compiled kernel; any other layout, read-only arrays among them, would
    compile again. Nothing writes to them.
    """
    dtype = np.int16 if y.dtype.kind == "i" and y.dtype.itemsize == 2 else np.float32
    return np.require(y, dtype=dtype, requirements=["C", "A", "W"])


def curve_spans(
    y: npt.NDArray[Any],
    time: Times,
    *,
    k0: int,
    width: int,
    grid_dt: float,
    max_gap: float | None = None,
) -> Spans:
    """Spans of the curves through samples.

    Parameters
    ----------
    y
        ``(C, n)`` samples, any real dtype; int16 and float32 are taken as they are. NaN breaks
        the curve; a sample between two NaN still shows in its column.
    time
        Times of the n samples: ``(t0, dt)`` or increasing float64 ``(n,)``, seconds.
    k0, width, grid_dt
        The columns: column x covers ``[(k0 + x) * grid_dt, (k0 + x + 1) * grid_dt]`` seconds.
    max_gap
        The curve breaks between samples further apart than this, seconds.

    Returns
    -------
    lo, hi
        ``(width, C)`` float32, NaN where there is no curve.

    Raises
    ------
    ValueError
        If `y` is not two-dimensional, or `time` does not fit it.
    """
    samples = samples_for_kernel(y)
    if samples.ndim != 2:
        raise ValueError(f"samples must be traces x time, got an array of shape {y.shape}")
    n_traces, n = samples.shape
    if not isinstance(time, tuple) and len(time) != n:
        raise ValueError(f"{n} samples a trace but {len(time)} times")
    first, fraction = edge_plan(time, n, column_edges(k0, width, grid_dt), max_gap)
    lo, hi = (np.empty((width, n_traces), dtype=np.float32) for _ in range(2))

    def part(a: int, b: int) -> None:
        _curve_spans(samples, first, fraction, a, b, lo, hi)

    share(part, n_traces, n_traces * max(width, n // 8), _curve_spans)
    return lo, hi


def bin_spans(
    bins_lo: npt.NDArray[Any],
    bins_hi: npt.NDArray[Any],
    time: Times | tuple[F64, F64],
    *,
    k0: int,
    width: int,
    grid_dt: float,
    max_gap: float | None = None,
) -> Spans:
    """Spans from the minima and maxima of a pyramid's bins.

    A bin counts in every column that it overlaps. Where neighbouring columns would not touch,
    both are stretched to the middle between them, as the curve joins them.

    Parameters
    ----------
    bins_lo, bins_hi
        ``(C, nb)``, NaN (both) where a bin holds nothing.
    time
        ``(t0, bin_dt)``: bin b covers ``[t0 + b * bin_dt, t0 + (b + 1) * bin_dt)``; or two
        arrays ``(nb,)`` with the times of each bin's first and last sample.
    max_gap
        With the arrays: the curve breaks between bins further apart than this, seconds.
    k0, width, grid_dt
        As for `curve_spans`.

    Returns
    -------
    lo, hi
        ``(width, C)`` float32, NaN where there is no bin.
    """
    low, high = (
        np.require(b, dtype=np.float32, requirements=["C", "A", "W"]) for b in (bins_lo, bins_hi)
    )
    if low.ndim != 2 or low.shape != high.shape:
        raise ValueError(f"bins must be two arrays of traces x bins, got {low.shape}, {high.shape}")
    n_traces, n = low.shape
    start, stop = bin_plan(time, n, column_edges(k0, width, grid_dt), max_gap)
    lo, hi = (np.empty((width, n_traces), dtype=np.float32) for _ in range(2))

    def part(a: int, b: int) -> None:
        _bin_spans(low, high, start, stop, a, b, lo, hi)

    share(part, n_traces, n_traces * max(width, n // 8), _bin_spans)
    return lo, hi


def bin_plan(
    time: Times | tuple[F64, F64], n: int, edges: F64, max_gap: float | None
) -> tuple[I64, I64]:
    """Bins that each column overlaps: ``start[x] .. stop[x] - 1``, int64 ``(W,)`` each."""
    if isinstance(time, tuple) and not isinstance(time[0], np.ndarray):
        t0, bin_dt = float(time[0]), float(time[1])
        index = np.arange(n + 1, dtype=np.int64)
        bounds = t0 + index * bin_dt
        begin, end = bounds[:-1], bounds[1:]
        start = np.searchsorted(end, edges[:-1], side="right")
        stop = np.searchsorted(begin, edges[1:], side="left")
    else:
        begin, end = np.asarray(time[0]), np.asarray(time[1]).copy()
        if len(begin) != n or len(end) != n:
            raise ValueError(f"{n} bins but {len(begin)} starts and {len(end)} ends")
        if n > 1:
            # The curve runs on from a bin's last sample to the next bin's first one.
            joined = (
                np.ones(n - 1, dtype=bool) if max_gap is None else begin[1:] - end[:-1] <= max_gap
            )
            end[:-1][joined] = begin[1:][joined]
        start = np.searchsorted(end, edges[:-1], side="left")
        stop = np.searchsorted(begin, edges[1:], side="right")
    return start.astype(np.int64), np.maximum(start, stop).astype(np.int64)


def _curve_spans_numpy(
    y: npt.NDArray[Any], first: I64, fraction: F64, c0: int, c1: int, lo: F32, hi: F32
) -> None:
    """Do the work of `_curve_spans` with plain numpy."""
    part = y[c0:c1].astype(np.float32)
    n = part.shape[1]
    if n == 0 or len(first) < 2:
        lo[:, c0:c1] = hi[:, c0:c1] = np.nan
        return
    after = part[:, np.minimum(first, n - 1)].astype(np.float64)
    before = part[:, np.clip(first - 1, 0, n - 1)].astype(np.float64)
    with np.errstate(invalid="ignore"):
        edge = (before + (after - before) * fraction).astype(np.float32)
    on_sample = fraction == ON_SAMPLE
    edge[:, on_sample] = after[:, on_sample]
    padded = np.concatenate([part, np.full((c1 - c0, 1), np.nan, dtype=np.float32)], axis=1)
    empty = first[1:] == first[:-1]
    for reduce, target in ((np.fmin, lo), (np.fmax, hi)):
        inner = reduce.reduceat(padded, np.append(first[:-1], first[-1]), axis=1)[:, :-1]
        inner[:, empty] = np.nan
        target[:, c0:c1] = reduce(inner, reduce(edge[:, :-1], edge[:, 1:])).T


@kernel(twin=_curve_spans_numpy)
def _curve_spans(
    y: npt.NDArray[Any], first: I64, fraction: F64, c0: int, c1: int, lo: F32, hi: F32
) -> None:
    """Fill ``lo, hi[:, c0:c1]``; see `curve_spans` and `edge_plan`."""
    width = len(first) - 1
    nan = np.float32(np.nan)
    for c in range(c0, c1):
        row = y[c]
        left = nan
        for x in range(-1, width):
            i1 = first[x + 1]
            f = fraction[x + 1]
            right = nan
            if f > 1.5:
                right = np.float32(row[i1])
            elif f == f:
                before = np.float64(row[i1 - 1])
                right = np.float32(before + (np.float64(row[i1]) - before) * f)
            if x >= 0:
                low, high = left, left
                if low != low:
                    low, high = right, right
                elif right < low:
                    low = right
                elif right > high:
                    high = right
                i = first[x]
                while i < i1 and row[i] != row[i]:
                    i += 1
                if i < i1:
                    # Four independent running extrema keep the processor's pipeline full.
                    a = b = d = e = row[i]
                    a2 = b2 = d2 = e2 = row[i]
                    while i + 4 <= i1:
                        v0, v1, v2, v3 = row[i], row[i + 1], row[i + 2], row[i + 3]
                        a = v0 if v0 < a else a
                        b = v1 if v1 < b else b
                        d = v2 if v2 < d else d
                        e = v3 if v3 < e else e
                        a2 = v0 if v0 > a2 else a2
                        b2 = v1 if v1 > b2 else b2
                        d2 = v2 if v2 > d2 else d2
                        e2 = v3 if v3 > e2 else e2
                        i += 4
                    while i < i1:
                        v0 = row[i]
                        a = v0 if v0 < a else a
                        a2 = v0 if v0 > a2 else a2
                        i += 1
                    least = np.float32(min(min(a, b), min(d, e)))
                    most = np.float32(max(max(a2, b2), max(d2, e2)))
                    if not (low <= least):
                        low = least
                    if not (high >= most):
                        high = most
                lo[x, c] = low
                hi[x, c] = high
            left = right


def _bin_spans_numpy(
    bins_lo: F32, bins_hi: F32, start: I64, stop: I64, c0: int, c1: int, lo: F32, hi: F32
) -> None:
    """Do the work of `_bin_spans` with plain numpy."""
    n_columns = len(start)
    for x in range(n_columns):
        if stop[x] > start[x]:
            lo[x, c0:c1] = np.fmin.reduce(bins_lo[c0:c1, start[x] : stop[x]], axis=1)
            hi[x, c0:c1] = np.fmax.reduce(bins_hi[c0:c1, start[x] : stop[x]], axis=1)
        else:
            lo[x, c0:c1] = hi[x, c0:c1] = np.nan
    for x in range(1, n_columns):
        before_lo, before_hi = lo[x - 1, c0:c1].copy(), hi[x - 1, c0:c1].copy()
        rises = before_hi < lo[x, c0:c1]
        falls = before_lo > hi[x, c0:c1]
        up = (before_hi + lo[x, c0:c1]) * np.float32(0.5)
        down = (before_lo + hi[x, c0:c1]) * np.float32(0.5)
        hi[x - 1, c0:c1] = np.where(rises, up, before_hi)
        lo[x - 1, c0:c1] = np.where(falls, down, before_lo)
        lo[x, c0:c1] = np.where(rises, up, lo[x, c0:c1])
        hi[x, c0:c1] = np.where(falls, down, hi[x, c0:c1])


@kernel(twin=_bin_spans_numpy)
def _bin_spans(
    bins_lo: F32, bins_hi: F32, start: I64, stop: I64, c0: int, c1: int, lo: F32, hi: F32
) -> None:
    """Fill ``lo, hi[:, c0:c1]``; see `bin_spans` and `bin_plan`."""
    half = np.float32(0.5)
    for c in range(c0, c1):
        for x in range(len(start)):
            low = np.float32(np.nan)
            high = np.float32(np.nan)
            for b in range(start[x], stop[x]):
                if not (low <= bins_lo[c, b]) and bins_lo[c, b] == bins_lo[c, b]:
                    low = bins_lo[c, b]
                if not (high >= bins_hi[c, b]) and bins_hi[c, b] == bins_hi[c, b]:
                    high = bins_hi[c, b]
            if x > 0:
                if hi[x - 1, c] < low:
                    middle = (hi[x - 1, c] + low) * half
                    hi[x - 1, c] = middle
                    low = middle
                elif lo[x - 1, c] > high:
                    middle = (lo[x - 1, c] + high) * half
                    lo[x - 1, c] = middle
                    high = middle
            lo[x, c] = low
            hi[x, c] = high
