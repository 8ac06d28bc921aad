"""`loupe validate`: everything that is wrong with sessions and their data."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from loupe.cli.options import checking_options, expanded
from loupe.cli.progress import shown_progress
from loupe.errors import LoupeConfigError, LoupeError, refused
from loupe.session.load import Checked, LoadOptions, check_session, check_text
from loupe.session.rendering import FORMATS, render, summary
from loupe.session.suggest import did_you_mean

__all__ = ["check", "run"]


def run(
    sessions: Sequence[str],
    *,
    style: str = "full",
    strict: bool = False,
    no_data: bool = False,
    set_vars: Sequence[str] = (),
    allow_remote: bool = False,
    allow_write: Sequence[str] = (),
    quiet: bool = False,
) -> int:
    """Check sessions and print the findings; the exit code.

    A file that cannot be opened, or that the check itself stumbles over, hides no other.

    Raises
    ------
    LoupeConfigError
        For an unknown format or a wrong ``--set``.
    BaseException
        What the check of a file stumbled over, once the findings of all others are printed.
    """
    if style not in FORMATS:
        raise LoupeConfigError(
            f"there is no format `{style}`",
            hint=did_you_mean(style, FORMATS, what="formats"),
            code="usage",
        )
    options = checking_options(set_vars, allow_remote=allow_remote, allow_write=allow_write)
    found: list[Checked] = []
    unreadable: list[LoupeError] = []
    broken: dict[str, BaseException] = {}
    names = expanded(sessions)
    with shown_progress("Checking", quiet=quiet) as tell:
        for number, name in enumerate(names):
            tell(number, len(names), name)
            try:
                found.append(check(name, options, data=not no_data))
            except (LoupeError, OSError) as error:
                problem = refused(error) if isinstance(error, OSError) else error
                problem.where = problem.where or name
                unreadable.append(problem)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - raised below; panics of compiled
                # libraries are no Exception
                error.add_note(f"while checking {name}")
                broken[name] = error
    for problem in unreadable:
        typer.echo(problem.render(), err=True)
    reports = [checked.report for checked in found]
    text = render(reports, style)
    if text:
        typer.echo(text)
    if not quiet:
        typer.echo(summary(reports, len(found)), err=True)
    for name in broken:
        typer.echo(f"{name}: the check did not come to its end", err=True)
    if broken:
        raise next(iter(broken.values()))
    if unreadable:
        return 2
    return int(any(report.fails(strict=strict) for report in reports))


def check(name: str, options: LoadOptions, *, data: bool) -> Checked:
    """Check one session (``-`` is standard input), with its data if asked.

    Raises
    ------
    SessionUnreadable
        If the file cannot be opened.
    """
    if name == "-":
        content = sys.stdin.buffer.read((1 << 20) + 1)
        checked = check_text(content, "<stdin>", Path(), options)
    else:
        checked = check_session(name, options)
    if data and checked.partial is not None:
        from loupe.scene.check import check_data

        faults = check_data(checked.partial, allow_remote=options.allow_remote)
        checked = checked.with_faults(faults)
    return checked
