"""The window as a person uses it: keys, wheel, drags, fields; what is drawn and how often."""

import itertools

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from ui_acts import ALT, CTRL, LEFT, NONE, SHIFT, at, click, drag, press, wait_for, wheel
from ui_sessions import make_session

from loupe.app import commands as c
from loupe.app.commands import UiRequest
from loupe.errors import LoupeRenderError
from loupe.session.view import ViewSettings
from loupe.ui import core
from loupe.ui.panels.errors import Fault
from loupe.ui.text import text_rect
from loupe.units import Span
from loupe.work import Priority


def test_free_memory_goes_back_while_nothing_moves(open_it, monkeypatch):
    returned, opened = [], []

    def playing():
        return any(window.state.playback.playing for window in opened)

    monkeypatch.setattr(core, "REST_MS", 10)
    monkeypatch.setattr(core, "AGAIN_MS", 10)
    monkeypatch.setattr(core, "return_free_pages", lambda: returned.append(playing()))
    window = open_it()
    opened.append(window)
    assert wait_for(lambda: len(returned) >= 2)
    window.store.dispatch(c.TogglePlay())
    before = len(returned)
    assert wait_for(lambda: window.state.cursor > 0.1)
    assert playing()
    assert len(returned) == before
    window.store.dispatch(c.TogglePlay())
    assert wait_for(lambda: len(returned) > before)
    assert not any(returned)
    window.close(keep_unsaved=False)
    before = len(returned)
    QTest.qWait(100)
    assert len(returned) == before


def test_a_window_opens_and_draws_every_row(open_it):
    window = open_it()
    canvas = window.widget.canvas
    assert canvas.failure is None
    assert canvas.counts["gl_frames"] >= 1
    image = canvas.grabFramebuffer()
    layout = window.core.presenter.layout
    background = window.desk.look.theme.background
    for box in layout.visible:
        colors = {
            image.pixel(x, box.rect.y + box.rect.h // 2)
            for x in range(layout.area.x + 5, layout.area.right - 5, 3)
        }
        assert len(colors) > 1, f"row {box.row_id} is empty"
    corner = image.pixelColor(2, 2)
    assert (corner.red(), corner.green(), corner.blue()) == background[:3]


@pytest.mark.parametrize(
    ("key", "mods", "start"),
    [
        (Qt.Key.Key_BracketRight, NONE, 10.0),
        (Qt.Key.Key_PageDown, NONE, 10.0),
        (Qt.Key.Key_PageDown, SHIFT, 5.0),
        (Qt.Key.Key_End, NONE, 109.995),
    ],
)
def test_keys_page(open_it, key, mods, start):
    window = open_it()
    press(window, key, mods)
    assert window.state.window.start == pytest.approx(start, abs=0.01)
    assert window.state.window.length == 10.0


def test_wheel_pages_scrolls_moves_the_cursor_and_gains(open_it):
    window = open_it()
    point = at(window, 5.0, "stacked")
    wheel(window, point, 1)
    assert window.state.window.start == pytest.approx(10.0)
    wheel(window, point, -1, SHIFT)
    assert window.state.window.start == pytest.approx(9.0)
    before = window.state.cursor
    wheel(window, point, 1, CTRL)
    assert window.state.cursor == pytest.approx(before + 0.2)
    wheel(window, point, 1, ALT)
    dense = next(r.id for r in window.desk.rows("dense"))
    assert window.state.overrides.row(dense).gain == pytest.approx(1.2)
    stacked = window.desk.rows("trace")[0].id
    wheel(window, point, 1, CTRL | SHIFT)
    assert window.state.overrides.row(stacked).y_zoom == pytest.approx(0.85)


def test_a_click_places_the_cursor_and_a_drag_selects(open_it):
    window = open_it()
    click(window, at(window, 3.0))
    assert window.state.cursor == pytest.approx(3.0, abs=0.02)
    drag(window, at(window, 2.0), at(window, 6.0))
    assert window.state.selection.start == pytest.approx(2.0, abs=0.02)
    assert window.state.selection.stop == pytest.approx(6.0, abs=0.02)
    assert "press a state key" in window.widget.status.offer
    drag(window, at(window, 6.0, "heat"), at(window, 7.0, "heat"))
    assert window.state.selection.stop == pytest.approx(7.0, abs=0.02), "edges move on any plot"
    press(window, Qt.Key.Key_Escape)
    assert window.state.selection is None


def test_shift_drag_zooms_and_alt_left_goes_back(open_it):
    window = open_it()
    drag(window, at(window, 2.0), at(window, 4.0), SHIFT)
    assert window.state.window.length == pytest.approx(2.0, abs=0.05)
    press(window, Qt.Key.Key_Left, ALT)
    assert window.state.window.length == 10.0


def rest(window):
    """Wait until nothing is made or drawn any more: tiles have margins, neighbours are there."""
    quiet, seen = 0, None
    while quiet < 8:
        QTest.qWait(100)
        window.settle()
        counts = window.core.presenter.counts
        now = (counts.jobs, counts.stale, window.widget.canvas.counts["gl_frames"])
        quiet, seen = (quiet + 1 if now == seen else 0), now


def test_a_moving_cursor_draws_no_plot(open_it):
    window = open_it()
    canvas = window.widget.canvas
    rest(window)
    before = canvas.counts["gl_frames"]
    for t in (2.0, 2.5, 3.0, 3.5):
        click(window, at(window, t))
    assert canvas.counts["gl_frames"] == before
    assert canvas.frame.cursor is not None


def test_a_page_is_drawn_once(open_it, monkeypatch):
    window = open_it()
    canvas = window.widget.canvas
    rest(window)
    before = canvas.counts["gl_frames"]
    press(window, Qt.Key.Key_BracketRight)
    assert canvas.counts["gl_frames"] - before <= 2
    rest(window)
    wanted = []
    submit = window.core.presenter._submit
    monkeypatch.setattr(
        window.core.presenter, "_submit", lambda job, p: (wanted.append(p), submit(job, p))
    )
    before = canvas.counts["gl_frames"]
    wheel(window, at(window, 15.0), 1, SHIFT)
    QTest.qWait(20)
    assert canvas.counts["gl_frames"] - before == 1, "a pan is one repaint"
    assert Priority.VISIBLE not in wanted, "a pan waits for no tile"


def test_fields_of_the_top_bar(open_it):
    window = open_it()
    bar = window.widget.topbar
    field = bar.findChild(type(bar._length))
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "25")
    QTest.keyClick(field, Qt.Key.Key_Return)
    window.settle()
    assert window.state.window.length == pytest.approx(25.0)
    assert QApplication.focusWidget() is window.widget.canvas, "Enter gives the keys back"
    press(window, "t", CTRL | SHIFT)
    assert QApplication.focusWidget() is bar._go_to
    QTest.keyClicks(bar._go_to, "1:00")
    QTest.keyClick(bar._go_to, Qt.Key.Key_Return)
    window.settle()
    assert window.state.cursor == pytest.approx(60.0)
    bar._go_to.setFocus()
    QTest.keyClicks(bar._go_to, "noon")
    QTest.keyClick(bar._go_to, Qt.Key.Key_Return)
    window.settle()
    assert "not a time" in window.widget.status.offer


def test_letters_typed_in_a_field_are_not_commands(open_it):
    window = open_it()
    drag(window, at(window, 2.0), at(window, 6.0))
    bar = window.widget.topbar
    bar._go_to.setFocus()
    QTest.keyClicks(bar._go_to, "w")
    window.settle()
    assert len(window.desk.track.table) == 0
    assert bar._go_to.text() == "w"


def test_overview_jumps_and_drags(open_it):
    window = open_it()
    panel = window.widget.overview
    place = panel._place()
    middle = panel.height() // 2
    QTest.mouseClick(panel, Qt.MouseButton.LeftButton, NONE, QPoint(round(place.x(60.0)), middle))
    window.settle()
    assert window.state.window.start == pytest.approx(55.0, abs=0.5)
    start = QPoint(round(place.x(60.0)), middle)
    drag(window, start, QPoint(round(place.x(90.0)), middle), widget=panel)
    assert window.state.window.start == pytest.approx(85.0, abs=0.6)


def test_a_frame_that_is_held_still_in_the_zoomed_overview_stands_still(open_it):
    window = open_it()
    press(window, "z")
    window.store.dispatch(c.SetWindow(40.0, 10.0))
    window.settle()
    panel = window.widget.overview
    place, middle = panel._place(), panel.height() // 2
    QTest.mousePress(panel, LEFT, NONE, QPoint(round(place.x(45.0)), middle))
    starts = []
    for jitter in (0, 1, 0, 1, 0):
        point = QPoint(round(place.x(55.0)), middle + jitter)
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(point),
            QPointF(point),
            Qt.MouseButton.NoButton,
            LEFT,
            NONE,
        )
        QApplication.sendEvent(panel, event)
        window.settle()
        starts.append(window.state.window.start)
    QTest.mouseRelease(panel, LEFT, NONE, point)
    assert starts == pytest.approx([50.0] * 5, abs=0.5)


def test_the_same_answer_is_given_again(open_it):
    window = open_it()
    window.store.dispatch(c.Select(Span(1.0, 3.0)))
    window.store.dispatch(c.Paint("Wake"))
    window.store.dispatch(c.SetCursor(9.0))
    asks = (
        lambda: press(window, "s", CTRL),
        lambda: window.desk.run(c.JumpLabel(1)),
        lambda: window.core.say("saved"),
    )
    for number, ask in enumerate(asks):
        ask()
        window.settle()
        told = window.widget.status.offer
        assert told
        window.store.dispatch(c.Select(Span(5.0, 6.0 + number)))
        window.settle()
        assert window.widget.status.offer != told
        ask()
        window.settle()
        assert window.widget.status.offer == told
    assert window.core.edit_cell(0, "state", "Wake") == "", "nothing was refused"


def test_a_failure_of_the_plots_is_told_once_and_ends(open_it, monkeypatch):
    window = open_it()
    canvas, panel = window.widget.canvas, window.widget.errors

    def too_large(_):
        raise LoupeRenderError("a picture is larger than a texture")

    with monkeypatch.context() as broken:
        broken.setattr(canvas._renderer, "apply", too_large)
        window.store.dispatch(c.SetWindow(20.0, 10.0))
        window.settle()
        QTest.qWait(50)
        window.store.dispatch(c.SetWindow(30.0, 10.0))
        window.settle()
        (fault,) = panel.faults
        assert fault.where == "plots"
    window.store.dispatch(c.SetWindow(40.0, 10.0))
    window.settle()
    QTest.qWait(50)
    assert canvas.failure is None
    panel.dismiss()
    window.store.dispatch(c.SetWindow(50.0, 10.0))
    window.settle()
    assert panel.faults == ()


def test_a_letter_pressed_in_the_table_opens_no_cell(open_it):
    window = open_it()
    window.store.dispatch(c.Select(Span(1.0, 3.0)))
    window.store.dispatch(c.Paint("Wake"))
    window.settle()
    view = window.widget.labels._view
    view.setFocus()
    view.setCurrentIndex(view.model().index(0, 2))
    free = next(k for k in "kxqj" if not any(k in a.keys for a in window.desk.actions))
    press(window, free)
    assert view.state() != view.State.EditingState
    press(window, Qt.Key.Key_F2)
    assert view.state() == view.State.EditingState
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)


def test_what_is_marked_in_the_palette_has_a_name(open_it):
    window = open_it()
    QAccessible.setActive(True)
    try:
        window.store.dispatch(c.UiRequest("palette"))
        palette = window.requests.dialog("palette")
        QTest.keyClicks(palette._field, "undo")
        heard = QAccessible.queryAccessibleInterface(palette._list).child(0)
        assert heard.text(QAccessible.Text.Name).startswith("Undo, Edit, Ctrl+Z, ")
        palette.close()
        window.add_fault(Fault("row", "cannot be read"))
        window.settle()
    finally:
        QAccessible.setActive(False)


def test_parts_can_be_hidden(open_it):
    window = open_it()
    press(window, "h")
    assert not window.widget.overview.isVisible()
    press(window, "b", CTRL)
    assert not window.widget.right.isVisible()
    press(window, "h")
    assert window.widget.overview.isVisible()


def test_theme_and_text_size_change_live(open_it):
    window = open_it()
    dark = window.widget.canvas.grabFramebuffer().pixelColor(2, 2).lightness()
    entry = window.core.menus.entry("view.theme_light")
    entry.trigger()
    window.settle()
    QTest.qWait(50)
    light = window.widget.canvas.grabFramebuffer().pixelColor(2, 2).lightness()
    assert dark < 60 < 200 < light
    press(window, Qt.Key.Key_Equal, CTRL)
    assert window.desk.look.font_scale == pytest.approx(1.1)


def test_every_request_of_the_table_is_served(open_it):
    window = open_it()
    asked = {a.command.name for a in window.desk.actions if isinstance(a.command, UiRequest)}
    assert asked <= window.requests.names


def test_a_row_that_cannot_be_opened_is_named_and_the_rest_works(open_it, tmp_path):
    from ui_sessions import make_session

    from loupe.session.plots.trace import TraceConfig

    session = make_session()
    broken = TraceConfig({"path": str(tmp_path / "none.zarr")}, title="broken")
    window = open_it(session.model_copy(update={"plots": (broken, *session.plots)}))
    faults = window.widget.errors.faults
    assert [fault.where for fault in faults] == ["broken"]
    assert window.widget.errors.isVisible()
    press(window, Qt.Key.Key_BracketRight)
    assert window.state.window.start == 10.0


@pytest.mark.parametrize("font_scale", [1.0, 1.6])
def test_no_time_of_the_axis_runs_under_another(open_it, font_scale):
    window = open_it(make_session(view=ViewSettings(window=10.0, font_scale=font_scale)))
    hidden = set()
    for step in range(41):
        window.store.dispatch(c.SetCursor(step / 4))
        runs = [t for t in window.core.presenter.frame.texts if t.area == "axis"]
        boxes = [text_rect(run, window.desk.look, 1.0) for run in runs]
        for one, two in itertools.combinations(boxes, 2):
            assert not one.intersects(two), (step, one, two)
        hidden.add(len(runs))
    assert len(hidden) > 1, "ticks come back when the cursor has passed"


@pytest.mark.parametrize("font_scale", [0.8, 1.0, 1.5, 2.2])
def test_no_text_of_the_gutters_runs_into_another_or_out(open_it, font_scale):
    view = ViewSettings(window=10.0, font_scale=font_scale)
    window = open_it(make_session(view=view))
    window.widget.resize(1200, 1000)
    window.settle()
    frame, look = window.core.presenter.frame, window.desk.look
    area = window.core.presenter.layout.area
    runs = [t for t in frame.texts if t.area in ("left", "right")]
    boxes = [text_rect(run, look, 1.0).adjusted(1, 1, -1, -1) for run in runs]
    assert len(boxes) > 8
    for (one, a), (two, b) in itertools.combinations(zip(runs, boxes, strict=True), 2):
        assert not a.intersects(b), (one.text, two.text)
    for run, box in zip(runs, boxes, strict=True):
        assert box.left() >= 0, run.text
        assert box.right() <= (area.x if run.area == "left" else frame.size[0]), run.text
