"""What label sets in memory start with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loupe.labels.intervals import IntervalLabelSet

if TYPE_CHECKING:
    from loupe.labels.table import IntervalTable
    from loupe.scene.model import TrackSpec

__all__ = ["table_of"]


def table_of(spec: TrackSpec) -> IntervalTable:
    """The labels of a set that has no file; an empty set if it has no table either.

    Raises
    ------
    LoupeError
        If its function failed, or what it holds is no table of labels.
    """
    if spec.fault is not None:
        raise spec.fault
    schema = spec.config.table_schema
    if spec.data is None:
        return IntervalLabelSet.empty(schema).table
    given = spec.data.value
    if isinstance(given, IntervalLabelSet):
        return given.table
    return IntervalLabelSet.from_dataframe(given, schema).table
