"""What several commands read from their options in the same way."""

from __future__ import annotations

from collections.abc import Sequence

from loupe.errors import LoupeConfigError
from loupe.session.load import LoadOptions

__all__ = ["checking_options", "parse_variables"]


def parse_variables(given: Sequence[str]) -> dict[str, str]:
    """``NAME=VALUE`` texts as a mapping.

    Raises
    ------
    LoupeConfigError
        For a text without ``=``, or a name given twice.
    """
    found: dict[str, str] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise LoupeConfigError(
                f"`--set {text}` is not NAME=VALUE", hint="for example `--set mouse=m12`",
                code="usage",
            )  # fmt: skip
        if name in found:
            raise LoupeConfigError(f"`--set {name}` is given twice", code="usage")
        found[name] = value
    return found


def checking_options(
    set_vars: Sequence[str],
    *,
    allow_remote: bool = False,
    allow_write: Sequence[str] = (),
) -> LoadOptions:
    """Options for a check against the table of actions."""
    from loupe.app.actions import builtin_actions, builtin_keys
    from loupe.app.keymap import parse_chord

    return LoadOptions(
        parse_variables(set_vars),
        allow_remote,
        tuple(allow_write),
        builtin_keys(),
        frozenset(action.id for action in builtin_actions()),
        parse_chord,
    )
