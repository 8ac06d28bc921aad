"""Heatmaps of more rows than pixels: each row is in the picture, at its place."""

import numpy as np
import pytest
from scene_kit import array, picture, tile_of, zoomed

from loupe import HeatmapConfig
from loupe.data.timeaxis import UniformTime
from loupe.scene import envelope
from loupe.scene import zoomed_out as zoomed_out_module
from loupe.scene.frame import MAX_SIDE
from loupe.scene.plan import look_of
from loupe.scene.plots import heatmap
from loupe.scene.workbench import Workbench
from loupe.tiles.heat import fold_edges, fold_rows


@pytest.mark.parametrize("method", ["peak", "mean"])
def test_no_row_is_lost_where_there_are_more_than_pixels(method):
    y = np.zeros((20_000, 40), dtype=np.float32)
    lone = [0, 1, 7_777, 12_345, 19_999]
    y[lone, [3, 9, 15, 21, 27]] = -5.0
    p = picture(HeatmapConfig(array(y), decim_method=method), window=40.0, start=0.0, height=300)
    tile, box = tile_of(p)
    assert tile.values.shape[1] == box.rect.h
    found = {}
    for x, line in np.argwhere(tile.values < 0):
        found.setdefault(int(line), set()).add(round((tile.k0 + x + 0.5) * tile.dt))
    middle = {
        int((19_999 - r + 0.5) * box.rect.h / 20_000): t
        for r, t in zip(lone, [3, 9, 15, 21, 27], strict=True)
    }
    assert set(found) == set(middle)
    for line, t in middle.items():
        assert min(found[line]) <= t <= max(found[line])
        held = np.nanmin(tile.values[:, line])
        assert held == -5.0 if method == "peak" else -5.0 < held < 0


def test_folded_rows_follow_the_height_and_its_zoom():
    y = np.random.default_rng(0).normal(size=(900, 50)).astype(np.float32)
    p = picture(HeatmapConfig(array(y)), window=50.0, start=0.0, height=300)
    tile, box = tile_of(p)
    assert tile.values.shape[1] == box.rect.h < 900
    tall, _ = tile_of(picture(HeatmapConfig(array(y)), window=50.0, start=0.0, height=1200))
    assert tall.values.shape[1] == 900

    near = picture(
        HeatmapConfig(array(y), id="h"), window=50.0, start=0.0, height=300, change=zoomed("h/all")
    )
    tile, box = tile_of(near)
    assert tile.values.shape[1] == 2 * box.rect.h


def test_the_pointer_names_all_rows_of_a_folded_line():
    y = np.zeros((1000, 40), dtype=np.float32)
    y[250, 20] = 8.0
    p = picture(HeatmapConfig(array(y)), window=40.0, start=0.0, height=300)
    _, box = tile_of(p)
    x = p.layout.area.x + p.layout.grid.x(20.0) + 1
    at = box.rect.y + (999 - 250 + 0.5) / 1000 * box.rect.h
    found = p.hover(x, at)
    assert found.value == 8.0
    assert abs(found.index - 250) <= 4
    line = int(at - box.rect.y)
    mine = [r for r in range(1000) if int((999 - r + 0.5) * box.rect.h / 1000) == line]
    assert f"{mine[0]} to {mine[-1]}, {len(mine)} rows: 8" in found.text


def test_more_rows_than_a_texture_has_pixels_are_folded_however_tall_the_heatmap():
    many = array(np.zeros((30_000, 4), dtype=np.float32))
    p = picture(HeatmapConfig(many, height=20))
    tile, box = tile_of(p)
    assert box.rect.h > MAX_SIDE
    assert tile.values.shape[1] == MAX_SIDE


def tiles_of(p, heights, *, dt=None):
    """The tiles of the heatmap at several heights, made on one bench; how often it read."""
    bench, seen = Workbench(), p._picture()
    row, grid = seen.rows[0], seen.layout.grid
    made = []
    for height in heights:
        look = look_of(row, height, seen.theme, seen.layout.viewport, seen.view, seen.overrides)
        made.append(heatmap.job(row, look, dt or grid.dt, 0, grid.width).run(bench).values)
    return made, bench.counts["reads"]


@pytest.mark.parametrize("method", ["peak", "mean"])
def test_another_height_folds_the_rows_that_are_there(method):
    y = np.random.default_rng(1).normal(size=(900, 50)).astype(np.float32)
    p = picture(HeatmapConfig(array(y), decim_method=method), window=50.0, start=0.0)
    (whole, *folded), reads = tiles_of(p, [900, 300, 299, 80])
    assert reads == 1
    assert whole.shape[1] == 900
    for values, lines in zip(folded, (300, 299, 80), strict=True):
        expected = fold_rows(whole, fold_edges(900, lines), method)
        np.testing.assert_array_equal(values, expected)


@pytest.mark.parametrize("zoomed_out", [False, True])
def test_many_rows_are_folded_some_at_a_time(zoomed_out, monkeypatch):
    y = np.random.default_rng(2).normal(size=(700, 9000)).astype(np.float32)
    y[:, 3000:3100] = np.nan
    p = picture(HeatmapConfig(array(y)), window=9000.0 if zoomed_out else 300.0, start=0.0)
    dt = p.layout.grid.dt
    (expected,), _ = tiles_of(p, [120], dt=dt)
    monkeypatch.setattr(heatmap, "KEPT_CELLS", 1)
    monkeypatch.setattr(zoomed_out_module, "FOLD_CELLS", 40_000)
    monkeypatch.setattr(envelope, "PIECE_VALUES", 40_000)
    (values,), _ = tiles_of(p, [120], dt=dt)
    assert values.shape == (p.layout.grid.width, 120)
    np.testing.assert_array_equal(values, expected)


def test_cells_are_bounded_where_there_are_more_of_them_than_samples():
    time = UniformTime(0.0, 1.0, 40)
    pieces = envelope._pieces(time, 0.02, 0, 2000, 60_000, cells_too=True)
    assert max((x1 - x0) * 60_000 for x0, x1, _, _ in pieces) <= 1.01 * envelope.PIECE_VALUES
    assert [p[0] for p in pieces[1:]] == [p[1] for p in pieces[:-1]]
