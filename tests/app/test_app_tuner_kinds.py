"""Everything that takes data is live: every kind of plot, masks, events and labels."""

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "scene"))
from scene_kit import array
from tuner_kit import SINE, STATES, Bench, T, catalog, found, scaled

from loupe import (
    GlobalEventsConfig,
    HeatmapConfig,
    IntParam,
    Param,
    RasterConfig,
    SampleMarkers,
    TraceConfig,
    Zip,
    tunable,
)
from loupe.app import commands as c
from loupe.session.labels import LabelsConfig


@pytest.fixture
def gain():
    return Param(1.0, 0.0, 10.0, name="gain")


def test_traces_change_and_their_scale_stays(gain):
    bench = Bench(TraceConfig(lambda: scaled(gain)))
    before, y = bench.seen("trace-1/0"), bench.presenter.y_range("trace-1/0")
    bench.set(0.5)
    assert not np.array_equal(bench.seen("trace-1/0"), before)
    assert bench.presenter.y_range("trace-1/0") == y
    data = bench.scene.rows[0].content.lines[0].array.data
    assert data.read(slice(0, 1), 0, len(T)).max() == pytest.approx(0.5, abs=0.01)
    bench.set(1.0)
    assert np.array_equal(bench.seen("trace-1/0"), before), "back where it was"


def test_without_preserving_scales_follow_the_data(gain):
    bench = Bench(TraceConfig(lambda: scaled(gain)), keeps=False)
    before = bench.presenter.y_range("trace-1/0")
    bench.set(5.0)
    assert bench.presenter.y_range("trace-1/0")[1] == pytest.approx(5 * before[1], rel=1e-3)


def test_a_range_of_the_users_stays(gain):
    bench = Bench(TraceConfig(lambda: scaled(gain)))
    bench.store.dispatch(c.SetYRange("trace-1/0", (-3.0, 3.0)))
    bench.run()
    y = bench.presenter.y_range("trace-1/0")
    bench.set(2.0)
    assert bench.presenter.y_range("trace-1/0") == y


def test_dense_traces_and_heatmaps_change_and_their_scales_stay(gain):
    source = tunable(lambda g: array(SINE * g, t=T), gain)
    bench = Bench([TraceConfig(source, "dense"), HeatmapConfig(source)])
    dense, heat = bench.pixels("trace-1/dense"), bench.tile("heatmap-1/all")
    per_value = bench.tile("trace-1/dense").facts["per_value"]
    bench.set(0.5)
    assert not np.array_equal(bench.pixels("trace-1/dense"), dense)
    assert bench.tile("trace-1/dense").facts["per_value"] == per_value
    now = bench.tile("heatmap-1/all")
    assert np.allclose(now.values, heat.values * 0.5, equal_nan=True)
    assert now.y_range == heat.y_range


def test_dense_rows_and_heatmap_rows_may_become_more():
    count = IntParam(2, 1, 3)
    source = tunable(lambda n: array(SINE[:n], t=T), count)
    bench = Bench([TraceConfig(source, "dense"), HeatmapConfig(source)])
    bench.set(3)
    assert bench.tuner.status.faults == ()
    assert bench.tile("heatmap-1/all").values.shape[1] == 3
    assert bench.store.state.facts.row("trace-1/dense").traces == 3


def test_overlays_change_and_the_hosts_are_not_read_again(gain):
    host = array(SINE, t=T)
    bench = Bench(TraceConfig(host, overlay_arrays=[tunable(lambda g: host * g, gain)]))
    before = bench.pixels("trace-1/1")
    key = bench.scene.rows[0].content.lines[0].array.key
    bench.set(0.25)
    assert not np.array_equal(bench.pixels("trace-1/1"), before)
    lines = bench.scene.rows[0].content.lines
    assert lines[0].array.key == key
    assert lines[1].array.key != key


def test_members_of_a_zip_change(gain):
    bench = Bench(
        Zip(
            traces=[TraceConfig(array(SINE, t=T)), TraceConfig(lambda: scaled(gain))],
            on="channel",
        )
    )
    before = bench.pixels(bench.scene.rows[0].id)
    bench.set(0.2)
    assert not np.array_equal(bench.pixels(bench.scene.rows[0].id), before)


@pytest.mark.parametrize("mode", ["stacked", "dense"])
def test_markers_change(mode):
    level = Param(0.9, 0.0, 1.0)
    data = array(SINE, t=T)
    mask = tunable(lambda at: data > at, level)
    bench = Bench(TraceConfig(data, mode, sample_markers=[SampleMarkers("o", "#ff0000", mask)]))
    row_id = bench.scene.rows[0].id
    before = len(bench.tile(row_id).points.t)
    bench.set(0.1)
    assert len(bench.tile(row_id).points.t) > before
    bench.set(1.0)
    points = bench.tile(row_id).points
    assert points is None or not len(points.t)


def test_rasters_change_and_their_rows_stay():
    level = Param(0.0, 0.0, 9.0)
    bench = Bench(
        RasterConfig(tunable(catalog, level), time_col="time", order_by="unit", split_by="group")
    )
    names = {row.id: row.content.row_names for row in bench.scene.rows}
    assert names == {"raster-1/a": ("1", "2", "3"), "raster-1/b": ("1", "10")}
    for at, left in ((2.5, [1, 2]), (3.5, [0, 2]), (9.0, [0, 0]), (0.0, [3, 2])):
        bench.set(at)
        assert [len(row.content.times) for row in bench.scene.rows] == left
        assert {row.id: row.content.row_names for row in bench.scene.rows} == names
        assert bench.tuner.status.faults == ()
    assert bench.pixels("raster-1/a").any()


def test_groups_keep_their_heights_and_rows_without_a_value_their_place():
    level = Param(0.0, 0.0, 9.0)

    def holes(z):
        units = pl.Series("unit", [3, None, 2, 1, 10])
        return catalog(0.0).with_columns(units).filter(pl.col("z") >= z)

    bench = Bench(
        RasterConfig(
            tunable(holes, level),
            time_col="time",
            order_by="unit",
            split_by="group",
            heights={"a": 2.0},
        )
    )
    before = [(r.id, r.weight, r.content.row_names) for r in bench.scene.rows]
    assert before[0] == ("raster-1/a", 2.0, ("2", "3", "NA"))
    for at in (2.5, 9.0, 3.5, 0.0):
        bench.set(at)
        assert [(r.id, r.weight, r.content.row_names) for r in bench.scene.rows] == before
    assert [len(r.content.times) for r in bench.scene.rows] == [3, 2]


def test_a_raster_that_failed_at_first_comes_without_its_fault():
    level = Param(9.0, 0.0, 9.0)

    def fragile(z):
        if z > 5:
            raise ValueError("too high")
        return catalog(z)

    bench = Bench(RasterConfig(tunable(fragile, level), time_col="time", order_by="unit"))
    assert [row.kind for row in bench.scene.rows] == ["failed"]
    bench.set(2.0)
    assert [row.kind for row in bench.scene.rows] == ["raster"]


def test_rasters_lose_no_event_of_a_row_that_is_new():
    level = Param(4.5, 0.0, 9.0)
    bench = Bench(RasterConfig(tunable(catalog, level), time_col="time", order_by="unit"))
    assert bench.scene.rows[0].content.row_names == ("10",)
    bench.set(0.0)
    content = bench.scene.rows[0].content
    assert content.row_names == ("1", "2", "3", "10")
    assert content.rows.tolist() == [2, 0, 1, 0, 3]


def test_global_events_change():
    level = Param(0.0, 0.0, 9.0)
    bench = Bench(
        TraceConfig(array(SINE, t=T)),
        global_events=GlobalEventsConfig(tunable(catalog, level), style_events_on="group"),
    )
    assert [e.name for e in bench.scene.events] == ["a", "b"]
    bench.set(3.5)
    assert [(e.name, e.times.tolist()) for e in bench.scene.events] == [("b", [4.0, 5.0])]
    assert bench.store.state.facts.events == ("b",)


def test_label_sets_change_as_a_whole_and_others_keep_their_edits():
    level = Param(0.5, 0.0, 0.9)
    by_hand = LabelsConfig(
        data=pl.DataFrame({"start_s": [1.0], "end_s": [2.0], "label": ["high"]}), name="by hand"
    )
    live = LabelsConfig(data=tunable(found, level), name="live")
    bench = Bench(TraceConfig(array(SINE, t=T)), interval_labels=[live, by_hand], **STATES)
    state = bench.store.state
    assert state.edited == 1, "the set that can be edited"
    bench.store.dispatch(c.SetLabelState(int(state.tracks[1].table.ids[0]), "other"))
    edited = bench.store.state.tracks[1]
    before = state.tracks[0].table
    bench.set(0.8)
    after = bench.store.state
    assert after.tracks[0].table.starts[0] > before.starts[0]
    assert after.tracks[0].history is state.tracks[0].history
    assert after.tracks[1] is edited


def test_a_function_without_parameters_gives_labels_that_can_be_edited():
    bench = Bench(TraceConfig(array(SINE, t=T)), interval_labels=lambda: found(0.5), **STATES)
    (spec,) = bench.scene.tracks
    assert not spec.live
    assert len(bench.store.state.tracks[0].table) == 6
    assert bench.scene.live is None


def test_dates_stay_on_the_common_clock(gain):
    start = np.datetime64("2024-05-01T08:00:00")

    def dated(after_s, g):
        times = start + ((T + after_s) * 1e9).astype("timedelta64[ns]")
        return array(SINE * g, t=times)

    bench = Bench([TraceConfig(dated(0, 1)), TraceConfig(tunable(dated, 10, gain), id="live")])
    bench.set(2.0)
    data = bench.scene.row("live/0").content.lines[0].array.data
    assert data.time.span.start == pytest.approx(10.0)
    assert bench.scene.extent.stop == pytest.approx(40.0)
