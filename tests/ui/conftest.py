"""A small real session and windows on it; every window is closed after its test."""

import os
import sys
import traceback

import numpy as np
import polars as pl
import pytest
import xarray as xr

if not os.environ.get("DISPLAY") and not os.environ.get("QT_QPA_PLATFORM"):
    collect_ignore_glob = ["test_ui_*.py"]

from loupe.session.events import GlobalEventsConfig
from loupe.session.labels import LabelsConfig
from loupe.session.model import Session
from loupe.session.plots.heatmap import HeatmapConfig
from loupe.session.plots.raster import RasterConfig
from loupe.session.plots.trace import TraceConfig
from loupe.session.states import StateConfig
from loupe.session.view import ViewSettings

RATE = 200.0
LENGTH_S = 120.0


def signal(channels: int) -> xr.DataArray:
    """Sines of 1, 2, … Hz, one a channel, with a name."""
    t = np.arange(int(LENGTH_S * RATE)) / RATE
    values = np.stack([np.sin(2 * np.pi * (k + 1) * t / 4) for k in range(channels)])
    return xr.DataArray(
        values.astype(np.float32),
        dims=("channel", "time"),
        coords={"channel": np.arange(channels), "time": t},
        name="sig",
        attrs={"units": "mV"},
    )


def events() -> pl.DataFrame:
    rng = np.random.default_rng(3)
    n = 400
    return pl.DataFrame(
        {"time": np.sort(rng.uniform(0, LENGTH_S, n)), "unit": rng.integers(0, 5, n)}
    )


def make_session(**more):
    """Stacked, dense, heatmap and raster rows, three states, one label file if `labels` says so."""
    fields = {
        "title": "Test recording",
        "view": ViewSettings(window=10.0),
        "plots": (
            TraceConfig(signal(2), id="stacked"),
            TraceConfig(signal(6), mode="dense", id="dense"),
            HeatmapConfig(signal(5), id="heat"),
            RasterConfig(events(), time_col="time", order_by="unit", id="units"),
        ),
        "states": StateConfig(
            keymap={"Wake": ["w"], "NREM": ["1", "n"], "REM": ["r"]},
            label_colors={"Wake": "#e69f0060", "NREM": "#0072b260", "REM": "#cc79a760"},
        ),
        "events": GlobalEventsConfig(pl.DataFrame({"time": [5.0, 42.0]})),
    }
    return Session(**{**fields, **more})


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
