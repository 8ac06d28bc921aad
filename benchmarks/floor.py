"""The fixed reference that every step is compared with; it uses nothing of the product.

One QMainWindow with one vispy canvas, one picture drawn pixel for pixel, and one overlay of 52
short texts. A *floor* is the time of one repaint of all that.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QMainWindow, QWidget
from vispy import app, gloo

from benchmarks.finish import finish

__all__ = ["Floor"]

TEXTS = 52

VERTEX = """
#version 120
attribute vec2 a_corner;
varying vec2 v_at;
void main() {
    v_at = a_corner;
    gl_Position = vec4(a_corner * 2.0 - 1.0, 0.0, 1.0);
}
"""

FRAGMENT = """
#version 120
uniform sampler2D u_picture;
varying vec2 v_at;
void main() { gl_FragColor = texture2D(u_picture, v_at); }
"""


class _Texts(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = QFont("DejaVu Sans")
        font.setPixelSize(12)
        painter.setFont(font)
        painter.setPen(QColor(220, 220, 220))
        for i in range(TEXTS):
            x, y = 20 + (i % 4) * self.width() // 4, 30 + (i // 4) * self.height() // 13
            painter.drawText(QRect(x, y, 80, 16), 0, f"text {i:02d}")
        painter.end()


class Floor:
    """The reference window.

    Parameters
    ----------
    size
        Width and height of the window, device pixels.
    place
        Where it stands on the screen; it must not be covered.
    """

    def __init__(self, size: tuple[int, int], place: tuple[int, int]) -> None:
        width, height = size
        app.use_app("pyside6")
        self.window = QMainWindow()
        self._canvas = app.Canvas(size=size, keys=None, show=False, vsync=False)
        self._canvas.set_current()
        self._program = gloo.Program(VERTEX, FRAGMENT)
        corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=np.float32)
        self._program["a_corner"] = gloo.VertexBuffer(corners)
        noise = np.random.default_rng(0).integers(0, 255, (height, width, 4), dtype=np.uint8)
        self._program["u_picture"] = gloo.Texture2D(noise, interpolation="nearest")
        self.repaints = 0
        self._canvas.events.draw.connect(self._draw)
        native = self._canvas.native
        self.window.setCentralWidget(native)
        self._texts = _Texts(native)
        self._texts.setGeometry(0, 0, width, height)
        self.window.setGeometry(*place, width, height)
        self.window.show()

    def _draw(self, event: object) -> None:
        self.repaints += 1
        width, height = self._canvas.physical_size
        gloo.set_viewport(0, 0, width, height)
        gloo.set_state(preset=None, blend=False, depth_test=False)
        gloo.clear(color=(0, 0, 0, 1))
        self._program.draw("triangle_strip")

    def step(self) -> None:
        """Repaint everything and wait until it is on the screen."""
        self._canvas.native.update()
        self._texts.update()
        before = self.repaints
        app.process_events()
        while self.repaints == before:
            app.process_events()
        finish(self._canvas.native)

    def close(self) -> None:
        """Close the window."""
        self._canvas.close()
        self.window.close()
