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
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from loupe.errors import IntervalLabelSchemaError
from loupe.labels.columns import EMPTY
from loupe.labels.edit import Edit, Step
from loupe.labels.table import Floats, IntervalTable, Ints
from loupe.units import Seconds

__all__ = ["MERGE", "Conflict", "Merge", "merge"]

MERGE = "merge with file"
"""The kind of the edit that a merge is."""

Kept: TypeAlias = Literal["ours", "theirs", "both"]
_NOTHING = -1
_OPEN = -2
_ABSENT = "nothing"


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
    _refuse_other_columns(ours, theirs)
    layout = _widen(ours, theirs)
    cells = _Cells(ours, theirs, ignore)
    sides = _Sides(cells.of(base), cells.of(ours), cells.of(theirs))
    pieces: list[_Piece] = []
    conflicts: list[Conflict] = []
    if all(side.is_disjoint for side in sides):
        pieces += _by_time(_Sides(*(side.lasting(True) for side in sides)), cells, conflicts)
        sides_by_row = _Sides(*(side.lasting(False) for side in sides))
    else:
        sides_by_row = sides
    pieces += _by_row(sides_by_row, cells, conflicts)
    table, codes = _assemble(pieces, ours, sides, cells)
    their_table = _as_table(sides.theirs, cells, table)
    merged = _Side(table.starts, table.ends, codes)
    return Merge(
        table=replace(table, layout=layout),
        edit=_between(ours, sides.ours, table, merged),
        ours=ours,
        theirs=replace(their_table, layout=layout),
        from_theirs=_between(their_table, sides.theirs, table, merged),
        changed=not sides.base.same(sides.theirs),
        conflicts=tuple(sorted(conflicts, key=lambda c: (c.start, c.stop))),
    )


class _Side(NamedTuple):
    """The rows of one set, sorted by start; a cell is a number for state and values together."""

    starts: Floats
    ends: Floats
    cells: Ints

    @property
    def is_disjoint(self) -> bool:
        rows = self.lasting(True)
        return bool((rows.starts[1:] >= rows.ends[:-1]).all())

    def lasting(self, wanted: bool) -> _Side:
        """The rows that last, or the points."""
        kept = (self.ends > self.starts) == wanted
        return _Side(self.starts[kept], self.ends[kept], self.cells[kept])

    def same(self, other: _Side) -> bool:
        return all(np.array_equal(a, b) for a, b in zip(self, other, strict=True))

    def keys(self) -> list[tuple[float, float, int]]:
        return list(zip(self.starts.tolist(), self.ends.tolist(), self.cells.tolist(), strict=True))


class _Sides(NamedTuple):
    base: _Side
    ours: _Side
    theirs: _Side


class _Piece(NamedTuple):
    """A row of the merged set."""

    start: float
    end: float
    cell: int


class _Cells:
    """Numbers for every combination of a state and values, whoever's pool they come from."""

    def __init__(self, ours: IntervalTable, theirs: IntervalTable, ignore: frozenset[str]) -> None:
        self.pool = ours.pool
        self.columns = ours.pool.columns
        self.ignore = ignore
        self.keys: list[tuple[str, tuple[Any, ...]]] = []
        self._payloads: list[Callable[[], int] | int] = []
        self._known: dict[Hashable, int] = {}
        self._seen: dict[tuple[int, int], int] = {}

    def of(self, table: IntervalTable) -> _Side:
        """A table's rows with their cells; its pool may be another one."""
        pool, own = table.pool, table.pool is self.pool
        pairs = list(zip(table.codes.tolist(), table.payload.tolist(), strict=True))
        # rows of our pool that were seen in the base need not be looked at again
        fresh = [i for i, pair in enumerate(pairs) if not own or pair not in self._seen]
        payload = table.payload[fresh]
        frame = pool.frame(payload)
        columns = [self._values(frame, name) for name in self.columns]
        rows = zip(*columns, strict=True) if columns else iter([()] * len(fresh))
        found = {} if not own else self._seen
        for i, number, values in zip(fresh, payload.tolist(), rows, strict=True):
            found[pairs[i]] = self._number(
                pool.label(pairs[i][0]),
                values,
                number if own else lambda p=number: self.pool.decode(pool.encode(p)),  # type: ignore[misc]
            )
        cells = np.array([found[pair] for pair in pairs], dtype=np.int64)
        return _Side(table.starts, table.ends, cells)

    def _values(self, frame: pl.DataFrame, name: str) -> list[Any]:
        """A column as it is compared: blank text is missing, "not a number" is itself."""
        if name not in frame.columns:
            return [None] * frame.height
        column = frame[name]
        if column.dtype.is_float():
            return ["NaN" if value != value else value for value in column.to_list()]
        if self.pool.base.schema[name] == pl.String and column.dtype != pl.String:
            return [None if value is None else str(value) for value in column.to_list()]
        return column.replace("", None).to_list() if column.dtype == pl.String else column.to_list()

    def payload(self, cell: int) -> int:
        """The payload of a cell in our pool."""
        found = self._payloads[cell]
        if callable(found):
            found = self._payloads[cell] = found()
        return found

    def describe(self, cell: int) -> str:
        """The state and what is written beside it."""
        if cell == _NOTHING:
            return _ABSENT
        label, values = self.keys[cell]
        note = self.pool.note_col
        written = [
            f"“{value}”" if name == note else f"{name} {value}"
            for name, value in zip(self.columns, values, strict=True)
            if value is not None
        ]
        return " · ".join([label or "(no label)", *written])

    def joined(self, base: int, ours: int, theirs: int) -> tuple[int, Kept | None]:
        """The merged cell where both changed, and whose it is if they disagree."""
        if ours == _NOTHING or theirs == _NOTHING:
            return (theirs, "theirs") if ours == _NOTHING else (ours, "ours")
        absent: tuple[str | None, tuple[Any, ...]] = (None, (None,) * len(self.columns))
        was = absent if base == _NOTHING else self.keys[base]
        mine, other = self.keys[ours], self.keys[theirs]
        if mine[0] != other[0] and was[0] not in (mine[0], other[0]):
            return ours, "ours"
        label = other[0] if mine[0] == was[0] else mine[0]
        values, changes = list(mine[1]), {}
        disagree = False
        for i, name in enumerate(self.columns):
            a, b, before = mine[1][i], other[1][i], was[1][i]
            if a == b or b == before:
                continue
            if a != before and name in self.ignore:
                b = max(a, b, key=str)
            elif a != before:
                disagree = True
                continue
            values[i] = changes[name] = b
        if label == other[0] and tuple(values) == other[1]:
            return theirs, None
        payload = self.pool.derive(self.payload(ours), changes) if changes else self.payload(ours)
        return self._number(label, tuple(values), payload), "ours" if disagree else None

    def _number(self, label: str, values: tuple[Any, ...], payload: Callable[[], int] | int) -> int:
        key: Hashable = (label, values)
        try:
            known = self._known.get(key)
        except TypeError:  # lists and structs
            key = repr((label, values))
            known = self._known.get(key)
        if known is None:
            known = self._known[key] = len(self.keys)
            self.keys.append((label, values))
            self._payloads.append(payload)
        return known


def _refuse_other_columns(ours: IntervalTable, theirs: IntervalTable) -> None:
    names = ("start_col", "end_col", "duration_col", "label_col", "note_col")
    for name in names:
        mine, other = getattr(ours.schema, name), getattr(theirs.schema, name)
        if mine != other:
            raise IntervalLabelSchemaError(
                f"the file has other columns now: `{name}` was {mine!r} and is {other!r}",
                hint="save the labels under another name, then open the file again",
            )
    for name, dtype in theirs.pool.base.schema.items():
        was = ours.pool.base.schema.get(name)
        numbers = dtype.is_numeric() or dtype == pl.Boolean
        if was is None or was in (dtype, pl.Null) or (was == pl.String and numbers):
            continue
        if was.is_numeric() and dtype.is_numeric():
            continue
        if theirs.pool.base[name].null_count() < theirs.pool.base.height:
            raise IntervalLabelSchemaError(
                f"column `{name}` held {was} and holds {dtype} now",
                hint="save the labels under another name, then open the file again",
            )


def _widen(ours: IntervalTable, theirs: IntervalTable) -> Any:
    """Our layout with the columns that they added; our pool gets them, too."""
    schema = theirs.pool.base.schema
    fresh = {n: t for n, t in schema.items() if n not in ours.pool.columns}
    ours.pool.widen(fresh)
    extras = tuple(n for n in theirs.schema.extra_cols if n in fresh)
    own = ours.schema.extra_cols
    shown = ours.schema.model_copy(update={"extra_cols": (*own, *extras)}) if extras else None
    order = tuple(n for n in theirs.layout.order if n in fresh)
    return replace(ours.layout, schema=shown or ours.schema, order=(*ours.layout.order, *order))


def _by_time(sides: _Sides, cells: _Cells, conflicts: list[Conflict]) -> list[_Piece]:
    """The merged rows of three sets without overlaps or points."""
    cuts = np.unique(np.concatenate([edges for side in sides for edges in side[:2]]))
    if len(cuts) < 2:
        return []
    held = [_held(side, cuts) for side in sides]
    base, ours, theirs = (
        np.where(rows >= 0, side.cells[rows] if len(side.cells) else _NOTHING, _NOTHING)
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
    # a cut divides two rows of one content if a side divided them, or if no side has one row there
    rows = [found[1:] == found[:-1] for found in held]
    split = [~r & (c[1:] == c[:-1]) for r, c in zip(rows, (base, ours, theirs), strict=True)]
    whole = (rows[1] & (held[1][1:] >= 0)) | (rows[2] & (held[2][1:] >= 0))
    broken = ~whole | np.where(split[1] == split[0], split[2], split[1])
    first = np.flatnonzero(np.append(True, broken | (merged[1:] != merged[:-1])))
    last = np.append(first[1:], len(merged))
    return [
        _Piece(float(cuts[a]), float(cuts[b]), int(merged[a]))
        for a, b in zip(first.tolist(), last.tolist(), strict=True)
        if merged[a] != _NOTHING
    ]


def _held(side: _Side, cuts: Floats) -> Ints:
    """The row that covers each piece between two cuts, -1 for none."""
    if not len(side.starts):
        return np.full(len(cuts) - 1, -1, dtype=np.int64)
    rows = np.searchsorted(side.starts, cuts[:-1], side="right") - 1
    covered = (rows >= 0) & (side.ends[rows] > cuts[:-1])
    return np.where(covered, rows, -1)


def _by_row(sides: _Sides, cells: _Cells, conflicts: list[Conflict]) -> list[_Piece]:
    """The merged rows where rows may share time: what one side changed counts, both stay."""
    base, ours, theirs = (Counter(side.keys()) for side in sides)
    pieces: list[_Piece] = []
    for key in dict.fromkeys((*ours, *theirs)):
        b, a, c = base[key], ours[key], theirs[key]
        count = c if a == b else a if c in (a, b) else max(a, c)
        pieces += [_Piece(*key)] * count
    mine = [_Piece(*k) for k in ours if ours[k] > base[k] and theirs[k] <= base[k]]
    other = [_Piece(*k) for k in theirs if theirs[k] > base[k] and ours[k] <= base[k]]
    gone = [_Piece(*k) for k in base if ours[k] < base[k] and theirs[k] < base[k]]
    conflicts += _clashes(mine, other, gone, cells)
    return pieces


def _clashes(
    mine: list[_Piece], other: list[_Piece], gone: list[_Piece], cells: _Cells
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


def _lone(row: _Piece, cells: _Cells, whose: Literal["ours", "theirs"]) -> Conflict:
    text = cells.describe(row.cell)
    told = (text, _ABSENT) if whose == "ours" else (_ABSENT, text)
    return Conflict(row.start, row.end, *told, whose)


class _Near:
    """Finds the rows that share time with another, or the place of a point."""

    def __init__(self, rows: Iterable[_Piece]) -> None:
        self._rows = sorted(rows)
        self._starts = np.array([row.start for row in self._rows])
        ends = np.array([row.end for row in self._rows])
        self._latest = np.maximum.accumulate(ends) if len(ends) else ends

    def of(self, row: _Piece) -> list[_Piece]:
        lo = int(np.searchsorted(self._latest, row.start, side="left"))
        hi = int(np.searchsorted(self._starts, row.end, side="right"))
        return [p for p in self._rows[lo:hi] if _share(p, row)]


def _share(a: _Piece, b: _Piece) -> bool:
    if a.start == b.start:
        return True
    return a.start < b.end and b.start < a.end


def _assemble(
    pieces: list[_Piece], ours: IntervalTable, sides: _Sides, cells: _Cells
) -> tuple[IntervalTable, Ints]:
    """A table of the merged rows, in our pool; rows as ours keep id and payload.

    Rows that start together stand as they do in ours, or as in theirs if it is theirs.
    """
    mine = _places(pieces, sides.ours)
    lead = mine
    if min(mine, default=0) < 0 and len(pieces) == len(sides.theirs.starts):
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


def _places(pieces: list[_Piece], side: _Side) -> list[int]:
    """Where each row stands in a set, -1 if it does not."""
    places: dict[tuple[float, float, int], list[int]] = {}
    for i, key in enumerate(side.keys()):
        places.setdefault(key, []).append(i)
    for found in places.values():
        found.reverse()
    return [left.pop() if (left := places.get(piece)) else -1 for piece in pieces]


def _as_table(side: _Side, cells: _Cells, merged: IntervalTable) -> IntervalTable:
    """Their rows in our pool, under ids of their own."""
    table = _table(merged, side.starts, side.ends, side.cells, cells)
    payload = np.array([cells.payload(cell) for cell in side.cells.tolist()], dtype=np.int64)
    first, n = merged.next_id, len(payload)
    ids = np.arange(first, first + n, dtype=np.int64)
    return replace(table, ids=_frozen(ids), payload=_frozen(payload), next_id=first + n)


def _table(
    like: IntervalTable, starts: Any, ends: Any, cells_of: Ints, cells: _Cells
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


def _between(before: IntervalTable, was: _Side, after: IntervalTable, now: _Side) -> Edit:
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
