"""Windows that move in time together: the cursor and the window of one are those of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from loupe.app.commands import SetCursor, SetWindow
from loupe.app.state import AppState
from loupe.app.store import Store

__all__ = ["link"]


def link(stores: Sequence[Store]) -> Callable[[], None]:
    """Let several windows show the same time; returns how to let go of each other.

    Each stays inside its own recording; what happens in one is not echoed back by the others.
    """
    following: list[Store] = []

    def follow(leader: Store, before: AppState, after: AppState) -> None:
        moved = after.window != before.window
        if following or not (moved or after.cursor != before.cursor):
            return
        following.append(leader)
        try:
            for store in stores:
                if store is leader:
                    continue
                if moved:
                    store.dispatch(SetWindow(after.window.start, after.window.length, False))
                store.dispatch(SetCursor(after.cursor))
        finally:
            following.clear()

    stops = [store.subscribe(partial(follow, store)) for store in stores]

    def stop() -> None:
        for one in stops:
            one()

    return stop
