"""Everything that can be asked of an open window: one frozen dataclass each.

A command is data: it can be compared, logged and sent from a menu, a key, a
gesture, a script or a test. What it does stands in `loupe.app.reduce`, whether
it may be done in `loupe.app.policy`. Imports only the standard library and the
ground floors, so that the action table can be read without numpy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from loupe.units import Seconds, Span

if TYPE_CHECKING:
    from loupe.app.state import AppState, EventOverride, MarkerOverride, Measure
    from loupe.scene.layout import Viewport

__all__ = [
    "Back",
    "Choice",
    "ClearLabels",
    "ClearMeasure",
    "ClearSelection",
    "Command",
    "DeleteLabel",
    "DeleteLastLabel",
    "DenseScroll",
    "DenseStep",
    "Edge",
    "End",
    "FocusRow",
    "Forward",
    "Gain",
    "GoTo",
    "HideRow",
    "HideVideo",
    "Home",
    "JumpLabel",
    "LabelEdit",
    "MarkBad",
    "MarkSaved",
    "MeasureLine",
    "MoveLabelEdge",
    "MoveRow",
    "MoveSelectionEdge",
    "NextUnlabelled",
    "Note",
    "NudgeCursor",
    "PageTime",
    "Paint",
    "PanTime",
    "Pause",
    "Play",
    "Redo",
    "ReplaceState",
    "ResetHeights",
    "ResetOrder",
    "ResetYZoom",
    "ScaleHeight",
    "ScrollRows",
    "Select",
    "SelectAtCursor",
    "SelectLabel",
    "SelectRows",
    "SetClock",
    "SetCmap",
    "SetCursor",
    "SetGain",
    "SetEditedTrack",
    "SetEventStyle",
    "SetFlag",
    "SetFontScale",
    "SetHeight",
    "SetLabelBounds",
    "SetLabelCell",
    "SetLabelState",
    "SetLevels",
    "SetMarkers",
    "SetMethod",
    "SetNote",
    "SetSpeed",
    "SetStepTarget",
    "SetTheme",
    "SetTrackVisible",
    "SetValue",
    "SetViewport",
    "SetWindow",
    "SetWindowLength",
    "SetYRange",
    "ShowAll",
    "ShowSpan",
    "Tick",
    "Toggle",
    "TogglePlay",
    "TracesPerPage",
    "UiRequest",
    "Undo",
    "WholeRecording",
    "YZoom",
    "ZoomTime",
]

Edge: TypeAlias = Literal["start", "stop"]
Choice: TypeAlias = Literal["any", "same", "different"]
Flag: TypeAlias = Literal[
    "grid",
    "overlays",
    "strip",
    "strip_only",
    "hypnogram",
    "hypnogram_zoom",
    "right_panel",
    "fixed_scale",
    "proportional_rasters",
    "proportional_heatmaps",
    "compact_rasters",
    "compact_heatmaps",
    "measuring",
    "loop",
]
Number: TypeAlias = Literal[
    "label_alpha",
    "raster_brightness",
    "event_height",
    "event_thickness",
    "smooth_scroll_speed",
]


@dataclass(frozen=True, slots=True)
class Command:
    """The base of every command; carries nothing."""


# Time


@dataclass(frozen=True, slots=True)
class PanTime(Command):
    """Move the window by `dt` seconds; the cursor keeps its place in it."""

    dt: Seconds


@dataclass(frozen=True, slots=True)
class PageTime(Command):
    """Move the window by ``n * fraction`` of its length.

    With `fraction` None the user's smooth-scroll speed is the fraction.
    """

    n: float
    fraction: float | None = 1.0


@dataclass(frozen=True, slots=True)
class ZoomTime(Command):
    """Scale the window's length by `factor` about a time (None: the cursor)."""

    factor: float
    about: Seconds | None = None


@dataclass(frozen=True, slots=True)
class SetWindow(Command):
    """Show exactly this window, clamped; `remember` puts the old one into the history of views."""

    start: Seconds
    length: Seconds
    remember: bool = True


@dataclass(frozen=True, slots=True)
class ShowSpan(Command):
    """Zoom to a span and clear the selection; `margin` is a share of the span on either side."""

    span: Span
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class SetWindowLength(Command):
    """Change the window's length and keep its left edge."""

    length: Seconds


@dataclass(frozen=True, slots=True)
class GoTo(Command):
    """Put the cursor at a time and centre the window on it."""

    t: Seconds


@dataclass(frozen=True, slots=True)
class Home(Command):
    """Go to the start of the recording."""


@dataclass(frozen=True, slots=True)
class End(Command):
    """Go to the end of the recording."""


@dataclass(frozen=True, slots=True)
class WholeRecording(Command):
    """Show the whole recording."""


@dataclass(frozen=True, slots=True)
class Back(Command):
    """Return to the view before the last jump."""


@dataclass(frozen=True, slots=True)
class Forward(Command):
    """Undo `Back`."""


@dataclass(frozen=True, slots=True)
class SetCursor(Command):
    """Put the cursor at a time; with `follow` the window comes along, else it stays inside."""

    t: Seconds
    follow: bool = False


@dataclass(frozen=True, slots=True)
class NudgeCursor(Command):
    """Move the cursor by a share of the window; it stays inside."""

    fraction: float


# Selection and rows


@dataclass(frozen=True, slots=True)
class Select(Command):
    """Select a stretch of time on every plot; in epoch mode `snap` makes it whole epochs."""

    span: Span
    snap: bool = True


@dataclass(frozen=True, slots=True)
class ClearSelection(Command):
    """Forget the selected time, label and traces, and the measured line."""


@dataclass(frozen=True, slots=True)
class MoveSelectionEdge(Command):
    """Move one edge of the selection to `t` (None: the cursor), making a selection if need be."""

    edge: Edge
    t: Seconds | None = None


@dataclass(frozen=True, slots=True)
class SelectAtCursor(Command):
    """Select, around the cursor, what `what` says."""

    what: Literal["label", "epoch", "window"]


@dataclass(frozen=True, slots=True)
class MeasureLine(Command):
    """Show a line of the measure tool."""

    line: Measure


@dataclass(frozen=True, slots=True)
class ClearMeasure(Command):
    """Remove the line of the measure tool."""


@dataclass(frozen=True, slots=True)
class ScrollRows(Command):
    """Scroll the rows by `dy` logical pixels; `limit` is the largest scroll that makes sense."""

    dy: float
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class SetViewport(Command):
    """The canvas has another size."""

    viewport: Viewport


@dataclass(frozen=True, slots=True)
class SelectRows(Command):
    """Select rows; `toggle` lets go of them if exactly these were selected."""

    rows: frozenset[str]
    toggle: bool = False


@dataclass(frozen=True, slots=True)
class FocusRow(Command):
    """The row that keys such as Y zoom and height act on, usually the one under the pointer."""

    row: str | None


# Labels


@dataclass(frozen=True, slots=True)
class LabelEdit(Command):
    """The base of commands that edit the label set which the keys change.

    Attributes
    ----------
    now
        Date and time of the edit for sets that keep it; the store fills it in.
    """

    now: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True)
class Paint(LabelEdit):
    """Label the selection (in epoch mode: the epoch at the cursor) with a state.

    With a label selected, that label gets the state and keeps its note and extras.
    """

    state: str


@dataclass(frozen=True, slots=True)
class ClearLabels(LabelEdit):
    """Remove the labels inside the selection, splitting those that reach out of it."""


@dataclass(frozen=True, slots=True)
class DeleteLastLabel(LabelEdit):
    """Remove the label that ends last."""


@dataclass(frozen=True, slots=True)
class DeleteLabel(LabelEdit):
    """Remove one label by its id (None: the selected one)."""

    label: int | None = None


@dataclass(frozen=True, slots=True)
class MoveLabelEdge(LabelEdit):
    """Move the start or end of the label with this id to a time, as far as neighbours allow."""

    label: int
    edge: Edge
    t: Seconds


@dataclass(frozen=True, slots=True)
class SetLabelBounds(LabelEdit):
    """Give the label with this id another start or end; it takes what it covers from others."""

    label: int
    start: Seconds | None = None
    stop: Seconds | None = None


@dataclass(frozen=True, slots=True)
class SetLabelState(LabelEdit):
    """Give the label with this id another state; note and extras stay."""

    label: int
    state: str


@dataclass(frozen=True, slots=True)
class SetNote(LabelEdit):
    """Set the note of a label by its id; None is the one that `note_target` names."""

    text: str
    label: int | None = None


@dataclass(frozen=True, slots=True)
class SetLabelCell(LabelEdit):
    """Set an extra column of the label with this id; text is taken as the column's type."""

    label: int
    column: str
    value: object


@dataclass(frozen=True, slots=True)
class SelectLabel(Command):
    """Select a label by its id and with it its time; `centre` brings it into the middle."""

    label: int | None
    centre: bool = False


@dataclass(frozen=True, slots=True)
class JumpLabel(Command):
    """Go to the next (1) or previous (-1) label by its centre, of any, the same or another state.

    The same and the different are seen from the label at the cursor.
    """

    direction: Literal[-1, 1]
    which: Choice = "any"


@dataclass(frozen=True, slots=True)
class NextUnlabelled(Command):
    """Go to the next (1) or previous (-1) stretch without a label."""

    direction: Literal[-1, 1] = 1


@dataclass(frozen=True, slots=True)
class Undo(Command):
    """Take back the last edit of the edited label set and return to where it was made."""


@dataclass(frozen=True, slots=True)
class Redo(Command):
    """Do the edit again that was taken back last."""


@dataclass(frozen=True, slots=True)
class MarkSaved(Command):
    """The track of that index stands on disk as it is now."""

    track: int


@dataclass(frozen=True, slots=True)
class SetTrackVisible(Command):
    """Show or hide a label set."""

    track: int
    visible: bool


@dataclass(frozen=True, slots=True)
class SetEditedTrack(Command):
    """Choose which label set the keys change; None goes to the next one."""

    track: int | None = None


# Rows


@dataclass(frozen=True, slots=True)
class Gain(Command):
    """Multiply the gain of one dense row, or of all of them."""

    factor: float
    row: str | None = None


@dataclass(frozen=True, slots=True)
class SetGain(Command):
    """Set the gain of one dense row, or of all of them, to a value."""

    gain: float
    row: str | None = None


@dataclass(frozen=True, slots=True)
class DenseStep(Command):
    """Show every `step`-th trace of one dense row, or of all of them."""

    step: int
    row: str | None = None


@dataclass(frozen=True, slots=True)
class TracesPerPage(Command):
    """Show so many traces at once (None: all) in one dense row, or in all of them."""

    count: int | None
    row: str | None = None


@dataclass(frozen=True, slots=True)
class DenseScroll(Command):
    """Scroll one dense row, or all, by `gaps` traces upwards; `to` sets the first one instead."""

    gaps: float = 0.0
    row: str | None = None
    to: float | None = None


@dataclass(frozen=True, slots=True)
class YZoom(Command):
    """Multiply the Y span of rows (None: the focused row) about its centre by `factor`."""

    factor: float
    rows: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ResetYZoom(Command):
    """Forget Y zoom and Y range of rows (None: the focused row; empty: all)."""

    rows: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class SetYRange(Command):
    """Fix a row's Y range, or let it follow the data (`auto`); both None: the session's way."""

    row: str
    y_range: tuple[float, float] | None = None
    auto: bool | None = None


@dataclass(frozen=True, slots=True)
class SetLevels(Command):
    """Set the colour limits of a heatmap (both None: its percentiles); `apply_all` to all."""

    row: str
    vmin: float | None
    vmax: float | None
    apply_all: bool = False


@dataclass(frozen=True, slots=True)
class SetCmap(Command):
    """Set the colormap of a heatmap (None: the session's)."""

    row: str
    cmap: str | None
    apply_all: bool = False


@dataclass(frozen=True, slots=True)
class SetMethod(Command):
    """Set how a heatmap gathers samples into a pixel."""

    row: str
    method: Literal["peak", "mean"] | None
    apply_all: bool = False


@dataclass(frozen=True, slots=True)
class SetHeight(Command):
    """Set a row's height as a factor on its natural one, 0.01 to 20."""

    row: str
    factor: float


@dataclass(frozen=True, slots=True)
class ScaleHeight(Command):
    """Multiply the height of the focused row; 0 resets it."""

    factor: float


@dataclass(frozen=True, slots=True)
class ResetHeights(Command):
    """Every row gets its natural height."""


@dataclass(frozen=True, slots=True)
class HideRow(Command):
    """Hide a row (None: the focused one) or show it again."""

    row: str | None = None
    hidden: bool = True


@dataclass(frozen=True, slots=True)
class ShowAll(Command):
    """Show every hidden row."""


@dataclass(frozen=True, slots=True)
class MoveRow(Command):
    """Put a row at another place in the order, counted from the top."""

    row: str
    to: int


@dataclass(frozen=True, slots=True)
class ResetOrder(Command):
    """Rows in the session's order."""


@dataclass(frozen=True, slots=True)
class MarkBad(Command):
    """Mark a row (None: the focused one) as bad; None for `bad` toggles."""

    row: str | None = None
    bad: bool | None = None


@dataclass(frozen=True, slots=True)
class SetMarkers(Command):
    """Change the look of one set of sample markers (None: the session's)."""

    markers: str
    look: MarkerOverride | None


@dataclass(frozen=True, slots=True)
class SetEventStyle(Command):
    """Change the look of one class of global events (None: the session's)."""

    name: str
    look: EventOverride | None


# View


@dataclass(frozen=True, slots=True)
class Toggle(Command):
    """Switch something on or off."""

    flag: Flag


@dataclass(frozen=True, slots=True)
class SetFlag(Command):
    """Switch something on, or off."""

    flag: Flag
    on: bool


@dataclass(frozen=True, slots=True)
class SetValue(Command):
    """Set a number of the view, clamped to its range."""

    name: Number
    value: float


@dataclass(frozen=True, slots=True)
class SetTheme(Command):
    """Choose the theme."""

    theme: Literal["dark", "light", "system"]


@dataclass(frozen=True, slots=True)
class SetClock(Command):
    """Choose how times are written."""

    clock: Literal["auto", "seconds", "hms", "wall"]


@dataclass(frozen=True, slots=True)
class SetFontScale(Command):
    """Multiply the size of text by `factor`, or set it with `to`."""

    factor: float = 1.0
    to: float | None = None


# Playback and videos


@dataclass(frozen=True, slots=True)
class Play(Command):
    """Let the cursor run."""


@dataclass(frozen=True, slots=True)
class Pause(Command):
    """Stop the cursor."""


@dataclass(frozen=True, slots=True)
class TogglePlay(Command):
    """Play or pause."""


@dataclass(frozen=True, slots=True)
class SetSpeed(Command):
    """Set the speed of playback, 0.1 to 8; with `factor` multiply it."""

    speed: float | None = None
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Tick(Command):
    """`dt` seconds of real time have gone by while playing."""

    dt: Seconds


@dataclass(frozen=True, slots=True)
class HideVideo(Command):
    """Hide a video or show it; None toggles."""

    index: int
    hidden: bool | None = None


@dataclass(frozen=True, slots=True)
class SetStepTarget(Command):
    """Choose the video that the frame keys step."""

    index: int


# The rest


@dataclass(frozen=True, slots=True)
class Note(Command):
    """Say something in the status line."""

    text: str


@dataclass(frozen=True, slots=True)
class ReplaceState(Command):
    """Take another state as a whole: a reloaded session, an applied preset."""

    state: AppState
    note: str = ""


@dataclass(frozen=True, slots=True)
class UiRequest(Command):
    """Something only a window can do: open a dialog, go full screen, write a file.

    `argument` says which one where there are several (a video, a recent session).
    """

    name: str
    argument: str = ""
