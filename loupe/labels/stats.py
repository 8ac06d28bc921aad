"""Totals, bouts and latencies of each state."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from loupe.labels.table import IntervalTable
from loupe.units import Seconds, Span

__all__ = ["StateStats", "Stats", "stats"]


@dataclass(frozen=True)
class StateStats:
    """One state; all times in seconds.

    Attributes
    ----------
    total
        Sum of the durations of its rows.
    share
        `total` over the length of the span, 0 to 1; more where rows overlap.
    bouts
        Stretches without a break; touching rows of the state are one bout.
    mean, median, longest
        Length of its bouts.
    latency
        From the start of the span to its first start.
    """

    label: str
    rows: int
    total: Seconds
    share: float
    bouts: int
    mean: Seconds
    median: Seconds
    longest: Seconds
    latency: Seconds


@dataclass(frozen=True)
class Stats:
    """A whole set over a span; states by total, longest first, then by name.

    Attributes
    ----------
    labelled
        Seconds of the span under at least one row; overlaps count once.
    """

    start: Seconds
    stop: Seconds
    rows: int
    labelled: Seconds
    overlaps: int
    states: tuple[StateStats, ...]

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)


def stats(table: IntervalTable, within: Span | None = None) -> Stats:
    """Statistics of the rows inside a span, cut at its ends.

    Parameters
    ----------
    within
        The recording; None is from the first start to the last end.
    """
    span = within or table.span or Span(0.0, 0.0)
    rows = table.visible_in(Span(span.start, np.nextafter(span.stop, np.inf)))
    starts = np.clip(table.starts[rows], span.start, span.stop)
    ends = np.clip(table.ends[rows], span.start, span.stop)
    codes = table.codes[rows]
    found = []
    for code in np.unique(codes).tolist():
        mine = codes == code
        a, b = starts[mine], ends[mine]
        reached = np.maximum.accumulate(b)
        first = np.append(True, a[1:] > reached[:-1] + 1e-9)
        last = np.append(np.flatnonzero(first)[1:] - 1, len(a) - 1)
        lengths = reached[last] - a[first]
        total = float((b - a).sum())
        found.append(
            StateStats(
                label=table.pool.label(code),
                rows=int(mine.sum()),
                total=total,
                share=total / span.length if span.length else 0.0,
                bouts=len(lengths),
                mean=float(lengths.mean()),
                median=float(np.median(lengths)),
                longest=float(lengths.max()),
                latency=float(a[0] - span.start),
            )
        )
    free = sum(gap.length for gap in table.gaps(span))
    return Stats(
        start=span.start,
        stop=span.stop,
        rows=len(rows),
        labelled=span.length - free,
        overlaps=len(table.overlaps),
        states=tuple(sorted(found, key=lambda s: (-s.total, s.label))),
    )
