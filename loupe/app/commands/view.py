"""Commands for what is shown, for playback, videos and whatever only a window can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from loupe.app.commands.base import Command
from loupe.units import Seconds

if TYPE_CHECKING:
    from loupe.app.state import AppState

__all__ = [
    "Flag",
    "HideVideo",
    "Note",
    "Number",
    "Pause",
    "Play",
    "ReplaceState",
    "SetClock",
    "SetCompany",
    "SetFlag",
    "SetFontScale",
    "SetSpeed",
    "SetStepTarget",
    "SetVideo",
    "SetVideoShares",
    "SetTheme",
    "SetValue",
    "Tick",
    "Toggle",
    "TogglePlay",
    "UiRequest",
]

Flag: TypeAlias = Literal[
    "grid",
    "overlays",
    "hatching",
    "strip",
    "strip_only",
    "hypnogram",
    "hypnogram_zoom",
    "right_panel",
    "tuner",
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
    """Set a number of the view, clamped to its range; None is the session's."""

    name: Number
    value: float | None


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
    """Set the speed of playback, 0.1 to 8; with `steps` go up or down the usual speeds."""

    speed: float | None = None
    steps: int = 0


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
class SetVideo(Command):
    """Set a video's share of the panel, or the window that it stands in; None leaves it."""

    index: int
    stretch: int | None = None
    own_window: str | None = None


@dataclass(frozen=True, slots=True)
class SetVideoShares(Command):
    """Set the shares of the panel of all videos at once, in their order."""

    stretches: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SetStepTarget(Command):
    """Choose the video that the frame keys step."""

    index: int


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
class SetCompany(Command):
    """Other windows were opened or closed, or linked in time with this one."""

    others: int
    linked: bool


@dataclass(frozen=True, slots=True)
class UiRequest(Command):
    """Something only a window can do: open a dialog, go full screen, write a file.

    `argument` says which one where there are several (a video, a recent session).
    """

    name: str
    argument: str = ""
