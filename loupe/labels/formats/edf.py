"""EDF+ annotations, read and written through edfio, an optional dependency."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from datetime import time

import numpy as np

from loupe.errors import IntervalLabelIOError, LoupeMissingDependencyError
from loupe.labels.formats.base import LabelFormat, Loaded, ReadOptions, plural, value_losses
from loupe.labels.formats.rows import loaded_rows
from loupe.labels.formats.tabular import durations
from loupe.labels.table import TOUCH, Floats, IntervalTable
from loupe.session.labels import IntervalLabelSchema

__all__ = ["EDF"]

_HEADER, _START = "edf_header", "edf_starttime"
_WHO_AND_WHEN = slice(8, 176)
"""Patient, recording and date in the file's header, which stay as they are."""


def _edfio() -> object:
    try:
        import edfio
    except ImportError as error:
        raise LoupeMissingDependencyError(
            "EDF+ annotations need edfio", hint='pip install "loupe[edf]"'
        ) from error
    return edfio


def _read(data: bytes, options: ReadOptions) -> Loaded:
    edfio = _edfio()
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            file = edfio.read_edf(io.BytesIO(data))  # type: ignore[attr-defined]  # a module
            annotations = file.annotations
            start = file.starttime.isoformat()
    except Exception as error:
        raise IntervalLabelIOError(
            f"not a readable EDF+ file: {error}", where=options.where
        ) from error
    unknown = frozenset(i for i, a in enumerate(annotations) if a.duration is None)
    schema = IntervalLabelSchema(
        start_col="onset", duration_col="duration", label_col="description"
    )
    onset = np.array([float(a.onset) for a in annotations])
    ends = _ends(onset, np.array([float(a.duration or 0.0) for a in annotations]))
    loaded = loaded_rows(
        (onset, ends),
        [a.text for a in annotations],
        schema,
        options,
        metadata={_HEADER: data[_WHO_AND_WHEN].decode("latin-1"), _START: start},
    )
    loaded.table.pool.unmeasured = unknown
    notes = [str(warning.message) for warning in told]
    if unknown:
        notes.append(f"{plural(len(unknown), 'annotation')} without a duration read as points")
    return replace(loaded, notes=(*loaded.notes, *notes))


def _ends(starts: Floats, lengths: Floats) -> Floats:
    """Where rows end: those that touched still do, whatever onsets were rounded to."""
    ends: Floats = starts + lengths
    if len(starts):
        ordered = np.sort(starts)
        after = np.searchsorted(ordered, ends - TOUCH)
        near = ordered[np.minimum(after, len(ordered) - 1)]
        touching = (np.abs(near - ends) <= TOUCH) & (ends - starts > TOUCH)
        ends = np.where(touching, near, ends)
    return ends


def _write(table: IntervalTable) -> bytes:
    edfio = _edfio()
    if not len(table):
        raise IntervalLabelIOError(
            "EDF+ cannot hold an empty set", hint="save as csv or parquet, or delete the file"
        )
    if any(mark in label for label in table.pool.labels for mark in "\x00\x14\x15"):
        raise IntervalLabelIOError("a label holds a control character that EDF+ reserves")
    annotations = [
        edfio.EdfAnnotation(  # type: ignore[attr-defined]  # a module
            float(table.starts[row]),
            _length(table, row, length),
            _line(table.label(row)),
        )
        for row, length in enumerate(durations(table.starts, table.ends).tolist())
    ]
    told = table.layout.metadata
    start = time.fromisoformat(told[_START]) if _START in told else None
    sink = io.BytesIO()
    edfio.Edf([], starttime=start, annotations=annotations).write(sink)  # type: ignore[attr-defined]  # a module
    data = bytearray(sink.getvalue())
    header = told.get(_HEADER, "").encode("latin-1", "replace")
    if len(header) == len(data[_WHO_AND_WHEN]):
        data[_WHO_AND_WHEN] = header
    return bytes(data)


def _line(label: str) -> str:
    """A label without line ends, at which edfio loses the annotation."""
    return label.replace("\n", " ")


def _length(table: IntervalTable, row: int, length: float) -> float | None:
    """Seconds; None for an open end, and where the file did not say and nobody did since."""
    unknown = not length and table.pool.is_unmeasured(int(table.payload[row]))
    return None if unknown or not np.isfinite(length) else length


def _losses(table: IntervalTable) -> list[str]:
    out = value_losses(table)
    endless = int((~np.isfinite(table.ends)).sum())
    if endless:
        out.append(f"open ends: {plural(endless, 'row')} of unknown duration")
    broken = sum(_line(label) != label for label in table.labels())
    if broken:
        out.append(f"line breaks in {plural(broken, 'label')} become spaces")
    return out


EDF = LabelFormat(
    name="edf",
    extensions=(".edf",),
    title="EDF+ annotations",
    read=_read,
    write=_write,
    losses=_losses,
    own_columns=True,
)
