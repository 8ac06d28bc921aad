"""Intervals, events and other time marks as rectangles; what falls into one column is merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from loupe.scene.frame import PxRect, RectsItem, TextRun
from loupe.scene.model import EventClass
from loupe.scene.settings import EventOverride
from loupe.scene.theme import UNKNOWN_STATE
from loupe.scene.timegrid import TimeGrid
from loupe.units import Rgba

if TYPE_CHECKING:
    from loupe.labels.table import IntervalTable

__all__ = [
    "UNNAMED_EVENTS",
    "Bands",
    "bands",
    "bands_item",
    "event_items",
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

_NAME_CHAR = 7.0
"""Mean advance of the font of event names, logical pixels."""


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

    def __init__(self, x0: F32, x1: F32, colors: U8, codes: npt.NDArray[np.int32]) -> None:
        self.x0 = x0
        self.x1 = x1
        self.colors = colors
        self.codes = codes

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
    """Runs of columns by the label that covers most of each."""
    n_codes = int(codes.max()) + 1
    cover = np.zeros((n_codes, width + 1))
    first = np.minimum(np.floor(x0).astype(np.intp), width - 1)
    last = np.minimum(np.floor(x1).astype(np.intp), width - 1)
    inside = first == last
    np.add.at(cover, (codes[inside], first[inside]), np.maximum((x1 - x0)[inside], 1e-6))
    out = ~inside
    np.add.at(cover, (codes[out], first[out]), first[out] + 1 - x0[out])
    np.add.at(cover, (codes[out], last[out]), x1[out] - last[out])
    whole = np.zeros((n_codes, width + 2))
    np.add.at(whole, (codes[out], first[out] + 1), 1.0)
    np.add.at(whole, (codes[out], last[out]), -1.0)
    cover = cover[:, :width] + np.cumsum(whole, axis=1)[:, :width]
    best = np.where(cover.max(axis=0) > 0, cover.argmax(axis=0), -1)
    edges = np.flatnonzero(np.diff(best)) + 1
    begin, end = np.append(0, edges), np.append(edges, width)
    kept = best[begin] >= 0
    return (
        begin[kept].astype(np.float64),
        end[kept].astype(np.float64),
        best[begin][kept].astype(np.int32),
    )


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


def event_items(
    classes: Sequence[EventClass],
    overrides: Mapping[str, EventOverride],
    grid: TimeGrid,
    height: int,
    scale: float,
) -> tuple[RectsItem, ...]:
    """Lines of global events over a row, a line at most for each column and class."""
    items = []
    for events in classes:
        changed = overrides.get(events.name)
        color = changed.color if changed and changed.color else events.color
        style = changed.style if changed and changed.style else events.style
        width = (changed.width if changed and changed.width else events.width) * scale
        a, b = np.searchsorted(events.times, [grid.span.start, grid.span.stop])
        if a == b:
            continue
        x = np.unique(np.floor(events.times[a:b] / grid.dt - grid.k0))
        item = lines_item(x, 0, height, max(round(width), 1), color)
        dash = np.array(DASHES[style], dtype=np.float32) * np.float32(scale)
        if dash.any():
            item = RectsItem(item.rects, item.colors, np.tile(dash, (len(x), 1)))
        items.append(item)
    return tuple(items)


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
