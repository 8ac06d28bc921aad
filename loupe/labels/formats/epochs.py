"""States epoch by epoch: one a line, or a column of a table, as YASA and AccuSleePy write them.

Such a file does not say how long an epoch is: the session or the command line does. Each epoch
is a row of its own, so that what was scored epoch by epoch is written back as it was, with the
other columns that the file had.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
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
    respelled_labels,
    told_epoch,
    value_losses,
    with_epoch,
)
from loupe.labels.formats.delimited import as_text, decode, frame_text, split, text_marks
from loupe.labels.formats.epoch_shape import SEPARATORS, Column, Shape, counted
from loupe.labels.formats.rows import epoch_edges, loaded_rows
from loupe.labels.formats.tabular import VISBRAIN as SCHEMA
from loupe.labels.formats.visbrain import GAP
from loupe.labels.table import Floats, IntervalTable

__all__ = ["EPOCHS", "lists_epochs"]

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

_UNKNOWN = {GAP.lower(), "?", "-", "n/a", "na", "nan", "none", "null", "undefined", "unknown"}
"""States of epochs that nobody scored; never the name of a column."""

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
        values={name: c.filter(pl.Series(known)) for name, c in found.values.items()},
        lines=[line for line, is_known in zip(found.lines, known, strict=True) if is_known],
        metadata={
            **text_marks(data),
            **replace(found.shape, count=len(states), seconds=length).told(),
        },
    )
    table = with_epoch(loaded.table, length, options.epoch_origin)
    return Loaded(table, (*loaded.notes, *found.notes), loaded.lines)


class _Found(NamedTuple):
    """States and the line of each, values by column, the shape of the file, and remarks."""

    states: list[str]
    lines: Sequence[int]
    values: Mapping[str, pl.Series]
    shape: Shape
    notes: tuple[str, ...] = ()


def _one_a_line(text: str, options: ReadOptions) -> _Found:
    states = [_unquoted(line.strip()) for line in text.split("\n")]
    if not states[-1]:
        states.pop()  # what follows the last line end; an empty line is an epoch without a state
    wanted = options.schema.label_col if options.schema else None
    head = states[0] if states else ""
    named = head == wanted or _is_heading(states)
    first = int(named)
    notes: tuple[str, ...] = ()
    if named and head != wanted and head.lower() not in _NAMES:
        notes = (f"the first line, {head!r}, is taken for the name of the numbers",)
    elif not named and len(states) > 2 and head and head not in states[1:]:
        notes = (f"only the first epoch is {head!r}; if that is a heading, remove the line",)
    shape = Shape(head if named else "", blank=not all(states))
    return _Found(states[first:], range(first + 1, len(states) + 1), {}, shape, notes)


def _is_heading(lines: list[str]) -> bool:
    """Whether the first of some lines is taken for the name of the others."""
    head, rest = (lines[0], lines[1:]) if lines else ("", [])
    if head.lower() in _NAMES:
        return True
    if not head or head.lower() in _UNKNOWN or _NUMBER.fullmatch(head):
        return False
    numbers = [_NUMBER.fullmatch(state) for state in rest if state and state != GAP]
    return bool(numbers) and all(numbers)


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
    states = [row[at].strip() for row in rows]
    own = set((options.schema or SCHEMA).columns)
    others: list[Column] = []
    values: dict[str, pl.Series] = {}
    for name, cells in zip(
        header, zip(*rows, strict=True) if rows else [()] * len(header), strict=True
    ):
        if name == found[0]:
            continue
        column = counted(name, cells)
        if column is None:
            held = name
            while held in own or (held != name and held in header):
                held += "_"
            column = Column(name, held)
            values[held] = pl.Series([cell or None for cell in cells], dtype=pl.String)
        others.append(column)
    beside = {
        epoch: tuple(row[:at] + row[at + 1 :])
        for epoch, (state, row) in enumerate(zip(states, rows, strict=True))
        if not state
    }
    shape = Shape(found[0], at, tuple(others), separator, blank=True, beside=beside)
    return _Found(states, lines, values, shape)


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
    told, shape = table.layout.metadata, _shape(table, length)
    rows = _rows(table, length, origin)
    gap = "" if shape.blank else GAP
    states = [_word(table.label(row)) if row >= 0 else gap for row in rows.tolist()]
    if not shape.others:
        head = shape.name or ("state" if _is_heading(states) else "")
        return as_text([*([head] if head else []), *states], told)
    values = table.pool.frame(table.payload)
    columns = [(c.name, _cells(k, shape, values, rows)) for k, c in enumerate(shape.others)]
    columns.insert(shape.place, (shape.name, states))
    frame = pl.DataFrame([pl.Series(name, cells, dtype=pl.String) for name, cells in columns])
    return frame_text(frame, shape.separator, "", told=told)


def _shape(table: IntervalTable, length: float) -> Shape:
    """That of the file, for epochs of its own length; of others only how far they reach."""
    found = Shape.of(table)
    if found.seconds == length:
        return found
    count = min(round(found.count * found.seconds / length), MOST + 1)
    return Shape(found.name, count=count, seconds=length)


def _cells(k: int, shape: Shape, frame: pl.DataFrame, rows: npt.NDArray[np.intp]) -> list[str]:
    """A further column epoch by epoch: as it counts, or the values of the rows.

    Where there is no label, what stood there.
    """
    column = shape.others[k]
    if not column.held:
        return [column.cell(epoch) for epoch in range(len(rows))]
    known = frame[column.held] if column.held in frame.columns else [None] * len(frame)
    texts = ["" if value is None else str(value) for value in known]
    none = ("",) * len(shape.others)
    return [
        texts[row] if row >= 0 else shape.beside.get(epoch, none)[k]
        for epoch, row in enumerate(rows.tolist())
    ]


def _rows(table: IntervalTable, length: float, origin: float) -> npt.NDArray[np.intp]:
    """The row of each epoch: the last one that has most of it; -1 where there is none."""
    first, stop = _places(table, length, origin)
    rows = np.full(int(_count(table, length, origin)), -1, dtype=np.intp)
    for row, (a, b) in enumerate(zip(first.tolist(), stop.tolist(), strict=True)):
        rows[max(int(a), 0) : max(int(b), 0)] = row
    return rows


def _count(table: IntervalTable, length: float, origin: float) -> float:
    """Epochs up to the end of the last label, and as many as the file had."""
    last = float(_places(table, length, origin)[1].max(initial=0.0))
    return max(last, float(_shape(table, length).count))


def _places(table: IntervalTable, length: float, origin: float) -> tuple[Floats, Floats]:
    """First epoch of each row, and one beyond the last; rows without an end have none."""
    ends = np.where(np.isfinite(table.ends), table.ends, table.starts)
    with np.errstate(over="ignore"):
        return np.round((table.starts - origin) / length), np.round((ends - origin) / length)


def _word(label: str) -> str:
    """A label as one cell of one line."""
    return " ".join("".join(" " if c in SEPARATORS else c for c in label).split()) or GAP


def _losses(table: IntervalTable) -> list[str]:
    length, origin = told_epoch(table)
    shape = Shape() if length is None else _shape(table, length)
    out = value_losses(table, frozenset(column.held for column in shape.others))
    if length is None or _count(table, length, origin) > MOST:
        return out
    first, stop = _places(table, length, origin)
    ends = np.where(np.isfinite(table.ends), table.ends, table.starts)
    in_sight = stop > np.maximum(first, 0)
    moved = np.maximum(
        np.abs((table.starts - origin) / length - first), np.abs((ends - origin) / length - stop)
    )
    for count, what in (
        (
            int((~in_sight).sum()),
            "points, open ends, rows before the first epoch or shorter than half "
            "of one: {} dropped",
        ),
        (
            int((in_sight & (moved > _NEAR)).sum()),
            "bounds in an epoch: {} moved to the nearest",
        ),
        (int((in_sight & (first < 0)).sum()), "times before the first epoch: {} cut"),
        (
            int((in_sight & (stop - first > 1)).sum()),
            "rows of several epochs: {} become one each",
        ),
        (len(table.overlaps), "overlaps: {} cut an earlier one short"),
    ):
        if count:
            out.append(what.format(plural(count, "row")))
    free = int((_rows(table, length, origin) < 0).sum())
    if free and not shape.blank:
        out.append(f"gaps: {plural(free, 'epoch')} written as `{GAP}`")
    return out + respelled_labels(table, _word)


def lists_epochs(path: str | Path, name: str | None) -> bool:
    """Whether a file of this path, or of the format of this name, is a list of epochs."""
    if name is not None:
        return name == EPOCHS.name
    return str(path).lower().endswith(EPOCHS.extensions)


EPOCHS = LabelFormat(
    name="epochs",
    extensions=(".epochs.txt", ".epochs.csv"),
    title="states epoch by epoch",
    read=_read,
    write=_write,
    losses=_losses,
    own_columns=True,
)
