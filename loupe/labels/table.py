"""The table of intervals: frozen, sorted by start, fast to ask and cheap to copy.

Rows are half-open ``[start, stop)`` in seconds; a row with ``start == stop`` is a point. A loaded
file may overlap itself, so every question here is right with overlaps. Edits live in `edit`,
columns other than time and label in `columns`; files and history are not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from loupe.labels.columns import Layout, Pool
from loupe.session.labels import IntervalLabelSchema
from loupe.units import Seconds, Span

__all__ = ["Floats", "Interval", "IntervalTable", "Ints", "ROW_ARRAYS", "Rows", "TOUCH"]

TOUCH: Seconds = 1e-9
"""Two rows touch when the gap between them is at most this many seconds."""

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Interval:
    """One row, for people and scripts.

    Attributes
    ----------
    row
        Its place in the table when it was asked for.
    id
        A number that stays the same while the row lives.
    start, stop
        Half-open ``[start, stop)``, seconds.
    label
        The state.
    note
        The note, "" without one.
    extras
        The schema's extra columns, in order; missing values are None.
    """

    row: int
    id: int
    start: Seconds
    stop: Seconds
    label: str
    note: str
    extras: Mapping[str, object]

    @property
    def duration(self) -> Seconds:
        """``stop - start``."""
        return self.stop - self.start

    @property
    def centre(self) -> Seconds:
        """The middle of the interval."""
        return self.start + (self.stop - self.start) / 2


class Rows:
    """Some rows and where they stand in a table; every array has shape ``(n,)``, read-only.

    `positions` are strictly increasing places in the table that holds these rows. They are kept as
    one packet of 44 bytes a row: undo keeps all edits, and six arrays for each of thousands,
    scattered over memory, kept whole pages of what was freed around them.
    """

    __slots__ = ("_packet",)

    def __init__(
        self,
        positions: npt.ArrayLike,
        starts: npt.ArrayLike,
        ends: npt.ArrayLike,
        codes: npt.ArrayLike,
        ids: npt.ArrayLike,
        payload: npt.ArrayLike,
    ) -> None:
        parts: list[npt.NDArray[Any]] = [
            *(np.asarray(values, dtype=np.int64) for values in (positions, ids, payload)),
            *(np.asarray(values, dtype=np.float64) for values in (starts, ends)),
            np.asarray(codes, dtype=np.int32),
        ]
        if len({len(part) for part in parts}) > 1:
            raise ValueError("rows need as many values in each column")
        self._packet = b"".join(part.tobytes() for part in parts)

    def __len__(self) -> int:
        return len(self._packet) // _ROW_BYTES

    def _column(self, place: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        n = len(self)
        return np.frombuffer(self._packet, dtype, n, 8 * n * place)

    @property
    def positions(self) -> Ints:
        """Places in the table."""
        return self._column(0, np.int64)

    @property
    def ids(self) -> Ints:
        """Numbers of the rows."""
        return self._column(1, np.int64)

    @property
    def payload(self) -> Ints:
        """Numbers of their values in the pool."""
        return self._column(2, np.int64)

    @property
    def starts(self) -> Floats:
        """Seconds."""
        return self._column(3, np.float64)

    @property
    def ends(self) -> Floats:
        """Seconds."""
        return self._column(4, np.float64)

    @property
    def codes(self) -> npt.NDArray[np.int32]:
        """Numbers of their labels in the pool."""
        return self._column(5, np.int32)

    def at(self, positions: Ints) -> Rows:
        """The same rows at other places."""
        return Rows(positions, *(getattr(self, name) for name in ROW_ARRAYS))

    def same(self, other: Rows) -> bool:
        """Whether both hold the same rows at the same places."""
        return len(self) == len(other) and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in ("positions", *ROW_ARRAYS)
        )


_ROW_BYTES = 44
ROW_ARRAYS = ("starts", "ends", "codes", "ids", "payload")
"""What a row has besides its place."""


@dataclass(frozen=True, eq=False)
class IntervalTable:
    """Intervals sorted by start; equal starts keep the order in which they came.

    All arrays have shape ``(n,)`` and are read-only. Tables that stem from one another by edits
    share one `pool`.

    Attributes
    ----------
    starts, ends
        Seconds, float64.
    codes
        Number of the label in `pool`.
    ids
        Number of the row; kept by a row while it lives, never used twice.
    payload
        Number of the row's note, extras and other values in `pool`.
    next_id
        The number that the next new row gets.
    """

    starts: Floats
    ends: Floats
    codes: npt.NDArray[np.int32]
    ids: Ints
    payload: Ints
    pool: Pool
    layout: Layout
    next_id: int

    @staticmethod
    def empty(schema: IntervalLabelSchema, created: tuple[str, ...] = ()) -> IntervalTable:
        """A table without rows for files of this schema; `created` as in `build`."""
        base = pl.DataFrame(schema=dict.fromkeys(schema.extra_cols, pl.String))
        return IntervalTable.build(np.empty((0, 3)), [], base, Layout.of(schema), created)

    @staticmethod
    def build(
        times: Floats,
        labels: list[str],
        base: pl.DataFrame,
        layout: Layout,
        created: tuple[str, ...] = (),
    ) -> IntervalTable:
        """The table of a file's rows, in any order.

        Parameters
        ----------
        times
            Start, end and duration of each row, ``(n, 3)``, checked already.
        labels
            The label of each row.
        base
            The other columns, ``n`` rows.
        created
            Columns of text to have in any case: the scorer's name, the time of an edit.
        """
        own = tuple(name for name in created if name not in layout.reserved)
        pool = Pool(base, layout.note_col, times, own)
        codes = np.array([pool.code(label) for label in labels], dtype=np.int32)
        order = np.argsort(times[:, 0], kind="stable")
        n = len(times)
        return IntervalTable(
            starts=_frozen(times[order, 0]),
            ends=_frozen(times[order, 1]),
            codes=_frozen(codes[order]),
            ids=_frozen(np.arange(n, dtype=np.int64)),
            payload=_frozen(order.astype(np.int64)),
            pool=pool,
            layout=layout,
            next_id=n,
        )

    def with_created(self, created: tuple[str, ...]) -> IntervalTable:
        """The table with further columns as in `build`, in a pool of its own."""
        missing = [n for n in created if n not in self.pool.columns + tuple(self.layout.reserved)]
        return replace(self, pool=self.pool.extended(tuple(missing))) if missing else self

    @property
    def schema(self) -> IntervalLabelSchema:
        """Which of the user's columns mean what."""
        return self.layout.schema

    @property
    def origin(self) -> str:
        """Second 0 in nanoseconds since 1970, as text; "" for a set without dates."""
        return self.layout.metadata.get("time_origin_ns", "")

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[Interval]:
        return (self.interval(i) for i in range(len(self)))

    def interval(self, row: int) -> Interval:
        """One row; IndexError outside ``0 .. len - 1``."""
        if not 0 <= row < len(self):
            raise IndexError(f"row {row} of {len(self)}")
        payload = int(self.payload[row])
        values = self.pool.values(payload)
        return Interval(
            row=row,
            id=int(self.ids[row]),
            start=float(self.starts[row]),
            stop=float(self.ends[row]),
            label=self.label(row),
            note=self.pool.note(payload),
            extras={name: values[name] for name in self.schema.extra_cols},
        )

    def label(self, row: int) -> str:
        """The label of a row."""
        return self.pool.label(int(self.codes[row]))

    def labels(self) -> list[str]:
        """The label of every row."""
        names = np.array(self.pool.labels, dtype=object)
        return [str(name) for name in names[self.codes]] if len(self) else []

    def row_of(self, row_id: int) -> int | None:
        """Where the row with this id stands, or None if it is gone."""
        found = np.flatnonzero(self.ids == row_id)
        return int(found[0]) if len(found) else None

    def rows(self, positions: Ints) -> Rows:
        """The rows at these strictly increasing places."""
        return Rows(positions, *(getattr(self, name)[positions] for name in ROW_ARRAYS))

    def splice(self, removed: Ints, added: Rows, next_id: int) -> IntervalTable:
        """The table without the rows at `removed` and with `added` at their new places.

        Only the stretch between the first and the last changed row is worked on; the rest is
        copied in two blocks an array, so an edit of 100,000 rows costs well under a millisecond.
        """
        if not len(removed) and not len(added):
            return self
        growth = len(added) - len(removed)
        lo = int(min(_first(removed, len(self)), _first(added.positions, len(self))))
        hi = max(
            int(removed[-1]) + 1 if len(removed) else lo,
            int(added.positions[-1]) + 1 - growth if len(added) else lo,
            lo,
        )
        places = added.positions - lo
        taken = np.zeros(hi - lo + growth, dtype=np.bool_)
        taken[places] = True
        out: dict[str, Any] = {}
        for name in ROW_ARRAYS:
            old = getattr(self, name)
            window = np.empty(hi - lo + growth, dtype=old.dtype)
            window[places] = getattr(added, name)
            window[~taken] = np.delete(old[lo:hi], removed - lo)
            out[name] = _frozen(np.concatenate([old[:lo], window, old[hi:]]))
        return replace(self, next_id=next_id, **out)

    def cleared(self) -> IntervalTable:
        """The table without any row."""
        every = np.arange(len(self))
        return self.splice(every, self.rows(every[:0]), self.next_id)

    @cached_property
    def latest_ends(self) -> Floats:
        """The greatest end among rows ``0 .. i``, for every ``i``."""
        latest: Floats = np.maximum.accumulate(self.ends)
        latest.flags.writeable = False
        return latest

    @cached_property
    def _levels(self) -> list[Floats]:
        """A tree of maxima over `ends`: level k holds the maximum of each ``2**k`` rows."""
        levels = [self.ends]
        while len(levels[-1]) > 1:
            below = levels[-1]
            if len(below) % 2:
                below = np.append(below, -np.inf)
            levels.append(np.maximum(below[0::2], below[1::2]))
        return levels

    def row_at(self, t: Seconds) -> int | None:
        """The row that holds time `t`; among several the one that starts last.

        O(log n), also in files whose rows overlap: when the last row that starts before `t` has
        ended, the running maximum says whether any other reaches `t`, and a tree of maxima finds
        the last of those.
        """
        row = int(np.searchsorted(self.starts, t, side="right")) - 1
        if row < 0 or self.latest_ends[row] <= t:
            return None
        level = 0
        levels = self._levels if self.ends[row] <= t else [self.ends]
        while levels[level][row] <= t:
            while row % 2 == 0:  # a left child: everything before it lies in its parent's left
                row, level = row // 2, level + 1
            row -= 1
        while level:
            row, level = row * 2 + 1, level - 1
            if row >= len(levels[level]) or levels[level][row] <= t:
                row -= 1
        return row

    def at_time(self, t: Seconds) -> Interval | None:
        """The interval that holds time `t`; among several the one that starts last."""
        row = self.row_at(t)
        return None if row is None else self.interval(row)

    def visible_in(self, span: Span) -> Ints:
        """Rows that share time with `span`, in order; a point counts where it stands."""
        lo = int(np.searchsorted(self.latest_ends, span.start, side="left"))
        hi = int(np.searchsorted(self.starts, span.stop, side="left"))
        starts, ends = self.starts[lo:hi], self.ends[lo:hi]
        seen = (ends > span.start) | ((starts == ends) & (starts >= span.start))
        return lo + np.flatnonzero(seen)

    def gaps(self, span: Span) -> list[Span]:
        """The stretches of `span` that no row covers, in order; rows that touch leave none."""
        rows = self.visible_in(span)
        starts = np.append(np.clip(self.starts[rows], span.start, span.stop), span.stop)
        ends = np.clip(self.ends[rows], span.start, span.stop)
        reached = np.maximum.accumulate(np.append(span.start, ends))
        free = np.flatnonzero(starts - reached > TOUCH)
        return [Span(float(reached[i]), float(starts[i])) for i in free]

    def edge_near(self, t: Seconds, within: Seconds) -> tuple[int, str, Seconds] | None:
        """The edge nearest to `t`, at most `within` away: ``(row, "start" | "end", time)``.

        Where two rows touch, the end of the earlier one is returned; `edit.move_edge` moves both.
        """
        rows = self.visible_in(Span(t - within, np.nextafter(t + within, np.inf)))
        before = self.visible_in(Span(np.nextafter(t - 2 * within, -np.inf), t))
        rows = np.union1d(rows, before)
        best: tuple[float, int, int, str, float] | None = None
        for row in rows:
            for rank, side in ((0, "end"), (1, "start")):
                time = float((self.ends if side == "end" else self.starts)[row])
                candidate = (abs(time - t), rank, int(row), side, time)
                if candidate[0] <= within and (best is None or candidate < best):
                    best = candidate
        return None if best is None else (best[2], best[3], best[4])

    @cached_property
    def overlaps(self) -> Ints:
        """Rows that start before an earlier row has ended."""
        late = self.starts[1:] < self.latest_ends[:-1] if len(self) else np.empty(0, np.bool_)
        return np.flatnonzero(late) + 1

    @property
    def is_disjoint(self) -> bool:
        """Whether no two rows share time."""
        return not len(self.overlaps)

    @property
    def span(self) -> Span | None:
        """From the first start to the last finite end; None without rows."""
        if not len(self):
            return None
        ends = self.ends[np.isfinite(self.ends)]
        last = max(float(ends.max()) if len(ends) else -np.inf, float(self.starts[-1]))
        return Span(float(self.starts[0]), last)

    def same_rows(self, other: IntervalTable) -> bool:
        """Whether both hold the very same rows of one pool."""
        return self.pool is other.pool and all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in ROW_ARRAYS
        )

    def equals(self, other: IntervalTable) -> bool:
        """Whether both hold the same rows: times, labels and values, in the same order."""
        if self is other:
            return True
        if len(self) != len(other) or self.layout.schema != other.layout.schema:
            return False
        if not (
            np.array_equal(self.starts, other.starts)
            and np.array_equal(self.ends, other.ends)
            and self.labels() == other.labels()
        ):
            return False
        if self.pool is other.pool and np.array_equal(self.payload, other.payload):
            return True
        return self.pool.frame(self.payload).equals(other.pool.frame(other.payload))


def _first(positions: Ints, default: int) -> int:
    return int(positions[0]) if len(positions) else default


def _frozen(array: Any) -> Any:
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array
