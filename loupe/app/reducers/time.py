"""Moving in time: paging, zooming, jumping, the cursor and the history of views."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from loupe.app import commands as c
from loupe.app.rules import (
    HISTORY,
    MIN_WINDOW_S,
    clamp_cursor,
    clamp_window,
    fit_length,
    moved,
    reveal,
)
from loupe.app.state import AppState
from loupe.scene.timegrid import Window
from loupe.units import Span

__all__ = ["REDUCERS"]


def _pan(state: AppState, command: c.PanTime) -> AppState:
    window = Window(state.window.start + command.dt, state.window.length)
    return moved(state, window, cursor="relative")


def _page(state: AppState, command: c.PageTime) -> AppState:
    fraction = command.fraction
    if fraction is None:
        fraction = state.view.smooth_scroll_speed
    dt = command.n * fraction * state.window.length
    return _pan(state, c.PanTime(dt))


def _zoom(state: AppState, command: c.ZoomTime) -> AppState:
    about = state.cursor if command.about is None else command.about
    window = state.window
    length = fit_length(window.length * command.factor, state.extent)
    if length == window.length:
        return state
    share = (about - window.start) / window.length
    return moved(state, Window(about - share * length, length))


def _set_window(state: AppState, command: c.SetWindow) -> AppState:
    window = Window(command.start, max(command.length, MIN_WINDOW_S))
    return moved(state, window, remember=command.remember)


def _show_span(state: AppState, command: c.ShowSpan) -> AppState:
    extent, span = state.extent, command.span
    low, high = max(span.start, extent.start), min(span.stop, extent.stop)
    if high > low:
        span = Span(low, high)  # else the window would show more than what was dragged over
    margin = span.length * command.margin
    length = fit_length(span.length + 2 * margin, state.extent)
    window = Window(span.centre - length / 2, length)
    state = moved(state, window, remember=True)
    return replace(state, selection=None, selected_label=None)


def _set_length(state: AppState, command: c.SetWindowLength) -> AppState:
    length = fit_length(command.length, state.extent)
    return moved(state, Window(state.window.start, length), remember=True)


def _go_to(state: AppState, command: c.GoTo) -> AppState:
    t = min(max(command.t, state.extent.start), state.extent.stop)
    window = Window(t - state.window.length / 2, state.window.length)
    return moved(state, window, cursor=t, remember=True)


def _home(state: AppState, _command: c.Home) -> AppState:
    start = state.extent.start
    return moved(state, Window(start, state.window.length), cursor=start, remember=True)


def _end(state: AppState, _command: c.End) -> AppState:
    stop = state.extent.stop
    window = Window(stop - state.window.length, state.window.length)
    return moved(state, window, cursor=stop, remember=True)


def _whole(state: AppState, _command: c.WholeRecording) -> AppState:
    length = fit_length(state.extent.length, state.extent)
    return moved(state, Window(state.extent.start, length), remember=True)


def _back(state: AppState, _command: c.Back) -> AppState:
    if not state.past:
        return state
    future = (*state.future, state.window)[-HISTORY:]
    window = clamp_window(state.past[-1], state.extent)
    return replace(moved(state, window, cursor="relative"), past=state.past[:-1], future=future)


def _forward(state: AppState, _command: c.Forward) -> AppState:
    if not state.future:
        return state
    past = (*state.past, state.window)[-HISTORY:]
    window = clamp_window(state.future[-1], state.extent)
    return replace(moved(state, window, cursor="relative"), past=past, future=state.future[:-1])


def _set_cursor(state: AppState, command: c.SetCursor) -> AppState:
    if command.follow:
        return reveal(state, command.t)
    return replace(state, cursor=clamp_cursor(command.t, state.window, state.extent))


def _nudge(state: AppState, command: c.NudgeCursor) -> AppState:
    t = state.cursor + command.fraction * state.window.length
    return replace(state, cursor=clamp_cursor(t, state.window, state.extent))


REDUCERS: Mapping[type[c.Command], Callable[[AppState, Any], AppState]] = {
    c.PanTime: _pan,
    c.PageTime: _page,
    c.ZoomTime: _zoom,
    c.SetWindow: _set_window,
    c.ShowSpan: _show_span,
    c.SetWindowLength: _set_length,
    c.GoTo: _go_to,
    c.Home: _home,
    c.End: _end,
    c.WholeRecording: _whole,
    c.Back: _back,
    c.Forward: _forward,
    c.SetCursor: _set_cursor,
    c.NudgeCursor: _nudge,
}
