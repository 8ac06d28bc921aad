"""The frame of a small live dialog: it follows the state, can be reset, and is never modal."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from loupe.app.state import AppState
from loupe.scene.model import Row
from loupe.ui.desk import Desk

__all__ = ["LiveDialog", "RowChoice"]


class LiveDialog(QDialog):
    """Subclasses build their form in `__init__`, call `finish`, and follow in `refresh`."""

    def __init__(self, desk: Desk, title: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(16, 16, 16, 12)
        self.box.setSpacing(8)
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(16)
        self.form.setVerticalSpacing(8)
        self.box.addLayout(self.form)
        self._following = False
        self._leave: Callable[[], None] | None = None

    def finish(self, reset: Callable[[], None] | None = None, *, stretch: bool = False) -> None:
        """Add the buttons and start to follow the state."""
        if not stretch:
            self.box.addStretch()
        row = QHBoxLayout()
        if reset is not None:
            button = QPushButton("Reset")
            button.setToolTip("Back to what the session says")
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False: reset())
            row.addWidget(button)
        row.addStretch()
        close = QPushButton("Close")
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        row.addWidget(close)
        self.box.addLayout(row)
        self._leave = self.desk.store.subscribe(self._changed)
        self.follow()

    def follow(self) -> None:
        """Show the state as it is; what the fields say then is not taken for the user's word."""
        self._following = True
        self.refresh(self.desk.state)
        self._following = False

    def refresh(self, state: AppState) -> None:
        """Show the state; overridden."""

    @property
    def following(self) -> bool:
        """Whether fields change because the state did."""
        return self._following

    def hint(self, text: str) -> QLabel:
        """A line of dim text at this place."""
        label = QLabel(text)
        label.setProperty("role", "dim")
        label.setWordWrap(True)
        self.box.addWidget(label)
        return label

    def _changed(self, before: AppState, after: AppState) -> None:
        if self.shows(before) != self.shows(after):
            self.follow()

    def shows(self, state: AppState) -> tuple[object, ...]:
        """What of the state a dialog shows: with a cursor that runs there is nothing to follow."""
        return (
            state.overrides,
            state.view,
            # Tables are compared by being the same, which takes no time.
            tuple(id(track) for track in state.tracks),
            state.edited,
            state.facts,
            state.focused_row,
            state.hidden_videos,
            state.playback.speed,
        )

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop following."""
        self._stop()
        super().closeEvent(event)

    def reject(self) -> None:
        """Escape closes."""
        self._stop()
        super().reject()

    def _stop(self) -> None:
        if self._leave is not None:
            self._leave()
            self._leave = None


class RowChoice(QComboBox):
    """A list of rows; the first entry may stand for all of them."""

    def __init__(self, rows: tuple[Row, ...], everything: str = "") -> None:
        super().__init__()
        self.setAccessibleName("Row")
        if everything:
            self.addItem(everything, None)
        for row in rows:
            text = row.title if not row.subtitle else f"{row.title}  ({row.subtitle})"
            self.addItem(text or row.id, row.id)

    @property
    def row_id(self) -> str | None:
        """The chosen row, None for all."""
        data = self.currentData()
        return None if data is None else str(data)

    def choose(self, row_id: str | None) -> None:
        """Choose a row if it is in the list."""
        index = self.findData(row_id)
        if index >= 0:
            self.setCurrentIndex(index)
