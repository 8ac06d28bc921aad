from __future__ import annotations

from dataclasses import replace

import pytest
from app_states import EXTENT, state_with, times, track, view_commands
from hypothesis import given
from hypothesis import strategies as st

from loupe.app import commands as c
from loupe.app.policy import allowed
from loupe.app.reduce import reduce
from loupe.app.rules import MIN_WINDOW_S
from loupe.app.state import AppState
from loupe.scene.timegrid import Window
from loupe.units import Span


def run(state: AppState, *commands: c.Command) -> AppState:
    for command in commands:
        if not allowed(state, command):
            state = reduce(state, command)
    return state


@given(st.lists(view_commands, max_size=12), st.booleans())
def test_window_and_cursor_stay_in_the_recording(commands: list[c.Command], epochs: bool) -> None:
    state = state_with(track((5, 20, "Wake"), (400, 950, "REM"), epoch=30.0 if epochs else None))
    for command in commands:
        state = run(state, command)
        window, extent = state.window, state.extent
        assert window.length >= MIN_WINDOW_S
        assert window.start >= extent.start
        if window.length <= extent.length:
            assert window.stop <= extent.stop + 1e-9
        else:
            assert window.start == extent.start
        assert max(window.start, extent.start) <= state.cursor <= min(window.stop, extent.stop)
        if state.selection is not None:
            assert extent.start <= state.selection.start < state.selection.stop <= extent.stop


def test_paging_keeps_the_cursors_place_in_the_window() -> None:
    state = run(state_with(start=0, length=30, cursor=7.5), c.PageTime(1))
    assert state.window == Window(30.0, 30)
    assert state.cursor == 37.5
    assert run(state, c.PageTime(-0.5)).cursor == 22.5


def test_paging_stops_at_both_ends() -> None:
    state = run(state_with(start=970, length=30), c.PageTime(1))
    assert state.window.start == 960.0
    assert run(state_with(start=0, length=30), c.PageTime(-1)).window.start == EXTENT.start


def test_smooth_scrolling_takes_the_users_part_of_the_window() -> None:
    state = run(state_with(), c.SetValue("smooth_scroll_speed", 0.25), c.PageTime(1, None))
    assert state.window.start == 7.5


def test_window_length_keeps_the_left_edge() -> None:
    state = run(state_with(start=100, length=30, cursor=125), c.SetWindowLength(10))
    assert state.window == Window(100, 10)
    assert state.cursor == 110


def test_window_grows_up_to_the_whole_recording() -> None:
    state = run(state_with(), c.SetWindowLength(1e6))
    assert state.window == Window(EXTENT.start, EXTENT.length)


@pytest.mark.parametrize("length", [0.0, -1.0])
def test_an_impossible_window_length_is_refused(length: float) -> None:
    for command in (c.SetWindowLength(length), c.SetWindow(0.0, length)):
        assert "above 0" in allowed(state_with(), command)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    for command in (
        c.PanTime(value),
        c.ZoomTime(2.0, value),
        c.SetWindowLength(value),
        c.SetYRange("eeg/0", (0.0, value)),
        c.Gain(value),
        c.MoveLabelEdge(0, "stop", value),
    ):
        assert "finite" in allowed(state_with(track((0, 1, "a"))), command)


def test_a_window_is_never_too_short_to_be_drawn() -> None:
    state = run(state_with(), c.SetWindow(5.0, 1e-320))
    assert state.window == Window(5.0, MIN_WINDOW_S)


def test_zoom_keeps_the_time_under_it() -> None:
    state = run(state_with(start=100, length=100, cursor=125), c.ZoomTime(0.5))
    assert state.window == Window(112.5, 50.0)
    state = run(state, c.ZoomTime(0.5, 162.5))
    assert state.window == Window(137.5, 25.0)


def test_a_window_longer_than_the_recording_starts_with_it() -> None:
    state = state_with(extent=Span(5, 15))
    state = run(state, c.SetWindow(8, 30))
    assert state.window == Window(5, 30)
    assert run(state, c.PageTime(1)).window == Window(5, 30)
    assert run(state, c.SetCursor(100)).cursor == 15


def test_show_span_zooms_and_drops_the_selection() -> None:
    state = run(state_with(), c.Select(Span(3, 9)), c.ShowSpan(Span(3, 9)))
    assert state.window == Window(3.0, 6.0)
    assert state.selection is None


def test_home_end_whole_and_back_again() -> None:
    start = state_with(start=50)
    state = run(start, c.End())
    assert (state.window.stop, state.cursor) == (990, 990)
    state = run(state, c.Home())
    assert (state.window.start, state.cursor) == (-10, -10)
    state = run(state, c.WholeRecording())
    assert state.window == Window(-10, 1000)
    state = run(state, c.Back(), c.Back(), c.Back())
    assert state.window == start.window
    assert allowed(state, c.Back()) == "There is no earlier view."
    state = run(state, c.Forward(), c.Forward(), c.Forward())
    assert state.window == Window(-10, 1000)
    assert allowed(state, c.Forward()) == "There is no later view."


def test_a_new_jump_ends_going_forward() -> None:
    state = run(state_with(start=50), c.End(), c.Back(), c.GoTo(500))
    assert not state.future
    assert state.cursor == 500
    assert state.window.span.centre == 500


def test_cursor_stays_in_the_window_unless_it_is_followed() -> None:
    state = state_with(start=0, length=30)
    assert run(state, c.SetCursor(300)).cursor == 30
    followed = run(state, c.SetCursor(300, follow=True))
    assert followed.cursor == 300
    assert followed.window == Window(285, 30)


@given(times)
def test_following_the_cursor_always_shows_it(t: float) -> None:
    state = run(state_with(), c.SetCursor(t, follow=True))
    assert state.cursor == min(max(t, EXTENT.start), EXTENT.stop)
    assert state.window.start <= state.cursor <= state.window.stop


@pytest.mark.parametrize("which", [1, -1])
def test_jumping_from_label_to_label_never_sticks(which: int) -> None:
    # The centres of the last two lie beyond the recording.
    labels = track((0, 10, "a"), (20, 30, "b"), (980, 1100, "c"), (1100, 1300, "d"))
    state = run(state_with(labels), c.Home() if which == 1 else c.End())
    seen = []
    for _ in range(4):
        state = run(state, c.JumpLabel(which))  # type: ignore[arg-type]  # 1 or -1
        seen.append(state.selected_label)
    if which == 1:
        assert seen == [0, 1, 2, 3]
        assert run(state, c.JumpLabel(1)).note == "No such label in that direction."
    else:
        assert seen[:2] == [1, 0]


def test_jumps_by_state() -> None:
    labels = track((0, 10, "a"), (10, 20, "b"), (20, 30, "b"), (30, 40, "a"))
    state = state_with(labels, cursor=5)
    assert run(state, c.JumpLabel(1, "same")).cursor == 35
    state = run(state, c.JumpLabel(1, "different"))
    assert state.cursor == 15
    assert run(state, c.JumpLabel(1, "different")).cursor == 35
    assert run(state, c.JumpLabel(-1, "different")).cursor == 5
    assert run(state, c.JumpLabel(1, "same")).cursor == 25


def test_next_unlabelled_goes_round() -> None:
    labels = track((-10, 20, "a"), (30, 900, "b"))
    state = run(state_with(labels, cursor=5), c.NextUnlabelled())
    assert state.cursor == 20
    state = run(state, c.NextUnlabelled())
    assert state.cursor == 900
    assert run(state, c.NextUnlabelled()).cursor == 20
    assert run(state, c.NextUnlabelled(-1)).cursor == 20


def test_everything_labelled_is_said() -> None:
    state = run(state_with(track((-10, 990, "a"))), c.NextUnlabelled())
    assert state.note == "Everything is labelled."


def test_playing_loops_in_the_window() -> None:
    state = run(state_with(start=0, length=30, cursor=29), c.Play(), c.SetSpeed(2), c.Tick(1.0))
    assert state.cursor == pytest.approx(1.0)
    assert state.window.start == 0


def test_playing_on_pages_and_stops_at_the_end() -> None:
    state = run(state_with(start=0, length=30, cursor=29), c.SetFlag("loop", False), c.Play())
    state = run(state, c.Tick(2.0))
    assert (state.cursor, state.window.start) == (31, 30)
    assert state.playback.playing
    state = run(state, c.Tick(1e6))
    assert (state.cursor, state.window.stop) == (990, 990)
    assert not state.playback.playing
    assert run(state, c.Play()).cursor == EXTENT.start


def test_ticks_do_nothing_while_paused() -> None:
    state = state_with(cursor=3)
    assert reduce(state, c.Tick(1.0)) is state


def test_unchanged_states_are_the_same_object() -> None:
    state = replace(state_with(), selection=None)
    for command in (c.ClearSelection(), c.SetCursor(state.cursor), c.Pause(), c.ShowAll()):
        assert reduce(state, command) is state
