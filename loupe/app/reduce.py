"""``reduce(state, command) -> state``: the only way in which a window's state changes.

Pure: no clock, no file, no widget. The tables of `loupe.app.reducers` say what each command does;
whether it may be done is `loupe.app.policy`'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from loupe.app.commands import Command
from loupe.app.reducers import labels, rows, time, tune, view
from loupe.app.state import AppState
from loupe.errors import LoupeTypeError

__all__ = ["REDUCERS", "reduce"]

REDUCERS: Mapping[type[Command], Callable[[AppState, Any], AppState]] = MappingProxyType(
    {**time.REDUCERS, **view.REDUCERS, **rows.REDUCERS, **labels.REDUCERS, **tune.REDUCERS}
)
"""What each command does; every command stands here once."""


def reduce(state: AppState, command: Command) -> AppState:
    """The state after a command; the very same object if nothing changed.

    Raises
    ------
    LoupeTypeError
        If `command` is none of `loupe.app.commands`.
    """
    step = REDUCERS.get(type(command))
    if step is None:
        raise LoupeTypeError(f"`{command!r}` is not a command")
    after = step(state, command)
    return state if after == state else after
