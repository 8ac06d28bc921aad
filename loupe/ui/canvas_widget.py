"""The one GL surface of the window: shows frames, hands input on, decides nothing.

A frame costs one repaint, and only what changed: panels (GL), texts (pictures
in small widgets over the surface), cursor (a widget of 3 px).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QResizeEvent,
    QSurfaceFormat,
    QWheelEvent,
)
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QSizePolicy, QWidget

from loupe.app.gestures import Gesture, Leave
from loupe.errors import LoupeRenderError
from loupe.render.canvas import GLRenderer
from loupe.render.host import GlooHost
from loupe.scene.frame import Frame
from loupe.scene.layout import Layout, Viewport
from loupe.ui.canvas_text import CanvasOverlay
from loupe.ui.gestures import from_mouse, from_native, from_wheel
from loupe.ui.look import Look
from loupe.ui.same import same_panels

__all__ = ["PlotCanvas"]


class PlotCanvas(QOpenGLWidget):
    """Shows frames of device pixels and reports input in device pixels.

    Signals
    -------
    resized(object)
        The new `Viewport`.
    context_wanted(float, float, object)
        A context menu at a canvas position (device pixels) and its global position.

    Attributes
    ----------
    counts
        What was done since the start: ``gl_frames``, ``text_pictures``, ``shown``; for tests.
    """

    resized = Signal(object)
    context_wanted = Signal(float, float, object)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        surface = QSurfaceFormat()
        surface.setSamples(0)
        surface.setDepthBufferSize(0)
        surface.setStencilBufferSize(0)
        surface.setAlphaBufferSize(0)
        self.setFormat(surface)
        # The surface keeps its picture, so that what moves over it (the cursor) draws no plot.
        self.setUpdateBehavior(QOpenGLWidget.UpdateBehavior.PartialUpdate)
        self._stale = True
        self.counts: Counter[str] = Counter()
        self._look = look
        self._frame: Frame | None = None
        self._layout: Layout | None = None
        self._host: GlooHost | None = None
        self._renderer: GLRenderer | None = None
        self._failure: LoupeRenderError | None = None
        self._overlay = CanvasOverlay(self, self.counts)
        self._hint = QLabel(self)
        self._hint.setProperty("role", "dim")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._hint.hide()
        self._ring = QFrame(self)
        self._ring.setObjectName("focusring")
        self._ring.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._ring.hide()
        self._on_input: Callable[[Gesture], None] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(320, 160))
        self.setAccessibleName("Plots")
        self.setAccessibleDescription("Rows of data over time; the status line reads them out")

    @property
    def viewport(self) -> Viewport:
        """Size in device pixels and their ratio."""
        scale = self.devicePixelRatioF()
        return Viewport(
            max(1, round(self.width() * scale)), max(1, round(self.height() * scale)), scale
        )

    @property
    def frame(self) -> Frame | None:
        """The frame that is shown."""
        return self._frame

    @property
    def failure(self) -> LoupeRenderError | None:
        """Why nothing can be drawn; None while it works."""
        return self._failure

    def on_input(self, handle: Callable[[Gesture], None]) -> None:
        """Give every gesture to `handle`."""
        self._on_input = handle

    def set_look(self, look: Look) -> None:
        """Paint texts with another look."""
        self._look = look
        if self._frame is not None and self._layout is not None:
            self._overlay.show_frame(self._frame, self._layout, look)

    def set_hint(self, text: str) -> None:
        """Say what to do in the middle of an empty canvas; "" shows nothing."""
        self._hint.setText(text)
        self._hint.setVisible(bool(text))
        self._hint.setGeometry(self.rect())

    def show_frame(self, frame: Frame, layout: Layout) -> None:
        """Show a frame; the surface is drawn again only if panels changed."""
        before, self._frame, self._layout = self._frame, frame, layout
        self.counts["shown"] += 1
        if before is None or not same_panels(before, frame):
            self._stale = True
            self.update()
        self._overlay.show_frame(frame, layout, self._look)

    def initializeGL(self) -> None:
        """Make the renderer in the surface's context; also after the context was lost."""
        self._stale = True
        self._failure = None
        try:
            self._host = GlooHost(self.defaultFramebufferObject)
            self._host.make_current()
            self._renderer = GLRenderer()
        except (LoupeRenderError, RuntimeError) as error:
            self._failure = LoupeRenderError(
                f"OpenGL does not work here: {error}",
                hint="Run `loupe doctor`, or draw without a window with `loupe render`.",
            )
        context = self.context()
        if context is not None:
            context.aboutToBeDestroyed.connect(self.release, Qt.ConnectionType.DirectConnection)

    def resizeGL(self, width: int, height: int) -> None:
        """Draw anew: the surface of the new size is empty."""
        self._stale = True

    def paintGL(self) -> None:
        """Draw the frame's panels, unless the surface shows them already."""
        if self._renderer is None or self._host is None or not self._stale:
            return
        self._stale = False
        self.counts["gl_frames"] += 1
        self._host.make_current()
        self._failure = None
        viewport = self.viewport
        # What cannot be drawn leaves the rest of the picture as it is.
        try:
            if self._frame is not None:
                self._renderer.apply(self._frame)
        except LoupeRenderError as error:
            self._failure = error
        try:
            self._renderer.draw(viewport.width, viewport.height)
        except LoupeRenderError as error:
            self._failure = error
        self._host.flush()

    def release(self) -> None:
        """Give the renderer's textures and buffers back while the context lives."""
        if self._renderer is None or self._host is None:
            return
        self.makeCurrent()
        self._host.make_current()
        self._renderer.close()
        self._host.close()
        self._renderer = self._host = None
        self.doneCurrent()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for a frame of the new size."""
        super().resizeEvent(event)
        self._hint.setGeometry(self.rect())
        self._ring.setGeometry(0, 0, self.width(), 2)
        self.resized.emit(self.viewport)

    def event(self, event: QEvent) -> bool:
        """Ask for a frame of the new scale on another screen; hand pinches on."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self.resized.emit(self.viewport)
        if isinstance(event, QNativeGestureEvent):
            self._input(from_native(event, self.devicePixelRatioF()))
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the keys go here when they came here by the keyboard."""
        by_key = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self._ring.setVisible(event.reason() in by_key)
        self._ring.raise_()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keys go elsewhere."""
        self._ring.hide()

    def _input(self, gesture: Gesture | None) -> None:
        if gesture is not None and self._on_input is not None:
            self._on_input(gesture)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Hand the press on."""
        self._input(from_mouse(event, self.devicePixelRatioF()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Hand the move on."""
        self._input(from_mouse(event, self.devicePixelRatioF()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Hand the release on."""
        self._input(from_mouse(event, self.devicePixelRatioF()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Hand the double click on."""
        self._input(from_mouse(event, self.devicePixelRatioF()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Hand the turn on."""
        self._input(from_wheel(event, self.devicePixelRatioF()))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Say that the pointer is gone."""
        if not QApplication.mouseButtons():
            self._input(Leave())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for a menu about what is there."""
        scale = self.devicePixelRatioF()
        at = QPointF(event.pos()) * scale
        self.context_wanted.emit(at.x(), at.y(), event.globalPos())
