"""Heatmaps, rasters, events and labels against brute force."""

import tracemalloc
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scene_kit import array, picture, tile_of, zoomed

from loupe import GlobalEventsConfig, HeatmapConfig, IntervalLabelSchema, RasterConfig
from loupe.labels.intervals import IntervalLabelSet
from loupe.scene import build as build_module
from loupe.scene import intervals
from loupe.scene.frame import RectsItem, ScalarTile
from loupe.scene.hit import hover
from loupe.scene.intervals import bands
from loupe.scene.timegrid import TimeGrid


def test_peak_keeps_the_sign_of_the_larger_magnitude():
    y = np.zeros((2, 10_000), dtype=np.float32)
    y[0, 5000], y[1, 5000] = -9.0, 4.0
    p = picture(HeatmapConfig(array(y, t=np.arange(10_000) / 1000)), window=10.0)
    tile, _ = tile_of(p)
    x = int(np.floor(5.0 / tile.dt)) - tile.k0
    # Row 0 of the data is at the bottom, which is the last column of the tile's values.
    assert tile.values[x, 1] == -9.0
    assert tile.values[x, 0] == 4.0


def test_mean_ignores_nan():
    y = np.full((1, 1000), 2.0, dtype=np.float32)
    y[0, ::2] = np.nan
    p = picture(HeatmapConfig(array(y, t=np.arange(1000) / 100), decim_method="mean"), window=10.0)
    tile, _ = tile_of(p)
    inside = tile.values[-tile.k0 : -tile.k0 + 700, 0]
    assert np.nanmax(inside) == 2.0
    assert np.nanmin(inside) == 2.0


def test_groups_rows_levels_and_colours():
    data = array(
        np.arange(60.0).reshape(6, 10),
        dims=("syn",),
        coords={"dend": ("syn", [2, 1, 2, 1, 2, 1]), "pos": ("syn", [5, 4, 3, 2, 1, 0])},
    )
    p = picture(HeatmapConfig(data, split_by="dend", order_by="pos", cmap=["magma", "viridis"]))
    assert [r.subtitle for r in p.rows] == ["dend=1", "dend=2"]
    assert [r.content.order.tolist() for r in p.rows] == [[5, 3, 1], [4, 2, 0]]
    assert [r.content.lut_name for r in p.rows] == ["magma", "viridis"]
    tile, _ = tile_of(p)
    low, high = np.percentile(data.values[[5, 3, 1]], [1, 99])
    assert tile.y_range == pytest.approx((low, high), rel=1e-5)
    scalar = [i for panel in p.frame.panels for i in panel.items if isinstance(i, ScalarTile)]
    assert scalar[0].vmin == pytest.approx(low, rel=1e-5)


def test_rows_without_a_group_are_shown_in_one_of_their_own():
    data = array(
        np.arange(40.0).reshape(4, 10),
        dims=("syn",),
        coords={"region": ("syn", ["CA3", "", "CA1", ""])},
    )
    p = picture(HeatmapConfig(data, split_by="region"))
    assert [r.group for r in p.rows] == ["region=CA1", "region=CA3", "region=NA"]
    assert p.rows[2].content.order.tolist() == [1, 3]


def test_low_rows_of_a_split_are_told_apart_by_their_group():
    data = array(
        np.arange(40.0).reshape(4, 10), dims=("syn",), coords={"region": ("syn", list("aabb"))}
    )
    high = picture(HeatmapConfig(data, split_by="region"), height=600)
    names = [t.text for t in high.frame.texts if t.role == "name"]
    assert len(set(names)) == 1
    low = picture(HeatmapConfig(data, split_by="region"), height=90)
    assert [t.text for t in low.frame.texts if t.role == "name"] == ["region=a", "region=b"]


def test_a_colormap_table_without_a_group_says_which():
    data = array(np.zeros((2, 10)), dims=("d",), coords={"g": ("d", ["a", "b"])})
    p = picture(HeatmapConfig(data, split_by="g", cmap={"a": "magma"}))
    assert "no entry for the group `b`" in p.rows[0].content.message


def test_two_dimensions_are_too_many_for_a_heatmap():
    p = picture(HeatmapConfig(array(np.zeros((2, 2, 9)), dims=("a", "b"))))
    assert "exactly one dimension besides time" in p.rows[0].content.message
    assert "a, b" in p.rows[0].content.message


def events(**columns):
    return pl.DataFrame(columns)


def test_events_sit_in_the_middle_of_their_row():
    frame = events(time=[5.0], unit=["only"])
    p = picture(RasterConfig(frame, time_col="time", order_by="unit"), window=10.0, start=0.0)
    tile, box = tile_of(p)
    ink = np.flatnonzero(tile.pixels[:, :, 3].any(axis=0))
    assert (ink[0] + ink[-1] + 1) / 2 == pytest.approx(box.rect.h / 2, abs=1)
    x = int(np.floor(5.0 / tile.dt)) - tile.k0
    assert tile.pixels[x, :, 3].any()


@pytest.mark.parametrize("window", [1.0, 100.0, 3600.0])
def test_no_event_is_lost_at_any_zoom(window):
    rng = np.random.default_rng(7)
    n = 20_000
    t, unit = np.sort(rng.uniform(0, 3600, n)), rng.integers(0, 20, n)
    p = picture(
        RasterConfig(events(time=t, unit=unit), time_col="time", order_by="unit"),
        window=window,
        start=0.0,
    )
    tile, box = tile_of(p)
    from loupe.scene.plots.raster import bands_of

    rows = bands_of(p.rows[0].content, box.rect.h)
    middle = ((rows.top + rows.bottom) / 2).astype(int)
    k = np.floor(t / tile.dt).astype(int) - tile.k0
    inside = (k >= 0) & (k < tile.width)
    drawn = tile.pixels[k[inside], middle[unit[inside]], 3]
    assert (drawn > 0).all()


def test_rows_split_hue_and_alpha():
    frame = events(
        time=[1.0, 2.0, 3.0, 4.0],
        unit=[10, 9, 10, 11],
        probe=["b", "a", "b", "b"],
        kind=["x", "y", None, "x"],
        snr=[0.0, 1.0, 2.0, 4.0],
    )
    p = picture(
        RasterConfig(
            frame, time_col="time", order_by="unit", split_by="probe", hue="kind", alpha_by="snr"
        )
    )
    assert [r.subtitle for r in p.rows] == ["probe=a", "probe=b"]
    b = p.rows[1].content
    assert b.row_names == ("10", "11")
    assert b.rows.tolist() == [0, 0, 1]
    assert b.colors[:, 3].tolist() == [round(255 * a) for a in (0.3, 0.65, 1.0)]
    assert b.colors[1, :3].tolist() == [160, 160, 160]


def test_events_without_a_group_or_a_row_are_shown_too():
    frame = events(
        time=[1.0, 2.0, 3.0, 4.0, 5.0],
        unit=["u2", None, "u1", "u1", ""],
        probe=["b", "b", None, "a", "b"],
    )
    p = picture(RasterConfig(frame, time_col="time", order_by="unit", split_by="probe"))
    assert [r.group for r in p.rows] == ["probe=a", "probe=b", "probe=NA"]
    assert p.rows[1].content.row_names == ("u2", "NA")
    assert p.rows[1].content.rows.tolist() == [0, 1, 1]
    assert p.rows[2].content.row_names == ("u1",)
    assert sum(len(r.content.times) for r in p.rows) == 5


def test_an_event_without_an_opacity_is_seen():
    frame = events(time=[1.0, 2.0, 3.0], unit=[1, 1, 1], snr=[0.5, float("nan"), 2.0])
    p = picture(RasterConfig(frame, time_col="time", order_by="unit", alpha_by="snr"))
    assert p.rows[0].content.colors[1, 3] > 0


def test_a_palette_without_a_hue_colours_the_rows():
    frame = events(time=[1.0, 2.0, 3.0], unit=[1, 2, 1])
    p = picture(
        RasterConfig(frame, time_col="time", order_by="unit", palette=["#ff0000", "#00ff00"])
    )
    assert p.rows[0].content.colors[:, :3].tolist() == [[255, 0, 0], [0, 255, 0], [255, 0, 0]]


def test_shaded_rows_keep_their_place_beside_separators():
    from loupe.scene.plots.raster import bands_of

    frame = events(time=[1.0, 2.0, 3.0], unit=[1, 2, 3])
    p = picture(
        RasterConfig(
            frame,
            time_col="time",
            order_by="unit",
            horizontal_separators=[3],
            nan_spans={"3": [[2.0, 4.0]]},
            shade_nans=["#ff0000", 1.0],
        ),
        window=10.0,
        start=0.0,
    )
    _tile, box = tile_of(p)
    bands = bands_of(p.rows[0].content, box.rect.h)
    panel = next(f for f in p.frame.panels if f.rect == box.rect)
    shades = [
        rect
        for item in panel.items
        if hasattr(item, "rects")
        for rect, color in zip(item.rects, item.colors, strict=True)
        if tuple(color[:3]) == (255, 0, 0)
    ]
    assert len(shades) == 1
    assert shades[0][1] == pytest.approx(bands.top[2], abs=1)
    assert shades[0][3] == pytest.approx(bands.bottom[2], abs=1)


def test_y_zoom_shows_the_middle_rows_of_a_raster_larger():
    from loupe.scene.plots.raster import bands_of

    frame = events(time=[1.0, 2.0, 3.0, 4.0], unit=[1, 2, 3, 4])
    config = RasterConfig(frame, time_col="time", order_by="unit", id="r")
    p = picture(config, window=10.0, start=0.0, change=zoomed("r/all"))
    tile, box = tile_of(p)
    bands = bands_of(p.rows[0].content, box.rect.h, 2.0)
    assert bands.bottom[1] - bands.top[1] == pytest.approx(box.rect.h / 2)
    seen = [bool(tile.pixels[int(t / tile.dt) - tile.k0, :, 3].any()) for t in (1, 2, 3, 4)]
    assert seen == [False, True, True, False]
    left = p.layout.area.x
    names = [t.text for t in p.frame.texts if t.role == "tick" and t.area == "left" and t.x < left]
    assert names == ["2", "3"]
    y = box.rect.y + box.rect.h * 0.25
    x = p.layout.area.x + p.layout.grid.x(3.0)
    assert p.hover(x, y).trace == "3"


def test_y_zoom_shows_the_middle_rows_of_a_heatmap_larger():
    data = array(np.arange(40.0).reshape(4, 10))
    p = picture(HeatmapConfig(data, id="h"), change=zoomed("h/all"))
    _, box = tile_of(p)
    (item,) = (
        i
        for panel in p.frame.panels
        if panel.rect == box.rect
        for i in panel.items
        if isinstance(i, ScalarTile)
    )
    assert (item.y0, item.y1) == (-box.rect.h / 2, box.rect.h * 1.5)
    x = p.layout.area.x + p.layout.grid.x(5.0)
    assert [p.hover(x, box.rect.y + box.rect.h * part).trace for part in (0.25, 0.75)] == ["2", "1"]


def test_a_heatmap_of_one_sample_is_not_blank():
    p = picture(
        HeatmapConfig(array(np.array([[3.0], [5.0]]), t=np.array([4.0]))), window=2.0, start=3.0
    )
    tile, _ = tile_of(p)
    assert np.isfinite(tile.values).any()


def test_given_rows_keep_order_and_empty_ones():
    frame = events(time=[1.0, 2.0], unit=[1, 2])
    p = picture(RasterConfig(frame, time_col="time", order_by="unit", rows=[2, 5]))
    content = p.rows[0].content
    assert content.row_names == ("2", "5")
    assert content.rows.tolist() == [0]


def test_a_missing_column_is_named_with_the_nearest():
    p = picture(RasterConfig(events(time=[1.0], unit=[1]), time_col="tme", order_by="unit"))
    assert "time_col = `tme`" in p.rows[0].content.message
    assert "`time`" in p.rows[0].content.hint


def test_global_events_cross_every_row():
    frame = events(time=[2.0, 4.0, 4.0], kind=["stim", "lick", "lick"])
    p = picture(
        [HeatmapConfig(array(np.zeros((2, 100)), t=np.arange(100) / 10))],
        global_events=GlobalEventsConfig(
            frame, style_events_on="kind", style_kwargs={"stim": {"line_color": "#ff8800"}}
        ),
        window=10.0,
        start=0.0,
    )
    assert [e.name for e in p.scene.events] == ["lick", "stim"]
    panel = next(q for q in p.frame.panels if q.id == p.rows[0].id)
    lines = [i for i in panel.items if isinstance(i, RectsItem) and len(i.rects) == 1][-2:]
    assert [round(float(i.rects[0, 0]) * p.layout.grid.dt) for i in lines] == [4, 2]
    assert lines[1].colors[0, :3].tolist() == [255, 136, 0]
    names = {t.text: t for t in p.frame.texts if t.role == "event"}
    assert set(names) == {"stim", "lick"}, "the second lick at the same time has no name again"
    area = p.layout.area
    assert names["stim"].x == pytest.approx(area.x + p.layout.grid.x(2.0) + 4)
    assert names["stim"].halo is not None
    assert area.y < names["stim"].y < area.y + 20


def test_names_of_events_do_not_touch():
    times = [1.0, 1.01, 5.0, 9.99, *np.linspace(6, 9, 500)]
    frame = events(time=times, kind=["a", "b", "a", "b", *["dense"] * 500])
    p = picture(
        [HeatmapConfig(array(np.zeros((2, 100)), t=np.arange(100) / 10))],
        global_events=GlobalEventsConfig(frame, style_events_on="kind"),
        window=10.0,
        start=0.0,
    )
    assert [t.text for t in p.frame.texts if t.role == "event"] == ["a", "a"]


def test_events_without_classes_have_no_names():
    p = picture(
        [HeatmapConfig(array(np.zeros((2, 100)), t=np.arange(100) / 10))],
        global_events=GlobalEventsConfig(events(time=[2.0])),
        window=10.0,
        start=0.0,
    )
    assert not [t for t in p.frame.texts if t.role == "event"]


SCHEMA = IntervalLabelSchema(start_col="start", end_col="end", label_col="state")


@given(st.integers(0, 2**31), st.integers(1, 4000), st.integers(20, 300))
def test_label_bands_cover_what_labels_cover(seed, n, width):
    rng = np.random.default_rng(seed)
    edges = np.sort(rng.uniform(0, 100, 2 * n))
    starts, ends = edges[::2], edges[1::2]
    frame = pl.DataFrame({"start": starts, "end": ends, "state": rng.choice(["a", "b"], n)})
    table = IntervalLabelSet.from_dataframe(frame, SCHEMA).table
    grid = TimeGrid(100 / width, 0, width)
    colors = np.zeros((len(table.pool.labels), 4), dtype=np.uint8)
    found = bands(table, colors, grid)
    assert len(found) <= max(2 * width, n)
    assert (found.x1 > found.x0).all()
    covered = np.zeros(width + 1, dtype=bool)
    for a, b in zip(found.x0, found.x1, strict=True):
        covered[int(a) : int(np.ceil(b))] = True
    for a, b in zip(starts, ends, strict=True):
        if b > a:
            assert covered[min(int((a + b) / 2 / grid.dt), width - 1)]


@given(st.integers(0, 2**31), st.integers(1, 40), st.booleans())
def test_labels_of_many_texts_win_their_columns_as_those_of_few_do(seed, texts, overlapping):
    rng = np.random.default_rng(seed)
    n, width = 500, 60
    if overlapping:
        starts = np.sort(rng.uniform(0, 100, n))
        ends = starts + rng.exponential(5.0, n)
    else:
        edges = np.sort(rng.uniform(0, 100, 2 * n).round(1))
        starts, ends = edges[::2], edges[1::2]
    states = rng.choice([f"s{k}" for k in range(texts)], n)
    frame = pl.DataFrame({"start": starts, "end": ends, "state": states})
    table = IntervalLabelSet.from_dataframe(frame, SCHEMA).table
    colors = np.zeros((len(table.pool.labels), 4), dtype=np.uint8)
    found = []
    for cells in (1 << 21, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(intervals, "_DENSE_CELLS", cells)
            got = bands(table, colors, TimeGrid(100 / width, 0, width))
        found.append((got.x0.tolist(), got.x1.tolist(), got.codes.tolist()))
    few, many = found
    # Sums in another order may tie otherwise; the columns that are covered are the same ones.
    same = np.mean(_by_column(*few, width) == _by_column(*many, width))
    assert same > 0.95
    assert ((_by_column(*few, width) < 0) == (_by_column(*many, width) < 0)).all()


def _by_column(x0, x1, codes, width):
    found = np.full(width, -1)
    for a, b, code in zip(x0, x1, codes, strict=True):
        found[int(a) : int(b)] = code
    return found


def test_a_hundred_thousand_texts_need_no_sum_for_each():
    n, width = 100_000, 1600
    starts = np.arange(n, dtype=np.float64)
    frame = pl.DataFrame(
        {"start": starts, "end": starts + 0.9, "state": [f"trial {k}" for k in range(n)]}
    )
    table = IntervalLabelSet.from_dataframe(frame, SCHEMA).table
    colors = np.zeros((n, 4), dtype=np.uint8)
    tracemalloc.start()
    found = bands(table, colors, TimeGrid(n / width, 0, width))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == width
    assert peak < 100e6


def test_lines_of_events_are_worked_out_once_for_all_rows(monkeypatch):
    calls = []
    counted = build_module.event_lines
    monkeypatch.setattr(build_module, "event_lines", lambda *a: calls.append(1) or counted(*a))
    frame = events(time=[2.0, 2.001, 4.0], kind=["a", "a", "b"])
    data = [HeatmapConfig(array(np.zeros((2, 100)), t=np.arange(100) / 10)) for _ in range(3)]
    p = picture(
        data, global_events=GlobalEventsConfig(frame, style_events_on="kind"), window=10.0, start=0
    )
    panels = [panel for panel in p.frame.panels if panel.id in {row.id for row in p.rows}]
    assert len(panels) == 3
    assert len(calls) == 1
    for panel in panels:
        lines = [item.rects for item in panel.items if isinstance(item, RectsItem)][-2:]
        assert [len(rects) for rects in lines] == [1, 1]
        assert {float(rects[0, 3]) for rects in lines} == {float(panel.rect.h)}


def test_each_group_of_a_raster_has_its_events_in_order():
    rng = np.random.default_rng(4)
    groups, times = rng.integers(0, 40, 3000), rng.uniform(0, 50, 3000)
    frame = events(time=times, unit=rng.integers(0, 3, 3000), probe=groups)
    p = picture(RasterConfig(frame, time_col="time", order_by="unit", split_by="probe"))
    assert len(p.rows) == 40
    for row in p.rows:
        group = int(row.group.partition("=")[2])
        assert row.content.times.tolist() == np.sort(times[groups == group]).tolist()


def test_event_times_may_be_milliseconds_or_datetimes(tmp_path):
    from loupe.session.source import Source

    pl.DataFrame({"t": [1000.0, 2500.0], "unit": [1, 1]}).write_parquet(tmp_path / "ms.parquet")
    source = Source(path=str(tmp_path / "ms.parquet"), time="t", time_unit="ms")
    p = picture(RasterConfig(source, time_col="t", order_by="unit"))
    assert p.rows[0].content.times.tolist() == [1.0, 2.5]


def test_an_event_without_a_time_is_named():
    frame = events(time=[1.0, None], unit=[1, 2])
    p = picture(RasterConfig(frame, time_col="time", order_by="unit"))
    assert "row 1 of column `time`" in p.rows[0].content.message


def test_groups_whose_names_read_alike_are_all_shown():
    frame = events(time=[1.0, 2.0, 3.0], unit=[1, 1, 1], a=["x-y", "x", "x"], b=["z", "y-z", "q"])
    p = picture(RasterConfig(frame, time_col="time", order_by="unit", split_by=["a", "b"]))
    assert sum(len(r.content.times) for r in p.rows) == 3
    assert len(p.rows) == 3


def test_rows_of_large_numbers_are_kept_apart():
    units = [12345678901.0, 12345678902.0, 12345678903.0, 1700000000.25, 1700000000.5]
    p = picture(RasterConfig(events(time=[1.0] * 5, unit=units), time_col="time", order_by="unit"))
    content = p.rows[0].content
    assert content.row_names == (
        "1700000000.25",
        "1700000000.5",
        "12345678901",
        "12345678902",
        "12345678903",
    )
    assert sorted(content.rows.tolist()) == [0, 1, 2, 3, 4]


def test_a_heatmap_of_large_equal_values_has_levels():
    p = picture(HeatmapConfig(array(np.full((2, 100), 1e12), t=np.arange(100) / 10)))
    (item,) = [i for q in p.frame.panels for i in q.items if q.id == p.rows[0].id][-1:]
    assert np.float32(item.vmin) < np.float32(item.vmax)


@pytest.mark.parametrize("kind", ["raster", "events"])
def test_the_last_event_is_seen(kind):
    frame = events(time=[0.0, 5.0, 10.0], unit=[1, 1, 1])
    if kind == "raster":
        p = picture(RasterConfig(frame, time_col="time", order_by="unit"), window=10.0, start=5.0)
        tile, _ = tile_of(p)
        ink = np.flatnonzero(tile.pixels[:, :, 3].any(axis=1)) + tile.k0
    else:
        p = picture([], global_events=GlobalEventsConfig(frame), window=10.0, start=5.0)
        ink = np.array([])
    grid = p.layout.grid
    assert p.scene.extent.stop > 10.0
    assert 0 <= grid.x(10.0) < grid.width
    if kind == "raster":
        assert np.abs(ink - grid.k0 - grid.x(10.0)).min() < 2


@pytest.mark.parametrize("n_rows", [2, 6, 0])
def test_a_heatmap_that_has_other_rows_now_says_nothing_of_the_old_picture(n_rows):
    """As while a live function gives fewer rows, and the picture of them is still to come."""
    p = picture(HeatmapConfig(array(np.ones((4, 100)), t=np.arange(100) / 10)))
    _, box = tile_of(p)
    row = p.rows[0]
    content = replace(
        row.content, order=np.arange(n_rows), row_names=tuple(str(i) for i in range(n_rows))
    )
    seen = replace(p._picture(), rows=(replace(row, content=content),))
    found = hover(seen, p.bench, box.rect.x + 300, box.rect.bottom - 2)
    assert (found.row_id, found.trace, found.value) == (row.id, "", None)


def _luminance(color):
    parts = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in color]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_lines_of_events_stand_out_in_both_themes(theme):
    """By themselves they have the theme's colour, and those of the palette beyond five classes."""
    kinds = [f"k{i:02}" for i in range(40)]
    p = picture(
        [HeatmapConfig(array(np.zeros((2, 100)), t=np.arange(100) / 10))],
        global_events=GlobalEventsConfig(
            events(time=np.linspace(1, 9, 40).tolist(), kind=kinds), style_events_on="kind"
        ),
        window=10.0,
        start=0.0,
        theme=theme,
    )
    panel = next(q for q in p.frame.panels if q.id == p.rows[0].id)
    lines = [i for i in panel.items if isinstance(i, RectsItem)][-40:]
    ground = np.array(p.theme.panel[:3]) / 255
    for item in lines:
        color, alpha = item.colors[0, :3] / 255, item.colors[0, 3] / 255
        seen = color * alpha + ground * (1 - alpha)
        low, high = sorted((_luminance(seen), _luminance(ground)))
        assert (high + 0.05) / (low + 0.05) > 1.8
    assert len({tuple(item.colors[0]) for item in lines}) == 8


def test_a_table_of_colours_is_named_by_its_colours():
    """What is kept under the name must not come back for another table at the same address."""
    data = array(np.zeros((2, 20)))

    def key(*colors):
        p = picture(HeatmapConfig(data, cmap=np.array(colors)))
        return {i.lut_key for q in p.frame.panels for i in q.items if isinstance(i, ScalarTile)}

    red, green, blue = np.eye(3)
    assert len(key(red, blue)) == 1, "the plot and its colour bar share one table"
    assert key(red, blue) == key(red, blue)
    assert not key(red, blue) & key(red, green)


def test_a_scale_of_colours_has_a_legend():
    frame = events(time=[1.0, 2.0, 3.0, 4.0], unit=[1] * 4, depth=[-100.0, 0.0, 300.0, np.nan])
    p = picture(
        RasterConfig(frame, time_col="time", order_by="unit", hue="depth", palette="viridis")
    )
    row = p.rows[0]
    assert [e.text for e in row.legend] == ["−100", "100", "300", "NA"]
    assert row.legend[0].color == tuple(row.content.colors[0])
    assert row.legend[2].color == tuple(row.content.colors[2])
    assert row.legend[3].color == tuple(row.content.colors[3])


def test_the_axis_of_the_wall_clock_names_the_day():
    times = np.datetime64("2024-05-01T23:59:50") + np.arange(2000) * np.timedelta64(10, "ms")
    p = picture(HeatmapConfig(array(np.zeros((2, 2000)), t=times)), start=0.0, clock="wall")
    texts = [t.text for t in p.frame.texts if t.area == "axis"]
    assert "2024-05-01" in texts
    p = picture(HeatmapConfig(array(np.zeros((2, 2000)), t=times)), start=10.0, clock="wall")
    texts = [t.text for t in p.frame.texts if t.area == "axis"]
    assert "2024-05-01" not in texts
    assert "2024-05-02" in texts


def test_a_row_that_failed_shows_what_to_do():
    p = picture(RasterConfig(events(time=[1.0], unit=[1]), time_col="tme", order_by="unit"))
    notes = [t.text for t in p.frame.texts if t.role == "note"]
    assert notes == [p.rows[0].content.message, p.rows[0].content.hint]
    tops = [t.y for t in p.frame.texts if t.role == "note"]
    assert tops[1] - tops[0] == pytest.approx(17)
