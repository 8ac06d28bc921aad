"""Filled rectangles, with vertical dashes if wanted: labels, lines, selection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from vispy import gloo

from loupe.render.visuals.corners import corners
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


class RectsVisual:
    """Draws `RectsItem` items of several panels at once."""

    def __init__(self) -> None:
        self.program: Any = gloo.Program(VERTEX, FRAGMENT)

    def vertices(self, parts: Sequence[tuple[PxRect, RectsItem]]) -> npt.NDArray[np.void]:
        """Make the vertices of rectangles of panels, in canvas pixels, clipped to their panels."""
        n = sum(len(item.rects) for _, item in parts)
        data = np.empty((n, 6), dtype=_LAYOUT)
        panel = corners(parts, data)
        dash = np.zeros((n, 4), dtype=np.float32)
        start = 0
        for _, item in parts:
            count = len(item.rects)
            if item.dash is not None:
                dash[start : start + count] = item.dash
            start += count
        data["a_dash"] = dash[:, None]
        # Of a panel whose top is scrolled out of sight, dashes keep their place on its data.
        above = [np.minimum(item.rects[:, 1], 0) for _, item in parts]
        data["a_top"] = (panel[:, 1] + np.concatenate(above))[:, None]
        return data.reshape(-1)

    def draw(self, buffer: Any, size: tuple[int, int]) -> None:
        """Draw a buffer of `vertices` into the viewport of a canvas of `size` pixels."""
        self.program.bind(buffer)
        self.program["u_size"] = (float(size[0]), float(size[1]))
        self.program.draw("triangles")

    def close(self) -> None:
        """Delete the program."""
        self.program.delete()
