"""What a merge compares: rows of three sets whose states and values are numbered alike."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import polars as pl

from loupe.errors import IntervalLabelSchemaError
from loupe.labels.columns import FILE_FACTS, Layout
from loupe.labels.table import Floats, IntervalTable, Ints

__all__ = [
    "ABSENT",
    "NOTHING",
    "Cells",
    "Kept",
    "Piece",
    "Side",
    "Sides",
    "refuse_other_columns",
    "widen",
]

Kept: TypeAlias = Literal["ours", "theirs", "both"]

NOTHING = -1
"""The cell where no row is."""

ABSENT = "nothing"
"""How a person is told of that."""


class Side(NamedTuple):
    """The rows of one set, sorted by start; a cell is a number for state and values together."""

    starts: Floats
    ends: Floats
    cells: Ints

    @property
    def is_disjoint(self) -> bool:
        """Whether no rows that last share time."""
        rows = self.lasting(True)
        return bool((rows.starts[1:] >= rows.ends[:-1]).all())

    def lasting(self, wanted: bool) -> Side:
        """The rows that last, or the points."""
        kept = (self.ends > self.starts) == wanted
        return Side(self.starts[kept], self.ends[kept], self.cells[kept])

    def same(self, other: Side) -> bool:
        """Whether both hold the same rows in the same order."""
        return all(np.array_equal(a, b) for a, b in zip(self, other, strict=True))

    def keys(self) -> list[tuple[float, float, int]]:
        """Start, end and cell of each row."""
        return list(zip(self.starts.tolist(), self.ends.tolist(), self.cells.tolist(), strict=True))


class Sides(NamedTuple):
    """The set that both started from, and what either made of it."""

    base: Side
    ours: Side
    theirs: Side


class Piece(NamedTuple):
    """A row of the merged set."""

    start: float
    end: float
    cell: int


class Cells:
    """Numbers for every combination of a state and values, whoever's pool they come from."""

    def __init__(self, ours: IntervalTable, theirs: IntervalTable, ignore: frozenset[str]) -> None:
        self.pool = ours.pool
        self.columns = ours.pool.columns
        self.ignore = ignore
        self.keys: list[tuple[str, tuple[Any, ...]]] = []
        self._payloads: list[Callable[[], int] | int] = []
        self._known: dict[Hashable, int] = {}
        self._seen: dict[tuple[int, int], int] = {}

    def of(self, table: IntervalTable) -> Side:
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
        return Side(table.starts, table.ends, cells)

    def _values(self, frame: pl.DataFrame, name: str) -> list[Any]:
        """A column as it is compared: blank text is missing, "not a number" is itself."""
        if name not in frame.columns:
            return [None] * frame.height
        column = frame[name]
        if column.dtype.is_float():
            return ["NaN" if value != value else value for value in column.to_list()]
        if self.pool.base.schema[name] == pl.String and column.dtype != pl.String:
            return [None if v is None else self.pool.coerce(name, v) for v in column.to_list()]
        return column.replace("", None).to_list() if column.dtype == pl.String else column.to_list()

    def payload(self, cell: int) -> int:
        """The payload of a cell in our pool."""
        found = self._payloads[cell]
        if callable(found):
            found = self._payloads[cell] = found()
        return found

    def describe(self, cell: int) -> str:
        """The state and what is written beside it."""
        if cell == NOTHING:
            return ABSENT
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
        if ours == NOTHING or theirs == NOTHING:
            return (theirs, "theirs") if ours == NOTHING else (ours, "ours")
        absent: tuple[str | None, tuple[Any, ...]] = (None, (None,) * len(self.columns))
        was = absent if base == NOTHING else self.keys[base]
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


def refuse_other_columns(ours: IntervalTable, theirs: IntervalTable) -> None:
    """Check that their columns mean what ours do.

    Raises
    ------
    IntervalLabelSchemaError
        If one has another meaning, or a type that our values do not fit.
    """
    names = ("start_col", "end_col", "duration_col", "label_col")
    pairs = [(name, getattr(ours.schema, name), getattr(theirs.schema, name)) for name in names]
    # a file without notes has no column of them, and the first note makes it
    for name, mine, other in (*pairs, ("note_col", ours.pool.note_col, theirs.pool.note_col)):
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


def widen(ours: IntervalTable, theirs: IntervalTable) -> Layout:
    """Our layout with the columns that they added; our pool gets them, too."""
    schema = theirs.pool.base.schema
    fresh = {n: t for n, t in schema.items() if n not in ours.pool.columns}
    ours.pool.widen(fresh)
    extras = tuple(n for n in theirs.schema.extra_cols if n in fresh)
    own = ours.schema.extra_cols
    shown = ours.schema.model_copy(update={"extra_cols": (*own, *extras)}) if extras else None
    order = tuple(n for n in theirs.layout.order if n in fresh)
    told = {k: v for k, v in ours.layout.metadata.items() if k not in FILE_FACTS}
    told |= {k: v for k, v in theirs.layout.metadata.items() if k in FILE_FACTS}
    return replace(
        ours.layout,
        schema=shown or ours.schema,
        order=(*ours.layout.order, *order),
        metadata=told,
    )
