"""Where data come from: a named source, an inline table, or memory.

A `Source` only names data; nothing is opened here. `InMemory` carries an object
of a script through frozen models: it is compared by identity, never by value.
"""

import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import (
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    Tag,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, PydanticOmit, core_schema

from loupe.errors import LoupeConfigError
from loupe.session.base import Model, Name, Number, Whole, shape
from loupe.session.forms import path_text, python_values

__all__ = [
    "Data",
    "InMemory",
    "Interval",
    "Scalar",
    "Select",
    "Source",
    "TimeUnit",
    "source_from_path",
]

MEMORY_ROOTS = frozenset(
    {"cmap", "dask", "loupe", "matplotlib", "numpy", "pandas", "polars", "vispy", "xarray"}
)
"""Root modules of the types that may be held in memory."""


class InMemory:
    """An object of a script: an array, a table, a colormap or a function of no arguments.

    Parameters
    ----------
    value
        The object. It is neither copied nor read.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"InMemory({type(self.value).__module__}.{type(self.value).__qualname__})"

    @classmethod
    def accept(cls, value: Any) -> "InMemory":
        """Wrap a value, by the root module of its type so that nothing is imported.

        Raises
        ------
        PydanticCustomError
            ``data_type`` for a value of any other type.
        """
        if isinstance(value, InMemory):
            return value
        root = type(value).__module__.partition(".")[0]
        if root in MEMORY_ROOTS or callable(value) or _is_pair(value):
            return cls(value)
        raise PydanticCustomError(
            "data_type",
            "a `{kind}` is not data that Loupe can take",
            {"kind": type(value).__name__},
        )

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.accept)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        raise PydanticOmit


def _scalar(value: Any) -> object:
    value = python_values(value)
    is_plain = isinstance(value, str | bool | int | datetime | date)
    if is_plain or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise PydanticCustomError("scalar", "expected text, a finite number, a date or true or false")


Scalar: TypeAlias = Annotated[
    str | bool | int | float | datetime | date,
    PlainValidator(_scalar),
    WithJsonSchema({"type": ["string", "number", "boolean"]}),
]
"""A coordinate value or a category."""


class Interval(Model):
    """A closed range of coordinate values; an end left out is open."""

    start: Scalar | None = Field(None, examples=[0, "2024-05-01T08:00:00"])
    """First value that is kept."""

    stop: Scalar | None = Field(None, examples=[1800.0])
    """Last value that is kept (included, as in xarray's label slices)."""


def _select_shape(value: object) -> str:
    return {"(table)": "(table)", "(list)": "(list)"}.get(shape(value), "(value)")


Select: TypeAlias = Annotated[
    Annotated[Interval, Tag("(table)")]
    | Annotated[tuple[Scalar, ...], Tag("(list)")]
    | Annotated[Scalar, Tag("(value)")],
    Discriminator(_select_shape),
]
"""A range `{ start, stop }`, a list of values to pick, or one value, which drops the dimension."""

TimeUnit: TypeAlias = Literal["s", "ms", "us", "ns", "min", "h"]


class Source(Model):
    """Data in files. Nothing is read until the session is opened."""

    positional: ClassVar[tuple[str, ...]] = ("path",)

    path: Annotated[
        Annotated[Name, Tag("(text)")]
        | Annotated[tuple[Name, ...], Field(min_length=1), Tag("(list)")],
        Discriminator(shape),
        Field(examples=["lfp.zarr", "spikes-*.parquet", ["day1.parquet", "day2.parquet"]]),
    ]
    """File or folder, relative to the session file; `*` and `?` match several files. Several
    files are joined in the order given (a pattern: in sorted order)."""

    group: Name | None = Field(None, examples=["probe0"])
    """Group inside a zarr or HDF5 store."""

    variable: Name | None = Field(None, examples=["data"])
    """Name of the array in its store. Default: `data`, or the only array there is."""

    select: dict[str, Select] = Field(
        {}, examples=[{"time": {"start": 0, "stop": 1800}}, {"channel": ["Fpz-Cz", "Pz-Oz"]}]
    )
    """What to keep of each dimension, by coordinate value."""

    format: Name | None = Field(None, examples=["zarr", "csv"])
    """Reader to use; by default told from the file's name."""

    time: Name = Field("time", examples=["time", "t_sec"])
    """Name of the time dimension and its coordinate, or of the time column."""

    time_unit: TimeUnit | None = Field(None, examples=["s", "ms"])
    """Unit of the stored times. Default: the coordinate's `units`, else seconds; datetimes need
    none."""

    rate: Number | None = Field(None, gt=0, le=1e9, examples=[30000.0])
    """Samples a second, for an array that is stored without times."""

    block_mb: Whole | None = Field(None, ge=1, le=65536, examples=[1024])
    """Largest stored block in MiB that may be loaded to read a part of it; the default keeps a
    badly chunked store from filling the memory."""


def _data_shape(value: object) -> str:
    if isinstance(value, InMemory):
        return "(memory)"
    found = shape(value)
    if found == "(list)" and _is_pair(value):
        return "(memory)"  # (times, values) of a script; a document has lists only
    return found


def _is_pair(value: object) -> bool:
    """Whether the value is ``(times, values)``, two arrays of a script."""
    return (
        isinstance(value, tuple)
        and len(value) == 2
        and all(hasattr(part, "shape") for part in value)
    )


Data: TypeAlias = Annotated[
    Annotated[Name, Tag("(text)")]
    | Annotated[Source, Tag("(table)")]
    | Annotated[InMemory, Tag("(memory)")],
    Discriminator(_data_shape),
]
"""The name of an entry of `[sources]`, an inline source, or (from Python) an object in memory."""


def source_from_path(
    path: object,
    *,
    group: str | None = None,
    variable: str | None = None,
    filter_dict: Mapping[str, object] | None = None,
    **more: Any,
) -> Source:
    """Build the lazy source that `from_path` names.

    Parameters
    ----------
    path
        A path or several; `os.PathLike` is taken too.
    group, variable
        As in `Source`.
    filter_dict
        What to keep of each dimension: a slice or a tuple of two becomes a range, a list or a
        one-dimensional array picks, a scalar drops the dimension.
    more
        Further fields of `Source`.

    Raises
    ------
    LoupeConfigError
        For a slice with a step, and for what `Source` refuses.
    """
    select = {key: _as_select(key, value) for key, value in (filter_dict or {}).items()}
    return Source(path=path_text(path), group=group, variable=variable, select=select, **more)


def _as_select(name: str, value: Any) -> object:
    value = _bare(value)
    if isinstance(value, tuple) and len(value) == 2:
        value = slice(*value)
    if isinstance(value, slice):
        if value.step not in (None, 1):
            raise LoupeConfigError(
                f"the slice for `{name}` has a step of {value.step!r}; a range keeps every sample",
                hint=f"leave the step out, or pick the values: `{name}=values[::{value.step}]`",
            )
        ends = {"start": _bare(value.start), "stop": _bare(value.stop)}
        return {key: end for key, end in ends.items() if end is not None}
    if isinstance(value, set | frozenset):
        try:
            return sorted(value)
        except TypeError:  # texts beside numbers
            return sorted(value, key=str)
    if isinstance(value, range) or len(getattr(value, "shape", ())) == 1:
        return list(value)
    return value


def _bare(value: Any) -> Any:
    """The plain array of a labelled one; anything else as it is."""
    return getattr(value, "values", value) if hasattr(value, "shape") else value
