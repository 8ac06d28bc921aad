"""Files that other programs may change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer

__all__ = ["FileWatch"]

SETTLE_MS = 300
"""How long nothing may happen before a change is told: programs write in several steps."""


class FileWatch:
    """Tells of files that were written, replaced or removed, once they have come to rest.

    Parameters
    ----------
    changed
        Told which files.
    """

    def __init__(self, parent: QObject, changed: Callable[[Collection[Path]], None]) -> None:
        self._changed = changed
        self._seen: dict[Path, tuple[int, int] | None] = {}
        self._watcher = QFileSystemWatcher(parent)
        self._settle = QTimer(parent)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self.look)
        self._watcher.fileChanged.connect(lambda _: self._settle.start())
        self._watcher.directoryChanged.connect(lambda _: self._settle.start())

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that are watched."""
        return tuple(self._seen)

    def follow(self, paths: Iterable[Path]) -> None:
        """Watch exactly these, as they are now."""
        self._seen = {path: _stamp(path) for path in paths}
        # Most programs replace a file: the folder tells of that, the file of plain writes.
        wanted = {str(p) for path in self._seen for p in (path, path.parent) if p.exists()}
        watched = set(self._watcher.files() + self._watcher.directories())
        if gone := watched - wanted:
            self._watcher.removePaths(sorted(gone))
        if fresh := wanted - watched:
            self._watcher.addPaths(sorted(fresh))

    def look(self) -> None:
        """Tell of what is not as it was."""
        touched = [path for path, stamp in self._seen.items() if _stamp(path) != stamp]
        # Also without a change: a file that was replaced is watched no more.
        self.follow(self.paths)
        if touched:
            self._changed(touched)

    def close(self) -> None:
        """Watch nothing any more."""
        self._settle.stop()
        self.follow(())


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
