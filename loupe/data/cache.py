"""One store of recently used blocks, bounded in bytes and shared by all threads.

Knows nothing of what it holds but its size. What two threads ask for at once is loaded
once; what was not used for longest goes first.
"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from loupe.work import Cancelled

__all__ = ["ByteCache", "CacheStats", "Sized", "next_cache_id"]


class Sized(Protocol):
    """What can be held: arrays, or anything that says its size in bytes."""

    @property
    def nbytes(self) -> int:
        """Size in memory."""
        ...


V = TypeVar("V", bound=Sized)

_ids = itertools.count(1)


def next_cache_id() -> int:
    """Return a number that no other owner of cached blocks has in this process."""
    return next(_ids)


@dataclass(frozen=True, slots=True)
class CacheStats:
    """Counts since the cache was made; ``bytes_held`` is of now.

    Attributes
    ----------
    hits, loads
        Blocks found, and blocks loaded from their store.
    evictions
        Blocks dropped to make room.
    bytes_loaded, bytes_held, peak_bytes
        Decoded bytes: loaded in all, held now, held at most.
    """

    hits: int = 0
    loads: int = 0
    evictions: int = 0
    bytes_loaded: int = 0
    bytes_held: int = 0
    peak_bytes: int = 0


class ByteCache(Generic[V]):
    """Blocks by key, least recently used dropped first.

    Parameters
    ----------
    limit
        Ceiling in bytes; a block larger than this is handed on but not kept.
    cheap_share
        Part of the ceiling that blocks may take which are loaded again at no cost.
    """

    def __init__(self, limit: int, cheap_share: float = 0.125) -> None:
        if limit < 0:
            raise ValueError(f"a cache cannot hold {limit} bytes")
        self._limit = limit
        self._lock = threading.Lock()
        self._blocks: OrderedDict[Hashable, V] = OrderedDict()
        self._in_flight: dict[Hashable, Future[V]] = {}
        self._cheap: OrderedDict[Hashable, None] = OrderedDict()
        self._cheap_share = cheap_share
        self._cheap_held = 0
        self._held = 0
        self._peak = 0
        self._hits = 0
        self._loads = 0
        self._evictions = 0
        self._bytes_loaded = 0

    @property
    def limit(self) -> int:
        """Ceiling in bytes; setting it drops what no longer fits."""
        return self._limit

    @limit.setter
    def limit(self, limit: int) -> None:
        with self._lock:
            self._limit = limit
            self._make_room(0)

    @property
    def stats(self) -> CacheStats:
        """What happened so far."""
        with self._lock:
            return CacheStats(
                self._hits,
                self._loads,
                self._evictions,
                self._bytes_loaded,
                self._held,
                self._peak,
            )

    def get(self, key: Hashable) -> V | None:
        """Return the block of a key if it is held."""
        with self._lock:
            block = self._blocks.get(key)
            if block is not None:
                self._used(key)
            return block

    def put(self, key: Hashable, block: V) -> None:
        """Hold a block, replacing one of the same key."""
        with self._lock:
            self._store(key, block)

    def fetch(
        self,
        keys: Sequence[Hashable],
        load: Callable[[Sequence[Hashable]], Mapping[Hashable, V]],
        *,
        cheap: bool = False,
    ) -> dict[Hashable, V]:
        """Return the blocks of all keys, loading together those that nobody has or loads.

        Parameters
        ----------
        keys
            Which blocks; each once.
        load
            Called outside the lock with the keys to load; returns them all. Called a second
            time only if another thread gave up loading some (`loupe.work.Cancelled`).
        cheap
            Whether loading is little more than copying, as of plain samples that the system
            keeps in memory anyhow: such blocks take a part of the ceiling only.

        Raises
        ------
        Exception
            What ``load`` raises, here or in the thread that loads a block for both.
        """
        found: dict[Hashable, V] = {}
        mine: list[Hashable] = []
        theirs: list[tuple[Hashable, Future[V]]] = []
        with self._lock:
            for key in keys:
                block = self._blocks.get(key)
                if block is not None:
                    self._used(key)
                    found[key] = block
                elif (flight := self._in_flight.get(key)) is not None:
                    theirs.append((key, flight))
                else:
                    self._in_flight[key] = Future()
                    mine.append(key)
        if mine:
            found.update(self._load(mine, load, cheap))
        # Own blocks are loaded before anything is waited for, so nobody waits in a circle.
        again = []
        for key, flight in theirs:
            try:
                found[key] = flight.result()
            except Cancelled:
                # The other thread lost interest, not this one.
                again.append(key)
        if again:
            found.update(self.fetch(again, load, cheap=cheap))
        return found

    def _load(
        self,
        keys: list[Hashable],
        load: Callable[[Sequence[Hashable]], Mapping[Hashable, V]],
        cheap: bool,
    ) -> Mapping[Hashable, V]:
        try:
            loaded = load(keys)
            blocks = [loaded[key] for key in keys]
        except BaseException as error:
            with self._lock:
                flights = [self._in_flight.pop(key) for key in keys]
            for flight in flights:
                flight.set_exception(error)
            raise
        with self._lock:
            flights = [self._in_flight.pop(key) for key in keys]
            for key, block in zip(keys, blocks, strict=True):
                self._loads += 1
                self._bytes_loaded += block.nbytes
                self._store(key, block, cheap)
        for flight, block in zip(flights, blocks, strict=True):
            flight.set_result(block)
        return loaded

    def drop(self, keys: Iterable[Hashable] | None = None) -> None:
        """Forget some blocks, or all."""
        with self._lock:
            for key in list(self._blocks if keys is None else keys):
                self._forget(key)

    def _used(self, key: Hashable) -> None:
        self._blocks.move_to_end(key)
        if key in self._cheap:
            self._cheap.move_to_end(key)
        self._hits += 1

    def _store(self, key: Hashable, block: V, cheap: bool = False) -> None:
        self._forget(key)
        room = int(self._limit * self._cheap_share) if cheap else self._limit
        if block.nbytes > room:
            return
        while cheap and self._cheap_held + block.nbytes > room:
            self._forget(next(iter(self._cheap)))
            self._evictions += 1
        self._make_room(block.nbytes)
        self._blocks[key] = block
        self._held += block.nbytes
        if cheap:
            self._cheap[key] = None
            self._cheap_held += block.nbytes
        self._peak = max(self._peak, self._held)

    def _forget(self, key: Hashable) -> None:
        block = self._blocks.pop(key, None)
        if block is None:
            return
        self._held -= block.nbytes
        if key in self._cheap:
            del self._cheap[key]
            self._cheap_held -= block.nbytes

    def _make_room(self, size: int) -> None:
        while self._blocks and self._held + size > self._limit:
            self._forget(next(iter(self._blocks)))
            self._evictions += 1
