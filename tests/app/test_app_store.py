from __future__ import annotations

import pytest
from app_states import rows_of, state_with, track

from loupe.app import commands as c
from loupe.app.durable import guard
from loupe.app.link import TimeLinks, link
from loupe.app.state import AppState
from loupe.app.store import Store
from loupe.errors import IntervalLabelIOError
from loupe.labels.edit import Edit
from loupe.units import Span


class Log:
    """Counts edits and applies them to a table of its own, as a label store does."""

    def __init__(self, state: AppState) -> None:
        self.table = state.tracks[0].table
        self.kinds: list[str] = []
        self.broken = False

    def append(self, edit: Edit) -> None:
        if self.broken:
            raise IntervalLabelIOError("the disk is full", hint="Free some space.")
        self.kinds.append(edit.kind)
        self.table = edit.apply(self.table)


def test_a_change_is_told_once_and_no_change_never() -> None:
    store = Store(state_with())
    seen: list[tuple[float, float]] = []
    stop = store.subscribe(lambda a, b: seen.append((a.window.start, b.window.start)))
    assert store.dispatch(c.PageTime(1))
    assert not store.dispatch(c.SetCursor(store.state.cursor))
    assert seen == [(0, 30)]
    stop()
    store.dispatch(c.PageTime(1))
    assert len(seen) == 1


def test_a_refusal_says_why_and_changes_nothing_else() -> None:
    store = Store(state_with(track()))
    assert not store.dispatch(c.Paint("Wake"))
    assert store.state.note == "Select a stretch of time first (drag)."
    assert store.allowed(c.Undo()) == "There is nothing to undo."


@pytest.mark.parametrize(
    "command",
    [
        c.Paint("Wake"),
        c.JumpLabel(1),
        c.NextUnlabelled(1),
        c.Note("saved"),
        c.SelectAtCursor("label"),
    ],
)
def test_the_same_is_said_again(command: c.Command) -> None:
    # All of the recording is labelled, and nothing lies beyond this label.
    state = state_with(track((-20, 990, "Wake")), start=960, cursor=990)
    store = Store(state)
    store.dispatch(command)
    first = store.state
    store.dispatch(c.ReplaceState(store.state, store.state.note))
    assert store.state is first, "what is only handed on is not said again"
    told: list[str] = []
    store.subscribe(lambda _a, b: told.append(b.note))
    store.dispatch(command)
    if command == c.SelectAtCursor("label"):
        assert (first.selected_label, told) == (0, []), "the last label is that at the end"
    else:
        assert told == [first.note] != [""]


def test_commands_from_observers_wait_their_turn() -> None:
    store = Store(state_with())
    seen: list[tuple[str, float]] = []

    def first(_before: AppState, after: AppState) -> None:
        seen.append(("first", after.window.start))
        if after.window.start == 30:
            assert not store.dispatch(c.PageTime(1))

    store.subscribe(first)
    store.subscribe(lambda _a, b: seen.append(("second", b.window.start)))
    store.dispatch(c.PageTime(1))
    assert seen == [("first", 30), ("second", 30), ("first", 60), ("second", 60)]


def test_an_observers_error_leaves_the_store_usable() -> None:
    store = Store(state_with())

    def broken(_before: AppState, _after: AppState) -> None:
        store.dispatch(c.PageTime(1))
        raise RuntimeError("observer")

    stop = store.subscribe(broken)
    with pytest.raises(RuntimeError, match="observer"):
        store.dispatch(c.PageTime(1))
    stop()
    assert store.state.window.start == 30
    assert store.dispatch(c.PageTime(1))
    assert store.state.window.start == 60


def test_requests_go_to_the_window_and_ask_the_policy_too() -> None:
    store = Store(state_with())
    served: list[str] = []
    assert not store.dispatch(c.UiRequest("go_to"))
    stop = store.serve(lambda request: served.append(request.name))
    assert store.dispatch(c.UiRequest("go_to"))
    assert not store.dispatch(c.UiRequest("save_labels"))
    assert store.state.note == "There is no label set."
    stop()
    assert served == ["go_to"]


def test_what_is_done_while_a_request_is_served_counts_at_once() -> None:
    first = state_with(track())
    store, log = Store(first), Log(first)
    store.guard(lambda a, b: guard({"night": log}, a, b))
    shown: list[float] = []
    store.subscribe(lambda _a, b: shown.append(b.window.start))

    def reload(_: c.UiRequest) -> None:
        # While the session is read, the event loop runs and the person goes on labelling.
        assert store.dispatch(c.Select(Span(20, 25)))
        assert store.dispatch(c.Paint("REM"))
        assert store.dispatch(c.PageTime(1))
        assert shown[-1] == 30
        store.dispatch(c.ReplaceState(store.state))

    store.serve(reload)
    assert store.dispatch(c.UiRequest("reload_session"))
    assert rows_of(store.state) == [(20, 25, "REM")]
    assert log.table.equals(store.state.tracks[0].table)
    assert store.state.window.start == 30
    store.dispatch(c.Undo())
    assert log.table.equals(store.state.tracks[0].table)


def test_a_request_inside_a_request_and_its_error_leave_the_store_usable() -> None:
    store = Store(state_with())

    def serve(request: c.UiRequest) -> None:
        if request.name == "outer":
            assert store.dispatch(c.UiRequest("inner"))
            assert store.dispatch(c.PageTime(1))
            raise RuntimeError("server")

    store.serve(serve)
    with pytest.raises(RuntimeError, match="server"):
        store.dispatch(c.UiRequest("outer"))
    assert store.dispatch(c.PageTime(1))
    assert store.state.window.start == 60


def test_every_edit_is_logged_before_it_is_shown() -> None:
    first = state_with(track((0, 10, "Wake")))
    store, log = Store(first), Log(first)
    order: list[str] = []
    store.guard(lambda a, b: (order.append("guard"), guard({"night": log}, a, b))[1])
    store.subscribe(lambda _a, _b: order.append("shown"))
    for command in (
        c.Select(Span(4, 6)),
        c.Paint("REM"),
        c.SetNote("odd", 0),
        c.Undo(),
        c.Undo(),
        c.Redo(),
        c.PageTime(1),
    ):
        assert store.dispatch(command)
    assert log.kinds == ["paint", "edit values", "edit values", "paint", "paint"]
    assert log.table.equals(store.state.tracks[0].table)
    assert order == ["guard", "shown"] * 7


def test_an_edit_that_cannot_be_made_safe_is_not_made() -> None:
    first = state_with(track((0, 10, "Wake")))
    store, log = Store(first), Log(first)
    store.guard(lambda a, b: guard({"night": log}, a, b))
    store.dispatch(c.Select(Span(4, 6)))
    log.broken = True
    assert not store.dispatch(c.Paint("REM"))
    assert rows_of(store.state) == [(0, 10, "Wake")]
    assert store.state.note == "The edit was not made: the disk is full. Free some space."
    assert store.state.selection == Span(4, 6)
    log.broken = False
    assert store.dispatch(c.Paint("REM"))
    assert [track.name for track in store.state.tracks if not track.saved] == ["night"]


def test_a_change_that_no_edit_explains_is_refused() -> None:
    before = state_with(track((0, 10, "Wake")))
    log = Log(before)
    reason = "The edit was not made: it could not be written down."
    assert guard({"night": log}, before, state_with(track((0, 20, "REM")))) == reason
    assert guard({"night": log}, before, state_with()) == "", "a set that is gone"
    assert not log.kinds


def test_no_edit_is_made_in_a_table_that_is_another_than_the_one_shown() -> None:
    first = state_with(track((0, 10, "Wake"), (20, 30, "REM")))
    store, log = Store(first), Log(first)
    log.table = state_with(track((20, 30, "REM"))).tracks[0].table
    store.guard(lambda a, b: guard({"night": log}, a, b))
    store.dispatch(c.Select(Span(4, 6)))
    assert not store.dispatch(c.Paint("REM"))
    assert "kept otherwise than it is shown" in store.state.note
    assert rows_of(store.state) == [(0, 10, "Wake"), (20, 30, "REM")]
    assert not log.kinds


def test_the_store_dates_edits() -> None:
    seen: list[c.Command] = []
    store = Store(state_with(track()), now=lambda: "2026-01-02T03:04:05+00:00")
    store.dispatch(c.Select(Span(1, 2)))
    command = c.Paint("Wake")
    store.dispatch(command)
    seen.append(command)
    assert command.now == ""
    assert rows_of(store.state) == [(1, 2, "Wake")]


def test_linked_windows_show_the_same_time_inside_their_recordings() -> None:
    night, start = Store(state_with()), Store(state_with(extent=Span(0, 100)))
    told: list[float] = []
    night.subscribe(lambda _a, b: told.append(b.window.start))
    stop = link([night, start])
    night.dispatch(c.PageTime(2))
    assert start.state.window == night.state.window
    assert start.state.cursor == night.state.cursor == 60
    start.dispatch(c.SetCursor(70))
    assert night.state.cursor == 70
    night.dispatch(c.GoTo(500))
    assert start.state.window.stop == 100
    assert night.state.window.span.centre == 500
    assert told == [60, 60, 485]
    stop()
    night.dispatch(c.Home())
    assert start.state.window.stop == 100


def test_each_window_knows_whether_it_is_linked_and_with_how_many() -> None:
    links = TimeLinks()
    one, two = Store(state_with()), Store(state_with())
    links.enter(one)
    assert one.allowed(c.UiRequest("link_windows")) == "There is no other window."
    links.enter(two)
    assert one.allowed(c.UiRequest("link_windows")) == ""
    short = Store(state_with(extent=Span(0, 100)))
    links.enter(short)
    assert (one.state.others, one.state.linked) == (2, False)
    one.dispatch(c.SetWindow(400.0, 20.0))
    assert links.toggle(one) == 2
    assert one.state.window == two.state.window
    assert one.state.window.start == 400.0, "a shorter recording does not lead"
    assert short.state.window.stop == 100
    assert all(store.state.linked for store in (one, two, short))
    assert links.toggle(two) == 0
    assert [store.state.linked for store in (one, two, short)] == [True, False, True]
    one.dispatch(c.Home())
    assert two.state.window.start == 400.0
    links.leave(short)
    assert (one.state.others, one.state.linked) == (1, False), "alone in its group"
    closed = short.state
    one.dispatch(c.PageTime(1))
    assert short.state is closed


def test_of_linked_windows_one_plays() -> None:
    one, two = Store(state_with()), Store(state_with())
    link([one, two])
    one.dispatch(c.Play())
    two.dispatch(c.Play())
    assert (one.state.playback.playing, two.state.playback.playing) == (False, True)
    two.dispatch(c.Tick(0.5))
    assert one.state.cursor == two.state.cursor > 0
