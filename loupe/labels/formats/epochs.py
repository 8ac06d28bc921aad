"""States epoch by epoch: one a line, or a column of a table, as YASA and AccuSleePy write them.

Such a file does not say how long an epoch is: the session or the command line does. Each epoch
is a row of its own, so that what was scored epoch by epoch is written back as it was, with the
other columns that the file had.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from loupe.errors import IntervalLabelIOError
from loupe.labels.formats.base import (
    LabelFormat,
    Loaded,
    ReadOptions,
    plural,
    told_epoch,
    value_losses,
    with_epoch,
)
from loupe.labels.formats.delimited import as_text, decode, split, text_marks
from loupe.labels.formats.epoch_shape import SEPARATORS, Shape
from loupe.labels.formats.rows import epoch_edges, loaded_rows
from loupe.labels.formats.tabular import VISBRAIN as SCHEMA
from loupe.labels.formats.visbrain import GAP
from loupe.labels.table import Floats, IntervalTable

__all__ = ["EPOCHS"]

_NAMES = {
    "brain_state",
    "hypno",
    "hypnogram",
    "label",
    "score",
    "scoring",
    "sleep_stage",
    "sleep_state",
    "sleepstage",
    "stage",
    "stages",
    "state",
    "vigilance_state",
}
"""What a column of states is called, in any case."""

MOST = 10_000_000
"""Epochs that are written at most: a year of three seconds each."""

_NUMBER = re.compile(r"[+-]?\d+(\.0*)?")
_NEAR = 1e-6
"""A time this close to the start of an epoch, in epochs, is at it."""


def _read(data: bytes, options: ReadOptions) -> Loaded:
    where, length = options.where, options.epoch
    if length is None:
        raise IntervalLabelIOError(
            "the file lists the states of epochs and does not say how long one is",
            where=where,
            hint="give the length in seconds: `epoch = 30.0` of the label set in a session, or "
            "`loupe labels … --epoch 30`",
        )
    if not 0 < length < math.inf:
        raise IntervalLabelIOError(
            f"an epoch has a positive length in seconds, not {length:g}", where=where
        )
    text = decode(data, where)
    first = text.partition("\n")[0]
    separator = next((mark for mark in SEPARATORS if mark in first), None)
    found = _one_a_line(text, options) if separator is None else _table(text, separator, options)
    states, known = found.states, np.array([bool(s) for s in found.states], dtype=np.bool_)
    edges = epoch_edges(len(states), length, options.epoch_origin)
    loaded = loaded_rows(
        (edges[:-1][known], edges[1:][known]),
        [state for state in states if state],
        SCHEMA,
        options,
        values={name: c.filter(pl.Series(known)) for name, c in found.others.items()},
        lines=[line for line, is_known in zip(found.lines, known, strict=True) if is_known],
        metadata={
            **text_marks(data),
            **replace(found.shape, count=len(states), seconds=length).told(),
        },
    )
    table = with_epoch(loaded.table, length, options.epoch_origin)
    return Loaded(table, (*loaded.notes, *found.notes), loaded.lines)


class _Found(NamedTuple):
    """States and the line of each, further columns, the shape of the file, and remarks."""

    states: list[str]
    lines: Sequence[int]
    others: Mapping[str, pl.Series]
    shape: Shape
    notes: tuple[str, ...] = ()


def _one_a_line(text: str, options: ReadOptions) -> _Found:
    states = [_unquoted(line.strip()) for line in text.split("\n")]
    if not states[-1]:
        states.pop()  # what follows the last line end; an empty line is an epoch without a state
    wanted = options.schema.label_col if options.schema else None
    head, rest = (states[0], states[1:]) if states else ("", [])
    named = head == wanted or head.lower() in _NAMES
    notes: tuple[str, ...] = ()
    if head and not named and not _NUMBER.fullmatch(head):
        named = any(rest) and all(_NUMBER.fullmatch(state) for state in rest if state)
        if named:
            notes = (f"the first line, {head!r}, is taken for the name of the numbers",)
    shape = Shape((head,) if named else (), blank=not all(states))
    first = int(named)
    return _Found(states[first:], range(first + 1, len(states) + 1), {}, shape, notes)


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"').strip()
    return text


def _table(text: str, separator: str, options: ReadOptions) -> _Found:
    header, rows, lines = split(text, separator, options.where)
    wanted = options.schema.label_col if options.schema else None
    found = [n for n in header if n == wanted or (wanted is None and n.strip().lower() in _NAMES)]
    if len(found) != 1:
        raise IntervalLabelIOError(
            f"which column holds the states? There are: {', '.join(header)}",
            where=options.where,
            hint="name it as `label_col` of the schema",
        )
    at = header.index(found[0])
    frame = pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")
    cells = tuple(tuple(row[:at] + row[at + 1 :]) for row in rows)
    shape = Shape(tuple(header), separator, at, cells, blank=True)
    others = {name: frame[name] for name in header if name != found[0]}
    return _Found([row[at].strip() for row in rows], lines, others, shape)


def _write(table: IntervalTable) -> bytes:
    length, origin = told_epoch(table)
    if length is None:
        raise IntervalLabelIOError(
            "how long is an epoch? The labels do not say",
            hint="`loupe labels convert --epoch 30` writes epochs of 30 s",
        )
    if _count(table, length, origin) > MOST:
        raise IntervalLabelIOError(
            f"the last label ends after more than {MOST:,} epochs of {length:g} s",
            hint="is its end right? Longer epochs make fewer",
        )
    told, shape = table.layout.metadata, Shape.of(table)
    rows = _rows(table, length, origin)
    gap = "" if shape.blank else GAP
    states = [_word(table.label(row)) if row >= 0 else gap for row in rows.tolist()]
    names = shape.names
    if not names and states and states[0].lower() in _NAMES:
        names = ("state",)  # else the first state would be taken for a name
    if len(names) < 2:
        return as_text("".join(f"{line}\n" for line in (*names, *states)), told)
    sink = io.StringIO()
    writer = csv.writer(sink, delimiter=shape.separator, lineterminator="\n")
    writer.writerow(names)
    for state, cells in zip(states, _cells(table, shape, rows), strict=True):
        writer.writerow([*cells[: shape.place], state, *cells[shape.place :]])
    return as_text(sink.getvalue(), told)


def _cells(table: IntervalTable, shape: Shape, rows: npt.NDArray[np.intp]) -> Iterator[list[str]]:
    """The further cells of each epoch: as they were in the file, but for values given since."""
    # Those of epochs of another length belong to none of these.
    old = shape.cells if shape.seconds == told_epoch(table)[0] else ()
    names = shape.names[: shape.place] + shape.names[shape.place + 1 :]
    frame = table.pool.frame(table.payload)
    columns = [frame[name].to_list() if name in frame.columns else None for name in names]
    alone = np.bincount(rows[rows >= 0], minlength=len(table)) == 1
    for epoch, row in enumerate(rows.tolist()):
        cells = list(old[epoch]) if epoch < len(old) else [""] * len(names)
        if row >= 0 and alone[row]:
            for k, column in enumerate(columns):
                if column is not None and column[row] is not None:
                    cells[k] = str(column[row])
        yield cells


def _kept(table: IntervalTable) -> frozenset[str]:
    """The further columns that the file had, and has again."""
    return frozenset(Shape.of(table).names)


def _rows(table: IntervalTable, length: float, origin: float) -> npt.NDArray[np.intp]:
    """The row of each epoch: the last one that has most of it; -1 where there is none."""
    first, stop = _places(table, length, origin)
    rows = np.full(int(_count(table, length, origin)), -1, dtype=np.intp)
    for row, (a, b) in enumerate(zip(first.tolist(), stop.tolist(), strict=True)):
        rows[max(int(a), 0) : max(int(b), 0)] = row
    return rows


def _count(table: IntervalTable, length: float, origin: float) -> float:
    """Epochs up to the end of the last label, and as many as the file had."""
    shape = Shape.of(table)
    last = float(_places(table, length, origin)[1].max(initial=0.0))
    return max(last, float(np.round(shape.count * shape.seconds / length)), 0.0)


def _places(table: IntervalTable, length: float, origin: float) -> tuple[Floats, Floats]:
    """First epoch of each row, and one beyond the last; rows without an end have none."""
    ends = np.where(np.isfinite(table.ends), table.ends, table.starts)
    with np.errstate(over="ignore"):
        return np.round((table.starts - origin) / length), np.round((ends - origin) / length)


def _word(label: str) -> str:
    """A label as one cell of one line."""
    return " ".join("".join(" " if c in SEPARATORS else c for c in label).split()) or GAP


def _losses(table: IntervalTable) -> list[str]:
    out = value_losses(table, _kept(table))
    length, origin = told_epoch(table)
    if length is None or _count(table, length, origin) > MOST:
        return out
    first, stop = _places(table, length, origin)
    ends = np.where(np.isfinite(table.ends), table.ends, table.starts)
    kept = stop > np.maximum(first, 0)
    moved = np.maximum(
        np.abs((table.starts - origin) / length - first), np.abs((ends - origin) / length - stop)
    )
    for count, what in (
        (
            int((~kept).sum()),
            "points, open ends, rows before the first epoch or shorter than half "
            "of one: {} dropped",
        ),
        (int((kept & (moved > _NEAR)).sum()), "bounds within an epoch: {} moved to the nearest"),
        (int((kept & (first < 0)).sum()), "times before the first epoch: {} cut"),
        (int((kept & (stop - first > 1)).sum()), "rows of several epochs: {} become one an epoch"),
        (len(table.overlaps), "overlaps: {} cut an earlier one short"),
    ):
        if count:
            out.append(what.format(plural(count, "row")))
    free = int((_rows(table, length, origin) < 0).sum())
    if free and not Shape.of(table).blank:
        out.append(f"gaps: {plural(free, 'epoch')} written as `{GAP}`")
    words = sorted({label for label in table.labels() if _word(label) != label})
    if words:
        changed = ", ".join(f"{word!r} becomes {_word(word)!r}" for word in words)
        out.append(f"labels that cannot stand there: {changed}")
    return out


EPOCHS = LabelFormat(
    name="epochs",
    extensions=(".epochs.txt", ".epochs.csv"),
    title="states epoch by epoch",
    read=_read,
    write=_write,
    losses=_losses,
    own_columns=True,
)
