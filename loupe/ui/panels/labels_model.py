"""The label table as Qt's model: rows are looked up when they are shown, 100,000 cost nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap

from loupe.labels.table import Interval, IntervalTable
from loupe.scene.theme import UNKNOWN_STATE
from loupe.scene.timeaxis import Clock, format_time, parse_time, parse_time_of_day
from loupe.ui.hatch import paint_hatch
from loupe.ui.look import Look, qcolor
from loupe.units import Rgba

__all__ = ["LabelsModel", "LabelsView", "swatch"]

_SWATCH_PX = 40

Index: TypeAlias = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()
_FIXED = ("start", "end", "state", "note")


@dataclass(frozen=True, eq=False, slots=True)
class LabelsView:
    """What the table shows and how.

    Attributes
    ----------
    read_only
        Why cells cannot be edited; empty if they can.
    """

    table: IntervalTable | None = None
    colors: Mapping[str, Rgba] = field(default_factory=dict)
    clock: Clock = "hms"
    origin: datetime | None = None
    read_only: str = ""
    patterns: Mapping[str, int] = field(default_factory=dict)

    @property
    def looks(self) -> tuple[object, ...]:
        """How the table is shown, but for its rows."""
        return dict(self.colors), self.clock, self.origin, self.read_only, dict(self.patterns)


@lru_cache(maxsize=256)
def swatch(color: Rgba, pattern: int = 0, ground: Rgba = UNKNOWN_STATE) -> QIcon:
    """A small square of a colour, the same whether its row is marked or not.

    Parameters
    ----------
    pattern, ground
        Number of a state's pattern, and the colour of its lines.
    """
    pixmap = QPixmap(_SWATCH_PX, _SWATCH_PX)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(qcolor(color.with_alpha(255)))
    painter.drawRoundedRect(0, 0, _SWATCH_PX, _SWATCH_PX, 8, 8)
    paint_hatch(painter, pattern, [(0.0, _SWATCH_PX)], 0.0, _SWATCH_PX, ground, _SWATCH_PX / 10)
    painter.end()
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon


class LabelsModel(QAbstractTableModel):
    """Columns start, end, state, note and the schema's extras.

    Parameters
    ----------
    edit
        Called with row id, column name and new value; the reason why it was refused, or "".
    refuse
        Told of an edit that was refused.
    """

    def __init__(
        self,
        look: Look,
        edit: Callable[[int, str, object], str],
        refuse: Callable[[str], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._edit = edit
        self._refuse = refuse
        self._view = LabelsView()
        self._rows = 0
        self._columns: tuple[str, ...] = _FIXED
        self._last: Interval | None = None

    def set_look(self, look: Look) -> None:
        """Use another look's fonts and colours."""
        self._look = look

    def show(self, view: LabelsView) -> None:
        """Show another state of the labels; scroll position and columns stay where they can."""
        table = view.table
        columns = _FIXED + (tuple(table.schema.extra_cols) if table is not None else ())
        rows = len(table) if table is not None else 0
        self._last = None
        if columns != self._columns:
            self.beginResetModel()
            self._view, self._columns, self._rows = view, columns, rows
            self.endResetModel()
            return
        if rows > self._rows:
            self.beginInsertRows(_TOP, self._rows, rows - 1)
            self._view, self._rows = view, rows
            self.endInsertRows()
        elif rows < self._rows:
            self.beginRemoveRows(_TOP, rows, self._rows - 1)
            self._view, self._rows = view, rows
            self.endRemoveRows()
        self._view = view
        if rows:
            self.dataChanged.emit(self.index(0, 0), self.index(rows - 1, len(columns) - 1))

    def interval(self, row: int) -> Interval | None:
        """The interval of a row; None outside the table."""
        table = self._view.table
        if table is None or not 0 <= row < len(table):
            return None
        if self._last is None or self._last.row != row:
            self._last = table.interval(row)
        return self._last

    @property
    def states(self) -> tuple[str, ...]:
        """States that a cell can be set to: those with a colour, then others in the table."""
        known = tuple(self._view.colors)
        table = self._view.table
        others = () if table is None else table.pool.labels
        return known + tuple(name for name in others if name not in known)

    def column_name(self, column: int) -> str:
        """The name of a column."""
        return self._columns[column]

    def rowCount(self, parent: Index = _TOP) -> int:
        """Number of intervals."""
        return 0 if parent.isValid() else self._rows

    def columnCount(self, parent: Index = _TOP) -> int:
        """Four and the extras."""
        return 0 if parent.isValid() else len(self._columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Column names, row numbers."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self._columns[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        elif role == Qt.ItemDataRole.DisplayRole:
            return str(section + 1)
        return None

    def text(self, interval: Interval, column: int) -> str:
        """The text of a cell."""
        name = self._columns[column]
        view = self._view
        if column == 0:
            return format_time(interval.start, view.clock, digits=1, origin=view.origin)
        if column == 1:
            return format_time(interval.stop, view.clock, digits=1, origin=view.origin)
        if column == 2:
            return interval.label
        if column == 3:
            return interval.note
        value = interval.extras.get(name)
        return "" if value is None else str(value)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, swatch, font and colour of a cell."""
        interval = self.interval(index.row())
        if interval is None:
            return None
        column = index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            if role == Qt.ItemDataRole.EditRole and column < 2:
                seconds = interval.start if column == 0 else interval.stop
                clock = self._view.clock
                return format_time(seconds, clock, digits=3, origin=self._view.origin)
            return self.text(interval, column)
        if role == Qt.ItemDataRole.DecorationRole and column == 2:
            return swatch(
                self._view.colors.get(interval.label, UNKNOWN_STATE),
                self._view.patterns.get(interval.label, 0),
                self._look.theme.background,
            )
        if role == Qt.ItemDataRole.FontRole and column < 2:
            return self._look.font(self._look.theme.control_px, numbers=True)
        if role == Qt.ItemDataRole.ForegroundRole and column > 2:
            return qcolor(self._look.theme.dim)
        if role == Qt.ItemDataRole.ToolTipRole and column > 2:
            return self.text(interval, column) or None
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Cells can be edited unless the set is read-only."""
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
        return flags if self._view.read_only else flags | Qt.ItemFlag.ItemIsEditable

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for the edit; what is refused says why."""
        interval = self.interval(index.row())
        if role != Qt.ItemDataRole.EditRole or interval is None:
            return False
        column = index.column()
        name = self._columns[column]
        if str(value) == self.data(index, Qt.ItemDataRole.EditRole):
            return False  # nothing was typed: a time shown rounded must not become one
        try:
            wanted = self._parsed(column, str(value), interval)
        except ValueError as error:
            self._refuse(str(error))
            return False
        old = (interval.start, interval.stop, interval.label, interval.note)
        if column < len(old) and old[column] == wanted:
            return False
        reason = self._edit(interval.id, name, wanted)
        if reason:
            self._refuse(reason)
        return not reason

    def _parsed(self, column: int, text: str, interval: Interval) -> object:
        if column >= 2:
            return text if column < len(_FIXED) or text else None
        view = self._view
        clock_time = ":" in text and "-" not in text
        if view.clock == "wall" and view.origin is not None and clock_time:
            # The cell shows no date: what is typed is meant on the day where the label lies.
            near = interval.start if column == 0 else interval.stop
            return parse_time_of_day(text, view.origin, near)
        return parse_time(text, origin=view.origin)
