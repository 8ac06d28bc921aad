"""What is offered to a person whose last session ended badly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from loupe.labels.edit import Edit
from loupe.labels.journal import Content, Replay
from loupe.labels.table import IntervalTable

__all__ = ["Recovery", "offer", "old_name"]


@dataclass(frozen=True, eq=False)
class Recovery:
    """Edits that a session which ended badly left in the journal; nothing is done until asked.

    Attributes
    ----------
    edits
        In order, for a history.
    found
        How many the journal holds; more than ``len(edits)`` if some cannot be done again.
    when
        Time of the last one, ISO 8601 in UTC.
    message
        One sentence for the person.
    """

    edits: tuple[Edit, ...]
    found: int
    when: str
    message: str
    table: IntervalTable


def offer(found: Replay, content: Content) -> str:
    """One sentence: how many edits there are, from when, and whether they still fit."""
    edits = f"{found.found} unsaved edit{'' if found.found == 1 else 's'}"
    text = f"an earlier session left {edits}"
    if found.when:
        text += f", the last at {_on_the_clock(found.when)}"
    if content.bad_line:
        text += f"; line {content.bad_line} of its journal is damaged"
    if not found.exact:
        text += "; the file has changed since"
    if not found.complete:
        text += f"; {len(found.edits)} can be done again"
    return text


def _on_the_clock(when: str) -> str:
    """A moment in UTC as the clock on the wall had it; a text that is no moment as it is."""
    try:
        return datetime.fromisoformat(when).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return when


def old_name(path: Path) -> Path:
    """Under which name a journal is kept that is not to be offered again."""
    return path.with_name(f"{path.name}.{datetime.now(UTC).strftime('%Y%m%dT%H%M%S%f')}.old")
