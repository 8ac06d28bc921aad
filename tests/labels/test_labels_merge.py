"""Three-way merge: nobody's change is lost, and only real disagreements are told."""

import io
from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_labels_edit import one_edit, rows, rows_any, rows_disjoint, samples, table

from loupe.errors import IntervalLabelSchemaError
from loupe.labels import edit
from loupe.labels.formats.tabular import LEGACY, frame_of, guess_schema, table_of
from loupe.labels.merge import Conflict, merge


def listed(t):
    """Rows with everything beside them."""
    return [(i.start, i.stop, i.label, i.note) for i in t]


def content(t):
    """Rows, whatever the order of those that start together."""
    return Counter(listed(t))


def reread(t):
    """What another program would read: the same rows in a pool and under ids of their own."""
    sink = io.BytesIO()
    frame_of(t).write_parquet(sink)
    sink.seek(0)
    return table_of(pl.read_parquet(sink), t.schema).table


@st.composite
def versions(draw, start):
    """A base and two sets that stem from it, the second in a pool of its own."""
    base = draw(start)
    ours = theirs = base
    for _ in range(draw(st.integers(0, 3))):
        ours = draw(one_edit(ours))[0]
    for _ in range(draw(st.integers(0, 3))):
        theirs = draw(one_edit(theirs))[0]
    return base, ours, reread(theirs)


def check_ways(found, ours):
    """Both edits lead to the merged table, and undo leads back."""
    assert listed(found.edit.apply(ours)) == listed(found.table)
    assert listed(found.from_theirs.apply(found.theirs)) == listed(found.table)
    back = found.edit.inverse().apply(found.table)
    assert back.equals(ours)
    assert np.array_equal(back.ids, ours.ids)
    assert len(set(found.table.ids.tolist())) == len(found.table)
    assert (np.diff(found.table.starts) >= 0).all()


def test_rows_that_start_together_stand_as_the_one_has_them_who_changed_them():
    plain, noted = (0.0, 0.5, "a", None), (0.0, 0.5, "a", "n")
    base, theirs = table(plain, noted, plain), table(noted, plain)
    merged = merge(base, base, theirs)
    assert [row.note or "" for row in merged.table] == ["n", ""]
    assert not merged.from_theirs


@settings(max_examples=100, deadline=None)
@given(versions(st.one_of(rows_disjoint(), rows_any)))
def test_one_who_changed_nothing_has_no_say(made):
    base, ours, theirs = made
    same = merge(base, ours, reread(base))
    assert listed(same.table) == listed(ours)
    assert not same.edit
    assert not same.changed
    assert same.conflicts == ()
    check_ways(same, ours)
    other = merge(base, base, theirs)
    assert content(other.table) == content(theirs)
    assert not other.from_theirs
    assert other.conflicts == ()
    check_ways(other, base)
    taken = merge(ours, ours, theirs)
    assert content(taken.table) == content(theirs)
    check_ways(taken, ours)


@settings(max_examples=100, deadline=None)
@given(versions(st.one_of(rows_disjoint(), rows_any)))
def test_without_conflict_it_does_not_matter_who_merges(made):
    base, ours, theirs = made
    found = merge(base, ours, theirs)
    check_ways(found, ours)
    back = merge(reread(base), theirs, ours)
    assert len(found.conflicts) == len(back.conflicts)
    if not found.conflicts:
        assert content(found.table) == content(back.table)
    if base.is_disjoint and ours.is_disjoint and theirs.is_disjoint:
        assert found.table.is_disjoint


@settings(max_examples=100, deadline=None)
@given(versions(rows_disjoint()))
def test_it_agrees_with_a_sample_wise_merge(made):
    base, ours, theirs = made
    found = merge(base, ours, theirs)
    told = [(c.start, c.stop) for c in found.conflicts]
    for i, (b, o, t, m) in enumerate(
        zip(samples(base), samples(ours), samples(theirs), samples(found.table), strict=True)
    ):
        x = i / 2 + 0.25
        disputed = any(start <= x < stop for start, stop in told)
        if o == b:
            assert m == t or disputed
        elif t in (b, o):
            assert m == o or disputed
        else:
            assert disputed
            assert m == (t if o is None else o)


@settings(max_examples=60, deadline=None)
@given(versions(rows_any))
def test_no_row_that_either_added_is_lost_where_rows_overlap(made):
    base, ours, theirs = made
    if base.is_disjoint or not len(base):
        base = ours = table((0, 10, "a"), (5, 8, "b"))
    found = content(merge(base, ours, theirs).table)
    for side in (ours, theirs):
        other = theirs if side is ours else ours
        for row in content(side) - content(base):
            assert found[row] >= min(content(side)[row], 1), (row, content(other))


def test_two_who_cut_different_parts_out_of_one_row_agree():
    base = table((0, 100, "NREM"))
    ours = edit.paint(base, 40, 50, "Wake")[0]
    theirs = reread(edit.paint(base, 80, 90, "REM", values={"note": "sure"})[0])
    found = merge(base, ours, theirs)
    assert rows(found.table) == [
        (0.0, 40.0, "NREM"),
        (40.0, 50.0, "Wake"),
        (50.0, 80.0, "NREM"),
        (80.0, 90.0, "REM"),
        (90.0, 100.0, "NREM"),
    ]
    assert found.table.interval(3).note == "sure"
    assert found.conflicts == ()
    check_ways(found, ours)


def test_state_and_note_of_one_row_are_merged_on_their_own():
    base = table((0, 30, "N1"), (30, 60, "N2"))
    ours = edit.set_label(base, 0, "N3")[0]
    theirs = reread(edit.set_values(base, 0, {"note": "spindles"})[0])
    found = merge(base, ours, theirs)
    first = found.table.interval(0)
    assert (first.label, first.note, first.id) == ("N3", "spindles", ours.ids[0])
    assert found.conflicts == ()


def test_disagreements_are_told_and_ours_or_what_says_more_is_kept():
    base = table((0, 30, "N1"), (30, 60, "N2"), (60, 90, "R"), (90, 120, "W", "old"))
    ours = edit.set_label(base, 0, "N3")[0]
    ours = edit.delete(ours, [1])[0]
    ours = edit.set_label(ours, 1, "N1")[0]
    ours = edit.set_values(ours, 2, {"note": "mine"})[0]
    theirs = edit.set_label(base, 0, "W")[0]
    theirs = edit.set_label(theirs, 1, "W")[0]
    theirs = edit.clear(theirs, 60, 75)[0]
    theirs = reread(edit.set_values(theirs, 3, {"note": "other"})[0])
    found = merge(base, ours, theirs)
    assert found.conflicts == (
        Conflict(0.0, 30.0, "N3", "W", "ours"),
        Conflict(30.0, 60.0, "nothing", "W", "theirs"),
        Conflict(60.0, 75.0, "N1", "nothing", "ours"),
        Conflict(90.0, 120.0, "W · “mine”", "W · “other”", "ours"),
    )
    assert [(*r, i.note) for r, i in zip(rows(found.table), found.table, strict=True)] == [
        (0.0, 30.0, "N3", ""),
        (30.0, 60.0, "W", ""),
        (60.0, 90.0, "N1", ""),
        (90.0, 120.0, "W", "mine"),
    ]


def test_one_row_an_epoch_stays_so():
    base = table(*[(30 * k, 30 * k + 30, "N2") for k in range(6)])
    ours = edit.paint(base, 60, 90, "R", join=False)[0]
    theirs = reread(edit.paint(base, 120, 150, "W", join=False)[0])
    found = merge(base, ours, theirs)
    assert [r[2] for r in rows(found.table)] == ["N2", "N2", "R", "N2", "W", "N2"]
    assert [r[1] - r[0] for r in rows(found.table)] == [30.0] * 6


def test_points_and_overlaps_are_merged_row_by_row():
    base = table((5, 5, "spike"), (0, 10, "a"), (20, 20, "spike"))
    ours = edit.delete(base, [2])[0]
    theirs = reread(table((5, 5, "spike"), (0, 10, "a"), (20, 20, "spike"), (8, 8, "blip")))
    found = merge(base, ours, theirs)
    assert rows(found.table) == [(0.0, 10.0, "a"), (5.0, 5.0, "spike"), (8.0, 8.0, "blip")]
    over = table((0, 10, "a"), (5, 15, "b"))
    mine = edit.set_label(over, 1, "c")[0]
    other = reread(edit.set_bounds(over, 1, 5, 20)[0])
    both = merge(over, mine, other)
    assert rows(both.table) == [(0.0, 10.0, "a"), (5.0, 15.0, "c"), (5.0, 20.0, "b")]
    assert both.conflicts == (Conflict(5.0, 15.0, "c", "b", "both"),)


def frame(**columns):
    start = {"start_s": [0.0, 10.0], "end_s": [10.0, 20.0], "label": ["a", "b"]}
    return pl.DataFrame({**start, **columns})


def test_a_column_that_they_added_is_taken_over():
    base = table_of(frame(), guess_schema(frame().columns)).table
    ours = edit.set_label(base, 0, "c")[0]
    wide = frame(confidence=[0.5, 1.5])
    found = merge(base, ours, table_of(wide, guess_schema(wide.columns)).table)
    assert found.table.schema.extra_cols == ("confidence",)
    assert [i.extras["confidence"] for i in found.table] == [0.5, 1.5]
    assert frame_of(found.table)["confidence"].to_list() == [0.5, 1.5]
    assert frame_of(found.table)["label"].to_list() == ["c", "b"]
    check = found.edit.inverse().apply(found.table)
    assert [i.label for i in check] == ["c", "b"]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (frame().rename({"label": "state"}), "other columns now"),
        (frame(grade=["high", "low"]), "column `grade` held Int64 and holds String now"),
    ],
)
def test_columns_that_do_not_fit_are_refused(other, message):
    start = frame(grade=[1, 2])
    base = table_of(start, LEGACY.model_copy(update={"extra_cols": ("grade",)})).table
    schema = LEGACY.model_copy(
        update={"label_col": "state" if "state" in other.columns else "label"}
    )
    with pytest.raises(IntervalLabelSchemaError, match=message):
        merge(base, base, table_of(other, schema).table)


def test_the_time_of_an_edit_is_no_disagreement():
    start = frame(at=["8:00", "8:00"])
    base = table_of(start, LEGACY).table
    ours = edit.set_values(base, 0, {"at": "9:00"})[0]
    theirs = reread(edit.set_values(base, 0, {"at": "9:30", "note": "x"})[0])
    found = merge(base, ours, theirs, ignore=frozenset({"at"}))
    assert found.conflicts == ()
    assert found.table.pool.values(int(found.table.payload[0])) == {"at": "9:30", "note": "x"}
    assert len(merge(base, ours, theirs).conflicts) == 1


def test_an_edge_that_both_moved_apart_makes_no_stripes():
    base = table((0, 10, "a"), (10, 20, "b"))
    ours = edit.move_edge(base, 0, "end", 9)[0]
    theirs = reread(edit.move_edge(base, 0, "end", 11)[0])
    found = merge(base, ours, theirs)
    assert rows(found.table) == [(0.0, 9.0, "a"), (9.0, 20.0, "b")]
    assert found.conflicts == (Conflict(9.0, 11.0, "b", "a", "ours"),)
    check_ways(found, ours)
    alone = table((0, 10, "a"))
    shorter, longer = (edit.move_edge(alone, 0, "end", t)[0] for t in (8, 12))
    for mine, other in ((shorter, longer), (longer, shorter)):
        both = merge(alone, mine, reread(other))
        assert rows(both.table) == [(0.0, 12.0, "a")], "a label before none"
        assert len(both.conflicts) == 1


def test_a_first_note_is_no_other_meaning_of_a_column():
    plain = LEGACY.model_copy(update={"note_col": None})
    ours = edit.set_values(table_of(frame(), plain).table, 0, {"note": "mine"})[0]
    theirs = table_of(
        frame(note=["mine", None]).vstack(
            pl.DataFrame({"start_s": [30.0], "end_s": [40.0], "label": ["c"], "note": ["new"]})
        ),
        LEGACY,
    ).table
    found = merge(ours, ours, theirs)
    assert [
        (i.label, found.table.pool.note(int(p)))
        for i, p in zip(found.table, found.table.payload, strict=True)
    ] == [("a", "mine"), ("b", ""), ("c", "new")]


def test_looking_at_a_merge_adds_no_column_to_ours():
    base = table_of(frame(), LEGACY).table
    wide = table_of(frame(conf=["x", "y"]), guess_schema([*frame().columns, "conf"])).table
    found = merge(base, base, wide)
    assert frame_of(base).columns == frame().columns
    assert frame_of(found.table)["conf"].to_list() == ["x", "y"]


def test_truth_values_stay_as_the_file_writes_them():
    base = table_of(frame(ok=["true", "false"]), LEGACY).table
    theirs = table_of(frame(ok=[True, True]), LEGACY).table
    assert frame_of(merge(base, base, theirs).table)["ok"].to_list() == ["true", "true"]
