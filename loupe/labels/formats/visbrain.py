"""Visbrain stage-duration hypnograms: header lines with ``*``, then ``state<TAB>end``.

Each bout starts where the one before it ended, the first at 0, so gaps, overlaps, notes and other
columns have no place. END is read as the boundary between bouts, exactly as written. Files by
Visbrain itself give the time of the last sample, as float32: that is reported, and
`ReadOptions.snap` rounds it to a grid.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from loupe.errors import IntervalLabelIOError
from loupe.labels.formats.base import (
    LabelFormat,
    Loaded,
    ReadOptions,
    plural,
    respelled_labels,
    value_losses,
)
from loupe.labels.formats.delimited import decode
from loupe.labels.formats.rows import loaded_rows
from loupe.labels.formats.tabular import VISBRAIN as SCHEMA
from loupe.labels.table import Floats, IntervalTable

__all__ = ["GAP", "VISBRAIN"]

GAP = "Unscored"
"""The state that stands for unlabelled time, which the format cannot leave out."""

_HEADER = "visbrain."


def _read(data: bytes, options: ReadOptions) -> Loaded:
    where = options.where
    headers: dict[str, str] = {}
    states: list[str] = []
    ends: list[float] = []
    lines: list[int] = []
    for number, ended in enumerate(decode(data, where).split("\n"), start=1):
        line = ended.removesuffix("\r")
        if not line.strip():
            continue
        if line.startswith("*"):
            if states:
                raise IntervalLabelIOError(
                    f"line {number}: a second header; two hypnograms stand in one file",
                    where=where,
                    hint="Visbrain appends when it saves twice; keep one of the two parts",
                )
            name, _, value = line[1:].partition("\t")
            headers[name.strip()] = value.strip()
            continue
        state, end = _bout(line, number, where)
        if ends and end < ends[-1]:
            raise IntervalLabelIOError(
                f"line {number}: the bout ends at {end} s, before the one above it ({ends[-1]} s)",
                where=where,
                hint="two hypnograms may stand in one file, or this is another format",
            )
        states.append(state)
        ends.append(end)
        lines.append(number)
    times = np.array(ends, dtype=np.float64)
    notes = _inclusive(times, headers) if states else ["the hypnogram holds no bouts"]
    if options.snap is not None:
        times, notes = np.round(times / options.snap) * options.snap, []
        times = np.round(times, 9)
    loaded = loaded_rows(
        (np.append(0.0, times)[: len(times)], times),
        states,
        SCHEMA,
        options,
        lines=lines,
        metadata={_HEADER + name: value for name, value in headers.items()},
    )
    return replace(loaded, notes=loaded.notes + tuple(notes))


def _bout(line: str, number: int, where: str) -> tuple[str, float]:
    parts = line.split("\t") if "\t" in line else line.split()
    try:
        state, end = parts
        time = float(end)
        if not np.isfinite(time) or time < 0 or "_" in end:
            raise ValueError(end)
    except ValueError:
        raise IntervalLabelIOError(
            f"line {number}: expected a state, a tab and an end in seconds, got {line!r}",
            where=where,
            hint=_other_format(parts),
        ) from None
    return state.strip(), time


def _other_format(cells: list[str]) -> str:
    """What a line that is no bout looks like."""
    if len(cells) == 1:
        return 'one state a line? give format = "epochs", and the length of an epoch'
    if len(cells) == 3 and _is_number(cells[0]) and _is_number(cells[1]):
        return 'this looks like an Audacity label track: give format = "audacity"'
    return (
        "give the format if this is not a Visbrain hypnogram: audacity, epochs, sleepsign, spike2"
    )


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\s*[+-]?\d+(\.\d*)?\s*", text) is not None


def _inclusive(ends: Floats, headers: dict[str, str]) -> list[str]:
    """A remark if the ends look like the last sample of a bout, printed as float32."""
    with np.errstate(over="ignore"):
        single = ends.astype(np.float32).astype(np.float64)
    long_digits = np.round(ends, 6) != ends
    if not (long_digits.any() and np.array_equal(single, ends)):
        return []
    try:
        step = float(headers.get("Duration_sec", "nan")) - float(ends[-1])
    except ValueError:
        step = float("nan")
    guess = f", probably {step:.2g} s" if 0 < step < 1 else ""
    return [
        "the ends look like the time of the last sample, as float32; they are read as they are "
        f"(`loupe labels convert --snap STEP` rounds them to the sampling step{guess})"
    ]


def _write(table: IntervalTable) -> bytes:
    states, ends = _bouts(table)
    headers = {
        name.removeprefix(_HEADER): value
        for name, value in table.layout.metadata.items()
        if name.startswith(_HEADER)
    }
    last = ends[-1] if ends else 0.0
    stated = headers.get("Duration_sec", "")
    if not _is_number(stated) or float(stated) < last:
        headers = {"Duration_sec": "", **headers} | {"Duration_sec": repr(last)}
    lines = [f"*{name}\t{value}" for name, value in headers.items()]
    lines += [f"{state}\t{end!r}" for state, end in zip(states, ends, strict=True)]
    return ("\n".join(lines) + "\n").encode()


def _bouts(table: IntervalTable) -> tuple[list[str], list[float]]:
    """The rows as bouts without gaps or overlaps: a later row cuts an earlier one short."""
    states: list[str] = []
    ends: list[float] = []
    reached = 0.0
    for row in range(len(table)):
        start, end = float(table.starts[row]), float(table.ends[row])
        nxt = float(table.starts[row + 1]) if row + 1 < len(table) else end
        end = min(end, max(nxt, start))
        if not np.isfinite(end) or end <= max(reached, start):
            continue
        if start > reached:
            states.append(GAP)
            ends.append(start)
        states.append(_word(table.label(row)))
        ends.append(end)
        reached = end
    return states, ends


def _word(label: str) -> str:
    """A label as one word that is no header line."""
    return re.sub(r"^\*+|\s+", "_", label.strip()) or GAP


def _losses(table: IntervalTable) -> list[str]:
    out = value_losses(table)
    starts, ends = table.starts, table.ends
    if not len(table):
        return out
    if len(table.overlaps):
        out.append(f"overlaps: {plural(len(table.overlaps), 'row')} cut an earlier one short")
    before = starts < 0
    if before.any():
        out.append(f"times before 0: {plural(int(before.sum()), 'row')} cut or dropped")
    empty = (ends <= starts) | ~np.isfinite(ends)
    if empty.any():
        out.append(f"points and open ends: {plural(int(empty.sum()), 'row')} dropped")
    reached = np.maximum.accumulate(np.append(0.0, ends[:-1]))
    gaps = int((starts > np.maximum(reached, 0.0)).sum())
    if gaps:
        out.append(f"gaps: {plural(gaps, 'unlabelled span')} written as `{GAP}`")
    return out + respelled_labels(table, _word)


VISBRAIN = LabelFormat(
    name="visbrain",
    extensions=(".txt",),
    title="Visbrain stage-duration hypnogram",
    read=_read,
    write=_write,
    losses=_losses,
    own_columns=True,
)
