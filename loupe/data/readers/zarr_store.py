"""Zarr stores, version 2 and 3, local or remote, with or without consolidated metadata.

A chunk that is absent from a zarr store stands for its fill value: stores leave out chunks
that hold nothing else. So it reads as fill values here too, unless the whole store is gone;
how many are absent is told.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import os
import struct
import sys
import warnings
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
from loupe.errors import LoupeDataError, LoupeMissingDependencyError

__all__ = ["ZarrReader", "ZarrVariable", "open_store", "zarr_variable"]

MOST_COUNTED = 5_000
"""Stores of more chunks are not looked through for absent ones."""

_MARKS = ("zarr.json", ".zgroup", ".zarray", ".zmetadata")


class ZarrReader:
    """Opens zarr; see the module."""

    name = "zarr"
    extensions: ClassVar[tuple[str, ...]] = (".zarr",)
    kinds: ClassVar[frozenset[Kind]] = frozenset({"array"})

    def claims(self, path: Path) -> bool:
        """Whether a folder holds zarr metadata."""
        return any((path / mark).is_file() for mark in _MARKS)

    def open_array(self, request: OpenRequest) -> LabelledArray:
        """Open a variable of the store; see `loupe.data.dataset.open_labelled`."""
        return open_labelled(open_store(request), request)

    def groups(self, request: OpenRequest) -> tuple[str, ...]:
        """Paths of the groups below the root that hold arrays."""
        return _groups(request)

    def dataset(self, request: OpenRequest) -> Dataset:
        """Open everything in one group: metadata only."""
        return open_store(request)

    def open_table(self, request: OpenRequest) -> TableData:
        """Refuse: zarr holds arrays."""
        raise LoupeDataError(
            "a zarr store holds arrays, not a table of events",
            where=str(request.path),
            hint="give a parquet or csv file",
            code="data-kind",
        )


@dataclass(eq=False)
class ZarrVariable(Variable):
    """One array of a zarr store."""

    array: Any
    root: Path | None
    blosc: bool
    plain: bool = False

    @property
    def remote(self) -> bool:
        """Whether the store is a URL."""
        return self.root is None

    @property
    def files(self) -> tuple[Path, ...]:
        """The array's own folder."""
        return () if self.root is None else (self.root,)

    def absent(self) -> str:
        """Count the files of a local store that holds some chunks and lacks others."""
        whole = int(self.array.nchunks)
        if self.root is None or self.array.shards is not None or whole > MOST_COUNTED:
            return ""
        here = int(self.array.nchunks_initialized)
        # A store without any is one that nothing was written to yet, or that is gone.
        if not 0 < here < whole:
            return ""
        fill = self.array.fill_value
        return f"{whole - here} of its {whole} chunks are not in the store and read as {fill}"

    def block(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any]:
        """Read a box: whole chunks when called through `VariableReader`."""
        try:
            if self.blosc and self.root is not None:
                self._check_lengths(bounds)
            direct = self._from_file(bounds) if self.plain else None
            values = np.asarray(self.array[bounds]) if direct is None else direct
        except Exception as error:  # codecs and stores raise anything
            numbers = [
                str(b.start // c.step) if c.step else "0"
                for b, c in zip(bounds, self.chunks or (), strict=True)
            ]
            raise LoupeDataError(
                f"chunk {'.'.join(numbers)} cannot be read: {type(error).__name__}: {error}",
                where=self.where,
                hint="the store may be damaged, incomplete or not permitted to you; copy it anew",
                code="data-read",
            ) from error
        if self.root is not None and not self._is_there(values):
            raise LoupeDataError(
                "the store has vanished while it was open",
                where=self.where,
                hint="is the disk or the network drive still mounted?",
                code="data-read",
            )
        return values

    @property
    def one_by_one(self) -> bool:
        """Whether chunks are files of nothing but samples; see `Variable.one_by_one`."""
        return self.plain and self.root is not None

    def _from_file(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any] | None:
        """One chunk past zarr, which copies more; None if it is not exactly one, or missing."""
        if self.root is None or self.chunks is None:
            return None
        number = tuple(b.start // c.typical for b, c in zip(bounds, self.chunks, strict=True))
        whole = tuple(slice(*c.bounds(k)) for c, k in zip(self.chunks, number, strict=True))
        if whole != bounds:
            return None
        shape = self.array.chunks
        expected = int(np.prod(shape))
        try:
            path = self.root / self.array.metadata.encode_chunk_key(number)
            values = np.fromfile(path, dtype=self.array.dtype, count=expected)
        except FileNotFoundError:
            return None
        if values.size != expected:
            raise ValueError(
                f"the chunk should have {expected} samples, but {values.size} are there"
            )
        inside = tuple(slice(0, b.stop - b.start) for b in bounds)
        return values.reshape(shape)[inside]

    def _check_lengths(self, bounds: tuple[slice, ...]) -> None:
        """Refuse a chunk cut short: blosc reads on beyond its end, whatever is there."""
        assert self.root is not None
        ranges = [
            range(b.start // c.step, -(-b.stop // c.step))
            for b, c in zip(bounds, self.chunks or (), strict=True)
        ]
        for number in itertools.product(*ranges):
            path = self.root / self.array.metadata.encode_chunk_key(number)
            try:
                with path.open("rb") as file:
                    header = file.read(16)
                    length = os.fstat(file.fileno()).st_size
            except FileNotFoundError:
                continue
            said = int.from_bytes(header[12:16], "little")
            if len(header) < 16 or said > length:
                raise ValueError(f"the chunk should have {said} bytes, but {length} are there")

    def _is_there(self, values: npt.NDArray[Any]) -> bool:
        """Look at the disk only if all that was read is fill: zarr hides a lost folder so."""
        fill = self.array.fill_value
        if fill is None or values.size == 0 or values.dtype.kind not in "biuf":
            return True
        first = values.flat[0]
        if not (first == fill or (first != first and fill != fill)):
            return True
        assert self.root is not None
        return any((self.root / mark).exists() for mark in _MARKS)


def open_store(request: OpenRequest) -> Dataset:
    """Open one group of a zarr store: metadata only.

    Raises
    ------
    LoupeDataError
        If it is no zarr store, its metadata are damaged, or the group is not there.
    """
    import zarr

    where = str(request.path)
    with warnings.catch_warnings():
        # Stray files beside the arrays are no concern of a reader.
        warnings.simplefilter("ignore")
        try:
            node = zarr.open(_store(request), mode="r", path=request.group or "")
            arrays = dict(_members(node, request))
        except LoupeDataError:
            raise
        except PermissionError as error:
            raise LoupeDataError(
                f"not permitted to read it: {error.strerror}",
                where=where,
                hint="check the rights of the folder and of the files in it",
                code="data-read",
            ) from error
        except Exception as error:  # damaged metadata raise anything
            if request.group is not None and (groups := _groups(request)):
                raise no_such_group(request.group, groups, where) from error
            raise LoupeDataError(
                f"cannot be opened as zarr: {type(error).__name__}: {error}",
                where=where,
                hint="give the folder that holds zarr.json or .zgroup",
                code="data-open",
            ) from error
    place = f"{where}:{request.group}" if request.group else where
    root = None if isinstance(request.path, str) else request.path / (request.group or "")
    variables = {
        name: zarr_variable(name, array, place, root) for name, array in sorted(arrays.items())
    }
    groups = _groups(request) if not variables else ()
    return Dataset(place, variables, _plain(node.attrs.asdict()), groups)


def _store(request: OpenRequest) -> Any:
    """What zarr opens: a path, or a store for a URL."""
    if not isinstance(request.path, str):
        return request.path
    from zarr.storage import FsspecStore

    try:
        return FsspecStore.from_url(request.path, read_only=True)
    except ImportError as error:
        extra = "s3" if request.path.startswith("s3") else "http"
        raise LoupeMissingDependencyError(
            f"opening `{request.path}` needs a package that is missing: {error}",
            hint=f'pip install "loupe[{extra}]"',
        ) from error


def _members(node: Any, request: OpenRequest) -> list[tuple[str, Any]]:
    """Arrays of a group by name."""
    import zarr

    if isinstance(node, zarr.Array):
        return [(node.basename or Path(str(request.path)).stem, node)]
    if isinstance(request.path, str) and node.metadata.consolidated_metadata is None:
        return _named_members(node, request)
    return [(name, array) for name, array in node.arrays()]


def _named_members(node: Any, request: OpenRequest) -> list[tuple[str, Any]]:
    """Members of a remote group that nobody lists: the variable and its dimensions."""
    wanted = request.variable or "data"
    found = {}
    queue = [wanted, request.time]
    while queue:
        name = queue.pop()
        array = None if name in found else node.get(name)
        if array is None or not hasattr(array, "shape"):
            continue
        found[name] = array
        queue.extend(_dims(array))
    return list(found.items())


def _groups(request: OpenRequest) -> tuple[str, ...]:
    """Paths of all groups that hold arrays, for suggestions."""
    import zarr

    if isinstance(request.path, str):
        return ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            root = zarr.open_group(request.path, mode="r")
            members = root.members(max_depth=None)
        except Exception:  # noqa: BLE001 - a suggestion only; the caller reports the failure
            return ()
    inside = {path.rpartition("/")[0] for path, node in members if hasattr(node, "shape")}
    return tuple(sorted(inside - {""}))


def _dims(array: Any) -> tuple[str, ...]:
    names = getattr(array.metadata, "dimension_names", None)
    if names is None:
        names = array.attrs.get("_ARRAY_DIMENSIONS")
    if not isinstance(names, list | tuple) or len(names) != array.ndim:
        names = [None] * array.ndim
    return tuple(f"dim_{k}" if name is None else str(name) for k, name in enumerate(names))


def zarr_variable(name: str, array: Any, place: str, root: Path | None) -> ZarrVariable:
    """Wrap one opened array.

    Parameters
    ----------
    name, place
        Its name, and the store and group for messages.
    array
        Of zarr.
    root
        The folder that holds the array or is it; None on a network.

    Raises
    ------
    LoupeDataError
        If its metadata cannot be right.
    """
    where = f"{place}:{name}"
    codecs = (*array.filters, *array.compressors)
    if any(getattr(codec, "codec_id", "") == "pickle" for codec in codecs):
        # Not every numcodecs refuses by itself to run what a pickle asks for.
        raise LoupeDataError(
            "its chunks are pickled, and reading them could run code of whoever wrote them",
            where=where,
            hint="write the array anew without the codec `pickle`",
            code="data-open",
        )
    if any(n < 1 for n in array.chunks):
        raise LoupeDataError(
            f"the metadata name chunks of shape {array.chunks}",
            where=where,
            hint="the store is damaged; write it anew",
            code="data-open",
        )
    attrs = _plain(array.attrs.asdict())
    fill = attrs.get("_FillValue")
    if isinstance(fill, str) and array.dtype.kind == "f":
        fill = attrs["_FillValue"] = _decoded_fill(fill)
    elif fill is None and array.metadata.zarr_format == 2:
        # xarray keeps its fill value here in version 2, but 0 is what zarr itself writes.
        own = array.fill_value
        fill = None if own is None or own == 0 else _plain_value(own)
    chunks = tuple(
        Chunking(n, max(1, min(step, n))) for n, step in zip(array.shape, array.chunks, strict=True)
    )
    folder = None if root is None else (root / name if (root / name).is_dir() else root)
    return ZarrVariable(
        name,
        where,
        _dims(array),
        array.shape,
        array.dtype,
        attrs,
        fill,
        chunks,
        array,
        folder,
        _is_blosc(array),
        _is_plain(array),
    )


def _is_blosc(array: Any) -> bool:
    """Whether each chunk is one file that ends in a blosc frame."""
    if array.shards is not None or not array.compressors:
        return False
    return "blosc" in type(array.compressors[-1]).__name__.lower()


def _is_plain(array: Any) -> bool:
    """Whether each chunk is one file of nothing but samples in this machine's byte order."""
    if array.shards is not None or array.compressors or array.filters or array.ndim == 0:
        return False
    if array.metadata.zarr_format == 2:
        return bool(array.order == "C" and array.dtype.isnative)
    order = getattr(getattr(array.serializer, "endian", None), "value", sys.byteorder)
    return type(array.serializer).__name__ == "BytesCodec" and order == sys.byteorder


def _decoded_fill(text: str) -> float | None:
    """A float fill value as xarray writes it in version 3: eight bytes in base64."""
    try:
        return float(struct.unpack("<d", base64.b64decode(text, validate=True))[0])
    except (binascii.Error, struct.error):
        return None


def _plain_value(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _plain(attrs: Mapping[str, Any]) -> dict[str, object]:
    return {str(key): _plain_value(value) for key, value in attrs.items()}
