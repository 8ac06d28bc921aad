"""Sessions to pixels: what is on the screen is the data, twice the same."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "scene"))
from scene_kit import array, picture

from loupe import HeatmapConfig, TraceConfig
from loupe.render.offscreen import render_frame


def inked(pixels, presenter, row=0):
    """Which pixels of a row's plot area differ from the panel and the grid."""
    rect = next(b.rect for b in presenter.layout.rows if b.row_id == presenter.rows[row].id)
    part = pixels[rect.y : rect.bottom, rect.x : rect.right, :3].astype(int)
    panel = np.array(presenter.theme.panel[:3])
    return np.abs(part - panel).max(axis=2) > 60, rect


@pytest.mark.parametrize("window", [0.5, 20.0, 290.0])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_every_single_sample_spike_is_on_the_screen(window, scale):
    rate, n = 500.0, 150_000
    rng = np.random.default_rng(11)
    y = rng.normal(size=n).astype(np.float32) * 0.02
    spikes = rng.choice(n, 60, replace=False)
    y[spikes] = rng.choice([-1.0, 1.0], 60) * rng.uniform(0.5, 1.0, 60)
    t = np.arange(n) / rate
    p = picture(
        TraceConfig(array(y, dims=(), t=t), y_range=(-1.2, 1.2)),
        window=window,
        start=float(t[spikes[0]]) - window / 2,
        width=round(1000 * scale),
        height=round(400 * scale),
        scale=scale,
        grid=False,
    )
    ink, rect = inked(render_frame(p.frame), p)
    (low, high), grid = p.y_range(p.rows[0].id), p.layout.grid
    seen = 0
    for s in spikes:
        x = int(np.floor(grid.x(t[s])))
        if not 2 <= x < grid.width - 2:
            continue
        seen += 1
        want = (high - y[s]) / (high - low) * rect.h
        rows = np.flatnonzero(ink[:, x - 1 : x + 2].any(axis=1))
        near = np.abs(rows - want).min()
        assert near <= 2 * scale + 1, f"the spike at {t[s]} s is not on the screen"
    assert seen >= 1


def test_extremes_a_column_are_those_of_the_samples():
    rate, n = 1000.0, 60_000
    y = np.random.default_rng(2).normal(size=n).astype(np.float32)
    t = np.arange(n) / rate
    p = picture(
        TraceConfig(array(y, dims=(), t=t), y_range=(-6.0, 6.0)),
        window=30.0,
        start=10.0,
        width=1000,
        height=500,
        grid=False,
    )
    ink, rect = inked(render_frame(p.frame), p)
    (low, high), grid = p.y_range(p.rows[0].id), p.layout.grid
    column = np.floor(t / grid.dt).astype(int) - grid.k0
    for x in range(3, grid.width - 3, 11):
        # The curve enters and leaves a column between samples.
        edges = np.interp(np.array([grid.k0 + x, grid.k0 + x + 1]) * grid.dt, t, y)
        values = np.concatenate([y[column == x], edges])
        rows = np.flatnonzero(ink[:, x])
        assert abs(rows.min() - (high - values.max()) / (high - low) * rect.h) <= 3
        assert abs(rows.max() - (high - values.min()) / (high - low) * rect.h) <= 3


def test_a_picture_is_the_same_twice():
    data = array(np.random.default_rng(1).normal(size=(12, 5000)), t=np.arange(5000) / 100)
    frames = [picture([TraceConfig(data, "dense"), HeatmapConfig(data)]).frame for _ in range(2)]
    first, second = (render_frame(frame) for frame in frames)
    assert np.array_equal(first, second)
