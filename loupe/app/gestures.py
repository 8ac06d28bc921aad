"""Gestures as data: wheel, press, drag, click, and the table that help and docs print.

Points are device pixels of the canvas. A toolkit's events become these in one place; what they
mean stands in `loupe.app.interaction`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = [
    "GESTURES",
    "Cancel",
    "DoubleClick",
    "Gesture",
    "GestureHelp",
    "Leave",
    "Mods",
    "Move",
    "Pinch",
    "Press",
    "Release",
    "Wheel",
]

Modifier: TypeAlias = Literal["Ctrl", "Alt", "Shift", "Meta"]
Mods: TypeAlias = frozenset[str]
NO_MODS: Mods = frozenset()


@dataclass(frozen=True, slots=True)
class Wheel:
    """A turn of the wheel or a touchpad scroll.

    Attributes
    ----------
    notches
        Vertical, up is positive; a part of one for fine wheels.
    pixels
        For touchpads: horizontal and vertical way in device pixels, right and down positive as
        content moves; None for a wheel.
    """

    x: float
    y: float
    notches: float = 0.0
    pixels: tuple[float, float] | None = None
    mods: Mods = NO_MODS


@dataclass(frozen=True, slots=True)
class Press:
    """The left button goes down."""

    x: float
    y: float
    mods: Mods = NO_MODS


@dataclass(frozen=True, slots=True)
class Move:
    """The pointer moves, with the left button held or not.

    Attributes
    ----------
    held
        False ends a drag whose release never came; without a drag it says nothing.
    """

    x: float
    y: float
    mods: Mods = NO_MODS
    held: bool = True


@dataclass(frozen=True, slots=True)
class Release:
    """The left button comes up."""

    x: float
    y: float
    mods: Mods = NO_MODS


@dataclass(frozen=True, slots=True)
class DoubleClick:
    """Two clicks of the left button at one place."""

    x: float
    y: float
    mods: Mods = NO_MODS


@dataclass(frozen=True, slots=True)
class Pinch:
    """Two fingers on a touchpad; `factor` above 1 spreads them."""

    x: float
    y: float
    factor: float


@dataclass(frozen=True, slots=True)
class Cancel:
    """The drag that is going on is called off: all is as before it."""


@dataclass(frozen=True, slots=True)
class Leave:
    """The pointer leaves the canvas."""


Gesture: TypeAlias = Wheel | Press | Move | Release | DoubleClick | Pinch | Cancel | Leave


@dataclass(frozen=True, slots=True)
class GestureHelp:
    """One line of the table of gestures: modifiers, what is done where, and what it does."""

    mods: tuple[Modifier, ...]
    gesture: str
    place: str
    title: str
    help: str


GESTURES: tuple[GestureHelp, ...] = (
    GestureHelp((), "Wheel", "plots", "Page", "One window on (up) or back (down)."),
    GestureHelp(("Shift",), "Wheel", "plots", "Scroll", "A tenth of the window, see its speed."),
    GestureHelp(("Ctrl",), "Wheel", "plots", "Cursor", "The cursor moves by 2 % of the window."),
    GestureHelp(
        ("Ctrl", "Shift"),
        "Wheel",
        "plots",
        "Y scale",
        "Y range of the row under the pointer, or of all selected rows with it.",
    ),
    GestureHelp(("Alt",), "Wheel", "plots", "Gain", "Gain of every dense plot."),
    GestureHelp(
        ("Ctrl", "Alt"), "Wheel", "dense plot", "Gain of one", "Gain of the dense plot under it."
    ),
    GestureHelp(
        ("Alt", "Shift"),
        "Wheel",
        "dense plot",
        "Scroll traces",
        "Three traces up or down in the dense plots with pages.",
    ),
    GestureHelp(
        ("Ctrl", "Alt", "Shift"), "Wheel", "plots", "Zoom time", "Zoom in time about the cursor."
    ),
    GestureHelp((), "Wheel", "time axis", "Zoom time", "Zoom in time about the pointer."),
    GestureHelp((), "Wheel", "row names", "Scroll rows", "Scroll the rows up or down."),
    GestureHelp(
        (), "Two fingers", "plots", "Scroll", "Sideways moves in time, up and down scrolls rows."
    ),
    GestureHelp((), "Pinch", "plots", "Zoom time", "Zoom in time about the fingers."),
    GestureHelp((), "Drag", "plots", "Select", "Select a stretch of time on every plot."),
    GestureHelp((), "Drag", "edge of the selection", "Refine", "Move one edge of the selection."),
    GestureHelp(
        (),
        "Drag",
        "edge of a label in the strip, or of the selected label",
        "Move label edge",
        "Move where a label starts or ends; a neighbour that touches it follows.",
    ),
    GestureHelp((), "Drag", "time axis", "Pan", "Take hold of the time and move it."),
    GestureHelp(("Shift",), "Drag", "plots", "Zoom to range", "Show the stretch dragged over."),
    GestureHelp(
        ("Ctrl",), "Drag", "plots", "Select rows", "Select the rows that the drag touches."
    ),
    GestureHelp(
        (), "Drag", "plots, while measuring", "Measure", "Time and value between two points."
    ),
    GestureHelp(
        (), "Click", "plots", "Cursor", "Put the cursor there; in epoch mode pick the epoch."
    ),
    GestureHelp(
        ("Ctrl",),
        "Click",
        "plots",
        "Select row",
        "Add the row to the selected ones, or let go of it.",
    ),
    GestureHelp((), "Click", "label strip", "Jump", "Centre the window there."),
    GestureHelp((), "Click", "overview", "Jump", "Centre the window there."),
    GestureHelp((), "Drag", "window in the overview", "Move window", "Move the window."),
    GestureHelp(
        (), "Double click", "plots, label strip", "Select label", "Select the label there."
    ),
)
"""Every gesture, for the help window and the page of keys."""
