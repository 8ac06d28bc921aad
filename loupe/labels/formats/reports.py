"""Scorings as text reports: a head of lines about the recording, then a line an epoch.

Spike2 writes ``epoch, start, end, state, comment`` between tabs, in seconds; SleepSign's trend
writes ``date and time, epoch, stage, 0`` and no length, which is the step from one to the next.
ELAN, the EEG package, writes numbers (``.hyp``). Where a format has nothing but states, epochs of
one state in a row become one label.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import polars as pl

from loupe.errors import IntervalLabelIOError
from loupe.labels.formats.base import LabelFormat, Loaded, ReadOptions
from loupe.labels.formats.delimited import decode
from loupe.labels.formats.rows import bouts, epoch_edges, loaded_rows
from loupe.labels.formats.tabular import VISBRAIN as SCHEMA
from loupe.labels.vocabulary import VOCABULARIES
from loupe.session.labels import IntervalLabelSchema

__all__ = ["HYP", "SLEEPSIGN", "SPIKE2"]

_SECOND = 10**9
_TIMES = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p")
_HYP_HEAD = ("time_base", "sampling_period", "epoch_nb", "epoch_list")


def _lines(data: bytes, where: str) -> list[str]:
    return [line.removesuffix("\r") for line in decode(data, where).split("\n")]


def _not_that(what: str, where: str) -> IntervalLabelIOError:
    return IntervalLabelIOError(
        f"no line of it is {what}", where=where, hint="is it of another format?"
    )


# Spike2


def _read_spike2(data: bytes, options: ReadOptions) -> Loaded:
    where = options.where
    rows: list[tuple[float, float, str, str | None]] = []
    numbers: list[int] = []
    for number, line in enumerate(_lines(data, where), start=1):
        cells = [cell.strip().strip('"') for cell in line.split("\t")]
        times = [_number(cell) for cell in cells[1:3]] if len(cells) >= 4 else []
        if len(times) == 2 and None not in times and cells[0].isdecimal():
            rows.append((times[0] or 0.0, times[1] or 0.0, cells[3], "".join(cells[4:5]) or None))
            numbers.append(number)
        elif rows and line.strip():
            raise IntervalLabelIOError(
                f"line {number}: expected epoch, start, end and state between tabs, got {line!r}",
                where=where,
                hint="the file may be damaged or cut short",
            )
    if not rows:
        raise _not_that("an epoch, its start and end in seconds and a state between tabs", where)
    times_ = np.array([row[:2] for row in rows], dtype=np.float64).reshape(-1, 2)
    comments = pl.Series([row[3] for row in rows], dtype=pl.String)
    schema = IntervalLabelSchema(
        start_col="start_time", end_col="end_time", label_col="state", note_col="comment"
    )
    values = {} if comments.null_count() == len(comments) else {"comment": comments}
    return loaded_rows(
        (times_[:, 0], times_[:, 1]),
        [row[2] for row in rows],
        schema,
        options,
        values=values,
        lines=numbers,
    )


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text) else None


# SleepSign


def _read_sleepsign(data: bytes, options: ReadOptions) -> Loaded:
    where = options.where
    stamps: list[int] = []
    states: list[str] = []
    for number, line in enumerate(_lines(data, where), start=1):
        cells = [cell.strip() for cell in line.split("\t")]
        at = _stamp(cells[0]) if len(cells) >= 3 else None
        if at is None and stamps and line.strip():
            raise IntervalLabelIOError(
                f"line {number}: expected date and time, epoch and stage between tabs, got "
                f"{line!r}",
                where=where,
                hint="the file may be damaged or cut short",
            )
        if at is not None:
            if stamps and at <= stamps[-1]:
                raise IntervalLabelIOError(
                    f"line {number}: {cells[0]} is not after the line above it", where=where
                )
            stamps.append(at)
            states.append(cells[2])
    if len(stamps) < 2:
        raise _not_that(
            "a date and time, an epoch and a stage between tabs (two are needed)", where
        )
    step = Counter(b - a for a, b in pairwise(stamps)).most_common(1)[0][0]
    known = options.second_zero
    zero = stamps[0] if known is None else known
    starts = np.array(stamps, dtype=np.int64)
    # An epoch ends where the next begins, but for pauses: those are no part of it.
    # Stamps are whole seconds: those of shorter steps lie a second off now and then.
    gaps = np.diff(starts) > max(step + _SECOND, 3 * step // 2)
    ends = np.append(np.where(gaps, starts[:-1] + step, starts[1:]), starts[-1] + step)
    pieces = np.split(np.arange(len(starts)), np.flatnonzero(gaps) + 1)
    found = [
        bouts([states[k] for k in piece], (np.append(starts[piece], ends[piece[-1]]) - zero) / 1e9)
        for piece in pieces
    ]
    begin, end = (np.concatenate([bounds[side] for bounds, _ in found]) for side in (0, 1))
    loaded = loaded_rows(
        (begin, end), [name for _, names in found for name in names], SCHEMA, options
    )
    if known is not None:
        return loaded
    first = datetime.fromtimestamp(zero // _SECOND, UTC).replace(tzinfo=None)
    note = f"second 0 is the first epoch, {first:%Y-%m-%d %H:%M:%S}"
    return Loaded(loaded.table, (*loaded.notes, note))


def _stamp(text: str) -> int | None:
    """Nanoseconds since 1970 of a date and time without a zone."""
    for form in _TIMES:
        try:
            return int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()) * _SECOND
        except ValueError:
            continue
    return None


# ELAN (EEG)


def _read_hyp(data: bytes, options: ReadOptions) -> Loaded:
    where = options.where
    lines = _lines(data, where)
    heads = [line.split() for line in lines[:4]]
    if tuple(head[0] if head else "" for head in heads) != _HYP_HEAD:
        raise IntervalLabelIOError(
            f"its first lines are not {', '.join(_HYP_HEAD)}",
            where=where,
            hint="is it a hypnogram of ELAN?",
        )
    step = _number("".join(heads[0][1:2]))
    if step is None or not 0 < step < np.inf:
        raise IntervalLabelIOError(
            f"line 1: `time_base` needs the seconds of an epoch, got {lines[0]!r}", where=where
        )
    states = []
    for number, line in enumerate(lines[4:], start=5):
        code = line.strip()
        if not code and not any(rest.strip() for rest in lines[number:]):
            break
        if not re.fullmatch(r"-?\d+", code):
            raise IntervalLabelIOError(
                f"line {number}: expected the number of a stage, got {line!r}", where=where
            )
        states.append(VOCABULARIES["elan"].get(code, code))
    bounds, names = bouts(states, epoch_edges(len(states), step))
    loaded = loaded_rows(bounds, names, SCHEMA, options)
    told = "".join(heads[2][1:2])
    if told == str(len(states)):
        return loaded
    note = f"`epoch_nb` says {told or 'nothing'}, but there are {len(states)}: it may be cut short"
    return Loaded(loaded.table, (*loaded.notes, note))


def _format(
    name: str, extensions: tuple[str, ...], title: str, read: Callable[[bytes, ReadOptions], Loaded]
) -> LabelFormat:
    return LabelFormat(name, extensions, title, read, None, own_columns=True)


SPIKE2 = _format("spike2", (), "Spike2 sleep scoring", _read_spike2)
SLEEPSIGN = _format("sleepsign", (), "SleepSign trend", _read_sleepsign)
HYP = _format("hyp", (".hyp",), "ELAN hypnogram", _read_hyp)
