"""Opens what a session names in a thread, while a small note says how far it is."""

from __future__ import annotations

import threading

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from loupe.app.still import open_scene
from loupe.errors import LoupeError
from loupe.scene.model import Scene
from loupe.session.effective import effective
from loupe.session.model import Session
from loupe.ui.look import Look
from loupe.ui.scheduler import QtScheduler
from loupe.work import Cancelled

__all__ = ["open_in_thread", "with_states"]

_PATIENCE_MS = 400

_FINE = 100
"""Steps of the bar a plot."""


def with_states(session: Session) -> Session:
    """The session with the state definitions and the preset that are in force for it.

    Raises
    ------
    LoupeConfigError
        If a file of definitions is broken.
    """
    return effective(session)


class _Note(QWidget):
    """A bar with a word, shown only when opening takes its time."""

    def __init__(self, title: str, look: Look) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self.setObjectName("root")
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setWindowTitle(f"Opening {title}")
        self.setPalette(look.palette())
        self.setStyleSheet(look.style_sheet() + "QWidget#root { background: palette(window); }")
        self._word = QLabel(f"Opening {title}")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setMinimumWidth(360)
        self.stopped = threading.Event()
        stop = QPushButton("Stop")
        stop.clicked.connect(self._stop)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 20, 24, 20)
        box.addWidget(self._word)
        box.addWidget(self._bar)
        box.addWidget(stop, alignment=Qt.AlignmentFlag.AlignRight)

    def step(self, done: float, total: int, name: str) -> None:
        self._bar.setMaximum(max(1, total) * _FINE)
        self._bar.setValue(round(done * _FINE))
        if not self.stopped.is_set():
            self._word.setText(f"Opening {name} ({min(int(done) + 1, total)} of {total})")

    def _stop(self) -> None:
        self.stopped.set()
        self._word.setText("Stopping")

    def closeEvent(self, event: QCloseEvent) -> None:
        self._stop()
        super().closeEvent(event)


def open_in_thread(session: Session, look: Look, *, allow_remote: bool = False) -> Scene:
    """Compile a session without holding up the event loop.

    Raises
    ------
    LoupeError
        Whatever compiling raises, or that the user stopped it; faults of single plots become
        rows instead.
    """
    # Everything of Qt's hangs on the note, which Qt deletes in this thread: what Python's collector
    # finds later, in whatever thread, are empty shells.
    note = _Note(session.title or "session", look)
    scheduler = QtScheduler(note)
    loop = QEventLoop(note)
    found: list[Scene] = []
    failed: list[Exception] = []

    def progress(done: float, total: int, name: str) -> None:
        if note.stopped.is_set():
            raise Cancelled
        scheduler.post(lambda: note.step(done, total, name))

    def work() -> None:
        try:
            found.append(open_scene(session, allow_remote=allow_remote, progress=progress))
        except Cancelled:
            failed.append(LoupeError("opening was stopped", where=session.title))
        except Exception as error:  # noqa: BLE001 - raised again below, in the caller's thread
            failed.append(error)
        finally:
            scheduler.post(loop.quit)

    patience = QTimer(note)
    patience.setSingleShot(True)
    patience.timeout.connect(note.show)
    patience.start(_PATIENCE_MS)
    thread = threading.Thread(target=work, name="loupe opening", daemon=True)
    thread.start()
    loop.exec()
    thread.join()
    patience.stop()
    scheduler.close()
    note.close()
    note.deleteLater()
    if failed:
        raise failed[0]
    return found[0]
