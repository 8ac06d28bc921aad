"""The status line: where the cursor is, what is there, what the pointer is on, what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from loupe.ui.aloud import announce
from loupe.ui.elided import ElidedLabel
from loupe.ui.hatch import paint_hatch
from loupe.ui.look import Look, qcolor
from loupe.units import Rgba

__all__ = ["StatusLine", "StatusView"]


@dataclass(frozen=True, slots=True)
class StatusView:
    """Texts of the status line.

    Attributes
    ----------
    label, label_color
        State and note at the cursor; None is no swatch.
    offer
        What the selection offers, or the last message.
    pixel
        What a pixel stands for.
    label_pattern
        Number of the pattern of the state; 0 is plain.
    """

    time: str
    label: str
    label_color: Rgba | None
    offer: str
    pixel: str
    label_pattern: int = 0


class _Swatch(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.color: Rgba | None = None
        self.pattern = 0
        self.ground: Rgba | None = None
        self.setFixedSize(QSize(12, 12))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.color is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(qcolor(self.color.with_alpha(255)))
        painter.drawRoundedRect(QRectF(1, 1, 10, 10), 2, 2)
        if self.ground is not None:
            paint_hatch(painter, self.pattern, [(1.0, 11.0)], 1.0, 10.0, self.ground, 1.0)
        painter.end()


class StatusLine(QFrame):
    """Shows a `StatusView` and, apart from it, what the pointer is on."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusbar")
        self._time = QLabel()
        self._time.setProperty("role", "time")
        self._time.setAccessibleName("Time of the cursor")
        self._swatch = _Swatch()
        self._label = ElidedLabel("text", stretch=True)
        self._hover = ElidedLabel("dim", stretch=True)
        self._hover.setAccessibleName("Value under the pointer")
        self._offer = ElidedLabel("dim", stretch=True)
        self._offer.setAccessibleName("Message")
        self._pixel = ElidedLabel("dim", stretch=True)
        self._pixel.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 16, 4)
        row.setSpacing(8)
        row.addWidget(self._time)
        row.addSpacing(12)
        row.addWidget(self._swatch)
        for widget, share in (
            (self._label, 3),
            (self._hover, 4),
            (self._offer, 6),
            (self._pixel, 4),
        ):
            row.addWidget(widget, share)
        self.set_look(look)

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(600, 36)

    def set_look(self, look: Look) -> None:
        """Fit the time to another look's digits, and the swatch to its ground."""
        self._swatch.ground = look.theme.panel
        metrics = QFontMetrics(look.font(look.theme.control_px, bold=True, numbers=True))
        self._time.setMinimumWidth(metrics.horizontalAdvance("00:00:00.000") + 4)

    def show_view(self, view: StatusView) -> None:
        """Show these texts."""
        self._time.setText(view.time)
        self._set(self._label, view.label, aloud=True)
        self._set(self._offer, view.offer, aloud=True)
        self._set(self._pixel, view.pixel)
        if (self._swatch.color, self._swatch.pattern) != (view.label_color, view.label_pattern):
            self._swatch.color = view.label_color
            self._swatch.pattern = view.label_pattern
            self._swatch.update()

    def show_hover(self, text: str) -> None:
        """Show what the pointer is on."""
        self._set(self._hover, text)

    @property
    def offer(self) -> str:
        """The message or offer that is shown."""
        return self._offer.text()

    @staticmethod
    def _set(label: QLabel, text: str, *, aloud: bool = False) -> None:
        if label.text() != text:
            label.setText(text)
            label.setToolTip(text)
            if aloud:
                announce(label, text)
