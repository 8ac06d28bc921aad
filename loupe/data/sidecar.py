"""The overview file: a min/max pyramid stored as zarr, beside the recording or in the cache.

``NAME.overview.zarr`` holds, for each array of the recording, one zarr array a level of shape
(2, rows, bins): lowest and highest values. It is portable (no absolute names), checked against
the recording's files when it is opened, and its making can be stopped and taken up again. It
covers whole arrays; a source's `select` reads the rows that it keeps.
"""

from __future__ import annotations

import hashlib
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.data.cache import ByteCache
from loupe.data.fingerprint import Fingerprint, matches
from loupe.data.joined import JoinedArray
from loupe.data.labelled import LabelledArray, StoredArray, StoredAt
from loupe.data.names import OVERVIEW
from loupe.data.protocols import ArrayData, Rows
from loupe.data.pyramid import RESIDENT_BYTES, Pyramid
from loupe.data.readers.zarr_store import ZarrVariable, zarr_variable
from loupe.data.reduce import MinMax
from loupe.data.variables import BlockCache, VariableReader
from loupe.errors import LoupeDataError

__all__ = [
    "FORMAT",
    "VERSION",
    "Sidecar",
    "Where",
    "find_sidecar",
    "inside_of",
    "misfit",
    "open_pyramid",
    "sidecar_path",
]

_logger = logging.getLogger(__name__)

Where: TypeAlias = Literal["beside", "cache"]

FORMAT = "loupe-overview"
VERSION = 2


def sidecar_path(path: Path, where: Where = "beside") -> Path:
    """Return where the overview of a recording is, or would be."""
    if where == "beside":
        return path.with_name(f"{path.name}{OVERVIEW}")
    import platformdirs

    key = hashlib.blake2b(str(path.resolve()).encode(), digest_size=12).hexdigest()
    folder = Path(platformdirs.user_cache_dir("loupe", appauthor=False)) / "overviews"
    return folder / f"{path.name}-{key}{OVERVIEW}"


def inside_of(stored: StoredAt) -> str:
    """Return the group of an overview that belongs to an array."""
    return "/".join(part for part in (stored.group, stored.variable or "data") if part)


@dataclass(eq=False)
class _LevelVariable(ZarrVariable):
    def block(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any]:
        try:
            return super().block(bounds)
        except LoupeDataError as error:
            raise LoupeDataError(
                f"the overview cannot be read: {error.message}",
                where=self.where,
                hint="delete it and make it anew with `loupe overview build`",
                code="data-overview",
            ) from error


class Sidecar:
    """A finished overview of one array: a `loupe.data.pyramid.LevelStore`.

    Parameters
    ----------
    group
        Its zarr group.
    cache
        Shared store of decoded blocks.
    rows
        For each row of the opened array, its row in the overview.
    root
        Its folder.

    Raises
    ------
    Exception
        If something of it is not there, or not what `loupe.data.overview` writes.
    """

    def __init__(
        self, group: Any, cache: BlockCache, rows: npt.NDArray[np.intp], root: Path
    ) -> None:
        where = str(root)
        attrs = group.attrs.asdict()
        self.base = int(attrs["base"])
        self.factor = int(attrs["factor"])
        if self.base < 1 or self.factor < 2:
            raise ValueError(f"bins of {self.base} samples, {self.factor} in a longer one")
        self._rows = rows
        self._levels = [
            VariableReader(
                _level_variable(group[f"level_{k}"], f"level_{k}", where, root), cache, 2**29
            )
            for k in range(int(attrs["levels"]))
        ]

    @property
    def levels(self) -> int:
        """Number of stored levels."""
        return len(self._levels)

    def read(self, level: int, rows: Rows, b0: int, b1: int) -> MinMax:
        """Bins ``b0 .. b1 - 1`` of rows of the opened array, ``(r, b1 - b0)`` each.

        Raises
        ------
        LoupeDataError
            If the overview is damaged.
        """
        index = self._rows[rows]
        both = self._levels[level].read((slice(0, 2), index, slice(b0, b1)))
        return np.ascontiguousarray(both[0]), np.ascontiguousarray(both[1])


def _level_variable(array: Any, name: str, where: str, root: Path) -> _LevelVariable:
    return _LevelVariable(**vars(zarr_variable(name, array, where, root)))


def open_pyramid(
    data: ArrayData, cache: ByteCache[Any] | None = None, *, resident: int = RESIDENT_BYTES
) -> tuple[Pyramid, str]:
    """Return the pyramid of an array, from its overview file if there is a good one.

    Parameters
    ----------
    data
        An opened array.
    cache
        Where blocks and tiles are kept.
    resident
        Bytes for levels that stay; see `loupe.data.pyramid.Pyramid`.

    Returns
    -------
    pyramid, note
        The note says why an overview that is there is not used; else it is empty.
    """
    blocks: ByteCache[Any] = ByteCache(64 * 2**20) if cache is None else cache
    found, note = find_sidecar(data, blocks)
    if note:
        _logger.info("%s", note)
    if found is None:
        return Pyramid(data, blocks, resident=resident), note
    return Pyramid(data, blocks, base=found.base, factor=found.factor, store=found), note


def find_sidecar(data: ArrayData, cache: BlockCache) -> tuple[Sidecar | None, str]:
    """Look for the overview of an array, beside it and in the cache.

    Returns
    -------
    sidecar, note
        None if there is none that fits; the note then says why one that is there does not.
    """
    if not isinstance(data, LabelledArray | JoinedArray) or not data.whole_time:
        return None, ""
    stored = data.stored
    if stored is None:
        return None, ""
    note = ""
    for where in ("beside", "cache"):
        path = sidecar_path(stored.path, "beside" if where == "beside" else "cache")
        if not path.is_dir():
            continue
        try:
            group = _open_group(path, inside_of(stored))
            if group is None or not group.attrs.get("complete"):
                note = f"{path.name} is not finished; `loupe overview build` takes it up again"
                continue
            place = path / inside_of(stored)
            problem = misfit(group, data, place)
            if not problem:
                return Sidecar(group, cache, data.stored_rows, place), ""
        except Exception as error:  # noqa: BLE001 - a damaged overview must not stop anybody
            problem = f"is damaged ({type(error).__name__}: {error})"
        note = f"{path.name} {problem} and is not used; make it anew with `loupe overview build`"
    return None, note


def _open_group(path: Path, inside: str) -> Any:
    import zarr

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        root = zarr.open_group(path, mode="r", use_consolidated=False)
    return root.get(inside)


def misfit(group: Any, data: StoredArray, place: Path) -> str:
    """Say why a finished overview, in a folder, does not fit an array; empty if it does."""
    attrs = group.attrs.asdict()
    if attrs.get("format") != FORMAT or attrs.get("version") != VERSION:
        return "was written by another version"
    if attrs.get("array") != data.signature:
        return "belongs to an array of another shape"
    assert data.stored is not None
    known = Fingerprint(
        str(attrs["names"]),
        np.asarray(group["source/lengths"][:]),
        np.asarray(group["source/changed_ns"][:]),
        np.asarray(group["source/checksums"][:]),
    )
    if matches(known, data.stored.files, copied_by=place.joinpath("zarr.json").stat().st_mtime_ns):
        return ""
    return "is of another state of the recording"
