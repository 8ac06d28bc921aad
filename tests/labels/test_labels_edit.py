"""The algebra of edits: undo is the identity, tables stay sorted, and paint means what it says."""

import itertools
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loupe.errors import IntervalLabelSchemaError
from loupe.labels import edit, navigate
from loupe.labels.formats.tabular import LEGACY, frame_of, table_of
from loupe.labels.history import Entry, History
from loupe.labels.table import IntervalTable
from loupe.units import Span

LABELS = ("a", "b", "c")
END = 24


def table(*rows):
    """Rows of start, end, label and perhaps a note."""
    columns = {
        "start_s": [float(r[0]) for r in rows],
        "end_s": [float(r[1]) for r in rows],
        "label": [r[2] for r in rows],
        "note": [r[3] if len(r) > 3 else None for r in rows],
    }
    types = {"start_s": pl.Float64, "end_s": pl.Float64, "label": pl.String, "note": pl.String}
    return table_of(pl.DataFrame(columns, schema=types), LEGACY).table


def rows(t):
    return [(i.start, i.stop, i.label) for i in t]


def samples(t):
    """The label on each half second, or None; only for disjoint tables."""
    found = [t.at_time(x + 0.25) for x in np.arange(0, END, 0.5)]
    return [None if i is None else i.label for i in found]


def notes(t):
    found = [t.at_time(x + 0.25) for x in np.arange(0, END, 0.5)]
    return ["" if i is None else i.note for i in found]


times = st.integers(0, 2 * END).map(lambda n: n / 2)
spans = st.tuples(times, times).filter(lambda s: s[0] != s[1]).map(sorted).map(tuple)
rows_any = st.lists(
    st.tuples(spans, st.sampled_from(LABELS), st.sampled_from(["", "n", "m"])), max_size=8
).map(lambda found: table(*[(s[0], s[1], label, note or None) for s, label, note in found]))


@st.composite
def rows_disjoint(draw):
    edges = sorted(draw(st.sets(times, max_size=12)))
    kept = [(a, b) for a, b in itertools.pairwise(edges) if draw(st.booleans())]
    return table(
        *[
            (a, b, draw(st.sampled_from(LABELS)), draw(st.sampled_from([None, "n", "m"])))
            for a, b in kept
        ]
    )


@st.composite
def one_edit(draw, t: IntervalTable):
    kind = draw(st.sampled_from(["paint", "epochs", "clear", "merge", "force", "rename"]))
    row_kinds = ["delete", "label", "note", "bounds", "edge"]
    if len(t) and draw(st.booleans()):
        kind = draw(st.sampled_from(row_kinds))
    a, b = draw(spans)
    row = draw(st.integers(0, len(t) - 1)) if len(t) else 0
    label = draw(st.sampled_from(LABELS))
    if kind == "paint":
        return edit.paint(t, a, b, label, join=draw(st.booleans()))
    if kind == "epochs":
        epochs = navigate.epochs_in(Span(a, b), 3.0, 0.5, Span(0.0, float(END)))
        return edit.paint_each(t, epochs, label, join=False)
    if kind == "clear":
        return edit.clear(t, a, b)
    if kind in ("merge", "force"):
        return edit.merge_adjacent(t, force=kind == "force")
    if kind == "rename":
        return edit.relabel(t, {"a": "b", "b": "a"})
    if kind == "delete":
        return edit.delete(t, [row])
    if kind == "label":
        return edit.set_label(t, row, label)
    if kind == "note":
        return edit.set_values(t, row, {"note": draw(st.sampled_from(["", "n", "x"]))})
    if kind == "bounds":
        return edit.set_bounds(t, row, a, b)
    side = draw(st.sampled_from(["start", "end"]))
    low, high = edit.edge_limits(t, row, side)
    low, high = max(low, -5.0), min(high, END + 5.0)
    if not low < (low + high) / 2 < high:
        return t, edit.Edit("nothing", ())
    return edit.move_edge(t, row, side, (low + high) / 2)


def check_shape(t, disjoint):
    assert (np.diff(t.starts) >= 0).all()
    assert (t.ends >= t.starts).all()
    assert len(set(t.ids.tolist())) == len(t)
    assert not len(t) or t.ids.max() < t.next_id
    if disjoint:
        assert t.is_disjoint


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_edits_followed_by_as_many_undos_are_the_identity(data):
    start = data.draw(st.one_of(rows_any, rows_disjoint()))
    disjoint = start.is_disjoint
    t, history, states = start, History(), [start]
    for number in range(data.draw(st.integers(1, 8))):
        t, done = data.draw(one_edit(t))
        check_shape(t, disjoint)
        if done:
            assert done.span is not None
            history = history.push(Entry(done, before=number, after=number + 1))
            states.append(t)
        else:
            assert t is states[-1]
    for state in reversed(states[:-1]):
        history, t, _ = history.undo(t)
        assert t.equals(state)
        assert np.array_equal(t.ids, state.ids)
    assert history.undo(t) is None
    assert history.is_clean
    for state in states[1:]:
        history, t, _ = history.redo(t)
        assert t.equals(state)
        assert np.array_equal(t.ids, state.ids)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_edits_together_are_one_step_that_does_and_undoes_them_all(data):
    start = data.draw(st.one_of(rows_any, rows_disjoint()))
    t, total = start, edit.Edit("all", ())
    for _ in range(data.draw(st.integers(1, 8))):
        t, done = data.draw(one_edit(t))
        assert len(done.steps) <= 1
        total = total.then(done)
    assert len(total.steps) <= 1
    there = total.apply(start)
    assert there.same_rows(t)
    assert total.inverse().apply(there).same_rows(start)
    for step in total.steps:
        for rows_of_it, whole in ((step.removed, start), (step.added, t)):
            assert rows_of_it.same(whole.rows(rows_of_it.positions))


def test_an_hour_of_epochs_is_one_step_of_what_left_and_came():
    t = table((0, 600, "a"), (3000, 3630, "b"))
    after, done = edit.paint_each(t, [Span(30.0 * n, 30.0 * n + 30) for n in range(120)], "c")
    assert rows(after) == [(0, 3600, "c"), (3600, 3630, "b")]
    (step,) = done.steps
    assert (len(step.removed), len(step.added)) == (2, 2)


@settings(max_examples=200, deadline=None)
@given(rows_disjoint(), spans, st.sampled_from(LABELS), st.booleans())
def test_paint_agrees_with_samples(t, span, label, join):
    model, old_notes = samples(t), notes(t)
    after, _ = edit.paint(t, *span, label, join=join)
    inside = [span[0] <= x + 0.25 < span[1] for x in np.arange(0, END, 0.5)]
    assert samples(after) == [label if i else m for i, m in zip(inside, model, strict=True)]
    for was, now, i, m in zip(old_notes, notes(after), inside, model, strict=True):
        if not i and was:
            assert now == was  # a written note outside is never lost
        if not i and m != label:
            assert now == was


@settings(max_examples=100, deadline=None)
@given(rows_disjoint(), spans)
def test_clear_agrees_with_samples(t, span):
    after, _ = edit.clear(t, *span)
    inside = [span[0] <= x + 0.25 < span[1] for x in np.arange(0, END, 0.5)]
    assert samples(after) == [None if i else m for i, m in zip(inside, samples(t), strict=True)]
    kept = [("" if i else n) for i, n in zip(inside, notes(t), strict=True)]
    assert notes(after) == kept


@settings(max_examples=100, deadline=None)
@given(rows_disjoint(), st.booleans())
def test_merge_changes_no_sample_and_leaves_nothing_to_merge(t, force):
    after, _ = edit.merge_adjacent(t, force=force)
    assert samples(after) == samples(t)
    if not force:
        for was, now in zip(notes(t), notes(after), strict=True):
            assert now == was or not was
    again, nothing = edit.merge_adjacent(after, force=force)
    assert not nothing
    assert again is after


@settings(max_examples=150, deadline=None)
@given(rows_any, times)
def test_row_at_agrees_with_a_search_of_every_row(t, x):
    hits = [i for i in range(len(t)) if t.starts[i] <= x < t.ends[i]]
    assert t.row_at(x) == (hits[-1] if hits else None)


@settings(max_examples=100, deadline=None)
@given(rows_any, spans)
def test_visible_in_and_gaps_agree_with_a_search_of_every_row(t, span):
    a, b = span
    seen = [i for i in range(len(t)) if t.starts[i] < b and t.ends[i] > a]
    assert t.visible_in(Span(a, b)).tolist() == seen
    free = [x for x in np.arange(a, b, 0.5) if t.row_at(x) is None]
    gaps = t.gaps(Span(a, b))
    assert [x for x in np.arange(a, b, 0.5) if any(g.contains(x) for g in gaps)] == free
    assert all(g.length > 0 for g in gaps)


def test_row_at_in_a_large_overlapping_table():
    rng = np.random.default_rng(3)
    starts = np.sort(rng.uniform(0, 1000, 3000))
    ends = starts + rng.exponential(2.0, 3000)
    ends[0] = 2000.0
    frame = pl.DataFrame({"start_s": starts, "end_s": ends, "label": ["x"] * 3000})
    t = table_of(frame, LEGACY).table
    for x in rng.uniform(-10, 2100, 500):
        hits = np.flatnonzero((starts <= x) & (x < ends))
        assert t.row_at(x) == (int(hits[-1]) if len(hits) else None)


def test_painting_over_itself_is_no_edit():
    t = table((0, 10, "a", "n"), (10, 20, "b"))
    same, done = edit.paint(t, 2, 5, "a")
    assert same is t
    assert not done
    assert done.span is None


def test_overlaps_elsewhere_are_left_alone():
    t = table((0, 10, "a"), (5, 15, "b"), (30, 40, "c"))
    after, _ = edit.paint(t, 29, 31, "b")
    assert rows(after) == [(0, 10, "a"), (5, 15, "b"), (29, 31, "b"), (31, 40, "c")]


def test_a_shared_edge_moves_for_both_and_a_free_one_overwrites():
    t = table((0, 10, "a"), (10, 20, "b"), (25, 30, "c"))
    after, _ = edit.move_edge(t, 0, "end", 12)
    assert rows(after) == [(0, 12, "a"), (12, 20, "b"), (25, 30, "c")]
    after, _ = edit.move_edge(t, 1, "start", 4)
    assert rows(after) == [(0, 4, "a"), (4, 20, "b"), (25, 30, "c")]
    after, done = edit.move_edge(t, 1, "end", 27)
    assert rows(after) == [(0, 10, "a"), (10, 27, "b"), (27, 30, "c")]
    assert done.inverse().apply(after).equals(t)
    assert edit.edge_limits(t, 0, "end") == (0.0, 20.0)
    assert edit.edge_limits(t, 2, "end") == (25.0, math.inf)
    with pytest.raises(
        IntervalLabelSchemaError, match="the end of row 0 cannot be at 20 s"
    ) as info:
        edit.move_edge(t, 0, "end", 20)
    assert info.value.hint == "keep it between 0.0 s and 20.0 s"


def test_many_moves_of_one_drag_are_one_edit():
    t = table((0, 10, "a"))
    first, one = edit.move_edge(t, 0, "end", 12)
    second, two = edit.move_edge(first, 0, "end", 15)
    both = one.then(two)
    assert both.apply(t).equals(second)
    assert both.inverse().apply(second).equals(t)


def test_the_time_of_an_edit_does_not_keep_rows_apart():
    t = IntervalTable.empty(LEGACY, created=("scorer", "at"))
    t, _ = edit.paint(t, 0, 1, "a", values={"scorer": "x", "at": "1"}, ignore=frozenset({"at"}))
    t, _ = edit.paint(t, 1, 2, "a", values={"scorer": "x", "at": "2"}, ignore=frozenset({"at"}))
    t, _ = edit.paint(t, 2, 3, "a", values={"scorer": "y", "at": "3"}, ignore=frozenset({"at"}))
    assert rows(t) == [(0, 2, "a"), (2, 3, "a")]
    assert frame_of(t)["at"].to_list() == ["2", "3"]


def test_points_are_overwritten_where_they_stand():
    t = table((5, 5, "p"), (6, 6, "q"))
    after, _ = edit.paint(t, 5, 6, "a")
    assert rows(after) == [(5, 6, "a"), (6, 6, "q")]


def test_open_ends_can_be_cut():
    t = table((0, math.inf, "a"))
    after, done = edit.paint(t, 5, 6, "b")
    assert rows(after) == [(0, 5, "a"), (5, 6, "b"), (6, math.inf, "a")]
    assert done.inverse().apply(after).equals(t)


def test_the_history_knows_where_it_is_clean():
    t = table((0, 10, "a"))
    history = History()
    t, one = edit.paint(t, 0, 5, "b")
    history = history.push(Entry(one, before="here", after="there"))
    assert not history.is_clean
    history = history.mark_clean()
    history, t, entry = history.undo(t)
    assert entry.before == "here"
    assert not history.is_clean
    t, two = edit.paint(t, 0, 5, "c")
    history = history.push(Entry(two))
    history, t, _ = history.undo(t)
    assert not history.is_clean  # the saved state can no longer be reached
    assert history.push(Entry(edit.Edit("nothing", ()))) is history


def test_epochs():
    recording = Span(1.0, 95.0)
    assert navigate.epoch_at(31, 30, 0, recording) == Span(30, 60)
    assert navigate.epoch_at(0.5, 30, 0, recording) is None
    assert navigate.epoch_at(94, 30, 0, recording) == Span(90, 95)
    assert navigate.epoch_at(2, 30, 0, recording) == Span(1, 30)
    assert navigate.epoch_at(2, 30, -8, recording) == Span(1, 22)
    assert navigate.epochs_in(Span(29, 61), 30, 0, recording) == [
        Span(1, 30),
        Span(30, 60),
        Span(60, 90),
    ]
    tenth = navigate.epoch_at(0.3, 0.1, 0, Span(0, 10))
    assert tenth.contains(0.3)
    with pytest.raises(ValueError, match="positive length"):
        navigate.epoch_at(0, 0, 0, recording)


def test_next_and_previous():
    t = table((0, 10, "a"), (10, 20, "b"), (30, 40, "a"))
    assert navigate.next_row(t, 5) == 1
    assert navigate.next_row(t, 5, label="a") == 2
    assert navigate.previous_row(t, 15) == 0
    assert navigate.previous_row(t, 5) is None
    assert navigate.next_row(t, 5, label="never") is None
    assert navigate.next_gap(t, 5, Span(0, 50)) == Span(20, 30)
    assert navigate.next_gap(t, 45, Span(0, 50)) == Span(20, 30)
    assert navigate.next_gap(table(), 0, Span(0, 50)) == Span(0, 50)


def test_edges_near_a_time():
    t = table((0, 10, "a"), (10, 20, "b"))
    assert t.edge_near(10.2, 0.5) == (0, "end", 10.0)
    assert t.edge_near(0.2, 0.5) == (0, "start", 0.0)
    assert t.edge_near(20.3, 0.5) == (1, "end", 20.0)
    assert t.edge_near(5, 0.5) is None


def test_a_created_column_never_shadows_one_of_the_schema():
    frame = pl.DataFrame({"start_s": [0.0], "end_s": [1.0], "label": ["a"], "scorer": ["x"]})
    t = table_of(frame, LEGACY, created=("label", "scorer", "at")).table
    assert t.pool.columns == ("scorer", "note", "at")
    assert frame_of(t).equals(frame)
    t, _ = edit.set_values(t, 0, {"at": "now"})
    assert frame_of(t).columns == ["start_s", "end_s", "label", "scorer", "at"]


def test_columns_can_be_added_to_a_set_in_memory():
    t = table((0, 1, "a", "n"), (1, 2, "b"))
    more = t.with_created(("scorer", "note", "label"))
    assert more.pool.columns == ("note", "scorer")
    assert more.equals(more.with_created(("scorer",)))
    assert frame_of(more).equals(frame_of(t))
    more, _ = edit.paint(more, 0, 1, "c", values={"scorer": "anna"})
    assert frame_of(more)["scorer"].to_list() == ["anna", None]
    assert frame_of(more)["label"].to_list() == ["c", "b"]


def test_a_point_is_not_merged_into_the_row_that_it_touches():
    points = table((0, 10, "a"), (10, 10, "a"), (10, 20, "a"))
    assert rows(edit.merge_adjacent(points)[0]) == rows(points)
    assert rows(edit.merge_adjacent(points, force=True)[0]) == [(0.0, 20.0, "a")]


def test_further_columns_keep_what_was_noted_before():
    t = edit.paint(table(), 0, 5, "a", values={"note": "mine"})[0]
    more = t.with_created(("scorer",))
    assert more.interval(0).note == "mine"
    other = edit.paint(more, 10, 15, "b", values={"note": "other", "scorer": "x"})[0]
    assert [i.note for i in other] == ["mine", "other"]
    assert [i.note for i in edit.paint(t, 20, 25, "c", values={"note": "z"})[0]] == ["mine", "z"]


@settings(max_examples=100, deadline=None)
@given(st.one_of(rows_disjoint(), rows_any), st.integers(0, 8), st.integers(1, 8), st.booleans())
def test_painting_epochs_at_once_is_painting_them_one_by_one(t, first, count, gap):
    epochs = [Span(2.0 * k, 2.0 * k + 2.0) for k in range(first, first + count)]
    epochs = epochs[:1] + epochs[2:] if gap else epochs
    one = t
    for epoch in epochs:
        one = edit.paint(one, epoch.start, epoch.stop, "z", join=False)[0]
    every, done = edit.paint_each(t, epochs, "z", join=False)
    assert every.equals(one)
    assert len(set(every.ids.tolist())) == len(every)
    assert done.apply(t).equals(every)
    assert done.inverse().apply(every).equals(t)


def test_a_night_of_epochs_is_cut_once():
    t = table(*[(4 * k, 4 * k + 4, "a") for k in range(2000)])
    calls = []
    splice = IntervalTable.splice

    def counted(self, *given):
        calls.append(1)
        return splice(self, *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(IntervalTable, "splice", counted)
        epochs = [Span(4.0 * k, 4.0 * k + 4.0) for k in range(2000)]
        every = edit.paint_each(t, epochs, "b", join=False)[0]
    assert len(calls) == 1
    assert every.labels() == ["b"] * 2000
