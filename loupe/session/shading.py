"""How missing values are shaded: one notation for heatmaps and rasters."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, TypeAlias

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from loupe.session.color import parse_color
from loupe.units import Rgba

__all__ = ["NAN_ALPHA", "NanShade", "ShadeNans"]

NAN_ALPHA = 0.7
"""Opacity of a shade that names none."""


class NanShade(NamedTuple):
    """A colour (its alpha is not used) and an opacity 0 to 1."""

    color: Rgba
    opacity: float


def _validate(value: object) -> NanShade | None:
    if value is False or value is None:
        return None
    if isinstance(value, NanShade):
        return value
    if value is True:
        raise _wrong("`true` names no colour")
    opacity: Any = None
    if isinstance(value, list | tuple) and len(value) == 2:
        value, opacity = value
        is_number = isinstance(opacity, int | float) and not isinstance(opacity, bool)
        if not is_number or not 0 <= opacity <= 1:
            raise _wrong(f"the opacity `{opacity}` is not a number 0 to 1")
    try:
        color = parse_color(value)
    except ValueError as error:
        raise _wrong(str(error)) from None
    if opacity is None:
        opacity = NAN_ALPHA if color.a == 255 else color.a / 255
    return NanShade(color.with_alpha(255), float(opacity))


def _wrong(reason: str) -> PydanticCustomError:
    return PydanticCustomError(
        "shade_nans", "{reason}; write `false`, a colour or `[colour, opacity]`", {"reason": reason}
    )


def _plain(shade: NanShade | None) -> object:
    return False if shade is None else [shade.color.hex(), shade.opacity]


ShadeNans: TypeAlias = Annotated[
    Any,
    PlainValidator(_validate),
    PlainSerializer(_plain),
    WithJsonSchema({"type": ["boolean", "string", "array"], "minLength": 1, "minItems": 2}),
]
"""`false`, a colour, or `[colour, opacity 0 to 1]`; validated to `NanShade` or None."""
