"""From what a person names on the command line to a session: a session file, or data directly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from loupe.errors import LoupeConfigError

if TYPE_CHECKING:
    from loupe.session.model import Session

__all__ = ["load_for_cli", "parse_vars"]


def load_for_cli(
    path: str,
    *,
    set_vars: Sequence[str] = (),
    allow_remote: bool = False,
    allow_write: Sequence[str] = (),
) -> Session:
    """The session of a ``.toml`` file, or a sensible one for a recording.

    Parameters
    ----------
    path
        Session file, array store, folder of npy pairs, table, video or label file.
    set_vars
        ``NAME=VALUE`` texts.

    Raises
    ------
    SessionError
        If the session has findings; it carries them all.
    LoupeError
        If the file is missing or nothing that Loupe reads.
    """
    variables = parse_vars(set_vars)
    if path.lower().endswith(".toml"):
        from loupe.session.load import load_session

        return load_session(
            path, variables=variables, allow_remote=allow_remote, allow_write=allow_write
        )
    if variables:
        raise LoupeConfigError(
            "`--set` gives values to the variables of a session file, and this is none",
            where=path,
            code="cli-set-without-session",
        )
    from loupe.scene.propose import propose

    return propose([Path(path)])


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
