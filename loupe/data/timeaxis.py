"""Time axes: evenly sampled, evenly sampled with gaps, or any increasing times.

Knows numbers only, no files: `loupe.data.timecode` turns stored coordinates into these.
All times are float64 seconds; the end of every axis is its last sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.errors import LoupeDataError
from loupe.units import Seconds, Span

__all__ = [
    "Axis",
    "ExplicitTime",
    "GappedTime",
    "UniformTime",
    "axis_of",
    "check_increasing",
    "records_axis",
    "sample_spacing",
    "time_tolerance",
]

Times: TypeAlias = npt.NDArray[np.float64]

UNIFORM_TOLERANCE = 1e-6
"""Largest error of a sample's time on an evenly sampled axis, in periods."""

_BLOCK = 2**20
"""Times looked at at once: what is computed of a long axis must not be as long as itself."""

_SAMPLES_PER_SEGMENT = 16
"""A gapped axis is kept as segments only if they hold this many samples on average."""


@dataclass(frozen=True, slots=True)
class UniformTime:
    """Sample ``i`` lies at ``start + i * period``.

    Parameters
    ----------
    start
        Time of sample 0, seconds.
    period
        Seconds between samples, positive.
    n
        Number of samples.

    Raises
    ------
    LoupeDataError
        If the period is not a positive finite number, or start is not finite.
    """

    start: Seconds
    period: Seconds
    n: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and math.isfinite(self.period) and self.period > 0):
            raise LoupeDataError(
                f"a sampling period must be positive and finite, got {self.period} s "
                f"from {self.start} s",
                code="data-time",
            )

    @property
    def uniform(self) -> bool:
        """Always true."""
        return True

    @property
    def span(self) -> Span:
        """First to last sample."""
        return Span(self.start, self.start + max(0, self.n - 1) * self.period)

    @property
    def breaks(self) -> npt.NDArray[np.intp]:
        """Samples before which a gap lies: none here."""
        return np.empty(0, dtype=np.intp)

    def times(self, i0: int, i1: int) -> Times:
        """Times of samples ``i0 .. i1 - 1``, shape ``(i1 - i0,)``."""
        return self.start + np.arange(i0, i1, dtype=np.float64) * self.period

    def at(self, index: npt.NDArray[np.intp]) -> Times:
        """Times of any samples, ``(k,)``."""
        return self.start + index.astype(np.float64) * self.period

    def index_from(self, t: Seconds) -> int:
        """First sample at or after ``t``; ``n`` if there is none."""
        if self.n == 0:
            return 0
        # The quotient may be off by one in the last bit; the comparison decides.
        i = math.ceil(min(max((t - self.start) / self.period, -1.0), self.n + 1.0))
        i = min(max(i, 0), self.n)
        while i > 0 and self.start + (i - 1) * self.period >= t:
            i -= 1
        while i < self.n and self.start + i * self.period < t:
            i += 1
        return i

    def index_after(self, t: Seconds) -> int:
        """First sample strictly after ``t``; ``n`` if there is none."""
        i = self.index_from(t)
        return i + 1 if i < self.n and self.start + i * self.period == t else i

    def bracket(self, t0: Seconds, t1: Seconds) -> tuple[int, int]:
        """Samples in ``[t0, t1]`` and one neighbour on either side, clipped."""
        return max(0, self.index_from(t0) - 1), min(self.n, self.index_after(t1) + 1)

    def sliced(self, i0: int, i1: int) -> UniformTime:
        """The axis of samples ``i0 .. i1 - 1``."""
        return UniformTime(self.start + i0 * self.period, self.period, i1 - i0)

    def shifted(self, dt: Seconds) -> UniformTime:
        """The same axis ``dt`` seconds later."""
        return UniformTime(self.start + dt, self.period, self.n)


@dataclass(frozen=True, eq=False)
class ExplicitTime:
    """Any finite, strictly increasing times.

    Parameters
    ----------
    values
        ``(n,)`` float64 seconds; kept, not copied.
    where
        File and coordinate, for messages.

    Raises
    ------
    LoupeDataError
        If the times are not one-dimensional, finite and strictly increasing; the message
        names the first index that is not.
    """

    values: Times
    where: str = ""

    def __post_init__(self) -> None:
        check_increasing(self.values, where=self.where)

    @property
    def n(self) -> int:
        """Number of samples."""
        return len(self.values)

    @property
    def uniform(self) -> bool:
        """Always false."""
        return False

    @property
    def span(self) -> Span:
        """First to last sample."""
        if self.n == 0:
            return Span(0.0, 0.0)
        return Span(float(self.values[0]), float(self.values[-1]))

    @cached_property
    def period(self) -> Seconds:
        """Median difference of neighbours; 1.0 with fewer than two samples."""
        if self.n < 2:
            return 1.0
        return _usual_step(self.values)

    @property
    def breaks(self) -> npt.NDArray[np.intp]:
        """Samples before which a gap lies: none are known on an irregular axis."""
        return np.empty(0, dtype=np.intp)

    def times(self, i0: int, i1: int) -> Times:
        """Times of samples ``i0 .. i1 - 1``, shape ``(i1 - i0,)``."""
        return np.array(self.values[i0:i1], dtype=np.float64)

    def at(self, index: npt.NDArray[np.intp]) -> Times:
        """Times of any samples, ``(k,)``."""
        return self.values[index]

    def index_from(self, t: Seconds) -> int:
        """First sample at or after ``t``; ``n`` if there is none."""
        return int(np.searchsorted(self.values, t, side="left"))

    def index_after(self, t: Seconds) -> int:
        """First sample strictly after ``t``; ``n`` if there is none."""
        return int(np.searchsorted(self.values, t, side="right"))

    def bracket(self, t0: Seconds, t1: Seconds) -> tuple[int, int]:
        """Samples in ``[t0, t1]`` and one neighbour on either side, clipped."""
        return max(0, self.index_from(t0) - 1), min(self.n, self.index_after(t1) + 1)

    def sliced(self, i0: int, i1: int) -> ExplicitTime:
        """The axis of samples ``i0 .. i1 - 1``."""
        return ExplicitTime(self.values[i0:i1], self.where)

    def shifted(self, dt: Seconds) -> ExplicitTime:
        """The same axis ``dt`` seconds later."""
        return ExplicitTime(self.values + dt, self.where)


@dataclass(frozen=True, eq=False)
class GappedTime:
    """Stretches of even sampling with one period and gaps between them.

    Parameters
    ----------
    firsts
        ``(s,)`` index of the first sample of each stretch; ``firsts[0] == 0``.
    starts
        ``(s,)`` time of that sample, seconds.
    period
        Seconds between samples within a stretch.
    n
        Number of samples.
    """

    firsts: npt.NDArray[np.intp]
    starts: Times
    period: Seconds
    n: int

    @property
    def uniform(self) -> bool:
        """Always false."""
        return False

    @property
    def span(self) -> Span:
        """First to last sample."""
        last = self.starts[-1] + (self.n - 1 - self.firsts[-1]) * self.period
        return Span(float(self.starts[0]), float(last))

    @property
    def breaks(self) -> npt.NDArray[np.intp]:
        """Samples before which a gap lies, ``(s - 1,)``, increasing."""
        return self.firsts[1:]

    def times(self, i0: int, i1: int) -> Times:
        """Times of samples ``i0 .. i1 - 1``, shape ``(i1 - i0,)``."""
        return self.at(np.arange(i0, i1))

    def at(self, index: npt.NDArray[np.intp]) -> Times:
        """Times of any samples, ``(k,)``."""
        segment = np.searchsorted(self.firsts, index, side="right") - 1
        times: Times = self.starts[segment] + (index - self.firsts[segment]) * self.period
        return times

    def _segment(self, k: int) -> UniformTime:
        stop = self.firsts[k + 1] if k + 1 < len(self.firsts) else self.n
        return UniformTime(float(self.starts[k]), self.period, int(stop - self.firsts[k]))

    def index_from(self, t: Seconds) -> int:
        """First sample at or after ``t``; ``n`` if there is none."""
        k = max(0, int(np.searchsorted(self.starts, t, side="right")) - 1)
        return int(self.firsts[k]) + self._segment(k).index_from(t)

    def index_after(self, t: Seconds) -> int:
        """First sample strictly after ``t``; ``n`` if there is none."""
        k = max(0, int(np.searchsorted(self.starts, t, side="right")) - 1)
        return int(self.firsts[k]) + self._segment(k).index_after(t)

    def bracket(self, t0: Seconds, t1: Seconds) -> tuple[int, int]:
        """Samples in ``[t0, t1]`` and one neighbour on either side, clipped."""
        return max(0, self.index_from(t0) - 1), min(self.n, self.index_after(t1) + 1)

    def sliced(self, i0: int, i1: int) -> Axis:
        """The axis of samples ``i0 .. i1 - 1``."""
        k0 = max(0, int(np.searchsorted(self.firsts, i0, side="right")) - 1)
        k1 = max(k0 + 1, int(np.searchsorted(self.firsts, i1, side="left")))
        firsts = self.firsts[k0:k1] - i0
        starts = self.starts[k0:k1].copy()
        starts[0] -= firsts[0] * self.period
        firsts[0] = 0
        if len(firsts) == 1:
            return UniformTime(float(starts[0]), self.period, i1 - i0)
        return GappedTime(firsts, starts, self.period, i1 - i0)

    def shifted(self, dt: Seconds) -> GappedTime:
        """The same axis ``dt`` seconds later."""
        return GappedTime(self.firsts, self.starts + dt, self.period, self.n)


Axis: TypeAlias = UniformTime | GappedTime | ExplicitTime


def check_increasing(times: npt.NDArray[np.floating], *, where: str = "", first: int = 0) -> None:
    """Refuse times that are not one-dimensional, finite and strictly increasing.

    Parameters
    ----------
    times
        Seconds.
    where
        File and coordinate, for the message.
    first
        Index of ``times[0]`` in the whole coordinate, for the message.

    Raises
    ------
    LoupeDataError
        Naming the first sample that is wrong, its value and its neighbour's.
    """
    if times.ndim != 1:
        raise LoupeDataError(
            f"time must have one dimension, got shape {times.shape}",
            where=where,
            hint="store one time for each sample",
            code="data-time",
        )
    for start in range(0, len(times), _BLOCK):
        # One more, so that the step to the next block is looked at as well.
        _check_block(times[start : start + _BLOCK + 1], where, first + start)


def _check_block(times: npt.NDArray[np.floating], where: str, first: int) -> None:
    finite = np.isfinite(times)
    if not finite.all():
        i = int(np.argmin(finite))
        raise LoupeDataError(
            f"time is not finite at sample {first + i}: {times[i]}",
            where=where,
            hint="every sample needs a time; remove or repair the samples without one",
            code="data-time",
        )
    step = np.diff(times) > 0
    if not step.all():
        i = int(np.argmin(step)) + 1
        raise LoupeDataError(
            f"time does not increase at sample {first + i}: "
            f"{float(times[i - 1])!r} s is followed by {float(times[i])!r} s",
            where=where,
            hint="sort the samples by time and remove duplicates, or check the time unit",
            code="data-time",
        )


def sample_spacing(largest: Seconds, dtype: np.dtype[np.generic]) -> Seconds:
    """Resolution of a stored time of magnitude ``largest`` seconds in ``dtype``."""
    if dtype.kind == "f":
        return float(np.spacing(np.abs(np.asarray(largest)).astype(dtype)))
    return float(np.spacing(np.abs(largest)))


def time_tolerance(period: Seconds, spacing: Seconds) -> Seconds:
    """How far a stored time may lie from an even grid: 1e-6 periods plus its own rounding.

    Rounding as coarse as a quarter of the period tells nothing about evenness; then only
    the 1e-6 periods count.
    """
    rounding = 2 * spacing
    return UNIFORM_TOLERANCE * period + (rounding if rounding < period / 4 else 0.0)


def axis_of(times: Times, *, where: str = "", spacing: Seconds | None = None) -> Axis:
    """Find the simplest axis that holds all of the times to 1e-6 of a period.

    Parameters
    ----------
    times
        ``(n,)`` seconds.
    where
        File and coordinate, for messages.
    spacing
        Resolution of the stored times, seconds; default that of float64.

    Returns
    -------
    UniformTime, GappedTime or ExplicitTime
        `GappedTime` if the samples are even but for a few gaps.

    Raises
    ------
    LoupeDataError
        See `check_increasing`.
    """
    times = np.asarray(times, dtype=np.float64)
    check_increasing(times, where=where)
    n = len(times)
    if n < 2:
        return UniformTime(float(times[0]) if n else 0.0, 1.0, n)
    largest = max(abs(float(times[0])), abs(float(times[-1])))
    rounding = sample_spacing(largest, np.dtype(np.float64)) if spacing is None else spacing
    period = float(times[-1] - times[0]) / (n - 1)
    even = UniformTime(float(times[0]), period, n)
    if _fits(even, times, time_tolerance(period, rounding)):
        return even
    return _gapped(times, rounding) or ExplicitTime(times, where)


def _fits(axis: UniformTime | GappedTime, times: Times, tolerance: Seconds) -> bool:
    for i0 in range(0, len(times), _BLOCK):
        i1 = min(i0 + _BLOCK, len(times))
        if not np.abs(axis.times(i0, i1) - times[i0:i1]).max() <= tolerance:
            return False
    return True


def _gapped(times: Times, rounding: Seconds) -> GappedTime | None:
    """Cut the times at steps longer than usual; None unless every stretch is even."""
    usual = _usual_step(times)
    found: list[npt.NDArray[np.intp]] = []
    for start in range(0, len(times) - 1, _BLOCK):
        steps = np.diff(times[start : start + _BLOCK + 1])
        found.append(np.flatnonzero(steps > 1.5 * usual) + start + 1)
    cuts = np.concatenate(found)
    if (len(cuts) + 1) * _SAMPLES_PER_SEGMENT > len(times):
        return None
    firsts = np.concatenate([[0], cuts]).astype(np.intp)
    lasts = np.concatenate([cuts, [len(times)]]) - 1
    # One period for all stretches, from the longest, where rounding weighs least.
    k = int(np.argmax(lasts - firsts))
    period = float(times[lasts[k]] - times[firsts[k]]) / int(lasts[k] - firsts[k])
    axis = GappedTime(firsts, times[firsts], period, len(times))
    return axis if _fits(axis, times, time_tolerance(period, rounding)) else None


def _usual_step(times: Times) -> Seconds:
    """Median difference of neighbours."""
    # A million differences give the median of any recording well enough.
    stride = max(1, len(times) // 1_000_000)
    second = times[1::stride]
    return float(np.median(second - times[:-1:stride][: len(second)]))


def records_axis(starts: Times, count: int, period: Seconds, *, where: str = "") -> Axis:
    """The axis of equally long records of samples, one after the other or with gaps between.

    Parameters
    ----------
    starts
        ``(r,)`` time of the first sample of each record, seconds.
    count
        Samples a record.
    period
        Seconds between samples within a record.
    where
        File and coordinate, for messages.

    Raises
    ------
    LoupeDataError
        If a record begins before the one before it ends.
    """
    if not len(starts):
        return UniformTime(0.0, period, 0)
    ends = starts[:-1] + (count - 1) * period
    if len(early := np.flatnonzero(~(starts[1:] > ends))):
        k = int(early[0])
        both = np.array([ends[k], starts[k + 1]])
        check_increasing(both, where=where, first=(k + 1) * count - 1)
    tolerance = time_tolerance(period, sample_spacing(float(starts[-1]), starts.dtype))
    drift = starts - starts[0] - np.arange(len(starts)) * (count * period)
    begins = np.concatenate([[True], np.abs(np.diff(drift)) > tolerance])
    run = np.flatnonzero(begins)[np.cumsum(begins) - 1]
    # Small errors that add up: then each record keeps its own time.
    first = np.flatnonzero(begins | (np.abs(drift - drift[run]).max() > tolerance))
    n = len(starts) * count
    if len(first) == 1:
        return UniformTime(float(starts[0]), period, n)
    return GappedTime(first * count, starts[first], period, n)
