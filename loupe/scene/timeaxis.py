"""Ticks and texts of time: 1-2-5 steps, whole clock steps, never scientific notation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal

from loupe.units import Seconds, Span

__all__ = [
    "TICK_GAP_PX",
    "Clock",
    "Tick",
    "choose_clock",
    "clamp_window",
    "format_duration",
    "format_time",
    "nice_step",
    "parse_time",
    "parse_time_of_day",
    "ticks",
]

Clock = Literal["auto", "seconds", "hms", "wall"]
MINUS = "\N{MINUS SIGN}"

_CLOCK_STEPS = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)


@dataclass(frozen=True, slots=True)
class Tick:
    """A time and its text."""

    t: Seconds
    text: str


def choose_clock(clock: Clock, extent: Span, origin: datetime | None) -> Clock:
    """What "auto" means: h:m:s for recordings of over ten minutes, else plain seconds.

    Wall clock needs datetimes in the data; without them it falls back to h:m:s.
    """
    if clock == "wall":
        return "wall" if origin is not None else "hms"
    if clock == "auto":
        longest = max(abs(extent.start), abs(extent.stop), extent.length)
        return "hms" if longest > 600 else "seconds"
    return clock


def nice_step(raw: float) -> float:
    """The smallest of 1, 2 or 5 times a power of ten that is at least `raw` (> 0)."""
    power = 10.0 ** math.floor(math.log10(raw))
    for factor in (1.0, 2.0, 5.0):
        if factor * power >= raw * (1 - 1e-9):
            return factor * power
    return 10.0 * power


TICK_GAP_PX = 80.0
"""Room of a time on an axis at the usual size of text, logical pixels."""


def ticks(
    span: Span,
    width_px: float,
    clock: Clock,
    *,
    origin: datetime | None = None,
    gap_px: float = TICK_GAP_PX,
) -> tuple[Tick, ...]:
    """Ticks inside `span`, no more than one a `gap_px` pixels.

    Parameters
    ----------
    span
        Visible time.
    width_px
        Its width; `gap_px` in the same unit.
    clock
        Resolved clock (not "auto").
    origin
        Wall clock at time 0, for "wall".

    Returns
    -------
    tuple of Tick
        Ascending; times are exact multiples of the step (of wall-clock steps for "wall"). At
        midnight of the wall clock the text is the date that begins.
    """
    if span.length <= 0 or width_px <= 0:
        return ()
    raw = span.length * gap_px / width_px
    step = nice_step(raw)
    if clock != "seconds" and raw > 30:
        # Beyond half a minute, steps follow the clock: minutes, hours, then days.
        step = next((s for s in _CLOCK_STEPS if s >= raw), 86400.0 * nice_step(raw / 86400))
    elif clock != "seconds" and raw > 10:
        step = 30.0 if raw > 20 else 20.0
    shift = _since_midnight(origin) if clock == "wall" and origin is not None else 0.0
    first = math.ceil((span.start + shift) / step - 1e-9)
    last = math.floor((span.stop + shift) / step + 1e-9)
    digits = decimals(step)
    return tuple(
        Tick(
            t := float(Decimal(k) * Decimal(repr(step))) - shift,
            _date_at_midnight(t, clock, digits, origin)
            or format_time(t, clock, digits=digits, origin=origin),
        )
        for k in range(first, last + 1)
    )


def _date_at_midnight(t: Seconds, clock: Clock, digits: int, origin: datetime | None) -> str:
    if clock != "wall" or origin is None:
        return ""
    # Ticks are exact to less than half of their last digit.
    nearly = origin + timedelta(seconds=t + 0.5 * 10.0**-digits)
    return nearly.date().isoformat() if _since_midnight(nearly) < 10.0**-digits else ""


def decimals(step: float) -> int:
    """Digits after the point that tell neighbours `step` apart."""
    return max(0, -math.floor(math.log10(step) + 1e-9))


def format_time(
    t: Seconds, clock: Clock, *, digits: int = 0, origin: datetime | None = None
) -> str:
    """A time as text.

    ``seconds`` gives "12.5", ``hms`` gives "02:13:50.0", ``wall`` the clock of the day. The minus
    is the true sign.
    """
    if clock == "wall" and origin is not None:
        moment = origin + timedelta(seconds=t)
        of_day = round(_since_midnight(moment), digits)
        # Rounded up at the day's end, it is the next one's begin.
        return _hms(of_day if of_day < 86400 else 0.0, digits)
    if clock in ("hms", "wall"):
        sign = MINUS if round(t, digits) < 0 else ""
        return sign + _hms(abs(t), digits)
    text = f"{t:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def _hms(seconds: float, digits: int) -> str:
    units = round(seconds * 10**digits)
    whole, part = divmod(units, 10**digits)
    text = f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{text}.{part:0{digits}d}" if digits else text


def _since_midnight(moment: datetime | None) -> float:
    if moment is None:
        return 0.0
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return (moment - midnight).total_seconds()


def format_duration(seconds: float) -> str:
    """A length of time for people: "250 ms", "2.70 s", "39 min", "3 h 52 min", "2 d 4 h"."""
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 60:
        return f"{seconds:.2f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        rest = round(seconds - 60 * math.floor(seconds / 60))
        if seconds < 600 and 0 < rest < 60:
            return f"{math.floor(seconds / 60)} min {rest} s"
        return f"{minutes} min"
    if minutes < 1440:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def parse_time(text: str, *, origin: datetime | None = None) -> Seconds:
    """Seconds from what a person types: "754.2", "12:34", "2:14:05.2", or a date and time.

    Raises
    ------
    ValueError
        If it is none of these; the message shows the forms.
    """
    clean = text.strip().replace(MINUS, "-").rstrip("s").strip()
    sign, clean = (-1.0, clean[1:]) if clean.startswith("-") else (1.0, clean)
    try:
        if origin is not None and "-" in clean:
            moment = datetime.fromisoformat(clean)
            if origin.tzinfo is None:
                origin = origin.replace(tzinfo=UTC)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=origin.tzinfo)
            return (moment - origin).total_seconds()
        parts = clean.split(":")
        if not 1 <= len(parts) <= 3:
            raise ValueError(clean)
        value = 0.0
        for part in parts:
            value = value * 60 + float(part)
        if not math.isfinite(value):
            raise ValueError(clean)
    except ValueError:
        raise ValueError(
            f"`{text}` is not a time; write seconds (754.2), m:s (12:34) or h:m:s (2:14:05.2)"
        ) from None
    return sign * value


def parse_time_of_day(text: str, origin: datetime, near: Seconds | None = None) -> Seconds:
    """Seconds of the recording from a time of day as the wall clock shows it.

    Parameters
    ----------
    origin
        Wall clock at time 0.
    near
        The day is the one that brings the time nearest to this; without it, the first on which
        the time comes after time 0.

    Raises
    ------
    ValueError
        As `parse_time`.
    """
    seconds = parse_time(text) - _since_midnight(origin)
    if near is None:
        return seconds + 86400.0 if seconds < 0 else seconds
    return seconds + 86400.0 * round((near - seconds) / 86400.0)


def clamp_window(start: Seconds, length: Seconds, extent: Span) -> Seconds:
    """The start nearest to `start` at which a window of `length` lies in `extent`.

    A window longer than the recording starts where the recording does.
    """
    return max(extent.start, min(start, extent.stop - length))
