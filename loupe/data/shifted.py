"""Arrays and time axes moved in time, for those that cannot move themselves.

Readers of other packages need not know of a session's common axis: the dates of their arrays
are enough.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from loupe.data.protocols import ArrayData, ArrayInfo, Rows, TimeAxis
from loupe.units import Seconds, Span

__all__ = ["ShiftedArray", "ShiftedTime", "shifted_array", "shifted_axis"]


def shifted_axis(axis: TimeAxis, dt: Seconds) -> TimeAxis:
    """The same axis ``dt`` seconds later."""
    if dt == 0.0:
        return axis
    own = getattr(axis, "shifted", None)
    moved: TimeAxis = ShiftedTime(axis, dt) if own is None else own(dt)
    return moved


def shifted_array(data: ArrayData, dt: Seconds, origin: datetime | None) -> ArrayData:
    """The same array on an axis ``dt`` seconds later, whose second 0 is ``origin``."""
    own = getattr(data, "shifted", None)
    moved: ArrayData = ShiftedArray(data, dt, origin) if own is None else own(dt, origin)
    return moved


@dataclass(frozen=True, eq=False)
class ShiftedTime:
    """A `TimeAxis` that lies ``dt`` seconds after another."""

    axis: TimeAxis
    dt: Seconds

    @property
    def n(self) -> int:
        """Number of samples."""
        return self.axis.n

    @property
    def span(self) -> Span:
        """First to last sample."""
        return Span(self.axis.span.start + self.dt, self.axis.span.stop + self.dt)

    @property
    def period(self) -> Seconds:
        """Sampling period."""
        return self.axis.period

    @property
    def uniform(self) -> bool:
        """Whether the samples are even."""
        return self.axis.uniform

    @property
    def breaks(self) -> npt.NDArray[np.intp]:
        """Samples before which a gap is known to lie."""
        found: Any = getattr(self.axis, "breaks", ())
        return np.asarray(found, dtype=np.intp)

    def times(self, i0: int, i1: int) -> npt.NDArray[np.float64]:
        """Times of samples ``i0 .. i1 - 1``, shape ``(i1 - i0,)``."""
        return self.axis.times(i0, i1) + self.dt

    def at(self, index: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        """Times of any samples, ``(k,)``."""
        own = getattr(self.axis, "at", None)
        if own is not None:
            found: npt.NDArray[np.float64] = own(index)
        elif len(index):
            first = int(index.min())
            found = self.axis.times(first, int(index.max()) + 1)[index - first]
        else:
            found = np.empty(0)
        return found + self.dt

    def bracket(self, t0: Seconds, t1: Seconds) -> tuple[int, int]:
        """Samples in ``[t0, t1]`` and one neighbour on either side, clipped."""
        return self.axis.bracket(t0 - self.dt, t1 - self.dt)


class ShiftedArray:
    """An `ArrayData` on another axis; whatever else the array has, this has too."""

    def __init__(self, data: ArrayData, dt: Seconds, origin: datetime | None) -> None:
        self._data = data
        self._time = shifted_axis(data.time, dt)
        self._info = replace(data.info, origin=origin)

    @property
    def info(self) -> ArrayInfo:
        """Names, coordinates, dtype and units."""
        return self._info

    @property
    def time(self) -> TimeAxis:
        """The time axis."""
        return self._time

    @property
    def n_rows(self) -> int:
        """Number of traces."""
        return self._data.n_rows

    def read(self, rows: Rows, i0: int, i1: int) -> npt.NDArray[Any]:
        """Samples ``i0 .. i1 - 1`` of the rows; see `loupe.data.protocols.ArrayData.read`."""
        return self._data.read(rows, i0, i1)

    def __getattr__(self, name: str) -> Any:
        """What the array has beyond the protocol."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._data, name)
