"""What `loupe validate` asks of the data: a dry run of opening that collects every fault.

Reads headers, coordinates, label files and, when the session has videos, their
indexes. Never Qt or GL, and `av` only for videos.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from loupe.data.catalog import Catalog
from loupe.data.probe import array_facts
from loupe.data.protocols import ArrayData
from loupe.errors import LoupeError
from loupe.scene.compile import array_fields, event_classes, plot_rows
from loupe.scene.sources import Opener
from loupe.scene.stats import nan_share
from loupe.session.base import Fault, Place
from loupe.session.source import Source

if TYPE_CHECKING:
    from loupe.labels.table import IntervalTable
    from loupe.session.model import Session
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
    for number, (plot, plot_id) in enumerate(zip(session.plots, session.plot_ids, strict=True)):
        try:
            plot_rows(plot, number, plot_id, opener)
        except LoupeError as error:
            found.append(_fault(session, ("plots", number), error))
    if session.events is not None:
        try:
            event_classes(session.events, opener)
        except LoupeError as error:
            found.append(_fault(session, ("events",), error))
    found += _arrays(session, opener)
    extent = _data_extent(opener)
    for number, _ in enumerate(session.labels):
        found += _labels(session, number, extent, catalog.origin)
    found += _videos(session, catalog)
    return list(dict.fromkeys(found))


def _fault(session: Session, at: Place, error: LoupeError) -> Fault:
    """The fault of an error, at the field that names what failed."""
    place = error.place or _source_field(error)
    whole = (*at, *place)
    data = _at(session, (*at, place[0])) if place else None
    if isinstance(data, str) and data in session.sources and place[:1] == ("data",):
        # A named source is mended where it is defined; every plot that uses it says the same.
        whole = ("sources", data, *place[1:])
    elif place[:1] == ("data",) and not isinstance(data, Source):
        whole = (*at, "data")
    text = error.message if not error.where else f"{error.where}: {error.message}"
    return Fault(whole, error.code, text, error.hint)


_FIELDS = {
    "data-missing-file": "path",
    "data-open": "path",
    "data-path": "path",
    "data-encoding": "path",
    "data-format": "path",
    "data-remote": "path",
    "data-variable": "variable",
    "data-group": "group",
    "data-select": "select",
    "data-time": "time",
    "data-time-missing": "time",
}


def _source_field(error: LoupeError) -> Place:
    """Where in a plot an error of the data floor belongs, told from its code."""
    field = _FIELDS.get(error.code)
    return ("data", field) if field else ("data",) if error.code.startswith("data-") else ()


def _at(session: Session, place: Place) -> object:
    value: object = session
    for step in place:
        if isinstance(step, int) and isinstance(value, tuple):
            value = value[step]
        else:
            value = getattr(value, str(step), None)
    return value


SLOW_PAGE_BYTES = 200_000_000
"""Bytes to read for 10 s of an array beyond which paging is felt."""

NAN_SHARE = 0.05


def _arrays(session: Session, opener: Opener) -> Iterator[Fault]:
    """What will be slow or look odd about arrays that do open; once for each array."""
    told: set[str] = set()
    for number, plot in enumerate(session.plots):
        data = getattr(plot, "data", None)
        if data is None or plot.kind == "raster":
            continue
        try:
            ref = opener.array(data)
        except LoupeError:
            continue
        if ref.key in told:
            continue
        told.add(ref.key)
        place: Place = ("plots", number, "data")
        if isinstance(data, str):
            place = ("sources", data)
        elif isinstance(data, Source):
            place = (*place, "path")
        yield from _array(place, ref.data)


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


def _data_extent(opener: Opener) -> Span | None:
    spans = [a.data.time.span for a in opener.arrays if a.data.time.n]
    whole = spans[0] if spans else None
    for span in spans[1:]:
        whole = span if whole is None else whole.union(span)
    return whole


def _labels(
    session: Session, number: int, extent: Span | None, origin: datetime | None
) -> Iterator[Fault]:
    config = session.labels[number]
    if config.path is None:
        return
    from loupe.labels.formats.base import ReadOptions
    from loupe.labels.store import load_table

    path = session.base / config.path if session.base is not None else Path(config.path)
    place: Place = ("labels", number, "path")
    if not path.exists():
        if config.writeback or path.parent.is_dir():
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
            path, config.table_schema, format=config.format, options=ReadOptions(origin=origin)
        )
    except LoupeError as error:
        yield Fault(place, error.code, f"{config.path}: {error.message}", error.hint)
        return
    yield from _label_rows(session, number, loaded.table, extent)


def _label_rows(
    session: Session, number: int, table: IntervalTable, extent: Span | None
) -> Iterator[Fault]:
    place: Place = ("labels", number, "path")
    path = session.labels[number].path
    overlapping = table.overlaps
    if len(overlapping):
        row = int(overlapping[0])
        yield Fault(
            place,
            "labels-overlap",
            f"{path}: {len(overlapping)} rows overlap an earlier one, the first of them row {row}",
            "overlaps are kept and shown; painting over them removes them",
            "warning",
        )
    span = table.span
    if extent is not None and span is not None and not span.overlaps(extent):
        yield Fault(
            place,
            "labels-outside",
            f"{path}: all labels ({span.start:g} to {span.stop:g} s) lie outside of the data "
            f"({extent.start:g} to {extent.stop:g} s)",
            "check that both are in seconds from the same start",
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


def _videos(session: Session, catalog: Catalog) -> Iterator[Fault]:
    if not session.videos:
        return
    from loupe.scene.videos import video_spec
    from loupe.video.probe import describe

    for number, config in enumerate(session.videos):
        place: Place = ("videos", number)
        try:
            report = describe(video_spec(config, config.name or f"Video {number + 1}", catalog))
        except LoupeError as error:
            yield Fault(
                (*place, *(error.place or ("video_path",))), error.code, str(error), error.hint
            )
            continue
        for finding in report.findings:
            about_times = config.frame_times_path is not None and "times" in finding.code
            field = ("frame_times_path",) if about_times else ("video_path",)
            text = f"{finding.where}: {finding.message}"
            yield Fault((*place, *field), finding.code, text, finding.hint, finding.level)
