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
    Cancel,
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
    on_edited_strip,
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
    "Cancel",
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
    before
        The state at the press, for when the drag is called off.
    off
        From the press to the edge that was taken: it moves as far as the pointer does.
    begun
        Whether the pointer has moved far enough for a drag.
    label
        For label edges: the label's id, the edge and whether the label was selected.
    """

    kind: Literal["press", "select", "zoom", "rows", "edge", "label", "pan", "measure", "bar"]
    x: float
    y: float
    anchor: Seconds
    mods: Mods
    area: Area
    before: AppState
    off: Seconds = 0.0
    begun: bool = False
    label: tuple[int, c.Edge, bool] | None = None
    bar: ScrollBar | None = None


class Interaction:
    """Turns gestures into commands; remembers the drag and the part of a notch in hand.

    Also where the last click on a strip was: it moves the window, so a second click at the same
    place is at another time.
    """

    def __init__(self) -> None:
        self._drag: _Drag | None = None
        self._notches = 0.0
        self._clicked: Seconds | None = None

    @property
    def dragging(self) -> bool:
        """Whether a drag is going on."""
        return self._drag is not None and self._drag.begun

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
            case Cancel():
                drag, self._drag = self._drag, None
                return () if drag is None or not drag.begun else _called_off(drag, state)
            case Leave():
                # The row stays focused, so that a menu still acts on it.
                return self._let_go(state)

    def cursor_shape(
        self, x: float, y: float, layout: Layout, state: AppState
    ) -> Literal["arrow", "edge", "grab", "cross"]:
        """What the pointer should look like at a point."""
        if self._drag is not None and self._drag.kind in ("edge", "label"):
            return "edge"
        area = area_at(layout, x, y)
        if area == "axis":
            return "grab"
        if area == "plot" and state.view.measuring:
            return "cross"
        if area == "plot" and selection_edge_at(layout, state, x) is not None:
            return "edge"
        return "arrow" if label_edge_at(layout, state, x, y) is None else "edge"

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
        self._drag = self._clicked = None
        bar = bar_at(layout, state, g.x, g.y)
        if bar is not None:
            self._drag = _Drag("bar", g.x, g.y, 0.0, mods, area, state, begun=True, bar=bar)
            if bar.thumb.y <= g.y < bar.thumb.bottom:
                return ()
            # A press beside the thumb brings it there.
            return _dragged(bar, g.y - (bar.thumb.y + bar.thumb.h / 2), layout)
        if area not in ("plot", "strip", "axis"):
            return ()
        at = time_at(layout, g.x)
        self._drag = drag = _Drag("press", g.x, g.y, at, mods, area, state)
        measuring = area == "plot" and state.view.measuring
        if mods or measuring or area not in ("plot", "strip"):
            return ()
        found = label_edge_at(layout, state, g.x, g.y)
        if found is not None:
            label, edge, time, anchor = found
            chosen = state.selected_label == label and state.selection is not None
            self._drag = replace(
                drag, kind="label", anchor=anchor, off=time - at, label=(label, edge, chosen)
            )
        elif area == "plot" and state.selection is not None:
            selection, side = state.selection, selection_edge_at(layout, state, g.x)
            if side is not None:
                ends = selection.start, selection.stop
                time, anchor = ends if side == "start" else ends[::-1]
                self._drag = replace(drag, kind="edge", anchor=anchor, off=time - at)
        return ()

    def _move(self, g: Move, layout: Layout, state: AppState) -> tuple[c.Command, ...]:
        drag = self._drag
        if drag is None:
            row = row_id_at(layout, g.x, g.y)
            return (c.FocusRow(row),) if row not in (None, state.focused_row) else ()
        if not g.held:
            # The release went elsewhere, as to a menu that opened meanwhile.
            return self._let_go(state)
        if not drag.begun:
            if max(abs(g.x - drag.x), abs(g.y - drag.y)) < DRAG_PX * layout.viewport.scale:
                return ()
            kind = _drag_kind(drag, state) if drag.kind == "press" else drag.kind
            self._drag = drag = replace(drag, kind=kind, begun=True)
        t = time_at(layout, g.x) + drag.off
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
                return (c.PanTime(drag.before.window.start + dt - state.window.start),)
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
        if not drag.begun:
            # A tremble at an edge is nothing; elsewhere it is a click.
            if drag.kind != "press":
                return ()
            self._clicked = drag.anchor if drag.area == "strip" else None
            return _click(drag, layout, state)
        t = time_at(layout, g.x) + drag.off
        match drag.kind:
            case "zoom":
                span = Span(min(drag.anchor, t), max(drag.anchor, t))
                return (c.ShowSpan(span),) if span.length > 0 else (c.ClearSelection(),)
            case "label" if drag.label is not None:
                label, edge, chosen = drag.label
                return (
                    c.MoveLabelEdge(label, edge, t),
                    c.SelectLabel(label if chosen else None),
                )
            case "rows":
                same = rows_between(layout, drag.y, g.y) == drag.before.selected_rows
                return (c.SelectRows(frozenset()),) if same else ()
        return ()

    def _double(self, g: DoubleClick, layout: Layout, state: AppState) -> tuple[c.Command, ...]:
        self._drag = None
        track, area = edited_track(state), area_at(layout, g.x, g.y)
        t = time_at(layout, g.x)
        if area == "strip":
            t = t if self._clicked is None else self._clicked
        if track is None or not (area == "plot" or on_edited_strip(layout, state, g.x, g.y)):
            return ()
        row = track.table.row_at(t)
        return () if row is None else (c.SelectLabel(int(track.table.ids[row])),)

    def _let_go(self, state: AppState) -> tuple[c.Command, ...]:
        """End a drag without a release: what it has done stays, what it would do is not done."""
        drag, self._drag = self._drag, None
        if drag is None or not drag.begun or drag.kind not in ("label", "zoom"):
            return ()
        return _called_off(drag, state)


def _called_off(drag: _Drag, state: AppState) -> tuple[c.Command, ...]:
    """What puts things back as they were before a drag."""
    before = drag.before
    match drag.kind:
        case "select" | "zoom" | "edge" | "label":
            if before.selected_label is None and before.selection is not None:
                return (c.Select(before.selection, snap=False),)
            return (c.SelectLabel(before.selected_label),)
        case "rows":
            return (c.SelectRows(before.selected_rows),)
        case "pan":
            return (c.PanTime(before.window.start - state.window.start),)
        case "measure":
            return (c.ClearMeasure() if before.measure is None else c.MeasureLine(before.measure),)
    return ()


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
