"""Turn a source's `select` into positions along dimensions, by coordinate value.

Knows coordinates and what was asked for, and reads nothing. Ranges are closed at both
ends, as label slices of xarray are; a list picks in its order; one value drops its
dimension.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from loupe.data.timeaxis import Axis
from loupe.errors import LoupeDataError
from loupe.session.suggest import did_you_mean

__all__ = ["Range", "Selection", "as_selection", "positions", "time_window"]


@dataclass(frozen=True, slots=True)
class Range:
    """A closed range of coordinate values; None leaves an end open."""

    start: object = None
    stop: object = None


@dataclass(frozen=True, slots=True)
class Selection:
    """Positions kept along a dimension; `drop` if one value was asked for and found once."""

    index: npt.NDArray[np.intp]
    drop: bool = False


def as_selection(value: object) -> object:
    """Normalise what a session or a script says: a `Range`, a list of values, or one value."""
    if isinstance(value, Mapping):
        return Range(value.get("start"), value.get("stop"))
    if isinstance(value, tuple | list | set | frozenset | range | np.ndarray):
        return list(value)
    if hasattr(value, "start") and hasattr(value, "stop"):
        return Range(value.start, value.stop)
    return value


def positions(wanted: object, values: npt.NDArray[Any], *, name: str, where: str) -> Selection:
    """Find what is kept of a dimension.

    Parameters
    ----------
    wanted
        What `as_selection` returns.
    values
        ``(n,)`` coordinate values.
    name, where
        The coordinate and its file, for messages.

    Raises
    ------
    LoupeDataError
        If a value is not there (with the nearest ones), or nothing is left.
    """
    if isinstance(wanted, Range):
        index = _in_range(wanted, values, name, where)
        if not len(index):
            raise LoupeDataError(
                f"`select` keeps nothing of `{name}`: no value from "
                f"{_end(wanted.start)} to {_end(wanted.stop)}",
                where=where,
                hint=_extent(values, name),
                code="data-select",
                place=("data", "select", name),
            )
        return Selection(index)
    if isinstance(wanted, list):
        if not wanted:
            raise LoupeDataError(
                f"`select` keeps nothing of `{name}`: the list is empty",
                where=where,
                hint=_extent(values, name),
                code="data-select",
                place=("data", "select", name),
            )
        return Selection(np.concatenate([_equal(w, values, name, where) for w in wanted]))
    index = _equal(wanted, values, name, where)
    return Selection(index, drop=len(index) == 1)


def _in_range(
    wanted: Range, values: npt.NDArray[Any], name: str, where: str
) -> npt.NDArray[np.intp]:
    if values.dtype.kind in "iufbM":
        keep = np.ones(len(values), dtype=bool)
        if wanted.start is not None:
            keep &= values >= _comparable(wanted.start, values, name, where)
        if wanted.stop is not None:
            keep &= values <= _comparable(wanted.stop, values, name, where)
        return np.flatnonzero(keep)
    # Texts have no order of their own that users mean: the order of the store counts.
    first = 0 if wanted.start is None else int(_equal(wanted.start, values, name, where)[0])
    last = (
        len(values) - 1
        if wanted.stop is None
        else int(_equal(wanted.stop, values, name, where)[-1])
    )
    return np.arange(first, last + 1)


def _equal(wanted: object, values: npt.NDArray[Any], name: str, where: str) -> npt.NDArray[np.intp]:
    if values.dtype.kind in "iufbM":
        value = _comparable(wanted, values, name, where)
        found = np.flatnonzero(values == value)
        if not len(found) and values.dtype.kind == "f":
            # 0.3 as written against 0.1 * 3 as computed.
            found = np.flatnonzero(np.isclose(values, value, rtol=1e-9, atol=0.0))
    else:
        found = np.flatnonzero(np.array([str(v) == str(wanted) for v in values], dtype=bool))
    if not len(found):
        raise LoupeDataError(
            f"`{name}` has no value {wanted!r}",
            where=where,
            hint=_extent(values, name, near=wanted),
            code="data-select",
            place=("data", "select", name),
        )
    return found.astype(np.intp)


def _comparable(wanted: object, values: npt.NDArray[Any], name: str, where: str) -> Any:
    if values.dtype.kind == "M":
        try:
            return np.datetime64(_naive(wanted) if isinstance(wanted, datetime) else wanted)
        except (TypeError, ValueError):
            kind = "a date or a time of day, such as 2024-05-01T22:00:00"
    elif isinstance(wanted, bool | int | float | np.number | np.bool_):
        return wanted
    else:
        kind = "a number"
    raise LoupeDataError(
        f"`select` compares `{name}` with {wanted!r}, but its values need {kind}",
        where=where,
        hint=_extent(values, name),
        code="data-select",
        place=("data", "select", name),
    )


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _end(value: object) -> str:
    return "the beginning or the end" if value is None else repr(value)


def _extent(values: npt.NDArray[Any], name: str, *, near: object = None) -> str:
    if values.dtype.kind in "iufM" and len(values) > 12:
        return f"`{name}` goes from {values.min()} to {values.max()}"
    word = "" if near is None else str(near)
    return did_you_mean(word, [str(v) for v in values.tolist()], what=f"values of `{name}`")


def time_window(
    wanted: object, axis: Axis, origin: datetime | None, *, name: str, where: str
) -> tuple[int, int]:
    """Find the samples that a `select` on time keeps.

    Parameters
    ----------
    wanted
        A `Range` in seconds of the array's own axis (from its first sample, if its times are
        datetimes) or of dates.
    axis, origin
        The array's time.

    Returns
    -------
    i0, i1
        Samples ``i0 .. i1 - 1``, at least one.

    Raises
    ------
    LoupeDataError
        If it is not a range, or no sample lies in it.
    """
    if not isinstance(wanted, Range):
        raise LoupeDataError(
            f"`select` takes a range of `{name}`, got {wanted!r}",
            where=where,
            hint=f"write select = {{ {name} = {{ start = 0, stop = 1800 }} }}",
            code="data-select",
            place=("data", "select", name),
        )
    start = _time_end(wanted.start, origin, name, where)
    stop = _time_end(wanted.stop, origin, name, where)
    i0 = 0 if start is None else axis.index_from(start)
    i1 = axis.n if stop is None else axis.index_after(stop)
    if i1 <= i0:
        span = axis.span
        raise LoupeDataError(
            f"`select` keeps no sample: none from {_end(wanted.start)} to {_end(wanted.stop)}",
            where=where,
            hint=f"the samples go from {span.start:g} s to {span.stop:g} s",
            code="data-select",
            place=("data", "select", name),
        )
    return i0, i1


def _time_end(value: object, origin: datetime | None, name: str, where: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return float(value)
    moment: datetime | None = None
    if isinstance(value, np.datetime64):
        value = str(value.astype("datetime64[us]"))
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day)
    elif isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
    if moment is None or origin is None:
        raise LoupeDataError(
            f"`select` compares `{name}` with {value!r}",
            where=where,
            hint="give seconds"
            if origin is None
            else "give seconds from the first sample, or a date such as 2024-05-01T22:00:00",
            code="data-select",
            place=("data", "select", name),
        )
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=origin.tzinfo)
    return (moment - origin).total_seconds()
