"""The one place that holds a window's state; everyone else asks, or listens to what changed.

Knows commands and the rules, no widget and no thread: all calls come from one thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from loupe.app.commands import Command, LabelEdit, ReplaceState, UiRequest
from loupe.app.policy import allowed
from loupe.app.reduce import reduce
from loupe.app.rules import noted
from loupe.app.state import AppState

__all__ = ["Store"]

Observer: TypeAlias = Callable[[AppState, AppState], None]
Guard: TypeAlias = Callable[[AppState, AppState], str]
Server: TypeAlias = Callable[[UiRequest], None]


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


class Store:
    """Holds the state and applies commands in the order in which they come.

    A command dispatched while observers are being told waits until they all have seen the state
    before it, so nobody ever sees changes out of order. One dispatched while a request is served
    does not wait: a request may take as long as a person needs to answer.

    Parameters
    ----------
    state
        Where the window starts.
    now
        Date and time as text, for label sets that keep the time of each edit.
    """

    def __init__(self, state: AppState, *, now: Callable[[], str] = _now) -> None:
        self._state = state
        self._now = now
        self._guard: Guard | None = None
        self._observers: dict[int, Observer] = {}
        self._servers: dict[int, Server] = {}
        self._number = 0
        self._queue: deque[Command] = deque()
        self._busy = False

    @property
    def state(self) -> AppState:
        """The state now."""
        return self._state

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Call ``observer(before, after)`` once after every change; returns how to stop that."""
        return self._add(self._observers, observer)

    def guard(self, guard: Guard | None) -> None:
        """Ask ``guard(before, after)`` before every change but `ReplaceState`; a reason refuses it.

        This is where an edit of labels is made durable: what cannot be is not shown either.
        """
        self._guard = guard

    def serve(self, server: Server) -> Callable[[], None]:
        """Call ``server(request)`` for every `UiRequest`; returns how to stop that."""
        return self._add(self._servers, server)

    def allowed(self, command: Command) -> str:
        """Why the command would be refused now; empty if it would not."""
        return allowed(self._state, command)

    def dispatch(self, command: Command) -> bool:
        """Apply a command, or refuse it with a note in the status line.

        Returns
        -------
        bool
            Whether the state changed or a request was served; False also for a command that had
            to wait for others.
        """
        self._queue.append(command)
        if self._busy:
            return False
        self._busy = True
        changed = False
        try:
            while self._queue:
                one = self._queue.popleft()
                done = self._apply(one)
                if one is command:
                    changed = done
        finally:
            # After an observer's error what was queued is dropped: it was asked for in a state
            # that never came to be seen.
            self._queue.clear()
            self._busy = False
        return changed

    def _apply(self, command: Command) -> bool:
        before = self._state
        reason = allowed(before, command)
        if reason:
            self._set(noted(before, reason))
            return False
        if isinstance(command, UiRequest):
            return self._serve(command)
        if isinstance(command, LabelEdit) and not command.now:
            command = replace(command, now=self._now())
        after = reduce(before, command)
        # A state that is put in as a whole (recovered edits, another file) is safe already.
        whole = isinstance(command, ReplaceState)
        if self._guard is not None and after is not before and not whole:
            reason = self._guard(before, after)
            if reason:
                self._set(noted(before, reason))
                return False
        return self._set(after)

    def _serve(self, request: UiRequest) -> bool:
        # A request may run an event loop of its own (a question, a reload). What the person does
        # meanwhile counts at once: a state made after that must hold it.
        self._busy = False
        try:
            for server in list(self._servers.values()):
                server(request)
        finally:
            self._busy = True
        return bool(self._servers)

    def _set(self, after: AppState) -> bool:
        before = self._state
        if after == before:
            return False
        self._state = after
        for observer in list(self._observers.values()):
            observer(before, after)
        return True

    def _add(
        self, table: dict[int, Observer] | dict[int, Server], item: object
    ) -> Callable[[], None]:
        self._number += 1
        number = self._number
        table[number] = item  # type: ignore[assignment]  # both tables are only ever filled here

        def stop() -> None:
            table.pop(number, None)

        return stop
