"""Opens what a session names, or does other long work, in a thread behind a small note."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from loupe.app.still import open_scene
from loupe.errors import LoupeError
from loupe.scene.compile import Progress
from loupe.scene.model import Scene
from loupe.session.effective import effective
from loupe.session.model import Session
from loupe.ui.look import Look
from loupe.ui.scheduler import QtScheduler
from loupe.work import Cancelled

__all__ = ["in_thread", "open_in_thread", "with_states"]

T = TypeVar("T")

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
    """A bar with a word, shown only when something takes its time."""

    def __init__(self, verb: str, title: str, look: Look) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self.setObjectName("root")
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self._verb = verb
        self.setWindowTitle(f"{verb} {title}")
        self.setPalette(look.palette())
        self.setStyleSheet(look.style_sheet() + "QWidget#root { background: palette(window); }")
        self._word = QLabel(f"{verb} {title}")
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
            self._word.setText(f"{self._verb} {name} ({min(int(done) + 1, total)} of {total})")

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
    return in_thread(
        "Opening",
        session.title or "session",
        look,
        lambda progress: open_scene(session, allow_remote=allow_remote, progress=progress),
    )


def in_thread(verb: str, title: str, look: Look, make: Callable[[Progress], T]) -> T:
    """Do something long in a thread while the event loop runs, with a note after a moment.

    Parameters
    ----------
    verb, title
        What is being done to what, for the note.
    make
        Does it; told how to report its progress.

    Raises
    ------
    Exception
        What `make` raises.
    """
    # Everything of Qt's hangs on the note, which Qt deletes in this thread: what Python's collector
    # finds later, in whatever thread, are empty shells.
    note = _Note(verb, title, look)
    scheduler = QtScheduler(note)
    loop = QEventLoop(note)
    found: list[T] = []
    failed: list[BaseException] = []

    def progress(done: float, total: int, name: str) -> None:
        if note.stopped.is_set():
            raise Cancelled
        scheduler.post(lambda: note.step(done, total, name))

    def work() -> None:
        try:
            found.append(make(progress))
        except Cancelled:
            failed.append(LoupeError(f"{verb.lower()} was stopped", where=title))
        except BaseException as error:  # noqa: BLE001 - raised again below, in the caller's thread
            failed.append(error)
        finally:
            scheduler.post(loop.quit)

    patience = QTimer(note)
    patience.setSingleShot(True)
    patience.timeout.connect(note.show)
    patience.start(_PATIENCE_MS)
    thread = threading.Thread(target=work, name=f"loupe {verb.lower()}", daemon=True)
    thread.start()
    loop.exec()
    # Where the program ends meanwhile, the loop ends before the work does: that is given up then.
    note.stopped.set()
    thread.join()
    patience.stop()
    scheduler.close()
    note.close()
    note.deleteLater()
    if failed:
        raise failed[0]
    return found[0]
