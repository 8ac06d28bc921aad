"""Writes what the window shows as numbers: a line a sample (csv), an array a trace (npz, zarr)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.data.protocols import ArrayData
from loupe.errors import LoupeDataError
from loupe.scene.model import (
    DenseContent,
    HeatmapContent,
    RasterContent,
    Row,
    TraceContent,
)
from loupe.units import Span

__all__ = ["FORMATS", "export_window"]

FORMATS = "Comma-separated (*.csv);;NumPy (*.npz);;zarr (*.zarr)"
"""Kinds of file, for a file dialog."""

Floats: TypeAlias = npt.NDArray[np.float64]
_Curve: TypeAlias = tuple[str, str, Floats, Floats]


def export_window(rows: tuple[Row, ...], window: Span, path: Path) -> int:
    """Write the samples and events of `rows` inside `window`, physical values, every sample.

    Returns
    -------
    int
        Number of samples and events written.

    Raises
    ------
    LoupeDataError
        If the ending is none of ``.csv``, ``.npz``, ``.zarr``, or nothing could be written.
    """
    kind = path.suffix.lower()
    curves = [curve for row in rows for curve in _curves(row, window)]
    try:
        if kind == ".csv":
            _write_csv(curves, path)
        elif kind == ".npz":
            arrays: dict[str, Floats] = {}
            for title, name, times, values in curves:
                key = _key(title, name, arrays)
                arrays[key] = values
                arrays[f"{key}_t"] = times
            with path.open("wb") as file:
                np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # numpy's stub: allow_pickle
        elif kind == ".zarr":
            _write_zarr(curves, path)
        else:
            raise LoupeDataError(
                f"`{path.name}` is no kind of file that can be written",
                hint="Give the name an ending: .csv, .npz or .zarr.",
            )
    except OSError as error:
        raise LoupeDataError(
            f"the data cannot be written: {error.strerror or error}", where=str(path)
        ) from None
    return sum(len(values) for _, _, _, values in curves)


def _curves(row: Row, window: Span) -> Iterator[_Curve]:
    """Row title, trace name, times and values inside the window."""
    content = row.content
    title = row.title or row.id
    if isinstance(content, TraceContent):
        for line in content.lines:
            yield (title, line.name, *_samples(line.array.data, line.row, window))
    elif isinstance(content, DenseContent):
        for index, name in zip(content.order.tolist(), content.tick_names, strict=True):
            yield (title, name, *_samples(content.array.data, index, window))
    elif isinstance(content, HeatmapContent):
        for index, name in zip(content.order.tolist(), content.row_names, strict=True):
            yield (title, name, *_samples(content.array.data, index, window))
    elif isinstance(content, RasterContent):
        a, b = np.searchsorted(content.times, [window.start, window.stop], side="left")
        for index, name in enumerate(content.row_names):
            times = content.times[a:b][content.rows[a:b] == index]
            yield title, name, times, np.ones(len(times))


def _samples(data: ArrayData, row: int, window: Span) -> tuple[Floats, Floats]:
    first, last = data.time.bracket(window.start, window.stop)
    times = data.time.times(first, last)
    raw = data.read(np.array([row], dtype=np.intp), first, last)[0]
    values = raw.astype(np.float64) * data.info.scale + data.info.offset
    inside = (times >= window.start) & (times < window.stop)
    return times[inside], values[inside]


def _write_csv(curves: list[_Curve], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(["row", "trace", "time_s", "value"])
        for title, name, times, values in curves:
            for t, value in zip(times.tolist(), values.tolist(), strict=True):
                lines.writerow([title, name, repr(t), repr(value)])


def _write_zarr(curves: list[_Curve], path: Path) -> None:
    import zarr

    group = zarr.open_group(str(path), mode="w-")
    taken: dict[str, object] = {}
    for title, name, times, values in curves:
        key = _key(title, name, taken)
        taken[key] = taken[f"{key}_t"] = None
        group.create_array(key, data=values)
        group.create_array(f"{key}_t", data=times)


def _key(title: str, name: str, taken: dict[str, object] | dict[str, Floats]) -> str:
    """A name for an array that no other has."""
    text = "_".join(part for part in (title, name) if part)
    stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in text).strip(".") or "row"
    key, number = stem, 1
    while key in taken:
        number += 1
        key = f"{stem}_{number}"
    return key
