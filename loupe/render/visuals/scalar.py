"""Pictures of numbers: a float texture, coloured by a table in the shader.

A change of limits or of the colour table is a change of uniforms; the numbers stay on the GPU.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from vispy import gloo

from loupe.render.visuals.place import CORNERS, in_panel
from loupe.render.visuals.tile import VERTEX
from loupe.scene.frame import ScalarTile

__all__ = ["ScalarVisual", "lut_texture", "texels"]

NOTHING = -3.0e38
"""Stands for NaN in textures: shaders may not keep NaN apart."""

FRAGMENT = """
#version 120
uniform sampler2D u_values;
uniform sampler2D u_lut;
uniform vec2 u_limits;
uniform float u_entries;
uniform float u_columns;
uniform float u_blend;
uniform vec4 u_nan;
varying vec2 v_at;

float value(float column) {
    return texture2D(u_values, vec2(v_at.y, (column + 0.5) / u_columns)).r;
}

void main() {
    float x = v_at.x * u_columns;
    float number = value(clamp(floor(x), 0.0, u_columns - 1.0));
    if (u_blend > 0.5) {
        float left = clamp(floor(x - 0.5), 0.0, u_columns - 1.0);
        float a = value(left);
        float b = value(min(left + 1.0, u_columns - 1.0));
        if (a > -2.9e38 && b > -2.9e38) {
            number = mix(a, b, clamp(x - 0.5 - left, 0.0, 1.0));
        }
    }
    if (number < -2.9e38) {
        gl_FragColor = u_nan;
        return;
    }
    float part = clamp((number - u_limits.x) * u_limits.y, 0.0, 1.0);
    float entry = floor(part * (u_entries - 1.0) + 0.5);
    vec4 color = texture2D(u_lut, vec2((entry + 0.5) / u_entries, 0.5));
    gl_FragColor = vec4(color.rgb * color.a, color.a);
}
"""


def texels(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Prepare ``(W, R)`` numbers for the GPU: NaN and infinities become numbers it keeps apart."""
    return np.nan_to_num(
        values.astype(np.float32, copy=False), nan=NOTHING, posinf=2.8e38, neginf=-2.8e38
    )[..., None]


def lut_texture(lut: npt.NDArray[np.uint8]) -> Any:
    """Make the texture of a colour table ``(N, 4)``."""
    return gloo.Texture2D(
        np.ascontiguousarray(lut, dtype=np.uint8)[None],
        interpolation="nearest",
        wrapping="clamp_to_edge",
    )


class ScalarVisual:
    """Draws `ScalarTile` items."""

    def __init__(self) -> None:
        self.program: Any = gloo.Program(VERTEX, FRAGMENT)
        self.program["a_corner"] = gloo.VertexBuffer(CORNERS)

    def draw(self, tile: ScalarTile, texture: Any, lut: Any, size: tuple[int, int]) -> None:
        """Draw a tile into the viewport of a panel of `size` pixels."""
        columns = tile.values.shape[0]
        exact = tile.x1 - tile.x0 == columns and float(tile.x0).is_integer()
        range_ = float(tile.vmax) - float(tile.vmin)
        alpha = tile.nan.a / 255.0
        program = self.program
        program["u_values"] = texture
        program["u_lut"] = lut
        program["u_limits"] = (float(tile.vmin), 1.0 / range_ if range_ else 0.0)
        program["u_entries"] = float(len(tile.lut))
        program["u_columns"] = float(columns)
        program["u_blend"] = 0.0 if exact else 1.0
        program["u_nan"] = (
            tile.nan.r / 255.0 * alpha,
            tile.nan.g / 255.0 * alpha,
            tile.nan.b / 255.0 * alpha,
            alpha,
        )
        program["u_place"] = in_panel(tile.x0, tile.y0, tile.x1, tile.y1, size)
        program.draw("triangle_strip")

    def close(self) -> None:
        """Delete the program."""
        self.program.delete()
