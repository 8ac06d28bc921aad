"""Where lock and journal of a label set stand, and what an earlier session left elsewhere.

Beside the file if writing back is allowed and possible, else in the user's state folder. Because
that can change from one session to the next, edits that wait in the other place are fetched:
whatever a person did not save is offered, or at least named.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
from pathlib import Path
from typing import NamedTuple

import platformdirs

from loupe.errors import IntervalLabelIOError
from loupe.labels.files import FileLock, Fs, again, content_hash, put_beside, read_bytes
from loupe.labels.journal import parse

__all__ = ["HELD", "Home", "adopt", "place_key", "state_folder", "take", "why_not_written"]

HELD = "the labels are held by"


def state_folder() -> Path:
    """Where journals stand that may not stand beside their file."""
    return platformdirs.user_state_path("loupe", appauthor=False) / "labels"


class Home(NamedTuple):
    """A folder, the name of the set in it, and who may read and write what stands there."""

    folder: Path
    key: str
    mode: int | None = 0o600

    @property
    def journal(self) -> Path:
        """The journal file."""
        return self.folder / f".{self.key}.loupe-journal"

    @property
    def lock(self) -> Path:
        """The lock file."""
        return self.folder / f".{self.key}.loupe-lock"

    @staticmethod
    def beside(real: Path) -> Home:
        """Beside the label file: whoever may write that may write these, too."""
        try:
            mode = stat.S_IMODE(real.stat().st_mode) & 0o666 | 0o600
        except OSError:  # not there yet, or not to be reached: reading it will say so
            mode = None
        return Home(real.parent, real.name, mode)

    @staticmethod
    def of_file(real: Path, state_dir: Path | None) -> Home:
        """In the state folder, for a file that nothing is put beside."""
        name = f"{content_hash(str(real).encode())[:16]}-{real.name}"
        return Home(state_dir or state_folder(), name)

    @staticmethod
    def of_memory(key: str, state_dir: Path | None) -> Home:
        """In the state folder, for a set that has no file."""
        safe = re.sub(r"[^\w.-]", "_", key)[:60]
        return Home(state_dir or state_folder(), f"{content_hash(key.encode())[:16]}-{safe}")


def take(home: Home, fs: Fs) -> tuple[FileLock | None, str]:
    """The lock of a label set, or None and why we do not have it."""
    lock = FileLock(home.lock, fs, home.mode)
    try:
        if not home.folder.is_dir():
            home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = lock.acquire()
    except OSError as error:
        return None, f"no lock can be made in {home.folder}{_whose(home.lock)}: {error.strerror}"
    return (lock, "") if owner is None else (None, f"{HELD} {owner}")


def why_not_written(real: Path) -> str | None:
    """Why a file cannot be saved to; None if it can, as far as its folder and rights tell."""
    if not real.parent.is_dir():
        return f"there is no folder {real.parent}"
    if not os.access(real.parent, os.W_OK):
        return f"the folder {real.parent} cannot be written"
    if real.exists() and not os.access(real, os.W_OK):
        # it could be replaced all the same, but somebody protected it
        return f"the file {real} is write-protected"
    return None


def _whose(lock: Path) -> str:
    try:
        return f" ({lock.name} there belongs to {lock.owner()})" if lock.exists() else ""
    except (OSError, KeyError, NotImplementedError):
        return f" ({lock.name} is there)"


def adopt(home: Home, other: Home, fs: Fs) -> tuple[bool, str]:
    """Fetch the edits that wait in another home; the lock of `home` is ours.

    Returns
    -------
    tuple
        Whether they are here now, and what the person has to know.
    """
    try:
        theirs = _waiting(other.journal)
        if not theirs or not _is_ours(other.journal):
            return False, f"unsaved edits of another person lie in {other.journal}" * bool(theirs)
        lock, problem = take(other, fs)
        if lock is None and problem.startswith(HELD):
            return False, ""  # somebody is at work on them
        try:
            theirs = _waiting(other.journal)  # until now somebody may have been at work on them
            mine = read_bytes(home.journal) or b""
            fetched = mine != theirs and theirs.startswith(mine)
            if fetched:
                put_beside(fs, home.journal, theirs, home.mode, home.journal)
                again(lambda: fs.sync_folder(home.folder))
            elif not mine.startswith(theirs):
                return False, f"unsaved edits of another session lie in {other.journal}"
            if lock is not None and theirs:
                _empty(other.journal, fs)
        finally:
            if lock is not None:
                lock.release()
    except (OSError, IntervalLabelIOError) as error:
        return False, f"unsaved edits of another session lie in {other.journal}: {error}"
    return fetched, ""


def _waiting(journal: Path) -> bytes:
    """A journal that holds edits, else nothing; nothing, too, where we may not look."""
    try:
        data = read_bytes(journal) or b""
    except (OSError, IntervalLabelIOError):
        return b""
    content = parse(data)
    return data if content.bad_line or any(r["op"] == "edit" for r in content.records) else b""


def _is_ours(path: Path) -> bool:
    return sys.platform == "win32" or path.stat().st_uid == os.getuid()


def _empty(journal: Path, fs: Fs) -> None:
    fd = again(lambda: fs.open(journal, os.O_RDWR))
    try:
        again(lambda: fs.truncate(fd, 0))
        again(lambda: fs.fsync(fd))
    finally:
        os.close(fd)


def place_key(session_file: Path | None, track_id: str, sources: list[str]) -> str:
    """What names a set without a file from one session to the next.

    Parameters
    ----------
    session_file
        The file that names the set; None for a script, which goes by its own file, what it was
        started with and the sources that it shows; a notebook goes by its folder for the first.
    """
    if session_file is not None:
        return f"{session_file.resolve()}/{track_id}"
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    place = Path.cwd() if script is None else Path(script).resolve()
    told = [*(sys.argv[1:] if script is not None else ()), "", *sources]
    digest = hashlib.blake2b("\0".join(told).encode(errors="replace"), digest_size=8).hexdigest()
    return f"{place}/{digest}/{track_id}"
