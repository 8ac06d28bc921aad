"""A small real session and windows on it; every window is closed after its test."""

import os
import sys
import traceback

import pytest

if not os.environ.get("DISPLAY") and not os.environ.get("QT_QPA_PLATFORM"):
    collect_ignore_glob = ["test_ui_*.py"]

from ui_sessions import TOML, make_session, signal

from loupe.session.labels import LabelsConfig
from loupe.session.plots.trace import TraceConfig


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """Nothing of the user's is read or written."""
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


@pytest.fixture(autouse=True)
def no_silent_errors(monkeypatch):
    """What Qt calls prints its exceptions and goes on; here they fail the test."""
    caught = []
    monkeypatch.setattr(
        sys, "excepthook", lambda *error: caught.append("".join(traceback.format_exception(*error)))
    )
    yield
    assert not caught, caught[0]


@pytest.fixture
def open_it(tmp_path):
    """Opens windows: ``open_it()`` on the usual session, or on one that is given."""
    from loupe.ui.app import application, open_session, open_windows
    from loupe.ui.memory import Memory

    application()

    def make(session=None, **options):
        session = make_session() if session is None else session
        options.setdefault("memory", Memory(tmp_path / "memory.json"))
        options.setdefault("state_folder", tmp_path / "state")
        window = open_session(session, **options)
        window.widget.resize(1200, 800)
        window.widget.activateWindow()
        assert window.settle(60_000), "kernels compile on first use"
        return window

    yield make
    for window in open_windows():
        window.close(keep_unsaved=False)


@pytest.fixture
def label_session(tmp_path):
    """The usual session with a label file that may be written."""
    path = tmp_path / "labels.csv"
    config = LabelsConfig(path=str(path), writeback=True)
    plots = (TraceConfig(signal(2), id="stacked"),)
    return make_session(labels=(config,), plots=plots), path


@pytest.fixture
def session_file(tmp_path):
    signal(2).to_dataset(name="sig").to_zarr(str(tmp_path / "sig.zarr"), consolidated=False)
    path = tmp_path / "night.toml"
    path.write_text(TOML)
    return path
