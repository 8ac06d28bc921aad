"""A label set with its file: journal, recovery, saving, changes by others."""

import os
import sys
import time
from datetime import datetime

import polars as pl
import pytest
from labels_store_kit import crash, open_store, paint

from loupe.errors import IntervalLabelIOError
from loupe.labels import edit
from loupe.labels.formats.tabular import LEGACY, table_of
from loupe.labels.journal import parse
from loupe.labels.store import LabelStore, load_table

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and modes")


def test_edits_wait_in_the_journal_and_are_offered_after_a_crash(source, tmp_path):
    store = open_store(source, tmp_path)
    paint(store, 10, 20, "R")
    store.append(edit.set_values(store.table, 0, {"note": "x"})[1])
    wanted = store.table
    crash(store)
    again = open_store(source, tmp_path)
    assert len(again.table) == 2
    moment = datetime.fromisoformat(again.recovery.when)
    assert abs(moment.timestamp() - time.time()) < 3600
    on_the_wall = datetime.fromtimestamp(moment.timestamp()).strftime("%Y-%m-%d %H:%M")
    wanted_text = f"an earlier session left 2 unsaved edits, the last at {on_the_wall}"
    assert again.recovery.message == wanted_text
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


def in_memory(tmp_path, *starts, key="night.toml#anna", **more):
    frame = pl.DataFrame(
        {"start_s": starts, "end_s": [t + 5 for t in starts], "label": ["a"] * len(starts)},
        schema={"start_s": pl.Float64, "end_s": pl.Float64, "label": pl.String},
    )
    table = table_of(frame, LEGACY).table
    return LabelStore.memory(table, key, state_dir=tmp_path / "state", **more)


def test_other_labels_under_the_same_key_stay_sorted(tmp_path):
    """A script computes its set anew with another threshold: places of the last run are wrong."""
    store = in_memory(tmp_path, 0.0, 10.0, 40.0)
    paint(store, 30, 35, "b")
    crash(store)
    again = in_memory(tmp_path, 100.0, 200.0, 300.0)
    assert "changed since" in again.recovery.message
    again.recover()
    assert again.table.starts.tolist() == [30.0, 100.0, 200.0, 300.0]
    again.close()


def test_two_windows_of_one_script_are_kept_apart_and_both_recovered(tmp_path):
    first, second = in_memory(tmp_path), in_memory(tmp_path)
    assert second.read_only_reason is None
    paint(second, 0, 5, "second")
    crash(first)
    crash(second)
    again = in_memory(tmp_path)
    again.recover()
    assert again.table.labels() == ["second"]
    again.close()
    assert in_memory(tmp_path).recovery is None


def test_what_an_earlier_version_kept_is_offered_with_a_doubt(tmp_path):
    old = in_memory(tmp_path, key="folder//labels")
    paint(old, 0, 5, "x")
    crash(old)
    store = in_memory(tmp_path, key="folder/night.toml/labels", older="folder//labels")
    assert "perhaps of other data in this folder" in store.recovery.message
    store.recover()
    assert store.table.labels() == ["x"]
    crash(store)
    assert in_memory(tmp_path, key="folder//labels").recovery is None, "offered to one set only"
    again = in_memory(tmp_path, key="folder/night.toml/labels", older="folder//labels")
    assert "perhaps" not in again.recovery.message
    again.close()


def test_a_set_goes_on_under_another_key(tmp_path):
    store = in_memory(tmp_path)
    paint(store, 0, 5, "x")
    store.rename("other.toml")
    paint(store, 10, 15, "y")
    wanted = store.table
    crash(store)
    assert in_memory(tmp_path).recovery is None
    again = in_memory(tmp_path, key="other.toml")
    again.recover()
    assert again.table.equals(wanted)
    again.close()


@pytest.mark.parametrize("first", [False, True])
def test_unsaved_edits_are_offered_when_writing_back_is_turned_on_or_off(first, source, tmp_path):
    state = tmp_path / "state"
    store = LabelStore.open(source, writeback=first, state_dir=state)
    paint(store, 10, 20, "R")
    wanted = store.table
    crash(store)
    other = LabelStore.open(source, writeback=not first, state_dir=state)
    assert "left 1 unsaved edit," in other.recovery.message
    other.recover()
    assert other.table.equals(wanted)
    paint(other, 21, 22, "Q")
    wanted = other.table
    crash(other)
    back = LabelStore.open(source, writeback=first, state_dir=state)
    assert back.recovery.found == 2
    back.recover()
    assert back.table.equals(wanted)
    back.close()
    for writeback in (True, False):
        assert LabelStore.open(source, writeback=writeback, state_dir=state).recovery is None


def test_a_folder_that_is_not_there_is_said_so(tmp_path):
    store = open_store(tmp_path / "none" / "labels.csv", tmp_path)
    assert store.save_reason == f"there is no folder {tmp_path / 'none'}"
    store.close()


def test_edits_in_both_places_are_never_passed_in_silence(source, tmp_path):
    state = tmp_path / "state"
    one = LabelStore.open(source, state_dir=state)
    two = LabelStore.open(source, writeback=True, state_dir=state)
    paint(one, 10, 20, "R")
    paint(two, 11, 21, "Q")
    crash(one)
    crash(two)
    again = LabelStore.open(source, writeback=True, state_dir=state)
    again.recover()
    assert "Q" in again.table.labels()
    assert any("unsaved edits of another session lie in" in note for note in again.notes)
    again.close()


def test_edits_of_a_session_that_is_open_elsewhere_are_left_to_it(source, tmp_path):
    state = tmp_path / "state"
    one = LabelStore.open(source, state_dir=state)
    paint(one, 10, 20, "R")
    two = LabelStore.open(source, writeback=True, state_dir=state)
    assert two.recovery is None
    assert two.notes == ()
    two.close()
    paint(one, 30, 40, "R")
    crash(one)
    again = LabelStore.open(source, state_dir=state)
    assert again.recovery.found == 2
    again.close()


def test_what_stands_beside_the_file_may_be_written_by_whoever_may_write_it(source, tmp_path):
    source.chmod(0o664)
    beside = [source.with_name(f".labels.csv.loupe-{name}") for name in ("journal", "lock")]
    for path in beside:  # as earlier versions left them
        path.touch(0o600)
    store = open_store(source, tmp_path)
    paint(store, 10, 20, "R")
    store.save()
    paint(store, 30, 40, "R")
    assert [path.stat().st_mode & 0o777 for path in beside] == [0o664, 0o664]
    store.close()
    aside = LabelStore.open(source, state_dir=tmp_path / "state")
    paint(aside, 10, 20, "R")
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "state").iterdir()} == {0o600}
    aside.close()


def test_edits_are_kept_when_the_journal_is_removed_under_them(source, tmp_path):
    store = open_store(source, tmp_path)
    paint(store, 10, 20, "R")
    store.append(edit.set_values(store.table, 0, {"note": "mine"})[1])
    source.with_name(".labels.csv.loupe-journal").unlink()
    paint(store, 40, 50, "Q")
    wanted = store.table
    crash(store)
    again = open_store(source, tmp_path)
    again.recover()
    assert again.table.equals(wanted)
    again.save()
    paint(again, 0, 1, "W")
    again.save()
    source.with_name(".labels.csv.loupe-journal").unlink()
    paint(again, 5, 6, "Q")
    crash(again)
    assert open_store(source, tmp_path).recovery.found == 1


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
