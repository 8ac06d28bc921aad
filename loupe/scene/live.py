"""Compiles again what live parameters have changed: these plots, events and label sets, no others.

Runs in a worker; the scene that is shown stays as it is until the new one takes its
place. Data that fail leave the old ones where they are, and say why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from loupe.errors import LoupeDataError, LoupeError
from loupe.labels.table import IntervalTable
from loupe.scene.compile import event_classes, label_track, laid_out, plot_data, plot_rows
from loupe.scene.model import (
    ArrayRef,
    DenseContent,
    FailedContent,
    HeatmapContent,
    Row,
    Scene,
    TraceContent,
)
from loupe.scene.plots.trace import extent_of
from loupe.scene.stats import ArrayStats
from loupe.scene.tracks import table_of
from loupe.session.source import Data, InMemory
from loupe.session.tune import Param, Setting, held_at

__all__ = ["Measured", "Retuned", "retune"]

Measured = Callable[[ArrayRef, tuple[int, ...], tuple[float, float]], ArrayStats | None]
"""What has been measured of rows of an array, without reading any; see `Workbench.known_stats`."""


@dataclass(frozen=True, eq=False, slots=True)
class Retuned:
    """A scene with data computed anew.

    Attributes
    ----------
    rows
        Ids of the rows whose pictures are out of date.
    gone
        Keys of the arrays that are not shown any more.
    tables
        What the live label sets hold now, by id.
    tried
        What was computed or compiled: titles of plots and names of label sets.
    faults
        Which of them failed, and why: there the old data stay.
    """

    scene: Scene
    rows: frozenset[str]
    gone: frozenset[str]
    tables: Mapping[str, IntervalTable]
    tried: frozenset[str]
    faults: tuple[tuple[str, LoupeError], ...]


def retune(
    scene: Scene, settings: Mapping[Param, Setting], measured: Measured | None = None
) -> Retuned:
    """Compute and compile what depends on parameters that have moved.

    Parameters
    ----------
    scene
        As it is shown; it has live parameters.
    settings
        Where every control stands now.
    measured
        Given where scales are to stay as they are: what they were made from.
    """
    live = scene.live
    if live is None:
        return Retuned(scene, frozenset(), frozenset(), {}, frozenset(), ())
    moved = {param for param, at in settings.items() if live.settings.get(param) != at}
    session = scene.session
    memo = live.opener.catalog.memo

    def depends(data: Data | None) -> bool:
        source = session.sources.get(data) if isinstance(data, str) else data
        return isinstance(source, InMemory) and not moved.isdisjoint(memo.params(source.value))

    faults: list[tuple[str, LoupeError]] = []
    tables: dict[str, IntervalTable] = {}
    groups = dict(live.groups)
    events, tracks = scene.events, list(scene.tracks)
    changed: set[int] = set()
    tried: set[str] = set()
    sources = [session.resolve(data) for data in _every(scene) if depends(data)]
    opener, gone = live.opener.renewed(sources)
    with held_at(settings):
        for number, (plot, plot_id) in enumerate(zip(session.plots, session.plot_ids, strict=True)):
            if not any(depends(data) for data in plot_data(plot)):
                continue
            tried.add(plot.title or plot_id)
            try:
                rows = plot_rows(plot, number, plot_id, opener, groups[number])
                groups[number] = _in_place(groups[number], rows, measured)
                changed.add(number)
            except LoupeError as error:
                faults.append((plot.title or plot_id, error))
        if session.events is not None and session.events.visible and depends(session.events.data):
            tried.add("events")
            try:
                events = event_classes(session.events, opener)
                groups.pop(-1, None)
            except LoupeError as error:
                faults.append(("events", error))
        for place, spec in enumerate(tracks):
            if depends(spec.config.data):
                tried.add(spec.name)
                found = label_track(spec.id, spec.name, spec.config, memo)
                try:
                    tables[spec.id] = table_of(found)
                    tracks[place] = found
                except LoupeError as error:
                    faults.append((spec.name, error))
    before, shown = _keys(live.groups), _keys(groups)
    rows, extent = laid_out(session, groups, opener, events)
    done = replace(
        scene,
        rows=rows,
        extent=extent or scene.extent,
        bare=extent is None,
        events=events,
        tracks=tuple(tracks),
        live=replace(live, settings=dict(settings), opener=opener, groups=groups),
    )
    return Retuned(
        scene=done,
        rows=frozenset(row.id for row in rows if row.plot in changed),
        # Not only what the opener has dropped now: of plots that failed since, it did so before.
        gone=(gone | before) - shown,
        tables=tables,
        tried=frozenset(tried),
        faults=tuple(faults),
    )


def _every(scene: Scene) -> Iterable[Data]:
    """Every field of plots and events that names data."""
    session = scene.session
    for plot in session.plots:
        yield from plot_data(plot)
    if session.events is not None:
        yield session.events.data


def _keys(groups: Mapping[int, tuple[Row, ...]]) -> frozenset[str]:
    """Keys of the arrays that rows show."""
    return frozenset(ref.key for rows in groups.values() for row in rows for ref in row.arrays)


def _in_place(
    before: Sequence[Row], after: Sequence[Row], measured: Measured | None
) -> tuple[Row, ...]:
    """The new rows of a plot as successors of the old ones.

    Raises
    ------
    LoupeDataError
        If they are not the same rows.
    """
    failed = any(isinstance(row.content, FailedContent) for row in before)
    names = [row.id for row in before], [row.id for row in after]
    if before and not failed and names[0] != names[1]:
        old, new = (
            f"{len(rows)} row{'' if len(rows) == 1 else 's'} "
            f"({', '.join(row.title for row in rows[:3])}{', …' if len(rows) > 3 else ''})"
            for rows in (before, after)
        )
        raise LoupeDataError(
            f"the function gave {new}, and what is shown are {old}",
            hint="give the same rows for every value of the parameters; empty ones can hold NaN",
            code="data-rows",
        )
    olds = dict(zip(names[0], before, strict=True))
    revision = 1 + max((row.revision for row in before), default=0)
    return tuple(_successor(olds.get(row.id), row, revision, measured) for row in after)


def _successor(old: Row | None, new: Row, revision: int, measured: Measured | None) -> Row:
    new = replace(new, revision=revision)
    if old is None or measured is None:
        return new
    a, b = old.content, new.content
    if isinstance(a, TraceContent) and isinstance(b, TraceContent):
        held = a.held or _trace_range(a, measured)
        return replace(new, content=replace(b, held=held))
    if isinstance(a, DenseContent) and isinstance(b, DenseContent):
        stats = measured(a.array, a.rows, (1.0, 99.0))
        spread = a.held if a.held is not None or stats is None else stats.spread()
        return replace(new, content=replace(b, held=spread))
    if isinstance(a, HeatmapContent) and isinstance(b, HeatmapContent):
        stats = measured(a.array, tuple(sorted(int(r) for r in a.order)), a.percentiles)
        levels = a.held if a.held is not None or stats is None else stats.pooled
        return replace(new, content=replace(b, held=levels))
    return new


def _trace_range(content: TraceContent, measured: Measured) -> tuple[float, float] | None:
    """The typical range of a stacked row's curves; None if one was never measured."""
    found = [measured(line.array, (line.row,), (1.0, 99.0)) for line in content.lines]
    stats = [one for one in found if one is not None]
    if not stats or len(stats) < len(found):
        return None
    return extent_of([float(s.low[0]) for s in stats], [float(s.high[0]) for s in stats])
