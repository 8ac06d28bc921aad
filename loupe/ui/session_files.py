"""Sessions as files: read, extended by dropped files, written with what was changed here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from loupe.session.labels import LabelsConfig
from loupe.session.load import load_session
from loupe.session.model import Session

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
        """This session and what is sensible to show of some files.

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
        """This session with one more label set, which is not written back to its file."""
        session = self._session
        more = LabelsConfig(path=str(path.resolve()), name=path.name)
        changes = {"labels": (*session.labels, more)}
        return session.model_copy(update=changes).with_base(session.base)
