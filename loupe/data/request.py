"""What a reader is asked to open, and what a reader is.

A third party writes a `Reader` and names it in the entry point group ``loupe.readers``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from loupe.data.cache import ByteCache
from loupe.data.clock import Clock
from loupe.data.protocols import ArrayData, TableData
from loupe.data.variables import BlockCache

__all__ = ["DEFAULT_BLOCK_LIMIT", "Kind", "OpenRequest", "Reader"]

Kind: TypeAlias = Literal["array", "table"]

DEFAULT_BLOCK_LIMIT = 512 * 2**20
"""Largest stored block, in bytes, that is loaded to read a part of it."""


def _small_cache() -> BlockCache:
    return ByteCache(64 * 2**20)


@dataclass(frozen=True, eq=False)
class OpenRequest:
    """A source with its paths resolved.

    Attributes
    ----------
    path
        File, folder, or URL (with ``://``) of the store.
    group, variable
        Place inside the store; None leaves it to the reader.
    select
        Dimension to range, list or value; see `loupe.data.select`.
    time
        Name of the time dimension or column.
    time_unit
        Unit of the stored times, or None to believe the file.
    rate
        Samples a second of an array that is stored without times, or None.
    block_limit
        Largest stored block in bytes that may be loaded.
    cache
        The shared store of decoded blocks.
    clock
        Second 0 of tables that hold datetimes.
    """

    path: Path | str
    group: str | None = None
    variable: str | None = None
    select: Mapping[str, object] = field(default_factory=dict)
    time: str = "time"
    time_unit: str | None = None
    rate: float | None = None
    block_limit: int = DEFAULT_BLOCK_LIMIT
    cache: BlockCache = field(default_factory=_small_cache)
    clock: Clock = field(default_factory=Clock)


@runtime_checkable
class Reader(Protocol):
    """Opens one kind of file. Opening reads headers and coordinates only.

    Attributes
    ----------
    name
        Short name, as in ``format = "zarr"``.
    extensions
        Lower-case endings that it opens, such as ``.zarr``; the longest match wins.
    kinds
        What it can open: arrays, tables or both.
    """

    name: str
    extensions: tuple[str, ...]
    kinds: frozenset[Kind]

    def claims(self, path: Path) -> bool:
        """Whether an existing path without a known ending is of this kind (folders, say)."""
        ...

    def open_array(self, request: OpenRequest) -> ArrayData:
        """Open traces x samples.

        Raises
        ------
        LoupeDataError
            If there are none, or they are damaged.
        """
        ...

    def open_table(self, request: OpenRequest) -> TableData:
        """Open a table of events.

        Raises
        ------
        LoupeDataError
            If there is none, or it is damaged.
        """
        ...
