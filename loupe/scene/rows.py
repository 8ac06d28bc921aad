"""Which rows in which order and colour: shared by the plot kinds, pure numpy."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from loupe.data.natural import natural_key
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
    "natural_key",
    "order_rows",
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
    """A coordinate value as a person writes it: integers without a point, short floats."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)


_UNITS = {"uV": "µV", "uA": "µA", "us": "µs", "um": "µm", "degC": "°C", "deg": "°", "percent": "%"}


def unit_text(units: str) -> str:
    """Units as people write them: "uV" becomes "µV"; others stay as the file has them."""
    return _UNITS.get(units, units)


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
