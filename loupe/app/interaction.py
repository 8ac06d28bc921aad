"""What gestures mean where they happen: `Interaction` turns one gesture into commands.

Knows the layout and the state, not the toolkit. The table for help and docs is
`loupe.app.gestures.GESTURES`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from loupe.app import commands as c
from loupe.app.gestures import (
    GESTURES,
    DoubleClick,
    Gesture,
    GestureHelp,
    Leave,
    Mods,
    Move,
    Pinch,
    Press,
    Release,
    Wheel,
)
from loupe.app.hits import (
    Area,
    area_at,
    bar_at,
    label_edge_at,
    row_id_at,
    rows_between,
    selection_edge_at,
    time_at,
)
from loupe.app.rules import edited_track
from loupe.app.state import AppState, Measure
from loupe.units import Seconds, Span

if TYPE_CHECKING:
    from loupe.scene.layout import Layout
    from loupe.scene.scrollbars import ScrollBar

__all__ = [
    "GESTURES",
    "DoubleClick",
    "Gesture",
    "GestureHelp",
    "Interaction",
    "Leave",
    "Move",
    "Pinch",
    "Press",
    "Release",
    "Wheel",
]

DRAG_PX = 4
NOTCH_PX = 120.0
ROW_SCROLL_PX = 90.0


@dataclass(frozen=True, slots=True)
class _Drag:
    """What the held button is doing.

    Attributes
    ----------
    kind
        ``"press"`` until the pointer has moved far enough.
    anchor
        The time under the press, or the time of the edge that stays.
    label
        For label edges: the label's id, the edge, its time and whether the label was selected.
    """

    kind: Literal["press", "select", "zoom", "rows", "edge", "label", "pan", "measure", "bar"]
    x: float
    y: float
    anchor: Seconds
    mods: Mods
    area: Area
    label: tuple[int, c.Edge, Seconds, bool] | None = None
    start: Seconds = 0.0
    bar: ScrollBar | None = None


class Interaction:
    """Turns gestures into commands; remembers only the drag and the part of a notch in hand."""

    def __init__(self) -> None:
        self._drag: _Drag | None = None
        self._notches = 0.0

    @property
    def dragging(self) -> bool:
        """Whether a drag is going on."""
        return self._drag is not None and self._drag.kind != "press"

    def interpret(self, gesture: Gesture, layout: Layout, state: AppState) -> tuple[c.Command, ...]:
        """The commands that a gesture stands for, to be dispatched in this order."""
        match gesture:
            case Wheel():
                return self._wheel(gesture, layout, state)
            case Press():
                return self._press(gesture, layout, state)
            case Move():
                return self._move(gesture, layout, state)
            case Release():
                return self._release(gesture, layout, state)
            case DoubleClick():
                return self._double(gesture, layout, state)
            case Pinch():
                t = time_at(layout, gesture.x)
                return (c.ZoomTime(1 / gesture.factor, t),) if gesture.factor > 0 else ()
            case Leave():
                # The row stays focused, so that a menu still acts on it.
                self._drag = None
                return ()

    def complete(self, command: c.Command, layout: Layout) -> c.Command:
        """A command from a menu or key with what only the layout knows: how far rows scroll."""
        if isinstance(command, c.ScrollRows) and command.limit is None:
            return replace(command, limit=layout.max_scroll / layout.viewport.scale)
        return command

    def cursor_shape(
        self, x: float, y: float, layout: Layout, state: AppState
    ) -> Literal["arrow", "edge", "grab", "cross"]:
        """What the pointer should look like at a point."""
        if self._drag is not None and self._drag.kind in ("edge", "label"):
            return "edge"
        area = area_at(layout, x, y)
        if area in ("plot", "strip") and (
            selection_edge_at(layout, state, x) is not None
            or label_edge_at(layout, state, x, y) is not None
        ):
            return "edge"
        if area == "axis":
            return "grab"
        return "cross" if area == "plot" and state.view.measuring else "arrow"

    # Wheel

    def _wheel(self, g: Wheel, layout: Layout, state: AppState) -> tuple[c.Command, ...]:
        mods = _mods(g.mods)
        area = area_at(layout, g.x, g.y)
        if g.pixels is not None and not mods:
            return _touch(g.pixels, layout, area, g.x)
        notches = g.notches
        if g.pixels is not None:
            notches = -g.pixels[1] / NOTCH_PX
        if not notches:
            return ()
        if not mods and area == "axis":
            return (c.ZoomTime(1.25**-notches, time_at(layout, g.x)),)
        if not mods and area == "gutter":
            return (_scrolled(-notches * ROW_SCROLL_PX, layout),)
        row = row_id_at(layout, g.x, g.y)
        dense = state.facts.of_kind("dense")
        if not mods:
            return self._pages(notches)
        if mods == {"Shift"}:
            return (c.PageTime(notches, None),)
        if mods == {"Ctrl"}:
            return (c.NudgeCursor(0.02 * notches),)
        if mods == {"Ctrl", "Shift"}:
            rows = _scaled_rows(state, row)
            return (c.YZoom(0.85**notches, rows),) if rows else ()
        if mods == {"Alt"}:
            return (c.Gain(1.2**notches),) if dense else ()
        if mods == {"Ctrl", "Alt"}:
            return (c.Gain(1.2**notches, row),) if row in dense else ()
        if mods == {"Alt", "Shift"}:
            hovered = row if row in dense else None
            return (c.DenseScroll(3 * notches, hovered),) if dense else ()
        if mods == {"Ctrl", "Alt", "Shift"}:
            return (c.ZoomTime(1.25**-notches),)
        return ()

    def _pages(self, notches: float) -> tuple[c.Command, ...]:
        """Whole pages only: parts of a notch are gathered."""
        if self._notches * notches < 0:
            self._notches = 0.0
        self._notches += notches
        whole = int(self._notches)
        self._notches -= whole
        return (c.PageTime(whole),) if whole else ()

    # Press, drag, release

    def _press(self, g: Press, layout: Layout, state: AppState) -> tuple[c.Command, ...]:
        mods = _mods(g.mods)
        area = area_at(layout, g.x, g.y)
        self._drag = None
        bar = bar_at(layout, state, g.x, g.y)
        if bar is not None:
            self._drag = _Drag("bar", g.x, g.y, 0.0, mods, area, bar=bar)
            if bar.thumb.y <= g.y < bar.thumb.bottom:
                return ()
            # A press beside the thumb brings it there.
            return _dragged(bar, g.y - (bar.thumb.y + bar.thumb.h / 2), layout)
        if area not in ("plot", "strip", "axis"):
            return ()
        drag = _Drag("press", g.x, g.y, time_at(layout, g.x), mods, area, start=state.window.start)
        if not mods and area == "plot" and state.selection is not None and not state.view.measuring:
            edge = selection_edge_at(layout, state, g.x)
            if edge is not None and label_edge_at(layout, state, g.x, g.y) is None:
                selection = state.selection
                anchor = selection.stop if edge == "start" else selection.start
                self._drag = replace(drag, kind="edge", anchor=anchor)
                return ()
        if not mods and area in ("plot", "strip"):
            found = label_edge_at(layout, state, g.x, g.y)
            if found is not None:
                label, edge, time, anchor = found
                chosen = state.selected_label == label and state.selection is not None
                self._drag = replace(
                    drag, kind="label", anchor=anchor, label=(label, edge, time, chosen)
                )
                return ()
        self._drag = drag
        return ()

    def _move(self, g: Move, layout: Layout, state: AppState) -> tuple[c.Command, ...]:
        drag = self._drag
        if drag is None:
            row = row_id_at(layout, g.x, g.y)
            return (c.FocusRow(row),) if row not in (None, state.focused_row) else ()
        if drag.kind == "press":
            if max(abs(g.x - drag.x), abs(g.y - drag.y)) < DRAG_PX * layout.viewport.scale:
                return ()
            drag = replace(drag, kind=_drag_kind(drag, state))
            self._drag = drag
        t = time_at(layout, g.x)
        span = Span(min(drag.anchor, t), max(drag.anchor, t))
        match drag.kind:
            case "select" | "zoom" | "edge":
                return (c.Select(span, snap=drag.kind != "zoom"),)
            case "label":
                # The would-be label is shown as a selection; the edit is made once, at the end.
                return (c.Select(span, snap=False),)
            case "rows":
                return (c.SelectRows(rows_between(layout, drag.y, g.y)),)
            case "pan":
                dt = (drag.x - g.x) * layout.grid.dt
                return (c.PanTime(drag.start + dt - state.window.start),)
            case "bar" if drag.bar is not None:
                self._drag = replace(drag, y=g.y)
                return _dragged(drag.bar, g.y - drag.y, layout)
            case "measure":
                line = _measure(layout, drag, g.x, g.y)
                return () if line is None else (c.MeasureLine(line),)
        return ()

    def _release(self, g: Release, layout: Layout, state: AppState) -> tuple[c.Command, ...]:
        drag, self._drag = self._drag, None
        if drag is None:
            return ()
        t = time_at(layout, g.x)
        match drag.kind:
            case "press":
                return _click(drag, layout, state)
            case "zoom":
                span = Span(min(drag.anchor, t), max(drag.anchor, t))
                return (c.ShowSpan(span),) if span.length > 0 else (c.ClearSelection(),)
            case "label" if drag.label is not None:
                label, edge, time, chosen = drag.label
                moved = abs(g.x - drag.x) >= DRAG_PX * layout.viewport.scale
                after: c.Command = c.SelectLabel(label if chosen else None)
                if not moved:
                    return (after,) if state.selection is not None and not chosen else ()
                shift = t - time_at(layout, drag.x)
                return (c.MoveLabelEdge(label, edge, time + shift), after)
        return ()

    def _double(self, g: DoubleClick, layout: Layout, state: AppState) -> tuple[c.Command, ...]:
        self._drag = None
        track = edited_track(state)
        if track is None or area_at(layout, g.x, g.y) not in ("plot", "strip"):
            return ()
        row = track.table.row_at(time_at(layout, g.x))
        return () if row is None else (c.SelectLabel(int(track.table.ids[row])),)


def _mods(mods: Mods) -> Mods:
    """On macOS Meta is the Control key; both mean Ctrl."""
    return (mods - {"Meta"}) | {"Ctrl"} if "Meta" in mods else mods


def _scrolled(dy: float, layout: Layout) -> c.ScrollRows:
    return c.ScrollRows(dy, layout.max_scroll / layout.viewport.scale)


def _dragged(bar: ScrollBar, dy: float, layout: Layout) -> tuple[c.Command, ...]:
    """What moving a scrollbar's thumb `dy` device pixels downwards does."""
    if bar.row_id is None:
        return (_scrolled(dy * bar.per_px, layout),)
    return (c.DenseScroll(dy * bar.per_px, bar.row_id),)


def _touch(
    pixels: tuple[float, float], layout: Layout, area: Area, x: float
) -> tuple[c.Command, ...]:
    """Two fingers: the larger way decides, so that a slanted stroke does not do both."""
    dx, dy = pixels
    if area == "axis" and abs(dy) > abs(dx):
        return (c.ZoomTime(1.25 ** (dy / NOTCH_PX), time_at(layout, x)),)
    if abs(dx) >= abs(dy):
        return (c.PanTime(-dx * layout.grid.dt),) if dx else ()
    if layout.max_scroll:
        return (_scrolled(-dy / layout.viewport.scale, layout),)
    return (c.PanTime(-dy * layout.grid.dt),)


def _scaled_rows(state: AppState, row: str | None) -> frozenset[str]:
    """The rows that Ctrl+Shift+wheel scales: the selection if the hovered one is in it."""
    if row is None:
        return frozenset()
    facts = state.facts.row(row)
    if facts is None or facts.kind not in ("trace", "dense"):
        return frozenset()
    return state.selected_rows if row in state.selected_rows else frozenset({row})


def _drag_kind(drag: _Drag, state: AppState) -> Literal["select", "zoom", "rows", "pan", "measure"]:
    if drag.area == "axis":
        return "pan"
    if "Shift" in drag.mods:
        return "zoom"
    if "Ctrl" in drag.mods and drag.area == "plot":
        return "rows"
    return "measure" if state.view.measuring and drag.area == "plot" else "select"


def _click(drag: _Drag, layout: Layout, state: AppState) -> tuple[c.Command, ...]:
    if drag.area == "strip":
        return (c.GoTo(drag.anchor),)
    cursor = c.SetCursor(drag.anchor)
    if drag.area == "axis":
        return (cursor,)
    if drag.mods == {"Ctrl"}:
        row = row_id_at(layout, drag.x, drag.y)
        return () if row is None else (c.SelectRows(frozenset({row}), toggle=True),)
    if drag.mods:
        return ()
    track = edited_track(state)
    if track is not None and track.epoch is not None:
        return (cursor, c.SelectAtCursor("epoch"))
    return (cursor,)


def _measure(layout: Layout, drag: _Drag, x: float, y: float) -> Measure | None:
    box = layout.row_at(drag.x, drag.y)
    if box is None:
        return None

    def height(at: float) -> float:
        return min(max((at - box.rect.y) / box.rect.h, 0.0), 1.0)

    return Measure(box.row_id, drag.anchor, height(drag.y), time_at(layout, x), height(y))
