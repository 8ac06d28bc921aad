"""From a dataset of named variables to traces x samples.

All stores whose arrays have named dimensions and coordinates (zarr, netCDF, xarray in
memory) end here: dimensions other than time are flattened, `select` is applied, units,
scale factors and fill values are respected. Opening reads coordinates only. This room does
not know which store it is.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from loupe.data.cache import ByteCache
from loupe.data.labelled import Kept, LabelledArray, StoredAt
from loupe.data.protocols import ArrayInfo
from loupe.data.request import OpenRequest
from loupe.data.select import Range, Selection, as_selection, positions, time_window
from loupe.data.timeaxis import Axis, UniformTime
from loupe.data.timecode import read_axis, time_code
from loupe.data.variables import Variable, VariableReader
from loupe.errors import LoupeDataError
from loupe.session.suggest import did_you_mean

__all__ = [
    "Dataset",
    "TimeVariable",
    "no_such_group",
    "open_labelled",
    "plain_text",
    "row_label",
]

_TIMES_KEPT = 64 * 2**20
"""Bytes of decoded times kept while an axis is found, or two chunks if that is more."""

_COORDINATE_SIZE = 2_000_000
"""Variables over the non-time dimensions are taken for coordinates up to this many values."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Variables of one group of a store, by name.

    Attributes
    ----------
    where
        File and group, for messages.
    variables
        Everything in the group, coordinates included.
    groups
        Paths of all groups in the store, for suggestions.
    coords
        Names that are known to be coordinates, scalar ones among them.
    """

    where: str
    variables: Mapping[str, Variable]
    attrs: Mapping[str, object] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    coords: frozenset[str] = frozenset()


@dataclass(eq=False)
class TimeVariable(Variable):
    """Times whose axis a reader knows without computing each of them."""

    @abstractmethod
    def axis(self) -> Axis:
        """The axis, in seconds; the attributes tell no more than the wall clock of second 0.

        Raises
        ------
        LoupeDataError
            If the times do not increase.
        """


def open_labelled(dataset: Dataset, request: OpenRequest) -> LabelledArray:
    """Open a variable of a dataset as traces x samples.

    Parameters
    ----------
    dataset
        What there is.
    request
        Which variable, `select`, time dimension and unit.

    Raises
    ------
    LoupeDataError
        If the variable, the dimension, the coordinate or a selected value is missing, or
        the times are not increasing; each names what there is.
    """
    variable = _variable(dataset, request)
    where = variable.where
    time_dim = _time_dim(variable, request)
    select = {key: as_selection(value) for key, value in request.select.items()}
    window = select.pop(variable.dims[time_dim], Range())
    time, origin = _time_axis(dataset, variable, time_dim, request)
    i0, i1 = (
        (0, time.n)
        if window == Range()
        else time_window(window, time, origin, name=request.time, where=where)
    )
    other_dims = tuple(d for k, d in enumerate(variable.dims) if k != time_dim)
    sizes = tuple(n for k, n in enumerate(variable.shape) if k != time_dim)
    coordinates = _coordinates(dataset, variable, other_dims, sizes)
    kept = _apply_select(select, other_dims, sizes, coordinates, where)
    missing = _missing_value(variable)
    dims = tuple(d for d, k in zip(other_dims, kept, strict=True) if isinstance(k, Kept))
    coords = _row_coords(coordinates, other_dims, kept)
    chunks = variable.chunks
    attrs = variable.attrs
    info = ArrayInfo(
        name=variable.name,
        units=str(attrs.get("units") or ""),
        dims=dims,
        row_names=_row_names(dims, coords, math.prod(len_ for len_ in _sizes(kept))),
        coords=coords,
        dtype=_read_dtype(variable.dtype, missing, where),
        scale=_factor(attrs, "scale_factor", 1.0, where),
        offset=_factor(attrs, "add_offset", 0.0, where),
        origin=origin,
        chunks=None
        if chunks is None
        else (
            math.prod(c.typical for k, c in enumerate(chunks) if k != time_dim),
            chunks[time_dim].typical,
        ),
        attrs=dict(attrs),
    )
    reader = VariableReader(variable, request.cache, request.block_limit)
    axis = time if (i0, i1) == (0, time.n) else time.sliced(i0, i1)
    return LabelledArray(
        reader, info, axis, time_dim, i0, kept, missing, _stored_at(variable, request)
    )


def _stored_at(variable: Variable, request: OpenRequest) -> StoredAt | None:
    files = variable.files
    if not files or not isinstance(request.path, Path):
        return None
    return StoredAt(request.path, request.group, variable.name, files)


def _sizes(kept: tuple[Kept | int, ...]) -> list[int]:
    return [k.size for k in kept if isinstance(k, Kept)]


def _variable(dataset: Dataset, request: OpenRequest) -> Variable:
    """The variable that was asked for, or `data`, or the only one that is not a coordinate."""
    names = dataset.variables
    arrays = [n for n, v in names.items() if request.time in v.dims and n != request.time]
    wanted = request.variable
    if wanted is None:
        if "data" in names:
            wanted = "data"
        elif len(arrays) == 1:
            wanted = arrays[0]
        elif not arrays and len(names) == 1:
            wanted = next(iter(names))
        else:
            inside = "" if names else _groups_hint(dataset)
            raise LoupeDataError(
                f"which variable? There is no `data`, and {len(arrays)} have the dimension "
                f"`{request.time}`",
                where=dataset.where,
                hint=inside or did_you_mean("", arrays or names, what="variables"),
                code="data-variable",
            )
    if wanted not in names:
        raise LoupeDataError(
            f"there is no variable `{wanted}`",
            where=dataset.where,
            hint=did_you_mean(wanted, arrays or names, what="variables")
            if names
            else _groups_hint(dataset),
            code="data-variable",
        )
    variable = names[wanted]
    if variable.dtype.kind not in "biuf":
        raise LoupeDataError(
            f"`{wanted}` holds {variable.dtype}, not numbers",
            where=variable.where,
            hint=did_you_mean("", [a for a in arrays if a != wanted], what="other variables"),
            code="data-dtype",
        )
    return variable


def no_such_group(group: str, groups: Sequence[str], where: str) -> LoupeDataError:
    """The error for a group that a store does not have."""
    return LoupeDataError(
        f"there is no group `{group}`",
        where=where,
        hint=did_you_mean(group, groups, what="groups"),
        code="data-group",
    )


def _groups_hint(dataset: Dataset) -> str:
    if not dataset.groups:
        return "the store holds no arrays here"
    return f'name a group, such as group = "{dataset.groups[0]}"' + (
        "" if len(dataset.groups) == 1 else f", of {', '.join(dataset.groups)}"
    )


def _time_dim(variable: Variable, request: OpenRequest) -> int:
    if request.time in variable.dims:
        return variable.dims.index(request.time)
    raise LoupeDataError(
        f"`{variable.name}` has no dimension `{request.time}`",
        where=variable.where,
        hint=did_you_mean(request.time, variable.dims, what="dimensions")
        + "; name the one that is time with `time`",
        code="data-time-missing",
    )


def _time_axis(
    dataset: Dataset, variable: Variable, time_dim: int, request: OpenRequest
) -> tuple[Axis, datetime | None]:
    n = variable.shape[time_dim]
    if request.rate is not None:
        return UniformTime(0.0, 1.0 / request.rate, n), None
    coordinate = dataset.variables.get(variable.dims[time_dim])
    if coordinate is None or coordinate.shape != (n,):
        raise LoupeDataError(
            f"the dimension `{request.time}` has no coordinate of {n} times",
            where=variable.where,
            hint="store the times as a variable of that name, or give `rate` in samples a second",
            code="data-time-missing",
        )
    if isinstance(coordinate, TimeVariable) and request.time_unit is None:
        return coordinate.axis(), time_code(np.zeros(1), coordinate.attrs).origin
    limit = 4 * request.block_limit
    # Several places are looked at, and a block is decoded once; kept only while this runs.
    a_chunk = coordinate.chunks[0].typical * coordinate.dtype.itemsize if coordinate.chunks else 0
    reader = VariableReader(coordinate, ByteCache(min(limit, max(2 * a_chunk, _TIMES_KEPT))), limit)
    axis, code = read_axis(
        lambda i0, i1: reader.read((slice(i0, i1),)),
        n,
        coordinate.attrs,
        unit=request.time_unit,
        where=coordinate.where,
    )
    return axis, code.origin


def _coordinates(
    dataset: Dataset, variable: Variable, dims: tuple[str, ...], sizes: tuple[int, ...]
) -> dict[str, tuple[tuple[str, ...], npt.NDArray[Any]]]:
    """Coordinates over the dimensions other than time: their own dimensions and values."""
    found: dict[str, tuple[tuple[str, ...], npt.NDArray[Any]]] = {}
    length = dict(zip(dims, sizes, strict=True))
    listed = str(variable.attrs.get("coordinates") or dataset.attrs.get("coordinates") or "")
    named = set(listed.split()) | dataset.coords
    for name, other in dataset.variables.items():
        own = set(other.dims)
        if other is variable or not own <= set(dims) or len(own) != len(other.dims):
            continue
        if not other.dims and name not in named:
            continue
        shape = tuple(length[d] for d in other.dims)
        if other.shape != shape or math.prod(shape) > _COORDINATE_SIZE:
            continue
        values = other.block(tuple(slice(0, n) for n in shape))
        found[name] = (other.dims, plain_text(np.asarray(values)))
    for dim, size in length.items():
        if dim not in found:
            found[dim] = ((dim,), np.arange(size))
    return found


def plain_text(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Texts of any stored kind (bytes, objects) as numpy strings; numbers as they are."""
    if values.dtype.kind == "S":
        return np.char.decode(values, "utf-8", "replace")
    if values.dtype.kind in "OT":
        flat = [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in values.flat]
        if all(isinstance(v, int | float) for v in flat):
            return np.array(flat, dtype=np.float64).reshape(values.shape)
        return np.array([str(v) for v in flat], dtype=np.str_).reshape(values.shape)
    return values


def _apply_select(
    select: Mapping[str, object],
    dims: tuple[str, ...],
    sizes: tuple[int, ...],
    coordinates: Mapping[str, tuple[tuple[str, ...], npt.NDArray[Any]]],
    where: str,
) -> tuple[Kept | int, ...]:
    chosen: dict[str, Selection] = {}
    for name, wanted in select.items():
        own, values = coordinates.get(name, ((), None))
        if values is None or len(own) != 1:
            known = [*dims, *(n for n, (d, _) in coordinates.items() if len(d) == 1)]
            raise LoupeDataError(
                f"`select` names `{name}`, which is neither a dimension nor a coordinate of one",
                where=where,
                hint=did_you_mean(name, known, what="coordinates"),
                code="data-select",
                place=("data", "select", name),
            )
        found = positions(wanted, values, name=name, where=where)
        if name not in dims:
            found = replace(found, drop=False)
        before = chosen.get(own[0])
        if before is not None:
            both = found.index[np.isin(found.index, before.index)]
            if not len(both):
                raise LoupeDataError(
                    f"`select` keeps nothing of `{own[0]}`", where=where, code="data-select"
                )
            found = Selection(both, found.drop or before.drop)
        chosen[own[0]] = found
    kept: list[Kept | int] = []
    for dim, size in zip(dims, sizes, strict=True):
        selection = chosen.get(dim)
        if selection is None:
            kept.append(Kept(size, None))
        elif selection.drop:
            kept.append(int(selection.index[0]))
        else:
            kept.append(Kept(len(selection.index), selection.index))
    return tuple(kept)


def _row_coords(
    coordinates: Mapping[str, tuple[tuple[str, ...], npt.NDArray[Any]]],
    dims: tuple[str, ...],
    kept: tuple[Kept | int, ...],
) -> dict[str, npt.NDArray[Any]]:
    """Every coordinate spread over the rows, ``(n_rows,)`` each."""
    shape = tuple(_sizes(kept))
    grids = np.indices(shape).reshape(len(shape), -1) if shape else np.zeros((0, 1), dtype=np.intp)
    stored: dict[str, npt.NDArray[np.intp]] = {}
    remaining = iter(grids)
    n = math.prod(shape)
    for dim, k in zip(dims, kept, strict=True):
        stored[dim] = (
            k.stored(next(remaining)) if isinstance(k, Kept) else np.full(n, k, dtype=np.intp)
        )
    return {
        name: values[tuple(stored[d] for d in own)] if own else np.full(n, values)
        for name, (own, values) in coordinates.items()
    }


def row_label(value: object) -> str:
    """A coordinate value as it stands in a row's name."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _row_names(
    dims: tuple[str, ...], coords: Mapping[str, npt.NDArray[Any]], n: int
) -> tuple[str, ...]:
    if not dims:
        return ("",) * n
    columns = [[row_label(v) for v in coords[dim]] for dim in dims]
    return tuple("-".join(parts) for parts in zip(*columns, strict=True))


def _missing_value(variable: Variable) -> object:
    """The raw value to be read as NaN, or None; NaN itself needs no replacing."""
    for value in (
        variable.attrs.get("_FillValue"),
        variable.attrs.get("missing_value"),
        variable.fill,
    ):
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if variable.dtype.kind == "b" or (isinstance(value, float) and math.isnan(value)):
            continue
        return value
    return None


def _read_dtype(stored: np.dtype[Any], missing: object, where: str) -> np.dtype[Any]:
    if stored.kind == "f" and stored.itemsize > 8:
        return np.dtype(np.float64)
    native = stored.newbyteorder("=")
    if missing is None or stored.kind == "f":
        return native
    # Whole numbers have no NaN; 24 bits of float32 hold every 16-bit integer exactly.
    return np.dtype(np.float32 if stored.itemsize <= 2 else np.float64)


def _factor(attrs: Mapping[str, object], name: str, default: float, where: str) -> float:
    value = attrs.get(name, default)
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    raise LoupeDataError(
        f"the attribute `{name}` is not a finite number: {value!r}",
        where=where,
        code="data-attribute",
    )
