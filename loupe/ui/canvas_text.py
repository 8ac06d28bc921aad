"""Small transparent widgets over the canvas: gutters, axis, texts in plots, the cursor.

Each keeps a picture of its text and paints it again only when a text in it
changed. The cursor is a 3 px widget of its own, so that moving it draws no
plot. Never one sheet over the whole canvas: that would cost a full composition
for every change.
"""

from __future__ import annotations

import math
from collections import Counter

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from loupe.scene.frame import Frame, TextRun
from loupe.scene.layout import Layout
from loupe.ui.look import Look, qcolor
from loupe.ui.text import paint_texts, text_rect
from loupe.units import Rgba

__all__ = ["CanvasOverlay", "CursorLine", "TextPatch"]

_MOST_PLOT_TEXTS = 160


class TextPatch(QWidget):
    """Text in a rectangle of the canvas, painted once and then blitted."""

    def __init__(self, parent: QWidget, counts: Counter[str]) -> None:
        super().__init__(parent)
        self._counts = counts
        self._key: object = None
        self._image = QImage()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def show_texts(
        self, runs: tuple[TextRun, ...], rect: tuple[int, int, int, int], look: Look, scale: float
    ) -> None:
        """Show runs inside `rect` (x, y, w, h in device pixels of the canvas)."""
        x, y, w, h = rect
        if not runs or w < 1 or h < 1:
            self._key = None
            self.hide()
            return
        geometry = QRect(
            math.floor(x / scale), math.floor(y / scale), math.ceil(w / scale), math.ceil(h / scale)
        )
        key = (runs, rect, look, scale)
        if key != self._key:
            self._key = key
            width, height = round(geometry.width() * scale), round(geometry.height() * scale)
            kind = QImage.Format.Format_ARGB32_Premultiplied
            image = QImage(max(1, width), max(1, height), kind)
            image.fill(Qt.GlobalColor.transparent)
            painter = QPainter(image)
            origin = (round(geometry.x() * scale), round(geometry.y() * scale))
            paint_texts(painter, runs, look, scale, origin)
            painter.end()
            image.setDevicePixelRatio(scale)
            self._image = image
            self._counts["text_pictures"] += 1
            self.update()
        if geometry != self.geometry():
            self.setGeometry(geometry)
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Blit the picture."""
        painter = QPainter(self)
        painter.drawImage(0, 0, self._image)
        painter.end()


class CursorLine(QWidget):
    """The vertical line of the cursor (and of the pointer), one logical pixel wide."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._color = Rgba(0, 0, 0, 0)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.hide()

    def place(self, cursor: tuple[float, int, int, Rgba] | None, scale: float) -> None:
        """Stand at (x, y0, y1, colour) in device pixels, or hide."""
        if cursor is None:
            self.hide()
            return
        x, y0, y1, color = cursor
        geometry = QRect(
            math.floor(x / scale) - 1, round(y0 / scale), 3, max(1, round((y1 - y0) / scale))
        )
        if geometry != self.geometry():
            self.setGeometry(geometry)
        if color != self._color:
            self._color = color
            self.update()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill the middle pixel."""
        painter = QPainter(self)
        painter.fillRect(QRectF(1, 0, 1, self.height()), qcolor(self._color))
        painter.end()


class CanvasOverlay:
    """All texts and the cursor of a frame as widgets over `parent`."""

    def __init__(self, parent: QWidget, counts: Counter[str]) -> None:
        self._parent = parent
        self._counts = counts
        self._areas = {name: TextPatch(parent, counts) for name in ("left", "right", "axis")}
        self._plot: list[TextPatch] = []
        self._cursor = CursorLine(parent)

    def show_frame(self, frame: Frame, layout: Layout, look: Look) -> None:
        """Show the texts and the cursor of a frame that was built for this layout."""
        width, height = frame.size
        scale = layout.viewport.scale
        axis = layout.axis
        rects = {
            "left": (0, 0, layout.area.x, axis.y),
            "right": (layout.area.right, 0, width - layout.area.right, axis.y),
            "axis": (0, axis.y, width, height - axis.y),
        }
        runs: dict[str, list[TextRun]] = {"left": [], "right": [], "axis": [], "plot": []}
        for run in frame.texts:
            runs[run.area].append(run)
        for name, patch in self._areas.items():
            patch.show_texts(tuple(runs[name]), rects[name], look, scale)
        self._show_plot_texts(runs["plot"][:_MOST_PLOT_TEXTS], look, scale)
        self._cursor.place(frame.cursor, scale)
        self._cursor.raise_()
        self._areas["axis"].raise_()

    def _show_plot_texts(self, runs: list[TextRun], look: Look, scale: float) -> None:
        while len(self._plot) < len(runs):
            self._plot.append(TextPatch(self._parent, self._counts))
        for patch, run in zip(self._plot, runs, strict=False):
            box = text_rect(run, look, scale).toAlignedRect()
            patch.show_texts((run,), (box.x(), box.y(), box.width(), box.height()), look, scale)
        for patch in self._plot[len(runs) :]:
            patch.hide()
