"""Filled rectangles, with vertical dashes if wanted: labels, lines, selection."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from vispy import gloo

from loupe.scene.frame import RectsItem

__all__ = ["RectsVisual"]

VERTEX = """
#version 120
attribute vec2 a_at;
attribute vec4 a_color;
attribute vec4 a_dash;
uniform vec2 u_size;
varying vec4 v_color;
varying vec4 v_dash;
varying float v_y;
void main() {
    v_color = vec4(a_color.rgb * a_color.a, a_color.a);
    v_dash = a_dash;
    v_y = a_at.y;
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

_LAYOUT = np.dtype([("a_at", np.float32, 2), ("a_color", np.float32, 4), ("a_dash", np.float32, 4)])
_X = np.array([0, 2, 0, 0, 2, 2])
_Y = np.array([1, 1, 3, 3, 1, 3])
"""Columns of a rectangle that make the corners of its two triangles."""


class RectsVisual:
    """Draws `RectsItem` items."""

    def __init__(self) -> None:
        self.program: Any = gloo.Program(VERTEX, FRAGMENT)

    def vertices(self, item: RectsItem) -> Any:
        """Make the vertex buffer of an item that has rectangles."""
        n = len(item.rects)
        rects = np.asarray(item.rects, dtype=np.float32)
        data = np.zeros((n, 6), dtype=_LAYOUT)
        data["a_at"][..., 0] = rects[:, _X]
        data["a_at"][..., 1] = rects[:, _Y]
        data["a_color"] = (np.asarray(item.colors, dtype=np.float32) / np.float32(255.0))[:, None]
        if item.dash is not None:
            data["a_dash"] = np.asarray(item.dash, dtype=np.float32)[:, None]
        flat: npt.NDArray[np.void] = data.reshape(-1)
        return gloo.VertexBuffer(flat)

    def draw(self, buffer: Any, size: tuple[int, int]) -> None:
        """Draw an item's buffer into the viewport of a panel of `size` pixels."""
        self.program.bind(buffer)
        self.program["u_size"] = (float(size[0]), float(size[1]))
        self.program.draw("triangles")

    def close(self) -> None:
        """Delete the program."""
        self.program.delete()
