"""Where the cursor stands while playing: a pure function of the wall clock.

No timer lives here and none is needed: whoever draws asks for "now". Late or missing ticks
change nothing, so playing never drifts and never tries to catch up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from loupe.units import Seconds, Span

__all__ = ["SPEED_MAX", "SPEED_MIN", "PlayMode", "PlayPoint", "PlaybackClock", "clamp_speed"]

PlayMode = Literal["loop", "run"]
"""``loop`` starts again at the window's left edge; ``run`` goes on and takes the window along."""

SPEED_MIN = 0.1
SPEED_MAX = 8.0


@dataclass(frozen=True, slots=True)
class PlayPoint:
    """What to show at one instant.

    Attributes
    ----------
    cursor
        Seconds.
    window
        The window, moved if the cursor ran out of it.
    ended
        Whether the recording is over; the cursor then stands at its end.
    """

    cursor: Seconds
    window: Span
    ended: bool = False


@dataclass(frozen=True, slots=True)
class PlaybackClock:
    """Playing since ``started_ns`` from ``origin`` at ``speed``.

    Attributes
    ----------
    started_ns
        A monotonic clock's nanoseconds when the cursor stood at ``origin``.
    origin
        Seconds.
    speed
        Seconds of the recording a second, 0.1 to 8.
    """

    started_ns: int
    origin: Seconds
    speed: float = 1.0

    def __post_init__(self) -> None:
        if not SPEED_MIN <= self.speed <= SPEED_MAX:
            raise ValueError(f"speed lies between {SPEED_MIN} and {SPEED_MAX}, got {self.speed}")

    def elapsed(self, now_ns: int) -> Seconds:
        """Seconds of the recording played since the start; never negative."""
        return max(0, now_ns - self.started_ns) * 1e-9 * self.speed

    def at(self, now_ns: int, *, window: Span, limits: Span, mode: PlayMode) -> PlayPoint:
        """Cursor and window at ``now_ns``.

        Parameters
        ----------
        now_ns
            The same clock as ``started_ns``.
        window
            The window now; a cursor outside it makes it follow (``run``) or is taken to its left
            edge (``loop``).
        limits
            The recording. ``run`` ends at its end; ``loop`` turns at the window's end or at the
            recording's, whichever comes first.
        mode
            See `PlayMode`.
        """
        cursor = self.origin + self.elapsed(now_ns)
        if mode == "loop":
            return PlayPoint(_looped(cursor, self.origin, window, limits), window)
        if cursor >= limits.stop:
            return PlayPoint(limits.stop, _paged(window, limits.stop, limits), ended=True)
        return PlayPoint(cursor, _paged(window, cursor, limits))

    def moved(self, now_ns: int, cursor: Seconds, *, speed: float | None = None) -> PlaybackClock:
        """Go on from another place, or at another speed; a speed is clamped to what is allowed."""
        speed = self.speed if speed is None else clamp_speed(speed)
        return PlaybackClock(now_ns, cursor, speed)


def clamp_speed(speed: float) -> float:
    """``speed`` within `SPEED_MIN` and `SPEED_MAX`."""
    return min(SPEED_MAX, max(SPEED_MIN, speed))


def _looped(cursor: Seconds, origin: Seconds, window: Span, limits: Span) -> Seconds:
    start = max(window.start, limits.start)
    stop = min(window.stop, limits.stop)
    if stop <= start:
        return start
    if not start <= origin < stop:
        cursor += start - origin
    return start + math.fmod(cursor - start, stop - start)


def _paged(window: Span, cursor: Seconds, limits: Span) -> Span:
    """The window that holds the cursor, a whole number of pages away, within the limits."""
    length = window.length
    if length <= 0 or window.start <= cursor < window.stop:
        return window
    start = window.start + math.floor((cursor - window.start) / length) * length
    start = max(limits.start, min(start, max(limits.start, limits.stop - length)))
    return Span(start, start + length)
