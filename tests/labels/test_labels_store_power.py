"""A model of a loss of power: every state in which a disk may be left is recovered from.

What `Fs` is told to do is done and written down. Then, for a loss of power after each call, every
state of the disk is made that the calls allow: what was not synced since is there, gone, torn or
zeros, in any combination, and names that the folder was not synced after are old or new. In each
state the store is opened as a person would, and every acknowledged edit must be there.
"""

import errno
import itertools
import os
import sys

import pytest
from labels_store_kit import open_store, paint

from loupe.errors import IntervalLabelIOError
from loupe.labels.files import Fs
from loupe.labels.store import LabelStore

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX folders")

NAME = "labels.csv"
JOURNAL = f".{NAME}.loupe-journal"
START = "start_s,end_s,label,note\n0.0,30.0,W,\n30.0,60.0,N,odd\n"
OTHERS = "start_s,end_s,label,note\n0.0,30.0,R,\n30.0,60.0,N,odd\n200.0,210.0,W,\n"


class Traced(Fs):
    """Does what it is told and writes it down, but for calls of the kinds that it leaves out.

    ``("name", name, file)``: the name now means that file (None: no file). ``("write", file, at,
    bytes)``, ``("truncate", file, size)``, ``("sync", file)``, ``("sync folder",)``.
    """

    def __init__(self, leave_out=()):
        self.leave_out = leave_out
        self.broken = False
        self.calls = []
        self.acknowledged = []
        self.names = {NAME: 0}
        self.files = itertools.count(1)
        self.fds = {}

    def outside(self, path, text):
        """Another program replaces the file, and all is durable."""
        path.write_text(text)
        file = next(self.files)
        self.names[NAME] = file
        self.calls += [
            ("write", file, 0, text.encode()),
            ("sync", file),
            ("name", NAME, file),
            ("sync folder",),
        ]

    def open(self, path, flags, mode=0o600):
        fd = super().open(path, flags, mode)
        if path.name not in self.names:
            self.names[path.name] = next(self.files)
            self.calls.append(("name", path.name, self.names[path.name]))
        self.fds[fd] = self.names[path.name]
        return fd

    def write(self, fd, data):
        at = os.fstat(fd).st_size
        count = super().write(fd, data)
        self.calls.append(("write", self.fds[fd], at, bytes(data[:count])))
        return count

    def truncate(self, fd, size):
        super().truncate(fd, size)
        self.calls.append(("truncate", self.fds[fd], size))

    def fsync(self, fd):
        if "fsync" not in self.leave_out:
            self.calls.append(("sync", self.fds[fd]))

    def datasync(self, fd):
        if "datasync" not in self.leave_out:
            self.calls.append(("sync", self.fds[fd]))

    def replace(self, source, target):
        super().replace(source, target)
        file = self.names.pop(source.name)
        self.names[target.name] = file
        self.calls.append(("name", target.name, file))

    def sync_folder(self, folder):
        if self.broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if "sync_folder" not in self.leave_out:
            self.calls.append(("sync folder",))

    def acknowledge(self, store):
        """What the store shows now must never be lost."""
        self.acknowledged.append((len(self.calls), listed(store.table)))


def listed(table):
    return [(i.start, i.stop, i.label, i.note) for i in table]


def left_of(calls):
    """Every state, name -> bytes, of label file and journal after a loss of power."""
    durable, waiting = {0: START.encode()}, {}
    names, renames = {NAME: 0}, []
    for call in calls:
        if call[0] == "name":
            renames.append(call[1:])
        elif call[0] == "sync folder":
            names.update(renames)
            renames = []
        elif call[0] == "sync":
            durable[call[1]] = applied(durable.get(call[1], b""), waiting.pop(call[1], ()))
        else:
            waiting.setdefault(call[1], []).append(call)
    contents = {}
    for file in {*names.values(), *(file for _, file in renames)}:
        ways = itertools.product(*map(fates, waiting.get(file, ())))
        contents[file] = {applied(durable.get(file, b""), filter(None, way)) for way in ways}
    for kept in itertools.product((False, True), repeat=len(renames)):
        now = {**names, **dict(itertools.compress(renames, kept))}
        found = [n for n in (NAME, JOURNAL) if n in now]
        for state in itertools.product(*(contents[now[n]] for n in found)):
            yield frozenset(zip(found, state, strict=True))


def fates(call):
    """What may become of a call that was not synced."""
    if call[0] == "truncate":
        return None, call
    kind, file, at, data = call
    torn = [data[: len(data) // 2], data[:-1], bytes(len(data))]
    return None, call, *((kind, file, at, part) for part in torn)


def applied(content, calls):
    for call in calls:
        if call[0] == "truncate":
            content = content[: call[2]].ljust(call[2], b"\0")
        else:
            at, data = call[2:]
            content = content[:at].ljust(at, b"\0") + data + content[at + len(data) :]
    return content


def losses(fs, tmp_path):
    """How many states there are, and what is wrong in those from which an edit is lost."""
    wrong, seen = [], set()
    for n in range(len(fs.calls) + 1):
        done = [rows for at, rows in fs.acknowledged if at <= n]
        coming = [rows for at, rows in fs.acknowledged if at > n]
        right = [*done[-1:], *coming[:1]]
        for state in set(left_of(fs.calls[:n])):
            case = (state, str(right))
            if case in seen:
                continue
            seen.add(case)
            found = recovered(state, tmp_path / f"disk{len(seen)}")
            if found not in right:
                wrong.append((n, dict(state), found))
    return len(seen), wrong


def recovered(state, folder):
    """What a person has who opens the labels after that and takes what is offered."""
    folder.mkdir()
    for name, content in state:
        (folder / name).write_bytes(content)
    try:
        store = LabelStore.open(folder / NAME, writeback=True, state_dir=folder / "state")
    except Exception as error:  # noqa: BLE001 - told as a loss, whatever it is
        return repr(error)
    try:
        if store.recovery is not None:
            store.recover()
        return listed(store.table)
    finally:
        store.close(keep_unsaved=True)


def edits_and_saves(fs, source, tmp_path):
    """Edit, edit, save, edit, save, and an edit that stays unsaved."""
    source.write_text(START)
    store = open_store(source, tmp_path, fs=fs)
    fs.acknowledge(store)
    for step in "eesese":
        if step == "s":
            store.save()
        else:
            at = 10.0 * len(fs.acknowledged)
            paint(store, at, at + 15, f"s{at:g}")
        fs.acknowledge(store)
    store.close(keep_unsaved=True)


def merge_and_save(fs, source, tmp_path):
    """Edit, merge with what others wrote, edit, undo that, save."""
    source.write_text(START)
    store = open_store(source, tmp_path, fs=fs)
    fs.acknowledge(store)
    paint(store, 100, 110, "a")
    fs.acknowledge(store)
    fs.outside(source, OTHERS)
    outside = store.read_outside()
    store.take(outside, store.propose(outside))
    fs.acknowledge(store)
    paint(store, 120, 130, "b")
    fs.acknowledge(store)
    store.save()
    fs.acknowledge(store)
    store.close(keep_unsaved=True)


def a_save_that_is_not_durable(fs, source, tmp_path):
    """Edit, save while the folder cannot be synced, edit again, save."""
    source.write_text(START)
    store = open_store(source, tmp_path, fs=fs)
    fs.acknowledge(store)
    for step in "efees":
        if step == "e":
            at = 10.0 * len(fs.acknowledged)
            paint(store, at, at + 15, f"s{at:g}")
        elif step == "s":
            store.save()
        else:
            fs.broken = True
            with pytest.raises(IntervalLabelIOError, match="may not be durable"):
                store.save()
            fs.broken = False
        fs.acknowledge(store)
    store.close(keep_unsaved=True)


@pytest.mark.parametrize("act", [edits_and_saves, merge_and_save, a_save_that_is_not_durable])
def test_no_loss_of_power_loses_an_acknowledged_edit(act, source, tmp_path):
    fs = Traced()
    act(fs, source, tmp_path)
    count, wrong = losses(fs, tmp_path)
    assert wrong == []
    assert count > 20


@pytest.mark.parametrize("call", ["fsync", "sync_folder", "datasync"])
def test_the_model_sees_a_call_that_is_left_out(call, source, tmp_path):
    fs = Traced(leave_out=(call,))
    edits_and_saves(fs, source, tmp_path)
    _, wrong = losses(fs, tmp_path)
    assert wrong
