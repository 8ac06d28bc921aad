"""`IntervalLabelSet`: the public, mutable face of a label set for scripts.

Every change goes through the functions of `edit`, as in the window, so both follow one set of
rules. The set lives in memory until `save_as` or `save_to_source`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from loupe.errors import IntervalLabelIOError, IntervalLabelSchemaError, LoupeTypeError
from loupe.labels import edit
from loupe.labels.exchange import encode, export, load_table
from loupe.labels.files import atomic_write
from loupe.labels.formats.base import ReadOptions, with_epoch
from loupe.labels.formats.registry import format_for
from loupe.labels.formats.tabular import LEGACY, frame_of, guess_schema, table_of
from loupe.labels.history import Entry, History
from loupe.labels.table import Interval, IntervalTable
from loupe.session.labels import IntervalLabelSchema
from loupe.units import Seconds, Span

__all__ = ["IntervalLabelSet"]


class IntervalLabelSet:
    """Labels on half-open intervals ``[start, end)`` in seconds, sorted by start.

    Make one with `from_path`, `from_dataframe` or `empty`. Rows are numbered from 0 in the order
    of their starts, which is the order of `df`; any change may move them. `undo` takes back what
    the methods here did, without limit.

    Examples
    --------
    >>> labels = IntervalLabelSet.empty()
    >>> labels.add(0.0, 30.0, "Wake")
    >>> labels.add(20.0, 60.0, "NREM")
    >>> [(i.start, i.stop, i.label) for i in labels]
    [(0.0, 20.0, 'Wake'), (20.0, 60.0, 'NREM')]
    """

    def __init__(self, table: IntervalTable, *, source: Path | None = None) -> None:
        self._table = table
        self._history = History()
        self._created: list[int] = []
        self._source = source
        self._format: str | None = None
        self._hash: str | None = None
        self._writeback = True
        self._backed_up = False
        self.notes: tuple[str, ...] = ()
        """Remarks from reading, one sentence each: overlaps, points, dates."""

    @classmethod
    def from_path(
        cls,
        path: str | Path,
        schema: IntervalLabelSchema | None = None,
        *,
        format: str | None = None,  # noqa: A002 - the word that sessions and the command line use
        writeback: bool = True,
        epoch: float | None = None,
    ) -> IntervalLabelSet:
        """Read a label file.

        Parameters
        ----------
        path
            csv, htsv, parquet, Visbrain txt, or any format that `format` names.
        schema
            The user's columns. Needed for htsv, and for a parquet that Loupe did not write; a csv
            has ``start_s, end_s, label, note`` without one.
        format
            Format by name; None goes by the extension.
        writeback
            Whether `save_to_source` may overwrite the file.
        epoch
            Length of an epoch in seconds, for files that list the states of epochs alone.

        Raises
        ------
        IntervalLabelIOError
            If the file is absent or unreadable, or its columns are not known.
        IntervalLabelSchemaError
            If columns are missing or a row breaks the schema; the row is named.
        """
        options = ReadOptions(guess=False, epoch=epoch)
        loaded = load_table(path, schema, format=format, options=options)
        labels = cls(loaded.table, source=Path(path))
        labels._format = loaded.format.name
        labels._hash = loaded.hash
        labels._writeback = writeback
        labels.notes = loaded.notes
        return labels

    @classmethod
    def from_dataframe(cls, df: Any, schema: IntervalLabelSchema | None = None) -> IntervalLabelSet:
        """Take a polars frame, or one that polars can take (pandas).

        Parameters
        ----------
        schema
            The frame's columns; None for ``start_s, end_s, label`` with an optional ``note``.

        Raises
        ------
        LoupeTypeError
            If it is no frame.
        IntervalLabelIOError
            If no schema is given and the columns are not the usual ones.
        IntervalLabelSchemaError
            If columns are missing or a row breaks the schema; the row is named.
        """
        frame = _polars(df)
        if schema is None:
            if not {LEGACY.start_col, LEGACY.end_col, LEGACY.label_col} <= set(frame.columns):
                guess = guess_schema(frame.columns)
                raise IntervalLabelIOError(
                    "the frame needs a schema; its columns are: " + ", ".join(frame.columns),
                    hint="pass IntervalLabelSchema(start_col=…, end_col=…, label_col=…)"
                    if guess is None
                    else f"pass {guess!r}",
                )
            schema = LEGACY
        loaded = table_of(frame, schema, where="data frame")
        labels = cls(loaded.table)
        labels.notes = loaded.notes
        return labels

    @classmethod
    def empty(cls, schema: IntervalLabelSchema | None = None) -> IntervalLabelSet:
        """A set without rows; the usual csv columns unless a schema is given."""
        return cls(IntervalTable.empty(schema or LEGACY))

    @property
    def schema(self) -> IntervalLabelSchema:
        """Which columns mean what."""
        return self._table.schema

    @property
    def table(self) -> IntervalTable:
        """The frozen table behind the set, as it is now."""
        return self._table

    @property
    def source(self) -> Path | None:
        """The file that the set was read from."""
        return self._source

    @property
    def df(self) -> pl.DataFrame:
        """A copy as a frame: the user's column names and types, in the file's order."""
        return frame_of(self._table)

    @property
    def is_modified(self) -> bool:
        """Whether the set differs from what was read or last saved to its source."""
        return not self._history.is_clean

    def __len__(self) -> int:
        return len(self._table)

    def __iter__(self) -> Iterator[Interval]:
        return iter(self._table)

    def __getitem__(self, row: int) -> Interval:
        return self._table.interval(row if row >= 0 else row + len(self))

    def __repr__(self) -> str:
        return f"<IntervalLabelSet of {len(self)} rows, {len(set(self._table.labels()))} labels>"

    def add(
        self, start: Seconds, end: Seconds, label: str, note: str = "", **extras: object
    ) -> None:
        """Label ``[start, end)``.

        Rows in the way are cut back or split; a half keeps note and extras. The new row joins a
        touching row of the same label if their notes and extras are equal or empty on one side.

        Raises
        ------
        IntervalLabelSchemaError
            If ``end <= start``, a time is not finite, or an extra does not fit its column.
        """
        before = self._table
        values = {**extras, **({before.pool.note_col: note} if note else {})}
        self._do(edit.paint(before, start, end, label, values=values))
        row = self._table.row_at(start)
        if row is not None:
            row_id = int(self._table.ids[row])
            self._created = [i for i in self._created if i != row_id] + [row_id]

    def clear_range(self, start: Seconds, end: Seconds) -> None:
        """Remove labels from ``[start, end)``; rows that reach outside keep their halves."""
        self._do(edit.clear(self._table, start, end))

    def merge_adjacent(self, *, force: bool = False) -> int:
        """Join touching rows of the same label where nothing is lost; returns how many went.

        Parameters
        ----------
        force
            Join whatever notes and extras say, the first row's winning, and overlapping rows too.
        """
        before = len(self)
        self._do(edit.merge_adjacent(self._table, force=force))
        return before - len(self)

    def update_cell(self, row: int, column: str, value: object) -> None:
        """Set one cell, by row and by the user's column name.

        Times may overlap no other row: what the row newly covers is taken from others. With a
        duration column, setting the duration moves the end.

        Raises
        ------
        IntervalLabelSchemaError
            If the row or column does not exist, or the value does not fit.
        """
        table, schema = self._table, self.schema
        row = self._row(row)
        start, end = float(table.starts[row]), float(table.ends[row])
        if column == schema.label_col:
            self._do(edit.set_label(table, row, str(value)))
        elif column == schema.start_col:
            self._do(edit.set_bounds(table, row, _seconds(column, value), end))
        elif column == schema.end_col:
            self._do(edit.set_bounds(table, row, start, _seconds(column, value)))
        elif column == schema.duration_col:
            self._do(edit.set_bounds(table, row, start, start + _seconds(column, value)))
        else:
            self._do(edit.set_values(table, row, {column: value}))

    def delete(self, row: int) -> None:
        """Remove one row."""
        self._do(edit.delete(self._table, [self._row(row)]))

    def set_note(self, row: int, note: str) -> None:
        """Set the note of a row; "" removes it."""
        values = {self._table.pool.note_col: note}
        self._do(edit.set_values(self._table, self._row(row), values))

    def get_note(self, row: int) -> str:
        """The note of a row, "" without one."""
        return self._table.interval(self._row(row)).note

    def at_time(self, t: Seconds) -> Interval | None:
        """The interval that holds `t`; among overlapping ones the one that starts last."""
        return self._table.at_time(t)

    def visible_in(self, start: Seconds, end: Seconds) -> list[Interval]:
        """Every interval that shares time with ``[start, end)``, in order."""
        return [self._table.interval(i) for i in self._table.visible_in(Span(start, end)).tolist()]

    def pop_last(self) -> Interval | None:
        """Remove and return the newest row that `add` made and that is still there."""
        while self._created:
            row = self._table.row_of(self._created.pop())
            if row is not None:
                interval = self._table.interval(row)
                self._do(edit.delete(self._table, [row]))
                return interval
        return None

    def undo(self) -> bool:
        """Take the last change back; False when there is none."""
        return self._move(self._history.undo)

    def redo(self) -> bool:
        """Do the last undone change again; False when there is none."""
        return self._move(self._history.redo)

    def save_as(
        self,
        path: str | Path,
        *,
        format: str | None = None,  # noqa: A002 - the word that sessions and the command line use
        lossy: bool = False,
        epoch: float | None = None,
    ) -> Path:
        """Write a copy; the extension decides the format unless `format` does.

        Parameters
        ----------
        epoch
            Length of an epoch in seconds, for a file of states epoch by epoch.

        Raises
        ------
        IntervalLabelIOError
            If there is nothing to write, the path is the set's own source, the format would lose
            something (each loss is named) and `lossy` is not given, or writing fails.
        """
        table = self._table if epoch is None else with_epoch(self._table, epoch)
        saved = export(table, path, format=format, lossy=lossy, not_over=self._source)
        return saved.path

    def save_to_source(self, *, lossy: bool = False) -> Path:
        """Put the set into the file that it was read from, as a whole or not at all.

        The first time, what was there is kept as ``NAME.bak``.

        Raises
        ------
        IntervalLabelIOError
            If there is no such file or writing back is not allowed, the file was changed by
            others since it was read, the format would lose something, or writing fails.
        """
        if self._source is None:
            raise IntervalLabelIOError("the set was not read from a file", hint="use save_as(path)")
        if not self._writeback:
            raise IntervalLabelIOError(
                "writing back is not allowed",
                where=str(self._source),
                hint="open it with writeback=True, or use save_as(path)",
                code="labels-no-writeback",
            )
        kind = format_for(self._source, self._format)
        data = encode(self._table, kind, str(self._source), lossy=lossy)
        saved = atomic_write(self._source, data, expected=self._hash, backup=not self._backed_up)
        self._hash, self._backed_up = saved.hash, True
        self._history = self._history.mark_clean()
        return saved.path

    def _row(self, row: int) -> int:
        if not -len(self) <= row < len(self):
            raise IntervalLabelSchemaError(f"there is no row {row}: the set has {len(self)} rows")
        return row % len(self)

    def _do(self, result: tuple[IntervalTable, edit.Edit]) -> None:
        self._table, done = result
        self._history = self._history.push(Entry(done))

    def _move(
        self,
        move: Callable[[IntervalTable], tuple[History, IntervalTable, Entry] | None],
    ) -> bool:
        moved = move(self._table)
        if moved is None:
            return False
        self._history, self._table, _ = moved
        return True


def _polars(df: Any) -> pl.DataFrame:
    if isinstance(df, pl.DataFrame):
        return df
    if isinstance(df, pl.LazyFrame):
        return df.collect()
    if type(df).__module__.partition(".")[0] == "pandas":
        # column by column, so that polars needs no further package for it
        names = [str(name) for name in df.columns]
        twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
        if twice is not None:
            raise IntervalLabelSchemaError(f"two columns are called {twice!r}", where="data frame")
        columns = [df.iloc[:, i] for i in range(len(names))]
        return pl.DataFrame(
            {
                name: [
                    None if missing else value
                    for value, missing in zip(column.tolist(), column.isna(), strict=True)
                ]
                for name, column in zip(names, columns, strict=True)
            },
            strict=False,
        )
    raise LoupeTypeError(
        f"expected a polars or pandas DataFrame, got {type(df).__name__}",
        hint="use from_path() for a file",
    )


def _seconds(column: str, value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # refused just below if it is no number
    except (TypeError, ValueError) as error:
        raise IntervalLabelSchemaError(
            f"`{column}` needs seconds, got {value!r}", hint="give a number"
        ) from error
