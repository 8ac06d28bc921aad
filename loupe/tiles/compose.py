"""Column spans to a picture: premultiplied RGBA with exact coverage, front to back.

Each span becomes ``middle ± hypot(height, width) / 2`` pixels, which is the vertical extent of
a line of that width at that slope; thicker lines take in neighbouring columns, so that spikes
are as thick as flats. Traces are laid from the front to the back, and a word of bits per 64 pixels
tells which still let light through: the cost grows with the picture, not with
gain or overlap. This room knows neither samples nor labels, only spans and pixels.

The tile is stored column by column, ``(W, H, 4)``, as a texture wants it.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.kernels import kernel
from loupe.tiles.grid import I64
from loupe.tiles.share import share

__all__ = ["compose_traces"]

F32: TypeAlias = npt.NDArray[np.float32]
F64: TypeAlias = npt.NDArray[np.float64]
Spans: TypeAlias = tuple[F32, F32]
U8: TypeAlias = npt.NDArray[np.uint8]
U32: TypeAlias = npt.NDArray[np.uint32]
U64: TypeAlias = npt.NDArray[np.uint64]

_DONE = 1.0 / 1024.0
"""A pixel that lets less than this through is finished: a quarter of a grey level."""

_FAR = 1e9
"""Pixels; what lies further out, infinities among them, is drawn as lying here."""

_ONE = np.uint64(1)
_NONE = np.uint64(0)
_ALL = np.uint64(2**64 - 1)
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_SHIFT = np.uint64(58)
_BIT_OF = np.zeros(64, dtype=np.int64)
"""Number of a lone bit, found by multiplying it with a de Bruijn sequence (Leiserson, Prokop and
Randall, "Using de Bruijn sequences to index a 1 in a computer word", 1998)."""
for _bit in range(64):
    _BIT_OF[((0x03F79D71B4CB0A89 << _bit) & (2**64 - 1)) >> 58] = _bit

_CELLS = 500_000
"""Cells (columns x pixel rows) of lines that numpy works on at a time."""

_NO_DASH = np.zeros((1, 4), dtype=np.float64)


def compose_traces(
    lo: F32,
    hi: F32,
    *,
    scale: npt.ArrayLike,
    offset: npt.ArrayLike,
    colors: npt.ArrayLike,
    height: int,
    width: npt.ArrayLike = 1.0,
    order: npt.ArrayLike | None = None,
    clip_top: npt.ArrayLike | None = None,
    clip_bottom: npt.ArrayLike | None = None,
    mark_px: int = 3,
    mark_color: tuple[int, int, int, int] = (255, 255, 255, 255),
    dash: npt.ArrayLike | None = None,
    k0: int = 0,
) -> U8:
    """Draw traces into a tile.

    Parameters
    ----------
    lo, hi
        Spans ``(W, C)`` float32, data values, NaN where there is nothing.
    scale, offset
        Scalars or ``(C,)``: ``y_px = offset - value * scale``; 0 is the tile's top edge.
    colors
        ``(4,)`` or ``(C, 4)`` uint8, not premultiplied.
    height
        Rows of the tile, H.
    width
        Line width, pixels, scalar or ``(C,)``. Below 1 a line of 1 px grows fainter instead.
    order
        Indices of the traces to draw, **front first**; by default ``0 .. C - 1``.
    clip_top, clip_bottom
        Scalars or ``(C,)``, pixels. A trace is kept inside the band; where its curve goes
        beyond, the end is drawn at the band's edge with a clip mark. None is no limit.
    mark_px, mark_color
        Height and colour of clip marks; 0 px draws none.
    dash
        None, or ``(4,)`` or ``(C, 4)``: columns on, off, on, off, repeated along the absolute
        columns; all zero is solid.
    k0
        Absolute number of column 0 of `lo`, which is the phase of dashes.

    Returns
    -------
    ndarray
        ``(W, H, 4)`` uint8, premultiplied.

    Raises
    ------
    ValueError
        If an argument's shape does not fit `lo`.
    """
    if lo.ndim != 2 or lo.shape != hi.shape:
        raise ValueError(
            f"spans must be two arrays of columns x traces, got {lo.shape}, {hi.shape}"
        )
    n_columns, n_traces = lo.shape
    out = np.empty((n_columns, height, 4), dtype=np.uint8)
    pens = _per_trace(width, n_traces)
    core, wide = _widen(lo, hi, pens)
    sequence = np.arange(n_traces) if order is None else np.asarray(order)
    packed = out.view(np.uint32)[:, :, 0] if out.size else np.empty(out.shape[:2], np.uint32)
    per_value, zero = _per_trace(scale, n_traces), _per_trace(offset, n_traces)
    rgba = _per_trace(colors, n_traces, 4)
    front_first = np.require(sequence, np.int64, requirements=["C", "A", "W"])
    top = _per_trace(-math.inf if clip_top is None else clip_top, n_traces)
    bottom = _per_trace(math.inf if clip_bottom is None else clip_bottom, n_traces)
    mark = np.array(mark_color, dtype=np.float64)
    dashes = _NO_DASH if dash is None else _per_trace(dash, n_traces, 4)

    def part(a: int, b: int) -> None:
        _compose(
            core[0][a:b],
            core[1][a:b],
            wide[0][a:b],
            wide[1][a:b],
            per_value,
            zero,
            rgba,
            pens,
            front_first,
            top,
            bottom,
            int(mark_px),
            mark,
            dashes,
            bool(dashes.any()),
            int(k0) + a,
            packed[a:b],
        )

    share(part, n_columns, n_columns * n_traces, _compose)
    return out


def _per_trace(value: npt.ArrayLike, n_traces: int, columns: int = 0) -> F64:
    shape = (n_traces, columns) if columns else (n_traces,)
    return np.array(np.broadcast_to(np.asarray(value, dtype=np.float64), shape), order="C")


def _widen(lo: F32, hi: F32, pens: F64) -> tuple[Spans, Spans]:
    """Join the columns of thick lines with their neighbours.

    Returns the spans within the pen's whole columns of reach, and those with one more on either
    side, which the pen covers in part.
    """
    own = tuple(np.require(a, np.float32, requirements=["C", "A", "W"]) for a in (lo, hi))
    reach = np.maximum(np.floor((pens - 1.0) / 2.0), 0.0).astype(np.int64)
    partly = (pens - 1.0) / 2.0 > reach
    if not (reach + partly).any():
        return (own[0], own[1]), (own[0], own[1])
    core = (own[0].copy(), own[1].copy())
    wide = (core[0].copy(), core[1].copy())
    for spans, reaches in ((core, reach), (wide, reach + partly)):
        for d in range(1, int(reaches.max()) + 1):
            traces = slice(None) if (reaches >= d).all() else np.flatnonzero(reaches >= d)
            for step in (-d, d):
                # Columns whose neighbour lies within the columns that are known.
                a, b = max(step, 0), min(len(lo) + step, len(lo))
                to = slice(a - step, b - step)
                for join, target, source in ((np.fmin, spans[0], lo), (np.fmax, spans[1], hi)):
                    if b > a:
                        target[to, traces] = join(target[to, traces], source[a:b, traces])
    return core, wide


def _dash_shows(dash: F64, columns: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tell which absolute columns lie in the visible part of a dash pattern."""
    period = dash.sum()
    if period <= 0:
        return np.ones(columns.shape, dtype=bool)
    phase = np.mod(columns + 0.5, period)
    shows: npt.NDArray[np.bool_] = (phase < dash[0]) | (
        (phase >= dash[0] + dash[1]) & (phase < dash[:3].sum())
    )
    return shows


def _cells(top: F64, bottom: F64, height: int) -> tuple[I64, I64]:
    """List the (span, row) pairs that spans touch within the tile; NaN spans touch none."""
    with np.errstate(invalid="ignore"):
        shown = bottom > top
    first = np.where(shown, np.clip(np.floor(top), 0, height), 0).astype(np.int64)
    last = np.where(shown, np.clip(np.ceil(bottom), 0, height), 0).astype(np.int64)
    count = np.maximum(last - first, 0)
    span = np.repeat(np.arange(len(top)), count)
    row = np.arange(len(span)) - np.repeat(np.cumsum(count) - count - first, count)
    return span, row


def _overlap(top: F64, bottom: F64, row: I64) -> F64:
    """Return the share of each pixel row that a span covers, 0 for NaN."""
    share: F64 = np.maximum(np.minimum(bottom, row + 1) - np.maximum(top, row), 0.0)
    return np.nan_to_num(share)


def _compose_numpy(
    lo: F32,
    hi: F32,
    wide_lo: F32,
    wide_hi: F32,
    scale: F64,
    offset: F64,
    colors: F64,
    width: F64,
    order: I64,
    clip_top: F64,
    clip_bottom: F64,
    mark_px: int,
    mark_color: F64,
    dashes: F64,
    dashed: bool,
    k0: int,
    out: U32,
) -> None:
    """Do the work of `_compose` with plain numpy: trace by trace, all columns at once."""
    n_out, height = out.shape
    plain = mark_px <= 0 or not (np.isfinite(clip_top).any() or np.isfinite(clip_bottom).any())
    if plain and not dashed and (width <= 1.0).all():
        _compose_thin_numpy(lo, hi, scale, offset, colors, width, order, clip_top, clip_bottom, out)
        return
    through = np.ones((n_out, height))
    colour = np.zeros((n_out, height, 3))
    x = np.arange(n_out)
    open_columns = np.ones(n_out, dtype=bool)

    def lay(column: I64, row: I64, share: F64, rgba: F64) -> None:
        alpha = np.floor(share * 255.0 + 0.5) * (rgba[3] / 65025.0)
        light = through[column, row]
        colour[column, row] += (light * alpha)[:, None] * rgba[:3]
        through[column, row] = light * (1.0 - alpha)

    for number, c in enumerate(order):
        if number % 8 == 0:
            open_columns = through.max(axis=1, initial=0.0) >= _DONE
        here = open_columns & _dash_shows(dashes[c], k0 + x) if dashed else open_columns
        at = np.flatnonzero(here)
        pen, weight = max(width[c], 1.0), min(width[c], 1.0)
        share = (pen - 1.0) / 2.0 % 1.0
        edges = []
        for ends in ((lo, hi), (wide_lo, wide_hi))[: 2 if share > 0 else 1]:
            values = np.array([ends[0][at, c], ends[1][at, c]], dtype=np.float64)
            pixels = np.clip(offset[c] - values * scale[c], -_FAR, _FAR)
            top, bottom = pixels.min(axis=0), pixels.max(axis=0)
            extra = (np.hypot(bottom - top, pen) - (bottom - top)) / 2.0
            edges.append((top, bottom, extra))
        if mark_px > 0:
            for beyond, edge in (
                (edges[0][0] < clip_top[c], clip_top[c]),
                (edges[0][1] > clip_bottom[c], clip_bottom[c] - mark_px),
            ):
                marked = at[beyond]
                first = np.full(len(marked), edge)
                span, row = _cells(first, first + mark_px, height)
                lay(
                    marked[span], row, _overlap(first[span], first[span] + mark_px, row), mark_color
                )
        bands = [
            np.clip([top - extra, bottom + extra], clip_top[c], clip_bottom[c])
            for top, bottom, extra in edges
        ]
        span, row = _cells(
            np.fmin(bands[0][0], bands[-1][0]), np.fmax(bands[0][1], bands[-1][1]), height
        )
        covered = _overlap(bands[0][0][span], bands[0][1][span], row)
        if share > 0:
            wide = _overlap(bands[1][0][span], bands[1][1][span], row)
            covered = covered * (1.0 - share) + wide * share
        lay(at[span], row, covered * weight, colors[c])
    _pack(colour, through, out)


def _pack(colour: F64, through: F64, out: U32) -> None:
    rgb = np.floor(colour + 0.5).astype(np.uint32)
    alpha = np.floor((1.0 - through) * 255.0 + 0.5).astype(np.uint32)
    out[...] = rgb[..., 0] | rgb[..., 1] << 8 | rgb[..., 2] << 16 | alpha << 24


def _compose_thin_numpy(
    lo: F32,
    hi: F32,
    scale: F64,
    offset: F64,
    colors: F64,
    width: F64,
    order: I64,
    clip_top: F64,
    clip_bottom: F64,
    out: U32,
) -> None:
    """Hundreds of plain lines: the cells of many traces at once, then laid trace by trace.

    This is what the first window of a fresh installation shows, so it has to be quick.
    """
    n_out, height = out.shape
    through, colour = np.ones(n_out * height), np.zeros((n_out * height, 3))
    at = np.arange(n_out)
    traces = np.asarray(order)
    while len(traces) and len(at):
        scales, offsets = scale[traces], offset[traces]
        one, two = (offsets[:, None] - a[at][:, traces].T * scales[:, None] for a in (lo, hi))
        top, bottom = np.clip([np.minimum(one, two), np.maximum(one, two)], -_FAR, _FAR)
        extra = (np.hypot(bottom - top, 1.0) - (bottom - top)) / 2.0
        top = np.maximum(top - extra, clip_top[traces, None])
        bottom = np.minimum(bottom + extra, clip_bottom[traces, None])
        with np.errstate(invalid="ignore"):
            rows = np.minimum(bottom, height) - np.maximum(top, 0.0)
        cells = np.cumsum(np.nan_to_num(np.maximum(rows + 2.0, 0.0)).sum(axis=1))
        # So many traces at a time as make a bounded number of cells.
        now = max(1, int(np.searchsorted(cells, _CELLS)))
        starts = np.zeros(now + 1, dtype=np.int64)
        span, row = _cells(top[:now].ravel(), bottom[:now].ravel(), height)
        starts[1:] = np.cumsum(np.bincount(span // len(at), minlength=now))
        share = _overlap(top[:now].ravel()[span], bottom[:now].ravel()[span], row)
        pixel = at[span % len(at)] * height + row
        weight = np.minimum(width[traces], 1.0)
        for i, c in enumerate(traces[:now]):
            cell = slice(starts[i], starts[i + 1])
            place = pixel[cell]
            alpha = np.floor(share[cell] * weight[i] * 255.0 + 0.5) * (colors[c, 3] / 65025.0)
            light = through[place]
            ink = light * alpha
            through[place] = light - ink
            colour[place] += ink[:, None] * colors[c, :3]
        traces = traces[now:]
        at = at[through.reshape(n_out, height)[at].max(axis=1, initial=0.0) >= _DONE]
    _pack(colour.reshape(n_out, height, 3), through.reshape(n_out, height), out)


@kernel
def _lay_block(
    pixels: F32, unfinished: U64, top: float, bottom: float, ink: F32, alpha: float
) -> int:
    """Lay a block of ink ``(4,)`` over whole pixel rows; return how many pixels it finished."""
    finished = 0
    first = max(math.floor(top + 0.5), 0)
    for y in range(first, min(math.floor(bottom + 0.5), len(pixels))):
        bit = _ONE << np.uint64(y & 63)
        if unfinished[y >> 6] & bit == _NONE:
            continue
        part = pixels[y, 3] * np.float32(alpha)
        for channel in range(4):
            pixels[y, channel] += part * ink[channel]
        if pixels[y, 3] < _DONE:
            unfinished[y >> 6] ^= bit
            finished += 1
    return finished


@kernel
def _dash_shows_column(dashes: F64, c: int, column: int) -> bool:
    """Tell whether one absolute column is in the visible part of a trace's dashes."""
    on, off, on2, off2 = dashes[c, 0], dashes[c, 1], dashes[c, 2], dashes[c, 3]
    period = on + off + on2 + off2
    if not (period > 0.0):
        return True
    phase = (column + 0.5) % period
    return bool(phase < on or (phase >= on + off and phase < on + off + on2))


@kernel
def _pen_ends(top: float, bottom: float, pen: float) -> tuple[float, float]:
    """Stretch a curve's ends to those of a line of width `pen`; infinities come far outside."""
    top = max(top, -_FAR)
    bottom = min(bottom, _FAR)
    rise = bottom - top
    extra = (math.sqrt(rise * rise + pen * pen) - rise) * 0.5
    return top - extra, bottom + extra


@kernel(twin=_compose_numpy)
def _compose(
    lo: F32,
    hi: F32,
    wide_lo: F32,
    wide_hi: F32,
    scale: F64,
    offset: F64,
    colors: F64,
    width: F64,
    order: I64,
    clip_top: F64,
    clip_bottom: F64,
    mark_px: int,
    mark_color: F64,
    dashes: F64,
    dashed: bool,
    k0: int,
    out: U32,
) -> None:
    """Fill `out`, packed little-endian RGBA; see `compose_traces`."""
    n_out, height = out.shape
    tall = np.float64(height)
    pixels = np.empty((height, 4), dtype=np.float32)
    # One bit a pixel that still lets light through, 64 pixels a word.
    n_words = (height + 63) >> 6
    unfinished = np.empty(n_words, dtype=np.uint64)
    n_traces = len(colors)
    # The last line is the colour of clip marks. Laying ink takes away light: hence the -1.
    ink = np.empty((n_traces + 1, 4), dtype=np.float32)
    opacity = np.empty(n_traces + 1)
    for c in range(n_traces + 1):
        for channel in range(3):
            ink[c, channel] = mark_color[channel] if c == n_traces else colors[c, channel]
        ink[c, 3] = -1.0
        opacity[c] = (mark_color[3] if c == n_traces else colors[c, 3]) / 255.0
    for x in range(n_out):
        for y in range(height):
            pixels[y, 0] = 0.0
            pixels[y, 1] = 0.0
            pixels[y, 2] = 0.0
            pixels[y, 3] = 1.0
        for word in range(n_words):
            unfinished[word] = _ALL
        if height & 63:
            unfinished[n_words - 1] = _ALL >> np.uint64(64 - (height & 63))
        finished = 0
        for c in order:
            if finished >= height:
                break
            if dashed and not _dash_shows_column(dashes, c, k0 + x):
                continue
            top = offset[c] - lo[x, c] * scale[c]
            bottom = offset[c] - hi[x, c] * scale[c]
            if top > bottom:
                top, bottom = bottom, top
            wide_top, wide_bottom = top, bottom
            pen = width[c]
            share = 0.0
            weight = 1.0
            level = opacity[c] / 255.0
            if pen > 1.0:
                share = (pen - 1.0) * 0.5 % 1.0
                if share > 0.0:
                    wide_top = offset[c] - wide_lo[x, c] * scale[c]
                    wide_bottom = offset[c] - wide_hi[x, c] * scale[c]
                    if wide_top > wide_bottom:
                        wide_top, wide_bottom = wide_bottom, wide_top
            else:
                weight = pen
                pen = 1.0
            if mark_px > 0:
                # NaN is neither over nor under the band.
                if top < clip_top[c]:
                    edge = clip_top[c]
                    finished += _lay_block(
                        pixels, unfinished, edge, edge + mark_px, ink[n_traces], opacity[n_traces]
                    )
                if bottom > clip_bottom[c]:
                    edge = clip_bottom[c]
                    finished += _lay_block(
                        pixels, unfinished, edge - mark_px, edge, ink[n_traces], opacity[n_traces]
                    )
            # Written so that NaN, where there is no curve, is passed over too.
            if not (wide_bottom > -pen and wide_top < tall + pen):
                continue
            wide_top, wide_bottom = _pen_ends(wide_top, wide_bottom, pen)
            if wide_top < clip_top[c]:
                wide_top = clip_top[c]
            if wide_bottom > clip_bottom[c]:
                wide_bottom = clip_bottom[c]
            first, last = wide_top, wide_bottom
            # Pixels between these are covered by the narrow and the wide span alike.
            inner_top, inner_bottom = wide_top, wide_bottom
            if share > 0.0:
                top, bottom = _pen_ends(top, bottom, pen)
                if top < clip_top[c]:
                    top = clip_top[c]
                if bottom > clip_bottom[c]:
                    bottom = clip_bottom[c]
                first, last = min(first, top), max(last, bottom)
                inner_top = max(top, wide_top) if top == top else np.inf
                inner_bottom = min(bottom, wide_bottom)
            if first < 0.0:
                first = 0.0
            if last > tall:
                last = tall
            if not (last > first):
                continue
            y0, y1 = int(first), math.ceil(last) - 1
            full = np.float32(np.int32(weight * 255.0 + 0.5) * level)
            for word in range(y0 >> 6, (y1 >> 6) + 1):
                bits = unfinished[word]
                if word == y0 >> 6:
                    bits &= _ALL << np.uint64(y0 & 63)
                if word == y1 >> 6:
                    bits &= _ALL >> np.uint64(63 - (y1 & 63))
                while bits != _NONE:
                    bit = bits & (~bits + _ONE)
                    bits ^= bit
                    y = (word << 6) + _BIT_OF[np.int64((bit * _DE_BRUIJN) >> _SHIFT)]
                    alpha = full
                    upper = np.float64(y)
                    if upper < inner_top or upper + 1.0 > inner_bottom:
                        covered = min(wide_bottom, upper + 1.0) - max(wide_top, upper)
                        if share > 0.0:
                            core = min(bottom, upper + 1.0) - max(top, upper)
                            covered = max(covered, 0.0) * share
                            if core > 0.0:
                                covered += core * (1.0 - share)
                        alpha = np.float32(np.int32(covered * weight * 255.0 + 0.5) * level)
                    part = pixels[y, 3] * alpha
                    pixels[y, 0] += part * ink[c, 0]
                    pixels[y, 1] += part * ink[c, 1]
                    pixels[y, 2] += part * ink[c, 2]
                    pixels[y, 3] -= part
                    if pixels[y, 3] < _DONE:
                        unfinished[word] ^= bit
                        finished += 1
        for y in range(height):
            out[x, y] = (
                np.uint32(np.int32(pixels[y, 0] + 0.5))
                | np.uint32(np.int32(pixels[y, 1] + 0.5)) << np.uint32(8)
                | np.uint32(np.int32(pixels[y, 2] + 0.5)) << np.uint32(16)
                | np.uint32(np.int32((1.0 - pixels[y, 3]) * 255.0 + 0.5)) << np.uint32(24)
            )
