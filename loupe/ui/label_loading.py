"""Loading label files into the session: which they are, and what they do not say themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog

from loupe.app import commands
from loupe.errors import IntervalLabelIOError, IntervalLabelSchemaError, LoupeError
from loupe.labels.exchange import load_table
from loupe.labels.formats.base import ReadOptions
from loupe.labels.peek import peek
from loupe.session.labels import IntervalLabelSchema, LabelsConfig
from loupe.ui import views
from loupe.ui.asking import ask_open, attempt
from loupe.ui.dialogs.columns import ColumnsDialog
from loupe.ui.session_files import SessionFiles

if TYPE_CHECKING:
    from loupe.ui.app import LoupeWindow

__all__ = ["LabelLoading"]

_CHOOSE_COLUMNS = "Choose the columns (*.csv *.htsv *.tsv *.parquet)"
_EPOCHS = "States epoch by epoch (*.txt *.csv *.tsv)"
_FILES = (
    "Labels (*.csv *.htsv *.tsv *.parquet *.txt *.edf *.xml *.hyp *.eaf);;"
    f"{_CHOOSE_COLUMNS};;{_EPOCHS};;All files (*)"
)
_USUAL_S = 30.0
"""Epochs of human sleep; what is suggested where the edited set has none."""

_MOST_STATES = 40
"""A text of more different lines is no list of states."""

_BOUT = re.compile(r"\S+\s+[\d.]+")
"""A state and a time: a line of a Visbrain text, which has an error of its own."""


class LabelLoading:
    """Asks for label files and adds them to the window's session.

    Attributes
    ----------
    columns, epoch
        The dialog that asks what columns mean, and the one that asks how long an epoch is, once
        they were opened.
    """

    def __init__(self, window: LoupeWindow, sessions: SessionFiles) -> None:
        self._window = window
        self._sessions = sessions
        self.columns: ColumnsDialog | None = None
        self.epoch: QInputDialog | None = None

    def ask(self) -> None:
        """Ask which file to load."""

        def chosen(path: str) -> None:
            ways = {_CHOOSE_COLUMNS: self._ask_columns, _EPOCHS: self._ask_epoch}
            way = ways.get(dialog.selectedNameFilter())
            if way is None:
                self.add(path)
            else:
                attempt(self._window, Path(path).name, lambda: way(Path(path)))

        dialog = ask_open(self._window, "Load interval labels", _FILES, chosen)

    def add(self, path: str) -> None:
        """Add a label file to the session as the set that is edited.

        If the names of its columns say nothing, or it lists the states of epochs alone, the
        person is asked for what is missing.
        """
        file = Path(path)

        def work() -> None:
            try:
                load_table(file)
            except (IntervalLabelIOError, IntervalLabelSchemaError):
                if _lists_states(file):
                    self._ask_epoch(file)
                elif _names_unknown(file):
                    self._ask_columns(file)
                else:
                    raise
            else:
                self._add(LabelsConfig(path=str(file)))

        attempt(self._window, file.name, work)

    def _add(self, config: LabelsConfig) -> None:
        window, name = self._window, Path(config.path or "").name
        window.swap(self._sessions.with_labels(config))
        if not window.is_open:
            return
        index = views.track_index(window.state, window.desk.scene.tracks[-1].id)
        if index is not None:
            window.store.dispatch(commands.SetEditedTrack(index))
        window.core.say(f"{name} loaded.")

    def _ask_columns(self, path: Path) -> None:
        """Ask which columns of a label file mean what, then add it."""
        found = peek(path)

        def chosen(schema: IntervalLabelSchema) -> str:
            try:
                load_table(path, schema)
                self._add(LabelsConfig(path=str(path), table_schema=schema))
            except LoupeError as error:
                return error.told
            return ""

        self.columns = ColumnsDialog(path.name, found, chosen, self._window.widget)
        self.columns.open()

    def _ask_epoch(self, path: Path) -> None:
        """Ask how long an epoch is of a file that lists the states of epochs, then add it."""
        track = self._window.desk.track
        usual = track.epoch if track is not None and track.epoch is not None else _USUAL_S

        def load(epoch: float) -> None:
            def work() -> None:
                load_table(path, format="epochs", options=ReadOptions(epoch=epoch))
                self._add(LabelsConfig(path=str(path), format="epochs", epoch=epoch))

            attempt(self._window, path.name, work)

        def chosen(epoch: float) -> None:
            # Loading may let events through, and the dialog that tells of this goes with them.
            self._window.scheduler.later(0.0, lambda: load(epoch))

        dialog = QInputDialog(self._window.widget)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(f"Epochs of {path.name}")
        dialog.setLabelText("It lists states and no times. Length of an epoch, seconds:")
        dialog.setInputMode(QInputDialog.InputMode.DoubleInput)
        dialog.setDoubleDecimals(3)
        dialog.setDoubleRange(0.001, 86400.0)
        dialog.setDoubleValue(usual)
        dialog.doubleValueSelected.connect(chosen)
        self.epoch = dialog
        dialog.open()


def _names_unknown(path: Path) -> bool:
    """Whether a label file has columns, but none with well-known names."""
    try:
        return peek(path).guess is None
    except LoupeError:
        return False


def _lists_states(path: Path) -> bool:
    """Whether a text has nothing but states, a few different ones again and again."""
    try:
        states = load_table(path, format="epochs", options=ReadOptions(epoch=1.0)).table.labels()
    except LoupeError:
        return False
    names = set(states)
    bouts = any(_BOUT.fullmatch(name) for name in names)
    return not bouts and 2 * len(names) <= len(states) and len(names) <= _MOST_STATES
