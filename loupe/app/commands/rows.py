"""Commands that change rows: gain, levels, ranges, heights, order, looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from loupe.app.commands.base import Command

if TYPE_CHECKING:
    from loupe.app.state import EventOverride, MarkerOverride

__all__ = [
    "DenseScroll",
    "DenseStep",
    "Gain",
    "HideRow",
    "MarkBad",
    "MoveRow",
    "ResetHeights",
    "ResetOrder",
    "ResetYZoom",
    "ScaleHeight",
    "SetCmap",
    "SetEventStyle",
    "SetGain",
    "SetHeight",
    "SetLevels",
    "SetMarkers",
    "SetMethod",
    "SetYRange",
    "ShowAll",
    "TracesPerPage",
    "YZoom",
]


@dataclass(frozen=True, slots=True)
class Gain(Command):
    """Multiply the gain of one dense row, or of all of them."""

    factor: float
    row: str | None = None


@dataclass(frozen=True, slots=True)
class SetGain(Command):
    """Set the gain of one dense row, or of all of them, to a value (None: the session's)."""

    gain: float | None
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
    """Set the colour limits of a heatmap (both None: its percentiles).

    `apply_all` sets those of all heatmaps, `same_cmap` those of all with the row's colormap.
    """

    row: str
    vmin: float | None
    vmax: float | None
    apply_all: bool = False
    same_cmap: bool = False


@dataclass(frozen=True, slots=True)
class SetCmap(Command):
    """Set the colormap of a heatmap (None: the session's)."""

    row: str
    cmap: str | None
    apply_all: bool = False
    same_cmap: bool = False


@dataclass(frozen=True, slots=True)
class SetMethod(Command):
    """Set how a heatmap gathers samples into a pixel."""

    row: str
    method: Literal["peak", "mean"] | None
    apply_all: bool = False
    same_cmap: bool = False


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
