"""Which rows in which order and colour: shared by the plot kinds, pure numpy."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from loupe.data.protocols import ArrayInfo
from loupe.errors import LoupeConfigError
from loupe.scene.theme import OKABE_ITO
from loupe.session.suggest import did_you_mean
from loupe.units import Rgba

__all__ = [
    "NA",
    "NA_COLOR",
    "category_colors",
    "coordinate",
    "is_missing",
    "is_numeric",
    "matching_rows",
    "natural_key",
    "numbered",
    "order_rows",
    "prefix_of",
    "text_of",
    "unit_text",
]

NA = "NA"
"""Name of a missing category."""

NA_COLOR = Rgba(160, 160, 160)
"""Colour of a missing category."""


def is_missing(value: object) -> bool:
    """Whether a category counts as missing: None, NaN, "", "NA", "<NA>", "nan"."""
    if value is None:
        return True
    if isinstance(value, float | np.floating):
        return math.isnan(float(value))
    return isinstance(value, str) and value in ("", "NA", "<NA>", "nan")


def text_of(value: object) -> str:
    """A coordinate value as a person writes it: integers without a point, short floats.

    Ten digits hold at least six after the point up to ten thousand; larger numbers, such as
    identifiers and seconds since 1970, get what tells them apart.
    """
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e16:
            return str(int(value))
        return f"{value:.15g}" if abs(value) >= 1e4 else f"{value:.10g}"
    return str(value)


_UNITS = {"uV": "µV", "uA": "µA", "us": "µs", "um": "µm", "degC": "°C", "deg": "°", "percent": "%"}


def unit_text(units: str) -> str:
    """Units as people write them: "uV" becomes "µV"; others stay as the file has them."""
    return _UNITS.get(units, units)


def natural_key(text: str) -> tuple[tuple[int, float, str], ...]:
    """Sort key that puts "ch2" before "ch10"."""
    parts = re.split(r"(\d+)", text)
    # `\d` are the decimal digits; "①" and "²" are digits too, but no part of a number.
    return tuple((0, float(p), "") if p.isdecimal() else (1, 0.0, p.casefold()) for p in parts if p)


def prefix_of(array_name: bool | str, info: ArrayInfo) -> str:
    """What names of an array's traces start with; "" for nothing.

    Raises
    ------
    LoupeConfigError
        If the array's own name is asked for and it has none.
    """
    if array_name is False:
        return ""
    if array_name is True:
        if not info.name:
            raise LoupeConfigError(
                "`array_name = true`, but the array has no name",
                hint='write the name itself, as in `array_name = "LFP"`',
                code="data-name",
                place=("array_name",),
            )
        return info.name
    return array_name


def coordinate(info: ArrayInfo, name: str, *, what: str) -> npt.NDArray[Any]:
    """The per-row values of a coordinate.

    Raises
    ------
    LoupeConfigError
        If the array has no such coordinate; names what there is.
    """
    if name in info.coords:
        return info.coords[name]
    have = sorted(info.coords)
    raise LoupeConfigError(
        f"{what} = `{name}`, but the array has no coordinate of that name",
        hint=did_you_mean(name, have, what="coordinates"),
        code="data-coordinate",
        place=(what,),
    )


def is_numeric(values: npt.NDArray[Any]) -> bool:
    """Whether values are numbers (booleans count)."""
    return bool(np.issubdtype(values.dtype, np.number) or values.dtype == np.bool_)


def matching_rows(
    host: ArrayInfo, n_host: int, other: ArrayInfo, n_other: int
) -> npt.NDArray[np.intp]:
    """The row of another array that has the coordinates of each row of a host.

    Compared are the dimensions that both have; without any, the other's first row is everyone's.

    Returns
    -------
    ndarray
        ``(n_host,)`` indices, -1 where there is no such row.
    """
    shared = [d for d in host.dims if d in other.dims]
    place: dict[tuple[object, ...], int] = {}
    for row in range(n_other):
        place.setdefault(tuple(_plain(other.coords[d][row]) for d in shared), row)
    found = [
        place.get(tuple(_plain(host.coords[d][row]) for d in shared), -1) for row in range(n_host)
    ]
    return np.array(found, dtype=np.intp)


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def numbered(names: Sequence[str]) -> list[str]:
    """The names, the second and further ones of those that are equal with `#2`, `#3` and so on."""
    taken, seen = set(names), set[str]()
    found = []
    for name in names:
        own, n = name, 2
        while own in seen or (own != name and own in taken):
            own, n = f"{name}#{n}", n + 1
        seen.add(own)
        found.append(own)
    return found


def order_rows(
    info: ArrayInfo,
    n: int,
    order_by: str | None,
    *,
    descending: bool,
    subset: npt.NDArray[np.intp] | None = None,
    natural: bool = True,
) -> npt.NDArray[np.intp]:
    """Row indices in display order; stable.

    Parameters
    ----------
    order_by
        A coordinate, numeric or text (text in natural order). None: by the only non-time
        dimension when it is numeric and `natural`, else array order.
    subset
        Only these rows, ``(m,)``.

    Returns
    -------
    ndarray
        ``(n or m,)`` indices.

    Raises
    ------
    LoupeConfigError
        If there is no such coordinate.
    """
    rows = np.arange(n, dtype=np.intp) if subset is None else subset
    if order_by is not None:
        values = coordinate(info, order_by, what="order_by")[rows]
    elif (
        natural
        and len(info.dims) == 1
        and is_numeric(info.coords.get(info.dims[0], np.array([""])))
    ):
        values = info.coords[info.dims[0]][rows]
    else:
        return rows[::-1] if descending else rows
    if is_numeric(values):
        at = np.argsort(values.astype(np.float64), kind="stable")
        if descending:
            at = np.argsort(-values.astype(np.float64), kind="stable")
        return rows[at]
    keys = [natural_key(text_of(v)) for v in values]
    ranked = sorted(range(len(keys)), key=lambda i: keys[i], reverse=descending)
    return rows[np.asarray(ranked, dtype=np.intp)]


def category_colors(
    values: Sequence[object],
    palette: Mapping[str, Rgba] | Sequence[Rgba] | None,
    default: Sequence[Rgba] = OKABE_ITO,
) -> dict[Hashable, Rgba]:
    """A colour for each distinct value, in first-seen order.

    Parameters
    ----------
    values
        One category an item; missing ones get `NA_COLOR`.
    palette
        By the category's text, or cycled in first-seen order; None cycles `default`.

    Returns
    -------
    dict
        Text of the category to colour; missing categories under "".
    """
    seen: dict[Hashable, Rgba] = {}
    index = 0
    for value in values:
        key = "" if is_missing(value) else text_of(value)
        if key in seen:
            continue
        if key == "":
            seen[key] = NA_COLOR
            continue
        if isinstance(palette, Mapping):
            color = palette.get(key)
            seen[key] = color if color is not None else default[index % len(default)]
        else:
            cycle = palette or default
            seen[key] = cycle[index % len(cycle)]
        index += 1
    return seen
