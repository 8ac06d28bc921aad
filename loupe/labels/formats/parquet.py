"""Parquet: every column in its type, and the schema in the file's own metadata."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import polars as pl

from loupe.errors import IntervalLabelIOError
from loupe.labels.formats.base import LabelFormat, Loaded, ReadOptions, no_losses
from loupe.labels.formats.tabular import describe, frame_of, guess_schema, table_of
from loupe.labels.table import IntervalTable
from loupe.session.labels import IntervalLabelSchema

__all__ = ["PARQUET"]

_KEY = "loupe.labels"


def _read(data: bytes, options: ReadOptions) -> Loaded:
    try:
        frame = pl.read_parquet(io.BytesIO(data))
        stored = pl.read_parquet_metadata(io.BytesIO(data)).get(_KEY)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise IntervalLabelIOError(
            f"not a readable parquet file: {error}",
            where=options.where,
            hint="the file is damaged or in another format",
        ) from error
    known, metadata = _stored(stored, options.where)
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
        origin=options.origin,
        metadata=metadata,
        created=options.created,
    )
    return replace(loaded, notes=(*loaded.notes, told)) if told else loaded


def _stored(text: str | None, where: str) -> tuple[IntervalLabelSchema | None, dict[str, str]]:
    if text is None:
        return None, {}
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
    return schema, metadata


def _write(table: IntervalTable) -> bytes:
    sink = io.BytesIO()
    schema = table.schema.model_dump(mode="json", exclude_none=True)
    told = dict(table.layout.metadata)
    content = {"version": 1, "schema": schema, "metadata": told}
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
)
