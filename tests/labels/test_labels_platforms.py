"""Locks and durable writes where they differ: Windows and macOS, played on any system."""

import errno
import os
import sys
import types

import pytest

from loupe.labels import files
from loupe.labels.files import Fs


class FakeMsvcrt(types.ModuleType):
    """Byte locks as Windows has them: of a region of an open file, refused while held."""

    LK_NBLCK = 2

    def __init__(self):
        super().__init__("msvcrt")
        self.held = {}
        self.regions = []

    def locking(self, fd, mode, count):
        assert mode == self.LK_NBLCK
        place = (os.fstat(fd).st_ino, os.lseek(fd, 0, os.SEEK_CUR))
        self.regions.append((place[1], count))
        owner = self.held.setdefault(place, fd)
        if owner != fd:
            raise OSError(errno.EACCES, "Permission denied")


@pytest.fixture
def windows(monkeypatch):
    fake = FakeMsvcrt()
    monkeypatch.setattr(files.sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", fake)
    return fake


def test_windows_locks_a_byte_that_nobody_reads(windows, tmp_path):
    """Locked bytes cannot be read there, so the lock lies beyond the note of its owner."""
    path = tmp_path / ".labels.csv.loupe-lock"
    first, second = files.FileLock(path), files.FileLock(path)
    assert first.acquire() is None
    owner = second.acquire()
    assert owner is not None
    assert f"process {os.getpid()}" in owner
    assert all(at > 4096 for at, _ in windows.regions)
    first.release()


def test_windows_tries_again_while_a_scanner_looks_at_the_file(windows, tmp_path, monkeypatch):
    new, old = tmp_path / "new", tmp_path / "old"
    new.write_bytes(b"new")
    old.write_bytes(b"old")
    real, refusals = os.replace, [PermissionError(13, "in use")] * 3

    def replace(source, target):
        if refusals:
            raise refusals.pop()
        real(source, target)

    monkeypatch.setattr(files.os, "replace", replace)
    monkeypatch.setattr(files.time, "sleep", lambda _: None)
    Fs().replace(new, old)
    assert old.read_bytes() == b"new"
    assert not refusals


def test_windows_says_so_when_the_file_stays_in_use(windows, tmp_path, monkeypatch):
    def replace(source, target):
        raise PermissionError(13, "in use")

    monkeypatch.setattr(files.os, "replace", replace)
    monkeypatch.setattr(files.time, "sleep", lambda _: None)
    with pytest.raises(PermissionError):
        Fs().replace(tmp_path / "new", tmp_path / "old")


def test_windows_has_no_folders_to_sync(windows, tmp_path, monkeypatch):
    monkeypatch.setattr(files.os, "open", lambda *_: pytest.fail("a folder cannot be opened"))
    Fs().sync_folder(tmp_path)


class FakeFcntl(types.ModuleType):
    F_FULLFSYNC = 51

    def __init__(self, fails):
        super().__init__("fcntl")
        self.calls, self.fails = [], fails

    def fcntl(self, fd, command):
        self.calls.append(command)
        if self.fails:
            raise OSError(errno.ENOTSUP, "not supported")


@pytest.mark.parametrize("fails", [False, True])
def test_macos_empties_the_cache_of_the_drive(tmp_path, monkeypatch, fails):
    """F_FULLFSYNC where the file system knows it, else fsync."""
    fake, synced = FakeFcntl(fails), []
    monkeypatch.setattr(files.sys, "platform", "darwin")
    monkeypatch.setitem(sys.modules, "fcntl", fake)
    monkeypatch.setattr(files.os, "fsync", synced.append)
    monkeypatch.delattr(files.os, "fdatasync", raising=False)
    Fs().fsync(7)
    Fs().datasync(7)
    assert fake.calls == [51, 51]
    assert synced == ([7, 7] if fails else [])
