"""The one function that paints the canvas's text: names, ticks, flags, scale bars.

The window paints its gutters with it and `loupe render` its pictures, so that
both look alike. Coordinates are device pixels; the painter must not scale.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPen

from loupe.scene.frame import TextRun
from loupe.ui.look import Look, qcolor

__all__ = ["paint_texts", "text_rect"]

_PAD_X = 6.0
_PAD_Y = 2.0
_RADIUS = 4.0
_HALO = 3.0
_VEIL = 0.7
"""How much of what lies behind a text with a halo is taken back."""


def _fit(run: TextRun, metrics: QFontMetricsF) -> str:
    if run.max_width <= 0:
        return run.text
    return metrics.elidedText(run.text, Qt.TextElideMode.ElideRight, run.max_width)


def _box(run: TextRun, text: str, metrics: QFontMetricsF) -> QRectF:
    """Where the text's line box lies, in device pixels, edges whole."""
    width, height = metrics.horizontalAdvance(text), metrics.height()
    x = {"left": run.x, "center": run.x - width / 2, "right": run.x - width}[run.align]
    y = {"top": run.y, "middle": run.y - height / 2, "bottom": run.y - height}[run.valign]
    return QRectF(round(x), round(y), width, height)


def text_rect(run: TextRun, look: Look, scale: float) -> QRectF:
    """The rectangle that a run covers in device pixels, its box or halo included."""
    metrics = QFontMetricsF(look.role_font(run.role, scale))
    box = _box(run, _fit(run, metrics), metrics)
    if run.fill is not None:
        return box.adjusted(-_PAD_X * scale, -_PAD_Y * scale, _PAD_X * scale, _PAD_Y * scale)
    pad = _HALO * scale if run.halo is not None else 1.0
    return box.adjusted(-pad, -pad, pad, pad)


def paint_texts(
    painter: QPainter,
    texts: Sequence[TextRun],
    look: Look,
    scale: float,
    origin: tuple[float, float] = (0.0, 0.0),
) -> None:
    """Paint runs of text.

    Parameters
    ----------
    painter
        On a device whose pixels are device pixels.
    scale
        Device pixels a logical pixel; sizes of type, padding and halo follow it.
    origin
        Canvas position of the painter's (0, 0), device pixels.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    painter.translate(-origin[0], -origin[1])
    for run in texts:
        if not run.text:
            continue
        font = look.role_font(run.role, scale)
        metrics = QFontMetricsF(font)
        text = _fit(run, metrics)
        box = _box(run, text, metrics)
        baseline = QPointF(box.x(), round(box.y() + metrics.ascent()))
        painter.setFont(font)
        if run.fill is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(qcolor(run.fill))
            painter.drawRoundedRect(text_rect(run, look, scale), _RADIUS * scale, _RADIUS * scale)
        elif run.halo is not None:
            veil = qcolor(run.halo)
            veil.setAlphaF(_VEIL * veil.alphaF())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(veil)
            painter.drawRoundedRect(text_rect(run, look, scale), _RADIUS * scale, _RADIUS * scale)
            path = QPainterPath()
            path.addText(baseline, font, text)
            pen = QPen(qcolor(run.halo), _HALO * scale)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.strokePath(path, pen)
        painter.setPen(qcolor(run.color))
        painter.drawText(baseline, text)
    painter.restore()
