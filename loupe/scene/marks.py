"""What lies over or beside the data and is no data: selection, focus, measure, scrollbars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loupe.scene.frame import FramePanel, Item, RectsItem
from loupe.scene.intervals import lines_item
from loupe.scene.layout import Layout
from loupe.scene.looks import Look
from loupe.scene.scrollbars import ScrollBar
from loupe.scene.settings import Measure
from loupe.scene.theme import Theme
from loupe.scene.timegrid import TimeGrid
from loupe.units import Rgba, Span

__all__ = [
    "bar_panels",
    "focus_item",
    "frame_item",
    "measure_items",
    "rect_item",
    "selection_items",
]

SELECTION_ALPHA = 41
"""16 %: the data shine through."""


def rect_item(x0: float, y0: float, x1: float, y1: float, color: Rgba) -> RectsItem:
    """One rectangle."""
    return RectsItem(
        np.array([[x0, y0, x1, y1]], dtype=np.float32), np.array([color], dtype=np.uint8)
    )


def selection_items(
    selection: Span | None, grid: TimeGrid, height: int, look: Look
) -> tuple[Item, ...]:
    """The fill, then the two edges that are handles; nothing without a selection."""
    if selection is None:
        return ()
    accent = look.theme.accent
    x0, x1 = grid.x(selection.start), grid.x(selection.stop)
    edges = np.array([x for x in (x0, x1) if -4 <= x <= grid.width + 4])
    return (
        rect_item(x0, 0, x1, height, accent.with_alpha(SELECTION_ALPHA)),
        lines_item(edges, 0, height, max(round(look.px(2)), 1), accent),
    )


def frame_item(width: int, height: int, look: Look) -> RectsItem:
    """The frame round a row that is selected."""
    e = max(round(look.px(2)), 1)
    rects = np.array(
        [
            [0, 0, width, e],
            [0, height - e, width, height],
            [0, 0, e, height],
            [width - e, 0, width, height],
        ],
        dtype=np.float32,
    )
    return RectsItem(rects, np.tile(np.array(look.theme.accent, dtype=np.uint8), (4, 1)))


def focus_item(height: int, look: Look) -> RectsItem:
    """The mark at the left edge of the row that keys act on."""
    return rect_item(0, 0, max(round(look.px(2)), 1), height, look.theme.accent.with_alpha(150))


def measure_items(line: Measure, grid: TimeGrid, height: int, look: Look) -> tuple[Item, ...]:
    """The box from one end of the measured line to the other, with its two times."""
    x0, x1 = sorted((grid.x(line.t0), grid.x(line.t1)))
    y0, y1 = sorted((line.y0 * height, line.y1 * height))
    one = max(round(look.px(1)), 1)
    accent = look.theme.accent
    return (
        rect_item(x0, y0, x1, y1, accent.with_alpha(36)),
        lines_item(np.array([x0, x1]), 0, height, one, accent),
        rect_item(x0, y0, x1, y0 + one, accent),
        rect_item(x0, y1, x1, y1 + one, accent),
    )


def bar_panels(bars: Sequence[ScrollBar], layout: Layout, theme: Theme) -> list[FramePanel]:
    """Scrollbars: a faint track and a thumb."""
    panels = []
    for number, bar in enumerate(bars):
        thumb, track = bar.thumb, bar.track
        items: tuple[Item, ...] = (
            rect_item(0, 0, track.w, track.h, theme.field),
            rect_item(0, thumb.y - track.y, track.w, thumb.bottom - track.y, theme.dim),
        )
        panels.append(FramePanel(f"#bar{number}", track, items))
    return panels
