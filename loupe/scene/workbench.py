"""Where tiles are made: reads, reductions and measurements, kept in one bounded cache.

Runs in worker threads. Everything is addressed by value (array, rows, time
grid), so a colour or gain change finds its spans here and reads nothing. The
counters are what the tests of "0 reads, 0 reductions" look at.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from loupe.data.cache import ByteCache
from loupe.data.pyramid import RESIDENT_BYTES, Pyramid
from loupe.data.sidecar import open_pyramid
from loupe.scene.envelope import read_heat, read_spans
from loupe.scene.kept import KeptColumns, Stretch
from loupe.scene.model import ArrayRef
from loupe.scene.stats import ArrayStats, measure
from loupe.scene.zoomed_out import heat_from_pyramid, spans_from_pyramid
from loupe.tiles.events import EventIndex, event_index
from loupe.tiles.heat import Method

__all__ = ["Heat", "Spans", "Workbench"]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]


_LEAST_MARKS = 1 << 22
_LEAST_BINS = 1 << 24
"""The tiles of some hundreds of rows must fit in at once, whatever the ceiling."""


@dataclass(frozen=True, eq=False, slots=True)
class Spans:
    """Ranges of curves per column of a time grid.

    Attributes
    ----------
    dt, k0
        Seconds a column, first column.
    lo, hi
        ``(W, C)`` float32 physical values, NaN where there is no curve.
    per_column
        Samples a column, about.
    missing
        Parts of the data not reduced yet: the spans are of what is known.
    """

    dt: float
    k0: int
    lo: F32
    hi: F32
    per_column: float
    missing: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Heat:
    """Cells of a heatmap on a time grid: `values` is ``(W, R)`` float32, row 0 at the top.

    Of folded rows it has as many lines as were asked for.
    """

    dt: float
    k0: int
    values: F32
    per_column: float
    missing: int = 0


class Workbench:
    """Reads and measures arrays for tiles; safe to use from several threads.

    Parameters
    ----------
    ceiling
        Bytes kept: three eighths of them reduced columns, a quarter fine bins of pyramids and a
        sixteenth marked samples, of all of which the least recently used go first, and a quarter
        coarse bins of all pyramids, which stay.

    Attributes
    ----------
    counts
        What was done so far, for tests.
    notes
        Why overview files that are there are not used, and what stores lack.
    """

    def __init__(self, ceiling: int = 128 << 20) -> None:
        self.counts: Counter[str] = Counter()
        self.notes: list[str] = []
        self._lock = threading.Lock()
        self._kept = KeptColumns(ceiling * 3 // 8)
        self._stats: dict[tuple[Any, ...], ArrayStats] = {}
        self._bins: ByteCache[Any] = ByteCache(max(ceiling // 4, _LEAST_BINS))
        self._resident_left = ceiling // 4
        self._marks: ByteCache[F64] = ByteCache(max(ceiling // 16, _LEAST_MARKS))
        self._indexes: dict[tuple[Any, ...], EventIndex] = {}
        self._pyramids: dict[str, Pyramid] = {}
        self._gone: set[str] = set()
        self._told: set[str] = set()

    @property
    def held(self) -> int:
        """Bytes of reduced columns and of bins held now."""
        with self._lock:
            coarse = sum(pyramid.nbytes for pyramid in self._pyramids.values())
        marks = self._marks.stats.bytes_held
        return self._kept.held + self._bins.stats.bytes_held + marks + coarse

    def count(self, what: str, n: int = 1) -> None:
        """Add to a counter ("reads", "reductions", "rasterisations")."""
        with self._lock:
            self.counts[what] += n

    def spans(
        self, array: ArrayRef, rows: tuple[int, ...], dt: float, k0: int, width: int
    ) -> Spans:
        """Column ranges of rows of an array; read and reduced at the first call.

        Raises
        ------
        LoupeDataError
            If the store fails.
        """
        name = ("spans", array.key, rows, dt)
        found = self._kept.find(name, k0, width)
        if found is None:
            found = self._reduced(name, array, rows, dt, k0, width)
        return _spans(dt, found)

    def _reduced(
        self,
        name: Hashable,
        array: ArrayRef,
        rows: tuple[int, ...],
        dt: float,
        k0: int,
        width: int,
    ) -> Stretch:
        index = np.asarray(rows, dtype=np.intp)

        def read(first: int, columns: int) -> Stretch:
            lo, hi, per_column = read_spans(array.data, index, dt, first, columns, self.count)
            return Stretch(first, (lo, hi), per_column)

        bins = spans_from_pyramid(self.pyramid(array), index, dt, k0, width, self.count)
        if bins is None:
            made = self._kept.complete(name, k0, width, read)
        else:
            # Columns of bins are joined with their neighbours, so they are made together.
            per_column = dt / array.data.time.period
            made = Stretch(k0, (bins.lo, bins.hi), per_column, bins.missing)
        if not made.missing:
            self._kept.add(name, made)
        return made

    def heat(
        self,
        array: ArrayRef,
        rows: tuple[int, ...],
        method: Method,
        dt: float,
        k0: int,
        width: int,
        lines: int | None = None,
    ) -> Heat:
        """Heatmap cells of rows (top first); read and reduced at the first call.

        Parameters
        ----------
        lines
            Fold the rows into so many, kept apart by their number; None keeps all rows.

        Raises
        ------
        LoupeDataError
            If the store fails.
        """
        name = ("heat", array.key, rows, method, dt, lines)
        made = self._kept.find(name, k0, width)
        if made is None:
            index = np.asarray(rows, dtype=np.intp)

            def read(first: int, columns: int) -> Stretch:
                values, per_column = read_heat(
                    array.data, index, method, dt, first, columns, self.count, lines
                )
                return Stretch(first, (values,), per_column)

            bins = None
            if method == "peak":
                bins = heat_from_pyramid(
                    self.pyramid(array), index, dt, k0, width, self.count, lines
                )
            if bins is None:
                made = self._kept.complete(name, k0, width, read)
            else:
                made = Stretch(k0, (bins[0],), dt / array.data.time.period, bins[1])
            if not made.missing:
                self._kept.add(name, made)
        return Heat(dt, k0, made.parts[0], made.per_column, made.missing)

    def marks(self, name: Hashable, make: Callable[[], F64]) -> F64:
        """Marked samples, ``(2, n)`` times and values; found at the first call.

        Parameters
        ----------
        name
            Of arrays, rows and the part of the time grid; those of arrays that are gone are
            never asked for again and fall out in time.
        """
        found = self._marks.get(name)
        if found is None:
            found = make()
            self._marks.put(name, found)
        return found

    def pyramid(self, array: ArrayRef) -> Pyramid:
        """The pyramid of an array: its overview file, or one that is built as it is needed."""
        with self._lock:
            known = self._pyramids.get(array.key)
            # Others may follow: none takes more than half of what is left.
            resident = min(RESIDENT_BYTES, self._resident_left // 2)
        if known is not None:
            return known
        # A slow disk is looked through here, while others go on.
        found, note = open_pyramid(array.data, self._bins, resident=resident)
        with self._lock:
            if array.key in self._gone:
                return found  # work on data that nobody shows any more
            known = self._pyramids.setdefault(array.key, found)
            if known is found:
                self._resident_left = max(0, self._resident_left - found.resident_bytes)
                if note:
                    self.notes.append(note)
        return known

    def peek_spans(
        self, array: ArrayRef, rows: tuple[int, ...], dt: float, k0: int, width: int
    ) -> Spans | None:
        """The spans if they are held, without reading."""
        found = self._kept.find(("spans", array.key, rows, dt), k0, width)
        return None if found is None else _spans(dt, found)

    def event_index(
        self, name: tuple[str, int], rows: npt.NDArray[np.signedinteger[Any]], n_rows: int
    ) -> EventIndex:
        """Counts of a raster's events by blocks; made at the first call.

        Parameters
        ----------
        name
            Stands for these events: the row's id and revision.
        rows, n_rows
            As `loupe.tiles.events.event_index`.
        """
        with self._lock:
            known = self._indexes.get(name)
        if known is None:
            known = event_index(rows, n_rows)
            with self._lock:
                self._indexes[name] = known
        return known

    def stats(
        self,
        array: ArrayRef,
        rows: tuple[int, ...],
        percentiles: tuple[float, float] = (1.0, 99.0),
    ) -> ArrayStats:
        """Typical ranges of rows; measured at the first call.

        Raises
        ------
        LoupeDataError
            If the store fails.
        """
        key = (array.key, rows, percentiles)
        with self._lock:
            known = self._stats.get(key)
        if known is None:
            self.count("measurements")
            known = measure(array.data, np.asarray(rows, dtype=np.intp), percentiles)
            self._tell_of_absent(array)
            with self._lock:
                if array.key not in self._gone:
                    self._stats[key] = known
        return known

    def _tell_of_absent(self, array: ArrayRef) -> None:
        """Note once what is not in a store: a curve at its fill value looks like data."""
        with self._lock:
            if array.key in self._told:
                return
            self._told.add(array.key)
        if absent := getattr(array.data, "absent", ""):
            self.notes.append(f"{array.data.info.name or 'an array'}: {absent}")

    def forget(self, arrays: Collection[str], rows: Collection[str]) -> None:
        """Let go of what is known of arrays and of rows that are not shown any more, by key."""
        with self._lock:
            self._gone.update(arrays)
            for key in arrays:
                if (pyramid := self._pyramids.pop(key, None)) is not None:
                    self._resident_left += pyramid.resident_bytes
            self._stats = {k: v for k, v in self._stats.items() if k[0] not in arrays}
            self._indexes = {k: v for k, v in self._indexes.items() if k[0] not in rows}
        self._kept.forget(lambda name: name[1] in arrays)

    def known_stats(
        self,
        array: ArrayRef,
        rows: tuple[int, ...],
        percentiles: tuple[float, float] = (1.0, 99.0),
    ) -> ArrayStats | None:
        """The ranges if they were measured already."""
        return self._stats.get((array.key, rows, percentiles))


def _spans(dt: float, found: Stretch) -> Spans:
    lo, hi = found.parts
    return Spans(dt, found.k0, lo, hi, found.per_column, found.missing)
