"""Panel pixels to the GL's coordinates, and the one unit square that tiles are drawn with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["CORNERS", "in_panel"]

CORNERS: npt.NDArray[np.float32] = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=np.float32)
"""Corners of the unit square, a triangle strip."""


def in_panel(
    x0: float, y0: float, x1: float, y1: float, size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Place a rectangle of panel pixels (y down) in the viewport's -1 to 1 (y up).

    Float64 here: the GL sees only what is left after that.
    """
    width, height = size
    return (
        2.0 * x0 / width - 1.0,
        1.0 - 2.0 * y0 / height,
        2.0 * x1 / width - 1.0,
        1.0 - 2.0 * y1 / height,
    )
