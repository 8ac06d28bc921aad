"""Where everything stands on the canvas: gutters, label strips, rows, the time axis.

Pure arithmetic in device pixels. The canvas holds (top to bottom) the label
strips, the scrolled rows and the pinned time axis; gutters left and right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from loupe.scene.frame import PxRect
from loupe.scene.timegrid import TimeGrid, Window

__all__ = ["Layout", "RowBox", "RowSize", "Viewport", "lay_out", "rows_room"]

GUTTER_LEFT = 128
GUTTER_RIGHT = 60
STRIP_HEIGHT = 10
STRIP_GAP = 4
ROW_GAP = 6
AXIS_HEIGHT = 28
MARGIN_TOP = 8


@dataclass(frozen=True, slots=True)
class Viewport:
    """Size of the canvas in device pixels and device pixels a logical pixel."""

    width: int = 1200
    height: int = 800
    scale: float = 1.0

    def px(self, logical: float) -> int:
        """Logical pixels as whole device pixels."""
        return round(logical * self.scale)


@dataclass(frozen=True, slots=True)
class RowSize:
    """What a row asks for, in logical pixels.

    Attributes
    ----------
    minimum
        Height under which the row is never drawn; rows then scroll.
    weight
        Share of the spare height.
    """

    row_id: str
    minimum: float
    weight: float


@dataclass(frozen=True, slots=True)
class RowBox:
    """A row's plot area on the canvas; may lie partly or wholly outside `Layout.area`."""

    row_id: str
    rect: PxRect


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions in device pixels.

    Attributes
    ----------
    area
        The part of the canvas in which rows show; rows are clipped to it.
    strips
        One rectangle a visible label track.
    axis
        The pinned time axis under the rows.
    content_height, scroll
        Height of all rows, and how far they are scrolled down.
    """

    viewport: Viewport
    grid: TimeGrid
    area: PxRect
    axis: PxRect
    strips: tuple[PxRect, ...]
    rows: tuple[RowBox, ...]
    content_height: int
    scroll: int

    @property
    def max_scroll(self) -> int:
        """Largest scroll that still shows something."""
        return max(0, self.content_height - self.area.h)

    @property
    def visible(self) -> tuple[RowBox, ...]:
        """Rows of which at least a pixel shows."""
        return tuple(
            box
            for box in self.rows
            if box.rect.bottom > self.area.y and box.rect.y < self.area.bottom
        )

    def row_at(self, x: float, y: float) -> RowBox | None:
        """The row under a canvas point (gutters count for their row), or None."""
        if not self.area.y <= y < self.area.bottom:
            return None
        for box in self.visible:
            if box.rect.y <= y < box.rect.bottom:
                return box
        return None


def rows_room(viewport: Viewport, n_rows: int, *, strips: int = 0, type_scale: float = 1.0) -> int:
    """Device pixels that rows can share without scrolling: all that is not strip, axis or gap."""
    px = viewport.px
    height = viewport.height - _rows_top(viewport, strips) - _axis_height(viewport, type_scale)
    return max(1, height) - px(ROW_GAP) * max(0, n_rows - 1)


def _rows_top(viewport: Viewport, strips: int) -> int:
    px = viewport.px
    return px(MARGIN_TOP) + strips * (px(STRIP_HEIGHT) + px(STRIP_GAP))


def _axis_height(viewport: Viewport, type_scale: float) -> int:
    return viewport.px(AXIS_HEIGHT * max(type_scale, 1.0))


def lay_out(
    viewport: Viewport,
    window: Window,
    sizes: Sequence[RowSize],
    *,
    strips: int = 0,
    scroll: float = 0.0,
    gutter: float = GUTTER_LEFT,
    type_scale: float = 1.0,
) -> Layout:
    """Place strips, rows and axis.

    Parameters
    ----------
    sizes
        Visible rows from top to bottom. If their minimum heights fit, the spare height is shared
        by weight; otherwise every row gets its minimum and the rows scroll.
    strips
        Number of label strips pinned above the rows.
    scroll
        Logical pixels the rows are scrolled down; clipped.
    gutter
        Logical width of the left gutter, see `gutter_width`.
    type_scale
        Factor on the size of text; from 1 on the right gutter and the time axis grow with it.

    Returns
    -------
    Layout
        All rectangles; heights of the rows add up exactly.
    """
    px = viewport.px
    larger = max(type_scale, 1.0)
    left, right = px(gutter), px(GUTTER_RIGHT * larger)
    width = max(1, viewport.width - left - right)
    strip_rects = [
        PxRect(left, _rows_top(viewport, i), width, px(STRIP_HEIGHT)) for i in range(strips)
    ]
    y = _rows_top(viewport, strips)
    axis_height = _axis_height(viewport, type_scale)
    area = PxRect(left, y, width, max(1, viewport.height - axis_height - y))
    gap = px(ROW_GAP)
    heights = _heights(
        [s.minimum * viewport.scale for s in sizes],
        [s.weight for s in sizes],
        rows_room(viewport, len(sizes), strips=strips, type_scale=type_scale),
    )
    content = sum(heights) + gap * max(0, len(sizes) - 1)
    offset = min(max(0, round(scroll * viewport.scale)), max(0, content - area.h))
    top = area.y - offset
    boxes = []
    for size, height in zip(sizes, heights, strict=True):
        boxes.append(RowBox(size.row_id, PxRect(left, top, width, height)))
        top += height + gap
    return Layout(
        viewport=viewport,
        grid=TimeGrid.of(window, width),
        area=area,
        axis=PxRect(left, area.bottom, width, axis_height),
        strips=tuple(strip_rects),
        rows=tuple(boxes),
        content_height=content,
        scroll=offset,
    )


def _heights(minimums: list[float], weights: list[float], room: int) -> list[int]:
    """Whole heights: minimums when they do not fit, else `room` shared by weight above them."""
    if not minimums:
        return []
    # Minimums made to fit add up to the room; rounded each by itself they would not.
    if sum(minimums) > room + 0.5:
        return [max(1, round(m)) for m in minimums]
    # A row whose share is under its minimum is fixed at it; the others share what is left.
    shares = list(minimums)
    free = set(range(len(minimums)))
    while free:
        left = room - sum(shares[i] for i in range(len(shares)) if i not in free)
        total = sum(weights[i] for i in free) or 1.0
        low = {i for i in free if left * weights[i] / total < minimums[i]}
        if not low:
            for i in free:
                shares[i] = left * weights[i] / total
            break
        for i in low:
            shares[i] = minimums[i]
        free -= low
    edges = [0.0]
    for share in shares:
        edges.append(edges[-1] + share)
    return [round(b) - round(a) for a, b in pairwise(edges)]
