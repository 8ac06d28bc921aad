"""The command palette: every action, row and state by a few letters of its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from loupe.ui.aloud import announce
from loupe.ui.look import Look, qcolor

__all__ = ["Entry", "Palette", "score"]

_MOST = 60
_ENTRY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be found.

    Attributes
    ----------
    group
        Where it stands in the menus; dim before the title.
    keys
        Its key as people write it.
    reason
        Why it cannot be done now; "" if it can.
    """

    title: str
    group: str
    keys: str
    run: Callable[[], object]
    reason: str = ""
    help: str = ""


def score(wanted: str, entry: Entry) -> float | None:
    """How well an entry fits; smaller is better, None not at all.

    Every word must occur in title, group or help: at the start of the title is best, then at the
    start of a word, then anywhere; letters in order (``pgl`` for "Page left") come last.
    """
    if not wanted.strip():
        return 0.0
    title = entry.title.casefold()
    everything = f"{title} {entry.group.casefold()} {entry.help.casefold()}"
    words = wanted.casefold().split()
    if all(word in everything for word in words):
        total = 0.0
        for word in words:
            if title.startswith(word):
                continue
            starts = f" {word}" in f" {title}"
            total += 1.0 if starts else 2.0 if word in title else 4.0
        return total + (1.0 if entry.reason else 0.0)
    letters = iter(title)
    if all(letter in letters for word in words for letter in word):
        return 8.0
    return None


class _Delegate(QStyledItemDelegate):
    """Title left, group dim beside it, key right."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(200, self._look.px(30))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        entry = index.data(_ENTRY)
        if not isinstance(entry, Entry):
            return
        rect: QRect = option.rect
        box = rect.adjusted(12, 0, -12, 0)
        theme = self._look.theme
        vertical = Qt.AlignmentFlag.AlignVCenter
        painter.save()
        painter.setFont(self._look.font(theme.control_px))
        metrics = painter.fontMetrics()
        keys = metrics.horizontalAdvance(entry.keys)
        painter.setPen(qcolor(theme.dim))
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | vertical, entry.keys)
        box.setRight(box.right() - keys - 16)
        painter.setPen(qcolor(theme.dim if entry.reason else theme.text))
        title = metrics.elidedText(entry.title, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | vertical, title)
        box.setLeft(box.left() + metrics.horizontalAdvance(title) + 12)
        painter.setPen(qcolor(theme.dim))
        rest = entry.reason or entry.group
        text = metrics.elidedText(rest, Qt.TextElideMode.ElideRight, max(0, box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | vertical, text)
        painter.restore()


class Palette(QDialog):
    """A field and a list under it; Enter runs the marked entry, Escape leaves."""

    def __init__(self, look: Look, entries: Sequence[Entry], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Search commands, rows, labels")
        self._entries = tuple(entries)
        self._field = QLineEdit()
        self._field.setPlaceholderText("Search commands, rows, labels")
        self._field.setAccessibleName("Search commands, rows, labels")
        self._field.installEventFilter(self)
        self._list = QListWidget()
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setAccessibleName("Found")
        self._list.setMinimumHeight(1)
        self._delegate = _Delegate(look, self)
        self._list.setItemDelegate(self._delegate)
        self._list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self._list.itemClicked.connect(lambda _: self._run())
        # The focus stays in the field, so what is marked would not be read out.
        self._list.currentRowChanged.connect(self._say)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.addWidget(self._field)
        box.addWidget(self._list, 1)
        self._field.textChanged.connect(self._narrow)
        self._none = QLabel("Nothing found.")
        self._none.setProperty("role", "dim")
        box.addWidget(self._none)
        width = min(620, parent.width() - 40)
        self._most_height = min(440, parent.height() - 80)
        self.resize(width, self._most_height)
        corner = parent.mapToGlobal(parent.rect().topLeft())
        self.move(corner.x() + (parent.width() - width) // 2, corner.y() + 56)
        self._narrow("")
        self._field.setFocus()

    @property
    def shown(self) -> tuple[str, ...]:
        """Titles in the list, best first."""
        return tuple(self._list.item(i).data(_ENTRY).title for i in range(self._list.count()))

    def _narrow(self, wanted: str) -> None:
        found = []
        for i, entry in enumerate(self._entries):
            value = score(wanted, entry)
            if value is not None:
                found.append((value, i, entry))
        found.sort(key=lambda item: item[:2])
        self._list.clear()
        for _, _, entry in found[:_MOST]:
            item = QListWidgetItem()
            item.setData(_ENTRY, entry)
            parts = (entry.title, entry.group, entry.keys, entry.reason)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join(filter(None, parts)))
            item.setToolTip(entry.reason or entry.help)
            self._list.addItem(item)
        self._list.setCurrentRow(0)
        self._fit()

    def _fit(self) -> None:
        """As high as what was found, up to a limit."""
        n = self._list.count()
        self._list.setVisible(n > 0)
        self._none.setVisible(n == 0)
        rows = n * self._list.sizeHintForRow(0) + 2 * self._list.frameWidth() if n else 0
        layout = self.layout()
        assert layout is not None
        frame = layout.contentsMargins().top() + layout.contentsMargins().bottom()
        below = rows if n else self._none.sizeHint().height()
        height = frame + self._field.sizeHint().height() + layout.spacing() + below
        self.resize(self.width(), min(height, self._most_height))

    def _say(self, row: int) -> None:
        item = self._list.item(row)
        if item is not None:
            announce(self._list, str(item.data(Qt.ItemDataRole.AccessibleTextRole)))

    def _run(self) -> None:
        found = self._list.selectedItems()
        if found:
            entry: Entry = found[0].data(_ENTRY)
            self.close()
            entry.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys move in the list while the field keeps the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {
                Qt.Key.Key_Down: 1,
                Qt.Key.Key_Up: -1,
                Qt.Key.Key_PageDown: 8,
                Qt.Key.Key_PageUp: -8,
            }.get(Qt.Key(event.key()))
            if step is not None:
                last = self._list.count() - 1
                row = max(0, min(last, self._list.currentRow() + step))
                self._list.setCurrentRow(row)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.close()
                return True
        return super().eventFilter(watched, event)
