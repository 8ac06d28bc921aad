"""Columns of many samples, from a pyramid: what is known now, refined as its tiles are built.

A call builds a bounded amount and says whether anything is missing still, so
that a night shows at once and gets finer, and a worker is never lost in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loupe.data.protocols import TimeAxis
from loupe.data.pyramid import Bins, Pyramid
from loupe.scene.envelope import max_gap
from loupe.tiles.heat import fold_edges, fold_rows, heat_bins
from loupe.tiles.spans import bin_spans
from loupe.work import cancelled

__all__ = ["Reduced", "heat_from_pyramid", "spans_from_pyramid"]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Count = Callable[[str, int], None]

BUILD_VALUES = 24_000_000
"""Samples that one call may read to build tiles, over all rows: a fraction of a second."""

FOLD_CELLS = 4_000_000
"""Cells of rows that are made at a time where they are folded into lines."""


@dataclass(frozen=True, eq=False, slots=True)
class Reduced:
    """Columns made of bins, physical values.

    Attributes
    ----------
    lo, hi
        ``(W, C)`` float32.
    missing
        How far it is to an exact picture; see `loupe.data.pyramid.Pyramid.steps_left`.
    """

    lo: F32
    hi: F32
    missing: int


def spans_from_pyramid(
    pyramid: Pyramid, rows: npt.NDArray[np.intp], dt: float, k0: int, width: int, count: Count
) -> Reduced | None:
    """Column ranges of rows, or None where columns are too fine for a pyramid.

    Raises
    ------
    LoupeDataError
        If the store fails.
    """
    found = _bins(pyramid, rows, dt, k0, width, count)
    if found is None:
        return None
    bins, level, b0, missing = found
    low, high, times = _parted(pyramid, level, b0, dt, *_physical(pyramid, bins))
    lo, hi = bin_spans(
        low,
        high,
        times,
        k0=k0,
        width=width,
        grid_dt=dt,
        max_gap=max_gap(pyramid.data.time),
    )
    count("reductions", 1)
    return Reduced(lo, hi, missing)


def heat_from_pyramid(
    pyramid: Pyramid,
    rows: npt.NDArray[np.intp],
    dt: float,
    k0: int,
    width: int,
    count: Count,
    lines: int | None = None,
) -> tuple[F32, int] | None:
    """Peaks ``(W, R)`` of rows and how much is missing; None where columns are too fine.

    With `lines`, the rows are folded into so many, some at a time.

    Raises
    ------
    LoupeDataError
        If the store fails.
    """
    found = _bins(pyramid, rows, dt, k0, width, count)
    if found is None:
        return None
    bins, level, b0, missing = found
    low, high, (first, last) = _parted(pyramid, level, b0, dt, *_physical(pyramid, bins))
    time, length = pyramid.data.time, pyramid.bin_samples(level) * pyramid.data.time.period

    def cells(some: slice) -> F32:
        return heat_bins(
            low[some],
            high[some],
            (first + last) / 2,
            k0=k0,
            width=width,
            grid_dt=dt,
            # Middles are a bin apart, and up to half a bin more around a gap.
            max_gap=None if time.uniform else max(_least_gap(time, dt), length) + length / 2,
            period=None if time.uniform else length,
        )

    count("reductions", 1)
    if lines is None:
        return cells(slice(None)), missing
    edges = fold_edges(len(rows), lines)
    values = np.empty((width, lines), dtype=np.float32)
    step = max(1, FOLD_CELLS * lines // (width * len(rows)))
    for a in range(0, lines, step):
        b = min(a + step, lines)
        part = cells(slice(int(edges[a]), int(edges[b])))
        values[:, a:b] = fold_rows(part, edges[a : b + 1] - edges[a])
    return values, missing


def _bins(
    pyramid: Pyramid, rows: npt.NDArray[np.intp], dt: float, k0: int, width: int, count: Count
) -> tuple[Bins, int, int, int] | None:
    """Bins, their level, the number of the first, and what is missing: less at each call."""
    time = pyramid.data.time
    wanted = pyramid.level_for(dt / time.period) if time.n and time.period > 0 else None
    if wanted is None:
        return None
    i0, i1 = time.bracket(k0 * dt, (k0 + width) * dt)
    look = pyramid.look(wanted, rows, i0, i1)
    missing = pyramid.missing(look.level, rows, look.b0, look.b1)
    left, done = BUILD_VALUES, 0
    while missing and left > 0 and not cancelled():
        pyramid.build(missing.pop(0), look.finest)
        done += 1
        count("reads", 1)
        left -= pyramid.tile_samples * min(len(rows), 32)
    bins = pyramid.bins(look.level, rows, look.b0, look.b1)
    if bins.missing and not done and not cancelled():
        done = 1  # pushed out since it was looked for
    steps = pyramid.steps_left(look, rows, i0, i1, done, bins.missing)
    return bins, look.level, look.b0, steps


def _physical(pyramid: Pyramid, bins: Bins) -> tuple[F32, F32]:
    info = pyramid.data.info
    low, high = (_scaled(part, info.scale, info.offset) for part in (bins.lo, bins.hi))
    if not bins.known.all():
        low, high = (np.where(bins.known, part, np.float32(np.nan)) for part in (low, high))
    return (high, low) if info.scale < 0 else (low, high)


def _scaled(part: npt.NDArray[np.generic], scale: float, offset: float) -> F32:
    """Raw values as physical ones; the same array where that changes nothing."""
    values: F32 = part.astype(np.float32, copy=False)
    if scale == 1.0 and offset == 0.0:
        return values
    values = values * np.float32(scale)
    values += np.float32(offset)
    return values


def _least_gap(time: TimeAxis, dt: float) -> float:
    """The shortest gap that is seen in a picture: one of a column at least."""
    return max(max_gap(time) or 0.0, dt)


def _parted(
    pyramid: Pyramid, level: int, b0: int, dt: float, low: F32, high: F32
) -> tuple[F32, F32, tuple[F64, F64]]:
    """Bins and the times of their first and last samples; a bin with a gap inside becomes two.

    Nearly every gap lies inside of a bin: as one, it would cover all of the gap. Both parts have
    the extremes of the whole.
    """
    time, n = pyramid.data.time, low.shape[1]
    begin, end = _bin_times(pyramid, level, b0, n)
    if time.uniform or not n:
        return low, high, (begin, end)
    size, gap = pyramid.bin_samples(level), _least_gap(time, dt)
    # Where a level is coarser than the picture, bins are longer than a gap has to be.
    usual = (size - 1) * time.period
    at, after, before = [], [], []
    for b in np.flatnonzero(end - begin > max(gap, usual + gap / 2)).tolist():
        first = (b0 + b) * size
        inside = time.times(first, min(first + size, time.n))
        cuts = np.flatnonzero(np.diff(inside) > gap)
        at.append(np.full(len(cuts), b))
        before.append(inside[cuts])
        after.append(inside[cuts + 1])
    if not at:
        return low, high, (begin, end)
    which = np.sort(np.concatenate([np.arange(n), *at]))
    times = (np.sort(np.concatenate([begin, *after])), np.sort(np.concatenate([end, *before])))
    return low[:, which], high[:, which], times


def _bin_times(
    pyramid: Pyramid, level: int, b0: int, n: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Times of the first and the last sample of each bin."""
    time = pyramid.data.time
    size = pyramid.bin_samples(level)
    first = (b0 + np.arange(n)) * size
    last = np.minimum(first + size, time.n) - 1
    if time.uniform:
        edges = time.span.start + np.stack([first, last]).astype(np.float64) * time.period
        return edges[0], edges[1]
    at: Callable[[npt.NDArray[np.intp]], npt.NDArray[np.float64]] | None
    if (at := getattr(time, "at", None)) is not None:
        return at(first), at(last)
    i0 = int(first[0]) if n else 0
    times = time.times(i0, int(last[-1]) + 1 if n else 0)
    return times[first - i0], times[last - i0]
