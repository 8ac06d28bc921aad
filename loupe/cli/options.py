"""What several commands read from their options in the same way."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence

import typer

from loupe.cli.opening import parse_vars
from loupe.session.builtin_keys import BUILTIN_KEYS
from loupe.session.diagnostics import Report
from loupe.session.load import LoadOptions

__all__ = ["checking_options", "expanded", "recordings", "tell_warnings"]


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
    )


def tell_warnings(report: Report) -> None:
    """Warnings of a session that is used all the same, a line each, on standard error."""
    if report.warnings:
        typer.echo(Report(report.warnings, report.texts).render("concise"), err=True)


def expanded(names: Sequence[str]) -> list[str]:
    """The names with patterns that no shell expanded replaced by the files they match."""
    found: list[str] = []
    for name in names:
        is_pattern = any(sign in name for sign in "*?[") and not os.path.exists(name)
        matches = sorted(glob.glob(name, recursive=True)) if is_pattern else []
        found += matches or [name]
    return list(dict.fromkeys(found))


def recordings(names: Sequence[str]) -> list[str]:
    """As `expanded`, without the overviews that lie beside recordings; alone they stay.

    Those that were named, perhaps by a pattern that the shell filled in, are told of.
    """
    from loupe.data.names import is_overview

    found = expanded(names)
    kept = [name for name in found if not is_overview(name)]
    if not kept:
        return found
    for name in names:
        if is_overview(name):
            typer.echo(f"{name}: note: the overview of a recording, left out", err=True)
    return kept
