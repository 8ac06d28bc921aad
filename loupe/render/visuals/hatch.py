"""Patterns on rectangles, by a program of its own: without hatching nothing pays for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from vispy import gloo

from loupe.render.visuals.corners import corners, spread
from loupe.scene.frame import PxRect, RectsItem

__all__ = ["HatchVisual"]

VERTEX = """
#version 120
attribute vec2 a_at;
attribute vec4 a_color;
attribute vec3 a_pattern;
attribute vec2 a_origin;
uniform vec2 u_size;
varying vec4 v_color;
varying vec3 v_pattern;
varying vec2 v_at;
void main() {
    v_color = vec4(a_color.rgb * a_color.a, a_color.a);
    v_pattern = a_pattern;
    v_at = a_at - a_origin;
    gl_Position = vec4(2.0 * a_at.x / u_size.x - 1.0, 1.0 - 2.0 * a_at.y / u_size.y, 0.0, 1.0);
}
"""

FRAGMENT = """
#version 120
varying vec4 v_color;
varying vec3 v_pattern;
varying vec2 v_at;
bool line(float at, float pitch, float width) {
    // Half a pixel away from every border, where rounding cannot decide.
    return mod(at + 0.5, pitch) < width;
}
void main() {
    vec2 at = floor(v_at);
    float pitch = v_pattern.y;
    float width = v_pattern.z;
    bool rising = line(at.x + at.y, pitch, width);
    bool falling = line(at.x - at.y, pitch, width);
    bool upright = line(at.x, pitch, width);
    bool level = line(at.y - floor(pitch / 2.0), pitch, width);
    int code = int(v_pattern.x + 0.5);
    bool ink = code == 1 && rising
        || code == 2 && falling
        || code == 3 && level && line(at.x, pitch, 2.0 * width)
        || code == 4 && (rising || falling)
        || code == 5 && level
        || code == 6 && upright
        || code == 7 && (level || upright);
    if (!ink) {
        discard;
    }
    gl_FragColor = v_color;
}
"""

_LAYOUT = np.dtype(
    [
        ("a_at", np.float32, 2),
        ("a_color", np.float32, 4),
        ("a_pattern", np.float32, 3),
        ("a_origin", np.float32, 2),
    ]
)


class HatchVisual:
    """Draws `RectsItem` items that have a hatch, of several panels at once."""

    def __init__(self) -> None:
        self._program: Any = None

    def vertices(self, parts: Sequence[tuple[PxRect, RectsItem]]) -> npt.NDArray[np.void]:
        """Make the vertices of rectangles of panels, in canvas pixels, clipped to their panels."""
        n = sum(len(item.rects) for _, item in parts)
        data = np.empty((n, 6), dtype=_LAYOUT)
        corners(parts, data)
        hatches = [item.hatch for _, item in parts if item.hatch is not None]
        data["a_pattern"][..., 0] = np.concatenate([h.codes for h in hatches])[:, None]
        data["a_pattern"][..., 1] = np.concatenate([h.pitches for h in hatches])[:, None]
        data["a_pattern"][..., 2] = spread(parts, [(h.width,) for h in hatches])
        data["a_origin"] = spread(
            parts, [(r.x + h.x, r.y + h.y) for (r, _), h in zip(parts, hatches, strict=True)]
        )[:, None]
        return data.reshape(-1)

    def draw(self, buffer: Any, size: tuple[int, int]) -> None:
        """Draw a buffer of `vertices` into the viewport of a canvas of `size` pixels."""
        if self._program is None:
            self._program = gloo.Program(VERTEX, FRAGMENT)
        self._program.bind(buffer)
        self._program["u_size"] = (float(size[0]), float(size[1]))
        self._program.draw("triangles")

    def close(self) -> None:
        """Delete the program, if one was ever made."""
        if self._program is not None:
            self._program.delete()
