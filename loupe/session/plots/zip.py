"""`kind = "zip"`: traces of several arrays together, one row for each shared value."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from loupe.session.base import Fault, Flag, Name, Number, shape
from loupe.session.color import Colors
from loupe.session.plots.base import PlotBase
from loupe.session.plots.trace import TraceConfig

__all__ = ["Zip"]

_USED = frozenset({"kind", "data", "color", "line_width"})


class Zip(PlotBase):
    """Traces of several arrays, drawn together for each value of a shared coordinate."""

    positional: ClassVar[tuple[str, ...]] = ("traces", "on")

    kind: Literal["zip"] = Field("zip", examples=["zip"])
    """Says that this plot overlays traces of several arrays."""

    traces: tuple[TraceConfig, ...] = Field(
        min_length=2, examples=[[{"data": "f"}, {"data": "dff", "color": "#00ff00"}]]
    )
    """The arrays, in drawing order; only `data`, `color` and `line_width` may be given."""

    on: Name = Field(examples=["syn_id"])
    """Coordinate that all arrays have: each of its values, in order of first appearance, is a
    row."""

    colors: Colors | None = Field(None, examples=[["#ff0000", "#00ff00"]])
    """One colour for each array; wins over the `color` of the arrays."""

    array_name: Annotated[
        Annotated[Literal[False], Tag("(flag)")] | Annotated[Name, Tag("(text)")],
        Discriminator(shape),
    ] = Field(False, examples=["synapse"])
    """Prefix of the rows' names."""

    legend: Flag = Field(True, examples=[False])
    """Show which colour is which array."""

    y_range: tuple[Number, Number] | None = Field(None, examples=[[-1.0, 5.0]])
    """Fixed lower and upper end of the Y axis, in data units."""

    y_ranges: dict[str, tuple[Number, Number]] = Field({}, examples=[{"syn3": [-1.0, 2.0]}])
    """Y ranges of single rows, by row name; they win over `y_range`."""

    hidden: tuple[Name, ...] = Field((), examples=[["syn3"]])
    """Names of rows that are not shown at first."""

    bad: tuple[Name, ...] = Field((), examples=[["syn7"]])
    """Names of rows marked as bad."""

    def faults(self) -> Iterator[Fault]:
        """A wrong number of colours, fields of the arrays that have no meaning here."""
        yield from super().faults()
        if self.colors is not None and len(self.colors) != len(self.traces):
            yield Fault(
                ("colors",),
                "session-zip-colors",
                f"expected {len(self.traces)} colours, one for each trace, got {len(self.colors)}",
                "give one colour for each trace, or none",
            )
        for number, trace in enumerate(self.traces):
            fields = type(trace).model_fields
            for name in sorted(trace.model_fields_set - _USED):
                if getattr(trace, name) != fields[name].default:
                    yield Fault(
                        ("traces", number, name),
                        "session-zip-field",
                        f"`{name}` has no meaning inside a zip",
                        "remove it; only `data`, `color` and `line_width` are used",
                    )
            if self.colors is not None and trace.color is not None:
                yield Fault(
                    ("traces", number, "color"),
                    "session-color-ignored",
                    "`color` has no effect because the zip's `colors` is set",
                    "remove one of the two",
                    "warning",
                )
        if self.y_range is not None and not self.y_range[0] < self.y_range[1]:
            yield Fault(
                ("y_range",),
                "session-range-order",
                f"the lower end {self.y_range[0]:g} is not below the upper end {self.y_range[1]:g}",
                "write the lower end first",
            )
