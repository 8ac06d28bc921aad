"""`loupe readers`: which files can be opened, and what a missing package would add."""

from __future__ import annotations

import typer

__all__ = ["run"]


def run() -> int:
    """List readers of data and formats of labels; the exit code."""
    from loupe.data.registry import readers
    from loupe.labels.formats.registry import formats

    typer.echo("Data (format: name endings, what it gives)")
    for reader in readers():
        endings = " ".join(reader.extensions) or "-"
        typer.echo(f"  {reader.name:10} {endings:32} {', '.join(sorted(reader.kinds))}")
    typer.echo("")
    typer.echo("Labels (format: name endings, read or write)")
    for name, kind in formats().items():
        does = [verb for verb, given in (("read", kind.read), ("write", kind.write)) if given]
        typer.echo(f"  {name:10} {' '.join(kind.extensions):32} {', '.join(does)}")
    return 0
