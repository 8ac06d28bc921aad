"""Events to a picture of a raster: crisp ticks while they are few, a density in crowds.

Events are first gathered into cells, one a pixel column and row, then cells are painted. While
an event counts fully for itself (``full <= 1``) a cell holds exactly what drawing one event over
the other gives. When events crowd, opacity grows with their number up to `full` a cell, and one
event alone stays visible. No event is dropped at any density. This room knows no tables and no
rows' names, only times, row numbers and colours.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.kernels import kernel
from loupe.tiles.grid import F64, I64
from loupe.tiles.share import share

__all__ = ["EventIndex", "EventTile", "bin_events", "density_full", "event_index"]

F32: TypeAlias = npt.NDArray[np.float32]
I16: TypeAlias = npt.NDArray[np.int16]
I32: TypeAlias = npt.NDArray[np.int32]
U8: TypeAlias = npt.NDArray[np.uint8]

_STRIP_BYTES = 2**25
"""Cells gathered at once in one thread, of however many rows."""

_CELL_BYTES = 20

_INDEX_COUNTS = 2**24
"""Numbers in an index at most: with very many rows its blocks become longer."""

FLOOR = 0.25
"""Least opacity of a cell with an event in a density, if the event itself is not fainter."""


class EventTile(NamedTuple):
    """A picture of events.

    Attributes
    ----------
    pixels
        ``(W, H, 4)`` uint8, premultiplied.
    drawn
        Events that lie in the tile's columns and in a known row.
    most_in_cell
        Largest number of events that begin in one cell; above 1 ticks overlap.
    """

    pixels: U8
    drawn: int
    most_in_cell: int


class EventIndex(NamedTuple):
    """How many events of each row come before every so many events.

    Attributes
    ----------
    block
        Events a block.
    before
        ``(blocks + 1, R)`` int32: ``before[b, r]`` of the first ``b * block`` events are in row r.
    """

    block: int
    before: I32


def event_index(row: npt.NDArray[Any], n_rows: int, *, most: int = 16_384) -> EventIndex:
    """Count events once, so that pictures of millions of them need not.

    Parameters
    ----------
    row
        ``(n,)`` row numbers of events in the order of time.
    n_rows
        R; events of other rows are not counted.
    most
        At most so many blocks, of 512 events at least; fewer if there are thousands of rows.
    """
    rows = _rows(row)
    most = max(1, min(most, _INDEX_COUNTS // max(n_rows, 1)))
    block = max(512, -(-len(rows) // most))
    before = np.zeros((len(rows) // block + 1, n_rows), dtype=np.int32)
    _count_blocks(rows, block, before)
    return EventIndex(block, before)


def _rows(row: npt.NDArray[Any]) -> I16 | I32:
    """Row numbers as kernels take them: int16 as they are, all else as int32."""
    dtype = np.int16 if np.asarray(row).dtype == np.int16 else np.int32
    return np.require(row, dtype, requirements=["C", "A", "W"])


def density_full(n_events: float, n_rows: int, n_columns: float) -> float:
    """Choose `full` of `bin_events` for a whole recording at one zoom.

    Four times the mean number of events a cell, at least 1. It depends on the zoom only, not
    on the window, so that neighbouring tiles fit together.

    Parameters
    ----------
    n_events, n_rows
        Of the whole recording.
    n_columns
        Pixel columns of the whole recording at this zoom.
    """
    cells = max(n_rows * n_columns, 1.0)
    return max(4.0 * n_events / cells, 1.0)


def bin_events(
    t: F64,
    row: npt.NDArray[Any],
    rgba: npt.NDArray[Any],
    *,
    k0: int,
    width: int,
    grid_dt: float,
    row_top: npt.ArrayLike,
    row_bottom: npt.ArrayLike,
    height: int,
    thickness: float = 1,
    full: float = 1.0,
    columns: tuple[int, int] | None = None,
    out: U8 | None = None,
    index: EventIndex | None = None,
) -> EventTile:
    """Draw events into a tile.

    Parameters
    ----------
    t
        ``(n,)`` float64 increasing, seconds. An event lies in column ``floor(t / grid_dt) - k0``.
    row
        ``(n,)`` row numbers ``0 .. R - 1``; events of other rows are not drawn.
    rgba
        ``(n, 4)`` uint8, or ``(4,)`` for all; not premultiplied.
    k0, width, grid_dt
        The columns of the tile.
    row_top, row_bottom
        ``(R,)`` top and bottom edge of each row's ticks, pixels; rounded to whole pixels, at
        least one pixel high.
    height
        Rows of the tile, H.
    thickness
        Width of a tick, columns, rounded, at least 1. It reaches into neighbouring tiles: give
        each tile the events `thickness` columns around it too.
    full
        Number of events in a cell from which on a density is opaque; up to 1, events are drawn
        one over the other. See `density_full`.
    columns
        ``first, last + 1`` of the columns to draw, so that threads can share the work.
    out
        ``(last + 1 - first, H, 4)`` uint8 to write to, C-contiguous.
    index
        `event_index` of exactly these events: saves looking at each in a density of one colour.

    Returns
    -------
    EventTile
        Picture, number of events drawn and the largest number in one cell.

    Raises
    ------
    ValueError
        If the shapes do not fit each other.
    """
    n = len(t)
    times = np.require(t, np.float64, requirements=["C", "A", "W"])
    rows = _rows(row)
    if rows.shape != (n,):
        raise ValueError(f"{n} events but rows of shape {rows.shape}")
    colors = np.asarray(rgba, dtype=np.uint8)
    one_color = colors.ndim == 1
    colors = np.require(colors.reshape(-1, 4), np.uint8, requirements=["C", "A", "W"])
    if not one_color and len(colors) != n:
        raise ValueError(f"{n} events but {len(colors)} colours")
    tops, bottoms = (np.floor(np.asarray(e, np.float64) + 0.5) for e in (row_top, row_bottom))
    if tops.shape != bottoms.shape or tops.ndim != 1:
        raise ValueError(f"row edges must be two vectors, got {tops.shape} and {bottoms.shape}")
    y0 = np.clip(tops, -1, height).astype(np.int32)
    y1 = np.clip(np.maximum(bottoms, tops + 1), 0, height).astype(np.int32)
    x0, x1 = columns if columns is not None else (0, width)
    if not 0 <= x0 <= x1 <= width:
        raise ValueError(f"columns {x0} to {x1} lie outside the {width} columns of the tile")
    pixels = np.empty((x1 - x0, height, 4), dtype=np.uint8) if out is None else out
    if pixels.shape != (x1 - x0, height, 4) or not pixels.flags.c_contiguous:
        raise ValueError(f"out must be contiguous {(x1 - x0, height, 4)}, got {pixels.shape}")
    thick = max(round(thickness), 1)
    # Ticks of events outside these columns reach into them.
    left, right = (thick - 1) // 2, thick // 2
    density = full > 1.0

    strip = max(_STRIP_BYTES // (_CELL_BYTES * max(len(y0), 1)), 1)

    def part(a: int, b: int) -> tuple[int, int]:
        edges = [*range(a, b, strip), b]
        done = [drawn(start, stop) for start, stop in itertools.pairwise(edges)]
        return sum(d for d, _ in done), max((m for _, m in done), default=0)

    def drawn(a: int, b: int) -> tuple[int, int]:
        n_cells = b - a + left + right
        first = int(k0) + x0 + a - right
        i0 = max(int(np.searchsorted(times, first * grid_dt, side="left")) - 1, 0)
        i1 = min(int(np.searchsorted(times, (first + n_cells) * grid_dt, side="right")) + 1, n)
        cells = np.zeros((n_cells, len(y0), 4), dtype=np.float32)
        counts = np.zeros((n_cells, len(y0)), dtype=np.int32)
        if index is not None and density and one_color:
            edges = (first + np.arange(n_cells + 1)) * float(grid_dt)
            starts = np.searchsorted(times, edges, side="left").astype(np.int64)
            _gather_counted(rows, starts, index.before, index.block, colors[0], cells, counts)
        else:
            _gather(
                times,
                rows,
                colors,
                one_color,
                i0,
                i1,
                first,
                float(grid_dt),
                density,
                cells,
                counts,
            )
        if density:
            _to_density(cells, counts, float(full))
        if b > a and height > 0:
            _paint(cells, counts, y0, y1, thick, pixels[a:b])
        own = counts[right : right + b - a]
        return int(own.sum()), int(own.max(initial=0))

    if index is not None and density and one_color:
        done = share(part, x1 - x0, (x1 - x0) * index.block // 2, _gather_counted)
    else:
        done = share(part, x1 - x0, n, _gather)
    return EventTile(pixels, sum(d for d, _ in done), max(m for _, m in done))


def _gather_numpy(
    t: F64,
    row: I16 | I32,
    rgba: U8,
    one_color: bool,
    i0: int,
    i1: int,
    first: int,
    grid_dt: float,
    density: bool,
    cells: F32,
    counts: I32,
) -> None:
    """Do the work of `_gather` with plain numpy."""
    n_cells, n_rows = counts.shape
    times = t[i0:i1]
    k = np.floor(times / grid_dt)
    k += (k + 1) * grid_dt <= times
    k -= k * grid_dt > times
    column = k.astype(np.int64) - first
    colors = np.repeat(rgba, i1 - i0, axis=0) if one_color else rgba[i0:i1]
    rows = row[i0:i1]
    kept = (column >= 0) & (column < n_cells) & (rows >= 0) & (rows < n_rows)
    cell = column[kept] * n_rows + rows[kept]
    ink = colors[kept].astype(np.float32) / np.float32(255.0)
    ink[:, :3] *= ink[:, 3:]
    flat, number = cells.reshape(-1, 4), counts.reshape(-1)
    np.add.at(number, cell, 1)
    if density:
        np.add.at(flat, cell, ink)
        return
    # The n-th event of every cell at once, for each n.
    by_cell = np.argsort(cell, kind="stable")
    sorted_cells = cell[by_cell]
    starts = np.flatnonzero(np.append(True, sorted_cells[1:] != sorted_cells[:-1]))[: len(cell)]
    length = np.diff(np.append(starts, len(cell)))
    turn = np.arange(len(cell)) - np.repeat(starts, length)
    for n in range(int(length.max(initial=0))):
        now = by_cell[turn == n]
        flat[cell[now]] = ink[now] + flat[cell[now]] * (1 - ink[now, 3:])


@kernel(twin=_gather_numpy)
def _gather(
    t: F64,
    row: I16 | I32,
    rgba: U8,
    one_color: bool,
    i0: int,
    i1: int,
    first: int,
    grid_dt: float,
    density: bool,
    cells: F32,
    counts: I32,
) -> None:
    """Gather events ``i0 .. i1 - 1`` into cells ``(columns, rows)``, premultiplied 0 to 1.

    Drawn one over the other, or added up if `density`.
    """
    n_cells, n_rows = counts.shape
    scale = np.float32(1.0 / 255.0)
    one = np.float32(1.0)
    k = np.int64(first) - 1
    end = -np.inf
    for i in range(i0, i1):
        # Times increase: the column is looked up once, not for every event.
        if not (t[i] < end):
            k = np.int64(math.floor(t[i] / grid_dt))
            if (k + 1) * grid_dt <= t[i]:
                k += 1
            elif k * grid_dt > t[i]:
                k -= 1
            end = (k + 1) * grid_dt
        x = k - first
        r = row[i]
        if x < 0 or x >= n_cells or r < 0 or r >= n_rows:
            continue
        counts[x, r] += 1
        j = 0 if one_color else i
        alpha = rgba[j, 3] * scale
        ink = alpha * scale
        keep = one if density else one - alpha
        cells[x, r, 0] = cells[x, r, 0] * keep + rgba[j, 0] * ink
        cells[x, r, 1] = cells[x, r, 1] * keep + rgba[j, 1] * ink
        cells[x, r, 2] = cells[x, r, 2] * keep + rgba[j, 2] * ink
        cells[x, r, 3] = cells[x, r, 3] * keep + alpha


def _count_blocks_numpy(row: I16 | I32, block: int, before: I32) -> None:
    """Do the work of `_count_blocks` with plain numpy."""
    n_rows = before.shape[1]
    for b in range(len(before) - 1):
        part = row[b * block : (b + 1) * block]
        part = part[(part >= 0) & (part < n_rows)]
        before[b + 1] = before[b] + np.bincount(part, minlength=n_rows)


@kernel(twin=_count_blocks_numpy)
def _count_blocks(row: I16 | I32, block: int, before: I32) -> None:
    """Fill ``before[1:]``; see `EventIndex`."""
    n_rows = before.shape[1]
    for b in range(len(before) - 1):
        before[b + 1] = before[b]
        for i in range(b * block, (b + 1) * block):
            if 0 <= row[i] < n_rows:
                before[b + 1, row[i]] += 1


def _gather_counted_numpy(
    row: I16 | I32, starts: I64, before: I32, block: int, rgba: U8, cells: F32, counts: I32
) -> None:
    """Do the work of `_gather_counted` with plain numpy."""
    n_cells, n_rows = counts.shape
    for x in range(n_cells):
        a, b = int(starts[x]), int(starts[x + 1])
        first, last = -(-a // block), b // block
        if first < last:
            ends = np.concatenate([row[a : first * block], row[last * block : b]])
            counts[x] = before[last] - before[first]
        else:
            ends = row[a:b]
        counts[x] += np.bincount(ends[(ends >= 0) & (ends < n_rows)], minlength=n_rows).astype(
            np.int32
        )
    ink = rgba.astype(np.float32) / np.float32(255.0)
    ink[:3] *= ink[3]
    cells[...] = counts[..., None] * ink


@kernel(twin=_gather_counted_numpy)
def _gather_counted(
    row: I16 | I32, starts: I64, before: I32, block: int, rgba: U8, cells: F32, counts: I32
) -> None:
    """Gather events ``starts[x] .. starts[x + 1] - 1`` into column x, whole blocks at once."""
    n_cells, n_rows = counts.shape
    scale = np.float32(1.0 / 255.0)
    alpha = rgba[3] * scale
    for x in range(n_cells):
        a, b = starts[x], starts[x + 1]
        first, last = -(-a // block), b // block
        if first < last:
            for r in range(n_rows):
                counts[x, r] = before[last, r] - before[first, r]
        else:
            first = last = b // block + 1
        for i in range(a, min(first * block, b)):
            if 0 <= row[i] < n_rows:
                counts[x, row[i]] += 1
        for i in range(max(last * block, a), b):
            if 0 <= row[i] < n_rows:
                counts[x, row[i]] += 1
        for r in range(n_rows):
            number = np.float32(counts[x, r])
            cells[x, r, 0] = number * (rgba[0] * scale * alpha)
            cells[x, r, 1] = number * (rgba[1] * scale * alpha)
            cells[x, r, 2] = number * (rgba[2] * scale * alpha)
            cells[x, r, 3] = number * alpha


def _to_density(cells: F32, counts: I32, full: float) -> None:
    """Turn sums into premultiplied densities, in place.

    Colour is the mean weighted by opacity. Opacity is the events' mean times a part that grows
    with the root of their number, which the eye tells apart better than the number itself.
    """
    number = np.maximum(counts, 1).astype(np.float32)
    mean = cells[..., 3] / number
    part = np.sqrt(np.minimum(number / np.float32(full), 1.0))
    alpha = np.maximum(mean * part, np.minimum(mean, np.float32(FLOOR)))
    total = np.where(cells[..., 3] > 0, cells[..., 3], np.float32(1.0))
    cells *= (alpha / total)[..., None]


def _paint_numpy(cells: F32, counts: I32, y0: I32, y1: I32, thick: int, out: U8) -> None:
    """Do the work of `_paint` with plain numpy."""
    n_out, height = out.shape[:2]
    picture = np.zeros((n_out, height, 4), dtype=np.float32)
    for r in range(len(y0)):
        a, b = max(int(y0[r]), 0), int(y1[r])
        for d in range(thick):
            ink = cells[d : d + n_out, r][:, None, :]
            picture[:, a:b] = ink + picture[:, a:b] * (1 - ink[..., 3:])
    out[...] = np.minimum(picture * np.float32(255.0) + np.float32(0.5), 255.0).astype(np.uint8)


@kernel(twin=_paint_numpy)
def _paint(cells: F32, counts: I32, y0: I32, y1: I32, thick: int, out: U8) -> None:
    """Paint cells to pixels ``(W, H, 4)``; a column takes `thick` neighbouring cells."""
    n_out, height = out.shape[0], out.shape[1]
    one, top_level, half = np.float32(1.0), np.float32(255.0), np.float32(0.5)
    column = np.empty((height, 4), dtype=np.float32)
    for x in range(n_out):
        column[:] = 0.0
        for r in range(len(y0)):
            for d in range(thick):
                if counts[x + d, r] == 0:
                    continue
                red, green = cells[x + d, r, 0], cells[x + d, r, 1]
                blue, alpha = cells[x + d, r, 2], cells[x + d, r, 3]
                keep = one - alpha
                for y in range(max(y0[r], 0), y1[r]):
                    column[y, 0] = red + column[y, 0] * keep
                    column[y, 1] = green + column[y, 1] * keep
                    column[y, 2] = blue + column[y, 2] * keep
                    column[y, 3] = alpha + column[y, 3] * keep
        for y in range(height):
            for channel in range(4):
                out[x, y, channel] = np.uint8(
                    np.int32(min(column[y, channel] * top_level + half, top_level))
                )
