"""Time to device pixels: whole columns on an absolute grid, so that pans are whole pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

from loupe.units import Seconds, Span

__all__ = ["TimeGrid", "Window"]


@dataclass(frozen=True, slots=True)
class Window:
    """The visible stretch of time; its length is kept exactly while it moves."""

    start: Seconds
    length: Seconds

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and math.isfinite(self.length) and self.length > 0):
            raise ValueError(f"not a window: start {self.start}, length {self.length}")

    @property
    def stop(self) -> Seconds:
        """``start + length``."""
        return self.start + self.length

    @property
    def span(self) -> Span:
        """The window as a span."""
        return Span(self.start, self.stop)


@dataclass(frozen=True, slots=True)
class TimeGrid:
    """Columns of ``dt`` seconds; column ``k`` covers ``[k * dt, (k + 1) * dt]``.

    Attributes
    ----------
    dt
        Seconds a column (one device pixel).
    k0
        Column at the left edge of the plot area.
    width
        Columns of the plot area.
    """

    dt: Seconds
    k0: int
    width: int

    @classmethod
    def of(cls, window: Window, width: int) -> TimeGrid:
        """The grid whose columns fill ``width`` pixels, the start snapped to a column."""
        dt = window.length / max(width, 1)
        return cls(dt, round(window.start / dt), width)

    def x(self, t: Seconds) -> float:
        """Pixels from the left edge of the plot area."""
        return t / self.dt - self.k0

    def t(self, x: float) -> Seconds:
        """Time at a pixel position."""
        return (self.k0 + x) * self.dt

    @property
    def span(self) -> Span:
        """The time that the columns cover."""
        return Span(self.k0 * self.dt, (self.k0 + self.width) * self.dt)
