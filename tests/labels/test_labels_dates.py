"""Label files with dates: where second 0 is, and that every edit can be saved with its date."""

import math

import numpy as np
import polars as pl
import pytest

from loupe.errors import IntervalLabelSchemaError
from loupe.labels import edit
from loupe.labels.intervals import IntervalLabelSet
from loupe.labels.store import LabelStore
from loupe.session.labels import IntervalLabelSchema

SCHEMA = IntervalLabelSchema(start_col="start", end_col="end", label_col="state")
TEXT = (
    "start\tend\tstate\n"
    "2024-05-01 08:00:10\t2024-05-01 08:00:20\tWake\n"
    "2024-05-01 08:00:20\t2024-05-01 08:00:40\tNREM\n"
)


@pytest.fixture
def dated(tmp_path):
    path = tmp_path / "l.htsv"
    path.write_text(TEXT)
    return IntervalLabelSet.from_path(path, SCHEMA)


def starts(labels):
    return [line.split("\t")[0] for line in labels.save_to_source().read_text().splitlines()[1:]]


def test_a_label_before_the_first_is_saved_with_its_date(dated):
    dated.add(-5.0, 0.0, "REM")
    assert starts(dated)[0].startswith("2024-05-01 08:00:05")


def test_the_others_keep_their_dates_when_the_first_goes(dated):
    dated.delete(0)
    assert [text[:19] for text in starts(dated)] == ["2024-05-01 08:00:20"]


def test_what_others_put_before_the_first_label_moves_nothing(tmp_path):
    path = tmp_path / "l.htsv"
    path.write_text(TEXT)
    store = LabelStore.open(path, SCHEMA, writeback=True, state_dir=tmp_path / "state")
    head, *rest = TEXT.splitlines(keepends=True)
    path.write_text(head + "2024-05-01 08:00:00\t2024-05-01 08:00:05\tREM\n" + "".join(rest))
    merged = store.propose(store.read_outside()).table
    store.close(keep_unsaved=False)
    assert merged.starts.tolist() == [-10.0, 0.0, 10.0]
    assert merged.labels() == ["REM", "Wake", "NREM"]


def test_edits_that_wait_stand_where_they_were_when_second_0_is_another_one(tmp_path):
    """Its first label was deleted and that saved: the file says no more where second 0 was."""
    path = tmp_path / "l.htsv"
    path.write_text(TEXT)
    store = LabelStore.open(path, SCHEMA, writeback=True, state_dir=tmp_path / "state")
    store.append(edit.delete(store.table, [0])[1])
    saved = store.save()
    assert "every label 10 s earlier" in saved.warnings[0]
    store.append(edit.paint(store.table, 100.0, 130.0, "REM")[1])
    store.close(keep_unsaved=True)
    for n in range(2):
        again = LabelStore.open(path, SCHEMA, writeback=True, state_dir=tmp_path / "state")
        assert again.recovery.found == len(again.recovery.edits) == n + 1
        again.recover()
        assert again.table.starts.tolist()[:2] == [0.0, 90.0]
        again.append(edit.paint(again.table, 200.0, 210.0, "REM")[1])
        again.close(keep_unsaved=True)
    last = LabelStore.open(path, SCHEMA, writeback=True, state_dir=tmp_path / "state")
    last.recover()
    last.save()
    assert "2024-05-01 08:01:50" in path.read_text()
    last.close()


def test_parquet_says_where_second_0_is(tmp_path):
    path = tmp_path / "l.parquet"
    source = tmp_path / "l.htsv"
    source.write_text(TEXT)
    labels = IntervalLabelSet.from_path(source, SCHEMA)
    labels.delete(0)
    labels.save_as(path)
    again = IntervalLabelSet.from_path(path)
    assert [(i.start, i.stop) for i in again] == [(10.0, 30.0)]
    assert again.notes == ()


def test_dates_to_the_nanosecond_are_no_change_by_others(tmp_path):
    path = tmp_path / "l.htsv"
    path.write_text(TEXT.replace("08:00:10\t", "08:00:10.123456789\t"))
    store = LabelStore.open(path, SCHEMA, writeback=True, state_dir=tmp_path / "state")
    store.append(edit.paint(store.table, 2.0, 5.0, "REM")[1])
    path.write_text(path.read_text() + "2024-05-01 09:00:00\t2024-05-01 09:00:05\tREM\n")
    found = store.propose(store.read_outside())
    assert found.conflicts == ()
    assert len(found.edit.steps[0].removed) == 0, "the rows that both have are the same ones"
    assert found.table.labels() == ["Wake", "REM", "Wake", "NREM", "REM"]
    store.close()


@pytest.mark.parametrize("unit", ["us", "ns"])
def test_a_change_of_clocks_makes_no_label_longer_and_the_zone_stays(unit, tmp_path):
    utc = pl.Series([0, 3600, 7200, 10800], dtype=pl.Int64) * 10**6 + 1603580400 * 10**6
    zoned = utc.cast(pl.Datetime("us", "UTC")).dt.convert_time_zone("Europe/Berlin")
    zoned = zoned.cast(pl.Datetime(unit, "Europe/Berlin"))
    frame = pl.DataFrame({"start": zoned[:-1], "end": zoned[1:], "state": ["W", "N", "R"]})
    labels = IntervalLabelSet.from_dataframe(frame, SCHEMA)
    assert [(i.start, i.stop) for i in labels] == [(0, 3600), (3600, 7200), (7200, 10800)]
    assert labels.table.origin == str(1603580400 * 10**9 + 7200 * 10**9), "the clock on the wall"
    assert labels.df.equals(frame)
    assert labels.df.schema == frame.schema
    labels.save_as(tmp_path / "l.parquet")
    again = IntervalLabelSet.from_path(tmp_path / "l.parquet")
    assert again.df.equals(frame)
    assert again.table.equals(labels.table)


@pytest.mark.parametrize("cell", ["", "NaT"])
def test_a_date_that_is_missing_is_named_with_its_line(cell, tmp_path):
    path = tmp_path / "l.htsv"
    path.write_text(TEXT + f"2024-05-01 08:00:40\t{cell}\tWake\n")
    with pytest.raises(
        IntervalLabelSchemaError, match=r"line 4, row 2 .*: `end` is missing or NaN"
    ):
        IntervalLabelSet.from_path(path, SCHEMA)
    path.write_text(TEXT + "2024-05-01 08:00:40\tsoon\tWake\n")
    with pytest.raises(
        IntervalLabelSchemaError, match=r"line 4, row 2 .*`end` is not a date: 'soon'"
    ):
        IntervalLabelSet.from_path(path, SCHEMA)


def test_an_open_end_among_dates_stays_open(tmp_path):
    path = tmp_path / "l.htsv"
    path.write_text(TEXT + "2024-05-01 08:00:40\tinf\tWake\n")
    labels = IntervalLabelSet.from_path(path, SCHEMA)
    assert labels[2].stop == math.inf
    labels.delete(0)
    labels.save_to_source()
    assert path.read_text().splitlines()[-1].split("\t")[1] == "inf"
    assert IntervalLabelSet.from_path(path, SCHEMA)[1].stop == math.inf


def test_edits_that_wait_touch_the_rows_that_the_file_has_rounded(tmp_path):
    path = tmp_path / "l.htsv"
    path.write_text(TEXT)
    rng = np.random.default_rng(1)
    for t in rng.uniform(40, 90, 20).tolist():
        store = LabelStore.open(path, SCHEMA, writeback=True, state_dir=tmp_path / "state")
        store.append(edit.clear(store.table, 31.0, 1000.0)[1])
        store.append(edit.paint(store.table, t, t + 5.0, "REM")[1])
        store.save()
        store.append(edit.paint(store.table, 32.0, t, "Wake")[1])
        store.append(edit.paint(store.table, t + 5.0, t + 9.0, "Wake")[1])
        store.close(keep_unsaved=True)
        again = LabelStore.open(path, SCHEMA, writeback=True, state_dir=tmp_path / "state")
        assert again.recovery.found == len(again.recovery.edits) == 2
        again.recover()
        assert again.table.is_disjoint
        assert again.table.labels() == ["Wake", "NREM", "Wake", "REM", "Wake"]
        again.close()
