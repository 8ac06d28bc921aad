"""Sample markers and symbol curves: which samples get a symbol, and where it stands.

When symbols crowd, one per pixel column and trace is kept, so their number
never exceeds what can be seen apart.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from loupe.errors import LoupeConfigError
from loupe.scene.frame import SYMBOLS
from loupe.scene.looks import Look
from loupe.scene.model import ArrayRef, MarkerSet, TraceLine
from loupe.scene.rows import matching_rows
from loupe.scene.sources import Opener, physical
from loupe.scene.tile import Points
from loupe.scene.workbench import Workbench
from loupe.session.markers import SampleMarkers
from loupe.units import Rgba
from loupe.work import check_cancelled

__all__ = ["CompiledMarkers", "PointSource", "make_points", "marker_key", "marker_sets"]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

PER_COLUMN = 4
"""More marked samples a column than this, and only one a column is drawn."""

PIECE_SAMPLES = 1 << 20
"""So many samples are looked at in one go."""


@dataclass(frozen=True, eq=False, slots=True)
class CompiledMarkers:
    """A marker set of a plot, before it is told which rows it serves."""

    whole: MarkerSet
    by_row: tuple[int, ...]

    def for_row(self, row: int) -> MarkerSet:
        """The set for one stacked row."""
        return replace(self.whole, mask_rows=(self.by_row[row],))

    def for_rows(self, rows: Sequence[int]) -> MarkerSet:
        """The set for the traces of a dense row, in their order."""
        return replace(self.whole, mask_rows=tuple(self.by_row[r] for r in rows))


def marker_sets(
    configs: Sequence[SampleMarkers], host: ArrayRef, opener: Opener, plot_id: str
) -> tuple[CompiledMarkers, ...]:
    """Open the masks of a plot and match their rows with the host's.

    Raises
    ------
    LoupeConfigError
        If a mask lacks a dimension of the host.
    """
    found = []
    for number, config in enumerate(configs):
        mask = opener.array(config.bool_array)
        a, b = host.data.info, mask.data.info
        missing = [d for d in a.dims if d not in b.dims]
        unknown = mask.data.n_rows > 1 and not any(d in b.dims for d in a.dims)
        if missing and (host.data.n_rows > 1 or unknown):
            raise LoupeConfigError(
                f"sample_markers[{number}]: `bool_array` lacks the dimension `{missing[0]}` of the "
                "trace's data",
                hint=f"its dimensions are: {', '.join(b.dims) or 'time only'}",
                code="data-marker",
                place=("sample_markers", number),
            )
        by_row = tuple(matching_rows(a, host.data.n_rows, b, mask.data.n_rows).tolist())
        whole = MarkerSet(
            id=f"{plot_id}/{config.id or f'markers{number}'}",
            name=config.id or b.name or f"markers {number + 1}",
            symbol=config.marker,
            color=config.drawn_color,
            size=config.drawn_size,
            mask=mask,
            mask_rows=(),
            visible=config.visible,
        )
        found.append(CompiledMarkers(whole, by_row))
    return tuple(found)


def marker_key(markers: Sequence[MarkerSet], look: Look) -> Hashable:
    """What the user changed of these sets."""
    return tuple(look.markers.get(m.id) for m in markers)


@dataclass(frozen=True, eq=False, slots=True)
class PointSource:
    """Symbols of one trace.

    Attributes
    ----------
    array, row
        Where the values are.
    trace
        Number of the trace in its row, for placing.
    mask, mask_row
        Samples to mark; None marks every sample.
    """

    array: ArrayRef
    row: int
    trace: int
    symbol: str
    color: Rgba
    size: float
    filled: bool
    mask: ArrayRef | None = None
    mask_row: int = -1

    @classmethod
    def of_line(cls, line: TraceLine, color: Rgba, look: Look) -> PointSource:
        """Every sample of a curve drawn as symbols."""
        return cls(
            line.array, line.row, 0, line.symbol or "o", color, look.px(line.symbol_size), True
        )

    @classmethod
    def of_markers(
        cls, markers: MarkerSet, line: TraceLine, look: Look, trace: int = 0
    ) -> PointSource | None:
        """Marked samples of a curve; None when the set is hidden or does not know the curve."""
        if not markers.visible or markers.mask_rows[trace] < 0:
            return None
        changed = look.markers.get(markers.id)
        symbol, color, size = markers.symbol, markers.color, markers.size
        if changed is not None:
            symbol, color = changed.symbol or symbol, changed.color or color
            size = changed.size or size
        return cls(
            line.array,
            line.row,
            trace,
            symbol,
            color,
            look.px(size),
            symbol == "o",
            markers.mask,
            markers.mask_rows[trace],
        )


def make_points(
    sources: Sequence[PointSource],
    dt: float,
    k0: int,
    width: int,
    place: Callable[[int, F64], F64],
    height: int,
    bench: Workbench,
    band: Callable[[int], tuple[float, float]] | None = None,
) -> Points | None:
    """Place the symbols of a tile.

    Parameters
    ----------
    place
        From a trace's number and physical values to pixels from the tile's top.
    band
        Top and bottom of a trace's vertical lines; the whole height by default.

    Returns
    -------
    Points or None
        None without any.

    Raises
    ------
    LoupeDataError
        If a store fails.
    """
    ts, ys, sizes, symbols, colors, filled = [], [], [], [], [], []
    lines, line_colors, line_widths = [], [], []
    for source in sources:
        t, values = _marked(source, dt, k0, width, bench)
        if not len(t):
            continue
        if source.symbol == "vline":
            top, bottom = band(source.trace) if band else (0.0, float(height))
            lines.append(np.column_stack([t, np.full(len(t), top), np.full(len(t), bottom)]))
            line_colors.append(np.tile(np.array(source.color, dtype=np.uint8), (len(t), 1)))
            line_widths.append(np.full(len(t), max(source.size, 1.0), dtype=np.float32))
            continue
        y = place(source.trace, values)
        keep = np.isfinite(y)
        n = int(keep.sum())
        ts.append(t[keep])
        ys.append(y[keep].astype(np.float32))
        sizes.append(np.full(n, source.size, dtype=np.float32))
        symbols.append(np.full(n, SYMBOLS.index(source.symbol), dtype=np.uint8))
        colors.append(np.tile(np.array(source.color, dtype=np.uint8), (n, 1)))
        filled.append(np.full(n, source.filled))
    if not ts and not lines:
        return None
    return Points(
        _join(ts, (0,), np.float64),
        _join(ys, (0,), np.float32),
        _join(sizes, (0,), np.float32),
        _join(symbols, (0,), np.uint8),
        _join(colors, (0, 4), np.uint8),
        _join(filled, (0,), np.bool_),
        _join(lines, (0, 3), np.float64),
        _join(line_colors, (0, 4), np.uint8),
        _join(line_widths, (0,), np.float32),
    )


def _join(
    parts: Sequence[npt.NDArray[Any]], shape: tuple[int, ...], dtype: npt.DTypeLike
) -> npt.NDArray[Any]:
    return np.concatenate(parts).astype(dtype) if parts else np.zeros(shape, dtype=dtype)


def _marked(
    source: PointSource, dt: float, k0: int, width: int, bench: Workbench
) -> tuple[F64, F64]:
    """Times and physical values of the samples that get a symbol; found at the first call.

    Another gain or height of a row needs them anew, but nothing else of the data.
    """
    mask = None if source.mask is None else source.mask.key
    name = (source.array.key, source.row, mask, source.mask_row, source.symbol == "vline")
    t, values = bench.marks((*name, dt, k0, width), lambda: _found(source, dt, k0, width, bench))
    return t, values


def _found(source: PointSource, dt: float, k0: int, width: int, bench: Workbench) -> F64:
    """Times and values as ``(2, n)``; a zoomed-out tile is gone through piece by piece."""
    lines = source.mask is not None and source.symbol == "vline"
    axis = source.mask.data.time if lines and source.mask is not None else source.array.data.time
    i0, i1 = axis.bracket(k0 * dt, (k0 + width) * dt)
    parts = [(np.zeros(0), np.zeros(0))]
    for a in range(i0, i1, PIECE_SAMPLES):
        check_cancelled()
        b = min(a + PIECE_SAMPLES, i1)
        found = _lines_in(source, a, b, bench) if lines else _symbols_in(source, a, b, bench)
        parts.append(_one_per_column(*found, dt, width))
    t, values = (np.concatenate(same) for same in zip(*parts, strict=True))
    return np.stack(_one_per_column(t, values, dt, width))


def _lines_in(source: PointSource, m0: int, m1: int, bench: Workbench) -> tuple[F64, F64]:
    """Marks of a mask among its samples ``m0 .. m1 - 1``."""
    assert source.mask is not None
    mask = source.mask.data
    flags = mask.read(slice(source.mask_row, source.mask_row + 1), m0, m1)[0]
    bench.count("reads")
    marked = mask.time.times(m0, m1)[np.nan_to_num(flags.astype(np.float64)) != 0]
    return marked, np.zeros(len(marked))


def _symbols_in(source: PointSource, i0: int, i1: int, bench: Workbench) -> tuple[F64, F64]:
    """Marked samples among ``i0 .. i1 - 1``; the data are read only where there are any."""
    data = source.array.data
    times = data.time.times(i0, i1)
    if source.mask is None:
        chosen = np.arange(len(times))
    else:
        half = data.time.period / 2 * 1.001
        m0, m1 = source.mask.data.time.bracket(float(times[0]) - half, float(times[-1]) + half)
        chosen = _nearest(times, _lines_in(source, m0, m1, bench)[0], data.time.period)
    if not len(chosen):
        return np.zeros(0), np.zeros(0)
    raw = data.read(slice(source.row, source.row + 1), i0, i1)[0]
    bench.count("reads")
    return times[chosen], physical(data, raw[chosen])


def _nearest(times: F64, wanted: F64, period: float) -> npt.NDArray[np.intp]:
    """Indices of the samples at the wanted times (within half a period)."""
    if not len(times) or not len(wanted):
        return np.zeros(0, dtype=np.intp)
    right = np.clip(np.searchsorted(times, wanted), 0, len(times) - 1)
    left = np.maximum(right - 1, 0)
    index = np.where(np.abs(times[left] - wanted) < np.abs(times[right] - wanted), left, right)
    near = np.abs(times[index] - wanted) <= max(period, 1e-12) / 2 * 1.001
    return np.unique(index[near])


def _one_per_column(t: F64, values: F64, dt: float, width: int) -> tuple[F64, F64]:
    """All of them, or where they crowd the value of largest magnitude of each column."""
    if len(t) <= PER_COLUMN * width:
        return t, values
    column = np.floor(t / dt).astype(np.int64)
    order = np.lexsort((-np.abs(np.nan_to_num(values)), column))
    _, first = np.unique(column[order], return_index=True)
    kept = np.sort(order[first])
    return t[kept], values[kept]
