"""Stacked traces: one row a trace, with overlays and markers; also the rows of a zip.

Compiles the Config to rows, says which tile a row needs, and makes it. Knows
the other plot kinds as little as they know it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

from loupe.errors import LoupeConfigError
from loupe.scene.looks import Look
from loupe.scene.markers import PointSource, make_points, marker_key, marker_sets
from loupe.scene.model import ArrayRef, LegendEntry, Row, TraceContent, TraceLine
from loupe.scene.palettes import trace_colors
from loupe.scene.rows import matching_rows, order_rows, prefix_of, unit_text
from loupe.scene.sources import Opener
from loupe.scene.theme import OKABE_ITO
from loupe.scene.tile import TileContent, TileJob
from loupe.scene.workbench import Spans, Workbench
from loupe.session.plots.trace import TraceConfig
from loupe.tiles.compose import compose_traces
from loupe.units import Rgba

__all__ = ["compile_rows", "extent_of", "job", "trace_name"]

HEIGHT = 100.0
"""Natural height of a row, logical pixels."""

MARGIN = 0.05
"""Share of the Y span left free above and below."""


def trace_name(prefix: str, name: str) -> str:
    """Join prefix and name with a colon, or take the one of them that there is."""
    return f"{prefix}: {name}" if prefix and name else prefix or name


def compile_rows(plot: int, config: TraceConfig, plot_id: str, opener: Opener) -> tuple[Row, ...]:
    """Rows of a stacked plot, top first.

    Raises
    ------
    LoupeConfigError, LoupeDataError
        If data or coordinates are not there.
    """
    array = opener.array(config.data)
    info = array.data.info
    order = order_rows(info, array.data.n_rows, config.order_by, descending=config.descending)
    prefix = prefix_of(config.array_name, info)
    colors, legend = trace_colors(config, info, order)
    overlays = [opener.array(data) for data in config.overlay_arrays]
    matches = [_matching_rows(array, overlay, i) for i, overlay in enumerate(overlays)]
    # What has no dimension of the host belongs to the subplot of its own number (README: overlay
    # i, subplot i).
    alone = [
        len(order) > 1 and not any(d in overlay.data.info.dims for d in info.dims)
        for overlay in overlays
    ]
    markers = marker_sets(config.sample_markers, array, opener, plot_id)
    rows = []
    for position, r in enumerate(order):
        name = info.row_names[r]
        lines = [TraceLine(array, int(r), name, colors[position], config.line_width)]
        for i, overlay in enumerate(overlays):
            match = int(matches[i][r])
            if match < 0 or (alone[i] and position != i):
                continue
            symbol = config.overlay_symbols[i] if i < len(config.overlay_symbols) else "line"
            lines.append(
                TraceLine(
                    overlay,
                    match,
                    overlay.data.info.name or f"overlay {i}",
                    _overlay_color(config, i),
                    _at(config.overlay_line_widths, i, 1.0),
                    None if symbol == "line" else symbol,
                    _at(config.overlay_symbol_sizes, i, 8.0),
                )
            )
        entries = legend if position == 0 else ()
        if len(lines) > 1 and config.legend:
            host = LegendEntry(
                info.name or trace_name(prefix, name) or "trace", lines[0].color or Rgba(0, 0, 0, 0)
            )
            entries = (host, *(LegendEntry(x.name, x.color or host.color) for x in lines[1:]))
        title = trace_name(prefix, name) or config.title or info.name or "trace"
        rows.append(
            Row(
                id=f"{plot_id}/{name or position}",
                plot=plot,
                kind="trace",
                title=title,
                subtitle=unit_text(info.units),
                units=unit_text(info.units),
                legend=entries if config.legend else (),
                content=TraceContent(
                    tuple(lines),
                    tuple(m.for_row(int(r)) for m in markers),
                    config.add_bottom_spine,
                    config.y_ranges.get(name or str(position), config.y_range),
                ),
                weight=config.height,
                hidden=not config.visible or name in config.hidden or title in config.hidden,
                bad=name in config.bad or title in config.bad,
            )
        )
    return tuple(rows)


def _at(values: Sequence[float], i: int, default: float) -> float:
    return values[i] if i < len(values) else default


def _overlay_color(config: TraceConfig, i: int) -> Rgba:
    given = config.overlay_colors or ()
    # A distinct palette: the host's default is the theme's own colour, so any category will do.
    return given[i] if i < len(given) else OKABE_ITO[(i + 2) % len(OKABE_ITO)]


def _matching_rows(host: ArrayRef, overlay: ArrayRef, index: int) -> npt.NDArray[np.intp]:
    """The overlay's row with the coordinates of each of the host's; -1 where there is none.

    Raises
    ------
    LoupeConfigError
        If the overlay lacks a dimension of the host.
    """
    a, b = host.data.info, overlay.data.info
    missing = [d for d in a.dims if d not in b.dims]
    unknown = host.data.n_rows > 1 or len(missing) == len(a.dims)
    if missing and unknown and overlay.data.n_rows > 1:
        raise LoupeConfigError(
            f"overlay_arrays[{index}] lacks the dimension `{missing[0]}` of the trace's data",
            hint=f"its dimensions are: {', '.join(b.dims) or 'time only'}",
            code="data-overlay",
            place=("overlay_arrays", index),
        )
    return matching_rows(a, host.data.n_rows, b, overlay.data.n_rows)


def job(row: Row, look: Look, dt: float, k0: int, width: int) -> TileJob:
    """The tile of columns ``k0 .. k0 + width - 1`` of a stacked row."""
    content = row.content
    if not isinstance(content, TraceContent):
        raise TypeError(f"{row.id} is not a stacked row")
    key = (row.id, row.revision, dt, k0, width, look.height, look.scale, _style_key(content, look))
    return TileJob(
        key,
        row.id,
        dt,
        k0,
        width,
        lambda bench: _make(row, content, look, dt, k0, width, key, bench),
    )


def _style_key(content: TraceContent, look: Look) -> Hashable:
    o = look.override
    fixed = look.view.fixed_scale if o.y_auto is None else not o.y_auto
    return (
        look.theme.name,
        o.color,
        o.y_range,
        fixed,
        o.y_zoom,
        look.bad,
        marker_key(content.markers, look),
    )


def _make(
    row: Row,
    content: TraceContent,
    look: Look,
    dt: float,
    k0: int,
    width: int,
    key: Hashable,
    bench: Workbench,
) -> TileContent:
    curves = [line for line in content.lines if line.symbol is None]
    # Symbols of a host hide its line, but its spans still set the range.
    spans = [bench.spans(line.array, (line.row,), dt, k0, width) for line in content.lines]
    y_range = _y_range(content, look, spans, bench)
    height = look.height
    per_value = height / (y_range[1] - y_range[0])
    drawn = [s for s, line in zip(spans, content.lines, strict=True) if line.symbol is None]
    if curves:
        pixels = compose_traces(
            np.concatenate([s.lo for s in drawn], axis=1),
            np.concatenate([s.hi for s in drawn], axis=1),
            scale=per_value,
            offset=y_range[1] * per_value,
            colors=np.array(
                [_color(line, look, i) for i, line in enumerate(curves)], dtype=np.uint8
            ),
            height=height,
            width=np.array([max(look.px(line.width), 1.0) for line in curves]),
            order=np.arange(len(curves))[::-1],
            clip_top=0.0,
            clip_bottom=float(height),
            mark_px=max(2, round(look.px(2))),
            mark_color=look.theme.warning,
            k0=k0,
        )
    else:
        pixels = np.zeros((width, height, 4), dtype=np.uint8)
    bench.count("rasterisations")
    sources = [
        PointSource.of_line(line, _color(line, look, i), look)
        for i, line in enumerate(content.lines)
        if line.symbol is not None
    ]
    marked = [PointSource.of_markers(m, content.lines[0], look) for m in content.markers]
    points = make_points(
        sources + [m for m in marked if m is not None],
        dt,
        k0,
        width,
        lambda _, values: (y_range[1] - values) * per_value,
        height,
        bench,
    )
    return TileContent(
        row.id,
        key,
        dt,
        k0,
        width,
        height,
        pixels=pixels,
        y_range=y_range,
        per_column=max((s.per_column for s in spans), default=0.0),
        points=points,
        missing=sum(s.missing for s in spans),
    )


def _color(line: TraceLine, look: Look, index: int) -> Rgba:
    if index > 0 and line.color is not None:
        return line.color
    return look.trace_color(line.color)


def _y_range(
    content: TraceContent, look: Look, spans: Sequence[Spans], bench: Workbench
) -> tuple[float, float]:
    """Values at the bottom and the top edge."""
    override = look.override
    fixed = look.view.fixed_scale if override.y_auto is None else not override.y_auto
    given = override.y_range or (content.y_range if override.y_auto is None else None)
    if given is not None:
        low, high = given
    elif fixed:
        low, high = usual_range(content, bench)
    else:
        low, high = extent_of(
            [_reduce(np.fmin, s.lo) for s in spans], [_reduce(np.fmax, s.hi) for s in spans]
        )
    if high <= low:
        # A flat trace still needs a height; it lies in the middle of one unit, or of what is
        # one at its size: half a unit added to a fill value such as 1e37 is nothing.
        pad = max(0.5, abs(low) * 1e-6)
        low, high = low - pad, low + pad
    centre, half = (low + high) / 2, (high - low) / 2
    half *= (1 + 2 * MARGIN) * override.y_zoom
    half = max(half, float(np.spacing(abs(centre))))
    return centre - half, centre + half


def usual_range(content: TraceContent, bench: Workbench) -> tuple[float, float]:
    """The 1-99 % range of all samples of a row's curves, or the one that is held; no margin."""
    if content.held is not None:
        return content.held
    stats = [bench.stats(line.array, (line.row,)) for line in content.lines]
    return extent_of([s.low[0] for s in stats], [s.high[0] for s in stats])


def _reduce(function: np.ufunc, values: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> float:
    """The extreme of all values that are finite; NaN without any."""
    found = float(function.reduce(values, axis=None)) if values.size else float("nan")
    if np.isinf(found):
        values = values[np.isfinite(values)]
        found = float(function.reduce(values)) if values.size else float("nan")
    return found


def extent_of(lows: Sequence[float], highs: Sequence[float]) -> tuple[float, float]:
    """The lowest and the highest finite value; (0.0, 1.0) without any."""
    low = [v for v in lows if np.isfinite(v)]
    high = [v for v in highs if np.isfinite(v)]
    return (min(low), max(high)) if low and high else (0.0, 1.0)
