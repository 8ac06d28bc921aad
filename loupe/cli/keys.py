"""`loupe keys`: every action with its keys, from the one table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import typer

from loupe.app.actions import GROUPS, build_actions
from loupe.app.keymap import conflicts
from loupe.cli.opening import session_of
from loupe.errors import printable

__all__ = ["run"]


def run(
    session: str | None = None,
    *,
    set_vars: Sequence[str] = (),
    allow_remote: bool = False,
    quiet: bool = False,
) -> int:
    """Print the actions by group and, unless quiet, what shares a key; the exit code.

    Raises
    ------
    LoupeError
        If the session cannot be used.
    """
    loaded = states = None
    if session is not None:
        loaded = session_of(session, set_vars=set_vars, allow_remote=allow_remote, allow_write=None)
        from loupe.session.folders import user_config_folder
        from loupe.session.states import resolve_states

        states = resolve_states(loaded.states, loaded.base, user_config_folder())
    actions = build_actions(loaded, states=states)
    width = max(len(action.id) for action in actions)
    keys = max(len(", ".join(action.keys)) for action in actions)
    lines = []
    order = {group: number for number, group in enumerate(GROUPS)}
    ranked = sorted(actions, key=lambda action: order.get(action.group, len(order)))
    for group, members in groupby(ranked, key=lambda action: action.group):
        lines += ["", group]
        lines += [
            f"  {', '.join(action.keys):<{keys}}  {action.id:<{width}}  {action.title}".rstrip()
            for action in members
        ]
    shared = [str(conflict) for conflict in conflicts(actions)]
    if shared and not quiet:
        lines += ["", "Shared keys", *(f"  {text}" for text in shared)]
    typer.echo(printable("\n".join(lines[1:])))
    return 0
