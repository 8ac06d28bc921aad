"""From what a plot names as its data to opened arrays and tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from loupe.data.events import Tell
from loupe.data.protocols import ArrayData, TableData
from loupe.errors import LoupeConfigError, LoupeDataError
from loupe.scene.model import ArrayRef
from loupe.session.source import Data, InMemory, Source
from loupe.session.suggest import did_you_mean

if TYPE_CHECKING:
    from loupe.data.catalog import Catalog
    from loupe.session.model import Session

__all__ = ["Opener", "event_times", "physical", "require_columns"]


class Opener:
    """Opens what plots name, and gives each opened array a short key.

    Parameters
    ----------
    session
        For its named sources.
    catalog
        Opens sources and objects in memory.
    tell
        Told how much of one plot is done, 0 to 1, where that takes a while.

    Attributes
    ----------
    tell
        As given; `loupe.scene.compile` sets it anew for each plot.
    """

    def __init__(self, session: Session, catalog: Catalog, tell: Tell = lambda done: None) -> None:
        self._session = session
        self.tell = tell
        self.catalog = catalog
        self._refs: dict[int, ArrayRef] = {}
        self._opened = 0

    def source(self, data: Data) -> Source | InMemory:
        """The source that a field of a Config names.

        Raises
        ------
        LoupeConfigError
            If it is a name that `[sources]` lacks.
        """
        return self._session.resolve(data)

    def array(self, data: Data) -> ArrayRef:
        """Open an array, headers only.

        Raises
        ------
        LoupeDataError, LoupeConfigError
            If it cannot be.
        """
        opened: ArrayData = self.catalog.array(self.source(data))
        ref = self._refs.get(id(opened))
        if ref is None:
            ref = ArrayRef(f"a{self._opened}", opened)
            self._opened += 1
            self._refs[id(opened)] = ref
        return ref

    def renewed(self, sources: Iterable[Source | InMemory]) -> tuple[Opener, frozenset[str]]:
        """An opener that keeps the keys of all arrays but those of these sources.

        Returns
        -------
        opener
            The other one; this one stays as it is. A key is never given twice.
        gone
            Keys of the arrays that it does not have any more.
        """
        catalog, dropped = self.catalog.renewed(sources)
        addresses = {id(one) for one in dropped}
        other = Opener(self._session, catalog)
        other._opened = self._opened
        other._refs = {k: ref for k, ref in self._refs.items() if k not in addresses}
        gone = frozenset(ref.key for k, ref in self._refs.items() if k in addresses)
        return other, gone

    def table(self, data: Data) -> TableData:
        """Open a table, headers only.

        Raises
        ------
        LoupeDataError, LoupeConfigError
            If it cannot be.
        """
        return self.catalog.table(self.source(data))

    @property
    def arrays(self) -> tuple[ArrayRef, ...]:
        """Everything opened as an array so far."""
        return tuple(self._refs.values())


def require_columns(
    table: TableData, wanted: Iterable[tuple[tuple[str | int, ...], str | None]]
) -> None:
    """Check that a table has the columns that fields of a Config name.

    Parameters
    ----------
    wanted
        Keys that lead to a field, and the column it names or None.

    Raises
    ------
    LoupeConfigError
        For the first that is not there, with those of further ones in its `also`.
    """
    errors = [
        LoupeConfigError(
            f"{place[0]} = `{column}`, but {table.name} has no column of that name",
            hint=did_you_mean(column, table.columns, what="columns"),
            code="data-column",
            place=place,
        )
        for place, column in wanted
        if column is not None and column not in table.columns
    ]
    if errors:
        errors[0].also = tuple(errors[1:])
        raise errors[0]


def event_times(table: TableData, column: str, *, place: str) -> npt.NDArray[np.float64]:
    """The times of events in a column, seconds on the common axis, ``(n,)``, in the table's order.

    Raises
    ------
    LoupeDataError
        If one is missing or is no number; the message names its row.
    """
    times = table.seconds(column)
    bad = np.flatnonzero(~np.isfinite(times))
    if len(bad):
        raise LoupeDataError(
            f"row {int(bad[0])} of column `{column}` of {table.name} has no finite time"
            + (f", nor have {len(bad) - 1} more" if len(bad) > 1 else ""),
            hint="remove these rows",
            code="data-time",
            place=(place,),
        )
    return times


def physical(data: ArrayData, raw: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    """Raw samples as physical values, float64 of the same shape."""
    return raw.astype(np.float64) * data.info.scale + data.info.offset
