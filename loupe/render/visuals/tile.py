"""Pictures: premultiplied RGBA tiles as textured rectangles."""

from __future__ import annotations

from typing import Any

from vispy import gloo

from loupe.render.visuals.place import CORNERS, in_panel
from loupe.scene.frame import RgbaTile

__all__ = ["TileVisual", "one_to_one"]

VERTEX = """
#version 120
attribute vec2 a_corner;
uniform vec4 u_place;
varying vec2 v_at;
void main() {
    v_at = a_corner;
    gl_Position = vec4(mix(u_place.xy, u_place.zw, a_corner), 0.0, 1.0);
}
"""

# Tiles are stored column by column, so the texture's first axis runs down the tile.
FRAGMENT = """
#version 120
uniform sampler2D u_tile;
varying vec2 v_at;
void main() {
    gl_FragColor = texture2D(u_tile, v_at.yx);
}
"""


def one_to_one(tile: RgbaTile) -> bool:
    """Tell whether each texel is one device pixel, so that nearest sampling is exact."""
    width, height = tile.pixels.shape[:2]
    return (
        tile.x1 - tile.x0 == width
        and tile.y1 - tile.y0 == height
        and float(tile.x0).is_integer()
        and float(tile.y0).is_integer()
    )


class TileVisual:
    """Draws `RgbaTile` items."""

    def __init__(self) -> None:
        self.program: Any = gloo.Program(VERTEX, FRAGMENT)
        self.program["a_corner"] = gloo.VertexBuffer(CORNERS)

    def draw(self, tile: RgbaTile, texture: Any, size: tuple[int, int]) -> None:
        """Draw a tile into the viewport of a panel of `size` pixels."""
        wanted = "nearest" if one_to_one(tile) else "linear"
        if texture.interpolation != wanted:
            texture.interpolation = wanted
        self.program["u_tile"] = texture
        self.program["u_place"] = in_panel(tile.x0, tile.y0, tile.x1, tile.y1, size)
        self.program.draw("triangle_strip")

    def close(self) -> None:
        """Delete the program."""
        self.program.delete()
