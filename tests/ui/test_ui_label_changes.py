"""Others change the label file of an open window: what is offered, and that nothing is lost."""

import polars as pl
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from ui_acts import CTRL, LEFT, NONE, at, choose, drag, press, wait_for

START = "start_s,end_s,label,note\n0.0,2.0,Wake,\n2.0,4.0,NREM,\n4.0,6.0,REM,\n"


@pytest.fixture
def scored(open_it, label_session):
    """A window with an unsaved edit on a label file of three rows."""
    session, path = label_session
    path.write_text(START)
    window = open_it(session)
    drag(window, at(window, 7.0), at(window, 9.0))
    press(window, "w")
    return window, path


def rows(window):
    return [(i.start, i.stop, i.label, i.note) for i in window.desk.track.table]


def on_disk(path):
    return [row[:3] for row in pl.read_csv(path).rows()]


def button(window, text):
    dialog = window.file_requests.label_changes.dialog
    return next(b for b in dialog.findChildren(QPushButton) if b.text() == text)


def answer(window, text):
    QTest.mouseClick(button(window, text), LEFT, NONE)
    window.settle()


def test_saving_over_a_change_asks_and_merges(scored):
    window, path = scored
    mine = rows(window)
    theirs = START.replace("4.0,6.0,REM,", "4.0,6.0,REM,sure\n20.0,30.0,Wake,")
    path.write_text(theirs)
    assert window.widget.windowTitle().startswith("*")
    press(window, "s", CTRL)
    assert path.read_text() == theirs, "nothing is overwritten"
    answer(window, "Merge")
    merged = rows(window)
    assert [r[2:] for r in merged] == [
        ("Wake", ""),
        ("NREM", ""),
        ("REM", "sure"),
        ("Wake", ""),
        ("Wake", ""),
    ]
    assert merged[4][:2] == (20.0, 30.0)
    assert path.read_text() == theirs, "a merge does not save"
    assert window.widget.windowTitle().startswith("*")
    assert "merged" in window.widget.status.offer
    press(window, "z", CTRL)
    assert rows(window) == mine, "one step takes the merge back"
    press(window, "s", CTRL)
    assert path.read_text() == theirs, "an undone merge overwrites nothing either"
    answer(window, "Not now")
    press(window, "y", CTRL)
    assert rows(window) == merged
    press(window, "s", CTRL)
    assert len(on_disk(path)) == 5
    assert not window.widget.windowTitle().startswith("*")


def test_what_both_changed_is_listed_before_anything_is_done(scored):
    window, path = scored
    label = int(window.desk.track.table.ids[0])
    window.core.edit_cell(label, "state", "REM")
    path.write_text(START.replace("0.0,2.0,Wake,", "0.0,2.0,NREM,unsure"))
    choose(window, "file.reload_labels")
    table = window.file_requests.label_changes.dialog.conflicts
    assert table.isVisible()
    cells = [table.item(0, column).text() for column in range(4)]
    assert table.rowCount() == 1
    assert cells[1:] == ["REM", "NREM · “unsure”", "here"]
    before = rows(window)
    answer(window, "Merge")
    assert rows(window) == before
    press(window, "s", CTRL)
    assert on_disk(path)[0] == (0.0, 2.0, "REM")
    assert "unsure" in path.with_name("labels.csv.bak").read_text()


def test_reloading_takes_the_file_and_is_undone_in_one_step(scored):
    window, path = scored
    mine = rows(window)
    path.write_text(START.replace("Wake", "REM"))
    press(window, "s", CTRL)
    answer(window, "Reload")
    assert [r[2] for r in rows(window)] == ["REM", "NREM", "REM"]
    assert not window.widget.windowTitle().startswith("*")
    press(window, "z", CTRL)
    assert rows(window) == mine
    assert window.widget.windowTitle().startswith("*")


def test_a_change_is_noticed_and_offered(scored):
    window, path = scored
    path.write_text(START.replace("Wake", "REM"))
    wait_for(lambda: window.widget.errors.faults)
    (fault,) = window.widget.errors.faults
    assert fault.where == "labels.csv"
    assert "changed by another program" in fault.message
    offers = window.widget.errors.findChildren(QPushButton)
    QTest.mouseClick(next(b for b in offers if b.text() == fault.offers[0]), LEFT, NONE)
    answer(window, "Merge")
    assert window.widget.errors.faults == ()
    assert [r[2] for r in rows(window)] == ["REM", "NREM", "REM", "Wake"]


def test_own_saves_are_no_change(scored):
    window, path = scored
    press(window, "s", CTRL)
    QTest.qWait(700)
    assert window.widget.errors.faults == ()
    choose(window, "file.reload_labels")
    assert window.file_requests.label_changes.dialog is None
    assert "as it was read or saved" in window.widget.status.offer
    assert len(on_disk(path)) == 4


def test_a_file_that_is_gone_is_written_again_only_when_asked(scored):
    window, path = scored
    path.unlink()
    press(window, "s", CTRL)
    assert not path.exists()
    answer(window, "Write it again")
    assert len(on_disk(path)) == 4
    assert not window.widget.windowTitle().startswith("*")


def test_a_file_that_cannot_be_read_any_more_leaves_the_labels_alone(scored):
    window, path = scored
    before = rows(window)
    path.write_text("something else\n")
    press(window, "s", CTRL)
    dialog = window.file_requests.label_changes.dialog
    texts = [b.text() for b in dialog.findChildren(QPushButton)]
    assert texts == ["Save As…", "Not now"]
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    window.settle()
    assert rows(window) == before
    assert path.read_text() == "something else\n"


def test_closing_over_a_change_keeps_the_window(scored):
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QMessageBox

    window, path = scored
    theirs = START.replace("Wake", "REM")
    path.write_text(theirs)

    def save():
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        next(b for b in box.buttons() if b.text() == "Save").click()

    QTimer.singleShot(200, save)
    window.widget.close()
    assert window.is_open
    assert path.read_text() == theirs
    answer(window, "Merge")
    press(window, "s", CTRL)
    assert len(on_disk(path)) == 4


def test_offers_about_a_set_that_is_gone_lead_nowhere(scored):
    window, path = scored
    path.write_text(START.replace("Wake", "REM"))
    window.file_requests.label_changes.look()
    (fault,) = window.widget.errors.faults
    session = window.desk.scene.session
    window.swap(session.model_copy(update={"labels": ()}).with_base(session.base))
    window.widget.errors.offered.emit(fault, fault.offers[0])
    window.settle()
    assert window.file_requests.label_changes.dialog is None
    assert fault not in window.widget.errors.faults
