"""Videos beside the plots: real frames, stepping, windows of their own."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QSplitter
from shiboken6 import isValid
from ui_acts import CTRL, SHIFT, answer, choose, press, wait_for
from ui_sessions import LENGTH_S, make_session, signal

from loupe.app import commands as c
from loupe.scene.videos import frames_ceiling
from loupe.session.labels import LabelsConfig
from loupe.session.load import load_session
from loupe.session.plots.trace import TraceConfig
from loupe.session.video import VideoConfig
from loupe.ui.memory import Memory
from loupe.units import Span
from loupe.video import player
from loupe.video.write import VideoWriter

FPS = 10


@pytest.fixture
def video_session(tmp_path):
    """Two videos whose frames get brighter; frame i is at i / 10 s."""
    frames = 60
    configs = []
    for name in ("side", "top"):
        path = tmp_path / f"{name}.mp4"
        with VideoWriter(path, (64, 48), FPS) as writer:
            for i in range(frames):
                writer.write(np.full((48, 64, 3), i * 4, np.uint8))
        np.save(tmp_path / f"{name}.npy", np.arange(frames) / FPS)
        configs.append(VideoConfig(str(path), str(tmp_path / f"{name}.npy"), name=name))
    return make_session(
        plots=(TraceConfig(signal(1)),), videos=tuple(configs), events=None, title=f"{LENGTH_S}"
    )


def level(window, index=0):
    image = window.core.videos.view(index).image
    return None if image is None else image.pixelColor(10, 10).lightness()


def test_frames_follow_the_cursor_and_keys_step(open_it, video_session):
    window = open_it(video_session)
    videos = window.core.videos
    assert wait_for(lambda: level(window) is not None)
    window.store.dispatch(c.SetCursor(3.0))
    assert wait_for(lambda: "frame 30" in videos.captions[0])
    assert wait_for(lambda: abs((level(window) or 0) - 120) < 8)
    press(window, Qt.Key.Key_Right)
    assert window.state.cursor == pytest.approx(3.1)
    assert wait_for(lambda: "frame 31" in videos.captions[0])
    press(window, Qt.Key.Key_Left)
    press(window, Qt.Key.Key_Left)
    assert window.state.cursor == pytest.approx(2.9)
    window.store.dispatch(c.SetCursor(9.0))
    assert wait_for(lambda: "no frame" in videos.captions[0])


def test_videos_hide_and_move_into_windows(open_it, video_session):
    window = open_it(video_session)
    videos = window.core.videos
    press(window, "1", CTRL | SHIFT)
    assert not videos.view(0).isVisible()
    assert videos.view(1).isVisible()
    window.store.dispatch(c.UiRequest("video_window", "1"))
    window.settle()
    assert videos.view(1).window() is not window.widget
    assert videos.view(1).isVisible()
    videos.view(1).window().close()
    window.settle()
    assert videos.view(1).window() is window.widget


def test_playing_moves_cursor_and_frames(open_it, video_session):
    window = open_it(video_session)
    assert wait_for(lambda: level(window) is not None)
    press(window, Qt.Key.Key_Space)
    QTest.qWait(600)
    press(window, Qt.Key.Key_Space)
    assert 0.2 < window.state.cursor < 3.0
    before = window.state.cursor
    QTest.qWait(100)
    assert window.state.cursor == before


def test_a_video_that_cannot_be_used_is_named(open_it, tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"nothing of a video")
    session = make_session(
        plots=(TraceConfig(signal(1)),),
        videos=(VideoConfig(str(tmp_path / "bad.mp4"), name="cam"),),
    )
    window = open_it(session)
    assert wait_for(lambda: window.widget.errors.faults)
    assert window.widget.errors.faults[0].where == "cam"
    press(window, Qt.Key.Key_BracketRight)
    assert window.state.window.start == 10.0


@pytest.mark.parametrize(("cache_mb", "each_mb"), [(512, 256), (64, 32)])
def test_all_videos_share_one_ceiling(open_it, video_session, monkeypatch, cache_mb, each_mb):
    given = []

    class Source(player.VideoSource):
        def __init__(self, spec, deliver, *, cache_bytes, **others):
            given.append(cache_bytes)
            super().__init__(spec, deliver, cache_bytes=cache_bytes, **others)

    monkeypatch.setattr(player, "VideoSource", Source)
    view = video_session.view.model_copy(update={"cache_mb": cache_mb})
    open_it(video_session.model_copy(update={"view": view}))
    assert given == [each_mb << 20] * 2
    assert frames_ceiling(1_000_000, 1) == 256 << 20


def test_a_video_alone_makes_the_time(open_it, video_session):
    from loupe.session.model import Session

    window = open_it(Session(videos=video_session.videos[:1], title="video alone"))
    assert wait_for(lambda: window.state.extent.length > 2)
    assert window.state.extent.start == 0.0
    assert window.state.extent.stop == pytest.approx(5.9)


def drag_by(widget, dx, dy):
    """Press on a widget and move the pointer, wherever the widget goes meanwhile."""
    start = QPointF(widget.mapToGlobal(widget.rect().center()))
    QTest.mousePress(widget, Qt.MouseButton.LeftButton)
    for i in range(1, 5):
        where = start + QPointF(dx, dy) * (i / 4)
        event = QMouseEvent(
            QEvent.Type.MouseMove, QPointF(widget.mapFromGlobal(where.toPoint())), where,
            Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(widget, event)
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton)


def sizes_of(window):
    widget = window.widget
    found = [s.sizes() for s in (widget.columns, widget.stack, widget.right)]
    return [*found, [widget.labels._view.columnWidth(i) for i in range(3)]]


def test_sizes_of_parts_are_remembered(open_it, video_session, tmp_path):
    labels = (LabelsConfig(path=str(tmp_path / "labels.csv")),)
    session = video_session.model_copy(update={"labels": labels})

    def opened():
        window = open_it(session)
        assert wait_for(lambda: window.widget.videos.isVisible())
        window.store.dispatch(c.Select(Span(1.0, 2.0)))
        window.store.dispatch(c.Paint("Wake"))
        window.settle()
        return window

    window = opened()
    usual = sizes_of(window)
    widget = window.widget
    drag_by(widget.columns.handle(1), -90, 0)
    drag_by(widget.stack.handle(1), 0, -40)
    drag_by(widget.right.handle(1), 0, 70)
    widget.labels._view.setColumnWidth(1, 123)  # a drag of the header ends in the same signal
    window.settle()
    chosen = sizes_of(window)
    assert abs(chosen[0][1] - usual[0][1] - 90) <= 2
    assert abs(chosen[1][1] - usual[1][1] - 40) <= 2
    assert chosen[2][0] - usual[2][0] > 40
    window.close(keep_unsaved=False)
    again = opened()
    found = sizes_of(again)
    for one, two in zip(chosen, found, strict=True):
        assert two == pytest.approx(one, abs=3)
    again.close(keep_unsaved=False)
    Memory(tmp_path / "memory.json")._path.unlink()
    assert sizes_of(opened()) == usual, "without the memory it looks as the session says"


def test_heights_of_videos_are_dragged_and_kept(open_it, video_session):
    window = open_it(video_session)
    window.widget.resize(1200, 900)
    window.settle()
    videos = window.core.videos
    (splitter,) = window.widget.videos.findChildren(QSplitter)
    top, bottom = (videos.view(i).height() for i in range(2))
    assert top / bottom == pytest.approx(3 / 2, rel=0.1)
    splitter.moveSplitter(top - 100, 1)
    window.settle()
    assert videos.view(0).height() == pytest.approx(top - 100, abs=3)
    press(window, Qt.Key.Key_BracketRight)
    videos.arrange()
    window.settle()
    assert videos.view(0).height() == pytest.approx(top - 100, abs=3)
    videos.set_stretch(0, 10)
    videos.set_stretch(1, 20)
    window.settle()
    assert videos.view(1).height() == pytest.approx(2 * videos.view(0).height(), rel=0.1)


def test_dragged_heights_of_videos_are_remembered_and_saved(open_it, video_session, tmp_path):
    def opened(session):
        window = open_it(session)
        window.widget.resize(1200, 900)
        window.settle()
        return window

    def share(window):
        top, bottom = (window.core.videos.view(i).height() for i in range(2))
        return top / (top + bottom)

    window = opened(video_session)
    usual = share(window)
    assert usual == pytest.approx(3 / 5, abs=0.03)
    (splitter,) = window.widget.videos.findChildren(QSplitter)
    drag_by(splitter.handle(1), 0, -90)
    window.settle()
    chosen = share(window)
    assert chosen < usual - 0.08
    heights = window.core.videos.view(0).height()
    window.store.dispatch(c.SetStepTarget(1))
    window.core.videos.arrange()
    window.settle()
    assert window.core.videos.view(0).height() == heights, "the very pixel stays"
    press(window, "1", CTRL | SHIFT)
    press(window, "1", CTRL | SHIFT)
    assert share(window) == pytest.approx(chosen, abs=0.03)
    path = tmp_path / "mine.toml"
    window.file_requests.sessions.save(str(path))
    stretches = [v.stretch for v in load_session(path).videos]
    assert stretches[0] / sum(stretches) == pytest.approx(chosen, abs=0.03)
    window.close(keep_unsaved=False)
    again = opened(video_session)
    assert share(again) == pytest.approx(chosen, abs=0.03)
    again.close(keep_unsaved=False)
    said = [v.model_copy(update={"stretch": 1}) for v in video_session.videos]
    equal = opened(video_session.model_copy(update={"videos": tuple(said)}))
    assert share(equal) == pytest.approx(0.5, abs=0.03), "what the session says is not overruled"
    equal.close(keep_unsaved=False)
    Memory(tmp_path / "memory.json")._path.unlink()
    assert share(opened(load_session(path))) == pytest.approx(chosen, abs=0.03)


def test_windows_of_videos_come_after_the_main_window_and_are_grouped(open_it, video_session):
    side, top = video_session.videos
    grouped = [v.model_copy(update={"separate_window": "cams"}) for v in (side, top, top)]
    grouped[2] = top.model_copy(update={"separate_window": True, "name": "alone"})
    session = video_session.model_copy(update={"videos": tuple(grouped)})
    window = open_it(session)
    videos = window.core.videos
    assert [w.windowTitle() for w in videos.windows] == ["cams", "alone"]
    assert videos.view(0).window() is videos.view(1).window() is videos.windows[0]
    assert all(w.isVisible() for w in videos.windows)
    # Known to the window system as belonging to the main window, and so kept above it.
    parent = window.widget.windowHandle()
    assert all(w.windowHandle().transientParent() is parent for w in videos.windows)


def test_the_frame_shown_is_written_at_its_own_size(open_it, tmp_path):
    size, frames = (480, 360), 30
    with VideoWriter(tmp_path / "cam.mp4", size, FPS) as writer:
        for i in range(frames):
            writer.write(np.full((size[1], size[0], 3), i * 8, np.uint8))
    config = VideoConfig(str(tmp_path / "cam.mp4"), name="top/left cam")
    plots = (TraceConfig(signal(1)),)
    window = open_it(make_session(plots=plots, videos=(config,), events=None))
    videos = window.core.videos
    window.store.dispatch(c.SetCursor(1.2))
    assert wait_for(lambda: videos.captions[0].startswith("frame 12"))
    shown = videos.view(0).image
    assert shown.width() < size[0], "what is shown is smaller"
    choose(window, "file.save_frame")
    (dialog,) = [d for d in window.widget.findChildren(QFileDialog) if d.isVisible()]
    assert [Path(f).name for f in dialog.selectedFiles()] == ["top-left-cam-frame-12.png"]
    window.store.dispatch(c.SetCursor(2.5))
    assert wait_for(lambda: videos.captions[0].startswith("frame 25"))
    answer(window, tmp_path / "out.png")
    assert wait_for(lambda: "written to out.png (480 x 360)" in window.state.note)
    written = QImage(str(tmp_path / "out.png"))
    assert (written.width(), written.height()) == size
    assert abs(written.pixelColor(10, 10).lightness() - 12 * 8) < 6, "the one chosen, not the last"
    assert videos.captions[0].startswith("frame 25"), "what is shown is not disturbed"
    videos_error = window.widget.errors
    window.file_requests.save_frame(0, 12, str(tmp_path / "absent" / "out.png"))
    assert wait_for(lambda: videos_error.faults)
    assert "cannot be written" in videos_error.faults[0].message


def test_no_frame_is_written_where_none_is_shown(open_it, video_session):
    window = open_it(video_session)
    videos = window.core.videos
    assert wait_for(lambda: "frame" in videos.captions[0])
    window.store.dispatch(c.SetCursor(9.0))
    assert wait_for(lambda: "no frame" in videos.captions[0])
    choose(window, "file.save_frame")
    assert window.state.note == "side shows no frame: no frame at this time."
    assert not [d for d in window.widget.findChildren(QFileDialog) if d.isVisible()]
    press(window, "1", CTRL | SHIFT)
    window.core.menus.refresh()
    entry = window.core.menus.entry("file.save_frame")
    assert not entry.isEnabled()
    assert entry.toolTip() == "side is hidden: show it, or choose another video to step."


def test_reloading_shows_what_a_video_has_grown_by(open_it, tmp_path):
    def write(frames):
        with VideoWriter(tmp_path / "new.mp4", (64, 48), FPS) as writer:
            for i in range(frames):
                writer.write(np.full((48, 64, 3), i * 4, np.uint8))
        (tmp_path / "new.mp4").replace(tmp_path / "cam.mp4")

    write(20)
    path = tmp_path / "s.toml"
    path.write_text('version = 1\n[[videos]]\nvideo_path = "cam.mp4"\nname = "cam"\n')
    window = open_it(load_session(path), path=path)
    assert wait_for(lambda: window.state.extent.stop == pytest.approx(1.9))
    room = window.core.videos
    press(window, Qt.Key.Key_F5)
    assert window.core.videos is room, "a file that is the same is not opened again"
    old = room.view(0)
    write(50)
    press(window, Qt.Key.Key_F5)
    assert wait_for(lambda: window.state.extent.stop == pytest.approx(4.9))
    press(window, Qt.Key.Key_End)
    assert wait_for(lambda: "frame 49" in window.core.videos.captions[0])
    QTest.qWait(1)
    assert not isValid(old), "Qt has deleted what was shown before"


def test_arrow_keys_step_frames_after_scrubbing_and_of_a_video_that_is_shown(
    open_it, video_session
):
    side, top = video_session.videos
    session = video_session.model_copy(
        update={"videos": (side, top.model_copy(update={"frame_times_correction": 0.05}))}
    )
    window = open_it(session)
    videos = window.core.videos
    assert wait_for(lambda: all("frame" in text for text in videos.captions))
    slider = window.widget.videos._slider
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=slider.rect().center())
    window.settle()
    assert window.state.cursor > 0.5, "a click beside the handle moves it by a tenth"
    window.store.dispatch(c.SetCursor(3.0))
    press(window, Qt.Key.Key_Right)
    assert window.state.cursor == pytest.approx(3.1)
    press(window, "1", CTRL | SHIFT)
    press(window, Qt.Key.Key_Right)
    assert window.state.cursor == pytest.approx(3.25), "a frame of the one that is shown"


def test_targets_of_the_frame_keys_stand_after_all_videos(open_it, video_session):
    window = open_it(video_session)
    menu = next(a.menu() for a in window.widget.menuBar().actions() if a.text() == "&Video")
    texts = [a.text().split("\t")[0] for a in menu.actions() if a.text()]
    assert texts[-5:] == [
        "Show side",
        "side in a Window of Its Own",
        "Show top",
        "top in a Window of Its Own",
        "Frame Step Target",
    ]
    choose(window, "video.2.step")
    assert window.state.step_target == 1


def test_a_frame_of_a_video_that_is_gone_by_then_is_refused_in_words(open_it, tmp_path):
    window = open_it(make_session(plots=(TraceConfig(signal(1)),), events=None))
    path = tmp_path / "frame.png"
    window.file_requests.save_frame(0, 3, str(path))
    (fault,) = window.widget.errors.faults
    assert "not open any more" in fault.message
    assert not path.exists()
