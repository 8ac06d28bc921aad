"""What the rest of Loupe knows of data: rows of samples, tables, and their time.

This floor knows neither sessions' plots, nor pixels, nor Qt. A reader opens a
source and returns one of these; opening reads headers and coordinates only,
`ArrayData.read` reads only what it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from loupe.units import Seconds, Span

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ArrayData", "ArrayInfo", "PiecewiseTable", "TableData", "TimeAxis"]

Rows = slice | npt.NDArray[np.intp]


@runtime_checkable
class TimeAxis(Protocol):
    """Times of ``n`` samples: strictly increasing, float64 seconds on the common axis."""

    @property
    def n(self) -> int:
        """Number of samples."""
        ...

    @property
    def span(self) -> Span:
        """From the first sample to the last one (both included)."""
        ...

    @property
    def period(self) -> Seconds:
        """Sampling period: exact when `uniform`, else the median difference."""
        ...

    @property
    def uniform(self) -> bool:
        """Whether sample ``i`` lies at ``span.start + i * period``."""
        ...

    def times(self, i0: int, i1: int) -> npt.NDArray[np.float64]:
        """Times of samples ``i0 .. i1 - 1``, shape ``(i1 - i0,)``.

        Where an axis has ``at(index)`` too, the times of any samples ``(k,)`` come from there,
        so that a picture of hours does not compute the time of every sample.
        """
        ...

    def bracket(self, t0: Seconds, t1: Seconds) -> tuple[int, int]:
        """``(i0, i1)``: the samples in closed ``[t0, t1]`` plus one neighbour on either side.

        Clipped to ``[0, n]``. Empty (``i0 == i1``) only if ``n == 0``.
        """
        ...


@dataclass(frozen=True, eq=False)
class ArrayInfo:
    """What is known of an array without reading its samples.

    Attributes
    ----------
    name
        The array's own name; empty if it has none.
    units
        Physical units of the values as returned by `ArrayData.read` times `scale`; may be "".
    dims
        Names of the dimensions other than time, in array order; empty for a 1-D array.
    row_names
        One name a row: the coordinate values of `dims` joined by "-"; "" for a 1-D array.
    coords
        Per-row values of every coordinate over the non-time dimensions, each ``(n_rows,)``;
        dimension coordinates included. Any dtype.
    dtype
        The dtype that `ArrayData.read` returns (int16 stays int16).
    scale, offset
        Physical value = raw * scale + offset.
    origin
        Wall clock of time 0 of the common axis, or None without datetimes.
    chunks
        ``(rows, samples)`` of a stored chunk, or None.
    """

    name: str
    units: str
    dims: tuple[str, ...]
    row_names: tuple[str, ...]
    coords: Mapping[str, npt.NDArray[Any]]
    dtype: np.dtype[Any]
    scale: float = 1.0
    offset: float = 0.0
    origin: datetime | None = None
    chunks: tuple[int, int] | None = None
    attrs: Mapping[str, object] = field(default_factory=dict)


@runtime_checkable
class ArrayData(Protocol):
    """An opened array: traces x samples, read window by window."""

    @property
    def info(self) -> ArrayInfo:
        """Names, coordinates, dtype and units."""
        ...

    @property
    def time(self) -> TimeAxis:
        """The time axis."""
        ...

    @property
    def n_rows(self) -> int:
        """Number of traces."""
        ...

    def read(self, rows: Rows, i0: int, i1: int) -> npt.NDArray[Any]:
        """Samples ``i0 .. i1 - 1`` of the given rows.

        Parameters
        ----------
        rows
            A slice, or an index array ``(r,)``, of rows.
        i0, i1
            Sample range, ``0 <= i0 <= i1 <= time.n``.

        Returns
        -------
        ndarray
            ``(r, i1 - i0)``, C-contiguous, native byte order, writable, dtype `ArrayInfo.dtype`
            (raw values: `scale` and `offset` not applied).

        Raises
        ------
        LoupeDataError
            If the store fails; the message names the file and the chunk.
        """
        ...


@runtime_checkable
class TableData(Protocol):
    """An opened table of events."""

    @property
    def columns(self) -> Sequence[str]:
        """Column names, known without reading rows."""
        ...

    @property
    def name(self) -> str:
        """A name for messages: the path, or "in-memory table"."""
        ...

    def frame(self, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows of the given columns (all when None), read at the first call, then kept."""
        ...

    def seconds(self, column: str) -> npt.NDArray[np.float64]:
        """A column as times on the common axis, ``(n,)``; missing ones are NaN.

        Raises
        ------
        LoupeDataError
            If the column holds text.
        """
        ...


@runtime_checkable
class PiecewiseTable(TableData, Protocol):
    """A table that can be read a piece at a time, so that it is never held as a whole."""

    def n_rows(self) -> int:
        """Number of rows, counted without reading them where the format allows it."""
        ...

    def pieces(self, columns: Sequence[str], size: int) -> Iterator[pl.DataFrame]:
        """The rows as `TableData.frame` gives them, at most ``size`` at a time, in order."""
        ...

    def seconds_pieces(self, column: str, size: int) -> Iterator[npt.NDArray[np.float64]]:
        """What `TableData.seconds` gives, at most ``size`` at a time, in order."""
        ...
