"""Files that the window writes: as a whole or not at all, under the name that was meant."""

import threading
from dataclasses import replace

import polars as pl
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFileDialog
from ui_acts import answer, score
from ui_sessions import make_session, signal

from loupe.app import commands as c
from loupe.session.load import load_session
from loupe.session.plots.trace import TraceConfig
from loupe.ui.export import export_window
from loupe.ui.opening import in_thread
from loupe.units import Span
from loupe.work import Cancelled


def test_names_without_an_ending_get_the_chosen_one(open_it, session_file, tmp_path):
    window = open_it(load_session(session_file), path=session_file)
    window.store.dispatch(c.UiRequest("save_session"))
    answer(window, tmp_path / "night2")
    assert window.path == tmp_path / "night2.toml"
    window.file_requests.reload()
    assert not window.widget.errors.faults
    window.store.dispatch(c.UiRequest("save_preset"))
    answer(window, tmp_path / "mine")
    assert (tmp_path / "mine.view.toml").exists()
    window.store.dispatch(c.UiRequest("save_picture"))
    dialog = window.widget.findChild(QFileDialog)
    dialog.selectNameFilter("SVG (*.svg)")
    dialog.filterSelected.emit("SVG (*.svg)")
    answer(window, tmp_path / "plots")
    assert (tmp_path / "plots.svg").exists()


@pytest.fixture
def no_folder(tmp_path):
    """A file in the place of a folder: nothing can be written into it, by nobody."""
    (tmp_path / "file").touch()
    return tmp_path / "file"


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_picture_that_cannot_be_written_is_said(open_it, no_folder, ending):
    window = open_it()
    for write in (window.file_requests.save_picture, window.file_requests.save_hypnogram):
        window.widget.errors.show_faults(())
        window.core.say("-")
        write(str(no_folder / f"plots.{ending}"))
        (fault,) = window.widget.errors.faults
        assert "cannot be written" in fault.message
        assert window.state.note == "-"


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_pictures_follow_links_and_replace_as_a_whole(open_it, tmp_path, ending):
    window = open_it()
    real, link = tmp_path / f"real.{ending}", tmp_path / f"link.{ending}"
    real.write_text("before")
    link.symlink_to(real)
    window.file_requests.save_picture(str(link))
    assert not window.widget.errors.faults
    assert link.is_symlink()
    assert real.stat().st_size > 1000
    assert sorted(p.name for p in tmp_path.glob(f"*{ending}*")) == sorted([link.name, real.name])


def test_a_session_that_cannot_be_written_is_said(open_it, no_folder, tmp_path):
    window = open_it(make_session(plots=(TraceConfig(signal(1)),), events=None))
    score(window, "Wake", 1.0, 2.0)
    (tmp_path / "night_data").touch()
    for name in (no_folder / "night.toml", tmp_path / "night.toml"):
        window.widget.errors.show_faults(())
        window.file_requests.sessions._try(str(name), window.file_requests.sessions.save)
        (fault,) = window.widget.errors.faults
        assert "cannot be written" in fault.message
        assert not window.state.tracks[0].saved


def test_a_session_saved_over_a_link_leaves_the_link(open_it, session_file, tmp_path):
    real = tmp_path / "store" / "real.toml"
    real.parent.mkdir()
    real.touch()
    link = tmp_path / "link.toml"
    link.symlink_to(real)
    window = open_it(load_session(session_file), path=session_file)
    window.file_requests.sessions.save(str(link))
    assert link.is_symlink()
    assert real.read_text().startswith("version")


def test_data_are_exported_in_a_thread_a_block_at_a_time(open_it, tmp_path):
    window = open_it()
    window.store.dispatch(c.SetWindow(0.0, 50.0))
    window.settle()
    threads, turns = set(), []
    dense = window.desk.rows("dense")[0].content.array.data
    reads = []

    class Watched:
        def __getattr__(self, name):
            return getattr(dense, name)

        def read(self, rows, first, last):
            threads.add(threading.current_thread())
            reads.append(len(rows))
            return dense.read(rows, first, last)

    (row,) = window.desk.rows("dense")
    array = replace(row.content.array, data=Watched())
    rows = (replace(row, content=replace(row.content, array=array)),)
    steps = []
    target = tmp_path / "six.csv"
    target.write_text("before")
    count = in_thread(
        "Writing",
        "six.csv",
        window.desk.look,
        lambda tell: export_window(
            rows, Span(0.0, 50.0), target, lambda *step: (steps.append(step), tell(*step))
        ),
    )
    assert count == 6 * 50 * 200
    assert reads == [6], "rows of one array are read together"
    assert threading.main_thread() not in threads
    assert [step[:2] for step in steps] == [(number, 6) for number in range(6)]
    assert len(pl.read_csv(target)) == count

    def stop(*_):
        raise Cancelled

    with pytest.raises(Cancelled):
        export_window(rows, Span(0.0, 50.0), target, stop)
    assert len(pl.read_csv(target)) == count, "what was there stays"
    assert [path.name for path in tmp_path.glob("*six*")] == ["six.csv"]
    QTimer.singleShot(0, lambda: turns.append(1))
    window.file_requests.export_data(str(tmp_path / "data.zarr"))
    assert turns, "the window lives meanwhile"
    before = sorted(path.name for path in (tmp_path / "data.zarr").iterdir())
    window.file_requests.export_data(str(tmp_path / "data.zarr"))
    assert "of this name already" in window.widget.errors.faults[-1].message
    assert sorted(path.name for path in (tmp_path / "data.zarr").iterdir()) == before
