"""Keys of every action: see them, change them, keep them in the user's settings."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import tomli_w
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from loupe.app.actions import Action
from loupe.app.keymap import conflicts, display, settings_path, user_keys, with_keys
from loupe.errors import LoupeError
from loupe.session.chords import parse_chord
from loupe.ui.chords import chords
from loupe.ui.desk import Desk
from loupe.ui.dialogs.base import LiveDialog
from loupe.ui.writing import write_whole

__all__ = ["KeysDialog", "write_user_keys"]


def write_user_keys(keys: dict[str, str | list[str]], path: Path | None = None) -> None:
    """Write ``[keys]`` of the user's settings and leave its other sections as they are.

    Raises
    ------
    LoupeError, OSError
        If the file cannot be read or written.
    ValueError
        If what is there is no TOML.
    """
    path = settings_path() if path is None else path
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    settings = tomllib.loads(old)
    settings["keys"] = keys
    if not keys:
        del settings["keys"]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = _without_keys(old) + (tomli_w.dumps({"keys": keys}) if keys else "")
    try:
        same = tomllib.loads(text) == settings
    except ValueError:
        same = False
    write_whole(path, text if same else tomli_w.dumps(settings))


def _without_keys(text: str) -> str:
    """The other sections of a settings file as they are written, comments and all."""
    kept, inside = [], False
    for line in text.splitlines(keepends=True):
        if line.startswith("["):
            inside = re.match(r"\[\s*keys\s*[].]", line) is not None
        if not inside:
            kept.append(line)
    rest = "".join(kept).rstrip()
    return f"{rest}\n\n" if rest else ""


class KeysDialog(LiveDialog):
    """Press Enter (or double-click) on an action, then its new key; Del takes its keys away."""

    def __init__(
        self,
        desk: Desk,
        parent: QWidget | None = None,
        *,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(desk, "Keys", parent)
        self._changed_keys = changed
        self._waiting: str | None = None
        self._find = QLineEdit()
        self._find.setPlaceholderText("Find an action")
        self._find.setAccessibleName("Find an action")
        self._find.setClearButtonEnabled(True)
        self._find.textChanged.connect(lambda _: self._fill())
        self._table = QTableWidget(0, 2)
        self._table.setHorizontalHeaderLabels(["action", "keys"])
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setShowGrid(False)
        self._table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self._table.setAccessibleName("Keys of actions")
        self._table.verticalHeader().setVisible(False)
        self._table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._table.setColumnWidth(1, 200)
        self._table.installEventFilter(self)
        self._table.cellDoubleClicked.connect(lambda row, _: self._wait(row))
        self._say = QLabel("Enter or double-click, then press the new key. Del: no key.")
        self._say.setProperty("role", "dim")
        self._say.setWordWrap(True)
        self.box.addWidget(self._find)
        self.box.addWidget(self._table, 1)
        self.box.addWidget(self._say)
        self.resize(560, 560)
        self._fill()
        self.finish(self._reset, stretch=True)

    def _fill(self) -> None:
        wanted = self._find.text().casefold()
        self._shown = [a for a in self.desk.actions if wanted in f"{a.title} {a.id}".casefold()]
        self._table.setRowCount(len(self._shown))
        for i, action in enumerate(self._shown):
            keys = ", ".join(display(key, sys.platform) for key in action.keys)
            for column, text in enumerate((action.title, keys)):
                item = QTableWidgetItem(text)
                item.setToolTip(action.help)
                self._table.setItem(i, column, item)

    def _wait(self, row: int) -> None:
        self._waiting = self._shown[row].id
        self._say.setText(f"Press the new key of “{self._shown[row].title}”; Esc leaves it.")
        self._table.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the next key press for the waiting action."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        row = self._table.currentRow()
        if self._waiting is None:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row >= 0:
                self._wait(row)
                return True
            if event.key() == Qt.Key.Key_Delete and row >= 0:
                self._give(self._shown[row].id, [])
                return True
            return super().eventFilter(watched, event)
        pressed = chords(event)
        if not pressed:
            return True
        action_id, self._waiting = self._waiting, None
        if event.key() == Qt.Key.Key_Escape:
            self._say.setText("Nothing was changed.")
            return True
        self._give(action_id, [parse_chord(pressed[0])])
        return True

    def _give(self, action_id: str, keys: list[str]) -> None:
        taken = next(
            (a for a in self.desk.actions if a.id != action_id and set(keys) & set(a.keys)), None
        )
        try:
            mine = {**user_keys(), action_id: keys}
            self._use(with_keys(self.desk.actions, {action_id: keys}))
            write_user_keys(mine)
        except (LoupeError, OSError, ValueError) as error:
            self._say.setText(str(error))
            return
        text = "Kept in your settings."
        if taken is not None:
            text = f"{text} It was the key of “{taken.title}”."
        self._say.setText(text)

    def _reset(self) -> None:
        try:
            write_user_keys({})
        except (LoupeError, OSError, ValueError) as error:
            self._say.setText(str(error))
            return
        self._say.setText("Your own keys are gone; windows opened from now on have the usual ones.")

    def _use(self, actions: tuple[Action, ...]) -> None:
        errors = [conflict for conflict in conflicts(actions) if conflict.kind == "error"]
        if errors:
            raise LoupeError(str(errors[0]))
        self.desk.actions = actions
        self._fill()
        for listener in self.desk.on_actions:
            listener()
        self._changed_keys()
