"""What a label format is: bytes in, table out, and back, with every loss named.

A format never touches the disk; `files` reads and writes the bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import polars as pl

from loupe.labels.table import IntervalTable
from loupe.session.labels import IntervalLabelSchema, LabelsConfig

__all__ = [
    "LabelFormat",
    "Loaded",
    "ReadOptions",
    "no_losses",
    "plural",
    "read_options",
    "respelled_labels",
    "told_epoch",
    "value_losses",
    "with_epoch",
]

_EPOCH, _EPOCH_ORIGIN = "epoch_s", "epoch_origin_s"


@dataclass(frozen=True)
class ReadOptions:
    """What a reader needs to know beside the bytes.

    Attributes
    ----------
    where
        The file's name for messages.
    schema
        The user's column names; None takes the format's own, where it has one.
    origin
        Wall clock of second 0, for files with dates; None counts from the first start, or from
        where the file says.
    origin_ns
        The same in nanoseconds since 1970; it goes before `origin`.
    snap
        Step in seconds to which times are rounded, for files that were written as float32.
    created
        Columns of text to have in any case, such as the scorer's name.
    guess
        Without a schema, go by well-known names of columns and say so; False refuses.
    epoch, epoch_origin
        Length of an epoch in seconds, and a time at which one starts, for files that list the
        states of epochs and say neither.
    """

    where: str = "labels"
    schema: IntervalLabelSchema | None = None
    origin: datetime | None = None
    snap: float | None = None
    created: tuple[str, ...] = ()
    guess: bool = True
    origin_ns: int | None = None
    epoch: float | None = None
    epoch_origin: float = 0.0

    @property
    def second_zero(self) -> int | None:
        """Second 0 in nanoseconds since 1970, as the caller has it; None if that is open."""
        if self.origin_ns is not None or self.origin is None:
            return self.origin_ns
        known = self.origin.replace(tzinfo=UTC)
        whole = int(known.replace(microsecond=0).timestamp())
        return whole * 10**9 + known.microsecond * 1000


@dataclass(frozen=True, eq=False)
class Loaded:
    """A table as read.

    Attributes
    ----------
    notes
        Remarks for the person, never losses; one sentence each.
    lines
        The line of each row of a text file, in the file's order; None for other files.
    """

    table: IntervalTable
    notes: tuple[str, ...] = ()
    lines: Sequence[int] | None = None

    def line(self, row: int) -> int | None:
        """The line on which a row of the table as read stands."""
        return None if self.lines is None else self.lines[int(self.table.payload[row])]


def read_options(
    config: LabelsConfig, origin: datetime | None, created: tuple[str, ...] = ()
) -> ReadOptions:
    """What a session tells of one of its label files."""
    return ReadOptions(
        origin=origin, created=created, epoch=config.epoch, epoch_origin=config.epoch_origin
    )


def with_epoch(table: IntervalTable, epoch: float, origin: float = 0.0) -> IntervalTable:
    """The table with a length of epochs, for formats that list those."""
    told = {**table.layout.metadata, _EPOCH: repr(epoch), _EPOCH_ORIGIN: repr(origin)}
    return replace(table, layout=replace(table.layout, metadata=told))


def told_epoch(table: IntervalTable) -> tuple[float | None, float]:
    """Length of an epoch and a time at which one starts, as the table was told; None if not."""
    told = table.layout.metadata
    try:
        epoch, origin = float(told[_EPOCH]), float(told.get(_EPOCH_ORIGIN, "0"))
    except (KeyError, ValueError):
        return None, 0.0
    usable = 0 < epoch < math.inf and math.isfinite(origin)
    return (epoch, origin) if usable else (None, 0.0)


def no_losses(table: IntervalTable) -> list[str]:
    """For formats that keep everything."""
    del table
    return []


@dataclass(frozen=True)
class LabelFormat:
    """One file format for labels; also what the entry points ``loupe.label_formats`` name.

    Attributes
    ----------
    name
        What ``format = "…"`` says.
    extensions
        Lower-case endings, with the dot, that mean this format by default; the longest wins.
    title
        A few words for people.
    read, write
        Bytes to table and back; None where the format cannot. They raise
        `IntervalLabelIOError` or `IntervalLabelSchemaError`.
    losses
        What writing this table would drop or change, one sentence each, with counts.
    own_columns
        The format fixes the names of its columns, whatever the table's were.
    keeps_origin
        The file says where second 0 is, if its times are dates.
    """

    name: str
    extensions: tuple[str, ...]
    title: str
    read: Callable[[bytes, ReadOptions], Loaded] | None
    write: Callable[[IntervalTable], bytes] | None
    losses: Callable[[IntervalTable], list[str]] = no_losses
    own_columns: bool = False
    keeps_origin: bool = False


def plural(n: int, what: str) -> str:
    """``1 row`` or ``3 rows``."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def respelled_labels(table: IntervalTable, word: Callable[[str], str]) -> list[str]:
    """Labels that a format writes in another way, all in one sentence."""
    words = sorted({label for label in table.labels() if word(label) != label})
    if not words:
        return []
    changed = ", ".join(f"{label!r} becomes {word(label)!r}" for label in words)
    return [f"labels that cannot stand there: {changed}"]


def value_losses(table: IntervalTable, kept: frozenset[str] = frozenset()) -> list[str]:
    """Columns with values that a format without columns drops, each with its count."""
    if not len(table) or not table.pool.columns:
        return []
    frame = table.pool.frame(table.payload)
    out = []
    for name in table.pool.columns:
        if name in kept:
            continue
        column = frame[name]
        count = len(column) - column.null_count()
        if column.dtype == pl.String:
            count -= int((column == "").sum())
        if count:
            kind = "notes" if name == table.pool.note_col else "values"
            out.append(f"column `{name}`: {kind} of {plural(count, 'row')} dropped")
    return out
