"""Dialogs are live, follow the state and can be reset; the palette and the help know everything."""

import json

import polars as pl
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from ui_acts import CTRL, NONE, SHIFT, at, click, drag, press
from ui_sessions import make_session, signal

from loupe.app import commands as c
from loupe.session.labels import IntervalLabelSchema, LabelsConfig
from loupe.session.plots.trace import TraceConfig
from loupe.ui.dialogs.help import help_rows
from loupe.units import Span

OPENED = [
    ("subplots", "h", CTRL),
    ("y_axis_controls", "d", CTRL),
    ("dense_controls", "g", CTRL),
    ("heatmap_controls", "h", CTRL | SHIFT),
    ("jump_to_label", "j", CTRL),
    ("shortcuts", Qt.Key.Key_F1, NONE),
]


def reset(dialog):
    button = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Reset")
    button.click()


def test_keys_open_dialogs_once(open_it):
    window = open_it()
    window.store.dispatch(c.Select(Span(1.0, 2.0)))
    window.store.dispatch(c.Paint("Wake"))
    for name, key, mods in OPENED:
        window.widget.activateWindow()
        window.widget.canvas.setFocus()
        press(window, key, mods)
        dialog = window.requests.dialog(name)
        assert dialog is not None, name
        assert not dialog.isModal()
        window.store.dispatch(c.UiRequest(name))
        assert window.requests.dialog(name) is dialog
        dialog.close()
        QTest.qWait(1)


def test_dense_controls_are_live(open_it):
    window = open_it()
    dense = window.desk.rows("dense")[0].id
    window.store.dispatch(c.UiRequest("dense_controls"))
    dialog = window.requests.dialog("dense_controls")
    dialog._gain.setValue(4.0)
    dialog._step.setValue(2)
    dialog._page.setValue(3)
    override = window.state.overrides.row(dense)
    assert (override.gain, override.step, override.traces_per_page) == (4.0, 2, 3)
    window.store.dispatch(c.SetGain(7.0, dense))
    assert dialog._gain.value() == 7.0, "it follows what others change"
    reset(dialog)
    assert dialog._gain.value() == 1.0


def test_y_axis_controls(open_it):
    window = open_it()
    row = window.desk.rows("trace")[1].id
    window.store.dispatch(c.UiRequest("y_axis_controls"))
    dialog = window.requests.dialog("y_axis_controls")
    dialog._row.choose(row)
    assert dialog._low.value() < 0 < dialog._high.value(), "shows the range that is drawn"
    dialog._low.setValue(-5.0)
    dialog._high.setValue(5.0)
    window.settle()
    assert window.state.overrides.row(row).y_range == (-5.0, 5.0)
    assert window.core.presenter.y_range(row) == pytest.approx((-5.5, 5.5)), (
        "five per cent of room on either side"
    )
    dialog._auto.setChecked(True)
    assert window.state.overrides.row(row).y_auto is True


def test_heatmap_controls(open_it):
    window = open_it()
    row = window.desk.rows("heatmap")[0].id
    window.store.dispatch(c.UiRequest("heatmap_controls"))
    dialog = window.requests.dialog("heatmap_controls")
    dialog._cmap.setCurrentText("viridis")
    dialog._mean.setChecked(True)
    dialog._low.setValue(-0.5)
    override = window.state.overrides.row(row)
    assert (override.cmap, override.method, override.vmin) == ("viridis", "mean", -0.5)
    reset(dialog)
    assert window.state.overrides.row(row).cmap is None


def test_board_reorders_hides_and_resizes(open_it):
    window = open_it()
    window.store.dispatch(c.UiRequest("subplots"))
    dialog = window.requests.dialog("subplots")
    first, second = (row.id for row in window.desk.rows()[:2])
    dialog._table.verticalHeader().moveSection(0, 1)
    window.settle()
    assert [row.id for row in window.core.presenter.rows][:2] == [second, first]
    dialog._table.cellWidget(0, 1).setValue(3.0)
    assert window.state.overrides.row(second).height == 3.0
    dialog._table.cellWidget(0, 2).setChecked(False)
    window.settle()
    assert second not in [row.id for row in window.core.presenter.rows]
    reset(dialog)
    window.settle()
    assert [row.id for row in window.core.presenter.rows][:2] == [first, second]


def test_numbers_follow_both_ways(open_it):
    window = open_it()
    window.store.dispatch(c.UiRequest("label_alpha"))
    dialog = window.requests.dialog("label_alpha")
    (field,) = dialog._fields.values()
    field.setValue(0.25)
    assert window.state.view.label_alpha == 0.25
    field.setValue(0.0)
    field.stepDown()
    assert window.state.view.label_alpha is None, "one step below nothing: as the states"
    assert field.text() == "as the states"
    field.setValue(1.0)
    reset(dialog)
    assert window.state.view.label_alpha is None
    assert field.text() == "as the states"


def test_numbers_have_the_limits_and_the_session_of_the_state(open_it):
    view = {"smooth_scroll_speed": 0.3}
    session = make_session()
    session = session.model_copy(update={"view": session.view.model_copy(update=view)})
    window = open_it(session)
    window.store.dispatch(c.UiRequest("raster_controls"))
    dialog = window.requests.dialog("raster_controls")
    height, thickness = dialog._fields["event_height"], dialog._fields["event_thickness"]
    assert height.text() == thickness.text() == "as the plots"
    height.setValue(0.9)
    assert window.state.view.event_height == height.value() == 0.5
    height.setValue(0.1)
    assert window.state.view.event_height == 0.1
    reset(dialog)
    view = window.state.view
    assert (view.event_height, view.event_thickness, view.raster_brightness) == (None, None, 1.0)
    window.store.dispatch(c.UiRequest("smooth_scroll_speed"))
    dialog = window.requests.dialog("smooth_scroll_speed")
    dialog._fields["smooth_scroll_speed"].setValue(0.5)
    reset(dialog)
    assert window.state.view.smooth_scroll_speed == 0.3, "the session's"


def test_gains_far_from_one_are_shown_and_reset(open_it):
    dense = TraceConfig(signal(6), id="dense", mode="dense", scale="raw", gain=5000.0)
    window = open_it(make_session(plots=(dense,)))
    (row,) = window.desk.rows("dense")
    window.store.dispatch(c.UiRequest("dense_controls"))
    dialog = window.requests.dialog("dense_controls")
    assert dialog._gain.value() == 5000.0
    window.store.dispatch(c.Gain(0.5))
    assert window.state.overrides.row(row.id).gain == dialog._gain.value() == 2500.0
    reset(dialog)
    assert window.state.overrides.row(row.id).gain is None
    assert dialog._gain.value() == 5000.0


def test_event_style(open_it):
    window = open_it()
    name = window.desk.scene.events[0].name
    window.store.dispatch(c.UiRequest("event_style"))
    dialog = window.requests.dialog("event_style")
    _, style, width, _ = dialog._lines[0]
    style.setCurrentText("dotted")
    width.setProperty("value", 4.0)
    look = window.state.overrides.events[name]
    assert (look.style, look.width) == ("dotted", 4.0)


def test_palette_finds_and_runs(open_it):
    window = open_it()
    press(window, "k", CTRL)
    palette = window.requests.dialog("palette")
    QTest.keyClicks(palette._field, "page right")
    assert palette.shown[0] == "Page Right"
    QTest.keyClick(palette._field, Qt.Key.Key_Return)
    window.settle()
    assert window.state.window.start == 10.0


def test_find_row_shows_a_hidden_one(open_it):
    window = open_it()
    hidden = window.desk.rows("heatmap")[0].id
    window.store.dispatch(c.HideRow(hidden))
    window.widget.canvas.setFocus()
    press(window, "f", CTRL)
    palette = window.requests.dialog("palette")
    index = [row.id for row in window.desk.rows()].index(hidden)
    palette._list.setCurrentRow(index)
    QTest.keyClick(palette._field, Qt.Key.Key_Return)
    window.settle()
    assert hidden in [row.id for row in window.core.presenter.rows]
    assert window.state.selected_rows == {hidden}


def test_help_lists_every_action_gesture_and_double_key(open_it):
    window = open_it()
    rows = help_rows(window.desk)
    titles = {title for _, _, title, _ in rows}
    assert {action.title for action in window.desk.actions} <= titles
    shared = [keys for group, keys, _, _ in rows if group == "Keys with two meanings"]
    assert "n" in shared


def test_menus_say_why_something_is_not_possible(open_it):
    window = open_it()
    menus = window.core.menus
    menus.refresh()
    undo = menus.entry("edit.undo")
    assert not undo.isEnabled()
    assert undo.toolTip()
    drag(window, at(window, 1.0), at(window, 2.0))
    press(window, "w")
    menus.refresh()
    assert undo.isEnabled()
    assert "paint" in undo.text(), "undo names what it takes back"


def test_a_new_key_counts_at_once_and_is_kept(open_it):
    from loupe.app.keymap import user_keys

    window = open_it()
    window.store.dispatch(c.UiRequest("edit_keys"))
    dialog = window.requests.dialog("edit_keys")
    row = [a.id for a in dialog._shown].index("view.whole")
    dialog._table.setCurrentCell(row, 0)
    QTest.keyClick(dialog._table, Qt.Key.Key_Return)
    QTest.keyClick(dialog._table, Qt.Key.Key_F7)
    dialog.close()
    window.widget.activateWindow()
    window.widget.canvas.setFocus()
    press(window, Qt.Key.Key_F7)
    assert window.state.window.length == pytest.approx(window.state.extent.length)
    assert user_keys() == {"view.whole": ["F7"]}


def test_states_can_be_made_and_written(open_it, tmp_path):
    window = open_it()
    window.store.dispatch(c.UiRequest("edit_states"))
    dialog = window.requests.dialog("edit_states")
    dialog._name.setText("Artifact")
    dialog._add()
    assert window.desk.states.keys_of("Artifact") == ("a",)
    dialog.write(str(tmp_path / "state_definitions.json"))
    written = json.loads((tmp_path / "state_definitions.json").read_text())
    assert written["keymap"]["Artifact"] == ["a"]
    dialog.close()
    window.widget.activateWindow()
    window.widget.canvas.setFocus()
    drag(window, at(window, 1.0), at(window, 2.0))
    press(window, "a")
    assert window.desk.track.table.label(0) == "Artifact"


def test_context_menu_acts_on_the_row_and_the_label_under_it(open_it):
    from loupe.ui.menus import context_menu

    window = open_it()
    drag(window, at(window, 1.0), at(window, 4.0))
    press(window, "w")
    click(window, at(window, 8.0))
    point = at(window, 2.0, "heat")
    scale = window.state.viewport.scale
    layout = window.core.presenter.layout
    menu = context_menu(window.desk, layout, point.x() * scale, point.y() * scale, window.widget)
    texts = [a.text() for a in menu.actions()]
    assert "Heatmap Controls…" in texts
    assert "Y-Axis Controls…" not in texts
    next(a for a in menu.actions() if a.text() == "Delete Label").trigger()
    assert len(window.desk.track.table) == 0
    assert QApplication.activePopupWidget() is None


def a_scored_window(open_it, tmp_path, note):
    """One label from 1/3 s on, with a note and an extra column, in a file that may be written."""
    path = tmp_path / "labels.csv"
    frame = pl.DataFrame(
        {"start_s": [1 / 3], "end_s": [2.5], "label": ["Wake"], "note": [note], "who": ["Anna"]}
    )
    frame.write_csv(path)
    schema = IntervalLabelSchema.legacy().model_copy(update={"extra_cols": ("who",)})
    config = LabelsConfig(path=str(path), schema=schema, writeback=True)
    plots = (TraceConfig(signal(1)),)
    window = open_it(make_session(plots=plots, labels=(config,), events=None))
    click(window, at(window, 1.0))
    return window


def test_looking_at_a_note_and_a_time_does_not_change_them(open_it, tmp_path):
    window = a_scored_window(open_it, tmp_path, "two\nlines ")
    window.store.dispatch(c.UiRequest("edit_note"))
    dialog = window.requests.dialog("edit_note")
    assert dialog._note.toPlainText() == "two\nlines "
    QTest.keyClick(dialog._note, Qt.Key.Key_Return, CTRL)
    window.settle()
    model = window.widget.labels.model
    for column in range(model.columnCount()):
        index = model.index(0, column)
        model.setData(index, model.data(index, Qt.ItemDataRole.EditRole))
    found = window.desk.track.table.interval(0)
    assert (found.start, found.note) == (1 / 3, "two\nlines ")
    assert window.desk.track.saved


def test_a_note_is_kept_while_another_field_is_filled(open_it, tmp_path):
    window = a_scored_window(open_it, tmp_path, "")
    window.store.dispatch(c.UiRequest("edit_note"))
    dialog = window.requests.dialog("edit_note")
    QTest.keyClicks(dialog._note, "sharp waves")
    who = dialog._extras["who"]
    who.selectAll()
    QTest.keyClicks(who, "Ben")
    QTest.keyClick(who, Qt.Key.Key_Return)
    dialog.close()
    window.settle()
    found = window.desk.track.table.interval(0)
    assert (found.note, found.extras) == ("sharp waves", {"who": "Ben"})
