"""Keys: one event filter looks every press up in the keymap; there are no shortcuts of Qt's.

So a state's key and a built-in action can share a key without either being
lost, and remapped keys need no special case. Fields and lists keep the keys
that they need for themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
    QTextEdit,
    QWidget,
)

from loupe.app.actions import Action
from loupe.app.keymap import Keymap
from loupe.app.rules import target_span
from loupe.ui.chords import chords
from loupe.ui.desk import Desk

__all__ = ["KeyFilter"]

_MOVES = (
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
)
_TEXT = (QLineEdit, QAbstractSpinBox, QPlainTextEdit, QTextEdit)


def _keeps(widget: QWidget | None, event: QKeyEvent) -> bool:
    """Whether the focused widget needs this key for itself."""
    key = Qt.Key(event.key())
    if key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab) or widget is None:
        return key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
    if isinstance(widget, _TEXT) or (isinstance(widget, QComboBox) and widget.isEditable()):
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, *_MOVES):
            return True
        asked = QKeyEvent(
            QEvent.Type.ShortcutOverride, event.key(), event.modifiers(), event.text()
        )
        asked.ignore()
        QCoreApplication.sendEvent(widget, asked)
        return asked.isAccepted()
    plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    confirms = key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
    if isinstance(widget, QAbstractButton):
        return plain and (confirms or key == Qt.Key.Key_Space)
    if isinstance(widget, QAbstractItemView):
        copies = event.matches(QKeySequence.StandardKey.Copy)
        return copies or (plain and (confirms or key in _MOVES or key == Qt.Key.Key_F2))
    if isinstance(widget, QSlider | QComboBox):
        return plain and key in _MOVES
    return False


class KeyFilter(QObject):
    """Runs actions for the keys pressed in some windows.

    Parameters
    ----------
    windows
        Tells the windows whose keys are meant, besides dialogs.
    """

    def __init__(
        self,
        desk: Desk,
        windows: Callable[[], Sequence[QWidget]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._windows = windows
        self.rebuild()
        desk.on_actions.append(self.rebuild)
        desk.undisturbed = self.off

    @contextmanager
    def off(self) -> Iterator[None]:
        """Look at no events meanwhile; each costs a call from Qt into Python and back."""
        app = QCoreApplication.instance()
        if app is None:
            yield
            return
        app.removeEventFilter(self)
        try:
            yield
        finally:
            app.installEventFilter(self)

    def rebuild(self) -> None:
        """Read the table of actions again."""
        self._keymap = Keymap.of(self._desk.actions)
        self._actions = {action.id: action for action in self._desk.actions}

    def find(self, event: QKeyEvent) -> Action | None:
        """The action that a press means now, or None."""
        labelling = target_span(self._desk.state) is not None
        for chord in chords(event):
            binding = self._keymap.lookup(chord, labelling=labelling)
            if binding is not None and not (event.isAutoRepeat() and binding.state):
                return self._actions[binding.action]
        return None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys that mean an action; leave all others alone."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if not isinstance(watched, QWidget) or watched.window() not in self._windows():
            return False
        if QApplication.activePopupWidget() is not None:
            return False
        focus = QApplication.focusWidget()
        if focus is not None and watched is not focus:
            return False
        if _keeps(focus, event):
            return False
        if event.key() == Qt.Key.Key_Escape and self._desk.call_off():
            return True
        action = self.find(event)
        if action is None:
            return False
        self._desk.run(action.command)
        return True
