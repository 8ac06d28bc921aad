"""`kind = "heatmap"`: many traces as the rows of an image over time."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag

from loupe.session.base import Fault, Flag, Name, Number, shape
from loupe.session.forms import keyed
from loupe.session.plots.base import ColormapName, NameOrCallable, PlotBase
from loupe.session.shading import ShadeNans
from loupe.session.source import Data, source_from_path

__all__ = ["Cmap", "HeatmapConfig"]


Cmap: TypeAlias = Annotated[
    Annotated[ColormapName, Tag("(text)")]
    | Annotated[tuple[ColormapName, ...], Field(min_length=1), Tag("(list)")]
    | Annotated[dict[str, ColormapName], BeforeValidator(keyed), Tag("(table)")],
    Discriminator(lambda value: _cmap_shape(value)),
]
"""A colormap, a list that is cycled over the groups, or a table from group to colormap."""


def _cmap_shape(value: object) -> str:
    found = shape(value)
    return "(text)" if found == "(memory)" else found


class HeatmapConfig(PlotBase):
    """An image with time along x and one row for each entry of a dimension."""

    positional: ClassVar[tuple[str, ...]] = ("data",)

    kind: Literal["heatmap"] = Field("heatmap", examples=["heatmap"])
    """Says that this plot is a heatmap."""

    data: Data = Field(examples=["dff", {"path": "dff.zarr", "variable": "dff"}])
    """Array with a time dimension and, after `split_by`, exactly one other dimension."""

    array_name: NameOrCallable = Field(False, examples=[True, "dF/F"])
    """Prefix of the heatmaps' names: `true` for the array's own name, or the text itself."""

    split_by: Name | None = Field(None, examples=["dend-ID"])
    """Coordinate or dimension whose values make a heatmap each."""

    order_by: Name | None = Field(None, examples=["pos"])
    """Coordinate that orders the rows, the first at the bottom."""

    descending: Flag = Field(False, examples=[True])
    """Reverse the order."""

    cmap: Cmap = Field("magma", examples=["viridis", ["magma", "viridis"], {"d1": "plasma"}])
    """Colormap: a name, a list that is cycled over the groups, or a table by group."""

    vmin: Number | None = Field(None, examples=[0.0])
    """Value at the lower end of the colormap. Default: from `percentiles`, for each heatmap."""

    vmax: Number | None = Field(None, examples=[5.0])
    """Value at the upper end of the colormap. Default: from `percentiles`, for each heatmap."""

    percentiles: tuple[
        Annotated[Number, Field(ge=0, le=100)], Annotated[Number, Field(ge=0, le=100)]
    ] = Field((1.0, 99.0), examples=[[2.0, 98.0]])
    """Percentiles of the finite values that `vmin` and `vmax` default to."""

    decim_method: Literal["peak", "mean"] = Field("peak", examples=["mean"])
    """How samples become one pixel. `peak`: the value of larger magnitude, sign kept; `mean`: the
    mean without NaN."""

    shade_nans: ShadeNans = Field(None, examples=["#808080", ["#ff0000", 0.5]])
    """Colour of missing values, or `[colour, opacity 0 to 1]`; `false` leaves them blank."""

    colorbar: Flag = Field(True, examples=[False])
    """Show the colour bar."""

    hidden: tuple[Name, ...] = Field((), examples=[["dend-ID=3"]])
    """Names of heatmaps (of a split) that are not shown at first."""

    @classmethod
    def from_path(
        cls,
        path: object,
        group: str | None = None,
        variable: str | None = "data",
        filter_dict: Mapping[str, object] | None = None,
        **fields: Any,
    ) -> Self:
        """Name a zarr or netCDF store (or any array file). Nothing is read.

        Parameters
        ----------
        path
            File or folder, or several.
        group, variable
            Where the array stands in its store.
        filter_dict
            What to keep of each dimension, as in ``DataArray.sel``.
        fields
            Further fields of `HeatmapConfig`.
        """
        source = source_from_path(path, group=group, variable=variable, filter_dict=filter_dict)
        return cls(data=source, **fields)

    def faults(self) -> Iterator[Fault]:
        """Colour limits and percentiles upside down."""
        yield from super().faults()
        if self.vmin is not None and self.vmax is not None and not self.vmin < self.vmax:
            yield Fault(
                ("vmax",),
                "session-range-order",
                f"`vmax` {self.vmax:g} is not above `vmin` {self.vmin:g}",
                "swap them",
            )
        low, high = self.percentiles
        if not low < high:
            yield Fault(
                ("percentiles",),
                "session-range-order",
                f"the lower percentile {low:g} is not below the upper one {high:g}",
                "write the lower one first",
            )
