"""A sensible session for files that nobody has written one for.

Looks into array stores, tables, label files and videos, headers only, and
chooses the plot that shows most of each: few traces stacked, many dense, events
as rasters, intervals as labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loupe.data.catalog import Catalog
from loupe.data.probe import ArrayFacts, Contents, TableFacts, contents
from loupe.data.registry import known_extensions
from loupe.errors import LoupeDataError, LoupeError
from loupe.labels.formats.registry import formats
from loupe.labels.recordings import holds_signals
from loupe.labels.store import load_table
from loupe.session.events import GlobalEventsConfig
from loupe.session.labels import IntervalLabelSchema, LabelsConfig
from loupe.session.model import Session
from loupe.session.plots import Plot, RasterConfig, TraceConfig
from loupe.session.source import Source
from loupe.session.states import StateConfig
from loupe.session.video import VideoConfig
from loupe.session.view import ViewSettings
from loupe.units import Span

__all__ = ["VIDEO_SUFFIXES", "labels_in", "propose", "video_in"]

VIDEO_SUFFIXES = frozenset(
    {".mp4", ".avi", ".mkv", ".mov", ".m4v", ".mpg", ".mpeg", ".ts", ".webm", ".wmv"}
)
STACKED_UP_TO = 12
"""Traces up to which each gets a row of its own."""

PAGE = 32
"""Traces a dense page shows when there are more than twice as many."""

SAMPLES_A_WINDOW = 5000
"""The first window shows about so many samples of the fastest array."""

START_NAMES = ("start_time", "start_s", "start", "onset")
END_NAMES = ("end_time", "end_s", "end", "stop_time", "stop")
DURATION_NAMES = ("duration", "duration_s")
LABEL_NAMES = ("state", "label", "stage", "trial_type", "description")
NOTE_NAMES = ("note", "notes", "comment")
ROW_NAMES = (
    "unit",
    "row",
    "source_id",
    "cluster",
    "neuron",
    "cell",
    "channel",
    "kind",
    "symbol",
    "type",
    "label",
)


def propose(paths: Sequence[Path]) -> Session:
    """The session that shows these files.

    Parameters
    ----------
    paths
        Array stores, folders of npy pairs, tables, label files, videos.

    Returns
    -------
    Session
        With absolute paths.

    Raises
    ------
    LoupeDataError
        If a file is missing or is nothing that can be read; the message says what was tried.
    """
    catalog = Catalog()
    plots: list[Plot] = []
    videos: list[VideoConfig] = []
    labels: list[LabelsConfig] = []
    spans: list[tuple[Span, float]] = []
    events: GlobalEventsConfig | None = None
    for path in paths:
        whole = path.expanduser().resolve() if path.exists() else path
        if whole.suffix.lower() in VIDEO_SUFFIXES:
            videos.append(video_in(whole))
        elif (schema := labels_in(whole)) is not None:
            labels.append(schema)
        else:
            found = contents(whole, catalog)
            bare = _times_alone(found, whole)
            if bare is not None and events is None:
                events = bare
                continue
            plots += _plots(found, whole)
            spans += [(a.span, a.rate) for a in found.arrays]
    return Session(
        title=", ".join(dict.fromkeys(path.name for path in paths)),
        view=ViewSettings(window=_window(spans)),
        plots=tuple(plots),
        videos=tuple(videos),
        events=events,
        labels=tuple(labels),
        states=_states(labels),
    )


def _window(spans: Sequence[tuple[Span, float]]) -> float:
    """A round number of seconds that holds about `SAMPLES_A_WINDOW` samples."""
    lengths = [span.length for span, _ in spans if span.length > 0]
    rates = [rate for _, rate in spans if rate > 0]
    if not lengths or not rates:
        return 10.0
    wanted = min(SAMPLES_A_WINDOW / max(rates), max(lengths))
    for round_one in (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 21600):
        if round_one >= wanted:
            return float(round_one)
    return 86400.0


def video_in(path: Path) -> VideoConfig:
    """A video with the frame times that stand beside it under one of the usual names."""
    for name in (f"{path.stem}_frame_times.npy", f"{path.stem}_times.npy"):
        if path.with_name(name).exists():
            times = str(path.with_name(name))
            return VideoConfig(video_path=str(path), frame_times_path=times, name=path.stem)
    return VideoConfig(video_path=str(path), name=path.stem)


def _plots(found: Contents, path: Path) -> list[Plot]:
    if found.table is not None:
        return [_raster(found.table, path)]
    if not found.arrays:
        problem = found.problems[0] if found.problems else None
        raise problem or LoupeDataError(
            "there is no array with a time dimension here", where=str(path), code="data-variable"
        )
    named = len(found.arrays) > 1
    return [_trace(array, path, named=named) for array in found.arrays]


def _trace(array: ArrayFacts, path: Path, *, named: bool) -> TraceConfig:
    source = Source(path=str(path), group=array.group, variable=array.variable)
    fields: dict[str, Any] = {}
    if named:
        fields["array_name"] = "/".join(p for p in (array.group, array.variable) if p)
    if array.rows <= STACKED_UP_TO:
        return TraceConfig(data=source, **fields)
    if array.rows > 2 * PAGE:
        fields["traces_per_page"] = PAGE
    for name in ("depth", "y", "pos"):
        if name in array.coords:
            fields["order_by"] = name
            break
    return TraceConfig(data=source, mode="dense", **fields)


def _raster(table: TableFacts, path: Path) -> RasterConfig:
    if not table.time_columns:
        raise LoupeDataError(
            f"there is no column of times; the columns are {', '.join(table.columns)}",
            where=str(path),
            hint="write a session that names `time_col` and `order_by`",
            code="data-column",
        )
    time = table.time_columns[0]
    others = [name for name in table.columns if name != time]
    rows = next((n for n in ROW_NAMES if n in others), None)
    if rows is None:
        fitting = _row_columns(table, others)
        if not fitting:
            raise LoupeDataError(
                f"no column says which row an event belongs to; the columns are "
                f"{', '.join(table.columns)}",
                where=str(path),
                hint="write a session that names `order_by`, or one with `[events]`",
                code="data-column",
            )
        rows = fitting[0]
    more: dict[str, Any] = {}
    if tuple(table.columns) == ("time", "row", "alpha", "name"):  # events in npy files
        more = {"split_by": "name", "alpha_by": "alpha"}
    return RasterConfig(data=Source(path=str(path)), time_col=time, order_by=rows, **more)


def _row_columns(table: TableFacts, names: Sequence[str]) -> list[str]:
    """Columns that can tell rows apart: texts first, then whole numbers; no measured values."""
    kinds = ("str", "cat", "enum"), ("int", "uint", "bool")
    return [n for kind in kinds for n in names if table.columns[n].lower().startswith(kind)]


def _times_alone(found: Contents, path: Path) -> GlobalEventsConfig | None:
    """Global events for a table of times without rows: licks, pulses, stimuli."""
    table = found.table
    if table is None or not table.time_columns:
        return None
    time = table.time_columns[0]
    others = [name for name in table.columns if name != time]
    if any(n in others for n in ROW_NAMES) or _row_columns(table, others):
        return None
    return GlobalEventsConfig(data=Source(path=str(path)), event_times_column=time)


def labels_in(path: Path) -> LabelsConfig | None:
    """The label set in a file; None if it is no label file, or a recording with annotations."""
    known = {suffix for kind in formats().values() for suffix in kind.extensions}
    endings = [suffix for suffix in known if path.name.lower().endswith(suffix)]
    if not path.is_file() or not endings or holds_signals(path):
        return None
    try:
        load_table(path)
        return LabelsConfig(path=str(path), name=path.stem)
    except LoupeError:
        if max(endings, key=len) not in known_extensions():
            # Nothing else reads such a file: its own error is the one to show.
            raise
    return _with_columns(path)


def _with_columns(path: Path) -> LabelsConfig | None:
    """A table whose column names say that its rows are intervals."""
    try:
        names = list(Catalog().table(path).columns)
    except LoupeError:
        return None
    found = {
        field: next((n for n in known if n in names), None)
        for field, known in (
            ("start_col", START_NAMES),
            ("end_col", END_NAMES),
            ("duration_col", DURATION_NAMES),
            ("label_col", LABEL_NAMES),
            ("note_col", NOTE_NAMES),
        )
    }
    if not found["start_col"] or not found["label_col"]:
        return None
    if not found["end_col"] and not found["duration_col"]:
        return None
    used = set(found.values())
    schema = IntervalLabelSchema(
        **{k: v for k, v in found.items() if v is not None},
        extra_cols=tuple(n for n in names if n not in used),
    )
    try:
        load_table(path, schema)
    except LoupeError:
        return None
    return LabelsConfig(path=str(path), name=path.stem, table_schema=schema)


def _states(labels: Sequence[LabelsConfig]) -> StateConfig:
    """Colours for the states that the files hold, so that labels are not all grey."""
    from loupe.scene.rows import category_colors
    from loupe.session.color import LABEL_ALPHA

    names: dict[str, None] = {}
    for config in labels:
        table = load_table(config.path or "", config.table_schema).table
        names.update(dict.fromkeys(table.pool.labels))
    colors = category_colors(list(names), None)
    return StateConfig(
        label_colors={str(n): c.with_alpha(LABEL_ALPHA) for n, c in colors.items() if n}
    )
