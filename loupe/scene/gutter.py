"""Names, legends, ticks and colour bars beside the rows. Thins out before anything touches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.scene.colormaps import lut_of
from loupe.scene.frame import FramePanel, PxRect, RectsItem, ScalarTile, TextRun
from loupe.scene.layout import ROW_GAP, Layout, RowBox
from loupe.scene.looks import Look, value_text
from loupe.scene.model import (
    DenseContent,
    HeatmapContent,
    LegendEntry,
    RasterContent,
    Row,
    TraceContent,
)
from loupe.scene.plots.dense import page_of
from loupe.scene.plots.heatmap import levels
from loupe.scene.plots.raster import bands_of
from loupe.scene.tile import TileContent
from loupe.scene.timeaxis import MINUS, nice_step
from loupe.units import Rgba

__all__ = ["Swatch", "Gutter", "gutter_width", "row_gutter", "swatch_item"]

Swatch: TypeAlias = tuple[float, float, float, float, Rgba]
"""A legend's square: x0, y0, x1, y1 on the canvas and its colour."""

NAME_X = 14
TICK_PAD = 8
LINE = 16
LEGEND_LINE = 18
TICK_GAP, TICK_LINE = 15, 14
NARROWEST, WIDEST = 128, 232
NAME_CHAR, TICK_CHAR, LABEL_CHAR = 7.6, 6.7, 7.0
"""Mean advance of the name, tick and label fonts, logical pixels; names are elided, so a guess will
do."""


@dataclass(eq=False, slots=True)
class Gutter:
    """What one row adds beside itself."""

    texts: list[TextRun] = field(default_factory=list)
    swatches: list[Swatch] = field(default_factory=list)
    panels: list[FramePanel] = field(default_factory=list)


def gutter_width(rows: Sequence[Row], font_scale: float = 1.0) -> float:
    """Logical width of the left gutter that suits the names and ticks of the rows."""
    widest = 0.0
    larger = max(font_scale, 1.0)
    for row in rows:
        dense = isinstance(row.content, DenseContent)
        below = max(len(row.subtitle), len("00 of 00") if dense else 0)
        name = max(len(row.title) * NAME_CHAR, below * LABEL_CHAR)
        name = max([name, *(len(e.text) * LABEL_CHAR + 16 for e in row.legend)])
        content = row.content
        ticks = 40.0
        if isinstance(content, DenseContent):
            ticks = max((len(n) for n in content.tick_names), default=0) * TICK_CHAR
        elif isinstance(content, HeatmapContent | RasterContent):
            ticks = max((len(n) for n in content.row_names), default=0) * TICK_CHAR
        text = (min(name, 110.0) + min(ticks, 96.0)) * font_scale
        widest = max(widest, NAME_X + text + 10 + TICK_PAD)
    return float(min(max(NARROWEST, math.ceil(widest)), WIDEST * larger))


def row_gutter(
    row: Row, box: RowBox, look: Look, content: TileContent | None, layout: Layout
) -> Gutter:
    """Names, ticks, legend and colour bar of one row."""
    out = Gutter()
    ticks = _ticks(row, box, look, content)
    px = look.px
    right = layout.area.x - px(TICK_PAD)
    # Large text at the edges of two rows would touch.
    margin = (look.tx(TICK_LINE) - px(ROW_GAP)) / 2 if look.view.font_scale > 1 else 0.0
    for y, text in ticks:
        if box.rect.y + margin <= y <= box.rect.bottom - margin:
            out.texts.append(
                TextRun(
                    text,
                    right,
                    y,
                    look.theme.dim,
                    align="right",
                    role="tick",
                    max_width=int(look.tx(96)),
                )
            )
    tick_px = max((len(t) for _, t in ticks), default=0) * look.tx(TICK_CHAR)
    _names(out, row, box, look, content, right - tick_px - px(10))
    if isinstance(row.content, HeatmapContent) and content is not None:
        _color_bar(out, row, row.content, box, look, content)
    return out


def _names(
    out: Gutter, row: Row, box: RowBox, look: Look, content: TileContent | None, right: float
) -> None:
    px, tx, theme = look.px, look.tx, look.theme
    room = int(max(right - px(NAME_X), px(24)))
    low = box.rect.h < tx(26)
    y = box.rect.y + (box.rect.h / 2 if low else px(4))
    one_line = low or y + tx(LINE + 2) + tx(LINE) > box.rect.bottom
    out.texts.append(
        TextRun(
            row.group if one_line and row.group else row.title,
            px(NAME_X),
            y,
            theme.dim if look.bad else theme.text,
            valign="middle" if low else "top",
            role="name",
            max_width=room,
        )
    )
    y += tx(LINE + 2)
    for text in _subtitles(row, look, content):
        if low or y + tx(LINE) > box.rect.bottom:
            return
        out.texts.append(
            TextRun(text, px(NAME_X), y, theme.dim, valign="top", role="label", max_width=room)
        )
        y += tx(LINE)
    y += px(4)
    for i, entry in enumerate(row.legend):
        if low or y + tx(LINE) > box.rect.bottom:
            return
        left = len(row.legend) - i
        if left > 1 and y + tx(LINE + LEGEND_LINE) > box.rect.bottom:
            # What does not fit is counted, so that a legend never just ends.
            out.texts.append(
                TextRun(
                    f"+ {left} more",
                    px(NAME_X),
                    y,
                    theme.dim,
                    valign="top",
                    role="label",
                    max_width=room,
                )
            )
            return
        _legend(out, entry, y, room, look)
        y += tx(LEGEND_LINE)


def _legend(out: Gutter, entry: LegendEntry, y: float, room: int, look: Look) -> None:
    px, tx = look.px, look.tx
    color = entry.color if entry.color.a else look.theme.trace
    side = tx(9)
    top = round(y + tx(3))
    out.swatches.append((px(NAME_X), top, px(NAME_X) + side, top + side, color.with_alpha(255)))
    out.texts.append(
        TextRun(
            entry.text,
            px(NAME_X) + tx(14),
            y,
            look.theme.dim,
            valign="top",
            role="label",
            max_width=max(int(room - tx(14)), 1),
        )
    )


def _subtitles(row: Row, look: Look, content: TileContent | None) -> list[str]:
    lines = []
    if isinstance(row.content, DenseContent):
        page = page_of(row.content, look)
        all_of_them = len(row.content.order)
        shown = page.count if page.count < page.total else page.total
        lines.append(f"{shown} of {all_of_them}" if shown < all_of_them else f"{shown} traces")
    elif row.subtitle:
        lines.append(row.subtitle)
    if content is not None and content.density > 1:
        lines.append("as density")
    if look.bad:
        lines.append("marked as bad")
    return lines


def _ticks(
    row: Row, box: RowBox, look: Look, content: TileContent | None
) -> list[tuple[float, str]]:
    """Heights on the canvas and their texts."""
    rect, px, tx = box.rect, look.px, look.tx
    inner = row.content
    if isinstance(inner, TraceContent):
        if content is None or rect.h < px(40):
            return []
        return [(rect.y + y, text) for y, text in _value_ticks(content.y_range, rect.h, tx(26))]
    if isinstance(inner, DenseContent):
        page = page_of(inner, look)
        names = [inner.tick_names[i] for i in page.shown]
        return _thinned(rect.y + np.asarray(page.y, dtype=np.float64), names, tx(TICK_GAP))
    if isinstance(inner, HeatmapContent):
        n = len(inner.row_names)
        if rect.h < tx(24):
            return []
        y = rect.h - (np.arange(n) + 0.5) * rect.h / n
        heights = rect.y + look.height / 2 + (y - look.height / 2) * look.magnified
        return _thinned(heights, inner.row_names, tx(TICK_GAP))
    if isinstance(inner, RasterContent):
        if rect.h < tx(24):
            return []
        bands = bands_of(inner, rect.h, look.magnified)
        return _thinned(rect.y + (bands.top + bands.bottom) / 2, inner.row_names, tx(TICK_GAP))
    return []


def _value_ticks(
    y_range: tuple[float, float], height: float, gap: float
) -> list[tuple[float, str]]:
    low, high = y_range
    if not (math.isfinite(high - low) and high > low):
        return []
    wanted = 3 if height >= 3 * gap else 2
    found: list[tuple[float, str]] = []
    # A coarse step may miss the range; go finer until at least two ticks show.
    for parts in (wanted, wanted + 1, wanted + 3):
        step = nice_step((high - low) / parts)
        found = _ticks_at(low, high, step, height)
        if len(found) >= 2:
            break
    kept: list[tuple[float, str]] = []
    for y, text in found:
        # A low row has no room for two lines of large text.
        if not kept or abs(kept[-1][0] - y) >= gap / 2:
            kept.append((y, text))
    return kept


def _ticks_at(low: float, high: float, step: float, height: float) -> list[tuple[float, str]]:
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    found = []
    for k in range(math.ceil(low / step), math.floor(high / step) + 1):
        value = k * step
        y = (high - value) / (high - low) * height
        if 7 <= y <= height - 7:
            text = f"{value:.{digits}f}" if 1e-4 <= step < 1e6 else value_text(value)
            found.append((y, text.replace("-", "\N{MINUS SIGN}")))
    return found


def _thinned(
    heights: npt.NDArray[np.floating], names: Sequence[str], gap: float
) -> list[tuple[float, str]]:
    """Every n-th name so that none comes nearer than `gap`, in even steps."""
    if not len(heights):
        return []
    spacing = abs(float(heights[-1] - heights[0])) / max(len(heights) - 1, 1)
    every = 1 if spacing <= 0 else max(1, math.ceil(gap / spacing))
    if spacing <= 0 and len(heights) > 1:
        return [(float(heights[0]), names[0])]
    for factor in (1, 2, 4, 5, 8, 10, 12, 16, 20, 24, 32, 48, 50, 64, 96, 100):
        if factor >= every:
            every = factor
            break
    kept: list[tuple[float, str]] = []
    for y, name in zip(heights[::every].tolist(), names[::every], strict=True):
        # Positions may be uneven; even steps alone do not keep names apart.
        if not kept or abs(kept[-1][0] - y) >= gap * 0.9:
            kept.append((y, name))
    return kept


def _short(value: float) -> str:
    """A limit of the colours in at most five characters, for the narrow right gutter."""
    text = value_text(value)
    if len(text) <= 5:
        return text
    size = abs(value)
    text = f"{value / 1000:.0f}k" if 1e4 <= size < 1e6 else f"{value:.2g}"
    return text.replace("-", MINUS)


def _color_bar(
    out: Gutter, row: Row, inner: HeatmapContent, box: RowBox, look: Look, content: TileContent
) -> None:
    if not inner.colorbar:
        return
    px, theme, rect = look.px, look.theme, box.rect
    low, high = levels(inner, look, content.y_range)
    height = min(rect.h - px(16), px(140))
    if height < (look.tx(30) if look.view.font_scale > 1 else px(24)):
        return
    top = rect.y + (rect.h - height) / 2
    bar = PxRect(round(rect.right + px(8)), round(top), max(round(px(7)), 1), round(height))
    lut = lut_of(look.override.cmap) if look.override.cmap else inner.lut
    ramp = np.linspace(high, low, 256, dtype=np.float32)[None, :]
    out.panels.append(
        FramePanel(
            f"{row.id}#bar",
            bar,
            (
                ScalarTile(
                    ("bar", low, high),
                    ramp,
                    look.override.cmap or inner.lut_key,
                    lut,
                    low,
                    high,
                    theme.panel,
                    0.0,
                    float(bar.w),
                    0.0,
                    float(bar.h),
                ),
            ),
        )
    )
    x = bar.right + px(4)
    out.texts.append(
        TextRun(_short(high), x, bar.y, theme.dim, valign="top", role="tick", area="right")
    )
    out.texts.append(
        TextRun(_short(low), x, bar.bottom, theme.dim, valign="bottom", role="tick", area="right")
    )


def swatch_item(
    swatches: Sequence[Swatch],
) -> RectsItem:
    """All legend swatches of the gutter as one item, canvas pixels."""
    rects = np.array([s[:4] for s in swatches], dtype=np.float32).reshape(-1, 4)
    colors = np.array([s[4] for s in swatches], dtype=np.uint8).reshape(-1, 4)
    return RectsItem(rects, colors)
