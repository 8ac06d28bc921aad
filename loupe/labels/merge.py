"""Three-way merge of label sets: what we changed and what others changed, from one common base.

Where no rows overlap, time decides: it is cut at every edge of the three sets, and in each piece
the state, the note and every value are merged on their own, as is whether the piece is a row of
its own. So two people who cut different parts out of one long row do not disagree. Sets that
overlap, and points, are merged row by row. Where both changed the same thing, the one that says
more is kept (a label before none, then ours), and the disagreement is told. Pure: no file is known
here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from loupe.labels.edit import Edit
from loupe.labels.merge_cells import (
    ABSENT,
    NOTHING,
    Cells,
    Kept,
    Piece,
    Side,
    Sides,
    refuse_other_columns,
    widen,
)
from loupe.labels.merge_tables import MERGE, as_table, assemble, between
from loupe.labels.table import Floats, IntervalTable, Ints
from loupe.units import Seconds

__all__ = ["MERGE", "Conflict", "Merge", "merge"]

_OPEN = -2


@dataclass(frozen=True)
class Conflict:
    """A stretch that both changed, each in another way.

    Attributes
    ----------
    start, stop
        Seconds; equal for a point.
    ours, theirs
        What stands there: the state and whatever is written beside it; "nothing" without a label.
    kept
        Whose stands in the merged set.
    """

    start: Seconds
    stop: Seconds
    ours: str
    theirs: str
    kept: Kept


@dataclass(frozen=True, eq=False)
class Merge:
    """A merged set, and the ways to it.

    Attributes
    ----------
    table
        The merged set; rows that are as ours keep their ids. It shares the pool of ours.
    edit
        From ours to `table`; empty if they brought nothing.
    ours
        Our set, as it was given.
    theirs
        Their rows, in the pool of ours.
    from_theirs
        From `theirs` to `table`; empty if we brought nothing.
    changed
        Whether they differ from the base at all.
    conflicts
        In order of time.
    """

    table: IntervalTable
    edit: Edit
    ours: IntervalTable
    theirs: IntervalTable
    from_theirs: Edit
    changed: bool
    conflicts: tuple[Conflict, ...]


def merge(
    base: IntervalTable,
    ours: IntervalTable,
    theirs: IntervalTable,
    *,
    ignore: frozenset[str] = frozenset(),
) -> Merge:
    """Join the changes that two made to one set.

    With ``base`` for ours it is theirs, and the other way round.

    Parameters
    ----------
    base
        The set that both started from.
    ignore
        Columns over which nobody disagrees, such as the time of an edit: the later text is kept.

    Raises
    ------
    IntervalLabelSchemaError
        If they gave a column another meaning or a type that our values do not fit.
    """
    refuse_other_columns(ours, theirs)
    layout = widen(ours, theirs)
    cells = Cells(ours, theirs, ignore)
    sides = Sides(cells.of(base), cells.of(ours), cells.of(theirs))
    pieces: list[Piece] = []
    conflicts: list[Conflict] = []
    if all(side.is_disjoint for side in sides):
        pieces += _by_time(Sides(*(side.lasting(True) for side in sides)), cells, conflicts)
        sides_by_row = Sides(*(side.lasting(False) for side in sides))
    else:
        sides_by_row = sides
    pieces += _by_row(sides_by_row, cells, conflicts)
    table, codes = assemble(pieces, ours, sides, cells)
    their_table = as_table(sides.theirs, cells, table)
    merged = Side(table.starts, table.ends, codes)
    return Merge(
        table=replace(table, layout=layout),
        edit=between(ours, sides.ours, table, merged),
        ours=ours,
        theirs=replace(their_table, layout=layout),
        from_theirs=between(their_table, sides.theirs, table, merged),
        changed=not sides.base.same(sides.theirs),
        conflicts=tuple(sorted(conflicts, key=lambda c: (c.start, c.stop))),
    )


def _by_time(sides: Sides, cells: Cells, conflicts: list[Conflict]) -> list[Piece]:
    """The merged rows of three sets without overlaps or points."""
    cuts = np.unique(np.concatenate([edges for side in sides for edges in side[:2]]))
    if len(cuts) < 2:
        return []
    held = [_held(side, cuts) for side in sides]
    base, ours, theirs = (
        np.where(rows >= 0, side.cells[rows] if len(side.cells) else NOTHING, NOTHING)
        for side, rows in zip(sides, held, strict=True)
    )
    merged = np.where(ours == base, theirs, _OPEN)
    merged = np.where((theirs == base) | (ours == theirs), ours, merged)
    told: tuple[float, int, int] | None = None
    for i in np.flatnonzero(merged == _OPEN).tolist():
        a, b = int(ours[i]), int(theirs[i])
        merged[i], kept = cells.joined(int(base[i]), a, b)
        if kept is None:
            continue
        start, stop = float(cuts[i]), float(cuts[i + 1])
        if told == (start, a, b) and conflicts[-1].kept == kept:
            conflicts[-1] = replace(conflicts[-1], stop=stop)
        else:
            conflicts.append(Conflict(start, stop, cells.describe(a), cells.describe(b), kept))
        told = (stop, a, b)
    _keep_edges_whole(cuts, held, (base, ours, theirs), merged, cells, conflicts)
    # a cut divides two rows of one content if a side divided them, or if no side has one row there
    rows = [found[1:] == found[:-1] for found in held]
    split = [~r & (c[1:] == c[:-1]) for r, c in zip(rows, (base, ours, theirs), strict=True)]
    whole = (rows[1] & (held[1][1:] >= 0)) | (rows[2] & (held[2][1:] >= 0))
    broken = ~whole | np.where(split[1] == split[0], split[2], split[1])
    first = np.flatnonzero(np.append(True, broken | (merged[1:] != merged[:-1])))
    last = np.append(first[1:], len(merged))
    return [
        Piece(float(cuts[a]), float(cuts[b]), int(merged[a]))
        for a, b in zip(first.tolist(), last.tolist(), strict=True)
        if merged[a] != NOTHING
    ]


def _keep_edges_whole(
    cuts: Floats,
    held: list[Ints],
    sides: tuple[Ints, Ints, Ints],
    merged: Ints,
    cells: Cells,
    conflicts: list[Conflict],
) -> None:
    """Where the two moved one edge in opposite ways, take one of them: nobody wanted stripes."""
    base, ours, theirs = sides
    inner = (base[1:] != base[:-1]) | (held[0][1:] != held[0][:-1])
    for rows, content in zip(held[1:], sides[1:], strict=True):
        inner &= (rows[1:] == rows[:-1]) & (content[1:] == content[:-1])
    mine, other = ours != base, theirs != base
    for i in np.flatnonzero(inner).tolist():
        for left, right in ((mine, other), (other, mine)):
            alone = left[i] and not right[i] and right[i + 1] and not left[i + 1]
            if not alone:
                continue
            a, b = i, i + 1
            while a and left[a - 1] and not right[a - 1] and _same_row(held, a - 1, i):
                a -= 1
            while b + 1 < len(merged) and right[b + 1] and not left[b + 1]:
                if not _same_row(held, b + 1, i):
                    break
                b += 1
            kept: Kept = "ours" if ours[i] != NOTHING else "theirs"
            merged[a : b + 1] = (ours if kept == "ours" else theirs)[i]
            told = (cells.describe(int(ours[i])), cells.describe(int(theirs[i])))
            conflicts.append(Conflict(float(cuts[a]), float(cuts[b + 1]), *told, kept))


def _same_row(held: list[Ints], a: int, b: int) -> bool:
    """Whether two pieces lie in one row of ours, and in one of theirs."""
    return bool(held[1][a] == held[1][b] and held[2][a] == held[2][b])


def _held(side: Side, cuts: Floats) -> Ints:
    """The row that covers each piece between two cuts, -1 for none."""
    if not len(side.starts):
        return np.full(len(cuts) - 1, -1, dtype=np.int64)
    rows = np.searchsorted(side.starts, cuts[:-1], side="right") - 1
    covered = (rows >= 0) & (side.ends[rows] > cuts[:-1])
    return np.where(covered, rows, -1)


def _by_row(sides: Sides, cells: Cells, conflicts: list[Conflict]) -> list[Piece]:
    """The merged rows where rows may share time: what one side changed counts, both stay."""
    base, ours, theirs = (Counter(side.keys()) for side in sides)
    pieces: list[Piece] = []
    for key in dict.fromkeys((*ours, *theirs)):
        b, a, c = base[key], ours[key], theirs[key]
        count = c if a == b else a if c in (a, b) else max(a, c)
        pieces += [Piece(*key)] * count
    mine = [Piece(*k) for k in ours if ours[k] > base[k] and theirs[k] <= base[k]]
    other = [Piece(*k) for k in theirs if theirs[k] > base[k] and ours[k] <= base[k]]
    gone = [Piece(*k) for k in base if ours[k] < base[k] and theirs[k] < base[k]]
    conflicts += _clashes(mine, other, gone, cells)
    return pieces


def _clashes(
    mine: list[Piece], other: list[Piece], gone: list[Piece], cells: Cells
) -> list[Conflict]:
    """Rows that both put in the same place, and rows that one removed and the other changed."""
    found = []
    near = _Near(other)
    for row in mine:
        found += [
            Conflict(
                max(row.start, match.start),
                max(row.start, match.start, min(row.end, match.end)),
                cells.describe(row.cell),
                cells.describe(match.cell),
                "both",
            )
            for match in near.of(row)
        ]
    near_mine = _Near(mine)
    for row in gone:
        ours, theirs = near_mine.of(row), near.of(row)
        if ours and not theirs:
            found += [_lone(p, cells, "ours") for p in ours]
        elif theirs and not ours:
            found += [_lone(p, cells, "theirs") for p in theirs]
    return list(dict.fromkeys(found))


def _lone(row: Piece, cells: Cells, whose: Literal["ours", "theirs"]) -> Conflict:
    text = cells.describe(row.cell)
    told = (text, ABSENT) if whose == "ours" else (ABSENT, text)
    return Conflict(row.start, row.end, *told, whose)


class _Near:
    """Finds the rows that share time with another, or the place of a point."""

    def __init__(self, rows: Iterable[Piece]) -> None:
        self._rows = sorted(rows)
        self._starts = np.array([row.start for row in self._rows])
        ends = np.array([row.end for row in self._rows])
        self._latest = np.maximum.accumulate(ends) if len(ends) else ends

    def of(self, row: Piece) -> list[Piece]:
        lo = int(np.searchsorted(self._latest, row.start, side="left"))
        hi = int(np.searchsorted(self._starts, row.end, side="right"))
        return [p for p in self._rows[lo:hi] if _share(p, row)]


def _share(a: Piece, b: Piece) -> bool:
    if a.start == b.start:
        return True
    return a.start < b.end and b.start < a.end
