"""What the user changed, folded back into a Session: for "Save Session As…" and view presets.

Knows sessions, scenes and states; writes no file. What a session cannot say is named, never
dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from loupe.app.reducers.rows import HEIGHT_RANGE, row_order
from loupe.app.rules import moved
from loupe.app.start import initial_state
from loupe.app.state import AppState, Overrides, RowOverride
from loupe.scene.model import HeatmapContent, Row, Scene, TraceContent
from loupe.session.events import EventStyle, GlobalEventsConfig
from loupe.session.model import Session
from loupe.session.plots.heatmap import HeatmapConfig
from loupe.session.plots.raster import RasterConfig
from loupe.session.plots.trace import TraceConfig
from loupe.session.plots.zip import Zip
from loupe.session.video import VideoConfig

__all__ = ["Folded", "capture_preset", "fold", "since", "with_preset"]


@dataclass(frozen=True)
class Folded:
    """A session with the user's changes, and sentences on what it cannot hold."""

    session: Session
    lost: tuple[str, ...] = ()


K = TypeVar("K")
V = TypeVar("V")
Range = tuple[float, float]


def fold(
    scene: Scene,
    state: AppState,
    usual_range: Callable[[str], Range | None] = lambda _: None,
) -> Folded:
    """The scene's session with everything that was changed in the window.

    Order, heights, visibility, gains, Y ranges, levels, colormaps, looks of markers and events,
    videos and label sets, and the view with window and cursor.

    Parameters
    ----------
    usual_range
        The Y range of a stacked row that was given none, so that a zoom of it can be said as one.
    """
    lost: list[str] = []
    usual = usual_range if state.view.fixed_scale else lambda _: None
    session = scene.session
    changes: dict[str, Any] = {
        "plots": tuple(
            _plot(plot, plot_id, [r for r in scene.rows if r.plot == i], state, usual, lost)
            for i, (plot, plot_id) in enumerate(zip(session.plots, session.plot_ids, strict=True))
        ),
        "videos": tuple(
            video.model_copy(update=_video(video, i, state))
            for i, video in enumerate(session.videos)
        ),
        "labels": _labels(session, state),
        "view": session.view.model_copy(update=_view(state)),
    }
    if session.events is not None and state.overrides.events:
        changes["events"] = _events(session.events, state, lost)
    changes |= _order(scene, state, changes)
    done = session.model_copy(update=changes).with_base(session.base)
    return Folded(done, tuple(lost))


def capture_preset(
    scene: Scene,
    state: AppState,
    usual_range: Callable[[str], Range | None] = lambda _: None,
) -> tuple[Any, tuple[str, ...]]:
    """How the window looks as a `ViewPreset`, and what a preset cannot hold."""
    from loupe.session.preset import preset_of

    folded = fold(scene, state, usual_range)
    return preset_of(folded.session), folded.lost


def with_preset(state: AppState, scene: Scene) -> AppState:
    """The state over a scene compiled from a session to which a preset was applied.

    Rows, flags and window length come from the preset; place in time, label sets and their
    histories stay.
    """
    fresh = initial_state(scene, state.viewport, tracks=state.tracks)
    length = fresh.window.length
    share = (state.cursor - state.window.start) / state.window.length
    window = replace(fresh.window, start=state.cursor - share * length, length=length)
    shown = {config.id: config for config in scene.tracks}
    tracks = tuple(
        replace(track, visible=shown[track.id].config.visible, strip=shown[track.id].config.strip)
        if track.id in shown
        else track
        for track in state.tracks
    )
    looks = replace(
        state,
        tracks=tracks,
        scroll=0.0,
        view=replace(fresh.view, tuner=state.view.tuner),
        overrides=fresh.overrides,
        playback=replace(fresh.playback, playing=state.playback.playing),
        hidden_videos=fresh.hidden_videos,
        step_target=min(state.step_target, max(0, len(fresh.facts.videos) - 1)),
        facts=fresh.facts,
    )
    return moved(looks, window, cursor=state.cursor)


def since(now: AppState, saved: AppState) -> AppState:
    """What was changed after a session was folded from `saved`, to be laid over that session.

    Factors that the session holds now are divided out, what it says already is left to it.
    """
    overrides = now.overrides
    rows = {
        row_id: changed
        for row_id in overrides.rows.keys() | saved.overrides.rows.keys()
        if (changed := _row_since(overrides.row(row_id), saved.overrides.row(row_id))) is not None
    }
    before = saved.overrides
    order = row_order(now)
    brightness = now.view.raster_brightness / saved.view.raster_brightness
    return replace(
        now,
        view=replace(now.view, raster_brightness=brightness),
        # That session says what was saved.
        facts=replace(
            now.facts,
            view=saved.view,
            hidden_videos=saved.hidden_videos,
            playback=saved.playback,
        ),
        overrides=Overrides(
            rows=rows,
            order=None if order == row_order(saved) else order,
            markers=_since(overrides.markers, before.markers),
            events=_since(overrides.events, before.events),
            videos=_since(overrides.videos, before.videos),
        ),
    )


def _row_since(now: RowOverride, saved: RowOverride) -> RowOverride | None:
    if now == saved:
        return None if now.first == 0 else RowOverride(now.hidden, now.bad, first=now.first)
    kept: dict[str, Any] = {
        name: getattr(now, name)
        for name in ("color", "step", "traces_per_page", "vmin", "vmax", "cmap", "method")
        if getattr(now, name) != getattr(saved, name)
    }
    scale = (now.y_range, now.y_auto, now.gain)
    if scale != (saved.y_range, saved.y_auto, saved.gain):
        kept |= dict(zip(("y_range", "y_auto", "gain"), scale, strict=True), y_zoom=now.y_zoom)
    else:
        kept["y_zoom"] = now.y_zoom / saved.y_zoom
    height = now.height / saved.height
    return RowOverride(hidden=now.hidden, bad=now.bad, height=height, first=now.first, **kept)


def _since(now: Mapping[K, V], saved: Mapping[K, V]) -> dict[K, V]:
    return {key: look for key, look in now.items() if saved.get(key) != look}


def _view(state: AppState) -> dict[str, Any]:
    view = state.view
    return {
        "window": state.window.length,
        "start": state.window.start,
        "cursor": state.cursor,
        "theme": view.theme,
        "grid": view.grid,
        "overlays": view.overlays,
        "hatching": view.hatching,
        "strip": view.strip,
        "strip_only": view.strip_only,
        "hypnogram": view.hypnogram,
        "hypnogram_zoom": view.hypnogram_zoom,
        "right_panel": view.right_panel,
        "fixed_scale": view.fixed_scale,
        "proportional_rasters": view.proportional_rasters,
        "proportional_heatmaps": view.proportional_heatmaps,
        "compact_rasters": view.compact_rasters,
        "compact_heatmaps": view.compact_heatmaps,
        "smooth_scroll_speed": view.smooth_scroll_speed,
        "font_scale": view.font_scale,
        "clock": view.clock,
        "label_alpha": view.label_alpha,
        "playback_speed": state.playback.speed,
        "playback_mode": "loop" if state.playback.loop else "follow",
    }


def _video(video: VideoConfig, index: int, state: AppState) -> dict[str, Any]:
    changes: dict[str, Any] = {"visible": index not in state.hidden_videos}
    look = state.overrides.videos.get(index)
    if look is not None and look.stretch is not None:
        changes["stretch"] = look.stretch
    if look is not None and look.own_window is not None:
        changes["separate_window"] = look.own_window or False
    return changes


def _labels(session: Session, state: AppState) -> tuple[Any, ...]:
    tracks = {track.id: track for track in state.tracks}
    edited = state.tracks[state.edited].id if state.edited is not None else None
    moved = edited is not None and (
        session.edited_labels is None or session.label_ids[session.edited_labels] != edited
    )
    found = []
    for label_id, config in zip(session.label_ids, session.labels, strict=True):
        changes: dict[str, Any] = {}
        if label_id in tracks:
            changes["visible"] = tracks[label_id].visible
        if moved:
            changes["edit"] = label_id == edited
        found.append(config.model_copy(update=changes))
    return tuple(found)


def _events(config: GlobalEventsConfig, state: AppState, lost: list[str]) -> GlobalEventsConfig:
    if config.style_events_on is None:
        lost.append("the style of global events: name their classes with `style_events_on`")
        return config
    styles = dict(config.style_kwargs)
    for name, look in state.overrides.events.items():
        changes: dict[str, Any] = {}
        if look.color is not None:
            changes |= {"line_color": look.color.with_alpha(255), "line_alpha": look.color.a}
        if look.style is not None:
            changes["line_style"] = look.style
        if look.width is not None:
            changes["line_width"] = look.width
        key = "" if name == "none" and "none" not in styles else name
        styles[key] = styles.get(key, EventStyle()).model_copy(update=changes)
    return config.model_copy(update={"style_kwargs": styles})


def _order(scene: Scene, state: AppState, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The order of rows: as order of the plots where that says it all, else row by row."""
    if state.overrides.order is None:
        return {}
    session = scene.session
    by_id = {row.id: row for row in scene.rows}
    order = [row for row in row_order(state) if row in by_id]
    plots: Sequence[Any] = changes["plots"]
    wanted = list(dict.fromkeys(by_id[row].plot for row in order))
    rows_in_file = [row.id for plot in wanted for row in scene.rows if row.plot == plot]
    named = all(plot.id is not None for plot in plots)
    if named and -1 not in wanted and rows_in_file == order and not session.view.subplot_order:
        rest = [i for i in range(len(plots)) if i not in wanted]
        return {"plots": tuple(plots[i] for i in [*wanted, *rest])}
    view = changes["view"].model_copy(update={"subplot_order": tuple(order)})
    return {"view": view}


def _plot(
    plot: Any,
    plot_id: str,
    rows: Sequence[Row],
    state: AppState,
    usual_range: Callable[[str], Range | None],
    lost: list[str],
) -> Any:
    if not rows:
        return plot
    pairs = [(row, state.overrides.row(row.id)) for row in rows]
    changes: dict[str, Any] = {}
    _height(plot, plot_id, pairs, changes)
    _visibility(plot, plot_id, pairs, changes, lost)
    if isinstance(plot, TraceConfig) and plot.mode == "dense":
        _dense(plot, pairs[0][1], changes)
    elif isinstance(plot, TraceConfig | Zip):
        _ranges(plot, plot_id, pairs, usual_range, changes, lost)
    elif isinstance(plot, HeatmapConfig):
        _heatmap(plot, plot_id, pairs, changes, lost)
    elif isinstance(plot, RasterConfig):
        _say_zoomed(pairs, lost)
        _raster(plot, state, changes)
    if isinstance(plot, TraceConfig):
        _markers(plot, plot_id, state, changes)
    return plot.model_copy(update=changes)


Pairs = Sequence[tuple[Row, RowOverride]]


def _shared(
    pairs: Pairs, value: Callable[[RowOverride], Hashable], what: str, lost: list[str]
) -> Any:
    """What all rows of a plot have in common; a session has one value a plot."""
    values = {value(o) for _, o in pairs}
    if len(values) == 1:
        return values.pop()
    lost.append(f"{what} of each row of {pairs[0][0].title}: a session has one for the plot")
    return None


def _height(plot: Any, plot_id: str, pairs: Pairs, changes: dict[str, Any]) -> None:
    factors = {o.height for _, o in pairs}
    if factors == {1.0}:
        return
    if len(factors) == 1:
        changes["height"] = _clipped(plot.height * factors.pop())
        return
    heights = dict(plot.heights)
    for row, o in pairs:
        key = _key(row, plot_id)
        heights[key] = _clipped(heights.get(key, 1.0) * o.height)
    changes["heights"] = {key: factor for key, factor in heights.items() if factor != 1.0}


def _clipped(height: float) -> float:
    return min(max(height, HEIGHT_RANGE[0]), HEIGHT_RANGE[1])


def _visibility(
    plot: Any, plot_id: str, pairs: Pairs, changes: dict[str, Any], lost: list[str]
) -> None:
    fields = type(plot).model_fields
    hidden = [row for row, o in pairs if o.hidden]
    whole = len(hidden) == len(pairs)
    changes["visible"] = not whole
    dense = isinstance(plot, TraceConfig) and plot.mode == "dense"
    if "hidden" in fields and not dense:
        changes["hidden"] = () if whole else tuple(_key(row, plot_id) for row in hidden)
    bad = [row for row, o in pairs if o.bad]
    if "bad" in fields and not dense:
        changes["bad"] = tuple(_key(row, plot_id) for row in bad)
    elif bad:
        lost.append(f"{bad[0].title} marked as bad: only stacked traces can be")


def _key(row: Row, plot_id: str) -> str:
    return row.id.removeprefix(f"{plot_id}/")


def _dense(plot: TraceConfig, o: RowOverride, changes: dict[str, Any]) -> None:
    gain = (plot.gain if o.gain is None else o.gain) / o.y_zoom
    if gain != plot.gain:
        changes["gain"] = min(max(gain, 1e-6), 1e6)
    if o.step is not None:
        changes["step"] = o.step
    if o.traces_per_page is not None:
        changes["traces_per_page"] = o.traces_per_page or None


def _ranges(
    plot: TraceConfig | Zip,
    plot_id: str,
    pairs: Pairs,
    usual_range: Callable[[str], Range | None],
    changes: dict[str, Any],
    lost: list[str],
) -> None:
    ranges = dict(plot.y_ranges)
    for row, o in pairs:
        given = o.y_range
        if given is None and o.y_auto is None and isinstance(row.content, TraceContent):
            given = row.content.y_range
        if given is None and o.y_zoom != 1.0 and not o.y_auto:
            given = usual_range(row.id)
        if o.y_auto is not None and o.y_range is None:
            lost.append(f"the Y axis of {row.title} set to automatic: use `fixed_scale` for all")
        elif given is not None and (o.y_range is not None or o.y_zoom != 1.0):
            low, high = given
            middle, half = (low + high) / 2, (high - low) / 2 * o.y_zoom
            ranges[_key(row, plot_id)] = (middle - half, middle + half)
        elif o.y_zoom != 1.0:
            lost.append(f"the Y zoom of {row.title}, whose axis follows the data: give it a range")
    if ranges != plot.y_ranges:
        changes["y_ranges"] = ranges


def _heatmap(
    plot: HeatmapConfig, plot_id: str, pairs: Pairs, changes: dict[str, Any], lost: list[str]
) -> None:
    for name, field, what in (
        ("vmin", "vmin", "the lower level"),
        ("vmax", "vmax", "the upper level"),
        ("method", "decim_method", "the method"),
    ):
        value = _shared(pairs, lambda o, name=name: getattr(o, name), what, lost)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        if value is not None:
            changes[field] = value
    _say_zoomed(pairs, lost)
    if any(o.cmap is not None for _, o in pairs):
        names = {}
        for row, o in pairs:
            own = row.content.lut_name if isinstance(row.content, HeatmapContent) else "magma"
            group = _key(row, plot_id).removeprefix(f"{plot.split_by}=")
            names[group] = o.cmap or own
        changes["cmap"] = names if plot.split_by else next(iter(names.values()))


def _say_zoomed(pairs: Pairs, lost: list[str]) -> None:
    lost += [f"the Y zoom of {row.title}" for row, o in pairs if o.y_zoom < 1.0]


def _raster(plot: RasterConfig, state: AppState, changes: dict[str, Any]) -> None:
    view = state.view
    if view.raster_brightness != 1.0:
        changes["brightness"] = min(max(plot.brightness * view.raster_brightness, 0.2), 3.0)
    if view.event_height is not None:
        changes["event_height"] = view.event_height
    if view.event_thickness is not None:
        changes["event_thickness"] = view.event_thickness


def _markers(plot: TraceConfig, plot_id: str, state: AppState, changes: dict[str, Any]) -> None:
    looks = state.overrides.markers
    found = []
    for number, config in enumerate(plot.sample_markers):
        look = looks.get(f"{plot_id}/{config.id or f'markers{number}'}")
        new: dict[str, Any] = {}
        if look is not None and look.symbol is not None:
            new["marker"] = look.symbol
        if look is not None and look.color is not None:
            new |= {"color": look.color.with_alpha(255), "alpha": look.color.a}
        if look is not None and look.size is not None:
            new["size"] = look.size
        found.append(config.model_copy(update=new))
    if found:
        changes["sample_markers"] = tuple(found)
