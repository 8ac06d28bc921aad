"""A key press of Qt's as the chords that it may stand for."""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from loupe.app.keymap import chord_of

__all__ = ["chords"]

_MODIFIERS = (
    (Qt.KeyboardModifier.ControlModifier, "Ctrl"),
    (Qt.KeyboardModifier.AltModifier, "Alt"),
    (Qt.KeyboardModifier.ShiftModifier, "Shift"),
    (Qt.KeyboardModifier.MetaModifier, "Meta"),
)
_ONLY_MODIFIERS = (
    Qt.Key.Key_Shift,
    Qt.Key.Key_Control,
    Qt.Key.Key_Alt,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_Meta,
    Qt.Key.Key_unknown,
)


def chords(event: QKeyEvent) -> tuple[str, ...]:
    """The chords that a press may stand for, the likeliest first; none for a bare modifier."""
    if event.key() in _ONLY_MODIFIERS:
        return ()
    held = [name for flag, name in _MODIFIERS if event.modifiers() & flag]
    name = QKeySequence(event.key()).toString(QKeySequence.SequenceFormat.PortableText)
    if not name:
        return ()
    return chord_of(name, event.text(), held, sys.platform, _digit(event))


def _digit(event: QKeyEvent) -> str:
    """The digit of a key in the row of digits, wherever Shift is needed for it; else "".

    Keyboards differ in what Shift makes of these keys, not in where they are.
    """
    if event.modifiers() & Qt.KeyboardModifier.KeypadModifier:
        return ""
    platform: str = sys.platform
    if platform.startswith("linux"):
        code = event.nativeScanCode()
        return str((code - 9) % 10) if 10 <= code <= 19 else ""
    if platform == "win32":
        code = event.nativeVirtualKey()
        return chr(code) if ord("0") <= code <= ord("9") else ""
    return ""
