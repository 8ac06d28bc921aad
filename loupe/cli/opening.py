"""From what a person names on the command line to a session: a session file, or data directly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from loupe.errors import LoupeConfigError

if TYPE_CHECKING:
    from loupe.session.model import Session

__all__ = ["load_for_cli", "parse_vars", "refuse_vars", "session_of"]


def load_for_cli(
    path: str,
    *,
    set_vars: Sequence[str] = (),
    allow_remote: bool = False,
    allow_write: Sequence[str] | None = (),
    quiet: bool = True,
) -> Session:
    """The session of a ``.toml`` file, or a sensible one for a recording.

    Parameters
    ----------
    path
        Session file, array store, folder of npy pairs, table, video or label file.
    set_vars, allow_remote, allow_write, quiet
        As for `session_of`.

    Raises
    ------
    SessionError
        If the session has findings; it carries them all.
    LoupeError
        If the file is missing or nothing that Loupe reads.
    """
    if path.lower().endswith(".toml"):
        return session_of(
            path,
            set_vars=set_vars,
            allow_remote=allow_remote,
            allow_write=allow_write,
            quiet=quiet,
        )
    refuse_vars(path, set_vars)
    from loupe.scene.propose import propose

    return propose([Path(path)])


def session_of(
    path: str,
    *,
    set_vars: Sequence[str] = (),
    allow_remote: bool = False,
    allow_write: Sequence[str] | None = (),
    quiet: bool = True,
) -> Session:
    """The session of a session file.

    Parameters
    ----------
    set_vars
        ``NAME=VALUE`` texts.
    allow_write
        Folders in which it may have labels written besides its own; None where nothing writes
        labels, so that it is no fault where they would go.
    quiet
        Say nothing of its warnings; else they go to standard error.

    Raises
    ------
    SessionError
        If anything is wrong; it carries every finding.
    SessionUnreadable
        If the file cannot be opened.
    """
    from loupe.cli.options import checking_options, tell_warnings
    from loupe.session.diagnostics import SessionError
    from loupe.session.load import check_session

    options = checking_options(set_vars, allow_remote=allow_remote, allow_write=allow_write or ())
    checked = check_session(path, replace(options, writes=allow_write is not None))
    if checked.session is None:
        raise SessionError(checked.report)
    if not quiet:
        tell_warnings(checked.report)
    return checked.session


def refuse_vars(path: str, set_vars: Sequence[str]) -> None:
    """Refuse values for variables where a recording is named instead of a session file.

    Raises
    ------
    LoupeConfigError
        If there are any.
    """
    if parse_vars(set_vars):
        raise LoupeConfigError(
            "`--set` gives values to the variables of a session file, and this is none",
            where=path,
            code="cli-set-without-session",
        )


def parse_vars(set_vars: Sequence[str]) -> dict[str, str]:
    """``NAME=VALUE`` texts as a table.

    Raises
    ------
    LoupeConfigError
        If one has no ``=`` or no name.
    """
    variables: dict[str, str] = {}
    for text in set_vars:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise LoupeConfigError(
                f"`--set {text}` is not NAME=VALUE", hint="write `--set mouse=m12`", code="cli-set"
            )
        variables[name] = value
    return variables
