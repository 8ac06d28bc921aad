"""`kind = "raster"`: discrete events as ticks in rows."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag

from loupe.session.base import Fault, Flag, Model, Name, Number, shape
from loupe.session.color import Color
from loupe.session.forms import listed_array, tables_of_arrays
from loupe.session.plots.base import NameOrCallable, Palette, PlotBase, losing_colors
from loupe.session.shading import ShadeNans
from loupe.session.source import Data, Scalar, source_from_path
from loupe.units import Rgba

__all__ = ["NanSpans", "RasterConfig", "SeparatorParams", "TimePair"]

TimePair: TypeAlias = tuple[Number, Number]
"""Start and stop in seconds."""


NanSpans: TypeAlias = Annotated[
    Annotated[tuple[TimePair, ...], BeforeValidator(listed_array), Tag("(list)")]
    | Annotated[dict[str, tuple[TimePair, ...]], BeforeValidator(tables_of_arrays), Tag("(table)")],
    Discriminator(lambda value: shape(listed_array(value))),
]
"""Stretches without data: for all rows, or by row."""

SplitBy: TypeAlias = Annotated[
    Annotated[Name, Tag("(text)")]
    | Annotated[tuple[Name, ...], Field(min_length=1), Tag("(list)")],
    Discriminator(shape),
]
"""One column or several."""


class SeparatorParams(Model):
    """How separators between rows look."""

    gap: Number = Field(0.6, ge=0, le=20, examples=[1.0])
    """Extra space at a separator, in row heights."""

    color: Color = Field(Rgba(120, 120, 120), examples=["#787878"])
    """Colour of the line."""

    width: Number = Field(1.0, ge=0, le=20, examples=[2.0])
    """Width of the line in pixels; 0 draws none."""


class RasterConfig(PlotBase):
    """Events of a table as ticks, one row for each value of a column."""

    positional: ClassVar[tuple[str, ...]] = ("data", "time_col", "order_by")

    kind: Literal["raster"] = Field("raster", examples=["raster"])
    """Says that this plot is a raster of events."""

    data: Data = Field(examples=["spikes", {"path": "spikes.parquet"}])
    """Table with one event a line."""

    time_col: Name = Field(examples=["time"])
    """Column with the times of the events."""

    order_by: Name = Field(examples=["unit"])
    """Column whose sorted unique values are the rows."""

    descending: Flag = Field(False, examples=[True])
    """Reverse the order of the rows."""

    split_by: SplitBy | None = Field(None, examples=["probe", ["probe", "shank"]])
    """Column or columns whose combinations of values make a raster each."""

    alpha_by: Name | None = Field(None, examples=["snr"])
    """Column that sets the opacity of each event, normalised to `alpha_range` in each raster."""

    alpha_range: tuple[
        Annotated[Number, Field(ge=0, le=1)], Annotated[Number, Field(ge=0, le=1)]
    ] = Field((0.3, 1.0), examples=[[0.1, 1.0]])
    """Opacities of the lowest and the highest value of `alpha_by`."""

    array_name: NameOrCallable = Field(False, examples=["Units"])
    """Prefix of the rasters' names."""

    hue: Name | None = Field(None, examples=["cell_type"])
    """Column that colours each event: text by category, numbers on a scale when `palette` names
    a colormap. Wins over `color`."""

    palette: Palette | None = Field(None, examples=[{"pyr": "#e69f00"}, "viridis"])
    """Colours for `hue`; without `hue`, colours of the rows in turn."""

    color: Color | None = Field(None, examples=["#00ff00"])
    """One colour for all events; wins over `palette`."""

    rows: tuple[Scalar, ...] | None = Field(None, examples=[[1, 2, 3]])
    """The rows to show, in this order, also when they are empty; events of others are left out."""

    horizontal_separators: Annotated[
        tuple[Scalar, ...],
        BeforeValidator(lambda v: v if isinstance(v, list | tuple) else (v,)),
    ] = Field((), examples=[[10, 20]])
    """A separator stands before the first row whose value is at least each of these."""

    separator_params: SeparatorParams = Field(
        default_factory=SeparatorParams.model_construct, examples=[{"gap": 1.0}]
    )
    """How separators look."""

    nan_spans: NanSpans = Field((), examples=[[[10.0, 12.5]], {"3": [[0.0, 4.0]]}])
    """Stretches without data, shaded by `shade_nans`: for all rows, or by row."""

    shade_nans: ShadeNans = Field(None, examples=["#808080", ["#ff0000", 0.5]])
    """Colour of `nan_spans`, or `[colour, opacity 0 to 1]`; `false` shades nothing."""

    brightness: Number = Field(1.0, ge=0.2, le=3.0, examples=[1.5])
    """Factor on the opacity of all events."""

    event_height: Number = Field(0.2, ge=0.1, le=0.5, examples=[0.4])
    """Half the height of a tick, in row heights."""

    event_thickness: Number = Field(2.0, ge=1.0, le=10.0, examples=[1.0])
    """Width of a tick in pixels."""

    hidden: tuple[Name, ...] = Field((), examples=[["probe=1"]])
    """Names of rasters (of a split) that are not shown at first."""

    @classmethod
    def from_parquet(
        cls,
        path: object,
        time_col: str | None = None,
        order_by: str | None = None,
        **fields: Any,
    ) -> Self:
        """Name one parquet file, or several that are joined. Nothing is read.

        Parameters
        ----------
        path
            A file, a pattern, or a list of files.
        time_col, order_by
            As in `RasterConfig`.
        fields
            Further fields of `RasterConfig`.
        """
        given = {"time_col": time_col, "order_by": order_by}
        fields |= {key: value for key, value in given.items() if value is not None}
        return cls(data=source_from_path(path, format="parquet"), **fields)

    def faults(self) -> Iterator[Fault]:
        """Colour fields without effect, stretches that end before they start."""
        yield from super().faults()
        yield from losing_colors(self, ("hue", "color", "palette"))
        low, high = self.alpha_range
        if low > high:
            yield Fault(
                ("alpha_range",),
                "session-range-order",
                f"the lower opacity {low:g} is above the upper one {high:g}",
                "write the lower one first",
            )
        groups: dict[tuple[str | int, ...], tuple[TimePair, ...]] = (
            {("nan_spans", row): spans for row, spans in self.nan_spans.items()}
            if isinstance(self.nan_spans, dict)
            else {("nan_spans",): self.nan_spans}
        )
        for place, spans in groups.items():
            for number, (start, stop) in enumerate(spans):
                if stop < start:
                    yield Fault(
                        (*place, number),
                        "session-range-order",
                        f"the stretch ends at {stop:g} s, before it starts at {start:g} s",
                        "write the start first",
                    )
