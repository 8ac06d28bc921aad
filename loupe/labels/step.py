"""One change of the rows of a table: which left, which came, and how several become one.

Painting the epochs of an hour takes a step for each. Undo keeps every edit, so what is kept of
one is the sum of its steps: a row that came and left again in between is in neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loupe.labels.table import ROW_ARRAYS, Ints, Rows

__all__ = ["Step", "summed"]


@dataclass(frozen=True, eq=False)
class Step:
    """Rows that left (places in the table before) and rows that came (places after)."""

    removed: Rows
    added: Rows


def summed(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The one step that does what these do in order; none if they change nothing together.

    Steps are summed in pairs, then the sums, so the work grows with ``n log n`` for n rows.
    """
    rest = list(steps)
    while len(rest) > 1:
        pairs = [_sum(a, b) for a, b in zip(rest[::2], rest[1::2], strict=False)]
        rest = pairs + rest[2 * len(pairs) :]
    return tuple(step for step in rest if not step.removed.same(step.added))


def _sum(first: Step, second: Step) -> Step:
    made, taken = first.added.positions, second.removed.positions
    older = _chosen(second.removed, ~np.isin(taken, made))
    older = _moved(older, made, first.removed.positions)
    newer = _chosen(first.added, ~np.isin(made, taken))
    newer = _moved(newer, taken, second.added.positions)
    return Step(_together(first.removed, older), _together(newer, second.added))


def _moved(rows: Rows, out: Ints, into: Ints) -> Rows:
    """Rows where they stand once those at `out` have left and others stand at `into`."""
    places = rows.positions - np.searchsorted(out, rows.positions)
    # Of the places that others leave free, the one with this number.
    free = places + np.searchsorted(into - np.arange(len(into)), places, side="right")
    return rows.at(free.astype(np.int64))


def _chosen(rows: Rows, mask: npt.NDArray[np.bool_]) -> Rows:
    return Rows(rows.positions[mask], *(getattr(rows, name)[mask] for name in ROW_ARRAYS))


def _together(a: Rows, b: Rows) -> Rows:
    places = np.concatenate([a.positions, b.positions])
    order = np.argsort(places)
    columns = (np.concatenate([getattr(a, name), getattr(b, name)]) for name in ROW_ARRAYS)
    return Rows(places[order], *(column[order] for column in columns))
