"""What `loupe validate` asks of the data: a dry run of opening that collects every fault.

Reads headers, coordinates, label files and, when the session has videos, their
indexes. Never Qt or GL, and `av` only for videos.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from loupe.data.catalog import Catalog
from loupe.data.probe import array_facts
from loupe.data.protocols import ArrayData
from loupe.errors import IntervalLabelSchemaError, LoupeError
from loupe.scene.check_plots import event_faults, plot_faults, source_field
from loupe.scene.compile import array_fields, data_extent
from loupe.scene.model import EventClass, Row
from loupe.scene.sources import Opener
from loupe.scene.stats import nan_share
from loupe.session.base import Fault, Place
from loupe.session.labels import LabelsConfig
from loupe.session.source import Data, Source
from loupe.session.suggest import did_you_mean

if TYPE_CHECKING:
    from loupe.labels.table import IntervalTable
    from loupe.session.model import Session
    from loupe.session.video import VideoConfig
    from loupe.units import Span

__all__ = ["check_data"]


def check_data(session: Session, *, allow_remote: bool = False) -> list[Fault]:
    """Open everything a session names, and say what is wrong.

    Parameters
    ----------
    allow_remote
        Whether URLs may be opened.

    Returns
    -------
    list of Fault
        Places are from the session's root; each fault once, also where several plots share its
        source.
    """
    catalog = Catalog(session.base, allow_remote, session.view.cache_mb / 2)
    opener = Opener(session, catalog)
    found: list[Fault] = []
    catalog.align([session.resolve(data) for data in array_fields(session)])
    rows: list[Row] = []
    for number, (plot, plot_id) in enumerate(zip(session.plots, session.plot_ids, strict=True)):
        errors, made = plot_faults(plot, number, plot_id, opener)
        found += [_fault(session, ("plots", number), error) for error in errors]
        rows += made
    events: tuple[EventClass, ...] = ()
    if session.events is not None:
        errors, events = event_faults(session.events, opener)
        found += [_fault(session, ("events",), error) for error in errors]
    found += _arrays(session, opener)
    extent = data_extent(rows, opener, events)
    for number, _ in enumerate(session.labels):
        found += _labels(session, number, extent, catalog.origin)
    found += _videos(session, catalog)
    return list(dict.fromkeys(found))


def _fault(session: Session, at: Place, error: LoupeError) -> Fault:
    """The fault of an error, at the field that names what failed."""
    whole = at
    for step in error.place or source_field(error):
        whole = (*whole, step)
        value = _at(session, whole)
        if isinstance(value, str) and value in session.sources and _names_data(whole):
            # A named source is mended where it is defined; every plot that uses it says the same.
            whole = ("sources", value)
        elif _names_data(whole) and not isinstance(value, Source):
            break
    text = error.message if not error.where else f"{error.where}: {error.message}"
    return Fault(whole, error.code, text, error.hint)


def _names_data(place: Place) -> bool:
    return place[-1] in ("data", "bool_array") or place[-2:-1] == ("overlay_arrays",)


def _at(session: Session, place: Place) -> object:
    value: object = session
    for step in place:
        if isinstance(step, int) and isinstance(value, tuple):
            value = value[step] if step < len(value) else None
        elif isinstance(value, Mapping):
            value = value.get(step)
        else:
            value = getattr(value, str(step), None)
    return value


SLOW_PAGE_BYTES = 200_000_000
"""Bytes to read for 10 s of an array beyond which paging is felt."""

NAN_SHARE = 0.05


def _arrays(session: Session, opener: Opener) -> Iterator[Fault]:
    """What will be slow or look odd about arrays that do open; once for each array."""
    told: set[str] = set()
    for place, data in _named_arrays(session):
        try:
            ref = opener.array(data)
        except LoupeError:
            continue
        if ref.key in told:
            continue
        told.add(ref.key)
        if isinstance(data, str):
            place = ("sources", data)
        elif isinstance(data, Source):
            place = (*place, "path")
        yield from _array(place, ref.data)


def _named_arrays(session: Session) -> Iterator[tuple[Place, Data]]:
    """Every field that names an array of samples to be drawn."""
    for number, plot in enumerate(session.plots):
        at: Place = ("plots", number)
        if plot.kind == "zip":
            for i, trace in enumerate(plot.traces):
                yield (*at, "traces", i, "data"), trace.data
        elif plot.kind != "raster":
            yield (*at, "data"), plot.data
        if plot.kind == "trace":
            for i, data in enumerate(plot.overlay_arrays):
                yield (*at, "overlay_arrays", i), data


def _array(place: Place, data: ArrayData) -> Iterator[Fault]:
    facts = array_facts(data)
    if facts.page_bytes > SLOW_PAGE_BYTES and facts.chunks is not None:
        rows, samples = facts.chunks
        best = max(1, round(10 * facts.rate))
        yield Fault(
            place,
            "data-slow",
            f"10 s of it need {facts.page_bytes / 1e6:.0f} MB to be read, because a stored chunk "
            f"holds {rows} traces x {samples} samples",
            f"store it in chunks of about {min(samples, best)} samples, or build an overview with "
            "`loupe overview build`",
            "warning",
        )
    if facts.gaps:
        yield Fault(
            place,
            "data-gaps",
            f"its times have {facts.gaps} gaps, which are left blank",
            level="note",
        )
    if absent := getattr(data, "absent", ""):
        yield Fault(
            place,
            "data-chunks",
            absent,
            "if they should hold samples, copy the store anew",
            "warning",
        )
    try:
        share = nan_share(data)
    except LoupeError as error:
        yield Fault(place, error.code, str(error), error.hint)
        return
    if share > NAN_SHARE:
        yield Fault(
            place,
            "data-nan",
            f"about {share:.0%} of its samples are NaN; they are left blank",
            level="note" if share < 0.5 else "warning",
        )


def _labels(
    session: Session, number: int, extent: Span | None, origin: datetime | None
) -> Iterator[Fault]:
    config = session.labels[number]
    if config.path is None:
        return
    from loupe.labels.formats.base import read_options
    from loupe.labels.store import load_table

    path = session.base / config.path if session.base is not None else Path(config.path)
    place: Place = ("labels", number, "path")
    if not path.exists():
        if _only_read(config):
            yield Fault(
                place,
                "labels-io",
                f"there is no file {config.path}, and none is made: this format is read only",
                "correct the path, or name one that ends in .csv, .htsv or .parquet",
            )
        elif config.writeback or path.parent.is_dir():
            yield Fault(
                place,
                "labels-new-file",
                f"there is no file {config.path} yet; it is created at the first save",
                level="note",
            )
        else:
            yield Fault(
                place,
                "labels-missing-folder",
                f"the folder of {config.path} does not exist",
                "create the folder or correct the path",
            )
        return
    try:
        loaded = load_table(
            path, config.table_schema, format=config.format, options=read_options(config, origin)
        )
    except IntervalLabelSchemaError as error:
        if error.absent:
            for field, column in error.absent:
                yield Fault(
                    ("labels", number, "schema", *field),
                    error.code,
                    f"{field[0]} = `{column}`, but {config.path} has no column of that name",
                    did_you_mean(column, error.columns, what="columns"),
                )
            return
        for one in (error, *error.also):
            yield Fault(place, one.code, f"{config.path}: {one.message}", one.hint)
        return
    except LoupeError as error:
        yield Fault(place, error.code, f"{config.path}: {error.message}", error.hint)
        return
    if config.writeback and loaded.format.write is None:
        yield Fault(
            ("labels", number, "writeback"),
            "labels-import-only",
            f"{config.path} cannot be saved over: `{loaded.format.name}` files are read only",
            "leave out `writeback` and export a copy, or convert it with `loupe labels convert`",
            level="warning",
        )
    yield from _label_rows(session, number, loaded.table, extent)


def _only_read(config: LabelsConfig) -> bool:
    """Whether files of this format cannot be written; an unknown one is told of elsewhere."""
    from loupe.labels.formats.registry import format_for

    try:
        return format_for(config.path or "", config.format).write is None
    except LoupeError:
        return False


def _label_rows(
    session: Session, number: int, table: IntervalTable, extent: Span | None
) -> Iterator[Fault]:
    from loupe.labels.check import row_faults

    place: Place = ("labels", number, "path")
    path = session.labels[number].path
    for found in row_faults(table):
        yield Fault(place, found.code, f"{path}: {found.message}", found.hint, found.level)
    if extent is not None and len(table):
        outside = np.flatnonzero((table.starts >= extent.stop) | (table.ends <= extent.start))
        if len(outside):
            first = int(outside[0])
            which = (
                "all labels lie"
                if len(outside) == len(table)
                else f"{len(outside)} of {len(table)} labels lie"
            )
            yield Fault(
                place,
                "labels-outside",
                f"{path}: {which} outside of the data ({extent.start:g} to {extent.stop:g} s), "
                f"the first at {table.starts[first]:g} to {table.ends[first]:g} s",
                "check that both are in seconds from the same start, and of the same recording",
                "warning",
            )
    states = session.states
    if states.states:
        known = set(states.states)
        unknown = sorted({table.label(i) for i in range(len(table))} - known - {""})
        if unknown:
            yield Fault(
                place,
                "labels-unknown-state",
                f"{path}: states without a definition: {', '.join(unknown)}",
                "add them to `[states]`; until then they are grey",
                "warning",
            )


def _video_field(config: VideoConfig, where: str, catalog: Catalog) -> Place:
    """The field of a video that names a file, and its number where there are several."""
    for field, paths in (
        ("frame_times_path", config.frame_times_paths),
        ("video_path", config.video_paths),
    ):
        for i, path in enumerate(paths):
            if str(catalog.base / path) == where:
                return (field, i) if len(paths) > 1 else (field,)
    return ("video_path",)


def _videos(session: Session, catalog: Catalog) -> Iterator[Fault]:
    if not session.videos:
        return
    from loupe.scene.videos import video_spec
    from loupe.video.probe import describe

    for number, config in enumerate(session.videos):
        place: Place = ("videos", number)
        if any(fault.level == "error" for fault in config.faults()):
            continue  # what follows from it would be told twice
        try:
            report = describe(video_spec(config, config.name or f"Video {number + 1}", catalog))
        except LoupeError as error:
            yield Fault(
                (*place, *(error.place or ("video_path",))), error.code, str(error), error.hint
            )
            continue
        for finding in report.findings:
            field = _video_field(config, finding.where, catalog)
            text = f"{finding.where}: {finding.message}"
            yield Fault((*place, *field), finding.code, text, finding.hint, finding.level)
