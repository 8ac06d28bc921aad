"""Sessions as files: read, extended by dropped files, written with what was changed here."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import tomli_w

from loupe.app.commands import MarkSaved, ReplaceState
from loupe.app.overrides import capture_preset, fold, with_preset
from loupe.errors import LoupeConfigError
from loupe.labels.files import content_hash
from loupe.labels.table import IntervalTable
from loupe.scene.compile import Progress
from loupe.session.base import Place
from loupe.session.dump import Stored, memory_places, to_plain, to_toml
from loupe.session.labels import LabelsConfig
from loupe.session.load import load_session
from loupe.session.model import Session
from loupe.session.preset import apply_preset, load_preset
from loupe.session.relocate import relative_to
from loupe.ui.asking import ask_open, ask_save, attempt
from loupe.ui.opening import in_thread
from loupe.ui.panels.errors import Fault
from loupe.ui.store_memory import size_text, store_memory, without_functions
from loupe.ui.writing import write_whole

if TYPE_CHECKING:
    from loupe.ui.app import LoupeWindow

__all__ = ["SessionFiles"]

WRITE, LEAVE = "Write them", "Do not save"


class SessionFiles:
    """What one window reads and writes of sessions."""

    def __init__(self, window: LoupeWindow) -> None:
        self._window = window
        self._label_files: dict[Path, str] = {}
        self._writing = False
        window.widget.errors.offered.connect(self._answered)

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

    def with_labels(self, config: LabelsConfig) -> Session:
        """Add a label set to the session, named after its file; it is not written back to that."""
        session, path = self._session, Path(config.path or "")
        more = config.model_copy(update={"path": str(path.resolve()), "name": path.name})
        changes = {"labels": (*session.labels, more)}
        return session.model_copy(update=changes).with_base(session.base)

    # Writing

    def ask_save(self) -> None:
        """Ask where to write the session."""
        path = self._window.path
        name = path.name if path is not None and path.suffix == ".toml" else "session.toml"
        ask_save(self._window, "Save session as", "Sessions (*.toml)", name, self._offer)

    def ask_save_preset(self) -> None:
        """Ask where to write the view preset."""
        ask_save(
            self._window,
            "Save view preset",
            "View presets (*.view.toml)",
            "my.view.toml",
            lambda chosen: self._try(chosen, self.save_preset),
        )

    def ask_preset(self) -> None:
        """Ask which view preset to apply."""
        ask_open(
            self._window,
            "Apply view preset",
            "View presets (*.view.toml *.toml)",
            lambda chosen: self._try(chosen, self.apply_preset),
        )

    def _try(self, path: str, work: Callable[[str], None]) -> None:
        attempt(self._window, Path(path).name, lambda: work(path))

    def _offer(self, path: str) -> None:
        """Write the session; what is in memory only if the person says so."""
        size = size_text(self._session)
        if not size:
            self._try(path, self.save)
            return
        folder = _folder_beside(Path(path))
        self._window.add_fault(
            Fault(
                Path(path).name,
                f"{size}: to save the session, they are written into {folder.name} beside it.",
                offers=(WRITE, LEAVE),
                key=f"store:{path}",
            )
        )

    def _answered(self, fault: Fault, answer: str) -> None:
        kind, _, path = fault.key.partition(":")
        if kind == "store":
            self._window.widget.errors.discard(fault)
            if answer == WRITE:
                self._try(path, self.save)

    def save(self, path: str) -> None:
        """Write the session with everything that was changed here; it is the window's own then.

        Arrays, tables and labels in memory are written beside it; what a session cannot say is
        named in the window.

        Raises
        ------
        LoupeError
            If the file, or data beside it, cannot be written, or one is being written.
        """
        if self._writing:
            raise LoupeConfigError("a session is being written in this window already")
        self._writing = True
        try:
            self._save(Path(path).absolute())
        finally:
            self._writing = False

    def _save(self, target: Path) -> None:
        window = self._window
        state = window.state
        folded = fold(window.desk.scene, state, window.core.presenter.usual_range)
        folder = _folder_beside(target)
        session, functions = without_functions(folded.session)
        session, written = self._with_labels(session, folder)
        session, outside = _writing_inside(relative_to(session, target.parent), target.parent)

        def store(progress: Progress) -> dict[Place, Stored]:
            places = memory_places(session)
            stored: dict[Place, Stored] = {}
            for number, (place, value) in enumerate(places):
                progress(number, len(places), ".".join(map(str, place)))
                stored[place] = store_memory(window.tuning.given(value), place, folder)
            return stored

        found = {}
        if memory_places(session):
            found = in_thread("Writing", folder.name, window.desk.look, store)
        write_whole(target, to_toml(session, stored=found))
        if not window.is_open:
            return
        for index, track in enumerate(window.state.tracks):
            # The window lives while its data are written: what was edited since is not in the file.
            if any(track.table is table for table in written):
                window.store.dispatch(MarkSaved(index))
        window.own(target, state)
        for sentence in (*folded.lost, *functions, *outside):
            window.add_fault(Fault(target.name, sentence, "It was not saved."))
        window.core.say(f"Session written to {target.name}.")

    def _with_labels(self, session: Session, folder: Path) -> tuple[Session, list[IntervalTable]]:
        """The session with label sets that have no file written into one; what was written."""
        window = self._window
        sets = list(session.labels)
        written = []
        for index, track in enumerate(window.state.tracks):
            config = sets[index] if index < len(sets) else LabelsConfig(id=track.id)
            if config.path is not None or not len(track.table):
                continue
            try:
                folder.mkdir(parents=True, exist_ok=True)
                file = self._free(folder, f"labels-{index + 1}")
                if window.files.export(index, file):
                    written.append(track.table)
                self._label_files[file] = content_hash(file.read_bytes())
            except OSError as error:
                raise LoupeConfigError(
                    f"the labels of {track.name} cannot be written: {error.strerror or error}",
                    where=str(folder),
                ) from error
            changes = {
                "path": str(file),
                "data": None,
                "table_schema": track.table.schema,
                "writeback": True,
            }
            changed = config.model_copy(update=changes)
            sets[index : index + 1] = [changed]
        done = session.model_copy(update={"labels": tuple(sets)}).with_base(session.base)
        return done, written

    def _free(self, folder: Path, stem: str) -> Path:
        """A file for labels that is not there, or that is as this window wrote it.

        Somebody may have scored in the session that was saved, here or by an earlier run of a
        script.
        """
        ends = itertools.chain([""], (f"-{n}" for n in itertools.count(2)))
        paths = (folder / f"{stem}{end}.htsv" for end in ends)
        return next(path for path in paths if not path.exists() or self._is_mine(path))

    def _is_mine(self, path: Path) -> bool:
        known = self._label_files.get(path)
        return known is not None and known == content_hash(path.read_bytes())

    def save_preset(self, path: str) -> None:
        """Write how the window looks, without data.

        Raises
        ------
        LoupeError
            If the file cannot be written.
        """
        window = self._window
        usual = window.core.presenter.usual_range
        preset, lost = capture_preset(window.desk.scene, window.state, usual)
        write_whole(Path(path), tomli_w.dumps(to_plain(preset)))
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
        if not self._window.is_open:
            return
        state = with_preset(self._window.state, self._window.desk.scene)
        self._window.store.dispatch(ReplaceState(state))
        for part in report.unmatched:
            fault = Fault(Path(path).name, f"{part} of the preset finds nothing here.")
            self._window.add_fault(fault)
        self._window.core.say(f"{Path(path).name}: {len(report.matched)} parts applied.")


def _folder_beside(target: Path) -> Path:
    """Where data in memory are written when a session is."""
    return target.with_name(f"{target.stem}_data")


def _writing_inside(session: Session, folder: Path) -> tuple[Session, tuple[str, ...]]:
    """The session without leave to write outside its folder, which it would be refused with."""
    sets, lost = [], []
    for config in session.labels:
        outside = config.path is not None and not (folder / config.path).resolve().is_relative_to(
            folder.resolve()
        )
        if config.writeback and outside:
            lost.append(f"leave to write over {config.path}: it lies outside the session's folder")
            config = config.model_copy(update={"writeback": False})
        sets.append(config)
    return session.model_copy(update={"labels": tuple(sets)}).with_base(session.base), tuple(lost)
