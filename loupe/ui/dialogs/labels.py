"""Dialogs about labels: jump to epochs, note and extras of one label."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, QSortFilterProxyModel, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QTextCursor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTableView,
    QWidget,
)

from loupe.app import commands
from loupe.app.state import AppState
from loupe.labels.table import Interval
from loupe.scene.timeaxis import format_duration
from loupe.ui.desk import Desk
from loupe.ui.dialogs.base import LiveDialog
from loupe.ui.panels.labels_model import LabelsModel, LabelsView
from loupe.ui.views import track_index

__all__ = ["JumpDialog", "NoteDialog"]

_ALL = "All states"


class _Filter(QSortFilterProxyModel):
    """Rows of one state whose cells hold a text."""

    def __init__(self, model: LabelsModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._state = ""
        self._text = ""
        self.setSourceModel(model)

    def narrow(self, state: str, text: str) -> None:
        """Show only rows of this state ("" is any) that hold this text in any cell."""
        self._state, self._text = state, text.casefold()
        self.invalidate()

    def filterAcceptsRow(
        self, source_row: int, source_parent: QModelIndex | QPersistentModelIndex
    ) -> bool:
        """Whether a row is shown."""
        if not self._state and not self._text:
            return True
        interval = self._model.interval(source_row)
        if interval is None or (self._state and interval.label != self._state):
            return False
        if not self._text:
            return True
        cells = range(self._model.columnCount())
        return any(self._text in self._model.text(interval, c).casefold() for c in cells)


class JumpDialog(LiveDialog):
    """All labels with a filter; double-click or Enter centres one, Ctrl+C copies."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, "Jump to epochs", parent)
        self._model = LabelsModel(desk.look, lambda *_: "", lambda _: None, self)
        self._shown: LabelsView | None = None
        self._filter = _Filter(self._model, self)
        self._state = QComboBox()
        self._state.setAccessibleName("State")
        self._text = QLineEdit()
        self._text.setPlaceholderText("Text in any column")
        self._text.setClearButtonEnabled(True)
        self._text.setAccessibleName("Text in any column")
        self._count = QLabel()
        self._count.setProperty("role", "dim")
        row = QHBoxLayout()
        row.addWidget(self._state)
        row.addWidget(self._text, 1)
        row.addWidget(self._count)
        self._view = QTableView()
        self._view.setModel(self._filter)
        self._view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._view.setShowGrid(False)
        self._view.setIconSize(QSize(10, 10))
        self._view.setAccessibleName("Labels")
        self._view.verticalHeader().setDefaultSectionSize(desk.look.px(24))
        self._view.horizontalHeader().setStretchLastSection(True)
        self.box.addLayout(row)
        self.box.addWidget(self._view, 1)
        self._fill_states()
        self._state.currentIndexChanged.connect(lambda _: self._narrow())
        self._text.textChanged.connect(lambda _: self._narrow())
        self._view.doubleClicked.connect(self._go)
        self.resize(700, 500)
        self.finish(stretch=True)
        self._text.setFocus()

    def _fill_states(self) -> None:
        self._state.addItem(_ALL, "")
        track = self.desk.track
        others = () if track is None else track.table.pool.labels
        for name in dict.fromkeys((*self.desk.states.states, *others)):
            self._state.addItem(name, name)

    def refresh(self, state: AppState) -> None:
        """Show the edited set."""
        track = self.desk.track
        view = LabelsView(
            None if track is None else track.table,
            self.desk.colors,
            self.desk.clock,
            self.desk.scene.origin,
            read_only="edit labels in the main window",
            patterns=self.desk.patterns(),
        )
        shown = self._shown
        if shown is not None and shown.table is view.table and shown.looks == view.looks:
            return
        self._shown = view
        self._model.show(view)
        self._show_count()

    def _narrow(self) -> None:
        self._filter.narrow(str(self._state.currentData() or ""), self._text.text())
        self._show_count()

    def _show_count(self) -> None:
        shown, total = self._filter.rowCount(), self._model.rowCount()
        self._count.setText(f"{shown} of {total}" if shown != total else f"{total}")

    def _interval(self, index: QModelIndex) -> Interval | None:
        return self._model.interval(self._filter.mapToSource(index).row())

    def _go(self, index: QModelIndex) -> None:
        interval = self._interval(index)
        if interval is not None:
            self.desk.run(commands.SelectLabel(interval.id, centre=True))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter centres the marked label, Ctrl+C copies the marked rows."""
        if event.matches(QKeySequence.StandardKey.Copy):
            lines = []
            for index in self._view.selectionModel().selectedRows():
                interval = self._interval(index)
                if interval is not None:
                    cells = range(self._model.columnCount())
                    lines.append("\t".join(self._model.text(interval, c) for c in cells))
            QGuiApplication.clipboard().setText("\n".join(lines))
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            index = self._view.currentIndex()
            if not index.isValid() and self._filter.rowCount():
                self._view.selectRow(0)
                index = self._view.currentIndex()
            if index.isValid():
                self._go(index)
            return
        super().keyPressEvent(event)


class NoteDialog(LiveDialog):
    """Note and extra columns of one label, the selected one or the one at the cursor."""

    def __init__(self, desk: Desk, label: int, parent: QWidget | None = None) -> None:
        super().__init__(desk, "Note", parent)
        self._label = label
        # Ids are counted in every set: another set that is edited by then has its own label 3.
        self._set = "" if desk.track is None else desk.track.id
        self._shown: str | None = None
        self._start = self._interval()
        self._head = QLabel()
        self._head.setProperty("role", "dim")
        self._note = QPlainTextEdit()
        self._note.setAccessibleName("Note")
        self._note.setFixedHeight(72)
        self._note.setTabChangesFocus(True)
        self.form.addRow(self._head)
        self.form.addRow("Note", self._note)
        self._extras: dict[str, QLineEdit] = {}
        if self._start is not None:
            for name in self._start.extras:
                field = QLineEdit()
                field.setAccessibleName(name)
                field.editingFinished.connect(lambda n=name: self._extra_changed(n))
                self._extras[name] = field
                self.form.addRow(name, field)
        self.setMinimumWidth(380)
        self.finish(self._reset)
        self._note.setFocus()

    def _interval(self) -> Interval | None:
        place = track_index(self.desk.state, self._set)
        if place is None:
            return None
        table = self.desk.state.tracks[place].table
        row = table.row_of(self._label)
        return None if row is None else table.interval(row)

    def _edit(self, command: commands.Command) -> None:
        """Edit the label's own set, whichever is edited now."""
        place, edited = track_index(self.desk.state, self._set), self.desk.state.edited
        if place is None or place == edited:
            self.desk.run(command)
            return
        self.desk.run(commands.SetEditedTrack(place))
        self.desk.run(command)
        self.desk.run(commands.SetEditedTrack(edited))

    def refresh(self, state: AppState) -> None:
        """Show the label; close when it is gone, unless something was written."""
        interval = self._interval()
        if interval is None:
            if self._note.document().isModified():
                self._head.setText("This label is gone. Copy what you wrote to keep it.")
            else:
                self.close()
            return
        start = self.desk.time_text(interval.start, 1)
        self._head.setText(f"{interval.label} · {start} · {format_duration(interval.duration)}")
        if not self._note.hasFocus():
            self._show_note(interval.note)
        for name, field in self._extras.items():
            value = interval.extras.get(name)
            if not field.hasFocus():
                field.setText("" if value is None else str(value))

    def _show_note(self, note: str) -> None:
        if note != self._shown:
            self._shown = note
            self._note.setPlainText(note)
            self._note.moveCursor(QTextCursor.MoveOperation.End)
            self._note.document().setModified(False)

    def _extra_changed(self, name: str) -> None:
        interval = self._interval()
        text = self._extras[name].text()
        if interval is None or self.following:
            return
        old = interval.extras.get(name)
        if text != ("" if old is None else str(old)):
            self._edit(commands.SetLabelCell(self._label, name, text or None))

    def _apply(self) -> None:
        interval = self._interval()
        # A note that nobody typed in stays as it is, line breaks and all.
        text = self._note.toPlainText().replace("\n", " ").strip()
        if interval is not None and self._note.document().isModified() and text != interval.note:
            self._edit(commands.SetNote(text, self._label))
        for name in self._extras:
            self._extra_changed(name)

    def _reset(self) -> None:
        interval = self._interval()
        if self._start is None:
            return
        if interval is not None and interval.note != self._start.note:
            self._edit(commands.SetNote(self._start.note, self._label))
        self._shown = None
        self._show_note(self._start.note)
        for name, field in self._extras.items():
            value = self._start.extras.get(name)
            field.setText("" if value is None else str(value))
        self._apply()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter outside the note and Ctrl+Enter close; what was written is kept."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close()
            return
        super().keyPressEvent(event)

    def _stop(self) -> None:
        if self._leave is not None:
            leave, self._leave = self._leave, None
            leave()
            self._apply()
