"""Traces x samples over one stored variable: rows flattened, read as boxes of the store.

Knows dimensions by position only; `loupe.data.dataset` knows their names and opens these.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from loupe.data.protocols import ArrayData, ArrayInfo, Rows
from loupe.data.timeaxis import Axis
from loupe.data.variables import Index, VariableReader

__all__ = ["Kept", "LabelledArray", "StoredArray", "StoredAt"]


@dataclass(frozen=True, slots=True)
class Kept:
    """One dimension other than time after `select`: positions kept (all if None)."""

    size: int
    index: npt.NDArray[np.intp] | None

    def stored(self, index: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """Return the stored positions of positions among those kept."""
        return index if self.index is None else self.index[index]


@dataclass(frozen=True, slots=True)
class StoredAt:
    """Where an array lies in files.

    Attributes
    ----------
    path
        The store.
    group, variable
        Place inside it.
    files
        The files and folders that hold the array's samples.
    """

    path: Path
    group: str | None
    variable: str | None
    files: tuple[Path, ...]


class StoredArray(ArrayData, Protocol):
    """An array in files, of which an overview can be made where `stored` says which they are."""

    @property
    def stored(self) -> StoredAt | None:
        """Where the array lies, or None in memory, on the network and where nobody can tell."""
        ...

    @property
    def signature(self) -> dict[str, object]:
        """What must be equal for an overview to fit, whatever the place and the `select`."""
        ...

    @property
    def whole_time(self) -> bool:
        """Whether all stored samples are there, not a `select` of them."""
        ...

    @property
    def selects_rows(self) -> bool:
        """Whether rows of the stored array are left out or in another order."""
        ...

    @property
    def stored_rows(self) -> npt.NDArray[np.intp]:
        """For each row, its number among the rows of the whole stored array, ``(n_rows,)``."""
        ...

    def peek(self, rows: slice, i0: int, i1: int, *, cached: bool = True) -> npt.NDArray[Any]:
        """As `read`, but perhaps a view of the stored values: look at it, never write."""
        ...


class LabelledArray:
    """An `ArrayData` over one variable; see `loupe.data.dataset.open_labelled`."""

    def __init__(
        self,
        reader: VariableReader,
        info: ArrayInfo,
        time: Axis,
        time_dim: int,
        first: int,
        kept: tuple[Kept | int, ...],
        missing: object,
        stored: StoredAt | None = None,
    ) -> None:
        self._reader = reader
        self._stored = stored
        self._info = info
        self._time = time
        self._time_dim = time_dim
        self._first = first
        self._kept = kept
        self._missing = missing
        self._shape = tuple(k.size for k in kept if isinstance(k, Kept))

    @property
    def info(self) -> ArrayInfo:
        """Names, coordinates, dtype and units."""
        return self._info

    @property
    def time(self) -> Axis:
        """The time axis."""
        return self._time

    @property
    def n_rows(self) -> int:
        """Number of traces."""
        return math.prod(self._shape)

    @property
    def reader(self) -> VariableReader:
        """The reader of the stored variable, for counting and for builders."""
        return self._reader

    @property
    def absent(self) -> str:
        """What is said of chunks that are not in the store; "" if all are."""
        return self._reader.variable.absent()

    @property
    def stored(self) -> StoredAt | None:
        """Where the array lies, or None in memory and on the network."""
        return self._stored

    @property
    def signature(self) -> dict[str, object]:
        """What must be equal for an overview to fit, whatever the place and the `select`."""
        variable = self._reader.variable
        return {
            "dims": list(variable.dims),
            "shape": list(variable.shape),
            "dtype": str(variable.dtype.newbyteorder("=")),
            "read_dtype": str(self._info.dtype),
            "time": self._time_dim,
            **({"conversion": variable.conversion} if variable.conversion else {}),
        }

    @property
    def whole_time(self) -> bool:
        """Whether all stored samples are there, not a `select` of them."""
        return self._first == 0 and self._time.n == self._reader.variable.shape[self._time_dim]

    @property
    def selects_rows(self) -> bool:
        """Whether rows of the stored array are left out or in another order."""
        return any(not isinstance(k, Kept) or k.index is not None for k in self._kept)

    @property
    def stored_rows(self) -> npt.NDArray[np.intp]:
        """For each row, its number among the rows of the whole stored array, ``(n_rows,)``."""
        sizes = [n for k, n in enumerate(self._reader.variable.shape) if k != self._time_dim]
        if not sizes:
            return np.zeros(1, dtype=np.intp)
        axes = [
            k.stored(np.arange(k.size)) if isinstance(k, Kept) else np.array([k])
            for k in self._kept
        ]
        grid = np.meshgrid(*axes, indexing="ij")
        rows: npt.NDArray[np.intp] = np.ravel_multi_index([g.ravel() for g in grid], sizes)
        return rows

    def shifted(self, dt: float, origin: datetime | None) -> LabelledArray:
        """The same array on an axis ``dt`` seconds later, whose second 0 is ``origin``."""
        return LabelledArray(
            self._reader,
            replace(self._info, origin=origin),
            self._time.shifted(dt),
            self._time_dim,
            self._first,
            self._kept,
            self._missing,
            self._stored,
        )

    def read(self, rows: Rows, i0: int, i1: int) -> npt.NDArray[Any]:
        """Samples ``i0 .. i1 - 1`` of the rows; see `loupe.data.protocols.ArrayData.read`."""
        if not 0 <= i0 <= i1 <= self._time.n:
            raise IndexError(f"samples {i0} to {i1} of {self._time.n}")
        index = np.arange(self.n_rows)[rows] if isinstance(rows, slice) else np.asarray(rows)
        out = np.empty((len(index), i1 - i0), dtype=self._info.dtype)
        if out.size == 0:
            return out
        samples = slice(self._first + i0, self._first + i1)
        if not self._shape:
            out[:] = self._decoded(self._box((), samples))
            return out
        parts = np.unravel_index(index, self._shape)
        for places, box in _boxes(parts):
            out[places] = self._decoded(self._box(box, samples)).reshape(-1, i1 - i0)
        return out

    def peek(self, rows: slice, i0: int, i1: int, *, cached: bool = True) -> npt.NDArray[Any]:
        """As `read`, but perhaps a view of the stored values: look at it, never write.

        Saves copies where much is reduced to little. With ``cached`` false, blocks that are not
        wanted again go past the shared cache.
        """
        kept = [k for k in self._kept if isinstance(k, Kept)]
        if self._missing is None and len(kept) == 1 and kept[0].index is None:
            samples = slice(self._first + i0, self._first + i1)
            if cached:
                values = self._box((np.arange(self.n_rows)[rows],), samples)
            else:
                values = self._fresh(rows, samples)
            flat = values.reshape(-1, i1 - i0)
            if flat.dtype == self._info.dtype:
                return flat
        return self.read(rows, i0, i1)

    def _fresh(self, rows: slice, samples: slice) -> npt.NDArray[Any]:
        bounds = [
            slice(*rows.indices(self.n_rows)[:2]) if isinstance(k, Kept) else slice(k, k + 1)
            for k in self._kept
        ]
        bounds.insert(self._time_dim, samples)
        return np.moveaxis(self._reader.variable.block(tuple(bounds)), self._time_dim, -1)

    def _box(
        self, kept_index: tuple[npt.NDArray[np.intp], ...], samples: slice
    ) -> npt.NDArray[Any]:
        """Read the product of indices over the kept dimensions; time comes last."""
        remaining = iter(kept_index)
        index: list[Index] = []
        for kept in self._kept:
            if isinstance(kept, Kept):
                index.append(_tidy(kept.stored(next(remaining))))
            else:
                index.append(slice(kept, kept + 1))
        index.insert(self._time_dim, samples)
        values = self._reader.read(tuple(index))
        return np.moveaxis(values, self._time_dim, -1)

    def _decoded(self, raw: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if self._missing is None:
            return raw
        values = raw.astype(self._info.dtype)
        values[raw == self._missing] = np.nan
        return values


def _tidy(index: npt.NDArray[np.intp]) -> Index:
    """A slice where the positions are consecutive, for then no index arrays are needed."""
    if len(index) and index[-1] - index[0] == len(index) - 1 and (np.diff(index) == 1).all():
        return slice(int(index[0]), int(index[-1]) + 1)
    return index


def _boxes(
    parts: tuple[npt.NDArray[np.intp], ...],
) -> list[tuple[npt.NDArray[np.intp], tuple[npt.NDArray[np.intp], ...]]]:
    """Group rows into boxes: places in the result, and an index along each dimension."""
    n = len(parts[0])
    whole = np.arange(n)
    if len(parts) == 1:
        return [(whole, parts)]
    unique = tuple(np.unique(part) for part in parts)
    if math.prod(map(len, unique)) == n:
        grid = np.stack(np.meshgrid(*unique, indexing="ij")).reshape(len(parts), n)
        if np.array_equal(grid, np.stack(parts)):
            return [(whole, unique)]
    # Rows that share all but the last dimension are read together.
    leading = np.stack(parts[:-1])
    boxes = []
    for combination in np.unique(leading, axis=1).T:
        places = np.flatnonzero((leading == combination[:, None]).all(axis=0))
        boxes.append((places, (*(np.array([c]) for c in combination), parts[-1][places])))
    return boxes
