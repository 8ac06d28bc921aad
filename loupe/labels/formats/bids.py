"""BIDS ``events.tsv``: onset and duration first, then trial_type; ``n/a`` is a missing value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from loupe.labels.columns import Layout
from loupe.labels.formats.base import LabelFormat, Loaded, ReadOptions, plural
from loupe.labels.formats.delimited import decode, frame_text, read_delimited, split
from loupe.labels.formats.tabular import durations, frame_of
from loupe.labels.table import IntervalTable
from loupe.session.labels import IntervalLabelSchema

__all__ = ["BIDS"]

_MISSING = "n/a"
_OWN = ("onset", "duration", "trial_type")


def _read(data: bytes, options: ReadOptions) -> Loaded:
    header, rows, _ = split(decode(data, options.where), "\t", options.where)
    notes: list[str] = []
    unknown: list[int] = []
    if "duration" in header:
        at = header.index("duration")
        unknown = [i for i, row in enumerate(rows) if row[at] in (_MISSING, "")]
        for i in unknown:
            rows[i][at] = "0"
        if unknown:
            notes.append(f"{plural(len(unknown), 'row')} of unknown duration read as points")
    if options.schema is None:
        label = "trial_type" if "trial_type" in header else _added(header, rows)
        known = {"onset", "duration", label}
        schema = IntervalLabelSchema(
            start_col="onset",
            duration_col="duration",
            label_col=label,
            note_col="note" if "note" in header else None,
            extra_cols=tuple(n for n in header if n.strip() and n not in {*known, "note"}),
        )
        options = replace(options, schema=schema)
    text = pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")
    again = text.write_csv(separator="\t").encode()
    loaded = read_delimited(again, options, "\t", None, _MISSING)
    loaded.table.pool.unmeasured = frozenset(unknown)
    return replace(loaded, notes=(*loaded.notes, *notes))


def _added(header: list[str], rows: list[list[str]]) -> str:
    """Events without a type all get the label ``event``."""
    header.append("trial_type")
    for row in rows:
        row.append("event")
    return "trial_type"


def _write(table: IntervalTable) -> bytes:
    schema = table.schema
    own = (schema.start_col, schema.end_col, schema.duration_col, schema.label_col)
    plain = replace(table, layout=Layout(schema, table.layout.order, {"label": pl.String()}))
    frame = frame_of(plain)
    labels = frame[schema.label_col]
    others = frame.drop([n for n in own if n and n in frame.columns])
    others = others.rename({n: f"{n}_" for n in others.columns if n in _OWN})
    lengths = (
        frame[schema.duration_col]
        if schema.duration_col
        else pl.Series(durations(table.starts, table.ends))
    )
    # what the file did not measure is not 0, as long as nobody gave it a length
    told = [table.pool.is_unmeasured(payload) for payload in table.payload.tolist()]
    unknown = np.array(told, dtype=np.bool_) & (table.ends == table.starts)
    out = pl.DataFrame(
        {
            "onset": table.starts,
            "duration": lengths.set(pl.Series(~np.isfinite(table.ends) | unknown), None),
            "trial_type": labels,
        }
    )
    out = out.hstack(others) if others.width else out
    return frame_text(out, "\t", _MISSING)


def _losses(table: IntervalTable) -> list[str]:
    out: list[str] = []
    endless = int((~np.isfinite(table.ends)).sum())
    if endless:
        out.append(f"open ends: {plural(endless, 'row')} of unknown duration")
    words = sum(label == _MISSING for label in table.labels())
    if words:
        out.append(f"{plural(words, 'label')} `{_MISSING}` would read back as missing")
    frame = table.pool.frame(table.payload)
    texts = {
        n: int((frame[n] == _MISSING).sum()) for n, t in frame.schema.items() if t == pl.String
    }
    out += [
        f"column `{name}`: {plural(count, 'text')} `{_MISSING}` would read back as missing"
        for name, count in texts.items()
        if count
    ]
    return out


BIDS = LabelFormat(
    name="bids",
    extensions=("_events.tsv", "events.tsv"),
    title="BIDS events",
    read=_read,
    write=_write,
    losses=_losses,
    own_columns=True,
)
