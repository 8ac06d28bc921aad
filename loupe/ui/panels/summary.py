"""Time spent in each state: a bar and a duration a state, and what is not scored yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from loupe.labels.table import IntervalTable
from loupe.scene.theme import UNKNOWN_STATE
from loupe.scene.timeaxis import format_duration
from loupe.ui.hatch import paint_hatch
from loupe.ui.look import Look, qcolor
from loupe.units import Rgba, Span

__all__ = ["StateTotal", "SummaryPanel", "totals", "uncovered"]

_PITCH = 24
_TOP = 36
_TITLE_TOP = 8


@dataclass(frozen=True, slots=True)
class StateTotal:
    """Seconds of a state inside the recording; `color` None is "unscored"."""

    name: str
    seconds: float
    color: Rgba | None
    pattern: int = 0


def totals(
    table: IntervalTable | None,
    extent: Span,
    colors: Mapping[str, Rgba],
    patterns: Mapping[str, int] | None = None,
) -> tuple[StateTotal, ...]:
    """Seconds of each state and of nothing, clipped to `extent`, longest first, unscored last.

    Time that several labels cover counts for each of them, but never twice as scored.
    """
    if table is None or not len(table):
        return ()
    starts = np.clip(table.starts, extent.start, extent.stop)
    stops = np.clip(table.ends, extent.start, extent.stop)
    sums = np.bincount(table.codes, weights=stops - starts, minlength=len(table.pool.labels))
    found = [
        StateTotal(
            name, float(sums[code]), colors.get(name, UNKNOWN_STATE), (patterns or {}).get(name, 0)
        )
        for code, name in enumerate(table.pool.labels)
        if sums[code] > 0
    ]
    found.sort(key=lambda total: (-total.seconds, total.name))
    return (*found, StateTotal("unscored", uncovered(table, extent), None))


def uncovered(table: IntervalTable, extent: Span) -> float:
    """Seconds of `extent` that no label covers."""
    starts = np.append(np.clip(table.starts, extent.start, extent.stop), extent.stop)
    ends = np.clip(table.ends, extent.start, extent.stop)
    reached = np.maximum.accumulate(np.append(extent.start, ends))
    return float(np.sum(np.maximum(starts - reached, 0.0)))


class SummaryPanel(QWidget):
    """Draws totals; grows with their number."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._totals: tuple[StateTotal, ...] = ()
        self._room = True
        self.setAccessibleName("Summary of states")
        self.hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_look(self, look: Look) -> None:
        """Draw with another look."""
        self._look = look
        self.updateGeometry()
        self.update()

    def show_totals(self, found: Sequence[StateTotal]) -> None:
        """Draw these from now on; without any the panel takes no room."""
        if tuple(found) == self._totals:
            return
        self._totals = tuple(found)
        self.setVisible(self._room and bool(found))
        self.updateGeometry()
        self.update()

    def set_room(self, enough: bool) -> None:
        """Give way where there is not enough room."""
        if enough != self._room:
            self._room = enough
            self.setVisible(enough and bool(self._totals))

    def sizeHint(self) -> QSize:
        """A title and a line a state."""
        return QSize(200, self._top + self._pitch * len(self._totals) + 8)

    @property
    def _pitch(self) -> int:
        return self._look.px(_PITCH)

    @property
    def _top(self) -> int:
        return self._look.px(_TOP - _TITLE_TOP) + _TITLE_TOP

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint title, names, bars and durations."""
        theme, look = self._look.theme, self._look
        painter = QPainter(self)
        painter.setPen(qcolor(theme.text))
        painter.setFont(look.font(theme.name_px, bold=True))
        left, right = 8.0, self.width() - 16.0
        vertical = Qt.AlignmentFlag.AlignVCenter
        title = QRectF(left, _TITLE_TOP, right - left, look.px(20))
        painter.drawText(title, Qt.AlignmentFlag.AlignLeft | vertical, "Summary")
        font = look.font(theme.control_px)
        metrics = QFontMetricsF(font)
        texts = [format_duration(total.seconds) for total in self._totals]
        name_width = min(
            right * 0.3,
            max((metrics.horizontalAdvance(t.name) for t in self._totals), default=0.0) + 8,
        )
        time_width = max((metrics.horizontalAdvance(text) for text in texts), default=0.0)
        bar_left, bar_right = left + name_width, right - time_width - 12
        longest = sum(t.seconds for t in self._totals) or 1.0
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for i, (total, text) in enumerate(zip(self._totals, texts, strict=True)):
            y = self._top + i * self._pitch
            name = metrics.elidedText(total.name, Qt.TextElideMode.ElideRight, name_width - 6)
            painter.setPen(qcolor(theme.text if total.color is not None else theme.dim))
            box = QRectF(left, y, name_width, self._pitch)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | vertical, name)
            painter.setPen(qcolor(theme.dim))
            box = QRectF(bar_right, y, right - bar_right, self._pitch)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | vertical, text)
            painter.setPen(Qt.PenStyle.NoPen)
            bar = QRectF(bar_left, y + 7, max(0.0, bar_right - bar_left), self._pitch - 14)
            painter.setBrush(qcolor(theme.field))
            painter.drawRoundedRect(bar, 3, 3)
            color = total.color.with_alpha(255) if total.color is not None else theme.line
            painter.setBrush(qcolor(color))
            bar.setWidth(bar.width() * min(1.0, total.seconds / longest))
            painter.drawRoundedRect(bar, 3, 3)
            edges = [(bar.left(), bar.right())]
            paint_hatch(painter, total.pattern, edges, bar.y(), bar.height(), theme.background, 1.0)
        painter.end()
