"""Commands that move in time."""

from __future__ import annotations

from dataclasses import dataclass

from loupe.app.commands.base import Command
from loupe.units import Seconds, Span

__all__ = [
    "Back",
    "End",
    "Forward",
    "GoTo",
    "Home",
    "NudgeCursor",
    "PageTime",
    "PanTime",
    "SetCursor",
    "SetWindow",
    "SetWindowLength",
    "ShowSpan",
    "WholeRecording",
    "ZoomTime",
]


@dataclass(frozen=True, slots=True)
class PanTime(Command):
    """Move the window by `dt` seconds; the cursor keeps its place in it."""

    dt: Seconds


@dataclass(frozen=True, slots=True)
class PageTime(Command):
    """Move the window by ``n * fraction`` of its length.

    With `fraction` None the user's smooth-scroll speed is the fraction.
    """

    n: float
    fraction: float | None = 1.0


@dataclass(frozen=True, slots=True)
class ZoomTime(Command):
    """Scale the window's length by `factor` about a time (None: the cursor)."""

    factor: float
    about: Seconds | None = None


@dataclass(frozen=True, slots=True)
class SetWindow(Command):
    """Show exactly this window, clamped; `remember` puts the old one into the history of views."""

    start: Seconds
    length: Seconds
    remember: bool = True


@dataclass(frozen=True, slots=True)
class ShowSpan(Command):
    """Zoom to a span and clear the selection; `margin` is a share of the span on either side."""

    span: Span
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class SetWindowLength(Command):
    """Change the window's length and keep its left edge."""

    length: Seconds


@dataclass(frozen=True, slots=True)
class GoTo(Command):
    """Put the cursor at a time and centre the window on it."""

    t: Seconds


@dataclass(frozen=True, slots=True)
class Home(Command):
    """Go to the start of the recording."""


@dataclass(frozen=True, slots=True)
class End(Command):
    """Go to the end of the recording."""


@dataclass(frozen=True, slots=True)
class WholeRecording(Command):
    """Show the whole recording."""


@dataclass(frozen=True, slots=True)
class Back(Command):
    """Return to the view before the last jump."""


@dataclass(frozen=True, slots=True)
class Forward(Command):
    """Undo `Back`."""


@dataclass(frozen=True, slots=True)
class SetCursor(Command):
    """Put the cursor at a time; with `follow` the window comes along, else it stays inside."""

    t: Seconds
    follow: bool = False


@dataclass(frozen=True, slots=True)
class NudgeCursor(Command):
    """Move the cursor by a share of the window; it stays inside."""

    fraction: float
