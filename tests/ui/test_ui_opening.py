"""While a long table is read the window's thread goes on, and the user can stop it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QProgressBar, QPushButton
from ui_sessions import make_session

from loupe import RasterConfig
from loupe.data import events
from loupe.data.readers.tables import Table
from loupe.errors import LoupeError
from loupe.ui import opening
from loupe.ui.app import application, open_session, open_windows
from loupe.ui.look import look_for

ROWS, PIECE = 4_000, 10


@pytest.fixture
def slow_raster(monkeypatch):
    """A session of one raster whose table comes in 400 pieces, and how many were read."""
    read = []
    pieces = Table.pieces

    def counted(self, columns, size):
        for frame in pieces(self, columns, size):
            read.append(len(frame))
            yield frame

    monkeypatch.setattr(Table, "pieces", counted)
    monkeypatch.setattr(events, "PIECE_ROWS", PIECE)
    monkeypatch.setattr(opening, "_PATIENCE_MS", 0)
    frame = pl.DataFrame({"time": np.arange(ROWS) / 100.0, "unit": np.arange(ROWS) % 7})
    raster = RasterConfig(data=frame, time_col="time", order_by="unit")
    return make_session().model_copy(update={"plots": (raster,), "labels": ()}), read


def notes():
    return [
        widget
        for widget in QApplication.topLevelWidgets()
        if widget.isVisible() and widget.windowTitle().startswith("Opening")
    ]


def test_a_long_table_shows_how_far_it_is_and_can_be_stopped(slow_raster):
    session, read = slow_raster
    application()
    seen = []

    def look() -> None:
        for note in notes():
            bar = note.findChild(QProgressBar)
            if bar.value() > 0:
                seen.append((bar.value(), bar.maximum()))
                note.findChild(QPushButton).click()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(1)
    with pytest.raises(LoupeError, match="opening was stopped"):
        open_session(session)
    timer.stop()
    assert seen, "the note was shown and the window's thread went on"
    assert 0 < seen[0][0] < seen[0][1]
    assert len(read) < 2 * ROWS // PIECE
    assert not notes()
    assert not open_windows()


def test_what_goes_wrong_in_the_thread_reaches_the_caller_whatever_it_is():
    class Panic(BaseException):
        """Such as those of compiled libraries, which are no `Exception`."""

    def fail(progress):
        raise Panic("index out of bounds")

    application()
    with pytest.raises(Panic):
        opening.in_thread("Opening", "it", look_for("dark"), fail)
    assert not notes()
