"""The product's window as the benchmarks drive it: commands in, waits for the settled picture."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QMainWindow

from benchmarks.finish import finish
from loupe.app import commands
from loupe.app.commands.base import Command
from loupe.session.load import load_session
from loupe.ui.app import LoupeWindow, application, open_session
from loupe.ui.memory import Memory

__all__ = ["Driven"]

QUIET_S = 0.1
"""Longer than the product waits before it prefetches."""


class _Updates(QObject):
    """Counts how often a window was asked by Qt to draw what changed."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.UpdateRequest:
            self.count += 1
        return False


class Driven:
    """One open session.

    Parameters
    ----------
    session
        The session file.
    size, place
        The window, device pixels.
    exact
        False leaves the window at the size that it opened at, which is a pixel or two off.
    """

    def __init__(
        self,
        session: Path,
        size: tuple[int, int],
        place: tuple[int, int],
        *,
        exact: bool = True,
    ) -> None:
        application()
        self._folder = tempfile.TemporaryDirectory()
        root = Path(self._folder.name)
        memory = Memory(root / "memory")
        # The window is to open at this size, as it does for a user the second time.
        before = QMainWindow()
        before.setGeometry(*place, *size)
        memory.closed(bytes(before.saveGeometry().data()), {})
        loaded = load_session(session)
        self.opened_at = time.perf_counter()
        self.window: LoupeWindow = open_session(loaded, memory=memory, state_folder=root / "state")
        if exact:
            self.window.widget.setGeometry(*place, *size)
        self._updates = _Updates()
        self.window.widget.installEventFilter(self._updates)
        handle = self.window.widget.windowHandle()
        if handle is not None:
            handle.installEventFilter(self._updates)
        # Wakes the waiting loop, so that what is missed ends in an error and not in silence.
        self._heartbeat = QTimer()
        self._heartbeat.start(500)

    @property
    def repaints(self) -> int:
        """How often the plots were drawn so far."""
        return self.window.widget.canvas.counts["gl_frames"]

    @property
    def has_picture(self) -> bool:
        """Whether every visible row shows something of its data."""
        presenter = self.window.core.presenter
        shown = {box.row_id for box in presenter.layout.visible}
        return shown <= set(presenter._shown) and self.repaints > 0  # no public way to ask

    def run(self, command: Command) -> None:
        """Dispatch one command."""
        self.window.store.dispatch(command)

    def settle(self, updates: int = -1, timeout: float = 60.0) -> None:
        """Return when queues are empty, nothing waits to be drawn and all is on the screen.

        Parameters
        ----------
        updates
            A value of `updates`: waits until there is more.
        """
        core, canvas = self.window.core, self.window.widget.canvas
        end = time.perf_counter() + timeout
        every = QEventLoop.ProcessEventsFlag.AllEvents
        wait = every | QEventLoop.ProcessEventsFlag.WaitForMoreEvents
        while True:
            QCoreApplication.processEvents(every)
            busy = not core.presenter.settled or core.due
            if not busy and not canvas._stale and self.updates > updates:
                break
            if time.perf_counter() > end:
                raise TimeoutError(
                    f"not settled after {timeout} s: presenter {core.presenter.settled}, "
                    f"panels due {core.due}, surface stale {canvas._stale}, "
                    f"{self.updates - updates} updates"
                )
            QCoreApplication.processEvents(wait)
        finish(self.window.widget.canvas)

    @property
    def updates(self) -> int:
        """How often anything of the window was drawn so far."""
        return self._updates.count

    def quiet(self) -> None:
        """Settle, and let prefetching begin and end."""
        self.settle()
        pool = self.window.core.presenter._pool  # its queue is the only thing that knows
        end = time.perf_counter() + QUIET_S
        while time.perf_counter() < end or getattr(pool, "pending", 0):
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)
            time.sleep(0.002)
        self.settle()

    def show(self, start: float, length: float) -> None:
        """Go to a window of time."""
        self.run(commands.SetWindow(start, length))

    def repaint(self) -> None:
        """Draw the same picture again."""
        self.window.widget.canvas._stale = True  # else it would leave the surface as it is
        self.window.widget.canvas.update()

    def close(self) -> None:
        """Close the window."""
        self.window.close()
        QCoreApplication.processEvents()
        self._folder.cleanup()
