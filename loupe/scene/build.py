"""From scene, state and finished tiles to a Frame: pure, cheap, done at every change."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from loupe.scene.colormaps import lut_of
from loupe.scene.frame import (
    Frame,
    FramePanel,
    Item,
    PxRect,
    RectsItem,
    RgbaTile,
    ScalarTile,
    SpritesItem,
    TextRun,
)
from loupe.scene.gutter import Swatch, row_gutter, swatch_item
from loupe.scene.hatch import BAR_PITCH, ROW_PITCH, hatch_item, state_patterns
from loupe.scene.intervals import (
    Bands,
    EventLines,
    bands,
    bands_item,
    event_lines,
    event_names,
    lines_item,
    state_colors,
)
from loupe.scene.layout import Layout, RowBox
from loupe.scene.looks import Look, value_text
from loupe.scene.marks import (
    bar_panels,
    focus_item,
    frame_item,
    measure_items,
    rect_item,
    selection_items,
)
from loupe.scene.model import (
    DenseContent,
    FailedContent,
    HeatmapContent,
    RasterContent,
    Row,
    Scene,
    TraceContent,
)
from loupe.scene.plan import look_of
from loupe.scene.plots.dense import page_of
from loupe.scene.plots.heatmap import levels
from loupe.scene.plots.raster import bands_of
from loupe.scene.scrollbars import ScrollBar, dense_bar, rows_bar
from loupe.scene.settings import Measure, Overrides, ViewFlags
from loupe.scene.theme import Theme
from loupe.scene.tile import TileContent
from loupe.scene.timeaxis import (
    TICK_GAP_PX,
    Tick,
    choose_clock,
    decimals,
    format_time,
    nice_step,
    ticks,
)
from loupe.scene.timegrid import TimeGrid
from loupe.units import Rgba, Seconds, Span

if TYPE_CHECKING:
    from loupe.labels.table import IntervalTable

__all__ = ["Picture", "Track", "build"]

DIGIT_PX = 6.7
"""Advance of a digit of the axis at font scale 1, logical pixels."""
FLAG_MARGIN_PX = 20.0
"""Room at both sides of the text of the cursor's flag, and a gap; logical pixels."""
NOTE_LINE = 17.0
"""From one line of what a row says to the next, logical pixels at font scale 1."""
AXIS_NAMES = {"seconds": "time, s", "hms": "h:m:s"}


@dataclass(frozen=True, eq=False, slots=True)
class Track:
    """One label set as it is drawn."""

    table: IntervalTable
    overlay: bool = True
    strip: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class Picture:
    """Everything a frame is made of.

    Attributes
    ----------
    tiles
        The tile to show of each row, exact or a stand-in.
    label_colors
        State to colour.
    states
        Defined states; the place of one chooses its pattern.
    extent
        For the choice of clock.
    """

    scene: Scene
    rows: tuple[Row, ...]
    layout: Layout
    theme: Theme
    view: ViewFlags
    overrides: Overrides
    tiles: Mapping[str, TileContent]
    label_colors: Mapping[str, Rgba]
    extent: Span
    cursor: Seconds | None = None
    selection: Span | None = None
    tracks: Sequence[Track] = ()
    states: tuple[str, ...] = ()
    selected_rows: frozenset[str] = field(default_factory=frozenset)
    focused_row: str | None = None
    measure: Measure | None = None


def build(picture: Picture) -> Frame:
    """Compose the frame: rows with all that lies on them, gutters, strips, time axis."""
    p = picture
    layout, grid, theme = p.layout, p.layout.grid, p.theme
    clock = choose_clock(p.view.clock, p.extent, p.scene.origin)
    px = grid.width / layout.viewport.scale
    gap = TICK_GAP_PX * p.view.font_scale
    marks = ticks(grid.span, px, clock, origin=p.scene.origin, gap_px=gap)
    found = [_banded(p, track) for track in p.tracks]
    events = event_lines(p.scene.events, p.overrides.events, grid, layout.viewport.scale, theme)
    by_id = {row.id: row for row in p.rows}
    panels: list[FramePanel] = []
    texts: list[TextRun] = []
    swatches: list[Swatch] = []
    for box in layout.visible:
        row = by_id[box.row_id]
        look = look_of(row, box.rect.h, theme, layout.viewport, p.view, p.overrides)
        tile = p.tiles.get(row.id)
        panels.append(_row_panel(p, row, box, look, tile, marks, found, events))
        gutter = row_gutter(row, box, look, tile, layout)
        texts += [t for t in gutter.texts if _inside(t, layout.area, layout.viewport.scale)]
        swatches += gutter.swatches
        panels += gutter.panels
        texts += _in_plot(row, box, look, tile, layout)
    if layout.visible:
        scale = layout.viewport.scale
        texts += event_names(p.scene.events, grid, layout.area, scale, theme.text, theme.panel)
    if swatches:
        rect = PxRect(0, layout.area.y, layout.area.x, layout.area.h)
        item = swatch_item(
            [(a, b - rect.y, c, d - rect.y, color) for a, b, c, d, color in swatches]
        )
        panels.append(FramePanel("#legend", rect, (item,)))
    strips = [f for f in found if f.track.strip]
    panels += [
        FramePanel(f"#strip{i}", rect, _strip_items(p, banded, rect))
        for i, (banded, rect) in enumerate(zip(strips, layout.strips, strict=False))
    ]
    panels += bar_panels(_bars(p, by_id), layout, theme)
    axis_texts, axis_panel = _axis(p, marks)
    return Frame(
        size=(layout.viewport.width, layout.viewport.height),
        background=theme.background,
        panels=(*panels, axis_panel),
        texts=(*texts, *axis_texts),
        cursor=_cursor(p),
    )


class _Banded(NamedTuple):
    """A label set in sight: its bands, and the pattern's number of each label code."""

    track: Track
    bands: Bands
    numbers: npt.NDArray[np.uint8]


def _banded(p: Picture, track: Track) -> _Banded:
    found = bands(track.table, state_colors(track.table, p.label_colors), p.layout.grid)
    names = track.table.pool.labels if p.view.hatching and len(found) else ()
    return _Banded(track, found, state_patterns(names, p.states))


def _bars(p: Picture, by_id: Mapping[str, Row]) -> list[ScrollBar]:
    bars = [rows_bar(p.layout)]
    for box in p.layout.visible:
        row = by_id[box.row_id]
        if isinstance(row.content, DenseContent):
            look = look_of(row, box.rect.h, p.theme, p.layout.viewport, p.view, p.overrides)
            page = page_of(row.content, look)
            bars.append(dense_bar(p.layout, box, page.total, page.first, page.count))
    return [bar for bar in bars if bar is not None]


def _inside(text: TextRun, area: PxRect, scale: float) -> bool:
    """Whether a text of the gutter shows whole: rows scroll under strips and axis."""
    above, below = (6.0, 6.0) if text.valign == "middle" else (0.0, 14.0)
    return area.y - 2 + above * scale <= text.y <= area.bottom - below * scale


def _clip(rect: PxRect, area: PxRect) -> tuple[PxRect, int]:
    """The visible part of a row's rectangle, and how many pixels of its top are cut off."""
    top, bottom = max(rect.y, area.y), min(rect.bottom, area.bottom)
    return PxRect(rect.x, top, rect.w, max(bottom - top, 1)), top - rect.y


def _row_panel(
    p: Picture,
    row: Row,
    box: RowBox,
    look: Look,
    tile: TileContent | None,
    marks: Sequence[Tick],
    found: Sequence[_Banded],
    events: Sequence[EventLines],
) -> FramePanel:
    grid, h = p.layout.grid, box.rect.h
    under: list[Item] = [rect_item(0, 0, box.rect.w, h, look.theme.panel)]
    if p.view.grid:
        xs = np.array([grid.x(t.t) for t in marks])
        under.append(lines_item(xs, 0, h, max(round(look.px(1)), 1), look.theme.grid))
    labels: list[Item] = []
    for banded in found:
        shown = banded.track.overlay and p.view.overlays and not p.view.strip_only
        if shown and len(banded.bands):
            labels.append(bands_item(banded.bands, 0, h, p.view.label_alpha))
            labels += _hatch(p, banded, h, ROW_PITCH, p.view.label_alpha)
    selection = list(selection_items(p.selection, grid, h, look))
    data = _data_items(row, look, tile, grid)
    over_data = row.kind == "heatmap"
    items = under + ([] if over_data else labels + selection[:1])
    items += data
    items += labels + selection[:1] if over_data else []
    items += _row_marks(row, box, look, tile)
    if row.id in p.selected_rows:
        items.append(frame_item(box.rect.w, h, look))
    elif row.id == p.focused_row and len(p.rows) > 1:
        items.append(focus_item(h, look))
    if p.measure is not None and p.measure.row == row.id:
        items += measure_items(p.measure, grid, h, look)
    items += [lines.item(h) for lines in events]
    items += selection[1:]
    rect, cut = _clip(box.rect, p.layout.area)
    return FramePanel(row.id, rect, tuple(_shifted(items, cut)))


def _shifted(items: Sequence[Item], cut: int) -> list[Item]:
    """Items of a panel of which the upper `cut` pixels are scrolled out of sight."""
    if cut == 0:
        return list(items)
    moved: list[Item] = []
    for item in items:
        if isinstance(item, RectsItem):
            shift = np.array([0, cut, 0, cut], dtype=np.float32)
            hatch = None if item.hatch is None else replace(item.hatch, y=item.hatch.y - cut)
            moved.append(RectsItem(item.rects - shift, item.colors, item.dash, hatch))
        elif isinstance(item, SpritesItem):
            centres = item.centres - np.array([0, cut], dtype=np.float32)
            moved.append(SpritesItem(centres, item.sizes, item.symbols, item.colors, item.filled))
        elif isinstance(item, RgbaTile):
            moved.append(
                RgbaTile(item.key, item.pixels, item.x0, item.x1, item.y0 - cut, item.y1 - cut)
            )
        else:
            moved.append(
                ScalarTile(
                    item.key,
                    item.values,
                    item.lut_key,
                    item.lut,
                    item.vmin,
                    item.vmax,
                    item.nan,
                    item.x0,
                    item.x1,
                    item.y0 - cut,
                    item.y1 - cut,
                )
            )
    return moved


def _data_items(row: Row, look: Look, tile: TileContent | None, grid: TimeGrid) -> list[Item]:
    if tile is None:
        return []
    same = tile.dt == grid.dt
    x0 = float(tile.k0 - grid.k0) if same else tile.k0 * tile.dt / grid.dt - grid.k0
    x1 = x0 + tile.width if same else x0 + tile.width * tile.dt / grid.dt
    height = float(look.height)
    items: list[Item] = []
    inner = row.content
    if isinstance(inner, RasterContent) and inner.nan_color is not None:
        items.append(_nan_spans(inner, grid, look, inner.nan_color))
    if tile.pixels is not None:
        items.append(RgbaTile(tile.texture_key, tile.pixels, x0, x1, 0.0, height))
    if tile.values is not None and isinstance(inner, HeatmapContent):
        low, high = levels(inner, look, tile.y_range)
        cmap = look.override.cmap
        items.append(
            ScalarTile(
                tile.texture_key,
                tile.values,
                cmap or inner.lut_key,
                lut_of(cmap) if cmap else inner.lut,
                low,
                high,
                inner.nan_color or Rgba(0, 0, 0, 0),
                x0,
                x1,
                look.magnify(0.0),
                look.magnify(height),
            )
        )
    if tile.points is not None:
        items += _points(tile, grid, look.height)
    return items


def _points(tile: TileContent, grid: TimeGrid, height: int) -> list[Item]:
    points = tile.points
    if points is None:
        return []
    stretch = height / tile.height
    items: list[Item] = []
    if len(points.lines):
        x = np.floor(points.lines[:, 0] / grid.dt - grid.k0)
        half = points.line_widths / 2
        rects = np.stack(
            [
                np.round(x + 0.5 - half),
                points.lines[:, 1] * stretch,
                np.round(x + 0.5 + half),
                points.lines[:, 2] * stretch,
            ],
            axis=1,
        ).astype(np.float32)
        items.append(RectsItem(rects, points.line_colors))
    for filled in (True, False):
        of = points.filled == filled
        if of.any():
            centres = np.stack(
                [points.t[of] / grid.dt - grid.k0, points.y[of] * stretch], axis=1
            ).astype(np.float32)
            items.append(
                SpritesItem(
                    centres, points.sizes[of], points.symbols[of], points.colors[of], filled
                )
            )
    return items


def _nan_spans(content: RasterContent, grid: TimeGrid, look: Look, color: Rgba) -> RectsItem:
    height = look.height
    rows = bands_of(content, height, look.magnified)
    rects = []
    for row, start, stop in content.nan_spans:
        top, bottom = (0.0, float(height)) if row < 0 else (rows.top[row], rows.bottom[row])
        rects.append((grid.x(start), top, grid.x(stop), bottom))
    array = np.array(rects, dtype=np.float32).reshape(-1, 4)
    return RectsItem(array, np.tile(np.array(color, dtype=np.uint8), (len(array), 1)))


def _row_marks(row: Row, box: RowBox, look: Look, tile: TileContent | None) -> list[Item]:
    """Separators, bottom spine, scale bar."""
    inner, w, h = row.content, box.rect.w, box.rect.h
    one = max(round(look.px(1)), 1)
    if isinstance(inner, RasterContent) and inner.gaps and inner.gap_width > 0:
        rows = bands_of(inner, h, look.magnified)
        width = max(round(look.px(inner.gap_width)), 1)
        rects = [
            [0, round(y - width / 2), w, round(y - width / 2) + width] for y in rows.separators
        ]
        colors = np.tile(np.array(inner.gap_color, dtype=np.uint8), (len(rects), 1))
        return [RectsItem(np.array(rects, dtype=np.float32), colors)]
    if isinstance(inner, TraceContent) and inner.bottom_spine:
        return [rect_item(0, h - one, w, h, look.theme.dim)]
    bar = _scale_bar(row, look, tile, w)
    if bar is not None:
        x, y0, y1, _ = bar
        x1 = x + max(round(look.px(2)), 1)
        halo = rect_item(x - one, y0 - one, x1 + one, y1 + one, look.theme.panel)
        return [halo, rect_item(x, y0, x1, y1, look.theme.text)]
    return []


def _scale_bar(
    row: Row, look: Look, tile: TileContent | None, width: int
) -> tuple[float, float, float, str] | None:
    """Left edge, top, bottom and text of a dense row's amplitude bar, in the row's pixels."""
    if not isinstance(row.content, DenseContent) or tile is None or not tile.facts.get("per_value"):
        return None
    per_value = tile.facts["per_value"] * look.height / tile.height
    if not math.isfinite(per_value) or per_value <= 0 or look.height < look.px(60):
        return None
    value = nice_step(look.px(22) / per_value)
    length = value * per_value
    bottom = look.height - look.px(10)
    if length > look.height - look.px(20):
        return None
    text = f"{value_text(value)} {row.units}".strip()
    return width - look.px(16), bottom - length, bottom, text


def _in_plot(
    row: Row, box: RowBox, look: Look, tile: TileContent | None, layout: Layout
) -> list[TextRun]:
    theme, rect = look.theme, box.rect
    if isinstance(row.content, FailedContent):
        said = [(row.content.message.splitlines()[0], theme.warning)]
        if row.content.hint and rect.h >= 2 * look.tx(NOTE_LINE):
            said.append((row.content.hint.splitlines()[0], theme.dim))
        middle = rect.y + rect.h / 2 - (len(said) - 1) * look.tx(NOTE_LINE) / 2
        return [
            TextRun(
                text,
                rect.x + look.px(12),
                min(max(middle + i * look.tx(NOTE_LINE), layout.area.y), layout.area.bottom),
                color,
                role="note",
                area="plot",
                max_width=max(rect.w - round(look.px(24)), 1),
            )
            for i, (text, color) in enumerate(said)
        ]
    if tile is not None and tile.error:
        return [
            TextRun(
                tile.error.splitlines()[0],
                rect.x + look.px(12),
                rect.y + look.px(14),
                theme.warning,
                role="note",
                area="plot",
                halo=theme.panel,
                max_width=max(rect.w - round(look.px(24)), 1),
            )
        ]
    bar = _scale_bar(row, look, tile, rect.w)
    if bar is None:
        return []
    x, y0, y1, text = bar
    y = rect.y + (y0 + y1) / 2
    if not layout.area.y <= y <= layout.area.bottom:
        return []
    return [
        TextRun(
            text,
            rect.x + x - look.px(6),
            y,
            theme.text,
            align="right",
            role="scale",
            area="plot",
            halo=theme.panel,
        )
    ]


def _strip_items(p: Picture, banded: _Banded, rect: PxRect) -> tuple[Item, ...]:
    ground = rect_item(0, 0, rect.w, rect.h, p.theme.field)
    inked = _hatch(p, banded, rect.h, BAR_PITCH, 1.0)
    return (ground, bands_item(banded.bands, 0, rect.h, 1.0), *inked)


def _hatch(p: Picture, banded: _Banded, height: int, pitch: int, alpha: float | None) -> list[Item]:
    """The patterns on bands; nothing without hatching, or where all are plain."""
    if not p.view.hatching or not len(banded.bands):
        return []
    viewport = p.layout.viewport
    item = hatch_item(
        banded.bands,
        0,
        height,
        banded.numbers,
        p.theme,
        pitch=max(viewport.px(pitch), 2),
        width=max(viewport.px(1), 1),
        k0=p.layout.grid.k0,
        alpha=alpha,
    )
    return [] if item is None else [item]


def _axis(p: Picture, marks: Sequence[Tick]) -> tuple[list[TextRun], FramePanel]:
    layout, theme = p.layout, p.theme
    axis, grid, px = layout.axis, layout.grid, layout.viewport.px
    one = max(px(1), 1)
    xs = np.array([grid.x(t.t) for t in marks])
    panel = FramePanel("#axis", axis, (lines_item(xs, 0, px(5), one, theme.line),))
    flag = _flag_text(p)
    at = _cursor_x(p)
    texts = [
        TextRun(
            t.text, axis.x + x, axis.y + px(7), theme.dim, align="center", valign="top", area="axis"
        )
        for t, x in zip(marks, xs, strict=True)
        if at is None or not _touch(p, t.text, x, flag, at)
    ]
    clock, origin = choose_clock(p.view.clock, p.extent, p.scene.origin), p.scene.origin
    unit = AXIS_NAMES.get(clock, "")
    if clock == "wall" and origin is not None:
        # The clock says no day; this is that of the left edge.
        unit = (origin + timedelta(seconds=grid.span.start)).date().isoformat()
    texts.append(TextRun(unit, px(14), axis.y + px(7), theme.dim, valign="top", area="axis"))
    if at is not None:
        texts.append(
            TextRun(
                flag,
                axis.x + at,
                axis.y + px(14),
                theme.on_accent,
                align="center",
                role="flag",
                area="axis",
                fill=theme.accent,
            )
        )
    return texts, panel


def _flag_text(p: Picture) -> str:
    """The cursor's time as its flag says it."""
    if p.cursor is None:
        return ""
    clock = choose_clock(p.view.clock, p.extent, p.scene.origin)
    digits = max(2, min(6, decimals(nice_step(p.layout.grid.dt))))
    return format_time(p.cursor, clock, digits=digits, origin=p.scene.origin)


def _touch(p: Picture, tick: str, x: float, flag: str, at: float) -> bool:
    """Whether a tick's text would run under the cursor's flag."""
    scale = p.layout.viewport.scale
    width = (len(tick) + len(flag)) * DIGIT_PX * p.view.font_scale + FLAG_MARGIN_PX
    return abs(x - at) < width / 2 * scale


def _cursor_x(p: Picture) -> float | None:
    """Pixels of the cursor in the plot area; None when it is out of sight or not shown."""
    if p.cursor is None:
        return None
    x = p.layout.grid.x(p.cursor)
    # The grid's start is rounded to a column: a cursor at the window's start may lie just before.
    return max(x, 0.0) if -1 <= x <= p.layout.grid.width else None


def _cursor(p: Picture) -> tuple[float, int, int, Rgba] | None:
    x = _cursor_x(p)
    if x is None:
        return None
    layout = p.layout
    top = layout.strips[0].y if layout.strips else layout.area.y
    return layout.area.x + x, top, layout.area.bottom, p.theme.cursor
