"""NetCDF-4 files and other HDF5 files with named dimensions, through h5netcdf.

Dimensions without a name are called ``phony_dim_0`` and so on, and can be named in `time`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from loupe.data.dataset import Dataset, no_such_group, open_labelled
from loupe.data.labelled import LabelledArray
from loupe.data.protocols import TableData
from loupe.data.request import Kind, OpenRequest
from loupe.data.variables import Chunking, Variable
from loupe.errors import LoupeDataError

__all__ = ["NetcdfReader", "open_file"]


class NetcdfReader:
    """Opens netCDF-4 and HDF5; see the module."""

    name = "netcdf"
    extensions: ClassVar[tuple[str, ...]] = (".nc", ".nc4", ".h5", ".hdf5", ".hdf")
    kinds: ClassVar[frozenset[Kind]] = frozenset({"array"})

    def claims(self, path: Path) -> bool:
        """Whether a file begins as HDF5 does."""
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(8) == b"\x89HDF\r\n\x1a\n"

    def open_array(self, request: OpenRequest) -> LabelledArray:
        """Open a variable of the file; see `loupe.data.dataset.open_labelled`."""
        return open_labelled(open_file(request), request)

    def groups(self, request: OpenRequest) -> tuple[str, ...]:
        """Paths of the groups below the root that hold variables."""
        return open_file(request).groups

    def dataset(self, request: OpenRequest) -> Dataset:
        """Open everything in one group: headers only."""
        return open_file(request)

    def open_table(self, request: OpenRequest) -> TableData:
        """Refuse: netCDF files hold arrays."""
        raise LoupeDataError(
            "a netCDF file holds arrays, not a table of events",
            where=str(request.path),
            hint="give a parquet or csv file",
            code="data-kind",
        )


@dataclass(eq=False)
class HdfVariable(Variable):
    """One variable of an open file; h5netcdf keeps its file and group by weak references."""

    variable: Any
    owners: tuple[Any, ...]
    path: Path

    @property
    def files(self) -> tuple[Path, ...]:
        """The whole file."""
        return (self.path,)

    def block(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any]:
        """Read a box; HDF5 itself lets one thread in at a time."""
        try:
            return np.asarray(self.variable[bounds] if bounds else self.variable[...])
        except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
            first = ", ".join(f"{b.start}:{b.stop}" for b in bounds)
            raise LoupeDataError(
                f"samples [{first}] cannot be read: {type(error).__name__}: {error}",
                where=self.where,
                hint="the file may be damaged, cut short or no longer there; copy it anew",
                code="data-read",
            ) from error


def open_file(request: OpenRequest) -> Dataset:
    """Open one group of a file: headers only.

    Raises
    ------
    LoupeDataError
        If the file is not HDF5 or is damaged, or the group is not there.
    """
    import h5netcdf

    where = str(request.path)
    try:
        file = h5netcdf.File(request.path, "r", phony_dims="access", decode_vlen_strings=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise LoupeDataError(
            f"cannot be opened as netCDF-4 or HDF5: {error}",
            where=where,
            hint=_open_hint(request.path),
            code="data-open",
        ) from error
    groups = tuple(_groups(file))
    place = f"{where}:{request.group}" if request.group else where
    try:
        node = file[request.group] if request.group else file
        if not hasattr(node, "variables"):
            raise KeyError(request.group)
    except KeyError:
        raise no_such_group(str(request.group), groups, where) from None
    try:
        variables: dict[str, Variable] = {}
        # A netCDF group sees the dimensions, and so the coordinates, of those around it.
        level = node
        while level is not None:
            for name, variable in level.variables.items():
                variables.setdefault(
                    name, _variable(name, variable, place, (file, level), Path(request.path))
                )
            level = level.parent if level is not file else None
        return Dataset(place, variables, _plain(node.attrs), groups)
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        raise LoupeDataError(
            f"the headers cannot be read: {type(error).__name__}: {error}",
            where=place,
            hint="the file may be damaged or cut short; copy it anew",
            code="data-open",
        ) from error


def _open_hint(path: Path | str) -> str:
    if isinstance(path, str):
        return "only zarr stores are opened over the network"
    try:
        with path.open("rb") as file:
            start = file.read(3)
    except OSError:
        return "check the path and your right to read it"
    if start == b"CDF":
        return f"this is netCDF-3; convert it with nccopy -k nc4 {path.name} {path.stem}.nc4"
    return "the file may be damaged or of another kind; name the reader with `format`"


def _groups(node: Any, prefix: str = "") -> list[str]:
    found = []
    for name, group in node.groups.items():
        path = f"{prefix}{name}"
        if group.variables:
            found.append(path)
        found += _groups(group, f"{path}/")
    return found


def _variable(
    name: str, variable: Any, place: str, owners: tuple[Any, ...], path: Path
) -> HdfVariable:
    shape = tuple(variable.shape)
    steps = variable.chunks
    chunks = (
        None
        if not isinstance(steps, tuple)
        else tuple(Chunking(n, max(1, min(s, n))) for n, s in zip(shape, steps, strict=True))
    )
    dtype = variable.dtype
    return HdfVariable(
        name,
        f"{place}:{name}",
        tuple(str(d) for d in variable.dimensions),
        shape,
        np.dtype(object) if dtype is str else np.dtype(dtype),
        _plain(variable.attrs),
        None,
        chunks,
        variable,
        owners,
        path,
    )


def _plain(attrs: Mapping[str, Any]) -> dict[str, object]:
    """Attributes as plain values: HDF5 stores even one number as an array."""
    plain: dict[str, object] = {}
    for key, value in attrs.items():
        if isinstance(value, np.ndarray | np.generic):
            plain[key] = value.item() if value.size == 1 else value.tolist()
        elif isinstance(value, bytes):
            plain[key] = value.decode("utf-8", "replace")
        else:
            plain[key] = value
    return plain
