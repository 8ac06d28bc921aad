"""Where tiles are made: reads, reductions and measurements, kept in one bounded cache.

Runs in worker threads. Everything is addressed by value (array, rows, time
grid), so a colour or gain change finds its spans here and reads nothing. The
counters are what the tests of "0 reads, 0 reductions" look at.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from loupe.data.cache import ByteCache
from loupe.data.pyramid import Pyramid
from loupe.data.sidecar import open_pyramid
from loupe.scene.envelope import read_heat, read_spans
from loupe.scene.model import ArrayRef
from loupe.scene.stats import ArrayStats, measure
from loupe.scene.zoomed_out import heat_from_pyramid, spans_from_pyramid

__all__ = ["Heat", "Spans", "Workbench"]

T = TypeVar("T")
F32 = npt.NDArray[np.float32]


class _Sized(Protocol):
    @property
    def nbytes(self) -> int: ...


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

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self.lo.nbytes + self.hi.nbytes


@dataclass(frozen=True, eq=False, slots=True)
class Heat:
    """Cells of a heatmap on a time grid: `values` is ``(W, R)`` float32, row 0 at the top."""

    dt: float
    k0: int
    values: F32
    per_column: float
    missing: int = 0

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self.values.nbytes


class Workbench:
    """Reads and measures arrays for tiles; safe to use from several threads.

    Parameters
    ----------
    ceiling
        Bytes of reduced spans kept; the least recently used go first.
    """

    def __init__(self, ceiling: int = 128 << 20) -> None:
        self.ceiling = ceiling
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, _Sized] = OrderedDict()
        self._held = 0
        self._stats: dict[Hashable, ArrayStats] = {}
        self._bins: ByteCache[Any] = ByteCache(max(ceiling // 2, 1 << 24))
        self._pyramids: dict[str, Pyramid] = {}

    @property
    def held(self) -> int:
        """Bytes of spans held now."""
        return self._held

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

        def make() -> Spans:
            index = np.asarray(rows, dtype=np.intp)
            found = spans_from_pyramid(self.pyramid(array), index, dt, k0, width, self.count)
            if found is not None:
                period = array.data.time.period
                return Spans(dt, k0, found.lo, found.hi, dt / period, found.missing)
            lo, hi, per_column = read_spans(array.data, index, dt, k0, width, self.count)
            return Spans(dt, k0, lo, hi, per_column)

        return self._cached(("spans", array.key, rows, dt, k0, width), make)

    def heat(
        self, array: ArrayRef, rows: tuple[int, ...], method: str, dt: float, k0: int, width: int
    ) -> Heat:
        """Heatmap cells of rows (top first); read and reduced at the first call.

        Raises
        ------
        LoupeDataError
            If the store fails.
        """

        def make() -> Heat:
            index = np.asarray(rows, dtype=np.intp)
            if method == "peak":
                found = heat_from_pyramid(self.pyramid(array), index, dt, k0, width, self.count)
                if found is not None:
                    return Heat(dt, k0, found[0], dt / array.data.time.period, found[1])
            values, per_column = read_heat(array.data, index, method, dt, k0, width, self.count)
            return Heat(dt, k0, values, per_column)

        return self._cached(("heat", array.key, rows, method, dt, k0, width), make)

    def pyramid(self, array: ArrayRef) -> Pyramid:
        """The pyramid of an array: its overview file, or one that is built as it is needed."""
        with self._lock:
            if array.key not in self._pyramids:
                self._pyramids[array.key], _ = open_pyramid(array.data, self._bins)
            return self._pyramids[array.key]

    def peek_spans(
        self, array: ArrayRef, rows: tuple[int, ...], dt: float, k0: int, width: int
    ) -> Spans | None:
        """The spans if they are held, without reading."""
        found = self._kept.get(("spans", array.key, rows, dt, k0, width))
        return found if isinstance(found, Spans) else None

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
            with self._lock:
                self._stats[key] = known
        return known

    def known_stats(
        self,
        array: ArrayRef,
        rows: tuple[int, ...],
        percentiles: tuple[float, float] = (1.0, 99.0),
    ) -> ArrayStats | None:
        """The ranges if they were measured already."""
        return self._stats.get((array.key, rows, percentiles))

    def _cached(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]  # type: ignore[return-value]  # the key names the type
        value = make()
        with self._lock:
            if getattr(value, "missing", 0):
                return value  # not the last word: the next call goes on building
            if key not in self._kept:
                self._kept[key] = value  # type: ignore[assignment]  # every T here has nbytes
                self._held += value.nbytes  # type: ignore[attr-defined]
            while self._held > self.ceiling and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._held -= dropped.nbytes
        return value
