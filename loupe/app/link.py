"""Windows that move in time together: the cursor and the window of one are those of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from loupe.app.commands import Pause, SetCompany, SetCursor, SetWindow
from loupe.app.state import AppState
from loupe.app.store import Store

__all__ = ["TimeLinks", "link"]


def link(stores: Sequence[Store]) -> Callable[[], None]:
    """Let several windows show the same time; returns how to let go of each other.

    Each stays inside its own recording; what happens in one is not echoed back by the others. One
    that begins to play stops the others: there is one clock.
    """
    following: list[Store] = []

    def follow(leader: Store, before: AppState, after: AppState) -> None:
        moved = after.window != before.window
        plays = after.playback.playing and not before.playback.playing
        if following or not (moved or plays or after.cursor != before.cursor):
            return
        following.append(leader)
        try:
            for store in stores:
                if store is leader:
                    continue
                if plays:
                    store.dispatch(Pause())
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


class TimeLinks:
    """Which of a process's windows are linked; each knows it from its own state.

    A window is in one group at most; linking two joins their groups.
    """

    def __init__(self) -> None:
        self._stores: list[Store] = []
        self._groups: list[tuple[tuple[Store, ...], Callable[[], None]]] = []

    def enter(self, store: Store) -> None:
        """One more window is open."""
        self._stores.append(store)
        self._tell()

    def leave(self, store: Store) -> None:
        """A window is closed."""
        self._regroup(self.group(store), without=store)
        if store in self._stores:
            self._stores.remove(store)
        self._tell()

    def group(self, store: Store) -> tuple[Store, ...]:
        """The windows that move in time with this one, it among them; empty if none does."""
        return next((group for group, _ in self._groups if store in group), ())

    def link(self, leader: Store, *others: Store) -> None:
        """Let windows show the leader's time from now on, and each other's."""
        joined = dict.fromkeys((leader, *others))
        for store in tuple(joined):
            joined |= dict.fromkeys(self.group(store))
        for store in joined:
            self._regroup(self.group(store), without=store)
        shown = leader.state
        # Before they are linked, or one with a shorter recording would lead the others.
        for store in joined:
            if store is not leader:
                store.dispatch(Pause())
                store.dispatch(SetWindow(shown.window.start, shown.window.length, False))
                store.dispatch(SetCursor(shown.cursor))
        self._groups.append((tuple(joined), link(tuple(joined))))
        self._tell()

    def unlink(self, store: Store) -> None:
        """Let a window go its own way; the others of its group stay together."""
        self._regroup(self.group(store), without=store)
        self._tell()

    def toggle(self, store: Store) -> int:
        """Link a window with every other one, or let it go; how many it is linked with now."""
        if self.group(store):
            self.unlink(store)
        else:
            self.link(store, *self._stores)
        return max(0, len(self.group(store)) - 1)

    def _regroup(self, group: tuple[Store, ...], *, without: Store) -> None:
        """Put a group without one of its windows in its place; of one alone nothing is left."""
        if not group:
            return
        for i, (stores, stop) in enumerate(self._groups):
            if stores is group:
                stop()
                del self._groups[i]
                break
        rest = tuple(store for store in group if store is not without)
        if len(rest) > 1:
            self._groups.append((rest, link(rest)))

    def _tell(self) -> None:
        for store in tuple(self._stores):
            store.dispatch(SetCompany(len(self._stores) - 1, bool(self.group(store))))
