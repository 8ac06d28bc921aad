"""Where samples lie on the grid of pixel columns.

Pixel columns lie on an absolute grid: column ``k`` covers the closed time
``[k * grid_dt, (k + 1) * grid_dt]``. All times are float64 here; kernels get sample indices
and fractions only. This room knows neither data sources nor pictures.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "F64",
    "I64",
    "ON_SAMPLE",
    "Times",
    "cell_plan",
    "column_edges",
    "edge_plan",
]

F64: TypeAlias = npt.NDArray[np.float64]
I64: TypeAlias = npt.NDArray[np.int64]
Times: TypeAlias = tuple[float, float] | F64
"""Times of samples: ``(t0, dt)`` if uniform, else one increasing float64 a sample, seconds."""

ON_SAMPLE = 2.0
"""Fraction that says that an edge lies exactly on a sample."""


def column_edges(k0: int, width: int, grid_dt: float) -> F64:
    """Edges of columns ``k0 .. k0 + width - 1``, seconds, shape ``(width + 1,)``.

    Raises
    ------
    ValueError
        If `width` is negative or `grid_dt` is not a positive number.
    """
    if width < 0:
        raise ValueError(f"a tile cannot be {width} columns wide")
    if not (grid_dt > 0 and np.isfinite(grid_dt)):
        raise ValueError(f"grid_dt must be a positive number of seconds, got {grid_dt!r}")
    numbers: F64 = (int(k0) + np.arange(width + 1, dtype=np.int64)).astype(np.float64)
    return numbers * grid_dt


def first_at_or_after(time: Times, n: int, edges: F64) -> I64:
    """Index of the first of `n` samples at or after each edge; `n` if there is none."""
    if not isinstance(time, tuple):
        return np.searchsorted(time, edges, side="left").astype(np.int64)
    t0, dt = time
    first = np.clip(np.ceil((edges - t0) / dt), 0, n).astype(np.int64)
    # The division may be off by one sample at an edge; the comparison of times decides.
    first -= (first > 0) & (t0 + (first - 1) * dt >= edges)
    first += (first < n) & (t0 + first * dt < edges)
    return first


def times_of(time: Times, index: npt.NDArray[Any]) -> F64:
    """Return the times of the samples of the given indices, seconds."""
    if isinstance(time, tuple):
        return np.asarray(time[0] + index * time[1], dtype=np.float64)
    return np.asarray(time[index], dtype=np.float64)


def edge_plan(time: Times, n: int, edges: F64, max_gap: float | None = None) -> tuple[I64, F64]:
    """Where each column edge cuts the curve.

    Parameters
    ----------
    time, n
        Times of the samples and their number.
    edges
        Column edges, seconds, ``(W + 1,)``.
    max_gap
        Longest step between samples that the curve bridges, seconds; None bridges all.

    Returns
    -------
    first
        ``(W + 1,)`` int64: first sample at or after the edge.
    fraction
        ``(W + 1,)``: the edge's place between samples ``first - 1`` and ``first`` (0 to 1),
        `ON_SAMPLE` if it lies on sample ``first``, NaN if there is no curve.
    """
    first = first_at_or_after(time, n, edges)
    fraction = np.full(edges.shape, np.nan)
    if n == 0:
        return first, fraction
    after = times_of(time, np.minimum(first, n - 1))
    before = times_of(time, np.clip(first - 1, 0, n - 1))
    inside = (first > 0) & (first < n)
    if max_gap is not None:
        inside &= after - before <= max_gap
    fraction[inside] = (edges - before)[inside] / (after - before)[inside]
    fraction[(first < n) & (after == edges)] = ON_SAMPLE
    return first, fraction


def cell_plan(
    time: Times,
    n: int,
    edges: F64,
    max_gap: float | None = None,
    period: float | None = None,
) -> tuple[I64, I64]:
    """Which samples each column of a heatmap shows.

    A column shows the samples inside ``[left edge, right edge)``. A column without one shows
    the sample whose cell holds the column's middle; a cell reaches half way to the neighbours,
    and half a `period` at the ends of the data and where the step is longer than `max_gap`.

    Parameters
    ----------
    time, n, edges, max_gap
        As for `edge_plan`.
    period
        Nominal step, seconds; by default the step of uniform times, else the median step.

    Returns
    -------
    start, stop
        ``(W,)`` int64 each: column x shows samples ``start[x] .. stop[x] - 1``; empty where
        there is nothing.
    """
    first = first_at_or_after(time, n, edges)
    start, stop = first[:-1].copy(), first[1:].copy()
    if n == 0 or not len(start):
        return start, stop
    if period is None:
        if isinstance(time, tuple):
            period = time[1]
        else:
            period = float(np.median(np.diff(time))) if n > 1 else 0.0
    middle = (edges[:-1] + edges[1:]) / 2
    right = first_at_or_after(time, n, middle)
    left = np.maximum(right - 1, 0)
    right = np.minimum(right, n - 1)
    to_left = np.abs(middle - times_of(time, left))
    to_right = np.abs(times_of(time, right) - middle)
    nearest = np.where(to_right < to_left, right, left)
    step = times_of(time, right) - times_of(time, left)
    bridged = right > left
    if max_gap is not None:
        bridged &= step <= max_gap
    shown = bridged | (np.minimum(to_left, to_right) <= period / 2)
    lonely = (start == stop) & shown
    start[lonely] = nearest[lonely]
    stop[lonely] = nearest[lonely] + 1
    return start, stop
