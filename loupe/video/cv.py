"""OpenCV, in one place: resizing, PNG, and the decoder of what PyAV cannot open.

The only module that imports cv2. The wheels of OpenCV bring a Qt of their own and point Qt's
environment variables at it when imported; another Qt in the same process would then load the
wrong plugins. So the variables are put back as they were.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Capture", "png", "resize"]

Rgb = npt.NDArray[np.uint8]

_OPENING = threading.Lock()
"""The environment and OpenCV's log are the process's: only one thread may have them its way."""


@contextmanager
def _environment_kept(*prefixes: str) -> Iterator[None]:
    """Put back every variable that starts with one of ``prefixes``."""
    before = {key: value for key, value in os.environ.items() if key.startswith(prefixes)}
    try:
        yield
    finally:
        for key in [key for key in os.environ if key.startswith(prefixes)]:
            if key not in before:
                del os.environ[key]
        os.environ.update(before)


with _environment_kept("QT_"):
    import cv2


def resize(rgb: Rgb, size: tuple[int, int]) -> Rgb:
    """A picture ``(h, w, 3)`` in another size ``(width, height)``.

    Nothing of the original falls between the pixels: below half size each target pixel is the
    mean over its area; above that linear interpolation touches every source pixel too, and
    costs a tenth.
    """
    height, width = rgb.shape[:2]
    if (width, height) == size:
        return rgb
    halved = 2 * size[0] <= width or 2 * size[1] <= height
    how = cv2.INTER_AREA if halved else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(rgb, size, interpolation=how), dtype=np.uint8)


def png(rgb: Rgb) -> bytes:
    """A picture ``(h, w, 3)`` as the bytes of a PNG file."""
    _, data = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    return data.tobytes()


class Capture:
    """Frames one after another, as OpenCV gives them; never by number.

    Parameters
    ----------
    path
        A video, or the pattern of an image sequence such as ``frame_%04d.png``.
    """

    def __init__(self, path: Path) -> None:
        with _OPENING, _environment_kept("OPENCV_FFMPEG"):
            # OpenCV's own libavcodec writes to stderr; what is wrong is said by an error here.
            os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"
            os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "protocol_whitelist;file"
            # The function moved with OpenCV 4.13; 0 is silent in both places.
            logging: Any = getattr(cv2.utils, "logging", cv2)
            level = logging.setLogLevel(0)
            try:
                self._capture = cv2.VideoCapture(str(path))
            except cv2.error:
                self._capture = cv2.VideoCapture()
            finally:
                logging.setLogLevel(level)

    @property
    def is_open(self) -> bool:
        """Whether OpenCV could open it."""
        return bool(self._capture.isOpened())

    @property
    def rate(self) -> float:
        """The nominal rate in frames a second as the container claims it; 0 if it does not."""
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        return rate if 0 < rate < 100_000 else 0.0

    def skip(self) -> bool:
        """Go past one frame without converting it; False at the end."""
        return bool(self._capture.grab())

    def read(self) -> Rgb | None:
        """The next frame ``(h, w, 3)``, None at the end."""
        try:
            there, bgr = self._capture.read()
        except cv2.error:
            return None
        if not there or bgr is None:
            return None
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)

    def close(self) -> None:
        """Release the file."""
        self._capture.release()
