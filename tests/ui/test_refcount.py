"""PySide6 must not lose references to None.

PySide6 6.12.0 on Python 3.11 loses one in each call or override that returns nothing, and the
process dies within a minute of use. docs/decisions/0001-pyside6-pin.md tells the story.
"""

import sys
import threading
import time
from importlib.metadata import version

import pytest
from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

TIMES = 1_000
SLACK = 50


class Canvas(QWidget):
    """A widget that counts what it is asked for, each in an override that returns None."""

    def __init__(self):
        super().__init__()
        self.paints = self.moves = self.ticks = 0
        self.setMouseTracking(True)

    def paintEvent(self, event):
        self.paints += 1
        with QPainter(self) as painter:
            painter.drawLine(0, 0, self.width(), self.height())

    def mouseMoveEvent(self, event):
        self.moves += 1

    def tick(self):
        self.ticks += 1


@pytest.fixture
def app():
    return QApplication.instance() or QApplication([])


@pytest.fixture
def canvas(app):
    widget = Canvas()
    widget.resize(40, 30)
    widget.show()
    app.processEvents()
    yield widget
    widget.close()
    widget.deleteLater()
    app.processEvents()


def move_mouse(widget, i):
    # Not by sendEvent with an event of our own: that call keeps a reference itself.
    QTest.mouseMove(widget, QPoint(1 + i % 30, 1 + i % 20))


@pytest.fixture
def alone():
    """Nothing is compiled: that makes thousands of references, also after a window closed."""
    until = time.monotonic() + 90
    while "loupe-compiler" in [thread.name for thread in threading.enumerate()]:
        assert time.monotonic() < until, "the compiler does not end"
        time.sleep(0.05)


def test_none_keeps_its_references(alone, app, canvas):
    timer = QTimer()
    timer.setInterval(0)
    timer.timeout.connect(canvas.tick)
    for i in range(50):  # whatever is made once is made now
        canvas.repaint()
        move_mouse(canvas, i)
        app.processEvents()
    canvas.paints = canvas.moves = canvas.ticks = 0
    before = sys.getrefcount(None)
    timer.start()
    i = 0
    while min(canvas.paints, canvas.moves, canvas.ticks) < TIMES:  # Qt merges some of the moves
        canvas.repaint()
        move_mouse(canvas, i)
        app.processEvents()
        i += 1
    timer.stop()
    after = sys.getrefcount(None)
    assert abs(after - before) < SLACK


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")
@pytest.mark.parametrize("package", ["PySide6-Essentials", "shiboken6"])
def test_the_version_is_one_that_keeps_them(package):
    major, minor = (int(part) for part in version(package).split(".")[:2])
    assert (6, 8) <= (major, minor) < (6, 12)
