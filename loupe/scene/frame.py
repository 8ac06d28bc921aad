"""A Frame: everything one picture holds, as a flat tuple of few primitives.

`build` makes frames, a renderer makes the screen equal to one. All coordinates
are device pixels, x to the right and y down; a panel's items are relative to
the panel's top left and clipped to it. Colours are not premultiplied except in
tile pixels. Frames are rebuilt at every change: they are cheap, because
textures are shared by key and only a new key is uploaded.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.units import Rgba

__all__ = [
    "MAX_SIDE",
    "Frame",
    "FramePanel",
    "Hatch",
    "Item",
    "PxRect",
    "RectsItem",
    "RgbaTile",
    "ScalarTile",
    "SpritesItem",
    "TextRun",
]

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]

MAX_SIDE = 16384
"""Longest side of a tile: of a texture that every driver takes; longer ones fail at the draw."""

Symbol = Literal["o", "s", "t", "d", "+", "x", "star", "|"]
SYMBOLS: tuple[Symbol, ...] = ("o", "s", "t", "d", "+", "x", "star", "|")
"""Marker symbols; a sprite names one by its index here."""


@dataclass(frozen=True, slots=True)
class PxRect:
    """A rectangle in device pixels."""

    x: int
    y: int
    w: int
    h: int

    @property
    def right(self) -> int:
        """First column to the right of the rectangle."""
        return self.x + self.w

    @property
    def bottom(self) -> int:
        """First row under the rectangle."""
        return self.y + self.h

    def contains(self, x: float, y: float) -> bool:
        """Whether a point lies inside."""
        return self.x <= x < self.right and self.y <= y < self.bottom


@dataclass(frozen=True, eq=False, slots=True)
class RgbaTile:
    """A picture of samples, one texel a device pixel.

    Attributes
    ----------
    key
        Names the content: two tiles of equal key hold equal pixels.
    pixels
        ``(W, H, 4)`` uint8, premultiplied, stored column by column (`pixels[x, y]`).
    x0, x1, y0, y1
        Where the tile's edges lie in the panel. ``x1 - x0 == W`` and integer ``x0``: drawn 1:1
        with nearest sampling. Otherwise stretched, with linear sampling.
    """

    key: Hashable
    pixels: U8
    x0: float
    x1: float
    y0: float
    y1: float


@dataclass(frozen=True, eq=False, slots=True)
class ScalarTile:
    """A picture of numbers, coloured by a table while drawing.

    Attributes
    ----------
    key
        Names `values`.
    values
        ``(W, R)`` float32, `values[x, r]`, row 0 at the top; NaN where there is nothing.
    lut_key, lut
        Names and holds the colour table, ``(N, 4)`` uint8, not premultiplied.
    vmin, vmax
        Values of the table's first and last entry.
    nan
        Colour of NaN.
    x0, x1, y0, y1
        Edges in the panel, as for `RgbaTile`; rows are always sampled nearest.
    """

    key: Hashable
    values: F32
    lut_key: Hashable
    lut: U8
    vmin: float
    vmax: float
    nan: Rgba
    x0: float
    x1: float
    y0: float
    y1: float


@dataclass(frozen=True, eq=False, slots=True)
class Hatch:
    """Leaves lines or dots of rectangles, and nothing of the rest.

    Pixel ``(px, py)`` of a panel, counted from `x` and from the panel's top (`y` for rows whose
    top is cut off), is kept by rising lines where ``(px + py) mod pitch < width``, by falling ones
    where ``(px - py) mod pitch < width``, by upright ones where ``px mod pitch < width``, by level
    ones where ``(py - pitch // 2) mod pitch < width``, by dots where level ones do and
    ``px mod pitch < 2 width``. Crossed is rising and falling, squared level and upright.

    Attributes
    ----------
    codes
        ``(n,)`` uint8, index into `loupe.scene.hatch.PATTERNS`.
    pitches
        ``(n,)`` uint16, device pixels from line to line.
    width
        Of a line, device pixels.
    """

    codes: U8
    pitches: npt.NDArray[np.uint16]
    width: int
    x: int = 0
    y: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class RectsItem:
    """Filled rectangles: labels, grid and event lines, selection, swatches.

    Attributes
    ----------
    rects
        ``(n, 4)`` float32: x0, y0, x1, y1.
    colors
        ``(n, 4)`` uint8.
    dash
        None, or ``(n, 4)`` float32 of vertical dash patterns in pixels: on, off, on, off,
        repeated from the panel's top, or from their own where that lies above; all zero is solid.
    hatch
        None, or the pattern that is left of them.
    """

    rects: F32
    colors: U8
    dash: F32 | None = None
    hatch: Hatch | None = None


@dataclass(frozen=True, eq=False, slots=True)
class SpritesItem:
    """Small symbols at points.

    Attributes
    ----------
    centres
        ``(n, 2)`` float32.
    sizes
        ``(n,)`` float32, edge length in pixels.
    symbols
        ``(n,)`` uint8, index into `SYMBOLS`.
    colors
        ``(n, 4)`` uint8.
    filled
        Whether the symbols are filled, else outlined 1.5 px.
    """

    centres: F32
    sizes: F32
    symbols: U8
    colors: U8
    filled: bool = True


Item: TypeAlias = RgbaTile | ScalarTile | RectsItem | SpritesItem


@dataclass(frozen=True, eq=False, slots=True)
class FramePanel:
    """A clipped region of the canvas; `items` are drawn in order."""

    id: str
    rect: PxRect
    items: tuple[Item, ...]


TextRole = Literal["name", "label", "tick", "scale", "flag", "event", "note"]
TextArea = Literal["left", "right", "axis", "plot"]


@dataclass(frozen=True, slots=True)
class TextRun:
    """One line of text on the canvas.

    Attributes
    ----------
    x, y
        The anchor, device pixels on the canvas.
    align
        Which point of the text lies on the anchor horizontally.
    valign
        The same vertically.
    role
        Chooses the font (size, weight, tabular digits); see the theme.
    area
        Which part of the canvas it belongs to: gutters and axis are painted apart from plots.
    halo
        Soft edge for text over data.
    fill
        Colour of a rounded box behind the text (the cursor's flag).
    max_width
        Elide to this many device pixels; 0 is no limit.
    """

    text: str
    x: float
    y: float
    color: Rgba
    align: Literal["left", "center", "right"] = "left"
    valign: Literal["top", "middle", "bottom"] = "middle"
    role: TextRole = "tick"
    area: TextArea = "left"
    halo: Rgba | None = None
    fill: Rgba | None = None
    max_width: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """One whole picture of the canvas.

    Attributes
    ----------
    size
        Canvas width and height in device pixels.
    background
        Clear colour.
    panels
        Drawn in order.
    texts
        Painted over the panels.
    cursor
        A 1-logical-pixel vertical line over panels: (x, y0, y1, colour) in device pixels; apart
        from the panels so that a moving cursor repaints nothing else.
    """

    size: tuple[int, int]
    background: Rgba
    panels: tuple[FramePanel, ...]
    texts: tuple[TextRun, ...] = ()
    cursor: tuple[float, int, int, Rgba] | None = None
