"""Sessions as files: read, extended by dropped files, written with what was changed here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import tomli_w
from PySide6.QtWidgets import QFileDialog

from loupe.app.commands import ReplaceState
from loupe.app.overrides import capture_preset, fold, with_preset
from loupe.errors import LoupeConfigError, LoupeError
from loupe.session.dump import memory_places, to_plain, to_toml
from loupe.session.labels import LabelsConfig
from loupe.session.load import load_session
from loupe.session.model import Session
from loupe.session.preset import apply_preset, load_preset
from loupe.session.relocate import relative_to
from loupe.ui.panels.errors import Fault
from loupe.ui.store_memory import store_memory

if TYPE_CHECKING:
    from loupe.ui.app import LoupeWindow

__all__ = ["SessionFiles"]


class SessionFiles:
    """What one window reads and writes of sessions."""

    def __init__(self, window: LoupeWindow) -> None:
        self._window = window

    @property
    def _session(self) -> Session:
        return self._window.desk.scene.session

    def load(self, path: Path) -> Session:
        """The session of a session file, or a sensible one for a recording.

        Raises
        ------
        LoupeError
            If the file is missing, wrong, or nothing that can be read.
        """
        if path.suffix.lower() == ".toml":
            return load_session(path, allow_remote=self._window.allow_remote)
        from loupe.scene.propose import propose

        return propose([path])

    def with_files(self, paths: list[Path]) -> Session:
        """Add what is sensible to show of some files to the session.

        Raises
        ------
        LoupeError
            If one of them is nothing that can be read.
        """
        from loupe.scene.propose import propose

        session = self._session
        more = propose([path.resolve() for path in paths])
        changes = {
            "sources": {**more.sources, **session.sources},
            "plots": (*session.plots, *more.plots),
            "videos": (*session.videos, *more.videos),
            "labels": (*session.labels, *more.labels),
        }
        return session.model_copy(update=changes).with_base(session.base)

    def with_labels(self, path: Path) -> Session:
        """Add a label set to the session; it is not written back to its file."""
        session = self._session
        more = LabelsConfig(path=str(path.resolve()), name=path.name)
        changes = {"labels": (*session.labels, more)}
        return session.model_copy(update=changes).with_base(session.base)

    # Writing

    def _dialog(self, title: str, filters: str, name: str = "") -> QFileDialog:
        base = self._session.base
        dialog = QFileDialog(self._window.widget, title, "" if base is None else str(base), filters)
        if name:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.selectFile(name)
        return dialog

    def ask_save(self) -> None:
        """Ask where to write the session."""
        path = self._window.path
        name = path.name if path is not None and path.suffix == ".toml" else "session.toml"
        dialog = self._dialog("Save session as", "Sessions (*.toml)", name)
        dialog.fileSelected.connect(lambda chosen: self._try(chosen, self.save))
        dialog.open()

    def ask_save_preset(self) -> None:
        """Ask where to write the view preset."""
        dialog = self._dialog("Save view preset", "View presets (*.view.toml)", "my.view.toml")
        dialog.fileSelected.connect(lambda chosen: self._try(chosen, self.save_preset))
        dialog.open()

    def ask_preset(self) -> None:
        """Ask which view preset to apply."""
        dialog = self._dialog("Apply view preset", "View presets (*.view.toml *.toml)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda chosen: self._try(chosen, self.apply_preset))
        dialog.open()

    def _try(self, path: str, work: Callable[[str], None]) -> None:
        try:
            work(path)
        except LoupeError as error:
            self._window.core.report(error.where or Path(path).name, error)

    def save(self, path: str) -> None:
        """Write the session with everything that was changed here.

        Arrays and tables in memory are written beside it; what a session cannot say is named in
        the window.

        Raises
        ------
        LoupeError
            If the file, or data beside it, cannot be written.
        """
        target = Path(path)
        folded = fold(self._window.desk.scene, self._window.state)
        session = relative_to(folded.session, target.parent)
        folder = target.with_name(f"{target.stem}_data")
        stored = {
            place: store_memory(self._window.tuning.given(value), place, folder)
            for place, value in memory_places(session)
        }
        text = to_toml(session, stored=stored)
        _write(target, text)
        for sentence in folded.lost:
            self._window.add_fault(Fault(target.name, sentence, "It was not saved."))
        self._window.core.say(f"Session written to {target.name}.")

    def save_preset(self, path: str) -> None:
        """Write how the window looks, without data.

        Raises
        ------
        LoupeError
            If the file cannot be written.
        """
        preset, lost = capture_preset(self._window.desk.scene, self._window.state)
        _write(Path(path), tomli_w.dumps(to_plain(preset)))
        for sentence in lost:
            self._window.add_fault(Fault(Path(path).name, sentence, "It was not saved."))
        self._window.core.say(f"View preset written to {Path(path).name}.")

    def apply_preset(self, path: str, *, strict: bool = False) -> None:
        """Lay a view preset over the window; what finds no plot is named.

        Raises
        ------
        LoupeError
            If it cannot be read, or with `strict` if a part of it finds nothing.
        """
        session, report = apply_preset(self._session, load_preset(Path(path)), strict=strict)
        self._window.swap(session)
        state = with_preset(self._window.state, self._window.desk.scene)
        self._window.store.dispatch(ReplaceState(state))
        for part in report.unmatched:
            fault = Fault(Path(path).name, f"{part} of the preset finds nothing here.")
            self._window.add_fault(fault)
        self._window.core.say(f"{Path(path).name}: {len(report.matched)} parts applied.")


def _write(path: Path, text: str) -> None:
    """Write a small text file as a whole or not at all."""
    spare = path.with_name(f".{path.name}.new")
    try:
        spare.write_text(text, encoding="utf-8")
        spare.replace(path)
    except OSError as error:
        raise LoupeConfigError(
            f"cannot be written: {error.strerror or error}", where=str(path)
        ) from None
