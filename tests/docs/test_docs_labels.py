"""The page on labels says of every format what it truly holds."""

import math
from pathlib import Path

import polars as pl
import pytest

from loupe.errors import IntervalLabelIOError
from loupe.labels.formats.base import ReadOptions, with_epoch
from loupe.labels.formats.registry import BUILTIN, READ_ONLY
from loupe.labels.formats.tabular import frame_of, table_of
from loupe.session.labels import IntervalLabelSchema

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "labels.md").read_text(encoding="utf-8")
SCHEMA = IntervalLabelSchema(
    start_col="start_time",
    end_col="end_time",
    label_col="state",
    note_col="note",
    extra_cols=("rank",),
)


def labels(*rows, note=None, rank=None):
    """A table of ``(start, end, state)`` rows; the first one has the note and the rank."""
    rest = [None] * (len(rows) - 1)
    frame = pl.DataFrame(
        {
            "start_time": [float(start) for start, _, _ in rows],
            "end_time": [float(end) for _, end, _ in rows],
            "state": [state for _, _, state in rows],
            "note": pl.Series([note, *rest][: len(rows)], dtype=pl.String),
            "rank": pl.Series([rank, *rest][: len(rows)], dtype=pl.Int8),
        }
    )
    return table_of(frame, SCHEMA).table


HELD = {
    "times to the last digit": labels((0, 10.000000123456, "A"), (10.000000123456, 0.1 + 20, "B")),
    "gaps between labels": labels((0, 10, "A"), (15, 20, "B")),
    "overlapping labels": labels((0, 10, "A"), (5, 20, "B")),
    "points, start = end": labels((0, 10, "A"), (10, 10, "B"), (10, 20, "A")),
    "labels without an end": labels((0, 10, "A"), (10, math.inf, "B")),
    "times before 0": labels((-5, 10, "A"), (10, 20, "B")),
    "spaces in states": labels((0, 10, "quiet wake"), (10, 20, "B")),
    "tabs in states": labels((0, 10, "a\tb"), (10, 20, "B")),
    "notes": labels((0, 10, "A"), (10, 20, "B"), note="noisy"),
    "further columns": labels((0, 10, "A"), (10, 20, "B"), rank=3),
    "types of columns": labels((0, 10, "A"), (10, 20, "B"), rank=3),
    "a set without labels": labels(),
}


def rows_under(head):
    lines = PAGE.splitlines()
    first = lines.index(head)
    table = []
    for line in lines[first:]:
        if not line.startswith("|"):
            return table
        table.append([cell.strip() for cell in line[1:-1].split("|")])
    raise AssertionError(head)


def holds(fmt, what):
    """Whether a format gives back what was written, by its own word and in truth."""
    epoch = 10.0 if fmt.name == "epochs" else None
    table = HELD[what] if epoch is None else with_epoch(HELD[what], epoch)
    promised = not fmt.losses(table)
    try:
        data = fmt.write(table)
    except IntervalLabelIOError:
        return False
    schema = None if fmt.own_columns else SCHEMA
    again = fmt.read(data, ReadOptions(schema=schema, epoch=epoch)).table
    kept = [(i.start, i.stop, i.label) for i in again] == [
        (i.start, i.stop, i.label) for i in table
    ]
    if what in ("notes", "further columns"):
        name = "note" if what == "notes" else "rank"
        after = frame_of(again)
        kept = (
            kept and name in after.columns and str(after[name][0]) == str(frame_of(table)[name][0])
        )
    if what == "types of columns":
        after = frame_of(again)
        return "rank" in after.columns and after["rank"].dtype == pl.Int8
    # A format may hold more than it dares to promise; it never promises more than it holds.
    assert kept or not promised, f"{fmt.name} loses {what} without a word"
    return kept and promised


def test_the_table_of_formats_is_the_registry():
    table = {
        row[0].strip("`"): row
        for row in rows_under("| format | ending | columns | schema | needs |")[2:]
    }
    assert list(table) == [fmt.name for fmt in BUILTIN]
    for fmt in BUILTIN:
        _, ending, columns, *_ = table[fmt.name]
        assert ending == (" ".join(f"`{e}`" for e in fmt.extensions) or "–")
        assert columns == ("its own" if fmt.own_columns else "yours")
        assert fmt.read is not None
        assert fmt.write is not None


def test_the_table_of_formats_that_are_read_is_the_registry():
    table = {row[0].strip("`"): row[1] for row in rows_under("| format | ending | what |")[2:]}
    assert table == {
        fmt.name: " ".join(f"`{e}`" for e in fmt.extensions) or "–" for fmt in READ_ONLY
    }


def test_the_table_of_what_they_hold_is_complete():
    head, _, *rows = rows_under("| | " + " | ".join(f"`{fmt.name}`" for fmt in BUILTIN) + " |")
    assert [row[0] for row in rows] == list(HELD)
    assert all(len(row) == len(head) for row in rows)


@pytest.mark.parametrize("fmt", BUILTIN, ids=lambda fmt: fmt.name)
def test_each_format_holds_what_the_page_says(fmt):
    if fmt.name == "edf":
        pytest.importorskip("edfio", reason="edfio is not installed")
    head, _, *rows = rows_under("| | " + " | ".join(f"`{f.name}`" for f in BUILTIN) + " |")
    column = head.index(f"`{fmt.name}`")
    said = {row[0]: row[column] for row in rows}
    assert said == {what: "yes" if holds(fmt, what) else "no" for what in HELD}
