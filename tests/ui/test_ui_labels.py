"""A person scores a recording in the window; what is on disk is what was scored."""

import sys

import numpy as np
import polars as pl
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox
from ui_acts import CTRL, NONE, SHIFT, at, click, drag, press, wait_for
from ui_sessions import make_session, signal

from loupe.app.commands import (
    Paint,
    ReplaceState,
    Select,
    SetCursor,
    SetEditedTrack,
    UiRequest,
    Undo,
)
from loupe.session.labels import LabelsConfig
from loupe.session.plots.trace import TraceConfig
from loupe.session.view import ViewSettings
from loupe.units import Span


def rows(window):
    table = window.desk.track.table
    return [(round(i.start, 1), round(i.stop, 1), i.label, i.note) for i in table]


def test_select_label_refine_undo_note_save(open_it, label_session):
    session, path = label_session
    window = open_it(session)
    drag(window, at(window, 1.0), at(window, 3.0))
    press(window, "w")
    assert rows(window) == [(1.0, 3.0, "Wake", "")]
    assert window.state.selection is None
    assert window.widget.windowTitle().startswith("*")
    assert not path.exists(), "nothing is written before it is asked for"

    drag(window, at(window, 3.0), at(window, 6.0))
    press(window, "1")
    drag(window, at(window, 5.0), at(window, 7.0))
    press(window, "r")
    assert [r[:3] for r in rows(window)] == [
        (1.0, 3.0, "Wake"),
        (3.0, 5.0, "NREM"),
        (5.0, 7.0, "REM"),
    ]
    press(window, "z", CTRL)
    assert [r[:3] for r in rows(window)] == [(1.0, 3.0, "Wake"), (3.0, 6.0, "NREM")]
    press(window, "z", CTRL | SHIFT)
    assert len(rows(window)) == 3

    click(window, at(window, 2.0))
    press(window, "n", CTRL | SHIFT)
    dialog = window.requests.dialog("edit_note")
    QTest.keyClicks(dialog._note, "twitch")
    QTest.keyClick(dialog._note, Qt.Key.Key_Escape)
    window.settle()
    assert rows(window)[0][3] == "twitch"

    window.widget.canvas.setFocus()
    press(window, "s", CTRL)
    saved = pl.read_csv(path)
    assert saved["label"].to_list() == ["Wake", "NREM", "REM"]
    assert saved["start_s"].round(1).to_list() == [1.0, 3.0, 5.0]
    assert saved["note"].to_list()[0] == "twitch"
    assert not window.widget.windowTitle().startswith("*")

    press(window, Qt.Key.Key_Backspace)
    assert len(rows(window)) == 2
    assert window.widget.windowTitle().startswith("*")


def test_zero_clears_and_splits(open_it, label_session):
    window = open_it(label_session[0])
    drag(window, at(window, 1.0), at(window, 8.0))
    press(window, "w")
    drag(window, at(window, 3.0), at(window, 4.0))
    press(window, "0")
    assert [r[:2] for r in rows(window)] == [(1.0, 3.0), (4.0, 8.0)]


def test_a_state_key_that_is_also_an_action_follows_the_selection(open_it, label_session):
    window = open_it(label_session[0])
    drag(window, at(window, 1.0), at(window, 3.0))
    press(window, "n")
    assert rows(window)[0][2] == "NREM"
    click(window, at(window, 0.5))
    press(window, "n")
    assert window.state.cursor == pytest.approx(2.0, abs=0.02), "without selection: next epoch"


def test_epochs_are_scored_one_after_the_other(open_it, tmp_path):
    config = LabelsConfig(path=str(tmp_path / "epochs.csv"), epoch=2.0)
    window = open_it(make_session(labels=(config,)))
    click(window, at(window, 1.0))
    for key in "w11rw":
        press(window, key)
    assert [r[:3] for r in rows(window)] == [
        (0.0, 2.0, "Wake"),
        (2.0, 4.0, "NREM"),
        (4.0, 6.0, "NREM"),
        (6.0, 8.0, "REM"),
        (8.0, 10.0, "Wake"),
    ]
    press(window, "z", CTRL)
    assert len(rows(window)) == 4


def test_table_shows_follows_and_edits(open_it, label_session):
    window = open_it(label_session[0])
    for start, state in ((0.0, "Wake"), (4.0, "REM")):
        window.store.dispatch(Select(Span(start, start + 3.0)))
        window.store.dispatch(Paint(state))
    window.settle()
    panel = window.widget.labels
    model = panel.model
    assert model.rowCount() == 2
    assert model.data(model.index(1, 2)) == "REM"
    click(window, at(window, 5.0))
    assert panel._view.currentIndex().row() == 1, "the table follows the cursor"
    assert model.setData(model.index(1, 1), "6.5")
    assert rows(window)[1][:2] == (4.0, 6.5)
    assert not model.setData(model.index(1, 1), "soon")
    window.settle()
    assert "not a time" in window.widget.status.offer
    assert model.setData(model.index(0, 2), "NREM")
    assert rows(window)[0][2] == "NREM"
    assert model.setData(model.index(0, 3), "a note")
    assert rows(window)[0][3] == "a note"


def test_a_clock_time_after_midnight_stays_on_its_day(open_it, tmp_path):
    times = np.datetime64("2024-05-01T22:00:00", "ns") + np.arange(5000) * np.timedelta64(3, "s")
    data = signal(1).isel(time=slice(0, 5000)).assign_coords(time=times)
    path = tmp_path / "night.csv"
    path.write_text(
        "start_s,end_s,label,note\n60.0,3600.0,Wake,\n3600.0,11300.0,NREM,\n11400.0,11430.0,REM,\n"
    )
    window = open_it(
        make_session(
            plots=(TraceConfig(data),),
            labels=(LabelsConfig(path=str(path), writeback=True),),
            events=None,
            view=ViewSettings(window=60.0, clock="wall"),
        )
    )
    model = window.widget.labels.model
    assert model.data(model.index(2, 0), Qt.ItemDataRole.EditRole) == "01:10:00.000"
    assert model.setData(model.index(2, 0), "01:10:05.000")
    assert model.setData(model.index(2, 1), "01:10:20")
    evening, night = (60.0, 3600.0, "Wake", ""), (3600.0, 11300.0, "NREM", "")
    assert rows(window) == [evening, night, (11405.0, 11420.0, "REM", "")]
    assert model.setData(model.index(1, 1), "23:59:00"), "over midnight, to the day before"
    assert rows(window)[1][:2] == (3600.0, 7140.0)
    assert model.setData(model.index(1, 1), "7000"), "seconds of the recording, as in Go to"
    assert rows(window)[1][:2] == (3600.0, 7000.0)


def test_summary_counts_what_is_scored(open_it, label_session):
    from loupe.ui.panels.summary import totals

    window = open_it(label_session[0])
    window.store.dispatch(Select(Span(0.0, 30.0)))
    window.store.dispatch(Paint("Wake"))
    window.settle()
    found = totals(window.desk.track.table, window.state.extent, window.desk.colors)
    assert found[0].name == "Wake"
    assert found[0].seconds == pytest.approx(30.0)
    assert found[-1].name == "unscored"
    assert found[-1].seconds == pytest.approx(window.state.extent.length - 30.0)
    assert "25 % scored" in window.widget.labels._info.text()


def test_jump_dialog_filters_and_centres(open_it, label_session):
    window = open_it(label_session[0])
    for k, state in enumerate(("Wake", "REM", "Wake", "NREM")):
        window.store.dispatch(Select(Span(20.0 * k, 20.0 * k + 5.0)))
        window.store.dispatch(Paint(state))
    press(window, "j", CTRL)
    dialog = window.requests.dialog("jump_to_label")
    dialog._state.setCurrentText("NREM")
    assert dialog._filter.rowCount() == 1
    QTest.keyClick(dialog._text, Qt.Key.Key_Return)
    window.settle()
    assert window.state.cursor == pytest.approx(62.5)
    dialog._state.setCurrentIndex(0)
    dialog._text.setText("wake")
    assert dialog._filter.rowCount() == 2


def test_journal_recovers_after_a_window_that_was_not_closed(open_it, label_session):
    session, path = label_session
    window = open_it(session)
    window.store.dispatch(Select(Span(1.0, 3.0)))
    window.store.dispatch(Paint("Wake"))
    window.close(keep_unsaved=True)
    again = open_it(session)
    assert len(again.desk.track.table) == 0
    (fault,) = again.widget.errors.faults
    assert "1 unsaved edit" in fault.message
    again.widget.errors.offered.emit(fault, "Recover")
    again.settle()
    assert [r[:3] for r in rows(again)] == [(1.0, 3.0, "Wake")]
    assert again.widget.errors.faults == ()
    press(again, "z", CTRL)
    assert rows(again) == []
    press(again, "z", CTRL | SHIFT)
    press(again, "s", CTRL)
    assert pl.read_csv(path).rows() == [(1.0, 3.0, "Wake")]


def test_sets_without_a_file_belong_to_their_session_file(open_it, tmp_path):
    """Two nights in one folder, without titles: what was scored on one is not offered on both."""
    session = make_session(plots=(TraceConfig(signal(2)),))
    one, two = tmp_path / "night1.toml", tmp_path / "night2.toml"
    window = open_it(session, path=one)
    window.store.dispatch(Select(Span(1.0, 3.0)))
    window.store.dispatch(Paint("Wake"))
    window.close(keep_unsaved=True)
    other = open_it(session, path=two)
    assert other.files.recoveries() == ()
    other.store.dispatch(Select(Span(5.0, 6.0)))
    other.store.dispatch(Paint("REM"))
    again = open_it(session, path=one)
    ((index, _),) = again.files.recoveries()
    again.store.dispatch(ReplaceState(again.files.recover(index, again.state)))
    assert [r[:3] for r in rows(again)] == [(1.0, 3.0, "Wake")]
    other.own(tmp_path / "night3.toml", other.state)
    other.close(keep_unsaved=True)
    assert open_it(session, path=two).files.recoveries() == ()
    assert len(open_it(session, path=tmp_path / "night3.toml").files.recoveries()) == 1


def test_two_windows_of_one_script_can_both_be_labelled(open_it):
    session = make_session(plots=(TraceConfig(signal(2)),))
    windows = [open_it(session), open_it(session)]
    for window in windows:
        window.store.dispatch(Select(Span(1.0, 3.0)))
        window.store.dispatch(Paint("Wake"))
        assert len(window.desk.track.table) == 1


@pytest.mark.parametrize(("button", "open_after"), [("Cancel", True), ("Discard", False)])
def test_closing_with_unsaved_work_asks(open_it, label_session, button, open_after):
    window = open_it(label_session[0])
    window.store.dispatch(Select(Span(1.0, 3.0)))
    window.store.dispatch(Paint("Wake"))
    answer_box(button)
    window.widget.close()
    assert window.is_open is open_after


def answer_box(button):
    """Press a button of the question that comes."""

    def answer():
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        next(b for b in box.buttons() if b.text() == button).click()

    QTimer.singleShot(200, answer)


def test_a_note_and_a_cell_that_are_being_written_are_saved_with_the_window(open_it, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("start_s,end_s,label,note\n1.0,3.0,Wake,\n5.0,6.0,REM,\n")
    window = open_it(make_session(labels=(LabelsConfig(path=str(path), writeback=True),)))
    window.store.dispatch(UiRequest("edit_note", "0"))
    QTest.keyClicks(window.requests.dialog("edit_note")._note, "spindles")
    table = window.widget.labels._view
    window.widget.activateWindow()
    table.setFocus()
    table.setCurrentIndex(table.model().index(1, 3))
    table.edit(table.model().index(1, 3))
    assert wait_for(lambda: isinstance(QApplication.focusWidget(), QLineEdit))
    QTest.keyClicks(QApplication.focusWidget(), "short")
    answer_box("Save")
    window.widget.close()
    assert not window.is_open
    assert pl.read_csv(path)["note"].to_list() == ["spindles", "short"]


def test_a_note_goes_to_the_set_in_which_it_was_begun(open_it, tmp_path):
    configs = []
    for name in "ab":
        path = tmp_path / f"{name}.csv"
        path.write_text("start_s,end_s,label,note\n1.0,3.0,Wake,\n")
        configs.append(LabelsConfig(path=str(path), writeback=True))
    window = open_it(make_session(labels=tuple(configs)))
    window.store.dispatch(UiRequest("edit_note", "0"))
    dialog = window.requests.dialog("edit_note")
    QTest.keyClicks(dialog._note, "of a")
    window.store.dispatch(SetEditedTrack(1))
    dialog.close()
    assert [track.table.interval(0).note for track in window.state.tracks] == ["of a", ""]
    assert window.state.edited == 1


def test_a_note_is_not_thrown_away_when_its_label_is(open_it, label_session):
    window = open_it(label_session[0])
    window.store.dispatch(Select(Span(1.0, 3.0)))
    window.store.dispatch(Paint("Wake"))
    window.store.dispatch(UiRequest("edit_note"))
    dialog = window.requests.dialog("edit_note")
    QTest.keyClicks(dialog._note, "sharp waves")
    window.store.dispatch(Undo())
    assert dialog.isVisible()
    assert "label is gone" in dialog._head.text()
    assert dialog._note.toPlainText() == "sharp waves"


def test_the_note_key_means_the_newest_label_where_the_cursor_is_on_none(open_it, label_session):
    window = open_it(label_session[0])
    for start in (8.0, 2.0):
        window.store.dispatch(Select(Span(start, start + 1.0)))
        window.store.dispatch(Paint("Wake"))
    window.store.dispatch(SetCursor(5.0))
    window.store.dispatch(UiRequest("edit_note"))
    dialog = window.requests.dialog("edit_note")
    QTest.keyClicks(dialog._note, "the newest")
    dialog.close()
    assert rows(window) == [(2.0, 3.0, "Wake", "the newest"), (8.0, 9.0, "Wake", "")]


def test_an_error_while_closing_leaves_the_window_open(open_it, label_session, monkeypatch):
    window = open_it(label_session[0])
    window.store.dispatch(Select(Span(1.0, 3.0)))
    window.store.dispatch(Paint("Wake"))

    def fails(error):
        def save(*_, **__):
            raise error

        return save

    with monkeypatch.context() as broken:
        broken.setattr(window.files, "save", fails(RuntimeError("a fault of a format")))
        answer_box("Save")
        with pytest.raises(RuntimeError, match="a fault of a format"):
            window.widget.close()
        broken.setattr(window.files, "save", fails(OSError("no space left on device")))
        answer_box("Save")
        window.widget.close()
    assert "no space left" in window.widget.errors.faults[0].message
    assert window.is_open
    assert window.widget.isVisible()
    answer_box("Save")
    window.widget.close()
    assert not window.is_open
    assert len(pl.read_csv(label_session[1])) == 1


def test_what_fails_at_the_end_keeps_nothing_else_open(open_it, label_session, monkeypatch):
    window = open_it(label_session[0])
    told, closed = [], []
    window.on_closed.append(lambda: closed.append(window))

    def lost():
        raise OSError("the context is lost")

    with monkeypatch.context() as broken:
        broken.setattr(window.widget.canvas, "release", lost)
        broken.setattr(sys, "excepthook", lambda *error: told.append(error[1]))
        window.widget.close()
    window.widget.canvas.release()
    assert [str(error) for error in told] == ["the context is lost"]
    assert closed == [window]
    assert not window.is_open
    assert open_it(label_session[0]).desk.track.read_only == "", "its labels are free"


def test_a_read_only_set_says_who_holds_it(open_it, label_session):
    session, _ = label_session
    first = open_it(session)
    second = open_it(session)
    assert second.desk.track.read_only
    second.store.dispatch(Select(Span(1.0, 3.0)))
    press(second, "w", NONE)
    assert len(second.desk.track.table) == 0
    assert "read-only" in second.widget.status.offer
    assert first.is_open


def test_a_label_file_that_cannot_be_read_leaves_the_others_alone(open_it, tmp_path):
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text("start_s,end_s,label,note\n5.0,1.0,Wake,\n")
    configs = (
        LabelsConfig(path=str(bad), edit=False),
        LabelsConfig(path=str(good), writeback=True),
    )
    window = open_it(make_session(plots=(TraceConfig(signal(1)),), labels=configs, events=None))
    assert [fault.where for fault in window.widget.errors.faults] == ["bad"]
    assert window.desk.track.name == "good.csv"
    drag(window, at(window, 1.0), at(window, 3.0))
    press(window, "w")
    press(window, "s", CTRL)
    assert len(pl.read_csv(good)) == 1
    assert bad.read_text().startswith("start_s")


def test_labels_with_dates_lie_where_the_recording_was_and_keep_their_dates(open_it, tmp_path):
    clock = np.datetime64("2024-05-01T08:00:00", "ns") + np.arange(6000) * np.timedelta64(10, "ms")
    data = signal(1).isel(time=slice(0, 6000)).assign_coords(time=clock)
    path = tmp_path / "l.htsv"
    path.write_text("start\tend\tstate\n2024-05-01 08:00:10\t2024-05-01 08:00:20\tWake\n")
    schema = {"start_col": "start", "end_col": "end", "label_col": "state"}
    config = LabelsConfig(path=str(path), writeback=True, schema=schema)
    session = make_session(plots=(TraceConfig(data),), labels=(config,), events=None)
    window = open_it(session)
    assert rows(window) == [(10.0, 20.0, "Wake", "")]
    window.store.dispatch(Select(Span(30.0, 40.0)))
    window.store.dispatch(Paint("NREM"))
    press(window, Qt.Key.Key_S, CTRL)
    assert path.read_text().splitlines()[2].startswith("2024-05-01 08:00:30")

    from loupe.app.still import load_track

    scene = window.desk.scene
    assert load_track(scene.session, scene.tracks[0], scene.origin).starts.tolist() == [10.0, 30.0]
