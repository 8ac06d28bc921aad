"""The overview panel: click to jump, drag the window's frame; costs one blit while it is still."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from loupe.ui.look import Look
from loupe.ui.overview_paint import (
    OverviewModel,
    OverviewPlace,
    paint_overview,
    place_overview,
    same_overview,
)
from loupe.units import Seconds

__all__ = ["OverviewPanel"]

_GRAB_PX = 5.0


class OverviewPanel(QWidget):
    """Shows an `OverviewModel`; says where the user wants to be.

    Signals
    -------
    jumped(float)
        A time was clicked; the window should be centred there, cursor too.
    moved(float)
        The window's frame was dragged; the new start in seconds.
    """

    jumped = Signal(float)
    moved = Signal(float)

    def __init__(
        self, look: Look, page: Callable[[int], None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._page = page
        self._model: OverviewModel | None = None
        self._grabbed: Seconds | None = None
        self._held: OverviewPlace | None = None
        self.setAccessibleName("Overview of the recording")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumHeight(44)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def sizeHint(self) -> QSize:
        """Room for three lanes and an axis."""
        return QSize(800, 138)

    def set_look(self, look: Look) -> None:
        """Draw with another look."""
        self._look = look
        self.update()

    def show_model(self, model: OverviewModel) -> None:
        """Draw this from now on."""
        before, self._model = self._model, model
        if before is None or not same_overview(before, model):
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint in device pixels, so that bars and lines are crisp at every scale."""
        if self._model is None:
            return
        scale = self.devicePixelRatioF()
        painter = QPainter(self)
        painter.scale(1 / scale, 1 / scale)
        rect = QRectF(0, 0, self.width() * scale, self.height() * scale)
        paint_overview(painter, rect, self._model, self._look, scale)
        painter.end()

    def _place(self) -> OverviewPlace | None:
        if self._model is None:
            return None
        return place_overview(self._model, self.width(), 1.0)

    def _on_frame(self, position: QPointF) -> bool:
        place = self._place()
        if place is None or self._model is None:
            return False
        x0, x1 = place.x(self._model.window.start), place.x(self._model.window.stop)
        slack = max(0.0, _GRAB_PX - (x1 - x0) / 2)
        return x0 - slack <= position.x() <= x1 + slack

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Grab the frame, or jump and grab it there."""
        place = self._place()
        if event.button() != Qt.MouseButton.LeftButton or place is None or self._model is None:
            return
        # What is shown may follow the window; while the frame is held, a pixel stays a time.
        self._held = place
        t = place.t(event.position().x())
        if self._on_frame(event.position()):
            self._grabbed = t - self._model.window.start
        else:
            t = max(place.shown.start, min(place.shown.stop, t))
            self._grabbed = self._model.window.length / 2
            self.jumped.emit(t)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the frame; show a hand where it can be grabbed."""
        place = self._held
        if self._grabbed is None or place is None:
            grab = self._on_frame(event.position())
            self.setCursor(Qt.CursorShape.SizeHorCursor if grab else Qt.CursorShape.ArrowCursor)
            return
        self.moved.emit(place.t(event.position().x()) - self._grabbed)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the frame go."""
        self._grabbed = self._held = None

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Page, as over the plots: away from the person is forward."""
        turn = event.angleDelta().y()
        if turn:
            self._page(1 if turn > 0 else -1)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave every key to the window's actions."""
        event.ignore()
