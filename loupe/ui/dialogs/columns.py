"""Which columns of a label file mean what, chosen by a person who sees its first rows."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from loupe.errors import LoupeError
from loupe.labels.peek import Peek
from loupe.session.labels import IntervalLabelSchema

__all__ = ["ColumnsDialog"]

_ROLES = {
    "start_col": "Start (s)",
    "end_col": "End (s)",
    "duration_col": "Duration (s)",
    "label_col": "State",
    "note_col": "Note",
}
_NEEDED = ("start_col", "label_col")
_NONE = "(none)"


class ColumnsDialog(QDialog):
    """Asks for the schema of a label file.

    Parameters
    ----------
    name
        Of the file.
    chosen
        Given the schema when the person loads; the reason why that failed, or "".
    """

    def __init__(
        self,
        name: str,
        found: Peek,
        chosen: Callable[[IntervalLabelSchema], str],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._found = found
        self._chosen = chosen
        self.setWindowTitle(f"Columns of {name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 12)
        box.setSpacing(8)
        box.addWidget(self._preview())
        sides = QHBoxLayout()
        sides.setSpacing(24)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        self.roles = {role: self._role(role, text, form) for role, text in _ROLES.items()}
        sides.addLayout(form, 1)
        self.extras = QListWidget()
        self.extras.setAccessibleName("Further columns to show and edit")
        more = QVBoxLayout()
        head = QLabel("Further columns to show and edit")
        head.setProperty("role", "dim")
        more.addWidget(head)
        more.addWidget(self.extras, 1)
        sides.addLayout(more, 1)
        box.addLayout(sides, 1)
        self.problem = QLabel()
        self.problem.setProperty("role", "warning")
        self.problem.setWordWrap(True)
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.setVisible(False)
        box.addWidget(self.problem)
        box.addLayout(self._buttons())
        self._fill_extras(found.guess.extra_cols if found.guess else ())
        self.resize(640, 460)

    def _preview(self) -> QTableWidget:
        found = self._found
        table = QTableWidget(len(found.rows), len(found.columns))
        table.setAccessibleName("First rows of the file")
        table.setHorizontalHeaderLabels(found.columns)
        table.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        table.verticalHeader().setVisible(False)
        table.verticalHeader().setDefaultSectionSize(24)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        table.setShowGrid(False)
        for i, row in enumerate(found.rows):
            for j, text in enumerate(row):
                table.setItem(i, j, QTableWidgetItem(text))
        table.setFixedHeight(24 * len(found.rows) + 56)
        return table

    def _role(self, role: str, text: str, form: QFormLayout) -> QComboBox:
        field = QComboBox()
        field.setAccessibleName(text)
        field.addItem("choose" if role in _NEEDED else _NONE, None)
        for name in self._found.columns:
            field.addItem(name, name)
        guess = self._found.guess
        known = None if guess is None else getattr(guess, role)
        if known is not None:
            field.setCurrentIndex(field.findData(known))
        field.currentIndexChanged.connect(lambda _: self._fill_extras(self._checked()))
        form.addRow(text, field)
        return field

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addStretch()
        load, cancel = QPushButton("Load"), QPushButton("Cancel")
        load.setDefault(True)
        load.clicked.connect(self._load)
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        row.addWidget(load)
        row.addWidget(cancel)
        return row

    def _taken(self) -> set[str]:
        return {str(f.currentData()) for f in self.roles.values() if f.currentData() is not None}

    def _checked(self) -> tuple[str, ...]:
        items = [self.extras.item(i) for i in range(self.extras.count())]
        return tuple(i.text() for i in items if i.checkState() == Qt.CheckState.Checked)

    def _fill_extras(self, checked: tuple[str, ...]) -> None:
        """List the columns that mean nothing else yet."""
        self.extras.clear()
        for name in self._found.columns:
            if name in self._taken() or not name.strip():
                continue
            item = QListWidgetItem(name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            state = Qt.CheckState.Checked if name in checked else Qt.CheckState.Unchecked
            item.setCheckState(state)
            self.extras.addItem(item)

    def _load(self) -> None:
        named = {role: field.currentData() for role, field in self.roles.items()}
        missing = [_ROLES[role] for role in _NEEDED if named[role] is None]
        if missing:
            self._refuse(f"Choose the column of {' and '.join(missing)}.")
            return
        try:
            schema = IntervalLabelSchema(**named, extra_cols=self._checked())
        except LoupeError as error:
            self._refuse(error.told)
            return
        reason = self._chosen(schema)
        if reason:
            self._refuse(reason)
        else:
            self.accept()

    def _refuse(self, reason: str) -> None:
        self.problem.setText(reason)
        self.problem.setVisible(True)
