"""Keys and colours of the states: change them here, write them to a state definitions file."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from loupe.app.actions import build_actions
from loupe.app.keymap import user_keys
from loupe.errors import LoupeError
from loupe.scene.theme import OKABE_ITO
from loupe.session.states import DEFINITIONS_NAME, StateConfig
from loupe.ui.desk import Desk
from loupe.ui.dialogs.base import LiveDialog
from loupe.ui.dialogs.marks import ColorButton
from loupe.ui.writing import write_whole
from loupe.units import Rgba

__all__ = ["StatesDialog", "definitions_text"]

_ALPHA = 96


def definitions_text(states: StateConfig) -> str:
    """The JSON of a state definitions file."""
    keymap = {name: list(states.keys_of(name)) for name in states.states if states.keys_of(name)}
    colors = {name: list(states.color(name)) for name in states.states}
    return json.dumps({"keymap": keymap, "label_colors": colors}, indent=2, ensure_ascii=False)


class StatesDialog(LiveDialog):
    """One line a state; what is changed counts in this window at once."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, "States", parent)
        self._start = desk.states
        self._buttons: dict[str, ColorButton] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self.box.addLayout(self._grid)
        add = QHBoxLayout()
        self._name = QLineEdit()
        self._name.setPlaceholderText("New state")
        self._name.setAccessibleName("Name of a new state")
        self._name.returnPressed.connect(self._add)
        button = QPushButton("Add")
        button.setAutoDefault(False)
        button.clicked.connect(self._add)
        write = QPushButton("Write to file…")
        write.setAutoDefault(False)
        write.clicked.connect(self._ask_file)
        for widget in (self._name, button, write):
            add.addWidget(widget)
        self.box.addLayout(add)
        self._say = self.hint("Keys are single characters, several separated by a space.")
        self._fill()
        self.setMinimumWidth(420)
        self.finish(self._reset)

    def _fill(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._buttons.clear()
        for column, text in enumerate(("state", "keys", "colour")):
            head = QLabel(text)
            head.setProperty("role", "small")
            self._grid.addWidget(head, 0, column)
        for i, state in enumerate(self.desk.states.states, 1):
            keys = QLineEdit(" ".join(self.desk.states.keys_of(state)))
            keys.setAccessibleName(f"Keys of {state}")
            keys.editingFinished.connect(lambda s=state, field=keys: self._keys(s, field.text()))
            color = ColorButton(state, partial(self._color, state))
            color.show_color(self.desk.states.color(state))
            self._buttons[state] = color
            for column, widget in enumerate((QLabel(state), keys, color)):
                self._grid.addWidget(widget, i, column)

    def _keymap(self) -> dict[str, tuple[str, ...]]:
        states = self.desk.states
        return {name: states.keys_of(name) for name in states.states if states.keys_of(name)}

    def _use(self, keymap: dict[str, tuple[str, ...]], colors: dict[str, Rgba]) -> None:
        try:
            states = StateConfig(
                keymap={name: list(keys) for name, keys in keymap.items() if keys},
                label_colors=colors,
            )
            # Both the session's and the user's keys may be keys of these states.
            session = self.desk.scene.session
            actions = build_actions(session, states=states, keys=user_keys())
        except LoupeError as error:
            self._say.setText(error.message)
            return
        self.desk.use_states(states, actions)
        self._say.setText("Counts in this window; write it to a file to keep it.")

    def _keys(self, state: str, text: str) -> None:
        wanted = tuple(text.split())
        if wanted != self.desk.states.keys_of(state):
            keymap = {name: keys for name, keys in self._keymap().items() if name != state}
            self._use({**keymap, state: wanted}, dict(self.desk.states.label_colors))

    def _color(self, state: str, color: Rgba) -> None:
        self._use(self._keymap(), {**self.desk.states.label_colors, state: color})
        # Not made anew: the dialog in which the colour is chosen belongs to the button.
        self._buttons[state].show_color(color)

    def _add(self) -> None:
        name = self._name.text().strip()
        if not name or name in self.desk.states.states:
            return
        number = len(self.desk.states.states)
        color = OKABE_ITO[number % len(OKABE_ITO)].with_alpha(_ALPHA)
        free = [c for c in name.lower() + "123456789" if c not in self.desk.states.key_to_state]
        keys = (free[0],) if free else ()
        colors = {**self.desk.states.label_colors, name: color}
        self._use({**self._keymap(), name: keys}, colors)
        self._name.clear()
        self._fill()

    def _ask_file(self) -> None:
        base = self.desk.scene.session.base or Path()
        dialog = QFileDialog(self, "Write state definitions", str(base), "JSON (*.json)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.selectFile(DEFINITIONS_NAME)
        dialog.fileSelected.connect(self.write)
        dialog.open()

    def write(self, path: str) -> None:
        """Write the definitions to a file."""
        try:
            write_whole(Path(path), definitions_text(self.desk.states) + "\n")
        except LoupeError as error:
            self._say.setText(error.told)
            return
        self._say.setText(f"Written to {path}.")

    def _reset(self) -> None:
        start = self._start
        keymap = {name: start.keys_of(name) for name in start.states}
        self._use(keymap, dict(start.label_colors))
        self._fill()
