"""What stays when a session is read again or files are loaded: labels, edits, offers, faults."""

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from ui_acts import labels_of, score, wait_for
from ui_sessions import TOML, make_session, signal

from loupe.app import commands as c
from loupe.errors import LoupeConfigError
from loupe.session.labels import LabelsConfig
from loupe.session.load import load_session
from loupe.session.plots.trace import TraceConfig
from loupe.ui.asking import attempt
from loupe.ui.panels.errors import Fault


def test_faults_of_rows_stay_while_the_file_cannot_be_read(open_it, session_file):
    window = open_it(load_session(session_file), path=session_file)
    row = Fault("one", "cannot be read")
    window.add_fault(row)
    for wrong in ('"tracee"', '"traceee"'):
        session_file.write_text(TOML.replace('"trace"', wrong))
        window.file_requests.reload()
    told = window.widget.errors.faults
    assert told[0] == row
    assert sum("night.toml:6" in fault.where for fault in told) == 1, "the newest only"
    session_file.write_text(TOML)
    window.file_requests.reload()
    assert window.widget.errors.faults == ()


def test_a_file_saved_again_while_it_is_opened_is_read_again(open_it, session_file):
    window = open_it(load_session(session_file), path=session_file)

    def save(title):
        session_file.write_text(TOML.replace("from a file", title))
        window.file_requests.reload()

    QTimer.singleShot(0, lambda: save("second"))
    QTimer.singleShot(0, lambda: save("third"))
    save("first")
    assert wait_for(lambda: window.desk.scene.title == "third")
    assert window.widget.errors.faults == ()


def test_labels_scored_without_a_file_stay_when_a_label_file_is_loaded(open_it, tmp_path):
    window = open_it(make_session(plots=(TraceConfig(signal(1)),)))
    score(window, "Wake", 1.0, 2.0)
    (tmp_path / "b.csv").write_text("start_s,end_s,label,note\n3.0,4.0,REM,\n")
    window.file_requests.label_loading.add(str(tmp_path / "b.csv"))
    window.settle()
    loaded, scored = window.state.tracks
    assert window.desk.track is loaded, "the file that was loaded is edited"
    assert (loaded.name, labels_of(loaded)) == ("b.csv", [(3.0, 4.0, "REM")])
    assert labels_of(scored) == [(1.0, 2.0, "Wake")]
    window.store.dispatch(c.SetEditedTrack(1))
    window.store.dispatch(c.Undo())
    assert labels_of(window.desk.track) == []
    window.store.dispatch(c.Redo())
    out = tmp_path / "both.toml"
    window.file_requests.sessions.save(str(out))
    again = open_it(load_session(out), path=out)
    assert [labels_of(track) for track in again.state.tracks] == [
        [(3.0, 4.0, "REM")],
        [(1.0, 2.0, "Wake")],
    ]


@pytest.fixture
def two_sets(open_it, session_file, tmp_path):
    """A window on the label files a and b, b edited, and how its session is written anew."""

    def rewrite(*names, more=""):
        tables = (f'[[labels]]\npath = "{name}.csv"\nwriteback = true\n{more}' for name in names)
        states = '[states]\nkeymap = { Wake = ["w"] }\nlabel_colors = { Wake = "#e69f00" }\n'
        session_file.write_text(TOML + "".join(tables) + states)

    for name in "abc":
        (tmp_path / f"{name}.csv").write_text(
            f"start_s,end_s,label,note\n10.0,20.0,first of {name},\n"
        )
    rewrite("a", "b")
    window = open_it(load_session(session_file), path=session_file)
    window.store.dispatch(c.SetEditedTrack(1))
    score(window, "Wake", 30.0, 40.0)
    return window, rewrite


@pytest.mark.parametrize("names", [("b",), ("b", "a"), ("c", "a", "b")])
def test_a_reload_keeps_edits_and_undo_of_a_set_that_moves(two_sets, names):
    window, rewrite = two_sets
    rewrite(*names)
    window.file_requests.reload()
    window.settle()
    assert [track.name for track in window.state.tracks] == [f"{name}.csv" for name in names]
    assert [track.read_only for track in window.state.tracks] == [""] * len(names)
    edited = window.desk.track
    assert edited.name == "b.csv", "keys go on editing the set that they edited"
    assert labels_of(edited) == [(10.0, 20.0, "first of b"), (30.0, 40.0, "Wake")]
    assert not edited.saved
    window.store.dispatch(c.Undo())
    assert labels_of(window.desk.track) == [(10.0, 20.0, "first of b")]
    assert not window.widget.errors.faults


def test_a_set_that_leaves_the_session_unsaved_is_named(two_sets):
    window, rewrite = two_sets
    rewrite("a")
    window.file_requests.reload()
    window.settle()
    assert [track.name for track in window.state.tracks] == ["a.csv"]
    (fault,) = window.widget.errors.faults
    assert fault.where == "b.csv"
    assert "not saved" in fault.message
    rewrite("a", "b")
    window.file_requests.reload()
    window.settle()
    offer = next(f for f in window.widget.errors.faults if f.offers)
    window.widget.errors.offered.emit(offer, "Recover")
    assert labels_of(window.state.tracks[1])[1] == (30.0, 40.0, "Wake")


def test_edits_of_a_set_that_is_opened_anew_can_be_recovered(two_sets):
    window, rewrite = two_sets
    rewrite("b", more='scorer = "Ann"\n')
    window.file_requests.reload()
    window.settle()
    assert "1 unsaved edit" in window.desk.track.read_only
    panel = window.widget.errors
    for number in range(6):
        panel.add(Fault(f"row {number}", "cannot be read"))
    panel.dismiss()
    window.settle()
    (offer,) = panel.faults
    rewrite("a", "b", more='scorer = "Ann"\n')
    window.file_requests.reload()
    assert offer.offers == ("Recover", "Discard")
    (offer,) = panel.faults
    window.settle()
    buttons = [b for b in panel.findChildren(QPushButton) if b.text() == "Recover"]
    QTest.mouseClick(buttons[-1], Qt.MouseButton.LeftButton)
    window.settle()
    assert [track.read_only for track in window.state.tracks] == ["", ""]
    assert labels_of(window.state.tracks[1])[1] == (30.0, 40.0, "Wake")
    assert panel.faults == ()


def test_what_can_be_answered_is_not_hidden_by_other_faults(open_it):
    window = open_it()
    panel = window.widget.errors
    for number in range(6):
        panel.add(Fault(f"row {number}", "cannot be read"))
    panel.add(Fault("labels", "an earlier session left edits", "", ("Recover", "Discard")))
    window.settle()
    shown = [label.text() for label in panel.findChildren(QLabel) if label.isVisibleTo(panel)]
    assert "⚠ labels" in shown
    assert "and 3 more" in shown


def test_a_window_closed_while_something_is_opened_from_it(open_it, session_file, tmp_path):
    preset = tmp_path / "mine.view.toml"
    keeper = open_it()
    keeper.file_requests.sessions.save_preset(str(preset))
    errors = [LoupeConfigError("broken"), OSError("gone")]
    for error in errors:
        window = open_it(load_session(session_file), path=session_file)

        def work(window=window, error=error):
            window.close()
            QTest.qWait(1)
            raise error

        assert not attempt(window, "night.toml", work)
    window = open_it(load_session(session_file), path=session_file)
    QTimer.singleShot(0, lambda: (window.close(), QTest.qWait(1)))
    window.file_requests.sessions.apply_preset(str(preset))
    assert wait_for(lambda: not window.is_open)


def test_remarks_on_every_label_file_are_shown(open_it, tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.tsv").write_text(
            "onset\tduration\ttrial_type\n1.0\tn/a\tgo\n3.0\t1.0\tstop\n"
        )
    config = LabelsConfig(path=str(tmp_path / "a.tsv"), format="bids")
    window = open_it(make_session(plots=(TraceConfig(signal(1)),), labels=(config,)))
    (told,) = window.widget.errors.faults
    assert "unknown duration" in told.message
    window.file_requests.label_loading.add(str(tmp_path / "b.tsv"))
    assert len(window.widget.errors.faults) == 2
    window.widget.errors.dismiss()
    window.swap(window.desk.scene.session)
    assert window.widget.errors.faults == (), "once"
