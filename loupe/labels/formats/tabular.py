"""Frames of named columns to tables and back: the rules of the schema, with the row named.

Every format with columns, and labels given in memory, go through here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from loupe.errors import IntervalLabelSchemaError
from loupe.labels.columns import Layout
from loupe.labels.formats.base import Loaded, plural
from loupe.labels.table import IntervalTable
from loupe.session.labels import IntervalLabelSchema

__all__ = [
    "GUESSED",
    "LEGACY",
    "VISBRAIN",
    "describe",
    "durations",
    "frame_of",
    "guess_schema",
    "moved_origin",
    "table_of",
]

LEGACY = IntervalLabelSchema.legacy()
"""The columns of a csv file read without a schema."""

VISBRAIN = IntervalLabelSchema.visbrain()
"""The columns that a Visbrain file gets; also those of a hypnogram table."""

GUESSED = "time_origin_guessed"
"""Metadata of a table whose second 0 is the first start, because nothing says better."""

_OFFSET = "utc_offset_ns"
_AGREE = 1e-9
_DATE = r"^\d{4}-\d\d-\d\d[ T]"
Floats = npt.NDArray[np.float64]


def guess_schema(columns: Sequence[str]) -> IntervalLabelSchema | None:
    """The schema of columns with well-known names, or None. Other columns become extras."""
    have = set(columns)
    for start, end, duration, label in (
        ("start_s", "end_s", None, "label"),
        ("start_time", "end_time", "duration", "state"),
        ("start_time", "end_time", None, "state"),
        ("start_time", None, "duration", "state"),
        ("onset", None, "duration", "trial_type"),
    ):
        names = [name for name in (start, end, duration, label) if name]
        if have.issuperset(names):
            note = "note" if "note" in have else None
            known = {*names, note}
            return IntervalLabelSchema(
                start_col=start,
                end_col=end,
                duration_col=duration,
                label_col=label,
                extra_cols=tuple(n for n in columns if n.strip() and n not in known),
                note_col=note,
            )
    return None


def describe(schema: IntervalLabelSchema) -> str:
    """A schema in a few words, as `--schema` takes it."""
    named = schema.model_dump(exclude_none=True, exclude_defaults=True)
    extras = named.pop("extra_cols", ())
    words = [f"{name}={value}" for name, value in named.items()]
    return ",".join(words + ([f"extra_cols={'|'.join(extras)}"] if extras else []))


@dataclass(frozen=True)
class _Source:
    """Names rows in messages: by line where the file has lines, else by row from 0."""

    where: str
    lines: Sequence[int] | None

    def error(self, row: int, message: str, hint: str = "") -> IntervalLabelSchemaError:
        place = f"row {row} (counted from 0)"
        if self.lines is not None:
            place = f"line {self.lines[row]}, {place}"
        return IntervalLabelSchemaError(f"{place}: {message}", where=self.where, hint=hint)


def table_of(
    frame: pl.DataFrame,
    schema: IntervalLabelSchema,
    *,
    where: str = "labels",
    lines: Sequence[int] | None = None,
    origin: int | None = None,
    metadata: Mapping[str, str] | None = None,
    created: tuple[str, ...] = (),
) -> Loaded:
    """Check a frame against a schema and make a table of it.

    Parameters
    ----------
    frame
        One row an interval; times as numbers, numbers in text, dates (text or dates) or durations.
    where, lines
        The file, and the line of each row, for messages.
    origin
        Second 0 for dates, in nanoseconds since 1970; None counts from the first start.

    Raises
    ------
    IntervalLabelSchemaError
        If columns are missing (all are named, with those that are there), or a row breaks a rule:
        a time that is no number, NaN, a start after its end, an end that its duration denies. Its
        `also` has the faults of other rows.
    """
    _check_columns(frame, schema, where)
    source = _Source(where, lines)
    notes: list[str] = []
    dtypes: dict[str, pl.DataType] = {"label": frame.schema[schema.label_col]}
    meta = dict(metadata or {})
    begin = frame[schema.start_col]
    offset = _offset(begin, meta)
    dates = _dates(begin, source, offset)
    if dates is not None:
        meta.pop(GUESSED, None)
        if origin is None:
            origin, told = _first_start(dates)
            notes.append(told)
            meta[GUESSED] = "yes"
        meta["time_origin_ns"] = str(origin)
        if offset is not None:
            meta[_OFFSET] = str(offset)
        start = dates.seconds(origin)
        dtypes["start"] = begin.dtype if begin.dtype == pl.Datetime else pl.Datetime("ns")
    else:
        start = _numbers(frame[schema.start_col], source)
        dtypes["start"] = frame.schema[schema.start_col]
    end = duration = None
    if schema.end_col:
        column = frame[schema.end_col]
        dtypes["end"] = column.dtype
        ends = _dates(column, source, offset) if dates is not None else None
        end = _numbers(column, source) if ends is None else ends.seconds(origin or 0)
    if schema.duration_col:
        column = frame[schema.duration_col]
        dtypes["duration"] = _duration_type(column)
        duration = _numbers(column, source)
    times = _times(start, end, duration, schema, source)
    values = frame.drop([n for n in _reserved(schema) if n in frame.columns])
    label = frame[schema.label_col]
    if label.dtype.is_nested() or label.dtype in (pl.Binary, pl.Object, pl.Duration):
        raise IntervalLabelSchemaError(
            f"`{schema.label_col}` holds {label.dtype}, not labels",
            where=where,
            hint="give labels as text or numbers",
        )
    if label.dtype != pl.String:
        label = label.cast(pl.String)
    table = IntervalTable.build(
        times,
        label.fill_null("").to_list(),
        values,
        Layout(schema, tuple(frame.columns), dtypes, meta),
        created,
    )
    if len(table.overlaps):
        first = int(table.overlaps[0])
        notes.append(
            f"{len(table.overlaps)} of {len(table)} rows start before an earlier one has ended, "
            f"the first at {table.starts[first]:g} s; they are kept as they are"
        )
    return Loaded(table, tuple(notes), lines)


def frame_of(table: IntervalTable, *, text_dates: bool = False) -> pl.DataFrame:
    """The rows with the user's column names, in the file's order of columns.

    Times of untouched rows come out to the last digit; a note column that the file did not have
    appears only once a note was written.

    Parameters
    ----------
    text_dates
        Dates and durations as the text that pandas writes, for text formats.
    """
    schema, layout, pool = table.schema, table.layout, table.pool
    starts, ends, spans = _written_times(table)
    columns: dict[str, pl.Series] = {}
    if table.origin and isinstance(layout.dtypes.get("start"), pl.Datetime):
        columns[schema.start_col] = _dates_of(starts, layout, text_dates)
        if schema.end_col:
            columns[schema.end_col] = _dates_of(ends, layout, text_dates)
        length: pl.DataType | None = pl.Duration("ns")
    else:
        length = dtype = layout.dtypes.get("start")
        columns[schema.start_col] = _as(starts, dtype)
        if schema.end_col:
            columns[schema.end_col] = _as(ends, layout.dtypes.get("end", dtype))
    if schema.duration_col:
        length = layout.dtypes.get("duration", length)
        clock = isinstance(length, pl.Duration)
        columns[schema.duration_col] = (
            _durations_of(spans, length, text_dates) if clock else _as(spans, length)
        )
    columns[schema.label_col] = _labels(table)
    values = pool.frame(table.payload)
    order = [n for n in layout.order if n in columns or n in values.columns]
    for name in (*columns, *values.columns):
        unwritten = name in pool.created and values[name].null_count() == len(table)
        if name not in order and not unwritten:
            order.append(name)
    return pl.DataFrame({n: columns[n] if n in columns else values[n] for n in order})


def moved_origin(table: IntervalTable) -> str:
    """What happens when dates are read again whose first start is not second 0 any more; or ""."""
    if not table.layout.metadata.get(GUESSED) or not len(table) or not table.starts[0]:
        return ""
    seconds = float(table.starts[0])
    return (
        f"second 0 is the first start in the file: opened again, it has every label "
        f"{abs(seconds):g} s {'earlier' if seconds > 0 else 'later'}; parquet keeps second 0"
    )


def durations(starts: Floats, ends: Floats) -> Floats:
    """Durations that give the end back when added to the start, as short as that allows.

    ``30.3 - 0.1`` is 30.199999999999996; 30.2 is written when ``0.1 + 30.2 == 30.3`` holds.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        exact = ends - starts
        out = exact.copy()
        for step in (np.nextafter(exact, np.inf), np.nextafter(exact, -np.inf)):
            better = (starts + out != ends) & (starts + step == ends)
            out[better] = step[better]
        short = np.round(exact, 9)
        fits = starts + short == ends
        out[fits] = short[fits]
        # where none does, rather a gap of the last digit than an overlap with what comes next
        while (late := starts + out > ends).any():
            out[late] = np.nextafter(out[late], -np.inf)
    return out


def _reserved(schema: IntervalLabelSchema) -> list[str]:
    return sorted(Layout(schema, ()).reserved)


def _check_columns(frame: pl.DataFrame, schema: IntervalLabelSchema, where: str) -> None:
    fields = ("start_col", "end_col", "duration_col", "label_col")
    wanted: list[tuple[tuple[str | int, ...], str | None]] = [
        *(((field,), getattr(schema, field)) for field in fields),
        *((("extra_cols", i), name) for i, name in enumerate(schema.extra_cols)),
    ]
    absent = tuple((field, n) for field, n in wanted if n and n not in frame.columns)
    if absent:
        error = IntervalLabelSchemaError(
            f"missing column{'s' if len(absent) > 1 else ''} "
            + ", ".join(f"`{n}`" for _, n in absent)
            + "; there are: "
            + (", ".join(f"`{n}`" for n in frame.columns) or "none"),
            where=where,
            hint="name the columns of this file in an IntervalLabelSchema",
        )
        error.absent, error.columns = absent, tuple(frame.columns)
        raise error


def _times(
    start: Floats,
    end: Floats | None,
    duration: Floats | None,
    schema: IntervalLabelSchema,
    source: _Source,
) -> Floats:
    rows = _Refusals(source, len(start))
    named = [(schema.start_col, start), (schema.end_col, end), (schema.duration_col, duration)]
    for name, values in named:
        if values is not None:
            told = f"`{name}` is missing or NaN"
            rows.refuse(np.isnan(values), lambda _, told=told: told)  # type: ignore[misc]  # a default binds the loop's value
    rows.refuse(~np.isfinite(start), lambda i: f"`{schema.start_col}` is {start[i]}")
    if duration is not None:
        lengths = duration
        rows.refuse(duration < 0, lambda i: f"`{schema.duration_col}` is negative: {lengths[i]}")
    if end is None:
        if duration is None:
            raise IntervalLabelSchemaError(
                "neither an end nor a duration column is named", where=source.where
            )
        end = start + duration
    stops = end
    rows.refuse(end < start, lambda i: f"the start {start[i]} lies after the end {stops[i]}")
    if duration is None:
        rows.end()
        return np.column_stack([start, end, durations(start, end)])
    lengths = duration
    if schema.end_col:
        allowed = _AGREE + 4 * np.spacing(np.where(np.isfinite(end), np.abs(end), 1.0))
        with np.errstate(invalid="ignore"):
            wrong = (np.abs(start + duration - end) > allowed) | (
                np.isinf(end) != np.isinf(duration)
            )
        rows.refuse(
            wrong,
            lambda i: (
                f"end and duration disagree: {start[i]} + {lengths[i]} is "
                f"{start[i] + lengths[i]}, but `{schema.end_col}` is {stops[i]}"
            ),
        )
    rows.end()
    return np.column_stack([start, end, duration])


class _Refusals:
    """Collects what is wrong with rows: a row is told once, rows of one fault together."""

    def __init__(self, source: _Source, n: int) -> None:
        self._source = source
        self._told = np.zeros(n, dtype=bool)
        self._found: list[IntervalLabelSchemaError] = []

    def refuse(self, wrong: npt.NDArray[np.bool_], message: Callable[[int], str]) -> None:
        """Note the rows of a mask, `message` of the first of them."""
        rows = np.flatnonzero(wrong & ~self._told)
        if len(rows):
            first, others = int(rows[0]), len(rows) - 1
            more = f" (and {plural(others, 'more row')} like it)" if others else ""
            self._found.append(self._source.error(first, f"{message(first)}{more}"))
            self._told |= wrong

    def end(self) -> None:
        """Raise what was noted.

        Raises
        ------
        IntervalLabelSchemaError
            The first fault, with the others in its `also`.
        """
        if self._found:
            error, *others = self._found
            error.also = tuple(others)
            raise error


def _numbers(column: pl.Series, source: _Source) -> Floats:
    """A column of seconds as float64; missing values are NaN."""
    if column.dtype == pl.Duration:
        return column.cast(pl.Duration("ns")).to_physical().cast(pl.Float64).to_numpy() / 1e9
    if column.dtype.is_numeric():
        return column.cast(pl.Float64).fill_null(math.nan).to_numpy()
    if column.dtype not in (pl.String, pl.Null):
        raise IntervalLabelSchemaError(
            f"`{column.name}` holds {column.dtype}, not seconds",
            where=source.where,
            hint="give seconds as numbers",
        )
    cast = column.cast(pl.Float64, strict=False)
    out = np.array(cast.fill_null(math.nan).to_numpy())
    for row in (cast.is_null() & column.is_not_null()).arg_true().to_list():
        text = column[row]
        try:
            out[row] = _number(text)
        except (ValueError, OverflowError):
            comma = "," in text
            raise source.error(
                row,
                f"`{column.name}` is not a number: {text!r}",
                "write decimals with a point" if comma else "give seconds as numbers",
            ) from None
    return out


def _number(text: str) -> float:
    """Seconds in text that is no plain number: ``0 days 00:00:18``, or blanks around one."""
    if "days" in text:
        days, _, clock = text.partition(" days ")
        hours, minutes, seconds = clock.split(":")
        whole, _, fraction = seconds.partition(".")
        total = int(days) * 86_400 + int(hours) * 3600 + int(minutes) * 60 + int(whole)
        return (total * 10**9 + int(fraction.ljust(9, "0")[:9] or 0)) / 1e9
    if "_" in text:  # Python reads 1_000 as a number; a label file does not mean that
        raise ValueError(text)
    return float(text)


@dataclass(frozen=True, eq=False)
class _Dates:
    """A column of dates: nanoseconds since 1970, and which cells have none or are endless."""

    ns: npt.NDArray[np.int64]
    absent: npt.NDArray[np.bool_]
    endless: npt.NDArray[np.bool_]

    def seconds(self, origin: int) -> Floats:
        """Seconds since the origin; NaN and infinity where there is no date."""
        out: Floats = (self.ns - origin) / 1e9
        out[self.absent], out[self.endless] = math.nan, math.inf
        return out


def _offset(column: pl.Series, metadata: Mapping[str, str]) -> int | None:
    """Nanoseconds from UTC to the clock on the wall, for dates with a time zone.

    It is one for the whole set, the file's or that of the first row: a change of clocks at night
    makes no label longer or shorter.
    """
    if not isinstance(column.dtype, pl.Datetime) or column.dtype.time_zone is None:
        return None
    known = metadata.get(_OFFSET, "")
    if known.lstrip("-").isdigit():
        return int(known)
    present = column.drop_nulls()
    if not len(present):
        return 0
    first = present.head(1)
    total = first.dt.base_utc_offset() + first.dt.dst_offset()
    return int(total.dt.total_milliseconds()[0]) * 10**6


def _dates(column: pl.Series, source: _Source, offset: int | None) -> _Dates | None:
    """A column of dates, or None if it holds something else."""
    endless = np.zeros(len(column), dtype=np.bool_)
    if column.dtype == pl.String:
        if not column.str.contains(_DATE).any():
            return None
        text = column.str.strip_chars()
        spaced = text.str.replace("T", " ", literal=True)
        dates = spaced.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="ns", strict=False)
        endless = text.is_in(["inf", "Inf", "+inf"]).fill_null(False).to_numpy()
        blank = text.is_null() | text.is_in(["NaN", "NaT", "nan"])
        for row in (dates.is_null() & ~blank & ~pl.Series(endless)).arg_true().to_list():
            raise source.error(
                row,
                f"`{column.name}` is not a date: {column[row]!r}",
                "write dates as 2020-03-17 09:08:06",
            )
    elif column.dtype == pl.Datetime:
        dates = column.dt.convert_time_zone("UTC") if offset is not None else column
        dates = dates.dt.replace_time_zone(None)
    else:
        return None
    absent = dates.is_null().to_numpy() & ~endless
    ns = dates.cast(pl.Datetime("ns")).to_physical().fill_null(0).to_numpy()
    return _Dates(ns + (offset or 0), absent, endless)


def _first_start(dates: _Dates) -> tuple[int, str]:
    present = dates.ns[~dates.absent & ~dates.endless]
    first = int(present.min()) if len(present) else 0
    told = datetime.fromtimestamp(first // 10**9, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return first, f"the times are dates; second 0 is the first start, {told}"


def _dates_of(seconds: Floats, layout: Layout, as_text: bool) -> pl.Series:
    finite = np.isfinite(seconds)
    origin = int(layout.metadata["time_origin_ns"])
    nanoseconds = np.round(np.where(finite, seconds, 0.0) * 1e9).astype(np.int64) + origin
    if as_text:
        text = pl.Series(nanoseconds).cast(pl.Datetime("ns")).dt.strftime("%Y-%m-%d %H:%M:%S%.9f")
        return text if finite.all() else text.set(pl.Series(~finite), "inf")
    dtype = layout.dtypes["start"]
    zone = dtype.time_zone if isinstance(dtype, pl.Datetime) else None
    if zone is not None:
        nanoseconds = nanoseconds - int(layout.metadata.get(_OFFSET, "0"))
    dates = pl.Series(nanoseconds).cast(pl.Datetime("ns"))
    if zone is not None:
        dates = dates.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    cast = dates.cast(dtype)
    # an edge between two ticks of the file's own type needs a finer one
    dates = cast if cast.cast(dates.dtype).equals(dates) else dates
    return dates if finite.all() else dates.set(pl.Series(~finite), None)


def _duration_type(column: pl.Series) -> pl.DataType:
    """How durations are written again: with days and a clock only where they were."""
    if column.dtype == pl.String:
        return pl.Duration("ns") if column.str.contains("days").any() else pl.Float64()
    return column.dtype


def _durations_of(seconds: Floats, dtype: pl.DataType | None, as_text: bool) -> pl.Series:
    finite = np.isfinite(seconds)
    nanoseconds = np.round(np.where(finite, seconds, 0.0) * 1e9).astype(np.int64)
    if not as_text:
        exact = pl.Series(nanoseconds).cast(pl.Duration("ns"))
        cast = exact.cast(dtype) if dtype is not None else exact
        spans = cast if cast.cast(exact.dtype).equals(exact) else exact
        return spans if finite.all() else spans.set(pl.Series(~finite), None)
    out = []
    for total, is_finite in zip(nanoseconds.tolist(), finite.tolist(), strict=True):
        if not is_finite:
            out.append("inf")
            continue
        whole, fraction = divmod(total, 10**9)
        days, rest = divmod(whole, 86_400)
        text = f"{days} days {rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
        out.append(f"{text}.{fraction:09}" if fraction else text)
    return pl.Series(out, dtype=pl.String)


def _written_times(table: IntervalTable) -> tuple[Floats, Floats, Floats]:
    starts, ends = table.starts, table.ends
    spans = durations(starts, ends)
    stored = table.pool.times
    if stored is not None and len(stored):
        known = (table.payload >= 0) & (table.payload < len(stored))
        row = np.where(known, table.payload, 0)
        same = known & (stored[row, 0] == starts) & (stored[row, 1] == ends)
        spans[same] = stored[row[same], 2]
    return starts, ends, spans


def _as(values: Floats, dtype: pl.DataType | None) -> pl.Series:
    """Numbers in the type they had in the file, if that loses nothing."""
    series = pl.Series(values)
    if dtype is not None and dtype.is_numeric() and bool(np.isfinite(values).all()):
        cast = series.cast(dtype, strict=False)
        if cast.null_count() == 0 and np.array_equal(cast.cast(pl.Float64).to_numpy(), values):
            return cast
    return series


def _labels(table: IntervalTable) -> pl.Series:
    """Labels in the type they had, if all still fit it; a label of text makes them text."""
    text = pl.Series([label or None for label in table.labels()], dtype=pl.String)
    dtype = table.layout.dtypes.get("label", pl.String())
    if dtype in (pl.String, pl.Null):
        return text
    try:
        if dtype == pl.Boolean:
            cast = text.replace_strict({"true": True, "false": False}, return_dtype=pl.Boolean)
        else:
            cast = text.cast(dtype, strict=False)
        same = cast.cast(pl.String).equals(text, null_equal=True)
    except pl.exceptions.PolarsError:
        return text
    return cast if same else text
