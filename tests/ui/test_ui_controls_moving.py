"""Every control that moves in time: keys, wheel, drags, overview, fields, menus."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider
from ui_acts import ALT, CTRL, NONE, SHIFT, at, choose, click, drag, press, wheel
from ui_sessions import make_session, signal
from ui_shared import shared_window

from loupe.app import commands as c
from loupe.session.labels import LabelsConfig
from loupe.session.plots.trace import TraceConfig
from loupe.session.view import ViewSettings
from loupe.units import Span

KEY = Qt.Key


def usual():
    """Two stacked rows over 120 s, 10 s of them shown from 40 s on."""
    return make_session(
        plots=(TraceConfig(signal(2), id="stacked"),),
        view=ViewSettings(start=40.0, window=10.0),
        labels=(LabelsConfig(path="moving.csv"),),
    )


shared, first = shared_window(usual)


@pytest.fixture
def window(first):
    """The cursor stands at 45 s."""
    first.store.dispatch(c.SetCursor(45.0))
    first.settle()
    return first


def start(window):
    return window.state.window.start


def test_pages_half_pages_and_scrolling(window):
    expected = 40.0
    for key, mods, step in (
        ("]", NONE, 10),
        ("[", NONE, -10),
        (KEY.Key_PageDown, NONE, 10),
        (KEY.Key_PageUp, NONE, -10),
        (KEY.Key_PageDown, SHIFT, 5),
        (KEY.Key_PageUp, SHIFT, -5),
        (KEY.Key_Right, SHIFT, 1),
        (KEY.Key_Left, SHIFT, -1),
    ):
        press(window, key, mods)
        expected += step
        assert start(window) == pytest.approx(expected), (key, mods)
        assert window.state.cursor - start(window) == pytest.approx(5.0), "it keeps its place"
    for name, step in (("view.page_right", 10), ("view.page_left", -10)):
        choose(window, name)
        expected += step
        assert start(window) == pytest.approx(expected)
    press(window, "[", NONE)
    for _ in range(5):
        press(window, "[", NONE)
    assert start(window) == 0.0, "there is nothing before the start"


def test_the_cursor_by_keys(window):
    press(window, KEY.Key_Right, CTRL)
    assert window.state.cursor == pytest.approx(45.2)
    press(window, KEY.Key_Left, CTRL)
    press(window, KEY.Key_Left, CTRL)
    assert window.state.cursor == pytest.approx(44.8)
    assert start(window) == 40.0


def test_ends_and_the_whole_recording(window):
    press(window, KEY.Key_Home)
    assert (start(window), window.state.cursor) == (0.0, 0.0)
    press(window, KEY.Key_End)
    assert window.state.window.stop == pytest.approx(window.state.extent.stop)
    press(window, KEY.Key_Home, SHIFT)
    assert window.state.window.length == pytest.approx(window.state.extent.length)


def test_back_and_forward_through_views(window):
    press(window, KEY.Key_End)
    end = start(window)
    press(window, KEY.Key_Left, ALT)
    assert start(window) == 40.0
    press(window, KEY.Key_Right, ALT)
    assert start(window) == end


def test_zoom_keys_keep_the_cursor_in_place(window):
    window.store.dispatch(c.SetCursor(42.0))
    press(window, "+")
    assert window.state.window.length == 5.0
    assert start(window) == pytest.approx(41.0)
    press(window, "=")
    press(window, "-")
    press(window, "-")
    assert (start(window), window.state.window.length) == pytest.approx((40.0, 10.0))


def test_wheel_over_plots_axis_and_row_names(window):
    point = at(window, 45.0)
    wheel(window, point, 1, CTRL | SHIFT | ALT)
    assert window.state.window.length == pytest.approx(8.0), "zooms about the cursor"
    wheel(window, point, -1, CTRL | SHIFT | ALT)
    assert window.state.window.length == pytest.approx(10.0)
    layout = window.core.presenter.layout
    axis = QPoint(round(layout.area.x + layout.grid.x(42.0)), layout.axis.y + layout.axis.h // 2)
    wheel(window, axis, 1)
    assert window.state.window.length == pytest.approx(8.0)
    assert start(window) + 0.2 * 8.0 == pytest.approx(42.0, abs=0.05), "about the pointer"
    assert window.state.cursor == 45.0


def test_the_wheel_pages_up_forward(window):
    wheel(window, at(window, 45.0), 1)
    assert start(window) == 50.0
    wheel(window, at(window, 55.0), -2)
    assert start(window) == 30.0
    wheel(window, at(window, 35.0), 1, SHIFT)
    assert start(window) == pytest.approx(31.0), "a tenth of the window"


def test_the_wheel_moves_the_cursor_inside_the_window(window):
    point = at(window, 45.0)
    wheel(window, point, 2, CTRL)
    assert window.state.cursor == pytest.approx(45.4)
    for _ in range(20):
        wheel(window, point, -3, CTRL)
    assert window.state.cursor == 40.0
    assert start(window) == 40.0


def test_two_fingers_scroll(window, monkeypatch):
    # X11 makes up pixels for wheels, so there they are not believed; here they are real.
    monkeypatch.setattr(QGuiApplication, "platformName", staticmethod(lambda: "wayland"))
    canvas = window.widget.canvas
    point = QPointF(at(window, 45.0))
    event = QWheelEvent(
        point, QPointF(canvas.mapToGlobal(point.toPoint())), QPoint(-60, 0), QPoint(-60, 0),
        Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.ScrollUpdate, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)
    window.settle()
    moved = 60 * window.core.presenter.layout.grid.dt
    assert start(window) == pytest.approx(40.0 + moved, abs=1e-6)


def test_the_axis_is_dragged_and_clicked(window):
    layout = window.core.presenter.layout
    y = layout.axis.y + layout.axis.h // 2
    a = QPoint(round(layout.area.x + layout.grid.x(46.0)), y)
    b = QPoint(round(layout.area.x + layout.grid.x(44.0)), y)
    click(window, a)
    assert window.state.cursor == pytest.approx(46.0, abs=0.02)
    drag(window, a, b)
    assert start(window) == pytest.approx(42.0, abs=0.05)


def test_shift_drag_shows_the_stretch_and_selects_nothing(window):
    drag(window, at(window, 42.0), at(window, 47.0), SHIFT)
    assert (start(window), window.state.window.length) == pytest.approx((42.0, 5.0), abs=0.05)
    assert window.state.selection is None


def test_window_length_field_keeps_the_left_edge(window):
    field = window.widget.topbar._length
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "25")
    QTest.keyClick(field, KEY.Key_Return)
    window.settle()
    assert (start(window), window.state.window.length) == (40.0, 25.0)
    field.setFocus()
    QTest.keyClick(field, KEY.Key_Up)
    QTest.keyClick(field, KEY.Key_Escape)
    window.settle()
    assert window.state.window.length > 25.0
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "100000")
    QTest.keyClick(field, KEY.Key_Return)
    window.settle()
    assert window.state.window.length <= window.state.extent.length, "at most the recording"


def test_transport_buttons(window):
    bar = window.widget.topbar
    QTest.mouseClick(bar._next, Qt.MouseButton.LeftButton)
    window.settle()
    assert start(window) == 50.0
    QTest.mouseClick(bar._previous, Qt.MouseButton.LeftButton)
    window.settle()
    assert start(window) == 40.0


@pytest.mark.parametrize(("typed", "cursor"), [("75", 75.0), ("0:01:05.5", 65.5), ("#2", 82.5)])
def test_go_to_a_time_a_clock_or_a_label(window, typed, cursor):
    for first in (20.0, 80.0):
        window.store.dispatch(c.Select(Span(first, first + 5.0)))
        window.store.dispatch(c.Paint("Wake"))
    press(window, "t", CTRL | SHIFT)
    QTest.keyClicks(window.widget.topbar._go_to, typed)
    QTest.keyClick(window.widget.topbar._go_to, KEY.Key_Return)
    window.settle()
    assert window.state.cursor == pytest.approx(cursor)
    assert start(window) == pytest.approx(cursor - 5.0)


def test_overview_jumps_drags_pages_and_zooms(window):
    panel = window.widget.overview
    middle = panel.height() // 2

    def point(t):
        return QPoint(round(panel._place().x(t)), middle)

    QTest.mouseClick(panel, Qt.MouseButton.LeftButton, NONE, point(80.0))
    window.settle()
    assert window.state.cursor == pytest.approx(80.0, abs=0.3)
    assert start(window) == pytest.approx(75.0, abs=0.3)
    drag(window, point(80.0), point(30.0), widget=panel)
    assert start(window) == pytest.approx(25.0, abs=0.5)
    before = start(window)
    wheel(window, QPoint(40, middle), 1, widget=panel)
    assert start(window) == pytest.approx(before + 10.0)
    whole = panel._place().shown
    press(window, "z")
    near = panel._place().shown
    assert near.length < whole.length
    assert near.start < start(window)
    press(window, "z")
    assert panel._place().shown == whole


def test_scroll_speed_dialog(window):
    choose(window, "view.scroll_speed")
    dialog = window.requests.dialog("smooth_scroll_speed")
    (field,) = dialog._fields.values()
    field.selectAll()
    QTest.keyClicks(field, "0.25")
    QTest.keyClick(field, KEY.Key_Return)
    assert window.state.view.smooth_scroll_speed == 0.25
    slider = dialog.findChild(QSlider)
    slider.setFocus()
    QTest.keyClick(slider, KEY.Key_Home)
    assert window.state.view.smooth_scroll_speed == 0.001
    dialog.close()


def test_a_pinch_zooms_about_the_fingers(window):
    canvas = window.widget.canvas
    point = QPointF(at(window, 42.0))
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        point,
        point,
        QPointF(canvas.mapToGlobal(point.toPoint())),
        0.25,
        QPointF(),
    )
    QApplication.sendEvent(canvas, event)
    window.settle()
    assert window.state.window.length == pytest.approx(8.0)
    assert start(window) + 0.2 * 8.0 == pytest.approx(42.0, abs=0.05)
