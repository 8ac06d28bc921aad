"""The columns of a label file and its first rows, before anybody says what they mean."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from loupe.errors import IntervalLabelIOError
from loupe.labels.files import read_bytes
from loupe.labels.formats.delimited import decode, split
from loupe.labels.formats.registry import format_for
from loupe.labels.formats.tabular import guess_schema
from loupe.session.labels import IntervalLabelSchema

__all__ = ["Peek", "peek"]

_SEPARATORS = {"csv": ",", "htsv": "\t", "bids": "\t"}


@dataclass(frozen=True)
class Peek:
    """What a file shows of itself.

    Attributes
    ----------
    columns
        Names, in the file's order.
    rows
        The first rows as text, one cell a column.
    guess
        The schema that the names suggest; None if they are not well known.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    guess: IntervalLabelSchema | None


def peek(path: Path | str, format: str | None = None, *, rows: int = 5) -> Peek:  # noqa: A002 - the word that sessions use
    """Look into a file with named columns.

    Raises
    ------
    IntervalLabelIOError
        If it cannot be read, or its format has no columns of the user's own.
    """
    kind = format_for(path, format)
    data = read_bytes(Path(path))
    if data is None:
        raise IntervalLabelIOError("there is no such file", where=str(path))
    if kind.name in _SEPARATORS:
        header, cells, _ = split(decode(data, str(path)), _SEPARATORS[kind.name], str(path))
        first = [tuple(row) for row in cells[:rows]]
    elif kind.name == "parquet":
        try:
            frame = pl.read_parquet(io.BytesIO(data), n_rows=rows)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise IntervalLabelIOError(
                f"not a readable parquet file: {error}", where=str(path)
            ) from error
        header = frame.columns
        first = [tuple("" if v is None else str(v) for v in row) for row in frame.iter_rows()]
    else:
        raise IntervalLabelIOError(f"{kind.title} has no columns to choose from", where=str(path))
    return Peek(tuple(header), tuple(first), guess_schema(header))
