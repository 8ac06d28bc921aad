"""Marks on samples of a trace: spikes, events, flags."""

from collections.abc import Mapping
from typing import ClassVar, Literal, TypeAlias

from pydantic import Field

from loupe.session.base import Flag, Model, Name, Number, Whole
from loupe.session.color import Color
from loupe.session.source import Data
from loupe.units import Rgba

__all__ = ["MarkerSymbol", "SampleMarkers"]

MarkerSymbol: TypeAlias = Literal["o", "s", "t", "d", "+", "x", "star", "|", "vline"]
"""Circle, square, triangle, diamond, plus, cross, star, tick; `vline` is a full-height line."""


class SampleMarkers(Model):
    """Marks wherever an array of truth values is true."""

    positional: ClassVar[tuple[str, ...]] = ("marker", "color", "bool_array")
    renamed: ClassVar[Mapping[str, str]] = {"view_id": "id"}

    marker: MarkerSymbol = Field(examples=["o", "vline"])
    """Symbol; `vline` is a line over the whole height of the row."""

    color: Color = Field(examples=["#ff8800", [255, 136, 0]])
    """Colour of the symbol."""

    bool_array: Data = Field(examples=["spike_mask", {"path": "masks.zarr", "variable": "spike"}])
    """Array with the dimensions of the trace's data, true where a mark stands. What it does not
    cover counts as false."""

    size: Number | None = Field(None, ge=0.5, le=40, examples=[10.0])
    """Size in pixels (of a `vline`: its width). Default: 8 for `o`, 1 for `vline`, else 9."""

    alpha: Whole | None = Field(None, ge=0, le=255, examples=[180])
    """Opacity. Default: 110 for `o`, 200 for `vline`, else 255."""

    visible: Flag = Field(True, examples=[False])
    """Whether the marks are shown at first."""

    id: Name | None = Field(None, examples=["spikes"])
    """Stable name for view presets; unique within the plot."""

    @property
    def view_id(self) -> str | None:
        """The original program's name of `id`."""
        return self.id

    @property
    def drawn_size(self) -> float:
        """`size`, or the default of the symbol, in pixels."""
        if self.size is not None:
            return self.size
        return {"o": 8.0, "vline": 1.0}.get(self.marker, 9.0)

    @property
    def drawn_color(self) -> Rgba:
        """`color` with the opacity that it is drawn with."""
        default = {"o": 110, "vline": 200}.get(self.marker, self.color.a)
        return self.color.with_alpha(default if self.alpha is None else self.alpha)
