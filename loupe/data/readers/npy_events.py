"""Events in ``NAME_t.npy`` (seconds), ``NAME_y.npy`` (row numbers), ``NAME_a.npy`` (opacities).

A folder, or one of its files with ``format = "npy-events"``: a table with the columns ``time``,
``row``, ``alpha`` and ``name``, one line an event. Opacities are clipped to 0..1; events without
them count as 1. Pickled content is never loaded.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from loupe.data.protocols import ArrayData
from loupe.data.readers.npy_pairs import load_series, partner
from loupe.data.readers.tables import Table
from loupe.data.request import Kind, OpenRequest
from loupe.errors import LoupeDataError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["NpyEventsReader"]


class NpyEventsReader:
    """Opens events in npy files; see the module."""

    name = "npy-events"
    extensions: ClassVar[tuple[str, ...]] = ()
    kinds: ClassVar[frozenset[Kind]] = frozenset({"table"})

    def claims(self, path: Path) -> bool:
        """Whether a folder holds times with opacities."""
        return path.is_dir() and any(path.glob("*_a.npy")) and any(path.glob("*_t.npy"))

    def open_array(self, request: OpenRequest) -> ArrayData:
        """Refuse: these are events."""
        raise LoupeDataError(
            "events in npy files are no signals",
            where=str(request.path),
            hint='show them as a raster: kind = "raster"',
            code="data-kind",
        )

    def open_table(self, request: OpenRequest) -> Table:
        """Open all events of a folder, or of one name, in the order of the names.

        Raises
        ------
        LoupeDataError
            If a file is missing or damaged, or files of one name differ in length.
        """
        import polars as pl

        path = Path(request.path)
        names = _names(path)
        if not names:
            raise LoupeDataError(
                "there is no NAME_t.npy with a NAME_y.npy in this folder",
                where=str(path),
                hint="events are NAME_t.npy (seconds), NAME_y.npy (rows), NAME_a.npy (opacities)",
                code="data-missing-file",
            )
        frames = [_frame(path if path.is_dir() else path.parent, name) for name in names]
        return Table(pl.concat(frames).lazy(), str(path), request.clock, request)


def _names(path: Path) -> list[str]:
    if not path.is_dir():
        return [re.sub(r"_[aty]\.npy$", "", path.name)]
    times = sorted(path.glob("*_t.npy"))
    return [t.name[: -len("_t.npy")] for t in times if partner(t, "_t.npy", "_y.npy").is_file()]


def _frame(folder: Path, name: str) -> pl.DataFrame:
    import polars as pl

    times = load_series(folder / f"{name}_t.npy", "times")
    rows = load_series(folder / f"{name}_y.npy", "row numbers")
    opacities = folder / f"{name}_a.npy"
    alpha = load_series(opacities, "opacities") if opacities.is_file() else np.ones(len(times))
    if not len(times) == len(rows) == len(alpha):
        raise LoupeDataError(
            f"`{name}` has {len(times)} times, {len(rows)} rows and {len(alpha)} opacities",
            where=str(folder),
            hint="all files of a name need one entry an event",
            code="data-shape",
        )
    whole = np.asarray(rows)
    if whole.dtype.kind == "f" and not np.array_equal(whole, np.floor(whole)):
        raise LoupeDataError(
            f"the rows of `{name}` must be whole numbers",
            where=str(folder / f"{name}_y.npy"),
            hint="if these are values of a signal, show them as a trace",
            code="data-shape",
        )
    return pl.DataFrame(
        {
            "time": np.asarray(times),
            "row": whole.astype(np.int64),
            "alpha": np.clip(np.asarray(alpha, dtype=np.float64), 0.0, 1.0),
            "name": pl.Series([name], dtype=pl.String).new_from_index(0, len(times)),
        }
    )
