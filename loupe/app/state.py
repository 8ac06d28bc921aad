"""The one frozen state of an open window. Views draw it, commands replace it.

Knows neither Qt nor GL. Imports only the ground floors, the session and `loupe.scene.settings`,
all of the standard library, so that the action table can be read without numpy; label tables
enter as opaque values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from loupe.scene.settings import (
    EventOverride,
    MarkerOverride,
    Measure,
    Overrides,
    RowOverride,
    ViewFlags,
)
from loupe.session.tune import Param, Setting
from loupe.units import Seconds, Span

if TYPE_CHECKING:
    from loupe.labels.history import History
    from loupe.labels.table import IntervalTable
    from loupe.scene.layout import Viewport
    from loupe.scene.timegrid import Window

__all__ = [
    "AppState",
    "EventOverride",
    "MarkerOverride",
    "Measure",
    "Overrides",
    "ParamState",
    "Playback",
    "RowFacts",
    "RowOverride",
    "SceneFacts",
    "TrackState",
    "ViewFlags",
]


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What the commands must know of a scene's row: its kind and the session's own values.

    Attributes
    ----------
    traces
        Traces of a dense row before `step`; 1 for others.
    """

    id: str
    title: str
    kind: Literal["trace", "dense", "heatmap", "raster", "failed"]
    traces: int = 1
    gain: float = 1.0
    step: int = 1
    traces_per_page: int | None = None
    cmap: str | None = None


@dataclass(frozen=True, slots=True)
class Playback:
    """Whether the cursor runs, how fast, and whether it loops in the window or runs on."""

    playing: bool = False
    speed: float = 1.0
    loop: bool = True


@dataclass(frozen=True, slots=True)
class SceneFacts:
    """The few facts of a scene that decide what a command may do; see `loupe.app.start`.

    Attributes
    ----------
    rows
        In the session's order.
    videos, events, markers
        Names of the videos, of the classes of global events and ids of the marker sets.
    video_keys
        What each video is known by when the session is read again: its id, name or files.
    hidden_videos, view, playback
        The session's own values of what the window can change.
    """

    rows: tuple[RowFacts, ...] = ()
    videos: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    video_keys: tuple[str, ...] = ()
    hidden_videos: frozenset[int] = frozenset()
    view: ViewFlags = field(default_factory=ViewFlags)
    playback: Playback = field(default_factory=Playback)

    def row(self, row_id: str) -> RowFacts | None:
        """The facts of one row, or None."""
        return next((row for row in self.rows if row.id == row_id), None)

    def of_kind(self, *kinds: str) -> tuple[str, ...]:
        """Ids of the rows of these kinds, in the session's order."""
        return tuple(row.id for row in self.rows if row.kind in kinds)


@dataclass(frozen=True, slots=True)
class TrackState:
    """One label set while the window is open.

    Attributes
    ----------
    read_only
        Why it cannot be edited; empty if it can.
    saved
        Whether the file on disk holds what the table holds.
    epoch, epoch_origin
        Length of an epoch and a time at which one starts; None scores free stretches.
    strip
        Whether the set has a label strip.
    merge
        Whether neighbouring epochs of one state become one label.
    scorer
        Column and name that every edited row gets; None without.
    time_column
        Column that gets the date and time of each edit; None without.
    """

    id: str
    name: str
    table: IntervalTable
    history: History
    visible: bool = True
    strip: bool = True
    read_only: str = ""
    writeback: bool = False
    saved: bool = True
    epoch: Seconds | None = None
    epoch_origin: Seconds = 0.0
    merge: bool = False
    scorer: tuple[str, str] | None = None
    time_column: str | None = None


@dataclass(frozen=True, slots=True)
class ParamState:
    """A live parameter: which one, what it is called here, and where its control stands."""

    param: Param
    name: str
    setting: Setting

    @property
    def value(self) -> object:
        """What functions get."""
        return self.param.value_of(self.setting)


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
    note, told
        The message of the status line, and how many there were: the same one may be said again.
    past, future
        Windows to go back and forward to; the newest last.
    params
        The live parameters, in the order of their controls.
    others
        How many other windows are open in this process.
    linked
        Whether some of them show the same time; see `loupe.app.link`.
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
    told: int = 0
    past: tuple[Window, ...] = ()
    future: tuple[Window, ...] = ()
    measure: Measure | None = None
    facts: SceneFacts = field(default_factory=SceneFacts)
    params: tuple[ParamState, ...] = ()
    others: int = 0
    linked: bool = False
