"""Tables of events: parquet and Arrow files, scanned lazily, and the `Table` that all become.

Columns of datetimes and durations come out as seconds.
"""

from __future__ import annotations

import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from loupe.data.clock import Clock
from loupe.data.protocols import ArrayData
from loupe.data.request import Kind, OpenRequest
from loupe.data.timecode import seconds_per
from loupe.errors import LoupeDataError
from loupe.session.suggest import closest, did_you_mean

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ParquetReader", "Table", "TableReader", "guarded"]


_DATE = (
    r"^\s*(?P<day>\d{4}-\d\d-\d\d)(?:[T ](?P<minute>\d\d:\d\d)(?P<second>:\d\d(?:\.\d+)?)?)?"
    r"\s?(?:Z|UTC|(?P<zone>[+-]\d\d):?(?P<rest>\d\d)?)?\s*$"
)
"""Text of a date as ISO 8601 writes it, in Python's and in polars' expressions."""


class Table:
    """A `TableData` over a polars scan; columns are read when asked for, then kept.

    Parameters
    ----------
    scan
        The rows, lazily.
    name
        For messages: the path.
    clock
        Gives second 0 to columns of datetimes.
    request
        Whose `time` and `time_unit` say how that column is stored.
    lines
        Line of the file that holds each row, for messages; empty if rows are not lines.
    columns
        What each column is computed of, row by row; None for those of the scan.
    hint
        Where else a column may be, told if one is missing.
    """

    def __init__(
        self,
        scan: pl.LazyFrame,
        name: str,
        clock: Clock,
        request: OpenRequest,
        lines: Sequence[int] = (),
        columns: Mapping[str, pl.Expr] | None = None,
        hint: str = "",
    ) -> None:
        import polars as pl

        self._scan = scan
        self._name = name
        self._clock = clock
        self._time_column = request.time
        self._factor = 1.0
        self._lines = lines
        self._hint = hint
        self._columns: dict[str, pl.Series] = {}
        self._starts: dict[str, int | None] = {}
        self._lock = threading.Lock()
        if request.time_unit is not None:
            factor = seconds_per(request.time_unit)
            if factor is None:
                raise LoupeDataError(
                    f"unknown time unit `{request.time_unit}`",
                    where=name,
                    hint='use one of "s", "ms", "us", "ns", "min", "h"',
                    code="data-time",
                )
            self._factor = factor
        if columns is None:
            found = guarded(name, scan.collect_schema)
            columns = {column: pl.col(column) for column in found}
        self._exprs = {column: expr.alias(column) for column, expr in columns.items()}
        self._schema = dict(guarded(name, scan.select(self._exprs.values()).collect_schema))

    @property
    def columns(self) -> Sequence[str]:
        """Column names, known without reading rows."""
        return tuple(self._schema)

    @property
    def name(self) -> str:
        """The path, or "in-memory table"."""
        return self._name

    @property
    def clock(self) -> Clock:
        """Second 0 of columns of datetimes."""
        return self._clock

    def types(self) -> dict[str, str]:
        """Column names and what they hold, in words of polars such as Float64 or String."""
        return {name: str(dtype) for name, dtype in self._schema.items()}

    def n_rows(self) -> int:
        """Number of rows, counted without reading them where the format allows it."""
        import polars as pl

        frame: pl.DataFrame = guarded(self._name, self._scan.select(pl.len()).collect)
        return int(frame.item())

    def timelike_columns(self) -> tuple[str, ...]:
        """Names of the columns that could be times: numbers, datetimes, and text of dates."""
        return tuple(
            name
            for name, dtype in self._schema.items()
            if dtype.is_float()
            or dtype.is_integer()
            or str(dtype).startswith("Date")
            or (str(dtype) == "String" and self._begins_with_date(name))
        )

    def _begins_with_date(self, column: str) -> bool:
        first = self._scan.head(1).select(self._made([column]))
        found = _moments(guarded(self._name, first.collect).to_series())
        return found is not None and found.null_count() < len(found)

    def numeric_columns(self) -> tuple[str, ...]:
        """Names of the columns of numbers, datetimes not among them."""
        return tuple(name for name, dtype in self._schema.items() if dtype.is_numeric())

    def frame(self, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows of the given columns (all when None), read at the first call, then kept.

        Datetimes become float64 seconds on the common axis, durations and the time column
        float64 seconds (with the source's `time_unit`), decimals float64.

        Raises
        ------
        LoupeDataError
            If a column is missing (with the nearest name), or the file cannot be read.
        """
        import polars as pl

        wanted = list(self.columns if columns is None else dict.fromkeys(columns))
        for column in wanted:
            self._check(column)
        with self._lock:
            absent = [column for column in wanted if column not in self._columns]
            if absent:
                raw = guarded(self._name, self._scan.select(self._made(absent)).collect)
                for column in absent:
                    self._columns[column] = self._converted(raw[column])
        return pl.DataFrame([self._columns[column] for column in wanted])

    def pieces(self, columns: Sequence[str], size: int) -> Iterator[pl.DataFrame]:
        """The rows as `frame` gives them, at most ``size`` at a time, in order; none is kept.

        Raises
        ------
        LoupeDataError
            As `frame`.
        """
        import polars as pl

        wanted = list(dict.fromkeys(columns))
        for column in wanted:
            self._check(column)
        for start in range(0, self.n_rows(), size):
            # Computed of the piece alone.
            piece = self._scan.slice(start, size).select(self._made(wanted))
            raw = guarded(self._name, piece.collect)
            yield pl.DataFrame([self._converted(raw[column]) for column in wanted])

    def _made(self, columns: Sequence[str]) -> list[pl.Expr]:
        return [self._exprs[column] for column in columns]

    def seconds_pieces(self, column: str, size: int) -> Iterator[npt.NDArray[np.float64]]:
        """What `seconds` gives, at most ``size`` at a time, in order; none is kept."""
        self._check(column)
        if not (self._schema[column].is_numeric() or self._schema[column].is_temporal()):
            # Text is refused, by the number of its row in the whole.
            yield self.seconds(column)
            return
        for frame in self.pieces([column], size):
            yield self._scaled(column, self._as_numbers(column, frame[column]))

    def seconds(self, column: str) -> npt.NDArray[np.float64]:
        """A column as times on the common axis, float64 ``(n,)``; missing ones are NaN.

        The source's `time_unit` applies to whichever column is asked for. Text is taken for
        dates if all of it is such as ``2024-01-31 22:15:00``; without a zone they are UTC.

        Raises
        ------
        LoupeDataError
            If the column is missing or holds other text; names the first such row.
        """
        self._check(column)
        if str(self._schema[column]) == "String":
            moments = _moments(self.frame([column])[column])
            if moments is not None:
                self._starts.setdefault(column, moments.to_physical().min())  # type: ignore[arg-type]  # a whole number
                return self._as_numbers(column, self._from_datetimes(moments))
        return self._scaled(column, self.numbers(column))

    def _scaled(self, column: str, numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        scaled = self._factor != 1.0 and column != self._time_column
        return numbers * self._factor if scaled and self._schema[column].is_numeric() else numbers

    def numbers(self, column: str) -> npt.NDArray[np.float64]:
        """A column as float64 ``(n,)``; missing values are NaN.

        Raises
        ------
        LoupeDataError
            If the column is missing or holds text; names the first such row.
        """
        return self._as_numbers(column, self.frame([column])[column])

    def _as_numbers(self, column: str, series: pl.Series) -> npt.NDArray[np.float64]:
        import polars as pl

        if series.dtype == pl.Boolean:
            series = series.cast(pl.UInt8)
        if not series.dtype.is_numeric() and series.dtype != pl.Null:
            self._refuse_text(column, series)
        values: npt.NDArray[np.float64] = (
            series.cast(pl.Float64)
            .fill_null(float("nan"))
            .to_numpy()
            .astype(np.float64, copy=False)
        )
        return values

    def _refuse_text(self, column: str, series: pl.Series) -> None:
        texts = series.to_list()
        row = next((i for i, v in enumerate(texts) if v is not None and not _is_number(v)), 0)
        place = f"row {row}" + (f" (line {self._lines[row]})" if row < len(self._lines) else "")
        value = texts[row] if texts else ""
        comma = isinstance(value, str) and re.fullmatch(r"[+-]?\d+,\d+", value) is not None
        raise LoupeDataError(
            f"column `{column}` does not hold numbers: {value!r} in {place}",
            where=self._name,
            hint="write decimals with a point, not a comma" if comma else "",
            code="data-column",
        )

    def _check(self, column: str) -> None:
        if column not in self._schema:
            raise LoupeDataError(
                f"there is no column `{column}`",
                where=self._name,
                hint=self._hint
                if self._hint and not closest(column, self.columns)
                else did_you_mean(column, self.columns, what="columns"),
                code="data-column",
            )

    def _converted(self, series: pl.Series) -> pl.Series:
        import polars as pl

        if series.dtype == pl.Date:
            series = series.cast(pl.Datetime("us"))
        if isinstance(series.dtype, pl.Datetime):
            return self._from_datetimes(series)
        if isinstance(series.dtype, pl.Duration):
            per = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3}[series.dtype.time_unit]
            return series.to_physical().cast(pl.Float64) * per
        if isinstance(series.dtype, pl.Decimal):
            return series.cast(pl.Float64)
        if series.name == self._time_column and series.dtype.is_numeric():
            own = series.cast(pl.Float64)
            return own if self._factor == 1.0 else own * self._factor
        return series

    def _from_datetimes(self, series: pl.Series) -> pl.Series:
        import polars as pl

        assert isinstance(series.dtype, pl.Datetime)
        per = {"ns": 10**9, "us": 10**6, "ms": 10**3}[series.dtype.time_unit]
        ticks = series.to_physical()
        earliest = self._earliest(series.name)
        if earliest is None:
            return ticks.cast(pl.Float64)
        try:
            moment = datetime.fromtimestamp(int(earliest) // per, tz=UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise LoupeDataError(
                f"column `{series.name}` holds a date outside the calendar: {error}",
                where=self._name,
                hint="check the unit of the stored dates",
                code="data-time",
            ) from error
        start = int(moment.timestamp()) * per
        # Whole ticks are subtracted first, for float64 cannot hold nanoseconds since 1970.
        return (ticks - start).cast(pl.Float64) / per + self._clock.offset(moment)

    def _earliest(self, column: str) -> int | None:
        """The first moment of a column of datetimes, in its own ticks: of all, not of a piece."""
        import polars as pl

        if column not in self._starts:
            moment = self._exprs[column]
            if self._schema[column] == pl.Date:
                moment = moment.cast(pl.Datetime("us"))
            first = self._scan.select(moment.to_physical().min())
            self._starts[column] = guarded(self._name, first.collect).item()
        return self._starts[column]


def _moments(text: pl.Series) -> pl.Series | None:
    """Text of dates as datetimes in UTC, or None if any of it is something else."""
    import polars as pl

    known = text.drop_nulls()
    if not len(known) or re.match(_DATE, str(known[0])) is None:
        return None
    parts = text.str.extract_groups(_DATE).struct.unnest()
    wall = pl.concat_str(
        pl.col("day"),
        pl.lit(" "),
        pl.col("minute").fill_null("00:00"),
        pl.col("second").fill_null(":00"),
    )
    hours, minutes = (pl.col(name).cast(pl.Int64, strict=False) for name in ("zone", "rest"))
    sign = pl.when(pl.col("zone").str.starts_with("-")).then(-1).otherwise(1)
    ahead = pl.duration(minutes=(60 * hours + sign * minutes.fill_null(0)).fill_null(0))
    moment = wall.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="ns", strict=False) - ahead
    found = parts.select(moment.alias(text.name)).to_series()
    return found if found.null_count() == text.null_count() else None


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def guarded(name: str, action: Any) -> Any:
    """Call something of polars; its errors become ours."""
    import polars as pl

    try:
        return action()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise LoupeDataError(
            f"cannot be read: {type(error).__name__}: {str(error).splitlines()[0]}",
            where=name,
            hint="the file may be damaged, cut short or not permitted to you",
            code="data-read",
        ) from error


class TableReader(ABC):
    """What readers of tables share: signals are columns of numbers over the time column."""

    kinds: ClassVar[frozenset[Kind]] = frozenset({"array", "table"})

    def open_array(self, request: OpenRequest) -> ArrayData:
        """Open the numeric columns as rows of signals over the time column."""
        from loupe.data.readers.memory import open_frame_array

        # A clock of its own: the array carries its dates, and the catalog moves it.
        return open_frame_array(self._open(replace(request, clock=Clock())), request)

    def open_table(self, request: OpenRequest) -> Table:
        """Open the table; `loupe.data.readers.tables.Table`."""
        return self._open(request)

    @abstractmethod
    def _open(self, request: OpenRequest) -> Table: ...


class ParquetReader(TableReader):
    """Opens parquet and Arrow IPC files."""

    name = "parquet"
    extensions: ClassVar[tuple[str, ...]] = (".parquet", ".pq", ".arrow", ".feather", ".ipc")

    def claims(self, path: Path) -> bool:
        """Whether a file begins as parquet does."""
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"

    def _open(self, request: OpenRequest) -> Table:
        import polars as pl

        path = request.path
        if Path(path).suffix in {".arrow", ".feather", ".ipc"}:
            scan = guarded(str(path), lambda: pl.scan_ipc(path, glob=False))
        else:
            scan = guarded(str(path), lambda: pl.scan_parquet(path, glob=False))
        return Table(scan, str(path), request.clock, request)
