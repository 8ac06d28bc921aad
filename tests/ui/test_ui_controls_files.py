"""Every control that reads or writes files, through the dialogs that ask for names."""

import numpy as np
import polars as pl
import PySide6
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from ui_acts import CTRL, NONE, SHIFT, answer, choose, press
from ui_sessions import make_session, signal

from loupe.app import commands as c
from loupe.session.labels import LabelsConfig
from loupe.session.load import load_session
from loupe.session.plots.trace import TraceConfig
from loupe.units import Span

KEY = Qt.Key


def rows(window):
    return [row.id for row in window.desk.scene.rows]


def test_sessions_are_opened_saved_and_reloaded(open_it, session_file, tmp_path):
    from loupe.ui.app import open_windows

    window = open_it(load_session(session_file), path=session_file)
    press(window, "o", CTRL)
    answer(window, session_file)
    assert len(open_windows()) == 2
    open_windows()[-1].close(keep_unsaved=False)
    window.store.dispatch(c.SetWindow(20.0, 5.0))
    press(window, "s", CTRL | SHIFT)
    answer(window, tmp_path / "mine.toml")
    mine = (tmp_path / "mine.toml").read_text()
    assert load_session(tmp_path / "mine.toml").view.start == 20.0
    (tmp_path / "mine.toml").write_text(mine.replace("from a file", "changed"))
    press(window, KEY.Key_F5)
    assert window.desk.scene.title == "changed", "it is the window's own file now"
    choose(window, "file.reload_session")
    second = open_it(load_session(tmp_path / "mine.toml"), path=tmp_path / "mine.toml")
    choose(second, "file.open_recent")
    palette = second.requests.dialog("palette")
    assert palette.shown == ("night.toml",)
    palette.close()


def test_presets_are_saved_and_applied(open_it, tmp_path):
    plots = (TraceConfig(signal(1), id="one"), TraceConfig(signal(1), id="two"))
    window = open_it(make_session(plots=plots, events=None))
    first = rows(window)[0]

    def height():
        return next(b.rect.h for b in window.core.presenter.layout.rows if b.row_id == first)

    window.store.dispatch(c.SetHeight(first, 2.0))
    choose(window, "file.save_preset")
    answer(window, tmp_path / "wide.view.toml")
    assert (tmp_path / "wide.view.toml").exists()
    assert not window.widget.errors.faults
    window.store.dispatch(c.SetHeight(first, 0.5))
    window.settle()
    low = height()
    choose(window, "file.load_preset")
    answer(window, tmp_path / "wide.view.toml")
    window.settle()
    assert height() > low


def test_recordings_rasters_and_videos_are_added(open_it, session_file, tmp_path):
    window = open_it(load_session(session_file), path=session_file)
    count = len(rows(window))
    signal(1).rename("more").to_dataset(name="more").to_zarr(
        str(tmp_path / "more.zarr"), consolidated=False
    )
    t = np.arange(1000) / 100.0
    np.save(tmp_path / "emg_t.npy", t)
    np.save(tmp_path / "emg_y.npy", np.sin(t))
    choose(window, "file.load_traces")
    answer(window, tmp_path / "emg_t.npy")
    assert not window.widget.errors.faults
    assert len(rows(window)) == count + 1
    pl.DataFrame({"time": [1.0, 2.0], "unit": [0, 1]}).write_parquet(tmp_path / "spikes.parquet")
    choose(window, "file.load_raster")
    answer(window, tmp_path / "spikes.parquet")
    assert not window.widget.errors.faults
    assert len(rows(window)) == count + 2
    drop(window, tmp_path / "more.zarr")
    assert len(rows(window)) == count + 3


def test_every_kind_of_file_can_be_dropped(open_it, session_file, tmp_path):
    from loupe.ui.app import open_windows
    from loupe.video.write import VideoWriter

    with VideoWriter(tmp_path / "cam.mp4", (64, 48), 10) as writer:
        for i in range(10):
            writer.write(np.full((48, 64, 3), i * 9, np.uint8))
    np.save(tmp_path / "cam_frame_times.npy", np.arange(10) / 10)
    pl.DataFrame({"time": [1.0, 2.0], "unit": [0, 1]}).write_parquet(tmp_path / "spikes.parquet")
    (tmp_path / "scored.csv").write_text("start_s,end_s,label,note\n3.0,4.0,REM,\n")
    window = open_it(load_session(session_file), path=session_file)
    drop(window, tmp_path / "spikes.parquet", tmp_path / "cam.mp4", tmp_path / "scored.csv")
    assert not window.widget.errors.faults
    assert [row.kind for row in window.desk.scene.rows] == ["trace", "trace", "raster"]
    assert len(window.core.videos) == 1
    assert [i.label for i in window.desk.track.table] == ["REM"]
    drop(window, session_file)
    assert len(open_windows()) == 2, "a session opens a window of its own"


def drop(window, *paths):
    """Drop files on the window."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    widget = window.widget
    at = QPointF(widget.rect().center())
    action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    whole = PySide6.__version_info__ < (6, 12)  # whole positions are deprecated since
    enter = QDragEnterEvent(at.toPoint() if whole else at, action, mime, button, NONE)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(widget, QDropEvent(at, action, mime, button, NONE))
    window.settle()


def test_a_video_is_added_with_its_frame_times(open_it, session_file, tmp_path):
    from loupe.video.write import VideoWriter

    with VideoWriter(tmp_path / "cam.mp4", (64, 48), 10) as writer:
        for i in range(20):
            writer.write(np.full((48, 64, 3), i * 4, np.uint8))
    np.save(tmp_path / "cam_frame_times.npy", np.arange(20) / 10)
    window = open_it(load_session(session_file), path=session_file)
    choose(window, "file.load_video")
    answer(window, tmp_path / "cam.mp4")
    assert len(window.core.videos) == 1
    for _ in range(200):
        if window.core.videos.captions and "frame" in window.core.videos.captions[0]:
            break
        QTest.qWait(20)
    choose(window, "file.save_frame")
    answer(window, tmp_path / "frame.png")
    for _ in range(200):
        if "written" in window.state.note:
            break
        QTest.qWait(20)
    assert QImage(str(tmp_path / "frame.png")).width() == 64


def test_labels_are_loaded_exported_and_saved(open_it, tmp_path):
    config = LabelsConfig(path=str(tmp_path / "a.csv"), writeback=True)
    window = open_it(make_session(plots=(TraceConfig(signal(1)),), labels=(config,)))
    window.core.menus.refresh()
    assert not window.core.menus.entry("file.export_labels").isEnabled(), "there is nothing"
    window.store.dispatch(c.Select(Span(1.0, 2.0)))
    window.store.dispatch(c.Paint("Wake"))
    press(window, "e", CTRL | SHIFT)
    answer(window, tmp_path / "copy.htsv")
    assert (tmp_path / "copy.htsv").read_text().count("Wake") == 1
    assert not (tmp_path / "a.csv").exists(), "the source is left alone"
    press(window, "s", CTRL)
    assert (tmp_path / "a.csv").read_text().count("Wake") == 1
    (tmp_path / "b.csv").write_text("start_s,end_s,label,note\n3.0,4.0,REM,\n")
    press(window, "o", CTRL | SHIFT)
    answer(window, tmp_path / "b.csv")
    assert len(window.state.tracks) == 2
    assert window.state.edited == 1
    window.core.menus.refresh()
    save = window.core.menus.entry("file.save_labels")
    assert not save.isEnabled(), "a file that was only looked at is not written"
    assert save.toolTip()


def test_pictures_and_data_are_written(open_it, tmp_path):
    labels = (LabelsConfig(path=str(tmp_path / "labels.csv")),)
    window = open_it(make_session(plots=(TraceConfig(signal(1)),), labels=labels))
    window.store.dispatch(c.Select(Span(1.0, 2.0)))
    window.store.dispatch(c.Paint("Wake"))
    press(window, "p", CTRL)
    answer(window, tmp_path / "plots.svg")
    assert "<text" in (tmp_path / "plots.svg").read_text()
    QGuiApplication.clipboard().clear()
    press(window, "c", CTRL | SHIFT)
    assert not QGuiApplication.clipboard().image().isNull()
    choose(window, "file.export_data")
    answer(window, tmp_path / "data.csv")
    assert len(pl.read_csv(tmp_path / "data.csv")) == 2000
    choose(window, "file.save_hypnogram")
    answer(window, tmp_path / "overview.png")
    assert (tmp_path / "overview.png").stat().st_size > 300


def test_windows_close_by_key_and_all_at_once(open_it):
    light = make_session(plots=(TraceConfig(signal(1)),), events=None)
    one, two, three = open_it(light), open_it(light), open_it(light)
    press_in(one, "w")
    assert not one.is_open
    assert two.is_open
    press_in(two, "q")
    assert not two.is_open
    assert not three.is_open


def press_in(window, key):
    window.widget.activateWindow()
    window.widget.canvas.setFocus()
    for _ in range(100):
        if QApplication.focusWidget() is window.widget.canvas:
            break
        QTest.qWait(10)
    QTest.keyClick(window.widget.canvas, key, CTRL)
    QTest.qWait(1)


def test_windows_are_linked_in_time(open_it, session_file):
    from loupe.ui.app import open_windows

    window = open_it(load_session(session_file), path=session_file)
    window.core.menus.refresh()
    entry = window.core.menus.entry("view.link_windows")
    assert not entry.isEnabled()
    assert entry.toolTip() == "There is no other window."
    press(window, "o", CTRL)
    answer(window, session_file)
    second = open_windows()[-1]
    window.store.dispatch(c.SetWindow(12.0, 6.0))
    assert second.state.window.start == 0.0
    activate(window)
    choose(window, "view.link_windows")
    assert window.state.note == "Time is linked with 1 other window."
    assert second.state.window == window.state.window
    for one in (window, second):
        one.core.menus.refresh()
        assert one.core.menus.entry("view.link_windows").isChecked()
    activate(second)
    press(second, "]")
    assert window.state.window.start == second.state.window.start == 18.0
    press(second, "o", CTRL)
    answer(second, session_file)
    third = open_windows()[-1]
    assert third.state.window.start == 18.0, "opened from a linked window"
    activate(third)
    press(third, "[")
    assert [one.state.window.start for one in (window, second, third)] == [12.0] * 3
    choose(third, "view.link_windows")
    assert not third.state.linked
    assert window.state.linked
    press(third, KEY.Key_Home)
    assert window.state.window.start == 12.0
    activate(second)
    press_in(second, "w")
    assert not second.is_open
    assert not window.state.linked
    assert window.state.others == 1


def activate(window):
    window.widget.activateWindow()
    window.widget.canvas.setFocus()
    window.settle()
    for _ in range(100):
        if QApplication.focusWidget() is window.widget.canvas:
            return
        QTest.qWait(10)
