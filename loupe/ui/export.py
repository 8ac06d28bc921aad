"""Writes what the window shows as numbers: a line a sample (csv), an array a trace (npz, zarr)."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.data.protocols import ArrayData
from loupe.errors import LoupeDataError
from loupe.scene.compile import Progress
from loupe.scene.model import (
    DenseContent,
    HeatmapContent,
    RasterContent,
    Row,
    TraceContent,
)
from loupe.ui.store_memory import put_whole
from loupe.units import Span

__all__ = ["FORMATS", "export_window"]

FORMATS = "Comma-separated (*.csv);;NumPy (*.npz);;zarr (*.zarr)"
"""Kinds of file, for a file dialog."""

_BLOCK_BYTES = 32 << 20

Floats: TypeAlias = npt.NDArray[np.float64]
_Curve: TypeAlias = tuple[str, str, Floats, Floats]


def export_window(
    rows: tuple[Row, ...],
    window: Span,
    path: Path,
    progress: Progress = lambda done, total, name: None,
) -> int:
    """Write the samples and events of `rows` inside `window`, physical values, every sample.

    One trace is in memory at a time, besides the block of rows that is read at once. The file
    stands there when it is whole; one that was there before is replaced then.

    Parameters
    ----------
    progress
        Told how many of the traces are written; may raise to end it all.

    Returns
    -------
    int
        Number of samples and events written.

    Raises
    ------
    LoupeDataError
        If the ending is none of ``.csv``, ``.npz``, ``.zarr``, or nothing could be written.
    """
    writers = {".csv": _write_csv, ".npz": _write_npz, ".zarr": _write_zarr}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise LoupeDataError(
            f"`{path.name}` is no kind of file that can be written",
            hint="Give the name an ending: .csv, .npz or .zarr.",
        )
    count = 0

    def curves() -> Iterator[_Curve]:
        nonlocal count
        total = sum(map(_count, rows))
        found = (curve for row in rows for curve in _curves(row, window))
        for number, curve in enumerate(found):
            progress(number, total, curve[0])
            count += len(curve[3])
            yield curve

    try:
        real = path.resolve()
        if real.is_dir():
            raise LoupeDataError(
                "there is something of this name already",
                where=str(path),
                hint="Choose another name.",
            )
        put_whole(real.parent, real.name, lambda spare: write(curves(), spare))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LoupeDataError(f"the data cannot be written: {reason}", where=str(path)) from error
    return count


def _count(row: Row) -> int:
    """How many curves a row has."""
    content = row.content
    if isinstance(content, TraceContent):
        return len(content.lines)
    if isinstance(content, DenseContent | HeatmapContent):
        return len(content.order)
    return len(content.row_names) if isinstance(content, RasterContent) else 0


def _curves(row: Row, window: Span) -> Iterator[_Curve]:
    """Row title, trace name, times and values inside the window."""
    content = row.content
    title = row.title or row.id
    if isinstance(content, TraceContent):
        for line in content.lines:
            for times, values in _samples(line.array.data, [line.row], window):
                yield title, line.name, times, values
    elif isinstance(content, DenseContent | HeatmapContent):
        names = content.tick_names if isinstance(content, DenseContent) else content.row_names
        found = _samples(content.array.data, content.order.tolist(), window)
        for name, (times, values) in zip(names, found, strict=True):
            yield title, name, times, values
    elif isinstance(content, RasterContent):
        a, b = np.searchsorted(content.times, [window.start, window.stop], side="left")
        times, rows = content.times[a:b], content.rows[a:b]
        order = np.argsort(rows, kind="stable")
        edges = np.searchsorted(rows[order], np.arange(len(content.row_names) + 1))
        for index, name in enumerate(content.row_names):
            mine = times[order[edges[index] : edges[index + 1]]]
            yield title, name, mine, np.ones(len(mine))


def _samples(data: ArrayData, rows: list[int], window: Span) -> Iterator[tuple[Floats, Floats]]:
    """Times and values of each row; as many rows are read at once as `_BLOCK_BYTES` hold."""
    first, last = data.time.bracket(window.start, window.stop)
    times = data.time.times(first, last)
    inside = (times >= window.start) & (times < window.stop)
    times = times[inside]
    step = max(1, _BLOCK_BYTES // max(1, 8 * (last - first)))
    for start in range(0, len(rows), step):
        raw = data.read(np.array(rows[start : start + step], dtype=np.intp), first, last)
        for one in raw:
            yield times, one[inside].astype(np.float64) * data.info.scale + data.info.offset


def _write_csv(curves: Iterator[_Curve], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(["row", "trace", "time_s", "value"])
        for title, name, times, values in curves:
            for t, value in zip(times.tolist(), values.tolist(), strict=True):
                lines.writerow([title, name, repr(t), repr(value)])


def _write_npz(curves: Iterator[_Curve], path: Path) -> None:
    taken: set[str] = set()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for title, name, times, values in curves:
            key = _key(title, name, taken)
            for part, array in ((key, values), (f"{key}_t", times)):
                taken.add(part)
                with file.open(f"{part}.npy", "w", force_zip64=True) as entry:
                    np.lib.format.write_array(entry, array, allow_pickle=False)


def _write_zarr(curves: Iterator[_Curve], path: Path) -> None:
    import zarr

    group = zarr.open_group(str(path), mode="w-")
    taken: set[str] = set()
    for title, name, times, values in curves:
        key = _key(title, name, taken)
        for part, array in ((key, values), (f"{key}_t", times)):
            taken.add(part)
            group.create_array(part, data=array)


def _key(title: str, name: str, taken: Collection[str]) -> str:
    """A name for an array that no other has."""
    text = "_".join(part for part in (title, name) if part)
    stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in text).strip(".") or "row"
    key, number = stem, 1
    while key in taken:
        number += 1
        key = f"{stem}_{number}"
    return key
