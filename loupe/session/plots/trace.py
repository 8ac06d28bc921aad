"""`kind = "trace"`: one row a trace, or many traces on one axis."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field

from loupe.session.base import Fault, Flag, Name, Number, Whole
from loupe.session.color import Color, Colors
from loupe.session.markers import SampleMarkers
from loupe.session.plots.base import ArrayName, Palette, PlotBase, losing_colors
from loupe.session.source import Data, source_from_path

__all__ = ["Mode", "OverlaySymbol", "TraceConfig"]


def _short_mode(value: object) -> object:
    return "stacked" if value == "stacked-subplots" else value


Mode: TypeAlias = Annotated[
    Literal["stacked", "dense"],
    BeforeValidator(
        _short_mode, json_schema_input_type=Literal["stacked", "dense", "stacked-subplots"]
    ),
]
"""`stacked` (also `stacked-subplots`): a row for each trace. `dense`: all on one axis."""


def _symbol(value: object) -> object:
    return "line" if value is None else value


OverlaySymbol: TypeAlias = Annotated[
    Literal["line", "o", "s", "t", "d", "+", "x", "star", "|"],
    BeforeValidator(
        _symbol,
        json_schema_input_type=Literal["line", "o", "s", "t", "d", "+", "x", "star", "|"],
    ),
]
"""`line`, or a symbol at each sample without a line."""


def _listed(value: object) -> object:
    """One value or one object in memory stands for a list of one."""
    if value is None:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


class TraceConfig(PlotBase):
    """Traces of an array, stacked in rows or dense on one axis."""

    positional: ClassVar[tuple[str, ...]] = ("data", "mode")

    kind: Literal["trace"] = Field("trace", examples=["trace"])
    """Says that this plot shows traces."""

    data: Data = Field(examples=["lfp", {"path": "lfp.zarr", "variable": "data"}])
    """Array with a time dimension; every combination of its other dimensions is a trace."""

    mode: Mode = Field("stacked", examples=["dense"])
    """`stacked`: a row for each trace. `dense`: all traces on one axis, offset vertically."""

    order_by: Name | None = Field(None, examples=["y"])
    """Coordinate that orders the traces; in dense mode numeric values are also their spacing."""

    descending: Flag = Field(False, examples=[True])
    """Reverse the order."""

    gain: Number = Field(1.0, ge=1e-6, le=1e6, examples=[2.0])
    """Amplitude factor of dense traces."""

    scale: Literal["auto", "raw"] = Field("auto", examples=["raw"])
    """What `gain` multiplies in dense mode. `auto`: the median trace's 1-99 % range fills one row
    gap. `raw`: values are in units of the offsets."""

    step: Whole = Field(1, ge=1, le=1_000_000, examples=[2])
    """Show every n-th trace of a dense plot."""

    traces_per_page: Whole | None = Field(None, ge=1, le=1_000_000, examples=[16])
    """Traces that a dense plot shows at once; a scrollbar reaches the others. Default: all."""

    hue: Name | None = Field(None, examples=["region"])
    """Coordinate whose values colour the traces."""

    palette: Palette | None = Field(
        None, examples=[["#e69f00", "#56b4e9"], {"CA1": "#e69f00"}, "okabe-ito"]
    )
    """Colours for `hue`: a list in order of first appearance, a table by value, or a name."""

    color: Color | None = Field(None, examples=["#00ff00"])
    """One colour for all traces; wins over `hue`."""

    line_width: Number = Field(1.0, gt=0, le=50, examples=[1.5])
    """Width of the line in pixels."""

    array_name: ArrayName = Field(False, examples=[True, "LFP"])
    """Prefix of the traces' names: `true` for the array's own name, or the text itself."""

    sample_markers: tuple[SampleMarkers, ...] = Field(
        (), examples=[[{"marker": "o", "color": "red", "bool_array": "spikes"}]]
    )
    """Marks on samples, in drawing order."""

    overlay_arrays: Annotated[tuple[Data, ...], BeforeValidator(_listed)] = Field(
        (), examples=[["rolling_std"]]
    )
    """Further arrays drawn in the same rows (stacked mode only)."""

    overlay_colors: Colors | None = Field(None, examples=[["#ff8800"]])
    """Colours of the overlays; a short list goes on with a distinct palette."""

    overlay_line_widths: Annotated[
        tuple[Annotated[Number, Field(gt=0, le=50)], ...], BeforeValidator(_listed)
    ] = Field((), examples=[[2.0]])
    """Line widths of the overlays in pixels; a short list goes on with 1."""

    overlay_symbols: Annotated[tuple[OverlaySymbol, ...], BeforeValidator(_listed)] = Field(
        (), examples=[["o", "line"]]
    )
    """Symbols of the overlays; `line` draws a line, anything else a mark at each sample."""

    overlay_symbol_sizes: Annotated[
        tuple[Annotated[Number, Field(gt=0, le=100)], ...], BeforeValidator(_listed)
    ] = Field((), examples=[[6.0]])
    """Sizes of the overlays' symbols in pixels; a short list goes on with 8."""

    add_bottom_spine: Flag = Field(False, examples=[True])
    """Draw a line under each row."""

    legend: Flag = Field(True, examples=[False])
    """Show a legend where there are overlays or a `hue`."""

    y_range: tuple[Number, Number] | None = Field(None, examples=[[-100.0, 100.0]])
    """Fixed lower and upper end of the Y axis of stacked rows, in data units. Default: as
    `view.fixed_scale` says."""

    y_ranges: dict[str, tuple[Number, Number]] = Field({}, examples=[{"EMG": [-50.0, 50.0]}])
    """Y ranges of single rows, by row name; they win over `y_range`."""

    hidden: tuple[Name, ...] = Field((), examples=[["EMG"]])
    """Names of rows that are not shown at first."""

    bad: tuple[Name, ...] = Field((), examples=[["ch17"]])
    """Names of rows marked as bad: drawn dim, left out of automatic scales."""

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
            Further fields of `TraceConfig`.
        """
        source = source_from_path(path, group=group, variable=variable, filter_dict=filter_dict)
        return cls(data=source, **fields)

    def faults(self) -> Iterator[Fault]:
        """Overlays in dense mode, ranges upside down, colour fields without effect."""
        yield from super().faults()
        yield from losing_colors(self, ("color", "hue", "palette"))
        if self.mode == "dense":
            for name in _OVERLAYS:
                if getattr(self, name):
                    yield Fault(
                        (name,),
                        "session-overlay-dense",
                        f"`{name}` needs stacked traces, but `mode` is `dense`",
                        'remove it or write `mode = "stacked"`',
                    )
        ranges = {("y_range",): self.y_range} | {
            ("y_ranges", row): ends for row, ends in self.y_ranges.items()
        }
        for place, ends in ranges.items():
            if ends is not None and not ends[0] < ends[1]:
                yield Fault(
                    place,
                    "session-range-order",
                    f"the lower end {ends[0]:g} is not below the upper end {ends[1]:g}",
                    "write the lower end first",
                )
        if self.hue is None and isinstance(self.palette, dict):
            yield Fault(
                ("palette",),
                "session-palette-without-hue",
                "a palette by value has no effect without `hue`",
                "name the coordinate in `hue`",
                "warning",
            )


_OVERLAYS = (
    "overlay_arrays",
    "overlay_colors",
    "overlay_line_widths",
    "overlay_symbols",
    "overlay_symbol_sizes",
)
