"""What scripts can do with a window; opening and closing many leaves nothing behind."""

import gc
import os
import threading
import weakref

import pytest
from PySide6.QtCore import QTimer
from ui_sessions import make_session, signal

import loupe
from loupe.app import commands as c
from loupe.errors import LoupeConfigError, LoupeRenderError
from loupe.session.plots.trace import TraceConfig
from loupe.ui.display import require_display
from loupe.ui.handle import WindowHandle
from loupe.units import Span

SOAK = os.environ.get("LOUPE_SOAK") == "1"


def test_values_and_setters(open_it, tmp_path):
    window = open_it()
    handle = WindowHandle(window)
    handle.window = (20.0, 5.0)
    assert handle.window == (20.0, 5.0)
    handle.cursor = 90.0
    assert handle.cursor == 90.0
    assert handle.window[0] <= 90.0 <= sum(handle.window)
    handle.select(91.0, 92.0)
    assert handle.selection == (91.0, 92.0)
    with pytest.raises(ValueError, match="before it starts"):
        handle.select(3.0, 2.0)
    window.store.dispatch(c.Paint("Wake"))
    assert [(i.start, i.stop, i.label) for i in handle.labels] == [(91.0, 92.0, "Wake")]
    assert handle.screenshot(tmp_path / "shot.png").stat().st_size > 2000
    with pytest.raises(LoupeRenderError):
        handle.screenshot(tmp_path / "none" / "shot.png")
    handle.close()
    assert not handle.is_open
    assert len(handle.labels) == 1, "labels can be read after closing"
    with pytest.raises(LoupeConfigError, match="closed"):
        handle.cursor = 1.0


def test_block_returns_when_the_window_is_closed(open_it):
    window = open_it()
    QTimer.singleShot(100, lambda: window.close(keep_unsaved=False))
    WindowHandle(window).block()
    assert not window.is_open


def test_linked_windows_show_the_same_time(open_it):
    light = make_session(plots=(TraceConfig(signal(1)),), events=None)
    one, two = WindowHandle(open_it(light)), WindowHandle(open_it(light))
    one.link(two)
    one.window = (30.0, 4.0)
    assert two.window == (30.0, 4.0)
    two.cursor = 33.0
    assert one.cursor == 33.0
    one.unlink()
    one.window = (0.0, 4.0)
    assert two.window == (30.0, 4.0)


def test_no_display_is_said_before_qt_aborts():
    with pytest.raises(LoupeRenderError, match="no display"):
        require_display({}, "linux")
    require_display({"DISPLAY": ":0"}, "linux")
    require_display({}, "darwin")


def test_windows_come_and_go_without_leftovers(open_it):
    light = make_session(plots=(TraceConfig(signal(2)),), events=None)
    cycles = 200 if SOAK else 6
    seen = []
    threads = threading.active_count()
    for _ in range(cycles):
        window = open_it(light)
        window.store.dispatch(c.Select(Span(1.0, 2.0)))
        window.store.dispatch(c.Paint("Wake"))
        seen.append(weakref.ref(window))
        window.close(keep_unsaved=False)
        del window
    from PySide6.QtCore import QCoreApplication, QEvent

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    assert threading.active_count() <= threads + 1
    alive = sum(ref() is not None for ref in seen)
    assert alive <= 1, f"{alive} of {cycles} closed windows are still there"


def test_a_script_may_allow_the_network():
    recording = TraceConfig.from_path("http://127.0.0.1:9/a.zarr")
    for allowed, words in ((False, "only local files"), (True, "")):
        handle = loupe.view(recording, block=False, allow_remote=allowed)
        try:
            handle._window.settle(20_000)
            (row,) = handle._window.desk.scene.rows
            assert words in row.content.message
            assert ("only local files" in row.content.message) is not allowed
        finally:
            handle.close()
