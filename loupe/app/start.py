"""The state in which a window starts: the session's first view over a compiled scene.

Knows scenes and sessions; opens no data and no label file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from loupe.app.rules import clamp_cursor, clamp_window
from loupe.app.state import (
    AppState,
    Overrides,
    ParamState,
    Playback,
    RowFacts,
    RowOverride,
    SceneFacts,
    TrackState,
    ViewFlags,
)
from loupe.labels.history import History
from loupe.scene.layout import Viewport
from loupe.scene.model import DenseContent, HeatmapContent, Row, Scene, TraceContent
from loupe.scene.timegrid import Window
from loupe.session.labels import LabelsConfig
from loupe.session.video import VideoConfig
from loupe.session.view import ViewSettings
from loupe.units import Span

if TYPE_CHECKING:
    from loupe.labels.table import IntervalTable

__all__ = [
    "facts_of",
    "initial_state",
    "param_states",
    "recompiled",
    "retuned",
    "track_state",
    "view_flags",
    "whole_extent",
]


def facts_of(scene: Scene) -> SceneFacts:
    """What the commands must know of a scene."""
    view, markers = scene.session.view, dict[str, None]()
    for row in scene.rows:
        if isinstance(row.content, TraceContent | DenseContent):
            markers.update(dict.fromkeys(found.id for found in row.content.markers))
    return SceneFacts(
        rows=tuple(_row_facts(row) for row in scene.rows),
        videos=tuple(video.name for video in scene.videos),
        events=tuple(found.name for found in scene.events),
        markers=tuple(markers),
        video_keys=_video_keys(scene.session.videos),
        hidden_videos=frozenset(i for i, v in enumerate(scene.session.videos) if not v.visible),
        view=view_flags(view),
        playback=Playback(speed=view.playback_speed, loop=view.playback_mode == "loop"),
    )


def _video_keys(videos: Sequence[VideoConfig]) -> tuple[str, ...]:
    """A key for each video: its id, name or files, and a number where several have the same."""
    seen: Counter[str] = Counter()
    keys = []
    for video in videos:
        key = str(video.id or video.name or video.video_path)
        keys.append(f"{key} {seen[key]}")
        seen[key] += 1
    return tuple(keys)


def _row_facts(row: Row) -> RowFacts:
    content = row.content
    facts = RowFacts(row.id, row.title, row.kind)
    if isinstance(content, DenseContent):
        return replace(
            facts,
            traces=len(content.order),
            gain=content.gain,
            step=content.step,
            traces_per_page=content.traces_per_page,
        )
    if isinstance(content, HeatmapContent):
        return replace(facts, cmap=content.lut_name)
    return facts


def view_flags(view: ViewSettings) -> ViewFlags:
    """The first values of everything that ``[view]`` sets and the window can change."""
    return ViewFlags(
        theme=view.theme,
        grid=view.grid,
        overlays=view.overlays and not view.strip_only,
        strip=view.strip or view.strip_only,
        strip_only=view.strip_only,
        hypnogram=view.hypnogram,
        hypnogram_zoom=view.hypnogram_zoom,
        right_panel=view.right_panel,
        label_alpha=view.label_alpha,
        hatching=view.hatching,
        fixed_scale=view.fixed_scale,
        clock=view.clock,
        proportional_rasters=view.proportional_rasters,
        proportional_heatmaps=view.proportional_heatmaps,
        compact_rasters=view.compact_rasters,
        compact_heatmaps=view.compact_heatmaps,
        smooth_scroll_speed=view.smooth_scroll_speed,
        font_scale=view.font_scale,
    )


def track_state(
    config: LabelsConfig,
    track_id: str,
    table: IntervalTable,
    *,
    name: str = "",
    read_only: str = "",
    saved: bool = True,
) -> TrackState:
    """A label set as the window starts with it.

    Parameters
    ----------
    name
        By default the configured one, or the file's.
    read_only
        Why it cannot be edited, if so.
    saved
        False for labels recovered from a journal: the file does not hold them yet.
    """
    return TrackState(
        id=track_id,
        name=name or config.name or config.path or track_id,
        table=table,
        history=History(clean=0 if saved else None),
        visible=config.visible,
        strip=config.strip,
        read_only=read_only,
        writeback=config.writeback,
        saved=saved,
        epoch=config.epoch,
        epoch_origin=config.epoch_origin,
        merge=config.merge,
        scorer=None if config.scorer is None else (config.scorer_column, config.scorer),
        time_column=config.time_column,
    )


def initial_state(
    scene: Scene,
    viewport: Viewport | None = None,
    *,
    tracks: Sequence[TrackState] = (),
) -> AppState:
    """The state of a window that has just opened.

    Parameters
    ----------
    viewport
        The canvas, if it is known already.
    tracks
        The label sets, in the session's order.
    """
    session, view, facts = scene.session, scene.session.view, facts_of(scene)
    extent = whole_extent(scene, [track.table for track in tracks])
    if extent.length <= 0:
        extent = Span(extent.start, extent.start + 1.0)  # a single sample still needs an axis
    start = extent.start if view.start is None else view.start
    window = clamp_window(Window(start, view.window), extent)
    cursor = window.start if view.cursor is None else view.cursor
    overrides = Overrides().with_rows(
        {
            row.id: RowOverride(hidden=row.hidden, bad=row.bad)
            for row in scene.rows
            if row.hidden or row.bad
        }
    )
    edited = session.edited_labels
    if edited is None or edited >= len(tracks):
        edited = 0 if tracks and not session.labels else None
    return AppState(
        extent=extent,
        window=window,
        viewport=viewport or Viewport(),
        cursor=clamp_cursor(cursor, window, extent),
        view=replace(view_flags(view), tuner=scene.live is not None),
        overrides=overrides,
        tracks=tuple(tracks),
        edited=edited,
        playback=facts.playback,
        hidden_videos=facts.hidden_videos,
        facts=facts,
        params=param_states(scene),
    )


def param_states(scene: Scene) -> tuple[ParamState, ...]:
    """The live parameters as they were when the scene was compiled."""
    live = scene.live
    if live is None:
        return ()
    return tuple(
        ParamState(param, name or f"parameter {number}", live.settings[param])
        for number, (param, name) in enumerate(live.params.items(), 1)
    )


def retuned(state: AppState, scene: Scene, tables: Mapping[str, IntervalTable]) -> AppState:
    """The state over a scene with data computed anew: what is looked at stays.

    The recording may become longer by it, never shorter.

    Parameters
    ----------
    tables
        What live label sets hold now, by id.
    """
    tracks = tuple(
        replace(track, table=tables[track.id]) if track.id in tables else track
        for track in state.tracks
    )
    extent = state.extent.union(whole_extent(scene, list(tables.values())))
    edited = None if state.edited is None else tracks[state.edited].id
    return replace(
        state,
        extent=state.extent if extent == state.extent else extent,
        tracks=tracks if tables else state.tracks,
        selected_label=None if edited in tables else state.selected_label,
        facts=facts_of(scene),
    )


def whole_extent(scene: Scene, tables: Sequence[IntervalTable]) -> Span:
    """All of the data and labels; labels may reach beyond the data, or stand alone."""
    spans = [span for table in tables if (span := table.span) is not None]
    if not scene.bare:
        spans.append(scene.extent)
    whole = spans[0] if spans else scene.extent
    for span in spans[1:]:
        whole = whole.union(span)
    return whole


def recompiled(state: AppState, scene: Scene) -> AppState:
    """The state over another scene, as after a reload: the window stays where it is.

    Overrides of rows, markers and events that are gone are dropped. What the session says
    otherwise now of the view and of videos counts; what was changed here besides stays.
    """
    fresh = initial_state(scene, state.viewport, tracks=state.tracks)
    before, facts = state.facts, fresh.facts
    places = _video_places(before, facts)
    kept = {row.id for row in facts.rows}
    overrides = Overrides(
        rows={
            **fresh.overrides.rows,
            **{k: v for k, v in state.overrides.rows.items() if k in kept},
        },
        order=state.overrides.order,
        markers={k: v for k, v in state.overrides.markers.items() if k in facts.markers},
        events={k: v for k, v in state.overrides.events.items() if k in facts.events},
        videos={places[k]: v for k, v in state.overrides.videos.items() if k in places},
    )
    window = clamp_window(state.window, fresh.extent)
    # Sliders may have moved since the data were computed.
    moved = {one.param: one.setting for one in state.params}
    return replace(
        state,
        extent=fresh.extent,
        window=window,
        cursor=clamp_cursor(state.cursor, window, fresh.extent),
        selection=None,
        selected_label=None,
        selected_rows=frozenset(row for row in state.selected_rows if row in kept),
        focused_row=state.focused_row if state.focused_row in kept else None,
        overrides=overrides,
        view=_view_after(state.view, before.view, facts.view),
        playback=_playback_after(state.playback, before.playback, facts.playback),
        hidden_videos=_hidden_after(state.hidden_videos, before, facts),
        step_target=places.get(state.step_target, 0),
        measure=None,
        facts=facts,
        params=tuple(
            replace(one, setting=moved.get(one.param, one.setting)) for one in fresh.params
        ),
    )


def _video_places(before: SceneFacts, after: SceneFacts) -> dict[int, int]:
    """Where each video of a session stands in another one; without those that are gone."""
    places = {key: i for i, key in enumerate(after.video_keys)}
    return {i: places[key] for i, key in enumerate(before.video_keys) if key in places}


def _hidden_after(hidden: frozenset[int], before: SceneFacts, after: SceneFacts) -> frozenset[int]:
    """Which videos are hidden: as here, but for those of which the session says otherwise now."""
    found = set(after.hidden_videos)
    for old, new in _video_places(before, after).items():
        says = old in before.hidden_videos, new in after.hidden_videos
        if says[0] == says[1]:
            found.discard(new)
            found |= {new} if old in hidden else set()
    return frozenset(found)


def _view_after(view: ViewFlags, before: ViewFlags, after: ViewFlags) -> ViewFlags:
    """The view as it is here, but for what the session says otherwise now."""
    changed: dict[str, Any] = {
        name: getattr(after, name)
        for name in (field.name for field in fields(ViewFlags))
        if name in ViewSettings.model_fields and getattr(before, name) != getattr(after, name)
    }
    return replace(view, **changed)


def _playback_after(playback: Playback, before: Playback, after: Playback) -> Playback:
    return replace(
        playback,
        speed=playback.speed if before.speed == after.speed else after.speed,
        loop=playback.loop if before.loop == after.loop else after.loop,
    )
