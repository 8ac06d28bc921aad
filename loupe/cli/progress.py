"""Progress on the terminal (standard error) for what takes over a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["plots_progress"]

PATIENCE_S = 1.0


@contextmanager
def plots_progress(
    verb: str, *, quiet: bool = False
) -> Iterator[Callable[[float, int, str], None]]:
    """Give a function to be told of (done, in all, name of the next); shows a bar after a second.

    Nothing is shown when standard error is no terminal, or when asked to be quiet.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda done, total, name: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    began = time.monotonic()
    task = bar.add_task(verb)

    def tell(done: float, total: int, name: str) -> None:
        if time.monotonic() - began >= PATIENCE_S:
            bar.start()
        bar.update(task, completed=done, total=total, description=f"{verb} {name}")

    try:
        yield tell
    finally:
        bar.stop()
