"""The one colour parser, and the pydantic types made of it.

Every colour field of every Config goes through `parse_color`. This room knows
nothing of themes or of what is painted.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from loupe.session.css_colors import CSS_COLORS
from loupe.session.forms import keyed, listed_array, python_values
from loupe.units import Rgba

__all__ = ["COLOR_FORMS", "LABEL_ALPHA", "Color", "LabelColor", "parse_color"]

LABEL_ALPHA = 32
"""Alpha of a label colour that names none: overlays must let the data through."""

COLOR_FORMS = "`#RRGGBB[AA]`, `0xRRGGBB[AA]`, `R,G,B[,A]`, 3 or 4 integers 0-255, or a CSS name"

_HEX = re.compile(r"(?:#|0[xX])([0-9a-fA-F]{6}(?:[0-9a-fA-F]{2})?)\Z")
_SHORT_HEX = re.compile(r"#([0-9a-fA-F]{3,4})\Z")


def parse_color(value: object, *, default_alpha: int = 255) -> Rgba:
    """Turn any accepted notation into a colour.

    Parameters
    ----------
    value
        A string, a sequence or array of 3 or 4 integers 0 to 255, or an `Rgba`.
    default_alpha
        Alpha of a notation that names none (0 to 255).

    Raises
    ------
    ValueError
        If the value is in none of the accepted forms; the text lists them.
    """
    value = listed_array(value)
    if isinstance(value, str):
        parts = _from_text(value.strip())
    elif isinstance(value, list | tuple):
        parts = _from_numbers(list(value))
    else:
        raise ValueError(f"a colour is {COLOR_FORMS}, not a {type(value).__name__}")
    if len(parts) == 3:
        parts.append(default_alpha)
    return Rgba(*parts)


def _from_text(text: str) -> list[int]:
    if match := _HEX.match(text):
        digits = match.group(1)
        return [int(digits[i : i + 2], 16) for i in range(0, len(digits), 2)]
    if match := _SHORT_HEX.match(text):
        return [int(digit * 2, 16) for digit in match.group(1)]
    if "," in text:
        try:
            return _from_numbers([int(part) for part in text.split(",")])
        except ValueError as error:
            raise ValueError(f"`{text}` is not a colour: {error}") from None
    name = text.lower()
    if name == "transparent":
        return [0, 0, 0, 0]
    if name in CSS_COLORS:
        digits = CSS_COLORS[name]
        return [int(digits[i : i + 2], 16) for i in (0, 2, 4)]
    if text.isalpha():
        raise ValueError(f"`{text}` is not a colour")
    raise ValueError(f"`{text}` is not a colour; write {COLOR_FORMS}")


def _from_numbers(values: list[Any]) -> list[int]:
    if len(values) not in (3, 4):
        raise ValueError(f"a colour has 3 or 4 numbers, not {len(values)}")
    found = []
    for value in python_values(values):
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not is_whole or not 0 <= value <= 255:
            raise ValueError(f"`{value}` is not an integer 0 to 255")
        found.append(value)
    return found


def _validate(value: object) -> Rgba:
    try:
        return parse_color(value)
    except ValueError as error:
        raise PydanticCustomError("color", "{reason}", {"reason": str(error)}) from None


def _validate_label(value: object) -> Rgba:
    try:
        return parse_color(value, default_alpha=LABEL_ALPHA)
    except ValueError as error:
        raise PydanticCustomError("color", "{reason}", {"reason": str(error)}) from None


_SCHEMA: dict[str, Any] = {
    "description": f"A colour: {COLOR_FORMS}.",
    "type": ["string", "array"],
    "items": {"type": "integer", "minimum": 0, "maximum": 255},
    "minItems": 3,
    "maxItems": 4,
    "pattern": (
        r"^\s*((#|0[xX])([0-9a-fA-F]{6}|[0-9a-fA-F]{8})|#[0-9a-fA-F]{3,4}"
        r"|[0-9, ]+|[A-Za-z]+|.*\$\{.*)\s*$"
    ),
}


def _plain(color: Rgba) -> str:
    return color.hex()


def _plain_label(color: Rgba) -> str:
    # Without alpha it would be read again as translucent.
    return color.hex(alpha=True)


Color: TypeAlias = Annotated[
    Rgba, PlainValidator(_validate), PlainSerializer(_plain), WithJsonSchema(_SCHEMA)
]
"""A colour in any accepted notation; opaque when no alpha is given."""

LabelColor: TypeAlias = Annotated[
    Rgba, PlainValidator(_validate_label), PlainSerializer(_plain_label), WithJsonSchema(_SCHEMA)
]
"""A colour of a label; translucent (`LABEL_ALPHA`) when no alpha is given."""


def _listed(value: object) -> object:
    """A single colour stands for a list of one (`"#f00"` but also `[255, 0, 0]`)."""
    value = listed_array(value)
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple) and value and all(isinstance(v, int) for v in value):
        return (tuple(value),)
    return value


Colors: TypeAlias = Annotated[tuple[Color, ...], BeforeValidator(_listed)]
"""One colour or several, as a tuple."""

ColorMap: TypeAlias = Annotated[dict[str, Color], BeforeValidator(keyed)]
"""Colours by the text of a category."""
