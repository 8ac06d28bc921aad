"""A least-recently-used store with a ceiling in bytes; knows nothing of what it stores."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar

__all__ = ["ByteCache", "Sized"]


class Sized(Protocol):
    """Anything that knows its weight."""

    @property
    def nbytes(self) -> int:
        """Bytes held in memory."""
        ...


K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Sized)


class ByteCache(Generic[K, V]):
    """Keep values until their bytes pass ``limit``, then drop the one unused for longest.

    The newest value always stays, even if it alone is heavier than the limit. Not for use from
    two threads at once.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._values: OrderedDict[K, V] = OrderedDict()
        self._bytes = 0

    @property
    def nbytes(self) -> int:
        """Bytes held now."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: K) -> bool:
        return key in self._values

    def get(self, key: K) -> V | None:
        """The value, now the most recently used; None if it is not held."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Hold a value, in the place of one with the same key."""
        old = self._values.pop(key, None)
        if old is not None:
            self._bytes -= old.nbytes
        self._values[key] = value
        self._bytes += value.nbytes
        while self._bytes > self.limit and len(self._values) > 1:
            _, dropped = self._values.popitem(last=False)
            self._bytes -= dropped.nbytes

    def clear(self) -> None:
        """Hold nothing."""
        self._values.clear()
        self._bytes = 0
