"""Tables of events read a piece at a time and sorted by time once, in little memory.

A hundred million events take the room of their times and of small numbers that stand for their
values: the table itself is never held. This room knows columns, not what is drawn of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.data.protocols import PiecewiseTable, TableData
from loupe.errors import LoupeDataError

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "PIECE_ROWS",
    "Coded",
    "SortedEvents",
    "Tell",
    "column_type",
    "few_numbers",
    "narrow",
    "present",
    "recoded",
    "sorted_events",
]

PIECE_ROWS = 1 << 20
"""Rows read at a time."""

_WIDEST = 1 << 16
"""Whole numbers that span less than this are coded by looking them up."""

_BUCKETS = 1 << 15
"""Stretches of time that unsorted events are dealt into before each is sorted."""

Codes: TypeAlias = npt.NDArray[np.signedinteger[Any]]
Tell: TypeAlias = Callable[[float], None]
"""Told how much is done, 0 to 1. It may raise `loupe.work.Cancelled`."""


@dataclass(frozen=True, eq=False, slots=True)
class Coded:
    """A column of few distinct values.

    Attributes
    ----------
    values
        Distinct values, in the order in which time brings them.
    codes
        ``(n,)`` int16, or int32 where there are many: index in `values`, -1 where there is none.
    """

    values: tuple[object, ...]
    codes: Codes


@dataclass(frozen=True, eq=False, slots=True)
class SortedEvents:
    """Events in the order of time; those of one moment stay in the table's order.

    Attributes
    ----------
    times
        ``(n,)`` float64 seconds on the common axis.
    coded, numbers
        Columns by name: as codes, or as ``(n,)`` numbers with NaN where there is none.
    """

    times: npt.NDArray[np.float64]
    coded: Mapping[str, Coded]
    numbers: Mapping[str, npt.NDArray[Any]]


def sorted_events(
    table: TableData,
    time: str,
    *,
    coded: Sequence[str] = (),
    numbers: Sequence[str] = (),
    tell: Tell = lambda done: None,
) -> SortedEvents:
    """Read the columns of a table and sort them by time.

    Parameters
    ----------
    time
        The column of times.
    coded, numbers
        Further columns, and whether they are wanted as distinct values or as numbers.
    tell
        Told how far it is, between the pieces.

    Raises
    ------
    LoupeDataError
        If a time is missing or no number (names its row), or the file cannot be read.
    """
    source = _Source(table)
    further = [*dict.fromkeys([*coded, *numbers])]
    share = 0.4 if further else 0.9
    times = source.times(time, lambda done: tell(done * share))
    order = None if _is_sorted(times) else _order(times)
    columns = {name: _Coder() for name in dict.fromkeys(coded)}
    values = {name: _Numbers(source.n, table.name) for name in dict.fromkeys(numbers)}
    at = 0
    for frame in source.pieces(further) if further else ():
        for name, coder in columns.items():
            coder.add(frame[name], source.n)
        for name, found in values.items():
            found.add(frame[name])
        at += len(frame)
        tell(share + (1 - share) * at / max(source.n, 1))
    if order is not None:
        times = times[order]
    tell(1.0)
    return SortedEvents(
        times,
        {name: coder.finished(order) for name, coder in columns.items()},
        {name: found.finished(order) for name, found in values.items()},
    )


def narrow(count: int) -> type[np.int16] | type[np.int32]:
    """The type of whole numbers in which `count` things are numbered: int16 if they fit."""
    return np.int16 if count < 2**15 else np.int32


def column_type(table: TableData, column: str) -> pl.DataType | None:
    """What a column holds, from its first row; None without rows."""
    if isinstance(table, PiecewiseTable):
        first = next(iter(table.pieces([column], 1)), None)
        return None if first is None else first[column].dtype
    return table.frame([column])[column].dtype


def few_numbers(values: npt.NDArray[Any], most: int) -> Coded | None:
    """Code numbers, NaN as none; None if there are more than `most` distinct ones (NaN counts)."""
    distinct = np.empty(0, dtype=values.dtype)
    for start in range(0, len(values), PIECE_ROWS):
        distinct = np.unique(np.concatenate([distinct, values[start : start + PIECE_ROWS]]))
        if len(distinct) > most:
            return None
    known = distinct[~np.isnan(distinct)] if distinct.dtype.kind == "f" else distinct
    codes = np.empty(len(values), dtype=narrow(len(known)))
    for start in range(0, len(values), PIECE_ROWS):
        part = values[start : start + PIECE_ROWS]
        found = np.searchsorted(known, part)
        codes[start : start + PIECE_ROWS] = np.where(part == part, found, -1)
    return _by_first(tuple(known.tolist()), codes)


def recoded(codes: Codes, table: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """``table[codes]``, the last entry for codes of -1, without numpy's wide copy of the codes."""
    out = np.empty((len(codes), *table.shape[1:]), dtype=table.dtype)
    for start in range(0, len(codes), PIECE_ROWS):
        out[start : start + PIECE_ROWS] = table[codes[start : start + PIECE_ROWS]]
    return out


def present(codes: Codes, count: int) -> npt.NDArray[np.bool_]:
    """Which of the codes 0 .. count - 1 there are, ``(count + 1,)``; the last says so of -1."""
    found = np.zeros(count + 1, dtype=bool)
    for start in range(0, len(codes), PIECE_ROWS):
        found[codes[start : start + PIECE_ROWS]] = True
    return found


class _Source:
    """A table's pieces, whatever the table can do."""

    def __init__(self, table: TableData) -> None:
        self.table = table
        self._by_piece = table if isinstance(table, PiecewiseTable) else None
        self.n = self._by_piece.n_rows() if self._by_piece else len(table.frame(table.columns[:1]))

    def pieces(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        if self._by_piece is not None:
            yield from self._by_piece.pieces(columns, PIECE_ROWS)
            return
        whole = self.table.frame(columns)
        for start in range(0, len(whole), PIECE_ROWS):
            yield whole[start : start + PIECE_ROWS]

    def times(self, column: str, tell: Tell) -> npt.NDArray[np.float64]:
        out = np.empty(self.n, dtype=np.float64)
        if self._by_piece is None:
            out[:] = self.table.seconds(column)
            self._check(out, 0, column)
            return out
        at = 0
        for part in self._by_piece.seconds_pieces(column, PIECE_ROWS):
            if at + len(part) > self.n:
                break  # the file grows while it is read
            self._check(part, at, column)
            out[at : at + len(part)] = part
            at += len(part)
            tell(at / max(self.n, 1))
        if at < self.n:
            raise LoupeDataError(
                f"{self.n} rows were promised, but {at} are there",
                where=self.table.name,
                hint="the file may have changed while it was read; open it again",
                code="data-read",
            )
        return out

    def _check(self, part: npt.NDArray[np.float64], at: int, column: str) -> None:
        bad = np.flatnonzero(~np.isfinite(part))
        if len(bad):
            raise LoupeDataError(
                f"row {at + int(bad[0])} of column `{column}` of {self.table.name} "
                "has no finite time" + (f", nor have {len(bad) - 1} more" if len(bad) > 1 else ""),
                hint="remove these rows",
                code="data-time",
            )


def _is_sorted(times: npt.NDArray[np.float64]) -> bool:
    return all(
        bool((part[1:] >= part[:-1]).all())
        for part in (
            times[start : start + PIECE_ROWS + 1] for start in range(0, len(times), PIECE_ROWS)
        )
    )


def _order(times: npt.NDArray[np.float64]) -> npt.NDArray[np.intp] | npt.NDArray[np.uint32]:
    """The stable order of times; for many of them in stretches, each of which is sorted alone."""
    n = len(times)
    if n <= 4 * PIECE_ROWS or n >= 2**32:
        return np.argsort(times, kind="stable")
    first, last = float(times.min()), float(times.max())
    scale = (_BUCKETS - 1) / (last - first)

    def buckets(start: int) -> npt.NDArray[np.uint16]:
        return ((times[start : start + PIECE_ROWS] - first) * scale).astype(np.uint16)

    starts = range(0, n, PIECE_ROWS)
    counts = sum(np.bincount(buckets(start), minlength=_BUCKETS) for start in starts)
    edges = np.concatenate([[0], np.cumsum(counts)])
    free = edges[:-1].copy()
    order = np.empty(n, dtype=np.uint32)
    for start in starts:
        own = buckets(start)
        by_bucket = np.argsort(own, kind="stable")
        here = np.bincount(own, minlength=_BUCKETS)
        # Those of a bucket go one behind the other to where its free places begin.
        shift = np.repeat(free - (np.cumsum(here) - here), here)
        order[np.arange(len(own)) + shift] = start + by_bucket
        free += here
    for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if b - a > 1:
            part = order[a:b]
            order[a:b] = part[np.argsort(times[part], kind="stable")]
    return order


class _Numbers:
    """A column of numbers that grows piece by piece."""

    def __init__(self, n: int, where: str) -> None:
        self._n = n
        self._where = where
        self._at = 0
        self._values: npt.NDArray[Any] | None = None

    def add(self, series: pl.Series) -> None:
        part = series.to_numpy()
        if not series.dtype.is_numeric():
            raise LoupeDataError(
                f"column `{series.name}` holds {series.dtype}, not numbers",
                where=self._where,
                code="data-numeric",
            )
        if self._values is None:
            self._values = np.empty(self._n, dtype=part.dtype)
        elif self._values.dtype != part.dtype:
            # Whole numbers of which some are missing come as floats.
            self._values = self._values.astype(np.result_type(self._values.dtype, part.dtype))
        self._values[self._at : self._at + len(part)] = part
        self._at += len(part)

    def finished(self, order: npt.NDArray[Any] | None) -> npt.NDArray[Any]:
        values = np.empty(0, dtype=np.float64) if self._values is None else self._values
        return values if order is None else values[order]


class _Coder:
    """Numbers the distinct values of a column as its pieces come."""

    def __init__(self) -> None:
        self._codes: Codes | None = None
        self._at = 0
        self._number: dict[object, int] = {}
        self._base = 0
        self._table = np.empty(0, dtype=np.int32)

    def add(self, series: pl.Series, n: int) -> None:
        if self._codes is None:
            self._codes = np.empty(n, dtype=np.int16)
        part = self._whole(series)
        if part is None:
            part = self._any(series)
        wanted = narrow(len(self._number))
        if self._codes.dtype != wanted:
            self._codes = self._codes.astype(wanted)
        self._codes[self._at : self._at + len(part)] = part
        self._at += len(part)

    def _whole(self, series: pl.Series) -> npt.NDArray[np.int32] | None:
        """Codes of whole numbers that lie close together, else None."""
        if not series.dtype.is_integer() or series.null_count() or not len(series):
            return None
        values = series.to_numpy()
        low, high = int(values.min()), int(values.max())
        table, base = self._table, self._base
        if len(table):
            low, high = min(low, base), max(high, base + len(table) - 1)
        if high - low >= _WIDEST:
            return None
        if high - low + 1 != len(table):
            self._table = np.full(high - low + 1, -1, dtype=np.int32)
            self._table[base - low : base - low + len(table)] = table
            self._base = low
        places = np.subtract(values, self._base, dtype=np.int64)
        part: npt.NDArray[np.int32] = self._table[places]
        fresh = np.flatnonzero(part < 0)
        if len(fresh):
            distinct, first = np.unique(values[fresh], return_index=True)
            for value in distinct[np.argsort(first)].tolist():
                self._table[value - self._base] = self._number.setdefault(value, len(self._number))
            part = self._table[places]
        return part

    def _any(self, series: pl.Series) -> npt.NDArray[np.int32]:
        import polars as pl

        if series.dtype.is_float():
            series = series.fill_nan(None)
        elif not (series.dtype.is_integer() or series.dtype == pl.Boolean):
            series = series.cast(pl.String)
        keys = series.drop_nulls().unique(maintain_order=True)
        if not len(keys):
            return np.full(len(series), -1, dtype=np.int32)
        numbers = [self._number.setdefault(key, len(self._number)) for key in keys.to_list()]
        coded = series.replace_strict(
            keys, pl.Series(numbers, dtype=pl.Int32), default=-1, return_dtype=pl.Int32
        )
        part: npt.NDArray[np.int32] = coded.to_numpy()
        return part

    def finished(self, order: npt.NDArray[Any] | None) -> Coded:
        if self._codes is None:
            return Coded((), np.empty(0, dtype=np.int16))
        values = tuple(self._number)
        if order is None:
            return Coded(values, self._codes)
        return _by_first(values, self._codes[order])


def _by_first(values: tuple[object, ...], codes: Codes) -> Coded:
    """Number values anew, in the order in which they first come."""
    seen = np.zeros(len(values), dtype=bool)
    found: list[int] = []
    for start in range(0, len(codes), PIECE_ROWS):
        part = codes[start : start + PIECE_ROWS]
        own = part[part >= 0]
        own = own[~seen[own]]
        if len(own):
            distinct, first = np.unique(own, return_index=True)
            found += distinct[np.argsort(first)].tolist()
            seen[distinct] = True
        if len(found) == len(values):
            break
    if found == [*range(len(values))]:
        return Coded(values, codes)
    renumbered = np.full(len(values) + 1, -1, dtype=codes.dtype)
    renumbered[found] = np.arange(len(found))
    return Coded(tuple(values[k] for k in found), recoded(codes, renumbered))
