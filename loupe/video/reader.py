"""Frames of an opened video by number: decoders, the cache and what is known to be missing.

Belongs to one thread. The player has one in its worker; exports use one directly.
"""

from __future__ import annotations

from collections.abc import Iterator

from loupe.video.cache import ByteCache
from loupe.video.decoder import Decoder, Threads, open_decoder
from loupe.video.opened import OpenVideo
from loupe.video.picture import Picture

__all__ = ["CACHE_BYTES", "FrameReader"]

CACHE_BYTES = 256 * 1024 * 1024
"""Default ceiling of a video's decoded frames."""


class FrameReader:
    """Exact frames of a video that may span several files.

    Parameters
    ----------
    video
        The opened video; frame numbers are those of its timeline.
    cache_bytes
        Ceiling of the decoded frames kept. All frames met while decoding towards one are kept,
        so that stepping back within a group of pictures decodes nothing.
    threads
        See `loupe.video.decoder.open_decoder`.
    """

    def __init__(
        self, video: OpenVideo, *, cache_bytes: int = CACHE_BYTES, threads: Threads = "AUTO"
    ) -> None:
        self.video = video
        self.decoded = 0
        self._threads: Threads = threads
        self._cache: ByteCache[int, Picture] = ByteCache(cache_bytes)
        self._decoders: dict[int, Decoder] = {}
        self._missing: set[int] = set()

    def cached(self, frame: int) -> Picture | None:
        """The frame if it is at hand, without decoding."""
        return self._cache.get(frame)

    def is_missing(self, frame: int) -> bool:
        """Whether the frame is already known to be undecodable."""
        return frame in self._missing

    def room_beside(self, frame: int) -> int:
        """How many frames like this one fill half of the cache: more would push each other out."""
        picture = self._cache.get(frame)
        weight = 0 if picture is None else 2 * picture.nbytes
        return self._cache.limit // weight if weight else 0

    def walk(self, frame: int) -> Iterator[tuple[int, Picture]]:
        """Decode towards a frame, yielding and keeping each one met.

        The walk may be left early. If it ends without the frame, the frame cannot be decoded and
        `is_missing` says so from then on.

        Raises
        ------
        LoupeVideoError
            If a file cannot be opened any more.
        IndexError
            If there is no such frame.
        """
        file, number = self.video.timeline.locate(frame)
        starts = self.video.timeline.starts
        decoder = self._decoders.get(file)
        if decoder is None:
            decoder = open_decoder(self.video.indexes[file], threads=self._threads)
            self._decoders[file] = decoder
        found = False
        for at, picture in decoder.frames_to(number):
            whole = starts[file] + at
            if whole >= starts[file + 1]:
                continue  # a tail without times
            self.decoded += 1
            self._cache.put(whole, picture)
            found = found or whole == frame
            yield whole, picture
        if not found:
            self._missing.add(frame)

    def get(self, frame: int) -> Picture | None:
        """The frame, decoded now if it is not at hand; None if it cannot be decoded.

        Raises
        ------
        LoupeVideoError, IndexError
            As `walk`.
        """
        picture = self._cache.get(frame)
        if picture is None and frame not in self._missing:
            for at, met in self.walk(frame):
                if at == frame:
                    picture = met
        return picture

    def close(self) -> None:
        """Release the files and the frames; reading again opens them again."""
        for decoder in self._decoders.values():
            decoder.close()
        self._decoders.clear()
        self._cache.clear()
