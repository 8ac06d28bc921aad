"""Turn a stored time coordinate into seconds: units, datetimes, even sampling.

Knows raw numbers and their attributes, not where they come from. Long coordinates are not
read whole: an even grid through the first and the last sample is checked in blocks spread
over the coordinate, and only if one does not lie on it everything is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from loupe.data.timeaxis import Axis, UniformTime, axis_of, check_increasing, time_tolerance
from loupe.errors import LoupeDataError
from loupe.units import Seconds

__all__ = ["TimeCode", "read_axis", "seconds_per", "time_code"]

_SECONDS_PER = {
    "s": 1.0,
    "sec": 1.0,
    "secs": 1.0,
    "second": 1.0,
    "seconds": 1.0,
    "ms": 1e-3,
    "msec": 1e-3,
    "millisecond": 1e-3,
    "milliseconds": 1e-3,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "microsecond": 1e-6,
    "microseconds": 1e-6,
    "ns": 1e-9,
    "nanosecond": 1e-9,
    "nanoseconds": 1e-9,
    "min": 60.0,
    "minute": 60.0,
    "minutes": 60.0,
    "h": 3600.0,
    "hr": 3600.0,
    "hour": 3600.0,
    "hours": 3600.0,
    "d": 86400.0,
    "day": 86400.0,
    "days": 86400.0,
}

_CF_TIME = re.compile(r"^\s*(?P<unit>[A-Za-zµμ]+)\s+since\s+(?P<base>.+?)\s*$")
_GREGORIAN = {"standard", "gregorian", "proleptic_gregorian"}

_READ_WHOLE = 2_000_000
"""Coordinates up to this many samples are read and checked completely."""

_PROBES = 8
_PROBE_SAMPLES = 4096


def seconds_per(unit: str) -> float | None:
    """Seconds in one ``unit`` (s, ms, us, ns, min, h, days, spelt out too), or None."""
    return _SECONDS_PER.get(unit) or _SECONDS_PER.get(unit.strip().lower())


@dataclass(frozen=True, slots=True)
class TimeCode:
    """How raw times become seconds: ``(raw - zero) * factor + offset``.

    Attributes
    ----------
    factor
        Seconds a raw unit.
    zero
        Raw value subtracted first, exactly, so that nanoseconds since 1970 keep their digits.
    offset
        Seconds added last; below a microsecond, what ``origin`` cannot hold.
    origin
        Wall clock of second 0, UTC if the data say nothing else; None without datetimes.
    """

    factor: float = 1.0
    zero: int = 0
    offset: float = 0.0
    origin: datetime | None = None

    def seconds(self, raw: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Seconds of raw times, same shape; a missing datetime becomes NaN."""
        if raw.dtype.kind in "mM":
            missing = np.isnat(raw)
            seconds = (raw.view(np.int64) - self.zero).astype(np.float64) * self.factor
            seconds[missing] = np.nan
        elif raw.dtype.kind in "iu":
            shifted = raw.astype(np.int64) - self.zero if self.zero else raw
            seconds = shifted.astype(np.float64) * self.factor
        else:
            seconds = (raw.astype(np.float64) - self.zero) * self.factor
        return seconds + self.offset if self.offset else seconds


def time_code(
    first: npt.NDArray[Any],
    attrs: Mapping[str, object],
    *,
    unit: str | None = None,
    where: str = "",
) -> TimeCode:
    """Work out the code of a time coordinate from its first raw value and attributes.

    Parameters
    ----------
    first
        ``(1,)`` or empty: the first raw value, which becomes second 0 of datetimes.
    attrs
        The coordinate's attributes; ``units`` may be a plain unit or CF's "seconds since …".
    unit
        What the session says; it wins over the attributes.
    where
        File and coordinate, for messages.

    Raises
    ------
    LoupeDataError
        If the dtype cannot be time, or the unit, date or calendar is not understood.
    """
    dtype = first.dtype
    if dtype.kind in "mM":
        name, count = np.datetime_data(dtype)
        factor = count * _SECONDS_PER.get({"m": "min", "D": "d"}.get(name, name), np.nan)
        if not np.isfinite(factor):
            raise LoupeDataError(
                f"times in units of `{name}` have no fixed length",
                where=where,
                hint="store datetimes as datetime64[ns] or seconds as float64",
                code="data-time",
            )
        if dtype.kind == "m":
            return TimeCode(factor)
        if not len(first) or np.isnat(first[0]):
            return TimeCode(factor, origin=datetime(1970, 1, 1, tzinfo=UTC))
        return _since(int(first.view(np.int64)[0]), factor, datetime(1970, 1, 1, tzinfo=UTC))
    if dtype.kind not in "iuf":
        raise LoupeDataError(
            f"time has dtype {dtype}, which is neither numbers nor datetimes",
            where=where,
            hint="store time as float64 seconds or as datetime64",
            code="data-time",
        )
    stored = str(attrs.get("units") or "")
    if unit is not None:
        given = seconds_per(unit)
        if given is None:
            raise LoupeDataError(
                f"unknown time unit `{unit}`",
                where=where,
                hint='use one of "s", "ms", "us", "ns", "min", "h"',
                code="data-time",
            )
        return TimeCode(given)
    if match := _CF_TIME.match(stored):
        return _cf_code(first, match, attrs, where)
    return TimeCode(seconds_per(stored) or 1.0)


def _cf_code(
    first: npt.NDArray[Any], match: re.Match[str], attrs: Mapping[str, object], where: str
) -> TimeCode:
    calendar = str(attrs.get("calendar") or "standard").lower()
    factor = seconds_per(match["unit"])
    try:
        base = datetime.fromisoformat(match["base"].replace(" UTC", "+00:00"))
    except ValueError:
        base = None
    if factor is None or base is None or calendar not in _GREGORIAN:
        raise LoupeDataError(
            f"cannot read the time units `{match[0].strip()}` (calendar `{calendar}`)",
            where=where,
            hint='write them as "seconds since 2024-01-31 22:15:00", or give time_unit',
            code="data-time",
        )
    if base.tzinfo is None:
        base = base.replace(tzinfo=UTC)
    if not len(first) or not np.isfinite(first[0]):
        return TimeCode(factor, origin=base)
    if first.dtype.kind in "iu":
        return _since(int(first[0]), factor, base)
    # A float is shifted by whole raw units only, which is exact.
    whole = int(np.floor(first[0]))
    return _since(whole, factor, base)


def _since(raw: int, factor: float, base: datetime) -> TimeCode:
    """The code whose second 0 is ``raw`` units after ``base``, to the microsecond."""
    # In whole nanoseconds, for a datetime counts microseconds and a float rounds.
    nanoseconds = raw * round(factor * 1e9)
    microseconds, rest = divmod(nanoseconds, 1000)
    try:
        origin = base + timedelta(microseconds=microseconds)
    except OverflowError:
        raise LoupeDataError(
            f"the first time lies outside the calendar: {raw} units of {factor} s after {base}",
            hint="check the coordinate's units",
            code="data-time",
        ) from None
    return TimeCode(factor, raw, rest * 1e-9, origin)


def read_axis(
    read: Callable[[int, int], npt.NDArray[Any]],
    n: int,
    attrs: Mapping[str, object],
    *,
    unit: str | None = None,
    where: str = "",
    whole_below: int = _READ_WHOLE,
) -> tuple[Axis, TimeCode]:
    """Read as little of a time coordinate as tells its axis.

    Parameters
    ----------
    read
        ``read(i0, i1)`` gives the raw values of samples ``i0 .. i1 - 1``.
    n
        Number of samples.
    attrs, unit, where
        See `time_code`.
    whole_below
        Coordinates of at most this many samples are read completely. Of longer ones the
        first, the last and some blocks between them are read; only a coordinate that leaves
        the even grid and is back on it between two of these blocks is mistaken for even.

    Returns
    -------
    axis, code
        The axis in seconds, and how raw times became seconds.

    Raises
    ------
    LoupeDataError
        If the times are not finite and strictly increasing, or their code is unknown.
    """
    code = time_code(read(0, min(1, n)), attrs, unit=unit, where=where)
    axis: Axis | None = _probed(read, n, code, where) if n > whole_below else None
    if axis is None:
        seconds = np.empty(n)
        for i0 in range(0, n, _READ_WHOLE):
            i1 = min(i0 + _READ_WHOLE, n)
            seconds[i0:i1] = code.seconds(read(i0, i1))
        ends = np.concatenate([read(0, 1), read(n - 1, n)]) if n else seconds
        axis = axis_of(seconds, where=where, spacing=_spacing(ends, code))
    return axis, code


def _spacing(ends: npt.NDArray[Any], code: TimeCode) -> Seconds:
    """Resolution of the stored values in seconds, at the larger of the first and the last."""
    if not len(ends):
        return 0.0
    seconds = np.abs(code.seconds(ends)).max()
    own = float(np.spacing(seconds)) if np.isfinite(seconds) else 0.0
    if ends.dtype.kind != "f":
        # Whole units are exact, unless the sampling times were rounded to them.
        return max(own, code.factor / 2 if abs(code.factor) < 1.0 else 0.0)
    stored = np.spacing(np.abs(ends).max())
    return max(own, float(stored) * code.factor) if np.isfinite(stored) else own


def _probed(
    read: Callable[[int, int], npt.NDArray[Any]], n: int, code: TimeCode, where: str
) -> UniformTime | None:
    """The even axis through both ends if blocks over the whole coordinate lie on it."""
    ends = np.concatenate([read(0, 1), read(n - 1, n)])
    start, stop = (float(t) for t in code.seconds(ends))
    if not (np.isfinite(start) and np.isfinite(stop)) or stop <= start:
        return None
    axis = UniformTime(start, (stop - start) / (n - 1), n)
    tolerance = time_tolerance(axis.period, _spacing(ends, code))
    for i0 in np.linspace(0, n - _PROBE_SAMPLES, _PROBES).astype(np.int64):
        i1 = int(i0) + _PROBE_SAMPLES
        times = code.seconds(read(int(i0), i1))
        check_increasing(times, where=where, first=int(i0))
        if np.abs(times - axis.times(int(i0), i1)).max() > tolerance:
            return None
    return axis
