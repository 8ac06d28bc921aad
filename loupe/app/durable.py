"""Which edits of labels a change of state makes, so that they are safe before they are shown.

Knows states and histories. Writing the journal is the business of the label stores, which it
only knows as something that appends edits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from loupe.app.state import AppState, TrackState
from loupe.errors import LoupeError

if TYPE_CHECKING:
    from loupe.labels.edit import Edit

__all__ = ["EditLog", "guard", "pending_edits"]


class EditLog(Protocol):
    """Something that keeps edits of one label set safe, such as a `LabelStore`."""

    def append(self, edit: Edit) -> object:
        """Make an edit durable; a `LoupeError` if that is impossible."""


def pending_edits(before: AppState, after: AppState) -> tuple[tuple[str, Edit], ...]:
    """The edits that lead from one state to the next: id of the label set, edit, in order.

    An undone entry gives the inverse of its edit. A set whose table was replaced as a whole (a
    file loaded again) gives none: that is not an edit.
    """
    old = {track.id: track for track in before.tracks}
    found = []
    for track in after.tracks:
        was = old.get(track.id)
        if was is None or was.table is track.table:
            continue
        edit = _edit(was, track)
        if edit is not None:
            found.append((track.id, edit))
    return tuple(found)


def _edit(before: TrackState, after: TrackState) -> Edit | None:
    old, new = before.history, after.history
    if len(new.done) == len(old.done) + 1 and new.done[:-1] == old.done:
        return new.done[-1].edit
    undone = len(new.done) == len(old.done) - 1 and bool(new.undone)
    if undone and new.undone[-1] is old.done[-1]:
        return old.done[-1].edit.inverse()
    return None


def guard(logs: Mapping[str, EditLog], before: AppState, after: AppState) -> str:
    """Append what a change edits to the logs of its label sets.

    To be handed to a `Store`, which asks it before it takes over a state.

    Returns
    -------
    str
        Why an edit cannot be made safe, and so must not be shown; empty if all are.
    """
    for track_id, edit in pending_edits(before, after):
        log = logs.get(track_id)
        if log is None:
            continue
        try:
            log.append(edit)
        except LoupeError as error:
            return f"The edit was not made: {error}. {error.hint}".rstrip()
    return ""
