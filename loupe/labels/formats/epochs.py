"""States epoch by epoch: one a line, or a column of a table, as YASA and AccuSleePy write them.

Such a file does not say how long an epoch is: the session or the command line does. Each epoch
is a row of its own, so that what was scored epoch by epoch is written back as it was, with the
other columns that the file had.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
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
from loupe.labels.formats.rows import epoch_edges, loaded_rows
from loupe.labels.formats.tabular import VISBRAIN as SCHEMA
from loupe.labels.formats.visbrain import GAP
from loupe.labels.table import Floats, IntervalTable

__all__ = ["EPOCHS"]

_HEADER, _SEPARATOR, _STATES = "epochs_header", "epochs_separator", "epochs_column"
"""What a table is told of its file: the names of its columns, a line each, and which one counts."""

_NAMES = {
    "brain_state",
    "hypno",
    "hypnogram",
    "label",
    "score",
    "sleep_stage",
    "stage",
    "stages",
    "state",
}
"""What a column of states is called, in any case."""

_SEPARATORS = "\t,;"
MOST = 10_000_000
"""Epochs that are written at most: a year of three seconds each."""

_NEAR = 1e-6
"""A time this close to the start of an epoch, in epochs, is at it."""


def _read(data: bytes, options: ReadOptions) -> Loaded:
    where, length = options.where, options.epoch
    if length is None:
        raise IntervalLabelIOError(
            "the file lists the states of epochs and does not say how long one is",
            where=where,
            hint="give the length in seconds: `epoch = 30.0` in the session, or --epoch 30",
        )
    if not 0 < length < math.inf:
        raise IntervalLabelIOError(
            f"an epoch has a positive length in seconds, not {length:g}", where=where
        )
    text = decode(data, where)
    first = text.partition("\n")[0]
    separator = next((mark for mark in _SEPARATORS if mark in first), None)
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
        metadata={**text_marks(data), **found.told},
    )
    table = with_epoch(loaded.table, length, options.epoch_origin)
    return Loaded(table, loaded.notes, loaded.lines)


class _Found(NamedTuple):
    """States and the line of each, further columns, and what is told of the file's shape."""

    states: list[str]
    lines: Sequence[int]
    others: Mapping[str, pl.Series]
    told: Mapping[str, str]


def _one_a_line(text: str, options: ReadOptions) -> _Found:
    states = [line.strip() for line in text.split("\n")]
    while states and not states[-1]:
        states.pop()
    wanted = options.schema.label_col if options.schema else None
    head = states[0] if states else ""
    named = head == wanted or (wanted is None and head.lower() in _NAMES)
    first = int(named)
    told = {_HEADER: head, _STATES: head} if named else {}
    return _Found(states[first:], range(first + 1, len(states) + 1), {}, told)


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
    told = {_HEADER: "\n".join(header), _SEPARATOR: separator, _STATES: found[0]}
    if any("\n" in name for name in header):
        told = {_HEADER: found[0], _STATES: found[0]}
    others = {name: frame[name] for name in header if name != found[0]}
    return _Found([row[at].strip() for row in rows], lines, others, told)


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
    told = table.layout.metadata
    rows = _rows(table, length, origin)
    states = [_word(table.label(row)) if row >= 0 else GAP for row in rows.tolist()]
    names = told[_HEADER].split("\n") if told.get(_HEADER) else []
    if not names and states and states[0].lower() in _NAMES:
        names = ["state"]  # else the first state would be taken for a name
    if len(names) < 2:
        return as_text("".join(f"{line}\n" for line in (*names, *states)), told)
    frame = table.pool.frame(table.payload)
    columns = [
        states if name == told.get(_STATES) else _cells(frame[name], rows)
        for name in names
        if name == told.get(_STATES) or name in frame.columns
    ]
    sink = io.StringIO()
    writer = csv.writer(sink, delimiter=told.get(_SEPARATOR, ","), lineterminator="\n")
    writer.writerow([n for n in names if n == told.get(_STATES) or n in frame.columns])
    writer.writerows(zip(*columns, strict=True))
    return as_text(sink.getvalue(), told)


def _cells(column: pl.Series, rows: npt.NDArray[np.intp]) -> list[str]:
    """A further column epoch by epoch; empty where there is no label."""
    texts = ["" if value is None else str(value) for value in column]
    return [texts[row] if row >= 0 else "" for row in rows.tolist()]


def _kept(table: IntervalTable) -> frozenset[str]:
    """The further columns that the file had, and has again."""
    names = table.layout.metadata.get(_HEADER, "").split("\n")
    return frozenset(names) if len(names) > 1 else frozenset()


def _rows(table: IntervalTable, length: float, origin: float) -> npt.NDArray[np.intp]:
    """The row of each epoch: the last one that has most of it; -1 where there is none."""
    first, stop = _places(table, length, origin)
    rows = np.full(int(_count(table, length, origin)), -1, dtype=np.intp)
    for row, (a, b) in enumerate(zip(first.tolist(), stop.tolist(), strict=True)):
        rows[max(int(a), 0) : max(int(b), 0)] = row
    return rows


def _count(table: IntervalTable, length: float, origin: float) -> float:
    """Epochs up to the end of the last label."""
    return float(max(_places(table, length, origin)[1].max(initial=0.0), 0.0))


def _places(table: IntervalTable, length: float, origin: float) -> tuple[Floats, Floats]:
    """First epoch of each row, and one beyond the last; rows without an end have none."""
    ends = np.where(np.isfinite(table.ends), table.ends, table.starts)
    with np.errstate(over="ignore"):
        return np.round((table.starts - origin) / length), np.round((ends - origin) / length)


def _word(label: str) -> str:
    """A label as one cell of one line."""
    return " ".join("".join(" " if c in _SEPARATORS else c for c in label).split()) or GAP


def _losses(table: IntervalTable) -> list[str]:
    out = value_losses(table, _kept(table))
    length, origin = told_epoch(table)
    if length is None or not len(table) or _count(table, length, origin) > MOST:
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
    if free:
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
