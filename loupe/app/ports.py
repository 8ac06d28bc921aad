"""What the application floor asks of the floors above it, as protocols."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

__all__ = ["InlineScheduler", "Scheduler"]


class Scheduler(Protocol):
    """The event loop of the window's thread."""

    def post(self, function: Callable[[], None]) -> None:
        """Run `function` on the window's thread soon; callable from every thread."""
        ...

    def later(self, ms: float, function: Callable[[], None]) -> Callable[[], None]:
        """Run `function` on the window's thread after `ms` milliseconds; the result cancels it."""
        ...


class InlineScheduler:
    """A scheduler without a loop, for tests and pictures without a window.

    Posted functions run at once; timed ones wait until `run_timers`.
    """

    def __init__(self) -> None:
        self._timers: dict[int, tuple[float, Callable[[], None]]] = {}
        self._number = 0

    def post(self, function: Callable[[], None]) -> None:
        """Run the function now."""
        function()

    def later(self, ms: float, function: Callable[[], None]) -> Callable[[], None]:
        """Keep the function for `run_timers`."""
        self._number += 1
        number = self._number
        self._timers[number] = (ms, function)
        return lambda: self._forget(number)

    def _forget(self, number: int) -> None:
        self._timers.pop(number, None)

    def run_timers(self) -> int:
        """Run what waits, the earliest first; how many ran. What these start waits again."""
        waiting = sorted(self._timers.items(), key=lambda item: (item[1][0], item[0]))
        self._timers.clear()
        for _, (_, function) in waiting:
            function()
        return len(waiting)
