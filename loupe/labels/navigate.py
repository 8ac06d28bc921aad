"""Where to go next: neighbouring labels, unlabelled stretches, epochs.

Pure questions to a table; the cursor and the window belong to others.
"""

from __future__ import annotations

import math

import numpy as np

from loupe.labels.table import IntervalTable
from loupe.units import Seconds, Span

__all__ = ["epoch_at", "epochs_in", "next_gap", "next_row", "previous_row"]


def next_row(table: IntervalTable, t: Seconds, *, label: str | None = None) -> int | None:
    """The first row whose centre lies after `t`, of one label if given."""
    return _row(table, t, label, forward=True)


def previous_row(table: IntervalTable, t: Seconds, *, label: str | None = None) -> int | None:
    """The last row whose centre lies before `t`, of one label if given."""
    return _row(table, t, label, forward=False)


def next_gap(table: IntervalTable, t: Seconds, within: Span) -> Span | None:
    """The first unlabelled stretch of `within` that starts after `t`; else the first of all."""
    gaps = table.gaps(within)
    return next((gap for gap in gaps if gap.start > t), gaps[0] if gaps else None)


def epoch_at(t: Seconds, length: Seconds, origin: Seconds, within: Span) -> Span | None:
    """The epoch that holds `t`, clipped to the recording; None where there is no recording.

    Raises
    ------
    ValueError
        If `length` is not a positive number.
    """
    if not (math.isfinite(length) and length > 0):
        raise ValueError(f"an epoch needs a positive length, got {length}")
    if not within.contains(t):
        return None
    number = math.floor((t - origin) / length)
    # the quotient may round across an edge; the edges themselves decide
    if t < origin + number * length:
        number -= 1
    elif t >= origin + (number + 1) * length:
        number += 1
    start, stop = origin + number * length, origin + (number + 1) * length
    return Span(max(start, within.start), min(stop, within.stop))


def epochs_in(span: Span, length: Seconds, origin: Seconds, within: Span) -> list[Span]:
    """Every epoch that shares time with `span`, in order, clipped to the recording."""
    found: list[Span] = []
    t = max(span.start, within.start)
    while t < min(span.stop, within.stop):
        epoch = epoch_at(t, length, origin, within)
        if epoch is None:
            break
        found.append(epoch)
        t = epoch.stop
    return found


def _row(table: IntervalTable, t: Seconds, label: str | None, *, forward: bool) -> int | None:
    ends = np.where(np.isfinite(table.ends), table.ends, table.starts)
    centres = table.starts + (ends - table.starts) / 2
    wanted = centres > t if forward else centres < t
    if label is not None:
        code = table.pool.known_code(label)
        wanted &= table.codes == (-1 if code is None else code)
    rows = np.flatnonzero(wanted)
    if not len(rows):
        return None
    best = np.argmin(centres[rows]) if forward else len(rows) - 1 - np.argmax(centres[rows][::-1])
    return int(rows[best])
