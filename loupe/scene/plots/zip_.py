"""Zip: traces of several arrays together, one stacked row for each shared coordinate value."""

from __future__ import annotations

import numpy as np

from loupe.scene.model import ArrayRef, LegendEntry, Row, TraceContent, TraceLine
from loupe.scene.rows import coordinate, text_of, unit_text
from loupe.scene.sources import Opener
from loupe.scene.theme import OKABE_ITO
from loupe.session.plots.zip import Zip
from loupe.units import Rgba

__all__ = ["compile_rows"]


def compile_rows(plot: int, config: Zip, plot_id: str, opener: Opener) -> tuple[Row, ...]:
    """Rows of a zip: the union of all values of `on` in first-seen order.

    Arrays with further dimensions give a row for each combination.

    Raises
    ------
    LoupeConfigError, LoupeDataError
        If data are not there or an array lacks the coordinate.
    """
    arrays = [opener.array(t.data) for t in config.traces]
    colors = _colors(config)
    names = [a.data.info.name or f"trace {i + 1}" for i, a in enumerate(arrays)]
    members: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for i, array in enumerate(arrays):
        for r, parts in enumerate(_keys(array, config.on)):
            members.setdefault(parts, []).append((i, r))
    legend = tuple(LegendEntry(n, c) for n, c in zip(names, colors, strict=True))
    rows = []
    for number, (parts, found) in enumerate(members.items()):
        key = "-".join(parts)
        lines = tuple(
            TraceLine(arrays[i], r, names[i], colors[i], config.traces[i].line_width)
            for i, r in found
        )
        title = f"{config.array_name}: {key}" if config.array_name else f"{config.on} {key}"
        rows.append(
            Row(
                id=f"{plot_id}/{key}",
                plot=plot,
                kind="trace",
                title=title,
                subtitle=unit_text(arrays[found[0][0]].data.info.units),
                units=unit_text(arrays[found[0][0]].data.info.units),
                legend=legend if config.legend and number == 0 else (),
                content=TraceContent(lines, y_range=config.y_ranges.get(key, config.y_range)),
                weight=config.height,
                hidden=not config.visible or key in config.hidden or title in config.hidden,
                bad=key in config.bad or title in config.bad,
            )
        )
    return tuple(rows)


def _colors(config: Zip) -> list[Rgba]:
    if config.colors is not None:
        return list(config.colors)
    return [
        t.color if t.color is not None else OKABE_ITO[i % len(OKABE_ITO)]
        for i, t in enumerate(config.traces)
    ]


def _keys(array: ArrayRef, on: str) -> list[tuple[str, ...]]:
    """What joins each row of an array: its value of `on`, then those of its other dimensions."""
    info = array.data.info
    values = coordinate(info, on, what="on")
    others = [d for d in info.dims if d != on and not np.array_equal(info.coords[d], values)]
    if on not in info.dims and len(info.dims) == 1:
        others = []
    return [
        (text_of(values[r]), *(text_of(info.coords[d][r]) for d in others))
        for r in range(array.data.n_rows)
    ]
