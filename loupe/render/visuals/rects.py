"""Filled rectangles, with vertical dashes if wanted: labels, lines, selection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from vispy import gloo

from loupe.scene.frame import PxRect, RectsItem

__all__ = ["RectsVisual"]

VERTEX = """
#version 120
attribute vec2 a_at;
attribute vec4 a_color;
attribute vec4 a_dash;
attribute float a_top;
uniform vec2 u_size;
varying vec4 v_color;
varying vec4 v_dash;
varying float v_y;
void main() {
    v_color = vec4(a_color.rgb * a_color.a, a_color.a);
    v_dash = a_dash;
    v_y = a_at.y - a_top;
    gl_Position = vec4(2.0 * a_at.x / u_size.x - 1.0, 1.0 - 2.0 * a_at.y / u_size.y, 0.0, 1.0);
}
"""

FRAGMENT = """
#version 120
varying vec4 v_color;
varying vec4 v_dash;
varying float v_y;
void main() {
    float period = v_dash.x + v_dash.y + v_dash.z + v_dash.w;
    if (period > 0.0) {
        float phase = mod(v_y, period);
        float second = v_dash.x + v_dash.y;
        if (phase >= v_dash.x && (phase < second || phase >= second + v_dash.z)) {
            discard;
        }
    }
    gl_FragColor = v_color;
}
"""

_LAYOUT = np.dtype(
    [
        ("a_at", np.float32, 2),
        ("a_color", np.float32, 4),
        ("a_dash", np.float32, 4),
        ("a_top", np.float32),
    ]
)
_X = np.array([0, 2, 0, 0, 2, 2])
_Y = np.array([1, 1, 3, 3, 1, 3])
"""Columns of a rectangle that make the corners of its two triangles."""


class RectsVisual:
    """Draws `RectsItem` items of several panels at once."""

    def __init__(self) -> None:
        self.program: Any = gloo.Program(VERTEX, FRAGMENT)

    def vertices(self, parts: Sequence[tuple[PxRect, RectsItem]]) -> npt.NDArray[np.void]:
        """Make the vertices of rectangles of panels, in canvas pixels, clipped to their panels."""
        counts = [len(item.rects) for _, item in parts]
        n = sum(counts)
        panels = np.array([(r.x, r.y, r.right, r.bottom) for r, _ in parts], dtype=np.float32)
        panel = np.repeat(panels.reshape(-1, 4), counts, axis=0)
        rects = np.empty((n, 4), dtype=np.float32)
        colors = np.empty((n, 4), dtype=np.float32)
        dash = np.zeros((n, 4), dtype=np.float32)
        start = 0
        for count, (_, item) in zip(counts, parts, strict=True):
            rects[start : start + count] = item.rects
            colors[start : start + count] = item.colors
            if item.dash is not None:
                dash[start : start + count] = item.dash
            start += count
        rects[:, :2] += panel[:, :2]
        rects[:, 2:] += panel[:, :2]
        for axis in (0, 1):
            sides = rects[:, axis::2]
            np.clip(sides, panel[:, axis, None], panel[:, axis + 2, None], out=sides)
        data = np.empty((n, 6), dtype=_LAYOUT)
        data["a_at"][..., 0] = rects[:, _X]
        data["a_at"][..., 1] = rects[:, _Y]
        data["a_color"] = (colors / np.float32(255.0))[:, None]
        data["a_dash"] = dash[:, None]
        data["a_top"] = panel[:, 1, None]
        return data.reshape(-1)

    def draw(self, buffer: Any, size: tuple[int, int]) -> None:
        """Draw a buffer of `vertices` into the viewport of a canvas of `size` pixels."""
        self.program.bind(buffer)
        self.program["u_size"] = (float(size[0]), float(size[1]))
        self.program.draw("triangles")

    def close(self) -> None:
        """Delete the program."""
        self.program.delete()
