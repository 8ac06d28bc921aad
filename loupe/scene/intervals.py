"""Intervals, events and other time marks as rectangles; what falls into one column is merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.scene.frame import PxRect, RectsItem, TextRun
from loupe.scene.model import EventClass
from loupe.scene.settings import EventOverride
from loupe.scene.theme import UNKNOWN_STATE, Theme
from loupe.scene.timegrid import TimeGrid
from loupe.units import Rgba

if TYPE_CHECKING:
    from loupe.labels.table import IntervalTable

__all__ = [
    "UNNAMED_EVENTS",
    "Bands",
    "bands",
    "bands_item",
    "EventLines",
    "event_lines",
    "event_names",
    "lines_item",
    "state_colors",
]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
U8 = npt.NDArray[np.uint8]

DASHES: Mapping[str, tuple[float, float, float, float]] = {
    "solid": (0, 0, 0, 0),
    "dashed": (6, 4, 6, 4),
    "dotted": (2, 3, 2, 3),
    "dashdot": (6, 3, 2, 3),
    "dashdotdot": (6, 3, 2, 3),
}
"""On and off lengths in logical pixels; `dashdotdot` doubles its dots by a shorter period."""

UNNAMED_EVENTS = "events"
"""The name of the one class of global events that have no classes."""

_DENSE_CELLS = 1 << 21
"""Up to so many pairs of a column and a label are summed in one array."""

_NAME_CHAR = 7.0
"""Mean advance of the font of event names, logical pixels."""


@dataclass(frozen=True, eq=False, slots=True)
class Bands:
    """Stretches of one colour along x.

    Attributes
    ----------
    x0, x1
        Pixels from the left edge of the plot area, ``(n,)`` float32, clipped to it.
    colors
        ``(n, 4)`` uint8.
    codes
        Label code of each, ``(n,)``.
    """

    x0: F32
    x1: F32
    colors: U8
    codes: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.x0)


def state_colors(table: IntervalTable, label_colors: Mapping[str, Rgba]) -> npt.NDArray[np.uint8]:
    """Colour of each label code of the table's pool, ``(codes, 4)`` uint8."""
    names = table.pool.labels
    colors = [label_colors.get(name, UNKNOWN_STATE) for name in names]
    return np.array(colors or [UNKNOWN_STATE], dtype=np.uint8)


def bands(table: IntervalTable, colors: U8, grid: TimeGrid) -> Bands:
    """Visible intervals as bands.

    Parameters
    ----------
    colors
        ``(codes, 4)``.
    grid
        The columns of the plot area.

    Returns
    -------
    Bands
        One a visible interval; when there are more than two a column, one a run of columns of
        the same label, the longest label of each column winning.
    """
    span = grid.span
    rows = table.visible_in(span)
    starts, ends, codes = table.starts[rows], table.ends[rows], table.codes[rows]
    x0 = np.clip(starts / grid.dt - grid.k0, 0, grid.width)
    x1 = np.clip(ends / grid.dt - grid.k0, 0, grid.width)
    if len(x0) > 2 * grid.width:
        x0, x1, codes = _merged(x0, x1, codes, grid.width)
    else:
        # An interval thinner than a pixel still shows.
        x1 = np.minimum(np.maximum(x1, x0 + 1), grid.width)
    return Bands(
        x0.astype(np.float32), x1.astype(np.float32), colors[codes], codes.astype(np.int32)
    )


def _merged(
    x0: F64, x1: F64, codes: npt.NDArray[np.int32], width: int
) -> tuple[F64, F64, npt.NDArray[np.int32]]:
    """Runs of columns by the label that covers most of each; the lower code where two tie."""
    found, code = np.unique(codes, return_inverse=True)
    first = np.minimum(np.floor(x0).astype(np.intp), width - 1)
    last = np.minimum(np.floor(x1).astype(np.intp), width - 1)
    inside = first == last
    out = ~inside
    # The columns in which intervals begin or end, and how much of each they cover.
    columns = np.concatenate([first[inside], first[out], last[out]])
    which = np.concatenate([code[inside], code[out], code[out]])
    cover = np.concatenate(
        [np.maximum((x1 - x0)[inside], 1e-6), first[out] + 1 - x0[out], x1[out] - last[out]]
    )
    between = first[out] + 1, last[out], code[out]
    if len(found) * width <= _DENSE_CELLS:
        best = _most_dense(columns, which, cover, between, len(found), width)
    else:
        best = _most_sparse(columns, which, cover, between, len(found), width)
    edges = np.flatnonzero(np.diff(best)) + 1
    begin, end = np.append(0, edges), np.append(edges, width)
    kept = best[begin] >= 0
    return (
        begin[kept].astype(np.float64),
        end[kept].astype(np.float64),
        found[best[begin][kept]].astype(np.int32),
    )


_Ints: TypeAlias = npt.NDArray[np.intp]
_Runs: TypeAlias = tuple[_Ints, _Ints, _Ints]


def _most_dense(
    columns: _Ints, which: _Ints, cover: F64, between: _Runs, n: int, width: int
) -> _Ints:
    """Which of `n` labels covers most of each column, -1 for none: a sum for each pair of them.

    ``between`` holds whole columns as first, last (exclusive) and label.
    """
    flat = np.bincount(which * width + columns, cover, n * width)
    total: F64 = flat.reshape(n, width).astype(np.float64)
    whole = np.zeros((n, width + 1))
    begin, end, label = between
    np.add.at(whole, (label, begin), 1.0)
    np.add.at(whole, (label, end), -1.0)
    total = total + np.cumsum(whole, axis=1)[:, :width]
    return np.where(total.max(axis=0) > 0, total.argmax(axis=0), -1)


def _most_sparse(
    columns: _Ints, which: _Ints, cover: F64, between: _Runs, n: int, width: int
) -> _Ints:
    """The same for many labels, by the pairs of column and label that occur."""
    begin, end, label = between
    length = end - begin
    within = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    columns = np.concatenate([columns, np.repeat(begin, length) + within])
    which = np.concatenate([which, np.repeat(label, length)])
    cover = np.concatenate([cover, np.ones(len(within))])
    pairs, at = np.unique(columns * n + which, return_inverse=True)
    total = np.bincount(at, cover, len(pairs))
    pairs, total = pairs[total > 0], total[total > 0]
    column, label = np.divmod(pairs, n)
    order = np.lexsort((-label, total, column))
    best = np.full(width, -1, dtype=np.intp)
    best[column[order]] = label[order]  # the last one stays: the most
    return best


def bands_item(found: Bands, y0: float, y1: float, alpha: float | None = None) -> RectsItem:
    """The bands over a height; `alpha` 0..1 replaces the colours' own, None keeps it."""
    rects = np.empty((len(found), 4), dtype=np.float32)
    rects[:, 0], rects[:, 2] = found.x0, found.x1
    rects[:, 1], rects[:, 3] = y0, y1
    colors = found.colors
    if alpha is not None:
        colors = colors.copy()
        colors[:, 3] = round(alpha * 255)
    return RectsItem(rects, colors)


def lines_item(
    x: npt.NDArray[np.floating], y0: float, y1: float, width: float, color: Rgba
) -> RectsItem:
    """Vertical lines of one colour, `width` pixels wide, centred on whole pixels."""
    left = np.floor(np.asarray(x, dtype=np.float64) - (width - 1) / 2)
    rects = np.empty((len(left), 4), dtype=np.float32)
    rects[:, 0], rects[:, 2] = left, left + width
    rects[:, 1], rects[:, 3] = y0, y1
    return RectsItem(rects, np.tile(np.array(color, dtype=np.uint8), (len(left), 1)))


@dataclass(frozen=True, eq=False, slots=True)
class EventLines:
    """Lines of one class of global events, the same in every row.

    Attributes
    ----------
    x
        Columns, ``(n,)`` increasing.
    width
        Device pixels.
    dash
        On and off lengths in device pixels, ``(4,)`` float32; zeros for a solid line.
    """

    x: F64
    width: int
    color: Rgba
    dash: F32

    def item(self, height: int) -> RectsItem:
        """The lines over a row of this height."""
        item = lines_item(self.x, 0, height, self.width, self.color)
        if not self.dash.any():
            return item
        return RectsItem(item.rects, item.colors, np.tile(self.dash, (len(self.x), 1)))


def event_lines(
    classes: Sequence[EventClass],
    overrides: Mapping[str, EventOverride],
    grid: TimeGrid,
    scale: float,
    theme: Theme,
) -> tuple[EventLines, ...]:
    """Lines of global events in sight, a line at most for each column and class."""
    found = []
    for events in classes:
        changed = overrides.get(events.name)
        color = changed.color if changed and changed.color else events.color_in(theme)
        style = changed.style if changed and changed.style else events.style
        width = (changed.width if changed and changed.width else events.width) * scale
        a, b = np.searchsorted(events.times, [grid.span.start, grid.span.stop])
        if a == b:
            continue
        x = np.floor(events.times[a:b] / grid.dt - grid.k0)
        x = x[np.flatnonzero(np.diff(x, prepend=-np.inf))]
        dash = np.array(DASHES[style], dtype=np.float32) * np.float32(scale)
        found.append(EventLines(x, max(round(width), 1), color, dash))
    return tuple(found)


def event_names(
    classes: Sequence[EventClass],
    grid: TimeGrid,
    area: PxRect,
    scale: float,
    color: Rgba,
    halo: Rgba,
) -> tuple[TextRun, ...]:
    """Names beside the lines of global events, at the top of the plots.

    In one colour that can be read on the halo; their lines have the colours of the classes.
    Only of events that have classes, and only as many as do not touch: a name that would run into
    the one before it is left out, and a class with a line every few pixels has none.
    """
    if [events.name for events in classes] == [UNNAMED_EVENTS]:
        return ()
    found: list[tuple[float, EventClass]] = []
    most = max(1, round(area.w / (40 * scale)))
    for events in classes:
        a, b = np.searchsorted(events.times, [grid.span.start, grid.span.stop])
        if 0 < b - a <= most:
            found += [(grid.x(float(t)), events) for t in events.times[a:b]]
    found.sort(key=lambda pair: pair[0])
    names: list[TextRun] = []
    free = 0.0
    for x, events in found:
        width = (len(events.name) * _NAME_CHAR + 8) * scale
        if x < free or x + width > area.w:
            continue
        free = x + width
        names.append(
            TextRun(
                events.name,
                area.x + x + 4 * scale,
                area.y + 9 * scale,
                color,
                role="event",
                area="plot",
                halo=halo,
            )
        )
    return tuple(names)
