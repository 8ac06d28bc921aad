"""Every change of an interval table, as a pure function: ``(table, …) -> (table, Edit)``.

An `Edit` holds the rows that left and the rows that came, so its inverse is exact and a journal
can write it down. Rules: painting splits and overwrites; a half keeps note and values, the left
one its id; a new interval joins only touching neighbours of its own state with nothing to lose;
no other row is touched. Nothing here makes a disjoint table overlap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.errors import IntervalLabelSchemaError
from loupe.labels.columns import EMPTY
from loupe.labels.step import Step, summed
from loupe.labels.table import TOUCH, Floats, IntervalTable, Ints, Rows
from loupe.units import Seconds, Span

__all__ = [
    "Edit",
    "Side",
    "clear",
    "delete",
    "edge_limits",
    "merge_adjacent",
    "move_edge",
    "paint",
    "paint_each",
    "places_of",
    "relabel",
    "set_bounds",
    "set_label",
    "set_values",
]

Side: TypeAlias = Literal["start", "end"]
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Edit:
    """One change, which `inverse` takes back exactly.

    Attributes
    ----------
    kind
        What was done, in a word or two: ``paint``, ``clear``, ``move edge`` …
    steps
        Applied in order. The edits made here have at most one.
    """

    kind: str
    steps: tuple[Step, ...]

    def __bool__(self) -> bool:
        return bool(self.steps)

    def apply(self, table: IntervalTable) -> IntervalTable:
        """The table after the edit; `table` must be the one that the edit was made for."""
        for step in self.steps:
            newest = int(step.added.ids.max()) + 1 if len(step.added) else 0
            table = table.splice(step.removed.positions, step.added, max(table.next_id, newest))
        return table

    def inverse(self) -> Edit:
        """The edit that takes this one back."""
        return Edit(self.kind, tuple(Step(s.added, s.removed) for s in reversed(self.steps)))

    def then(self, other: Edit) -> Edit:
        """Both edits as one, under this edit's name: the moves of one drag, for example."""
        return Edit(self.kind, summed(self.steps + other.steps))

    @property
    def span(self) -> Span | None:
        """The stretch of time that the edit touches; None for an empty edit."""
        rows = [r for s in self.steps for r in (s.removed, s.added) if len(r)]
        if not rows:
            return None
        ends = np.concatenate([np.maximum(r.ends, r.starts) for r in rows])
        finite = ends[np.isfinite(ends)]
        first = min(float(r.starts.min()) for r in rows)
        return Span(first, float(finite.max()) if len(finite) else math.inf)


class _Row(NamedTuple):
    """A row about to enter a table; `place` fixes where it stands, -1 sorts it in."""

    start: float
    end: float
    code: int
    id: int
    payload: int


Result: TypeAlias = tuple[IntervalTable, Edit]


def paint(
    table: IntervalTable,
    start: Seconds,
    stop: Seconds,
    label: str,
    *,
    values: Mapping[str, object] | None = None,
    join: bool = True,
    ignore: frozenset[str] = _NONE,
) -> Result:
    """Label ``[start, stop)``: overlapped rows are cut back or split, then neighbours may join.

    Parameters
    ----------
    values
        Column -> value for the new row (a note, the scorer's name …).
    join
        Join with touching rows of the same label whose values are equal or empty on one side;
        False keeps one row an epoch.
    ignore
        Columns that never keep rows apart, such as the time of the edit; the newer value stays.

    Raises
    ------
    IntervalLabelSchemaError
        If an end is not finite, ``stop <= start``, the label is empty, or a value does not fit.
    """
    return paint_each(
        table, [Span(*_checked(start, stop))], label, values=values, join=join, ignore=ignore
    )


def paint_each(
    table: IntervalTable,
    spans: Iterable[Span],
    label: str,
    *,
    values: Mapping[str, object] | None = None,
    join: bool = True,
    ignore: frozenset[str] = _NONE,
) -> Result:
    """`paint` each span (the epochs of a selection, say) as one edit."""
    if not label:
        raise IntervalLabelSchemaError("a label needs a name", hint="use `clear` to remove labels")
    code = table.pool.code(label)
    payload = table.pool.derive(EMPTY, values) if values else EMPTY
    steps: list[Step] = []
    for run in _runs(spans, touching=not join):
        removed, pieces, next_id = _carve(table, run[0].start, run[-1].stop)
        new = [_Row(s.start, s.stop, code, next_id + k, payload) for k, s in enumerate(run)]
        if join:
            new[0], removed, pieces = _join(table, new[0], removed, pieces, ignore)
        table = _step(table, removed, [*pieces, *new], next_id + len(new), steps)
    return table, Edit("paint", summed(steps))


def _runs(spans: Iterable[Span], *, touching: bool) -> list[list[Span]]:
    """The spans, checked; those that touch together, so that a night of epochs is cut once."""
    runs: list[list[Span]] = []
    for span in spans:
        checked = Span(*_checked(span.start, span.stop))
        if touching and runs and runs[-1][-1].stop == checked.start:
            runs[-1].append(checked)
        else:
            runs.append([checked])
    return runs


def clear(table: IntervalTable, start: Seconds, stop: Seconds) -> Result:
    """Remove every label from ``[start, stop)``; rows that reach outside keep their halves."""
    removed, pieces, next_id = _carve(table, *_checked(start, stop))
    steps: list[Step] = []
    table = _step(table, removed, pieces, next_id, steps)
    return table, Edit("clear", summed(steps))


def delete(table: IntervalTable, rows: Sequence[int]) -> Result:
    """Remove whole rows, given by their places."""
    steps: list[Step] = []
    for row in rows:
        _check_row(table, row)
    return _step(table, sorted(set(rows)), [], table.next_id, steps), Edit("delete", summed(steps))


def edge_limits(table: IntervalTable, row: int, side: Side) -> tuple[Seconds, Seconds]:
    """Between which times (exclusive) `move_edge` can put an edge; infinite where nothing stops it.

    The limits are the row's own other edge and, where a neighbour shares the edge, the far end of
    that neighbour.
    """
    _check_row(table, row)
    start, end = float(table.starts[row]), float(table.ends[row])
    other = _neighbour(table, row, side)
    if side == "start":
        return (-math.inf if other is None else float(table.starts[other])), end
    return start, (math.inf if other is None else float(table.ends[other]))


def move_edge(table: IntervalTable, row: int, side: Side, t: Seconds) -> Result:
    """Put one edge of a row at `t`.

    An edge that a touching neighbour shares moves for both, so no gap opens. Where the row grows
    over others, they are cut back as if it were painted there.

    Raises
    ------
    IntervalLabelSchemaError
        If `t` is not inside `edge_limits`.
    """
    low, high = edge_limits(table, row, side)
    if not low < t < high:
        raise IntervalLabelSchemaError(
            f"the {side} of row {row} cannot be at {t} s",
            hint=f"keep it between {low} s and {high} s",
        )
    steps: list[Step] = []
    shared = _neighbour(table, row, side)
    row_id = int(table.ids[row])
    if shared is not None:
        other = _row(table, shared)
        moved = other._replace(end=t) if side == "start" else other._replace(start=t)
        both = [_row(table, row), moved]
        both[0] = both[0]._replace(start=t) if side == "start" else both[0]._replace(end=t)
        table = _step(table, sorted((row, shared)), both, table.next_id, steps)
    else:
        start, end = float(table.starts[row]), float(table.ends[row])
        bounds = (t, end) if side == "start" else (start, t)
        table = _rebound(table, row_id, *bounds, steps)
    return table, Edit("move edge", summed(steps))


def set_bounds(table: IntervalTable, row: int, start: Seconds, stop: Seconds) -> Result:
    """Give a row new ends; what it newly covers is taken from other rows, what it leaves is free.

    Raises
    ------
    IntervalLabelSchemaError
        If an end is not finite or ``stop <= start``.
    """
    _check_row(table, row)
    steps: list[Step] = []
    table = _rebound(table, int(table.ids[row]), *_checked(start, stop), steps)
    return table, Edit("change times", summed(steps))


def set_label(table: IntervalTable, row: int, label: str) -> Result:
    """Give a row another label; it stays a row of its own."""
    if not label:
        raise IntervalLabelSchemaError("a label needs a name", hint="use `delete` to remove a row")
    _check_row(table, row)
    new = _row(table, row)._replace(code=table.pool.code(label))
    return _replace(table, {row: new}, "relabel")


def set_values(table: IntervalTable, row: int, values: Mapping[str, object]) -> Result:
    """Set note, extras or other columns of a row: column -> value.

    Raises
    ------
    IntervalLabelSchemaError
        If a column is unknown or a value does not fit its type.
    """
    _check_row(table, row)
    old = _row(table, row)
    new = old._replace(payload=table.pool.derive(old.payload, values))
    return _replace(table, {row: new}, "edit values")


def relabel(table: IntervalTable, names: Mapping[str, str]) -> Result:
    """Rename labels in the whole set, old name -> new name, all at once: names may be swapped."""
    codes = {table.pool.known_code(old): table.pool.code(new) for old, new in names.items()}
    rows = np.flatnonzero(np.isin(table.codes, [c for c in codes if c is not None]))
    new = {i: _row(table, i)._replace(code=codes[int(table.codes[i])]) for i in rows.tolist()}
    return _replace(table, new, "rename labels")


def merge_adjacent(table: IntervalTable, *, force: bool = False) -> Result:
    """Join consecutive rows of the same label that touch and lose nothing by it; points stay.

    Parameters
    ----------
    force
        The original program's rule: also rows that overlap, and the first row's note and values
        win, whatever the others say.
    """
    gap = table.starts[1:] - table.ends[:-1]
    lasting = table.ends > table.starts
    near = gap <= TOUCH if force else (np.abs(gap) <= TOUCH) & lasting[1:] & lasting[:-1]
    firsts = np.flatnonzero(near & (table.codes[1:] == table.codes[:-1]))
    removed: list[int] = []
    merged: list[_Row] = []
    last = -1
    for i in firsts.tolist():
        current = merged[-1] if last == i else _row(table, i)
        after = _row(table, i + 1)
        payload = current.payload if force else table.pool.combine(current.payload, after.payload)
        if payload is None:
            continue
        joined = current._replace(end=max(current.end, after.end), payload=payload)
        if last == i:
            merged[-1] = joined
        else:
            merged.append(joined)
            removed.append(i)
        removed.append(i + 1)
        last = i + 1
    steps: list[Step] = []
    table = _step(table, removed, merged, table.next_id, steps)
    return table, Edit("merge", summed(steps))


def places_of(table: IntervalTable, removed: Ints, starts: Floats) -> Ints:
    """Where rows with these starts, sorted, come to stand in a table once others have left it."""
    after = np.searchsorted(table.starts, starts, side="right")
    left = np.searchsorted(removed, after, side="left")
    return (after - left + np.arange(len(starts))).astype(np.int64)


def _checked(start: Seconds, stop: Seconds) -> tuple[float, float]:
    if not (math.isfinite(start) and math.isfinite(stop)) or stop <= start:
        raise IntervalLabelSchemaError(
            f"an interval must end after it starts, got [{start}, {stop})",
            hint="give two finite times, the later one second",
        )
    return float(start), float(stop)


def _check_row(table: IntervalTable, row: int) -> None:
    if not 0 <= row < len(table):
        raise IntervalLabelSchemaError(f"there is no row {row}: the set has {len(table)} rows")


def _row(table: IntervalTable, row: int) -> _Row:
    return _Row(
        float(table.starts[row]),
        float(table.ends[row]),
        int(table.codes[row]),
        int(table.ids[row]),
        int(table.payload[row]),
    )


def _carve(
    table: IntervalTable, start: float, stop: float, spare: int | None = None
) -> tuple[list[int], list[_Row], int]:
    """What leaves and what stays of the rows in ``[start, stop)``; `spare` is an id left alone."""
    removed: list[int] = []
    pieces: list[_Row] = []
    next_id = table.next_id
    for i in table.visible_in(Span(start, stop)).tolist():
        row = _row(table, i)
        if row.id == spare:
            continue
        removed.append(i)
        left = row.start < start
        if left:
            pieces.append(row._replace(end=start))
        if row.end > stop:
            pieces.append(row._replace(start=stop, id=next_id if left else row.id))
            next_id += left
    return removed, pieces, next_id


def _join(
    table: IntervalTable,
    new: _Row,
    removed: list[int],
    pieces: list[_Row],
    ignore: frozenset[str],
) -> tuple[_Row, list[int], list[_Row]]:
    """Join a new row with a touching row on either side, if neither loses anything by it."""
    gone, kept = list(removed), list(pieces)
    for before in (True, False):
        edge = new.start if before else new.end
        own = [p for p in kept if (p.end if before else p.start) == edge and p.code == new.code]
        times = table.ends if before else table.starts
        near = np.flatnonzero((np.abs(times - edge) <= TOUCH) & (table.codes == new.code))
        rows = [i for i in near.tolist() if i not in gone and table.ends[i] > table.starts[i]]
        for row, place in [*((p, -1) for p in own), *((_row(table, i), i) for i in reversed(rows))]:
            payload = table.pool.combine(row.payload, new.payload, ignore)
            if payload is None:
                continue
            # an older row keeps its id, the left one before the right one
            keep = row.id if before or new.id >= table.next_id else new.id
            start, end = (row.start, new.end) if before else (new.start, row.end)
            new = new._replace(start=start, end=end, payload=payload, id=keep)
            if place < 0:
                kept.remove(row)
            else:
                gone.append(place)
            break
    return new, sorted(gone), kept


def _neighbour(table: IntervalTable, row: int, side: Side) -> int | None:
    """The row that shares an edge with this one, if just one does."""
    edge = table.starts[row] if side == "start" else table.ends[row]
    times = table.ends if side == "start" else table.starts
    near = np.flatnonzero((np.abs(times - edge) <= TOUCH) & (table.ends > table.starts))
    near = near[near != row]
    return int(near[0]) if len(near) == 1 else None


def _rebound(
    table: IntervalTable, row_id: int, start: float, stop: float, steps: list[Step]
) -> IntervalTable:
    """Move a row to ``[start, stop)`` and cut other rows back where it newly covers them."""
    row = table.row_of(row_id)
    if row is None:
        raise IntervalLabelSchemaError(f"row with id {row_id} is gone")
    old = _row(table, row)
    fresh = [(start, min(stop, old.start)), (max(start, old.end), stop)]
    for a, b in fresh:
        if a < b:
            removed, pieces, next_id = _carve(table, a, b, spare=row_id)
            table = _step(table, removed, pieces, next_id, steps)
    row = table.row_of(row_id)
    if row is None:
        raise IntervalLabelSchemaError(f"row with id {row_id} is gone")
    return _step(table, [row], [old._replace(start=start, end=stop)], table.next_id, steps)


def _replace(table: IntervalTable, new: Mapping[int, _Row], kind: str) -> Result:
    """Put other values into rows whose start stays, without changing any place."""
    changed = {i: row for i, row in new.items() if row != _row(table, i)}
    if not changed:
        return table, Edit(kind, ())
    places = np.array(sorted(changed), dtype=np.int64)
    added = _rows(places, [changed[i] for i in places.tolist()])
    step = Step(table.rows(places), added)
    return table.splice(places, added, table.next_id), Edit(kind, (step,))


def _step(
    table: IntervalTable,
    removed: list[int],
    rows: list[_Row],
    next_id: int,
    steps: list[Step],
) -> IntervalTable:
    """Take rows out, sort others in, and note the step unless it changes nothing."""
    out = np.array(removed, dtype=np.int64)
    rows = sorted(rows, key=lambda row: (row.start, row.id))
    starts = np.array([row.start for row in rows], dtype=np.float64)
    step = Step(table.rows(out), _rows(places_of(table, out, starts), rows))
    if step.removed.same(step.added):
        return table
    steps.append(step)
    return table.splice(out, step.added, next_id)


def _rows(places: npt.NDArray[np.int64], rows: Sequence[_Row]) -> Rows:
    columns = list(zip(*rows, strict=True)) or [()] * 5
    return Rows(
        places,
        np.array(columns[0], dtype=np.float64),
        np.array(columns[1], dtype=np.float64),
        np.array(columns[2], dtype=np.int32),
        np.array(columns[3], dtype=np.int64),
        np.array(columns[4], dtype=np.int64),
    )
