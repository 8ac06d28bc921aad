"""What stands beside start, end and label in a row: notes, extras and undeclared columns.

A `Pool` keeps those values once, so that an edit of 100,000 rows copies one integer a row and
never a string. It only grows: a number handed out means the same values for ever, which is what
makes undo exact. It knows nothing of the order of rows or of files.
"""

from __future__ import annotations

import io
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from loupe.errors import IntervalLabelSchemaError
from loupe.session.labels import IntervalLabelSchema

__all__ = ["EMPTY", "FILE_FACTS", "Layout", "Pool"]

EMPTY = -1
"""The payload of a row without note, extras or other values."""

_PLAIN = (pl.String, pl.Boolean, pl.Null, pl.Float32, pl.Float64)
_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})


FILE_FACTS = frozenset({"text_bom", "text_crlf", "epochs_shape"})
"""Metadata of how a text is laid out, which are those of the file as it is now."""


@dataclass(frozen=True)
class Layout:
    """How the rows of a set stand in its file.

    Attributes
    ----------
    schema
        Which of the user's columns mean what.
    order
        Every column in the file's order; columns of the schema may be missing from it.
    dtypes
        Polars types of the start, end, duration and label columns as they are to be written.
    metadata
        What the file said of itself (header lines of a Visbrain file, for example); text only.
    """

    schema: IntervalLabelSchema
    order: tuple[str, ...]
    dtypes: Mapping[str, pl.DataType] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def of(schema: IntervalLabelSchema) -> Layout:
        """The layout of a new set: the schema's columns, note and extras last."""
        names = (schema.start_col, schema.end_col, schema.duration_col, schema.label_col)
        return Layout(schema, tuple(n for n in names if n) + tuple(schema.extra_cols))

    @property
    def reserved(self) -> frozenset[str]:
        """The columns that hold times and labels, not values."""
        schema = self.schema
        names = (schema.start_col, schema.end_col, schema.duration_col, schema.label_col)
        return frozenset(n for n in names if n)

    @property
    def note_col(self) -> str:
        """The column of notes: the schema's, else ``note``, else a name that is still free."""
        taken = self.reserved | set(self.schema.extra_cols)
        choices = (self.schema.note_col, "note", "notes", "loupe_note", "loupe_note_2")
        return next(name for name in choices if name and name not in taken)


class Pool:
    """The values that rows point to, and the numbers of the labels.

    Parameters
    ----------
    base
        One row of values for every row of the file, in the file's order; no reserved columns.
    note_col
        Which column holds notes.
    created
        Columns of text to add where `base` lacks them, the note column among them; they are
        written to a file only once they hold something.
    times
        Start, end and duration of each row as they stood in the file, ``(n, 3)``, so that
        untouched rows are written back to the last digit; None for a new set.
    """

    def __init__(
        self,
        base: pl.DataFrame,
        note_col: str,
        times: npt.NDArray[np.float64] | None = None,
        created: tuple[str, ...] = (),
    ) -> None:
        self.height = base.height if times is None else len(times)
        self.created = tuple(n for n in (note_col, *created) if n not in base.columns)
        for name in dict.fromkeys(self.created):
            empty = pl.Series(name, [None] * self.height, dtype=pl.String)
            base = base.with_columns(empty) if base.width else empty.to_frame()
        self.base = base
        self.note_col = note_col
        self.times = times
        self.columns: tuple[str, ...] = tuple(base.columns)
        self._plain = _plain_names(base.schema)
        self._derived: list[tuple[int, dict[str, object]]] = []
        self._adopted: list[pl.DataFrame] = []
        self._known: dict[object, int] = {}
        self._codes: dict[str, int] = {}
        self._labels: list[str] = []
        self._written: npt.NDArray[np.bool_] | None = None
        self.unmeasured: frozenset[int] = frozenset()
        """Rows of the file that are points because it does not say how long they last."""

    def extended(self, created: tuple[str, ...]) -> Pool:
        """A pool of its own with further empty columns of text; numbers keep their meaning."""
        pool = Pool(self.base, self.note_col, self.times, created)
        fresh = {n: pool.base.schema[n] for n in pool.created}
        pool.created = (*self.created, *pool.created)
        pool.unmeasured = self.unmeasured
        pool._derived, pool._known = list(self._derived), dict(self._known)
        pool._adopted = [_widened(frame, fresh) for frame in self._adopted]
        for label in self._labels:
            pool.code(label)
        return pool

    def widen(self, columns: Mapping[str, pl.DataType]) -> None:
        """Add empty columns of these types; every number handed out keeps its meaning.

        A file gets them only once a layout names them or they hold something.
        """
        if not columns:
            return
        self.created = (*self.created, *columns)
        self._adopted = [_widened(frame, columns) for frame in self._adopted]
        self.base = _widened(self.base, columns)
        self.columns = tuple(self.base.columns)
        self._plain |= _plain_names(columns)

    def code(self, label: str) -> int:
        """The number of a label; a new one for a label not met before."""
        found = self._codes.get(label)
        if found is None:
            found = self._codes[label] = len(self._labels)
            self._labels.append(label)
        return found

    def known_code(self, label: str) -> int | None:
        """The number of a label, or None if no row ever had it."""
        return self._codes.get(label)

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label ever met; a label's code is its place here."""
        return tuple(self._labels)

    def label(self, code: int) -> str:
        """The label with this number."""
        return self._labels[code]

    def values(self, payload: int) -> dict[str, object]:
        """Column -> value of one payload; missing values are None."""
        if payload == EMPTY:
            return dict.fromkeys(self.columns)
        if payload < EMPTY:
            return self._adopted[EMPTY - 1 - payload].row(0, named=True)
        if payload < self.height:
            return self.base.row(payload, named=True) if self.columns else {}
        root, changes = self._derived[payload - self.height]
        return {**self.values(root), **changes}

    def note(self, payload: int) -> str:
        """The note of a payload, "" without one."""
        if payload == EMPTY:
            return ""
        value = self.values(payload)[self.note_col]
        return "" if value is None else str(value)

    def is_written(self, payload: int) -> bool:
        """Whether the payload holds any value that is neither missing nor empty text."""
        if payload == EMPTY:
            return False
        if 0 <= payload < self.height:
            if self._written is None:
                self._written = _written(self.base, self.height)
            return bool(self._written[payload])
        return any(not _blank(v) for v in self.values(payload).values())

    def derive(self, payload: int, changes: Mapping[str, object]) -> int:
        """The payload that equals this one but for `changes` (column -> value).

        Raises
        ------
        IntervalLabelSchemaError
            If a column is unknown or a value does not fit its type.
        """
        root, before = (payload, {}) if payload < self.height else self._entry(payload)
        base = self.values(root)
        merged = {**before, **{name: self.coerce(name, v) for name, v in changes.items()}}
        merged = {
            n: v for n, v in merged.items() if v != base[n] and not (_blank(v) and _blank(base[n]))
        }
        if not merged:
            return root
        try:
            key: object = (root, tuple(sorted(merged.items(), key=lambda item: item[0])))
            known = self._known.get(key)
        except TypeError:  # a list or struct cannot be a key; the values are stored once more
            key, known = None, None
        if known is not None:
            return known
        number = self.height + len(self._derived)
        self._derived.append((root, merged))
        if key is not None:
            self._known[key] = number
        return number

    def coerce(self, column: str, value: object) -> object:
        """The value as its column stores it; "" in a column of numbers is a missing value."""
        if column not in self.columns:
            raise IntervalLabelSchemaError(
                f"unknown column `{column}`",
                hint=f"columns that can be set: {', '.join(self.columns) or '(none)'}",
            )
        dtype = self.base.schema[column]
        if value is None:
            return None
        try:
            if dtype in (pl.String, pl.Null):
                # as text files write it
                return str(value).lower() if isinstance(value, bool) else str(value)
            if isinstance(value, str) and not value.strip():
                return None
            if dtype.is_integer():
                if isinstance(value, float) and not value.is_integer():
                    raise ValueError("not a whole number")
                return _stored(int(value), dtype)  # type: ignore[call-overload]  # refused just below if not
            if dtype.is_float():
                number = float(value)  # type: ignore[arg-type]  # refused just below if it cannot
                return number if dtype == pl.Float64 else _stored(number, dtype)
            if dtype == pl.Boolean:
                return value if isinstance(value, bool) else _boolean(value)
            return _stored(value, dtype)
        except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
            raise IntervalLabelSchemaError(
                f"column `{column}` holds {dtype}, got {value!r}",
                hint="give a value of that type, or leave the cell empty",
            ) from error

    def combine(self, first: int, second: int, ignore: frozenset[str] = frozenset()) -> int | None:
        """The payload that loses nothing of either, or None when they disagree.

        In each column the two are equal or one is empty; then the written one is kept. Columns in
        `ignore` never disagree: the value of `second` is kept there.
        """
        if first == second or not self.is_written(second):
            return first
        if not self.is_written(first):
            return second
        ours, theirs = self.values(first), self.values(second)
        changes: dict[str, object] = {}
        for name, value in theirs.items():
            if _blank(value) or value == ours[name]:
                continue
            if not _blank(ours[name]) and name not in ignore:
                return None
            changes[name] = value
        return self.derive(first, changes)

    def frame(self, payload: npt.NDArray[np.int64]) -> pl.DataFrame:
        """The values of many rows, shape ``(len(payload), columns)``, types as in `base`."""
        height = self.height
        derived = np.flatnonzero(payload >= height)
        roots = payload.copy()
        for i in derived:
            roots[i] = self._entry(int(payload[i]))[0]
        adopted = roots < EMPTY
        roots[adopted] = height + EMPTY - 1 - roots[adopted]
        index = pl.Series(roots).set(pl.Series(roots < 0), None)
        base = pl.concat([self.base, *self._adopted]) if self._adopted else self.base
        out = base.select(pl.all().gather(index)) if self.columns else pl.DataFrame()
        changes: dict[str, dict[int, object]] = {}
        for i in derived:
            for name, value in self._entry(int(payload[i]))[1].items():
                changes.setdefault(name, {})[int(i)] = value
        for name, new in changes.items():
            dtype = pl.String if base.schema[name] == pl.Null else base.schema[name]
            values: list[Any] = [None] * len(payload)
            keep = np.ones(len(payload), dtype=np.bool_)
            for at, value in new.items():
                values[at], keep[at] = value, False
            patch = pl.Series(name, values, dtype=dtype)
            column = out[name].cast(dtype).zip_with(pl.Series(keep), patch)
            out = out.with_columns(column)
        return out

    def encode(self, payload: int) -> dict[str, object] | None:
        """One payload as JSON can carry it: written values; other than plain types as IPC bytes.

        None if nothing is written, so that rows say the same before a save and after it.
        """
        values = {n: v for n, v in self.values(payload).items() if not _blank(v)}
        if not values:
            return None
        plain = {n: v for n, v in values.items() if n in self._plain}
        others = [n for n in values if n not in self._plain]
        if others:
            sink = io.BytesIO()
            self.frame(np.array([payload], dtype=np.int64)).select(others).write_ipc(sink)
            plain["$ipc"] = b64encode(sink.getvalue()).decode("ascii")
        return plain

    def decode(self, encoded: Mapping[str, object] | None) -> int:
        """The payload that `encode` wrote; new values get a new number.

        Raises
        ------
        IntervalLabelSchemaError
            If a column is unknown here.
        """
        if encoded is None:
            return EMPTY
        values = {n: v for n, v in encoded.items() if n != "$ipc"}
        packed = encoded.get("$ipc")
        root = EMPTY
        if isinstance(packed, str):
            # kept as polars holds them: a date in nanoseconds has no twin in Python
            exact = pl.read_ipc(io.BytesIO(b64decode(packed)))
            row = self.base.clear(1).with_columns(exact.get_columns())
            self._adopted.append(row.select(self.base.columns))
            root = EMPTY - len(self._adopted)
        return self.derive(root, values)

    def is_unmeasured(self, payload: int) -> bool:
        """Whether the file does not say how long the row lasts that these values are from."""
        root = payload if payload < self.height else self._entry(payload)[0]
        return root in self.unmeasured

    def holds(self, payload: int, encoded: Mapping[str, object] | None) -> bool:
        """Whether a payload says what `encode` wrote, perhaps before the set was saved and read.

        The order of columns, and types that a file gave back otherwise, do not count.
        """
        mine = self.encode(payload)
        if json.dumps(mine) == json.dumps(encoded):
            return True
        if mine is None or encoded is None:
            return False
        recorded = {n: v for n, v in encoded.items() if n != "$ipc"}
        packed = encoded.get("$ipc")
        if isinstance(packed, str):
            recorded |= pl.read_ipc(io.BytesIO(b64decode(packed))).row(0, named=True)
        try:
            recorded = {n: self.coerce(n, v) for n, v in recorded.items()}
        except IntervalLabelSchemaError:
            return False
        values = {n: v for n, v in self.values(payload).items() if not _blank(v)}
        return repr(sorted(values.items())) == repr(
            sorted((n, v) for n, v in recorded.items() if not _blank(v))
        )

    def _entry(self, payload: int) -> tuple[int, dict[str, object]]:
        return self._derived[payload - self.height]


def _plain_names(types: Mapping[str, pl.DataType]) -> frozenset[str]:
    return frozenset(n for n, t in types.items() if t.is_integer() or t in _PLAIN)


def _widened(frame: pl.DataFrame, columns: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return frame.with_columns(
        pl.Series(name, [None] * frame.height, dtype=dtype) for name, dtype in columns.items()
    )


def _blank(value: object) -> bool:
    return value is None or value == ""


def _stored(value: object, dtype: pl.DataType) -> object:
    """The value as a column of this type gives it back; text is read as one.

    Raises
    ------
    TypeError, ValueError, OverflowError, polars.exceptions.PolarsError
        If the type cannot hold it.
    """
    if isinstance(value, str) and dtype == pl.Datetime:
        return pl.Series([value]).str.to_datetime().cast(dtype).item()
    if isinstance(value, str) and dtype == pl.Date:
        return pl.Series([value]).str.to_date().item()
    return pl.Series([value], dtype=dtype).item()


def _boolean(value: object) -> bool:
    text = str(value).strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise ValueError("neither true nor false")


def _written(base: pl.DataFrame, height: int) -> npt.NDArray[np.bool_]:
    tests = [
        pl.col(n).is_not_null() & ((pl.col(n) != "") if t == pl.String else pl.lit(True))
        for n, t in base.schema.items()
        if t != pl.Null
    ]
    if not tests or not height:
        return np.zeros(height, dtype=np.bool_)
    column = base.select(pl.any_horizontal(tests).alias("written"))["written"]
    return column.to_numpy().astype(np.bool_)
