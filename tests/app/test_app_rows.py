from __future__ import annotations

import inspect
from dataclasses import replace

import pytest
from app_states import FACTS, ROWS, run, state_with, track

from loupe.app import commands as c
from loupe.app.policy import allowed
from loupe.app.reduce import REDUCERS, reduce
from loupe.app.reducers.rows import dense_page, row_order
from loupe.app.state import EventOverride, MarkerOverride, Measure
from loupe.errors import LoupeTypeError
from loupe.scene.layout import Viewport
from loupe.units import Rgba, Span

DENSE = "lfp/dense"


def test_every_command_has_a_reducer() -> None:
    found = {
        value
        for name in c.__all__
        if inspect.isclass(value := getattr(c, name)) and issubclass(value, c.Command)
    }
    assert found - {c.Command, c.LabelEdit} == set(REDUCERS)


def test_what_is_no_command_is_refused() -> None:
    with pytest.raises(LoupeTypeError, match="not a command"):
        reduce(state_with(), "page")  # type: ignore[arg-type]  # the mistake under test


def test_gain_multiplies_the_sessions_and_is_bounded() -> None:
    state = run(state_with(), c.Gain(1.5))
    assert state.overrides.row(DENSE).gain == 3.0
    assert run(state, c.SetGain(1e9, DENSE)).overrides.row(DENSE).gain == 100.0
    assert set(state.overrides.rows) == {DENSE}
    assert not run(state, c.SetGain(None)).overrides.rows, "the session's again"


def test_limits_reach_to_what_a_session_holds() -> None:
    loud = replace(ROWS[2], gain=5000.0)
    state = replace(state_with(), facts=replace(FACTS, rows=(loud,)), focused_row=DENSE)
    assert run(state, c.Gain(1.2)).overrides.row(DENSE).gain == 5000.0
    assert run(state, c.Gain(0.5)).overrides.row(DENSE).gain == 2500.0
    assert run(state, c.SetGain(1e9)).overrides.row(DENSE).gain == 5000.0
    low = run(state, c.SetHeight(DENSE, 0.05), c.ScaleHeight(0.9))
    assert low.overrides.row(DENSE).height == 0.05
    large = replace(state, view=replace(state.view, font_scale=3.0))
    assert run(large, c.SetFontScale(1.1)).view.font_scale == 3.0
    assert run(large, c.SetFontScale(0.9)).view.font_scale == 2.7
    calm = replace(state.facts, view=replace(state.view, smooth_scroll_speed=0.3))
    state = run(replace(state, facts=calm), c.SetValue("smooth_scroll_speed", 0.5))
    assert run(state, c.SetValue("smooth_scroll_speed", None)).view.smooth_scroll_speed == 0.3


def test_what_shows_all_of_itself_is_not_zoomed_out_further() -> None:
    state = run(state_with(), c.FocusRow("dff/a"), *[c.YZoom(1.1)] * 10)
    assert state.overrides.row("dff/a").y_zoom == 1.0
    assert run(state, c.YZoom(0.9)).overrides.row("dff/a").y_zoom == 0.9
    state = run(state_with(), c.YZoom(2.0, frozenset({"eeg/0", DENSE, "spikes/all"})))
    zooms = [state.overrides.row(row).y_zoom for row in ("eeg/0", DENSE, "spikes/all")]
    assert zooms == [2.0, 2.0, 1.0]


def test_dense_pages_scroll_between_first_and_last() -> None:
    state = run(state_with(), c.DenseScroll(1000))
    assert state.overrides.row(DENSE).first == 384 - 16
    assert run(state, c.DenseScroll(-3)).overrides.row(DENSE).first == 365
    state = run(state, c.DenseStep(10))
    assert dense_page(ROWS[2], state.overrides.row(DENSE)) == (39, 16)
    assert state.overrides.row(DENSE).first == 39 - 16
    state = run(state, c.TracesPerPage(None))
    assert dense_page(ROWS[2], state.overrides.row(DENSE)) == (39, 39)
    assert state.overrides.row(DENSE).first == 0
    assert run(state, c.DenseScroll(5)) is state


def test_y_zoom_acts_on_the_focused_row_and_resets() -> None:
    state = state_with()
    assert allowed(state, c.YZoom(0.9)) == "Point at a row first."
    state = run(state, c.FocusRow("eeg/0"), c.YZoom(0.9), c.YZoom(0.9))
    assert state.overrides.row("eeg/0").y_zoom == pytest.approx(0.81)
    state = run(state, c.SetYRange("emg/0", (-5.0, 5.0)), c.ResetYZoom(frozenset()))
    assert not state.overrides.rows


def test_an_empty_y_range_is_opened_a_little() -> None:
    low, high = run(state_with(), c.SetYRange("eeg/0", (3.0, 1.0))).overrides.row("eeg/0").y_range  # type: ignore[misc]  # set just now
    assert (low, high) == (3.0, pytest.approx(3.000001))


def test_heatmap_settings_for_one_or_all() -> None:
    state = run(state_with(), c.SetLevels("dff/a", 0.0, 2.0), c.SetCmap("dff/b", "plasma"))
    assert state.overrides.row("dff/a").vmax == 2.0
    assert state.overrides.row("dff/b").vmax is None
    state = run(state, c.SetMethod("dff/a", "mean", apply_all=True))
    only = run(state, c.SetLevels("dff/b", -1.0, 1.0, same_cmap=True))
    assert only.overrides.row("dff/b").vmax == 1.0
    assert only.overrides.row("dff/a").vmax != 1.0, "it has another colormap"
    both = run(
        run(state, c.SetCmap("dff/a", "plasma")), c.SetLevels("dff/b", -1, 1, same_cmap=True)
    )
    assert both.overrides.row("dff/a").vmax == both.overrides.row("dff/b").vmax == 1.0
    assert {state.overrides.row(r).method for r in ("dff/a", "dff/b")} == {"mean"}
    assert run(state, c.SetLevels("eeg/0", 0, 1)) is state


def test_heights() -> None:
    state = run(state_with(), c.SetHeight("eeg/0", 99.0), c.FocusRow("emg/0"), c.ScaleHeight(1.1))
    assert state.overrides.row("eeg/0").height == 20
    assert state.overrides.row("emg/0").height == pytest.approx(1.1)
    assert run(state, c.ScaleHeight(0)).overrides.row("emg/0").height == 1
    assert not run(state, c.ResetHeights()).overrides.rows


def test_hiding_showing_and_marking() -> None:
    state = run(state_with(), c.FocusRow("eeg/0"), c.HideRow(), c.HideRow("emg/0"))
    hidden = [row for row in row_order(state) if state.overrides.row(row).hidden]
    assert hidden == ["eeg/0", "emg/0"]
    assert state.focused_row is None
    shown = run(state, c.ShowAll())
    assert not any(shown.overrides.row(row).hidden for row in row_order(shown))
    state = run(state, c.MarkBad("dff/a"))
    assert state.overrides.row("dff/a").bad
    assert not run(state, c.MarkBad("dff/a")).overrides.row("dff/a").bad


def test_focus_goes_from_row_to_row() -> None:
    state = run(state_with(), c.HideRow("emg/0"), c.FocusStep(1))
    assert state.focused_row == "eeg/0"
    assert run(state, c.FocusStep(1)).focused_row == "lfp/dense"
    assert run(state, c.FocusStep(-1)) is state
    assert run(state_with(), c.FocusStep(-1)).focused_row == "spikes/all"


def test_order() -> None:
    first = state_with()
    state = run(first, c.MoveRow("spikes/all", 0))
    assert row_order(state)[:2] == ("spikes/all", "eeg/0")
    assert run(state, c.MoveRow("spikes/all", 99)) == first
    assert run(state, c.ResetOrder()) == first
    assert run(state, c.MoveRow("nothing", 0)) is state


def test_looks_of_markers_and_events_can_be_taken_back() -> None:
    look = MarkerOverride(symbol="d", color=Rgba(1, 2, 3), size=4.0)
    state = run(state_with(), c.SetMarkers("eeg/m", look))
    state = run(state, c.SetEventStyle("stim", EventOverride(style="dashed")))
    assert state.overrides.markers["eeg/m"] == look
    assert state.overrides.events["stim"].style == "dashed"
    state = run(state, c.SetMarkers("eeg/m", None), c.SetEventStyle("stim", None))
    assert state == state_with()
    assert run(state, c.SetMarkers("other", look)) is state


def test_rows_are_selected_and_let_go_of() -> None:
    state = run(state_with(), c.SelectRows(frozenset({"eeg/0"}), toggle=True))
    assert state.selected_rows == {"eeg/0"}
    assert run(state, c.SelectRows(frozenset({"eeg/0"}), toggle=True)).selected_rows == frozenset()
    assert run(state, c.ClearSelection()).selected_rows == frozenset()


def test_strip_only_means_strip_and_no_overlays() -> None:
    state = run(state_with(), c.SetFlag("strip", False), c.Toggle("strip_only"))
    assert (state.view.strip, state.view.overlays) == (True, False)
    state = run(state, c.Toggle("overlays"))
    assert (state.view.strip_only, state.view.overlays) == (False, True)


def test_numbers_of_the_view_are_bounded() -> None:
    state = run(state_with(), c.SetValue("label_alpha", 7.0), c.SetValue("raster_brightness", 0))
    assert (state.view.label_alpha, state.view.raster_brightness) == (1.0, 0.2)
    assert "finite" in allowed(state, c.SetValue("label_alpha", float("nan")))
    assert run(state, c.SetFontScale(100)).view.font_scale == 2.5
    assert run(state, c.SetFontScale(to=1.0)).view.font_scale == 1.0
    assert run(state, c.SetSpeed(steps=100)).playback.speed == 8
    slow = run(state, *[c.SetSpeed(steps=-1)] * 9)
    assert slow.playback.speed == 0.1
    assert run(slow, *[c.SetSpeed(steps=1)] * 3).playback.speed == 1, "the usual one is met again"
    assert run(state, c.SetSpeed(1.3), c.SetSpeed(steps=-1)).playback.speed == 1
    assert run(state, c.SetTheme("light"), c.SetClock("hms")).view.theme == "light"


def test_videos() -> None:
    state = run(state_with(), c.HideVideo(1), c.SetStepTarget(1))
    assert state.hidden_videos == {1}
    assert state.step_target == 1
    assert run(state, c.HideVideo(1)).hidden_videos == frozenset()
    assert allowed(state, c.HideVideo(2)) == "There is no such video."


def test_rows_scroll_as_far_as_they_reach() -> None:
    state = run(state_with(), c.ScrollRows(500, limit=300))
    assert state.scroll == 300
    assert run(state, c.ScrollRows(-1000, limit=300)).scroll == 0


def test_selection_edges_by_key() -> None:
    state = run(state_with(cursor=10), c.MoveSelectionEdge("start"))
    assert state.selection == Span(10, 30)
    state = run(state, c.SetCursor(20), c.MoveSelectionEdge("stop"))
    assert state.selection == Span(10, 20)
    # An edge that crosses the other one becomes it.
    assert run(state, c.MoveSelectionEdge("start", 25)).selection == Span(20, 25)
    assert run(state, c.Select(Span(-100, -50))).selection is None


def test_selecting_what_is_at_the_cursor() -> None:
    state = state_with(track((0, 10, "a"), epoch=5.0), cursor=7)
    assert run(state, c.SelectAtCursor("window")).selection == Span(0, 30)
    assert run(state, c.SelectAtCursor("epoch")).selection == Span(5, 10)
    chosen = run(state, c.SelectAtCursor("label"))
    assert (chosen.selection, chosen.selected_label) == (Span(0, 10), 0)
    nothing = run(state, c.SetCursor(20), c.SelectAtCursor("label"))
    assert nothing.note == "There is no label at the cursor."


def test_measuring_ends_with_its_line() -> None:
    line = Measure("eeg/0", 1.0, 0.2, 2.0, 0.8)
    state = run(state_with(), c.Toggle("measuring"), c.MeasureLine(line))
    assert state.measure == line
    assert run(state, c.Toggle("measuring")).measure is None
    assert run(state, c.ClearMeasure()).measure is None


def test_viewport_and_whole_states() -> None:
    state = run(state_with(), c.SetViewport(Viewport(300, 200, 2.0)))
    assert state.viewport.scale == 2
    other = state_with(start=50)
    assert run(state, c.ReplaceState(other, "Reloaded.")).window == other.window
    assert run(state, c.Note("hello")).note == "hello"
