"""Where the controls of live parameters stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from loupe.app import commands as c
from loupe.app.state import AppState

__all__ = ["REDUCERS"]


def _set(state: AppState, command: c.SetParam) -> AppState:
    if not 0 <= command.index < len(state.params):
        return state
    params = list(state.params)
    moved = params[command.index]
    params[command.index] = replace(moved, setting=moved.param.fit(command.setting))
    return replace(state, params=tuple(params))


def _reset(state: AppState, command: c.ResetParams) -> AppState:
    params = tuple(
        replace(one, setting=one.param.start) if command.index in (None, index) else one
        for index, one in enumerate(state.params)
    )
    return replace(state, params=params)


REDUCERS: Mapping[type[c.Command], Callable[[AppState, Any], AppState]] = {
    c.SetParam: _set,
    c.ResetParams: _reset,
}
