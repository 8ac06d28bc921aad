from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from app_states import (
    EXTENT,
    label_commands,
    rows_of,
    run,
    state_with,
    track,
    unshared,
    view_commands,
)
from hypothesis import given
from hypothesis import strategies as st

from loupe.app import commands as c
from loupe.app import rules
from loupe.app.policy import allowed
from loupe.app.reduce import reduce
from loupe.app.reducers.labels import note_target
from loupe.app.rules import whole_epochs
from loupe.labels import navigate
from loupe.labels.navigate import epoch_at, epochs_in
from loupe.scene.timegrid import Window
from loupe.units import Span


def test_a_selection_is_labelled_and_let_go_of() -> None:
    state = run(state_with(track()), c.Select(Span(2, 8)), c.Paint("Wake"))
    assert rows_of(state) == [(2, 8, "Wake")]
    assert state.selection is None
    assert state.note == "Wake: 00:00:02.00 to 00:00:08.00"
    assert not state.tracks[0].saved


def test_labelling_without_a_selection_is_refused_with_a_reason() -> None:
    assert allowed(state_with(track()), c.Paint("Wake")) == "Select a stretch of time first (drag)."
    assert "no label set" in allowed(state_with(), c.Paint("Wake"))
    held = state_with(track(read_only="held by pid 7"))
    assert allowed(held, c.Paint("Wake")) == "night is read-only: held by pid 7"


def test_labelling_while_playing_keeps_playing() -> None:
    state = run(state_with(track()), c.Play(), c.Select(Span(2, 8)), c.Paint("Wake"))
    assert state.playback.playing


def test_clearing_splits() -> None:
    state = state_with(track((0, 30, "NREM")))
    state = run(state, c.Select(Span(10, 20)), c.ClearLabels())
    assert rows_of(state) == [(0, 10, "NREM"), (20, 30, "NREM")]


def test_delete_last_is_the_one_that_ends_last() -> None:
    state = state_with(track((0, 100, "long"), (5, 10, "short")))
    assert rows_of(run(state, c.DeleteLastLabel())) == [(5, 10, "short")]


def test_undo_returns_to_where_one_was_looking() -> None:
    state = state_with(track(), start=100)
    selected = run(state, c.Select(Span(105, 110)))
    state = run(selected, c.Paint("Wake"), c.End(), c.Undo())
    assert rows_of(state) == []
    assert state.window == selected.window
    assert state.selection == Span(105, 110)
    assert state.tracks[0].saved
    state = run(state, c.End(), c.Redo())
    assert rows_of(state) == [(105, 110, "Wake")]
    assert state.window == Window(100, 30)
    assert "nothing to redo" in allowed(state, c.Redo())


@given(st.lists(st.one_of(label_commands, view_commands), max_size=14), st.booleans())
def test_undoing_everything_is_the_identity(commands: list[c.Command], epochs: bool) -> None:
    labels = track(
        (0, 10, "Wake"), (10, 25, "NREM"), (40, 60, "REM"), epoch=10.0 if epochs else None
    )
    first = state_with(labels)
    state = first
    for command in commands:
        if not allowed(state, command):
            state = reduce(state, command)
    last = state
    count = len(state.tracks[0].history.done)
    for _ in range(count):
        state = run(state, c.Undo())
    assert state.tracks[0].table.equals(first.tracks[0].table)
    assert state.tracks[0].saved
    assert unshared(state).tracks[0].table.is_disjoint
    for _ in range(count):
        state = run(state, c.Redo())
    assert state.tracks[0].table.equals(last.tracks[0].table)


@given(st.lists(st.one_of(label_commands, view_commands), max_size=14))
def test_edits_keep_rows_sorted_and_apart(commands: list[c.Command]) -> None:
    state = state_with(track((0, 10, "Wake"), (10, 25, "NREM"), (40, 60, "REM")))
    for command in commands:
        if not allowed(state, command):
            state = reduce(state, command)
    rows = rows_of(state)
    assert all(a < b for a, b, _ in rows)
    assert all(first[1] <= then[0] for first, then in pairwise(rows))


def test_a_drag_of_an_edge_is_one_entry_and_moves_the_neighbour() -> None:
    state = state_with(track((0, 10, "Wake"), (10, 25, "NREM")))
    state = run(state, c.MoveLabelEdge(0, "stop", 14.0))
    assert rows_of(state) == [(0, 14, "Wake"), (14, 25, "NREM")]
    assert len(state.tracks[0].history.done) == 1
    state = run(state, c.MoveLabelEdge(0, "stop", 1000.0))
    assert rows_of(state)[0] == (0, pytest.approx(24.999), "Wake")


def test_a_selected_label_gets_the_state_and_keeps_its_note() -> None:
    state = state_with(track((0, 10, "Wake"), (10, 25, "NREM")))
    state = run(state, c.SetNote("odd", 0), c.SelectLabel(0))
    assert state.selection == Span(0, 10)
    state = run(state, c.Paint("REM"))
    row = state.tracks[0].table.interval(0)
    assert (row.label, row.note) == ("REM", "odd")
    assert len(state.tracks[0].table) == 2


def test_a_changed_selection_is_no_longer_the_label() -> None:
    state = state_with(track((0, 10, "Wake")))
    state = run(state, c.SelectLabel(0), c.MoveSelectionEdge("stop", 5.0), c.Paint("REM"))
    assert rows_of(state) == [(0, 5, "REM"), (5, 10, "Wake")]


def test_table_edits() -> None:
    state = state_with(track((0, 10, "Wake"), (10, 25, "NREM")))
    state = run(state, c.SetLabelBounds(0, stop=12.0), c.SetLabelState(1, "REM"))
    state = run(state, c.SetLabelBounds(0, start=-5.0), c.SetLabelCell(0, "scorer", "Anna"))
    assert rows_of(state) == [(-5, 12, "Wake"), (12, 25, "REM")]
    assert state.tracks[0].table.interval(0).extras["scorer"] == "Anna"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (c.SetLabelBounds(0, stop=-3.0), "must end after it starts"),
        (c.SetLabelState(0, ""), "needs a name"),
        (c.SetLabelCell(0, "colour", 3), "unknown column"),
        (c.SetLabelState(99, "Wake"), "gone"),
    ],
)
def test_a_bad_edit_changes_nothing_and_says_why(command: c.Command, words: str) -> None:
    before = state_with(track((0, 10, "Wake")))
    after = run(before, command)
    assert after.tracks == before.tracks
    assert words in after.note


def test_the_note_goes_to_selected_then_cursor_then_newest_then_last() -> None:
    state = state_with(track((0, 10, "a"), (100, 110, "b")), cursor=5)
    assert note_target(state) == 0
    assert note_target(run(state, c.SelectLabel(1))) == 1
    away = replace(state, cursor=20.0)
    assert note_target(away) == 1
    painted = run(away, c.Select(Span(12, 15)), c.Paint("c"))
    assert note_target(painted) == 2
    assert note_target(state_with(track())) is None
    assert run(painted, c.SetNote("here")).tracks[0].table.interval(1).note == "here"


def test_scorer_and_time_are_written_into_edited_rows() -> None:
    labels = replace(
        track((0, 10, "a"), (20, 30, "b")), scorer=("scorer", "Anna"), time_column="edited"
    )
    state = run(state_with(labels), c.Select(Span(12, 15)), c.Paint("c", now="12:00"))
    state = run(state, c.SetLabelState(1, "d", now="12:05"))
    extras = [dict(row.extras) for row in state.tracks[0].table]
    assert extras == [
        {"scorer": None, "edited": None},
        {"scorer": "Anna", "edited": "12:00"},
        {"scorer": "Anna", "edited": "12:05"},
    ]
    assert len(state.tracks[0].history.done) == 2
    state = run(state, c.Undo(), c.Undo())
    assert state.tracks[0].table.equals(labels.table)


def test_a_scorer_that_a_person_wrote_is_not_written_over() -> None:
    labels = replace(track((0, 10, "a")), scorer=("scorer", "Anna"), time_column="edited")
    state = run(state_with(labels), c.SetLabelCell(0, "scorer", "Ben", now="12:00"))
    assert dict(state.tracks[0].table.interval(0).extras) == {"scorer": "Ben", "edited": "12:00"}


def test_a_later_edit_time_does_not_keep_neighbours_apart() -> None:
    labels = replace(track(), time_column="edited")
    state = run(state_with(labels), c.Select(Span(0, 5)), c.Paint("a", now="1"))
    state = run(state, c.Select(Span(5, 9)), c.Paint("a", now="2"))
    assert rows_of(state) == [(0, 9, "a")]


def test_epochs_are_scored_one_after_the_other() -> None:
    state = run(state_with(track(epoch=10.0), start=0, length=20), c.SelectAtCursor("epoch"))
    for label in ("Wake", "Wake", "NREM"):
        state = run(state, c.Paint(label))
    assert rows_of(state) == [(0, 10, "Wake"), (10, 20, "Wake"), (20, 30, "NREM")]
    assert state.selection == Span(30, 40)
    assert state.cursor == 30
    assert state.window == Window(20, 20)


def test_epochs_join_when_asked_to() -> None:
    state = state_with(track(epoch=10.0, merge=True))
    state = run(state, c.Paint("Wake"), c.Paint("Wake"), c.Paint("NREM"))
    assert rows_of(state) == [(0, 20, "Wake"), (20, 30, "NREM")]


def test_a_page_of_one_epoch_follows() -> None:
    state = run(state_with(track(epoch=30.0), length=30), c.Paint("Wake"))
    assert state.window == Window(30, 30)


def test_the_last_epoch_may_be_a_part() -> None:
    state = state_with(track(epoch=30.0), start=960, cursor=985, extent=Span(0, 988))
    state = run(state, c.Paint("Wake"))
    assert rows_of(state) == [(960, 988, "Wake")]
    assert "last epoch" in state.note


def test_a_selection_in_epoch_mode_is_whole_epochs() -> None:
    state = run(state_with(track(epoch=10.0)), c.Select(Span(3, 27)))
    assert state.selection == Span(0, 30)
    state = run(state, c.Select(Span(12, 13)))
    assert state.selection == Span(10, 20)
    state = run(state, c.Select(Span(-1, 41)), c.Paint("Wake"))
    assert rows_of(state) == [(n, n + 10, "Wake") for n in (0, 10, 20, 30)]


def test_at_the_end_of_the_recording_the_last_epoch_is_meant() -> None:
    state = run(state_with(track(epoch=10.0)), c.End())
    assert state.cursor == 990
    assert run(state, c.SelectAtCursor("epoch")).selection == Span(980, 990)
    assert rows_of(run(state, c.Paint("Wake"))) == [(980, 990, "Wake")]
    labelled = run(state_with(track((980, 990, "a"))), c.End())
    assert run(labelled, c.SelectAtCursor("label")).selected_label == 0


def test_the_whole_window_is_whole_epochs_too() -> None:
    state = run(state_with(track(epoch=10.0), start=13), c.SelectAtCursor("window"))
    assert state.selection == Span(10, 40)
    free = run(state_with(track(), start=13), c.SelectAtCursor("window"))
    assert free.selection == Span(13, 43)


@given(st.floats(-10, 990), st.floats(0.001, 300), st.sampled_from([0.7, 10.0, 33.3, 250.0]))
def test_whole_epochs_are_those_that_lie_half_in_it(
    start: float, length: float, epoch: float
) -> None:
    one = track(epoch=epoch)
    span = Span(start, min(start + length, 990.0))
    if span.length <= 0:
        return
    every = epochs_in(span, epoch, 0.0, EXTENT)
    half = [e for e in every if min(e.stop, span.stop) - max(e.start, span.start) >= e.length / 2]
    found = whole_epochs(span, one, EXTENT)
    if half:
        assert found == Span(half[0].start, half[-1].stop)
    else:
        middle = min(span.centre, math.nextafter(span.stop, -math.inf))
        assert found == epoch_at(middle, epoch, 0.0, EXTENT)


def test_a_long_selection_looks_at_its_ends_only(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def counted(t: float, length: float, origin: float, within: Span) -> Span | None:
        asked.append(t)
        return epoch_at(t, length, origin, within)

    for room in (rules, navigate):
        monkeypatch.setattr(room, "epoch_at", counted)
    assert whole_epochs(Span(0.2, 900.4), track(epoch=0.5), EXTENT) == Span(0.0, 900.5)
    assert len(asked) <= 5


def test_gaps_of_rounding_are_none() -> None:
    ends = [(-10, 0.7, "a"), (0.7, 0.7 + 0.1, "b"), (0.8, 990, "c")]
    assert 0.7 + 0.1 < 0.8
    state = run(state_with(track(*ends)), c.NextUnlabelled(1))
    assert state.note == "Everything is labelled."
    assert state.tracks[0].table.gaps(EXTENT) == []


def test_a_hidden_set_that_is_edited_says_so() -> None:
    state = run(state_with(track(), track(name="other")), c.SetTrackVisible(0, False))
    state = run(state, c.Select(Span(2, 8)), c.Paint("Wake"))
    assert state.note == "Wake: 00:00:02.00 to 00:00:08.00 · night is hidden"
    assert run(state, c.SetLabelState(0, "REM")).note == "Edited: night is hidden"
    assert run(state, c.Undo()).note == "Undone: paint · night is hidden"
    state = run(state, c.SetEditedTrack(), c.SetEditedTrack())
    assert state.note == "Keys now edit night, which is hidden."


def test_several_sets_one_edited() -> None:
    state = state_with(track(name="Anna"), track((0, 5, "x"), name="Ben"))
    state = run(state, c.Select(Span(0, 3)), c.Paint("Wake"), c.SetEditedTrack())
    assert state.note == "Keys now edit Ben."
    state = run(state, c.Select(Span(5, 7)), c.Paint("NREM"), c.SetTrackVisible(0))
    assert rows_of(state, 0) == [(0, 3, "Wake")]
    assert rows_of(state, 1) == [(0, 5, "x"), (5, 7, "NREM")]
    assert [t.visible for t in state.tracks] == [False, True]
    # Undo is of the edited set.
    state = run(state, c.Undo())
    assert rows_of(state, 0) == [(0, 3, "Wake")]
    assert rows_of(state, 1) == [(0, 5, "x")]


def test_saving_marks_clean_and_undo_is_unsaved_again() -> None:
    state = run(state_with(track()), c.Select(Span(0, 3)), c.Paint("Wake"), c.MarkSaved(0))
    assert state.tracks[0].saved
    state = run(state, c.Undo())
    assert not state.tracks[0].saved
    assert run(state, c.Redo()).tracks[0].saved
