"""A label file that others changed under unsaved edits: merge, reload, and nothing overwritten."""

import errno
import itertools
import json

import pytest
from labels_store_kit import crash, journal_of, open_store, paint
from test_labels_store_faults import Faulty

from loupe.errors import IntervalLabelIOError, LoupeError
from loupe.labels import edit
from loupe.labels.files import MISSING
from loupe.labels.store import LabelStore, load_table

OTHERS = (
    "start_s,end_s,label,note,who\n0.0,30.0,W,,x\n30.0,60.0,N,theirs,y\n60.0,90.0,R,,\n"
    "200.0,230.0,R,new,z\n"
)


@pytest.fixture
def shared(source, tmp_path):
    """A store with an unsaved edit of a file that has then been changed by others."""
    source.write_text(
        "start_s,end_s,label,note,who\n0.0,30.0,W,,x\n30.0,60.0,N,,y\n60.0,90.0,R,,\n"
    )
    store = open_store(source, tmp_path)
    paint(store, 100, 130, "N")
    source.write_text(OTHERS)
    yield store
    store.close(keep_unsaved=True)


def rows(table):
    return [(i.start, i.stop, i.label, i.note) for i in table]


MERGED = [
    (0.0, 30.0, "W", ""),
    (30.0, 60.0, "N", "theirs"),
    (60.0, 90.0, "R", ""),
    (100.0, 130.0, "N", ""),
    (200.0, 230.0, "R", "new"),
]


def test_the_changes_of_both_are_merged_and_saved_when_asked(shared, source):
    with pytest.raises(IntervalLabelIOError, match="changed by another program"):
        shared.save()
    outside = shared.read_outside()
    proposal = shared.propose(outside)
    assert shared.unsaved == 1, "nothing is done yet"
    shared.take(outside, proposal)
    assert rows(shared.table) == MERGED
    assert shared.unsaved == 1
    assert source.read_text() == OTHERS, "a merge saves nothing"
    shared.save()
    assert rows(load_table(source).table) == MERGED
    assert source.with_name("labels.csv.bak").read_text() == OTHERS
    assert load_table(source).table.pool.values(1)["who"] == "y"


def test_a_merge_survives_a_kill(shared, source, tmp_path):
    outside = shared.read_outside()
    shared.take(outside, shared.propose(outside))
    paint(shared, 300, 330, "W")
    wanted = shared.table
    crash(shared)
    again = open_store(source, tmp_path)
    assert again.recovery.message.startswith("an earlier session left 2 unsaved edits")
    again.recover()
    assert again.table.equals(wanted)
    again.save()
    assert load_table(source).table.equals(wanted)
    again.close()


def test_an_undone_merge_does_not_overwrite_what_others_wrote(shared, source, tmp_path):
    ours = shared.table
    outside = shared.read_outside()
    proposal = shared.propose(outside)
    shared.take(outside, proposal)
    shared.append(proposal.edit.inverse())
    assert shared.table.same_rows(ours)
    with pytest.raises(IntervalLabelIOError, match="changed by another program"):
        shared.save()
    assert shared.changed_outside()
    assert source.read_text() == OTHERS
    second = shared.propose(shared.read_outside())
    assert rows(second.table) == MERGED
    shared.append(proposal.edit)
    assert not shared.changed_outside()
    paint(shared, 300, 330, "W")
    wanted = shared.table
    crash(shared)
    again = open_store(source, tmp_path)
    again.recover()
    assert again.table.equals(wanted)
    again.close()


def test_an_undone_merge_does_not_overwrite_after_a_kill_either(shared, source, tmp_path):
    outside = shared.read_outside()
    proposal = shared.propose(outside)
    shared.take(outside, proposal)
    shared.append(proposal.edit.inverse())
    ours = shared.table
    crash(shared)
    for _ in range(2):
        again = open_store(source, tmp_path)
        again.recover()
        assert rows(again.table) == rows(ours)
        with pytest.raises(IntervalLabelIOError, match="changed by another program"):
            again.save()
        assert source.read_text() == OTHERS
        crash(again)
    third = open_store(source, tmp_path)
    third.recover()
    outside = third.read_outside()
    third.take(outside, third.propose(outside))
    assert rows(third.table) == MERGED, "nothing is taken away"
    third.save()
    third.close()


def test_reloading_takes_the_file_and_can_be_undone(shared, source, tmp_path):
    ours = shared.table
    outside = shared.read_outside()
    proposal = shared.propose(outside, ours=False)
    assert proposal.conflicts == ()
    shared.take(outside, proposal)
    assert shared.table.equals(load_table(source).table)
    assert shared.unsaved == 0
    old = list(tmp_path.glob(".labels.csv.loupe-journal.*.old"))
    assert len(old) == 1, "the edits that were left are kept"
    shared.append(proposal.edit.inverse())
    assert shared.table.same_rows(ours)
    with pytest.raises(IntervalLabelIOError, match="changed by another program"):
        shared.save()
    crash(shared)
    again = open_store(source, tmp_path)
    again.recover()
    assert again.table.equals(ours)
    again.close()


def test_a_file_that_only_looks_other_brings_nothing(shared, source):
    source.write_text("start_s,end_s,label,note,who\n0,30,W,,x\n30,60,N,,y\n60,90,R,,\n\n")
    outside = shared.read_outside()
    proposal = shared.propose(outside)
    assert not proposal.changed
    assert not proposal.edit
    before = shared.table
    shared.take(outside, proposal)
    assert shared.table.equals(before)
    shared.save()
    assert rows(load_table(source).table)[-1] == (100.0, 130.0, "N", "")


def test_what_a_lossy_save_wrote_is_no_change_by_others(tmp_path):
    path = tmp_path / "v.txt"
    path.write_text("*Duration_sec\t60.0\nW\t30.0\nN\t60.0\n")
    store = open_store(path, tmp_path)
    store.append(edit.clear(store.table, 10, 20)[1])
    store.save(lossy=True)
    path.write_text(path.read_text().replace("N\t60.0", "R\t60.0"))
    outside = store.read_outside()
    store.take(outside, store.propose(outside))
    assert [r[:3] for r in rows(store.table)] == [(0, 10, "W"), (20, 30, "W"), (30, 60, "R")]
    store.close()


def test_a_file_changed_once_more_is_looked_at_again(shared, source):
    outside = shared.read_outside()
    proposal = shared.propose(outside)
    source.write_text(OTHERS + "300.0,330.0,W,,\n")
    before = shared.table
    with pytest.raises(IntervalLabelIOError, match="changed once more"):
        shared.take(outside, proposal)
    assert shared.table is before
    assert json.loads(journal_of(source).read_text().splitlines()[-1][9:])["op"] == "edit"


def test_an_edit_made_after_the_look_is_not_lost(shared):
    outside = shared.read_outside()
    proposal = shared.propose(outside)
    paint(shared, 300, 330, "W")
    wanted = shared.table
    with pytest.raises(IntervalLabelIOError, match="edited here since then"):
        shared.take(outside, proposal)
    assert shared.table is wanted
    shared.take(outside, shared.propose(outside))
    assert shared.table.row_at(310) is not None
    assert shared.table.row_at(210) is not None


def test_a_file_that_is_gone_or_broken_is_told(shared, source):
    source.write_text("nothing,of,this\n1,2,3\n")
    with pytest.raises(LoupeError, match="columns"):
        shared.read_outside()
    source.unlink()
    assert shared.changed_outside()
    assert shared.read_outside().hash == MISSING


def test_without_edits_a_read_only_window_can_still_reload(source, tmp_path):
    first = open_store(source, tmp_path)
    second = open_store(source, tmp_path)
    assert "held by process" in second.read_only_reason
    paint(first, 100, 130, "N")
    first.save()
    outside = second.read_outside()
    second.take(outside, second.propose(outside))
    assert second.table.equals(first.table)
    with pytest.raises(IntervalLabelIOError, match="held by process"):
        paint(second, 0, 1, "W")
    first.close()
    second.close()


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace", "sync_folder"])
def test_a_merge_that_fails_changes_nothing(call, tmp_path):
    for n in itertools.count(1):
        folder = tmp_path / str(n)
        folder.mkdir()
        path = folder / "labels.csv"
        path.write_text("start_s,end_s,label,note\n0.0,30.0,W,\n")
        store = LabelStore.open(path, writeback=True, state_dir=folder / "state")
        paint(store, 50, 60, "N")
        path.write_text("start_s,end_s,label,note\n0.0,30.0,W,\n70.0,80.0,R,\n")
        fs = Faulty(call, n, errno.EIO)
        store._fs = store._journal._fs = fs
        outside = store.read_outside()
        before = store.table
        try:
            store.take(outside, store.propose(outside))
        except IntervalLabelIOError:
            assert store.table is before
        fired, fs.n = fs.fired, 0
        assert store.read_only_reason is None
        store.append(edit.paint(store.table, 90, 95, "W")[1])
        wanted = store.table
        crash(store)
        assert list(folder.glob(".*tmp")) == []
        again = LabelStore.open(path, writeback=True, state_dir=folder / "state")
        again.recover()
        if wanted.row_at(75) is not None:
            assert again.table.equals(wanted)
        else:  # not merged: the edits stand, and so does what the file holds
            assert [i.label for i in again.table] == ["W", "N", "R", "W"]
            assert again.unsaved == 2
        again.close()
        if not fired:
            break
    assert n > 1
