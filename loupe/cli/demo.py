"""`loupe demo`: write a synthetic recording and its session into a folder.

This room knows the generator and the terminal: it shows a bar once the work lasts longer than
a second, and says how to go on.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

import typer

from loupe.demo import Kind, write_demo

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["run"]

PATIENCE_S = 1.0


def run(folder: str, kind: str = "sleep", hours: float | None = None, seed: int = 0) -> None:
    """Write the demo and print the session's path and the command that opens it.

    Raises
    ------
    LoupeConfigError
        If an argument is out of bounds or the folder holds something.
    """
    with _Bar() as bar:
        # An unknown kind is refused, with the kinds there are, by the generator itself.
        session = write_demo(folder, kind=cast(Kind, kind), hours=hours, seed=seed, tick=bar.tick)
    typer.echo(str(session))
    typer.echo(f"Open it with: loupe open {session}", err=True)


class _Bar:
    """A progress bar on stderr that appears only when there is something to wait for."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._stack = ExitStack()
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def tick(self, what: str, fraction: float) -> None:
        """Take note that ``fraction`` of ``what`` is done."""
        if time.monotonic() - self._begin < PATIENCE_S:
            return
        if self._progress is None:
            from rich.console import Console
            from rich.progress import Progress

            self._progress = self._stack.enter_context(Progress(console=Console(stderr=True)))
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=1.0)
        self._progress.update(self._tasks[what], completed=fraction)
