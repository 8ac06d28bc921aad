"""Small symbols at points, from signed distances, so that they are smooth at any size."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from vispy import gloo

from loupe.scene.frame import SYMBOLS, SpritesItem

__all__ = ["SpritesVisual"]

VERTEX = """
#version 120
attribute vec2 a_centre;
attribute vec2 a_corner;
attribute float a_size;
attribute float a_symbol;
attribute vec4 a_color;
uniform vec2 u_size;
varying vec4 v_color;
varying vec2 v_at;
varying float v_half;
varying float v_symbol;
void main() {
    v_color = a_color;
    v_half = a_size * 0.5;
    v_symbol = a_symbol;
    v_at = a_corner * (v_half + 1.5);
    vec2 at = a_centre + v_at;
    gl_Position = vec4(2.0 * at.x / u_size.x - 1.0, 1.0 - 2.0 * at.y / u_size.y, 0.0, 1.0);
}
"""

# Distances in pixels, y down, negative inside. Numbers are places in SYMBOLS. The triangle
# points down. Exact for o, |, nearly so at the corners of the others.
FRAGMENT = """
#version 120
uniform float u_filled;
varying vec4 v_color;
varying vec2 v_at;
varying float v_half;
varying float v_symbol;

float box(vec2 p, vec2 half_size) {
    vec2 q = abs(p) - half_size;
    return length(max(q, 0.0)) + min(max(q.x, q.y), 0.0);
}

float cross_of(vec2 p, float h) {
    float arm = max(h * 0.2, 0.75);
    return min(box(p, vec2(h, arm)), box(p, vec2(arm, h)));
}

float star(vec2 p, float h) {
    // Fold into one of ten equal wedges; the edge runs from the tip to the inner corner.
    float wedge = 0.62831853;
    float angle = atan(p.x, -p.y);
    angle = abs(mod(angle + wedge, 2.0 * wedge) - wedge);
    vec2 q = length(p) * vec2(cos(angle), sin(angle));
    vec2 tip = vec2(h, 0.0);
    vec2 inner = 0.42 * h * vec2(cos(wedge), sin(wedge));
    vec2 edge = normalize(inner - tip);
    return dot(q - tip, vec2(edge.y, -edge.x));
}

float distance_to(vec2 p, float h) {
    if (v_symbol < 0.5) return length(p) - h;
    if (v_symbol < 1.5) return box(p, vec2(h, h));
    if (v_symbol < 2.5) return max(-h - p.y, (2.0 * abs(p.x) + p.y - h) * 0.4472136);
    if (v_symbol < 3.5) return (abs(p.x) + 0.8 * abs(p.y) - 0.8 * h) * 0.7808688;
    if (v_symbol < 4.5) return cross_of(p, h);
    if (v_symbol < 5.5) return cross_of(0.70710678 * vec2(p.x + p.y, p.y - p.x), h);
    if (v_symbol < 6.5) return star(p, h);
    return box(p, vec2(max(h * 0.15, 0.75), h));
}

void main() {
    float d = distance_to(v_at, v_half);
    if (u_filled < 0.5) {
        d = abs(d + 0.75) - 0.75;
    }
    float alpha = v_color.a * clamp(0.5 - d, 0.0, 1.0);
    gl_FragColor = vec4(v_color.rgb * alpha, alpha);
}
"""

_LAYOUT = np.dtype(
    [
        ("a_centre", np.float32, 2),
        ("a_corner", np.float32, 2),
        ("a_size", np.float32),
        ("a_symbol", np.float32),
        ("a_color", np.float32, 4),
    ]
)
_CORNERS = np.array([[-1, -1], [1, -1], [-1, 1], [-1, 1], [1, -1], [1, 1]], dtype=np.float32)


class SpritesVisual:
    """Draws `SpritesItem` items."""

    def __init__(self) -> None:
        self.program: Any = gloo.Program(VERTEX, FRAGMENT)

    def vertices(self, item: SpritesItem) -> Any:
        """Make the vertex buffer of an item that has sprites.

        Raises
        ------
        ValueError
            If a symbol's number is unknown.
        """
        if int(np.max(item.symbols)) >= len(SYMBOLS):
            raise ValueError(f"there is no symbol {int(np.max(item.symbols))}")
        data = np.zeros((len(item.centres), 6), dtype=_LAYOUT)
        data["a_centre"] = np.asarray(item.centres, dtype=np.float32)[:, None]
        data["a_corner"] = _CORNERS[None]
        data["a_size"] = np.asarray(item.sizes, dtype=np.float32)[:, None]
        data["a_symbol"] = np.asarray(item.symbols, dtype=np.float32)[:, None]
        data["a_color"] = (np.asarray(item.colors, dtype=np.float32) / np.float32(255.0))[:, None]
        flat: npt.NDArray[np.void] = data.reshape(-1)
        return gloo.VertexBuffer(flat)

    def draw(self, buffer: Any, filled: bool, size: tuple[int, int]) -> None:
        """Draw an item's buffer into the viewport of a panel of `size` pixels."""
        self.program.bind(buffer)
        self.program["u_size"] = (float(size[0]), float(size[1]))
        self.program["u_filled"] = 1.0 if filled else 0.0
        self.program.draw("triangles")

    def close(self) -> None:
        """Delete the program."""
        self.program.delete()
