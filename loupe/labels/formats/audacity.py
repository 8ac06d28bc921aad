"""Audacity label tracks: ``start<TAB>end<TAB>text``, without a header or any escaping.

An optional next line, a backslash and two numbers between tabs, gives a band in Hz; it becomes
two columns.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from loupe.errors import IntervalLabelIOError
from loupe.labels.formats.base import LabelFormat, Loaded, ReadOptions, plural, value_losses
from loupe.labels.formats.delimited import decode
from loupe.labels.formats.tabular import durations, table_of
from loupe.labels.table import IntervalTable
from loupe.session.labels import IntervalLabelSchema

__all__ = ["AUDACITY"]

_BANDS = ("low_hz", "high_hz")


def _read(data: bytes, options: ReadOptions) -> Loaded:
    rows: list[tuple[str, str, str]] = []
    bands: list[tuple[float | None, float | None]] = []
    lines: list[int] = []
    for number, ended in enumerate(decode(data, options.where).split("\n"), start=1):
        line = ended.removesuffix("\r")
        if not line.strip():
            continue
        cells = line.split("\t")
        if cells[0] == "\\" and len(cells) == 3 and rows:
            bands[-1] = (_hertz(cells[1], number, options), _hertz(cells[2], number, options))
            continue
        if len(cells) not in (2, 3):
            raise IntervalLabelIOError(
                f"line {number}: expected start, end and text between tabs, got {line!r}",
                where=options.where,
                hint="give the format if this is not an Audacity label track",
            )
        rows.append((cells[0], cells[1], cells[2] if len(cells) == 3 else ""))
        bands.append((None, None))
        lines.append(number)
    has_bands = any(band != (None, None) for band in bands)
    schema = options.schema or IntervalLabelSchema(
        start_col="start",
        end_col="end",
        label_col="label",
        extra_cols=_BANDS if has_bands else (),
    )
    names = (schema.start_col, schema.end_col, schema.label_col)
    columns = {
        name: pl.Series(name, [row[i] for row in rows], dtype=pl.String)
        for i, name in enumerate(names)
        if name
    }
    if schema.duration_col:
        columns[schema.duration_col] = _lengths(rows)
    frame = pl.DataFrame(columns)
    if has_bands:
        frame = frame.with_columns(
            pl.Series(name, [band[i] for band in bands], dtype=pl.Float64)
            for i, name in enumerate(_BANDS)
        )
    return table_of(frame, schema, where=options.where, lines=lines, created=options.created)


def _lengths(rows: list[tuple[str, str, str]]) -> pl.Series:
    """Durations of the rows; the ends as they stand where one is no number, to be refused."""
    try:
        starts, ends = (np.array([float(row[i]) for row in rows]) for i in (0, 1))
    except ValueError:
        return pl.Series([row[1] for row in rows], dtype=pl.String)
    return pl.Series(durations(starts, ends), dtype=pl.Float64)


def _hertz(text: str, number: int, options: ReadOptions) -> float:
    try:
        return float(text)
    except ValueError:
        raise IntervalLabelIOError(
            f"line {number}: {text!r} is not a frequency", where=options.where
        ) from None


def _write(table: IntervalTable) -> bytes:
    lines: list[str] = []
    bands = _has_bands(table)
    for row in range(len(table)):
        start, end = float(table.starts[row]), float(table.ends[row])
        lines.append(f"{start!r}\t{end!r}\t{_line(table.label(row))}")
        if bands:
            values = table.pool.values(int(table.payload[row]))
            low, high = (values[name] for name in _BANDS)
            if isinstance(low, float) and isinstance(high, float):
                lines.append(f"\\\t{low!r}\t{high!r}")
    return "".join(f"{line}\n" for line in lines).encode()


def _has_bands(table: IntervalTable) -> bool:
    return all(table.pool.base.schema.get(name) == pl.Float64 for name in _BANDS)


def _line(label: str) -> str:
    return label.replace("\t", " ").replace("\n", " ").replace("\r", " ")


def _losses(table: IntervalTable) -> list[str]:
    out = value_losses(table, frozenset(_BANDS) if _has_bands(table) else frozenset())
    broken = sum(_line(label) != label for label in table.labels())
    if broken:
        out.append(f"tabs and line breaks in {plural(broken, 'label')} become spaces")
    endless = int((~np.isfinite(table.ends)).sum())
    if endless:
        out.append(f"{plural(endless, 'row')} without an end may not open in Audacity")
    return out


AUDACITY = LabelFormat(
    name="audacity",
    extensions=(),
    title="Audacity label track",
    read=_read,
    write=_write,
    losses=_losses,
    own_columns=True,
)
