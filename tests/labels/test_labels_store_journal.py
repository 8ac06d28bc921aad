"""Journals cut or damaged anywhere, values of every type, files that are none."""

import os
import sys
import zlib

import polars as pl
import pytest
from labels_store_kit import crash, journal_of, open_store, paint

from loupe.errors import IntervalLabelIOError
from loupe.labels import edit, files
from loupe.labels.files import atomic_write, content_hash
from loupe.labels.formats.base import ReadOptions
from loupe.labels.formats.edf import EDF
from loupe.labels.formats.tabular import LEGACY, frame_of, table_of
from loupe.labels.journal import parse
from loupe.labels.store import LabelStore, load_table
from loupe.session.labels import IntervalLabelSchema

SOAK = os.environ.get("LOUPE_SOAK") == "1"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and modes")


OVERLAPPING = "start_s,end_s,label,note\n0.0,30.0,W,\n20.0,40.0,N,\n50.0,60.0,N,\n"


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


SCHEMA = LEGACY.model_copy(update={"extra_cols": ("confidence",), "note_col": None})
DATES = IntervalLabelSchema(start_col="start", end_col="end", label_col="state")
DATED = "start\tend\tstate\n2024-05-01 08:00:10\t2024-05-01 08:00:40\tWake\n"
RATED = "start_s,end_s,label,confidence\n0,30,W,\n"
SAVED = {
    "numbers.csv": (RATED, SCHEMA, None, (), {"confidence": "3"}),
    "truth.csv": (RATED, SCHEMA, None, (), {"confidence": "true"}),
    "long.csv": (RATED, SCHEMA, None, (), {"confidence": "1.50"}),
    "who.csv": ("start_s,end_s,label\n0,30,W\n", LEGACY, None, ("who",), {}),
    "dates.htsv": (DATED, DATES, None, (), {}),
    "a.txt": ("0.0\t30.0\tW\n", None, "audacity", (), {}),
    "run_events.tsv": ("onset\tduration\ttrial_type\n0\t30\tW\n", None, None, (), {}),
    "v.txt": ("*Duration_sec\t100.0\nW\t30.0\n", None, None, (), {}),
    "p.parquet": (None, LEGACY, None, ("who",), {"p": 0.1}),
    "x.edf": (None, None, None, (), {}),
}  # fmt: skip


def start_of(path, text):
    if text is not None:
        path.write_text(text)
    elif path.suffix == ".edf":
        frame = pl.DataFrame({"start_s": [0.0], "end_s": [30.0], "label": ["W"]})
        path.write_bytes(EDF.write(table_of(frame, LEGACY).table))
    else:
        p = pl.Series("p", [0.5], dtype=pl.Float32)
        frame = pl.DataFrame({"start_s": [0.0], "end_s": [30.0], "label": ["W"]})
        frame.with_columns(p).write_parquet(path)


@pytest.mark.parametrize("name", SAVED)
def test_edits_after_a_save_are_recovered_in_every_format(name, tmp_path):
    """The next session reads from the file what this one had in memory, typed and rounded anew."""
    text, schema, format_, created, values = SAVED[name]
    path = tmp_path / name
    start_of(path, text)
    options = ReadOptions(created=created)

    def opened():
        return LabelStore.open(path, schema, writeback=True, format=format_, options=options)

    store = opened()
    at = 12.345678901234 if name != "v.txt" else 30.0
    paint(store, at, at + 20.123456789012, "N", values=dict.fromkeys(created, "anna"))
    row = len(store.table) - 1
    store.append(edit.set_values(store.table, row, values)[1])
    store.save()
    if created:
        store.append(edit.set_values(store.table, row, {"note": "later"})[1])
    store.append(edit.set_label(store.table, row, "R")[1])
    store.append(edit.move_edge(store.table, row, "start", at + 1)[1])
    paint(store, at + 20.123456789012, 60, "Q", join=False)
    wanted = store.table
    crash(store)
    again = opened()
    assert len(again.recovery.edits) == again.recovery.found >= 3
    again.recover()
    assert again.table.labels() == wanted.labels()
    assert abs(again.table.starts - wanted.starts).max() < 1e-6
    assert again.table.is_disjoint
    values_now = [again.table.pool.values(p) for p in again.table.payload.tolist()]
    assert [v.get("who") for v in values_now] == [
        wanted.pool.values(p).get("who") for p in wanted.payload.tolist()
    ]
    again.close()


def test_a_journal_of_a_later_version_is_kept_and_not_replayed(source, tmp_path):
    store = open_store(source, tmp_path)
    paint(store, 10, 20, "R")
    crash(store)
    head, *rest = journal_of(source).read_bytes().splitlines(keepends=True)
    text = head[9:].strip().replace(b'"v":1', b'"v":2')
    journal_of(source).write_bytes(b"%08x %s\n" % (zlib.crc32(text), text) + b"".join(rest))
    again = open_store(source, tmp_path)
    assert "line 1 of the journal" in again.read_only_reason
    assert again.recovery.edits == ()
    again.recover()
    assert list(tmp_path.glob(".labels.csv.loupe-journal.*.old"))
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
    names = (".labels.csv", "..labels.csv.loupe-journal", ".others.csv", ".labels.csv.csv")
    files = [tmp_path / f"{name}.123.0123abcd.loupe-tmp" for name in names]
    for file in files:
        file.touch()
    open_store(source, tmp_path).close()
    assert [file.exists() for file in files] == [False, False, True, True]


def test_edits_find_their_rows_in_a_file_that_others_changed(source, tmp_path):
    """Rows that overlap, and rows that moved to another place: the table stays sorted."""
    source.write_text(OVERLAPPING)
    store = open_store(source, tmp_path)
    store.append(edit.set_label(store.table, 2, "R")[1])
    store.append(edit.delete(store.table, [0])[1])
    paint(store, 80, 90, "W")
    crash(store)
    lines = OVERLAPPING.splitlines(keepends=True)
    source.write_text(lines[0] + "5.0,6.0,R,\n75.0,100.0,R,\n" + "".join(lines[1:]))
    again = open_store(source, tmp_path)
    assert "; the file has changed since" in again.recovery.message
    assert len(again.recovery.edits) == again.recovery.found == 3
    again.recover()
    assert [(i.start, i.stop, i.label) for i in again.table] == [
        (5.0, 6.0, "R"),
        (20.0, 40.0, "N"),
        (50.0, 60.0, "R"),
        (75.0, 100.0, "R"),
        (80.0, 90.0, "W"),
    ]
    again.close()


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
