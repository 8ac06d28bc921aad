"""A video in its own thread: ask for an instant, get the picture later; the newest wish wins.

Nothing here waits for the asking side and nothing is raised into it: whatever goes wrong with a
file comes back as a picture without pixels that says so. The thread draws nothing and knows no
window; the one who gets its pictures brings them to where they are shown.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time as clock
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loupe.errors import LoupeError, LoupeVideoError
from loupe.units import Seconds
from loupe.video.answer import Shown, VideoPicture
from loupe.video.opened import OpenVideo, VideoSpec, open_video
from loupe.video.picture import Picture
from loupe.video.reader import CACHE_BYTES, FrameReader

__all__ = ["Shown", "VideoPicture", "VideoSource"]

_logger = logging.getLogger(__name__)

_AHEAD = 12
"""Frames decoded beyond the one shown, in the direction of stepping."""

_PATIENCE_S = 0.15
"""After so long without a picture the frame just met is shown on the way to the right one."""

_NICE = 15
"""Steps of `nice` that decoding stands behind: a thirtieth of a processor that others want too."""

_RETRY_S = 1.0
"""Time between looks at a file that could not be opened, whether it has changed."""


@dataclass(frozen=True, slots=True)
class _Wish:
    number: int
    frame: int | None
    time: Seconds | None
    scrubbing: bool
    box: tuple[int, int] | None
    still: Callable[[VideoPicture], None] | None = None
    """Whom to answer instead of the one who watches: nothing newer takes such a wish's place."""


class VideoSource:
    """One video, decoded in a thread of its own.

    Parameters
    ----------
    spec
        What to open; opening too happens in the thread.
    deliver
        Called in the thread with each answer. It should only pass it on.
    opened
        Called in the thread once the video is open, or with what keeps it shut.
    cache_bytes
        Ceiling of the decoded frames kept.
    index_cache
        Folder of kept indexes; the user's cache folder if None.
    """

    def __init__(
        self,
        spec: VideoSpec,
        deliver: Callable[[VideoPicture], None],
        *,
        opened: Callable[[OpenVideo | LoupeError], None] = lambda _: None,
        cache_bytes: int = CACHE_BYTES,
        index_cache: Path | None = None,
    ) -> None:
        self.spec: Final = spec
        self._deliver = deliver
        self._opened = opened
        self._cache_bytes = cache_bytes
        self._index_cache = index_cache
        self._condition = threading.Condition()
        self._wish: _Wish | None = None
        self._stills: deque[_Wish] = deque()
        self._count = 0
        self._closing = False
        self._tried = threading.Event()
        self._video: OpenVideo | None = None
        self._error: LoupeError | None = None
        # Owned by the thread alone:
        self._reader: FrameReader | None = None
        self._delivered_at = 0.0
        self._at: int | None = None
        self._step = 1
        self._stamp: object = None
        self._tried_at = 0.0
        self._thread = threading.Thread(target=self._run, name=f"video {spec.name}", daemon=True)
        self._thread.start()

    @property
    def video(self) -> OpenVideo | None:
        """The opened video; None while it opens or if it cannot be opened."""
        return self._video

    @property
    def error(self) -> LoupeError | None:
        """What keeps the video shut, if anything does."""
        return self._error

    @property
    def changed(self) -> bool:
        """Whether a file of it is another one than when it was opened: longer, new, or gone."""
        return self._tried.is_set() and self._file_stamp() != self._stamp

    def wait_opened(self, timeout_s: float | None = None) -> OpenVideo | None:
        """Wait until opening has succeeded or failed; for scripts and tests, not for windows."""
        self._tried.wait(timeout_s)
        return self._video

    def request(
        self,
        *,
        frame: int | None = None,
        time: Seconds | None = None,
        scrubbing: bool = False,
        box: tuple[int, int] | None = None,
    ) -> int:
        """Ask for a frame; returns at once. A wish not yet served is replaced by a newer one.

        Parameters
        ----------
        frame, time
            Exactly one of them: the number of a frame, or the instant in seconds.
        scrubbing
            Whether more wishes are about to follow: a nearby keyframe is then shown first, and
            nothing is decoded ahead.
        box
            ``(width, height)`` in pixels to shrink the picture into; None for its full size.

        Returns
        -------
        int
            A number, higher with each request, that the answers carry.
        """
        if (frame is None) == (time is None):
            raise ValueError("ask for either a frame or a time")
        with self._condition:
            self._count += 1
            self._wish = _Wish(self._count, frame, time, scrubbing, box)
            self._condition.notify()
            return self._count

    def request_still(self, frame: int, deliver: Callable[[VideoPicture], None]) -> int:
        """Ask for one frame at its full size, to keep it; returns at once.

        Unlike the wishes of `request` it is served whatever is asked for later, and what is shown
        meanwhile is not disturbed by it.

        Parameters
        ----------
        deliver
            Called in the thread with the one answer; what takes its time, such as writing the
            picture, may be done there.

        Returns
        -------
        int
            The number that the answer carries.
        """
        with self._condition:
            self._count += 1
            self._stills.append(_Wish(self._count, frame, None, False, None, deliver))
            self._condition.notify()
            return self._count

    def close(self, timeout_s: float = 2.0) -> None:
        """End the thread and release the files; no answer is delivered afterwards.

        A thread that hangs in a dead network drive is left behind; it keeps no program alive.
        """
        with self._condition:
            self._closing = True
            self._wish = None
            self._stills.clear()
            self._condition.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        _step_back()
        try:
            self._open()
            while (wish := self._next()) is not None:
                self._guarded(wish)
        finally:
            if self._reader is not None:
                self._reader.close()

    def _guarded(self, wish: _Wish) -> None:
        """Serve a wish; whatever happens, answer it."""
        try:
            self._serve(wish)
        except LoupeError as error:
            self._answer(wish, VideoPicture(wish.number, Shown.ERROR, note=str(error)))
        except Exception as error:
            # Damaged files reach corners of the decoders that raise anything; the thread must
            # outlive them all.
            _logger.exception("%s: a frame could not be read", self.spec.name)
            note = f"cannot be read: {error}"
            self._answer(wish, VideoPicture(wish.number, Shown.ERROR, note=note))
        else:
            if not wish.scrubbing and wish.still is None:
                try:
                    self._look_ahead()
                except Exception as error:  # noqa: BLE001 - as above; what is shown is right
                    _logger.info("%s: cannot be read ahead: %s", self.spec.name, error)

    def _open(self) -> None:
        self._stamp = self._file_stamp()
        self._tried_at = clock.monotonic()
        try:
            video = open_video(self.spec, cache=self._index_cache, stopped=self._is_closing)
        except LoupeError as error:
            self._failed(error)
        except Exception as error:
            _logger.exception("%s cannot be opened", self.spec.name)
            self._failed(LoupeVideoError(f"cannot be opened: {error}", where=self.spec.name))
        else:
            self._reader = FrameReader(video, cache_bytes=self._cache_bytes)
            self._video, self._error = video, None
            self._tried.set()
            self._tell(lambda: self._opened(video))

    def _failed(self, error: LoupeError) -> None:
        self._error = error
        self._tried.set()
        self._tell(lambda: self._opened(error))

    def _file_stamp(self) -> object:
        stamps: list[object] = []
        for path in self.spec.paths:
            try:
                facts = path.stat()
            except OSError:
                stamps.append(None)
            else:
                stamps.append((facts.st_size, facts.st_mtime_ns))
        return stamps

    def _next(self) -> _Wish | None:
        """A still, else the newest wish, waited for; None when closing."""
        with self._condition:
            while self._wish is None and not self._stills and not self._closing:
                self._condition.wait()
            if self._closing:
                return None
            if self._stills:
                return self._stills.popleft()
            wish, self._wish = self._wish, None
            return wish

    def _is_closing(self) -> bool:
        return self._closing

    def _overtaken(self) -> bool:
        return self._wish is not None or self._closing

    def _serve(self, wish: _Wish) -> None:
        reader = self._reader or self._try_again()
        if reader is None:
            note = str(self._error or "cannot be opened")
            self._answer(wish, VideoPicture(wish.number, Shown.ERROR, note=note))
            return
        timeline = reader.video.timeline
        frame = wish.frame
        if wish.time is not None:
            frame = timeline.frame_at(wish.time)
        if frame is None or not 0 <= frame < timeline.n:
            none = VideoPicture(wish.number, Shown.NONE, note="no frame at this time")
            self._answer(wish, none)
            return
        if wish.still is None:
            self._turn_to(frame)
        if (picture := reader.cached(frame)) is not None:
            self._show(wish, frame, picture, Shown.EXACT)
            return
        if not reader.is_missing(frame) and not self._walk(wish, reader, frame):
            return
        if (picture := reader.cached(frame)) is not None:
            self._show(wish, frame, picture, Shown.EXACT)
        elif self._open_anew():
            self._serve(wish)
        else:
            time = float(timeline.times[frame])
            note = f"frame {frame} cannot be decoded"
            self._answer(wish, VideoPicture(wish.number, Shown.MISSING, frame, time, note=note))

    def _walk(self, wish: _Wish, reader: FrameReader, frame: int) -> bool:
        """Decode towards a frame; False if a newer wish cut it short."""
        # Of a file that decodes from its start only, the first frame met is no hint at all.
        hinted = not wish.scrubbing or reader.video.slow_seek
        for at, picture in reader.walk(frame):
            if at == frame:
                continue
            if wish.still is not None:
                if self._closing:
                    return False
                continue
            late = clock.monotonic() - self._delivered_at > _PATIENCE_S
            if not hinted or (self._overtaken() and late):
                self._show(wish, at, picture, Shown.APPROXIMATE)
                hinted = True
            if self._overtaken():
                return False
        return True

    def _turn_to(self, frame: int) -> None:
        """Remember in which direction the frames are stepped through."""
        if self._at is not None and frame != self._at:
            self._step = 1 if frame > self._at else -1
        self._at = frame

    def _look_ahead(self) -> None:
        """Decode what will be wanted next, until somebody wants something else."""
        reader = self._reader
        if reader is None or self._at is None:
            return
        ahead = min(_AHEAD, reader.room_beside(self._at))
        for distance in range(1, ahead + 1):
            frame = self._at + self._step * distance
            if not 0 <= frame < reader.video.timeline.n:
                return
            if reader.cached(frame) is not None or reader.is_missing(frame):
                continue
            for _ in reader.walk(frame):
                if self._overtaken() or self._stills:
                    return

    def _try_again(self) -> FrameReader | None:
        """Open once more a file that could not be opened, if it has changed since."""
        if clock.monotonic() - self._tried_at >= _RETRY_S and self._file_stamp() != self._stamp:
            self._open()
        return self._reader

    def _open_anew(self) -> bool:
        """Open again a file that lacks a frame, if it has changed since.

        If that fails what is open stays: the frames that can be read are still shown.
        """
        if clock.monotonic() - self._tried_at < _RETRY_S or self._file_stamp() == self._stamp:
            return False
        self._stamp = self._file_stamp()
        self._tried_at = clock.monotonic()
        try:
            video = open_video(self.spec, cache=self._index_cache, stopped=self._is_closing)
        except Exception as error:  # noqa: BLE001 - damaged files raise anything, as in `_open`
            _logger.info("%s has changed and cannot be opened again: %s", self.spec.name, error)
            return False
        if self._reader is not None:
            self._reader.close()
        self._reader = FrameReader(video, cache_bytes=self._cache_bytes)
        self._video = video
        self._tell(lambda: self._opened(video))
        return True

    def _show(self, wish: _Wish, frame: int, picture: Picture, shown: Shown) -> None:
        assert self._reader is not None
        time = float(self._reader.video.timeline.times[frame])
        note = "" if shown is Shown.EXACT else "searching"
        rgb = picture.rgb(wish.box)
        self._answer(wish, VideoPicture(wish.number, shown, frame, time, rgb, note))

    def _answer(self, wish: _Wish, picture: VideoPicture) -> None:
        if self._closing:
            return
        if wish.still is not None:
            still = wish.still
            self._tell(lambda: still(picture))
            return
        self._tell(lambda: self._deliver(picture))
        self._delivered_at = clock.monotonic()

    def _tell(self, call: Callable[[], None]) -> None:
        """Call back; a listener that is gone must not end the thread."""
        try:
            call()
        except Exception:
            _logger.exception("%s: a listener failed", self.spec.name)


def _step_back() -> None:
    """Let this thread, and those that FFmpeg starts from it, make way for the plots.

    Where there are fewer processors than work, a frame that comes a little later is seen less
    than a window that answers later. Only Linux keeps such a wish thread by thread.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            thread = threading.get_native_id()
            now = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, now + _NICE)
