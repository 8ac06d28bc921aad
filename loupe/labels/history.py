"""Undo and redo without limit.

Each entry holds an edit, which is its own way back, and where the person was looking on either
side of it, so that undo also takes them back there. What "where" means is the caller's business.
A `History` is frozen: pushing returns another one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from loupe.labels.edit import Edit
from loupe.labels.table import IntervalTable

__all__ = ["Entry", "History"]


@dataclass(frozen=True, eq=False)
class Entry:
    """One undoable change: the edit, and the places of the view before and after it."""

    edit: Edit
    before: Any = None
    after: Any = None


@dataclass(frozen=True, eq=False)
class History:
    """What was done (oldest first), what was undone (next redo last), and where it was saved.

    Attributes
    ----------
    done, undone
        Entries to undo and to redo; the last of each comes first.
    clean
        How many entries were done when the set was last saved; None if undo cannot get back there.
    """

    done: tuple[Entry, ...] = ()
    undone: tuple[Entry, ...] = ()
    clean: int | None = 0

    @property
    def is_clean(self) -> bool:
        """Whether the set is as it was when it was loaded or last saved."""
        return self.clean == len(self.done)

    def push(self, entry: Entry) -> History:
        """Note a change just made; what was undone is gone. An empty edit leaves no trace."""
        if not entry.edit:
            return self
        reachable = self.clean is not None and self.clean <= len(self.done)
        return History((*self.done, entry), (), self.clean if reachable else None)

    def undo(self, table: IntervalTable) -> tuple[History, IntervalTable, Entry] | None:
        """Take the last change back; None when there is none.

        Returns
        -------
        tuple
            The history, the table, and the entry taken back: look at ``entry.before``.
        """
        if not self.done:
            return None
        entry = self.done[-1]
        history = replace(self, done=self.done[:-1], undone=(*self.undone, entry))
        return history, entry.edit.inverse().apply(table), entry

    def redo(self, table: IntervalTable) -> tuple[History, IntervalTable, Entry] | None:
        """Do the last undone change again; None when there is none. Look at ``entry.after``."""
        if not self.undone:
            return None
        entry = self.undone[-1]
        history = replace(self, done=(*self.done, entry), undone=self.undone[:-1])
        return history, entry.edit.apply(table), entry

    def mark_clean(self) -> History:
        """The same history, saved now."""
        return replace(self, clean=len(self.done))
