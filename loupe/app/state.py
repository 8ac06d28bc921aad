"""The one frozen state of an open window. Views draw it, commands replace it.

Knows neither Qt nor GL. Imports only the ground floors and the session, so that
the action table can be read without numpy; label tables enter as opaque values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from loupe.units import Rgba, Seconds, Span

if TYPE_CHECKING:
    from loupe.labels.history import History
    from loupe.labels.table import IntervalTable
    from loupe.scene.layout import Viewport
    from loupe.scene.timegrid import Window

__all__ = [
    "AppState",
    "Overrides",
    "Playback",
    "RowOverride",
    "TrackState",
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


_NO_ROWS: Mapping[str, RowOverride] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Overrides:
    """Changes to rows by id, and the order of rows when the user changed it."""

    rows: Mapping[str, RowOverride] = field(default=_NO_ROWS)
    order: tuple[str, ...] | None = None

    def row(self, row_id: str) -> RowOverride:
        """The override of a row; the neutral one if it has none."""
        return self.rows.get(row_id, _NEUTRAL)

    def with_row(self, row_id: str, override: RowOverride) -> Overrides:
        """The same overrides with one row's replaced."""
        rows = {**self.rows, row_id: override}
        if override == _NEUTRAL:
            del rows[row_id]
        return Overrides(MappingProxyType(rows), self.order)


_NEUTRAL = RowOverride()


@dataclass(frozen=True, slots=True)
class TrackState:
    """One label set while the window is open.

    Attributes
    ----------
    read_only
        Why it cannot be edited; empty if it can.
    clean
        Depth of the history at the last save; the set is unsaved when it differs.
    """

    id: str
    name: str
    table: IntervalTable
    history: History
    visible: bool = True
    read_only: str = ""
    writeback: bool = False
    saved: bool = True
    epoch: Seconds | None = None
    epoch_origin: Seconds = 0.0
    merge: bool = True


@dataclass(frozen=True, slots=True)
class Playback:
    """Whether the cursor runs, how fast, and whether it loops in the window or runs on."""

    playing: bool = False
    speed: float = 1.0
    loop: bool = True


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
    label_alpha: float = 1.0
    fixed_scale: bool = True
    clock: Literal["auto", "seconds", "hms", "wall"] = "auto"
    proportional_rasters: bool = True
    proportional_heatmaps: bool = True
    compact_rasters: bool = False
    compact_heatmaps: bool = False
    raster_brightness: float = 1.0
    event_height: float = 0.8
    event_thickness: float = 1.0
    smooth_scroll_speed: float = 0.1
    font_scale: float = 1.0
    measuring: bool = False


@dataclass(frozen=True, slots=True)
class AppState:
    """Everything that can change while a window is open.

    Attributes
    ----------
    extent
        Limits of time for the window and the cursor.
    scroll
        Logical pixels the rows are scrolled down.
    edited
        Index into `tracks` of the set that label keys change; None without one.
    note
        The message of the status line.
    past, future
        Windows to go back and forward to.
    """

    extent: Span
    window: Window
    viewport: Viewport
    cursor: Seconds
    selection: Span | None = None
    selected_label: int | None = None
    selected_rows: frozenset[str] = frozenset()
    focused_row: str | None = None
    scroll: float = 0.0
    view: ViewFlags = field(default_factory=ViewFlags)
    overrides: Overrides = field(default_factory=Overrides)
    tracks: tuple[TrackState, ...] = ()
    edited: int | None = None
    playback: Playback = field(default_factory=Playback)
    hidden_videos: frozenset[int] = frozenset()
    step_target: int = 0
    note: str = ""
    past: tuple[Window, ...] = ()
    future: tuple[Window, ...] = ()
