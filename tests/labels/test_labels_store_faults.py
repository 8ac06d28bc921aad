"""Nothing acknowledged is ever lost when calls fail or the disk is full."""

import errno
import itertools
import os
import sys
from pathlib import Path

import pytest
from labels_store_kit import crash, open_store, paint

from loupe.errors import IntervalLabelIOError
from loupe.labels.files import Fs
from loupe.labels.store import LabelStore, load_table

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and modes")


class Denied(Fs):
    """A folder that cannot be written."""

    def __init__(self, folder):
        self.folder = folder

    def open(self, path, flags, mode=0o600):
        if Path(path).parent == self.folder and flags & os.O_CREAT:
            raise PermissionError(errno.EACCES, "Permission denied")
        return super().open(path, flags, mode)


def test_a_folder_that_cannot_be_written_moves_the_journal(source, tmp_path):
    state = tmp_path / "state"
    fs = Denied(tmp_path)
    store = LabelStore.open(source, writeback=True, state_dir=state, fs=fs)
    paint(store, 10, 20, "R")
    with pytest.raises(IntervalLabelIOError, match="cannot save: no lock can be made"):
        store.save()
    wanted = store.table
    crash(store)
    again = LabelStore.open(source, writeback=True, state_dir=state, fs=fs)
    again.recover()
    assert again.table.equals(wanted)
    again.close()
    nowhere = LabelStore.open(source, state_dir=tmp_path, fs=fs)
    assert "no lock can be made" in nowhere.read_only_reason
    nowhere.close()


def test_a_write_protected_file_is_not_replaced(source, tmp_path, monkeypatch):
    """Its folder could be written, so that a new file could take its place; root may write all."""
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != source and access(path, mode))
    before = source.read_text()
    store = open_store(source, tmp_path)
    paint(store, 10, 20, "R")
    with pytest.raises(IntervalLabelIOError, match=r"cannot save: the file .* is write-protected"):
        store.save()
    assert source.read_text() == before
    assert (tmp_path / "state").is_dir(), "the journal stands in the user's folder"
    store.close(keep_unsaved=True)


def test_a_folder_that_knows_no_sync_refuses_nothing(source, tmp_path, monkeypatch):
    """As some network drives: their folders answer `fsync` with an error."""
    fsync = os.fsync

    def refusing(fd):
        if os.path.isdir(f"/proc/self/fd/{fd}"):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", refusing)
    store = open_store(source, tmp_path)
    paint(store, 10, 20, "R")
    store.save()
    assert load_table(source).table.equals(store.table)
    store.close()


class Foreign(Fs):
    """Files that somebody else made cannot be opened."""

    def __init__(self, name, readable):
        self.name, self.readable = name, readable

    def open(self, path, flags, mode=0o600):
        if Path(path).name == self.name and not (self.readable and flags == os.O_RDONLY):
            raise PermissionError(errno.EACCES, "Permission denied")
        return super().open(path, flags, mode)


def test_the_lock_of_another_person_serves_if_it_can_be_read(source, tmp_path):
    lock = source.with_name(".labels.csv.loupe-lock")
    lock.touch()
    store = open_store(source, tmp_path, fs=Foreign(lock.name, readable=True))
    assert store.save_reason is None
    assert "held by" in open_store(source, tmp_path).read_only_reason
    store.close()
    refused = open_store(source, tmp_path, fs=Foreign(lock.name, readable=False))
    assert f"{lock.name} there belongs to {lock.owner()}" in refused.save_reason
    refused.close()


class Faulty(Fs):
    """The n-th call of one kind fails once; ``short`` writes half and then fails."""

    def __init__(self, call, n, fault):
        self.call, self.n, self.fault, self.seen, self.fired = call, n, fault, 0, False

    def _hit(self, call):
        if call != self.call:
            return False
        self.seen += 1
        if self.seen != self.n:
            return False
        self.fired = True
        return True

    def _fail(self):
        raise OSError(self.fault, os.strerror(self.fault))

    def open(self, path, flags, mode=0o600):
        if self._hit("open"):
            self._fail()
        return super().open(path, flags, mode)

    def write(self, fd, data):
        if self._hit("write"):
            if self.fault == "short":
                return super().write(fd, data[: max(1, len(data) // 2)])
            if self.fault == errno.ENOSPC:
                super().write(fd, data[: len(data) // 2])
            self._fail()
        return super().write(fd, data)

    def fsync(self, fd):
        if self._hit("fsync"):
            self._fail()
        super().fsync(fd)

    def datasync(self, fd):
        if self._hit("datasync"):
            self._fail()
        super().datasync(fd)

    def truncate(self, fd, size):
        if self._hit("truncate"):
            self._fail()
        super().truncate(fd, size)

    def replace(self, source, target):
        if self._hit("replace"):
            self._fail()
        super().replace(source, target)

    def sync_folder(self, folder):
        if self._hit("sync_folder"):
            self._fail()
        super().sync_folder(folder)


def fault_cases():
    for call in ("open", "write", "fsync", "datasync", "truncate", "replace", "sync_folder"):
        for fault in (errno.EIO, errno.ENOSPC, errno.EINTR):
            yield call, fault
    yield "write", "short"


@pytest.mark.parametrize(("call", "fault"), list(fault_cases()))
def test_every_call_failing_once_loses_nothing(call, fault, tmp_path):
    """Edit, edit, save, edit, save: at each failure the edit or save is refused or done, whole."""
    fired = 0
    for n in itertools.count(1):
        folder = tmp_path / str(n)
        folder.mkdir()
        path = folder / "labels.csv"
        path.write_text("start_s,end_s,label,note\n0.0,30.0,W,\n30.0,60.0,N,odd\n")
        fs = Faulty(call, n, fault)
        store = LabelStore.open(path, writeback=True, state_dir=folder / "state", fs=fs)
        assert store.read_only_reason is None
        acknowledged = store.table
        for step in range(5):
            try:
                if step in (2, 4) and store.save_reason is None:
                    store.save()
                elif step not in (2, 4):
                    paint(store, 5 + 7 * step, 10 + 7 * step, "abcde"[step])
            except IntervalLabelIOError:
                assert fault != "short"
                assert fault != errno.EINTR
            acknowledged = store.table
            load_table(path)  # the file itself is readable at any moment
            left = [p.name for p in folder.iterdir() if p.name.endswith(".loupe-tmp")]
            assert left == []
        crash(store)
        again = LabelStore.open(path, writeback=True, state_dir=folder / "state")
        if store.save_reason is not None:  # the lock beside the file could not be made
            again.close()
            again = LabelStore.open(path, state_dir=folder / "state")
        if again.recovery is not None:
            again.recover()
        assert again.table.equals(acknowledged)
        again.close()
        fired += fs.fired
        if not fs.fired:
            break
    assert fired >= (0 if call == "truncate" else 1)


@pytest.mark.parametrize("call", ["open", "write", "fsync", "truncate", "replace", "sync_folder"])
@pytest.mark.parametrize("writeback", [False, True])
def test_edits_that_are_fetched_from_the_other_place_are_never_lost(call, writeback, tmp_path):
    for n in itertools.count(1):
        folder = tmp_path / str(n)
        folder.mkdir()
        path = folder / "labels.csv"
        path.write_text("start_s,end_s,label,note\n0.0,30.0,W,\n")
        more = {"writeback": writeback, "state_dir": folder / "state"}
        store = LabelStore.open(path, writeback=not writeback, state_dir=folder / "state")
        paint(store, 50, 60, "N")
        wanted = store.table
        crash(store)
        fs = Faulty(call, n, errno.EIO)
        crash(LabelStore.open(path, **more, fs=fs))
        again = LabelStore.open(path, **more)
        again.recover()
        assert again.table.equals(wanted)
        again.close()
        assert LabelStore.open(path, **more).recovery is None
        if not fs.fired:
            break
    assert n > 1


class Watched(Fs):
    """Notes which calls are made, in order."""

    def __init__(self):
        self.calls = []

    def fsync(self, fd):
        self.calls.append("fsync")
        super().fsync(fd)

    def datasync(self, fd):
        self.calls.append("datasync")
        super().datasync(fd)

    def truncate(self, fd, size):
        self.calls.append("truncate")
        super().truncate(fd, size)

    def replace(self, source, target):
        self.calls.append(f"replace {Path(target).name}")
        super().replace(source, target)

    def sync_folder(self, folder):
        self.calls.append("sync_folder")
        super().sync_folder(folder)


def test_the_order_that_survives_a_loss_of_power(source, tmp_path):
    """Each step is durable before the next one counts on it."""
    fs = Watched()
    store = open_store(source, tmp_path, fs=fs)
    paint(store, 0, 1, "a")
    fs.calls.clear()
    paint(store, 1, 2, "b")
    assert fs.calls == ["datasync"]
    fs.calls.clear()
    store.save()
    assert fs.calls == [
        "datasync",  # the mark of the save in the journal
        "fsync",  # the new file
        "fsync",  # the backup
        "replace labels.csv.bak",
        "replace labels.csv",
        "sync_folder",
        "truncate",  # only now does the journal let go
        "fsync",
    ]
    store.close()


class Full(Fs):
    """No byte can be written any more, and nothing can be cut either."""

    def __init__(self):
        self.full = False

    def write(self, fd, data):
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(fd, data)


def test_a_full_disk_refuses_the_edit_and_recovers(source, tmp_path):
    fs = Full()
    store = open_store(source, tmp_path, fs=fs)
    paint(store, 0, 1, "a")
    before = store.table
    fs.full = True
    with pytest.raises(IntervalLabelIOError, match="could not be made safe: No space left"):
        paint(store, 1, 2, "b")
    assert store.table is before
    with pytest.raises(IntervalLabelIOError, match="No space left"):
        store.save()
    assert source.read_text().startswith("start_s,end_s,label,note,who\n0.0,30.0,W")
    fs.full = False
    paint(store, 1, 2, "b")
    store.save()
    assert load_table(source).table.equals(store.table)
    store.close()


def test_a_removed_journal_that_cannot_be_written_anew_refuses_the_edit(source, tmp_path):
    fs = Full()
    store = open_store(source, tmp_path, fs=fs)
    paint(store, 0, 1, "a")
    source.with_name(".labels.csv.loupe-journal").unlink()
    fs.full = True
    before = store.table
    for _ in range(2):
        with pytest.raises(IntervalLabelIOError, match="No space left"):
            paint(store, 1, 2, "b")
    assert store.table is before
    fs.full = False
    paint(store, 1, 2, "b")
    wanted = store.table
    crash(store)
    again = open_store(source, tmp_path)
    again.recover()
    assert again.table.equals(wanted)
    again.close()


def test_a_save_that_could_not_be_made_durable_is_ours_at_the_next(source, tmp_path):
    """The new file stands already: it is not taken for a change by others, nor for the old one."""
    before = source.read_text()
    fs = Faulty("sync_folder", 0, errno.EIO)
    store = open_store(source, tmp_path, fs=fs)
    paint(store, 70, 80, "R")
    fs.n = fs.seen + 1
    with pytest.raises(IntervalLabelIOError, match="may not be durable"):
        store.save()
    assert store.unsaved == 1
    assert not store.changed_outside()
    paint(store, 90, 95, "W")
    store.save()
    assert load_table(source).table.equals(store.table)
    assert source.with_name("labels.csv.bak").read_text() == before
    store.close()
