"""Neurodata Without Borders (NWB 2) files in HDF5, through h5py.

Every time series of numbers under ``acquisition``, ``processing`` and ``stimulus`` is an array
named after its path; pictures are left out. Rows carry the columns of the electrodes or regions
that the series points to. Times are those of the file: seconds of the session, so that spikes,
intervals and signals agree. ``units`` is a table of spikes; other tables are named by path.
Layout: the NWB core schema, NWBFile and TimeSeries.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from loupe.data.dataset import plain_text
from loupe.data.readers.signals import (
    TIME,
    FileVariable,
    Make,
    Scaling,
    SignalReader,
    Signals,
    even_time,
    local_file,
    scaling,
)
from loupe.data.readers.tables import Table
from loupe.data.request import Kind, OpenRequest
from loupe.data.variables import Chunking, Variable
from loupe.errors import LoupeDataError
from loupe.session.suggest import did_you_mean

__all__ = ["NwbReader"]

_PLACES = ("acquisition", "processing", "stimulus")
_UNITS = "units"
_START, _STOP = "start_time", "stop_time"
_TIMES = re.compile(r"(^|_)time(stamp)?s?$", re.IGNORECASE)
_SI = {"volts": "V", "amperes": "A", "meters": "m", "seconds": "s", "degrees": "°", "n.a.": ""}
"""Units as NWB writes them, and as they are written elsewhere."""
_MICROVOLTS = {"ElectricalSeries", "SpikeEventSeries"}
"""Recordings outside cells, in volts by the schema but of microvolts in size."""


class NwbReader(SignalReader):
    """Opens NWB; see the module."""

    name = "nwb"
    extensions: tuple[str, ...] = (".nwb",)
    kinds: frozenset[Kind] = frozenset({"array", "table"})
    without_signals: ClassVar[str] = "its tables are opened as rasters"

    def signals(self, request: OpenRequest) -> Mapping[str, Make]:
        """All time series by their paths."""
        path = local_file(request)
        try:
            file = _file(path)
            origin = _reference(file)
            found: dict[str, Make] = {}
            for place in _PLACES:
                if place in file:
                    for inside, group in _series(file[place]):
                        name = f"{place}/{inside}"
                        found[name] = partial(_signals, name, group, path, origin)
            return found
        except (OSError, RuntimeError, ValueError, TypeError, LookupError) as error:
            raise _damaged(path, error) from error

    def open_table(self, request: OpenRequest) -> Table:
        """Open the spikes of ``units``, or the table whose path is `variable`.

        Raises
        ------
        LoupeDataError
            If there is no such table; the hint lists those that there are.
        """
        import polars as pl

        path = local_file(request)
        try:
            file = _file(path)
            tables = _tables(file)
            wanted = request.variable or _UNITS
            if wanted not in tables:
                raise LoupeDataError(
                    f"there is no table `{wanted}`",
                    where=str(path),
                    hint=did_you_mean(wanted, tables, what="tables"),
                    code="data-variable",
                )
            group = file[wanted]
            # Second 0 of the file is its reference time; of the axis, that of the first data.
            origin = _reference(file)
            shift = 0.0 if origin is None else request.clock.offset(origin)
            exprs = None
            if "spike_times" in group:
                times, row, units = _spikes(group)
                frame = pl.DataFrame({TIME: times + shift, "row": row})
                # A unit's own columns are repeated where they are asked for: spikes are many.
                exprs = {TIME: pl.col(TIME)} | {
                    name: pl.lit(pl.Series(values)).gather(pl.col("row"))
                    for name, values in units.items()
                }
            else:
                columns = _columns(group)
                frame = pl.DataFrame(
                    {
                        name: values + shift if _is_time(name, columns) else values
                        for name, values in columns.items()
                    }
                )
        except LoupeDataError:
            raise
        except (OSError, RuntimeError, ValueError, TypeError, LookupError) as error:
            raise _damaged(path, error) from error
        return Table(frame.lazy(), f"{path}:{wanted}", request.clock, request, columns=exprs)


@dataclass(eq=False)
class _NwbVariable(FileVariable):
    stored: Any
    scaling: Scaling

    @property
    def files(self) -> tuple[Path, ...]:
        """The file, unless it says that the samples are in another."""
        here = self.stored.file.filename == str(self.path) and not self.stored.external
        return (self.path,) if here else ()

    def load(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any]:
        raw = np.asarray(self.stored[bounds])
        if len(bounds) < 2:
            return raw
        return self.scaling.applied(raw, bounds[1], 1, self.dtype)


@dataclass(eq=False)
class _Times(FileVariable):
    stored: Any

    def load(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any]:
        return np.asarray(self.stored[bounds])


def _file(path: Path) -> Any:
    import h5py

    return h5py.File(path, "r")


def _damaged(path: Path, error: Exception) -> LoupeDataError:
    return LoupeDataError(
        f"cannot be opened as NWB: {type(error).__name__}: {error}",
        where=str(path),
        hint="the file may be damaged, cut short or of another kind; name the reader with `format`",
        code="data-open",
    )


def _reference(file: Any) -> datetime | None:
    """Wall clock of second 0, where the file tells it."""
    for name in ("timestamps_reference_time", "session_start_time"):
        if name in file:
            text = file[name][()]
            with contextlib.suppress(ValueError):
                text = text.decode() if isinstance(text, bytes) else str(text)
                return datetime.fromisoformat(text)
    return None


def _series(group: Any, prefix: str = "") -> list[tuple[str, Any]]:
    """Time series of numbers below a group, in order of their paths."""
    import h5py

    found = []
    for name in sorted(group):
        # A link that leads out of the tree would be a series twice, or a circle.
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            continue
        node = group[name]
        if not isinstance(node, h5py.Group):
            continue
        data = node.get("data")
        if isinstance(data, h5py.Dataset):
            timed = "timestamps" in node or "starting_time" in node
            picture = "dimension" in node or "format" in node or "ImageSeries" in _type(node)
            if timed and not picture and data.ndim >= 1 and data.dtype.kind in "biuf":
                found.append((f"{prefix}{name}", node))
        else:
            found += _series(node, f"{prefix}{name}/")
    return found


def _type(group: Any) -> str:
    kind = group.attrs.get("neurodata_type", "")
    return kind.decode() if isinstance(kind, bytes) else str(kind)


def _signals(name: str, group: Any, path: Path, origin: datetime | None) -> Signals:
    data, where = group["data"], f"{path}:{name}"
    coords = _row_columns(group, data)
    dims = (TIME, "channel", "component", "bin")[: data.ndim]
    dims += tuple(f"dim_{k}" for k in range(len(dims), data.ndim))
    unit, finer = _unit(group, data)
    factor = finer * float(data.attrs.get("conversion", 1.0))
    offset = finer * float(data.attrs.get("offset", 0.0))
    own = group.get("channel_conversion")
    scale = (
        scaling([factor], [offset])
        if own is None or data.ndim < 2
        else scaling((factor * own[()]).tolist(), [offset] * data.shape[1])
    )
    chunks = data.chunks and tuple(
        Chunking(n, max(1, min(n, step))) for n, step in zip(data.shape, data.chunks, strict=True)
    )
    values = _NwbVariable(
        name,
        where,
        dims,
        data.shape,
        scale.dtype(data.dtype),
        {"units": unit, **scale.attrs},
        None,
        chunks,
        path,
        threading.Lock(),
        data,
        scale,
    )
    return Signals(values, _time(group, where, path, data.shape[0]), coords, origin)


def _unit(group: Any, data: Any) -> tuple[str, float]:
    """Unit of a series, and how many of it make one of the stored unit."""
    unit = data.attrs.get("unit", "")
    unit = unit.decode() if isinstance(unit, bytes) else str(unit)
    if unit == "volts" and _type(group) in _MICROVOLTS:
        return "µV", 1e6
    return _SI.get(unit, unit), 1.0


def _time(group: Any, where: str, path: Path, n: int) -> Variable:
    if "timestamps" not in group:
        start = group["starting_time"]
        return even_time(n, float(start.attrs["rate"]), where=where, start=float(start[()]))
    times = group["timestamps"]
    return _Times(
        TIME,
        f"{where}/timestamps",
        (TIME,),
        times.shape,
        times.dtype,
        {},
        None,
        times.chunks and (Chunking(times.shape[0], times.chunks[0]),),
        path,
        threading.Lock(),
        times,
    )


def _row_columns(group: Any, data: Any) -> dict[str, tuple[str, npt.NDArray[Any]]]:
    """Columns of the electrodes or regions of the rows, where the series points to some."""
    region = group.get("electrodes", group.get("rois"))
    if region is None or data.ndim < 2 or region.shape != data.shape[1:2]:
        return {}
    rows = np.asarray(region[()])
    table = group.file[region.attrs["table"]]
    columns = _columns(table)
    names = next((columns[n] for n in ("channel_name", "label") if n in columns), None)
    if names is None or len(np.unique(names[rows])) < len(rows):
        names = np.asarray(table["id"][()])
    found = {name: ("channel", values[rows]) for name, values in columns.items()}
    return {**found, "channel": ("channel", names[rows])}


def _tables(file: Any) -> list[str]:
    """Paths of the tables that hold events or intervals."""
    tables = [_UNITS] if _UNITS in file and "spike_times" in file[_UNITS] else []
    return tables + [f"intervals/{name}" for name in file.get("intervals", ())]


def _columns(table: Any) -> dict[str, npt.NDArray[Any]]:
    """Columns of one number or text a row."""
    import h5py

    n = len(table["id"])
    found = {}
    for column in table.attrs.get("colnames", ()):
        name = column.decode() if isinstance(column, bytes) else str(column)
        stored = table.get(name)
        # References to other objects mean nothing outside the file.
        if not isinstance(stored, h5py.Dataset) or f"{name}_index" in table:
            continue
        if stored.shape == (n,) and not _refers(stored):
            found[name] = plain_text(np.asarray(stored[()]))
    return found


def _is_time(name: str, columns: Mapping[str, npt.NDArray[Any]]) -> bool:
    """Whether a column holds times of the session: not words, and not how long something took.

    Only the times of spikes, beginnings and ends are told by the schema. Another column is
    taken for times if its name says so and most of its values lie within their own interval.
    """
    values = columns[name]
    if values.dtype.kind not in "iuf":
        return False
    if name in {TIME, _START, _STOP}:
        return True
    start, stop = columns.get(_START), columns.get(_STOP)
    if _TIMES.search(name) is None or start is None or stop is None:
        return False
    known = np.isfinite(values)
    within = (values >= start) & (values <= stop)
    return bool(2 * np.count_nonzero(within & known) > np.count_nonzero(known))


def _refers(stored: Any) -> bool:
    import h5py

    return h5py.check_ref_dtype(stored.dtype) is not None or stored.dtype.kind == "V"


def _spikes(
    units: Any,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32], dict[str, npt.NDArray[Any]]]:
    """Times of all spikes, the row of the unit of each, and the columns of the units.

    The stored index holds the end of each unit's spikes.
    """
    ends = np.asarray(units["spike_times_index"][()]).astype(np.int64)
    times = np.asarray(units["spike_times"][()], dtype=np.float64)
    if (np.diff(ends, prepend=0) < 0).any() or (ends[-1] if len(ends) else 0) != len(times):
        raise ValueError(f"the index of `{_UNITS}` does not fit its {len(times)} spikes")
    names = np.asarray(units["id"][()])
    if len(names) != len(ends):
        raise ValueError(f"`{_UNITS}` has {len(names)} units, but spikes of {len(ends)}")
    row = np.repeat(np.arange(len(ends), dtype=np.int32), np.diff(ends, prepend=0))
    own = {name: v for name, v in _columns(units).items() if name not in {TIME, "unit"}}
    return times, row, {"unit": names, **own}
