"""Dense traces: many curves on one axis, each at its own height.

Positions are in row gaps: the automatic scale makes the median trace's 1-99 %
range fill one gap, `gain` multiplies it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loupe.scene.looks import BAD_ALPHA, Look
from loupe.scene.markers import PointSource, make_points, marker_key, marker_sets
from loupe.scene.model import ArrayRef, DenseContent, Row, TraceLine
from loupe.scene.palettes import trace_colors
from loupe.scene.rows import coordinate, is_numeric, order_rows, text_of, unit_text
from loupe.scene.sources import Opener
from loupe.scene.tile import TileContent, TileJob
from loupe.scene.workbench import Workbench
from loupe.session.plots.trace import TraceConfig
from loupe.tiles.compose import compose_traces
from loupe.units import Rgba

__all__ = ["Page", "compile_rows", "job", "page_of"]

HEIGHT = 300.0
"""Natural height, logical pixels."""

F64 = npt.NDArray[np.float64]


def compile_rows(plot: int, config: TraceConfig, plot_id: str, opener: Opener) -> tuple[Row, ...]:
    """The one row of a dense plot.

    Raises
    ------
    LoupeConfigError, LoupeDataError
        If data or coordinates are not there.
    """
    array = opener.array(config.data)
    info = array.data.info
    order = order_rows(info, array.data.n_rows, config.order_by, descending=False)
    positions, gap = _positions(array, order, config.order_by)
    if config.descending:
        # The picture flips as a whole: spacing is kept, top becomes bottom.
        order, positions = order[::-1], (positions[-1] - positions)[::-1]
    colors, legend = trace_colors(config, info, order)
    names = tuple(
        text_of(info.coords[config.order_by][r]) if config.order_by else info.row_names[r]
        for r in order
    )
    bad = {i for i, r in enumerate(order) if info.row_names[r] in config.bad}
    colors = [
        (c or Rgba(128, 128, 128)).with_alpha(BAD_ALPHA) if i in bad else c
        for i, c in enumerate(colors)
    ]
    title = config.title or (config.array_name if isinstance(config.array_name, str) else "")
    content = DenseContent(
        array=array,
        order=order,
        positions=positions,
        tick_names=names,
        colors=tuple(colors),
        gain=config.gain,
        scale=config.scale,
        raw_gap=gap,
        step=config.step,
        traces_per_page=config.traces_per_page,
        line_width=config.line_width,
        markers=tuple(
            m.for_rows([int(r) for r in order])
            for m in marker_sets(config.sample_markers, array, opener, plot_id)
        ),
    )
    row = Row(
        id=f"{plot_id}/dense",
        plot=plot,
        kind="dense",
        title=title or info.name or "traces",
        subtitle="",
        units=unit_text(info.units),
        legend=legend if config.legend else (),
        content=content,
        weight=HEIGHT / 100 * config.height,
        hidden=not config.visible,
    )
    return (row,)


def _positions(
    array: ArrayRef, order: npt.NDArray[np.intp], order_by: str | None
) -> tuple[F64, float]:
    """Ascending positions in row gaps, and a gap in units of the order coordinate."""
    n = len(order)
    even = np.arange(n, dtype=np.float64)
    if order_by is None or n < 2:
        return even, 1.0
    values = coordinate(array.data.info, order_by, what="order_by")[order]
    if not is_numeric(values):
        return even, 1.0
    numbers = values.astype(np.float64)
    steps = np.diff(numbers)
    if not np.isfinite(steps).all() or (steps <= 0).any():
        # Equal coordinates (several columns of a probe) would overlap: even spacing.
        return even, 1.0
    gap = float(np.median(steps))
    return (numbers - numbers[0]) / gap, gap


@dataclass(frozen=True, eq=False, slots=True)
class Page:
    """The traces that a dense row shows, and where.

    Attributes
    ----------
    shown
        Indices into `DenseContent.order`, bottom to top, ``(m,)``.
    y
        Pixels from the row's top of each shown trace's zero, ``(m,)``.
    gap_px
        Pixels of one row gap.
    total, first, count
        For the scrollbar: traces after `step`, first shown one (from the bottom), number shown.
    """

    shown: npt.NDArray[np.intp]
    y: F64
    gap_px: float
    total: int
    first: float
    count: int


def page_of(content: DenseContent, look: Look) -> Page:
    """Which traces show, and at what heights; pure arithmetic."""
    step = look.override.step or content.step
    kept = np.arange(0, len(content.order), step)
    positions = content.positions[kept]
    total = len(kept)
    per_page = look.override.traces_per_page
    if per_page is None:
        per_page = content.traces_per_page
    if not per_page or per_page >= total:
        per_page = total
    first = min(max(0.0, look.override.first), float(total - per_page))
    a = math.floor(first)
    fraction = first - a
    b = min(total, a + per_page + (1 if fraction > 0 else 0))
    gap = float(np.median(np.diff(positions))) if total > 1 else 1.0
    # Edges lie half a gap beyond the first and the last trace of the page.
    low_index, high_index = first, first + per_page - 1
    at = np.arange(total, dtype=np.float64)
    low = float(np.interp(low_index, at, positions)) - gap / 2
    high = float(np.interp(high_index, at, positions)) + gap / 2
    per_unit = look.height / max(high - low, 1e-9)
    y = (high - positions[a:b]) * per_unit
    return Page(kept[a:b], y, gap * per_unit, total, first, per_page)


def job(row: Row, look: Look, dt: float, k0: int, width: int) -> TileJob:
    """The tile of columns ``k0 .. k0 + width - 1`` of a dense row."""
    content = row.content
    if not isinstance(content, DenseContent):
        raise TypeError(f"{row.id} is not a dense row")
    o = look.override
    style = (
        look.theme.name,
        o.gain,
        o.step,
        o.traces_per_page,
        o.first,
        o.color,
        o.y_zoom,
        look.bad,
        marker_key(content.markers, look),
    )
    key = (row.id, row.revision, dt, k0, width, look.height, look.scale, style)
    return TileJob(
        key,
        row.id,
        dt,
        k0,
        width,
        lambda bench: _make(row, content, look, dt, k0, width, key, bench),
    )


def _make(
    row: Row,
    content: DenseContent,
    look: Look,
    dt: float,
    k0: int,
    width: int,
    key: object,
    bench: Workbench,
) -> TileContent:
    page = page_of(content, look)
    rows = tuple(int(content.order[i]) for i in page.shown)
    spans = bench.spans(content.array, rows, dt, k0, width)
    # Scale and means come from all traces, so that paging and steps do not change them.
    stats = bench.stats(content.array, content.rows)
    gain = (
        look.override.gain if look.override.gain is not None else content.gain
    ) / look.override.y_zoom
    spread = stats.spread() if content.held is None else content.held
    per_value = page.gap_px * gain / (content.raw_gap if content.scale == "raw" else spread)
    mean = np.nan_to_num(stats.mean[content.places[page.shown]])
    pixels = compose_traces(
        spans.lo,
        spans.hi,
        scale=per_value,
        offset=page.y + mean * per_value,
        colors=np.array(
            [look.trace_color(content.colors[i]) for i in page.shown], dtype=np.uint8
        ).reshape(-1, 4),
        height=look.height,
        width=max(look.px(content.line_width), 1.0),
        k0=k0,
    )
    bench.count("rasterisations")
    sources = []
    for markers in content.markers:
        for i, shown in enumerate(page.shown):
            line = TraceLine(content.array, rows[i], "")
            source = PointSource.of_markers(markers, line, look, trace=int(shown))
            if source is not None:
                sources.append(source)
    slot = {int(shown): i for i, shown in enumerate(page.shown)}
    points = make_points(
        sources,
        dt,
        k0,
        width,
        lambda trace, values: page.y[slot[trace]] - (values - mean[slot[trace]]) * per_value,
        look.height,
        bench,
        lambda trace: (
            page.y[slot[trace]] - page.gap_px / 2,
            page.y[slot[trace]] + page.gap_px / 2,
        ),
    )
    return TileContent(
        row.id,
        key,
        dt,
        k0,
        width,
        look.height,
        pixels=pixels,
        per_column=spans.per_column,
        points=points,
        facts={"per_value": per_value},
        missing=spans.missing,
    )
