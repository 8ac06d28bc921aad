"""Merged rows as a table, and the edit that leads to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from loupe.labels.columns import EMPTY
from loupe.labels.edit import Edit
from loupe.labels.merge_cells import Cells, Piece, Side, Sides
from loupe.labels.step import Step
from loupe.labels.table import IntervalTable, Ints

__all__ = ["MERGE", "as_table", "assemble", "between", "difference"]

MERGE = "merge with file"
"""The kind of the edit that a merge is."""


def assemble(
    pieces: list[Piece], ours: IntervalTable, sides: Sides, cells: Cells
) -> tuple[IntervalTable, Ints]:
    """A table of the merged rows, in our pool; rows as ours keep id and payload.

    Rows that start together stand as they do in ours, or as in theirs if it is theirs.
    """
    mine = _places(pieces, sides.ours)
    lead = mine
    whole = min(mine, default=0) >= 0 and len(pieces) == len(ours)
    is_ours = whole and not sides.base.same(sides.ours)
    if not is_ours and len(pieces) == len(sides.theirs.starts):
        other = _places(pieces, sides.theirs)
        lead = other if min(other, default=0) >= 0 else mine
    late = len(pieces) + len(ours)
    order = sorted(
        range(len(pieces)), key=lambda n: (pieces[n].start, lead[n] if lead[n] >= 0 else late)
    )
    free = set(range(len(ours))) - set(mine)
    next_id = ours.next_id
    ids, payload = [], []
    for n in order:
        row, piece = mine[n], pieces[n]
        if row >= 0:
            payload.append(int(ours.payload[row]))
        else:
            payload.append(cells.payload(piece.cell))
            # a row of ours that was changed by them stays the same row
            row = int(np.searchsorted(ours.starts, piece.start, side="right")) - 1
        if mine[n] >= 0 or (row in free and ours.ends[row] > piece.start):
            ids.append(int(ours.ids[row]))
            free.discard(row)
        else:
            ids.append(next_id)
            next_id += 1
    found = [pieces[n] for n in order]
    codes = np.array([p.cell for p in found], dtype=np.int64)
    table = _table(ours, [p.start for p in found], [p.end for p in found], codes, cells)
    table = replace(
        table,
        ids=_frozen(np.array(ids, dtype=np.int64)),
        payload=_frozen(np.array(payload, dtype=np.int64)),
        next_id=next_id,
    )
    return table, codes


def _places(pieces: list[Piece], side: Side) -> list[int]:
    """Where each row stands in a set, -1 if it does not."""
    places: dict[tuple[float, float, int], list[int]] = {}
    for i, key in enumerate(side.keys()):
        places.setdefault(key, []).append(i)
    for found in places.values():
        found.reverse()
    return [left.pop() if (left := places.get(piece)) else -1 for piece in pieces]


def as_table(side: Side, cells: Cells, merged: IntervalTable) -> IntervalTable:
    """Their rows in our pool, under ids of their own."""
    table = _table(merged, side.starts, side.ends, side.cells, cells)
    payload = np.array([cells.payload(cell) for cell in side.cells.tolist()], dtype=np.int64)
    first, n = merged.next_id, len(payload)
    ids = np.arange(first, first + n, dtype=np.int64)
    return replace(table, ids=_frozen(ids), payload=_frozen(payload), next_id=first + n)


def _table(
    like: IntervalTable, starts: Any, ends: Any, cells_of: Ints, cells: Cells
) -> IntervalTable:
    pool = like.pool
    codes = [pool.code(cells.keys[cell][0]) for cell in cells_of.tolist()]
    empty = _frozen(np.full(len(cells_of), EMPTY, dtype=np.int64))
    return replace(
        like,
        starts=_frozen(np.array(starts, dtype=np.float64)),
        ends=_frozen(np.array(ends, dtype=np.float64)),
        codes=_frozen(np.array(codes, dtype=np.int32)),
        ids=empty,
        payload=empty,
    )


def between(before: IntervalTable, was: Side, after: IntervalTable, now: Side) -> Edit:
    """The edit from one table to another; rows of one start leave and come together."""
    old, new = was.keys(), now.keys()
    n = min(len(old), len(new))
    lo = next((i for i in range(n) if old[i] != new[i]), n)
    hi = next((i for i in range(n - lo) if old[-1 - i] != new[-1 - i]), n - lo)
    while lo and _start(old, lo - 1) in (_start(old, lo), _start(new, lo)):
        lo -= 1
    while hi and _start(old, -hi) in (_start(old, -hi - 1), _start(new, -hi - 1)):
        hi -= 1
    removed: list[int] = []
    added: list[int] = []
    gone, come = _groups(old, lo, len(old) - hi), _groups(new, lo, len(new) - hi)
    for start in sorted(gone.keys() | come.keys()):
        a, b = gone.get(start, []), come.get(start, [])
        if [old[i] for i in a] != [new[i] for i in b]:
            removed += a
            added += b
    if not removed and not added:
        return Edit(MERGE, ())
    rows = after.rows(np.array(added, dtype=np.int64))
    return Edit(MERGE, (Step(before.rows(np.array(removed, dtype=np.int64)), rows),))


def difference(before: IntervalTable, after: IntervalTable) -> Edit:
    """The edit from one set to another that stems from it, whatever was done in between."""
    cells = Cells(after, after, frozenset())
    return between(before, cells.of(before), after, cells.of(after))


def _start(keys: list[tuple[float, float, int]], i: int) -> float | None:
    return keys[i][0] if -len(keys) <= i < len(keys) else None


def _groups(keys: list[tuple[float, float, int]], start: int, stop: int) -> dict[float, list[int]]:
    out: dict[float, list[int]] = {}
    for i in range(start, stop):
        out.setdefault(keys[i][0], []).append(i)
    return out


def _frozen(array: npt.NDArray[Any]) -> Any:
    array.flags.writeable = False
    return array
