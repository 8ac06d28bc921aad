"""How a window moves and what a label key would label: the rules that reducers share.

Two things always hold afterwards: the window lies in the recording, or starts with it where it is
longer, and the cursor lies in both.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

from loupe.app.state import AppState, TrackState
from loupe.labels.navigate import epoch_at
from loupe.scene.timeaxis import clamp_window as clamp_start
from loupe.scene.timegrid import Window
from loupe.units import Seconds, Span

__all__ = [
    "HISTORY",
    "MIN_WINDOW_S",
    "clamp_cursor",
    "clamp_window",
    "clip",
    "edited_track",
    "fit_length",
    "instant",
    "moved",
    "noted",
    "reveal",
    "target_span",
    "whole_epochs",
]

MIN_WINDOW_S: Seconds = 1e-4
"""The shortest window: three samples of a 30 kHz recording."""

HISTORY = 100
"""How many views one can go back."""


def clip(value: float, limits: tuple[float, float], *known: float) -> float:
    """The value within limits; a session may lie outside of them, so they reach to `known` ones."""
    return min(max(value, min((limits[0], *known))), max((limits[1], *known)))


def clamp_window(window: Window, extent: Span) -> Window:
    """The window moved into the recording; one that is longer starts where the recording does."""
    start = clamp_start(window.start, window.length, extent)
    return window if start == window.start else Window(start, window.length)


def fit_length(length: Seconds, extent: Span) -> Seconds:
    """A window's length between the shortest one and the whole recording."""
    longest = max(extent.length, MIN_WINDOW_S)
    return min(max(length, MIN_WINDOW_S), longest)


def clamp_cursor(t: Seconds, window: Window, extent: Span) -> Seconds:
    """The time nearest to `t` that lies in the window and in the recording."""
    low = max(window.start, extent.start)
    high = max(low, min(window.stop, extent.stop))
    return min(max(t, low), high)


def moved(
    state: AppState,
    window: Window,
    *,
    cursor: Seconds | Literal["relative", "keep"] = "keep",
    remember: bool = False,
) -> AppState:
    """The state with another window, clamped.

    Parameters
    ----------
    cursor
        ``"relative"`` keeps its place in the window, ``"keep"`` its time; else a time.
    remember
        Put the old window into the history of views; going forward is then over.
    """
    before = state.window
    window = clamp_window(window, state.extent)
    if cursor == "relative":
        share = (state.cursor - before.start) / before.length
        t = window.start + share * window.length
    elif cursor == "keep":
        t = state.cursor
    else:
        t = cursor
    state = replace(state, window=window, cursor=clamp_cursor(t, window, state.extent))
    if remember and window != before:
        state = replace(state, past=(*state.past, before)[-HISTORY:], future=())
    return state


def reveal(state: AppState, t: Seconds, *, remember: bool = False) -> AppState:
    """The cursor at `t`; the window is centred on it if it does not show it."""
    t = min(max(t, state.extent.start), state.extent.stop)
    window = state.window
    if not window.start <= t <= window.stop:
        window = Window(t - window.length / 2, window.length)
    return moved(state, window, cursor=t, remember=remember)


def noted(state: AppState, text: str) -> AppState:
    """The state with a message for the status line, told also if it is the same as before."""
    return replace(state, note=text, told=state.told + 1)


def instant(state: AppState) -> Seconds:
    """The cursor; at the end of the recording the last moment in it.

    Epochs and labels do not hold their own end, but who stands at the end means the last ones.
    """
    return min(state.cursor, math.nextafter(state.extent.stop, -math.inf))


def edited_track(state: AppState) -> TrackState | None:
    """The label set that keys change, or None."""
    index = state.edited
    return state.tracks[index] if index is not None and index < len(state.tracks) else None


def whole_epochs(span: Span, track: TrackState, extent: Span) -> Span:
    """The epochs that lie at least half in a span, or the one at its centre, as one span."""
    if track.epoch is None:
        return span

    def at(t: Seconds) -> Span | None:
        assert track.epoch is not None
        return epoch_at(t, track.epoch, track.epoch_origin, extent)

    def in_it(epoch: Span) -> bool:
        shared = min(epoch.stop, span.stop) - max(epoch.start, span.start)
        return shared >= epoch.length / 2

    first, last = at(span.start), at(math.nextafter(span.stop, -math.inf))
    # All between the outermost ones lie in it whole; there may be thousands.
    if first is not None and not in_it(first):
        first = at(first.stop)
    if last is not None and not in_it(last):
        last = at(math.nextafter(last.start, -math.inf))
    if first is not None and last is not None and first.start <= last.start:
        return Span(first.start, last.stop)
    # The centre of a span of rounding may be its end, which lies outside.
    return at(min(span.centre, math.nextafter(span.stop, -math.inf))) or span


def target_span(state: AppState) -> Span | None:
    """What a label key would label now: the selection, in epoch mode else the cursor's epoch."""
    if state.selection is not None:
        return state.selection
    track = edited_track(state)
    if track is None or track.epoch is None:
        return None
    return epoch_at(instant(state), track.epoch, track.epoch_origin, state.extent)
