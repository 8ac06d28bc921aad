"""Random keys, turns, drags, resizes and menus: no exception, the window stays sound.

``LOUPE_FUZZ_SEED`` chooses other events than the usual ones.
"""

import itertools
import os
import random

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog
from ui_acts import ALT, CTRL, NONE, SHIFT, drag
from ui_sessions import events, make_session, signal

from loupe.app import commands as c
from loupe.app.commands import UiRequest
from loupe.session.labels import LabelsConfig
from loupe.session.plots.heatmap import HeatmapConfig
from loupe.session.plots.raster import RasterConfig
from loupe.session.plots.trace import TraceConfig
from loupe.ui.menus import context_menu

EVENTS = 10_000 if os.environ.get("LOUPE_SOAK") == "1" else 300
AVOID = {
    # These end the window, or wait for a name in a file dialog.
    "close", "quit", "open_session", "open_recent", "load_traces", "load_video", "load_raster",
    "load_labels", "export_labels", "save_session", "load_preset", "save_preset", "save_picture",
    "export_data", "save_hypnogram", "save_frame", "reload_session", "fullscreen",
}  # fmt: skip


KEY = Qt.Key
SPECIAL = (
    KEY.Key_Left, KEY.Key_Right, KEY.Key_Up, KEY.Key_Down, KEY.Key_Home, KEY.Key_End,
    KEY.Key_PageUp, KEY.Key_PageDown, KEY.Key_Return, KEY.Key_Escape, KEY.Key_Backspace,
    KEY.Key_Delete, KEY.Key_Tab, KEY.Key_F1, KEY.Key_F2, KEY.Key_Space,
)  # fmt: skip
PLAIN = "w1nr0[]+-=zhbuUm?<>5x.,:"
WITH_CTRL = "12hdgjlkfazy0=-[]"
WITH_CTRL_SHIFT = "zlgnrbht,.0"


def full_session(folder):
    """Every kind of plot, one label set scored freely and one by epochs."""
    return make_session(
        plots=(
            TraceConfig(signal(2), id="stacked"),
            TraceConfig(signal(6), mode="dense", id="dense", traces_per_page=3),
            HeatmapConfig(signal(5), id="heat"),
            RasterConfig(events(), time_col="time", order_by="unit", id="units"),
        ),
        labels=(
            LabelsConfig(path=str(folder / "free.csv")),
            LabelsConfig(path=str(folder / "epochs.csv"), epoch=2.5),
        ),
    )


def type_something(window, rng):
    """A key where the focus is: in the plots, a field, a table or a dialog."""
    target = QApplication.focusWidget() or window.widget.canvas
    kind = rng.randrange(5)
    if kind == 0:
        QTest.keyClick(target, rng.choice(SPECIAL), rng.choice((NONE, SHIFT, ALT, CTRL)))
    elif kind == 1:
        QTest.keyClick(target, rng.choice(WITH_CTRL), CTRL)
    elif kind == 2:
        QTest.keyClick(target, rng.choice(WITH_CTRL_SHIFT), CTRL | SHIFT)
    else:
        QTest.keyClick(target, rng.choice(PLAIN), NONE)


def choose_from_context_menu(window, rng, at):
    """Open the menu of a place, click one of its entries."""
    scale = window.state.viewport.scale
    layout = window.core.presenter.layout
    menu = context_menu(window.desk, layout, at.x() * scale, at.y() * scale, window.widget)
    entries = [a for a in menu.actions() if a.isEnabled() and a.menu() is None and a.text()]
    if entries:
        rng.choice(entries).trigger()
    menu.deleteLater()


def act(window, rng):
    """One random thing that a person could do."""
    canvas = window.widget.canvas
    mods = rng.choice((NONE, NONE, SHIFT, CTRL, ALT, CTRL | SHIFT, CTRL | ALT, ALT | SHIFT))

    def point():
        return QPoint(rng.randrange(canvas.width()), rng.randrange(canvas.height()))

    kind = rng.randrange(17)
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
    elif kind < 12:
        for dialog in window.widget.findChildren(QDialog):
            dialog.close()
    elif kind < 13:
        choose_from_context_menu(window, rng, point())
    elif kind < 14:
        window.widget.activateWindow()
        canvas.setFocus()
    else:
        type_something(window, rng)
    QApplication.processEvents()


def sound(state):
    """What holds in every state of a window."""
    window, extent = state.window, state.extent
    assert 0 < window.length <= extent.length + 1e-9
    assert extent.start - 1e-9 <= window.start
    assert window.start - 1e-9 <= state.cursor <= window.stop + 1e-9
    if state.selection is not None:
        assert state.selection.start <= state.selection.stop
    for track in state.tracks:
        rows = list(track.table)
        assert all(row.start < row.stop for row in rows)
        assert all(one.stop <= two.start + 1e-9 for one, two in itertools.pairwise(rows))


def test_nothing_that_a_person_can_do_breaks_the_window(open_it, tmp_path):
    window = open_it(full_session(tmp_path))
    rng = random.Random(int(os.environ.get("LOUPE_FUZZ_SEED", "7")))
    for _ in range(EVENTS):
        act(window, rng)
        sound(window.state)
    assert window.settle(20_000)
    assert window.is_open
    for index in range(len(window.state.tracks)):
        window.store.dispatch(c.SetEditedTrack(index))
        while window.desk.track.history.done:
            window.store.dispatch(c.Undo())
        assert len(window.desk.track.table) == 0, "as many undos give back what was at first"
