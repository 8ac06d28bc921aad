"""Parquet: every column in its type, and the schema in the file's own metadata."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace

import polars as pl

from loupe.errors import IntervalLabelIOError
from loupe.labels.formats.base import LabelFormat, Loaded, ReadOptions, no_losses
from loupe.labels.formats.tabular import GUESSED, describe, frame_of, guess_schema, table_of
from loupe.labels.table import IntervalTable
from loupe.session.labels import IntervalLabelSchema

__all__ = ["PARQUET", "digest"]

_KEY = "loupe.labels"
_PLAIN = (pl.String, pl.Boolean, pl.Float64)


def _read(data: bytes, options: ReadOptions) -> Loaded:
    try:
        frame = pl.read_parquet(io.BytesIO(data))
        stored = pl.read_parquet_metadata(io.BytesIO(data)).get(_KEY)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise IntervalLabelIOError(
            f"not a readable parquet file: {error}",
            where=options.where,
            hint="the file is damaged or in another format",
        ) from error
    known, metadata, check = _stored(stored, options.where)
    schema = options.schema or known
    told = ""
    if schema is None and options.guess:
        schema = guess_schema(frame.columns)
        told = "" if schema is None else f"columns taken as {describe(schema)}"
    if schema is None:
        raise IntervalLabelIOError(
            "this parquet file carries no schema; the columns are: "
            + ", ".join(f"`{name}`" for name in frame.columns),
            where=options.where,
            hint="pass IntervalLabelSchema(start_col=…, end_col=…, label_col=…)",
        )
    loaded = table_of(
        frame,
        schema,
        where=options.where,
        origin=_origin(options, metadata),
        metadata=metadata,
        created=options.created,
    )
    notes = [told] if told else []
    # seconds that count from another moment are other numbers
    alike = loaded.table.origin == metadata.get("time_origin_ns", "")
    if check and alike and options.schema in (None, known) and check != digest(loaded.table):
        notes.append(
            "the rows are not those that the file was written with: another program edited them, "
            "or the file is damaged"
        )
    return replace(loaded, notes=(*loaded.notes, *notes))


def _origin(options: ReadOptions, metadata: dict[str, str]) -> int | None:
    """Second 0: the caller's, else the one that the file was written with."""
    stored = metadata.get("time_origin_ns", "")
    known = int(stored) if stored.lstrip("-").isdigit() else None
    return known if options.second_zero is None else options.second_zero


def _stored(text: str | None, where: str) -> tuple[IntervalLabelSchema | None, dict[str, str], str]:
    if text is None:
        return None, {}, ""
    try:
        content = json.loads(text)
        schema = IntervalLabelSchema(**content["schema"])
        metadata = {str(k): str(v) for k, v in content.get("metadata", {}).items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntervalLabelIOError(
            f"the schema in the file's metadata is damaged: {error}",
            where=where,
            hint="pass a schema to read the file without it",
        ) from error
    return schema, metadata, str(content.get("check", ""))


def digest(table: IntervalTable) -> str:
    """A hash of schema, times, labels and plain values; parquet itself misses flipped bits."""
    out = hashlib.blake2b(digest_size=16)
    out.update(json.dumps(_schema_of(table), sort_keys=True).encode())
    out.update(table.starts.tobytes())
    out.update(table.ends.tobytes())
    out.update(repr(table.labels()).encode())
    values = table.pool.frame(table.payload)
    for name in sorted(values.columns):
        column = values[name]
        plain = column.dtype in _PLAIN or column.dtype.is_integer()
        # a column that was never written is the same as one that is not there
        if plain and column.null_count() < len(column):
            out.update(repr((name, column.to_list())).encode())
    return out.hexdigest()


def _schema_of(table: IntervalTable) -> dict[str, object]:
    return table.schema.model_dump(mode="json", exclude_none=True)


def _write(table: IntervalTable) -> bytes:
    sink = io.BytesIO()
    schema = _schema_of(table)
    told = {n: v for n, v in table.layout.metadata.items() if n != GUESSED}
    content = {"version": 1, "schema": schema, "metadata": told, "check": digest(table)}
    # header lines also stand there by name, for other programs
    metadata = {**told, _KEY: json.dumps(content, sort_keys=True)}
    frame_of(table).write_parquet(sink, metadata=metadata)
    return sink.getvalue()


PARQUET = LabelFormat(
    name="parquet",
    extensions=(".parquet", ".pq"),
    title="Parquet, with the schema inside",
    read=_read,
    write=_write,
    losses=no_losses,
    keeps_origin=True,
)
