"""Stored n-dimensional arrays seen alike, and reading any part of them by whole chunks.

A `Variable` is a thin face over one array of a zarr store, an HDF5 file or memory. Reading
goes through the shared cache chunk by chunk, so that neighbouring windows decode no chunk
twice. This room knows neither names of coordinates nor rows nor time.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.data.cache import ByteCache, next_cache_id
from loupe.errors import LoupeDataError
from loupe.work import check_cancelled

__all__ = [
    "BlockCache",
    "Chunking",
    "Index",
    "MemoryVariable",
    "Variable",
    "VariableReader",
    "chunk_edges",
    "memory_variable",
]

Index: TypeAlias = slice | npt.NDArray[np.intp]
"""Positions along one dimension: a slice of step 1, or any positions in any order."""

BlockCache: TypeAlias = ByteCache[npt.NDArray[Any]]

_HULL_WASTE = 4
"""Scattered positions are read as one stretch if that is at most this many times as long."""

_REMOTE_CHUNKS = 8
"""Chunks of a remote store fetched side by side before asking whether they are still wanted."""

_HULL_BYTES = 256 * 2**20
"""Chunks are loaded in one request up to this size."""


@dataclass(frozen=True, slots=True)
class Chunking:
    """Where the chunks of one dimension begin.

    Attributes
    ----------
    size
        Length of the dimension.
    step
        Length of every chunk but the last one; 0 if they are irregular.
    edges
        Beginnings of irregular chunks and the end, else empty.
    """

    size: int
    step: int
    edges: tuple[int, ...] = ()

    def at(self, position: int) -> int:
        """Number of the chunk that holds a position."""
        if self.step:
            return position // self.step
        return bisect_right(self.edges, position) - 1

    def bounds(self, chunk: int) -> tuple[int, int]:
        """First position of a chunk and the position after its last."""
        if self.step:
            return chunk * self.step, min((chunk + 1) * self.step, self.size)
        return self.edges[chunk], self.edges[chunk + 1]

    @property
    def typical(self) -> int:
        """Length of the longest chunk."""
        if self.step:
            return min(self.step, max(self.size, 1))
        return max((b - a for a, b in itertools.pairwise(self.edges)), default=1)


def chunk_edges(size: int, lengths: Sequence[int]) -> Chunking:
    """Describe the chunks of a dimension by their lengths."""
    first = lengths[0] if lengths else 0
    if first > 0 and all(n == first for n in lengths[:-1]) and lengths[-1] <= first:
        return Chunking(size, first)
    return Chunking(size, 0, (0, *itertools.accumulate(lengths)))


@dataclass(eq=False)
class Variable(ABC):
    """One array in a store, opened but not read.

    Attributes
    ----------
    name, where
        Its own name, and file and place for messages.
    dims, shape, dtype
        Names and lengths of its dimensions, and its raw dtype.
    attrs
        Attributes, of plain Python values.
    fill
        The raw value that stands for "missing", or None.
    chunks
        How each dimension is cut, or None where any part can be read alone (memory maps).
    """

    name: str
    where: str
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    attrs: Mapping[str, object]
    fill: object
    chunks: tuple[Chunking, ...] | None

    @property
    def remote(self) -> bool:
        """Whether reading goes over a network: then in small steps that can be given up."""
        return False

    @property
    def one_by_one(self) -> bool:
        """Whether chunks are files of plain samples: read one at a time, hardly worth keeping."""
        return False

    def absent(self) -> str:
        """What is said of chunks that are not in the store; "" if all are, or nobody can tell."""
        return ""

    @property
    def files(self) -> tuple[Path, ...]:
        """Files and folders that hold the samples, all of them; none where that is not known."""
        return ()

    @property
    def conversion(self) -> str:
        """Names what reading does to stored values by what stands in other files; "" if nothing."""
        return ""

    @abstractmethod
    def block(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any]:
        """Return a box of the array; slices of step 1, one a dimension.

        Raises
        ------
        LoupeDataError
            If the store fails; names the file and the place.
        """


@dataclass(eq=False)
class MemoryVariable(Variable):
    """A `Variable` over anything that slices like numpy: arrays and memory maps."""

    values: npt.NDArray[Any]

    def block(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any]:
        """Return a view of the array."""
        return self.values[bounds]


def memory_variable(
    values: npt.NDArray[Any],
    dims: tuple[str, ...],
    *,
    name: str = "",
    where: str = "",
    attrs: Mapping[str, object] | None = None,
) -> MemoryVariable:
    """Wrap an array or memory map."""
    return MemoryVariable(
        name, where, dims, values.shape, values.dtype, attrs or {}, None, None, values
    )


class VariableReader:
    """Reads parts of one variable, through the cache if it is chunked.

    Parameters
    ----------
    variable
        What to read.
    cache
        Shared blocks; their keys begin with a number of this reader.
    block_limit
        Largest chunk in bytes that may be loaded.

    Raises
    ------
    LoupeDataError
        If one chunk is larger than ``block_limit``.
    """

    def __init__(self, variable: Variable, cache: BlockCache, block_limit: int) -> None:
        self.variable = variable
        self._cache = cache
        self._id = next_cache_id()
        if variable.chunks is not None:
            size = math.prod(c.typical for c in variable.chunks) * variable.dtype.itemsize
            if size > block_limit:
                needed = -(-size // 2**20)
                lengths = " x ".join(str(c.typical) for c in variable.chunks)
                raise LoupeDataError(
                    f"stored in blocks of {size / 2**20:.0f} MiB ({lengths} samples); "
                    f"at most {block_limit / 2**20:.0f} MiB are loaded at once",
                    where=variable.where,
                    hint="rechunk the store along time: a few MiB a block serve best; or allow "
                    f"it with `block_mb = {needed}` in the source",
                    code="data-block-size",
                )

    def read(self, index: tuple[Index, ...]) -> npt.NDArray[Any]:
        """Return the positions asked for along each dimension, independently.

        Parameters
        ----------
        index
            One `Index` a dimension.

        Returns
        -------
        ndarray
            Its shape is the lengths of the indices. It may be a view of memory or of a
            cached block: copy before writing.
        """
        if self.variable.chunks is None:
            return self._read_plain(index)
        return self._read_chunks(index, self.variable.chunks)

    def _read_plain(self, index: tuple[Index, ...]) -> npt.NDArray[Any]:
        for axis, part in enumerate(index):
            if isinstance(part, slice) or len(part) == 0:
                continue
            low, high = int(part.min()), int(part.max()) + 1
            if high - low <= _HULL_WASTE * len(part) or isinstance(self.variable, MemoryVariable):
                hull = (*index[:axis], slice(low, high), *index[axis + 1 :])
                return np.take(self._read_plain(hull), part - low, axis=axis)
            single = [
                self._read_plain((*index[:axis], slice(int(i), int(i) + 1), *index[axis + 1 :]))
                for i in part
            ]
            return np.concatenate(single, axis=axis)
        bounds = tuple(part if isinstance(part, slice) else slice(0, 0) for part in index)
        return self.variable.block(bounds)

    def _read_chunks(
        self, index: tuple[Index, ...], chunks: tuple[Chunking, ...]
    ) -> npt.NDArray[Any]:
        parts = [list(_cut(part, chunking)) for part, chunking in zip(index, chunks, strict=True)]
        shape = tuple(_length(part) for part in index)
        out = np.empty(shape, dtype=self.variable.dtype)
        if out.size == 0:
            return out
        wanted = list(itertools.product(*[[chunk for chunk, _, _ in part] for part in parts]))
        blocks = self._cache.fetch(
            [(self._id, *w) for w in wanted], self._load, cheap=self.variable.one_by_one
        )
        for pieces in itertools.product(*parts):
            block = blocks[(self._id, *(chunk for chunk, _, _ in pieces))]
            for axis, (_, inner, _) in enumerate(pieces):
                # One axis at a time: numpy pairs up several index arrays.
                block = (
                    block[(slice(None),) * axis + (inner,)]
                    if isinstance(inner, slice)
                    else np.take(block, inner, axis=axis)
                )
            target = [outer for _, _, outer in pieces]
            if all(isinstance(outer, slice) for outer in target):
                out[tuple(target)] = block
            else:
                out[np.ix_(*[_positions(o, n) for o, n in zip(target, shape, strict=True)])] = block
        return out

    def _load(self, keys: Sequence[Hashable]) -> dict[Hashable, npt.NDArray[Any]]:
        if not self.variable.remote:
            return self._load_together(keys)
        loaded: dict[Hashable, npt.NDArray[Any]] = {}
        for start in range(0, len(keys), _REMOTE_CHUNKS):
            check_cancelled()
            step = self._load_together(keys[start : start + _REMOTE_CHUNKS])
            # Kept at once: they are paid for, even if the rest is given up.
            for key, block in step.items():
                self._cache.put(key, block)
            loaded.update(step)
        return loaded

    def _load_together(self, keys: Sequence[Hashable]) -> dict[Hashable, npt.NDArray[Any]]:
        """Load chunks: in one request if they fill a box, else one by one."""
        chunks = self.variable.chunks
        assert chunks is not None
        numbers = [_chunk_numbers(key) for key in keys]
        low = tuple(map(min, zip(*numbers, strict=True)))
        high = tuple(map(max, zip(*numbers, strict=True)))
        filled = math.prod(h - a + 1 for a, h in zip(low, high, strict=True)) == len(keys)
        size = math.prod(c.typical for c in chunks) * self.variable.dtype.itemsize * len(keys)
        loaded: dict[Hashable, npt.NDArray[Any]] = {}
        together = filled and size <= _HULL_BYTES and not self.variable.one_by_one
        if together and len(keys) > 1:
            starts = [c.bounds(a)[0] for c, a in zip(chunks, low, strict=True)]
            stops = [c.bounds(b)[1] for c, b in zip(chunks, high, strict=True)]
            # If the box fails, reading its chunks one by one tells which of them is at fault.
            with contextlib.suppress(LoupeDataError):
                box = self.variable.block(tuple(map(slice, starts, stops)))
                for key, number in zip(keys, numbers, strict=True):
                    inside = tuple(
                        slice(c.bounds(k)[0] - start, c.bounds(k)[1] - start)
                        for c, k, start in zip(chunks, number, starts, strict=True)
                    )
                    loaded[key] = _frozen(box[inside])
                return loaded
        for key, number in zip(keys, numbers, strict=True):
            bounds = tuple(slice(*c.bounds(k)) for c, k in zip(chunks, number, strict=True))
            loaded[key] = _frozen(self.variable.block(bounds))
        return loaded


def _chunk_numbers(key: Hashable) -> tuple[int, ...]:
    assert isinstance(key, tuple)
    return key[1:]


def _frozen(block: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A block of its own memory (a view would keep its whole box), read-only."""
    base = block.base
    whole = base is None or (isinstance(base, np.ndarray) and base.nbytes == block.nbytes)
    own = block if whole else np.array(block, order="C", copy=True)
    own.setflags(write=False)
    return own


def _length(part: Index) -> int:
    return part.stop - part.start if isinstance(part, slice) else len(part)


def _positions(outer: Index, n: int) -> npt.NDArray[np.intp]:
    return np.arange(n)[outer] if isinstance(outer, slice) else outer


def _cut(part: Index, chunking: Chunking) -> Iterator[tuple[int, Index, Index]]:
    """Cut positions at chunk borders: (chunk, positions in it, places in the result)."""
    if isinstance(part, slice):
        if part.start >= part.stop:
            return
        for chunk in range(chunking.at(part.start), chunking.at(part.stop - 1) + 1):
            start, stop = chunking.bounds(chunk)
            low, high = max(start, part.start), min(stop, part.stop)
            yield (
                chunk,
                slice(low - start, high - start),
                slice(low - part.start, high - part.start),
            )
        return
    numbers = np.array([chunking.at(int(i)) for i in part], dtype=np.intp)
    for chunk in np.unique(numbers):
        places = np.flatnonzero(numbers == chunk)
        yield int(chunk), part[places] - chunking.bounds(int(chunk))[0], places
