"""Rows on the canvas, and columns of time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scene_kit import array, picture

from loupe import HeatmapConfig
from loupe.scene.layout import RowSize, Viewport, lay_out
from loupe.scene.timegrid import TimeGrid, Window

rows = st.lists(st.tuples(st.floats(1, 300), st.floats(0.01, 20)), min_size=1, max_size=30).map(
    lambda pairs: [RowSize(f"r{i}", m, w) for i, (m, w) in enumerate(pairs)]
)


@given(
    rows,
    st.integers(200, 3000),
    st.integers(150, 3000),
    st.sampled_from([1.0, 1.5, 2.0]),
    st.floats(0, 5000),
)
def test_rows_never_overlap_and_fill_the_area_when_they_fit(sizes, width, height, scale, scroll):
    layout = lay_out(Viewport(width, height, scale), Window(0, 10), sizes, scroll=scroll)
    tops = [box.rect.y for box in layout.rows]
    assert tops == sorted(tops)
    for a, b in zip(layout.rows, layout.rows[1:], strict=False):
        assert b.rect.y - a.rect.bottom == round(6 * scale)
    assert all(box.rect.h >= 1 for box in layout.rows)
    assert 0 <= layout.scroll <= layout.max_scroll
    if layout.max_scroll == 0 and layout.area.h > 40 * len(sizes):
        assert layout.rows[-1].rect.bottom == layout.area.bottom
    assert layout.axis.y == layout.area.bottom


def test_rows_that_do_not_fit_scroll_at_their_minimum():
    sizes = [RowSize(str(i), 120, 1) for i in range(10)]
    layout = lay_out(Viewport(1000, 600), Window(0, 10), sizes, scroll=100)
    assert {box.rect.h for box in layout.rows} == {120}
    assert layout.scroll == 100
    assert len(layout.visible) < 10
    assert layout.row_at(300, layout.area.y + 1).row_id == "0"


@given(st.floats(-1e5, 1e6), st.floats(1e-2, 1e5), st.integers(1, 4000))
def test_the_grid_covers_the_window_to_within_a_pixel(start, length, width):
    grid = TimeGrid.of(Window(start, length), width)
    assert grid.span.length == pytest.approx(length, rel=1e-6)
    assert abs(grid.span.start - start) <= grid.dt
    assert grid.x(grid.t(17.25)) == pytest.approx(17.25, abs=1e-3)


def test_a_pan_by_pages_moves_by_whole_columns():
    window = Window(3.3, 10.0)
    a = TimeGrid.of(window, 1000)
    b = TimeGrid.of(Window(window.start + 10.0, 10.0), 1000)
    assert a.dt == b.dt
    assert b.k0 - a.k0 == 1000


@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5, 2.0])
@pytest.mark.parametrize("font_scale", [0.8, 1.0, 1.5, 2.0])
def test_heatmaps_that_are_compacted_to_fit_do_fit(scale, font_scale):
    plots = [HeatmapConfig(array(np.zeros((100, 20)))) for _ in range(13)]
    p = picture(
        plots,
        width=round(1000 * scale),
        height=round(600 * scale),
        scale=scale,
        compact_heatmaps_to_fit=True,
        font_scale=font_scale,
    )
    assert p.layout.max_scroll == 0
    assert p.layout.rows[-1].rect.bottom == p.layout.area.bottom
