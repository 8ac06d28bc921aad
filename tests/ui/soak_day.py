"""Random paging, labelling and playing on a day of recording, and what it showed.

`walk` acts on an open window through real events and keeps a model of its labels, which shares
nothing with the window's. `Report` says how the frames, the memory and the labels did.
"""

import random
import statistics
import time
from array import array
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from ui_acts import ALT, CTRL, NONE, SHIFT, at, drag, wheel_event

from loupe.app import commands as c

STATES = {"w": "Wake", "n": "NREM", "r": "REM"}


class Frames(QObject):
    """How long each frame took: from the first change of the state to the picture of it."""

    def __init__(self, window):
        super().__init__()
        self.took = array("d")
        self._begin = None
        self._window = window
        window.store.subscribe(self._changed)
        window.widget.windowHandle().installEventFilter(self)
        window.widget.installEventFilter(self)

    def _changed(self, *_):
        if self._begin is None:
            self._begin = time.perf_counter()

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.UpdateRequest and self._begin is not None:
            begin, self._begin = self._begin, None
            # The request is handled after this filter returns.
            QApplication.instance().postEvent(self, _Done(begin))
        return False

    def idle(self):
        """Say that nothing is under way: a change that shows nowhere has no frame."""
        core = self._window.core
        if not core.due and core.presenter.settled:
            self._begin = None

    def customEvent(self, event):
        self.took.append(time.perf_counter() - event.begin)


class _Done(QEvent):
    KIND = QEvent.Type(QEvent.registerEventType())

    def __init__(self, begin):
        super().__init__(self.KIND)
        self.begin = begin


@dataclass
class Report:
    """What a walk showed.

    Attributes
    ----------
    frames_s
        How long each frame took, seconds.
    memory_mb
        Resident memory, once a second.
    edits, pages, plays
        How often something was done.
    """

    frames_s: array = field(default_factory=lambda: array("d"))
    memory_mb: list[float] = field(default_factory=list)
    edits: int = 0
    pages: int = 0
    plays: int = 0
    saves: int = 0

    def frame_ms(self, share):
        """The frame time that `share` of the frames do not exceed, ms."""
        return float(np.quantile(self.frames_s, share)) * 1e3

    def growth_mb(self):
        """Resident memory of the last quarter over that of the second one, medians."""
        n = len(self.memory_mb)
        second, last = self.memory_mb[n // 4 : n // 2], self.memory_mb[3 * n // 4 :]
        return statistics.median(last) - statistics.median(second)


def resident_mb():
    """Resident memory of this process; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * 4096 / 1e6


class Model:
    """Disjoint labels as a plain list, and the one before the last edit."""

    def __init__(self, rows):
        self.rows = sorted(rows)
        self.before = None

    def paint(self, start, stop, label):
        """Set ``[start, stop)`` to a label; None clears it."""
        self.before = self.rows
        rows = []
        for a, b, state in self.rows:
            if b <= start or a >= stop:
                rows.append((a, b, state))
                continue
            if a < start:
                rows.append((a, start, state))
            if b > stop:
                rows.append((stop, b, state))
        if label is not None:
            rows.append((start, stop, label))
        self.rows = sorted(rows)

    def undo(self):
        """Swap with what was before the last edit; a second time is a redo."""
        self.rows, self.before = self.before, self.rows


def joined(rows, digits=6):
    """Rows with touching ones of the same state made one: what a picture of them shows."""
    found = []
    for a, b, state in sorted(rows):
        a, b = round(a, digits), round(b, digits)
        if found and found[-1][2] == state and found[-1][1] == a:
            found[-1] = (found[-1][0], b, state)
        else:
            found.append((a, b, state))
    return found


def table_rows(table):
    """A label table as ``(start, stop, label)``."""
    return [(row.start, row.stop, row.label) for row in table]


def walk(window, seconds, watch, seed=0):
    """Act for so many seconds, each act timed by `watch`; the report, the model of the labels."""
    rng = random.Random(seed)
    canvas = window.widget.canvas
    frames, report = Frames(window), Report()
    model = Model(table_rows(window.desk.track.table))
    extent = window.state.extent
    end, next_second = time.monotonic() + seconds, 0.0

    def key(name, mods=NONE):
        with watch.stretch(f"key {name}"):
            QTest.keyClick(canvas, name, mods)

    def do(command):
        with watch.stretch(type(command).__name__):
            window.store.dispatch(command)

    def run(for_s):
        until = time.monotonic() + for_s
        while True:
            with watch.stretch("turn"):
                QApplication.processEvents()
                # What an event loop of its own would do: timers that have fired go.
                QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            if time.monotonic() >= until:
                return
            time.sleep(0.002)

    def page():
        report.pages += 1
        kind = rng.randrange(8)
        if kind < 4:
            key(rng.choice("[]"))
        elif kind < 6:
            length = rng.choice((2.0, 10.0, 30.0, 30.0, 120.0, 600.0, 3600.0, extent.length))
            start = rng.uniform(extent.start, extent.stop - length)
            do(c.SetWindow(start, length))
        else:
            turn(rng.choice((-2, -1, 1, 2)), rng.choice((NONE, SHIFT, CTRL, CTRL | ALT | SHIFT)))

    def turn(notches, mods):
        event = wheel_event(canvas, canvas.rect().center(), notches, mods)
        with watch.stretch("wheel"):
            QApplication.sendEvent(canvas, event)

    def label():
        length = min(rng.choice((30.0, 120.0, 600.0)), extent.length)
        start = rng.uniform(extent.start, extent.stop - length)
        do(c.SetWindow(start, length))
        run(0.02)
        a, b = sorted(rng.uniform(start, start + length) for _ in range(2))
        with watch.stretch("drag"):
            drag(window, at(window, a), at(window, b), settle=False)
        chosen = window.state.selection
        if chosen is None:
            return
        name = rng.choice("wnr0")
        before = len(window.desk.track.history.done)
        key(name)
        if len(window.desk.track.history.done) == before:
            return  # what was there already is no edit, and an undo would take the one before
        report.edits += 1
        model.paint(chosen.start, chosen.stop, STATES.get(name))
        if rng.random() < 0.3:
            key("z", CTRL)
            model.undo()
            if rng.random() < 0.5:
                key("z", CTRL | SHIFT)
                model.undo()
        if rng.random() < 0.05:
            key("s", CTRL)
            report.saves += 1

    def play():
        report.plays += 1
        do(c.SetWindow(rng.uniform(0.0, 60.0), 10.0))
        key(Qt.Key.Key_Space)
        run(rng.uniform(0.5, 3.0))
        if window.state.playback.playing:
            key(Qt.Key.Key_Space)

    while time.monotonic() < end:
        rng.choices((page, label, play), (12, 5, 1))[0]()
        run(rng.choice((0.0, 0.0, 0.01, 0.05, 0.2)))
        frames.idle()
        if time.monotonic() >= next_second:
            report.memory_mb.append(resident_mb())
            next_second = time.monotonic() + 1.0
    key("s", CTRL)
    window.settle(20_000)
    report.frames_s = frames.took
    return report, model
