"""A label file that another program changed: merge, reload or save under another name."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from loupe.labels.formats.base import plural
from loupe.labels.merge import Conflict, Merge
from loupe.ui.desk import Desk
from loupe.ui.label_files import Outside

__all__ = ["OutsideDialog"]

_KEPT = {"ours": "here", "theirs": "the file\N{RIGHT SINGLE QUOTATION MARK}s", "both": "both"}
_HEADS = ("Time", "Here", "In the file", "Kept")


class OutsideDialog(QDialog):
    """Says what changed on either side, and which places both changed; nothing is done before.

    Parameters
    ----------
    choose
        Told ``merge``, ``reload``, ``write`` or ``export`` when that button is pressed.
    """

    def __init__(
        self, desk: Desk, found: Outside, choose: Callable[[str], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._choose = choose
        self.setWindowTitle("Labels changed outside")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(16, 16, 16, 12)
        self._box.setSpacing(8)
        for i, text in enumerate(_story(found)):
            label = QLabel(text)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            if i:
                label.setProperty("role", "dim")
            self._box.addWidget(label)
        self.conflicts = QTableWidget(0, len(_HEADS))
        self.conflicts.setVisible(False)
        if found.merged is not None and found.merged.conflicts:
            self._fill(found.merged.conflicts)
        self._box.addWidget(self.conflicts, 1)
        if self.conflicts.isHidden():
            self._box.addStretch()
        self._buttons(found)
        self.setMinimumWidth(560)

    def _fill(self, conflicts: tuple[Conflict, ...]) -> None:
        table = self.conflicts
        table.setVisible(True)
        table.setAccessibleName("Places that both changed")
        table.setHorizontalHeaderLabels(_HEADS)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.verticalHeader().setVisible(False)
        table.verticalHeader().setDefaultSectionSize(self._desk.look.px(24))
        table.setRowCount(len(conflicts))
        for row, item in enumerate(conflicts):
            times = [self._desk.time_text(t, 2) for t in (item.start, item.stop)]
            time = times[0] if item.start == item.stop else " \N{EN DASH} ".join(times)
            for column, text in enumerate((time, item.ours, item.theirs, _KEPT[item.kept])):
                cell = QTableWidgetItem(text)
                cell.setToolTip(text)
                table.setItem(row, column, cell)
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for column in (0, 3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.resize(760, min(480, 220 + 24 * len(conflicts)))

    def _buttons(self, found: Outside) -> None:
        row = QHBoxLayout()
        row.addStretch()
        offers = []
        if found.merged is not None:
            offers.append(("merge", "Merge"))
        if found.file is not None:
            offers.append(("reload", "Reload"))
        if found.gone:
            offers.append(("write", "Write it again"))
        offers.append(("export", "Save As\N{HORIZONTAL ELLIPSIS}"))
        for i, (name, text) in enumerate(offers):
            button = QPushButton(text)
            button.setToolTip(_TIPS[name])
            button.setAutoDefault(False)
            button.setDefault(i == 0)
            button.clicked.connect(lambda _=False, n=name: self._chosen(n))
            row.addWidget(button)
        later = QPushButton("Not now")
        later.setAutoDefault(False)
        later.clicked.connect(self.reject)
        row.addWidget(later)
        self._box.addLayout(row)

    def _chosen(self, name: str) -> None:
        self.accept()
        self._choose(name)


_TIPS = {
    "merge": "Keep the changes of both; it can be undone, and is not saved before you save",
    "reload": "Take the labels as the file has them; it can be undone",
    "write": "Make the file anew with the labels as they are here",
    "export": "Write the labels as they are here into another file",
}


def _story(found: Outside) -> list[str]:
    """What happened, in a few sentences; the first is the headline."""
    edits = "There are edits here that are not saved."
    if found.gone:
        gone = f"{found.name} is gone: another program removed or renamed it."
        return [gone, edits] if found.edited else [gone]
    told = [f"{found.name} was changed by another program."]
    if found.problem:
        return [*told, f"It cannot be taken over: {found.problem}"]
    merged = found.merged
    if merged is None:
        return [*told, "There are no unsaved edits here, so nothing is lost by reloading."]
    told.append(edits)
    if not merged.changed:
        return [*told, "The file still holds the same labels; a merge keeps yours."]
    told.append(_outcome(merged))
    if merged.conflicts:
        told.append(
            f"Both changed {plural(len(merged.conflicts), 'place')} in different ways. A merge "
            "keeps what the last column says; the next save keeps the file as it is now as .bak."
        )
    return told


def _outcome(merged: Merge) -> str:
    if not merged.edit:
        return "Everything that changed in the file is here already."
    rows = sum(max(len(step.added), len(step.removed)) for step in merged.edit.steps)
    return f"A merge keeps the changes of both; it changes {plural(rows, 'row')} here."
