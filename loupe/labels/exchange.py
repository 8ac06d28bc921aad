"""Label files of any format to tables and back, with nothing lost unless that is allowed.

Joins the formats with the bytes on disk; journals and locks are not known here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from loupe.errors import IntervalLabelIOError
from loupe.labels.files import MISSING, Fs, Saved, atomic_write, content_hash, read_bytes
from loupe.labels.formats.base import LabelFormat, ReadOptions, told_epoch, with_epoch
from loupe.labels.formats.epochs import lists_epochs
from loupe.labels.formats.registry import format_for
from loupe.labels.formats.tabular import LEGACY, VISBRAIN
from loupe.labels.table import Floats, IntervalTable
from loupe.session.labels import IntervalLabelSchema

__all__ = ["LoadedFile", "encode", "export", "load_table", "refuse_losses"]


@dataclass(frozen=True, eq=False)
class LoadedFile:
    """A label file as read: the table, the hash of its bytes, remarks, and its format."""

    table: IntervalTable
    hash: str
    notes: tuple[str, ...]
    format: LabelFormat


def load_table(
    path: Path | str,
    schema: IntervalLabelSchema | None = None,
    *,
    format: str | None = None,  # noqa: A002 - the word that sessions and the command line use
    options: ReadOptions | None = None,
    missing_ok: bool = False,
) -> LoadedFile:
    """Read a label file of any format.

    Parameters
    ----------
    schema
        The user's columns; None takes the file's or the format's own, or well-known names.
    format
        Format by name; None goes by the extension.
    missing_ok
        An absent file is an empty set.

    Raises
    ------
    IntervalLabelIOError
        If the file is absent, unreadable, or of no known format.
    IntervalLabelSchemaError
        If columns or rows break the schema.
    """
    path = Path(path)
    kind = format_for(path, format)
    options = replace(options or ReadOptions(), where=str(path), schema=schema)
    data = read_bytes(path)
    if data is None:
        if not missing_ok:
            raise IntervalLabelIOError("there is no such file", where=str(path))
        usual = LEGACY if kind.name == "csv" else VISBRAIN
        empty = IntervalTable.empty(schema or usual, options.created)
        if options.epoch is not None and lists_epochs(path, format):
            empty = with_epoch(empty, options.epoch, options.epoch_origin)
        return LoadedFile(empty, MISSING, (), kind)
    if kind.read is None:
        raise IntervalLabelIOError(f"{kind.title} cannot be read", where=str(path))
    loaded = kind.read(data, options)
    return LoadedFile(loaded.table, content_hash(data), loaded.notes, kind)


def encode(table: IntervalTable, kind: LabelFormat, where: str, *, lossy: bool) -> bytes:
    """The bytes of a table in a format; times and labels are read back where nothing is lost.

    Raises
    ------
    IntervalLabelIOError
        If the format cannot be written, would lose something (unless `lossy`; code
        ``labels-lossy``), or does not read back as it was.
    """
    if kind.write is None:
        raise IntervalLabelIOError(
            f"{kind.title}: files of this format are read only",
            where=where,
            hint="save as csv, htsv or parquet",
        )
    losses = kind.losses(table)
    if losses and not lossy:
        refuse_losses(losses, kind, where)
    data = kind.write(table)
    if not losses and kind.read is not None:
        schema = None if kind.own_columns else table.schema
        origin = int(table.origin) if table.origin else None
        epoch, start = told_epoch(table)
        options = ReadOptions(
            where=where, schema=schema, origin_ns=origin, epoch=epoch, epoch_origin=start
        )
        again = kind.read(data, options).table
        if again.labels() != table.labels() or not (
            _close(again.starts, table.starts) and _close(again.ends, table.ends)
        ):
            raise IntervalLabelIOError(
                f"what {kind.title} would hold does not read back as it was; nothing was written",
                where=where,
                hint="save as parquet",
            )
    return data


def refuse_losses(losses: list[str], kind: LabelFormat, where: str) -> None:
    """Raise the error that names what a format would lose."""
    raise IntervalLabelIOError(
        f"{kind.title} would lose: " + "; ".join(losses),
        where=where,
        hint="save in another format, or allow the losses",
        code="labels-lossy",
    )


def export(
    table: IntervalTable,
    path: Path | str,
    *,
    format: str | None = None,  # noqa: A002 - the word that sessions and the command line use
    lossy: bool = False,
    not_over: Path | None = None,
    fs: Fs | None = None,
) -> Saved:
    """Write a table as a new file, or over another one as a whole.

    Parameters
    ----------
    not_over
        A file that must not be overwritten: the one that the labels came from.

    Raises
    ------
    IntervalLabelIOError
        If there is nothing to write, the losses are not allowed, or writing fails.
    """
    path = Path(path)
    if not len(table):
        raise IntervalLabelIOError("there are no labels to export", where=str(path))
    if not_over is not None and path.resolve() == not_over.resolve():
        raise IntervalLabelIOError(
            "this is the file that the labels came from; an export never overwrites it",
            where=str(path),
            hint="choose another name, or save with write-back",
        )
    data = encode(table, format_for(path, format), str(path), lossy=lossy)
    return atomic_write(path, data, fs=fs)


def _close(a: Floats, b: Floats) -> bool:
    return bool(np.allclose(a, b, rtol=0, atol=1e-6))
