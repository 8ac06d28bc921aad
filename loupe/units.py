"""Small frozen values that every floor shares: seconds, spans, colours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

__all__ = ["Rgba", "Seconds", "Span"]

Seconds: TypeAlias = float
"""Seconds on the session's common time axis (float64; may be negative)."""


class Rgba(NamedTuple):
    """A colour, four integers 0 to 255, not premultiplied."""

    r: int
    g: int
    b: int
    a: int = 255

    def with_alpha(self, alpha: int) -> Rgba:
        """The same colour with another alpha (0 to 255)."""
        return Rgba(self.r, self.g, self.b, max(0, min(255, alpha)))

    def hex(self, *, alpha: bool = False) -> str:
        """``#rrggbb``, or ``#rrggbbaa`` when it is not opaque or `alpha` asks for it."""
        text = f"#{self.r:02x}{self.g:02x}{self.b:02x}"
        return text if self.a == 255 and not alpha else f"{text}{self.a:02x}"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of time ``[start, stop)`` in seconds.

    Raises
    ------
    ValueError
        If an end is not finite or ``stop < start``.
    """

    start: Seconds
    stop: Seconds

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and math.isfinite(self.stop)):
            raise ValueError(f"a span needs finite ends, got [{self.start}, {self.stop})")
        if self.stop < self.start:
            raise ValueError(f"a span cannot end before it starts: [{self.start}, {self.stop})")

    @property
    def length(self) -> Seconds:
        """``stop - start``."""
        return self.stop - self.start

    @property
    def centre(self) -> Seconds:
        """The middle of the span."""
        return self.start + (self.stop - self.start) / 2

    def contains(self, t: Seconds) -> bool:
        """Whether ``start <= t < stop``."""
        return self.start <= t < self.stop

    def shifted(self, dt: Seconds) -> Span:
        """The span moved by ``dt``."""
        return Span(self.start + dt, self.stop + dt)

    def union(self, other: Span) -> Span:
        """The smallest span that holds both."""
        return Span(min(self.start, other.start), max(self.stop, other.stop))
