"""What a user may change about the picture while looking: flags of the view, overrides of rows.

Values only, standard library only: the action table reads this without numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from loupe.units import Rgba, Seconds

__all__ = [
    "EventOverride",
    "MarkerOverride",
    "Measure",
    "Overrides",
    "RowOverride",
    "VideoOverride",
    "ViewFlags",
]


@dataclass(frozen=True, slots=True)
class RowOverride:
    """What the user changed of one row; None leaves the session's value.

    Attributes
    ----------
    height
        Factor on the natural height, 0.01 to 20.
    y_range
        Fixed Y range; `y_auto` True follows the visible data instead.
    y_zoom
        Factor on the Y span about its centre.
    first
        First trace shown of a dense row with pages.
    bad
        Marked as bad: drawn dim.
    """

    hidden: bool = False
    bad: bool = False
    height: float = 1.0
    y_range: tuple[float, float] | None = None
    y_auto: bool | None = None
    y_zoom: float = 1.0
    color: Rgba | None = None
    gain: float | None = None
    step: int | None = None
    traces_per_page: int | None = None
    first: float = 0.0
    vmin: float | None = None
    vmax: float | None = None
    cmap: str | None = None
    method: Literal["peak", "mean"] | None = None


@dataclass(frozen=True, slots=True)
class MarkerOverride:
    """What the user changed of one set of sample markers; None leaves the session's value."""

    symbol: str | None = None
    color: Rgba | None = None
    size: float | None = None


@dataclass(frozen=True, slots=True)
class EventOverride:
    """What the user changed of one class of global events; None leaves the session's value."""

    color: Rgba | None = None
    style: Literal["solid", "dashed", "dotted", "dashdot", "dashdotdot"] | None = None
    width: float | None = None


@dataclass(frozen=True, slots=True)
class VideoOverride:
    """What the user changed of one video; None leaves the session's value.

    Attributes
    ----------
    stretch
        Share of the height of the videos' panel, 0 to 20.
    own_window
        Title of the window that it stands in; empty for the panel.
    """

    stretch: int | None = None
    own_window: str | None = None


_NO_VIDEOS: Mapping[int, VideoOverride] = MappingProxyType({})
_NO_ROWS: Mapping[str, RowOverride] = MappingProxyType({})
_NO_MARKERS: Mapping[str, MarkerOverride] = MappingProxyType({})
_NO_EVENTS: Mapping[str, EventOverride] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Overrides:
    """Changes to rows, marker sets, event classes and videos, and the order of rows.

    Attributes
    ----------
    order
        None until the user changed it.
    """

    rows: Mapping[str, RowOverride] = field(default_factory=lambda: _NO_ROWS)
    order: tuple[str, ...] | None = None
    markers: Mapping[str, MarkerOverride] = field(default_factory=lambda: _NO_MARKERS)
    events: Mapping[str, EventOverride] = field(default_factory=lambda: _NO_EVENTS)
    videos: Mapping[int, VideoOverride] = field(default_factory=lambda: _NO_VIDEOS)

    def row(self, row_id: str) -> RowOverride:
        """The override of a row; the neutral one if it has none."""
        return self.rows.get(row_id, _NEUTRAL)

    def with_rows(self, changed: Mapping[str, RowOverride]) -> Overrides:
        """The same overrides with those of some rows replaced."""
        rows = {**self.rows, **changed}
        for row_id, override in changed.items():
            if override == _NEUTRAL:
                del rows[row_id]
        return replace(self, rows=MappingProxyType(rows))


_NEUTRAL = RowOverride()


@dataclass(frozen=True, slots=True)
class ViewFlags:
    """What is shown and how; the session's [view] gives the start values."""

    theme: Literal["dark", "light", "system"] = "dark"
    grid: bool = True
    overlays: bool = True
    strip: bool = True
    strip_only: bool = False
    hypnogram: bool = True
    hypnogram_zoom: bool = False
    right_panel: bool = True
    tuner: bool = True
    label_alpha: float | None = None
    hatching: bool = False
    fixed_scale: bool = True
    clock: Literal["auto", "seconds", "hms", "wall"] = "auto"
    proportional_rasters: bool = True
    proportional_heatmaps: bool = True
    compact_rasters: bool = False
    compact_heatmaps: bool = False
    raster_brightness: float = 1.0
    event_height: float | None = None
    event_thickness: float | None = None
    smooth_scroll_speed: float = 0.1
    font_scale: float = 1.0
    measuring: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """A line drawn with the measure tool.

    Attributes
    ----------
    row
        Id of the row it lies in.
    y0, y1
        Heights in the row, 0 at its top and 1 at its bottom; the row's axis turns them into values.
    """

    row: str
    t0: Seconds
    y0: float
    t1: Seconds
    y1: float
