"""Decoded frames by their exact number: one interface, PyAV behind it, OpenCV for the rest.

A decoder walks: `Decoder.frames_to` starts wherever decoding must start for a frame and yields
every frame on the way, so that the caller can keep them and may stop at any of them. It never
yields a frame in another's place; a frame that cannot be decoded is simply not among them.
A decoder belongs to the thread that uses it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Literal, Protocol

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from loupe.errors import LoupeVideoError
from loupe.video.cv import Capture
from loupe.video.index import FrameIndex, open_stream
from loupe.video.picture import ArrayPicture, AvPicture, Picture

__all__ = ["Decoder", "OpenCvDecoder", "PyAvDecoder", "Threads", "decodes", "open_decoder"]

Threads = Literal["SLICE", "AUTO"]

_THREADS_MAX = 4
"""Decoding threads a video; more add latency to a seek and memory, and several videos share."""

_NEAR = 12
"""Decode through so many frames rather than seek, also past a keyframe."""

_REORDER = 16
"""The most frames that H.264 and HEVC may deliver before an earlier one."""

_KEYS_BACK = 2
"""Keyframes further back to try before decoding from the start of the file."""

_X264 = re.compile(rb"x264 - core (\d+)")
_X264_OLD = 150
"""How x264 names its version, and the last one whose 4:4:4 pictures are read by it."""

_SEEK_BY_DTS = frozenset({"avi", "mpeg", "mpegts"})
"""Containers whose seek counts in decoding times. Measured: a seek of the others by decoding time,
or of these by presentation time, lands a whole group of pictures early or late."""


class Decoder(Protocol):
    """Frames of one file; addressed by the numbers of its `FrameIndex`."""

    def frames_to(self, number: int) -> Iterator[tuple[int, Picture]]:
        """Decode until frame ``number`` was delivered or is known to be undecodable.

        Yields ``(number, picture)`` of every frame met on the way. The walk may be left at any
        point. Some frames beyond ``number`` may come too, where ``number`` itself is missing.

        Raises
        ------
        LoupeVideoError
            If the file cannot be opened any more.
        """
        ...

    def close(self) -> None:
        """Release the file; the next walk opens it again."""
        ...


def open_decoder(index: FrameIndex, *, threads: Threads = "AUTO") -> Decoder:
    """The decoder for an indexed file; opens nothing yet.

    Parameters
    ----------
    index
        The file's frames.
    threads
        ``AUTO`` lets FFmpeg decode several frames at once, ``SLICE`` only parts of one frame.
    """
    return OpenCvDecoder(index) if index.sequential else PyAvDecoder(index, threads=threads)


def decodes(index: FrameIndex, number: int) -> bool:
    """Whether a frame can be decoded, tried with a decoder of its own."""
    decoder = open_decoder(index)
    try:
        return any(at == number for at, _ in decoder.frames_to(number))
    finally:
        decoder.close()


class PyAvDecoder:
    """Exact frames through PyAV, by the rules of the frame index.

    Seek to the last keyframe not after the target and decode until a frame carries exactly the
    target's time. A container may land late; then two more keyframes are tried, then the start
    of the file. Frames that were decoded without their keyframe, or that are shown before it
    (leading pictures of an open group), are never delivered: they may show damaged pixels.
    """

    def __init__(self, index: FrameIndex, *, threads: Threads = "AUTO") -> None:
        self._index = index
        self._threads: Threads = threads
        self._faulty = False
        self._unsound: set[int] = set()
        self._aspect = index.facts.aspect
        self._container: InputContainer | None = None
        self._stream: VideoStream | None = None
        self._walk: Iterator[tuple[int, Picture]] | None = None
        self._last = -1
        self._preface: bytes | None = None

    def frames_to(self, number: int) -> Iterator[tuple[int, Picture]]:
        """See `Decoder.frames_to`."""
        found = False
        for at, picture in self._search(number):
            found = found or at == number
            yield at, picture
        if not found and self._faulty and self._threads == "AUTO":
            # A damaged packet makes frame threads drop sound frames beside it.
            self._threads = "SLICE"
            self.close()
            yield from self._search(number)

    def _search(self, number: int) -> Iterator[tuple[int, Picture]]:
        for walk in self._approaches(number):
            self._walk = walk
            before = self._last >= 0
            beyond = 0
            for at, picture in walk:
                self._last = max(self._last, at)
                before = before or at < number
                yield at, picture
                if at == number:
                    return
                if at > number:
                    beyond += 1
                    if not before or beyond > _REORDER:
                        break
            else:
                self._walk = None
            if before:
                return  # decoding passed the place of the frame: it is not there

    def close(self) -> None:
        """See `Decoder.close`."""
        self._walk = None
        self._last = -1
        if self._container is not None:
            self._container.close()
        self._container = self._stream = None

    def _approaches(self, number: int) -> Iterator[Iterator[tuple[int, Picture]]]:
        """Ways to reach a frame, the cheapest first; each continues the decoder from a place."""
        index = self._index
        if not index.seekable:
            if self._walk is not None and self._last < number:
                yield self._walk
            else:
                yield self._from_start()
            return
        key = index.key_before(number)
        if self._walk is not None and self._last < number:
            reached = key < 0 or index.key_pts[key] <= index.pts[max(0, self._last)]
            if reached or number - self._last <= _NEAR:
                yield self._walk
                return
        sound = (k for k in range(key, -1, -1) if int(index.key_pts[k]) not in self._unsound)
        for k in islice(sound, _KEYS_BACK + 1):
            walk = self._from_key(k)
            if walk is not None:
                yield walk
        yield self._from_start()

    def _from_key(self, key: int) -> Iterator[tuple[int, Picture]] | None:
        container, stream = self._opened()
        self._last = -1
        try:
            container.seek(self._tick_for(key), stream=stream, backward=True, any_frame=False)
        except FFmpegError:
            return None  # this container cannot seek there; another way is tried
        return self._numbered(container, stream, sought=True)

    def _tick_for(self, key: int) -> int:
        """Where to seek for the demuxer to land on that keyframe and on no other.

        Demuxers that take presentation times compare them with decoding times by an offset of
        their own guess, which variable rates and edit lists upset (measured: by up to twice the
        keyframes' delay). Asking for a little later than the keyframe lands on it all the same,
        and not a whole group of pictures early.
        """
        index = self._index
        if index.facts.container in _SEEK_BY_DTS:
            return int(index.key_dts[key])
        tick = int(index.key_pts[key]) + 3 * int((index.key_pts - index.key_dts).max())
        if key + 1 < len(index.key_pts):
            tick = min(tick, int(index.key_dts[key + 1]) - 1)
        return max(tick, int(index.key_pts[key]))

    def _from_start(self) -> Iterator[tuple[int, Picture]]:
        self.close()
        container, stream = self._opened()
        return self._numbered(container, stream, sought=False)

    def _opened(self) -> tuple[InputContainer, VideoStream]:
        if self._container is None or self._stream is None:
            self._container, self._stream = open_stream(self._index.path)
            self._stream.thread_type = self._threads
            self._stream.codec_context.thread_count = min(_THREADS_MAX, os.cpu_count() or 1)
            for other in self._container.streams:
                if other.index != self._stream.index:
                    other.discard = Discard.all
        return self._container, self._stream

    def _numbered(
        self, container: InputContainer, stream: VideoStream, *, sought: bool
    ) -> Iterator[tuple[int, Picture]]:
        """Decode from where the container stands; frames that can be trusted, with numbers.

        After a seek the first frame must be the keyframe itself. Where it is not, the keyframe
        is damaged or none (streams that refresh their picture bit by bit mark places where a
        decoder may start and then shows damaged pixels for a while); it is not sought again.
        A keyframe that the decoder itself calls corrupt is treated alike.
        """
        if not self._index.seekable:
            for ordinal, frame in enumerate(self._decoded(container.demux(stream))):
                if ordinal < self._index.n:
                    yield ordinal, AvPicture(frame, self._aspect)
            return
        packets = container.demux(stream)
        start: int | None = None
        for first in packets:
            if first.is_keyframe and first.pts is not None:
                start = first.pts
                break
        if start is None:
            return
        if sought:
            self._introduce(stream)
        for frame in self._decoded(packets, first):
            if frame.pts is None or frame.pts < start:
                continue
            wrong = frame.pts != start or frame.is_corrupt
            if sought and wrong and self._index.number_at(start) is not None:
                self._unsound.add(start)
                return
            sought = False
            number = self._index.number_at(frame.pts)
            if number is not None:
                yield number, AvPicture(frame, self._aspect)

    def _introduce(self, stream: VideoStream) -> None:
        """Decode the file's first packet again, if the decoder needs it after every seek.

        x264 names its version in the first packet only. Up to version 150 it wrote 4:4:4 in a way
        of its own, and FFmpeg, which decodes that by the version, forgets it at a seek: all
        that follows would be grey and green.
        """
        if self._preface is None:
            self._preface = _x264_preface(self._index)
        if self._preface:
            # Without a time, its picture is not mistaken for one that is wanted.
            with suppress(FFmpegError):
                stream.codec_context.decode(Packet(self._preface))

    def _decoded(
        self, packets: Iterator[Packet[VideoStream]], *before: Packet[VideoStream]
    ) -> Iterator[VideoFrame]:
        """Frames of packets in the order of showing; a damaged packet is passed over."""
        try:
            for packet in before:
                yield from self._frames(packet)
            for packet in packets:
                yield from self._frames(packet)
        except FFmpegError:
            self._faulty = True  # the rest of a damaged or truncated file cannot be read

    def _frames(self, packet: Packet[VideoStream]) -> list[VideoFrame]:
        if packet.is_corrupt and packet.pts is not None and packet.pts == self._index.cut_pts:
            return []
        try:
            return packet.decode()
        except FFmpegError:
            self._faulty = True
            return []


def _x264_preface(index: FrameIndex) -> bytes:
    """The first packet of a file where `PyAvDecoder` has to introduce it; else empty."""
    if index.facts.codec != "h264" or not index.facts.pixel_format.startswith("yuv444"):
        return b""
    container, stream = open_stream(index.path)
    with container:
        content = next((bytes(p) for p in container.demux(stream) if p.size), b"")
    named = _X264.search(content)
    return content if named is not None and int(named[1]) <= _X264_OLD else b""


class OpenCvDecoder:
    """Frames through OpenCV, always read one after another and counted."""

    def __init__(self, index: FrameIndex) -> None:
        self._index = index
        self._capture: Capture | None = None
        self._next = 0

    def frames_to(self, number: int) -> Iterator[tuple[int, Picture]]:
        """See `Decoder.frames_to`."""
        if self._capture is None or self._next > number:
            self.close()
            self._capture = Capture(self._index.path)
            if not self._capture.is_open:
                self.close()
                raise LoupeVideoError(
                    "the video can no longer be opened", where=str(self._index.path)
                )
        capture = self._capture
        while self._next <= number:
            rgb = capture.read()
            if rgb is None:
                return
            at = self._next
            self._next += 1
            yield at, ArrayPicture(rgb)

    def close(self) -> None:
        """See `Decoder.close`."""
        if self._capture is not None:
            self._capture.close()
        self._capture = None
        self._next = 0
