"""Paints the overview: the whole recording's labels, one lane a state, and the window in it.

One QPainter function for the window's panel and for `loupe render`. Costs what
its pixels cost, however many labels there are.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from loupe.labels.table import IntervalTable
from loupe.scene.frame import TextRun
from loupe.scene.layout import GUTTER_LEFT
from loupe.scene.theme import UNKNOWN_STATE
from loupe.scene.timeaxis import Clock, choose_clock, format_duration, ticks
from loupe.ui.hatch import paint_hatch
from loupe.ui.look import Look, qcolor
from loupe.ui.text import paint_texts, text_rect
from loupe.units import Rgba, Seconds, Span

__all__ = [
    "LabelArrays",
    "OverviewModel",
    "OverviewPlace",
    "paint_overview",
    "place_overview",
    "same_overview",
]

_RIGHT = 16
_TOP = 12
_AXIS = 26
_BAR = 10
_LANE = 16
_LOW = 74
_WIDE = 168
_LEAST_GUTTER = 96
_WIDE_WINDOW = 0.5
_STEPS_PER_PX = 0.5


def _none() -> npt.NDArray[np.float64]:
    return np.empty(0)


@dataclass(frozen=True, eq=False, slots=True)
class LabelArrays:
    """The intervals of one label set as columns, sorted by start.

    Attributes
    ----------
    starts, stops
        ``(n,)`` float64 seconds.
    codes
        ``(n,)`` integer, index into `states`.
    """

    starts: npt.NDArray[np.float64] = field(default_factory=_none)
    stops: npt.NDArray[np.float64] = field(default_factory=_none)
    codes: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    states: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: IntervalTable) -> LabelArrays:
        """The columns of a label table; nothing is copied."""
        return cls(table.starts, table.ends, table.codes, table.pool.labels)


@dataclass(frozen=True, eq=False, slots=True)
class OverviewModel:
    """What the overview shows.

    Attributes
    ----------
    extent
        The whole recording.
    shown
        The part that is shown: all of it, or the surroundings of the window.
    lanes
        States from top to bottom.
    colors
        Colour of each state.
    patterns
        Number of each state's pattern; empty without hatching.
    gutter
        Logical width of the gutter on the left, as wide as that of the plots.
    hint
        Said in the empty place when there are no states.
    """

    extent: Span
    shown: Span
    window: Span
    cursor: Seconds
    labels: LabelArrays
    lanes: tuple[str, ...]
    colors: Mapping[str, Rgba]
    clock: Clock = "auto"
    origin: datetime | None = None
    gutter: float = GUTTER_LEFT
    hint: str = ""
    patterns: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OverviewPlace:
    """Where the time of the overview lies, device pixels: the plot's left edge and width."""

    left: float
    width: float
    shown: Span

    def x(self, t: Seconds) -> float:
        """Return the pixel of a time."""
        return self.left + (t - self.shown.start) / self.shown.length * self.width

    def t(self, x: float) -> Seconds:
        """Time at a pixel."""
        return self.shown.start + (x - self.left) / self.width * self.shown.length


def place_overview(model: OverviewModel, width: float, scale: float) -> OverviewPlace:
    """The time axis of an overview that is `width` device pixels wide."""
    # Docked in a narrow panel, the gutter of the plots would take half of it.
    left = round(min(model.gutter * scale, max(width * 0.3, _LEAST_GUTTER * scale)))
    shown = model.shown
    if shown.length <= 0:
        shown = Span(shown.start, shown.start + 1.0)
    return OverviewPlace(left, max(1.0, width - left - _RIGHT * scale), shown)


def state_runs(labels: LabelArrays, code: int, place: OverviewPlace) -> list[tuple[float, float]]:
    """Pixel stretches that the labels of one state cover, at least one pixel each, merged."""
    return _runs(_Same(labels), code, place)


class _Same:
    """Labels that count as equal while they are the same arrays: an edit makes new ones."""

    def __init__(self, labels: LabelArrays) -> None:
        self.labels = labels
        self._arrays = (labels.starts, labels.stops, labels.codes)

    def __hash__(self) -> int:
        return hash(tuple(map(id, self._arrays)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and all(
            a is b for a, b in zip(self._arrays, other._arrays, strict=True)
        )


@functools.lru_cache(maxsize=32)
def _runs(same: _Same, code: int, place: OverviewPlace) -> list[tuple[float, float]]:
    labels = same.labels
    mine = labels.codes == code
    starts, stops = labels.starts[mine], labels.stops[mine]
    seen = (stops > place.shown.start) & (starts < place.shown.stop)
    width = int(place.width)
    factor = place.width / place.shown.length
    x0 = np.clip(np.floor((starts[seen] - place.shown.start) * factor), 0, width - 1)
    x1 = np.clip(np.ceil((stops[seen] - place.shown.start) * factor), x0 + 1, width)
    begun = np.bincount(x0.astype(np.int64), minlength=width + 1)
    ended = np.bincount(x1.astype(np.int64), minlength=width + 1)
    covered = np.cumsum((begun - ended)[:-1]) > 0
    edges = np.flatnonzero(np.diff(np.concatenate(([False], covered, [False])).astype(np.int8)))
    return [(place.left + a, place.left + b) for a, b in edges.reshape(-1, 2).tolist()]


def same_overview(a: OverviewModel, b: OverviewModel) -> bool:
    """Whether two models look alike: a cursor is drawn in wide windows only."""
    wide = a.window.length >= a.shown.length * _WIDE_WINDOW
    names = (
        "extent", "shown", "window", "lanes", "colors", "patterns", "clock", "origin", "gutter",
        "hint",
    )  # fmt: skip
    return (
        all(getattr(a, name) == getattr(b, name) for name in names)
        and all(getattr(a.labels, n) is getattr(b.labels, n) for n in ("starts", "stops", "codes"))
        and (not wide or a.cursor == b.cursor)
    )


def paint_overview(
    painter: QPainter, rect: QRectF, model: OverviewModel, look: Look, scale: float
) -> None:
    """Paint the overview into `rect` (device pixels, as the painter's)."""
    theme = look.theme
    painter.save()
    painter.setClipRect(rect)
    painter.fillRect(rect, qcolor(theme.background))
    painter.translate(rect.topLeft())
    place = place_overview(model, rect.width(), scale)
    low = rect.height() < (_LOW * scale) or _fits(rect.height(), scale, look) < len(model.lanes)
    narrow = model.gutter < _WIDE
    top = (8 if low else _TOP + (14 if narrow and model.lanes else 0)) * scale
    bottom = rect.height() - _AXIS * scale
    texts: list[TextRun] = []
    frame = _window_frame(model, place, max(1.0, top - 6 * scale), bottom, scale)
    painter.fillRect(frame, qcolor(theme.accent.with_alpha(56)))
    if not low:
        # In a narrow gutter the names of lanes need the room beside the title and under it.
        duration = format_duration(model.shown.length)
        head = (_TOP + 4) * scale
        under = head + 18 * scale * max(1.0, look.font_scale)
        below = (bottom + rect.height()) / 2 if narrow else under
        texts.append(TextRun("Overview", 16 * scale, head, theme.text, role="name"))
        texts.append(TextRun(duration, 16 * scale, below, theme.dim, role="label"))
    codes = {name: i for i, name in enumerate(model.labels.states)}
    if not model.lanes:
        middle = (top + bottom) / 2
        painter.fillRect(QRectF(place.left, middle, place.width, 1), qcolor(theme.line))
        texts.append(
            TextRun(
                model.hint,
                place.left + place.width / 2,
                middle - 12 * scale,
                theme.dim,
                align="center",
                role="label",
            )
        )
    elif low:
        bar = QRectF(place.left, top, place.width, max(4.0, bottom - top - 2 * scale))
        painter.fillRect(bar, qcolor(theme.field))
        for name in model.lanes:
            _bars(painter, model, codes.get(name), name, place, bar.y(), bar.height(), look, scale)
    else:
        pitch = (bottom - top) / len(model.lanes)
        named = 60 * max(1.0, look.font_scale)
        for i, name in enumerate(model.lanes):
            middle = round(top + (i + 0.5) * pitch)
            painter.fillRect(QRectF(place.left, middle, place.width, 1), qcolor(theme.line))
            texts.append(
                TextRun(
                    name,
                    place.left - 10 * scale,
                    middle,
                    theme.dim,
                    align="right",
                    role="label",
                    max_width=round((model.gutter - 26 if narrow else named) * scale),
                )
            )
        _steps(painter, model, codes, place, top, pitch, look)
        for i, name in enumerate(model.lanes):
            y = round(top + (i + 0.5) * pitch) - _BAR * scale / 2
            _bars(painter, model, codes.get(name), name, place, y, _BAR * scale, look, scale)
    texts.extend(_axis(model, place, bottom, rect.height(), look, scale))
    _outline(painter, model, place, frame, look, scale)
    paint_texts(painter, texts, look, scale)
    painter.restore()


def _fits(height: float, scale: float, look: Look) -> int:
    """How many lanes have room for their names."""
    lane = _LANE * max(1.0, look.font_scale)
    return int((height - (_TOP + _AXIS) * scale) / (lane * scale))


def _bars(
    painter: QPainter,
    model: OverviewModel,
    code: int | None,
    name: str,
    place: OverviewPlace,
    y: float,
    height: float,
    look: Look,
    scale: float,
) -> None:
    if code is None:
        return
    color = qcolor(model.colors.get(name, UNKNOWN_STATE).with_alpha(255))
    runs = state_runs(model.labels, code, place)
    for x0, x1 in runs:
        painter.fillRect(QRectF(x0, y, x1 - x0, height), color)
    number = model.patterns.get(name, 0)
    paint_hatch(painter, number, runs, y, height, look.theme.background, scale, origin=place.left)


def _steps(
    painter: QPainter,
    model: OverviewModel,
    codes: Mapping[str, int],
    place: OverviewPlace,
    top: float,
    pitch: float,
    look: Look,
) -> None:
    """Thin lines from each label to the next one that touches it in another lane."""
    labels = model.labels
    seen = (labels.stops > place.shown.start) & (labels.starts < place.shown.stop)
    starts, stops, kinds = labels.starts[seen], labels.stops[seen], labels.codes[seen]
    if not 1 < len(starts) <= place.width * _STEPS_PER_PX:
        return
    lane = np.full(len(labels.states), -1)
    for i, name in enumerate(model.lanes):
        if name in codes:
            lane[codes[name]] = i
    rows = lane[kinds]
    gap = place.shown.length / place.width
    touching = (np.abs(starts[1:] - stops[:-1]) <= gap) & (rows[1:] >= 0) & (rows[:-1] >= 0)
    lines = []
    for i in np.flatnonzero(touching & (rows[1:] != rows[:-1])).tolist():
        x = round(place.x(float(starts[i + 1]))) + 0.5
        y0, y1 = (top + (rows[j] + 0.5) * pitch for j in (i, i + 1))
        lines.append(QLineF(x, y0, x, y1))
    painter.setPen(QPen(qcolor(look.theme.dim.with_alpha(130)), 1))
    painter.drawLines(lines)


def _axis(
    model: OverviewModel,
    place: OverviewPlace,
    y: float,
    height: float,
    look: Look,
    scale: float,
) -> list[TextRun]:
    clock = choose_clock(model.clock, model.extent, model.origin)
    marks = ticks(
        place.shown, place.width, clock, origin=model.origin, gap_px=110 * scale * look.font_scale
    )
    texts = []
    for mark in marks:
        text = mark.text
        if clock != "seconds" and len(marks) > 1 and marks[1].t - marks[0].t >= 60:
            text = text[:-3]
        run = TextRun(
            text, place.x(mark.t), (y + height) / 2, look.theme.dim, align="center", role="tick"
        )
        edge = place.left + place.width + (_RIGHT - 2) * scale
        if text_rect(run, look, scale).right() > edge:
            run = replace(run, x=edge, align="right")
        texts.append(run)
    return texts


def _window_frame(
    model: OverviewModel, place: OverviewPlace, top: float, bottom: float, scale: float
) -> QRectF:
    """Where the window lies; wide enough to be seen and taken hold of."""
    x0, x1 = place.x(model.window.start), place.x(model.window.stop)
    least = 6 * scale
    if x1 - x0 < least:
        x0 = (x0 + x1 - least) / 2
        x1 = x0 + least
    return QRectF(x0, top, x1 - x0, bottom - top)


def _outline(
    painter: QPainter,
    model: OverviewModel,
    place: OverviewPlace,
    frame: QRectF,
    look: Look,
    scale: float,
) -> None:
    """The window's outline over the bars, and in a wide window the cursor."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(qcolor(look.theme.accent), 1.5 * scale))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(frame, 3 * scale, 3 * scale)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    if model.window.length >= place.shown.length * _WIDE_WINDOW:
        x = round(place.x(model.cursor))
        line = QRectF(x, frame.y(), max(1.0, scale), frame.height())
        painter.fillRect(line, qcolor(look.theme.cursor))
