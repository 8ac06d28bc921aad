"""Says to those who hear the window what those who see it read: messages, faults, choices."""

from __future__ import annotations

from PySide6 import QtGui
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QWidget

__all__ = ["announce"]


def announce(widget: QWidget, text: str) -> None:
    """Let a screen reader say something that changed where the focus is not."""
    event = getattr(QtGui, "QAccessibleAnnouncementEvent", None)  # not in every release
    if text and event is not None and QAccessible.isActive():
        QAccessible.updateAccessibility(event(widget, text))
