"""Rows: order, height, hiding, gain, levels, Y ranges, and the look of markers and events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from loupe.app import commands as c
from loupe.app.rules import clip
from loupe.app.state import AppState, RowFacts, RowOverride

__all__ = [
    "GAIN_RANGE",
    "HEIGHT_RANGE",
    "REDUCERS",
    "Y_ZOOM_RANGE",
    "dense_page",
    "row_order",
]

HEIGHT_RANGE = (0.01, 20.0)
KEY_HEIGHT_RANGE = (0.1, 20.0)
GAIN_RANGE = (0.01, 100.0)
Y_ZOOM_RANGE = (1e-4, 1e4)

Look = TypeVar("Look")


def row_order(state: AppState) -> tuple[str, ...]:
    """Ids of all rows from the top: the user's order, rows it does not name after it."""
    known = dict.fromkeys(row.id for row in state.facts.rows)
    chosen = dict.fromkeys(row for row in state.overrides.order or () if row in known)
    return (*chosen, *(row for row in known if row not in chosen))


def dense_page(facts: RowFacts, override: RowOverride) -> tuple[int, int]:
    """How many traces a dense row holds after `step`, and how many it shows at once."""
    step = override.step or facts.step
    held = -(-facts.traces // step)
    wanted = facts.traces_per_page if override.traces_per_page is None else override.traces_per_page
    return held, held if not wanted else min(wanted, held)


def _edit(
    state: AppState,
    rows: Iterable[str],
    change: Callable[[RowFacts, RowOverride], RowOverride],
) -> AppState:
    """The state with `change` applied to the overrides of these rows; unknown ids are skipped."""
    known, overrides = {row.id: row for row in state.facts.rows}, state.overrides
    changed = {
        row_id: change(known[row_id], overrides.row(row_id)) for row_id in rows if row_id in known
    }
    return replace(state, overrides=overrides.with_rows(changed))


def _dense(state: AppState, row: str | None) -> tuple[str, ...]:
    dense = state.facts.of_kind("dense")
    return dense if row is None else tuple(r for r in dense if r == row)


def _focused(state: AppState, row: str | None) -> tuple[str, ...]:
    row = state.focused_row if row is None else row
    return () if row is None else (row,)


def _gain(state: AppState, command: c.Gain) -> AppState:
    def change(facts: RowFacts, o: RowOverride) -> RowOverride:
        now = facts.gain if o.gain is None else o.gain
        return replace(o, gain=clip(now * command.factor, GAIN_RANGE, now))

    return _edit(state, _dense(state, command.row), change)


def _set_gain(state: AppState, command: c.SetGain) -> AppState:
    def change(facts: RowFacts, o: RowOverride) -> RowOverride:
        now = facts.gain if o.gain is None else o.gain
        gain = None if command.gain is None else clip(command.gain, GAIN_RANGE, now, facts.gain)
        return replace(o, gain=gain)

    return _edit(state, _dense(state, command.row), change)


def _step(state: AppState, command: c.DenseStep) -> AppState:
    def change(facts: RowFacts, o: RowOverride) -> RowOverride:
        step = min(max(1, command.step), max(1, facts.traces))
        return _held(facts, replace(o, step=step))

    return _edit(state, _dense(state, command.row), change)


def _per_page(state: AppState, command: c.TracesPerPage) -> AppState:
    def change(facts: RowFacts, o: RowOverride) -> RowOverride:
        # 0 is "all"; None would fall back to the session's value.
        return _held(facts, replace(o, traces_per_page=max(0, command.count or 0)))

    return _edit(state, _dense(state, command.row), change)


def _held(facts: RowFacts, o: RowOverride) -> RowOverride:
    """The override with `first` clipped to the traces that there are."""
    held, shown = dense_page(facts, o)
    return replace(o, first=clip(o.first, (0.0, float(held - shown))))


def _dense_scroll(state: AppState, command: c.DenseScroll) -> AppState:
    def change(facts: RowFacts, o: RowOverride) -> RowOverride:
        first = o.first + command.gaps if command.to is None else command.to
        return _held(facts, replace(o, first=first))

    return _edit(state, _dense(state, command.row), change)


def _y_zoom(state: AppState, command: c.YZoom) -> AppState:
    rows = _focused(state, None) if command.rows is None else sorted(command.rows)

    def change(facts: RowFacts, o: RowOverride) -> RowOverride:
        # Other rows show all there is at 1: what is zoomed out further would only be counted.
        most = Y_ZOOM_RANGE[1] if facts.kind in ("trace", "dense") else 1.0
        return replace(o, y_zoom=clip(o.y_zoom * command.factor, (Y_ZOOM_RANGE[0], most)))

    return _edit(state, rows, change)


def _reset_y(state: AppState, command: c.ResetYZoom) -> AppState:
    rows: Iterable[str] = sorted(command.rows or ())
    if command.rows is None:
        rows = _focused(state, None)
    elif not command.rows:
        rows = row_order(state)
    return _edit(state, rows, lambda _f, o: replace(o, y_zoom=1.0, y_range=None, y_auto=None))


def _y_range(state: AppState, command: c.SetYRange) -> AppState:
    y_range = command.y_range
    if y_range is not None and y_range[1] <= y_range[0]:
        low = y_range[0]
        y_range = (low, low + max(1e-6, abs(low) * 1e-9))
    return _edit(
        state,
        (command.row,),
        lambda _f, o: replace(o, y_range=y_range, y_auto=command.auto, y_zoom=1.0),
    )


def _heatmaps(state: AppState, command: c.SetLevels | c.SetCmap | c.SetMethod) -> tuple[str, ...]:
    """The heatmaps that a command means."""
    heatmaps = state.facts.of_kind("heatmap")
    if command.apply_all:
        return heatmaps
    if command.same_cmap and command.row in heatmaps:
        mine = _shown_cmap(state, command.row)
        return tuple(row for row in heatmaps if _shown_cmap(state, row) == mine)
    return tuple(row for row in heatmaps if row == command.row)


def _shown_cmap(state: AppState, row: str) -> str | None:
    facts = state.facts.row(row)
    return state.overrides.row(row).cmap or (None if facts is None else facts.cmap)


def _levels(state: AppState, command: c.SetLevels) -> AppState:
    low, high = command.vmin, command.vmax
    if low is not None and high is not None and high <= low:
        high = low + max(1e-9, abs(low) * 1e-9)
    return _edit(
        state,
        _heatmaps(state, command),
        lambda _f, o: replace(o, vmin=low, vmax=high),
    )


def _cmap(state: AppState, command: c.SetCmap) -> AppState:
    return _edit(
        state,
        _heatmaps(state, command),
        lambda _f, o: replace(o, cmap=command.cmap),
    )


def _method(state: AppState, command: c.SetMethod) -> AppState:
    return _edit(
        state,
        _heatmaps(state, command),
        lambda _f, o: replace(o, method=command.method),
    )


def _height(state: AppState, command: c.SetHeight) -> AppState:
    height = clip(command.factor, HEIGHT_RANGE)
    return _edit(state, (command.row,), lambda _f, o: replace(o, height=height))


def _scale_height(state: AppState, command: c.ScaleHeight) -> AppState:
    def change(_facts: RowFacts, o: RowOverride) -> RowOverride:
        height = clip(o.height * command.factor, KEY_HEIGHT_RANGE, o.height)
        return replace(o, height=height if command.factor else 1.0)

    return _edit(state, _focused(state, None), change)


def _reset_heights(state: AppState, _command: c.ResetHeights) -> AppState:
    return _edit(state, tuple(state.overrides.rows), lambda _f, o: replace(o, height=1.0))


def _hide(state: AppState, command: c.HideRow) -> AppState:
    rows = _focused(state, command.row)
    state = _edit(state, rows, lambda _f, o: replace(o, hidden=command.hidden))
    if command.hidden and state.focused_row in rows:
        state = replace(state, focused_row=None)
    return state


def _show_all(state: AppState, _command: c.ShowAll) -> AppState:
    return _edit(state, tuple(state.overrides.rows), lambda _f, o: replace(o, hidden=False))


def _move(state: AppState, command: c.MoveRow) -> AppState:
    order = [row for row in row_order(state) if row != command.row]
    if len(order) == len(state.facts.rows):
        return state
    order.insert(min(max(0, command.to), len(order)), command.row)
    return _with_order(state, tuple(order))


def _reset_order(state: AppState, _command: c.ResetOrder) -> AppState:
    return _with_order(state, None)


def _with_order(state: AppState, order: tuple[str, ...] | None) -> AppState:
    if order == tuple(row.id for row in state.facts.rows):
        order = None
    return replace(state, overrides=replace(state.overrides, order=order))


def _bad(state: AppState, command: c.MarkBad) -> AppState:
    def change(_facts: RowFacts, o: RowOverride) -> RowOverride:
        return replace(o, bad=not o.bad if command.bad is None else command.bad)

    return _edit(state, _focused(state, command.row), change)


def _with(looks: Mapping[str, Look], key: str, look: Look | None) -> Mapping[str, Look]:
    rest = {k: v for k, v in looks.items() if k != key}
    return MappingProxyType(rest if look is None else {**rest, key: look})


def _markers(state: AppState, command: c.SetMarkers) -> AppState:
    if command.markers not in state.facts.markers:
        return state
    markers = _with(state.overrides.markers, command.markers, command.look)
    return replace(state, overrides=replace(state.overrides, markers=markers))


def _events(state: AppState, command: c.SetEventStyle) -> AppState:
    if command.name not in state.facts.events:
        return state
    events = _with(state.overrides.events, command.name, command.look)
    return replace(state, overrides=replace(state.overrides, events=events))


def _select(state: AppState, command: c.SelectRows) -> AppState:
    rows = frozenset(row for row in command.rows if state.facts.row(row) is not None)
    if command.toggle:
        chosen = state.selected_rows
        rows = chosen - rows if rows <= chosen else chosen | rows
    return replace(state, selected_rows=rows)


def _focus(state: AppState, command: c.FocusRow) -> AppState:
    row = command.row if command.row and state.facts.row(command.row) else None
    return replace(state, focused_row=row)


def _focus_step(state: AppState, command: c.FocusStep) -> AppState:
    shown = [row for row in row_order(state) if not state.overrides.row(row).hidden]
    if not shown:
        return state
    first = 0 if command.step > 0 else len(shown) - 1
    index = first
    if state.focused_row in shown:
        index = min(max(shown.index(state.focused_row) + command.step, 0), len(shown) - 1)
    return replace(state, focused_row=shown[index])


REDUCERS: Mapping[type[c.Command], Callable[[AppState, Any], AppState]] = {
    c.Gain: _gain,
    c.SetGain: _set_gain,
    c.DenseStep: _step,
    c.TracesPerPage: _per_page,
    c.DenseScroll: _dense_scroll,
    c.YZoom: _y_zoom,
    c.ResetYZoom: _reset_y,
    c.SetYRange: _y_range,
    c.SetLevels: _levels,
    c.SetCmap: _cmap,
    c.SetMethod: _method,
    c.SetHeight: _height,
    c.ScaleHeight: _scale_height,
    c.ResetHeights: _reset_heights,
    c.HideRow: _hide,
    c.ShowAll: _show_all,
    c.MoveRow: _move,
    c.ResetOrder: _reset_order,
    c.MarkBad: _bad,
    c.SetMarkers: _markers,
    c.SetEventStyle: _events,
    c.SelectRows: _select,
    c.FocusRow: _focus,
    c.FocusStep: _focus_step,
}
