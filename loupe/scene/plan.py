"""Which tiles a view needs: a pure function of scene, state, and what is there already."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from loupe.scene.layout import GUTTER_LEFT, Layout, RowSize, Viewport, lay_out, rows_room
from loupe.scene.looks import Look
from loupe.scene.model import HeatmapContent, RasterContent, Row, RowKind, Scene
from loupe.scene.plots import dense, heatmap, raster, trace
from loupe.scene.settings import Overrides, ViewFlags
from loupe.scene.theme import Theme
from loupe.scene.tile import TileContent, TileJob
from loupe.scene.timegrid import TimeGrid, Window

__all__ = ["best_tile", "layout_of", "look_of", "shown_rows", "tile_columns", "tile_job"]

MAX_TILE, WIDEST_TILE = 2048, 4096
"""Columns of a tile with overscan: up to the first, or for wide plots up to the second with an
eighth of the view on either side, so that a wheel step there needs no other tile either."""

MIN_ROW = 120.0
MIN_TRACE = 36.0
"""Heights under which rows scroll instead of shrinking further, logical pixels."""

JOBS: Mapping[RowKind, Callable[[Row, Look, float, int, int], TileJob]] = {
    "trace": trace.job,
    "dense": dense.job,
    "heatmap": heatmap.job,
    "raster": raster.job,
}


def shown_rows(scene: Scene, overrides: Overrides) -> tuple[Row, ...]:
    """Rows that are not hidden, in the order on screen."""
    rows = {row.id: row for row in scene.rows}
    order = [r for r in (overrides.order or ()) if r in rows]
    placed = set(order)
    order += [r for r in rows if r not in placed]
    return tuple(rows[r] for r in order if not overrides.row(r).hidden)


def layout_of(
    rows: Sequence[Row],
    overrides: Overrides,
    view: ViewFlags,
    viewport: Viewport,
    window: Window,
    *,
    strips: int,
    scroll: float,
    gutter: float = GUTTER_LEFT,
) -> Layout:
    """Place the shown rows on the canvas."""
    sizes = [_size(row, overrides.row(row.id).height, view) for row in rows]
    sizes = _compacted(rows, sizes, view, viewport, strips)
    return lay_out(
        viewport,
        window,
        sizes,
        strips=strips,
        scroll=scroll,
        gutter=gutter,
        type_scale=view.font_scale,
    )


def _size(row: Row, factor: float, view: ViewFlags) -> RowSize:
    content = row.content
    weight = row.weight * factor
    if row.kind == "dense":
        return RowSize(row.id, max(MIN_ROW * factor, 24), weight)
    if isinstance(content, HeatmapContent):
        natural = _natural(
            len(content.row_names), heatmap.ROW_PX, heatmap.HEIGHT, view.proportional_heatmaps
        )
        return RowSize(row.id, max(natural * weight * 0.4, 24), natural / 100 * weight)
    if isinstance(content, RasterContent):
        natural = _natural(
            len(content.row_names), raster.ROW_PX, raster.HEIGHT, view.proportional_rasters
        )
        return RowSize(row.id, max(natural * weight * 0.4, 20), natural / 100 * weight)
    return RowSize(row.id, max(MIN_TRACE * weight, 8), weight)


def _natural(n_rows: int, row_px: float, fixed: float, proportional: bool) -> float:
    # A thousand rows must not take the whole window from the others: growth slows after 40 rows.
    if not proportional:
        return fixed
    return row_px * (n_rows if n_rows <= 40 else 40 + (n_rows - 40) ** 0.5)


def _compacted(
    rows: Sequence[Row], sizes: list[RowSize], view: ViewFlags, viewport: Viewport, strips: int
) -> list[RowSize]:
    """Shrink heatmaps and rasters by one common ratio so that all rows fit, where asked for."""
    kinds = {
        k for k, on in (("heatmap", view.compact_heatmaps), ("raster", view.compact_rasters)) if on
    }
    flexible = [i for i, row in enumerate(rows) if row.kind in kinds]
    if not flexible:
        return sizes
    room = rows_room(viewport, len(rows), strips=strips, type_scale=view.font_scale)
    room_px = room / viewport.scale
    fixed = sum(s.minimum for i, s in enumerate(sizes) if i not in flexible)
    wanted = sum(sizes[i].minimum for i in flexible)
    ratio = min(1.0, max(room_px - fixed, 8.0 * len(flexible)) / max(wanted, 1e-9))
    out = list(sizes)
    for i in flexible:
        out[i] = RowSize(sizes[i].row_id, max(sizes[i].minimum * ratio, 4.0), sizes[i].weight)
    return out


def look_of(
    row: Row, height: int, theme: Theme, viewport: Viewport, view: ViewFlags, overrides: Overrides
) -> Look:
    """What the row's picture depends on besides data."""
    override = overrides.row(row.id)
    return Look(
        theme=theme,
        scale=viewport.scale,
        height=max(height, 1),
        view=view,
        override=override,
        markers=overrides.markers,
        bad=override.bad,
    )


def tile_columns(grid: TimeGrid) -> tuple[int, int]:
    """First column and width of the tile to make: the view and overscan on both sides."""
    wide = min(WIDEST_TILE - grid.width, grid.width // 4)
    spare = max(0, MAX_TILE - grid.width, wide)
    over = min(spare // 2, grid.width // 2)
    return grid.k0 - over, grid.width + 2 * over


def tile_job(row: Row, look: Look, grid: TimeGrid, *, margin: bool = True) -> TileJob | None:
    """The work that gives the row its picture; None for a row that has none.

    Parameters
    ----------
    margin
        Whether the tile reaches beyond the view, so that pans need no other; without, it is
        there sooner.
    """
    make = JOBS.get(row.kind)
    if make is None:
        return None
    k0, width = tile_columns(grid) if margin else (grid.k0, grid.width)
    return make(row, look, grid.dt, k0, width)


def best_tile(
    tiles: Sequence[TileContent], row: Row, look: Look, grid: TimeGrid
) -> tuple[TileContent | None, bool]:
    """The tile to show now, and whether it is exactly what the view asks for.

    Parameters
    ----------
    tiles
        The row's finished tiles, newest first.

    Returns
    -------
    tile, exact
        Without an exact one, the newest that shares time with the view: it is drawn stretched
        for the moment.
    """
    make = JOBS.get(row.kind)
    if make is None:
        return None, True
    stand_in: TileContent | None = None
    for tile in tiles:
        if tile.covers(grid.dt, grid.k0, grid.width):
            # Equal style, equal key: the key of a tile is that of the job that made it.
            if make(row, look, tile.dt, tile.k0, tile.width).key == tile.key:
                return tile, tile.missing == 0
            stand_in = stand_in or tile
        elif stand_in is None and _overlaps(tile, grid):
            stand_in = tile
    return stand_in, False


def _overlaps(tile: TileContent, grid: TimeGrid) -> bool:
    a, b = tile.k0 * tile.dt, (tile.k0 + tile.width) * tile.dt
    return a < grid.span.stop and b > grid.span.start
