"""What a video is like, and what about it will be slow or wrong: for reports and checks.

Opens a video as the window would and says what it found. It never raises for a bad video: the
errors are findings too.
"""

from __future__ import annotations

import shlex
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from loupe.errors import LoupeVideoError
from loupe.units import Seconds
from loupe.video.decoder import decodes
from loupe.video.index import FrameIndex
from loupe.video.opened import OpenVideo, VideoSpec, open_video

__all__ = ["Agreement", "FileFacts", "VideoFinding", "VideoReport", "describe", "proxy_command"]

_GOP_LIMIT_S = 2.0
_VARIABLE_SHARE = 0.01
_PROXY_WIDTH = 1280


@dataclass(frozen=True)
class VideoFinding:
    """One thing about a video that its user should know.

    Attributes
    ----------
    level
        ``error``: it cannot be used; ``warning``: it is slow or doubtful.
    code
        Stable code, such as ``video-gop``.
    where
        The file.
    message, hint
        What it is, with the values; what to do next.
    """

    level: Literal["error", "warning"]
    code: str
    where: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class FileFacts:
    """One video file, measured rather than believed.

    Attributes
    ----------
    path
        The file.
    container, codec, pixel_format, width, height
        As FFmpeg names them; pixels.
    frames, reported_frames
        Counted; claimed by the container (0: no claim).
    rate
        Frames a second by the median interval; 0 for a single frame.
    shortest_s, longest_s
        The extreme intervals from frame to frame.
    variable_share
        Share of the intervals that differ from the median by more than 5 %.
    gop_frames, gop_s
        The longest group of pictures: the most that a jump has to decode.
    duration_s
        From the first frame to the last.
    exact_seek
        Whether frames are reached by keyframe; otherwise by decoding from the start.
    proxy
        The ffmpeg line that makes a copy in which every jump is quick.
    """

    path: str
    container: str
    codec: str
    pixel_format: str
    width: int
    height: int
    frames: int
    reported_frames: int
    rate: float
    shortest_s: Seconds
    longest_s: Seconds
    variable_share: float
    gop_frames: int
    gop_s: Seconds
    duration_s: Seconds
    exact_seek: bool
    proxy: str


@dataclass(frozen=True)
class Agreement:
    """How a file's frame times relate to the times in its container.

    Attributes
    ----------
    offset_s
        Median of frame time minus container time (which starts at 0).
    drift
        Seconds a second by which the frame times run faster, by least squares.
    spread_s
        Largest minus smallest difference, drift included.
    """

    offset_s: Seconds
    drift: float
    spread_s: Seconds


@dataclass(frozen=True)
class VideoReport:
    """A video of a session.

    Attributes
    ----------
    name
        Its caption.
    files
        One entry a file; empty if the video cannot be opened.
    start_s, stop_s
        Times of the first and last frame on the session's axis; None if it cannot be opened.
    agreement
        One entry a file when there are frame times of their own.
    notes
        What was accepted, in sentences.
    findings
        What the user should know.
    """

    name: str
    files: tuple[FileFacts, ...] = ()
    start_s: Seconds | None = None
    stop_s: Seconds | None = None
    agreement: tuple[Agreement, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[VideoFinding, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The report as plain values, for JSON."""
        return asdict(self)

    def rows(self) -> list[tuple[str, str]]:
        """``(what, value)`` lines for a reader, in a fixed order."""
        out: list[tuple[str, str]] = []
        for k, file in enumerate(self.files):
            claim = ""
            if file.reported_frames and file.reported_frames != file.frames:
                claim = f" (the container claims {file.reported_frames})"
            varies = "constant"
            if file.variable_share > _VARIABLE_SHARE:
                varies = f"variable, {file.shortest_s * 1e3:.1f} to {file.longest_s * 1e3:.1f} ms"
            out += [
                ("file", file.path),
                ("codec", f"{file.codec}, {file.pixel_format}, {file.width} x {file.height}"),
                ("frames", f"{file.frames}{claim}"),
                ("rate", f"{file.rate:.3f} frames/s, {varies}"),
                ("duration", f"{file.duration_s:.3f} s"),
                ("longest group of pictures", f"{file.gop_frames} frames, {file.gop_s:.2f} s"),
            ]
            if self.agreement:
                fit = self.agreement[k]
                out.append(
                    (
                        "frame times against container",
                        f"offset {fit.offset_s:.6f} s, drift {fit.drift * 1e6:.1f} µs/s, "
                        f"spread {fit.spread_s * 1e3:.3f} ms",
                    )
                )
            out.append(("quick copy", file.proxy))
        return out


def describe(spec: VideoSpec, *, cache: Path | None = None) -> VideoReport:
    """Open a video and report on it; every error becomes a finding.

    Parameters
    ----------
    spec
        The video.
    cache
        Folder of kept indexes; the user's cache folder if None.
    """
    try:
        video = open_video(spec, cache=cache)
    except LoupeVideoError as error:
        where = error.where or spec.name
        finding = VideoFinding("error", error.code, where, error.message, error.hint)
        return VideoReport(spec.name, findings=(finding,))
    files = tuple(_measure(index) for index in video.indexes)
    agreement = _agreements(video) if spec.frame_times else ()
    findings: list[VideoFinding] = []
    for k, (file, index) in enumerate(zip(files, video.indexes, strict=True)):
        findings += _judge(file)
        stamped = video.timeline.starts[k + 1] - video.timeline.starts[k]
        if stamped == index.n and not decodes(index, index.n - 1):
            findings.append(
                VideoFinding(
                    "warning",
                    "video-truncated",
                    file.path,
                    f"the last of {index.n} frames cannot be decoded: the file is cut off",
                    "Frames that cannot be decoded are shown as missing.",
                )
            )
        if agreement and agreement[k].spread_s > 1.0:
            findings.append(_disagrees(file, agreement[k]))
    return VideoReport(
        spec.name,
        files,
        video.timeline.span.start,
        video.timeline.span.stop,
        agreement,
        video.notes,
        tuple(findings),
    )


def proxy_command(path: str | Path, *, width: int = 0) -> str:
    """The ffmpeg line for a copy with every frame, a keyframe every 15, at most 1280 wide.

    ``width`` is the video's own, 0 if unknown.
    """
    source = Path(path)
    target = source.with_name(f"{source.stem}_proxy.mp4")
    scale = f"-vf scale={_PROXY_WIDTH}:-2 " if width > _PROXY_WIDTH else ""
    before, after = (_quoted(str(name)) for name in (source, target))
    return (
        f"ffmpeg -i {before} {scale}-fps_mode passthrough -c:v libx264 "
        f"-preset fast -crf 20 -g 15 -bf 0 -pix_fmt yuv420p -an {after}"
    )


def _quoted(name: str) -> str:
    """A name as one word of the system's command line; on Windows none has a quote in it."""
    return f'"{name}"' if sys.platform == "win32" else shlex.quote(name)


def _measure(index: FrameIndex) -> FileFacts:
    times = index.times
    steps = np.diff(times)
    middle = float(np.median(steps)) if len(steps) else 0.0
    # Containers round times to ticks; one tick either way is no variation.
    allowed = max(0.05 * middle, 1.01 * float(index.time_base))
    gop_frames, gop_s = _longest_group(index, times)
    facts = index.facts
    return FileFacts(
        path=str(index.path),
        container=facts.container,
        codec=facts.codec,
        pixel_format=facts.pixel_format,
        width=facts.width,
        height=facts.height,
        frames=index.n,
        reported_frames=facts.reported_frames,
        rate=1 / middle if middle else 0.0,
        shortest_s=float(steps.min()) if len(steps) else 0.0,
        longest_s=float(steps.max()) if len(steps) else 0.0,
        variable_share=float((abs(steps - middle) > allowed).mean()) if len(steps) else 0.0,
        gop_frames=gop_frames,
        gop_s=gop_s,
        duration_s=float(times[-1]),
        exact_seek=index.seekable,
        proxy=proxy_command(index.path, width=facts.width),
    )


def _longest_group(index: FrameIndex, times: npt.NDArray[np.float64]) -> tuple[int, Seconds]:
    """Frames and seconds of the longest stretch from a keyframe up to the next one."""
    if not index.seekable:
        return index.n, float(times[-1])
    first = np.unique(np.searchsorted(index.pts, index.key_pts))
    edges = np.unique(np.concatenate([[0], first[first < index.n], [index.n]]))
    counts = np.diff(edges)
    ends = np.append(times, times[-1])[edges]
    return int(counts.max()), float(np.diff(ends).max())


def _judge(file: FileFacts) -> list[VideoFinding]:
    findings = []
    if not file.exact_seek:
        findings.append(
            VideoFinding(
                "warning",
                "video-slow-seek",
                file.path,
                "the stream carries no times: every jump decodes from the start of the file",
                f"Make a copy that seeks: `{file.proxy}`",
            )
        )
    elif file.gop_s > _GOP_LIMIT_S:
        findings.append(
            VideoFinding(
                "warning",
                "video-gop",
                file.path,
                f"up to {file.gop_frames} frames ({file.gop_s:.1f} s) lie between keyframes: a "
                "jump decodes that many",
                f"Make a copy that seeks quickly: `{file.proxy}`",
            )
        )
    if file.variable_share > _VARIABLE_SHARE:
        findings.append(
            VideoFinding(
                "warning",
                "video-variable-rate",
                file.path,
                f"the frame rate varies: intervals from {file.shortest_s * 1e3:.1f} to "
                f"{file.longest_s * 1e3:.1f} ms, {file.variable_share:.0%} off the median",
                "Frames are shown exactly here; never compute times as frame number by rate.",
            )
        )
    return findings


def _agreements(video: OpenVideo) -> tuple[Agreement, ...]:
    out = []
    starts = video.timeline.starts
    for k, own in enumerate(video.own_times):
        difference = video.timeline.times[starts[k] : starts[k + 1]] - own
        drift = 0.0
        if len(own) > 1:
            centred = own - own.mean()
            drift = float((centred * (difference - difference.mean())).sum() / (centred**2).sum())
        out.append(Agreement(float(np.median(difference)), drift, float(np.ptp(difference))))
    return tuple(out)


def _disagrees(file: FileFacts, fit: Agreement) -> VideoFinding:
    return VideoFinding(
        "warning",
        "video-spread",
        file.path,
        f"frame times and the container's times drift apart by {fit.spread_s:.3f} s "
        f"({fit.drift * 1e6:.0f} µs/s)",
        "Check that the frame times belong to this video; if only its clock ran at another rate, "
        "nothing is wrong: the frame times count.",
    )
