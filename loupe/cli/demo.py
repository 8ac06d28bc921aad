"""`loupe demo`: write a synthetic recording and its session into a folder.

This room knows the generator and the terminal, nothing of what is written.
"""

from __future__ import annotations

from typing import cast

import typer

from loupe.cli.progress import shown_progress
from loupe.demo import Kind, write_demo

__all__ = ["run"]


def run(
    folder: str,
    kind: str = "sleep",
    hours: float | None = None,
    seed: int = 0,
    *,
    quiet: bool = False,
) -> int:
    """Write the demo, print its session's path and how to open it; the exit code.

    Raises
    ------
    LoupeConfigError
        If an argument is out of bounds or the folder holds something.
    """
    with shown_progress("Writing", quiet=quiet) as tell:

        def tick(what: str, fraction: float) -> None:
            tell(round(100 * fraction), 100, what)

        # An unknown kind is refused, with the kinds there are, by the generator itself.
        session = write_demo(folder, kind=cast(Kind, kind), hours=hours, seed=seed, tick=tick)
    typer.echo(str(session))
    if not quiet:
        typer.echo(f"Open it with: loupe open {session}", err=True)
    return 0
