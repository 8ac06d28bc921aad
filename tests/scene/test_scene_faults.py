"""Faults that the original had in what it draws; see docs/faults.md for all of them."""

import numpy as np
import polars as pl
import pytest
from scene_kit import array, picture, tile_of

from loupe.scene.frame import RectsItem
from loupe.session.labels import LabelsConfig
from loupe.session.plots.heatmap import HeatmapConfig
from loupe.session.plots.trace import TraceConfig
from loupe.session.plots.zip import Zip
from loupe.units import Rgba

STATES = {"keymap": {"Wake": ["w"]}, "label_colors": {"Wake": "#ff0000"}}


def test_a_zip_takes_the_colours_of_its_traces():
    one = array(np.zeros((1, 10)), name="one")
    p = picture(Zip([TraceConfig(one, color="#112233"), TraceConfig(one)], "channel"))
    colors = [line.color for line in p.rows[0].content.lines]
    assert colors[0] == Rgba(0x11, 0x22, 0x33)
    assert colors[1] not in (None, colors[0])


def test_equal_depths_do_not_lie_on_each_other():
    data = array(
        np.random.default_rng(0).normal(size=(4, 100)),
        t=np.arange(100) / 10,
        coords={"depth": ("channel", [0.0, 0.0, 0.0, 0.0])},
    )
    p = picture(TraceConfig(data, mode="dense", order_by="depth"))
    places = p.rows[0].content.positions
    assert np.allclose(np.diff(places), np.diff(places)[0])
    assert np.diff(places)[0] > 0


@pytest.mark.parametrize("descending", [False, True])
def test_the_outer_dense_traces_have_room(descending):
    """Half a gap above the first and below the last, also where depths are negative."""
    y = np.zeros((3, 1000), dtype=np.float32)
    data = array(y, t=np.arange(1000) / 100, coords={"depth": ("channel", [-300.0, -200.0, -100])})
    p = picture(TraceConfig(data, mode="dense", order_by="depth", descending=descending))
    tile, box = tile_of(p)
    ink = np.flatnonzero(tile.pixels[:, :, 3].any(axis=0))
    assert ink[0] == pytest.approx(box.rect.h / 6, abs=2)
    assert ink[-1] == pytest.approx(box.rect.h * 5 / 6, abs=2)


def test_a_heatmap_without_a_value_is_blank_there():
    y = np.ones((1, 100), dtype=np.float32)
    y[0, 40:60] = np.nan
    p = picture(HeatmapConfig(array(y, t=np.arange(100) / 10)), window=10.0, start=0.0)
    tile, _ = tile_of(p)
    middle = int(5.0 / tile.dt) - tile.k0
    assert np.isnan(tile.values[middle, 0])
    assert p.rows[0].content.nan_color is None


def test_labels_reach_beyond_the_data():
    """They show where the data are, and are kept where those are not."""
    labels = LabelsConfig(
        data=pl.DataFrame({"start_s": [-50.0], "end_s": [500.0], "label": ["Wake"]})
    )
    p = picture(
        TraceConfig(array(np.zeros((1, 100)), t=np.arange(100) / 10)),
        interval_labels=[labels],
        **STATES,
    )
    (track,) = p._store.state.tracks
    assert [(n.start, n.stop) for n in track.table] == [(-50.0, 500.0)]
    red = [
        item
        for panel in p.frame.panels
        for item in panel.items
        if isinstance(item, RectsItem) and (item.colors[:, :3] == (255, 0, 0)).all(axis=1).any()
    ]
    assert red


def test_labels_alone_make_the_time():
    labels = LabelsConfig(
        data=pl.DataFrame({"start_s": [-20.0, 30.0], "end_s": [10.0, 90.0], "label": ["Wake"] * 2})
    )
    p = picture([], interval_labels=[labels], **STATES)
    extent = p._store.state.extent
    assert (extent.start, extent.stop) == (-20.0, 90.0)
