"""What lies under a point of the canvas: its time, row, and edges that can be taken hold of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from loupe.app import commands as c
from loupe.app.reducers.rows import dense_page
from loupe.app.rules import clip, edited_track
from loupe.app.state import AppState
from loupe.scene.scrollbars import ScrollBar, dense_bar, rows_bar
from loupe.units import Seconds

if TYPE_CHECKING:
    from loupe.scene.layout import Layout

__all__ = [
    "Area",
    "area_at",
    "bar_at",
    "label_edge_at",
    "on_edited_strip",
    "row_id_at",
    "rows_between",
    "selection_edge_at",
    "time_at",
]

Area: TypeAlias = Literal["plot", "strip", "axis", "gutter", "none"]
EDGE_PX = 5


def time_at(layout: Layout, x: float) -> Seconds:
    """The time at a canvas column."""
    return layout.grid.t(x - layout.area.x)


def area_at(layout: Layout, x: float, y: float) -> Area:
    """The part of the canvas at a point."""
    if layout.area.contains(x, y):
        return "plot"
    if layout.axis.contains(x, y):
        return "axis"
    if any(
        rect.x <= x < rect.right and rect.y - 2 <= y < rect.bottom + 2 for rect in layout.strips
    ):
        return "strip"
    if layout.area.y <= y < layout.area.bottom and x < layout.area.x:
        return "gutter"
    return "none"


def row_id_at(layout: Layout, x: float, y: float) -> str | None:
    """The id of the row at a point; its gutters count."""
    box = layout.row_at(x, y)
    return None if box is None else box.row_id


def rows_between(layout: Layout, y0: float, y1: float) -> frozenset[str]:
    """Ids of the rows that a vertical stretch touches."""
    low, high = min(y0, y1), max(y0, y1)
    return frozenset(
        box.row_id for box in layout.visible if box.rect.y < high and low < box.rect.bottom
    )


def selection_edge_at(layout: Layout, state: AppState, x: float) -> c.Edge | None:
    """The edge of the selection under a point."""
    if state.selection is None:
        return None
    reach = EDGE_PX * layout.viewport.scale
    at = x - layout.area.x
    start = abs(layout.grid.x(state.selection.start) - at)
    stop = abs(layout.grid.x(state.selection.stop) - at)
    if min(start, stop) > reach:
        return None
    return "start" if start < stop else "stop"


def bar_at(layout: Layout, state: AppState, x: float, y: float) -> ScrollBar | None:
    """The scrollbar at a point: that of the rows, or of a dense row with pages."""
    bars = [rows_bar(layout)]
    for box in layout.visible:
        facts = state.facts.row(box.row_id)
        if facts is None or facts.kind != "dense":
            continue
        o = state.overrides.row(box.row_id)
        total, shown = dense_page(facts, o)
        first = clip(o.first, (0.0, float(total - shown)))
        bars.append(dense_bar(layout, box, total, first, shown))
    scale = layout.viewport.scale
    return next((bar for bar in bars if bar is not None and bar.contains(x, y, scale)), None)


def label_edge_at(
    layout: Layout, state: AppState, x: float, y: float
) -> tuple[int, c.Edge, Seconds, Seconds] | None:
    """A label's edge that can be taken at a point: label id, edge, its time, the other edge's.

    In the strip any label of the edited set; over the plots only the selected label, or nobody
    could start a selection where another label ends.
    """
    track = edited_track(state)
    if track is None or track.read_only or not len(track.table):
        return None
    table = track.table
    reach = EDGE_PX * layout.viewport.scale * layout.grid.dt
    t = time_at(layout, x)
    area = area_at(layout, x, y)
    if area == "strip" and on_edited_strip(layout, state, x, y):
        found = table.edge_near(t, reach)
        if found is None:
            return None
        row, side, time = found
    elif area == "plot" and state.selected_label is not None and state.selection is not None:
        chosen = table.row_of(state.selected_label)
        if chosen is None:
            return None
        row = chosen
        start, stop = float(table.starts[row]), float(table.ends[row])
        side, time = ("start", start) if abs(start - t) <= abs(stop - t) else ("end", stop)
        if abs(time - t) > reach:
            return None
    else:
        return None
    starts = side == "start"
    other = float(table.ends[row] if starts else table.starts[row])
    return int(table.ids[row]), "start" if starts else "stop", time, other


def on_edited_strip(layout: Layout, state: AppState, x: float, y: float) -> bool:
    """Whether a point lies on the strip of the edited set."""
    shown = [i for i, track in enumerate(state.tracks) if track.visible and track.strip]
    if state.edited not in shown:
        return False
    index = shown.index(state.edited)
    if index >= len(layout.strips):
        return False
    rect = layout.strips[index]
    return rect.x <= x < rect.right and rect.y - 2 <= y < rect.bottom + 2
