"""Progress on the terminal (standard error) for what takes over a second."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from loupe.scene.compile import Progress

__all__ = ["shown_progress"]

PATIENCE_S = 1.0


@contextmanager
def shown_progress(verb: str, *, quiet: bool = False) -> Iterator[Progress]:
    """Give a function to be told of progress; a bar is shown from a second on, told or not.

    A total of 0 stands for an unknown one.

    Nothing is shown when standard error is no terminal, or when asked to be quiet. The bar is
    gone at the end, so what a command prints afterwards stands alone.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda done, total, name: None
        return
    bar = _LateBar(verb)
    timer = threading.Timer(PATIENCE_S, bar.show)
    timer.daemon = True
    timer.start()
    try:
        yield bar.tell
    finally:
        timer.cancel()
        bar.stop()


class _LateBar:
    """Keeps what it is told, and shows it once it may; rich is imported only then."""

    def __init__(self, verb: str) -> None:
        self._verb = verb
        self._lock = threading.Lock()
        self._told: tuple[float, int, str] = (0, 0, "")
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._over = False

    def tell(self, done: float, total: int, name: str) -> None:
        with self._lock:
            self._told = (done, total, name)
            self._update()

    def show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        with self._lock:
            if self._over:
                return
            self._bar = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[count]}"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task(self._verb, total=None, count="")
            self._update()
            self._bar.start()

    def stop(self) -> None:
        with self._lock:
            self._over = True
            if self._bar is not None:
                self._bar.stop()

    def _update(self) -> None:
        if self._bar is None or self._task is None:
            return
        done, total, name = self._told
        self._bar.update(
            self._task,
            completed=done,
            total=total or None,
            description=f"{self._verb} {name}".rstrip(),
            count=f"{done:.0f}/{total}" if total else "",
        )
