"""The public label set: what the README promises, in the order a script would use it."""

from datetime import date, datetime

import polars as pl
import pytest

from loupe.errors import (
    IntervalLabelIOError,
    IntervalLabelSchemaError,
    LoupeTypeError,
)
from loupe.labels.formats.tabular import LEGACY
from loupe.labels.intervals import IntervalLabelSet
from loupe.session.labels import IntervalLabelSchema

SCHEMA = IntervalLabelSchema(
    start_col="start_time",
    end_col="end_time",
    duration_col="duration",
    label_col="state",
    extra_cols=("scorer", "confidence"),
)


def triples(labels):
    return [(i.start, i.stop, i.label) for i in labels]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "h.htsv"
    path.write_text(
        "state\tstart_time\tend_time\tduration\tscorer\tconfidence\tprobe\n"
        "Wake\t0.0\t30.0\t30.0\tab\t0.5\t007\n"
        "NREM\t30.0\t60.0\t30.0\tab\t\t007\n"
    )
    return path


def test_add_splits_and_the_left_half_keeps_its_id():
    labels = IntervalLabelSet.empty()
    labels.add(0, 30, "Wake", note="calm")
    first = labels[0].id
    labels.add(10, 20, "NREM")
    assert triples(labels) == [(0, 10, "Wake"), (10, 20, "NREM"), (20, 30, "Wake")]
    assert [i.note for i in labels] == ["calm", "", "calm"]
    assert labels[0].id == first
    assert len({i.id for i in labels}) == 3


def test_add_joins_only_neighbours_that_lose_nothing():
    labels = IntervalLabelSet.empty()
    labels.add(0, 10, "W", note="a")
    labels.add(20, 30, "W", note="b")
    labels.add(40, 50, "N")
    labels.add(10, 20, "W")
    assert triples(labels) == [(0, 20, "W"), (20, 30, "W"), (40, 50, "N")]
    assert [i.note for i in labels] == ["a", "b", ""]


def test_a_single_loaded_row_and_a_new_one_have_different_ids():
    labels = IntervalLabelSet.from_dataframe(
        pl.DataFrame({"start_s": [0.0], "end_s": [1.0], "label": ["a"]})
    )
    labels.add(5, 6, "b")
    labels.set_note(1, "mine")
    assert [i.note for i in labels] == ["", "mine"]
    assert labels[0].id != labels[1].id


def test_loading_and_editing_does_not_merge_epochs(source):
    labels = IntervalLabelSet.from_path(source, SCHEMA)
    labels.add(100, 110, "X")
    labels.update_cell(1, "state", "Wake")
    assert triples(labels)[:2] == [(0, 30, "Wake"), (30, 60, "Wake")]
    assert labels.merge_adjacent() == 1  # the missing confidence is filled, nothing is lost
    labels.undo()
    labels.update_cell(1, "confidence", 0.75)
    assert labels.merge_adjacent() == 0
    assert labels.merge_adjacent(force=True) == 1
    assert labels[0].extras["confidence"] == 0.5


def test_cells(source):
    labels = IntervalLabelSet.from_path(source, SCHEMA)
    labels.update_cell(0, "end_time", 40.0)
    assert triples(labels) == [(0, 40, "Wake"), (40, 60, "NREM")]
    labels.update_cell(1, "duration", 5)
    labels.update_cell(0, "start_time", -3.5)
    labels.update_cell(0, "confidence", "")
    labels.update_cell(0, "probe", "008")
    assert triples(labels) == [(-3.5, 40, "Wake"), (40, 45, "NREM")]
    assert labels.df.row(0, named=True) == {
        "state": "Wake",
        "start_time": -3.5,
        "end_time": 40.0,
        "duration": 43.5,
        "scorer": "ab",
        "confidence": None,
        "probe": "008",
    }
    with pytest.raises(IntervalLabelSchemaError, match="column `confidence` holds Float64"):
        labels.update_cell(0, "confidence", "high")
    with pytest.raises(IntervalLabelSchemaError, match="unknown column `conf`"):
        labels.update_cell(0, "conf", 1)
    with pytest.raises(IntervalLabelSchemaError, match="must end after it starts"):
        labels.update_cell(0, "end_time", -9)
    with pytest.raises(IntervalLabelSchemaError, match="there is no row 7"):
        labels.set_note(7, "x")
    with pytest.raises(IntervalLabelSchemaError, match="`end_time` needs seconds"):
        labels.update_cell(0, "end_time", "soon")


def test_at_time_and_visible_in_are_right_with_overlaps():
    frame = pl.DataFrame(
        {
            "start_s": [0.0, 1.0, 3.0, 9.0],
            "end_s": [100.0, 2.0, 4.0, 9.0],
            "label": ["long", "a", "b", "point"],
        }
    )
    labels = IntervalLabelSet.from_dataframe(frame)
    assert "2 of 4 rows" not in labels.notes[0]
    assert "3 of 4 rows start before an earlier one has ended" in labels.notes[0]
    assert labels.at_time(1.5).label == "a"
    assert labels.at_time(2.5).label == "long"
    assert labels.at_time(9.0).label == "long"
    assert labels.at_time(100.0) is None
    assert labels.at_time(-1.0) is None
    assert [i.label for i in labels.visible_in(2.0, 9.5)] == ["long", "b", "point"]


def test_clear_range_delete_and_pop_last():
    labels = IntervalLabelSet.empty()
    labels.add(0, 10, "a")
    labels.add(20, 30, "b")
    labels.clear_range(5, 25)
    assert triples(labels) == [(0, 5, "a"), (25, 30, "b")]
    assert labels.pop_last().label == "b"
    assert labels.pop_last().label == "a"
    assert labels.pop_last() is None
    assert len(labels) == 0
    labels.undo()
    labels.delete(-1)
    assert len(labels) == 0


def test_undo_and_redo_through_everything(source):
    labels = IntervalLabelSet.from_path(source, SCHEMA)
    before = labels.table
    labels.add(5, 10, "X", scorer="cd")
    labels.set_note(0, "n")
    labels.clear_range(0, 7)
    after = labels.table
    while labels.undo():
        pass
    assert labels.table.equals(before)
    assert not labels.is_modified
    while labels.redo():
        pass
    assert labels.table.equals(after)
    assert labels.is_modified


def test_save_as_never_touches_the_source(source, tmp_path):
    text = source.read_text()
    labels = IntervalLabelSet.from_path(source, SCHEMA)
    labels.add(60, 90, "REM")
    out = labels.save_as(tmp_path / "x.parquet")
    again = IntervalLabelSet.from_path(out)
    assert again.schema == SCHEMA
    assert again.table.equals(labels.table)
    with pytest.raises(IntervalLabelIOError, match="never overwrites"):
        labels.save_as(source)
    with pytest.raises(IntervalLabelIOError, match="no labels to export"):
        IntervalLabelSet.empty().save_as(tmp_path / "e.csv")
    assert source.read_text() == text


def test_save_to_source_is_whole_checked_and_works_when_cleared(source):
    labels = IntervalLabelSet.from_path(source, SCHEMA)
    labels.clear_range(0, 60)
    labels.save_to_source()
    assert (
        source.read_text() == "state\tstart_time\tend_time\tduration\tscorer\tconfidence\tprobe\n"
    )
    assert not labels.is_modified
    labels.add(0, 1, "a")
    labels.save_to_source()
    source.write_text(source.read_text() + "b\t5\t6\t1\t\t\t\n")
    labels.add(1, 2, "c")
    with pytest.raises(IntervalLabelIOError, match="changed by another program"):
        labels.save_to_source()
    assert "b\t5\t6" in source.read_text()


def test_no_writeback_no_save(source):
    labels = IntervalLabelSet.from_path(source, SCHEMA, writeback=False)
    with pytest.raises(IntervalLabelIOError, match="writing back is not allowed"):
        labels.save_to_source()
    with pytest.raises(IntervalLabelIOError, match="not read from a file"):
        IntervalLabelSet.empty().save_to_source()


def test_lossy_formats_need_leave(tmp_path):
    labels = IntervalLabelSet.empty()
    labels.add(5, 10, "a", note="n")
    with pytest.raises(IntervalLabelIOError, match=r"notes of 1 row dropped; gaps: 1"):
        labels.save_as(tmp_path / "v.txt")
    assert not (tmp_path / "v.txt").exists()
    labels.save_as(tmp_path / "v.txt", lossy=True)
    assert (tmp_path / "v.txt").read_text() == "*Duration_sec\t10.0\nUnscored\t5.0\na\t10.0\n"


def test_frames_of_other_kinds():
    pd = pytest.importorskip("pandas", reason="pandas is an extra")
    frame = pd.DataFrame({"start_s": [0.0, 2], "end_s": [1.0, 3], "label": ["a", "b"]})
    assert triples(IntervalLabelSet.from_dataframe(frame)) == [(0, 1, "a"), (2, 3, "b")]
    lazy = pl.LazyFrame({"start_s": [0.0], "end_s": [1.0], "label": ["a"]})
    assert len(IntervalLabelSet.from_dataframe(lazy)) == 1
    with pytest.raises(LoupeTypeError, match="got list"):
        IntervalLabelSet.from_dataframe([1])
    with pytest.raises(IntervalLabelIOError, match="needs a schema"):
        IntervalLabelSet.from_dataframe(pl.DataFrame({"onset": [0.0]}))


@pytest.mark.parametrize(
    ("dtype", "first", "value", "stored"),
    [
        (pl.Int8, 1, "12", 12),
        (pl.Int8, 1, 1000, None),
        (pl.UInt16, 1, -1, None),
        (pl.Int64, 1, 2.5, None),
        (pl.Int64, 1, float("inf"), None),
        (pl.Datetime("us"), datetime(2026, 1, 2), "2026-03-04 05:00:00", datetime(2026, 3, 4, 5)),
        (pl.Datetime("us"), datetime(2026, 1, 2), "soon", None),
        (pl.Date, date(2026, 1, 2), "2026-03-04", date(2026, 3, 4)),
        (pl.Enum(["low", "high"]), "low", "high", "high"),
        (pl.Enum(["low", "high"]), "low", "middle", None),
        (pl.Boolean, True, "no", False),
        (pl.List(pl.Int64), [1], "1,2", None),
    ],
)  # fmt: skip
def test_a_cell_takes_what_its_column_can_hold_and_refuses_the_rest(dtype, first, value, stored):
    frame = pl.DataFrame({"start_s": [0.0], "end_s": [1.0], "label": ["a"]})
    frame = frame.with_columns(pl.Series("extra", [first], dtype=dtype))
    labels = IntervalLabelSet.from_dataframe(
        frame, LEGACY.model_copy(update={"extra_cols": ("extra",)})
    )
    if stored is None:
        with pytest.raises(IntervalLabelSchemaError, match="column `extra` holds"):
            labels.update_cell(0, "extra", value)
        stored = first
    else:
        labels.update_cell(0, "extra", value)
    assert labels.df.schema["extra"] == dtype
    assert labels.df["extra"].to_list() == [stored]


def test_missing_values_of_pandas_are_missing():
    pd = pytest.importorskip("pandas", reason="pandas is an extra")
    frame = pd.DataFrame(
        {
            "start_s": [0.0, 1.0],
            "end_s": [1.0, 2.0],
            "label": pd.array(["a", "b"], dtype="string"),
            "note": pd.array(["x", pd.NA], dtype="string"),
            "grade": pd.array([1, pd.NA], dtype="Int64"),
        }
    )
    schema = LEGACY.model_copy(update={"extra_cols": ("grade",)})
    labels = IntervalLabelSet.from_dataframe(frame, schema)
    assert [(i.label, i.note, i.extras["grade"]) for i in labels] == [
        ("a", "x", 1),
        ("b", "", None),
    ]
    frame.columns = ["start_s", "end_s", "label", "label", "grade"]
    with pytest.raises(IntervalLabelSchemaError, match="two columns are called 'label'"):
        IntervalLabelSet.from_dataframe(frame, schema)


def test_a_bad_add_raises_value_error():
    labels = IntervalLabelSet.empty()
    for start, end in ((1, 1), (2, 1), (float("nan"), 1), (0, float("inf"))):
        with pytest.raises(ValueError, match="must end after it starts"):
            labels.add(start, end, "a")
    with pytest.raises(ValueError, match="a label needs a name"):
        labels.add(0, 1, "")
    assert len(labels) == 0


def test_columns_are_never_guessed_for_a_script(source):
    with pytest.raises(IntervalLabelIOError, match="needs a schema; the columns are: `state`"):
        IntervalLabelSet.from_path(source)


def test_missing_file():
    with pytest.raises(IntervalLabelIOError, match="there is no such file"):
        IntervalLabelSet.from_path("/nowhere/a.csv")


def test_saving_to_the_source_keeps_what_was_there_at_first(source):
    before = source.read_text()
    labels = IntervalLabelSet.from_path(source, SCHEMA)
    for start in (0.0, 40.0):
        labels.add(start, start + 5.0, "R")
        labels.save_to_source()
    assert source.with_name("h.htsv.bak").read_text() == before
