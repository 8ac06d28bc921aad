"""Paints the few signs of the top bar: fonts differ in which of them they have."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap, QPolygonF

from loupe.ui.look import qcolor
from loupe.units import Rgba

__all__ = ["transport_icon"]

_SIDE = 16
_SHARPNESS = 4


def transport_icon(kind: Literal["play", "pause"], color: Rgba) -> QIcon:
    """The sign for playing or pausing, 16 logical pixels, sharp up to a scale of four."""
    pixmap = QPixmap(_SIDE * _SHARPNESS, _SIDE * _SHARPNESS)
    pixmap.setDevicePixelRatio(_SHARPNESS)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(qcolor(color))
    if kind == "play":
        painter.drawPolygon(QPolygonF([QPointF(4, 3), QPointF(13, 8), QPointF(4, 13)]))
    else:
        painter.drawRect(QRectF(4, 3, 3, 10))
        painter.drawRect(QRectF(9.5, 3, 3, 10))
    painter.end()
    return QIcon(pixmap)
