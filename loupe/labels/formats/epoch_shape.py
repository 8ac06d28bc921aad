"""How a file lists its epochs, kept with the table so that it can be written back as it was."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from loupe.labels.table import IntervalTable

__all__ = ["SEPARATORS", "Shape"]

SEPARATORS = "\t,;"
"""What may stand between columns."""

_KEY = "epochs_shape"


@dataclass(frozen=True)
class Shape:
    """How a file lists its epochs.

    Attributes
    ----------
    names
        Of its columns; none for states without a heading.
    separator
        Between columns.
    place
        Of the column of states.
    cells
        Those of the other columns, epoch by epoch.
    count, seconds
        How many epochs there are, and how long one is.
    blank
        Epochs without a state are left empty.
    """

    names: tuple[str, ...] = ()
    separator: str = ","
    place: int = 0
    cells: tuple[tuple[str, ...], ...] = ()
    count: int = 0
    seconds: float = 1.0
    blank: bool = False

    @staticmethod
    def of(table: IntervalTable) -> Shape:
        """That of the file that a table came from; what nobody can use counts as nothing."""
        return _parsed(table.layout.metadata.get(_KEY, "{}"))

    def told(self) -> dict[str, str]:
        """As metadata of a table."""
        return {_KEY: _adapter().dump_json(self).decode()}


@functools.cache
def _adapter() -> TypeAdapter[Shape]:
    return TypeAdapter(Shape)


@functools.lru_cache(maxsize=4)
def _parsed(told: str) -> Shape:
    """A shape of JSON; kept, since a save asks several times, and cells may be many."""
    try:
        found = _adapter().validate_json(told)
    except ValidationError:
        return Shape()
    others = max(len(found.names) - 1, 0)
    usable = (
        found.separator in set(SEPARATORS)
        and 0 <= found.place <= others
        and all(len(cells) == others for cells in found.cells)
        and found.count >= 0
        and 0 < found.seconds < math.inf
    )
    return found if usable else Shape()
