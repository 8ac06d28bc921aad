"""Patterns of states where Qt paints: overview, summary, swatches. See `loupe.scene.hatch`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QLineF, Qt
from PySide6.QtGui import QPainter, QPen

from loupe.scene.hatch import BAR_INK_ALPHA, BAR_PITCH, strokes
from loupe.ui.look import qcolor
from loupe.units import Rgba

__all__ = ["paint_hatch"]


def paint_hatch(
    painter: QPainter,
    number: int,
    bars: Sequence[tuple[float, float]],
    y: float,
    height: float,
    ground: Rgba,
    scale: float,
    *,
    origin: float = 0.0,
) -> None:
    """Draw a state's pattern on full-coloured bars, as lines that stay lines in SVG and PDF.

    Parameters
    ----------
    number
        The state's, see `loupe.scene.hatch.state_patterns`; 0 is plain.
    bars
        Left and right edges.
    ground
        Colour of the lines: what lies behind the bars.
    origin
        A place where an upright line stands.
    """
    if not number or not bars:
        return
    edges = np.asarray(bars, dtype=np.float64)
    pitch, width = max(round(BAR_PITCH * scale), 2), max(round(scale), 1)
    middle = origin + width / 2
    found = strokes(number, edges[:, 0], edges[:, 1], y, y + height, pitch, middle)
    pen = QPen(qcolor(ground.with_alpha(BAR_INK_ALPHA)), width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen)
    painter.drawLines([QLineF(*line) for line in found.tolist()])
    painter.restore()
