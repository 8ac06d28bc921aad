"""What several commands read from their options in the same way."""

from __future__ import annotations

from collections.abc import Sequence

from loupe.cli.opening import parse_vars
from loupe.session.builtin_keys import ACTION_NAMES, BUILTIN_KEYS
from loupe.session.load import LoadOptions

__all__ = ["checking_options"]


def checking_options(
    set_vars: Sequence[str],
    *,
    allow_remote: bool = False,
    allow_write: Sequence[str] = (),
) -> LoadOptions:
    """Options for a check against the table of actions."""
    return LoadOptions(
        parse_vars(set_vars),
        allow_remote,
        tuple(allow_write),
        BUILTIN_KEYS,
        ACTION_NAMES,
        _normal_key,
    )


def _normal_key(text: str) -> str:
    from loupe.app.keymap import parse_chord  # only sessions with keys of their own need it

    return parse_chord(text)
