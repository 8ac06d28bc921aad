"""`loupe readers`: which files can be opened, and what a missing package would add."""

from __future__ import annotations

import importlib.util
import textwrap
from collections.abc import Sequence

import typer

__all__ = ["run"]

_WIDTH = 96
_NAME = 16
"""Characters of a line, and of the longest name in it."""


def run(*, quiet: bool = False) -> int:
    """List readers and formats and, unless quiet, what is not installed; the exit code."""
    from loupe.data.registry import readers
    from loupe.labels.formats.registry import formats

    typer.echo("Data (format: what it gives, name endings)")
    for reader in readers():
        extra = getattr(reader, "extra", None)
        _line(reader.name, sorted(reader.kinds), reader.extensions)
        if not quiet and extra is not None and not _installed(getattr(reader, "package", None)):
            typer.echo(f'{"":{_NAME + 3}}needs: pip install "loupe[{extra}]"')
    typer.echo("")
    typer.echo("Labels (format: read or write, name endings)")
    for name, kind in formats().items():
        does = [verb for verb, given in (("read", kind.read), ("write", kind.write)) if given]
        _line(name, does, kind.extensions)
    return 0


def _line(name: str, does: Sequence[str], endings: Sequence[str]) -> None:
    start = f"  {name:{_NAME}} {', '.join(does):14} "
    typer.echo(
        textwrap.fill(
            " ".join(endings) or "-",
            _WIDTH,
            initial_indent=start,
            subsequent_indent=" " * len(start),
        )
    )


def _installed(package: str | None) -> bool:
    return package is None or importlib.util.find_spec(package) is not None
