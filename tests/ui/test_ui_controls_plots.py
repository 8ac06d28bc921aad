"""Every control of rows and plots: Y, gain, heights, order, dialogs, markers, events."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QSlider
from ui_acts import ALT, CTRL, LEFT, NONE, SHIFT, at, choose, drag, move, press, wheel
from ui_sessions import events, make_session, signal
from ui_shared import shared_window

from loupe.app import commands as c
from loupe.session.markers import SampleMarkers
from loupe.session.plots.heatmap import HeatmapConfig
from loupe.session.plots.raster import RasterConfig
from loupe.session.plots.trace import TraceConfig

KEY = Qt.Key


def usual():
    """Two dense rows, one of them with markers, a stacked, a heatmap and a raster row; events."""
    data = signal(8)
    peaks = SampleMarkers("o", "#ff0000", data > 0.99, id="peaks")
    return make_session(
        plots=(
            TraceConfig(data, mode="dense", id="dense", traces_per_page=4, sample_markers=(peaks,)),
            TraceConfig(signal(3), mode="dense", id="more"),
            TraceConfig(signal(2), id="stacked"),
            HeatmapConfig(signal(5), id="heat"),
            RasterConfig(events(), time_col="time", order_by="unit", id="units"),
        )
    )


shared, window = shared_window(usual)


def row(window, kind, index=0):
    return window.desk.rows(kind)[index].id


def override(window, row_id):
    return window.state.overrides.row(row_id)


def hover(window, name):
    """Put the pointer over a row, so that keys act on it."""
    move(window, at(window, 5.0, name))
    assert window.state.focused_row.startswith(name)


def order(window):
    return [r.id for r in window.core.presenter.rows]


def typed(field, text):
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, KEY.Key_Return)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("dense", "dense"), ("stacked", "trace"), ("heat", "heatmap"), ("units", "raster")],
)
def test_y_zoom_keys_act_on_the_hovered_plot(window, name, kind):
    hover(window, name)
    focused = window.state.focused_row
    press(window, "1", CTRL)
    assert override(window, focused).y_zoom == pytest.approx(0.9)
    press(window, "2", CTRL)
    assert override(window, focused).y_zoom == pytest.approx(0.99)
    press(window, "0", CTRL)
    assert override(window, focused).y_zoom in (None, 1.0)
    choose(window, "plot.y_zoom_in")
    choose(window, "plot.y_zoom_out")
    choose(window, "plot.y_reset")


def test_ctrl_shift_wheel_scales_the_hovered_or_all_selected_rows(window):
    one, two = row(window, "trace"), row(window, "trace", 1)
    point = at(window, 5.0, one)
    wheel(window, point, 1, CTRL | SHIFT)
    assert override(window, one).y_zoom == pytest.approx(0.85)
    assert override(window, two).y_zoom in (None, 1.0)
    drag(window, at(window, 3.0, one), at(window, 4.0, two), CTRL)
    assert window.state.selected_rows == {one, two}
    wheel(window, at(window, 5.0, two), -0.5, CTRL | SHIFT)
    assert override(window, two).y_zoom == pytest.approx(0.85**-0.5), "parts of a notch count"
    assert override(window, one).y_zoom == pytest.approx(0.85**0.5)
    heat = row(window, "heatmap")
    wheel(window, at(window, 5.0, heat), 1, CTRL | SHIFT)
    assert override(window, heat).y_zoom in (None, 1.0), "heatmaps have no such scale"


def test_rows_are_selected_by_ctrl_click_and_escape(window):
    one = row(window, "trace")
    QTest.mouseClick(window.widget.canvas, LEFT, CTRL, at(window, 5.0, one))
    assert window.state.selected_rows == {one}
    QTest.mouseClick(window.widget.canvas, LEFT, CTRL, at(window, 5.0, one))
    assert window.state.selected_rows == frozenset(), "the same one again lets go"
    QTest.mouseClick(window.widget.canvas, LEFT, CTRL, at(window, 5.0, one))
    press(window, KEY.Key_Escape)
    assert window.state.selected_rows == frozenset()


def test_gain_of_all_and_of_one_dense_plot(window):
    dense, more = row(window, "dense"), row(window, "dense", 1)
    point = at(window, 5.0, dense)
    wheel(window, point, 1, ALT)
    assert override(window, dense).gain == pytest.approx(1.2)
    assert override(window, more).gain == pytest.approx(1.2)
    wheel(window, point, -1, CTRL | ALT)
    assert override(window, dense).gain == pytest.approx(1.0)
    assert override(window, more).gain == pytest.approx(1.2)
    press(window, KEY.Key_Up, ALT)
    press(window, KEY.Key_Down, ALT)
    choose(window, "plot.gain_up")
    choose(window, "plot.gain_down")
    assert override(window, more).gain == pytest.approx(1.2)


def test_dense_pages_scroll_by_wheel_keys_and_scrollbar(window):
    dense = row(window, "dense")
    first = override(window, dense).first
    wheel(window, at(window, 5.0, dense), 1, ALT | SHIFT)
    up = override(window, dense).first
    assert abs(up - first) == 3
    wheel(window, at(window, 5.0, dense), -1, ALT | SHIFT)
    press(window, KEY.Key_Up, ALT | SHIFT)
    assert override(window, dense).first == up
    press(window, KEY.Key_Down, ALT | SHIFT)
    choose(window, "plot.dense_up")
    choose(window, "plot.dense_down")
    assert override(window, dense).first == first
    from loupe.scene.scrollbars import dense_bar

    layout = window.core.presenter.layout
    box = next(b for b in layout.visible if b.row_id == dense)
    bar = dense_bar(layout, box, 8, first, 4)
    start = QPoint(bar.thumb.x + bar.thumb.w // 2, bar.thumb.y + bar.thumb.h // 2)
    drag(window, start, QPoint(start.x(), start.y() - box.rect.h // 2))
    drag(window, start, QPoint(start.x(), start.y() + box.rect.h // 2))
    assert 0 <= override(window, dense).first <= 4


def test_heights_of_the_hovered_row(window):
    hover(window, "stacked")
    focused = window.state.focused_row

    def height():
        return next(b.rect.h for b in window.core.presenter.layout.rows if b.row_id == focused)

    before = height()
    press(window, ",", CTRL | SHIFT)
    assert override(window, focused).height == pytest.approx(1.1)
    assert height() > before
    press(window, ".", CTRL | SHIFT)
    assert override(window, focused).height == pytest.approx(0.99)
    press(window, "0", CTRL | SHIFT)
    assert override(window, focused).height in (None, 1.0)
    for name in ("plot.taller", "plot.lower", "plot.natural_height"):
        choose(window, name)
    press(window, ",", CTRL | SHIFT)
    choose(window, "plot.reset_heights")
    assert override(window, focused).height in (None, 1.0)


def test_rows_are_focused_by_keys_hidden_marked_and_shown(window):
    first = order(window)[0]
    window.store.dispatch(c.FocusRow(first))
    press(window, KEY.Key_Down)
    assert window.state.focused_row == order(window)[1]
    press(window, KEY.Key_Up)
    assert window.state.focused_row == first
    press(window, "b", CTRL | SHIFT)
    assert override(window, first).bad
    press(window, "b", CTRL | SHIFT)
    press(window, KEY.Key_Delete, CTRL)
    assert first not in order(window)
    choose(window, "plot.show_all")
    assert first in order(window)
    window.store.dispatch(c.MoveRow(first, 2))
    choose(window, "plot.reset_order")
    assert order(window)[0] == first


def test_control_board_orders_sizes_and_hides(window):
    press(window, "h", CTRL)
    board = window.requests.dialog("subplots")
    first, second = order(window)[:2]
    board._table.verticalHeader().moveSection(0, 1)
    window.settle()
    assert order(window)[:2] == [second, first]
    typed(board._table.cellWidget(0, 1), "2.5")
    assert 2.5 in (override(window, first).height, override(window, second).height)
    box = board._table.cellWidget(0, 2)
    box.setFocus()
    QTest.keyClick(box, KEY.Key_Space)
    window.settle()
    assert len(order(window)) == len(window.desk.rows()) - 1
    for text in ("Show all", "Reset heights", "Reset order"):
        button = next(b for b in board.findChildren(QPushButton) if b.text() == text)
        QTest.mouseClick(button, LEFT)
    window.settle()
    assert order(window)[:2] == [first, second]
    assert len(order(window)) == len(window.desk.rows())
    assert override(window, first).height in (None, 1.0)


def test_y_axis_dialog_sets_a_range_and_follows_the_data(window):
    press(window, "d", CTRL)
    dialog = window.requests.dialog("y_axis_controls")
    stacked = row(window, "trace")
    dialog._row.choose(stacked)
    typed(dialog._low, "-4")
    typed(dialog._high, "4")
    assert override(window, stacked).y_range == (-4.0, 4.0)
    QTest.mouseClick(dialog._auto, LEFT, NONE, QPoint(8, dialog._auto.height() // 2))
    assert override(window, stacked).y_auto is True
    choose(window, "plot.fixed_scale")
    assert not window.state.view.fixed_scale


def test_dense_dialog(window):
    press(window, "g", CTRL)
    dialog = window.requests.dialog("dense_controls")
    dense = row(window, "dense")
    dialog._row.choose(dense)
    typed(dialog._gain, "3")
    typed(dialog._step, "2")
    typed(dialog._page, "2")
    own = override(window, dense)
    assert (own.gain, own.step, own.traces_per_page) == (3.0, 2, 2)
    slider = dialog.findChild(QSlider)
    slider.setFocus()
    QTest.keyClick(slider, KEY.Key_Right)
    assert override(window, dense).gain > 3.0


def test_heatmap_dialog(window):
    press(window, "h", CTRL | SHIFT)
    dialog = window.requests.dialog("heatmap_controls")
    heat = row(window, "heatmap")
    typed(dialog._low, "-0.5")
    typed(dialog._high, "0.5")
    dialog._cmap.setFocus()
    dialog._cmap.lineEdit().selectAll() if dialog._cmap.isEditable() else None
    QTest.keyClicks(dialog._cmap, "viridis")
    QTest.keyClick(dialog._cmap, KEY.Key_Return)
    QTest.mouseClick(dialog._mean, LEFT, NONE, QPoint(8, dialog._mean.height() // 2))
    own = override(window, heat)
    assert (own.vmin, own.vmax, own.cmap, own.method) == (-0.5, 0.5, "viridis", "mean")
    assert dialog._low.text() == "\N{MINUS SIGN}0.5000"
    dialog._low.lineEdit().setText("\N{MINUS SIGN}0.25")
    QTest.keyClick(dialog._low.lineEdit(), KEY.Key_Return)
    assert override(window, heat).vmin == -0.25, "either sign is read"
    line = dialog._cmap.lineEdit()
    for text, cmap in (("cool", "cool"), ("no such map", "cool")):
        line.selectAll()
        QTest.keyClicks(line, text)
        QTest.keyClick(line, KEY.Key_Return)
        assert override(window, heat).cmap == cmap, "any colormap that there is can be typed"
    assert line.text() == "cool"
    assert "no such map" in window.state.note


def test_raster_dialog_and_sizes(window):
    choose(window, "plot.raster_controls")
    fields = window.requests.dialog("raster_controls")._fields
    typed(fields["raster_brightness"], "2")
    typed(fields["event_height"], "0.4")
    typed(fields["event_thickness"], "3")
    view = window.state.view
    assert (view.raster_brightness, view.event_height, view.event_thickness) == (2.0, 0.4, 3.0)


def test_proportional_and_compact_sizes(window):
    for name, flag in (
        ("plot.proportional_rasters", "proportional_rasters"),
        ("plot.compact_rasters", "compact_rasters"),
        ("plot.proportional_heatmaps", "proportional_heatmaps"),
        ("plot.compact_heatmaps", "compact_heatmaps"),
    ):
        before = getattr(window.state.view, flag)
        choose(window, name)
        assert getattr(window.state.view, flag) is not before
    before = window.state.view.proportional_rasters
    press(window, "r", CTRL | SHIFT)
    assert window.state.view.proportional_rasters is not before


def test_marker_properties(window):
    choose(window, "plot.marker_properties")
    dialog = window.requests.dialog("marker_properties")
    symbol, _, size, opacity = dialog._lines[0]
    symbol.setFocus()
    QTest.keyClicks(symbol, "vline")
    typed(size, "5")
    typed(opacity, "90")
    (name,) = window.state.facts.markers
    look = window.state.overrides.markers[name]
    assert (look.symbol, look.size, look.color.a) == ("vline", 5.0, 90)


def test_event_styles(window):
    choose(window, "plot.event_style")
    dialog = window.requests.dialog("event_style")
    _, style, width, opacity = dialog._lines[0]
    style.setFocus()
    QTest.keyClicks(style, "dotted")
    typed(width, "3")
    typed(opacity, "120")
    look = window.state.overrides.events[window.desk.scene.events[0].name]
    assert (look.style, look.width, look.color.a) == ("dotted", 3.0, 120)


def test_dialogs_are_not_modal_and_open_from_menus(window):
    for action, name in (
        ("plot.subplots", "subplots"),
        ("plot.y_axis", "y_axis_controls"),
        ("plot.dense_controls", "dense_controls"),
        ("plot.heatmap_controls", "heatmap_controls"),
    ):
        choose(window, action)
        dialog = window.requests.dialog(name)
        assert not dialog.isModal()
        dialog.close()


def test_rows_scroll_by_wheel_over_their_names(window):
    for row_id in order(window):
        window.store.dispatch(c.SetHeight(row_id, 4.0))
    window.settle()
    layout = window.core.presenter.layout
    assert layout.max_scroll > 0
    wheel(window, QPoint(12, layout.area.y + 40), -1)
    assert window.state.scroll > 0
    wheel(window, QPoint(12, layout.area.y + 40), 5)
    assert window.state.scroll == 0


def test_hover_reads_values_out(window):
    stacked = row(window, "trace")
    move(window, at(window, 5.0, stacked))
    QTest.qWait(60)
    window.settle()
    assert "mV" in window.widget.status._hover.text()


# Last: `open_it` closes the shared window too.


def test_a_row_that_is_focused_by_keys_comes_into_view(open_it):
    window = open_it(make_session(plots=(TraceConfig(signal(40), id="many"),)))
    ids = order(window)

    def inside(row_id):
        layout = window.core.presenter.layout
        rect = next(box.rect for box in layout.rows if box.row_id == row_id)
        return rect.y >= layout.area.y and rect.bottom <= layout.area.bottom + 1

    assert not inside(ids[-1])
    window.store.dispatch(c.FocusRow(None))
    press(window, KEY.Key_Up)
    assert window.state.focused_row == ids[-1]
    assert inside(ids[-1])
    for _ in ids:
        press(window, KEY.Key_Up)
        assert inside(window.state.focused_row)
    assert window.state.focused_row == ids[0]
    assert window.state.scroll == 0
    # Under the pointer a row is focused where it is.
    window.store.dispatch(c.FocusRow(ids[3]))
    window.store.dispatch(c.ScrollRows(10.0))
    layout = window.core.presenter.layout
    move(window, QPoint(400, round(layout.area.y / layout.viewport.scale) + 2))
    assert window.state.focused_row == ids[0]
    assert window.state.scroll == 10.0
