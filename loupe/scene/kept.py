"""Columns that were reduced once, kept within a ceiling and found again by any part of them.

A pan needs only the columns that come into sight, and a part of a stretch needs none at all.
This room knows stretches of columns, not what stands in them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["KeptColumns", "Stretch"]

F32 = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False, slots=True)
class Stretch:
    """Neighbouring columns of a time grid.

    Attributes
    ----------
    k0
        First column.
    parts
        Arrays ``(W, ...)`` of equal length, column by column.
    per_column
        Samples a column, about.
    missing
        Parts of the data not reduced yet; such a stretch is not kept.
    """

    k0: int
    parts: tuple[F32, ...]
    per_column: float
    missing: int = 0

    @property
    def stop(self) -> int:
        """One beyond the last column."""
        return self.k0 + len(self.parts[0])

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(part.nbytes for part in self.parts)

    def cut(self, k0: int, stop: int) -> Stretch:
        """Columns ``k0 .. stop - 1``, which must lie within: views, no copies."""
        a, b = k0 - self.k0, stop - self.k0
        return replace(self, k0=k0, parts=tuple(part[a:b] for part in self.parts))


class KeptColumns:
    """Stretches by name; safe to use from several threads.

    Parameters
    ----------
    ceiling
        Bytes kept; what was not used for longest goes first, the newest stays in any case.
    """

    def __init__(self, ceiling: int) -> None:
        self.ceiling = ceiling
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Hashable, int, int], Stretch] = OrderedDict()
        self._places: dict[Hashable, list[tuple[Hashable, int, int]]] = {}
        self._held = 0

    @property
    def held(self) -> int:
        """Bytes held now."""
        return self._held

    def find(self, name: Hashable, k0: int, width: int) -> Stretch | None:
        """Columns ``k0 .. k0 + width - 1`` if one kept stretch has them all."""
        with self._lock:
            for key in self._places.get(name, ()):
                if key[1] <= k0 and k0 + width <= key[2]:
                    self._kept.move_to_end(key)
                    return self._kept[key].cut(k0, k0 + width)
        return None

    def complete(
        self, name: Hashable, k0: int, width: int, make: Callable[[int, int], Stretch]
    ) -> Stretch:
        """Columns ``k0 .. k0 + width - 1``, of which only those that no stretch has are made.

        Parameters
        ----------
        make
            Called with a first column and a width; columns must not depend on their neighbours.
        """
        stop = k0 + width
        beside = self._most_of(name, k0, stop)
        if beside is None:
            return make(k0, width)
        a, b = max(k0, beside.k0), min(stop, beside.stop)
        pieces = [beside.cut(a, b)]
        if k0 < a:
            pieces.insert(0, make(k0, a - k0))
        if b < stop:
            pieces.append(make(b, stop - b))
        parts = tuple(np.concatenate(same) for same in zip(*(p.parts for p in pieces), strict=True))
        return replace(beside, k0=k0, parts=parts)

    def _most_of(self, name: Hashable, k0: int, stop: int) -> Stretch | None:
        with self._lock:
            keys = self._places.get(name, ())
            best = max(keys, key=lambda key: min(stop, key[2]) - max(k0, key[1]), default=None)
            if best is None or min(stop, best[2]) <= max(k0, best[1]):
                return None
            return self._kept[best]

    def add(self, name: Hashable, stretch: Stretch) -> None:
        """Keep a stretch; what it holds as well is dropped."""
        with self._lock:
            for key in [*self._places.get(name, ())]:
                if stretch.k0 <= key[1] and key[2] <= stretch.stop:
                    self._drop(key)
            key = (name, stretch.k0, stretch.stop)
            self._kept[key] = stretch
            self._places.setdefault(name, []).append(key)
            self._held += stretch.nbytes
            while self._held > self.ceiling and len(self._kept) > 1:
                self._drop(next(iter(self._kept)))

    def forget(self, unwanted: Callable[[Any], bool]) -> None:
        """Drop the stretches of all names for which `unwanted` says so."""
        with self._lock:
            for key in [key for key in self._kept if unwanted(key[0])]:
                self._drop(key)

    def _drop(self, key: tuple[Hashable, int, int]) -> None:
        self._held -= self._kept.pop(key).nbytes
        places = self._places[key[0]]
        places.remove(key)
        if not places:
            del self._places[key[0]]
