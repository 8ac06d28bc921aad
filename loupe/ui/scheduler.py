"""Brings results of other threads to the GUI thread, and calls back later.

Implements `loupe.app.ports.Scheduler` with Qt's event loop.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from shiboken6 import isValid

__all__ = ["QtScheduler"]

_WAKE = QEvent.Type(QEvent.registerEventType())


class QtScheduler(QObject):
    """Runs functions on the thread that made it.

    Posted functions run in order; those posted in one burst run in one turn of
    the event loop, so that several finished tiles cost one repaint.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._queue: deque[Callable[[], None]] = deque()
        self._woken = False
        self._closed = False

    def post(self, function: Callable[[], None]) -> None:
        """Run `function` on the GUI thread soon; callable from every thread."""
        with self._lock:
            if self._closed:
                return
            self._queue.append(function)
            if self._woken:
                return
            self._woken = True
            QCoreApplication.postEvent(self, QEvent(_WAKE))

    def later(self, ms: float, function: Callable[[], None]) -> Callable[[], None]:
        """Run `function` after `ms` milliseconds; the result cancels it. GUI thread only."""
        timer = QTimer(self)
        timer.setSingleShot(True)

        def fire() -> None:
            timer.deleteLater()
            if not self._closed:
                function()

        def cancel() -> None:
            # A timer that has fired is deleted already.
            if isValid(timer):
                timer.stop()
                timer.deleteLater()

        timer.timeout.connect(fire)
        timer.start(max(0, round(ms)))
        return cancel

    def close(self) -> None:
        """Drop what waits; later posts are ignored."""
        with self._lock:
            self._closed = True
            self._queue.clear()
        # What a waiting timer would call is held where Python's collector cannot see it.
        for timer in self.findChildren(QTimer):
            timer.stop()
            timer.timeout.disconnect()
            timer.deleteLater()

    def customEvent(self, event: QEvent) -> None:
        """Run everything that was posted up to now."""
        with self._lock:
            self._woken = False
            batch, self._queue = self._queue, deque()
        while batch:
            function = batch.popleft()
            try:
                function()
            except Exception:  # noqa: BLE001 - told as any error that nobody catches
                # What becomes of one that leaves an override differs by version of PySide.
                sys.excepthook(*sys.exc_info())
            except BaseException:
                # The others wait for their turn: one that is lost may be waited for for ever.
                with self._lock:
                    if not self._closed:
                        self._queue.extendleft(reversed(batch))
                        if self._queue and not self._woken:
                            self._woken = True
                            QCoreApplication.postEvent(self, QEvent(_WAKE))
                raise
