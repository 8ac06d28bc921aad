"""When each frame of a video was filmed, on the session's time axis.

Pure arithmetic over arrays: one timeline may span several files. It knows neither decoding nor
the cursor; asked for a time, it names the frame of that instant, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from loupe.errors import LoupeVideoError
from loupe.session.suggest import near_file
from loupe.units import Seconds, Span

__all__ = [
    "Slack",
    "Timeline",
    "check_count",
    "check_times",
    "load_frame_times",
    "make_timeline",
]

Times = npt.NDArray[np.float64]
Slack = int | Literal["unlimited"]

_SHARE_OF_INTERVAL = 0.55
"""A frame stands for the instants up to a little more than half an interval around it."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """Times of all frames of a video.

    Attributes
    ----------
    times
        ``(n,)`` float64 seconds, strictly increasing, corrections applied.
    starts
        ``(files + 1,)`` number of each file's first frame; the last entry is ``n``.
    max_distance_s
        How far a time may lie from the nearest frame that is still shown for it.
    """

    times: Times
    starts: tuple[int, ...]
    max_distance_s: Seconds

    @property
    def n(self) -> int:
        """Number of frames."""
        return len(self.times)

    @property
    def span(self) -> Span:
        """From the first frame to the last."""
        return Span(float(self.times[0]), float(self.times[-1]))

    def nearest(self, t: Seconds) -> int:
        """The frame closest to ``t``, however far; the earlier of two equally close ones."""
        i = int(np.searchsorted(self.times, t))
        if i == 0:
            return 0
        if i == self.n or t - self.times[i - 1] <= self.times[i] - t:
            return i - 1
        return i

    def frame_at(self, t: Seconds) -> int | None:
        """The frame of the instant ``t``; None where nothing was filmed."""
        i = self.nearest(t)
        return i if abs(float(self.times[i]) - t) <= self.max_distance_s else None

    def locate(self, frame: int) -> tuple[int, int]:
        """``(file, number within the file)`` of a frame.

        Raises
        ------
        IndexError
            If there is no such frame.
        """
        if not 0 <= frame < self.n:
            raise IndexError(f"frame {frame} of {self.n}")
        file = int(np.searchsorted(self.starts, frame, side="right")) - 1
        return file, frame - self.starts[file]


def make_timeline(
    times: Sequence[Times],
    *,
    names: Sequence[str],
    correction: tuple[Seconds, float] = (0.0, 0.0),
    max_distance_s: Seconds | None = None,
) -> Timeline:
    """Join the times of one or several files into one timeline.

    Parameters
    ----------
    times
        For each file ``(n,)`` seconds, as `check_times` accepts them.
    names
        What to call each file in messages, one a file.
    correction
        ``(offset, drift)``: a time ``t`` becomes ``t + offset + drift * t``.
    max_distance_s
        See `Timeline`; None means 0.55 of the median interval.

    Raises
    ------
    LoupeVideoError
        If a file starts before the one ahead of it has ended, or the drift turns time around.
    """
    for k in range(1, len(times)):
        before, after = float(times[k - 1][-1]), float(times[k][0])
        if after <= before:
            raise LoupeVideoError(
                f"starts at {after:g} s, but the file before it, {names[k - 1]}, ends at "
                f"{before:g} s",
                where=names[k],
                hint="Files of one video must follow each other in time; list them in that order.",
                code="video-times",
            )
    offset, drift = correction
    if not drift > -1:
        raise LoupeVideoError(
            f"a drift of {drift:g} seconds a second turns time around",
            where=names[0],
            hint="The second number of `frame_times_correction` is usually smaller than 0.001.",
            code="video-times",
        )
    joined = np.concatenate([np.asarray(part, dtype=np.float64) for part in times])
    joined = joined + offset + drift * joined
    if max_distance_s is None:
        interval = float(np.median(np.diff(joined))) if len(joined) > 1 else 1.0
        max_distance_s = _SHARE_OF_INTERVAL * interval
    starts = tuple(int(i) for i in np.cumsum([0, *(len(part) for part in times)]))
    return Timeline(joined, starts, max_distance_s)


def load_frame_times(path: str | Path) -> Times:
    """The frame times in an ``.npy`` file, checked.

    Returns
    -------
    ndarray
        ``(n,)`` float64 seconds.

    Raises
    ------
    LoupeVideoError
        If the file is missing, no plain array, or `check_times` refuses its values.
    """
    path = Path(path)
    try:
        values = np.load(path, allow_pickle=False)
    except FileNotFoundError as error:
        raise LoupeVideoError(
            "there is no such file of frame times",
            where=str(path),
            hint=f"did you mean `{near.name}`?"
            if (near := near_file(path)) is not None
            else "Check `frame_times_path`; a relative path starts at the session file's folder.",
            code="video-missing-file",
        ) from error
    except (OSError, ValueError, EOFError, MemoryError, OverflowError) as error:
        raise LoupeVideoError(
            f"the frame times cannot be read: {error}",
            where=str(path),
            hint="An `.npy` file with one number a frame is needed, written by `numpy.save`.",
            code="video-times",
        ) from error
    if not isinstance(values, np.ndarray):
        values.close()
        raise LoupeVideoError(
            "this is an archive of several arrays, not one array of frame times",
            where=str(path),
            hint="Save the times alone: `numpy.save('frame_times.npy', times)`.",
            code="video-times",
        )
    return check_times(values, where=str(path))


def check_times(values: npt.ArrayLike, *, where: str) -> Times:
    """Frame times as float64, if they are one-dimensional, finite and strictly increasing.

    Raises
    ------
    LoupeVideoError
        Naming the first frame that is wrong, and its value.
    """
    times = np.asarray(values)
    if times.ndim != 1 or times.dtype.kind not in "iuf" or times.size == 0:
        raise LoupeVideoError(
            f"frame times are one row of numbers, this is {times.dtype} of shape {times.shape}",
            where=where,
            hint="Save one time in seconds a frame: shape `(frames,)`.",
            code="video-times",
        )
    times = times.astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(times))
    if bad.size:
        raise LoupeVideoError(
            f"the time of frame {bad[0]} is {times[bad[0]]} ({bad.size} of {times.size} such)",
            where=where,
            hint="Every frame needs a finite time; fill the gaps, for example by interpolation.",
            code="video-times",
        )
    back = np.flatnonzero(np.diff(times) <= 0)
    if back.size:
        i = int(back[0])
        raise LoupeVideoError(
            f"frame {i + 1} is at {times[i + 1]:.9g} s, not after frame {i} at {times[i]:.9g} s "
            f"({back.size} such)",
            where=where,
            hint="Frame times must strictly increase.",
            code="video-times",
        )
    return times


def check_count(
    stamped: int,
    frames: int,
    *,
    slack: Slack,
    decodes: Callable[[int], bool],
    where: str,
    times_where: str = "",
) -> str:
    """Whether as many times as frames are there, or the rest is a truncated tail.

    A file that broke off promises more frames than can be decoded. Then fewer times than frames
    are right when the last frame with a time decodes and the one after it does not.

    Parameters
    ----------
    stamped, frames
        Number of frame times; number of frames that the file promises.
    slack
        How many frames such a tail may have.
    decodes
        Whether a frame, by its number, can be decoded; asked only about a possible tail.
    where, times_where
        The video and the file of its times, for the message.

    Returns
    -------
    str
        A note on the accepted tail; empty when the numbers are equal.

    Raises
    ------
    LoupeVideoError
        With both numbers.
    """
    if stamped == frames:
        return ""
    tail = frames - stamped
    allowed = slack == "unlimited" or tail <= slack
    if tail > 0 and allowed and decodes(stamped - 1) and not decodes(stamped):
        return (
            f"the last {tail} of {frames} frames are truncated and have no times; "
            f"{stamped} frames are shown"
        )
    source = f" in {times_where}" if times_where else ""
    if tail < 0:
        hint = (
            f"There are {-tail} times more than frames: the video lost frames or the times belong "
            "to another video. Give the times of exactly these frames."
        )
    else:
        hint = (
            f"There are {tail} frames more than times. Only a truncated tail that cannot be "
            f"decoded is accepted, up to `frame_count_slack = {slack}` frames."
        )
    raise LoupeVideoError(
        f"{frames} frames, but {stamped} frame times{source}",
        where=where,
        hint=hint,
        code="video-count",
    )
