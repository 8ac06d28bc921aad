"""What a video answers when it is asked for an instant.

Loads no decoder: a window without videos needs none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from loupe.units import Seconds

__all__ = ["Shown", "VideoPicture"]


class Shown(Enum):
    """What a `VideoPicture` holds."""

    EXACT = "exact"
    """The frame of that instant."""
    APPROXIMATE = "approximate"
    """A frame near it, on the way to the exact one, which follows unless a newer wish came."""
    NONE = "none"
    """Nothing was filmed at that time."""
    MISSING = "missing"
    """The frame is in the file but cannot be decoded."""
    ERROR = "error"
    """The video cannot be used; the note says why."""


@dataclass(frozen=True, eq=False)
class VideoPicture:
    """An answer to `VideoSource.request`.

    Attributes
    ----------
    request
        The number that `VideoSource.request` returned.
    shown
        What it holds.
    frame, time
        Number and time (s) of the frame in ``rgb`` or of the missing one; None without a frame.
        In an approximate answer they are those of the frame shown, not of the one asked for.
    rgb
        ``(h, w, 3)`` uint8, C-contiguous; None unless exact or approximate.
    note
        A sentence for the caption; empty for an exact frame.
    """

    request: int
    shown: Shown
    frame: int | None = None
    time: Seconds | None = None
    rgb: npt.NDArray[np.uint8] | None = None
    note: str = ""
