"""Which edits of labels a change of state makes, so that they are safe before they are shown.

Knows states and histories. Writing the journal is the business of the label stores, which it
only knows as something that appends edits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np

from loupe.app.state import AppState, TrackState
from loupe.errors import LoupeError

if TYPE_CHECKING:
    from loupe.labels.edit import Edit
    from loupe.labels.table import IntervalTable

__all__ = ["EditLog", "guard", "pending_edits"]


class EditLog(Protocol):
    """Something that keeps edits of one label set safe, such as a `LabelStore`."""

    @property
    def table(self) -> IntervalTable:
        """The labels with every edit that was kept."""

    def append(self, edit: Edit) -> object:
        """Make an edit durable; a `LoupeError` if that is impossible."""


def pending_edits(before: AppState, after: AppState) -> tuple[tuple[TrackState, Edit | None], ...]:
    """The edits that lead from one state to the next: the label set before, edit, in order.

    An undone entry gives the inverse of its edit; None stands for a change that no entry of the
    history explains.
    """
    old = {track.id: track for track in before.tracks}
    return tuple(
        (was, _edit(was, track))
        for track in after.tracks
        if (was := old.get(track.id)) is not None and was.table is not track.table
    )


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
    edits = pending_edits(before, after)
    for was, edit in edits:
        if edit is None:
            return "The edit was not made: it could not be written down."
        log = logs.get(was.id)
        if log is not None and not _same_rows(log.table, was.table):
            # Edits go by the place of a row: in another table they would change another label.
            return (
                f"The edit was not made: {was.name} is kept otherwise than it is shown. Open the "
                "session again."
            )
    for was, edit in edits:
        log = logs.get(was.id)
        if log is None or edit is None:
            continue
        try:
            log.append(edit)
        except LoupeError as error:
            return f"The edit was not made: {error}. {error.hint}".rstrip()
    return ""


def _same_rows(kept: IntervalTable, shown: IntervalTable) -> bool:
    return np.array_equal(kept.starts, shown.starts) and np.array_equal(kept.ends, shown.ends)
