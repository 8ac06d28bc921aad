"""Nothing acknowledged is ever lost: kills, failing calls, torn journals, two processes."""

import ast
import errno
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import polars as pl
import pytest

from loupe.errors import IntervalLabelIOError
from loupe.labels import edit, files
from loupe.labels.files import FileLock, Fs, atomic_write, content_hash
from loupe.labels.formats.tabular import LEGACY, frame_of, table_of
from loupe.labels.journal import parse
from loupe.labels.store import LabelStore, load_table

SOAK = os.environ.get("LOUPE_SOAK") == "1"
KILLS = 1000 if SOAK else 60

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and modes")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("start_s,end_s,label,note,who\n0.0,30.0,W,,007\n30.0,60.0,N,odd,008\n")
    return path


def open_store(path, tmp_path, **more):
    return LabelStore.open(path, writeback=True, state_dir=tmp_path / "state", **more)


def paint(store, *args, **more):
    return store.append(edit.paint(store.table, *args, **more)[1])


def crash(store):
    """What a kill leaves: the lock is free, the journal stays."""
    store.close(keep_unsaved=True)


def test_edits_wait_in_the_journal_and_are_offered_after_a_crash(source, tmp_path):
    store = open_store(source, tmp_path)
    paint(store, 10, 20, "R")
    store.append(edit.set_values(store.table, 0, {"note": "x"})[1])
    wanted = store.table
    crash(store)
    again = open_store(source, tmp_path)
    assert len(again.table) == 2
    assert "left 2 unsaved edits" in again.recovery.message
    with pytest.raises(IntervalLabelIOError, match="an earlier session left"):
        paint(again, 0, 1, "a")
    again.recover()
    assert again.table.equals(wanted)
    assert again.unsaved == 2
    paint(again, 40, 50, "R")
    wanted = again.table
    crash(again)
    third = open_store(source, tmp_path)
    third.recover()
    assert third.table.equals(wanted)
    assert len(third.table) == len(wanted)
    third.save()
    assert load_table(source).table.equals(wanted)
    third.close()
    assert open_store(source, tmp_path).recovery is None


def test_recovered_edits_can_be_undone(source, tmp_path):
    store = open_store(source, tmp_path)
    paint(store, 10, 20, "R")
    paint(store, 12, 14, "W")
    crash(store)
    again = open_store(source, tmp_path)
    loaded = again.table
    recovery = again.recover()
    for done in reversed(recovery.edits):
        again.append(done.inverse())
    assert again.table.equals(loaded)
    again.close()


def test_undone_edits_survive_a_save_and_a_crash(source, tmp_path):
    store = open_store(source, tmp_path)
    one = edit.paint(store.table, 10, 20, "R")[1]
    store.append(one)
    store.save()
    store.append(one.inverse())
    wanted = store.table
    crash(store)
    again = open_store(source, tmp_path)
    assert again.recovery.found == 1
    again.recover()
    assert again.table.equals(wanted)
    again.close()


def test_discarding_keeps_the_journal_under_another_name(source, tmp_path):
    store = open_store(source, tmp_path)
    paint(store, 10, 20, "R")
    crash(store)
    again = open_store(source, tmp_path)
    kept = again.discard_recovery()
    assert parse(kept.read_bytes()).edits == 1
    paint(again, 1, 2, "R")
    again.close()
    assert open_store(source, tmp_path).recovery is None


def test_closing_without_keeping_drops_the_edits(source, tmp_path):
    store = open_store(source, tmp_path)
    paint(store, 10, 20, "R")
    store.close()
    assert open_store(source, tmp_path).recovery is None


def test_saving_keeps_mode_link_and_one_backup(source, tmp_path):
    source.chmod(0o640)
    before = source.read_text()
    link = tmp_path / "link.csv"
    link.symlink_to(source)
    store = open_store(link, tmp_path)
    paint(store, 10, 20, "R")
    store.save()
    paint(store, 15, 25, "Q")
    store.save()
    assert link.is_symlink()
    assert source.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "labels.csv.bak").read_text() == before
    assert load_table(source).table.equals(store.table)
    store.close()
    left = sorted(p.name for p in tmp_path.iterdir() if p.is_file())
    assert left == [
        ".labels.csv.loupe-journal",
        ".labels.csv.loupe-lock",
        "labels.csv",
        "labels.csv.bak",
        "link.csv",
    ]
    assert (tmp_path / ".labels.csv.loupe-journal").read_bytes() == b""


def test_a_second_name_of_the_file_is_mentioned(source, tmp_path):
    os.link(source, tmp_path / "other.csv")
    store = open_store(source, tmp_path)
    paint(store, 10, 20, "R")
    assert "more than one name" in store.save().warnings[0]
    store.close()


def test_without_writeback_nothing_is_put_beside_the_file(source, tmp_path):
    state = tmp_path / "state"
    store = LabelStore.open(source, state_dir=state)
    paint(store, 10, 20, "R")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["labels.csv", "state"]
    with pytest.raises(IntervalLabelIOError, match="writing back to the file is not allowed"):
        store.save()
    copy = store.save_as(tmp_path / "copy.parquet")
    assert load_table(copy.path).table.equals(store.table)
    with pytest.raises(IntervalLabelIOError, match="never overwrites"):
        store.save_as(source)
    crash(store)
    again = LabelStore.open(source, state_dir=state)
    assert again.recovery.found == 1
    again.discard_recovery()
    again.close()


def test_a_set_in_memory_is_kept_too(tmp_path):
    table = table_of(pl.DataFrame({"start_s": [0.0], "end_s": [9.0], "label": ["a"]}), LEGACY).table
    store = LabelStore.memory(table, "night.toml#anna", state_dir=tmp_path)
    paint(store, 1, 2, "b")
    wanted = store.table
    crash(store)
    again = LabelStore.memory(table, "night.toml#anna", state_dir=tmp_path)
    again.recover()
    assert again.table.equals(wanted)
    with pytest.raises(IntervalLabelIOError, match="no file yet"):
        again.save()
    again.close()


def test_a_file_that_does_not_exist_starts_empty_and_is_made(tmp_path):
    path = tmp_path / "new.csv"
    store = open_store(path, tmp_path)
    assert len(store.table) == 0
    paint(store, 0, 1, "a")
    assert not path.exists()
    store.save()
    assert path.read_text() == "start_s,end_s,label\n0.0,1.0,a\n"
    store.append(edit.clear(store.table, 0, 1)[1])
    store.save()
    assert path.read_text() == "start_s,end_s,label\n"
    store.close()


def test_changes_by_others_are_never_overwritten(source, tmp_path):
    store = open_store(source, tmp_path)
    paint(store, 10, 20, "R")
    info = source.stat()
    theirs = source.read_text().replace("30.0,60.0,N", "30.0,60.0,Q")
    source.write_text(theirs)
    os.utime(source, ns=(info.st_atime_ns, info.st_mtime_ns))  # only the hash can tell
    assert store.changed_outside()
    with pytest.raises(IntervalLabelIOError, match="changed by another program"):
        store.save()
    assert source.read_text() == theirs
    crash(store)
    again = open_store(source, tmp_path)
    assert "the file has changed since" in again.recovery.message
    again.recover()  # the edit touched only rows that are still the same
    assert [i.label for i in again.table] == ["W", "R", "W", "Q"]
    again.save()
    again.close()


def test_edits_that_do_not_fit_a_changed_file_are_not_done(source, tmp_path):
    store = open_store(source, tmp_path)
    paint(store, 10, 20, "R")
    paint(store, 70, 80, "R")
    crash(store)
    source.write_text("start_s,end_s,label\n0.0,33.0,W\n65.0,75.0,Z\n")
    again = open_store(source, tmp_path)
    assert again.recovery.edits == ()
    assert "0 can be done again" in again.recovery.message
    again.recover()
    assert len(again.table) == 2
    assert list(tmp_path.glob("*.old"))
    again.close()


def test_two_stores_on_one_file_the_second_is_read_only(source, tmp_path):
    store = open_store(source, tmp_path)
    second = open_store(source, tmp_path)
    assert f"held by process {os.getpid()} on " in second.read_only_reason
    with pytest.raises(IntervalLabelIOError, match="read-only: the labels are held by"):
        paint(second, 0, 1, "a")
    with pytest.raises(IntervalLabelIOError, match="read-only"):
        second.save()
    second.close()
    paint(store, 0, 1, "a")
    store.save()
    store.close()
    third = open_store(source, tmp_path)
    assert third.read_only_reason is None
    third.close()


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


def journal_of(source):
    return source.with_name(f".{source.name}.loupe-journal")


def test_a_journal_cut_at_any_byte_gives_a_prefix(source, tmp_path):
    store = open_store(source, tmp_path)
    states = [store.table, *(paint(store, 5 * k, 5 * k + 3, "abcd"[k]) for k in range(4))]
    crash(store)
    data = journal_of(source).read_bytes()
    step = 1 if SOAK else 7
    for cut in range(0, len(data), step):
        journal_of(source).write_bytes(data[:cut])
        again = open_store(source, tmp_path)
        whole = max(data[:cut].count(b"\n") - 1, 0)
        if whole:
            again.recover()
        assert again.table.equals(states[whole])
        assert again.read_only_reason is None
        paint(again, 50, 51, "z")  # and editing goes on behind the cut
        wanted = again.table
        crash(again)
        third = open_store(source, tmp_path)
        third.recover()
        assert third.table.equals(wanted)
        third.close()


def test_a_flipped_byte_is_never_accepted(source, tmp_path):
    store = open_store(source, tmp_path)
    for k in range(3):
        paint(store, 5 * k, 5 * k + 3, "abc"[k])
    crash(store)
    data = journal_of(source).read_bytes()
    for at in range(0, len(data), 1 if SOAK else 11):
        bad = bytearray(data)
        bad[at] ^= 0x04
        content = parse(bytes(bad))
        line = data[:at].count(b"\n")
        assert len(content.records) <= line + (bad[at] == 0x0A)
        assert content.bad_line or content.torn


def test_a_damaged_line_opens_read_only_and_offers_what_is_good(source, tmp_path):
    store = open_store(source, tmp_path)
    first = paint(store, 5, 6, "a")
    paint(store, 7, 8, "b")
    paint(store, 9, 10, "c")
    crash(store)
    lines = journal_of(source).read_bytes().split(b"\n")
    lines[2] = lines[2].replace(b"paint", b"pAint")
    journal_of(source).write_bytes(b"\n".join(lines))
    again = open_store(source, tmp_path)
    assert "line 3 of the journal" in again.read_only_reason
    assert "1 can be done again" in again.recovery.message
    again.recover()
    assert again.read_only_reason is None
    assert again.table.equals(first)
    assert len(list(tmp_path.glob(".labels.csv.loupe-journal.*.old"))) == 1
    wanted = paint(again, 20, 21, "d")
    crash(again)
    third = open_store(source, tmp_path)
    third.recover()
    assert third.table.equals(wanted)
    third.close()


def test_values_of_every_type_survive_a_crash(tmp_path):
    path = tmp_path / "x.parquet"
    frame = pl.DataFrame(
        {
            "start_s": [0.0, 30.0],
            "end_s": [30.0, 60.0],
            "label": ["W", "N"],
            "at": pl.Series([5, None]).cast(pl.Datetime("ns")),
            "tags": [["x", "y"], None],
            "p": pl.Series([0.1, float("nan")], dtype=pl.Float32),
        }
    )
    frame.write_parquet(path)
    store = LabelStore.open(path, LEGACY, writeback=True)
    paint(store, 10, 12, "R")
    store.append(edit.set_values(store.table, 0, {"note": "é\n\t\x01"})[1])
    store.append(edit.delete(store.table, [1])[1])
    wanted = frame_of(store.table)
    crash(store)
    again = LabelStore.open(path, LEGACY, writeback=True)
    again.recover()
    assert frame_of(again.table).equals(wanted)
    again.save()
    assert frame_of(load_table(path).table).equals(wanted)
    again.close()


def test_a_save_that_would_lose_something_is_refused(tmp_path):
    path = tmp_path / "v.txt"
    path.write_text("*Duration_sec\t60.0\nW\t30.0\nN\t60.0\n")
    store = LabelStore.open(path, writeback=True)
    store.append(edit.clear(store.table, 10, 20)[1])
    with pytest.raises(IntervalLabelIOError, match="would lose: gaps: 1 unlabelled span"):
        store.save()
    store.save(lossy=True)
    assert path.read_text().splitlines()[1:] == ["W\t10.0", "Unscored\t20.0", "W\t30.0", "N\t60.0"]
    store.close()


def test_stray_files_of_a_killed_save_are_removed(source, tmp_path):
    stray = tmp_path / ".labels.csv.123.abcd.loupe-tmp"
    other = tmp_path / ".others.csv.123.abcd.loupe-tmp"
    stray.touch()
    other.touch()
    open_store(source, tmp_path).close()
    assert not stray.exists()
    assert other.exists()


def test_files_that_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(IntervalLabelIOError, match="not a regular file"):
        load_table(tmp_path / "pipe.csv")
    with pytest.raises(IntervalLabelIOError, match="not a regular file"):
        LabelStore.open(tmp_path, format="csv", state_dir=tmp_path / "state")


def test_atomic_write_expects_what_it_is_told(tmp_path):
    path = tmp_path / "a"
    saved = atomic_write(path, b"one", expected=files.MISSING)
    assert saved.hash == content_hash(b"one")
    with pytest.raises(IntervalLabelIOError, match="changed by another program"):
        atomic_write(path, b"two", expected=files.MISSING)
    atomic_write(path, b"two", expected=saved.hash)
    assert path.read_bytes() == b"two"


def test_the_lock_names_its_holder_even_without_a_note(tmp_path):
    path = tmp_path / "lock"
    one, two = FileLock(path), FileLock(path)
    assert one.acquire() is None
    path.write_text("{")
    assert two.acquire() == "another program"
    one.release()
    assert two.acquire() is None
    assert json.loads(path.read_text())["pid"] == os.getpid()
    two.release()


EDITOR = textwrap.dedent(
    """
    import os, random, sys
    from loupe.labels import edit
    from loupe.labels.store import LabelStore

    def work(path, told, seed):
        rng = random.Random(seed)
        out = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        store = LabelStore.open(path, writeback=True)
        if store.recovery is not None:
            store.recover()
        rows = [(i.start, i.stop, i.label) for i in store.table]
        os.write(out, repr((0, rows)).encode() + b"\\n")
        for k in range(1, 100000):
            start = rng.randrange(0, 400)
            label = f"s{k}x{seed}"
            store.append(edit.paint(store.table, start, start + 1 + rng.randrange(40), label)[1])
            rows = [(i.start, i.stop, i.label) for i in store.table]
            os.write(out, repr((k, rows)).encode() + b"\\n")
            if k % 7 == 0:
                store.save()

    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            work(sys.argv[1], sys.argv[2], int(line))
            os._exit(0)
        print(pid, flush=True)
        os.waitpid(pid, 0)
        print("dead", flush=True)
    """
)


@pytest.mark.timeout(900)
def test_kill_at_random_points_loses_no_acknowledged_edit(tmp_path):
    """Each round goes on from what the killed one left: the last edit it told us of is there."""
    path, told, script = tmp_path / "k.csv", tmp_path / "told", tmp_path / "editor.py"
    script.write_text(EDITOR)
    rng = random.Random(5)
    acknowledged = 0
    # one process imports everything and forks a fresh editor for each round
    parent = subprocess.Popen(
        [sys.executable, str(script), str(path), str(told)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with parent:
        for seed in range(KILLS):
            told.unlink(missing_ok=True)
            parent.stdin.write(f"{seed}\n")
            parent.stdin.flush()
            pid = int(parent.stdout.readline())
            while not (told.exists() and told.stat().st_size):
                time.sleep(0.001)
            time.sleep(rng.uniform(0, 0.06))
            os.kill(pid, signal.SIGKILL)
            assert parent.stdout.readline() == "dead\n"
            count, rows = ast.literal_eval(told.read_bytes().split(b"\n")[-2].decode())
            acknowledged += count
            store = LabelStore.open(path, writeback=True)
            assert store.read_only_reason is None
            recovery = store.recover() if store.recovery is not None else None
            found = [(i.start, i.stop, i.label) for i in store.table]
            if found != rows:
                # one edit beyond the last acknowledged may have become durable before the kill
                before = recovery.edits[-1].inverse().apply(store.table)
                assert [(i.start, i.stop, i.label) for i in before] == rows
            assert recovery is None or len(recovery.edits) == recovery.found
            store.close(keep_unsaved=True)
            if path.exists():
                load_table(path)
            assert len([p for p in tmp_path.iterdir() if p.name.endswith(".loupe-tmp")]) <= 1
        parent.stdin.close()
    assert parent.returncode == 0
    assert acknowledged > KILLS


@pytest.mark.timeout(900)
def test_two_processes_race_for_one_file(tmp_path):
    """Whoever has the lock edits; nobody's edit is lost, and nobody overwrites another's."""
    path = tmp_path / "r.csv"
    script = tmp_path / "racer.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys, time
            from loupe.labels import edit
            from loupe.labels.store import LabelStore

            path, who, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
            done = 0
            while done < count:
                store = LabelStore.open(path, writeback=True)
                if store.read_only_reason is None:
                    start = 10.0 * (2 * done + who)
                    store.append(edit.paint(store.table, start, start + 5, f"p{who}")[1])
                    store.save()
                    done += 1
                store.close()
                time.sleep(0.001 if done % 5 else 0.01)
            """
        )
    )
    count = 1000 if SOAK else 60
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    racers = [
        subprocess.Popen([sys.executable, str(script), str(path), str(who), str(count)], env=env)
        for who in (0, 1)
    ]
    assert [racer.wait() for racer in racers] == [0, 0]
    table = load_table(path).table
    assert len(table) == 2 * count
    assert sorted(set(table.labels())) == ["p0", "p1"]
