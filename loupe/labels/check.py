"""What is wrong with a label file, as findings with their line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from loupe.errors import IntervalLabelIOError, IntervalLabelSchemaError, LoupeError
from loupe.labels.files import read_bytes
from loupe.labels.formats.base import Loaded, ReadOptions, plural
from loupe.labels.formats.registry import format_for
from loupe.labels.table import IntervalTable
from loupe.session.base import Level
from loupe.session.diagnostics import Diagnostic, Report
from loupe.session.labels import IntervalLabelSchema

__all__ = ["RowFault", "check_file", "row_faults"]

_LINE = re.compile(r"line (\d+)[:,]")


def check_file(
    path: Path | str,
    schema: IntervalLabelSchema | None = None,
    *,
    format: str | None = None,  # noqa: A002 - the word that sessions and the command line use
    epoch: float | None = None,
) -> Report:
    """Every finding about a label file; a file that breaks its schema has that finding alone.

    `epoch` is the length of an epoch in seconds, for files that list states alone.

    Raises
    ------
    IntervalLabelIOError
        If the file is absent, cannot be opened, or its format is not known.
    """
    kind = format_for(path, format)
    data = read_bytes(Path(path))
    if data is None or kind.read is None:
        raise IntervalLabelIOError(
            "there is no such file" if data is None else f"{kind.title} cannot be read",
            where=str(path),
        )
    name = str(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    texts = {name: text} if "\0" not in text else {}
    try:
        loaded = kind.read(data, ReadOptions(where=name, schema=schema, epoch=epoch))
    except (IntervalLabelIOError, IntervalLabelSchemaError) as error:
        items = [_broken(name, text, one) for one in (error, *error.also)]
        return Report((), texts).with_more(items)
    return Report((), texts).with_more(_findings(name, text, loaded))


def _broken(name: str, text: str, error: LoupeError) -> Diagnostic:
    """The finding of an error, at its line where it names one."""
    found = _LINE.match(error.message)
    line = int(found[1]) if found else 1
    told = error.message[found.end() :].lstrip() if found else error.message
    return _finding(name, text, line, "error", error.code, told, error.hint)


@dataclass(frozen=True)
class RowFault:
    """Rows of a table that can be read but may not be meant; `row` is the first of them."""

    level: Level
    code: str
    message: str
    hint: str
    row: int


def row_faults(table: IntervalTable) -> Iterator[RowFault]:
    """Overlaps, points, open ends and rows without a label, each kind once."""
    kinds: tuple[tuple[Level, str, str, str, list[int]], ...] = (
        (
            "warning",
            "labels-overlap",
            "starts before an earlier row has ended",
            "overlaps are kept and shown; where that is not meant, correct one of the rows",
            table.overlaps.tolist(),
        ),
        (
            "warning",
            "labels-duration",
            "is a point: it ends where it starts",
            "a point cannot be seen as a state; give it an end, or show it as an event",
            np.flatnonzero(table.ends == table.starts).tolist(),
        ),
        (
            "warning",
            "labels-open-end",
            "has no end",
            "give it an end",
            np.flatnonzero(np.isinf(table.ends)).tolist(),
        ),
        (
            "warning",
            "labels-unnamed",
            "has no label",
            "give it a label, or remove the row",
            [i for i, label in enumerate(table.labels()) if not label],
        ),
    )
    for level, code, message, hint, rows in kinds:
        if not rows:
            continue
        first = rows[0]
        start, label = float(table.starts[first]), table.label(first)
        more = f" (and {plural(len(rows) - 1, 'more row')})" if len(rows) > 1 else ""
        yield RowFault(level, code, f"{label!r} at {start!r} s {message}{more}", hint, first)


def _findings(name: str, text: str, loaded: Loaded) -> list[Diagnostic]:
    out = [
        _finding(name, text, loaded.line(f.row) or 1, f.level, f.code, f.message, f.hint)
        for f in row_faults(loaded.table)
    ]
    out += [
        _finding(name, text, 1, "note", "labels-note", note, "")
        for note in loaded.notes
        if "start before an earlier one" not in note
    ]
    return out


def _finding(
    name: str, text: str, line: int, level: Level, code: str, message: str, hint: str
) -> Diagnostic:
    lines = text.split("\n")
    length = len(lines[line - 1].rstrip("\r")) if line <= len(lines) else 0
    return Diagnostic(name, line, 1, line, max(length, 1) + 1, level, code, message, hint)
