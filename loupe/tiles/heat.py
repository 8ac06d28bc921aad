"""Samples to the cells of a heatmap: one number a pixel column and row.

A column shows the samples inside it, as the value of largest magnitude (sign kept) or as the
mean, NaN ignored; a column narrower than a sample shows the sample whose cell holds its middle.
So no sample is lost at any zoom, and cells end half way between samples also where time is not
uniform. Colours are the renderer's business; this room knows numbers only.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.kernels import kernel
from loupe.tiles.grid import I64, Times, cell_plan, column_edges
from loupe.tiles.share import share
from loupe.tiles.spans import samples_for_kernel

__all__ = ["Method", "heat_bins", "heat_columns"]

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
    out: F32 | None = None,
    rows: tuple[int, int] | None = None,
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
    out
        ``(width, R)`` float32 to write to, so that threads can share the work.
    rows
        Compute only these rows, ``first, last + 1``.

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
    values = np.empty((width, n_rows), dtype=np.float32) if out is None else out
    r0, r1 = rows if rows is not None else (0, n_rows)

    def part(a: int, b: int) -> None:
        if method == "peak":
            _peaks(samples, samples, start, stop, r0 + a, r0 + b, values)
        else:
            _means(samples, start, stop, r0 + a, r0 + b, values)

    kernel = _peaks if method == "peak" else _means
    share(part, r1 - r0, (r1 - r0) * max(width, n // 8), kernel)
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
    out: F32 | None = None,
    rows: tuple[int, int] | None = None,
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
    k0, width, grid_dt, max_gap, period, out, rows
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
    values = np.empty((width, n_rows), dtype=np.float32) if out is None else out
    r0, r1 = rows if rows is not None else (0, n_rows)

    def part(a: int, b: int) -> None:
        _peaks(low, high, start, stop, r0 + a, r0 + b, values)

    share(part, r1 - r0, (r1 - r0) * max(width, n // 8), _peaks)
    return values


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
