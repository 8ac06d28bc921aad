"""Every control of what is shown, of playback and videos, of search and help."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider
from ui_acts import ALT, CTRL, LEFT, NONE, SHIFT, choose, press, wait_for
from ui_sessions import make_session, signal
from ui_shared import shared_window

from loupe.app import commands as c
from loupe.session.labels import LabelsConfig
from loupe.session.plots.trace import TraceConfig
from loupe.session.video import VideoConfig

KEY = Qt.Key
FPS, FRAMES = 10, 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two short videos with frame times; frame i is at i / 10 s."""
    from loupe.video.write import VideoWriter

    folder = tmp_path_factory.mktemp("videos")
    for name in ("side", "top"):
        with VideoWriter(folder / f"{name}.mp4", (64, 48), FPS) as writer:
            for i in range(FRAMES):
                writer.write(np.full((48, 64, 3), i * 4, np.uint8))
        np.save(folder / f"{name}.npy", np.arange(FRAMES) / FPS)
    return folder


def usual(folder):
    """One row, a label set and two videos."""
    videos = tuple(
        VideoConfig(str(folder / f"{name}.mp4"), str(folder / f"{name}.npy"), name=name)
        for name in ("side", "top")
    )
    return make_session(
        plots=(TraceConfig(signal(2), id="stacked"),),
        videos=videos,
        labels=(LabelsConfig(path="view.csv"),),
    )


shared, window = shared_window(usual)


def test_hypnogram_zoom_strip_and_right_panel(window):
    panel = window.widget.overview
    press(window, "h")
    assert not panel.isVisible()
    choose(window, "view.hypnogram")
    assert panel.isVisible()
    choose(window, "view.hypnogram_zoom")
    assert window.state.view.hypnogram_zoom
    choose(window, "view.hypnogram_zoom")
    strips = len(window.core.presenter.layout.strips)
    choose(window, "view.strip")
    assert len(window.core.presenter.layout.strips) < strips
    choose(window, "view.overlays")
    assert not window.state.view.overlays
    press(window, "b", CTRL)
    assert not window.widget.right.isVisible()
    choose(window, "view.right_panel")
    assert window.widget.right.isVisible()


def test_grid(window):
    before = window.widget.canvas.grabFramebuffer()
    choose(window, "view.grid")
    assert not window.state.view.grid
    QTest.qWait(30)
    assert window.widget.canvas.grabFramebuffer() != before


def test_full_screen_and_back(window):
    press(window, KEY.Key_F11)
    assert window.widget.isFullScreen()
    choose(window, "view.fullscreen")
    assert not window.widget.isFullScreen()


def test_themes_and_size_of_text(window):
    for name in ("light", "dark", "system"):
        choose(window, f"view.theme_{name}")
        assert window.state.view.theme == name
    press(window, "=", CTRL)
    assert window.desk.look.font_scale == pytest.approx(1.1)
    press(window, "-", CTRL)
    assert window.desk.look.font_scale == pytest.approx(1.0)
    choose(window, "view.larger_text")
    choose(window, "view.smaller_text")
    choose(window, "view.larger_text")
    choose(window, "view.normal_text")
    assert window.desk.look.font_scale == 1.0


def test_how_times_are_written(window):
    go_to = window.widget.topbar._go_to
    window.store.dispatch(c.SetCursor(5.0))
    choose(window, "view.clock_hms")
    assert go_to.text() == "00:00:05.00"
    choose(window, "view.clock_seconds")
    assert go_to.text().startswith("5.00")
    choose(window, "view.clock_auto")
    menus = window.core.menus
    menus.refresh()
    wall = menus.entry("view.clock_wall")
    if wall.isEnabled():
        choose(window, "view.clock_wall")
    else:
        assert wall.toolTip(), "it says why"


def test_play_pause_and_speed(window):
    press(window, " ")
    assert window.state.playback.playing
    before = window.state.cursor
    assert wait_for(lambda: window.state.cursor > before + 0.1)
    press(window, " ")
    assert not window.state.playback.playing
    QTest.mouseClick(window.widget.topbar._play, LEFT)
    assert window.state.playback.playing
    choose(window, "play.toggle")
    assert not window.state.playback.playing
    press(window, ">", SHIFT)
    assert window.state.playback.speed == 2.0
    press(window, "<", SHIFT)
    press(window, "<", SHIFT)
    assert window.state.playback.speed == 0.5
    choose(window, "play.faster")
    choose(window, "play.slower")
    choose(window, "play.speed")
    field = window.requests.dialog("playback_speed")._field
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "4")
    QTest.keyClick(field, KEY.Key_Return)
    assert window.state.playback.speed == 4.0
    menu = window.widget.topbar._speed.menu()
    entry = next(a for a in menu.actions() if a.text() == "0.25×")
    menu.popup(window.widget.mapToGlobal(window.widget.rect().center()))
    QTest.mouseClick(menu, LEFT, NONE, menu.actionGeometry(entry).center())
    assert window.state.playback.speed == 0.25


def test_playing_loops_in_the_window_or_runs_on(window):
    window.store.dispatch(c.SetWindow(0.0, 1.0))
    window.store.dispatch(c.SetCursor(0.8))
    press(window, " ")
    assert wait_for(lambda: window.state.cursor < 0.7), "back to the start of the window"
    assert window.state.window.start == 0.0
    choose(window, "play.loop")
    window.store.dispatch(c.SetCursor(0.9))
    window.store.dispatch(c.Play())
    assert wait_for(lambda: window.state.window.start > 0.0), "the window follows"
    press(window, " ")


def test_paging_goes_on_playing(window):
    press(window, " ")
    press(window, "]")
    assert window.state.playback.playing
    assert window.state.window.start == 10.0
    press(window, " ")
    assert not window.state.playback.playing


def test_frames_are_stepped_and_the_target_chosen(window):
    videos = window.core.videos
    assert wait_for(lambda: "frame" in videos.captions[0])
    window.store.dispatch(c.SetCursor(3.0))
    press(window, KEY.Key_Right)
    assert window.state.cursor == pytest.approx(3.1)
    assert wait_for(lambda: "frame 31" in videos.captions[0])
    press(window, KEY.Key_Left)
    choose(window, "play.frame_back")
    choose(window, "play.frame_forward")
    assert window.state.cursor == pytest.approx(3.0)
    choose(window, "video.2.step")
    assert window.state.step_target == 1
    choose(window, "video.1.step")
    assert window.state.step_target == 0


def test_videos_hide_and_get_windows(window):
    press(window, "1", CTRL | SHIFT)
    assert not window.core.videos.view(0).isVisible()
    choose(window, "video.1.show")
    assert window.core.videos.view(0).isVisible()
    choose(window, "video.2.show")
    assert not window.core.videos.view(1).isVisible()
    choose(window, "video.2.show")
    choose(window, "video.2.window")
    (own,) = window.core.videos.windows
    assert window.core.videos.view(1).window() is own
    own.close()
    window.settle()
    assert window.core.videos.view(1).window() is window.widget, "closing gives it back"
    choose(window, "video.1.window")
    choose(window, "video.1.window")
    assert window.core.videos.windows == ()


def test_the_room_of_hidden_videos_is_free(window):
    panel = window.widget.videos
    assert panel.isVisible()
    press(window, "1", CTRL | SHIFT)
    press(window, "2", CTRL | SHIFT)
    assert not panel.isVisible(), "not an empty place with a slider"
    press(window, "1", CTRL | SHIFT)
    assert panel.isVisible()
    choose(window, "video.1.window")
    assert not panel.isVisible()
    choose(window, "video.1.window")
    assert panel.isVisible()


def test_sizes_of_videos(window):
    choose(window, "play.video_sizes")
    dialog = window.requests.dialog("video_sizes")
    slider = dialog.findChildren(QSlider)[0]
    before = window.core.videos.stretch(0)
    slider.setFocus()
    QTest.keyClick(slider, KEY.Key_End)
    assert window.core.videos.stretch(0) == 20
    dialog._reset()
    assert window.core.videos.stretch(0) == before


def test_cursor_slider_under_the_videos(window):
    slider = window.widget.videos._slider
    slider.setFocus()
    QTest.keyClick(slider, KEY.Key_End)
    window.settle()
    assert window.state.cursor == pytest.approx(10.0, abs=0.01)
    QTest.keyClick(slider, KEY.Key_Home)
    window.settle()
    assert window.state.cursor == pytest.approx(0.0, abs=0.01)


def test_palette_search_and_row_search(window):
    for open_it in (
        lambda: press(window, "k", CTRL),
        lambda: choose(window, "edit.command_palette"),
        lambda: QTest.mouseClick(window.widget.topbar._search, LEFT),
    ):
        open_it()
        palette = window.requests.dialog("palette")
        QTest.keyClicks(palette._field, "whole recording")
        QTest.keyClick(palette._field, KEY.Key_Return)
        window.settle()
        assert window.state.window.length == pytest.approx(window.state.extent.length)
        window.widget.canvas.setFocus()
        press(window, KEY.Key_Left, ALT)
    choose(window, "edit.find_row")
    palette = window.requests.dialog("palette")
    assert palette.shown
    palette.close()
    press(window, "f", CTRL)
    window.requests.dialog("palette").close()


def test_the_palette_is_as_high_as_what_it_found(window):
    press(window, "k", CTRL)
    palette = window.requests.dialog("palette")
    whole = palette.height()
    QTest.keyClicks(palette._field, "hatched labels")
    assert palette.shown[0] == "Hatched Labels"
    assert palette.height() < whole
    assert palette.height() < 60 + 31 * len(palette.shown)
    QTest.keyClicks(palette._field, "qqqq")
    assert palette.shown == ()
    assert palette._none.isVisible()
    palette.close()


def test_help_about_and_keys(window):
    from PySide6.QtWidgets import QLineEdit

    for key, mods in ((KEY.Key_F1, NONE), ("?", SHIFT)):
        window.widget.activateWindow()
        window.widget.canvas.setFocus()
        press(window, key, mods)
        dialog = window.requests.dialog("shortcuts")
        QTest.keyClicks(dialog.findChild(QLineEdit), "page")
        dialog.close()
    choose(window, "help.shortcuts")
    window.requests.dialog("shortcuts").close()
    choose(window, "help.about")
    assert window.requests.dialog("about") is not None
    choose(window, "edit.keys")
    assert window.requests.dialog("edit_keys") is not None


def test_status_line(window):
    window.store.dispatch(c.SetCursor(4.25))
    window.settle()
    status = window.widget.status
    assert status._time.text().startswith("4.25")
    assert "sample" in status._pixel.text()
