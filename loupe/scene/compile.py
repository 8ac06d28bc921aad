"""From a session and its opened data to a Scene.

Opens headers only. A plot that fails becomes one row that says why; the rest works.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from loupe.errors import LoupeError
from loupe.scene.model import (
    EventClass,
    FailedContent,
    Live,
    RasterContent,
    Row,
    Scene,
    TraceContent,
    TrackSpec,
    VideoSpec,
)
from loupe.scene.plots import dense, heatmap, raster, trace, zip_
from loupe.scene.rows import is_missing, numbered, text_of
from loupe.scene.sources import Opener, event_times, require_columns
from loupe.scene.theme import OKABE_ITO
from loupe.session.events import EventStyle, GlobalEventsConfig, LineStyle
from loupe.session.labels import LabelsConfig
from loupe.session.plots import Plot
from loupe.session.plots.heatmap import HeatmapConfig
from loupe.session.plots.raster import RasterConfig
from loupe.session.plots.trace import TraceConfig
from loupe.session.plots.zip import Zip
from loupe.session.source import Data, InMemory
from loupe.session.tune import Param, Setting, held_at
from loupe.session.tune_scan import Memo, is_function, named_params
from loupe.units import Rgba, Span
from loupe.work import Cancelled

if TYPE_CHECKING:
    from loupe.data.catalog import Catalog
    from loupe.session.model import Session

__all__ = [
    "Progress",
    "compile_scene",
    "data_extent",
    "event_classes",
    "label_track",
    "laid_out",
    "plot_data",
    "plot_rows",
    "session_params",
]

Progress = Callable[[float, int, str], None]
"""Told of (plots done, plots in all, name of the one at hand); parts of a plot count too.

It may raise `loupe.work.Cancelled` to stop."""

AFTER_LAST, MIN_AFTER_LAST = 2e-3, 1e-3
"""What is shown after an event at the end of all data: this share of their time, and at least
these seconds. As columns are half open, an event at the very end would stand in the one after
the last."""

EVENT_STYLES: tuple[LineStyle, ...] = ("solid", "dashed", "dotted", "dashdot", "dashdotdot")
EVENT_ALPHA = 200
"""Opacity of the lines of events; data shine through."""


@contextmanager
def _one_failure() -> Iterator[None]:
    """Let what nobody foresaw fail one plot, not the window; it is reported all the same."""
    try:
        yield
    except (LoupeError, Cancelled):
        raise
    except Exception as error:
        if sys.excepthook is not sys.__excepthook__ or os.environ.get("LOUPE_TRACEBACK"):
            sys.excepthook(type(error), error, error.__traceback__)
        told = str(error).strip()
        raise LoupeError(
            f"this could not be made: {type(error).__name__}{f': {told}' if told else ''}",
            hint="if no function of yours is behind it, please report it; LOUPE_TRACEBACK=1 shows "
            "in the terminal where it happened",
            code="internal",
        ) from error


@_one_failure()
def plot_rows(
    plot: object, number: int, plot_id: str, opener: Opener, kept: Sequence[Row] = ()
) -> tuple[Row, ...]:
    """Rows of one plot.

    Parameters
    ----------
    kept
        Its rows before live parameters changed the data; rows of events keep their places.

    Raises
    ------
    LoupeConfigError, LoupeDataError
        If its data or columns are not what it says.
    """
    found = _rows(plot, number, plot_id, opener, kept)
    # Coordinates may hold a name twice; the ids of the first ones are as they would be alone.
    ids = numbered([row.id for row in found])
    named = [replace(row, id=own) for row, own in zip(found, ids, strict=True)]
    return tuple(_row_by_row(plot, plot_id, row) for row in named)


def _row_by_row(plot: Any, plot_id: str, row: Row) -> Row:
    """A row with what its plot says of it by its key, which a row without a name has too."""
    key = row.id.removeprefix(f"{plot_id}/")
    content = row.content
    if isinstance(content, TraceContent) and key in plot.y_ranges:
        content = replace(content, y_range=plot.y_ranges[key])
    return replace(
        row,
        content=content,
        weight=row.weight * plot.heights.get(key, 1.0),
        hidden=row.hidden or key in getattr(plot, "hidden", ()),
        bad=row.bad or key in getattr(plot, "bad", ()),
    )


def _rows(
    plot: Any, number: int, plot_id: str, opener: Opener, kept: Sequence[Row]
) -> tuple[Row, ...]:
    if isinstance(plot, TraceConfig):
        make = dense.compile_rows if plot.mode == "dense" else trace.compile_rows
        return make(number, plot, plot_id, opener)
    if isinstance(plot, HeatmapConfig):
        return heatmap.compile_rows(number, plot, plot_id, opener)
    if isinstance(plot, RasterConfig):
        return raster.compile_rows(number, plot, plot_id, opener, kept)
    if isinstance(plot, Zip):
        return zip_.compile_rows(number, plot, plot_id, opener)
    raise TypeError(f"not a plot: {type(plot).__name__}")


def compile_scene(session: Session, catalog: Catalog, *, progress: Progress | None = None) -> Scene:
    """Open what a session names and lay out its rows.

    Parameters
    ----------
    progress
        Told before each plot, and between parts of long ones.

    Returns
    -------
    Scene
        Every plot that could be opened; the others as rows of kind "failed".
    """
    params = session_params(session)
    settings = {param: param.setting for param in params}
    with held_at(settings):
        return _compiled(session, catalog, params, settings, progress)


def _compiled(
    session: Session,
    catalog: Catalog,
    params: Mapping[Param, str],
    settings: Mapping[Param, Setting],
    progress: Progress | None,
) -> Scene:
    opener = Opener(session, catalog)
    # The earliest datetime of all arrays is second 0; what fails here fails again with its plot.
    catalog.align([session.resolve(data) for data in array_fields(session)])
    groups: dict[int, tuple[Row, ...]] = {}
    for number, (plot, plot_id) in enumerate(zip(session.plots, session.plot_ids, strict=True)):
        if progress is not None:
            tell = functools.partial(_tell, progress, number, len(session.plots))
            opener.tell = functools.partial(tell, plot.title or plot_id)
            opener.tell(0.0)
        try:
            groups[number] = plot_rows(plot, number, plot_id, opener)
        except LoupeError as error:
            groups[number] = (_failed(number, plot_id, plot.title or plot_id, error),)
    # What is compiled again later tells nobody.
    opener.tell = lambda done: None
    events: tuple[EventClass, ...] = ()
    if session.events is not None and session.events.visible:
        try:
            events = event_classes(session.events, opener)
        except LoupeError as error:
            groups[-1] = (_failed(-1, "events", "events", error),)
    tracks = tuple(
        label_track(track_id, config.name or _stem(config.path) or track_id, config, catalog.memo)
        for track_id, config in zip(session.label_ids, session.labels, strict=True)
    )
    live = Live(params, settings, opener, groups) if params else None
    rows, extent = laid_out(session, groups, opener, events)
    return Scene(
        session=session,
        title=session.title or "Loupe",
        extent=extent or Span(0.0, 1.0),
        bare=extent is None,
        rows=rows,
        origin=catalog.origin,
        events=events,
        events_config=session.events,
        tracks=tracks,
        live=live,
        videos=tuple(
            VideoSpec(video_id, config.name or f"Video {i + 1}", config)
            for i, (video_id, config) in enumerate(
                zip(session.video_ids, session.videos, strict=True)
            )
        ),
    )


def laid_out(
    session: Session,
    groups: Mapping[int, tuple[Row, ...]],
    opener: Opener,
    events: Sequence[EventClass],
) -> tuple[tuple[Row, ...], Span | None]:
    """All rows in their order and with the view's colours, and all of the data's time."""
    rows = [row for number in sorted(groups) for row in groups[number]]
    rows = _coloured(rows, session.view.colors or (), session.view.line_widths)
    return _ordered(rows, session.view.subplot_order), data_extent(rows, opener, events)


def label_track(track_id: str, name: str, config: LabelsConfig, memo: Memo) -> TrackSpec:
    """A label set of the session; a function is asked for what it holds."""
    data = config.data
    if data is None or not is_function(data.value):
        return TrackSpec(track_id, name, config, data)
    live = bool(memo.params(data.value))
    try:
        return TrackSpec(track_id, name, config, InMemory(memo.call(data.value)), live)
    except LoupeError as error:
        return TrackSpec(track_id, name, config, None, live, error)


def _tell(progress: Progress, number: int, total: int, name: str, part: float) -> None:
    progress(number + min(part, 1.0), total, name)


def _stem(path: str | None) -> str:
    return (path or "").replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]


def _failed(number: int, plot_id: str, title: str, error: LoupeError) -> Row:
    return Row(
        id=f"{plot_id}/failed",
        plot=number,
        kind="failed",
        title=title,
        subtitle="",
        content=FailedContent(str(error), error.hint),
    )


def array_fields(session: Session) -> Iterator[Data]:
    """Every field of the plots that names an array, as far as the names are known."""
    for plot in session.plots:
        if isinstance(plot, RasterConfig):
            continue
        for data in plot_data(plot):
            if not isinstance(data, str) or data in session.sources:
                yield data


def plot_data(plot: Plot) -> list[Data]:
    """Every field of a plot that names data."""
    if isinstance(plot, Zip):
        return [inner.data for inner in plot.traces]
    if isinstance(plot, TraceConfig):
        return [plot.data, *plot.overlay_arrays, *(m.bool_array for m in plot.sample_markers)]
    return [plot.data]


def session_params(session: Session) -> dict[Param, str]:
    """Every live parameter of a session with its name, in the order of plots, events, labels."""
    found: dict[Param, str] = {}
    fields = [data for plot in session.plots for data in plot_data(plot)]
    if session.events is not None:
        fields.append(session.events.data)
    fields += [labels.data for labels in session.labels if labels.data is not None]
    for data in fields:
        source = session.sources.get(data) if isinstance(data, str) else data
        if isinstance(source, InMemory) and is_function(source.value):
            for param, name in named_params(source.value).items():
                found.setdefault(param, name)
    return found


def data_extent(rows: Sequence[Row], opener: Opener, events: Sequence[EventClass]) -> Span | None:
    """All of the data, also of rows that stay while their new data fail; None without any."""
    refs = {ref.key: ref for row in rows for ref in row.arrays}
    refs |= {ref.key: ref for ref in opener.arrays}
    spans = [
        Span(a.data.time.span.start, a.data.time.span.stop + a.data.time.period)
        for a in refs.values()
        if a.data.time.n
    ]
    times = [row.content.times for row in rows if isinstance(row.content, RasterContent)]
    if not spans and not any(map(len, times)):
        times = [e.times for e in events]
    times = [t for t in times if len(t)]
    spans += [Span(float(t[0]), float(t[-1])) for t in times]
    if not spans:
        return None
    whole = spans[0]
    for span in spans[1:]:
        whole = whole.union(span)
    if whole.length <= 0:
        return Span(whole.start, whole.start + 1.0)
    if any(t[-1] == whole.stop for t in times):
        # Until the last event has been seen, a column after it at least.
        whole = Span(whole.start, whole.stop + max(whole.length * AFTER_LAST, MIN_AFTER_LAST))
    return whole


def _coloured(rows: Sequence[Row], colors: Sequence[Rgba], widths: Sequence[float]) -> list[Row]:
    """Give stacked rows whose plot names none the view's colours and widths, from the top."""
    if not colors and not widths:
        return list(rows)
    found: list[Row] = []
    number = 0
    for row in rows:
        content = row.content
        if isinstance(content, TraceContent) and content.lines:
            host = content.lines[0]
            if number < len(colors) and host.color is None:
                host = replace(host, color=colors[number])
            if number < len(widths) and host.width == 1.0:
                host = replace(host, width=widths[number])
            row = replace(row, content=replace(content, lines=(host, *content.lines[1:])))
            number += 1
        found.append(row)
    return found


def _ordered(rows: Sequence[Row], order: Sequence[str | int]) -> tuple[Row, ...]:
    """Rows named in `order` first, by title or number; the others follow."""
    by_name = {row.title: row for row in reversed(rows)} | {row.id: row for row in rows}
    first: list[Row] = []
    for entry in order:
        if isinstance(entry, int):
            row = rows[entry] if 0 <= entry < len(rows) else None
        else:
            row = by_name.get(entry)
        if row is not None and row not in first:
            first.append(row)
    return (*first, *(row for row in rows if row not in first))


@_one_failure()
def event_classes(config: GlobalEventsConfig, opener: Opener) -> tuple[EventClass, ...]:
    """Global events by class, each sorted by time.

    Raises
    ------
    LoupeConfigError, LoupeDataError
        If the table or a column is not there, or a time is not a finite number.
    """
    table = opener.table(config.data)
    require_columns(
        table,
        [
            (("event_times_column",), config.event_times_column),
            (("style_events_on",), config.style_events_on),
        ],
    )
    columns = [c for c in (config.event_times_column, config.style_events_on) if c]
    frame = table.frame(list(dict.fromkeys(columns)))
    times = event_times(table, config.event_times_column, place="event_times_column")
    if config.style_events_on is None:
        return (_event_class("events", times, 0, EventStyle()),)
    values = frame[config.style_events_on].to_list()
    texts = np.array(["" if is_missing(v) else text_of(v) for v in values], dtype=object)
    # Missing values are a class of their own and come last.
    names = sorted({t for t in texts if t}) + ([""] if "" in texts else [])
    return tuple(
        _event_class(
            name or "none", times[texts == name], i, config.style_kwargs.get(name, EventStyle())
        )
        for i, name in enumerate(names)
        if config.style_kwargs.get(name, EventStyle()).visible
    )


def _event_class(
    name: str, times: np.ndarray[tuple[int], np.dtype[np.float64]], number: int, style: EventStyle
) -> EventClass:
    # After the five line styles in the theme's colour they start over in each of the palette's.
    round_, at = divmod(number, len(EVENT_STYLES))
    color = None if round_ == 0 else OKABE_ITO[(round_ - 1) % len(OKABE_ITO)]
    alpha = EVENT_ALPHA
    if style.line_color is not None:
        color = style.line_color
        alpha = color.a if color.a < 255 else EVENT_ALPHA
    if style.line_alpha is not None:
        alpha = style.line_alpha
    return EventClass(
        name=name,
        times=np.sort(times),
        color=None if color is None else color.with_alpha(alpha),
        alpha=alpha,
        style=style.line_style or EVENT_STYLES[at],
        width=style.line_width or 1.5,
    )
