"""Writing pictures into an mp4: exported clips and demonstration videos.

This room knows arrays and one encoder. It does not know what the pictures show,
when they are due, or how anybody reads them back.
"""

from __future__ import annotations

import contextlib
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
import numpy.typing as npt
from av.error import FFmpegError
from av.video.stream import VideoStream

from loupe.errors import LoupeVideoError

__all__ = ["VideoWriter"]

_SMPTE_170M = 6  # ITU-T H.273: matrix, primaries and transfer of BT.601 with 525 lines


class VideoWriter:
    """Write RGB pictures one after another as an H.264 mp4 of constant rate.

    The pictures go into a file beside the target, which takes the target's name only when
    `close` has succeeded; leaving the ``with`` block by an exception removes it. Two runs with
    the same pictures write the same bytes: one encoder thread, no dates, no library versions.

    Parameters
    ----------
    path
        The mp4 to write; an existing file is replaced when the writer closes.
    size
        ``(width, height)`` in pixels of every picture. An odd side is padded by one pixel that
        repeats the edge, because the encoder's 4:2:0 format needs even sides.
    fps
        Frames a second, ``0 < fps <= 1000``; frame ``i`` is due at ``i / fps`` seconds.
    gop
        Frames from one keyframe to the next. The default is one second, which keeps seeking
        quick in any player.
    crf
        Quality of x264's constant rate factor, 0 (lossless) to 51.

    Raises
    ------
    LoupeVideoError
        If the size or the rate makes no video, or the file cannot be made.
    """

    def __init__(
        self,
        path: str | Path,
        size: tuple[int, int],
        fps: float | Fraction,
        *,
        gop: int | None = None,
        crf: int = 20,
    ) -> None:
        width, height = size
        if width < 1 or height < 1:
            raise LoupeVideoError(
                f"a video of {width} x {height} pixels cannot be written", where=str(path)
            )
        if not 0 < fps <= 1000:
            raise LoupeVideoError(
                f"`fps` must lie above 0 and not above 1000, got {float(fps):g}", where=str(path)
            )
        self._path = Path(path)
        self._part = self._path.with_name(self._path.name + ".part")
        self._shape = (height, width, 3)
        self._pad = ((0, height % 2), (0, width % 2), (0, 0))
        self._frames = 0
        rate = Fraction(fps).limit_denominator(100_000)
        try:
            # The encoder opens its file at the first picture only; a folder that cannot be
            # written to is better said now.
            self._part.touch()
            self._container = av.open(
                str(self._part), "w", format="mp4", container_options={"fflags": "+bitexact"}
            )
            stream = self._container.add_stream(
                "libx264",
                rate=rate,
                options={
                    "crf": str(crf),
                    "preset": "veryfast",
                    "flags": "+bitexact",
                    "x264-params": "threads=1:sliced-threads=0",
                },
            )
        except (FFmpegError, OSError) as error:
            with contextlib.suppress(OSError):
                self._part.unlink(missing_ok=True)
            raise self._failed(error) from error
        assert isinstance(stream, VideoStream)
        self._stream = stream
        stream.width = width + width % 2
        stream.height = height + height % 2
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = gop if gop is not None else max(1, round(float(rate)))
        # The colours are converted by BT.601, whatever the size: say so, or players guess by size.
        stream.codec_context.colorspace = _SMPTE_170M
        stream.codec_context.color_primaries = _SMPTE_170M
        stream.codec_context.color_trc = _SMPTE_170M
        self._closed = False

    @property
    def frames(self) -> int:
        """How many pictures were written so far."""
        return self._frames

    def write(self, rgb: npt.NDArray[np.uint8]) -> None:
        """Append one picture.

        Parameters
        ----------
        rgb
            ``(height, width, 3)``, uint8, red first.

        Raises
        ------
        LoupeVideoError
            If the picture has another shape or type, the writer is closed, or the disk is full.
        """
        if self._closed:
            raise LoupeVideoError("the writer is closed", where=str(self._path))
        if rgb.shape != self._shape or rgb.dtype != np.uint8:
            raise LoupeVideoError(
                f"picture {self._frames} is {rgb.dtype} {rgb.shape}, the video takes uint8 "
                f"{self._shape}",
                where=str(self._path),
            )
        if self._pad != ((0, 0), (0, 0), (0, 0)):
            rgb = np.pad(rgb, self._pad, mode="edge")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        frame.pts = self._frames
        rate = self._stream.codec_context.rate
        frame.time_base = Fraction(rate.denominator, rate.numerator)
        try:
            self._container.mux(self._stream.encode(frame))
        except (FFmpegError, OSError) as error:
            raise self._failed(error) from error
        self._frames += 1

    def close(self) -> None:
        """Finish the file and give it its name; a second call does nothing.

        Raises
        ------
        LoupeVideoError
            If no picture was written or the file cannot be finished.
        """
        if self._closed:
            return
        if self._frames == 0:
            self.abandon()
            raise LoupeVideoError("no picture was written", where=str(self._path))
        try:
            self._container.mux(self._stream.encode(None))
            self._closed = True
            self._container.close()
            self._part.replace(self._path)
        except (FFmpegError, OSError) as error:
            self.abandon()
            raise self._failed(error) from error

    def abandon(self) -> None:
        """Stop without a file; what stood at the target stays as it was."""
        if not self._closed:
            self._closed = True
            # A file that cannot be finished is removed just below.
            with contextlib.suppress(FFmpegError, OSError):
                self._container.close()
        self._part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def _failed(self, error: Exception) -> LoupeVideoError:
        return LoupeVideoError(
            f"the video cannot be written: {getattr(error, 'strerror', None) or error}",
            where=str(self._path),
            hint="Check that the folder exists, may be written and has room.",
            code="video-write",
        )
