"""Samples to the cells of a heatmap: one number a pixel column and row.

A column shows the samples inside it, as the value of largest magnitude (sign kept) or as the
mean, NaN ignored; a column narrower than a sample shows the sample whose cell holds its middle.
So no sample is lost at any zoom, and cells end half way between samples also where time is not
uniform. More rows than pixels are folded in the same way: a line of pixels shows the value of
largest magnitude, or the mean, of its rows. Colours are the renderer's business; this room knows
numbers only.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.kernels import kernel
from loupe.tiles.grid import I64, Times, cell_plan, column_edges
from loupe.tiles.share import share
from loupe.tiles.spans import samples_for_kernel

__all__ = ["Method", "fold_edges", "fold_rows", "heat_bins", "heat_columns"]

F32: TypeAlias = npt.NDArray[np.float32]
Method = Literal["peak", "mean"]


def heat_columns(
    y: npt.NDArray[Any],
    time: Times,
    *,
    k0: int,
    width: int,
    grid_dt: float,
    method: Method = "peak",
    max_gap: float | None = None,
    period: float | None = None,
) -> F32:
    """Reduce samples to pixel columns.

    Parameters
    ----------
    y
        ``(R, n)`` samples, any real dtype; int16 and float32 are taken as they are.
    time
        Times of the n samples: ``(t0, dt)`` or increasing float64 ``(n,)``, seconds.
    k0, width, grid_dt
        The columns: column x covers ``[(k0 + x) * grid_dt, (k0 + x + 1) * grid_dt)`` seconds.
    method
        ``"peak"``: the value of largest magnitude, the positive one of equals; ``"mean"``.
    max_gap
        Where samples are further apart than this (seconds), cells end half a `period` from them.
    period
        Nominal step, seconds; see `cell_plan`.

    Returns
    -------
    ndarray
        ``(width, R)`` float32, row order as in `y`; NaN where there is no sample.

    Raises
    ------
    ValueError
        If `y` is not two-dimensional, or `time` does not fit it, or `method` is unknown.
    """
    samples = samples_for_kernel(y)
    if samples.ndim != 2:
        raise ValueError(f"samples must be rows x time, got an array of shape {y.shape}")
    if method not in ("peak", "mean"):
        raise ValueError(f"method must be 'peak' or 'mean', not {method!r}")
    n_rows, n = samples.shape
    if not isinstance(time, tuple) and len(time) != n:
        raise ValueError(f"{n} samples a row but {len(time)} times")
    start, stop = cell_plan(time, n, column_edges(k0, width, grid_dt), max_gap, period)
    values = np.empty((width, n_rows), dtype=np.float32)

    def part(a: int, b: int) -> None:
        if method == "peak":
            _peaks(samples, samples, start, stop, a, b, values)
        else:
            _means(samples, start, stop, a, b, values)

    kernel = _peaks if method == "peak" else _means
    share(part, n_rows, n_rows * max(width, n // 8), kernel)
    return values


def heat_bins(
    bins_lo: npt.NDArray[Any],
    bins_hi: npt.NDArray[Any],
    time: Times,
    *,
    k0: int,
    width: int,
    grid_dt: float,
    max_gap: float | None = None,
    period: float | None = None,
) -> F32:
    """Peaks from the minima and maxima of a pyramid's bins.

    Each bin counts in the column that holds its middle, so a peak may lie half a bin off and is
    never lost or doubled.

    Parameters
    ----------
    bins_lo, bins_hi
        ``(R, nb)``, NaN (both) where a bin holds nothing.
    time
        Middles of the bins: ``(first, step)`` or float64 ``(nb,)``, seconds.
    k0, width, grid_dt, max_gap, period
        As for `heat_columns`; gap and period are those of the middles.

    Returns
    -------
    ndarray
        ``(width, R)`` float32, NaN where there is no bin.
    """
    low, high = (
        np.require(b, dtype=np.float32, requirements=["C", "A", "W"]) for b in (bins_lo, bins_hi)
    )
    if low.ndim != 2 or low.shape != high.shape:
        raise ValueError(f"bins must be two arrays of rows x bins, got {low.shape}, {high.shape}")
    n_rows, n = low.shape
    start, stop = cell_plan(time, n, column_edges(k0, width, grid_dt), max_gap, period)
    values = np.empty((width, n_rows), dtype=np.float32)

    def part(a: int, b: int) -> None:
        _peaks(low, high, start, stop, a, b, values)

    share(part, n_rows, n_rows * max(width, n // 8), _peaks)
    return values


def fold_edges(n_rows: int, n_lines: int) -> I64:
    """First row of each of `n_lines` lines that share `n_rows` rows, and `n_rows` at the end.

    A row belongs to the line that holds its middle, so that lines follow the rows' places to
    half a row, and every line has a row where there are as many rows as lines.
    """
    lines = np.arange(n_lines + 1, dtype=np.int64)
    return -((n_lines - 2 * n_rows * lines) // (2 * n_lines))


def fold_rows(values: F32, edges: I64, method: Method = "peak") -> F32:
    """Fewer rows than there are: each line stands for those between two edges.

    Parameters
    ----------
    values
        ``(W, R)`` cells, NaN where there is nothing.
    edges
        ``(lines + 1,)`` from 0 to R, rising, as `fold_edges` gives them.
    method
        ``"peak"``: the cell of largest magnitude, the positive one of equals; ``"mean"``: the
        mean of the cells that hold something.

    Returns
    -------
    ndarray
        ``(W, lines)`` float32; NaN where no row of the line holds anything.

    Raises
    ------
    ValueError
        If an edge is not beyond the one before it, or they are not those of these rows.
    """
    width, n_rows = values.shape
    if len(edges) < 2 or (edges[0], edges[-1]) != (0, n_rows) or (np.diff(edges) < 1).any():
        raise ValueError(f"{n_rows} rows cannot be folded into {len(edges) - 1} lines")
    cells = np.ascontiguousarray(values, dtype=np.float32)
    out = np.empty((width, len(edges) - 1), dtype=np.float32)
    fold = _fold_peaks if method == "peak" else _fold_means

    def part(a: int, b: int) -> None:
        fold(cells[a:b], edges, out[a:b])

    share(part, width, width * n_rows // 8, fold)
    return out


def _peaks_numpy(
    lo: npt.NDArray[Any],
    hi: npt.NDArray[Any],
    start: I64,
    stop: I64,
    r0: int,
    r1: int,
    out: F32,
) -> None:
    """Do the work of `_peaks` with plain numpy."""
    for x in range(len(start)):
        if stop[x] <= start[x]:
            out[x, r0:r1] = np.nan
            continue
        low = np.fmin.reduce(lo[r0:r1, start[x] : stop[x]], axis=1).astype(np.float32)
        high = np.fmax.reduce(hi[r0:r1, start[x] : stop[x]], axis=1).astype(np.float32)
        out[x, r0:r1] = np.where(high < -low, low, high)


@kernel(twin=_peaks_numpy)
def _peaks(
    lo: npt.NDArray[Any],
    hi: npt.NDArray[Any],
    start: I64,
    stop: I64,
    r0: int,
    r1: int,
    out: F32,
) -> None:
    """Fill ``out[:, r0:r1]`` with the values of largest magnitude."""
    for r in range(r0, r1):
        for x in range(len(start)):
            i, end = start[x], stop[x]
            while i < end and (lo[r, i] != lo[r, i] or hi[r, i] != hi[r, i]):
                i += 1
            if i >= end:
                out[x, r] = np.nan
                continue
            low, high = lo[r, i], hi[r, i]
            while i < end:
                low = lo[r, i] if lo[r, i] < low else low
                high = hi[r, i] if hi[r, i] > high else high
                i += 1
            # In float: the magnitude of -32768 does not fit int16.
            down, up = np.float32(low), np.float32(high)
            out[x, r] = down if up < -down else up


def _means_numpy(y: npt.NDArray[Any], start: I64, stop: I64, r0: int, r1: int, out: F32) -> None:
    """Do the work of `_means` with plain numpy."""
    for x in range(len(start)):
        part = y[r0:r1, start[x] : stop[x]].astype(np.float64)
        known = ~np.isnan(part)
        with np.errstate(invalid="ignore"):
            out[x, r0:r1] = np.where(known, part, 0.0).sum(axis=1) / known.sum(axis=1)


@kernel(twin=_means_numpy)
def _means(y: npt.NDArray[Any], start: I64, stop: I64, r0: int, r1: int, out: F32) -> None:
    """Fill ``out[:, r0:r1]`` with means."""
    for r in range(r0, r1):
        for x in range(len(start)):
            total = 0.0
            count = 0
            for i in range(start[x], stop[x]):
                value = y[r, i]
                if value == value:
                    total += value
                    count += 1
            out[x, r] = total / count if count > 0 else np.nan


def _fold_peaks_numpy(cells: F32, edges: I64, out: F32) -> None:
    """Do the work of `_fold_peaks` with plain numpy."""
    low = np.fmin.reduceat(cells, edges[:-1], axis=1)
    high = np.fmax.reduceat(cells, edges[:-1], axis=1)
    out[:] = np.where(high < -low, low, high)


@kernel(twin=_fold_peaks_numpy)
def _fold_peaks(cells: F32, edges: I64, out: F32) -> None:
    """Fill `out` with the cells of largest magnitude between edges."""
    for x in range(len(cells)):
        for line in range(len(edges) - 1):
            # NaN compares false, so it changes neither.
            low, high = np.float32(np.inf), np.float32(-np.inf)
            for r in range(edges[line], edges[line + 1]):
                value = cells[x, r]
                low = value if value < low else low
                high = value if value > high else high
            if low > high:
                out[x, line] = np.nan
            else:
                out[x, line] = low if high < -low else high


def _fold_means_numpy(cells: F32, edges: I64, out: F32) -> None:
    """Do the work of `_fold_means` with plain numpy."""
    known = ~np.isnan(cells)
    total = np.add.reduceat(np.where(known, cells, 0.0), edges[:-1], axis=1, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        out[:] = total / np.add.reduceat(known, edges[:-1], axis=1, dtype=np.int64)


@kernel(twin=_fold_means_numpy)
def _fold_means(cells: F32, edges: I64, out: F32) -> None:
    """Fill `out` with means between edges."""
    for x in range(len(cells)):
        for line in range(len(edges) - 1):
            total = 0.0
            count = 0
            for r in range(edges[line], edges[line + 1]):
                value = cells[x, r]
                if value == value:
                    total += value
                    count += 1
            out[x, line] = total / count if count > 0 else np.nan
