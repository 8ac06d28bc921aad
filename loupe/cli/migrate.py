"""`loupe migrate`: old session files as files of today."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import typer

from loupe.cli.options import expanded
from loupe.errors import LoupeError, refused
from loupe.session.load import SessionUnreadable
from loupe.session.migrate import migrate_text
from loupe.session.model import SESSION_VERSION
from loupe.session.reading import read_limited
from loupe.session.spans import check_limits

__all__ = ["run"]


def run(
    sessions: Sequence[str], *, check: bool = False, diff: bool = False, quiet: bool = False
) -> int:
    """Rewrite old sessions, or only say which are old; the exit code.

    One that cannot be read or written is named, makes the exit code 2, and stops no other.
    """
    old_files = failed = 0
    for name in expanded(sessions):
        try:
            old_files += _migrate(name, check, diff, quiet)
        except LoupeError as error:
            failed += 1
            typer.echo(error.render(), err=True)
    if failed:
        return 2
    return int(bool(old_files) and (check or diff))


def _migrate(name: str, check: bool, diff: bool, quiet: bool) -> bool:
    """Bring one session to the current version; whether it was old.

    Raises
    ------
    SessionUnreadable
        If it cannot be read, or is no TOML.
    LoupeError
        If it cannot be written.
    """
    path = Path(name)
    try:
        text = read_limited(path)
        check_limits(text)
        new, version = migrate_text(text)
    except (OSError, ValueError) as error:
        raise SessionUnreadable(
            f"the session cannot be migrated: {error}",
            where=name,
            hint="`loupe validate` says more",
        ) from None
    if new == text:
        return False
    if diff:
        lines = difflib.unified_diff(
            text.splitlines(keepends=True), new.splitlines(keepends=True), name, name
        )
        typer.echo("".join(lines), nl=False)
    elif not check:
        try:
            _replace(path, new)
        except OSError as error:
            problem = refused(error)
            problem.where = name
            raise problem from None
    if not quiet:
        done = "is" if check or diff else "was"
        typer.echo(f"{name}: {done} version {version}, now {SESSION_VERSION}", err=True)
    return True


def _replace(path: Path, text: str) -> None:
    """Write beside the file and put it in its place, so that no crash leaves half a session."""
    real = path.resolve()
    handle, temporary = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, real.stat().st_mode & 0o7777)
        os.replace(temporary, real)
    except OSError:
        os.unlink(temporary)
        raise
