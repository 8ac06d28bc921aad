"""What is under the pointer: row, trace and value, read from spans and tiles, never from pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loupe.scene.build import Picture
from loupe.scene.layout import RowBox
from loupe.scene.looks import Look, value_text
from loupe.scene.model import DenseContent, HeatmapContent, RasterContent, Row, TraceContent
from loupe.scene.plan import look_of
from loupe.scene.plots.dense import page_of
from loupe.scene.plots.heatmap import lines_of
from loupe.scene.plots.raster import bands_of
from loupe.scene.tile import TileContent
from loupe.scene.timeaxis import format_time
from loupe.scene.workbench import Spans, Workbench
from loupe.tiles.heat import fold_edges
from loupe.units import Seconds

__all__ = ["Hover", "hover"]

NEAR_PX = 4.0
"""How near an event must be to be named, logical pixels."""


@dataclass(frozen=True, slots=True)
class Hover:
    """What lies under a point.

    Attributes
    ----------
    trace
        Name of the trace, heatmap row or raster row; "" without one.
    index
        Its row in the data, or -1.
    value
        A value, the value of a heatmap's cell, or the time of an event; None without one.
    text
        All of it for the status line, such as "LFP 112 −48.2 µV".
    """

    row_id: str
    title: str
    t: Seconds
    trace: str = ""
    index: int = -1
    value: float | None = None
    text: str = ""


def hover(picture: Picture, bench: Workbench, x: float, y: float) -> Hover | None:
    """What is at a canvas point (device pixels); None outside of the rows' plot areas.

    Reads nothing: values come from the spans and cells that the picture was made of.
    """
    layout = picture.layout
    box = layout.row_at(x, y)
    if box is None or not layout.area.contains(x, y):
        return None
    row = next(r for r in picture.rows if r.id == box.row_id)
    look = look_of(row, box.rect.h, picture.theme, layout.viewport, picture.view, picture.overrides)
    t = layout.grid.t(x - layout.area.x)
    tile = picture.tiles.get(row.id)
    found = Hover(row.id, row.title, t, text=row.title)
    if tile is None or tile.error or tile.dt != layout.grid.dt:
        return found
    column = int(np.floor(x - layout.area.x)) + layout.grid.k0 - tile.k0
    if not 0 <= column < tile.width:
        return found
    content = row.content
    if isinstance(content, TraceContent):
        return _trace(row, content, tile, bench, column, y - box.rect.y, box, found)
    if isinstance(content, DenseContent):
        return _dense(row, content, tile, bench, column, y - box.rect.y, look, found)
    if isinstance(content, HeatmapContent):
        inside = look.unmagnify(y - box.rect.y)
        return _heat(row, content, tile, column, inside, look, found)
    if isinstance(content, RasterContent):
        near = look.px(NEAR_PX) * layout.grid.dt
        inside = look.unmagnify(y - box.rect.y)
        return _raster(row, content, inside, box, near, found)
    return found


def _text(spans: Spans, column: int, at: int, units: str) -> tuple[float | None, str]:
    lo, hi = float(spans.lo[column, at]), float(spans.hi[column, at])
    if not np.isfinite(lo):
        return None, "no data"
    if spans.per_column <= 1 or lo == hi:
        middle = (lo + hi) / 2
        return middle, f"{value_text(middle)} {units}".strip()
    return (lo + hi) / 2, f"{value_text(lo)} to {value_text(hi)} {units}".strip()


def _trace(
    row: Row,
    content: TraceContent,
    tile: TileContent,
    bench: Workbench,
    column: int,
    y: float,
    box: RowBox,
    found: Hover,
) -> Hover:
    low, high = tile.y_range
    at = high - y / box.rect.h * (high - low)
    best, distance = None, np.inf
    for line in content.lines:
        spans = bench.peek_spans(line.array, (line.row,), tile.dt, tile.k0, tile.width)
        if spans is None:
            continue
        lo, hi = float(spans.lo[column, 0]), float(spans.hi[column, 0])
        away = max(lo - at, at - hi, 0.0)
        if away < distance:
            best, distance = (line, spans), away
    if best is None:
        return found
    line, spans = best
    value, text = _text(spans, column, 0, row.units)
    name = row.title if len(content.lines) == 1 else f"{row.title} · {line.name}"
    return Hover(row.id, row.title, found.t, line.name, line.row, value, f"{name} {text}")


def _dense(
    row: Row,
    content: DenseContent,
    tile: TileContent,
    bench: Workbench,
    column: int,
    y: float,
    look: Look,
    found: Hover,
) -> Hover:
    page = page_of(content, look)
    rows = tuple(int(content.order[i]) for i in page.shown)
    spans = bench.peek_spans(content.array, rows, tile.dt, tile.k0, tile.width)
    stats = bench.known_stats(content.array, content.rows)
    per_value = tile.facts.get("per_value", 0.0)
    if spans is None or stats is None:
        return found
    mean = np.nan_to_num(stats.mean[content.places[page.shown]])
    bottom = page.y - (spans.lo[column] - mean) * per_value
    top = page.y - (spans.hi[column] - mean) * per_value
    away = np.maximum(np.maximum(top - y, y - bottom), 0.0)
    # Among traces that all pass here, the one whose own line is nearest is meant.
    away = np.where(np.isfinite(away), away + 1e-3 * np.abs(page.y - y), np.inf)
    if not len(away) or not np.isfinite(away).any():
        return found
    at = int(np.argmin(away))
    value, text = _text(spans, column, at, row.units)
    name = content.tick_names[int(page.shown[at])]
    return Hover(row.id, row.title, found.t, name, rows[at], value, f"{row.title} {name} {text}")


def _heat(
    row: Row,
    content: HeatmapContent,
    tile: TileContent,
    column: int,
    y: float,
    look: Look,
    found: Hover,
) -> Hover:
    n = len(content.row_names)
    lines = lines_of(content, look) or n
    if tile.values is None or tile.values.shape[1] != lines or not tile.values.size:
        # A picture of other rows stands in while that of these is made.
        return found
    line = min(int(y / look.height * lines), lines - 1)
    cell = float(tile.values[column, line])
    text = f"{value_text(cell)} {row.units}".strip() if np.isfinite(cell) else "no data"
    first, stop = fold_edges(n, lines)[line : line + 2].tolist()
    at = min(max(int(y / look.height * n), first), stop - 1)
    names = [content.row_names[n - 1 - place] for place in (first, stop - 1)]
    told = names[0] if stop - first == 1 else f"{names[1]} to {names[0]}, {stop - first} rows:"
    return Hover(
        row.id,
        row.title,
        found.t,
        content.row_names[n - 1 - at],
        int(content.order[n - 1 - at]),
        cell if np.isfinite(cell) else None,
        f"{row.title} {told} {text}",
    )


def _raster(
    row: Row, content: RasterContent, y: float, box: RowBox, near: Seconds, found: Hover
) -> Hover:
    bands = bands_of(content, box.rect.h)
    inside = np.flatnonzero((bands.top <= y) & (y < bands.bottom))
    if not len(inside):
        return found
    at = int(inside[0])
    name = content.row_names[at]
    a, b = np.searchsorted(content.times, [found.t - near, found.t + near])
    mine = np.flatnonzero(content.rows[a:b] == at)
    if not len(mine):
        return Hover(row.id, row.title, found.t, name, at, None, f"{row.title} {name}")
    times = content.times[a:b][mine]
    t = float(times[np.argmin(np.abs(times - found.t))])
    digits = 4
    return Hover(
        row.id,
        row.title,
        found.t,
        name,
        at,
        t,
        f"{row.title} {name} event at {format_time(t, 'seconds', digits=digits)} s",
    )
