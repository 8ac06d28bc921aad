"""Minima and maxima of ever longer stretches, built tile by tile as they are needed.

Level 0 has bins of `base` samples, each further level bins `factor` times as long; bins lie on
absolute sample numbers. A tile is a block of rows times the samples of one bin of the level
`tile_level`. Fine levels live in the shared cache, each by itself, and may be dropped; coarse
ones, a small part of the data, stay. A window is looked at in a level of which all its bins
fit into the cache at once. This room schedules nothing: callers ask what is missing, and build
it in threads of their own.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from loupe.data.cache import ByteCache, next_cache_id
from loupe.data.protocols import ArrayData, Rows
from loupe.data.reduce import MinMax, bin_minmax, merge_minmax, working_dtype

__all__ = ["RESIDENT_BYTES", "Bins", "LevelStore", "Look", "Pyramid", "TileKey", "row_block"]

RESIDENT_BYTES = 32 * 2**20
"""Coarse levels are kept from the finest one on that fits into this, unless told otherwise."""

_WINDOW_SHARE = 0.75
"""Part of the cache that the bins of one window may take."""

_PIECE_VALUES = 4_000_000
"""Samples read at a time, over all rows, while a tile is built."""

_LOCKS = 64
"""Threads that build different tiles hardly ever wait for each other with so many locks."""

_STEPS = 2**40
"""More than the tiles that are ever built."""

_WORKS = 1024
"""Windows whose building is remembered, if it did not come to its end."""


class TileKey(NamedTuple):
    """One tile: a block of rows and a stretch of time."""

    rows: int
    tile: int


class Look(NamedTuple):
    """How a window of samples is looked at.

    Attributes
    ----------
    level
        Which bins.
    finest
        Finer levels are kept from this one on while tiles are built: zooming in needs them.
    b0, b1
        The window's bins.
    """

    level: int
    finest: int
    b0: int
    b1: int


class Bins(NamedTuple):
    """Extremes of bins, ``(rows, bins)`` each.

    Attributes
    ----------
    lo, hi
        In the working dtype, raw values as `ArrayData.read` gives them; NaN (0 for int16)
        where nothing is known.
    known
        Whether the bin is built. A known bin of nothing but NaN is NaN. Where a bin has been
        dropped from the cache, the coarser one that stays stands in for it.
    missing
        Tiles of which not all is known exactly.
    """

    lo: npt.NDArray[Any]
    hi: npt.NDArray[Any]
    known: npt.NDArray[np.bool_]
    missing: int = 0


class LevelStore(Protocol):
    """Levels that are stored somewhere, complete: a sidecar."""

    @property
    def levels(self) -> int:
        """Number of stored levels, from level 0."""
        ...

    def read(self, level: int, rows: Rows, b0: int, b1: int) -> MinMax:
        """Bins ``b0 .. b1 - 1`` of rows, ``(r, b1 - b0)`` each."""
        ...


@dataclass(frozen=True, eq=False, slots=True)
class _Level:
    """The bins of one tile and one level."""

    lo: npt.NDArray[Any]
    hi: npt.NDArray[Any]

    @property
    def nbytes(self) -> int:
        return self.lo.nbytes + self.hi.nbytes


class Pyramid:
    """The min/max levels of one array.

    Parameters
    ----------
    data
        What to reduce.
    cache
        Where fine levels live; default one of 64 MiB of its own.
    base
        Samples in a bin of level 0.
    factor
        How many bins of one level make a bin of the next.
    tile_level
        A tile is one bin of this level long.
    store
        Stored levels that make building unnecessary.
    resident
        Bytes that coarse levels may take, which stay; the tiles' own
        level, about a ten-thousandth of the data, stays in any case.
    """

    def __init__(
        self,
        data: ArrayData,
        cache: ByteCache[Any] | None = None,
        *,
        base: int = 64,
        factor: int = 4,
        tile_level: int = 5,
        store: LevelStore | None = None,
        resident: int = RESIDENT_BYTES,
    ) -> None:
        if base < 1 or factor < 2 or tile_level < 0:
            raise ValueError(f"not a pyramid: base {base}, factor {factor}, tiles {tile_level}")
        self.data = data
        self.base = base
        self.factor = factor
        self.tile_level = tile_level
        self.store = store
        self.dtype = working_dtype(data.info.dtype)
        self._cache: ByteCache[Any] = ByteCache(64 * 2**20) if cache is None else cache
        self._id = next_cache_id()
        self._n = data.time.n
        self._row_block = row_block(data)
        self.tile_samples = self.bin_samples(tile_level)
        self.n_tiles = -(-self._n // self.tile_samples)
        self.n_row_blocks = -(-data.n_rows // self._row_block)
        self._built = np.zeros((self.n_row_blocks, self.n_tiles), dtype=bool)
        self._resident_from = self._choose_resident(resident)
        self._resident: dict[int, MinMax] = {}
        self._lock = threading.Lock()
        self._building = [threading.Lock() for _ in range(_LOCKS)]
        self._done = 0
        self._work: OrderedDict[tuple[int, int, int], tuple[int, int]] = OrderedDict()

    @property
    def levels(self) -> int:
        """Number of levels: the last has one bin."""
        level = 0
        while self.n_bins(level) > 1:
            level += 1
        return level + 1

    def bin_samples(self, level: int) -> int:
        """Samples in a bin of a level."""
        samples: int = self.base * self.factor**level
        return samples

    def n_bins(self, level: int) -> int:
        """Bins of a level; the last one may hold fewer samples."""
        return -(-self._n // self.bin_samples(level))

    def level_for(self, samples_per_column: float, bins_per_column: float = 2.0) -> int | None:
        """Choose the coarsest level that is fine enough, or None where raw samples are needed.

        Parameters
        ----------
        samples_per_column
            Samples in a pixel column.
        bins_per_column
            At least so many bins must fall into a column. An extreme is never lost, but is
            drawn in each column that its bin touches.
        """
        level = None
        while self.bin_samples(
            0 if level is None else level + 1
        ) * bins_per_column <= samples_per_column and (level is None or level + 1 < self.levels):
            level = 0 if level is None else level + 1
        return level

    def look(self, level: int, rows: Rows, i0: int, i1: int) -> Look:
        """How to look at samples ``i0 .. i1 - 1``, in a level or, if need be, a coarser one.

        All bins of a window must be in the cache at once. Where they do not fit in, or where
        they are pushed out again and again (`steps_left`), coarser ones do.
        """
        if self._stored(level):
            return self._looked(level, level, i0, i1)
        n_blocks, n_tiles = self._extent(rows, i0, i1)
        level = max(level, self._work.get(self._name(rows, i0, i1), (0, 0))[0])
        room = self._cache.limit * _WINDOW_SHARE
        a_bin = 2 * self.dtype.itemsize * n_blocks * self._row_block * n_tiles
        sizes = [
            a_bin * (self.tile_samples // self.bin_samples(k)) for k in range(self._resident_from)
        ]
        while level < self._resident_from and sizes[level] > room:
            level += 1
        finest = min(level, self._resident_from)
        while finest > 0 and sum(sizes[finest - 1 :]) <= room:
            finest -= 1
        return self._looked(level, finest, i0, i1)

    def _looked(self, level: int, finest: int, i0: int, i1: int) -> Look:
        size = self.bin_samples(level)
        return Look(level, finest, i0 // size, min(-(-i1 // size), self.n_bins(level)))

    def _stored(self, level: int) -> bool:
        return self.store is not None and level < self.store.levels

    def steps_left(self, look: Look, rows: Rows, i0: int, i1: int, done: int, missing: int) -> int:
        """How far it is to exact bins of a window: 0 when they are there, less with each tile.

        Bins that are pushed out as fast as they are built would be built for ever. A window
        whose tiles were missing more than twice over gets the next coarser level, down to those
        that stay.

        Parameters
        ----------
        look, rows, i0, i1
            The window, and what `look` said of it.
        done
            Tiles that were missing and were built since this was asked before, by whomever.
        missing
            As `bins` says now.
        """
        name = self._name(rows, i0, i1)
        if not missing:
            with self._lock:
                self._work.pop(name, None)
            return 0
        n_blocks, n_tiles = self._extent(rows, i0, i1)
        most = 2 * n_blocks * n_tiles
        with self._lock:
            level, builds = self._work.pop(name, (look.level, 0))
            builds += done
            if builds > most and level < self._resident_from:
                level, builds = level + 1, 0
            self._work[name] = (level, builds)
            if len(self._work) > _WORKS:
                self._work.popitem(last=False)
            self._done += done
            steps = _STEPS - self._done
        return max(0, self._resident_from - level) * _STEPS + steps

    def _extent(self, rows: Rows, i0: int, i1: int) -> tuple[int, int]:
        """Blocks of rows and tiles along time that a window touches."""
        blocks = np.unique(self._row_index(rows) // self._row_block)
        return len(blocks), -(-i1 // self.tile_samples) - i0 // self.tile_samples

    def _name(self, rows: Rows, i0: int, i1: int) -> tuple[int, int, int]:
        return i0, i1, hash(self._row_index(rows).tobytes())

    def missing(self, level: int, rows: Rows, b0: int, b1: int) -> list[TileKey]:
        """Tiles that must be built before these bins are known.

        Those that were never built come first, both in order of time: others are not blank.
        """
        if self._stored(level):
            return []
        size = self.bin_samples(level)
        first = b0 * size // self.tile_samples
        stop = -(-min(b1 * size, self._n) // self.tile_samples)
        blocks = np.unique(self._row_index(rows) // self._row_block)
        keys = [
            key
            for tile in range(first, stop)
            for block in blocks.tolist()
            if not self._has(key := TileKey(block, tile), level, level)
        ]
        return sorted(keys, key=lambda key: bool(self._built[key]))

    def _has(self, key: TileKey, finest: int, level: int) -> bool:
        if not self._built[key]:
            return False
        levels = range(finest, min(level + 1, self._resident_from))
        return all(self._cache.get((self._id, *key, k)) is not None for k in levels)

    def build(self, key: TileKey, finest: int = 0) -> None:
        """Read and reduce one tile; does nothing if another thread does or did.

        Parameters
        ----------
        key
            Which.
        finest
            Levels from this one on are kept.

        Raises
        ------
        LoupeDataError
            If the samples cannot be read.
        """
        with self._building[(key.rows + 17 * key.tile) % _LOCKS]:
            if self._has(key, finest, self._resident_from):
                return
            levels = self._reduced(key)
            # The coarsest last: finer ones go first.
            for level in range(finest, self._resident_from):
                self._cache.put((self._id, *key, level), _Level(*levels[level]))
            if not self._built[key]:
                self._keep(key, levels)

    def _keep(self, key: TileKey, levels: Sequence[MinMax]) -> None:
        row0 = key.rows * self._row_block
        for level in range(self._resident_from, self.tile_level + 1):
            lo, hi = self._resident_level(level)
            b0 = key.tile * (self.tile_samples // self.bin_samples(level))
            part_lo, part_hi = levels[level]
            place = (slice(row0, row0 + len(part_lo)), slice(b0, b0 + part_lo.shape[1]))
            lo[place], hi[place] = part_lo, part_hi
        self._built[key] = True

    def _reduced(self, key: TileKey) -> list[MinMax]:
        row0 = key.rows * self._row_block
        rows = slice(row0, min(row0 + self._row_block, self.data.n_rows))
        i0 = key.tile * self.tile_samples
        i1 = min(i0 + self.tile_samples, self._n)
        step = max(self.base, _PIECE_VALUES // self._row_block // self.base * self.base)
        look = getattr(self.data, "peek", self.data.read)
        pieces = [
            bin_minmax(look(rows, a, min(a + step, i1)), self.base) for a in range(i0, i1, step)
        ]
        levels = [pieces[0] if len(pieces) == 1 else _joined(pieces)]
        for _ in range(self.tile_level):
            levels.append(merge_minmax(*levels[-1], self.factor))
        return levels

    def bins(self, level: int, rows: Rows, b0: int, b1: int) -> Bins:
        """Return what is known of bins ``b0 .. b1 - 1`` of a level; reads no samples.

        Parameters
        ----------
        level
            From `level_for`.
        rows
            A slice or an index array of rows.
        b0, b1
            ``0 <= b0 <= b1 <= n_bins(level)``.
        """
        if not 0 <= b0 <= b1 <= self.n_bins(level):
            raise IndexError(f"bins {b0} to {b1} of {self.n_bins(level)}")
        index = self._row_index(rows)
        if self.store is not None and level < self.store.levels:
            lo, hi = self.store.read(level, rows, b0, b1)
            return Bins(lo, hi, np.ones(lo.shape, dtype=bool))
        if level > self.tile_level:
            return self._coarse(level, index, b0, b1)
        per_tile = self.tile_samples // self.bin_samples(level)
        tiles = np.arange(b0, b1) // per_tile
        if level >= self._resident_from:
            lo, hi = self._resident_level(level)
            # In this order: what another thread builds meanwhile may be drawn, but not left out.
            blocks = np.unique(index // self._row_block)
            missing = int((~self._built[np.ix_(blocks, np.unique(tiles))]).sum())
            known = self._built[np.ix_(index // self._row_block, tiles)]
            return Bins(lo[index, b0:b1], hi[index, b0:b1], known, missing)
        return self._fine(level, index, b0, b1, per_tile)

    def _fine(
        self, level: int, index: npt.NDArray[np.intp], b0: int, b1: int, per_tile: int
    ) -> Bins:
        lo = self._empty((len(index), b1 - b0))
        hi = lo.copy()
        known = np.zeros(lo.shape, dtype=bool)
        blocks = index // self._row_block
        missing = 0
        for block in np.unique(blocks).tolist():
            places = np.flatnonzero(blocks == block)
            inner = index[places] - block * self._row_block
            for tile in range(b0 // per_tile, -(-b1 // per_tile)):
                first = tile * per_tile
                a, b = max(b0, first), min(b1, first + per_tile)
                where = np.ix_(places, np.arange(a - b0, b - b0))
                found: _Level | None = self._cache.get((self._id, block, tile, level))
                if found is not None:
                    lo[where] = found.lo[inner, a - first : b - first]
                    hi[where] = found.hi[inner, a - first : b - first]
                else:
                    missing += 1
                    if not self._built[block, tile]:
                        continue
                    lo[where], hi[where] = self._stand_in(level, index[places], a, b)
                known[where] = True
        return Bins(lo, hi, known, missing)

    def _stand_in(self, level: int, index: npt.NDArray[np.intp], b0: int, b1: int) -> MinMax:
        """Bins of a level that was dropped, as wide as those of the finest one that stays."""
        lo, hi = self._resident_level(self._resident_from)
        factor = self.factor ** (self._resident_from - level)
        c0, c1 = b0 // factor, -(-b1 // factor)
        part = slice(b0 - c0 * factor, b1 - c0 * factor)
        wide = (np.repeat(side[index, c0:c1], factor, axis=1)[:, part] for side in (lo, hi))
        return next(wide), next(wide)

    def _coarse(self, level: int, index: npt.NDArray[np.intp], b0: int, b1: int) -> Bins:
        """Levels beyond the tiles, from the tiles' own bins: there are few of them."""
        if b1 <= b0:
            nothing = self._empty((len(index), 0))
            return Bins(nothing, nothing, nothing.astype(bool))
        factor = self.factor ** (level - self.tile_level)
        fine = self.bins(
            self.tile_level, index, b0 * factor, min(b1 * factor, self.n_bins(self.tile_level))
        )
        starts = np.arange(0, fine.lo.shape[1], factor)
        known = np.logical_and.reduceat(fine.known, starts, axis=1)
        lo, hi = merge_minmax(fine.lo, fine.hi, factor)
        blank = self._empty((1, 1))[0, 0]
        lo[~known] = blank
        hi[~known] = blank
        return Bins(lo, hi, known, fine.missing)

    def _empty(self, shape: tuple[int, int]) -> npt.NDArray[Any]:
        return np.full(shape, np.nan if self.dtype.kind == "f" else 0, dtype=self.dtype)

    def _row_index(self, rows: Rows) -> npt.NDArray[np.intp]:
        return np.arange(self.data.n_rows)[rows] if isinstance(rows, slice) else np.asarray(rows)

    @property
    def progress(self) -> float:
        """Part of the tiles that is built, 0 to 1."""
        if self.store is not None:
            return 1.0
        return float(self._built.mean()) if self._built.size else 1.0

    @property
    def nbytes(self) -> int:
        """Bytes of the coarse levels, which stay."""
        return sum(lo.nbytes + hi.nbytes for lo, hi in self._resident.values())

    def all_tiles(self) -> Sequence[TileKey]:
        """Every tile, in order of time."""
        return [TileKey(r, t) for t in range(self.n_tiles) for r in range(self.n_row_blocks)]

    @property
    def resident_bytes(self) -> int:
        """Bytes that the levels which stay take once they are built."""
        if self.store is not None:
            return 0
        return sum(self._level_bytes(k) for k in range(self._resident_from, self.tile_level + 1))

    def _choose_resident(self, resident: int) -> int:
        level = self.tile_level
        while level > 0 and self._level_bytes(level - 1) * 2 <= resident:
            level -= 1
        return level

    def _level_bytes(self, level: int) -> int:
        return 2 * self.data.n_rows * self.n_bins(level) * self.dtype.itemsize

    def _resident_level(self, level: int) -> MinMax:
        with self._lock:
            if level not in self._resident:
                shape = (self.data.n_rows, self.n_bins(level))
                self._resident[level] = (self._empty(shape), self._empty(shape))
            return self._resident[level]


def row_block(data: ArrayData) -> int:
    """Rows a tile: whole chunks, so that no chunk is decoded for two tiles; at most all."""
    chunk_rows = data.info.chunks[0] if data.info.chunks else 32
    return max(1, min(data.n_rows, -(-32 // chunk_rows) * chunk_rows if chunk_rows < 512 else 512))


def _joined(pieces: Sequence[MinMax]) -> MinMax:
    return (
        np.concatenate([lo for lo, _ in pieces], axis=1),
        np.concatenate([hi for _, hi in pieces], axis=1),
    )
