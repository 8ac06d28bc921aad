"""Whether two frames look the same on the GL surface, so that a moving cursor draws no plot."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from loupe.scene.frame import (
    Frame,
    FramePanel,
    Hatch,
    Item,
    RectsItem,
    RgbaTile,
    ScalarTile,
    SpritesItem,
)

__all__ = ["same_panels"]


def same_panels(a: Frame, b: Frame) -> bool:
    """Whether two frames differ in texts and cursor only.

    Tiles are compared by key, small vertex arrays by value: far cheaper than a repaint.
    """
    if a.size != b.size or a.background != b.background or len(a.panels) != len(b.panels):
        return False
    return a.panels is b.panels or all(
        _same_panel(p, q) for p, q in zip(a.panels, b.panels, strict=True)
    )


def _same_panel(a: FramePanel, b: FramePanel) -> bool:
    return a is b or (
        a.rect == b.rect
        and len(a.items) == len(b.items)
        and all(_same_item(x, y) for x, y in zip(a.items, b.items, strict=True))
    )


def _same_item(a: Item, b: Item) -> bool:
    if a is b:
        return True
    if isinstance(a, RgbaTile) and isinstance(b, RgbaTile):
        return a.key == b.key and _edges(a) == _edges(b)
    if isinstance(a, ScalarTile) and isinstance(b, ScalarTile):
        levels = (a.vmin, a.vmax, a.nan, a.lut_key) == (b.vmin, b.vmax, b.nan, b.lut_key)
        return levels and a.key == b.key and _edges(a) == _edges(b)
    if isinstance(a, RectsItem) and isinstance(b, RectsItem):
        return (
            _same_array(a.rects, b.rects)
            and _same_array(a.colors, b.colors)
            and _same_array(a.dash, b.dash)
            and _same_hatch(a.hatch, b.hatch)
        )
    if isinstance(a, SpritesItem) and isinstance(b, SpritesItem):
        names = ("centres", "sizes", "symbols", "colors")
        return a.filled == b.filled and all(
            _same_array(getattr(a, name), getattr(b, name)) for name in names
        )
    return False


def _same_hatch(a: Hatch | None, b: Hatch | None) -> bool:
    if a is None or b is None:
        return a is b
    same = (a.width, a.x, a.y) == (b.width, b.x, b.y)
    return same and _same_array(a.codes, b.codes) and _same_array(a.pitches, b.pitches)


def _edges(tile: RgbaTile | ScalarTile) -> tuple[float, float, float, float]:
    return tile.x0, tile.x1, tile.y0, tile.y1


def _same_array(a: npt.NDArray[Any] | None, b: npt.NDArray[Any] | None) -> bool:
    if a is None or b is None:
        return a is b
    return a is b or np.array_equal(a, b)
