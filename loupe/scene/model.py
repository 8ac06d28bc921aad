"""The Scene: a session compiled with its opened data into rows that can be drawn.

Frozen. What a user changes while looking lives in the application's state, not
here. Rows hold references to opened data; nothing in this module reads any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.data.protocols import ArrayData
from loupe.errors import LoupeError
from loupe.scene.theme import Theme
from loupe.session.events import GlobalEventsConfig
from loupe.session.labels import LabelsConfig
from loupe.session.model import Session
from loupe.session.source import InMemory
from loupe.session.tune import Param, Setting
from loupe.session.video import VideoConfig
from loupe.units import Rgba, Seconds, Span

if TYPE_CHECKING:
    from loupe.scene.sources import Opener

__all__ = [
    "ArrayRef",
    "Content",
    "DenseContent",
    "EventClass",
    "FailedContent",
    "HeatmapContent",
    "LegendEntry",
    "Live",
    "MarkerSet",
    "RasterContent",
    "Row",
    "RowKind",
    "Scene",
    "TraceContent",
    "TraceLine",
    "TrackSpec",
    "VideoSpec",
]

SEPARATOR = Rgba(120, 120, 120)

RowKind = Literal["trace", "dense", "heatmap", "raster", "failed"]


@dataclass(frozen=True, eq=False, slots=True)
class ArrayRef:
    """Opened data with a short stable name for cache keys and messages."""

    key: str
    data: ArrayData


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A colour and what it stands for; shown in the gutter."""

    text: str
    color: Rgba


@dataclass(frozen=True, eq=False, slots=True)
class TraceLine:
    """One curve of a row.

    Attributes
    ----------
    array, row
        Where its samples are.
    color
        None is the theme's trace colour.
    width
        Line width in logical pixels.
    symbol
        None draws a line; else one symbol a sample and no line.
    """

    array: ArrayRef
    row: int
    name: str
    color: Rgba | None = None
    width: float = 1.0
    symbol: str | None = None
    symbol_size: float = 8.0


@dataclass(frozen=True, eq=False, slots=True)
class MarkerSet:
    """Sample markers of one row; looked up in their mask when drawn.

    Attributes
    ----------
    name
        For legends and the properties dialog.
    symbol
        A marker symbol, or ``"vline"``.
    size
        Logical pixels.
    mask
        Truth values with the traces' dimensions.
    mask_rows
        For each trace of the row, its row in the mask, or -1 without one.
    """

    id: str
    name: str
    symbol: str
    color: Rgba
    size: float
    mask: ArrayRef
    mask_rows: tuple[int, ...]
    visible: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class TraceContent:
    """A stacked row: one host curve, then overlays; or the curves of one zip value.

    Attributes
    ----------
    held
        Typical range from before live parameters changed the data; None measures it.
    """

    lines: tuple[TraceLine, ...]
    markers: tuple[MarkerSet, ...] = ()
    bottom_spine: bool = False
    y_range: tuple[float, float] | None = None
    held: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False, slots=True)
class DenseContent:
    """Many curves on one axis.

    Attributes
    ----------
    array
        The data.
    order
        Indices of array rows from bottom to top, ``(n,)``; `step` not applied.
    rows, places
        All of `order` ascending, and where in them each of `order` stands: what is measured of a
        plot is measured of all its traces.
    positions
        Vertical position of each trace in `order`, units of row gaps, ascending, ``(n,)``.
    tick_names
        Text of each trace in `order` on the axis.
    colors
        One per trace in `order`; None is the theme's trace colour.
    gain, scale, step, traces_per_page
        The session's values, see `TraceConfig`.
    held
        Typical spread from before live parameters changed the data; None measures it.
    """

    array: ArrayRef
    order: npt.NDArray[np.intp]
    positions: npt.NDArray[np.float64]
    tick_names: tuple[str, ...]
    colors: tuple[Rgba | None, ...]
    gain: float = 1.0
    scale: Literal["auto", "raw"] = "auto"
    raw_gap: float = 1.0
    step: int = 1
    traces_per_page: int | None = None
    line_width: float = 1.0
    markers: tuple[MarkerSet, ...] = ()
    held: float | None = None
    rows: tuple[int, ...] = field(init=False)
    places: npt.NDArray[np.intp] = field(init=False)

    def __post_init__(self) -> None:
        """Sort once: tiles, hovers and live data ask for it."""
        ascending, places = np.unique(self.order, return_inverse=True)
        object.__setattr__(self, "rows", tuple(ascending.tolist()))
        object.__setattr__(self, "places", places)


@dataclass(frozen=True, eq=False, slots=True)
class HeatmapContent:
    """Rows of one array as an image; `order` runs from the bottom row to the top row.

    Attributes
    ----------
    lut_key
        Names the colour table by what is in it.
    held
        Measured levels from before live parameters changed the data; None measures them.
    """

    array: ArrayRef
    order: npt.NDArray[np.intp]
    row_names: tuple[str, ...]
    lut_name: str
    lut: npt.NDArray[np.uint8]
    vmin: float | None = None
    vmax: float | None = None
    percentiles: tuple[float, float] = (1.0, 99.0)
    method: Literal["peak", "mean"] = "peak"
    nan_color: Rgba | None = None
    colorbar: bool = True
    held: tuple[float, float] | None = None
    lut_key: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Make the key once: it is asked for in every frame."""
        # Never by address, which the table of a later computing may have again.
        object.__setattr__(self, "lut_key", self.lut.tobytes())


@dataclass(frozen=True, eq=False, slots=True)
class RasterContent:
    """Events of one raster, sorted by time.

    Attributes
    ----------
    times, rows
        ``(n,)`` float64 seconds and row indices (int16, or int32 where those do not suffice),
        row 0 at the bottom.
    colors
        ``(n, 4)`` uint8, or ``(1, 4)`` when all are alike; alpha by `alpha_by`.
    themed
        Whether the theme's trace colour takes the place of the red, green and blue.
    row_names
        Text of each row, bottom first.
    row_values
        The value that each row stands for.
    gaps
        Rows below which a separator's gap is left, bottom first, in row units.
    nan_spans
        Shaded stretches: row index or -1 for the full height, start, stop.
    """

    times: npt.NDArray[np.float64]
    rows: npt.NDArray[np.signedinteger[Any]]
    colors: npt.NDArray[np.uint8]
    row_names: tuple[str, ...]
    themed: bool = False
    gaps: Mapping[int, float] = field(default_factory=dict)
    gap_color: Rgba = SEPARATOR
    gap_width: float = 1.0
    brightness: float = 1.0
    event_height: float = 0.2
    event_thickness: float = 2.0
    nan_spans: tuple[tuple[int, Seconds, Seconds], ...] = ()
    nan_color: Rgba | None = None
    row_values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class FailedContent:
    """A row whose data could not be opened: what and where; the rest of the window works."""

    message: str
    hint: str = ""


Content: TypeAlias = TraceContent | DenseContent | HeatmapContent | RasterContent | FailedContent


@dataclass(frozen=True, eq=False, slots=True)
class Row:
    """One subplot.

    Attributes
    ----------
    id
        Stable across openings: the plot's id, "/" and the row's own key.
    plot
        Index of its plot in the session.
    title, subtitle
        Name and second line (units, "24 of 384") in the gutter.
    group
        What tells the row from the others of its plot, as in "region=CA1"; stands in for the
        title where there is room for one line only. "" where the title does.
    weight
        Natural height relative to a stacked trace (1.0).
    revision
        Which computing of live data its pictures show.
    """

    id: str
    plot: int
    kind: RowKind
    title: str
    subtitle: str
    content: Content
    legend: tuple[LegendEntry, ...] = ()
    units: str = ""
    weight: float = 1.0
    hidden: bool = False
    bad: bool = False
    group: str = ""
    revision: int = 0

    @property
    def arrays(self) -> tuple[ArrayRef, ...]:
        """The arrays that it shows."""
        content = self.content
        if isinstance(content, TraceContent):
            return (*(line.array for line in content.lines), *(m.mask for m in content.markers))
        if isinstance(content, DenseContent):
            return (content.array, *(m.mask for m in content.markers))
        return (content.array,) if isinstance(content, HeatmapContent) else ()


@dataclass(frozen=True, eq=False, slots=True)
class EventClass:
    """Global events of one class and how they look; `times` sorted, ``(n,)`` float64.

    Attributes
    ----------
    color
        None is the theme's colour of secondary text, with `alpha`.
    """

    name: str
    times: npt.NDArray[np.float64]
    color: Rgba | None
    alpha: int
    style: Literal["solid", "dashed", "dotted", "dashdot", "dashdotdot"] = "solid"
    width: float = 1.5

    def color_in(self, theme: Theme) -> Rgba:
        """The colour of its lines."""
        return self.color or theme.dim.with_alpha(self.alpha)


@dataclass(frozen=True, slots=True)
class TrackSpec:
    """One label set of the session.

    Attributes
    ----------
    data
        The table in memory that the set starts with: the session's, or what its function gave.
    live
        Whether live parameters decide what it holds.
    fault
        Why its function gave nothing.
    """

    id: str
    name: str
    config: LabelsConfig
    data: InMemory | None = None
    live: bool = False
    fault: LoupeError | None = None


@dataclass(frozen=True, slots=True)
class VideoSpec:
    """One video of the session."""

    id: str
    name: str
    config: VideoConfig


@dataclass(frozen=True, eq=False, slots=True)
class Live:
    """The parameters of a scene, and what it takes to compile a part of it again.

    Attributes
    ----------
    params
        Every parameter with its name, in the order of the sliders.
    settings
        Where their controls stood when the data were computed.
    opener
        What has been opened.
    groups
        The rows of each plot as compiled, by its number; -1 has those of the global events.
    """

    params: Mapping[Param, str]
    settings: Mapping[Param, Setting]
    opener: Opener
    groups: Mapping[int, tuple[Row, ...]]


@dataclass(frozen=True, eq=False, slots=True)
class Scene:
    """Everything that can be drawn, top to bottom.

    Attributes
    ----------
    extent
        All of the data.
    bare
        Whether there are no data, so that `extent` means nothing.
    origin
        Wall clock at time 0, or None.
    live
        What has to do with live parameters; None without any.
    """

    session: Session
    title: str
    extent: Span
    rows: tuple[Row, ...]
    origin: datetime | None = None
    bare: bool = False
    events: tuple[EventClass, ...] = ()
    events_config: GlobalEventsConfig | None = None
    tracks: tuple[TrackSpec, ...] = ()
    videos: tuple[VideoSpec, ...] = ()
    live: Live | None = None

    def row(self, row_id: str) -> Row:
        """The row of that id.

        Raises
        ------
        KeyError
            If there is none.
        """
        for row in self.rows:
            if row.id == row_id:
                return row
        raise KeyError(row_id)
