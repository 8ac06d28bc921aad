from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import xarray as xr
from app_states import run, track

from loupe.app import commands as c
from loupe.app.overrides import capture_preset, fold, since, with_preset
from loupe.app.start import facts_of, initial_state, recompiled, track_state
from loupe.app.state import AppState, EventOverride, MarkerOverride, Playback
from loupe.data.catalog import Catalog
from loupe.scene.compile import compile_scene
from loupe.scene.model import DenseContent, HeatmapContent, Scene, TraceContent
from loupe.scene.settings import VideoOverride
from loupe.session.dump import to_toml
from loupe.session.events import GlobalEventsConfig
from loupe.session.labels import LabelsConfig
from loupe.session.markers import SampleMarkers
from loupe.session.model import Session
from loupe.session.plots.heatmap import HeatmapConfig
from loupe.session.plots.raster import RasterConfig
from loupe.session.plots.trace import TraceConfig
from loupe.session.preset import apply_preset
from loupe.session.video import VideoConfig
from loupe.session.view import ViewSettings
from loupe.units import Rgba, Span


def array(rows: int, name: str = "v", **coords: list[object]) -> xr.DataArray:
    values = np.random.default_rng(rows).normal(size=(rows, 400))
    time = np.arange(400) / 10.0
    given = {"ch": ("ch", np.arange(rows)), "time": time}
    given |= {key: ("ch", value) for key, value in coords.items()}
    return xr.DataArray(values, dims=("ch", "time"), coords=given, name=name)


def session(**ids: str) -> Session:
    stacked, spikes = array(3), array(3) > 2
    events = pl.DataFrame({"time": [1.0, 2.0], "kind": ["stim", "lick"]})
    raster = pl.DataFrame({"time": [1.0, 2.0, 3.0], "unit": [0, 1, 0]})
    return Session(
        plots=(
            TraceConfig(
                stacked,
                id=ids.get("a"),
                sample_markers=(SampleMarkers("o", "#ff0000", spikes, id="m"),),
            ),
            TraceConfig(array(20, "lfp"), mode="dense", gain=2.0, id=ids.get("b")),
            HeatmapConfig(
                array(4, "dff", den=["x", "x", "y", "y"]), split_by="den", id=ids.get("c")
            ),
            RasterConfig(raster, time_col="time", order_by="unit", id=ids.get("d")),
        ),
        videos=(VideoConfig("a.mp4"), VideoConfig("b.mp4", visible=False)),
        labels=(LabelsConfig(path="a.htsv"), LabelsConfig(path="b.htsv")),
        events=GlobalEventsConfig(events, style_events_on="kind"),
        view=ViewSettings(window=5.0, start=2.0),
    )


def compiled(value: Session) -> Scene:
    return compile_scene(value, Catalog(None))


def opened(value: Session | None = None) -> tuple[Scene, AppState]:
    scene = compiled(value or session())
    tracks = [replace(track(name=spec.name), id=spec.id) for spec in scene.tracks]
    return scene, initial_state(scene, tracks=tracks)


def test_the_first_state_is_the_sessions() -> None:
    scene, state = opened()
    assert (state.window.start, state.window.length, state.cursor) == (2.0, 5.0, 2.0)
    assert state.extent == scene.extent
    assert state.hidden_videos == {1}
    assert state.edited == 0
    assert [row.kind for row in state.facts.rows] == [
        *["trace"] * 3,
        "dense",
        *["heatmap"] * 2,
        "raster",
    ]
    dense = state.facts.rows[3]
    assert (dense.traces, dense.gain) == (20, 2.0)
    assert state.facts.events == ("lick", "stim")
    assert len(state.facts.markers) == 1
    assert state.facts == facts_of(scene)


def test_a_window_that_begins_outside_is_moved_in() -> None:
    plain = session().model_copy(update={"view": ViewSettings(start=1e6, cursor=-5.0, window=10)})
    _, state = opened(plain)
    assert state.window.stop == pytest.approx(state.extent.stop)
    assert state.cursor == state.window.start


def test_recovered_labels_start_unsaved() -> None:
    config = LabelsConfig(path="x.csv", epoch=30.0, scorer="Anna", time_column="when")
    state = track_state(config, "labels-1", track().table, saved=False)
    assert not state.saved
    assert not state.history.is_clean
    assert (state.epoch, state.scorer, state.time_column) == (30.0, ("scorer", "Anna"), "when")


def test_nothing_changed_folds_to_the_same_rows() -> None:
    scene, state = opened()
    folded = fold(scene, state)
    assert folded.lost == ()
    again = compiled(folded.session)
    assert [row.id for row in again.rows] == [row.id for row in scene.rows]
    assert folded.session.plots[1].gain == 2.0  # type: ignore[union-attr]  # the dense plot


def test_changes_come_back_from_the_folded_session() -> None:
    scene, state = opened()
    ids = [row.id for row in scene.rows]
    marker, raster = state.facts.markers[0], ids[6]
    state = run(
        state,
        c.MoveRow(raster, 0),
        c.HideRow(ids[1]),
        c.MarkBad(ids[2]),
        c.SetYRange(ids[0], (-5.0, 5.0)),
        c.YZoom(0.5, frozenset({ids[0], ids[3]})),
        c.SetHeight(ids[3], 2.0),
        c.SetGain(3.0),
        c.DenseStep(2),
        c.TracesPerPage(4),
        c.SetLevels(ids[4], 0.0, 1.0, apply_all=True),
        c.SetMethod(ids[4], "mean", apply_all=True),
        c.SetCmap(ids[5], "viridis"),
        c.SetValue("event_height", 0.4),
        c.SetMarkers(marker, MarkerOverride("d", Rgba(1, 2, 3, 40), 5.0)),
        c.SetEventStyle("stim", EventOverride(Rgba(9, 8, 7, 60), "dotted", 3.0)),
        c.HideVideo(1),
        c.SetVideo(0, stretch=7),
        c.SetVideo(1, own_window="cameras"),
        c.SetFlag("hatching", True),
        c.SetFlag("right_panel", False),
        c.SetTrackVisible(1),
        c.SetEditedTrack(1),
        c.SetTheme("light"),
        c.SetWindow(10, 3),
        c.SetSpeed(2.0),
        c.SetFlag("loop", False),
    )
    folded = fold(scene, state)
    assert folded.lost == ()
    again = compiled(folded.session)
    after = initial_state(again, tracks=state.tracks)
    assert [row.id for row in again.rows] == [raster, *ids[:6]]
    rows = {row.id: row for row in again.rows}
    assert rows[ids[1]].hidden
    assert rows[ids[2]].bad
    first, dense = rows[ids[0]].content, rows[ids[3]].content
    assert isinstance(first, TraceContent)
    assert first.y_range == (-2.5, 2.5)
    assert isinstance(dense, DenseContent)
    assert (dense.gain, dense.step, dense.traces_per_page) == (6.0, 2, 4)
    assert rows[ids[3]].weight == 2 * scene.row(ids[3]).weight
    heat = [rows[i].content for i in ids[4:6]]
    assert all(isinstance(h, HeatmapContent) for h in heat)
    assert [(h.vmin, h.vmax, h.method, h.lut_name) for h in heat] == [  # type: ignore[union-attr]  # see above
        (0.0, 1.0, "mean", "magma"),
        (0.0, 1.0, "mean", "viridis"),
    ]
    assert isinstance(first, TraceContent)
    assert (first.markers[0].symbol, first.markers[0].size) == ("d", 5.0)
    assert first.markers[0].color == Rgba(1, 2, 3, 40)
    stim = next(e for e in again.events if e.name == "stim")
    assert (stim.color, stim.style, stim.width) == (Rgba(9, 8, 7, 60), "dotted", 3.0)
    assert (after.window, after.cursor) == (state.window, state.cursor)
    assert (after.view.theme, after.playback.speed, after.playback.loop) == ("light", 2.0, False)
    assert after.hidden_videos == frozenset()
    assert [v.stretch for v in folded.session.videos] == [7, None]
    assert [v.separate_window for v in folded.session.videos] == [False, "cameras"]
    assert (after.view.hatching, after.view.right_panel) == (True, False)
    assert after.edited == 1
    assert [config.visible for config in folded.session.labels] == [True, False]


def test_what_a_session_cannot_hold_is_named() -> None:
    scene, state = opened()
    ids = [row.id for row in scene.rows]
    state = run(
        state,
        c.SetFlag("fixed_scale", False),
        c.YZoom(0.5, frozenset({ids[1]})),
        c.SetYRange(ids[2], auto=True),
        c.MarkBad(ids[4]),
        c.SetLevels(ids[4], 0.0, 1.0),
    )
    lost = "\n".join(fold(scene, state, lambda _: (0.0, 1.0)).lost)
    for words in ("Y zoom", "automatic", "marked as bad", "lower level", "upper level"):
        assert words in lost


def test_single_rows_keep_their_heights_order_and_visibility() -> None:
    scene, state = opened()
    ids = [row.id for row in scene.rows]
    state = run(
        state,
        c.SetHeight(ids[0], 3.0),
        c.SetHeight(ids[5], 0.5),
        c.SetHeight(ids[6], 2.0),
        c.HideRow(ids[1]),
        c.HideRow(ids[4]),
        c.MoveRow(ids[2], 0),
        c.MoveRow(ids[5], 1),
    )
    folded = fold(scene, state)
    assert folded.lost == ()
    again = compiled(folded.session)
    assert [row.id for row in again.rows][:2] == [ids[2], ids[5]]
    weights = {row.id: row.weight / scene.row(row.id).weight for row in again.rows}
    factors = dict.fromkeys(ids, 1.0) | {ids[0]: 3.0, ids[5]: 0.5, ids[6]: 2.0}
    assert weights == pytest.approx(factors)
    assert [row.id for row in again.rows if row.hidden] == [ids[1], ids[4]]
    # And once more, from where that stands.
    second = run(initial_state(again), c.SetHeight(ids[0], 0.5), c.HideRow(ids[1], hidden=False))
    third = compiled(fold(again, second).session)
    assert third.row(ids[0]).weight == pytest.approx(1.5)
    assert [row.id for row in third.rows if row.hidden] == [ids[4]]


def test_a_row_without_a_name_keeps_what_was_set_of_it() -> None:
    one = xr.DataArray(np.arange(400.0), dims="time", coords={"time": np.arange(400) / 10.0})
    scene, state = opened(Session(plots=(TraceConfig(one), TraceConfig(array(2)))))
    (alone, *_) = [row.id for row in scene.rows]
    state = run(state, c.SetYRange(alone, (3.0, 4.0)), c.MarkBad(alone))
    again = compiled(fold(scene, state).session).row(alone)
    assert isinstance(again.content, TraceContent)
    assert again.content.y_range == (3.0, 4.0)
    assert again.bad


def test_a_zoom_of_an_automatic_range_is_saved_as_that_range() -> None:
    scene, state = opened()
    first = scene.rows[0].id
    folded = fold(scene, run(state, c.YZoom(0.5, frozenset({first}))), lambda _: (-2.0, 6.0))
    assert folded.lost == ()
    content = compiled(folded.session).row(first).content
    assert isinstance(content, TraceContent)
    assert content.y_range == (0.0, 4.0)


def test_plots_with_ids_change_places_in_the_file() -> None:
    scene, state = opened(session(a="a", b="b", c="c", d="d"))
    folded = fold(scene, run(state, c.MoveRow(scene.rows[6].id, 0)))
    assert [plot.id for plot in folded.session.plots] == ["d", "a", "b", "c"]
    assert folded.session.view.subplot_order == ()


def test_a_preset_carries_the_looks_to_another_window() -> None:
    value = session(a="a", b="b", c="c", d="d")
    scene, state = opened(value)
    ids = [row.id for row in scene.rows]
    changed = run(state, c.MoveRow(ids[6], 0), c.HideRow(ids[1]), c.SetGain(5), c.SetWindow(10, 3))
    preset, lost = capture_preset(scene, changed)
    assert lost == ()
    done, report = apply_preset(value, preset)
    assert report.unmatched == ()
    other = run(state, c.SetWindow(20, 8), c.Select(state.window.span))
    after = with_preset(other, compiled(done))
    assert after.window.length == 3
    assert after.overrides.row(ids[1]).hidden
    assert after.facts.rows[0].id == ids[6]
    assert after.facts.row(ids[3]).gain == 5  # type: ignore[union-attr]  # it is there
    assert after.cursor == other.cursor
    assert after.tracks[0].history is other.tracks[0].history


def test_a_preset_keeps_company_and_how_far_time_reaches() -> None:
    value = session(a="a", b="b", c="c", d="d")
    scene, state = opened(value)
    preset, _ = capture_preset(scene, run(state, c.SetWindow(10, 3), c.Toggle("grid")))
    done, _ = apply_preset(value, preset)
    # A video goes on after the data end; the window is linked with another one and plays.
    long = replace(state, extent=Span(0.0, 500.0), others=1, linked=True)
    after = with_preset(run(long, c.GoTo(450.0), c.Play()), compiled(done))
    assert after.extent == long.extent
    assert after.cursor == 450.0
    assert (after.others, after.linked) == (1, True)
    assert after.playback.playing
    assert (after.window.length, after.view.grid) == (3, False)


def test_a_reload_shows_what_the_file_says_otherwise_now() -> None:
    view = ViewSettings(theme="dark", clock="hms", label_alpha=0.5)
    value = session().model_copy(update={"view": view})
    _, state = opened(value)
    state = run(state, c.SetFlag("overlays", False), c.SetTheme("light"), c.SetFontScale(to=1.5))
    state = run(state, c.SetFlag("loop", False), c.Play())
    view = ViewSettings(theme="dark", clock="wall", grid=False, playback_speed=2.0)
    reloaded = recompiled(state, compiled(value.model_copy(update={"view": view})))
    assert reloaded.playback == Playback(playing=True, speed=2.0, loop=False)
    after = reloaded.view
    assert (after.clock, after.grid, after.label_alpha) == ("wall", False, None)
    assert (after.overlays, after.theme, after.font_scale) == (False, "light", 1.5), "of the person"
    # After the session was saved, only what the file says otherwise than that counts.
    saved = run(state, c.SetClock("seconds"))
    now = run(saved, c.SetClock("wall"), c.HideVideo(0))
    scene, _ = opened(value)
    again = recompiled(since(now, saved), compiled(fold(scene, saved).session))
    assert again.view.clock == "wall"
    assert again.hidden_videos == {0, 1}


def test_a_reload_knows_videos_by_what_they_are() -> None:
    value = session()
    _, state = opened(value)
    look = VideoOverride(stretch=7)
    state = run(state, c.HideVideo(0), c.HideVideo(1), c.SetVideo(1, stretch=7), c.SetStepTarget(1))
    assert state.hidden_videos == {0}
    a, b = value.videos
    more = (VideoConfig("new.mp4"), VideoConfig("a.mp4"), b, VideoConfig("c.mp4", visible=False))
    after = recompiled(state, compiled(value.model_copy(update={"videos": more})))
    assert after.hidden_videos == {1, 3}
    assert dict(after.overrides.videos) == {2: look}
    assert after.step_target == 2
    # The file hides what it showed, and shows what it hid.
    turned = (a.model_copy(update={"visible": False}), b.model_copy(update={"visible": True}))
    shown = run(state, c.HideVideo(0), c.HideVideo(1))
    after = recompiled(shown, compiled(value.model_copy(update={"videos": turned})))
    assert after.hidden_videos == {0}


def test_a_clock_and_an_alpha_that_were_taken_back_are_saved() -> None:
    view = ViewSettings(clock="wall", label_alpha=0.5)
    scene, state = opened(session().model_copy(update={"view": view}))
    state = run(state, c.SetClock("auto"))
    folded = fold(scene, replace(state, view=replace(state.view, label_alpha=None))).session
    assert (folded.view.clock, folded.view.label_alpha) == ("auto", None)
    written = to_toml(folded.model_copy(update={"plots": (), "events": None}))
    assert "clock" not in written
    assert "label_alpha" not in written


def test_a_reload_stays_where_one_is() -> None:
    value = session()
    scene, state = opened(value)
    state = run(
        state, c.SetWindow(20, 8), c.FocusRow(scene.rows[0].id), c.HideRow(scene.rows[6].id)
    )
    state = run(state, c.SelectRows(frozenset({scene.rows[6].id, scene.rows[1].id})))
    shorter = value.model_copy(update={"plots": value.plots[:1], "videos": ()})
    after = recompiled(state, compiled(shorter))
    assert (after.window, after.cursor) == (state.window, state.cursor)
    assert after.focused_row == scene.rows[0].id
    assert after.selected_rows == {scene.rows[1].id}
    assert dict(after.overrides.rows) == {}
    assert after.hidden_videos == frozenset()
    assert after.tracks == state.tracks
