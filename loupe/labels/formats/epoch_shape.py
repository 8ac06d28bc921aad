"""How a file lists its epochs, kept with the table so that it can be written back as it was."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from loupe.labels.table import IntervalTable

__all__ = ["SEPARATORS", "Column", "Shape", "counted"]

SEPARATORS = "\t,;"
"""What may stand between columns."""

KEY = "epochs_shape"
"""Where a table's metadata have it."""


@dataclass(frozen=True)
class Column:
    """A column of a file of epochs beside that of the states.

    Attributes
    ----------
    name
        In the file.
    held
        The table's column that has its values; "" for a column that counts epochs.
    first, step
        Of such a column: the number of the first epoch, and what each adds.
    """

    name: str
    held: str = ""
    first: float = 0.0
    step: float = 0.0

    def cell(self, epoch: int) -> str:
        """What a column that counts has in an epoch, counted from 0."""
        value = self.first + epoch * self.step
        return str(int(value)) if value.is_integer() else repr(round(value, 9))


@dataclass(frozen=True)
class Shape:
    """How a file lists its epochs.

    Attributes
    ----------
    name
        Of the column of states; "" without a heading.
    place
        Where that column stands among the others.
    others
        The other columns, in the file's order.
    separator
        Between columns.
    count, seconds
        How many epochs there are, and how long one is.
    blank
        Epochs without a state are left empty.
    beside
        What stands in the others where there is no state, by epoch.
    """

    name: str = ""
    place: int = 0
    others: tuple[Column, ...] = ()
    separator: str = ","
    count: int = 0
    seconds: float = 1.0
    blank: bool = False
    beside: dict[int, tuple[str, ...]] = field(default_factory=dict)

    @staticmethod
    def of(table: IntervalTable) -> Shape:
        """That of the file that a table came from; what nobody can use counts as nothing."""
        return _parsed(table.layout.metadata.get(KEY, "{}"))

    def told(self) -> dict[str, str]:
        """As metadata of a table."""
        return {KEY: _adapter().dump_json(self).decode()}


@functools.cache
def _adapter() -> TypeAdapter[Shape]:
    return TypeAdapter(Shape)


@functools.lru_cache(maxsize=4)
def _parsed(told: str) -> Shape:
    try:
        found = _adapter().validate_json(told)
    except ValidationError:
        return Shape()
    numbers = [found.seconds, *(n for c in found.others for n in (c.first, c.step))]
    usable = (
        len(found.separator) == 1
        and found.separator in SEPARATORS
        and 0 <= found.place <= len(found.others)
        and found.count >= 0
        and found.seconds > 0
        and all(len(cells) == len(found.others) for cells in found.beside.values())
        and all(map(math.isfinite, numbers))
    )
    return found if usable else Shape()


def counted(name: str, cells: Sequence[str]) -> Column | None:
    """A column that counts epochs or their times, of which each cell follows from its place."""
    if len(cells) < 2:
        return None
    try:
        first, second = float(cells[0]), float(cells[1])
    except ValueError:
        return None
    column = Column(name, first=first, step=second - first)
    if column.step == 0 or not math.isfinite(first) or not math.isfinite(column.step):
        return None
    return column if all(column.cell(k) == cell for k, cell in enumerate(cells)) else None
