"""Draws a session into a picture without any display: `loupe render`.

The plots come from the renderer in an EGL context, the text from the same
painter as the window's, the overview from the same function as the panel's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF
from PySide6.QtGui import QGuiApplication, QImage, QPainter

from loupe.app.still import Still, still
from loupe.errors import LoupeRenderError
from loupe.scene.frame import Frame
from loupe.scene.layout import Viewport
from loupe.ui.desk import Desk
from loupe.ui.look import Look, look_for
from loupe.ui.overview_paint import paint_overview
from loupe.ui.text import paint_texts
from loupe.ui.views import overview_model

if TYPE_CHECKING:
    from loupe.scene.compile import Progress
    from loupe.session.model import Session

__all__ = ["compose", "image_of", "render_image", "render_session"]

OVERVIEW = 120
"""Height of the overview under the plots, logical pixels."""


def render_session(session: Session, out: Path, **view: object) -> Path:
    """Draw a session and write the picture.

    Parameters
    ----------
    out
        A PNG file; written beside its place and moved there, so that it is whole or absent.
    view
        As `render_image`.

    Raises
    ------
    LoupeRenderError
        If there is no way to draw here, or the file cannot be written.
    """
    image = render_image(session, **view)  # type: ignore[arg-type]  # checked by render_image
    part = out.with_name(f".{out.name}.part")
    if not out.parent.is_dir() or not image.save(str(part), "PNG"):  # type: ignore[call-overload]  # PySide's stubs want bytes
        raise LoupeRenderError(
            f"the picture cannot be written to {out}",
            hint="check that the folder exists and can be written to",
            code="render-write",
        )
    os.replace(part, out)
    return out


def render_image(
    session: Session,
    *,
    size: tuple[int, int] = (1600, 1000),
    scale: float = 1.0,
    start: float | None = None,
    window: float | None = None,
    theme: str | None = None,
    allow_remote: bool = False,
    progress: Progress | None = None,
) -> QImage:
    """Draw one view of a session.

    Parameters
    ----------
    size
        Logical width and height.
    scale
        Device pixels a logical pixel.
    start, window
        Left edge and length in seconds; the session's by default.
    theme
        "dark" or "light"; the session's by default.

    Returns
    -------
    QImage
        ``size * scale`` pixels.

    Raises
    ------
    LoupeRenderError
        If there is neither EGL nor a font.
    LoupeError
        If labels cannot be read.
    """
    # The offscreen renderer makes its context before Qt is asked for anything.
    from loupe.render.offscreen import render_frame

    width, height = (max(1, round(side * scale)) for side in size)
    overview = round(OVERVIEW * scale) if session.labels and session.view.hypnogram else 0
    viewport = Viewport(width, max(1, height - overview), scale)
    picture = still(
        session,
        viewport,
        start=start,
        window=window,
        theme=theme,
        allow_remote=allow_remote,
        progress=progress,
        show_cursor=session.view.cursor is not None,
    )
    try:
        frame = picture.presenter.frame
        pixels = render_frame(frame)
        with _gui():
            look = look_for(picture.presenter.theme.name, session.view.font_scale)
            image = QImage(width, height, QImage.Format.Format_RGB32)
            painter = QPainter(image)
            painter.drawImage(0, 0, image_of(pixels))
            compose(painter, frame, look, scale)
            if overview:
                _paint_overview(
                    painter, picture, look, QRectF(0, height - overview, width, overview)
                )
            painter.end()
    finally:
        picture.presenter.close()
    return image


def image_of(pixels: npt.NDArray[np.uint8]) -> QImage:
    """Opaque pixels ``(H, W, 4)`` as a picture that owns them."""
    solid = np.ascontiguousarray(pixels)
    height, width = solid.shape[:2]
    image = QImage(solid.data, width, height, width * 4, QImage.Format.Format_RGBX8888)
    return image.copy()


def compose(painter: QPainter, frame: Frame, look: Look, scale: float) -> None:
    """Paint what a frame holds besides panels: the cursor's line and all text."""
    if frame.cursor is not None:
        from loupe.ui.look import qcolor

        x, top, bottom, color = frame.cursor
        line = max(1, round(scale))
        painter.fillRect(round(x), top, line, bottom - top, qcolor(color))
    paint_texts(painter, frame.texts, look, scale)


def _paint_overview(painter: QPainter, picture: Still, look: Look, rect: QRectF) -> None:
    presenter, store = picture.presenter, picture.store
    states = presenter.scene.session.states
    desk = Desk(presenter.scene, store, (), states, look, store.dispatch)
    layout = presenter.layout
    scale = layout.viewport.scale
    paint_overview(painter, rect, overview_model(desk, layout.area.x / scale), look, scale)


@contextmanager
def _gui() -> Iterator[None]:
    """A Qt application for fonts and painting; made without a display where there is none yet."""
    if QGuiApplication.instance() is not None:
        yield
        return
    before = os.environ.get("QT_QPA_PLATFORM")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        app = QGuiApplication(["loupe"])
        yield
        # Kept until the process ends: Qt does not survive a second application.
        _APPS.append(app)
    finally:
        if before is None:
            os.environ.pop("QT_QPA_PLATFORM", None)
        else:
            os.environ["QT_QPA_PLATFORM"] = before


_APPS: list[QGuiApplication] = []
