"""Dialogs are live, follow the state and can be reset; the palette and the help know everything."""

import json
import tomllib
from collections import Counter

import polars as pl
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QColorDialog, QMenu, QPushButton
from ui_acts import CTRL, NONE, SHIFT, at, click, drag, press
from ui_sessions import events, make_session, signal

from loupe.app import commands as c
from loupe.session.labels import IntervalLabelSchema, LabelsConfig
from loupe.session.load import load_session
from loupe.session.plots.heatmap import HeatmapConfig
from loupe.session.plots.raster import RasterConfig
from loupe.session.plots.trace import TraceConfig
from loupe.session.states import StateConfig
from loupe.ui.dialogs.help import help_rows
from loupe.ui.dialogs.keys import write_user_keys
from loupe.ui.picture import canvas_image
from loupe.units import Rgba, Span

OPENED = [
    ("subplots", "h", CTRL),
    ("y_axis_controls", "d", CTRL),
    ("dense_controls", "g", CTRL),
    ("heatmap_controls", "h", CTRL | SHIFT),
    ("jump_to_label", "j", CTRL),
    ("shortcuts", Qt.Key.Key_F1, NONE),
]


def label(window, state, start, stop):
    window.store.dispatch(c.Select(Span(start, stop)))
    window.store.dispatch(c.Paint(state))


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


def test_limits_far_below_one_are_shown_and_only_the_edited_one_changes(open_it):
    volts = signal(2) * 5e-5
    plots = (
        TraceConfig(volts, id="eeg"),
        HeatmapConfig(volts, id="heat", vmin=1.2e-4, vmax=8.7e-4),
    )
    window = open_it(make_session(plots=plots))
    row = window.desk.rows("trace")[0].id
    window.store.dispatch(c.SetYRange(row, (-5.4321e-5, 5e-5)))
    window.store.dispatch(c.UiRequest("y_axis_controls"))
    dialog = window.requests.dialog("y_axis_controls")
    dialog._row.choose(row)
    assert dialog._low.value() == pytest.approx(-5.4321e-5, abs=1e-7)
    dialog._high.setValue(1e-4)
    assert window.state.overrides.row(row).y_range == (-5.4321e-5, 1e-4)
    window.store.dispatch(c.UiRequest("heatmap_controls"))
    dialog = window.requests.dialog("heatmap_controls")
    assert dialog._low.value() == pytest.approx(1.2e-4)
    dialog._high.setValue(9e-4)
    override = window.state.overrides.row(window.desk.rows("heatmap")[0].id)
    assert (override.vmin, override.vmax) == (1.2e-4, 9e-4)


def test_a_number_that_is_being_typed_is_not_replaced(open_it):
    window = open_it()
    row = window.desk.rows("trace")[0].id
    window.store.dispatch(c.UiRequest("y_axis_controls"))
    dialog = window.requests.dialog("y_axis_controls")
    dialog.activateWindow()
    dialog._row.choose(row)
    dialog._high.setFocus()
    dialog._high.lineEdit().selectAll()
    QTest.keyClicks(dialog._high.lineEdit(), "7")
    for step in range(3):
        window.store.dispatch(c.SetCursor(1.0 + step))
        window.store.dispatch(c.SetWindow(20.0 * step, 5.0))
    assert dialog._high.text() == "7"
    QTest.keyClick(dialog._high.lineEdit(), Qt.Key.Key_Return)
    assert window.state.overrides.row(row).y_range[1] == 7.0


def test_dialogs_do_not_follow_a_cursor_that_runs(open_it, monkeypatch):
    window = open_it()
    label(window, "Wake", 1.0, 2.0)
    counts = Counter()
    for name in ("subplots", "jump_to_label", "heatmap_controls", "raster_controls"):
        window.store.dispatch(c.UiRequest(name))
        dialog = window.requests.dialog(name)
        refresh = dialog.refresh
        monkeypatch.setattr(
            dialog, "refresh", lambda state, n=name, r=refresh: (counts.update([n]), r(state))
        )
    asked = []
    jump = window.requests.dialog("jump_to_label")
    jump._model.dataChanged.connect(lambda *_: asked.append(1))
    for step in range(20):
        window.store.dispatch(c.SetCursor(0.1 * step))
    assert not counts
    assert not asked
    window.store.dispatch(c.SetTheme("light"))
    assert set(counts) == {"subplots", "jump_to_label", "heatmap_controls", "raster_controls"}
    label(window, "REM", 4.0, 5.0)
    assert asked
    assert jump._filter.rowCount() == 2


def test_dialogs_about_rows_that_a_reload_removes_are_closed(open_it):
    window = open_it()
    names = ("heatmap_controls", "dense_controls", "y_axis_controls", "event_style", "subplots")
    for name in names:
        window.store.dispatch(c.UiRequest(name))
    window.swap(
        make_session(plots=(RasterConfig(events(), time_col="time", order_by="unit"),), events=None)
    )
    window.settle()
    assert [name for name in names if window.requests.dialog(name)] == ["subplots"]
    assert [row.kind for row in window.core.presenter.rows] == ["raster"]
    assert window.widget.canvas.frame is window.core.presenter.frame


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


def test_colours_of_states_are_seen_at_once(open_it, tmp_path):
    window = open_it()
    label(window, "Wake", 1.0, 9.0)
    window.store.dispatch(c.UiRequest("edit_states"))
    dialog = window.requests.dialog("edit_states")
    dialog._buttons["Wake"].click()
    chooser = dialog.findChild(QColorDialog)
    for green in (200, 255):
        chooser.setCurrentColor(QColor(0, green, 0, 250))
        window.settle()
        assert chooser.isVisible(), "the first of many colours does not end the choice"
    chooser.accept()
    dialog._name.setText("Artifact")
    dialog._add()
    window.settle()
    green = Rgba(0, 255, 0, 250)
    assert window.core.presenter.label_colors["Wake"] == green
    assert "Artifact" in window.desk.scene.session.states.states
    image = canvas_image(window.widget.canvas, window.desk.look)
    x = round(at(window, 3.3).x() * window.widget.canvas.devicePixelRatioF())
    column = [image.pixelColor(x, y) for y in range(image.height())]
    assert sum(color.green() > 2 * color.red() for color in column) > 100, "overlays follow"
    out = tmp_path / "mine.toml"
    window.file_requests.sessions.save(str(out))
    assert load_session(out).states.color("Wake") == green
    (tmp_path / "more.csv").write_text("start_s,end_s,label,note\n20.0,30.0,REM,\n")
    window.file_requests.label_loading.add(str(tmp_path / "more.csv"))
    assert window.desk.states.color("Wake") == green, "a load does not take it back"


def test_the_users_keys_of_states_stay_when_states_change(open_it):
    write_user_keys({"state.Wake": "q"})
    window = open_it()
    window.store.dispatch(c.UiRequest("edit_states"))
    dialog = window.requests.dialog("edit_states")
    dialog._name.setText("Artifact")
    dialog._add()
    keys = {action.state: action.keys for action in window.desk.actions if action.state}
    assert (keys["Wake"], keys["Artifact"]) == (("q",), ("a",))


def test_states_defined_in_a_window_without_any_can_be_scored(open_it):
    window = open_it(make_session(states=StateConfig()))
    assert window.desk.track is None
    window.store.dispatch(c.UiRequest("edit_states"))
    dialog = window.requests.dialog("edit_states")
    dialog._name.setText("Artifact")
    dialog._add()
    dialog.close()
    window.settle()
    assert window.widget.labels.isVisible()
    window.widget.activateWindow()
    window.widget.canvas.setFocus()
    drag(window, at(window, 1.0), at(window, 2.0))
    press(window, "a")
    assert window.desk.track.table.label(0) == "Artifact"


def test_the_users_settings_keep_their_comments(tmp_path):
    path = tmp_path / "settings.toml"
    text = '# mine\n[keys]\n# old\n"edit.undo" = "u"\n\n[other]\nmany = [\n  [1, 2],\n] # both\n'
    path.write_text(text)
    write_user_keys({"edit.undo": ["F7"]}, path)
    assert tomllib.loads(path.read_text())["keys"] == {"edit.undo": ["F7"]}
    assert "# mine\n" in path.read_text()
    assert "[other]\nmany = [\n  [1, 2],\n] # both\n" in path.read_text()
    write_user_keys({}, path)
    assert path.read_text() == "# mine\n[other]\nmany = [\n  [1, 2],\n] # both\n\n"


def test_menus_that_are_made_anew_do_not_pile_up(open_it):
    window = open_it()

    def menus():
        QTest.qWait(1)
        return len(window.widget.findChildren(QMenu))

    before = menus()
    for _ in range(3):
        window.core.menus.rebuild()
    assert menus() == before
    for _ in range(2):
        point = at(window, 5.0)
        window.core._context(point.x(), point.y(), QPoint(0, 0))
        QApplication.activePopupWidget().close()
    assert menus() == before


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
