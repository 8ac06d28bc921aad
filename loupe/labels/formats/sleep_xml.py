"""Scorings of sleep laboratories in XML: Compumedics Profusion, and the harmonised form of NSRR.

A Profusion file (``CMPStudyConfig``) lists the stage of each epoch as a number, and events with
name, start and duration. The National Sleep Research Resource (sleepdata.org) writes both as
events (``PSGAnnotation``), stages as ``Stage 2 sleep|2``. The stages are one format here, the
events another: they lie over each other, and a set of labels is one or the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from loupe.errors import IntervalLabelIOError
from loupe.labels.formats.base import LabelFormat, Loaded, ReadOptions, plural
from loupe.labels.formats.rows import Bounds, bouts, epoch_edges, loaded_rows
from loupe.labels.formats.tabular import VISBRAIN
from loupe.labels.formats.xml_text import number_in, parsed, text_in
from loupe.labels.vocabulary import VOCABULARIES
from loupe.session.labels import IntervalLabelSchema

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["SLEEP_EVENTS", "SLEEP_STAGES"]

_PROFUSION, _NSRR = "CMPStudyConfig", "PSGAnnotation"
_STAGES = VOCABULARIES["profusion"]
_RECORDING = "Recording Start Time"
"""An "event" of NSRR that is as long as the recording and no event."""

_COLUMNS = ("start_time", "duration", "event")
_OWN = {"Name", "EventConcept", "EventType", "Start", "Duration"}


def _root(data: bytes, options: ReadOptions) -> Element:
    root = parsed(data, options.where)
    if root.tag not in (_PROFUSION, _NSRR):
        raise IntervalLabelIOError(
            f"its root is <{root.tag}>, not <{_PROFUSION}> (Profusion) or <{_NSRR}> (NSRR)",
            where=options.where,
            hint="is it a scoring? Other XML is not read",
        )
    return root


def _events(root: Element) -> list[Element]:
    return root.findall("ScoredEvents/ScoredEvent")


def _is_stage(event: Element) -> bool:
    return text_in(event, "EventType").partition("|")[0] == "Stages"


def _read_stages(data: bytes, options: ReadOptions) -> Loaded:
    root = _root(data, options)
    events = _events(root)
    if root.tag == _NSRR:
        found = [event for event in events if _is_stage(event)]
        bounds = _bounds(found, options.where)
        states = [_state(text_in(event, "EventConcept")) for event in found]
        others = sum(text_in(e, "EventConcept") != _RECORDING for e in events) - len(found)
    else:
        epoch = number_in(root, "EpochLength", options.where, f"<{_PROFUSION}>")
        if not (np.isfinite(epoch) and epoch > 0):
            raise IntervalLabelIOError(f"an epoch of {epoch:g} s", where=options.where)
        codes = [(stage.text or "").strip() for stage in root.findall("SleepStages/SleepStage")]
        edges = epoch_edges(len(codes), epoch)
        bounds, states = bouts([_STAGES.get(code, code) for code in codes], edges)
        others = len(events)
    loaded = loaded_rows(bounds, states, VISBRAIN, options)
    if not others:
        return loaded
    left = f'{plural(others, "scored event")} left out; format = "sleep-xml-events" reads them'
    return Loaded(loaded.table, (*loaded.notes, left))


def _state(concept: str) -> str:
    """The state of ``Stage 2 sleep|2``; what has no known number stays as it is named."""
    name, _, code = concept.partition("|")
    return _STAGES.get(code.strip(), name)


def _read_events(data: bytes, options: ReadOptions) -> Loaded:
    root = _root(data, options)
    events = [event for event in _events(root) if not _is_stage(event)]
    if root.tag == _NSRR:
        events = [e for e in events if text_in(e, "EventConcept") != _RECORDING]
        labels = [text_in(event, "EventConcept").partition("|")[0] for event in events]
    else:
        labels = [text_in(event, "Name") for event in events]
    names = list(dict.fromkeys(c.tag for event in events for c in event if c.tag not in _OWN))
    cells = {name: [text_in(event, name) or None for event in events] for name in names}
    if root.tag == _NSRR:
        kinds = [text_in(event, "EventType").partition("|")[0] or None for event in events]
        cells = {"EventType": kinds, **cells}
    cells = {f"{n}_" if n in _COLUMNS else n: column for n, column in cells.items()}
    values = {name: pl.Series(column, dtype=pl.String) for name, column in cells.items()}
    schema = IntervalLabelSchema(
        start_col=_COLUMNS[0],
        duration_col=_COLUMNS[1],
        label_col=_COLUMNS[2],
        extra_cols=tuple(values),
    )
    return loaded_rows(_bounds(events, options.where), labels, schema, options, values=values)


def _bounds(events: Sequence[Element], where: str) -> Bounds:
    starts, lengths = np.empty(len(events)), np.empty(len(events))
    for number, event in enumerate(events, start=1):
        what = f"scored event {number} ({text_in(event, 'Name') or text_in(event, 'EventConcept')})"
        starts[number - 1] = number_in(event, "Start", where, what)
        lengths[number - 1] = number_in(event, "Duration", where, what)
    return starts, starts + lengths


SLEEP_STAGES = LabelFormat(
    name="sleep-xml",
    extensions=(".xml",),
    title="sleep stages in XML (Profusion, NSRR)",
    read=_read_stages,
    write=None,
    own_columns=True,
)

SLEEP_EVENTS = LabelFormat(
    name="sleep-xml-events",
    extensions=(),
    title="sleep events in XML (Profusion, NSRR)",
    read=_read_events,
    write=None,
    own_columns=True,
)
