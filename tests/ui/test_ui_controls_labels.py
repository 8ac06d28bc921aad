"""Every control that selects and labels: drags, handles, keys, table, dialogs, label sets."""

import polars as pl
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from ui_acts import ALT, CTRL, LEFT, NONE, SHIFT, at, choose, click, drag, move, press
from ui_sessions import make_session, signal
from ui_shared import shared_window

from loupe.app import commands as c
from loupe.session.labels import LabelsConfig
from loupe.session.plots.trace import TraceConfig
from loupe.units import Span

KEY = Qt.Key


def usual():
    """Two rows over 120 s, 10 s shown; two label sets in memory."""
    return make_session(
        plots=(TraceConfig(signal(2), id="stacked"),),
        labels=(LabelsConfig(path="first.csv"), LabelsConfig(path="second.csv")),
    )


shared, window = shared_window(usual)


def rows(window):
    return [(round(i.start, 1), round(i.stop, 1), i.label) for i in window.desk.track.table]


def label(window, start, stop, state):
    window.store.dispatch(c.Select(Span(start, stop)))
    window.store.dispatch(c.Paint(state))
    window.settle()


def focus_plots(window):
    window.widget.activateWindow()
    window.widget.canvas.setFocus()


def strip_point(window, t):
    layout = window.core.presenter.layout
    scale = layout.viewport.scale
    rect = layout.strips[0]
    x = (layout.area.x + layout.grid.x(t)) / scale
    return QPoint(round(x), round((rect.y + rect.h / 2) / scale))


def test_both_handles_of_a_selection_on_any_row(window):
    drag(window, at(window, 3.0), at(window, 6.0))
    drag(window, at(window, 3.0, "stacked"), at(window, 2.0, "stacked"))
    assert window.state.selection.start == pytest.approx(2.0, abs=0.02)
    second = window.desk.rows("trace")[1].id
    drag(window, at(window, 6.0, second), at(window, 7.5, second))
    assert window.state.selection.stop == pytest.approx(7.5, abs=0.02)
    assert window.state.selection.start == pytest.approx(2.0, abs=0.02)


def test_selecting_by_keys(window):
    window.store.dispatch(c.SetCursor(3.0))
    press(window, "[", CTRL)
    window.store.dispatch(c.SetCursor(5.0))
    press(window, "]", CTRL)
    assert window.state.selection == Span(3.0, 5.0)
    press(window, "w")
    assert rows(window) == [(3.0, 5.0, "Wake")]
    window.store.dispatch(c.SetCursor(4.0))
    press(window, KEY.Key_Return)
    assert window.state.selection == Span(3.0, 5.0), "the label at the cursor"
    press(window, KEY.Key_Escape)
    assert window.state.selection is None
    press(window, "a", CTRL)
    assert window.state.selection == Span(0.0, 10.0)
    choose(window, "edit.clear_selection")
    assert window.state.selection is None


def test_state_keys_label_clear_and_delete(window):
    drag(window, at(window, 1.0), at(window, 8.0))
    press(window, "1")
    drag(window, at(window, 3.0), at(window, 5.0))
    choose(window, "state.REM")
    assert rows(window) == [(1.0, 3.0, "NREM"), (3.0, 5.0, "REM"), (5.0, 8.0, "NREM")]
    drag(window, at(window, 6.0), at(window, 7.0))
    press(window, "0")
    assert rows(window)[2:] == [(5.0, 6.0, "NREM"), (7.0, 8.0, "NREM")]
    focus_plots(window)
    press(window, KEY.Key_Backspace)
    assert rows(window)[-1] == (5.0, 6.0, "NREM"), "the label that ends last is gone"
    QTest.mouseDClick(window.widget.canvas, LEFT, NONE, at(window, 4.0))
    window.settle()
    assert (window.state.selection.start, window.state.selection.stop) == pytest.approx(
        (3.0, 5.0), abs=0.02
    )
    press(window, KEY.Key_Delete)
    assert [r[2] for r in rows(window)] == ["NREM", "NREM"]


def test_the_other_case_of_a_key_labels_too(window):
    drag(window, at(window, 1.0), at(window, 2.0))
    press(window, "w", SHIFT)
    assert rows(window) == [(1.0, 2.0, "Wake")]


def test_undo_and_redo_by_key_and_menu(window):
    label(window, 1.0, 2.0, "Wake")
    label(window, 3.0, 4.0, "REM")
    press(window, "z", CTRL)
    assert len(rows(window)) == 1
    press(window, "z", CTRL | SHIFT)
    assert len(rows(window)) == 2
    choose(window, "edit.undo")
    choose(window, "edit.undo")
    assert rows(window) == []
    press(window, "y", CTRL)
    choose(window, "edit.redo")
    assert len(rows(window)) == 2


def test_undo_returns_to_the_place(window):
    label(window, 1.0, 2.0, "Wake")
    press(window, KEY.Key_End)
    press(window, "z", CTRL)
    assert window.state.window.start <= 1.0 <= window.state.window.stop


def test_label_edges_are_dragged_in_the_strip(window):
    label(window, 2.0, 4.0, "Wake")
    label(window, 4.0, 6.0, "REM")
    press(window, KEY.Key_Escape)
    drag(window, strip_point(window, 4.0), strip_point(window, 5.0))
    assert rows(window) == [(2.0, 5.0, "Wake"), (5.0, 6.0, "REM")], "the neighbour follows"
    press(window, "z", CTRL)
    assert rows(window)[0] == (2.0, 4.0, "Wake"), "one drag is one step"


def test_escape_calls_a_drag_off_and_a_lost_release_ends_it(window):
    label(window, 2.0, 5.0, "a")
    window.store.dispatch(c.Select(Span(7.0, 8.0)))
    canvas, edge = window.widget.canvas, strip_point(window, 5.0)
    QTest.mousePress(canvas, LEFT, NONE, edge)
    move(window, edge + QPoint(60, 0), buttons=LEFT)
    assert window.state.selection.start == pytest.approx(2.0)
    press(window, KEY.Key_Escape)
    assert window.state.selection == Span(7.0, 8.0)
    QTest.mouseRelease(canvas, LEFT, NONE, edge + QPoint(60, 0))
    assert rows(window) == [(2.0, 5.0, "a")]
    press(window, KEY.Key_Escape)
    assert window.state.selection is None, "without a drag it clears the selection"
    # A menu that opens in the middle of a drag takes the release.
    QTest.mousePress(canvas, LEFT, NONE, edge)
    move(window, edge + QPoint(60, 0), buttons=LEFT)
    move(window, edge + QPoint(90, 0))
    QTest.mouseRelease(canvas, LEFT, NONE, edge + QPoint(90, 0))
    assert rows(window) == [(2.0, 5.0, "a")]


def test_a_click_on_the_strip_centres(window):
    label(window, 1.0, 3.0, "Wake")
    click(window, strip_point(window, 9.0))
    assert window.state.cursor == pytest.approx(9.0, abs=0.02)
    assert window.state.window.start == pytest.approx(4.0, abs=0.02)


def test_labelling_while_playing(window):
    press(window, " ")
    assert window.state.playback.playing
    drag(window, at(window, 2.0), at(window, 4.0))
    press(window, "r")
    window.store.dispatch(c.Pause())
    assert rows(window) == [(2.0, 4.0, "REM")]


def test_next_and_previous_labels(window):
    for start, state in ((10.0, "Wake"), (30.0, "REM"), (50.0, "Wake"), (80.0, "NREM")):
        label(window, start, start + 5.0, state)
    window.store.dispatch(c.Home())

    def cursor(key, mods=NONE):
        press(window, key, mods)
        return window.state.cursor

    assert cursor("n") == 12.5
    assert cursor("n") == 32.5
    assert cursor("b") == 12.5
    assert cursor(KEY.Key_Right, CTRL | SHIFT) == 52.5, "the next of the same state"
    assert cursor(KEY.Key_Left, CTRL | SHIFT) == 12.5
    assert cursor(KEY.Key_Right, ALT | SHIFT) == 32.5, "the next of another state"
    assert cursor(KEY.Key_Left, ALT | SHIFT) == 12.5
    assert cursor("u") == pytest.approx(15.0), "the next stretch without a label"
    press(window, KEY.Key_End)
    assert cursor("U", SHIFT) < 90.0
    choose(window, "view.next_label")
    choose(window, "view.previous_label")
    assert 80.0 <= window.state.cursor <= 85.0


def test_note_and_jump_dialogs_with_real_keys(window):
    label(window, 2.0, 4.0, "Wake")
    label(window, 20.0, 24.0, "REM")
    click(window, at(window, 3.0))
    choose(window, "label.note")
    note = window.requests.dialog("edit_note")
    QTest.keyClicks(note._note, "spindle here")
    QTest.keyClick(note._note, KEY.Key_Escape)
    window.settle()
    assert next(iter(window.desk.track.table)).note == "spindle here"
    window.store.dispatch(c.Home())
    focus_plots(window)
    press(window, "j", CTRL)
    jump = window.requests.dialog("jump_to_label")
    jump._state.setFocus()
    QTest.keyClicks(jump._state, "REM")
    assert jump._filter.rowCount() == 1
    cell = jump._view.visualRect(jump._filter.index(0, 0)).center()
    QTest.mouseClick(jump._view.viewport(), LEFT, NONE, cell)
    QTest.mouseDClick(jump._view.viewport(), LEFT, NONE, cell)
    window.settle()
    assert window.state.cursor == 22.0
    QTest.keyClick(jump._view, "c", CTRL)
    assert "REM" in QGuiApplication.clipboard().text()
    jump._text.setFocus()
    jump._state.setCurrentIndex(0)
    QTest.keyClicks(jump._text, "spindle")
    assert jump._filter.rowCount() == 1
    jump.close()


def test_label_sets_are_chosen_and_hidden(window):
    assert window.state.edited == 0
    press(window, "g", CTRL | SHIFT)
    assert window.state.edited == 1
    choose(window, "labels.1.edit")
    assert window.state.edited == 0
    choose(window, "labels.2.show")
    assert not window.state.tracks[1].visible
    choose(window, "labels.2.show")
    assert window.state.tracks[1].visible


def test_the_table_is_edited_with_real_keys(window):
    label(window, 2.0, 4.0, "Wake")
    view, model = window.widget.labels._view, window.widget.labels.model
    view.setFocus()
    view.setCurrentIndex(model.index(0, 3))
    QTest.keyClick(view, KEY.Key_F2)
    editor = view.viewport().findChild(type(window.widget.topbar._go_to).__mro__[1])
    QTest.keyClicks(editor, "by hand")
    QTest.keyClick(editor, KEY.Key_Return)
    window.settle()
    assert next(iter(window.desk.track.table)).note == "by hand"
    press(window, KEY.Key_End)
    cell = view.visualRect(model.index(0, 0)).center()
    QTest.mouseClick(view.viewport(), LEFT, NONE, cell)
    QTest.mouseDClick(view.viewport(), LEFT, NONE, cell)
    window.settle()
    assert window.state.window.start <= 2.0


def test_the_table_shows_the_labels_before_the_cursor(window):
    table = window.widget.labels._view
    for start in range(60):
        window.store.dispatch(c.Select(Span(start * 1.5, start * 1.5 + 1)))
        window.store.dispatch(c.Paint("Wake" if start % 2 else "NREM"))
    window.settle()

    def top():
        return table.rowAt(0)

    window.store.dispatch(c.SetCursor(1.2, follow=True))
    window.settle()
    assert top() == 0
    assert not table.selectionModel().hasSelection()
    window.store.dispatch(c.SetCursor(61.2, follow=True))
    window.settle()
    assert top() <= 40 <= table.rowAt(table.viewport().height() - 1)


def test_strip_overlays_and_alpha(window):
    label(window, 2.0, 4.0, "Wake")
    assert len(window.core.presenter.layout.strips) == 2
    for key, mods, name in (("l", CTRL, "strip"), ("l", CTRL | SHIFT, "overlays")):
        before = getattr(window.state.view, name)
        press(window, key, mods)
        assert getattr(window.state.view, name) is not before
        press(window, key, mods)
        assert getattr(window.state.view, name) is before
    choose(window, "view.strip_only")
    assert window.state.view.strip
    assert not window.state.view.overlays
    choose(window, "view.label_alpha")
    field = window.requests.dialog("label_alpha")._fields["label_alpha"]
    field.selectAll()
    QTest.keyClicks(field, "0.4")
    QTest.keyClick(field, KEY.Key_Return)
    assert window.state.view.label_alpha == 0.4


def pixels(widget, rect):
    """Colours of a part of a widget as it is painted."""
    image = widget.grab(rect).toImage()
    return {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}


def label_pictures(window, t):
    """Colours of every place that shows the label at a time, and the items with patterns."""
    widget, layout = window.widget, window.core.presenter.layout
    strip, left = layout.strips[0], round(layout.area.x + layout.grid.x(t))
    image = widget.canvas.grabFramebuffer()
    lanes = QRect(round(widget.overview._place().x(t)), 0, 4, widget.overview.height() - 26)
    return {
        "strip": {image.pixel(left + x, strip.y + y) for x in range(99) for y in range(strip.h)},
        "overview": pixels(widget.overview, lanes),
        "summary": pixels(widget.summary, widget.summary.rect()),
        "status": pixels(widget.status, widget.status._swatch.geometry()),
        "table": pixels(widget.labels._view.viewport(), QRect(0, 0, 400, 48)),
        "items": [
            item.hatch.codes.tolist()
            for panel in widget.canvas.frame.panels
            for item in panel.items
            if getattr(item, "hatch", None) is not None
        ],
    }


def test_hatching_shows_wherever_labels_are_drawn(window, tmp_path):
    for start, state in ((1.0, "Wake"), (4.0, "NREM")):
        label(window, start, start + 3.0, state)
    window.store.dispatch(c.SetCursor(5.0))
    window.settle()
    plain, before = label_pictures(window, 1.0), label_pictures(window, 4.1)
    assert before["items"] == []
    assert len(before["strip"]) == 1
    choose(window, "view.hatching")
    after = label_pictures(window, 4.1)
    assert after["items"] == [[1], [1], [1]], "two rows and the strip"
    for part, colors in after.items():
        assert colors != before[part], part
    assert label_pictures(window, 1.0)["strip"] == plain["strip"], "the first state is plain"
    window.file_requests.save_hypnogram(str(tmp_path / "hatched.svg"))
    choose(window, "view.hatching")
    window.file_requests.save_hypnogram(str(tmp_path / "plain.svg"))
    hatched, smooth = ((tmp_path / f"{n}.svg").read_text() for n in ("hatched", "plain"))
    assert hatched.count("<polyline") > smooth.count("<polyline"), "lines, not a picture of them"
    assert label_pictures(window, 4.1) == before


def test_measure(window):
    press(window, "m")
    assert window.state.view.measuring
    start = at(window, 2.0)
    drag(window, start, QPoint(at(window, 4.0).x(), start.y() - 20))
    assert window.state.selection is None
    assert window.state.measure.t1 - window.state.measure.t0 == pytest.approx(2.0, abs=0.03)
    offer = window.widget.status.offer
    assert "Δt" in offer
    assert "0.5" in offer, "one over it, in Hz"
    press(window, "m")


def test_states_dialog_opens_from_the_menu(window):
    choose(window, "label.states")
    dialog = window.requests.dialog("edit_states")
    assert not dialog.isModal()
    dialog.close()


# These open a window of their own.


def test_epochs_by_click_and_key(open_it, tmp_path):
    config = LabelsConfig(path=str(tmp_path / "epochs.csv"), epoch=2.0, writeback=True)
    window = open_it(make_session(plots=(TraceConfig(signal(1)),), labels=(config,)))
    click(window, at(window, 4.5))
    assert window.state.selection == Span(4.0, 6.0)
    press(window, KEY.Key_Escape)
    window.store.dispatch(c.SetCursor(1.0))
    press(window, KEY.Key_Return, SHIFT)
    assert window.state.selection == Span(0.0, 2.0)
    for key in "w1r":
        press(window, key)
    assert rows(window) == [(0.0, 2.0, "Wake"), (2.0, 4.0, "NREM"), (4.0, 6.0, "REM")]
    choose(window, "file.save_labels")
    assert pl.read_csv(tmp_path / "epochs.csv")["label"].to_list() == ["Wake", "NREM", "REM"]


def test_a_person_scores_a_recording(open_it, label_session):
    """Select, label, refine, undo, note, jump, save: the file is what was scored."""
    session, path = label_session
    window = open_it(session)
    drag(window, at(window, 1.0), at(window, 4.0))
    drag(window, at(window, 4.0), at(window, 5.0))
    press(window, "w")
    drag(window, at(window, 6.0), at(window, 9.0))
    press(window, "r")
    press(window, "z", CTRL)
    assert window.state.selection is not None, "it can be refined and labelled again"
    drag(window, at(window, 9.0), at(window, 8.0))
    press(window, "1")
    press(window, "]")
    drag(window, at(window, 11.0), at(window, 12.0))
    press(window, "r")
    click(window, at(window, 11.5))
    press(window, "n", CTRL | SHIFT)
    note = window.requests.dialog("edit_note")
    QTest.keyClicks(note._note, "twitch, 2 s")
    QTest.keyClick(note._note, KEY.Key_Escape)
    focus_plots(window)
    press(window, "j", CTRL)
    jump = window.requests.dialog("jump_to_label")
    QTest.keyClicks(jump._text, "wake")
    QTest.keyClick(jump._text, KEY.Key_Return)
    window.settle()
    assert window.state.cursor == pytest.approx(3.0, abs=0.02)
    jump.close()
    focus_plots(window)
    press(window, "s", CTRL)
    saved = pl.read_csv(path)
    assert saved["label"].to_list() == ["Wake", "NREM", "REM"]
    assert saved["start_s"].to_list() == pytest.approx([1.0, 6.0, 11.0], abs=0.02)
    assert saved["end_s"].to_list() == pytest.approx([5.0, 8.0, 12.0], abs=0.02)
    assert saved["note"].to_list()[2] == "twitch, 2 s"
    window.close(keep_unsaved=False)
    again = open_it(session)
    assert rows(again) == [(1.0, 5.0, "Wake"), (6.0, 8.0, "NREM"), (11.0, 12.0, "REM")]
