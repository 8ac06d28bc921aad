"""Pictures of an open window: PNG as seen, SVG and PDF with text as text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRectF, QSize, QSizeF
from PySide6.QtGui import (
    QImage,
    QPageSize,
    QPaintDevice,
    QPainter,
    QPdfWriter,
)
from PySide6.QtSvg import QSvgGenerator

from loupe.errors import LoupeError, LoupeRenderError
from loupe.ui.canvas_widget import PlotCanvas
from loupe.ui.look import Look, qcolor
from loupe.ui.overview_paint import OverviewModel, paint_overview
from loupe.ui.text import paint_texts
from loupe.ui.writing import write_whole

__all__ = ["FORMATS", "canvas_image", "save_canvas", "save_frame", "save_overview"]

FORMATS = "PNG (*.png);;SVG (*.svg);;PDF (*.pdf)"
"""Kinds of picture, for a file dialog."""

_DPI = 96


def canvas_image(canvas: PlotCanvas, look: Look) -> QImage:
    """The plots with their text in device pixels."""
    image = canvas.grabFramebuffer().convertToFormat(QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(1.0)
    painter = QPainter(image)
    _paint_text(painter, canvas, look)
    painter.end()
    return image


def save_canvas(canvas: PlotCanvas, look: Look, path: Path) -> None:
    """Write the plots; what the suffix says: ``.png``, ``.svg`` or ``.pdf``.

    Raises
    ------
    LoupeRenderError
        If the suffix is none of these, or the file cannot be written.
    """
    data = canvas.grabFramebuffer()
    if data.isNull():
        raise LoupeRenderError(
            "the plots are not drawn, so there is no picture to write",
            where=path.name,
            hint="Run `loupe doctor`, or draw without a window with `loupe render`.",
        )
    if path.suffix.lower() == ".png":
        _save_image(canvas_image(canvas, look), path)
        return
    data.setDevicePixelRatio(1.0)

    def paint(painter: QPainter) -> None:
        painter.drawImage(QRectF(0, 0, data.width(), data.height()), data)
        _paint_text(painter, canvas, look)

    _save_vectors(path, data.size(), paint)


def save_overview(model: OverviewModel, look: Look, path: Path, size: QSize, scale: float) -> None:
    """Write the overview, `size` device pixels large.

    Raises
    ------
    LoupeRenderError
        As `save_canvas`.
    """
    rect = QRectF(0, 0, size.width(), size.height())
    if path.suffix.lower() == ".png":
        image = QImage(size, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        paint_overview(painter, rect, model, look, scale)
        painter.end()
        _save_image(image, path)
        return
    _save_vectors(path, size, lambda painter: paint_overview(painter, rect, model, look, scale))


def save_frame(rgb: npt.NDArray[np.uint8], path: Path) -> None:
    """Write a frame of a video as ``.png``, pixel by pixel; from any thread.

    Parameters
    ----------
    rgb
        ``(h, w, 3)``, C-contiguous.

    Raises
    ------
    LoupeRenderError
        As `save_canvas`.
    """
    if path.suffix.lower() != ".png":
        raise LoupeRenderError(
            f"`{path.name}` is no kind of picture that a frame can be written as",
            hint="Give the name the ending .png.",
            code="render-format",
        )
    height, width, _ = rgb.shape
    _save_image(QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888), path)


def _paint_text(painter: QPainter, canvas: PlotCanvas, look: Look) -> None:
    frame = canvas.frame
    if frame is None:
        return
    scale = canvas.viewport.scale
    if frame.cursor is not None:
        x, top, bottom, color = frame.cursor
        painter.fillRect(QRectF(round(x), top, max(1, round(scale)), bottom - top), qcolor(color))
    paint_texts(painter, frame.texts, look, scale)


def _save_vectors(path: Path, size: QSize, paint: Callable[[QPainter], None]) -> None:
    """Write an SVG or a PDF whose units are device pixels."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    device: QPaintDevice
    if path.suffix.lower() == ".svg":
        device = svg = QSvgGenerator()
        svg.setOutputDevice(buffer)
        svg.setSize(size)
        svg.setViewBox(QRectF(0, 0, size.width(), size.height()))
        svg.setTitle("Loupe")
    elif path.suffix.lower() == ".pdf":
        device = pdf = QPdfWriter(buffer)
        pdf.setResolution(_DPI)
        points = QSizeF(size.width() * 72 / _DPI, size.height() * 72 / _DPI)
        pdf.setPageSize(QPageSize(points, QPageSize.Unit.Point))
        pdf.setPageMargins(QMarginsF(0, 0, 0, 0))
    else:
        raise LoupeRenderError(
            f"`{path.name}` is no kind of picture that can be written",
            hint="Give the name an ending: .png, .svg or .pdf.",
            code="render-format",
        )
    painter = QPainter()
    if not painter.begin(device):
        raise _unwritable(path)
    paint(painter)
    painter.end()
    _write(path, buffer)


def _save_image(image: QImage, path: Path) -> None:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    kind = path.suffix.lower().removeprefix(".").upper()
    if not image.save(buffer, kind):  # type: ignore[call-overload]  # its stub knows bytes only
        raise _unwritable(path)
    _write(path, buffer)


def _write(path: Path, buffer: QBuffer) -> None:
    """Write the picture beside what is there, and put it in its place."""
    try:
        write_whole(path, bytes(buffer.data().data()))
    except LoupeError as error:
        raise _unwritable(path) from error


def _unwritable(path: Path) -> LoupeRenderError:
    return LoupeRenderError(
        f"the picture cannot be written to {path}",
        hint="Choose a folder that exists and can be written to.",
        code="render-write",
    )
