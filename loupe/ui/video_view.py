"""One video: its picture fitted into the widget, frame and time below, or why there is none."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from loupe.ui.look import Look, qcolor
from loupe.units import Rgba
from loupe.video.answer import Shown, VideoPicture

__all__ = ["VideoView"]

_ON_VIDEO = Rgba(255, 255, 255)
_SHADE = Rgba(0, 0, 0, 215)


class VideoView(QWidget):
    """Shows answers of a `VideoSource`.

    Signals
    -------
    resized()
        A picture of another size is wanted.
    chosen()
        The view was clicked; the frame keys should step this video.
    """

    resized = Signal()
    chosen = Signal()

    def __init__(self, name: str, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._look = look
        self._image: QImage | None = None
        self._picture: VideoPicture | None = None
        self._note = "opening"
        self._time = ""
        self.setAccessibleName(f"Video {name}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 60)

    def sizeHint(self) -> QSize:
        """A picture of usual proportions."""
        return QSize(360, 240)

    @property
    def box(self) -> tuple[int, int]:
        """Room for the picture in device pixels."""
        scale = self.devicePixelRatioF()
        return max(1, round(self.width() * scale)), max(1, round(self.height() * scale))

    @property
    def image(self) -> QImage | None:
        """A copy of the picture that is shown."""
        return None if self._image is None else self._image.copy()

    @property
    def frame(self) -> int | None:
        """Number of the frame that is shown; None without one."""
        return None if self._picture is None or self._image is None else self._picture.frame

    @property
    def caption(self) -> str:
        """The text under the picture."""
        picture = self._picture
        if picture is None or picture.frame is None:
            return self._note
        frame = f"{picture.frame:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
        text = f"frame {frame} · {self._time}"
        return f"{text} · {picture.note}" if picture.note else text

    def set_look(self, look: Look) -> None:
        """Draw with another look."""
        self._look = look
        self.update()

    def set_note(self, note: str) -> None:
        """Say why there is no picture."""
        self._note = note
        self.update()

    def show_picture(self, picture: VideoPicture, time: str) -> None:
        """Show an answer; one without pixels keeps the name and says why."""
        self._picture = picture
        self._time = time
        self._note = picture.note
        if picture.rgb is not None:
            height, width, _ = picture.rgb.shape
            self._image = QImage(
                picture.rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888
            )
        elif picture.shown in (Shown.NONE, Shown.MISSING, Shown.ERROR):
            self._image = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint background, picture, caption."""
        look = self._look
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        whole = QRectF(self.rect())
        path = QPainterPath()
        path.addRoundedRect(whole, 4, 4)
        painter.setClipPath(path)
        painter.fillRect(whole, qcolor(look.theme.video))
        if self._image is not None:
            size = self._image.size()
            factor = min(whole.width() / size.width(), whole.height() / size.height())
            width, height = size.width() * factor, size.height() * factor
            place = QRectF(
                (whole.width() - width) / 2, (whole.height() - height) / 2, width, height
            )
            painter.drawImage(place, self._image)
        else:
            painter.setPen(qcolor(_ON_VIDEO.with_alpha(150)))
            painter.setFont(look.font(look.theme.control_px))
            painter.drawText(whole, Qt.AlignmentFlag.AlignCenter, self.name)
        if self.caption:
            font = look.font(look.theme.small_px, numbers=True)
            painter.setFont(font)
            metrics = painter.fontMetrics()
            text = metrics.elidedText(
                self.caption, Qt.TextElideMode.ElideRight, round(whole.width()) - 16
            )
            box = QRectF(
                4,
                whole.height() - metrics.height() - 8,
                metrics.horizontalAdvance(text) + 10,
                metrics.height() + 4,
            )
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(qcolor(_SHADE))
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(qcolor(_ON_VIDEO))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for a picture of this size."""
        super().resizeEvent(event)
        self.resized.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose this video for the frame keys."""
        self.chosen.emit()
