"""Editing labels, undo and redo, and going from label to label.

Edits are made by `loupe.labels.edit`; each becomes one entry of the history together with where
the person was looking before and after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from loupe.app import commands as c
from loupe.app.rules import (
    edited_track,
    instant,
    moved,
    noted,
    reveal,
    target_span,
    whole_epochs,
)
from loupe.app.state import AppState, TrackState
from loupe.errors import LoupeError
from loupe.labels import edit as edits
from loupe.labels.edit import Edit
from loupe.labels.history import Entry
from loupe.labels.navigate import epoch_at, epochs_in, next_gap, next_row, previous_row
from loupe.labels.table import IntervalTable
from loupe.scene.timeaxis import choose_clock, format_time
from loupe.scene.timegrid import Window
from loupe.units import Seconds, Span

__all__ = ["REDUCERS", "Place", "note_target"]

SHORTEST_S: Seconds = 1e-3
"""A dragged edge leaves at least this much of a label, or a quarter of what there is."""


class Place(NamedTuple):
    """Where a person was looking; undo and redo return there."""

    window: Window
    cursor: Seconds
    selection: Span | None


def note_target(state: AppState) -> int | None:
    """Id of the label that "Add or edit note" means, or None.

    The selected label, else the one at the cursor, else the newest of those made here that is
    still there, else the last one.
    """
    track = edited_track(state)
    if track is None or not len(track.table):
        return None
    table = track.table
    if state.selected_label is not None and table.row_of(state.selected_label) is not None:
        return state.selected_label
    row = table.row_at(instant(state))
    if row is not None:
        return int(table.ids[row])
    for entry in reversed(track.history.done):
        if entry.edit.kind != "paint":
            continue
        for step in reversed(entry.edit.steps):
            alive = [int(i) for i in step.added.ids if table.row_of(int(i)) is not None]
            if alive:
                return max(alive)
    return int(table.ids[-1])


def _place(state: AppState) -> Place:
    return Place(state.window, state.cursor, state.selection)


def _with_track(state: AppState, index: int, track: TrackState) -> AppState:
    tracks = (*state.tracks[:index], track, *state.tracks[index + 1 :])
    return replace(state, tracks=tracks)


def _edit(
    state: AppState,
    make: Callable[[IntervalTable, TrackState], tuple[IntervalTable, Edit]],
    *,
    now: str,
    after: Callable[[AppState], AppState] = lambda state: state,
    given: str = "",
) -> AppState:
    """Edit the edited set as one step of its history.

    Parameters
    ----------
    make
        The edit; a `LoupeError` from it becomes the note and changes nothing else.
    now
        Text for the set's column of edit times.
    after
        Where the person is taken afterwards.
    given
        A column that the person filled: who and when are not written over it.
    """
    track, index = edited_track(state), state.edited
    if track is None or index is None:
        return state
    try:
        table, edit = make(track.table, track)
        table, edit = _stamped(track, table, edit, now, given)
    except LoupeError as error:
        return noted(state, error.told)
    told, before = state.told, _place(state)
    state = after(state)
    if not edit:
        return state
    history = track.history.push(Entry(edit, before, _place(state)))
    track = replace(track, table=table, history=history, saved=history.is_clean)
    state = _with_track(state, index, track)
    if state.selected_label is not None and table.row_of(state.selected_label) is None:
        state = replace(state, selected_label=None)
    return state if track.visible else _hidden(state, track, said=state.told > told)


def _hidden(state: AppState, track: TrackState, *, said: bool) -> AppState:
    """The state with a word on that a set was edited which nobody sees."""
    text = f"{track.name} is hidden"
    return noted(state, f"{state.note} \N{MIDDLE DOT} {text}" if said else f"Edited: {text}")


def _stamped(
    track: TrackState, table: IntervalTable, edit: Edit, now: str, given: str
) -> tuple[IntervalTable, Edit]:
    """The edit with who and when written into the rows that it changed but did not paint."""
    values = {name: value for name, value in _stamp(track, now).items() if name != given}
    if not values or not edit or edit.kind in ("paint", "clear", "delete"):
        return table, edit
    for row_id in {int(i) for step in edit.steps for i in step.added.ids}:
        row = table.row_of(row_id)
        if row is not None:
            table, more = edits.set_values(table, row, values)
            edit = edit.then(more)
    return table, edit


def _stamp(track: TrackState, now: str) -> dict[str, object]:
    """Who and when, for the columns that the set has."""
    values: dict[str, object] = {}
    if track.scorer is not None:
        values[track.scorer[0]] = track.scorer[1]
    if track.time_column is not None and now:
        values[track.time_column] = now
    return {name: v for name, v in values.items() if name in track.table.pool.columns}


def _row(table: IntervalTable, label: int) -> int:
    row = table.row_of(label)
    if row is None:
        raise LoupeError("That label is gone")
    return row


def _when(state: AppState, span: Span) -> str:
    """A stretch of time as the axis writes times; the state knows no date, so without one."""
    clock = choose_clock(state.view.clock, state.extent, None)
    digits = 3 if clock == "seconds" else 2
    start, stop = (format_time(t, clock, digits=digits) for t in (span.start, span.stop))
    return f"{start} to {stop}" + (" s" if clock == "seconds" else "")


def _paint(state: AppState, command: c.Paint) -> AppState:
    span = target_span(state)
    track = edited_track(state)
    if span is None or track is None:
        return state
    label = state.selected_label if state.selection is not None else None

    def make(table: IntervalTable, track: TrackState) -> tuple[IntervalTable, Edit]:
        if label is not None:
            return edits.set_label(table, _row(table, label), command.state)
        values = _stamp(track, command.now)
        spans = [span]
        if track.epoch is not None and not track.merge:
            spans = epochs_in(span, track.epoch, track.epoch_origin, state.extent) or spans
            spans = [Span(max(s.start, span.start), min(s.stop, span.stop)) for s in spans]
        return edits.paint_each(
            table,
            spans,
            command.state,
            values=values,
            join=track.epoch is None or track.merge,
            ignore=frozenset(filter(None, [track.time_column])),
        )

    note = f"{command.state}: {_when(state, span)}"
    return _edit(state, make, now=command.now, after=lambda s: _move_on(s, span, note))


def _move_on(state: AppState, span: Span, note: str) -> AppState:
    """After scoring: nothing selected, or in epoch mode the next epoch."""
    track, state = edited_track(state), noted(state, note)
    if track is None or track.epoch is None:
        return replace(state, selection=None, selected_label=None)
    epoch = epoch_at(span.stop, track.epoch, track.epoch_origin, state.extent)
    if epoch is None:
        return noted(replace(state, selection=span), f"{note} · last epoch")
    window = state.window
    if window.length < 2 * track.epoch:
        window = Window(window.start + epoch.start - span.start, window.length)
    elif not (window.start <= epoch.start and epoch.stop <= window.stop):
        window = Window(epoch.start, window.length)
    state = moved(state, window, cursor=epoch.start)
    return replace(state, selection=epoch, selected_label=None)


def _clear(state: AppState, command: c.ClearLabels) -> AppState:
    span = target_span(state)
    if span is None:
        return state

    def after(state: AppState) -> AppState:
        track = edited_track(state)
        keep = track is not None and track.epoch is not None
        selection = state.selection if keep else None
        state = replace(state, selection=selection, selected_label=None)
        return noted(state, f"Cleared {_when(state, span)}")

    return _edit(
        state,
        lambda table, _track: edits.clear(table, span.start, span.stop),
        now=command.now,
        after=after,
    )


def _delete_last(state: AppState, command: c.DeleteLastLabel) -> AppState:
    track = edited_track(state)
    if track is None or not len(track.table):
        return state
    ends = track.table.ends
    row = len(ends) - 1 - int(np.argmax(ends[::-1]))
    return _delete_row(state, int(track.table.ids[row]), command.now)


def _delete(state: AppState, command: c.DeleteLabel) -> AppState:
    label = state.selected_label if command.label is None else command.label
    return state if label is None else _delete_row(state, label, command.now)


def _delete_row(state: AppState, label: int, now: str) -> AppState:
    track = edited_track(state)
    row = track.table.row_of(label) if track is not None else None
    if track is None or row is None:
        return state
    gone = track.table.interval(row)
    note = f"Deleted {gone.label}: {_when(state, Span(gone.start, gone.stop))}"

    def after(state: AppState) -> AppState:
        if state.selected_label == label:
            state = replace(state, selection=None, selected_label=None)
        return noted(state, note)

    return _edit(
        state, lambda table, _track: edits.delete(table, [_row(table, label)]), now=now, after=after
    )


def _move_edge(state: AppState, command: c.MoveLabelEdge) -> AppState:
    side: edits.Side = "start" if command.edge == "start" else "end"

    def make(table: IntervalTable, _track: TrackState) -> tuple[IntervalTable, Edit]:
        row = _row(table, command.label)
        # As far as the preview goes: a label does not leave the recording, but one that reaches
        # out of it already may.
        first = min(state.extent.start, float(table.starts[row]))
        last = max(state.extent.stop, float(table.ends[row]))
        low, high = edits.edge_limits(table, row, side)
        least = min(SHORTEST_S, (high - low) / 4)
        t = min(max(command.t, first), last)
        return edits.move_edge(table, row, side, min(max(t, low + least), high - least))

    return _kept(_edit(state, make, now=command.now))


def _bounds(state: AppState, command: c.SetLabelBounds) -> AppState:
    def make(table: IntervalTable, _track: TrackState) -> tuple[IntervalTable, Edit]:
        row = _row(table, command.label)
        start = float(table.starts[row]) if command.start is None else command.start
        stop = float(table.ends[row]) if command.stop is None else command.stop
        return edits.set_bounds(table, row, start, stop)

    return _kept(_edit(state, make, now=command.now))


def _kept(state: AppState) -> AppState:
    """The selection around the selected label, after its edges moved."""
    track = edited_track(state)
    if track is None or state.selected_label is None or state.selection is None:
        return state
    return _select_label(state, c.SelectLabel(state.selected_label))


def _set_state(state: AppState, command: c.SetLabelState) -> AppState:
    return _edit(
        state,
        lambda table, _track: edits.set_label(table, _row(table, command.label), command.state),
        now=command.now,
    )


def _set_note(state: AppState, command: c.SetNote) -> AppState:
    label = note_target(state) if command.label is None else command.label
    if label is None:
        return state

    def make(table: IntervalTable, _track: TrackState) -> tuple[IntervalTable, Edit]:
        values = {table.pool.note_col: command.text}
        return edits.set_values(table, _row(table, label), values)

    return _edit(state, make, now=command.now)


def _set_cell(state: AppState, command: c.SetLabelCell) -> AppState:
    values = {command.column: command.value}
    return _edit(
        state,
        lambda table, _track: edits.set_values(table, _row(table, command.label), values),
        now=command.now,
        given=command.column,
    )


def _select_label(state: AppState, command: c.SelectLabel) -> AppState:
    track = edited_track(state)
    row = None if track is None or command.label is None else track.table.row_of(command.label)
    if track is None or row is None:
        return replace(state, selection=None, selected_label=None)
    start, stop = float(track.table.starts[row]), float(track.table.ends[row])
    extent = state.extent
    # A label may reach out of the recording; what is selected may not.
    low, high = max(start, extent.start), min(stop, extent.stop)
    selection = Span(low, high) if high > low else None
    state = replace(state, selection=selection, selected_label=command.label)
    if command.centre:
        centre = start + (min(stop, extent.stop) - start) / 2
        state = _centred(state, centre)
    return state


def _select_at_cursor(state: AppState, command: c.SelectAtCursor) -> AppState:
    track = edited_track(state)
    if command.what == "window":
        span: Span | None = state.window.span
    elif track is None:
        span = None
    elif command.what == "label":
        row = track.table.row_at(instant(state))
        if row is not None:
            return _select_label(state, c.SelectLabel(int(track.table.ids[row])))
        span = None
    else:
        span = (
            epoch_at(instant(state), track.epoch, track.epoch_origin, state.extent)
            if track.epoch is not None
            else None
        )
    if span is None:
        return noted(state, f"There is no {command.what} at the cursor.")
    low, high = max(span.start, state.extent.start), min(span.stop, state.extent.stop)
    selection = Span(low, high) if high > low else None
    if selection is not None and track is not None:
        # As a drag over it would be.
        selection = whole_epochs(selection, track, state.extent)
    return replace(state, selection=selection, selected_label=None)


def _centred(state: AppState, t: Seconds) -> AppState:
    t = min(max(t, state.extent.start), state.extent.stop)
    window = Window(t - state.window.length / 2, state.window.length)
    return moved(state, window, cursor=t, remember=True)


def _centre(table: IntervalTable, row: int) -> Seconds:
    start, stop = float(table.starts[row]), float(table.ends[row])
    return start + (stop - start) / 2 if math.isfinite(stop) else start


def _jump(state: AppState, command: c.JumpLabel) -> AppState:
    track = edited_track(state)
    if track is None:
        return state
    table = track.table
    here = state.cursor
    row = table.row_at(here)
    chosen = None if state.selected_label is None else table.row_of(state.selected_label)
    if chosen is not None:
        # A centre outside the recording leaves the cursor at its limit: go on from the label that
        # was reached, else the same one would be found for ever.
        centre = _centre(table, chosen)
        if min(max(centre, state.extent.start), state.extent.stop) == here:
            here, row = centre, chosen
    names: Iterable[str | None] = (None,)
    if command.which != "any" and row is not None:
        label = table.label(row)
        names = (label,)
        if command.which == "different":
            names = [name for name in table.pool.labels if name != label]
    step = next_row if command.direction > 0 else previous_row
    rows = [found for name in names if (found := step(table, here, label=name)) is not None]
    if not rows:
        return noted(state, "No such label in that direction.")
    best = min(rows, key=lambda found: abs(_centre(table, found) - here))
    state = _centred(state, _centre(table, best))
    return replace(state, selection=None, selected_label=int(table.ids[best]))


def _next_unlabelled(state: AppState, command: c.NextUnlabelled) -> AppState:
    track = edited_track(state)
    if track is None:
        return state
    if command.direction > 0:
        gap = next_gap(track.table, state.cursor, state.extent)
    else:
        gaps = track.table.gaps(state.extent)
        before = [gap for gap in gaps if gap.start < state.cursor]
        gap = (before or gaps)[-1] if gaps else None
    if gap is None:
        return noted(state, "Everything is labelled.")
    state = replace(reveal(state, gap.start, remember=True), selected_label=None)
    selection = None
    if track.epoch is not None:
        selection = epoch_at(gap.start, track.epoch, track.epoch_origin, state.extent)
    return replace(state, selection=selection)


def _undo(state: AppState, _command: c.Undo) -> AppState:
    return _travel(state, back=True)


def _redo(state: AppState, _command: c.Redo) -> AppState:
    return _travel(state, back=False)


def _travel(state: AppState, *, back: bool) -> AppState:
    track = edited_track(state)
    if track is None or state.edited is None:
        return state
    done = track.history.undo(track.table) if back else track.history.redo(track.table)
    if done is None:
        return state
    history, table, entry = done
    track = replace(track, table=table, history=history, saved=history.is_clean)
    state = _with_track(state, state.edited, track)
    place = entry.before if back else entry.after
    if isinstance(place, Place):
        state = moved(state, place.window, cursor=place.cursor, remember=True)
        state = replace(state, selection=place.selection)
    note = f"{'Undone' if back else 'Redone'}: {entry.edit.kind}"
    state = noted(replace(state, selected_label=None), note)
    return state if track.visible else _hidden(state, track, said=True)


def _mark_saved(state: AppState, command: c.MarkSaved) -> AppState:
    if not 0 <= command.track < len(state.tracks):
        return state
    track = state.tracks[command.track]
    history = track.history if track.history.is_clean else track.history.mark_clean()
    return _with_track(state, command.track, replace(track, history=history, saved=True))


def _visible(state: AppState, command: c.SetTrackVisible) -> AppState:
    if not 0 <= command.track < len(state.tracks):
        return state
    track = state.tracks[command.track]
    visible = not track.visible if command.visible is None else command.visible
    return _with_track(state, command.track, replace(track, visible=visible))


def _set_edited(state: AppState, command: c.SetEditedTrack) -> AppState:
    count = len(state.tracks)
    if not count:
        return state
    index = command.track
    if index is None:
        index = 0 if state.edited is None else (state.edited + 1) % count
    if not 0 <= index < count:
        return state
    track = state.tracks[index]
    note = f"Keys now edit {track.name}{'' if track.visible else ', which is hidden'}."
    return noted(replace(state, edited=index, selected_label=None), note)


REDUCERS: Mapping[type[c.Command], Callable[[AppState, Any], AppState]] = {
    c.Paint: _paint,
    c.ClearLabels: _clear,
    c.DeleteLastLabel: _delete_last,
    c.DeleteLabel: _delete,
    c.MoveLabelEdge: _move_edge,
    c.SetLabelBounds: _bounds,
    c.SetLabelState: _set_state,
    c.SetNote: _set_note,
    c.SetLabelCell: _set_cell,
    c.SelectLabel: _select_label,
    c.SelectAtCursor: _select_at_cursor,
    c.JumpLabel: _jump,
    c.NextUnlabelled: _next_unlabelled,
    c.Undo: _undo,
    c.Redo: _redo,
    c.MarkSaved: _mark_saved,
    c.SetTrackVisible: _visible,
    c.SetEditedTrack: _set_edited,
}
