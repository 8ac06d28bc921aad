"""The Tuner in a window: sliders, fields and buttons by real events, and what they change."""

import ast
import threading
import time

import numpy as np
import polars as pl
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QProgressBar,
    QPushButton,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QToolButton,
)
from ui_acts import CTRL, LEFT, NONE, at, choose, drag, press, wait_for
from ui_sessions import make_session, signal
from ui_shared import shared_window

import loupe
from loupe import BoolParam, ChoiceParam, IntParam, Param, tunable
from loupe.app import commands as c
from loupe.app.state import ParamState
from loupe.session.labels import LabelsConfig
from loupe.session.load import load_session
from loupe.session.plots.raster import RasterConfig
from loupe.session.plots.trace import TraceConfig
from loupe.ui.handle import WindowHandle
from loupe.ui.panels.tuner import TunerDock
from loupe.units import Span

KEY = Qt.Key
CALLS = []


def scale(data, gain, turned):
    CALLS.append("scale")
    return data * (-gain if turned else gain)


def some(data, level, how):
    CALLS.append("some")
    if level > 0.9:
        raise ValueError("no sample is that large")
    t, x = data.time.values, data.values[0]
    above = np.flatnonzero((x[1:] > level) & (x[:-1] <= level))
    kept = t[above] if how == "up" else t[above] + 1.0
    return pl.DataFrame({"time": kept, "unit": np.arange(len(kept)) % 3})


def spans(data, level):
    CALLS.append("spans")
    t, above = data.time.values, (data.values[0] > level).astype(int)
    edges = np.flatnonzero(np.diff(above, prepend=0, append=0)).reshape(-1, 2)
    ends = t[np.minimum(edges, len(t) - 1)]
    return pl.DataFrame({"start_s": ends[:, 0], "end_s": ends[:, 1], "label": "Wake"})


def tuned():
    """A trace with two parameters, a raster with two others, labels with one of these."""
    data = signal(2)
    gain, turned = Param(1.0, 0.0, 4.0, name="Gain"), BoolParam(False, name="Upside down")
    level, how = Param(0.5, -1.0, 1.0, step=0.05, name="Level"), ChoiceParam(["up", "late"])
    return make_session(
        plots=(
            TraceConfig(tunable(scale, data, gain, turned), id="stacked"),
            TraceConfig(data, mode="dense", id="dense"),
            RasterConfig(
                tunable(some, data, level, how=how), time_col="time", order_by="unit", id="units"
            ),
        ),
        labels=(LabelsConfig(data=tunable(spans, data, level), name="found"),),
        events=None,
    )


shared, window = shared_window(tuned)


def dock(window):
    return window.widget.tuner


def control(window, kind, name):
    (found,) = [w for w in dock(window).findChildren(kind) if w.accessibleName() == name]
    return found


def button(window, text):
    (found,) = [b for b in dock(window).findChildren(QPushButton) if b.text() == text]
    return found


def click(widget):
    QTest.mouseClick(widget, LEFT, NONE, widget.rect().center())


def value(window, name):
    return WindowHandle(window).params[name]


def slide(window, name, share):
    """Drag the handle of a slider to a share of its way."""
    slider = control(window, QSlider, name)
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    handle = slider.style().subControlRect(
        QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, slider
    )
    way = slider.width() - handle.width()
    stop = QPoint(round(handle.width() / 2 + share * way), handle.center().y())
    drag(window, handle.center(), stop, widget=slider)


def width(window):
    return window.core.presenter.layout.grid.width


def pixels(window, row_id):
    return window.core.presenter._shown[row_id].pixels


def test_the_dock_is_open_and_has_a_control_for_each_parameter(window):
    assert dock(window).isVisible()
    assert dock(window).x() > window.widget.canvas.width()
    names = ["Gain", "Upside down", "Level", "how"]
    assert list(WindowHandle(window).params) == names
    assert control(window, QSlider, "Gain").maximum() == 1000
    assert control(window, QSlider, "Level").maximum() == 40, "its steps"
    assert control(window, QDoubleSpinBox, "Level").text() == "0.50"
    assert control(window, QComboBox, "how").count() == 2


def test_a_dragged_slider_changes_its_data_and_nothing_else(window):
    # In a quiet moment a tile with margins takes the place of one without.
    shown = window.core.presenter._shown
    assert wait_for(lambda: all(tile.width > 1.1 * width(window) for tile in shown.values()))
    before, other = pixels(window, "stacked/0"), pixels(window, "dense/dense")
    table = window.state.tracks[0].table
    CALLS.clear()
    slide(window, "Gain", 0.5)
    assert value(window, "Gain") == pytest.approx(2.0, abs=0.02)
    assert control(window, QDoubleSpinBox, "Gain").value() == pytest.approx(2.0, abs=0.02)
    assert set(CALLS) == {"scale"}
    assert not np.array_equal(pixels(window, "stacked/0"), before)
    assert pixels(window, "dense/dense") is other
    assert window.state.tracks[0].table is table
    data = window.desk.scene.row("stacked/0").content.lines[0].array.data
    assert data.read(slice(0, 1), 0, 24000).max() == pytest.approx(2.0, abs=0.02)


def test_events_and_labels_follow_one_slider(window):
    events = window.desk.scene.row("units/all").content.times
    labels = window.state.tracks[0].table
    slide(window, "Level", 0.0)
    assert value(window, "Level") == -1.0
    assert window.desk.scene.row("units/all").content.times[0] > events[0]
    after = window.state.tracks[0].table
    assert after.starts[0] < labels.starts[0]
    assert window.widget.labels.model.rowCount() == len(after)


def test_fields_boxes_and_lists(window):
    field = control(window, QDoubleSpinBox, "Gain")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "2.25")
    QTest.keyClick(field, KEY.Key_Return)
    box = control(window, QCheckBox, "Upside down")
    QTest.mouseClick(box, LEFT, NONE, QPoint(8, box.height() // 2))
    assert window.settle()
    data = window.desk.scene.row("stacked/0").content.lines[0].array.data
    assert data.read(slice(0, 1), 0, 24000).min() == pytest.approx(-2.25, abs=1e-5)
    first = window.desk.scene.row("units/all").content.times[0]
    chooser = control(window, QComboBox, "how")
    chooser.setFocus()
    QTest.keyClick(chooser, KEY.Key_Down)
    assert window.settle()
    assert value(window, "how") == "late"
    assert window.desk.scene.row("units/all").content.times[0] == pytest.approx(first + 1.0)


def test_keys_move_a_slider_by_its_steps(window):
    slider = control(window, QSlider, "Level")
    slider.setFocus()
    QTest.keyClick(slider, KEY.Key_Right)
    QTest.keyClick(slider, KEY.Key_Right)
    assert window.settle()
    assert value(window, "Level") == pytest.approx(0.6)


def test_copy_and_reset(window):
    slide(window, "Gain", 1.0)
    click(button(window, "Copy Values"))
    copied = ast.literal_eval(QApplication.clipboard().text())
    assert copied == {"Gain": 4.0, "Upside down": False, "Level": 0.5, "how": "up"}
    click(button(window, "Reset"))
    assert window.settle()
    assert value(window, "Gain") == 1.0
    slider = control(window, QSlider, "Gain")
    slider.setFocus()
    QTest.keyClick(slider, KEY.Key_Home)
    choose(window, "plot.tuner_copy")
    assert ast.literal_eval(QApplication.clipboard().text())["Gain"] == 0.0
    choose(window, "plot.tuner_reset")
    assert value(window, "Gain") == 1.0


def test_an_error_is_shown_and_the_old_data_stay(window):
    before = window.desk.scene.row("units/all").content.times
    field = control(window, QDoubleSpinBox, "Level")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "0.95")
    QTest.keyClick(field, KEY.Key_Return)
    assert window.settle()
    (fault,) = window.widget.errors.faults
    assert fault.where == "units"
    assert "ValueError: no sample is that large" in fault.message
    assert window.desk.scene.row("units/all").content.times is before
    assert "units: not computed" in dock(window)._word.text()
    assert window.state.tracks[0].table.starts[0] > 0.19, "what could be computed is shown"
    click(button(window, "Reset"))
    assert window.settle()
    assert window.widget.errors.faults == ()
    assert dock(window)._word.text() == ""


def test_it_is_hidden_and_shown(window):
    press(window, KEY.Key_T, CTRL)
    assert not dock(window).isVisible()
    slide_value = value(window, "Gain")
    choose(window, "plot.tuner")
    assert dock(window).isVisible()
    (cross,) = dock(window).findChildren(QToolButton)
    click(cross)
    assert window.settle()
    assert not dock(window).isVisible()
    assert not window.state.view.tuner
    assert value(window, "Gain") == slide_value


def test_computed_labels_are_not_edited_by_hand(window, tmp_path):
    table = window.state.tracks[0].table
    window.widget.canvas.setFocus()
    drag(window, at(window, 6.0), at(window, 7.0))
    press(window, "w")
    assert "read-only" in window.state.note
    assert "live parameters compute it" in window.state.note
    assert window.state.tracks[0].table is table
    slide(window, "Level", 0.6)
    window.file_requests.export_labels(str(tmp_path / "found.csv"))
    written = pl.read_csv(tmp_path / "found.csv")
    assert len(written) == len(window.state.tracks[0].table)
    assert window.widget.errors.faults == ()


def test_without_parameters_it_says_why_not(open_it):
    window = open_it(make_session(plots=(TraceConfig(signal(1)),), events=None))
    assert not window.widget.tuner.isVisible()
    window.core.menus.refresh()
    entry = window.core.menus.entry("plot.tuner")
    assert not entry.isEnabled()
    assert "no live parameter" in entry.toolTip()
    press(window, KEY.Key_T, CTRL)
    assert "no live parameter" in window.state.note
    assert not window.widget.tuner.isVisible()


def test_hand_labels_beside_computed_ones_are_kept(open_it, tmp_path):
    level = Param(0.5, -1.0, 1.0)
    data = signal(1)
    window = open_it(
        make_session(
            plots=(TraceConfig(data),),
            labels=(
                LabelsConfig(data=tunable(spans, data, level), name="found"),
                LabelsConfig(path=str(tmp_path / "mine.csv"), writeback=True),
            ),
            events=None,
        )
    )
    assert window.state.edited == 1
    window.store.dispatch(c.Select(Span(1.0, 2.0)))
    window.store.dispatch(c.Paint("REM"))
    before = window.state.tracks
    level.value = 0.7
    assert window.settle()
    assert window.state.tracks[0].table is not before[0].table
    assert window.state.tracks[1] is before[1]
    window.store.dispatch(c.Undo())
    assert len(window.state.tracks[1].table) == 0
    window.store.dispatch(c.Redo())
    assert window.file_requests.save(1)
    assert (tmp_path / "mine.csv").read_text().count("REM") == 1


def test_values_are_read_and_set_by_scripts_also_after_closing(open_it):
    gain = Param(1.0, 0.0, 4.0, name="gain")
    data = signal(1)
    window = open_it(make_session(plots=(TraceConfig(lambda: data * gain.value),), events=None))
    handle = WindowHandle(window)
    gain.value = 3.0
    assert window.settle()
    assert handle.params == {"gain": 3.0}
    assert control(window, QDoubleSpinBox, "gain").value() == 3.0
    slide(window, "gain", 0.5)
    assert gain.value == pytest.approx(2.0, abs=0.02)
    with pytest.raises(ValueError, match="outside"):
        gain.value = 5.0
    handle.close()
    assert handle.params["gain"] == gain.value == pytest.approx(2.0, abs=0.02)
    gain.value = 1.0
    assert handle.params["gain"] == pytest.approx(2.0, abs=0.02), "the window is over"


def test_a_plot_that_failed_when_it_was_opened_comes_later(open_it):
    level, data = Param(9.0, 0.0, 9.0, name="level"), signal(1)

    def fragile(at):
        if at > 5:
            raise ValueError("too high")
        return data

    window = open_it(make_session(plots=(TraceConfig(tunable(fragile, level), id="a"),)))
    (fault,) = window.widget.errors.faults
    assert "ValueError: too high" in fault.message
    slide(window, "level", 0.1)
    assert [row.kind for row in window.desk.scene.rows] == ["trace"]
    assert window.widget.errors.faults == ()
    assert pixels(window, "a/0").any()


def test_functions_run_beside_the_window(open_it):
    """The window works on while a function takes its time; a bar says that it does."""
    gate, threads = threading.Event(), []
    count = IntParam(1, 1, 5, name="count")
    data = signal(1)

    def slow(n):
        threads.append(threading.current_thread())
        if n > 1:
            assert gate.wait(30)
        return data * n

    window = open_it(make_session(plots=(TraceConfig(tunable(slow, count)),), events=None))
    try:
        window.store.dispatch(c.SetParam(0, 2))
        bar = dock(window).findChild(QProgressBar)
        until = time.monotonic() + 20
        while not bar.isVisible() and time.monotonic() < until:
            QApplication.processEvents()
        assert bar.isVisible()
        window.store.dispatch(c.PageTime(1))
        for _ in range(50):
            QApplication.processEvents()
        assert window.state.window.start == 10.0
        assert not window.settle(50), "it says that it is not done"
    finally:
        gate.set()
    assert window.settle()
    assert not bar.isVisible()
    assert threading.main_thread() not in threads


def test_closing_while_a_function_runs(open_it):
    gate = threading.Event()
    count = IntParam(1, 1, 5)
    data = signal(1)

    def slow(n):
        if n > 1:
            gate.wait(30)
        return data * n

    window = open_it(make_session(plots=(TraceConfig(tunable(slow, count)),), events=None))
    window.store.dispatch(c.SetParam(0, 2))
    window.settle(200)
    window.close(keep_unsaved=False)
    gate.set()
    QTest.qWait(100)
    assert not window.is_open


def test_a_saved_session_holds_what_the_functions_gave(open_it, tmp_path):
    gain, calls = Param(1.0, 0.0, 4.0), []
    data = signal(1)

    def record(g):
        calls.append(g)
        return data * g

    window = open_it(make_session(plots=(TraceConfig(tunable(record, gain)),), events=None))
    gain.value = 3.0
    assert window.settle()
    window.file_requests.sessions.save(str(tmp_path / "kept.toml"))
    assert calls == [1.0, 3.0], "nothing is computed to be saved"
    again = open_it(load_session(tmp_path / "kept.toml"))
    line = again.desk.scene.rows[0].content.lines[0]
    assert line.array.data.read(slice(0, 1), 0, 24000).max() == pytest.approx(3.0, abs=1e-5)
    assert again.state.params == ()


def test_files_that_join_keep_the_values(open_it, tmp_path):
    gain, data = Param(1.0, 0.0, 4.0, name="gain"), signal(1)
    window = open_it(make_session(plots=(TraceConfig(tunable(scale, data, gain, False)),)))
    slide(window, "gain", 0.75)
    np.save(tmp_path / "emg_t.npy", np.arange(1000) / 100.0)
    np.save(tmp_path / "emg_y.npy", np.sin(np.arange(1000) / 10.0))
    window.file_requests.add([str(tmp_path)])
    assert window.settle()
    assert gain.value == pytest.approx(3.0, abs=0.02)
    assert len(window.desk.scene.rows) > 1
    slide(window, "gain", 0.25)
    line = window.desk.scene.rows[0].content.lines[0]
    assert line.array.data.read(slice(0, 1), 0, 24000).max() == pytest.approx(1.0, abs=0.02)


def test_view_takes_parameters(open_it, monkeypatch):
    gain, data = Param(1.0, 0.0, 4.0, name="gain"), signal(1)
    handle = loupe.view(TraceConfig(tunable(scale, data, gain, turned=False)), block=False)
    try:
        gain.value = 2.0
        handle._settle(20_000)
        assert handle.params == {"gain": 2.0}
    finally:
        handle.close()


def test_sliders_of_odd_ranges(open_it):
    """Uneven steps, many whole numbers, very small numbers; a name with an ampersand."""
    params = [
        Param(1.0, 0.5, 2.1, step=0.25, name="uneven"),
        IntParam(5, 0, 5_000_000, name="many"),
        IntParam(-2, -3, 3, name="few"),
        Param(2e-6, 1e-6, 5e-6, name="small & fine"),
        Param(0.0, 0.0, 1e6, step=0.001, name="wide"),
    ]
    dock, moves = TunerDock(), []
    dock.moved.connect(lambda index, at: moves.append((index, params[index].fit(at))))
    dock.show_params([ParamState(p, p.name, p.setting) for p in params])
    sliders = {s.accessibleName(): s for s in dock.findChildren(QSlider)}
    fields = {f.accessibleName(): f for f in dock.findChildren(QDoubleSpinBox)}
    assert {name: s.maximum() for name, s in sliders.items()} == {
        "uneven": 7,
        "few": 6,
        "small & fine": 1000,
        "wide": 1000,
    }
    assert fields["many"].text() == "5"
    assert float(fields["small & fine"].text()) == pytest.approx(2e-6, rel=0.01)
    for name, ticks in (("uneven", (6, 7)), ("few", (0,))):
        for tick in ticks:
            sliders[name].setValue(tick)
    assert moves == [(0, 2.0), (0, 2.1), (2, -3)]
    dock.show_params([ParamState(p, p.name, p.max) for p in params])
    assert all(s.value() == s.maximum() for s in sliders.values())
    assert len(moves) == 3, "showing is not moving"
    dock.deleteLater()
