"""From plain rows, as formats with columns of their own have them, to a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from loupe.labels.formats.base import Loaded, ReadOptions
from loupe.labels.formats.tabular import durations, table_of
from loupe.labels.table import Floats
from loupe.session.labels import IntervalLabelSchema

__all__ = ["Bounds", "bouts", "epoch_edges", "loaded_rows"]

Bounds = tuple[Floats, Floats]
"""Starts and ends, seconds, of equal length."""


def epoch_edges(n: int, length: float, origin: float = 0.0) -> Floats:
    """Where each of n epochs starts, and where the last one ends; ``(n + 1,)`` seconds."""
    edges: Floats = origin + np.arange(n + 1, dtype=np.float64) * length
    return edges


def bouts(states: Sequence[str], edges: Floats) -> tuple[Bounds, list[str]]:
    """Epochs as stretches of one state; an empty state is none.

    Parameters
    ----------
    states
        State of each of n epochs.
    edges
        ``(n + 1,)`` seconds: where each epoch starts, and where the last one ends.
    """
    names = np.asarray(states, dtype=object)
    first = np.flatnonzero(np.append(True, names[1:] != names[:-1])[: len(names)])
    stop = np.append(first[1:], len(names))[: len(first)]
    known = np.array([bool(names[k]) for k in first], dtype=np.bool_)
    first, stop = first[known], stop[known]
    return (edges[first], edges[stop]), [str(names[k]) for k in first]


def loaded_rows(
    bounds: Bounds,
    labels: Sequence[str],
    default: IntervalLabelSchema,
    options: ReadOptions,
    *,
    values: Mapping[str, pl.Series] | None = None,
    lines: Sequence[int] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Loaded:
    """Rows under the user's schema, else under `default`.

    Parameters
    ----------
    values
        Further columns; one that has the name of another gets a line below after it.
    lines, metadata
        As `table_of` takes them.

    Raises
    ------
    IntervalLabelSchemaError
        If a row breaks a rule; see `table_of`.
    """
    schema = options.schema or default
    starts, ends = bounds
    columns: dict[str, object] = {schema.start_col: starts}
    if schema.end_col:
        columns[schema.end_col] = ends
    if schema.duration_col:
        columns[schema.duration_col] = durations(starts, ends)
    columns[schema.label_col] = pl.Series(labels, dtype=pl.String)
    for name, column in (values or {}).items():
        free = name
        while free in columns:
            free += "_"
        columns[free] = column
    return table_of(
        pl.DataFrame(columns),
        schema,
        where=options.where,
        lines=lines,
        metadata=metadata,
        created=options.created,
    )
