"""Qt's input events as the application's gestures; the last line that knows Qt."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent, QNativeGestureEvent, QWheelEvent

from loupe.app.gestures import (
    DoubleClick,
    Gesture,
    Mods,
    Move,
    Pinch,
    Press,
    Release,
    Wheel,
)

__all__ = ["from_mouse", "from_native", "from_wheel"]

_NOTCH = 120.0
_MODIFIERS = (
    (Qt.KeyboardModifier.ControlModifier, "Ctrl"),
    (Qt.KeyboardModifier.AltModifier, "Alt"),
    (Qt.KeyboardModifier.ShiftModifier, "Shift"),
    (Qt.KeyboardModifier.MetaModifier, "Meta"),
)


def _mods(modifiers: Qt.KeyboardModifier) -> Mods:
    return frozenset(name for flag, name in _MODIFIERS if modifiers & flag)


def _at(position: QPointF, scale: float) -> tuple[float, float]:
    return position.x() * scale, position.y() * scale


def from_mouse(event: QMouseEvent, scale: float) -> Gesture | None:
    """A press, move, release or double click of the left button, in device pixels."""
    x, y = _at(event.position(), scale)
    mods = _mods(event.modifiers())
    kind = event.type()
    if kind == QEvent.Type.MouseMove:
        return Move(x, y, mods, bool(event.buttons() & Qt.MouseButton.LeftButton))
    if event.button() != Qt.MouseButton.LeftButton:
        return None
    if kind == QEvent.Type.MouseButtonPress:
        return Press(x, y, mods)
    if kind == QEvent.Type.MouseButtonRelease:
        return Release(x, y, mods)
    if kind == QEvent.Type.MouseButtonDblClick:
        return DoubleClick(x, y, mods)
    return None


def from_wheel(event: QWheelEvent, scale: float) -> Gesture | None:
    """A turn of the wheel in notches, or a touchpad's way in device pixels.

    Some platforms turn the wheel sideways while Alt is held; both axes count then. X11 reports
    made-up pixels for wheels, so there only notches are believed.
    """
    x, y = _at(event.position(), scale)
    mods = _mods(event.modifiers())
    pixels = event.pixelDelta()
    if not pixels.isNull() and QGuiApplication.platformName() != "xcb":
        return Wheel(x, y, pixels=(pixels.x() * scale, pixels.y() * scale), mods=mods)
    turn = event.angleDelta()
    notches = (turn.y() or turn.x()) / _NOTCH
    return Wheel(x, y, notches, mods=mods) if notches else None


def from_native(event: QNativeGestureEvent, scale: float) -> Gesture | None:
    """A pinch of two fingers."""
    if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
        return None
    x, y = _at(event.position(), scale)
    return Pinch(x, y, max(0.1, 1.0 + event.value()))
