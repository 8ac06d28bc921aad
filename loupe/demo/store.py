"""Zarr stores as xarray writes them, filled step by step.

This room knows zarr and the names that xarray reads back; nothing of what the numbers mean.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr

__all__ = ["TimeSeries", "quantise", "text"]


def quantise(values: npt.NDArray[Any], scale: float) -> npt.NDArray[np.int16]:
    """Physical values as int16 steps of ``scale``, clipped to what fits."""
    return np.clip(np.rint(values / scale), -32768, 32767).astype(np.int16)


class TimeSeries:
    """One group of a new zarr (format 3): variables over ``(row, time)`` that share a time axis.

    Parameters
    ----------
    path, group
        The store's folder, and the group in it ("" for the root).
    rows
        Name of the row dimension, and its values ``(n,)``.
    coords
        Further coordinates over the rows, each ``(n,)``.
    rate, start
        Samples a second and the first sample's time: sample ``i`` lies at ``start + i / rate``.
    samples
        Number of samples that will be appended.
    """

    def __init__(
        self,
        path: Path,
        group: str,
        rows: tuple[str, npt.NDArray[Any]],
        *,
        rate: float,
        samples: int,
        start: float = 0.0,
        coords: Mapping[str, npt.NDArray[Any]] | None = None,
    ) -> None:
        root = zarr.open_group(path, mode="a")
        self._group = root.require_group(group) if group else root
        self._dims = (rows[0], "time")
        self._shape = (len(rows[1]), samples)
        self._variables: dict[str, zarr.Array[Any]] = {}
        self._done = 0
        # xarray takes a variable for a coordinate only if it is named for one.
        self._attrs = {"coordinates": " ".join(coords)} if coords else {}
        for name, values in {rows[0]: rows[1], **(coords or {})}.items():
            self._coordinate(name, values)
        self._write_time(start, rate, samples)

    def add(
        self,
        name: str,
        dtype: npt.DTypeLike,
        chunks: tuple[int, int],
        attrs: Mapping[str, str | float],
    ) -> None:
        """Declare a variable with its chunk ``(rows, samples)`` and attributes (units, …)."""
        self._variables[name] = self._group.create_array(
            name,
            shape=self._shape,
            dtype=dtype,
            chunks=(min(chunks[0], self._shape[0]), min(chunks[1], self._shape[1])),
            dimension_names=self._dims,
            attributes={**attrs, **self._attrs},
        )

    def append(self, **blocks: npt.NDArray[Any]) -> None:
        """Write the next samples of every variable, each ``(n, k)``."""
        stop = self._done
        for name, block in blocks.items():
            stop = self._done + block.shape[1]
            self._variables[name][:, self._done : stop] = block
        self._done = stop

    def _coordinate(self, name: str, values: npt.NDArray[Any]) -> None:
        with warnings.catch_warnings():
            # zarr warns that fixed-length text has no final place in the v3 specification yet;
            # xarray and zarr write and read it all the same, and so does every store we met.
            warnings.filterwarnings("ignore", message=".*Zarr V3 specification.*")
            array = self._group.create_array(
                name, shape=values.shape, dtype=values.dtype, dimension_names=self._dims[:1]
            )
            array[:] = values

    def _write_time(self, start: float, rate: float, samples: int) -> None:
        step = 1 << 20
        array = self._group.create_array(
            "time",
            shape=(samples,),
            dtype="float64",
            chunks=(min(step, samples),),
            dimension_names=("time",),
            attributes={"long_name": "seconds since the start of the recording"},
        )
        for first in range(0, samples, step):
            last = min(first + step, samples)
            array[first:last] = start + np.arange(first, last) / rate


def text(values: Sequence[str]) -> npt.NDArray[np.str_]:
    """Fixed-length text, as a coordinate holds it."""
    return np.array(values, dtype=np.str_)
