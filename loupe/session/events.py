"""Event markers across every plot."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from loupe.session.base import Fault, Flag, Model, Name, Number, Whole
from loupe.session.color import Color
from loupe.session.forms import keyed
from loupe.session.source import Data

__all__ = ["EventStyle", "GlobalEventsConfig", "LineStyle"]

LineStyle: TypeAlias = Literal["solid", "dashed", "dotted", "dashdot", "dashdotdot"]


class EventStyle(Model):
    """How the lines of one class of events look; what is not given comes from the cycle."""

    line_color: Color | None = Field(None, examples=["#ff8800", [100, 200, 255]])
    """Colour of the line."""

    line_style: LineStyle | None = Field(None, examples=["dashed"])
    """Dash pattern of the line."""

    line_width: Number | None = Field(None, gt=0, le=50, examples=[2.0])
    """Width in pixels. Default: 1.5."""

    line_alpha: Whole | None = Field(None, ge=0, le=255, examples=[100])
    """Opacity. Default: 200."""

    visible: Flag = Field(True, examples=[False])
    """Whether events of this class are shown at first."""


class GlobalEventsConfig(Model):
    """Vertical lines across every plot at the times of a table."""

    positional: ClassVar[tuple[str, ...]] = ("data",)

    data: Data = Field(examples=["events", {"path": "events.parquet"}])
    """Table with one event a line."""

    event_times_column: Name = Field("time", examples=["time"])
    """Column with the times, in seconds."""

    style_events_on: Name | None = Field(None, examples=["kind"])
    """Column whose unique values are classes with a style each. Default: one style for all."""

    style_kwargs: Annotated[dict[str, EventStyle], BeforeValidator(keyed)] = Field(
        {}, examples=[{"stim": {"line_color": "#ff8800", "line_width": 2.0}}]
    )
    """Style of a class, by the text of its value; other classes cycle through distinct styles."""

    visible: Flag = Field(True, examples=[False])
    """Whether events are shown at first."""

    def faults(self) -> Iterator[Fault]:
        """Styles by class without classes."""
        if self.style_kwargs and self.style_events_on is None:
            yield Fault(
                ("style_kwargs",),
                "session-styles-unused",
                "styles by class have no effect without `style_events_on`",
                "name the column of the classes in `style_events_on`",
                "warning",
            )
