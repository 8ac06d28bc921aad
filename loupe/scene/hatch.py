"""Patterns of states, so that colour is never the only sign of a label.

One pattern a state, by its place among the definitions; the first is plain. The patterns are
arithmetic on whole pixels: the renderer's shader, `strokes` for painters and the tests compute
the same lines. Pure numpy; knows neither Qt nor GL.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from loupe.scene.frame import Hatch, RectsItem
from loupe.scene.intervals import Bands, bands_item
from loupe.scene.theme import Theme

__all__ = [
    "BAR_INK_ALPHA",
    "BAR_PITCH",
    "PATTERNS",
    "ROW_PITCH",
    "hatch_item",
    "pattern_of",
    "state_patterns",
    "strokes",
]

PATTERNS = ("plain", "rising", "falling", "dots", "crossed", "level", "upright", "squared")
"""Patterns by code; neighbours differ most."""

_INKED = len(PATTERNS) - 1

ROW_PITCH = 10
"""Logical pixels from line to line over plots."""

BAR_PITCH = 5
"""Logical pixels from line to line in the strip and in bars."""

BAR_INK_ALPHA = 150
"""Opacity of lines on full colour."""

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]


def state_patterns(names: Sequence[str], known: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Number of each state: its place among `known`; others follow by name.

    Returns
    -------
    ndarray
        ``(names,)`` uint8, for `pattern_of`.
    """
    others = sorted(set(names) - set(known))
    place = {name: i for i, name in enumerate([*known, *others])}
    return np.array([place[name] % 256 for name in names], dtype=np.uint8)


def pattern_of(number: int) -> tuple[int, int]:
    """Code of a state's pattern, and a factor on its pitch: after seven states lines lie wider.

    >>> [PATTERNS[pattern_of(number)[0]] for number in (0, 1, 2, 7)]
    ['plain', 'rising', 'falling', 'squared']
    >>> pattern_of(8)
    (1, 2)
    """
    if number == 0:
        return 0, 1
    turn, code = divmod(number - 1, _INKED)
    return code + 1, 1 + turn % 2


_PAIRS = np.array([pattern_of(number) for number in range(256)], dtype=np.uint8)


def hatch_item(
    found: Bands,
    y0: float,
    y1: float,
    numbers: npt.NDArray[np.uint8],
    theme: Theme,
    *,
    pitch: int,
    width: int,
    k0: int,
    alpha: float | None = None,
) -> RectsItem | None:
    """The lines on bands; they move with the data.

    Parameters
    ----------
    numbers
        State number of each label code, see `state_patterns`.
    pitch, width
        Device pixels from line to line, and of a line.
    k0
        Column of the time grid at the left edge.
    alpha
        As for `bands_item`.

    Returns
    -------
    RectsItem or None
        None if all bands are plain.
    """
    mine = numbers[found.codes]
    inked = np.flatnonzero(mine)
    if not len(inked):
        return None
    some = Bands(found.x0[inked], found.x1[inked], found.colors[inked], found.codes[inked])
    item = bands_item(some, y0, y1, alpha)
    pairs = _PAIRS[mine[inked]]
    pitches = (pairs[:, 1].astype(np.int64) * pitch).astype(np.uint16)
    # A whole turn of every pitch, so that the pattern stays with its data on any page.
    hatch = Hatch(pairs[:, 0], pitches, width, x=-int(k0) % (2 * pitch))
    return RectsItem(item.rects, _ink(item.colors, theme), hatch=hatch)


def _ink(colors: npt.NDArray[np.uint8], theme: Theme) -> npt.NDArray[np.uint8]:
    """Over a translucent fill its own colour, stronger; on a full one the ground's."""
    ink = colors.copy()
    strong = colors[:, 3] > 128
    ink[~strong, 3] = np.minimum(colors[~strong, 3].astype(int) * 2, 255)
    ink[strong] = np.array(theme.panel.with_alpha(BAR_INK_ALPHA), dtype=np.uint8)
    return ink


def strokes(
    number: int, x0: F64, x1: F64, y0: float, y1: float, pitch: float, origin: float = 0.0
) -> F64:
    """The lines of a state's pattern in bars that share their top and bottom.

    Parameters
    ----------
    number
        The state's, see `state_patterns`.
    x0, x1
        ``(n,)`` edges of the bars.
    pitch
        Pixels from line to line, as for a first turn of states.
    origin
        A place where an upright line stands.

    Returns
    -------
    ndarray
        ``(m, 4)``: x, y of both ends of each line.
    """
    code, factor = pattern_of(number)
    step = pitch * factor
    pattern = PATTERNS[code]
    parts: list[F64] = []
    if pattern in ("rising", "crossed"):
        c, a = _multiples(x0 - origin, x1 - origin + (y1 - y0), step)
        left = np.maximum(x0[a], c + origin - (y1 - y0))
        right = np.minimum(x1[a], c + origin)
        parts.append(_lines(left, y0 + (c + origin - left), right, y0 + (c + origin - right)))
    if pattern in ("falling", "crossed"):
        c, a = _multiples(x0 - origin - (y1 - y0), x1 - origin, step)
        left = np.maximum(x0[a], c + origin)
        right = np.minimum(x1[a], c + origin + (y1 - y0))
        parts.append(_lines(left, y0 + (left - c - origin), right, y0 + (right - c - origin)))
    if pattern in ("upright", "squared"):
        c, _ = _multiples(x0 - origin, x1 - origin, step)
        parts.append(_lines(c + origin, np.full(len(c), y0), c + origin, np.full(len(c), y1)))
    rows = np.arange(y0 + step // 2 + 0.5, y1, step)
    if pattern in ("level", "squared"):
        parts += [_lines(x0, np.full(len(x0), y), x1, np.full(len(x0), y)) for y in rows]
    if pattern == "dots":
        c, a = _multiples(x0 - origin, x1 - origin, step)
        right = np.minimum(c + origin + step / 4, x1[a])
        parts += [_lines(c + origin, np.full(len(c), y), right, np.full(len(c), y)) for y in rows]
    if not parts:
        return np.empty((0, 4))
    found: F64 = np.concatenate(parts)
    long = (found[:, 0] < found[:, 2]) | (found[:, 1] != found[:, 3])
    kept: F64 = found[long]
    return kept


def _multiples(low: F64, high: F64, step: float) -> tuple[F64, npt.NDArray[np.intp]]:
    """Multiples of `step` in each stretch, and the stretch that each lies in."""
    first = np.ceil(low / step).astype(np.int64)
    counts = np.maximum(np.ceil(high / step).astype(np.int64) - first, 0)
    within = np.repeat(np.arange(len(low)), counts)
    nth = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    return (first[within] + nth) * float(step), within


def _lines(x0: F64, y0: F64, x1: F64, y1: F64) -> F64:
    return np.stack([x0, y0, x1, y1], axis=1)
