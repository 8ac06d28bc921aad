"""Event rasters: one row a value, every event a tick in the middle of its row.

No event is ever left out: where ticks crowd they become a density, and the
content says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from loupe.data.events import (
    Coded,
    SortedEvents,
    Tell,
    column_type,
    few_numbers,
    narrow,
    present,
    recoded,
    sorted_events,
)
from loupe.errors import LoupeConfigError
from loupe.scene.colormaps import lut_of
from loupe.scene.looks import Look, value_text
from loupe.scene.model import LegendEntry, RasterContent, Row
from loupe.scene.palettes import resolve_palette
from loupe.scene.rows import (
    NA,
    NA_COLOR,
    category_colors,
    is_missing,
    natural_key,
    numbered,
    text_of,
)
from loupe.scene.sources import Opener, require_columns
from loupe.scene.tile import TileContent, TileJob
from loupe.scene.workbench import Workbench
from loupe.session.plots.raster import RasterConfig
from loupe.session.source import InMemory
from loupe.tiles.events import bin_events, density_full
from loupe.units import Rgba

if TYPE_CHECKING:
    from loupe.data.protocols import TableData

__all__ = ["HEIGHT", "ROW_PX", "RowBands", "bands_of", "compile_rows", "job"]

HEIGHT = 100.0
ROW_PX = 12.0
"""Natural heights: of a raster, or of each of its rows when proportional; logical pixels."""

INDEXED_FROM = 500_000
"""Events in a tile from which on an index of them is made and used."""

CONTINUOUS_FROM = 33
"""Numeric hue with at least this many values is coloured on a scale."""

F64 = npt.NDArray[np.float64]
Color4 = npt.NDArray[np.uint8]


def compile_rows(
    plot: int,
    config: RasterConfig,
    plot_id: str,
    opener: Opener,
    kept: Sequence[Row] = (),
) -> tuple[Row, ...]:
    """One row a group of `split_by`, top first.

    Parameters
    ----------
    kept
        What was compiled before live parameters changed the events: its groups and its rows keep
        their places, also where no event is left.

    Raises
    ------
    LoupeConfigError, LoupeDataError
        If the table or a column is not there, or times are not numbers.
    """
    table = opener.table(config.data)
    split = (
        ()
        if config.split_by is None
        else ((config.split_by,) if isinstance(config.split_by, str) else config.split_by)
    )
    wanted = {
        "time_col": config.time_col,
        "order_by": config.order_by,
        "alpha_by": config.alpha_by,
        "hue": config.hue,
    }
    in_list = not isinstance(config.split_by, str)
    require_columns(
        table,
        [
            *(((field,), column) for field, column in wanted.items()),
            *((("split_by", i) if in_list else ("split_by",), c) for i, c in enumerate(split)),
        ],
    )
    events = _read(table, config, split, opener.tell)
    colors, legend = _base_colors(events, config)
    rows: list[Row] = []
    prefix = _prefix(config)
    before = {row.id: row.content for row in kept if isinstance(row.content, RasterContent)}
    groups = _groups(events, split)
    names = ["-".join(text_of(v) for v in key) for key, _ in groups]
    # The names of two groups may read alike, as those of ("x-y", "z") and ("x", "y-z").
    ids = numbered([f"{plot_id}/{name or 'all'}" for name in names])
    for row_id, name, (key, index) in zip(ids, names, groups, strict=True):
        content = _content(
            config,
            events,
            index,
            colors if len(colors) == 1 else colors[index],
            before[row_id].row_values if row_id in before else (),
        )
        if content is None:
            continue
        shown = ", ".join(f"{c}={text_of(v)}" for c, v in zip(split, key, strict=True))
        rows.append(
            Row(
                id=row_id,
                plot=plot,
                kind="raster",
                title=prefix or config.title or config.order_by,
                subtitle=shown or f"{len(content.row_names)} rows",
                group=shown,
                content=content,
                legend=legend if not rows else (),
                weight=config.height,
                hidden=not config.visible or name in config.hidden or shown in config.hidden,
            )
        )
    if before:
        found = {row.id: row for row in rows}
        old = [
            found.pop(row.id) if row.id in found else _emptied(row, before[row.id], config.height)
            for row in kept
            if row.id in before
        ]
        rows = old + list(found.values())
    return tuple(rows)


def _emptied(row: Row, content: RasterContent, height: float) -> Row:
    """A group of which no event is left."""
    none = slice(0, 0)
    colors = content.colors if len(content.colors) == 1 else content.colors[none]
    empty = replace(content, times=content.times[none], rows=content.rows[none], colors=colors)
    return replace(row, content=empty, weight=height)


def _prefix(config: RasterConfig) -> str:
    if isinstance(config.array_name, InMemory):
        return str(config.array_name.value(config.order_by))
    return config.array_name if isinstance(config.array_name, str) else ""


def _read(table: TableData, config: RasterConfig, split: Sequence[str], tell: Tell) -> SortedEvents:
    coded = [config.order_by, *split]
    numbers = []
    if config.alpha_by is not None:
        kind = column_type(table, config.alpha_by)
        if kind is not None and not kind.is_numeric():
            raise LoupeConfigError(
                f"alpha_by = `{config.alpha_by}` holds {kind}, not numbers",
                code="data-numeric",
                place=("alpha_by",),
            )
        numbers.append(config.alpha_by)
    if config.hue is not None:
        kind = column_type(table, config.hue)
        (numbers if kind is not None and kind.is_numeric() else coded).append(config.hue)
    return sorted_events(table, config.time_col, coded=coded, numbers=numbers, tell=tell)


def _known(column: Coded) -> Coded:
    """The column with all that counts as missing (see `is_missing`) coded as -1."""
    if not any(is_missing(value) for value in column.values):
        return column
    values = [value for value in column.values if not is_missing(value)]
    table = np.full(len(column.values) + 1, -1, dtype=column.codes.dtype)
    table[[k for k, v in enumerate(column.values) if not is_missing(v)]] = np.arange(len(values))
    return Coded(tuple(values), recoded(column.codes, table))


Index = slice | npt.NDArray[np.intp]


def _groups(events: SortedEvents, split: Sequence[str]) -> list[tuple[tuple[object, ...], Index]]:
    if not split:
        return [((), slice(None))]
    columns = [_known(events.coded[column]) for column in split]
    number = np.zeros(len(events.times), dtype=np.int64)
    for column in columns:
        # What lacks a value is an event too: it has a group of its own, after the others.
        n = len(column.values)
        number = number * (n + 1) + np.where(column.codes < 0, n, column.codes)
    # One sort instead of a look at every event for each of hundreds of groups.
    order = np.argsort(number, kind="stable")
    combinations, starts = np.unique(number[order], return_index=True)
    parts = np.split(order, starts[1:]) if len(order) else []
    found: list[tuple[tuple[object, ...], Index]] = []
    for combination, part in zip(combinations.tolist(), parts, strict=True):
        key: list[object] = []
        rest = combination
        for column in reversed(columns):
            rest, at = divmod(rest, len(column.values) + 1)
            key.insert(0, column.values[at] if at < len(column.values) else NA)
        found.append((tuple(key), part))

    def rank(item: tuple[tuple[object, ...], Index]) -> tuple[object, ...]:
        return tuple((v is NA, natural_key(text_of(v))) for v in item[0])

    return sorted(found, key=rank)


def _base_colors(
    events: SortedEvents, config: RasterConfig
) -> tuple[Color4, tuple[LegendEntry, ...]]:
    """Colour of each event, ``(n, 4)``, or ``(1, 4)`` of alpha 0 for the theme's own."""
    if config.hue is None:
        if config.color is not None:
            return np.array([config.color], dtype=np.uint8), ()
        palette = resolve_palette(config.palette, 8)
        if palette is None:
            return np.zeros((1, 4), dtype=np.uint8), ()
        # A palette without a hue colours the rows in turn.
        return _by_category(events.coded[config.order_by], palette)[0], ()
    column = events.coded.get(config.hue)
    if config.hue in events.numbers:
        values = events.numbers[config.hue]
        named = isinstance(config.palette, str) and config.palette.casefold() not in (
            "okabe-ito",
            "okabe_ito",
        )
        column = None if named else few_numbers(values, CONTINUOUS_FROM - 1)
        if column is None:
            lut = lut_of(config.palette if named else "viridis")
            return _on_scale(np.asarray(values, dtype=np.float64), lut)
    assert column is not None
    missing = bool(present(column.codes, len(column.values))[-1])
    return _by_category(column, resolve_palette(config.palette, len(column.values) + missing))


def _on_scale(values: F64, lut: Color4) -> tuple[Color4, tuple[LegendEntry, ...]]:
    """Colours from the lowest value to the highest, and what both ends and the middle mean."""
    good = values[np.isfinite(values)]
    low, high = (float(good.min()), float(good.max())) if good.size else (0.0, 1.0)
    at = np.clip((values - low) / ((high - low) or 1.0) * (len(lut) - 1), 0, len(lut) - 1)
    colors: Color4 = lut[np.nan_to_num(at).astype(int)].copy()
    colors[~np.isfinite(values)] = NA_COLOR
    marks = dict.fromkeys((low, (low + high) / 2, high))
    ends = zip(marks, np.linspace(0, len(lut) - 1, len(marks)).astype(int), strict=True)
    legend = [LegendEntry(value_text(v), Rgba(*lut[i].tolist())) for v, i in ends]
    if len(good) < len(values):
        legend.append(LegendEntry(NA, NA_COLOR))
    return colors, tuple(legend)


def _by_category(
    column: Coded, palette: Sequence[Rgba] | Mapping[str, Rgba] | None
) -> tuple[Color4, tuple[LegendEntry, ...]]:
    column = _known(column)
    missing = bool(present(column.codes, len(column.values))[-1])
    by_text = category_colors([*column.values, *([None] if missing else [])], palette)
    # The last colour is that of -1, for what has no value.
    colors = [by_text[text_of(v)] for v in column.values] + [NA_COLOR]
    legend = tuple(LegendEntry(str(t) or NA, c) for t, c in by_text.items())
    return recoded(column.codes, np.array(colors, dtype=np.uint8).reshape(-1, 4)), legend


def _content(
    config: RasterConfig,
    events: SortedEvents,
    index: Index,
    colors: Color4,
    kept: Sequence[object] = (),
) -> RasterContent | None:
    column = _known(events.coded[config.order_by])
    codes, times = column.codes[index], events.times[index]
    own = present(codes, len(column.values))
    if config.rows is not None:
        names = [text_of(v) for v in config.rows]
        numbers = list(config.rows)
    else:
        distinct: dict[str, Any] = {text_of(v): v for v in kept if v is not NA}
        distinct |= {
            text_of(v): v for v, is_here in zip(column.values, own[:-1], strict=True) if is_here
        }
        numeric = all(isinstance(v, int | float) for v in distinct.values())
        names = sorted(distinct, key=(lambda t: float(distinct[t])) if numeric else natural_key)
        numbers = [distinct[t] for t in names]
    if config.descending:
        names, numbers = names[::-1], numbers[::-1]
    if config.rows is None and (own[-1] or any(v is NA for v in kept)):
        names.append(NA)
    if not names:
        return None
    place = {name: i for i, name in enumerate(names)}
    of_value: npt.NDArray[np.signedinteger[Any]] = np.array(
        [*(place.get(text_of(v), -1) for v in column.values), place.get(NA, -1)],
        dtype=narrow(len(names)),
    )
    rows: npt.NDArray[np.signedinteger[Any]] = recoded(codes, of_value)
    alpha = _alphas(config, events, index)
    if len(colors) == 1 and alpha is None:
        kept_colors = colors
    else:
        kept_colors = np.broadcast_to(colors, (len(times), 4)).copy()
        if alpha is not None:
            # The default colour is marked by alpha 0; keep the mark and store opacity beside it.
            kept_colors[:, 3] = np.round(alpha * 255)
            if len(colors) == 1 and colors[0, 3] == 0:
                kept_colors[:, :3] = 0
                kept_colors[:, 3] = np.maximum(kept_colors[:, 3], 1)
    if present(rows, len(names))[-1]:
        keep = rows >= 0
        rows, times = rows[keep], times[keep]
        kept_colors = kept_colors if len(kept_colors) == 1 else kept_colors[keep]
    shade = config.shade_nans
    return RasterContent(
        times=times,
        rows=rows,
        colors=np.ascontiguousarray(kept_colors),
        themed=len(colors) == 1 and colors[0, 3] == 0,
        row_names=tuple(names),
        row_values=(*numbers, *([NA] if len(names) > len(numbers) else [])),
        gaps=_gaps(config, numbers),
        gap_color=config.separator_params.color,
        gap_width=config.separator_params.width,
        nan_spans=_nan_spans(config, place),
        nan_color=shade.color.with_alpha(round(shade.opacity * 255)) if shade else None,
        brightness=config.brightness,
        event_height=config.event_height,
        event_thickness=config.event_thickness,
    )


def _alphas(config: RasterConfig, events: SortedEvents, index: Index) -> F64 | None:
    if config.alpha_by is None:
        return None
    values = np.asarray(events.numbers[config.alpha_by][index], dtype=np.float64)
    low, high = config.alpha_range
    good = values[np.isfinite(values)]
    if not good.size or good.max() == good.min():
        return np.full(len(values), high)
    scaled = low + (values - good.min()) / (good.max() - good.min()) * (high - low)
    # An event without a value is still an event: it gets the faintest opacity, not none.
    return np.where(np.isfinite(scaled), scaled, max(low, 0.05))


def _gaps(config: RasterConfig, numbers: Sequence[Any]) -> dict[int, float]:
    gaps: dict[int, float] = {}
    for limit in config.horizontal_separators:
        for i, value in enumerate(numbers):
            at_least = (
                value >= limit
                if isinstance(value, int | float) and isinstance(limit, int | float)
                else natural_key(text_of(value)) >= natural_key(text_of(limit))
            )
            if at_least:
                if i > 0:
                    gaps[i] = config.separator_params.gap
                break
    return gaps


def _nan_spans(
    config: RasterConfig, index: Mapping[str, int]
) -> tuple[tuple[int, float, float], ...]:
    spans = config.nan_spans
    if isinstance(spans, Mapping):
        return tuple(
            (index[key], start, stop)
            for key, pairs in spans.items()
            if key in index
            for start, stop in pairs
        )
    return tuple((-1, start, stop) for start, stop in spans)


@dataclass(frozen=True, eq=False, slots=True)
class RowBands:
    """Vertical places of a raster's rows, pixels from the top.

    Attributes
    ----------
    top, bottom
        Edges of each row, bottom row first, ``(R,)``.
    separators
        Heights of the separators' lines.
    """

    top: F64
    bottom: F64
    separators: tuple[float, ...]


def bands_of(content: RasterContent, height: int, magnified: float = 1.0) -> RowBands:
    """Share `height` pixels among rows and gaps; magnified about the middle, some lie outside."""
    n = len(content.row_names)
    gap = np.zeros(n)
    for i, size in content.gaps.items():
        gap[i] = size
    unit = height / (n + gap.sum())
    low = (np.arange(n) + np.cumsum(gap)) * unit
    bottom, top = height - low, height - low - unit
    lines = np.array([bottom[i] + gap[i] * unit / 2 for i in sorted(content.gaps)])
    top, bottom, lines = ((y - height / 2) * magnified + height / 2 for y in (top, bottom, lines))
    return RowBands(top, bottom, tuple(map(float, lines)))


def job(row: Row, look: Look, dt: float, k0: int, width: int) -> TileJob:
    """The tile of columns ``k0 .. k0 + width - 1`` of a raster."""
    content = row.content
    if not isinstance(content, RasterContent):
        raise TypeError(f"{row.id} is not a raster")
    v = look.view
    key = (
        row.id,
        row.revision,
        dt,
        k0,
        width,
        look.height,
        look.scale,
        look.theme.name,
        look.override.color,
        look.magnified,
        v.raster_brightness,
        v.event_height,
        v.event_thickness,
    )

    def run(bench: Workbench) -> TileContent:
        bands = bands_of(content, look.height, look.magnified)
        share = v.event_height if v.event_height is not None else content.event_height
        middle = (bands.top + bands.bottom) / 2
        row_px = bands.bottom - bands.top
        # In low rows a tick takes most of the height: a pixel or two must be seen.
        half = np.maximum(row_px * min(share, 0.5), np.minimum(row_px * 0.4, look.px(2)))
        half = np.maximum(half, 0.5)
        thickness = v.event_thickness if v.event_thickness is not None else content.event_thickness
        thick = max(round(look.px(thickness)), 1)
        # Ticks of events just outside reach into the tile.
        ends = [(k0 - thick) * dt, (k0 + width + thick) * dt]
        a, b = np.searchsorted(content.times, ends, side="left")
        full = density_full(len(content.times), len(content.row_names), _duration(content) / dt)
        index = None
        if full > 1 and len(content.colors) == 1 and b - a > INDEXED_FROM:
            # Whole blocks of events are counted at once: their rows are known beforehand.
            index = bench.event_index((row.id, row.revision), content.rows, len(content.row_names))
            a, b = 0, len(content.times)
        picture = bin_events(
            content.times[a:b],
            content.rows[a:b],
            _colors(content, look, int(a), int(b)),
            k0=k0,
            width=width,
            grid_dt=dt,
            row_top=middle - half,
            row_bottom=middle + half,
            height=look.height,
            thickness=thick,
            full=full,
            index=index,
        )
        bench.count("rasterisations")
        return TileContent(
            row.id,
            key,
            dt,
            k0,
            width,
            look.height,
            pixels=picture.pixels,
            per_column=picture.drawn / max(width, 1),
            density=picture.most_in_cell if full > 1 else 0,
        )

    return TileJob(key, row.id, dt, k0, width, run)


def _duration(content: RasterContent) -> float:
    return float(content.times[-1] - content.times[0]) if len(content.times) else 0.0


def _colors(content: RasterContent, look: Look, a: int, b: int) -> Color4:
    colors = (content.colors if len(content.colors) == 1 else content.colors[a:b]).copy()
    if content.themed or look.override.color is not None:
        paint = look.override.color or look.theme.trace
        colors[:, :3] = paint[:3]
        if len(colors) == 1:
            colors[:, 3] = paint.a
    # By a table: there may be a hundred million of them.
    bright = np.arange(256) * (content.brightness * look.view.raster_brightness)
    colors[:, 3] = np.clip(np.round(bright), 0, 255).astype(np.uint8)[colors[:, 3]]
    return colors[0] if len(colors) == 1 else colors
