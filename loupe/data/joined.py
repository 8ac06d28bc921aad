"""Several files seen as one: arrays one after another in time, tables one below another."""

from __future__ import annotations

import hashlib
import os
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from loupe.data.labelled import LabelledArray, StoredAt
from loupe.data.protocols import (
    ArrayData,
    ArrayInfo,
    PiecewiseTable,
    Rows,
    TableData,
    TimeAxis,
)
from loupe.data.shifted import shifted_axis
from loupe.data.timeaxis import Axis, GappedTime, UniformTime, axis_of
from loupe.errors import LoupeDataError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["JoinedArray", "JoinedTable", "join_arrays"]


def join_arrays(parts: Sequence[ArrayData], names: Sequence[str]) -> JoinedArray:
    """Join arrays of the same rows along time, in the order given.

    Raises
    ------
    LoupeDataError
        If their rows, units or scales differ, or one begins before the one before it ends;
        names the file.
    """
    first = parts[0].info
    for part, name in zip(parts[1:], names[1:], strict=True):
        info = part.info
        for what, own, expected in (
            ("rows", info.row_names, first.row_names),
            ("units", info.units, first.units),
            ("scale", (info.scale, info.offset), (first.scale, first.offset)),
        ):
            if own != expected:
                raise LoupeDataError(
                    f"its {what} differ from those of {names[0]}",
                    where=name,
                    hint="files of one source must hold the same rows; use two sources",
                    code="data-shape",
                )
    origin = first.origin
    axes: list[TimeAxis] = []
    for part, name in zip(parts, names, strict=True):
        shift = 0.0
        if origin is not None and part.info.origin is not None:
            shift = (part.info.origin - origin).total_seconds()
        axis = shifted_axis(part.time, shift)
        if axes and axis.n and axes[-1].n and axis.span.start <= axes[-1].span.stop:
            raise LoupeDataError(
                f"begins at {axis.span.start:g} s, before the file before it ends "
                f"({axes[-1].span.stop:g} s)",
                where=name,
                hint="list the files in the order of time",
                code="data-time",
            )
        axes.append(axis)
    dtype = np.result_type(*[part.info.dtype for part in parts])
    return JoinedArray(tuple(parts), _joined_axis(axes), replace(first, dtype=dtype, chunks=None))


def _joined_axis(axes: Sequence[TimeAxis]) -> Axis:
    # A part without samples has no place in time.
    axes = [axis for axis in axes if axis.n] or axes[:1]
    period = axes[0].period
    same = all(a.uniform and abs(a.period - period) <= 1e-9 * period for a in axes)
    if not same:
        return axis_of(np.concatenate([a.times(0, a.n) for a in axes]))
    lengths = [a.n for a in axes]
    firsts = np.array([0, *accumulate(lengths[:-1])], dtype=np.intp)
    starts = np.array([a.span.start for a in axes])
    even = starts[0] + firsts * period
    if np.abs(even - starts).max() <= 1e-6 * period:
        return UniformTime(float(starts[0]), period, sum(lengths))
    return GappedTime(firsts, starts, period, sum(lengths))


def _beside(path: Path, folder: Path) -> str:
    """A path from a folder on, which is the same wherever both are copied."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # on another drive
        return path.absolute().as_posix()


class JoinedArray:
    """An `ArrayData` made of several; see `join_arrays`."""

    def __init__(self, parts: tuple[ArrayData, ...], time: Axis, info: ArrayInfo) -> None:
        self._parts = parts
        # Those that may be in files; readers of other packages may give arrays of other kinds.
        self._labelled = [part for part in parts if isinstance(part, LabelledArray)]
        self._time = time
        self._info = info
        self._edges = [0, *accumulate(part.time.n for part in parts)]

    @property
    def info(self) -> ArrayInfo:
        """Names, coordinates, dtype and units: those of the first part."""
        return self._info

    @property
    def time(self) -> Axis:
        """The joined time axis."""
        return self._time

    @property
    def n_rows(self) -> int:
        """Number of traces."""
        return self._parts[0].n_rows

    @property
    def stored(self) -> StoredAt | None:
        """The files of all parts, under the name of the first and how many follow."""
        places = [p.stored for p in self._labelled if p.stored is not None]
        if len(places) < len(self._parts):
            return None
        rows = [p.stored_rows for p in self._labelled]
        if any(not np.array_equal(rows[0], other) for other in rows[1:]):
            return None  # the rows of an overview lie in one order
        first = places[0]
        # Another choice of files may begin with the same one, and have an overview beside it.
        names = "\n".join(_beside(place.path, first.path.parent) for place in places)
        mark = hashlib.blake2b(names.encode(), digest_size=3).hexdigest()
        name = f"{first.path.name} and {len(places) - 1} more {mark}"
        files = tuple(file for place in places for file in place.files)
        return StoredAt(first.path.with_name(name), first.group, first.variable, files)

    @property
    def signature(self) -> dict[str, object]:
        """What must be equal of each part for an overview to fit."""
        return {"joined": [p.signature for p in self._labelled]}

    @property
    def whole_time(self) -> bool:
        """Whether all samples of all parts are there."""
        return all(p.whole_time for p in self._labelled)

    @property
    def selects_rows(self) -> bool:
        """Whether rows of a part are left out or in another order."""
        return any(p.selects_rows for p in self._labelled)

    @property
    def stored_rows(self) -> npt.NDArray[np.intp]:
        """For each row, its number among the rows of the first part as it is stored."""
        return self._labelled[0].stored_rows if self._labelled else np.arange(self.n_rows)

    def shifted(self, dt: float, origin: datetime | None) -> JoinedArray:
        """The same array on an axis ``dt`` seconds later, whose second 0 is ``origin``."""
        return JoinedArray(self._parts, self._time.shifted(dt), replace(self._info, origin=origin))

    def read(self, rows: Rows, i0: int, i1: int) -> npt.NDArray[Any]:
        """Samples ``i0 .. i1 - 1`` of the rows; see `loupe.data.protocols.ArrayData.read`."""
        return self._joined(lambda part, a, b: part.read(rows, a, b), i0, i1)

    def peek(self, rows: slice, i0: int, i1: int, *, cached: bool = True) -> npt.NDArray[Any]:
        """As `read`, of parts that can spare a copy or their cache; look at it, never write."""

        def look(part: ArrayData, a: int, b: int) -> npt.NDArray[Any]:
            if isinstance(part, LabelledArray):
                return part.peek(rows, a, b, cached=cached)
            return part.read(rows, a, b)

        return self._joined(look, i0, i1)

    def _joined(
        self, read: Callable[[ArrayData, int, int], npt.NDArray[Any]], i0: int, i1: int
    ) -> npt.NDArray[Any]:
        """What `read` gives of each part that has some of the samples, side by side."""
        if not 0 <= i0 <= i1 <= self._time.n:
            raise IndexError(f"samples {i0} to {i1} of {self._time.n}")
        k = bisect_right(self._edges, i0) - 1
        pieces: list[npt.NDArray[Any]] = []
        while k < len(self._parts) and (self._edges[k] < i1 or not pieces):
            start, stop = self._edges[k], self._edges[k + 1]
            low = min(max(i0, start), stop)
            pieces.append(read(self._parts[k], low - start, max(low, min(i1, stop)) - start))
            k += 1
        if not pieces:
            pieces = [read(self._parts[0], 0, 0)]
        if len(pieces) == 1 and pieces[0].dtype == self._info.dtype:
            return pieces[0]
        joined: npt.NDArray[Any] = np.concatenate(pieces, axis=1, dtype=self._info.dtype)
        return joined


class JoinedTable:
    """A `TableData` made of several with the same columns, rows in the order given.

    Raises
    ------
    LoupeDataError
        If the columns differ; names the file.
    """

    def __init__(self, parts: Sequence[TableData]) -> None:
        first = set(parts[0].columns)
        for part in parts[1:]:
            different = sorted(first ^ set(part.columns))
            if different:
                raise LoupeDataError(
                    f"its columns differ from those of {parts[0].name}: {', '.join(different)}",
                    where=part.name,
                    hint="files of one source need the same columns",
                    code="data-column",
                )
        self._parts = tuple(parts)

    @property
    def columns(self) -> Sequence[str]:
        """Column names of the first part."""
        return self._parts[0].columns

    @property
    def name(self) -> str:
        """The first path and how many follow."""
        return f"{self._parts[0].name} and {len(self._parts) - 1} more"

    def frame(self, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows of the given columns (all when None); see `loupe.data.protocols.TableData`.

        Raises
        ------
        LoupeDataError
            If a column is missing, or is text in one file and numbers in another.
        """
        import polars as pl

        wanted = list(self.columns if columns is None else columns)
        try:
            return pl.concat([p.frame(wanted) for p in self._parts], how="vertical_relaxed")
        except pl.exceptions.PolarsError as error:
            raise LoupeDataError(
                f"the files cannot be joined: {error}",
                where=self.name,
                hint="each column needs one type in all files",
                code="data-column",
            ) from error

    def n_rows(self) -> int:
        """Number of rows of all parts."""
        return sum(
            part.n_rows() if isinstance(part, PiecewiseTable) else len(part.frame(part.columns[:1]))
            for part in self._parts
        )

    def pieces(self, columns: Sequence[str], size: int) -> Iterator[pl.DataFrame]:
        """The rows part by part; see `loupe.data.protocols.PiecewiseTable`."""
        kinds: dict[str, bool] = {}
        for part in self._parts:
            frames = (
                part.pieces(columns, size)
                if isinstance(part, PiecewiseTable)
                else iter((part.frame(columns),))
            )
            for frame in frames:
                for column, kind in frame.schema.items():
                    if kinds.setdefault(column, kind.is_numeric()) != kind.is_numeric():
                        raise LoupeDataError(
                            f"column `{column}` is text in one file and numbers in another",
                            where=part.name,
                            hint="each column needs one type in all files",
                            code="data-column",
                        )
                yield frame

    def seconds_pieces(self, column: str, size: int) -> Iterator[npt.NDArray[np.float64]]:
        """What `seconds` gives, part by part."""
        for part in self._parts:
            if isinstance(part, PiecewiseTable):
                yield from part.seconds_pieces(column, size)
            else:
                yield part.seconds(column)

    def seconds(self, column: str) -> npt.NDArray[np.float64]:
        """A column as times on the common axis; see `loupe.data.readers.tables.Table.seconds`."""
        parts: list[Any] = list(self._parts)
        return np.concatenate([part.seconds(column) for part in parts])
