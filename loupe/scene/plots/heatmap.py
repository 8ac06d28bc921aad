"""Heatmaps: the rows of an array as an image over time, one subplot a group."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from loupe.errors import LoupeConfigError
from loupe.scene.colormaps import colormap_name, lut_of
from loupe.scene.frame import MAX_SIDE
from loupe.scene.looks import Look
from loupe.scene.model import ArrayRef, HeatmapContent, Row
from loupe.scene.rows import (
    NA,
    coordinate,
    is_missing,
    is_numeric,
    natural_key,
    order_rows,
    prefix_of,
    text_of,
    unit_text,
)
from loupe.scene.sources import Opener
from loupe.scene.tile import TileContent, TileJob
from loupe.scene.workbench import Workbench
from loupe.session.plots.heatmap import HeatmapConfig
from loupe.session.source import InMemory
from loupe.session.suggest import did_you_mean
from loupe.tiles.heat import fold_edges, fold_rows

__all__ = ["ROW_PX", "compile_rows", "job", "levels", "lines_of"]

KEPT_CELLS = 4_000_000
"""Cells of a tile, 16 MB of them, up to which those of all rows are kept."""

HEIGHT = 200.0
ROW_PX = 12.0
"""Natural heights: of a heatmap, or of each of its rows when proportional; logical pixels."""


def compile_rows(plot: int, config: HeatmapConfig, plot_id: str, opener: Opener) -> tuple[Row, ...]:
    """One row a group of `split_by`, top first.

    Raises
    ------
    LoupeConfigError, LoupeDataError
        If data or coordinates are not there, or more than one dimension is left.
    """
    array = opener.array(config.data)
    info = array.data.info
    groups = _groups(array, config)
    prefix = _prefix(config, array)
    rows = []
    for number, (value, members) in enumerate(groups):
        order = order_rows(
            info,
            array.data.n_rows,
            config.order_by,
            descending=config.descending,
            subset=members,
            natural=False,
        )
        name = f"{config.split_by}={text_of(value)}" if config.split_by else ""
        spec = _cmap_of(config, value, number)
        shade = config.shade_nans
        title = prefix or config.title or info.name or "heatmap"
        rows.append(
            Row(
                id=f"{plot_id}/{name or 'all'}",
                plot=plot,
                kind="heatmap",
                title=title,
                subtitle=name or f"{len(order)} rows",
                group=name,
                units=unit_text(info.units),
                content=HeatmapContent(
                    array=array,
                    order=order,
                    row_names=_row_names(array, order, config.order_by),
                    lut_name=colormap_name(spec),
                    lut=lut_of(spec),
                    vmin=config.vmin,
                    vmax=config.vmax,
                    percentiles=config.percentiles,
                    method=config.decim_method,
                    nan_color=None
                    if not shade
                    else shade.color.with_alpha(round(shade.opacity * 255)),
                    colorbar=config.colorbar,
                ),
                weight=config.height,
                hidden=not config.visible or name in config.hidden,
            )
        )
    return tuple(rows)


def _prefix(config: HeatmapConfig, array: ArrayRef) -> str:
    if isinstance(config.array_name, InMemory):
        return str(config.array_name.value(array.data.info.name))
    return prefix_of(config.array_name or False, array.data.info)


def _groups(array: ArrayRef, config: HeatmapConfig) -> list[tuple[object, npt.NDArray[np.intp]]]:
    info = array.data.info
    every = np.arange(array.data.n_rows, dtype=np.intp)
    left = [d for d in info.dims if d != config.split_by]
    if config.split_by is None:
        if len(info.dims) != 1:
            raise _wrong_dims(info.dims, config.split_by)
        return [(None, every)]
    values = coordinate(info, config.split_by, what="split_by")
    if len(left) != 1 and not (len(info.dims) == 1 and config.split_by not in info.dims):
        raise _wrong_dims(tuple(left), config.split_by)
    texts = [("" if is_missing(v) else text_of(v)) for v in values]
    distinct: dict[str, object] = {t: v for t, v in zip(texts, values, strict=True) if t}
    if is_numeric(values):
        keys = sorted(distinct, key=lambda t: float(distinct[t]))  # type: ignore[arg-type]
    else:
        keys = sorted(distinct, key=natural_key)
    if "" in texts:
        # Rows without a value are data too: they come last, in a group of their own.
        distinct[""] = NA
        keys.append("")
    where = np.asarray(texts, dtype=object)
    return [(distinct[k], every[where == k]) for k in keys]


def _wrong_dims(left: Sequence[str], split_by: str | None) -> LoupeConfigError:
    after = f" after `split_by = {split_by}`" if split_by else ""
    have = ", ".join(left) or "none"
    return LoupeConfigError(
        f"a heatmap needs exactly one dimension besides time{after}, but there are: {have}",
        hint="split by one of them, or pick one of its values with `select`",
        code="data-heatmap",
        place=("split_by",) if split_by else ("data",),
    )


def _row_names(
    array: ArrayRef, order: npt.NDArray[np.intp], order_by: str | None
) -> tuple[str, ...]:
    info = array.data.info
    if order_by is not None:
        return tuple(text_of(v) for v in info.coords[order_by][order])
    return tuple(info.row_names[r] for r in order)


def _cmap_of(config: HeatmapConfig, value: object, number: int) -> object:
    cmap = config.cmap
    if isinstance(cmap, Mapping):
        key = text_of(value)
        if key not in cmap:
            raise LoupeConfigError(
                f"`cmap` has no entry for the group `{key}` of `{config.split_by}`",
                hint=did_you_mean(key, cmap, what="entries"),
                code="data-cmap",
                place=("cmap",),
            )
        cmap = cmap[key]
    elif isinstance(cmap, tuple):
        cmap = cmap[number % len(cmap)]
    if isinstance(cmap, InMemory):
        return _resolved(cmap.value, value, number)
    return cmap


def _resolved(given: object, value: object, number: int) -> object:
    """A colormap object as it is; a function of the group (and its number) as what it returns."""
    if not callable(given) or hasattr(given, "lut") or hasattr(given, "N"):
        return given
    import inspect

    n_arguments = len(inspect.signature(given).parameters)
    made = given(value, number) if n_arguments >= 2 else given(value)
    return made.value if isinstance(made, InMemory) else made


def levels(
    content: HeatmapContent, look: Look, measured: tuple[float, float]
) -> tuple[float, float]:
    """Values at both ends of the colour table: the user's, the session's, or as measured."""
    o = look.override
    low = next((v for v in (o.vmin, content.vmin) if v is not None), measured[0])
    high = next((v for v in (o.vmax, content.vmax) if v is not None), measured[1])
    # The GPU compares in float32: the step must be one there too.
    return (low, high) if high > low else (low, low + max(1e-6, abs(low) * 1e-6))


def lines_of(content: HeatmapContent, look: Look) -> int | None:
    """How many lines the rows are folded into, one a device pixel; None where they need no fold."""
    lines = min(max(math.ceil(look.height * look.magnified), 1), MAX_SIDE)
    return lines if len(content.order) > lines else None


def job(row: Row, look: Look, dt: float, k0: int, width: int) -> TileJob:
    """The tile of ``width`` columns from ``k0``; levels and colours are not in it."""
    content = row.content
    if not isinstance(content, HeatmapContent):
        raise TypeError(f"{row.id} is not a heatmap")
    method = look.override.method or content.method
    lines = lines_of(content, look)
    key = (row.id, row.revision, dt, k0, width, method, lines)

    def run(bench: Workbench) -> TileContent:
        rows = tuple(content.order[::-1].tolist())
        # Few enough cells are kept row by row: another height folds those that are there.
        folded = lines is not None and width * len(rows) > KEPT_CELLS
        heat = bench.heat(content.array, rows, method, dt, k0, width, lines if folded else None)
        values = heat.values
        if lines is not None and not folded:
            values = fold_rows(values, fold_edges(len(rows), lines), method)
        held = content.held
        if held is None:
            held = bench.stats(content.array, tuple(sorted(rows)), content.percentiles).pooled
        return TileContent(
            row.id,
            key,
            dt,
            k0,
            width,
            look.height,
            values=values,
            y_range=held,
            per_column=heat.per_column,
            missing=heat.missing,
            rows_a_line=len(rows) / lines if lines else 1.0,
        )

    return TileJob(key, row.id, dt, k0, width, run)
