"""`loupe labels convert | validate | stats | diff`: label files at the terminal.

Findings and results go to standard output, remarks to standard error. Every function returns the
exit code: 0 clean, 1 findings (losses, differences), 2 is for errors, which are raised.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from loupe.cli.options import expanded
from loupe.cli.progress import shown_progress
from loupe.errors import (
    IntervalLabelIOError,
    IntervalLabelSchemaError,
    LoupeConfigError,
    LoupeError,
    printable,
)

if TYPE_CHECKING:
    from loupe.labels.exchange import LoadedFile
    from loupe.session.labels import IntervalLabelSchema

__all__ = ["convert", "diff", "parse_schema", "stats", "validate"]


def convert(
    src: str,
    out: str,
    from_: str | None = None,
    to: str | None = None,
    schema: str | None = None,
    states: str | None = None,
    lossy: bool = False,
    snap: float | None = None,
    epoch: float | None = None,
    *,
    quiet: bool = False,
) -> int:
    """Write the labels of `src` as `out`; each loss is one line on standard output.

    Parameters
    ----------
    from_, to
        Formats by name; None goes by the extensions.
    schema
        Columns of `src`, see `parse_schema`.
    states
        A vocabulary by name, or a JSON file of old name -> new name.
    lossy
        Write although something is lost; otherwise that is exit code 1 and no file.
    snap
        Step in seconds to which the times of a Visbrain file are rounded.
    epoch
        Length of an epoch in seconds, for a file that lists states alone.
    quiet
        Say nothing of what was read and written; losses are named all the same.
    """
    from loupe.labels.convert import convert as run
    from loupe.labels.vocabulary import vocabulary

    columns = parse_schema(schema)
    words = None if states is None else vocabulary(states)
    with shown_progress("Converting", quiet=quiet) as tell:
        tell(0, 0, src)
        done = run(
            src,
            out,
            from_format=from_,
            to_format=to,
            schema=columns,
            states=words,
            lossy=lossy,
            snap=snap,
            epoch=epoch,
        )
    _remarks(src, done.notes, quiet)
    for loss in done.losses:
        typer.echo(printable(f"lost: {loss}"))
    if done.saved is None:
        typer.echo(f"{out} was not written; allow the losses with --lossy", err=True)
        return 1
    if not quiet:
        typer.echo(f"wrote {out}", err=True)
    return 0


def validate(
    paths: Sequence[str],
    schema: str | None = None,
    from_: str | None = None,
    epoch: float | None = None,
    format: str = "full",  # noqa: A002 - the option's name
    strict: bool = False,
    *,
    quiet: bool = False,
) -> int:
    """Report every finding about label files; 1 if there are errors, or with `strict` warnings.

    A file that cannot be opened is named, makes the exit code 2, and hides no other.

    Parameters
    ----------
    from_, epoch
        Format of the files, and the length of an epoch; see `convert`.
    format
        ``full``, ``concise``, ``json``, ``github`` or ``sarif``.
    quiet
        Count nothing and show no progress.
    """
    from loupe.labels.check import check_file
    from loupe.session.rendering import FORMATS, render, summary

    if format not in FORMATS:
        raise LoupeConfigError(
            f"unknown format {format!r}", hint=f"one of {', '.join(FORMATS)}", code="usage"
        )
    columns = parse_schema(schema)
    reports = []
    unreadable: list[LoupeError] = []
    names = expanded(paths)
    with shown_progress("Checking", quiet=quiet) as tell:
        for number, path in enumerate(names):
            tell(number, len(names), path)
            try:
                reports.append(check_file(path, columns, format=from_, epoch=epoch))
            except IntervalLabelIOError as error:
                unreadable.append(error)
    for problem in unreadable:
        typer.echo(problem.render(), err=True)
    text = render(reports, format)
    if text:
        typer.echo(text)
    if not quiet:
        typer.echo(summary(reports, len(reports), "label file"), err=True)
    if unreadable:
        return 2
    return int(any(report.fails(strict=strict) for report in reports))


def stats(
    path: str,
    schema: str | None = None,
    from_: str | None = None,
    epoch: float | None = None,
    format: str = "text",  # noqa: A002 - as above
    *,
    quiet: bool = False,
) -> int:
    """Per state: rows, total, share, bouts, their mean, median and longest, latency.

    Parameters
    ----------
    from_, epoch
        Format of the file, and the length of an epoch; see `convert`.
    format
        ``text`` or ``json``.
    quiet
        Say nothing of how the file was read.
    """
    from loupe.labels.exchange import load_table
    from loupe.labels.formats.base import ReadOptions
    from loupe.labels.stats import stats as count

    if format not in ("text", "json"):
        raise LoupeConfigError(f"unknown format {format!r}", hint="text or json", code="usage")
    columns = parse_schema(schema)
    with shown_progress("Counting", quiet=quiet) as tell:
        tell(0, 0, path)
        loaded = load_table(path, columns, format=from_, options=ReadOptions(epoch=epoch))
        found = count(loaded.table)
    _remarks(path, loaded.notes, quiet)
    if format == "json":
        typer.echo(json.dumps({"file": path, **found.as_dict()}, indent=2, ensure_ascii=False))
        return 0
    length = found.stop - found.start
    share = f" ({100 * found.labelled / length:.1f} %)" if length else ""
    typer.echo(f"{path}: {found.rows} rows from {found.start:.10g} s to {found.stop:.10g} s")
    typer.echo(f"labelled: {found.labelled:.10g} s{share}; overlapping rows: {found.overlaps}")
    head = ("state", "rows", "total s", "share %", "bouts", "mean s", "median s", "longest s")
    cells = [
        (
            s.label or "(none)",
            str(s.rows),
            f"{s.total:.2f}",
            f"{100 * s.share:.1f}",
            str(s.bouts),
            f"{s.mean:.2f}",
            f"{s.median:.2f}",
            f"{s.longest:.2f}",
            f"{s.latency:.2f}",
        )
        for s in found.states
    ]
    _table([(*head, "latency s"), *cells])
    return 0


def diff(
    a: str,
    b: str,
    schema: str | None = None,
    from_: str | None = None,
    epoch: float | None = None,
    *,
    quiet: bool = False,
) -> int:
    """What changed from `a` to `b`, one line a change; 1 if anything did.

    A file without the columns of `schema` is read as it is by itself, and a remark says so.

    Parameters
    ----------
    from_, epoch
        Format of both files, and the length of an epoch; see `convert`.
    """
    from loupe.labels.diff import diff as compare

    columns = parse_schema(schema)
    with shown_progress("Comparing", quiet=quiet) as tell:
        tell(0, 2, a)
        before = _either(a, columns, from_, epoch)
        tell(1, 2, b)
        after = _either(b, columns, from_, epoch)
        lines = compare(before.table, after.table)
    _remarks(a, before.notes, quiet)
    _remarks(b, after.notes, quiet)
    for line in lines:
        typer.echo(printable(line))
    return int(bool(lines))


def parse_schema(text: str | None) -> IntervalLabelSchema | None:
    """A schema from ``start_col=a,end_col=b,label_col=c,extra_cols=x|y``, or a JSON or TOML file.

    Raises
    ------
    IntervalLabelSchemaError
        If it is neither, or the schema cannot be right.
    """
    from loupe.session.labels import IntervalLabelSchema

    if text is None:
        return None
    hint = "write start_col=…,end_col=…,label_col=…,extra_cols=a|b, or name a JSON or TOML file"
    values: object
    try:
        if Path(text).suffix.lower() == ".json":
            values = json.loads(Path(text).read_text(encoding="utf-8"))
        elif Path(text).suffix.lower() == ".toml":
            import tomllib

            values = tomllib.loads(Path(text).read_text(encoding="utf-8"))
        else:
            pairs = [part.split("=", 1) for part in text.split(",")]
            values = {name.strip(): value.strip() for name, value in pairs}
    except (OSError, ValueError, RecursionError) as error:
        raise IntervalLabelSchemaError(f"`{text}` is no schema: {error}", hint=hint) from error
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        raise IntervalLabelSchemaError(f"`{text}` is no schema", hint=hint)
    extras = values.get("extra_cols")
    if isinstance(extras, str):
        values["extra_cols"] = tuple(extras.split("|"))
    return IntervalLabelSchema(**values)


def _either(
    path: str, schema: IntervalLabelSchema | None, kind: str | None, epoch: float | None
) -> LoadedFile:
    """A label file under the schema if it has those columns, else under its own, with a remark."""
    from loupe.labels.exchange import load_table
    from loupe.labels.formats.base import ReadOptions

    options = ReadOptions(epoch=epoch)
    try:
        return load_table(path, schema, format=kind, options=options)
    except IntervalLabelSchemaError as error:
        if not error.absent:
            raise
        names = ", ".join(f"`{name}`" for _, name in error.absent)
    loaded = load_table(path, format=kind, options=options)
    note = f"it has no {names}, so it is read without --schema"
    return replace(loaded, notes=(note, *loaded.notes))


def _remarks(path: str, notes: Sequence[str], quiet: bool) -> None:
    for note in () if quiet else notes:
        typer.echo(printable(f"{path}: note: {note}"), err=True)


def _table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        typer.echo(printable("  ".join(cells).rstrip()))
