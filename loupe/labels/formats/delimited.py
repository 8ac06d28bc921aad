"""Text with a header line: csv (commas) and htsv (tabs).

The bytes are decoded and split here, strictly: a wrong encoding, a ragged line or a number that
is none is an error with its line, never a guess. Undeclared columns stay the text they are, so
that an identifier such as ``007`` survives.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from loupe.errors import IntervalLabelIOError
from loupe.labels.formats.base import LabelFormat, Loaded, ReadOptions, no_losses
from loupe.labels.formats.tabular import LEGACY, describe, frame_of, guess_schema, table_of
from loupe.labels.table import IntervalTable
from loupe.session.labels import IntervalLabelSchema

__all__ = [
    "CSV",
    "HTSV",
    "as_text",
    "decode",
    "encode_frame",
    "frame_text",
    "read_delimited",
    "split",
    "text_marks",
]

_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"[+-]?(0|[1-9]\d*)?(\.\d*)?([eE][+-]?\d+)?")
_SMALL_FIELD = 1 << 20
_MARKS: dict[str, Callable[[bytes], bool]] = {
    "text_bom": lambda data: data.startswith(codecs.BOM_UTF8),
    "text_crlf": lambda data: b"\r\n" in data and data.count(b"\r\n") == data.count(b"\n"),
}
"""What Windows programs want of a text file, and get back where it had that."""


def decode(data: bytes, where: str) -> str:
    """Bytes as UTF-8 text; a byte order mark is dropped, line ends are left as they are.

    Raises
    ------
    IntervalLabelIOError
        If the text is in another encoding or has the line ends of a classic Mac.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:4096]:
        raise IntervalLabelIOError(
            "the file is not UTF-8 text (it looks like UTF-16, or is no text at all)",
            where=where,
            hint="save it as UTF-8, or give its format",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise IntervalLabelIOError(
            f"line {line}: byte {data[error.start]:#04x} is not UTF-8",
            where=where,
            hint="save the file as UTF-8",
        ) from error
    if "\r" in text and "\n" not in text:
        raise IntervalLabelIOError(
            "lines end in a lone carriage return",
            where=where,
            hint="save the file with line feeds",
        )
    return text


def split(
    text: str, separator: str, where: str
) -> tuple[list[str], list[list[str]], Sequence[int]]:
    """Header, rows of cells, and the line on which each row ends; blank lines are skipped.

    Raises
    ------
    IntervalLabelIOError
        If there is no header, a name is there twice, or a row has too many or too few cells.
    """
    before = csv.field_size_limit(_SMALL_FIELD)  # one for the whole process
    reader = _reader(text, separator)
    try:
        rows = list(reader)
        lines: Sequence[int] = range(1, len(rows) + 1)
        if reader.line_num != len(rows) or not all(rows):
            # cells with line breaks, or blank lines: count the lines as they go by
            reader = _reader(text, separator)
            counted = [(row, reader.line_num) for row in reader if row]
            rows, lines = [row for row, _ in counted], [line for _, line in counted]
    except csv.Error as error:
        raise IntervalLabelIOError(f"line {reader.line_num}: {error}", where=where) from error
    finally:
        csv.field_size_limit(before)
    if not rows:
        raise IntervalLabelIOError(
            "the file is empty", where=where, hint="a label file starts with a line of column names"
        )
    header = rows[0]
    twice = next((name for i, name in enumerate(header) if name in header[:i]), None)
    if twice is not None:
        raise IntervalLabelIOError(
            f"line {lines[0]}: two columns are called {twice!r}", where=where
        )
    if set(map(len, rows)) != {len(header)}:
        row, line = next(
            (row, line) for row, line in zip(rows, lines, strict=True) if len(row) != len(header)
        )
        raise IntervalLabelIOError(
            f"line {line}: {len(row)} cells, but the header names {len(header)} columns",
            where=where,
        )
    return header, rows[1:], lines[1:]


def _reader(text: str, separator: str) -> Any:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def read_delimited(
    data: bytes,
    options: ReadOptions,
    separator: str,
    default: IntervalLabelSchema | None,
    missing: str = "",
) -> Loaded:
    """Read text with a header line under the schema given, else under `default`.

    Parameters
    ----------
    missing
        The text of a missing value, beside empty cells.
    """
    header, rows, lines = split(decode(data, options.where), separator, options.where)
    schema = options.schema or default
    told = ""
    usual = default is not None and {default.start_col, default.label_col} <= set(header)
    if options.schema is None and options.guess and not usual:
        schema = guess_schema(header)
        told = "" if schema is None else f"columns taken as {describe(schema)}"
    if schema is None:
        raise IntervalLabelIOError(
            "this format needs a schema; the columns are: "
            + ", ".join(f"`{name}`" for name in header),
            where=options.where,
            hint="pass IntervalLabelSchema(start_col=…, end_col=…, label_col=…)",
        )
    if schema is default and not usual:
        guess = guess_schema(header)
        alike = f"; they look like {describe(guess)}" if guess else ""
        raise IntervalLabelIOError(
            f"without a schema the columns `{schema.start_col}`, `{schema.end_col}` and "
            f"`{schema.label_col}` are expected, but there are: "
            + ", ".join(f"`{name}`" for name in header),
            where=options.where,
            hint=f"name the columns in an IntervalLabelSchema{alike}",
        )
    if schema is default and schema.note_col not in header:
        schema = schema.model_copy(update={"note_col": None})
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(header)
    columns: dict[str, pl.Series] = {}
    for name, column in zip(header, cells, strict=True):
        series = pl.Series(name, column, dtype=pl.String)
        series = series.set((series == "") | (series == missing), None)
        columns[name] = _typed(series) if name in schema.extra_cols else series
    loaded = table_of(
        pl.DataFrame(columns),
        schema,
        where=options.where,
        lines=lines,
        metadata=text_marks(data),
        origin=options.second_zero,
        created=options.created,
    )
    return replace(loaded, notes=(*loaded.notes, told)) if told else loaded


def encode_frame(table: IntervalTable, separator: str, missing: str = "") -> bytes:
    """The table as text with a header line: shortest numbers that read back exactly.

    Raises
    ------
    IntervalLabelIOError
        If a column holds lists, structs or bytes, which text cannot carry.
    """
    return frame_text(
        frame_of(table, text_dates=True), separator, missing, told=table.layout.metadata
    )


def text_marks(data: bytes) -> dict[str, str]:
    """What a text file has of Windows, to be told to `as_text` when it is written back."""
    return {name: "yes" for name, mark in _MARKS.items() if mark(data)}


def as_text(lines: Iterable[str], told: Mapping[str, str]) -> bytes:
    """Lines as UTF-8, with a byte order mark and carriage returns where the file had them."""
    end = "\r\n" if "text_crlf" in told else "\n"
    text = "".join(f"{line}{end}" for line in lines)
    return text.encode("utf-8-sig" if "text_bom" in told else "utf-8")


def frame_text(
    frame: pl.DataFrame, separator: str, missing: str, *, told: Mapping[str, str] | None = None
) -> bytes:
    """A frame as text with a header line; errors as those of `encode_frame`."""
    marks = told or {}
    nested = [n for n, t in frame.schema.items() if t.is_nested() or t in (pl.Binary, pl.Object)]
    if nested:
        raise IntervalLabelIOError(
            f"column `{nested[0]}` holds {frame.schema[nested[0]]}, which text cannot carry",
            hint="save as parquet",
        )
    # "" would come out as a pair of quotes; an empty cell says the same
    words = [n for n, t in frame.schema.items() if t == pl.String]
    frame = frame.with_columns(pl.col(n).replace("", None) for n in words)
    text = frame.write_csv(
        separator=separator,
        null_value=missing,
        line_terminator="\r\n" if "text_crlf" in marks else "\n",
        include_bom="text_bom" in marks,
    )
    return text.encode()


def _typed(column: pl.Series) -> pl.Series:
    """A declared extra column of text as whole numbers, numbers or truth values, if all are."""
    present = column.drop_nulls().to_list()
    if not present:
        return column
    if all(_INTEGER.fullmatch(text) for text in present):
        return column.cast(pl.Int64)
    if _all_decimal(present):
        values = [None if text is None else float(text) for text in column.to_list()]
        return pl.Series(column.name, values, dtype=pl.Float64)
    if set(present) <= {"true", "false"}:
        return column == "true"
    return column


def _all_decimal(texts: Sequence[str]) -> bool:
    return all(
        _DECIMAL.fullmatch(t) and any(c.isdigit() for c in t) and math.isfinite(float(t))
        for t in texts
    )


def _read_csv(data: bytes, options: ReadOptions) -> Loaded:
    return read_delimited(data, options, ",", LEGACY)


def _read_htsv(data: bytes, options: ReadOptions) -> Loaded:
    return read_delimited(data, options, "\t", None)


CSV = LabelFormat(
    name="csv",
    extensions=(".csv",),
    title="comma-separated values",
    read=_read_csv,
    write=lambda table: encode_frame(table, ","),
    losses=no_losses,
)

HTSV = LabelFormat(
    name="htsv",
    extensions=(".htsv", ".tsv"),
    title="tab-separated values with a header",
    read=_read_htsv,
    write=lambda table: encode_frame(table, "\t"),
    losses=no_losses,
)
