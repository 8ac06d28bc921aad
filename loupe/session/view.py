"""`[view]`: how the window starts. It knows neither data nor widgets."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from loupe.session.base import Fault, Flag, Model, Name, Number, Whole, shape
from loupe.session.color import Colors

__all__ = ["ViewSettings"]


RowRef: TypeAlias = Annotated[
    Annotated[Name, Tag("(text)")] | Annotated[Whole, Field(ge=0), Tag("(number)")],
    Discriminator(shape),
]
"""A row by its name or its number."""


class ViewSettings(Model):
    """What the window shows at first, and how."""

    renamed: ClassVar[Mapping[str, str]] = {"window_len": "window"}

    window: Number = Field(10.0, gt=0, le=1e9, examples=[30.0])
    """Length of the shown window in seconds."""

    start: Number | None = Field(None, examples=[0.0])
    """Left edge of the window in seconds. Default: where the data begin."""

    cursor: Number | None = Field(None, examples=[12.5])
    """Place of the cursor in seconds. Default: the left edge of the window."""

    theme: Literal["dark", "light", "system"] = Field("dark", examples=["light"])
    """Colours of the window."""

    font_scale: Number = Field(1.0, ge=0.5, le=3.0, examples=[1.25])
    """Factor on the size of all text."""

    clock: Literal["auto", "seconds", "hms", "wall"] = Field("auto", examples=["hms"])
    """How times are written: seconds, h:m:s from time 0, or the clock on the wall (for data with
    datetimes). `auto`: h:m:s for recordings of over ten minutes, else seconds."""

    fixed_scale: Flag = Field(True, examples=[False])
    """Y axes of stacked rows show the 1-99 % range of all their data; false: of the window."""

    grid: Flag = Field(True, examples=[False])
    """Vertical grid lines on every row."""

    overlays: Flag = Field(True, examples=[False])
    """Shade labels over the plots."""

    label_alpha: Number | None = Field(None, ge=0, le=1, examples=[0.25])
    """Opacity of all shaded labels, 0 to 1. Default: that of each state's colour."""

    hatching: Flag = Field(False, examples=[True])
    """Give each state a pattern besides its colour, wherever labels are drawn: for eyes that do
    not tell the colours apart, and for print without colour."""

    strip: Flag = Field(True, examples=[False])
    """Show the label strip above the plots."""

    strip_only: Flag = Field(False, examples=[True])
    """Show labels in the strip and not over the plots; wins over `strip` and `overlays`."""

    hypnogram: Flag = Field(True, examples=[False])
    """Show the overview of the whole recording."""

    hypnogram_position: Literal["bottom", "right"] = Field("bottom", examples=["right"])
    """Where the overview stands."""

    hypnogram_zoom: Flag = Field(False, examples=[True])
    """The overview shows the surroundings of the window instead of the whole recording."""

    right_panel: Flag = Field(True, examples=[False])
    """Show videos, labels table and summary beside the plots."""

    compact_heatmaps: Flag = Field(False, examples=[True])
    """Shrink heatmaps so that all rows fit into the window."""

    compact_rasters: Flag = Field(False, examples=[True])
    """Shrink rasters so that all rows fit into the window."""

    proportional_heatmaps: Flag = Field(True, examples=[False])
    """Height of a heatmap follows its number of rows."""

    proportional_rasters: Flag = Field(True, examples=[False])
    """Height of a raster follows its number of rows."""

    playback_speed: Number = Field(1.0, ge=0.1, le=8.0, examples=[2.0])
    """Seconds of the recording that pass in a second of playback."""

    playback_mode: Literal["loop", "follow"] = Field("loop", examples=["follow"])
    """At the end of the window, start over (`loop`) or move on (`follow`)."""

    smooth_scroll_speed: Number = Field(0.1, ge=0.001, le=1.0, examples=[0.2])
    """Part of the window that one notch of Shift+wheel moves."""

    cache_mb: Whole = Field(512, ge=16, le=1_000_000, examples=[1024])
    """Ceiling in MB for samples and pictures kept in memory; videos share as much again."""

    subplot_order: tuple[RowRef, ...] = Field((), examples=[["EMG", "EEG"]])
    """Rows from top to bottom, by row name or number from 0; others follow in their order."""

    colors: Colors | None = Field(None, examples=[["#ff8800", "#00ff00"]])
    """Colours of the stacked traces from top to bottom, for rows whose plot names none."""

    line_widths: tuple[Annotated[Number, Field(gt=0, le=50)], ...] = Field((), examples=[[1.5]])
    """Line widths of the stacked traces from top to bottom, in pixels."""

    tuner_preserve_view: Flag = Field(True, examples=[False])
    """Keep ranges and scales when live parameters change the data."""

    preset: Name | None = Field(None, examples=["night.view.toml"])
    """View preset that is applied on top, relative to the session file."""

    preset_strict: Flag = Field(False, examples=[True])
    """Refuse a preset of which a part finds no plot."""

    def faults(self) -> Iterator[Fault]:
        """A cursor outside the window."""
        if self.cursor is None or self.start is None:
            return
        if not self.start <= self.cursor <= self.start + self.window:
            yield Fault(
                ("cursor",),
                "session-cursor-outside",
                f"the cursor at {self.cursor:g} s lies outside the window "
                f"{self.start:g} to {self.start + self.window:g} s",
                "move it, or leave it out",
                "warning",
            )
