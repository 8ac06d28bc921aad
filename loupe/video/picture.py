"""A decoded frame, kept in the decoder's own form until somebody looks at it.

Keeping the decoder's planes costs half the bytes of RGB, and most frames of a group of pictures
are never looked at.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from loupe.video.cv import resize

__all__ = ["ArrayPicture", "AvPicture", "Picture", "fit"]

Rgb = npt.NDArray[np.uint8]


class Picture(Protocol):
    """A decoded frame."""

    @property
    def nbytes(self) -> int:
        """Bytes held in memory."""
        ...

    def rgb(self, box: tuple[int, int] | None = None) -> Rgb:
        """The frame as ``(h, w, 3)`` uint8, C-contiguous, red first.

        Parameters
        ----------
        box
            ``(width, height)`` in pixels to shrink into, proportions kept; never enlarged.
            None for the stored size.
        """
        ...


def fit(width: int, height: int, box: tuple[int, int] | None, aspect: float) -> tuple[int, int]:
    """The size of a frame of ``width x height`` stored pixels, shown undistorted in ``box``.

    ``aspect`` is a pixel's width divided by its height.
    """
    full = width * aspect
    scale = 1.0 if box is None else min(1.0, box[0] / full, box[1] / height)
    return max(1, round(full * scale)), max(1, round(height * scale))


class AvPicture:
    """A frame of PyAV, in the pixel format of its stream."""

    __slots__ = ("_aspect", "_frame", "nbytes")

    def __init__(self, frame: VideoFrame, aspect: float) -> None:
        self._frame = frame
        self._aspect = aspect
        self.nbytes = sum(plane.buffer_size for plane in frame.planes)

    def rgb(self, box: tuple[int, int] | None = None) -> Rgb:
        """See `Picture.rgb`. The colour matrix and range are the ones the frame names."""
        rgb = np.asarray(self._frame.to_ndarray(format="rgb24"), dtype=np.uint8)
        turns = round(self._frame.rotation / 90) % 4
        aspect = self._aspect
        if turns:
            rgb = np.rot90(rgb, turns)
            aspect = 1 / aspect if turns % 2 else aspect
        rgb = np.ascontiguousarray(rgb)
        return resize(rgb, fit(rgb.shape[1], rgb.shape[0], box, aspect))


class ArrayPicture:
    """A frame that OpenCV has decoded, already RGB."""

    __slots__ = ("_rgb", "nbytes")

    def __init__(self, rgb: Rgb) -> None:
        self._rgb = rgb
        self.nbytes = rgb.nbytes

    def rgb(self, box: tuple[int, int] | None = None) -> Rgb:
        """See `Picture.rgb`."""
        return resize(self._rgb, fit(self._rgb.shape[1], self._rgb.shape[0], box, 1.0))
