"""Random keys, turns, drags, resizes and menus: no exception, the window stays sound.

``LOUPE_FUZZ_SEED`` chooses other events than the usual ones, ``LOUPE_FUZZ_EVENTS`` another number.
How long the window's thread was busy at a stretch is measured meanwhile; the soak writes what it
found to ``out/busy/busy.txt``.
"""

import itertools
import os
import random
import time

from busy_watch import (
    CAUSES,
    COLLECTOR,
    LONG_S,
    REST,
    STARVED,
    UNKNOWN,
    BusyWatch,
    Stretch,
    cause_of,
)
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog
from ui_acts import ALT, CTRL, LEFT, NONE, SHIFT
from ui_sessions import events, make_session, signal

from loupe.app import commands as c
from loupe.app.commands import UiRequest
from loupe.session.labels import LabelsConfig
from loupe.session.plots.heatmap import HeatmapConfig
from loupe.session.plots.raster import RasterConfig
from loupe.session.plots.trace import TraceConfig
from loupe.ui.menus import context_menu

SOAK = os.environ.get("LOUPE_SOAK") == "1"
EVENTS = int(os.environ.get("LOUPE_FUZZ_EVENTS", "10000" if SOAK else "300"))
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


class Person:
    """Does random things, each event of them timed, and so is each turn of the event loop."""

    def __init__(self, window, rng, watch):
        self.window, self.rng, self.watch = window, rng, watch

    def does(self, what, act, *args):
        """One event, then the turns of the loop until nothing is due."""
        with self.watch.stretch(what):
            act(*args)
        self.turn(what)

    def turn(self, what):
        with self.watch.stretch(f"the turn after {what}"):
            QApplication.processEvents()

    def key(self, key, mods):
        target = QApplication.focusWidget() or self.window.widget.canvas
        name = f"key {key} {mods} in {type(target).__name__}"
        self.does(name, QTest.keyPress, target, key, mods)
        target = QApplication.focusWidget() or self.window.widget.canvas
        self.does(f"{name}, let go", QTest.keyRelease, target, key, mods)

    def type_something(self):
        """A key where the focus is: in the plots, a field, a table or a dialog."""
        rng = self.rng
        kind = rng.randrange(5)
        if kind == 0:
            self.key(rng.choice(SPECIAL), rng.choice((NONE, SHIFT, ALT, CTRL)))
        elif kind == 1:
            self.key(rng.choice(WITH_CTRL), CTRL)
        elif kind == 2:
            self.key(rng.choice(WITH_CTRL_SHIFT), CTRL | SHIFT)
        else:
            self.key(rng.choice(PLAIN), NONE)

    def choose_from_context_menu(self, at):
        """Open the menu of a place, click one of its entries."""
        window = self.window
        scale = window.state.viewport.scale
        layout = window.core.presenter.layout
        with self.watch.stretch("a context menu"):
            menu = context_menu(window.desk, layout, at.x() * scale, at.y() * scale, window.widget)
        entries = [a for a in menu.actions() if a.isEnabled() and a.menu() is None and a.text()]
        if entries:
            entry = self.rng.choice(entries)
            self.does(f"menu entry {entry.text()}", entry.trigger)
        menu.deleteLater()

    def drag(self, start, stop, mods):
        canvas = self.window.widget.canvas
        self.does("press", QTest.mousePress, canvas, LEFT, mods, start)
        for i in range(1, 9):
            where = QPointF(start + (stop - start) * i / 8)
            event = QMouseEvent(
                QEvent.Type.MouseMove, where, QPointF(canvas.mapToGlobal(where.toPoint())),
                Qt.MouseButton.NoButton, LEFT, mods,
            )  # fmt: skip
            self.does("drag", QApplication.sendEvent, canvas, event)
        self.does("release", QTest.mouseRelease, canvas, LEFT, mods, stop)

    def close_dialogs(self):
        for dialog in self.window.widget.findChildren(QDialog):
            dialog.close()

    def act(self):
        """One random thing that a person could do."""
        window, rng = self.window, self.rng
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
            self.does(f"wheel {mods}", QApplication.sendEvent, canvas, event)
        elif kind < 5:
            self.drag(point(), point(), mods)
        elif kind < 6:
            self.does("click", QTest.mouseClick, canvas, LEFT, mods, point())
        elif kind < 7:
            self.does("double click", QTest.mouseDClick, canvas, LEFT, NONE, point())
        elif kind < 10:
            action = rng.choice(window.desk.actions)
            command = action.command
            if not (isinstance(command, UiRequest) and command.name in AVOID):
                self.does(f"action {action.id}", window.store.dispatch, command)
        elif kind < 11:
            size = rng.randrange(640, 1400), rng.randrange(420, 900)
            self.does("resize", window.widget.resize, *size)
        elif kind < 12:
            self.does("closing dialogs", self.close_dialogs)
        elif kind < 13:
            self.choose_from_context_menu(point())
        elif kind < 14:
            self.does("activate", window.widget.activateWindow)
            canvas.setFocus()
        else:
            self.type_something()


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


def test_nothing_that_a_person_can_do_breaks_the_window(open_it, tmp_path, repo_root):
    window = open_it(full_session(tmp_path))
    watch = BusyWatch(repo_root / "out" / "busy" if SOAK else tmp_path / "busy")
    person = Person(window, random.Random(int(os.environ.get("LOUPE_FUZZ_SEED", "7"))), watch)
    for _ in range(EVENTS):
        person.act()
        sound(window.state)
        time.sleep(0.001)  # the threads that make tiles are somebody's too
    assert window.settle(20_000)
    assert window.is_open
    for index in range(len(window.state.tracks)):
        window.store.dispatch(c.SetEditedTrack(index))
        while window.desk.track.history.done:
            window.store.dispatch(c.Undo())
        assert len(window.desk.track.table) == 0, "as many undos give back what was at first"
    report = watch.report()
    watch.close()
    assert watch.count > 2 * EVENTS
    head = report.partition("\n==")[0]
    assert not [s.what for s in watch.long if s.cause == UNKNOWN], head
    # The thread's own work counts on any machine, its waiting only where nothing else runs.
    assert watch.percentile(99.9, work=True) <= LONG_S, head
    if SOAK:
        assert watch.percentile(99.9) <= LONG_S, head


def test_a_stretch_that_is_too_long_is_explained(tmp_path):
    watch = BusyWatch(tmp_path)
    with watch.stretch("nothing"):
        pass
    with watch.stretch("a nap"):
        a_nap()
    watch.close()
    (nap,) = watch.long
    assert nap.what == "a nap"
    assert nap.wall_s > 0.35
    assert nap.cpu_s < 0.2
    assert len(nap.stacks) >= 2
    assert all("a_nap" in stack for stack in nap.stacks)
    assert nap.cause == REST
    assert "1 over 200 ms" in watch.report()
    assert Stretch("press", 0.5, 0.01).cause == STARVED
    assert Stretch("press", 0.5, 0.4, (), 0.3).cause == COLLECTOR
    assert Stretch("press", 0.5, 0.4).cause == UNKNOWN
    assert cause_of('  File "/x/loupe/ui/canvas_widget.py", line 3 in paintGL') == CAUSES[1][0]


def a_nap():
    time.sleep(0.4)
