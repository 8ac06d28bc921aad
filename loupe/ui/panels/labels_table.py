"""The labels panel: title and state of the set, the table, and what to do when it is empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from loupe.ui.look import Look
from loupe.ui.panels.labels_model import LabelsModel, LabelsView

__all__ = ["LabelsPanel"]

_ROW_HEIGHT = 24
_STATE_COLUMN = 2
_COLUMN = "column "


class _StateDelegate(QStyledItemDelegate):
    """Edits the state with a list of the known ones; free text is possible."""

    def createEditor(
        self,
        parent: QWidget,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> QWidget:
        """A list of states."""
        model = index.model()
        box = QComboBox(parent)
        box.setEditable(True)
        if isinstance(model, LabelsModel):
            box.addItems(model.states)
        return box

    def setEditorData(self, editor: QWidget, index: QModelIndex | QPersistentModelIndex) -> None:
        """Start with the present state."""
        if isinstance(editor, QComboBox):
            editor.setCurrentText(str(index.data(Qt.ItemDataRole.EditRole)))

    def setModelData(
        self,
        editor: QWidget,
        model: QAbstractItemModel,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Set the chosen state."""
        if isinstance(editor, QComboBox):
            model.setData(index, editor.currentText())


class LabelsPanel(QWidget):
    """The edited label set as a table.

    Signals
    -------
    picked(int)
        The row id of a label that was reached with the arrow keys.
    opened(int)
        The row id of a label that was clicked, to be centred.
    """

    picked = Signal(int)
    opened = Signal(int)

    def __init__(
        self,
        look: Look,
        edit: Callable[[int, str, object], str],
        refuse: Callable[[str], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.model = LabelsModel(look, edit, refuse, self)
        self._following = False
        self._near = -1
        title = QLabel("Labels")
        title.setProperty("role", "title")
        self._info = QLabel()
        self._info.setProperty("role", "small")
        head = QHBoxLayout()
        head.setContentsMargins(8, 8, 8, 4)
        head.addWidget(title)
        head.addStretch()
        head.addWidget(self._info)
        self._view = QTableView()
        self._view.setModel(self.model)
        self._view.setAccessibleName("Labels")
        self._view.setShowGrid(False)
        # Any other key is the window's, or nobody's: it must not begin to overwrite a cell.
        triggers = QAbstractItemView.EditTrigger
        self._view.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed)
        self._view.setWordWrap(False)
        self._view.setIconSize(QSize(10, 10))
        self._view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._view.setItemDelegateForColumn(_STATE_COLUMN, _StateDelegate(self._view))
        vertical = self._view.verticalHeader()
        vertical.setVisible(False)
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        horizontal = self._view.horizontalHeader()
        horizontal.setHighlightSections(False)
        horizontal.setStretchLastSection(True)
        horizontal.setMinimumSectionSize(40)
        self._empty = QLabel()
        self._empty.setProperty("role", "dim")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._empty.setContentsMargins(8, 4, 8, 8)
        body = QWidget()
        self._stack = QStackedLayout(body)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self._view)
        self._stack.addWidget(self._empty)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(head)
        box.addWidget(body, 1)
        self.setMinimumHeight(96)
        self._widths: dict[str, float] = {}
        self._fitting = False
        self._fit_columns(look)
        horizontal.sectionResized.connect(self._resized)
        self._view.selectionModel().currentRowChanged.connect(self._current_changed)
        self._view.clicked.connect(self._clicked)
        self._view.installEventFilter(self)

    def set_look(self, look: Look) -> None:
        """Use another look's fonts and colours."""
        self.model.set_look(look)
        self._fit_columns(look)

    def show_labels(
        self, view: LabelsView, info: str, hint: str, current: int | None, near: int = 0
    ) -> None:
        """Show a set.

        Parameters
        ----------
        info, hint
            Said beside the title, and when there are no rows.
        current
            The row that is marked.
        near
            The row that is brought into sight when none is marked.
        """
        self._fitting = True
        self.model.show(view)
        self._use_widths()
        self._info.setText(info)
        self._empty.setText(hint)
        self._stack.setCurrentIndex(0 if self.model.rowCount() else 1)
        self.follow(current, near)

    @property
    def widths(self) -> dict[str, float]:
        """Widths that a person gave to columns, as ``column NAME``."""
        return dict(self._widths)

    def set_widths(self, widths: Mapping[str, float]) -> None:
        """Give columns the widths that they were given before; others are left alone."""
        self._widths = {name: w for name, w in widths.items() if name.startswith(_COLUMN)}
        self._use_widths()

    def _resized(self, column: int, _old: int, new: int) -> None:
        """Remember what a person drags, not what is fitted or stretched here."""
        last = column == self.model.columnCount() - 1
        if not self._fitting and not last:
            self._widths[f"{_COLUMN}{self.model.column_name(column)}"] = new

    def _use_widths(self) -> None:
        self._fitting = True
        for column in range(self.model.columnCount()):
            width = self._widths.get(f"{_COLUMN}{self.model.column_name(column)}")
            if width is not None:
                self._view.setColumnWidth(column, round(width))
        self._fitting = False

    def _fit_columns(self, look: Look) -> None:
        self._fitting = True
        self._view.verticalHeader().setDefaultSectionSize(look.px(_ROW_HEIGHT))
        numbers = QFontMetrics(look.font(look.theme.control_px, numbers=True))
        time = numbers.horizontalAdvance("00:00:00.0") + 18
        for column, width in ((0, time), (1, time), (2, time), (3, time)):
            self._view.setColumnWidth(column, width)
        self._use_widths()

    def follow(self, row: int | None, near: int = 0) -> None:
        """Mark the row without telling anybody; leave the view alone while it is being used.

        Where nothing is to be marked, the row `near` is brought into sight.
        """
        if self._view.state() == QAbstractItemView.State.EditingState:
            return
        self._following = True
        if row is None:
            self._view.clearSelection()
            if near != self._near and not self._view.hasFocus():
                self._view.scrollTo(self.model.index(near, 0))
            self._near = near
        elif (
            self._view.currentIndex().row() != row or not self._view.selectionModel().hasSelection()
        ):
            self._view.selectRow(row)
            self._view.scrollTo(self.model.index(row, 0))
        self._following = False

    def _current_changed(self, now: QModelIndex, before: QModelIndex) -> None:
        interval = self.model.interval(now.row()) if now.isValid() else None
        if interval is not None and not self._following and self._view.hasFocus():
            self.picked.emit(interval.id)

    def _clicked(self, index: QModelIndex) -> None:
        interval = self.model.interval(index.row())
        if interval is not None:
            self.opened.emit(interval.id)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ctrl+C copies the marked row as a line of tab-separated text."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            index = self._view.currentIndex()
            interval = self.model.interval(index.row()) if index.isValid() else None
            if event.matches(QKeySequence.StandardKey.Copy) and interval is not None:
                cells = [self.model.text(interval, c) for c in range(self.model.columnCount())]
                QGuiApplication.clipboard().setText("\t".join(cells))
                return True
        return super().eventFilter(watched, event)
