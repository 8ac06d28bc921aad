"""Which frames a video holds and when each is shown, read from its packets once.

Frame ``i`` is the ``i``-th frame on screen. The container's own claims (number of frames, rate)
are kept for reports and used for nothing else, because they are wrong too often. This room does
not decode, except where a stream carries no times (raw streams): then counting by decoding is
the only truth there is.
"""

from __future__ import annotations

import stat
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from loupe.errors import LoupeVideoError
from loupe.session.suggest import near_file
from loupe.video.cv import Capture

__all__ = [
    "FrameIndex",
    "StreamFacts",
    "build_index",
    "is_pattern",
    "locked",
    "open_stream",
    "require_file",
]

_PLAYLISTS = frozenset({"hls", "concat", "dash", "imf", "sdp", "rtsp", "webm_dash_manifest"})
_DECODED_TO_INDEX = frozenset({"vp8"})  # has packets that are never shown, and does not flag them
_LENIENT: dict[str, Any] = (
    # Until av 19 a tag that is no UTF-8 kept a file from opening unless this was said.
    {"metadata_errors": "ignore"} if int(av.__version__.partition(".")[0]) < 19 else {}
)


@dataclass(frozen=True)
class StreamFacts:
    """What the container says of its video stream; for reports, not for addressing.

    Attributes
    ----------
    container, codec, pixel_format
        Short names as FFmpeg gives them, for example ``matroska,webm``, ``h264``, ``yuv420p``.
    width, height
        Stored pixels.
    aspect
        Width of a pixel divided by its height.
    reported_frames
        The container's frame count, 0 when it has none; may be wrong.
    reported_rate
        The container's frames a second, 0 when it has none; may be wrong.
    """

    container: str
    codec: str
    pixel_format: str
    width: int
    height: int
    aspect: float
    reported_frames: int
    reported_rate: float


@dataclass(frozen=True, eq=False)
class FrameIndex:
    """Every displayed frame of one file.

    Attributes
    ----------
    path
        The file, or the pattern of an image sequence.
    pts
        ``(n,)`` int64, ascending: presentation times in ticks of `time_base`. Where the stream
        has no times, the ordinal numbers.
    key_pts, key_dts
        ``(k,)`` int64: presentation and decoding times of the keyframes, ascending in
        ``key_pts``; the ones before the first displayed frame (edit lists) included.
    time_base
        Seconds a tick.
    seekable
        Whether frames can be addressed by `pts`; otherwise only by decoding from the start.
    sequential
        Whether only OpenCV opens it, so that frames are read one after another.
    facts
        The container's claims.
    cut_pts
        Time of the frame in whose middle the file breaks off; None if it does not. Decoders may
        make half a picture of it, which is none.
    """

    path: Path
    pts: npt.NDArray[np.int64]
    key_pts: npt.NDArray[np.int64]
    key_dts: npt.NDArray[np.int64]
    time_base: Fraction
    seekable: bool
    sequential: bool
    facts: StreamFacts
    cut_pts: int | None = None

    @property
    def n(self) -> int:
        """Number of displayed frames."""
        return len(self.pts)

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """``(n,)`` seconds from the first displayed frame, which is at 0."""
        ticks = self.pts - self.pts[0]
        return np.asarray(ticks * float(self.time_base), dtype=np.float64)

    def number_at(self, pts: int) -> int | None:
        """The frame shown at exactly that tick; None if there is none."""
        i = int(np.searchsorted(self.pts, pts))
        return i if i < len(self.pts) and self.pts[i] == pts else None

    def key_before(self, number: int) -> int:
        """Position in `key_pts` of the last keyframe not after frame ``number``; -1 if none."""
        return int(np.searchsorted(self.key_pts, self.pts[number], side="right")) - 1


def open_stream(path: Path) -> tuple[InputContainer, VideoStream]:
    """Open a file with PyAV; only this file: no network, no playlist that names others.

    Raises
    ------
    LoupeVideoError
        If it is missing, locked, no video, or a playlist.
    """
    require_file(path)
    try:
        container = av.open(
            str(path.absolute()),
            options={"protocol_whitelist": "file"},
            **_LENIENT,
        )
    except PermissionError as error:
        raise locked(path) from error
    except (FFmpegError, OSError) as error:
        raise LoupeVideoError(
            f"the video cannot be opened: {getattr(error, 'strerror', None) or error}",
            where=str(path),
            hint="The file is damaged, was never finished (an mp4 without its `moov`), or is no "
            "video. If the camera still writes it, close the recording first.",
            code="video-open",
        ) from error
    names = set(container.format.name.split(","))
    if names & _PLAYLISTS:
        container.close()
        raise LoupeVideoError(
            f"this is a playlist ({container.format.name}), which names other files",
            where=str(path),
            hint="Give the video files themselves, as a list in `video_path`.",
            code="video-playlist",
        )
    stream = container.streams.best("video")
    if not isinstance(stream, VideoStream):
        container.close()
        raise LoupeVideoError("the file holds no video stream", where=str(path), code="video-open")
    return container, stream


def build_index(path: Path, *, stopped: Callable[[], bool] = lambda: False) -> FrameIndex:
    """Read every packet of a file once and note when each frame is shown.

    Raises
    ------
    LoupeVideoError
        If no decoder opens it, it holds no frame, or ``stopped()`` became true.
    """
    if is_pattern(path):
        return _index_by_opencv(path, None, stopped)
    try:
        container, stream = open_stream(path)
    except LoupeVideoError as error:
        if error.code != "video-open" or not path.is_file():
            raise
        return _index_by_opencv(path, error, stopped)
    with container:
        facts = _facts(container, stream)
        if facts.codec not in _DECODED_TO_INDEX:
            packets = _read_packets(container, stream, path, stopped)
            pts = packets[(packets[:, 3] == 0), 0]
            if len(pts) and pts.min() > _NO_TIME and len(np.unique(pts)) == len(pts):
                keys = packets[packets[:, 2] == 1]
                keys = keys[np.argsort(keys[:, 0], kind="stable")]
                return FrameIndex(
                    path=path,
                    pts=np.sort(pts),
                    key_pts=keys[:, 0].copy(),
                    key_dts=keys[:, 1].copy(),
                    time_base=_time_base(stream),
                    seekable=True,
                    sequential=False,
                    facts=facts,
                    cut_pts=int(packets[-1, 0]) if packets[-1, 4] else None,
                )
    return _index_by_decoding(path, facts, stopped)


_NO_TIME = np.iinfo(np.int64).min


def _read_packets(
    container: InputContainer, stream: VideoStream, path: Path, stopped: Callable[[], bool]
) -> npt.NDArray[np.int64]:
    """``(packets, 5)``: pts, dts, keyframe, discarded, cut off; a missing time is `_NO_TIME`."""
    rows = array("q")  # a long recording has millions of packets
    try:
        for packet in container.demux(stream):
            if packet.size == 0:
                continue  # the flush packet at the end
            pts = _NO_TIME if packet.pts is None else packet.pts
            dts = pts if packet.dts is None else packet.dts
            rows.extend((pts, dts, packet.is_keyframe, packet.is_discard, packet.is_corrupt))
            _go_on(stopped, path)
    except FFmpegError:
        # The rest of a damaged file cannot be read; what came before it can be shown.
        pass
    if not rows:
        raise _empty(path)
    return np.frombuffer(rows, dtype=np.int64).reshape(-1, 5)


def _index_by_decoding(path: Path, facts: StreamFacts, stopped: Callable[[], bool]) -> FrameIndex:
    """For streams whose packets do not say when they are shown: decode everything once."""
    container, stream = open_stream(path)
    pts: list[int | None] = []
    keys: list[int] = []
    with container:
        stream.thread_type = "AUTO"
        try:
            for packet in container.demux(stream):
                _go_on(stopped, path)
                try:
                    frames = packet.decode()
                except FFmpegError:
                    continue  # a damaged packet shows nothing, also later
                for frame in frames:
                    if frame.key_frame:
                        keys.append(len(pts))
                    pts.append(frame.pts)
        except FFmpegError:
            pass  # the end of what can be read
        base = _time_base(stream)
    if not pts:
        raise _empty(path)
    known = np.array([_NO_TIME if t is None else t for t in pts], dtype=np.int64)
    if known.min() > _NO_TIME and bool((np.diff(known) > 0).all()):
        return FrameIndex(path, known, known[keys], known[keys], base, True, False, facts)
    rate = facts.reported_rate or 25.0
    ordinal = np.arange(len(pts), dtype=np.int64)
    base = 1 / Fraction(rate).limit_denominator(100_000)
    return FrameIndex(path, ordinal, ordinal[keys], ordinal[keys], base, False, False, facts)


def _index_by_opencv(
    path: Path, refusal: LoupeVideoError | None, stopped: Callable[[], bool]
) -> FrameIndex:
    """Count frames by reading them; ``refusal`` is what PyAV said, raised if OpenCV fails too."""
    capture = Capture(path)
    try:
        first = capture.read() if capture.is_open else None
        if first is None:
            if refusal is not None:
                raise refusal
            raise LoupeVideoError(
                "no image of this sequence can be read",
                where=str(path),
                hint="The pattern needs the number of an existing first image, such as "
                "`frame_%04d.png` for `frame_0000.png`.",
                code="video-missing-file",
            )
        n = 1
        while capture.skip():
            n += 1
            _go_on(stopped, path)
        rate = capture.rate
    finally:
        capture.close()
    height, width = first.shape[:2]
    ordinal = np.arange(n, dtype=np.int64)
    facts = StreamFacts("opencv", "unknown", "rgb24", width, height, 1.0, 0, rate)
    base = 1 / Fraction(rate or 25.0).limit_denominator(100_000)
    return FrameIndex(path, ordinal, ordinal[:1], ordinal[:1], base, False, True, facts)


def _facts(container: InputContainer, stream: VideoStream) -> StreamFacts:
    context = stream.codec_context
    aspect = stream.sample_aspect_ratio
    return StreamFacts(
        container=container.format.name,
        codec=context.name,
        pixel_format=context.pix_fmt or "unknown",
        width=context.width,
        height=context.height,
        aspect=float(aspect) if aspect else 1.0,
        reported_frames=max(0, stream.frames),
        reported_rate=float(stream.average_rate or stream.guessed_rate or 0),
    )


def _time_base(stream: VideoStream) -> Fraction:
    # A type of its own from av 19 on.
    base = stream.time_base
    return Fraction(base.numerator, base.denominator) if base else Fraction(1, 1)


def _go_on(stopped: Callable[[], bool], path: Path) -> None:
    if stopped():
        raise LoupeVideoError("closed while its frames were counted", where=str(path))


def _empty(path: Path) -> LoupeVideoError:
    return LoupeVideoError("the file holds no video frame", where=str(path), code="video-open")


def locked(path: Path) -> LoupeVideoError:
    """The error for a file that may not be read."""
    return LoupeVideoError(
        "the file may not be read",
        where=str(path),
        hint="Another program may hold it, or its permissions keep you out.",
        code="video-open",
    )


def is_pattern(path: Path) -> bool:
    """Whether the name is the pattern of an image sequence rather than a file."""
    return "%" in path.name and not path.exists()


def require_file(path: Path) -> None:
    """Raise a `LoupeVideoError` unless ``path`` is a regular file that can be reached."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LoupeVideoError(
            "there is no such file",
            where=str(path),
            hint=f"did you mean `{near.name}`?"
            if (near := near_file(path)) is not None
            else "Check `video_path`; a relative path starts at the session file's folder.",
            code="video-missing-file",
        ) from error
    except PermissionError as error:
        raise locked(path) from error
    except OSError as error:
        raise LoupeVideoError(
            f"the file cannot be reached: {error.strerror}", where=str(path), code="video-open"
        ) from error
    if not stat.S_ISREG(mode):
        raise LoupeVideoError(
            "this is a folder or a device, not a video file", where=str(path), code="video-open"
        )
