"""Random keys, turns, drags, resizes and menus: no exception, the window stays sound."""

import os
import random

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog
from ui_acts import ALT, CTRL, NONE, SHIFT, drag

from loupe.app.commands import UiRequest

EVENTS = 10_000 if os.environ.get("LOUPE_SOAK") == "1" else 400
AVOID = {
    # These end the window, or wait for a name in a file dialog.
    "close", "quit", "open_session", "open_recent", "load_traces", "load_video", "load_raster",
    "load_labels", "export_labels", "save_session", "load_preset", "save_preset", "save_picture",
    "export_data", "save_hypnogram", "save_frame", "reload_session", "fullscreen",
}  # fmt: skip


def act(window, rng):
    """One random thing that a person could do."""
    canvas = window.widget.canvas
    mods = rng.choice((NONE, NONE, SHIFT, CTRL, ALT, CTRL | SHIFT, CTRL | ALT, ALT | SHIFT))

    def point():
        return QPoint(rng.randrange(canvas.width()), rng.randrange(canvas.height()))

    kind = rng.randrange(12)
    if kind < 3:
        at = point()
        event = QWheelEvent(
            QPointF(at), QPointF(canvas.mapToGlobal(at)), QPoint(),
            QPoint(0, rng.choice((-240, -120, -40, 40, 120, 240))), Qt.MouseButton.NoButton,
            mods, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(canvas, event)
    elif kind < 5:
        start, stop = point(), point()
        drag(window, start, stop, mods)
    elif kind < 6:
        QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, mods, point())
    elif kind < 7:
        QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, NONE, point())
    elif kind < 10:
        action = rng.choice(window.desk.actions)
        command = action.command
        if not (isinstance(command, UiRequest) and command.name in AVOID):
            window.store.dispatch(command)
    elif kind < 11:
        window.widget.resize(rng.randrange(640, 1400), rng.randrange(420, 900))
    else:
        for dialog in window.widget.findChildren(QDialog):
            dialog.close()
    QApplication.processEvents()


def test_nothing_that_a_person_can_do_breaks_the_window(open_it):
    window = open_it()
    rng = random.Random(7)
    for _ in range(EVENTS):
        act(window, rng)
        state = window.state
        assert state.window.length > 0
        assert state.extent.start <= state.window.start
    assert window.settle(20_000)
    assert window.is_open
