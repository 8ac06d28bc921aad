from __future__ import annotations

from dataclasses import replace

import pytest
from app_states import at, layout_for, rows_of, state_with, times, track
from hypothesis import given
from hypothesis import strategies as st

from loupe.app import commands as c
from loupe.app.gestures import (
    Cancel,
    DoubleClick,
    Gesture,
    Leave,
    Move,
    Pinch,
    Press,
    Release,
    Wheel,
)
from loupe.app.interaction import Interaction
from loupe.app.policy import allowed
from loupe.app.reduce import reduce
from loupe.app.state import AppState
from loupe.units import Span

CTRL, SHIFT, ALT = frozenset({"Ctrl"}), frozenset({"Shift"}), frozenset({"Alt"})


class Hand:
    """Makes gestures on a state and counts what they dispatch."""

    def __init__(self, state: AppState) -> None:
        self.state = state
        self.interaction = Interaction()
        self.commands: list[c.Command] = []

    def do(self, *gestures: Gesture) -> Hand:
        for gesture in gestures:
            layout = layout_for(self.state)
            for command in self.interaction.interpret(gesture, layout, self.state):
                self.commands.append(command)
                if not allowed(self.state, command):
                    self.state = reduce(self.state, command)
        return self

    def drag(
        self, t0: float, t1: float, row0: int = 0, row1: int = 0, mods: frozenset[str] = frozenset()
    ) -> Hand:
        layout = layout_for(self.state)
        (x0, y0), (x1, y1) = at(layout, t0, row0), at(layout, t1, row1)
        half = ((x0 + x1) / 2, (y0 + y1) / 2)
        return self.do(
            Press(x0, y0, mods), Move(*half, mods), Move(x1, y1, mods), Release(x1, y1, mods)
        )

    def click(self, t: float, row: int = 0, mods: frozenset[str] = frozenset()) -> Hand:
        x, y = at(layout_for(self.state), t, row)
        return self.do(Press(x, y, mods), Release(x, y, mods))

    def wheel(self, notches: float = 1, row: int = 0, mods: frozenset[str] = frozenset()) -> Hand:
        x, y = at(layout_for(self.state), self.state.window.span.centre, row)
        return self.do(Wheel(x, y, notches, mods=mods))


def near(span: Span | None, start: float, stop: float, dt: float = 0.06) -> bool:
    return span is not None and abs(span.start - start) < dt and abs(span.stop - stop) < dt


def test_the_wheel_pages_up_is_forward() -> None:
    assert Hand(state_with()).wheel(1).state.window.start == 30
    assert Hand(state_with(start=60)).wheel(-1).state.window.start == 30


def test_a_fine_wheel_pages_after_a_whole_notch() -> None:
    hand = Hand(state_with())
    for _ in range(4):
        hand.wheel(0.25)
    assert hand.commands == [c.PageTime(1)]
    # A turn the other way begins anew.
    hand.wheel(0.75).wheel(-0.5)
    assert hand.commands == [c.PageTime(1)]


@pytest.mark.parametrize(
    ("mods", "row", "command"),
    [
        (SHIFT, 0, c.PageTime(1, None)),
        (CTRL, 0, c.NudgeCursor(0.02)),
        (frozenset({"Meta"}), 0, c.NudgeCursor(0.02)),
        (CTRL | SHIFT, 0, c.YZoom(0.85, frozenset({"eeg/0"}))),
        (ALT, 0, c.Gain(1.2)),
        (CTRL | ALT, 2, c.Gain(1.2, "lfp/dense")),
        (SHIFT | ALT, 2, c.DenseScroll(3, "lfp/dense")),
        (SHIFT | ALT, 0, c.DenseScroll(3, None)),
        (CTRL | ALT | SHIFT, 0, c.ZoomTime(1 / 1.25)),
    ],
)
def test_the_wheel_with_modifiers(mods: frozenset[str], row: int, command: c.Command) -> None:
    assert Hand(state_with()).wheel(1, row, mods).commands == [command]


def test_wheels_with_nothing_to_act_on_do_nothing() -> None:
    # Gain of one over a stacked row; Y scale over a heatmap.
    assert Hand(state_with()).wheel(1, 0, CTRL | ALT).commands == []
    assert Hand(state_with()).wheel(1, 3, CTRL | SHIFT).commands == []


def test_y_scale_takes_the_whole_selection_along() -> None:
    both = frozenset({"eeg/0", "emg/0"})
    state = replace(state_with(), selected_rows=both)
    assert Hand(state).wheel(2, 0, CTRL | SHIFT).commands == [c.YZoom(0.85**2, both)]


def test_the_wheel_over_names_scrolls_rows_and_over_the_axis_zooms() -> None:
    state = replace(state_with(), viewport=replace(state_with().viewport, height=400))
    layout = layout_for(state)
    assert layout.max_scroll > 0
    hand = Hand(state).do(Wheel(10, layout.area.y + 20, -1))
    assert hand.state.scroll == 90
    x = layout.area.x + layout.grid.x(20)
    hand = Hand(state).do(Wheel(x, layout.axis.y + 5, 1))
    assert hand.state.window.length == pytest.approx(24)
    assert (20 - hand.state.window.start) / 24 == pytest.approx(20 / 30, abs=0.01)


def test_two_fingers_move_by_pixels() -> None:
    state = state_with()
    layout = layout_for(state)
    x, y = at(layout, 10)
    hand = Hand(state).do(Wheel(x, y, pixels=(-50.0, 3.0)))
    assert hand.state.window.start == pytest.approx(50 * layout.grid.dt)
    hand = Hand(state).do(Pinch(x, y, 2.0))
    assert hand.state.window.length == 15


def test_a_drag_selects_on_every_plot() -> None:
    hand = Hand(state_with(track())).drag(5, 12)
    assert near(hand.state.selection, 5, 12)
    assert near(Hand(state_with()).drag(12, 5).state.selection, 5, 12)


def test_selection_edges_are_handles_on_any_plot() -> None:
    hand = Hand(state_with(track())).drag(5, 12).drag(12, 20, row0=2, row1=4)
    assert near(hand.state.selection, 5, 20)
    assert near(hand.drag(5, 25).state.selection, 20, 25)


def test_shift_drag_zooms_to_the_range() -> None:
    state = Hand(state_with()).drag(5, 12, mods=SHIFT).state
    assert near(state.window.span, 5, 12)
    assert state.selection is None
    assert state.past


def test_ctrl_drag_and_click_select_rows() -> None:
    hand = Hand(state_with()).drag(5, 6, row0=0, row1=2, mods=CTRL)
    assert hand.state.selected_rows == {"eeg/0", "emg/0", "lfp/dense"}
    hand.click(5, 1, CTRL)
    assert hand.state.selected_rows == {"eeg/0", "lfp/dense"}, "two that are not neighbours"
    assert hand.click(5, 1, CTRL).state.selected_rows == {"eeg/0", "emg/0", "lfp/dense"}


def test_ctrl_drag_over_the_selected_rows_lets_go_of_them() -> None:
    hand = Hand(state_with()).click(5, 1, CTRL)
    assert hand.state.selected_rows == {"emg/0"}
    hand.drag(5, 6, row0=1, row1=1, mods=CTRL)
    assert hand.state.selected_rows == frozenset()
    assert hand.drag(5, 6, row0=1, row1=1, mods=CTRL).state.selected_rows == {"emg/0"}


def test_a_click_puts_the_cursor_and_is_one_command() -> None:
    hand = Hand(state_with(track())).click(17)
    assert hand.state.cursor == pytest.approx(17, abs=0.03)
    assert len(hand.commands) == 1
    assert hand.state.selection is None


def test_a_click_in_epoch_mode_picks_the_epoch() -> None:
    hand = Hand(state_with(track(epoch=10.0))).click(17)
    assert hand.state.selection == Span(10, 20)


def test_a_tremble_is_still_a_click() -> None:
    x, y = at(layout_for(state_with()), 17)
    hand = Hand(state_with()).do(Press(x, y), Move(x + 2, y - 2), Release(x + 2, y - 2))
    assert hand.commands == [c.SetCursor(pytest.approx(17, abs=0.03))]


def test_a_click_on_the_strip_jumps() -> None:
    state = state_with(track())
    layout = layout_for(state)
    x, y = layout.area.x + layout.grid.x(25), layout.strips[0].y + 3
    hand = Hand(state).do(Press(x, y), Release(x, y))
    assert hand.state.window.span.centre == pytest.approx(25, abs=0.03)


def test_double_click_selects_the_label() -> None:
    state = state_with(track((0, 10, "a"), (10, 20, "b")))
    x, y = at(layout_for(state), 15)
    hand = Hand(state).do(Press(x, y), Release(x, y), DoubleClick(x, y), Release(x, y))
    assert hand.state.selected_label == 1
    assert hand.state.selection == Span(10, 20)


def test_label_edges_are_dragged_in_the_strip_as_one_edit() -> None:
    state = state_with(track((0, 10, "a"), (10, 20, "b")))
    layout = layout_for(state)
    y = layout.strips[0].y + 3

    def x(t: float) -> float:
        return layout.area.x + layout.grid.x(t)

    hand = Hand(state).do(Press(x(10), y), Move(x(12), y), Move(x(14), y), Release(x(14), y))
    assert [round(a, 1) for a, *_ in rows_of(hand.state)] == [0, 14]
    assert len(hand.state.tracks[0].history.done) == 1
    assert hand.state.selection is None
    # On a plot the same press starts a selection: that is where the next epoch begins.
    hand = Hand(state).drag(10, 14)
    assert near(hand.state.selection, 10, 14)
    assert not hand.state.tracks[0].history.done


def test_the_selected_labels_edges_are_dragged_on_plots() -> None:
    state = reduce(state_with(track((5, 10, "a"))), c.SelectLabel(0))
    hand = Hand(state).drag(10, 14)
    ((start, stop, _),) = rows_of(hand.state)
    assert (start, stop) == (5, pytest.approx(14, abs=0.06))
    assert near(hand.state.selection, 5, 14)
    assert hand.state.selected_label == 0


def test_a_tremble_on_an_edge_changes_nothing() -> None:
    state = reduce(state_with(track((5, 10, "a"))), c.SelectLabel(0))
    x, y = at(layout_for(state), 10)
    hand = Hand(state).do(Press(x + 3, y), Move(x + 4, y + 1), Release(x + 4, y + 1))
    assert hand.commands == []
    assert hand.state is state
    # Near a label's edge in the strip, a selection elsewhere stays.
    state = reduce(state_with(track((5, 10, "a"))), c.Select(Span(20, 25)))
    y = layout_for(state).strips[0].y + 3
    hand = Hand(state).do(Press(x + 3, y), Move(x + 4, y), Release(x + 4, y))
    assert hand.state is state
    # The edge of a plain selection does not jump to the pointer.
    x, y = at(layout_for(state), 25)
    assert Hand(state).do(Press(x + 3, y), Move(x + 4, y), Release(x + 4, y)).state is state


def test_an_edge_moves_as_far_as_the_pointer_and_as_it_was_shown() -> None:
    state = reduce(state_with(track((5, 10, "a"))), c.SelectLabel(0))
    layout = layout_for(state)
    x, y = at(layout, 10)
    hand = Hand(state).do(Press(x + 3, y), Move(x + 103, y))
    shown = hand.state.selection
    assert shown is not None
    assert shown.stop == pytest.approx(10 + 100 * layout.grid.dt)
    hand.do(Release(x + 103, y))
    assert rows_of(hand.state) == [(shown.start, shown.stop, "a")]


def test_a_label_edge_stays_in_the_recording() -> None:
    state = reduce(state_with(track((-8, 0, "a")), start=-10), c.SelectLabel(0))
    layout = layout_for(state)
    x, y = at(layout, -8)
    # The mouse is held, so the pointer may go on into the names of the rows.
    hand = Hand(state).do(Press(x, y), Move(5, y))
    shown = hand.state.selection
    assert shown == Span(-10, 0)
    hand.do(Release(5, y))
    assert rows_of(hand.state) == [(-10, 0, "a")]


def test_shift_drag_past_the_end_shows_what_was_dragged_over() -> None:
    state = state_with(start=960)
    layout = layout_for(state)
    x, y = at(layout, 980)
    right = layout.area.right + 40
    hand = Hand(state).do(Press(x, y, SHIFT), Move(right, y, SHIFT), Release(right, y, SHIFT))
    assert near(hand.state.window.span, 980, 990)


@pytest.mark.parametrize("mods", [frozenset(), SHIFT])
def test_a_drag_can_be_called_off(mods: frozenset[str]) -> None:
    for before in (
        reduce(state_with(track((5, 10, "a"))), c.SelectLabel(0)),
        reduce(state_with(track((5, 10, "a"))), c.Select(Span(5, 10))),
        state_with(track((5, 10, "a"))),
    ):
        x, y = at(layout_for(before), 10)
        hand = Hand(before).do(Press(x, y, mods), Move(x + 40, y, mods))
        assert hand.interaction.dragging
        assert hand.state != before
        hand.do(Cancel(), Release(x + 40, y, mods))
        assert hand.state == before


def test_a_pan_a_measure_and_chosen_rows_are_called_off_too() -> None:
    state = state_with(start=100)
    y = layout_for(state).axis.y + 5
    assert Hand(state).do(Press(600, y), Move(500, y), Cancel()).state == state
    x, y = at(layout_for(state), 110, 0)
    below = at(layout_for(state), 110, 2)[1]
    assert Hand(state).do(Press(x, y, CTRL), Move(x, below, CTRL), Cancel()).state == state
    state = reduce(state, c.Toggle("measuring"))
    assert Hand(state).do(Press(x, y), Move(x + 50, y), Cancel()).state == state


def test_a_move_without_the_button_ends_a_drag() -> None:
    state = reduce(state_with(track((5, 10, "a"))), c.SelectLabel(0))
    x, y = at(layout_for(state), 10)
    # The release went to a menu that opened meanwhile: the edge stays where it was.
    hand = Hand(state).do(Press(x, y), Move(x + 40, y), Move(x + 80, y, held=False))
    assert hand.state == state
    assert not hand.interaction.dragging
    # What a drag has selected by then stays selected.
    x, y = at(layout_for(state), 15)
    hand = Hand(state).do(Press(x, y), Move(x + 40, y))
    selected = hand.state.selection
    assert hand.do(Move(x + 80, y, held=False), Release(x + 80, y)).state.selection == selected


def test_double_click_on_the_strip_selects_the_label_that_was_clicked() -> None:
    first, second = track((0, 10, "a"), (20, 26, "b")), track((20, 26, "c"), name="other")
    state = state_with(first, second)
    layout = layout_for(state)
    x = layout.area.x + layout.grid.x(24)

    def twice(strip: int) -> AppState:
        y = layout.strips[strip].y + 3
        clicks = (Press(x, y), Release(x, y), DoubleClick(x, y), Release(x, y))
        return Hand(state).do(*clicks).state

    assert twice(0).selected_label == 1
    assert twice(0).selection == Span(20, 26)
    assert twice(1).selected_label is None, "the strip of a set that is not edited"


def test_while_measuring_the_selected_labels_edge_stays() -> None:
    state = reduce(state_with(track((5, 10, "a"))), c.SelectLabel(0))
    state = reduce(state, c.Toggle("measuring"))
    hand = Hand(state).drag(10, 14)
    assert rows_of(hand.state) == [(5, 10, "a")]
    assert hand.state.measure is not None
    layout = layout_for(state)
    x, y = at(layout, 10)
    assert Interaction().cursor_shape(x, y, layout, state) == "cross"


def test_edges_of_a_read_only_set_stay() -> None:
    state = reduce(state_with(track((5, 10, "a"), read_only="held")), c.SelectLabel(0))
    assert near(Hand(state).drag(10, 14).state.selection, 5, 14)
    assert rows_of(Hand(state).drag(10, 14).state) == [(5, 10, "a")]


def test_dragging_the_axis_pans() -> None:
    state = state_with(start=100)
    layout = layout_for(state)
    y = layout.axis.y + 5
    hand = Hand(state).do(Press(600, y), Move(500, y), Move(300, y), Release(300, y))
    assert hand.state.window.start == pytest.approx(100 + 300 * layout.grid.dt)


def test_measuring_draws_a_line_in_the_row() -> None:
    state = reduce(state_with(), c.Toggle("measuring"))
    line = Hand(state).drag(5, 12, row0=1, row1=1).state.measure
    assert line is not None
    assert line.row == "emg/0"
    assert (line.t0, line.t1) == (pytest.approx(5, abs=0.06), pytest.approx(12, abs=0.06))
    assert line.y0 == pytest.approx(0.5, abs=0.01)


def test_hovering_focuses_a_row_once() -> None:
    state = state_with()
    x, y = at(layout_for(state), 5, 2)
    hand = Hand(state).do(Move(x, y), Move(x + 5, y), Move(x + 9, y))
    assert hand.commands == [c.FocusRow("lfp/dense")]
    # A menu, reached by leaving the canvas, still acts on it.
    assert hand.do(Move(x, -5), Leave()).state.focused_row == "lfp/dense"


def test_the_pointer_shows_what_can_be_taken() -> None:
    state = state_with(track((0, 10, "a")))
    layout, hand = layout_for(state), Interaction()
    x, y = at(layout, 10)
    assert hand.cursor_shape(x, y, layout, state) == "arrow"
    assert hand.cursor_shape(x, layout.strips[0].y + 3, layout, state) == "edge"
    assert hand.cursor_shape(x, layout.axis.y + 3, layout, state) == "grab"
    # The edges of a selection are taken on the plots, not in the strip.
    state = reduce(state, c.Select(Span(4, 6)))
    x, y = at(layout, 6)
    assert hand.cursor_shape(x, y, layout, state) == "edge"
    assert hand.cursor_shape(x, layout.strips[0].y + 3, layout, state) == "arrow"


points = st.tuples(st.floats(-50, 1300), st.floats(-50, 900))
mods = st.frozensets(st.sampled_from(["Ctrl", "Alt", "Shift", "Meta"]))
gestures = st.one_of(
    st.builds(lambda p, n, m: Wheel(*p, n, mods=m), points, st.floats(-3, 3), mods),
    st.builds(lambda p, d, m: Wheel(*p, pixels=d, mods=m), points, points, mods),
    st.builds(lambda p, m: Press(*p, m), points, mods),
    st.builds(lambda p, m, held: Move(*p, m, held), points, mods, st.booleans()),
    st.builds(lambda p, m: Release(*p, m), points, mods),
    st.builds(lambda p, m: DoubleClick(*p, m), points, mods),
    st.builds(lambda p, f: Pinch(*p, f), points, st.floats(0, 10)),
    st.just(Leave()),
    st.just(Cancel()),
)


@given(st.lists(gestures, max_size=25), st.booleans(), times)
def test_any_gestures_keep_the_state_valid(
    sequence: list[Gesture], epochs: bool, start: float
) -> None:
    labels = track((0, 10, "a"), (10, 20, "b"), (900, 2000, "c"), epoch=10.0 if epochs else None)
    state = reduce(state_with(labels), c.SetWindow(start, 30))
    hand = Hand(state).do(*sequence)
    window, extent = hand.state.window, hand.state.extent
    assert extent.start <= window.start
    assert window.start <= hand.state.cursor <= window.stop
    assert hand.state.tracks[0].table.is_disjoint


def test_scrollbars_of_dense_pages_and_of_rows_are_dragged():
    import numpy as np

    from loupe.app.start import initial_state
    from loupe.app.still import open_scene
    from loupe.scene.layout import Viewport
    from loupe.scene.plan import layout_of, shown_rows
    from loupe.scene.scrollbars import dense_bar, rows_bar
    from loupe.session.build import build_session
    from loupe.session.plots import TraceConfig

    values = np.zeros((40, 100))
    scene = open_scene(
        build_session(
            [
                TraceConfig((np.arange(100.0), values), "dense", traces_per_page=10),
                TraceConfig((np.arange(100.0), values)),
            ]
        )
    )
    state = initial_state(scene, Viewport(800, 500, 1.0))

    def layout(state):
        rows = shown_rows(scene, state.overrides)
        return layout_of(
            rows,
            state.overrides,
            state.view,
            state.viewport,
            state.window,
            strips=0,
            scroll=state.scroll,
        )

    def drag(state, bar, dy):
        hand = Interaction()
        x, y = bar.thumb.x + 2, bar.thumb.y + bar.thumb.h / 2
        for gesture in (Press(x, y), Move(x, y + dy), Release(x, y + dy)):
            for command in hand.interpret(gesture, layout(state), state):
                state = reduce(state, command)
        return state

    first = layout(state)
    dense = dense_bar(first, first.rows[0], 40, 0.0, 10)
    up = drag(state, dense, -1000)
    assert up.overrides.row(scene.rows[0].id).first == 30
    assert up.selection is None
    down = drag(state, rows_bar(first), 40)
    assert down.scroll > 100
    assert down.overrides == state.overrides
