"""What several commands read from their options in the same way."""

from __future__ import annotations

from collections.abc import Sequence

from loupe.cli.opening import parse_vars
from loupe.session.load import LoadOptions

__all__ = ["checking_options"]


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
        parse_vars(set_vars),
        allow_remote,
        tuple(allow_write),
        builtin_keys(),
        frozenset(action.id for action in builtin_actions()),
        parse_chord,
    )
