"""The small real session that the tests of the window open."""

import numpy as np
import polars as pl
import xarray as xr

from loupe.session.events import GlobalEventsConfig
from loupe.session.model import Session
from loupe.session.plots.heatmap import HeatmapConfig
from loupe.session.plots.raster import RasterConfig
from loupe.session.plots.trace import TraceConfig
from loupe.session.states import StateConfig
from loupe.session.view import ViewSettings

RATE = 200.0
LENGTH_S = 120.0
TOML = """version = 1
title = "from a file"
[view]
window = 5.0
[[plots]]
kind = "trace"
id = "one"
data = { path = "sig.zarr", variable = "sig" }
"""


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
