"""Draws a session without any display: `loupe render`, to a picture or to a clip.

The plots come from the renderer in an EGL context, the text from the same
painter as the window's, the overview from the same function as the panel's,
the videos from the same exact reader. What moves in a clip (cursor, its flag,
video frames) is painted over a copy of what stays.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QGuiApplication, QImage, QPainter

from loupe.app.commands import SetCursor
from loupe.app.still import Still, still
from loupe.data.catalog import Catalog
from loupe.errors import LoupeError, LoupeRenderError
from loupe.scene.frame import Frame, TextRun
from loupe.scene.layout import Viewport
from loupe.scene.timeaxis import choose_clock, format_time
from loupe.scene.videos import video_spec
from loupe.ui.desk import Desk
from loupe.ui.look import Look, look_for, qcolor
from loupe.ui.overview_paint import paint_overview
from loupe.ui.text import paint_texts
from loupe.ui.views import overview_model
from loupe.units import Seconds
from loupe.video.opened import OpenVideo, open_video
from loupe.video.reader import FrameReader

if TYPE_CHECKING:
    from loupe.scene.compile import Progress
    from loupe.session.model import Session

__all__ = ["Stage", "View", "render_clip", "render_image", "render_session", "staged"]

OVERVIEW = 120
"""Height of the overview under the plots, logical pixels."""

PANEL_SHARE = 0.26
"""Share of the width that videos take when there are any."""

GAP = 8


@dataclass(frozen=True, slots=True)
class View:
    """What part of a session to draw, and how.

    Attributes
    ----------
    size
        Logical width and height.
    scale
        Device pixels a logical pixel.
    start, window
        Left edge and length in seconds; the session's by default.
    theme
        "dark" or "light"; the session's by default.
    """

    size: tuple[int, int] = (1600, 1000)
    scale: float = 1.0
    start: float | None = None
    window: float | None = None
    theme: str | None = None
    allow_remote: bool = False


def render_session(
    session: Session, out: Path, view: View | None = None, *, progress: Progress | None = None
) -> Path:
    """Draw a session and write the picture.

    Parameters
    ----------
    out
        A PNG file; written beside its place and moved there, so that it is whole or absent.

    Raises
    ------
    LoupeRenderError
        If there is no way to draw here, or the file cannot be written.
    LoupeError
        If labels cannot be read.
    """
    image = render_image(session, view, progress=progress)
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
    session: Session, view: View | None = None, *, progress: Progress | None = None
) -> QImage:
    """Draw one view of a session.

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
    with staged(session, view or View(), progress) as stage:
        shown = session.view.cursor is not None or bool(stage.screens)
        return stage.image(stage.picture.store.state.cursor if shown else None)


def render_clip(
    session: Session,
    out: Path,
    view: View | None = None,
    *,
    speed: float = 1.0,
    fps: float = 30.0,
    progress: Callable[[int, int, str], None] = lambda done, total, name: None,
) -> Path:
    """Write a clip: the plots with a moving cursor, and the videos beside them.

    Parameters
    ----------
    out
        An mp4 file.
    speed
        Seconds of the recording that pass in a second of the clip.
    fps
        Frames a second of the clip.
    progress
        Told of (frames done, in all, "").

    Raises
    ------
    LoupeRenderError
        If there is neither EGL nor a font.
    LoupeError
        If labels cannot be read, or the clip cannot be written.
    """
    from loupe.video.write import VideoWriter

    with staged(session, view or View(), None) as stage:
        window = stage.picture.store.state.window
        n = max(1, round(window.length / speed * fps))
        with VideoWriter(out, stage.size, fps) as writer:
            for i in range(n):
                progress(i, n, out.name)
                t = window.start + i * speed / fps
                writer.write(_rgb(stage.image(t)))
    return out


@dataclass(eq=False)
class _Screen:
    """Where a video is painted, and how its frames are read."""

    name: str
    rect: QRectF
    video: OpenVideo | None = None
    reader: FrameReader | None = None
    problem: str = ""


@dataclass(eq=False)
class Stage:
    """A settled picture of a session, for any cursor.

    Attributes
    ----------
    size
        Device pixels.
    base
        What stays: plots, gutters, overview; times of the axis make way for the cursor's flag.
    """

    picture: Still
    look: Look
    size: tuple[int, int]
    scale: float
    base: QImage
    screens: list[_Screen]

    def image(self, cursor: Seconds | None) -> QImage:
        """The picture with the cursor at a time, or without one."""
        image = self.base.copy()
        painter = QPainter(image)
        frame = self._frame(cursor)
        if frame.cursor is not None:
            x, top, bottom, color = frame.cursor
            line = max(1, round(self.scale))
            painter.fillRect(round(x), top, line, bottom - top, qcolor(color))
        times = [run for run in frame.texts if run.area == "axis"]
        paint_texts(painter, times, self.look, self.scale)
        for screen in self.screens:
            self._paint_video(painter, screen, cursor)
        painter.end()
        return image

    def _frame(self, cursor: Seconds | None) -> Frame:
        if cursor is None:
            return self.picture.presenter.without_cursor()
        self.picture.store.dispatch(SetCursor(cursor))
        return self.picture.presenter.frame

    def _time_text(self, t: Seconds) -> str:
        """A time as the window writes it."""
        state, origin = self.picture.store.state, self.picture.presenter.scene.origin
        clock = choose_clock(state.view.clock, state.extent, origin)
        return format_time(t, clock, digits=2, origin=origin)

    def _paint_video(self, painter: QPainter, screen: _Screen, cursor: Seconds | None) -> None:
        theme, rect = self.look.theme, screen.rect
        painter.fillRect(rect, qcolor(theme.video))
        caption = f"{screen.name}: {screen.problem}" if screen.problem else screen.name
        if screen.reader is not None and screen.video is not None and cursor is not None:
            number = screen.video.timeline.frame_at(cursor)
            found = None if number is None else screen.reader.get(number)
            if number is None:
                caption = f"{screen.name}: no frame at this time"
            elif found is None:
                caption = f"{screen.name}: frame {number} cannot be decoded"
            else:
                pixels = found.rgb((int(rect.width()), int(rect.height())))
                frame = _image(pixels, QImage.Format.Format_RGB888)
                left = rect.x() + (rect.width() - frame.width()) / 2
                top = rect.y() + (rect.height() - frame.height()) / 2
                painter.drawImage(QPointF(round(left), round(top)), frame)
                time = self._time_text(float(screen.video.timeline.times[number]))
                caption = f"{screen.name} · frame {number} · {time}"
        run = TextRun(
            caption,
            rect.x() + GAP * self.scale,
            rect.bottom() - GAP * self.scale,
            theme.text if theme.name == "dark" else theme.panel,
            valign="bottom",
            role="note",
            area="plot",
            halo=theme.video,
            max_width=int(rect.width() - 2 * GAP * self.scale),
        )
        paint_texts(painter, [run], self.look, self.scale)


@contextmanager
def staged(session: Session, view: View, progress: Progress | None) -> Iterator[Stage]:
    """Open a session, draw what stays, and close everything afterwards.

    Raises
    ------
    LoupeRenderError
        If there is neither EGL nor a font.
    LoupeError
        If labels cannot be read.
    """
    # The offscreen renderer makes its context before Qt is asked for anything.
    from loupe.render.offscreen import render_frame

    scale = view.scale
    width, height = (max(1, round(side * scale)) for side in view.size)
    overview = round(OVERVIEW * scale) if session.labels and session.view.hypnogram else 0
    videos = [v for v in session.videos if v.visible]
    panel = round(width * PANEL_SHARE) if videos else 0
    picture = still(
        session,
        Viewport(width - panel, max(1, height - overview), scale),
        start=view.start,
        window=view.window,
        theme=view.theme,
        allow_remote=view.allow_remote,
        progress=progress,
    )
    screens: list[_Screen] = []
    try:
        frame = picture.presenter.frame
        with _gui():
            look = look_for(picture.presenter.theme.name, session.view.font_scale)
            base = QImage(width, height, QImage.Format.Format_RGB32)
            base.fill(qcolor(look.theme.background))
            painter = QPainter(base)
            painter.drawImage(0, 0, _image(render_frame(frame), QImage.Format.Format_RGBX8888))
            paint_texts(painter, [t for t in frame.texts if t.area != "axis"], look, scale)
            if overview:
                place = QRectF(0, height - overview, width, overview)
                _paint_overview(painter, picture, look, place)
            painter.end()
            room = QRectF(width - panel, 0, panel, height - overview)
            screens += _screens(session, room, scale, picture.presenter.scene.origin)
            yield Stage(picture, look, (width, height), scale, base, screens)
    finally:
        for screen in screens:
            if screen.reader is not None:
                screen.reader.close()
        picture.presenter.close()


def _screens(
    session: Session, room: QRectF, scale: float, origin: datetime | None
) -> list[_Screen]:
    """Places of the visible videos, one below the other by their stretch, each opened."""
    shown = [(i, v) for i, v in enumerate(session.videos) if v.visible]
    weights = [
        float(v.stretch if v.stretch is not None else (3 if i == 0 else 2)) or 1.0 for i, v in shown
    ]
    gap = GAP * scale
    free = room.height() - gap * (len(shown) + 1)
    screens, y = [], room.y() + gap
    catalog = Catalog(session.base)
    for (i, video), weight in zip(shown, weights, strict=True):
        height = max(1.0, free * weight / sum(weights))
        name = video.name or f"Video {i + 1}"
        rect = QRectF(round(room.x() + gap), round(y), round(room.width() - 2 * gap), round(height))
        y += height + gap
        try:
            opened = open_video(video_spec(video, name, catalog, origin))
            screens.append(_Screen(name, rect, opened, FrameReader(opened)))
        except LoupeError as error:
            screens.append(_Screen(name, rect, problem=error.message))
    return screens


def _image(pixels: npt.NDArray[np.uint8], kind: QImage.Format) -> QImage:
    """Pixels ``(H, W, n)`` as a picture that owns them."""
    solid = np.ascontiguousarray(pixels)
    height, width, n = solid.shape
    return QImage(solid.data, width, height, width * n, kind).copy()


def _rgb(image: QImage) -> npt.NDArray[np.uint8]:
    """A picture as ``(H, W, 3)`` uint8."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    width, height = plain.width(), plain.height()
    lines = np.frombuffer(plain.constBits(), dtype=np.uint8).reshape(height, plain.bytesPerLine())
    # A copy: the picture's memory goes with it.
    return lines[:, : width * 3].reshape(height, width, 3).copy()


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
        # Kept until the process ends: Qt does not survive a second application.
        _APPS.append(QGuiApplication(["loupe"]))
        yield
    finally:
        if before is None:
            os.environ.pop("QT_QPA_PLATFORM", None)
        else:
            os.environ["QT_QPA_PLATFORM"] = before


_APPS: list[QGuiApplication] = []
