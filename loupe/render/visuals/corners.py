"""Rectangles of several panels as the corners of triangles, clipped to their panels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from loupe.scene.frame import PxRect, RectsItem

__all__ = ["corners", "spread"]

_X = np.array([0, 2, 0, 0, 2, 2])
_Y = np.array([1, 1, 3, 3, 1, 3])
"""Columns of a rectangle that make the corners of its two triangles."""

F32 = npt.NDArray[np.float32]


def corners(parts: Sequence[tuple[PxRect, RectsItem]], data: npt.NDArray[np.void]) -> F32:
    """Fill in place and colour of the vertices.

    Parameters
    ----------
    data
        ``(n, 6)`` vertices with fields ``a_at`` and ``a_color``.

    Returns
    -------
    ndarray
        ``(n, 4)``: left, top, right, bottom of each rectangle's panel, canvas pixels.
    """
    n = len(data)
    panel = spread(parts, [(r.x, r.y, r.right, r.bottom) for r, _ in parts])
    rects = np.empty((n, 4), dtype=np.float32)
    colors = np.empty((n, 4), dtype=np.float32)
    start = 0
    for _, item in parts:
        count = len(item.rects)
        rects[start : start + count] = item.rects
        colors[start : start + count] = item.colors
        start += count
    rects[:, :2] += panel[:, :2]
    rects[:, 2:] += panel[:, :2]
    for axis in (0, 1):
        sides = rects[:, axis::2]
        np.clip(sides, panel[:, axis, None], panel[:, axis + 2, None], out=sides)
    data["a_at"][..., 0] = rects[:, _X]
    data["a_at"][..., 1] = rects[:, _Y]
    data["a_color"] = (colors / np.float32(255.0))[:, None]
    return panel


def spread(parts: Sequence[tuple[PxRect, RectsItem]], values: Sequence[tuple[float, ...]]) -> F32:
    """One row of values a part, repeated for each of its rectangles."""
    counts = [len(item.rects) for _, item in parts]
    return np.repeat(np.array(values, dtype=np.float32), counts, axis=0)
