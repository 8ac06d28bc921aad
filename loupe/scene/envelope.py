"""From stored samples to columns: which samples a tile needs, read in bounded pieces.

The bridge between the data floor, which knows no pixels, and the tile kernels,
which know no stores.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from loupe.data.protocols import ArrayData, TimeAxis
from loupe.tiles.heat import Method, fold_edges, fold_rows, heat_columns
from loupe.tiles.spans import curve_spans
from loupe.work import check_cancelled

__all__ = ["GAP_PERIODS", "max_gap", "read_heat", "read_spans"]

F32 = npt.NDArray[np.float32]
Count = Callable[[str, int], None]

GAP_PERIODS = 5.0
"""A step of more than this many median periods is a gap: curves and heatmaps leave it blank."""

PIECE_VALUES = 8_000_000
"""Samples read at a time, over all rows; bounds the memory of a tile that spans days."""


def max_gap(time: TimeAxis) -> float | None:
    """Longest step that a curve bridges; None for uniform times, which have no gaps."""
    return None if time.uniform else GAP_PERIODS * time.period


def read_spans(
    data: ArrayData, rows: npt.NDArray[np.intp], dt: float, k0: int, width: int, count: Count
) -> tuple[F32, F32, float]:
    """Column ranges of rows, in physical values.

    Parameters
    ----------
    rows
        Row indices, ``(C,)``.
    dt, k0, width
        The columns.
    count
        Told of each read and reduction.

    Returns
    -------
    lo, hi
        ``(width, C)`` float32.
    per_column
        Samples a column, about.

    Raises
    ------
    LoupeDataError
        If the store fails.
    """
    lo, hi = (np.full((width, len(rows)), np.nan, dtype=np.float32) for _ in range(2))
    for x0, x1, i0, i1 in _pieces(data.time, dt, k0, width, len(rows)):
        check_cancelled()
        y = _look(data, rows, i0, i1)
        count("reads", 1)
        part = curve_spans(
            y,
            _times(data.time, i0, i1),
            k0=k0 + x0,
            width=x1 - x0,
            grid_dt=dt,
            max_gap=max_gap(data.time),
        )
        count("reductions", 1)
        lo[x0:x1], hi[x0:x1] = part
    scale, offset = data.info.scale, data.info.offset
    if scale != 1.0 or offset != 0.0:
        lo, hi = (
            lo * np.float32(scale) + np.float32(offset),
            hi * np.float32(scale) + np.float32(offset),
        )
        if scale < 0:
            lo, hi = hi, lo
    return lo, hi, _per_column(data.time, dt)


def read_heat(
    data: ArrayData,
    rows: npt.NDArray[np.intp],
    method: Method,
    dt: float,
    k0: int,
    width: int,
    count: Count,
    lines: int | None = None,
) -> tuple[F32, float]:
    """Heatmap cells of rows, in physical values: ``(width, R)`` float32, and samples a column.

    With `lines`, the rows are folded into so many, piece by piece: the cells of all rows may be
    many times what a picture has pixels.

    Raises
    ------
    LoupeDataError
        If the store fails.
    """
    values = np.full((width, lines or len(rows)), np.nan, dtype=np.float32)
    scale, offset = data.info.scale, data.info.offset
    physical = scale != 1.0 or offset != 0.0
    edges = None if lines is None else fold_edges(len(rows), lines)
    pieces = _pieces(data.time, dt, k0, width, len(rows), cells_too=edges is not None)
    for x0, x1, i0, i1 in pieces:
        check_cancelled()
        y = _look(data, rows, i0, i1)
        count("reads", 1)
        if physical and offset != 0.0:
            # The value of larger magnitude depends on where zero is, so convert before reducing.
            y = y.astype(np.float32) * np.float32(scale) + np.float32(offset)
        cells = heat_columns(
            y,
            _times(data.time, i0, i1),
            k0=k0 + x0,
            width=x1 - x0,
            grid_dt=dt,
            method=method,
            max_gap=max_gap(data.time),
            period=data.time.period,
        )
        values[x0:x1] = cells if edges is None else fold_rows(cells, edges, method)
        count("reductions", 1)
    if physical and offset == 0.0:
        values *= np.float32(scale)
    return values, _per_column(data.time, dt)


def _per_column(time: TimeAxis, dt: float) -> float:
    return dt / time.period if time.period > 0 else 0.0


def _look(data: ArrayData, rows: npt.NDArray[np.intp], i0: int, i1: int) -> npt.NDArray[np.generic]:
    """Raw samples to look at and not to write: readers that can save a copy for that."""
    index = _compact(rows)
    peek = getattr(data, "peek", None)
    if peek is None or not isinstance(index, slice):
        return data.read(index, i0, i1)
    samples: npt.NDArray[np.generic] = peek(index, i0, i1)
    return samples


def _compact(rows: npt.NDArray[np.intp]) -> slice | npt.NDArray[np.intp]:
    """A slice when the rows are neighbours in order, which stores read fastest."""
    if len(rows) and np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows))):
        return slice(int(rows[0]), int(rows[0]) + len(rows))
    return rows


def _times(time: TimeAxis, i0: int, i1: int) -> tuple[float, float] | npt.NDArray[np.float64]:
    if time.uniform:
        return (time.span.start + i0 * time.period, time.period)
    return time.times(i0, i1)


def _pieces(
    time: TimeAxis, dt: float, k0: int, width: int, n_rows: int, *, cells_too: bool = False
) -> list[tuple[int, int, int, int]]:
    """Column ranges and the samples each needs, so that no piece reads too much at once.

    With `cells_too`, nor makes too many cells: zoomed in there are more of these than samples.
    """
    if time.n == 0 or n_rows == 0:
        return []
    i0, i1 = time.bracket(k0 * dt, (k0 + width) * dt)
    most = max(i1 - i0, width) if cells_too else i1 - i0
    parts = max(1, -(-most * n_rows // PIECE_VALUES))
    edges = np.linspace(0, width, min(parts, width) + 1).round().astype(int)
    found = []
    for x0, x1 in pairwise(edges.tolist()):
        a, b = time.bracket((k0 + x0) * dt, (k0 + x1) * dt)
        if b > a:
            found.append((x0, x1, a, b))
    return found
