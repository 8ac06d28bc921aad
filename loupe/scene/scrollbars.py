"""Scrollbars of the canvas: one for all rows, one for each dense row with pages."""

from __future__ import annotations

from dataclasses import dataclass

from loupe.scene.frame import PxRect
from loupe.scene.layout import Layout, RowBox

__all__ = ["ScrollBar", "dense_bar", "rows_bar"]

WIDTH = 5
GAP = 3
REACH = 4
SHORTEST = 18


@dataclass(frozen=True, slots=True)
class ScrollBar:
    """A thin bar beside what it scrolls.

    Attributes
    ----------
    row_id
        The dense row, or None for the rows as a whole.
    track, thumb
        Device pixels on the canvas.
    per_px
        What a pixel's move of the thumb downwards scrolls: traces of a dense row (negative, for
        traces count from the bottom), logical pixels of the rows.
    """

    row_id: str | None
    track: PxRect
    thumb: PxRect
    per_px: float

    def contains(self, x: float, y: float, scale: float) -> bool:
        """Whether a point takes hold of the bar; a little beside it does too."""
        reach = REACH * scale
        inside = self.track.x - reach <= x < self.track.right + reach
        return inside and self.track.y <= y < self.track.bottom


def dense_bar(
    layout: Layout, box: RowBox, total: int, first: float, count: int
) -> ScrollBar | None:
    """The bar of a dense row that shows `count` of `total` traces; None if it shows all."""
    if count >= total or total < 1:
        return None
    px = layout.viewport.px
    top = max(box.rect.y, layout.area.y)
    bottom = min(box.rect.bottom, layout.area.bottom)
    track = PxRect(layout.area.right + px(GAP), top, px(WIDTH), max(bottom - top, 1))
    height = max(round(track.h * count / total), min(px(SHORTEST), track.h))
    room = track.h - height
    share = 1 - first / (total - count)
    thumb = PxRect(track.x, track.y + round(room * share), track.w, height)
    return ScrollBar(box.row_id, track, thumb, -(total - count) / max(room, 1))


def rows_bar(layout: Layout) -> ScrollBar | None:
    """The bar of all rows; None if they fit."""
    if layout.max_scroll == 0:
        return None
    px = layout.viewport.px
    track = PxRect(layout.viewport.width - px(WIDTH) - 1, layout.area.y, px(WIDTH), layout.area.h)
    height = max(round(track.h * track.h / layout.content_height), min(px(SHORTEST), track.h))
    room = track.h - height
    thumb = PxRect(
        track.x, track.y + round(room * layout.scroll / layout.max_scroll), track.w, height
    )
    return ScrollBar(None, track, thumb, layout.max_scroll / max(room, 1) / layout.viewport.scale)
