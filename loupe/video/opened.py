"""A video as a session means it: files, frame times and rules, brought together and checked.

Opening reads through the files (or their kept indexes) and may take a while; whoever must not
wait opens in a thread, as `loupe.video.player` does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from loupe.errors import LoupeVideoError
from loupe.units import Seconds
from loupe.video.decoder import decodes
from loupe.video.index import FrameIndex
from loupe.video.kept import load_index
from loupe.video.timeline import (
    Slack,
    Timeline,
    check_count,
    check_times,
    load_frame_times,
    make_timeline,
)

__all__ = ["OpenVideo", "VideoSpec", "open_video"]

Times = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class VideoSpec:
    """What to open.

    Attributes
    ----------
    name
        Caption.
    paths
        One or more files, in the order of filming.
    frame_times
        An ``.npy`` file or an array ``(frames,)`` of seconds for each video file; or a single
        array for all of them together; empty for the times in the videos themselves.
    correction, max_distance_s
        As `loupe.video.timeline.make_timeline`.
    frame_count_slack
        As `loupe.video.timeline.check_count`.
    """

    name: str
    paths: tuple[Path, ...]
    frame_times: tuple[Path | npt.ArrayLike, ...] = ()
    correction: tuple[Seconds, float] = (0.0, 0.0)
    max_distance_s: Seconds | None = None
    frame_count_slack: Slack = 120


@dataclass(frozen=True, eq=False)
class OpenVideo:
    """An opened video: which frames there are and when.

    Attributes
    ----------
    spec
        What was asked for.
    indexes
        One a file.
    timeline
        Times of all frames, on the session's time axis.
    own_times
        For each file, the container's times ``(n,)`` of the same frames, from 0.
    notes
        What was accepted but is not as it should be, one sentence each.
    """

    spec: VideoSpec
    indexes: tuple[FrameIndex, ...]
    timeline: Timeline
    own_times: tuple[Times, ...]
    notes: tuple[str, ...] = ()

    @property
    def slow_seek(self) -> bool:
        """Whether a file can only be decoded from its start, so that jumps take long."""
        return any(not index.seekable for index in self.indexes)


def open_video(
    spec: VideoSpec,
    *,
    cache: Path | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> OpenVideo:
    """Index every file and check it against its frame times.

    Parameters
    ----------
    spec
        What to open.
    cache
        Folder of kept indexes; the user's cache folder if None.
    stopped
        Asked now and then; when true, opening ends with an error.

    Raises
    ------
    LoupeVideoError
        If a file or its times cannot be used, or their numbers do not agree.
    """
    indexes = tuple(load_index(path, cache=cache, stopped=stopped) for path in spec.paths)
    times = _stamps(spec, indexes)
    notes = []
    own: list[Times] = []
    for k, index in enumerate(indexes):
        own.append(index.times)
        if times is None:
            continue
        note = check_count(
            len(times[k]),
            index.n,
            slack=spec.frame_count_slack,
            decodes=lambda number, index=index: decodes(index, number),  # type: ignore[misc]
            where=str(index.path),
            times_where=_times_name(spec, k),
        )
        if note:
            notes.append(f"{index.path.name}: {note}")
            own[k] = own[k][: len(times[k])]
    if times is None:
        times = _end_to_end(own)
    timeline = make_timeline(
        times,
        names=[str(path) for path in spec.paths],
        correction=spec.correction,
        max_distance_s=spec.max_distance_s,
    )
    return OpenVideo(spec, indexes, timeline, tuple(own), tuple(notes))


def _stamps(spec: VideoSpec, indexes: tuple[FrameIndex, ...]) -> list[Times] | None:
    """Checked frame times, one array a file; None if the videos' own times are to be used."""
    if not spec.frame_times:
        return None
    read = [
        load_frame_times(part)
        if isinstance(part, Path)
        else check_times(part, where=f"frame times of {spec.name}")
        for part in spec.frame_times
    ]
    if len(read) == len(indexes):
        return read
    if len(read) != 1:
        raise LoupeVideoError(
            f"{len(read)} files of frame times for {len(indexes)} video files",
            where=spec.name,
            hint="Give one for each video file, in the same order.",
            code="video-count",
        )
    ends = np.cumsum([index.n for index in indexes])
    if len(read[0]) != ends[-1]:
        raise LoupeVideoError(
            f"{ends[-1]} frames in {len(indexes)} files, but {len(read[0])} frame times",
            where=spec.name,
            hint="Give one array of times for each file to see which one differs.",
            code="video-count",
        )
    return list(np.split(read[0], ends[:-1]))


def _end_to_end(own: list[Times]) -> list[Times]:
    """Files without frame times follow each other, one median interval apart."""
    placed: list[Times] = []
    start = 0.0
    for times in own:
        placed.append(times + start)
        interval = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
        start = float(placed[-1][-1]) + interval
    return placed


def _times_name(spec: VideoSpec, k: int) -> str:
    part = spec.frame_times[k] if k < len(spec.frame_times) else None
    return str(part) if isinstance(part, Path) else ""
