"""Objects of a script: xarray, numpy with times, polars and pandas. Nothing is copied.

dask-backed arrays are computed window by window, block by block, through the shared cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from loupe.data.clock import Clock
from loupe.data.dataset import Dataset, open_labelled
from loupe.data.labelled import LabelledArray
from loupe.data.readers.tables import Table
from loupe.data.request import OpenRequest
from loupe.data.variables import Variable, chunk_edges, memory_variable
from loupe.errors import LoupeDataError, LoupeTypeError

__all__ = ["open_memory_array", "open_memory_table"]


@dataclass(eq=False)
class _LazyVariable(Variable):
    """An array that computes its values when they are asked for: dask, or xarray's own."""

    lazy: Any

    def block(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any]:
        try:
            part = self.lazy[bounds]
            if hasattr(part, "compute"):
                part = part.compute()
            return np.asarray(getattr(part, "values", part))
        except Exception as error:  # user code runs inside a task graph
            raise LoupeDataError(
                f"computing samples {bounds} failed: {type(error).__name__}: {error}",
                where=self.where,
                hint="compute the array in your script to see where it fails",
                code="data-read",
            ) from error


def _root(value: object) -> str:
    return type(value).__module__.partition(".")[0]


def open_memory_array(value: object, request: OpenRequest) -> LabelledArray:
    """Open an object as traces x samples.

    Parameters
    ----------
    value
        An xarray DataArray or Dataset; ``(times, values)`` with values ``(n,)`` or
        ``(rows, n)``; a polars or pandas frame with a time column and numeric columns; or a
        function of no arguments that returns one of these.
    request
        Variable, `select` and time; its path is only a name for messages.

    Raises
    ------
    LoupeTypeError
        If it is none of these.
    LoupeDataError
        See `loupe.data.dataset.open_labelled`.
    """
    if callable(value) and _root(value) not in {"xarray", "polars", "pandas"}:
        value = value()
    if _root(value) == "xarray":
        return _open_xarray(value, request)
    if isinstance(value, tuple) and len(value) == 2:
        return _open_pair(value[0], value[1], request)
    if _root(value) in {"polars", "pandas"}:
        return open_frame_array(open_memory_table(value, Clock(), request), request)
    raise LoupeTypeError(
        f"cannot show a `{_root(value)}.{type(value).__name__}` as signals",
        hint="give an xarray.DataArray with a `time` coordinate, or (times, values)",
    )


def _open_xarray(value: Any, request: OpenRequest) -> LabelledArray:
    if not hasattr(value, "coords") or not hasattr(value, "dims"):
        raise LoupeTypeError(
            f"cannot show an `xarray.{type(value).__name__}`",
            hint="give a DataArray, or a Dataset and the name of its variable",
        )
    is_dataset = hasattr(value, "data_vars")
    arrays = dict(value.data_vars) if is_dataset else {_array_key(value): value}
    place = str(request.path)
    variables: dict[str, Variable] = {
        str(name): _xarray_variable(str(name), coordinate, place)
        for name, coordinate in value.coords.items()
    }
    for name, array in arrays.items():
        variables[str(name)] = _xarray_variable(str(name), array, place)
    coords = frozenset(str(name) for name in value.coords)
    if not is_dataset:
        key = _array_key(value)
        request = replace(request, variable=key)
        # The array's own name is what it has, not the key it was filed under.
        variables[key].name = "" if value.name is None else str(value.name)
    return open_labelled(Dataset(place, variables, {}, (), coords), request)


def _array_key(array: Any) -> str:
    name = "data" if array.name is None else str(array.name)
    while name in array.coords:
        name += "_"
    return name


def _xarray_variable(name: str, array: Any, place: str) -> Variable:
    variable = array.variable
    dims = tuple(str(d) for d in variable.dims)
    attrs = {str(k): _plain(v) for k, v in variable.attrs.items()}
    where = f"{place}:{name}"
    lengths = getattr(variable, "chunks", None)
    if lengths is not None:
        chunks = tuple(chunk_edges(sum(own), own) for own in lengths)
        return _LazyVariable(
            name, where, dims, variable.shape, variable.dtype, attrs, None, chunks, variable.data
        )
    # Private to xarray: without it, everything is read where it is asked for.
    if getattr(variable, "_in_memory", False):
        return memory_variable(np.asarray(variable.data), dims, name=name, where=where, attrs=attrs)
    return _LazyVariable(
        name, where, dims, variable.shape, variable.dtype, attrs, None, None, variable
    )


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _open_pair(times: object, values: object, request: OpenRequest) -> LabelledArray:
    time = np.asarray(times)
    array = np.asarray(values)
    place = str(request.path)
    if time.ndim != 1 or array.ndim not in (1, 2) or array.shape[-1] != len(time):
        raise LoupeDataError(
            f"(times, values) have shapes {time.shape} and {array.shape}",
            where=place,
            hint="values need the shape (n,) or (rows, n) for n times",
            code="data-shape",
        )
    dims = (request.time,) if array.ndim == 1 else ("row", request.time)
    variables: dict[str, Variable] = {
        "data": memory_variable(array, dims, name="", where=place),
        request.time: memory_variable(time, (request.time,), where=f"{place}:{request.time}"),
    }
    return open_labelled(Dataset(place, variables), replace(request, variable="data"))


def open_frame_array(table: Table, request: OpenRequest) -> LabelledArray:
    """Open the numeric columns of a table with a time column as rows of signals.

    Parameters
    ----------
    table
        With a clock that no other has: its second 0 becomes the array's origin.
    request
        Which columns, `select` and time.

    Raises
    ------
    LoupeDataError
        If there is no time column, or nothing numeric beside it.
    """
    time = table.seconds(request.time)
    names = [name for name in table.numeric_columns() if name != request.time]
    if request.variable is not None:
        names = [name for name in names if name == request.variable]
    if not names:
        raise LoupeDataError(
            "there are no columns of numbers beside the time"
            if request.variable is None
            else f"there is no column `{request.variable}` of numbers",
            where=table.name,
            hint="a table of events is shown as a raster",
            code="data-column",
        )
    columns: Sequence[npt.NDArray[Any]] = [table.numbers(name) for name in names]
    values = np.stack(columns)
    origin = table.clock.origin
    dated = {} if origin is None else {"units": f"seconds since {origin.isoformat()}"}
    variables: dict[str, Variable] = {
        "data": memory_variable(values, ("column", "time"), name="", where=table.name),
        "time": memory_variable(time, ("time",), where=f"{table.name}:{request.time}", attrs=dated),
        "column": memory_variable(np.array(names), ("column",), where=table.name),
    }
    inside = replace(request, variable="data", time="time", time_unit=None)
    return open_labelled(Dataset(table.name, variables), inside)


def open_memory_table(value: object, clock: Clock, request: OpenRequest) -> Table:
    """Open a polars or pandas frame, or a function that returns one.

    Raises
    ------
    LoupeTypeError
        If it is no frame.
    """
    if callable(value) and _root(value) not in {"polars", "pandas"}:
        value = value()
    import polars as pl

    if isinstance(value, pl.LazyFrame | pl.DataFrame):
        return Table(value.lazy(), str(request.path), clock, request)
    if _root(value) == "pandas" and hasattr(value, "columns"):
        frame: Any = value
        columns = {
            str(name): pl.Series(str(name), _polars_values(frame[name])) for name in frame.columns
        }
        # A plain index only counts the rows.
        counted = type(frame.index).__name__ == "RangeIndex"
        hint = (
            "" if counted else "the index of a pandas frame is no column: give frame.reset_index()"
        )
        return Table(pl.DataFrame(columns).lazy(), str(request.path), clock, request, hint=hint)
    raise LoupeTypeError(
        f"cannot read a `{_root(value)}.{type(value).__name__}` as a table of events",
        hint="give a polars.DataFrame or a pandas.DataFrame",
    )


def _polars_values(column: Any) -> Any:
    """A pandas column as polars takes it without pyarrow: numpy, or a list of objects."""
    values = column.to_numpy()
    if values.dtype.kind in "biufM":
        return values
    missing = column.isna().to_numpy()
    return [None if absent else v for v, absent in zip(column.tolist(), missing, strict=True)]
