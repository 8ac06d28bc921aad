"""Csv and tsv files as tables, read whole and strictly.

Text is never turned into numbers by half: a column is numeric if every value in it is, and
`007` stays text. Rows with too many or too few fields are refused with their line.
"""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from loupe.data.readers.tables import Table, TableReader, guarded
from loupe.data.request import OpenRequest
from loupe.errors import LoupeDataError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CsvReader"]

_LEADING_ZERO = r"^[+-]?0[0-9]"
_WHOLE = r"^[+-]?[0-9]{1,18}$"
_MISSING = ("NA", "N/A", "<NA>", "null", "None")


class CsvReader(TableReader):
    """Opens csv and tsv, strictly: UTF-8, one header line, as many fields in every row."""

    name = "csv"
    extensions: ClassVar[tuple[str, ...]] = (".csv", ".tsv", ".htsv", ".csv.gz")

    def claims(self, path: Path) -> bool:
        """Claim nothing by its content: any text could be a csv."""
        return False

    def _open(self, request: OpenRequest) -> Table:
        path = Path(request.path)
        frame, lines = _read_csv(path)
        return Table(frame.lazy(), str(path), request.clock, request, lines)


def _read_csv(path: Path) -> tuple[pl.DataFrame, Sequence[int]]:
    """Read a csv file whole, and the line of each row.

    Numeric columns are those whose every value is a number; blank lines are left out.
    """
    import polars as pl

    whole = _csv_text(path)
    text = whole.lstrip("\n")
    first = len(whole) - len(text) + 1
    header = text.partition("\n")[0]
    separator = "\t" if path.suffix in {".tsv", ".htsv"} else _separator(header)
    names = _names(text, separator, f"{path}:{first}")
    if not names or not any(names):
        raise LoupeDataError("the file is empty", where=str(path), code="data-open")
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise LoupeDataError(
            f"two columns have the name `{twice[0]}`",
            where=f"{path}:{first}",
            hint="rename one of them",
            code="data-column",
        )
    encoded = text.encode()
    lines = _lines(encoded, text, separator, len(names), f"{path}", first)
    raw: pl.DataFrame = guarded(
        str(path),
        lambda: pl.read_csv(io.BytesIO(encoded), separator=separator, infer_schema=False),
    )
    blank = raw.select(pl.all_horizontal(pl.all().is_null())).to_series()
    if len(lines) != len(raw):
        # Quotes that polars takes for something else: better no line than a wrong one.
        lines = ()
    if blank.any():
        raw = raw.filter(~blank)
        lines = np.asarray(lines)[~blank.to_numpy()].tolist() if len(lines) else ()
    return raw.with_columns([_numeric(raw[name]) for name in raw.columns]), lines


def _names(text: str, separator: str, where: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
    except csv.Error as error:
        raise _unquoted(error, where) from error


def _lines(
    encoded: bytes, text: str, separator: str, fields: int, where: str, first: int
) -> Sequence[int]:
    """The line on which each row after the header begins, blank ones too.

    Raises
    ------
    LoupeDataError
        If a row has another number of fields than the header, ``fields``; names its line.
    """
    if '"' in text:
        return _quoted_lines(text, separator, fields, where, first)
    content = np.frombuffer(encoded, np.uint8)
    ends = np.flatnonzero(content == ord("\n"))
    if not encoded.endswith(b"\n"):
        ends = np.append(ends, len(content))
    starts = np.concatenate([[0], ends[:-1] + 1])
    counts = 1 + np.add.reduceat(content == ord(separator), starts, dtype=np.int64)
    ragged = np.flatnonzero((counts != fields) & (starts != ends))
    if len(ragged):
        raise _ragged(int(counts[ragged[0]]), fields, where, first + int(ragged[0]))
    return range(first + 1, first + len(starts))


def _quoted_lines(text: str, separator: str, fields: int, where: str, first: int) -> Sequence[int]:
    """As `_lines`, where a field may hold separators and line ends."""
    found: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    line = first
    try:
        for row in reader:
            if row and len(row) != fields:
                raise _ragged(len(row), fields, where, line)
            found.append(line)
            line = first + reader.line_num
    except csv.Error as error:
        raise _unquoted(error, f"{where}:{line}") from error
    return found[1:]


def _unquoted(error: csv.Error, where: str) -> LoupeDataError:
    return LoupeDataError(
        f"cannot be read: {error}",
        where=where,
        hint="is a quotation mark left open?",
        code="data-read",
    )


def _ragged(got: int, fields: int, where: str, line: int) -> LoupeDataError:
    return LoupeDataError(
        f"the line has {got} field{'' if got == 1 else 's'}, but the header names {fields} columns",
        where=f"{where}:{line}",
        hint="the file may be cut short, or text with a separator in it needs quotation marks",
        code="data-read",
    )


def _csv_text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            import gzip

            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise LoupeDataError(f"cannot be read: {error}", where=str(path), code="data-read") from (
            error
        )
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:4096]:
        raise LoupeDataError(
            "the file is not UTF-8 text (UTF-16?)",
            where=str(path),
            hint="save it as UTF-8",
            code="data-encoding",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LoupeDataError(
            f"byte {error.start} is not UTF-8 text",
            where=f"{path}:{line}",
            hint="save the file as UTF-8",
            code="data-encoding",
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _separator(header: str) -> str:
    return max(",;\t", key=lambda mark: (header.count(mark), mark == ","))


def _numeric(series: pl.Series) -> pl.Series:
    """The column as numbers if all of it is, else unchanged."""
    import polars as pl

    known = series.set(series.is_in(_MISSING), None)
    filled = known.drop_nulls()
    if not len(filled) or filled.str.contains(_LEADING_ZERO + r"\d*$").any():
        return series
    numbers = filled.str.strip_chars().cast(pl.Float64, strict=False)
    if numbers.null_count():
        return series
    dtype = pl.Int64 if filled.str.contains(_WHOLE).all() else pl.Float64
    return known.str.strip_chars().cast(dtype).alias(series.name)
