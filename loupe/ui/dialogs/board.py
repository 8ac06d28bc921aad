"""The subplot control board: order, height, visibility and quality of every row."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from loupe.app import commands
from loupe.app.state import AppState
from loupe.ui.desk import Desk
from loupe.ui.dialogs.base import LiveDialog
from loupe.ui.fields import number_field

__all__ = ["BoardDialog"]


class BoardDialog(LiveDialog):
    """A line a row; dragging the handle on the left (or Alt+Up, Alt+Down) moves it."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, "Subplot control board", parent)
        self._filter = QLineEdit()
        self._filter.setPlaceholderText("Find a row")
        self._filter.setAccessibleName("Find a row")
        self._filter.setClearButtonEnabled(True)
        self._filter.textChanged.connect(lambda _: self._narrow())
        self._table = QTableWidget(0, 4)
        self._table.setHorizontalHeaderLabels(["row", "height", "shown", "bad"])
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setShowGrid(False)
        self._table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self._table.setAccessibleName("Rows")
        vertical = self._table.verticalHeader()
        vertical.setSectionsMovable(True)
        vertical.setDefaultSectionSize(30)
        vertical.sectionMoved.connect(self._moved)
        horizontal = self._table.horizontalHeader()
        horizontal.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 120), (2, 64), (3, 56)):
            self._table.setColumnWidth(column, width)
        self.box.addWidget(self._filter)
        self.box.addWidget(self._table, 1)
        buttons = QHBoxLayout()
        for text, step in (("Move up", -1), ("Move down", 1)):
            button = QPushButton(text)
            button.setAutoDefault(False)
            button.setShortcut("Alt+Up" if step < 0 else "Alt+Down")
            button.setToolTip(f"{text} (Alt+{'Up' if step < 0 else 'Down'})")
            button.clicked.connect(lambda _=False, by=step: self._shift(by))
            buttons.addWidget(button)
        buttons.addStretch()
        for text, command in (
            ("Reset heights", commands.ResetHeights()),
            ("Show all", commands.ShowAll()),
            ("Reset order", commands.ResetOrder()),
        ):
            button = QPushButton(text)
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, c=command: self.desk.run(c))
            buttons.addWidget(button)
        self.box.addLayout(buttons)
        self._ids: tuple[str, ...] = ()
        self.resize(560, 480)
        self.finish(self._reset, stretch=True)

    def refresh(self, state: AppState) -> None:
        """Show order, heights, visibility; fields are made anew only when the order changed."""
        rows = self.desk.rows()
        ids = tuple(row.id for row in rows)
        if ids != self._ids:
            chosen = self._chosen()
            self._ids = ids
            self._rebuild()
            if chosen in ids:
                self._table.selectRow(ids.index(chosen))
        for i, row_id in enumerate(ids):
            override = state.overrides.row(row_id)
            height = self._table.cellWidget(i, 1)
            shown, bad = self._table.cellWidget(i, 2), self._table.cellWidget(i, 3)
            height.setProperty("value", override.height)
            shown.setProperty("checked", not override.hidden)
            bad.setProperty("checked", override.bad)
        self._narrow()

    def _rebuild(self) -> None:
        header = self._table.verticalHeader()
        blocked = header.blockSignals(True)
        self._table.setRowCount(0)
        self._table.setRowCount(len(self._ids))
        self._table.setVerticalHeaderLabels(["≡"] * len(self._ids))
        for i, row in enumerate(self.desk.rows()):
            text = row.title if not row.subtitle else f"{row.title}  ({row.subtitle})"
            self._table.setItem(i, 0, QTableWidgetItem(text or row.id))
            height = number_field(0.01, 20.0, 2, f"Height of {text}", " ×")
            height.setSingleStep(0.1)
            height.setMinimumWidth(80)
            height.valueChanged.connect(lambda value, r=row.id: self._height(r, value))
            self._table.setCellWidget(i, 1, height)
            for column, name, change in ((2, "Shown", self._show), (3, "Bad", self._bad)):
                box = QCheckBox()
                box.setAccessibleName(f"{name}: {text}")
                box.setStyleSheet("margin-left: 16px;")
                box.toggled.connect(lambda on, r=row.id, f=change: f(r, on))
                self._table.setCellWidget(i, column, box)
        header.blockSignals(blocked)

    def _chosen(self) -> str:
        row = self._table.currentRow()
        return self._ids[row] if 0 <= row < len(self._ids) else ""

    def _narrow(self) -> None:
        wanted = self._filter.text().casefold()
        for i in range(self._table.rowCount()):
            item = self._table.item(i, 0)
            self._table.setRowHidden(i, item is not None and wanted not in item.text().casefold())

    def _moved(self, logical: int, _: int, visual: int) -> None:
        if self.following:
            return
        row_id = self._ids[logical]
        self._ids = ()
        self.desk.run(commands.MoveRow(row_id, visual))
        self.follow()

    def _shift(self, by: int) -> None:
        row_id = self._chosen()
        if row_id:
            place = self._ids.index(row_id) + by
            self.desk.run(commands.MoveRow(row_id, max(0, min(len(self._ids) - 1, place))))

    def _height(self, row_id: str, value: float) -> None:
        if not self.following and not math.isclose(
            self.desk.state.overrides.row(row_id).height, value
        ):
            self.desk.run(commands.SetHeight(row_id, value))

    def _show(self, row_id: str, on: bool) -> None:
        if not self.following:
            self.desk.run(commands.HideRow(row_id, not on))

    def _bad(self, row_id: str, on: bool) -> None:
        if not self.following:
            self.desk.run(commands.MarkBad(row_id, on))

    def _reset(self) -> None:
        for command in (commands.ResetHeights(), commands.ShowAll(), commands.ResetOrder()):
            self.desk.run(command)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in a field must not close the board."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
