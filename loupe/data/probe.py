"""What a file holds, from headers and coordinates alone: for `inspect`, `validate`, proposals.

Reads no samples. One damaged variable does not hide the others: its problem is told.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy.typing as npt

from loupe.data.dataset import Dataset
from loupe.data.events import column_type
from loupe.data.protocols import ArrayData, PiecewiseTable, TableData, TimeAxis
from loupe.data.readers.signals import SignalReader
from loupe.data.registry import find_reader
from loupe.data.request import OpenRequest
from loupe.errors import LoupeError
from loupe.units import Seconds, Span

if TYPE_CHECKING:
    from loupe.data.catalog import Catalog, SourceLike

__all__ = ["ArrayFacts", "Contents", "TableFacts", "array_facts", "contents", "page_bytes"]

PAGE_S = 10.0
"""The page whose cost is estimated."""

_NUMBERS = ("Int", "UInt", "Float")

_TIME_NAMES = {"t", "t_s", "t_sec", "onset", "start", "start_s", "sec", "seconds"}


@dataclass(frozen=True, eq=False)
class ArrayFacts:
    """One array that can be shown.

    Attributes
    ----------
    group, variable
        How a source names it; None where the store has no such thing.
    dims, shape
        Dimensions of the stored array, time among them; of the opened one if it is not stored.
    dtype, units
        Of the raw values, and of physical ones.
    rows
        Traces after flattening.
    span, rate, uniform, gaps
        First to last sample on its own axis, samples a second (typical if not uniform), and
        how many gaps are known.
    origin
        Wall clock of second 0, or None.
    coords
        Name of each coordinate over the rows and a few words on its values.
    chunks
        ``(rows, samples)`` of a stored block, or None.
    page_bytes
        Decoded bytes to show 10 s of all rows.
    """

    group: str | None
    variable: str | None
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    units: str
    rows: int
    span: Span
    rate: float
    uniform: bool
    gaps: int
    origin: datetime | None
    coords: Mapping[str, str]
    chunks: tuple[int, int] | None
    page_bytes: int


@dataclass(frozen=True, eq=False)
class TableFacts:
    """A table of events: column names with their types, and rows."""

    columns: Mapping[str, str]
    rows: int
    time_columns: tuple[str, ...]
    """Columns that may be event times: those of numbers whose name says so, else the first."""


@dataclass(frozen=True, eq=False)
class Contents:
    """What a path holds.

    Attributes
    ----------
    kind
        ``array`` for stores of arrays, ``table`` for tables.
    format
        The reader's name.
    arrays
        Arrays with time, in order of group and name.
    table
        The table, for tables.
    problems
        What could not be opened, by place.
    more
        Further files of a pattern or list, which were not looked into.
    """

    path: str
    kind: Literal["array", "table"]
    format: str
    arrays: tuple[ArrayFacts, ...] = ()
    table: TableFacts | None = None
    problems: tuple[LoupeError, ...] = ()
    more: int = 0


def contents(source: SourceLike, catalog: Catalog) -> Contents:
    """List everything in a file that could be shown: of several, in the first.

    Parameters
    ----------
    source
        A path, or a source; its group and variable, if set, narrow the list.
    catalog
        Resolves paths and lends its cache.

    Raises
    ------
    LoupeDataError
        If the path is missing or nothing that Loupe reads.
    """
    path, *others = catalog.paths(source)
    found = _contents(path, source, catalog)
    return replace(found, more=len(others)) if others else found


def _contents(path: Path | str, source: SourceLike, catalog: Catalog) -> Contents:
    named = None if isinstance(source, str | Path) else source
    format_name = getattr(named, "format", None)
    reader = find_reader(path, format_name, "array")
    request = catalog.request(path, source)
    in_datasets = isinstance(reader, SignalReader) or hasattr(reader, "dataset")
    if "table" in reader.kinds and not in_datasets:
        return _table_contents(reader, request)
    arrays: list[ArrayFacts] = []
    problems: list[LoupeError] = []
    for one, open_it in _arrays(reader, request, problems):
        try:
            data = open_it(one)
        except LoupeError as error:
            problems.append(error)
            continue
        arrays.append(array_facts(data, group=one.group, variable=one.variable))
    if not arrays and len(problems) == 1:
        if "table" not in reader.kinds:
            raise problems[0]
        # A store of arrays and tables that holds tables only.
        try:
            return _table_contents(reader, request)
        except LoupeError:
            raise problems[0] from None
    return Contents(str(path), "array", reader.name, tuple(arrays), None, tuple(problems))


def _table_contents(reader: Any, request: OpenRequest) -> Contents:
    table: TableData = reader.open_table(request)
    types = _types(table)
    rows = (
        table.n_rows() if isinstance(table, PiecewiseTable) else len(table.frame(table.columns[:1]))
    )
    facts = TableFacts(types, rows, _time_columns(table, types, request.time))
    return Contents(str(request.path), "table", reader.name, table=facts)


def _types(table: TableData) -> Mapping[str, str]:
    """Column names and what they hold; tables of other packages tell it by their first row."""
    own = getattr(table, "types", None)
    if own is not None:
        types: Mapping[str, str] = own()
        return types
    kinds = {name: column_type(table, name) for name in table.columns}
    return {name: "Null" if kind is None else str(kind) for name, kind in kinds.items()}


def _arrays(
    reader: Any, request: OpenRequest, problems: list[LoupeError]
) -> list[tuple[OpenRequest, Callable[[OpenRequest], ArrayData]]]:
    """One request for each array with time in the store, and what opens it.

    What could not be listed is added to ``problems``.
    """
    if isinstance(reader, SignalReader) and request.variable is None:
        try:
            made = reader.signals(request)
        except LoupeError as error:
            problems.append(error)
            return []
        # The headers are read once for all of them. Without any, opening tells best why.
        opener = functools.partial(reader.opened, made)
        return [(replace(request, variable=name), opener) for name in made] or [(request, opener)]
    return [(one, reader.open_array) for one in _requests(reader, request, problems)]


def _requests(reader: Any, request: OpenRequest, problems: list[LoupeError]) -> list[OpenRequest]:
    if request.variable is not None:
        return [request]
    if not hasattr(reader, "dataset"):
        from loupe.data.readers.npy_pairs import NpyReader, pair_names

        path = request.path
        if isinstance(reader, NpyReader) and isinstance(path, Path) and path.is_dir():
            return [replace(request, variable=name) for name in pair_names(path)]
        return [request]
    groups = (None, *reader.groups(request)) if request.group is None else (request.group,)
    found = []
    for group in groups:
        inside = replace(request, group=group)
        try:
            dataset: Dataset = reader.dataset(inside)
        except LoupeError as error:
            problems.append(error)
            continue
        found += [
            replace(inside, variable=name)
            for name, variable in dataset.variables.items()
            if request.time in variable.dims
            and name not in variable.dims
            and variable.dtype.kind in "biuf"
        ]
    if not found and not problems:
        # Opening as a source would be opened tells best what is missing.
        return [request]
    return found


def array_facts(
    data: ArrayData, *, group: str | None = None, variable: str | None = None
) -> ArrayFacts:
    """Sum up an opened array without reading samples."""
    info, time = data.info, data.time
    stored = getattr(getattr(data, "reader", None), "variable", None)
    dims = (*info.dims, "time") if stored is None else stored.dims
    shape = (data.n_rows, time.n) if stored is None else stored.shape
    return ArrayFacts(
        group,
        variable,
        tuple(dims),
        tuple(shape),
        str(info.dtype if stored is None else stored.dtype),
        info.units,
        data.n_rows,
        time.span,
        1.0 / time.period if time.period > 0 else math.nan,
        time.uniform,
        len(getattr(time, "breaks", ())),
        info.origin,
        {name: _summary(values) for name, values in info.coords.items()},
        info.chunks,
        page_bytes(data, PAGE_S),
    )


def page_bytes(data: ArrayData, length: Seconds) -> int:
    """Decoded bytes to show ``length`` seconds of all rows: whole stored blocks."""
    time: TimeAxis = data.time
    samples = min(time.n, math.ceil(length / time.period) + 2 if time.period > 0 else time.n)
    rows = data.n_rows
    if data.info.chunks is not None:
        chunk_rows, chunk_samples = data.info.chunks
        # A window that begins anywhere touches one block more than it fills.
        blocks = min(math.ceil(samples / chunk_samples) + 1, math.ceil(time.n / chunk_samples))
        samples = blocks * chunk_samples
        rows = math.ceil(rows / chunk_rows) * chunk_rows
    return rows * samples * data.info.dtype.itemsize


def _summary(values: npt.NDArray[Any]) -> str:
    if not len(values):
        return "empty"
    unique = list(dict.fromkeys(values.tolist()))
    if len(unique) <= 6:
        return ", ".join(str(v) for v in unique)
    if values.dtype.kind in "iufM":
        return f"{values.min()} to {values.max()}"
    return f"{', '.join(str(v) for v in unique[:4])} … ({len(unique)} values)"


def _time_columns(table: TableData, types: Mapping[str, str], time: str) -> tuple[str, ...]:
    own = getattr(table, "timelike_columns", None)
    numeric: tuple[str, ...] = (
        own()
        if own is not None
        else tuple(n for n, kind in types.items() if kind.startswith(_NUMBERS))
    )
    likely = [
        name
        for name in numeric
        if name == time or "time" in name.lower() or name.lower() in _TIME_NAMES
    ]
    return tuple(sorted(likely, key=lambda name: name != time)) or numeric[:1]
