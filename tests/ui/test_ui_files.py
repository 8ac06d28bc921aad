"""Files through the window: sessions, presets, pictures, data, more recordings, reload."""

import threading

import numpy as np
import polars as pl
import pytest
import xarray as xr
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from ui_acts import at, drag, wait_for
from ui_sessions import TOML, events, make_session, signal

from loupe.app import commands as c
from loupe.errors import LoupeConfigError
from loupe.session.labels import LabelsConfig
from loupe.session.load import load_session
from loupe.session.plots.heatmap import HeatmapConfig
from loupe.session.plots.raster import RasterConfig
from loupe.session.plots.trace import TraceConfig
from loupe.session.source import InMemory
from loupe.ui.store_memory import store_memory
from loupe.units import Span


def test_a_saved_session_opens_as_the_window_was(open_it, session_file, tmp_path):
    window = open_it(load_session(session_file), path=session_file)
    first = window.desk.scene.rows[0].id
    window.store.dispatch(c.SetHeight(first, 2.5))
    window.store.dispatch(c.SetWindow(20.0, 8.0))
    window.store.dispatch(c.SetTheme("light"))
    out = tmp_path / "elsewhere" / "mine.toml"
    out.parent.mkdir()
    window.file_requests.sessions.save(str(out))
    again = open_it(load_session(out), path=out)
    assert again.state.window.start == 20.0
    assert again.state.window.length == 8.0
    assert again.state.view.theme == "light"
    assert not again.widget.errors.faults, "paths hold from the other folder"
    assert again.memory.recent[0] == out


def test_the_picture_of_a_saved_session_is_the_same(open_it, tmp_path):
    sides = signal(6).assign_coords(side=("channel", ["left", "right", "mid"] * 2))
    plots = (
        TraceConfig(signal(3), id="stacked"),
        TraceConfig(signal(8), mode="dense", id="dense"),
        HeatmapConfig(sides, split_by="side", id="heat"),
        RasterConfig(events(), time_col="time", order_by="unit", id="units"),
    )
    labels = (LabelsConfig(path="labels.csv", writeback=True),)
    session = make_session(plots=plots, labels=labels).with_base(tmp_path)
    window = open_it(session)
    stacked = [row.id for row in window.desk.rows("trace")]
    heat = [row.id for row in window.desk.rows("heatmap")]
    (units,) = (row.id for row in window.desk.rows("raster"))
    for command in (
        c.Select(Span(21.0, 24.0)), c.Paint("NREM"), c.SetWindow(20.0, 8.0), c.SetCursor(23.0),
        c.SetHeight(stacked[0], 2.5), c.SetHeight(heat[1], 0.5), c.MoveRow(units, 1),
        c.MoveRow(stacked[2], 0), c.HideRow(stacked[1]), c.HideRow(heat[2]),
        c.SetYRange(stacked[2], (-3.0, 3.0)), c.YZoom(0.4, frozenset({stacked[0]})),
        c.SetGain(2.0), c.DenseStep(2), c.TracesPerPage(3), c.SetCmap(heat[0], "viridis"),
        c.SetLevels(heat[0], -0.5, 0.5, apply_all=True), c.SetTheme("light"),
        c.SetValue("label_alpha", 0.3), c.SetFlag("hatching", True), c.SetFlag("grid", False),
        c.SetValue("event_height", 0.4), c.SetFlag("right_panel", False),
    ):  # fmt: skip
        window.store.dispatch(command)
    window.file_requests.save(0)
    assert window.settle()
    out = tmp_path / "mine.toml"
    window.file_requests.sessions.save(str(out))
    assert not window.widget.errors.faults
    again = open_it(load_session(out), path=out)
    assert not again.widget.errors.faults
    first, second = window.core.presenter, again.core.presenter
    assert [b.rect for b in second.layout.rows] == [b.rect for b in first.layout.rows]
    assert [row.id for row in second.rows] == [row.id for row in first.rows]
    for one, two in zip(first.rows, second.rows, strict=True):
        assert second.y_range(two.id) == pytest.approx(first.y_range(one.id)), one.id
    images = [w.widget.canvas.grabFramebuffer() for w in (window, again)]
    assert images[0] == images[1]


def test_a_saved_session_is_the_windows_own(open_it, session_file, tmp_path):
    window = open_it(load_session(session_file), path=session_file)
    window.file_requests.watch()
    rows = [row.id for row in window.desk.scene.rows]
    window.store.dispatch(c.SetHeight(rows[0], 3.0))
    window.store.dispatch(c.HideRow(rows[1]))
    assert window.widget.windowTitle() == "from a file – night.toml – Loupe"
    out = tmp_path / "elsewhere" / "mine.toml"
    out.parent.mkdir()
    window.file_requests.sessions.save(str(out))
    assert window.path == out
    assert window.widget.windowTitle() == "from a file – mine.toml – Loupe"
    assert window.memory.recent[0] == out
    assert window.folder == str(out.parent), "the next dialog begins there"
    weights = [box.rect.h for box in window.core.presenter.layout.rows]
    window.store.dispatch(c.SetWindow(30.0, 4.0))
    session_file.write_text(TOML.replace("from a file", "the old one"))
    out.write_text(out.read_text().replace("from a file", "mine now"))
    for _ in range(100):
        QTest.qWait(50)
        if window.desk.scene.title == "mine now":
            break
    assert window.desk.scene.title == "mine now", "its own file is watched, the old one not"
    window.settle()
    assert [box.rect.h for box in window.core.presenter.layout.rows] == weights
    assert window.desk.scene.row(rows[0]).weight == 3.0
    assert window.state.overrides.row(rows[0]).height == 1.0, "what is saved is not applied twice"
    assert window.state.window.start == 30.0
    window.store.dispatch(c.SetHeight(rows[0], 2.0))
    window.file_requests.sessions.save(str(out))
    assert load_session(out).plots[0].height * load_session(out).plots[0].heights["0"] == 6.0


def test_edits_and_undo_survive_a_reload_from_the_new_place(open_it, label_session, tmp_path):
    session, path = label_session
    window = open_it(session)
    window.store.dispatch(c.Select(Span(1.0, 2.0)))
    window.store.dispatch(c.Paint("Wake"))
    out = tmp_path / "elsewhere" / "mine.toml"
    out.parent.mkdir()
    window.file_requests.sessions.save(str(out))
    (fault,) = window.widget.errors.faults
    assert "labels.csv: it lies outside" in fault.message
    window.file_requests.reload()
    window.settle()
    assert not window.widget.errors.faults
    assert [i.label for i in window.desk.track.table] == ["Wake"]
    window.store.dispatch(c.Undo())
    assert len(window.desk.track.table) == 0
    assert not path.exists()


def test_labels_without_a_file_are_written_beside_the_session(open_it, tmp_path):
    window = open_it(make_session(plots=(TraceConfig(signal(1)),), events=None))
    window.store.dispatch(c.Select(Span(1.0, 2.0)))
    window.store.dispatch(c.Paint("REM"))
    out = tmp_path / "kept.toml"
    window.file_requests.sessions.save(str(out))
    assert window.state.tracks[0].saved
    window.store.dispatch(c.Select(Span(3.0, 4.0)))
    window.store.dispatch(c.Paint("Wake"))
    window.file_requests.reload()
    window.settle()
    assert [i.label for i in window.desk.track.table] == ["REM", "Wake"], "newer edits stay"
    again = open_it(load_session(out), path=out)
    assert [(i.start, i.stop, i.label) for i in again.desk.track.table] == [(1.0, 2.0, "REM")]


def test_what_is_in_memory_is_offered_to_be_written(open_it, tmp_path):
    plots = (
        TraceConfig(lambda: signal(2), array_name=True),
        TraceConfig((np.arange(100) / 10.0, np.arange(100.0))),
        HeatmapConfig(signal(3), cmap=lambda group: "viridis"),
    )
    window = open_it(make_session(plots=plots, events=None))
    out = tmp_path / "kept.toml"
    window.file_requests.sessions._offer(str(out))
    (fault,) = window.widget.errors.faults
    assert fault.message.startswith("3 arrays or tables are in memory")
    assert "kept_data" in fault.message
    button(window, "Do not save").click()
    assert not out.exists()
    window.file_requests.sessions._offer(str(out))
    button(window, "Write them").click()
    assert out.exists()
    (fault,) = window.widget.errors.faults
    assert "`plots.2.cmap`, a function of a script" in fault.message
    again = open_it(load_session(out), path=out)
    assert [row.title for row in again.desk.scene.rows][:2] == ["sig: 0", "sig: 1"]
    assert [row.kind for row in again.desk.scene.rows] == ["trace"] * 3 + ["heatmap"]


def button(window, text):
    return next(b for b in window.widget.errors.findChildren(QPushButton) if b.text() == text)


def test_arrays_in_memory_are_written_beside_the_session(open_it, tmp_path):
    window = open_it(make_session(plots=(TraceConfig(signal(2)),), events=None))
    out = tmp_path / "kept.toml"
    window.file_requests.sessions.save(str(out))
    again = open_it(load_session(out))
    assert [row.kind for row in again.desk.scene.rows] == ["trace", "trace"]
    assert not again.widget.errors.faults


def test_an_array_read_from_an_earlier_save_outlives_the_next_one(open_it, tmp_path):
    window = open_it(make_session(plots=(TraceConfig(signal(2)),), events=None))
    out = tmp_path / "kept.toml"
    window.file_requests.sessions.save(str(out))
    (stored,) = (tmp_path / "kept_data").glob("*.zarr")
    lazy = xr.open_zarr(str(stored), chunks=None, consolidated=False)["sig"]
    window = open_it(make_session(plots=(TraceConfig(lazy),), events=None))
    window.file_requests.sessions.save(str(out))
    again = xr.open_zarr(str(stored), chunks=None, consolidated=False)["sig"]
    assert np.array_equal(again.values, signal(2).values)
    assert [path.name for path in stored.parent.iterdir()] == [stored.name]


def test_what_cannot_be_written_leaves_an_earlier_save_as_it_was(open_it, tmp_path):
    window = open_it(make_session(plots=(TraceConfig(signal(2)),), events=None))
    out = tmp_path / "kept.toml"
    window.file_requests.sessions.save(str(out))
    (stored,) = (tmp_path / "kept_data").glob("*.zarr")
    place = ("plots", 0, "data")
    unwritable = signal(1).assign_attrs(units=object())  # zarr holds no such attribute
    with pytest.raises(LoupeConfigError):
        store_memory(InMemory(unwritable), place, stored.parent)
    again = xr.open_zarr(str(stored), chunks=None, consolidated=False)["sig"]
    assert np.array_equal(again.values, signal(2).values)
    assert [path.name for path in stored.parent.iterdir()] == [stored.name]


def test_edits_made_while_a_session_is_written_are_not_taken_for_saved(open_it, tmp_path):
    edited = threading.Event()

    def slow():
        if threading.current_thread() is not threading.main_thread() and saving:
            edited.wait(10)
        return signal(1)

    saving = []
    window = open_it(make_session(plots=(TraceConfig(slow),), events=None))
    window.store.dispatch(c.Select(Span(1.0, 2.0)))
    window.store.dispatch(c.Paint("REM"))

    def edit():
        window.store.dispatch(c.Select(Span(3.0, 4.0)))
        window.store.dispatch(c.Paint("Wake"))
        with pytest.raises(LoupeConfigError, match="being written"):
            window.file_requests.sessions.save(str(tmp_path / "other.toml"))
        edited.set()

    saving.append(True)
    QTimer.singleShot(50, edit)
    out = tmp_path / "kept.toml"
    window.file_requests.sessions.save(str(out))
    assert edited.is_set()
    assert [i.label for i in window.desk.track.table] == ["REM", "Wake"]
    assert not window.state.tracks[0].saved
    again = open_it(load_session(out), path=out)
    assert [i.label for i in again.desk.track.table] == ["REM"]


def test_labels_scored_in_a_saved_session_are_not_written_over_by_its_script(open_it, tmp_path):
    out = tmp_path / "kept.toml"

    def run_script(state):
        window = open_it(make_session(plots=(TraceConfig(signal(1)),), events=None))
        window.store.dispatch(c.Select(Span(1.0, 2.0)))
        window.store.dispatch(c.Paint(state))
        window.file_requests.sessions.save(str(out))
        window.file_requests.sessions.save(str(out))
        window.close(keep_unsaved=False)

    run_script("REM")
    files = list((tmp_path / "kept_data").glob("*.htsv"))
    assert len(files) == 1, "what one window wrote it may write again"
    scored = files[0].read_bytes()
    run_script("Wake")
    assert files[0].read_bytes() == scored
    again = open_it(load_session(out), path=out)
    assert [i.label for i in again.desk.track.table] == ["Wake"]


def test_labels_scored_in_a_saved_session_are_not_written_over_by_its_window(open_it, tmp_path):
    window = open_it(make_session(plots=(TraceConfig(signal(1)),), events=None))
    window.store.dispatch(c.Select(Span(1.0, 2.0)))
    window.store.dispatch(c.Paint("REM"))
    out = tmp_path / "kept.toml"
    window.file_requests.sessions.save(str(out))
    (file,) = (tmp_path / "kept_data").glob("*.htsv")
    scored = file.read_text().replace("REM", "NREM")
    file.write_text(scored)
    window.file_requests.sessions.save(str(out))
    assert file.read_text() == scored
    again = open_it(load_session(out), path=out)
    assert [i.label for i in again.desk.track.table] == ["REM"]


def test_losses_that_nobody_has_read_are_named_again(open_it, tmp_path):
    window = open_it(make_session(plots=(TraceConfig(signal(1)),), events=None))
    for start in (0.0, 4.0):
        window.store.dispatch(c.Select(Span(start, start + 2.0)))
        window.store.dispatch(c.Paint("REM"))
    out = tmp_path / "stages.txt"
    window.file_requests.export_labels(str(out))
    (first,) = window.widget.errors.faults
    assert "gaps" in first.message
    window.store.dispatch(c.SetNote("unsure", int(window.desk.track.table.ids[0])))
    button(window, "Write anyway").click()
    assert not out.exists()
    (second,) = window.widget.errors.faults
    assert "note" in second.message
    QTest.qWait(1)  # the button before it is deleted in the loop
    button(window, "Write anyway").click()
    assert out.exists()
    assert not window.widget.errors.faults


def test_reload_stays_where_it_stands_and_faults_keep_the_old_view(open_it, session_file):
    window = open_it(load_session(session_file), path=session_file)
    window.store.dispatch(c.SetWindow(30.0, 5.0))
    session_file.write_text(TOML.replace("from a file", "changed"))
    window.file_requests.reload()
    window.settle()
    assert window.desk.scene.title == "changed"
    assert window.state.window.start == 30.0
    session_file.write_text(TOML.replace('"trace"', '"tracee"'))
    window.file_requests.reload()
    assert window.desk.scene.title == "changed"
    (fault, *_) = window.widget.errors.faults
    assert "night.toml:6" in fault.where
    scene, actions = window.desk.scene, window.desk.actions
    wrong = scene.session.model_copy(update={"keys": {"view.page_rigth": "x"}})
    with pytest.raises(LoupeConfigError, match="there is no action"):
        window.swap(wrong.with_base(scene.session.base))
    assert window.desk.scene is scene
    assert window.desk.actions is actions


def test_what_is_labelled_while_the_session_is_read_again_stays(open_it, session_file):
    states = '[states]\nkeymap = { w = "Wake" }\nlabel_colors = { Wake = "#ff0000" }\n'
    more = f'[[labels]]\npath = "night.csv"\n{states}'
    session_file.write_text(TOML + more)
    window = open_it(load_session(session_file), path=session_file)
    done = []

    def label():
        # F5 opens the data in a thread; the window lives meanwhile.
        drag(window, at(window, 1.0), at(window, 2.0), settle=False)
        QTest.keyClick(window.widget.canvas, "w")
        done.append(len(window.state.tracks[0].table))

    QTimer.singleShot(0, label)
    QTest.keyClick(window.widget.canvas, Qt.Key.Key_F5)
    assert done == [1]
    assert wait_for(lambda: "read again" in window.state.note)
    assert len(window.state.tracks[0].table) == 1
    assert window.files.store(0).table.equals(window.state.tracks[0].table)
    window.store.dispatch(c.Undo())
    assert window.files.store(0).table.equals(window.state.tracks[0].table)


def test_watching_reloads_when_the_file_is_saved(open_it, session_file):
    window = open_it(load_session(session_file), path=session_file)
    window.file_requests.watch()
    spare = session_file.with_name("spare")
    spare.write_text(TOML.replace("from a file", "replaced by an editor"))
    spare.replace(session_file)
    assert wait_for(lambda: window.desk.scene.title == "replaced by an editor")


def test_watching_reloads_when_a_file_that_is_extended_is_saved(open_it, session_file):
    base = session_file.with_name("base.toml")
    base.write_text("version = 1\n[vars]\nwhat = 'first'\n")
    text = TOML.replace("from a file", "${what}")
    session_file.write_text("extends = 'base.toml'\n" + text)
    window = open_it(load_session(session_file), path=session_file)
    assert window.desk.scene.title == "first"
    window.file_requests.watch()
    base.write_text("version = 1\n[vars]\nwhat = 'second'\n")
    assert wait_for(lambda: window.desk.scene.title == "second")
    session_file.write_text(text.replace("${what}", "alone"))
    assert wait_for(lambda: window.desk.scene.title == "alone")
    assert window.file_requests._watch.paths == (session_file,)


def test_a_preset_carries_looks_to_another_window(open_it, tmp_path):
    one = open_it(make_session(events=None))
    dense = one.desk.rows("dense")[0].id
    one.store.dispatch(c.SetGain(3.0, dense))
    preset = tmp_path / "mine.view.toml"
    one.file_requests.sessions.save_preset(str(preset))
    two = open_it(make_session(events=None))
    two.file_requests.sessions.apply_preset(str(preset))
    two.settle()
    assert two.desk.scene.row(dense).content.gain == 3.0


def test_files_join_the_session(open_it, session_file, tmp_path):
    window = open_it(load_session(session_file), path=session_file)
    before = len(window.desk.scene.rows)
    np.save(tmp_path / "emg_t.npy", np.arange(1000) / 100.0)
    np.save(tmp_path / "emg_y.npy", np.sin(np.arange(1000) / 10.0))
    signal(1).rename("more").to_dataset(name="more").to_zarr(
        str(tmp_path / "more.zarr"), consolidated=False
    )
    window.widget.dropped.emit([str(tmp_path / "more.zarr")])
    window.settle()
    assert len(window.desk.scene.rows) == before + 1
    assert not window.widget.errors.faults
    window.widget.dropped.emit([str(tmp_path / "missing.zarr")])
    assert len(window.desk.scene.rows) == before + 1, "whoever drags does not wait for it"
    window.settle()
    assert window.widget.errors.faults, "what cannot be read is said, the rest stays"
    assert len(window.desk.scene.rows) == before + 1


def test_a_label_file_is_loaded_and_edits_of_the_others_stay(open_it, tmp_path):
    first = LabelsConfig(path=str(tmp_path / "a.csv"), writeback=True)
    window = open_it(make_session(plots=(TraceConfig(signal(1)),), labels=(first,)))
    window.store.dispatch(c.Select(Span(1.0, 2.0)))
    window.store.dispatch(c.Paint("Wake"))
    (tmp_path / "b.csv").write_text("start_s,end_s,label,note\n3.0,4.0,REM,\n")
    window.file_requests.label_loading.add(str(tmp_path / "b.csv"))
    window.settle()
    assert [len(track.table) for track in window.state.tracks] == [1, 1]
    assert window.state.edited == 1
    assert not window.state.tracks[0].saved


def test_export_never_touches_the_source(open_it, label_session, tmp_path):
    session, path = label_session
    window = open_it(session)
    window.file_requests.export_labels(str(tmp_path / "copy.csv"))
    assert "no labels" in window.widget.errors.faults[0].message
    window.store.dispatch(c.Select(Span(1.0, 2.0)))
    window.store.dispatch(c.Paint("Wake"))
    window.file_requests.export_labels(str(tmp_path / "copy.parquet"))
    assert len(pl.read_parquet(tmp_path / "copy.parquet")) == 1
    window.file_requests.export_labels(str(path))
    assert not path.exists()
    assert not window.state.tracks[0].saved, "the set's own file does not hold the edit yet"


def test_columns_of_a_label_file_are_chosen_when_their_names_say_nothing(open_it, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("von,bis,Stadium,Sicherheit\n0.0,30.0,Wake,0.5\n30.0,x,REM,0.9\n")
    window = open_it()
    window.file_requests.label_loading.add(str(path))
    dialog = window.file_requests.label_loading.columns
    assert dialog.isVisible()
    load = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Load")
    QTest.mouseClick(load, Qt.MouseButton.LeftButton)
    assert dialog.problem.text() == "Choose the column of Start (s) and State."
    for role, name in (("start_col", "von"), ("end_col", "bis"), ("label_col", "Stadium")):
        dialog.roles[role].setCurrentText(name)
    assert dialog.extras.count() == 1
    dialog.extras.item(0).setCheckState(Qt.CheckState.Checked)
    QTest.mouseClick(load, Qt.MouseButton.LeftButton)
    assert "line 3" in dialog.problem.text()
    assert "`bis` is not a number: 'x'" in dialog.problem.text()
    assert len(window.state.tracks) == 1, "nothing is loaded that cannot be read"
    path.write_text(path.read_text().replace("x", "60.0"))
    QTest.mouseClick(load, Qt.MouseButton.LeftButton)
    window.settle()
    track = window.desk.track
    assert [(i.start, i.stop, i.label, i.extras) for i in track.table] == [
        (0.0, 30.0, "Wake", {"Sicherheit": 0.5}),
        (30.0, 60.0, "REM", {"Sicherheit": 0.9}),
    ]
    assert not track.writeback


def test_a_list_of_states_asks_how_long_an_epoch_is(open_it, tmp_path):
    path = tmp_path / "night.txt"
    path.write_text("Wake\nWake\nREM\nREM\n")
    window = open_it()
    window.file_requests.label_loading.add(str(path))
    dialog = window.file_requests.label_loading.epoch
    assert dialog.isVisible()
    assert dialog.doubleValue() == 30.0
    dialog.setDoubleValue(4.0)
    dialog.accept()
    assert wait_for(lambda: window.desk.track is not None and window.desk.track.epoch == 4.0)
    window.settle()
    track = window.desk.track
    assert track.name == "night.txt"
    assert [(i.start, i.stop, i.label) for i in track.table] == [
        (0.0, 4.0, "Wake"),
        (4.0, 8.0, "Wake"),
        (8.0, 12.0, "REM"),
        (12.0, 16.0, "REM"),
    ]
    window.file_requests.export_labels(str(tmp_path / "copy.epochs.txt"))
    assert (tmp_path / "copy.epochs.txt").read_text() == path.read_text()
    before = len(window.state.tracks)
    prose = tmp_path / "notes.txt"
    prose.write_text("It was late.\nThe mouse slept.\n" * 30 + "".join(f"{k}\n" for k in range(60)))
    window.file_requests.label_loading.add(str(prose))
    assert any("Visbrain" in str(f) or "line 1" in str(f) for f in window.widget.errors.faults)
    assert len(window.state.tracks) == before


@pytest.mark.parametrize(
    ("name", "text", "asks"),
    [
        ("a.csv", "Epoch,Stage\n" + "".join(f"{k},{'WN'[k % 2]}\n" for k in range(9)), "epoch"),
        ("a.csv", "brain_state,confidence_score\n" + "1,0.5\n2,0.25\n" * 5, "epoch"),
        ("a.txt", "1\n2\n" * 5, "epoch"),
        ("a.csv", "von,bis,Stadium\n0,30,W\n30,60,N\n", "columns"),
        ("a.txt", "Wake 100.0\nN1 90.0\nWake 80.0\n" * 2, None),
        ("a.txt", "Dear all,\nit is late.\n", None),
    ],
)
def test_what_a_label_file_does_not_say_is_asked(open_it, tmp_path, name, text, asks):
    path = tmp_path / name
    path.write_text(text)
    window = open_it()
    loading = window.file_requests.label_loading
    loading.add(str(path))
    assert (loading.epoch is not None, loading.columns is not None) == (
        asks == "epoch",
        asks == "columns",
    )
    assert bool(window.widget.errors.faults) == (asks is None)


def test_another_length_of_epochs_reads_a_list_of_them_again(open_it, tmp_path):
    (tmp_path / "n.epochs.txt").write_text("W\nN\n")
    text = TOML + "[[labels]]\npath = 'n.epochs.txt'\nepoch = 30.0\n"
    text += "[states]\nlabel_colors = { W = '#ff0000', N = '#0000ff' }\n"
    path = tmp_path / "s.toml"
    path.write_text(text)
    window = open_it(load_session(path), path=path)
    assert window.state.tracks[-1].table.ends.tolist() == [30.0, 60.0]
    path.write_text(text.replace("epoch = 30.0", "epoch = 4.0"))
    window.file_requests.reload()
    assert wait_for(lambda: window.state.tracks[-1].table.ends.tolist() == [4.0, 8.0])


def test_a_label_file_that_cannot_be_read_adds_no_set(open_it, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("start_s,end_s,label\n5.0,1.0,Wake\n")
    window = open_it()
    before = window.state.tracks
    window.file_requests.label_loading.add(str(path))
    assert window.state.tracks == before
    (fault,) = window.widget.errors.faults
    assert "line 2" in fault.message


def test_what_a_format_would_lose_is_named_and_written_only_when_allowed(open_it, tmp_path):
    path = tmp_path / "hypnogram.txt"
    path.write_text("*Duration_sec\t60.0\nWake\t30.0\nNREM\t60.0\n")
    before = path.read_text()
    config = LabelsConfig(path=str(path), writeback=True)
    window = open_it(make_session(plots=(TraceConfig(signal(1)),), labels=(config,)))
    window.store.dispatch(c.Select(Span(10.0, 20.0)))
    window.store.dispatch(c.ClearLabels())
    requests = window.file_requests
    for target, write in (
        (path, lambda: requests.save(0)),
        (tmp_path / "copy.txt", lambda: requests.export_labels(str(tmp_path / "copy.txt"))),
    ):
        write()
        (fault,) = window.widget.errors.faults
        assert "gaps: 1 unlabelled span written as `Unscored`" in fault.message
        assert (target.read_text() if target.exists() else before) == before
        buttons = window.widget.errors.findChildren(QPushButton)
        button = [b for b in buttons if b.text() == fault.offers[0]][-1]
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        window.settle()
        assert window.widget.errors.faults == ()
        assert target.read_text().splitlines()[1:3] == ["Wake\t10.0", "Unscored\t20.0"]
    assert window.state.tracks[0].saved


def test_pictures_and_numbers(open_it, tmp_path):
    window = open_it()
    requests = window.file_requests
    for kind in ("png", "svg", "pdf"):
        requests.save_picture(str(tmp_path / f"plots.{kind}"))
        requests.save_hypnogram(str(tmp_path / f"overview.{kind}"))
    image = QImage(str(tmp_path / "plots.png"))
    viewport = window.state.viewport
    assert (image.width(), image.height()) == (viewport.width, viewport.height)
    assert "<text" in (tmp_path / "plots.svg").read_text()
    assert (tmp_path / "plots.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "overview.png").stat().st_size > 500
    window.store.dispatch(c.UiRequest("copy_picture"))
    assert not QGuiApplication.clipboard().image().isNull()
    requests.save_picture(str(tmp_path / "plots.gif"))
    assert "no kind of picture" in window.widget.errors.faults[-1].message

    requests.export_data(str(tmp_path / "data.csv"))
    table = pl.read_csv(tmp_path / "data.csv", infer_schema_length=None)
    start, stop = window.state.window.start, window.state.window.stop
    assert table["time_s"].min() >= start
    assert table["time_s"].max() < stop
    mine = table.filter((pl.col("row") == "0") & (pl.col("trace") == table["trace"][0]))
    expected = np.sin(2 * np.pi * mine["time_s"].to_numpy() / 4)
    assert np.allclose(mine["value"].to_numpy(), expected, atol=1e-6)
    requests.export_data(str(tmp_path / "data.npz"))
    with np.load(tmp_path / "data.npz") as arrays:
        assert len(arrays.files) == 2 * (2 + 6 + 5 + 5)
    requests.export_data(str(tmp_path / "data.zarr"))
    assert (tmp_path / "data.zarr").is_dir()
