"""Commands that select time, traces and rows, and measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from loupe.app.commands.base import Command
from loupe.units import Seconds, Span

if TYPE_CHECKING:
    from loupe.app.state import Measure
    from loupe.scene.layout import Viewport

__all__ = [
    "ClearMeasure",
    "ClearSelection",
    "Edge",
    "FocusRow",
    "FocusStep",
    "MeasureLine",
    "MoveSelectionEdge",
    "ScrollRows",
    "Select",
    "SelectAtCursor",
    "SelectRows",
    "SetViewport",
]

Edge: TypeAlias = Literal["start", "stop"]


@dataclass(frozen=True, slots=True)
class Select(Command):
    """Select a stretch of time on every plot; in epoch mode `snap` makes it whole epochs."""

    span: Span
    snap: bool = True


@dataclass(frozen=True, slots=True)
class ClearSelection(Command):
    """Forget the selected time, label and traces, and the measured line."""


@dataclass(frozen=True, slots=True)
class MoveSelectionEdge(Command):
    """Move one edge of the selection to `t` (None: the cursor), making a selection if need be."""

    edge: Edge
    t: Seconds | None = None


@dataclass(frozen=True, slots=True)
class SelectAtCursor(Command):
    """Select, around the cursor, what `what` says."""

    what: Literal["label", "epoch", "window"]


@dataclass(frozen=True, slots=True)
class MeasureLine(Command):
    """Show a line of the measure tool."""

    line: Measure


@dataclass(frozen=True, slots=True)
class ClearMeasure(Command):
    """Remove the line of the measure tool."""


@dataclass(frozen=True, slots=True)
class ScrollRows(Command):
    """Scroll the rows by `dy` logical pixels; `limit` is the largest scroll that makes sense."""

    dy: float
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class SetViewport(Command):
    """The canvas has another size."""

    viewport: Viewport


@dataclass(frozen=True, slots=True)
class SelectRows(Command):
    """Select rows; `toggle` adds them, or lets go of them if they are selected already."""

    rows: frozenset[str]
    toggle: bool = False


@dataclass(frozen=True, slots=True)
class FocusRow(Command):
    """The row that keys such as Y zoom and height act on, usually the one under the pointer."""

    row: str | None


@dataclass(frozen=True, slots=True)
class FocusStep(Command):
    """Focus the next (1) or previous (-1) row that is not hidden."""

    step: Literal[-1, 1]
