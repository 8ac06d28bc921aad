"""Writes arrays and tables that a script passed, so that a saved session can name them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loupe.errors import LoupeConfigError
from loupe.session.base import Model, Place
from loupe.session.dump import Stored, memory_places
from loupe.session.model import Session
from loupe.session.source import InMemory

__all__ = ["put_whole", "size_text", "store_memory", "without_functions"]

_LOOKS = frozenset({"array_name", "cmap"})
"""Fields that take a colormap or a function of a script; all others hold data."""


def store_memory(handle: InMemory, place: Place, folder: Path) -> Stored:
    """Write what a handle holds into `folder`, and say it as a source's table or a path.

    xarray arrays and ``(times, values)`` become zarr, frames parquet, frame times npy; a callable
    is asked once and written as what it gave. What an earlier save wrote under the same name is
    replaced as a whole or stays.

    Raises
    ------
    LoupeConfigError
        If it is none of these, or cannot be written; the message names its place.
    """
    import numpy as np
    import polars as pl
    import xarray as xr

    value = handle.value
    if callable(value) and not isinstance(value, xr.DataArray | xr.Dataset):
        value = value()
    name = "-".join(str(part) for part in place) or "data"
    where = ".".join(str(part) for part in place)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if place[-1] == "frame_times_path":
            times = np.asarray(value, dtype=np.float64)
            return put_whole(folder, f"{name}.npy", lambda spare: _save_npy(spare, times))
        if isinstance(value, tuple) and len(value) == 2:
            value = _pair(*value)
        if isinstance(value, xr.DataArray):
            variable = str(value.name or "data")
            while variable in value.coords:
                variable += "_"
            whole = value.to_dataset(name=variable)
            # Version 2: coordinates of text have no settled form in version 3.
            path = put_whole(
                folder,
                f"{name}.zarr",
                lambda spare: whole.to_zarr(str(spare), consolidated=False, zarr_format=2),
            )
            return {"path": path, "variable": variable}
        if not isinstance(value, pl.DataFrame) and hasattr(value, "to_dict"):
            value = pl.from_dataframe(value)
        if isinstance(value, pl.DataFrame):
            return {"path": put_whole(folder, f"{name}.parquet", value.write_parquet)}
    except (OSError, ValueError, TypeError) as error:
        raise LoupeConfigError(
            f"`{where}` is in memory and cannot be written: {error}", where=str(folder)
        ) from error
    raise LoupeConfigError(
        f"`{where}` is in memory and is a {type(value).__name__}, which cannot be written",
        hint="save it to a file and name that in the session",
    )


def put_whole(folder: Path, name: str, write: Callable[[Path], object]) -> str:
    """Write a file or a store beside that of this name, then put it in its place; the path.

    What is written may be read from the very one that it replaces.
    """
    target, spare, old = (folder / part for part in (name, f".{name}.new", f".{name}.old"))
    if old.exists() and not target.exists():
        old.rename(target)  # the program ended between two lines of this function
    _remove(spare)
    _remove(old)
    try:
        write(spare)
        if target.exists():
            target.rename(old)
        os.replace(spare, target)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        _remove(spare)
        raise
    _remove(old)
    return f"{folder.name}/{name}"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _save_npy(path: Path, values: Any) -> None:
    import numpy as np

    with path.open("wb") as file:
        np.save(file, values)


def _pair(times: Any, values: Any) -> Any:
    """``(times, values)`` as an array with coordinates, rows numbered."""
    import numpy as np
    import xarray as xr

    values = np.asarray(values)
    dims = ("time",) if values.ndim == 1 else ("row", "time")
    coords: dict[str, Any] = {"time": np.asarray(times)}
    if values.ndim == 2:
        coords["row"] = np.arange(len(values))
    return xr.DataArray(values, dims=dims, coords=coords)


def without_functions(session: Session) -> tuple[Session, tuple[str, ...]]:
    """The session without looks that are objects of a script, and sentences that name them."""
    lost = []
    for place, handle in memory_places(session):
        if not _LOOKS.intersection(place):
            continue
        kind = type(handle.value).__name__
        shown = ".".join(map(str, place))
        lost.append(f"`{shown}`, a {kind} of a script: a session names what is built in")
        session = session.model_copy(update=_without(session, place)).with_base(session.base)
    return session, tuple(lost)


def _without(value: Any, place: Place) -> dict[str, Any]:
    """The change of a model that gives the field at a place its default."""
    name, *rest = place
    part = getattr(value, str(name))
    if isinstance(part, Model):
        return {str(name): part.model_copy(update=_without(part, tuple(rest)))}
    if rest and isinstance(part, tuple) and isinstance(part[int(rest[0])], Model):
        number = int(rest[0])
        inner = part[number].model_copy(update=_without(part[number], tuple(rest[1:])))
        return {str(name): (*part[:number], inner, *part[number + 1 :])}
    default = type(value).model_fields[str(name)].get_default(call_default_factory=True)
    return {str(name): default}


def size_text(session: Session) -> str:
    """How many objects a saved session would have beside it, and how large they are if they say."""
    handles = [
        handle.value for place, handle in memory_places(session) if not _LOOKS.intersection(place)
    ]
    if not handles:
        return ""
    sizes = [_bytes(value) for value in handles]
    count = "One array or table is" if len(handles) == 1 else f"{len(handles)} arrays or tables are"
    mb = sum(sizes) / 1e6
    size = f" ({mb:.1f} MB)" if mb < 1000 else f" ({mb / 1000:.1f} GB)"
    return f"{count} in memory{size if all(sizes) else ''}"


def _bytes(value: Any) -> int:
    if isinstance(value, tuple):
        return sum(_bytes(part) for part in value)
    found = getattr(value, "nbytes", None)
    if found is None and hasattr(value, "estimated_size"):
        found = value.estimated_size()
    return int(found) if isinstance(found, int) else 0
