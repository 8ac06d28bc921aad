"""Bytes to disk so that a crash, a full disk or another program never costs a label.

Saving writes a new file beside the old one, makes it durable, checks that nobody changed the old
one, and only then puts it in its place. Changes are told by content hash, because a modification
time can be set back. Locks are separate files that are never replaced. Knows nothing of tables.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import secrets
import socket
import stat
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from loupe.errors import IntervalLabelIOError
from loupe.labels.recordings import holds_signals

__all__ = [
    "MISSING",
    "FileLock",
    "Fs",
    "Saved",
    "again",
    "atomic_write",
    "content_hash",
    "put_beside",
    "read_bytes",
    "remove_stray",
    "write_all",
    "write_beside",
]

MISSING = ""
"""The content hash of a file that does not exist."""

_T = TypeVar("_T")
_TMP = ".loupe-tmp"
_RETRIES = 100
_TURNS, _TURN_S = 20, 0.05
_NO_SYNC = (errno.EINVAL, errno.EBADF, errno.ENOTSUP, errno.EACCES)


class Fs:
    """The calls that can fail while labels are written; tests put failing ones in their place."""

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        """``os.open`` in binary mode, never through a symbolic link where that can be asked."""
        flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        return os.open(path, flags | getattr(os, "O_CLOEXEC", 0), mode)

    def open_shared(self, path: Path, flags: int, mode: int | None) -> int:
        """`open` a file that stands beside the labels: who may write those may write it.

        It gets `mode` also where an earlier session made it for one person only; None leaves it as
        it is, and a new file to the process.
        """
        fd = self.open(path, flags, 0o666 if mode is None else mode)
        if mode is not None and hasattr(os, "fchmod"):
            # only its owner can; whoever else has it open needs no more
            with contextlib.suppress(OSError):
                if stat.S_IMODE(os.fstat(fd).st_mode) != mode:
                    os.fchmod(fd, mode)
        return fd

    def write(self, fd: int, data: bytes | memoryview) -> int:
        """Write some of the bytes; returns how many."""
        return os.write(fd, data)

    def fsync(self, fd: int) -> None:
        """Make the file's content and size durable."""
        if sys.platform == "darwin":
            import fcntl

            # fsync leaves the data in the drive's own cache there; not all drives know better
            with contextlib.suppress(OSError):
                fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
                return
        os.fsync(fd)

    def datasync(self, fd: int) -> None:
        """Make the file's content durable, and its size if that grew."""
        if hasattr(os, "fdatasync"):
            os.fdatasync(fd)
        else:
            self.fsync(fd)

    def truncate(self, fd: int, size: int) -> None:
        """Cut the file to `size` bytes."""
        os.ftruncate(fd, size)

    def replace(self, source: Path, target: Path) -> None:
        """Put one file in the place of another, at once.

        On Windows another program that just looks at the target (a virus scanner, an indexer)
        refuses that for a moment, so it is tried for a second.
        """
        for _ in range(_TURNS if sys.platform == "win32" else 0):
            try:
                os.replace(source, target)
            except PermissionError:
                time.sleep(_TURN_S)
            else:
                return
        os.replace(source, target)

    def sync_folder(self, folder: Path) -> None:
        """Make a renamed name durable; some systems have no such call and need none.

        Nor have some network drives, or folders that may be written but not listed.
        """
        if sys.platform == "win32":
            return
        try:
            fd = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
        except OSError as error:
            if error.errno not in _NO_SYNC:
                raise


def again(call: Callable[[], _T]) -> _T:
    """Run a system call anew while a signal interrupts it."""
    for _ in range(_RETRIES):
        with contextlib.suppress(InterruptedError):
            return call()
    raise InterruptedError(errno.EINTR, "interrupted again and again")


def write_all(fs: Fs, fd: int, data: bytes) -> None:
    """Write every byte, also when the system takes them in parts."""
    left = memoryview(data)
    while left:
        part = left
        count = again(lambda part=part: fs.write(fd, part))  # type: ignore[misc]  # bound now
        if count <= 0:
            raise OSError(errno.EIO, "nothing was written")
        left = left[count:]


def content_hash(data: bytes) -> str:
    """BLAKE2b of the bytes, 64 hexadecimal digits."""
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def read_bytes(path: Path) -> bytes | None:
    """The whole file, or None if there is none.

    Raises
    ------
    IntervalLabelIOError
        If it cannot be read, or is no regular file (a folder, a pipe, a device).
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise IntervalLabelIOError("not a regular file", where=str(path))
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise IntervalLabelIOError(
            f"cannot be read: {error.strerror}", where=str(path), hint="check its permissions"
        ) from error


@dataclass(frozen=True)
class Saved:
    """A finished save: the real file, the hash of what it holds now, remarks for the person."""

    path: Path
    hash: str
    warnings: tuple[str, ...] = ()


def atomic_write(
    path: Path,
    data: bytes,
    *,
    expected: str | None = None,
    backup: bool = False,
    fs: Fs | None = None,
) -> Saved:
    """Replace a file's content as a whole, or leave it as it was.

    A symbolic link is followed and stays; the mode is kept.

    Parameters
    ----------
    expected
        The `content_hash` that the file must still have (`MISSING`: it must not exist); None does
        not look.
    backup
        Keep the old content as ``NAME.bak``.

    Raises
    ------
    IntervalLabelIOError
        If anything fails (code ``labels-write``), or the file has changed (code
        ``labels-changed-outside``), or it is a recording; the file is as it was, and no stray file
        is left.
    """
    fs = fs or Fs()
    real = path.resolve()
    warnings: list[str] = []
    tmp: Path | None = None
    try:
        if holds_signals(real):
            raise IntervalLabelIOError(
                "this is a recording: saving labels would replace its signals",
                where=str(path),
                hint="save the labels under another name",
                code="labels-write",
            )
        old = read_bytes(real)
        info = real.stat() if old is not None else None
        if info is not None and info.st_nlink > 1:
            warnings.append("the file has more than one name; only this one holds the new labels")
        tmp = write_beside(fs, real, data, None if info is None else stat.S_IMODE(info.st_mode))
        old = read_bytes(real)
        now = MISSING if old is None else content_hash(old)
        if expected is not None and now != expected:
            raise IntervalLabelIOError(
                "the file was changed by another program since it was read",
                where=str(path),
                hint="reload it, or save the labels under another name",
                code="labels-changed-outside",
            )
        if backup and old is not None and info is not None:
            bak = real.with_name(f"{real.name}.bak")
            put_beside(fs, real, old, stat.S_IMODE(info.st_mode), bak)
        ready = tmp
        again(lambda: fs.replace(ready, real))
        tmp = None
        again(lambda: fs.sync_folder(real.parent))
    except OSError as error:
        done = "the labels stand in the file, but may not be durable" if tmp is None else ""
        raise IntervalLabelIOError(
            f"cannot be written: {error.strerror or error}" + (f"; {done}" if done else ""),
            where=str(path),
            hint="free some space, check permissions, or save under another name",
            code="labels-write",
        ) from error
    finally:
        if tmp is not None:
            _remove(tmp)
    return Saved(real, content_hash(data), tuple(warnings))


def remove_stray(path: Path) -> int:
    """Remove unfinished files that a killed save of `path`, or of its journal, left; how many.

    Only for the holder of the file's lock.
    """
    real = path.resolve()
    mine = re.compile(
        rf"\.(\.{re.escape(real.name)}\.loupe-journal|{re.escape(real.name)})\.\d+\.[0-9a-f]{{8}}{_TMP}"
    )
    stray = [p for p in real.parent.glob(f".*{_TMP}") if mine.fullmatch(p.name) and p.is_file()]
    for file in stray:
        _remove(file)
    return len(stray)


def write_beside(fs: Fs, real: Path, data: bytes, mode: int | None) -> Path:
    """A new durable file in the folder of `real`, to be put in its place; OSError if that fails.

    `mode` is that of the file to be replaced; None for a new one.
    """
    tmp = real.with_name(f".{real.name}.{os.getpid()}.{secrets.token_hex(4)}{_TMP}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    fd = again(lambda: fs.open(tmp, flags, 0o666 if mode is None else 0o600))
    try:
        try:
            write_all(fs, fd, data)
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(fd, mode)
            again(lambda: fs.fsync(fd))
        finally:
            os.close(fd)
    except OSError:
        _remove(tmp)
        raise
    return tmp


def put_beside(fs: Fs, real: Path, data: bytes, mode: int | None, target: Path) -> None:
    """Put a new durable file in the place of `target`, a neighbour of `real`; OSError if not."""
    copy = write_beside(fs, real, data, mode)
    try:
        again(lambda: fs.replace(copy, target))
    except OSError:
        _remove(copy)
        raise


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


class FileLock:
    """An advisory lock on a file of its own, freed by the system when its holder dies.

    The lock file is never replaced or removed: a second process could then lock another file of
    the same name. It holds who has the lock, for the message.
    """

    def __init__(self, path: Path, fs: Fs | None = None, mode: int | None = 0o600) -> None:
        self.path = path
        self._mode = mode
        self._fs = fs or Fs()
        self._fd: int | None = None

    def acquire(self) -> str | None:
        """Take the lock; None if we hold it now, else who has it.

        Raises
        ------
        OSError
            If the lock file cannot be made or opened.
        """
        flags = os.O_RDWR | os.O_CREAT
        try:
            fd = again(lambda: self._fs.open_shared(self.path, flags, self._mode))
        except PermissionError as error:
            try:
                # somebody else's: to lock it, reading is enough
                fd = again(lambda: self._fs.open(self.path, os.O_RDONLY))
            except OSError:
                raise error from None
        try:
            if not _try_lock(fd):
                owner = _owner(os.pread(fd, 4096, 0) if hasattr(os, "pread") else b"")
                os.close(fd)
                return owner
            note = {
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "since": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            # who holds it is only for people: the lock itself does not depend on it
            with contextlib.suppress(OSError):
                self._fs.truncate(fd, 0)
                write_all(self._fs, fd, json.dumps(note).encode())
        except OSError:
            os.close(fd)
            raise
        self._fd = fd
        return None

    def release(self) -> None:
        """Give the lock back; nothing happens if it is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _try_lock(fd: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(fd, 1 << 20, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
            os.lseek(fd, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            return False
        raise
    return True


def _owner(data: bytes) -> str:
    try:
        note = json.loads(data)
        return f"process {note['pid']} on {note['host']} since {note['since']}"
    except (ValueError, KeyError, TypeError):
        return "another program"
