"""What is shown and how, playback, selection, scrolling and the status line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from loupe.app import commands as c
from loupe.app.rules import clamp_cursor, clip, edited_track, moved, noted, whole_epochs
from loupe.app.state import AppState
from loupe.scene.settings import VideoOverride
from loupe.scene.timegrid import Window
from loupe.units import Span

__all__ = ["FONT_RANGE", "MOST_STRETCH", "REDUCERS", "SPEEDS", "SPEED_RANGE", "VALUE_RANGES"]

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""The usual speeds of playback."""

SPEED_RANGE = (SPEEDS[0], SPEEDS[-1])
FONT_RANGE = (0.6, 2.5)
MOST_STRETCH = 20
VALUE_RANGES: Mapping[str, tuple[float, float]] = {
    "label_alpha": (0.0, 1.0),
    "raster_brightness": (0.2, 3.0),
    "event_height": (0.1, 0.5),
    "event_thickness": (1.0, 10.0),
    "smooth_scroll_speed": (0.001, 1.0),
}
"""Limits of the numbers that `SetValue` sets."""


def _flag(state: AppState, flag: str) -> bool:
    return state.playback.loop if flag == "loop" else bool(getattr(state.view, flag))


def _toggle(state: AppState, command: c.Toggle) -> AppState:
    return _set_flag(state, c.SetFlag(command.flag, not _flag(state, command.flag)))


def _set_flag(state: AppState, command: c.SetFlag) -> AppState:
    on = command.on
    if command.flag == "loop":
        return replace(state, playback=replace(state.playback, loop=on))
    change: dict[str, Any] = {command.flag: on}
    view = replace(state.view, **change)
    if command.flag == "strip_only" and on:
        view = replace(view, strip=True, overlays=False)
    elif (command.flag == "overlays" and on) or (command.flag == "strip" and not on):
        view = replace(view, strip_only=False)
    elif command.flag == "hypnogram_zoom" and on:
        view = replace(view, hypnogram=True)
    elif command.flag == "measuring" and not on:
        state = replace(state, measure=None)
    return replace(state, view=view)


def _value(state: AppState, command: c.SetValue) -> AppState:
    value = getattr(state.facts.view, command.name)
    if command.value is not None:
        value = clip(command.value, VALUE_RANGES[command.name])
    change: dict[str, Any] = {command.name: value}
    return replace(state, view=replace(state.view, **change))


def _theme(state: AppState, command: c.SetTheme) -> AppState:
    return replace(state, view=replace(state.view, theme=command.theme))


def _clock(state: AppState, command: c.SetClock) -> AppState:
    return replace(state, view=replace(state.view, clock=command.clock))


def _font(state: AppState, command: c.SetFontScale) -> AppState:
    now = state.view.font_scale
    scale = now * command.factor if command.to is None else command.to
    scale = round(clip(scale, FONT_RANGE, now), 3)
    return replace(state, view=replace(state.view, font_scale=scale))


def _play(state: AppState, _command: c.Play) -> AppState:
    at_end = state.cursor >= state.extent.stop and not state.playback.loop
    if at_end:
        # Nothing is left to play: begin again.
        start = state.extent.start
        state = moved(state, Window(start, state.window.length), cursor=start)
    return replace(state, playback=replace(state.playback, playing=True))


def _pause(state: AppState, _command: c.Pause) -> AppState:
    return replace(state, playback=replace(state.playback, playing=False))


def _toggle_play(state: AppState, _command: c.TogglePlay) -> AppState:
    return _pause(state, c.Pause()) if state.playback.playing else _play(state, c.Play())


def _speed(state: AppState, command: c.SetSpeed) -> AppState:
    speed = state.playback.speed if command.speed is None else command.speed
    if command.steps > 0:
        higher = [one for one in SPEEDS if one > speed]
        speed = higher[min(command.steps, len(higher)) - 1] if higher else speed
    elif command.steps < 0:
        lower = [one for one in reversed(SPEEDS) if one < speed]
        speed = lower[min(-command.steps, len(lower)) - 1] if lower else speed
    speed = round(clip(speed, SPEED_RANGE), 3)
    return replace(state, playback=replace(state.playback, speed=speed))


def _tick(state: AppState, command: c.Tick) -> AppState:
    if not state.playback.playing:
        return state
    t = state.cursor + command.dt * state.playback.speed
    window, extent = state.window, state.extent
    if state.playback.loop:
        low = max(window.start, extent.start)
        high = min(window.stop, extent.stop)
        if t >= high > low:
            t = low + (t - high) % (high - low)
        return replace(state, cursor=clamp_cursor(t, window, extent))
    if t >= extent.stop:
        state = moved(state, Window(extent.stop - window.length, window.length), cursor=extent.stop)
        return _pause(state, c.Pause())
    if t >= window.stop:
        pages = (t - window.start) // window.length
        window = Window(window.start + pages * window.length, window.length)
        return moved(state, window, cursor=t)
    return replace(state, cursor=clamp_cursor(t, window, extent))


def _hide_video(state: AppState, command: c.HideVideo) -> AppState:
    if not 0 <= command.index < len(state.facts.videos):
        return state
    hidden = command.index not in state.hidden_videos if command.hidden is None else command.hidden
    others = state.hidden_videos - {command.index}
    return replace(state, hidden_videos=others | {command.index} if hidden else others)


def _set_video(state: AppState, command: c.SetVideo) -> AppState:
    if not 0 <= command.index < len(state.facts.videos):
        return state
    videos = state.overrides.videos
    look = videos.get(command.index, VideoOverride())
    if command.stretch is not None:
        look = replace(look, stretch=min(max(0, command.stretch), MOST_STRETCH))
    if command.own_window is not None:
        look = replace(look, own_window=command.own_window)
    changed = MappingProxyType({**videos, command.index: look})
    return replace(state, overrides=replace(state.overrides, videos=changed))


def _video_shares(state: AppState, command: c.SetVideoShares) -> AppState:
    for index, stretch in enumerate(command.stretches):
        state = _set_video(state, c.SetVideo(index, stretch=stretch))
    return state


def _step_target(state: AppState, command: c.SetStepTarget) -> AppState:
    last = max(0, len(state.facts.videos) - 1)
    return replace(state, step_target=min(max(0, command.index), last))


def _select(state: AppState, command: c.Select) -> AppState:
    extent = state.extent
    start = min(max(command.span.start, extent.start), extent.stop)
    stop = min(max(command.span.stop, extent.start), extent.stop)
    selection = Span(start, stop) if stop > start else None
    track = edited_track(state)
    if selection is not None and command.snap and track is not None and track.epoch is not None:
        selection = whole_epochs(selection, track, extent)
    return replace(state, selection=selection, selected_label=None)


def _clear_selection(state: AppState, _command: c.ClearSelection) -> AppState:
    return replace(
        state, selection=None, selected_label=None, selected_rows=frozenset(), measure=None
    )


def _move_edge(state: AppState, command: c.MoveSelectionEdge) -> AppState:
    t = state.cursor if command.t is None else command.t
    selection = state.selection
    if selection is None:
        other = state.window.stop if command.edge == "start" else state.window.start
    else:
        other = selection.stop if command.edge == "start" else selection.start
    return _select(state, c.Select(Span(min(t, other), max(t, other))))


def _measure(state: AppState, command: c.MeasureLine) -> AppState:
    return replace(state, measure=command.line)


def _clear_measure(state: AppState, _command: c.ClearMeasure) -> AppState:
    return replace(state, measure=None)


def _scroll(state: AppState, command: c.ScrollRows) -> AppState:
    scroll = max(0.0, state.scroll + command.dy)
    if command.limit is not None:
        scroll = min(scroll, max(0.0, command.limit))
    return replace(state, scroll=scroll)


def _viewport(state: AppState, command: c.SetViewport) -> AppState:
    return replace(state, viewport=command.viewport)


def _note(state: AppState, command: c.Note) -> AppState:
    return noted(state, command.text)


def _replace(state: AppState, command: c.ReplaceState) -> AppState:
    # A note that is only handed on is not said again.
    told = state.told + (command.note != state.note)
    return replace(command.state, note=command.note, told=told)


def _company(state: AppState, command: c.SetCompany) -> AppState:
    return replace(state, others=command.others, linked=command.linked)


def _request(state: AppState, _command: c.UiRequest) -> AppState:
    # The window's part; the store hands it on.
    return state


REDUCERS: Mapping[type[c.Command], Callable[[AppState, Any], AppState]] = {
    c.Toggle: _toggle,
    c.SetFlag: _set_flag,
    c.SetValue: _value,
    c.SetTheme: _theme,
    c.SetClock: _clock,
    c.SetFontScale: _font,
    c.Play: _play,
    c.Pause: _pause,
    c.TogglePlay: _toggle_play,
    c.SetSpeed: _speed,
    c.Tick: _tick,
    c.HideVideo: _hide_video,
    c.SetVideo: _set_video,
    c.SetVideoShares: _video_shares,
    c.SetStepTarget: _step_target,
    c.Select: _select,
    c.ClearSelection: _clear_selection,
    c.MoveSelectionEdge: _move_edge,
    c.MeasureLine: _measure,
    c.ClearMeasure: _clear_measure,
    c.ScrollRows: _scroll,
    c.SetViewport: _viewport,
    c.Note: _note,
    c.SetCompany: _company,
    c.ReplaceState: _replace,
    c.UiRequest: _request,
}
