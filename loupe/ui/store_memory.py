"""Writes arrays and tables that a script passed, so that a saved session can name them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from loupe.errors import LoupeConfigError
from loupe.session.base import Place
from loupe.session.source import InMemory

__all__ = ["store_memory"]


def store_memory(handle: InMemory, place: Place, folder: Path) -> dict[str, Any]:
    """Write what a handle holds into `folder` and say it as a source's table.

    xarray arrays become zarr, frames parquet; a callable is asked once and written as what it gave.

    Raises
    ------
    LoupeConfigError
        If it is neither, or cannot be written; the message names its place.
    """
    import polars as pl
    import xarray as xr

    value = handle.value
    if callable(value) and not isinstance(value, xr.DataArray):
        value = value()
    name = "-".join(str(part) for part in place) or "data"
    where = ".".join(str(part) for part in place)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if isinstance(value, xr.DataArray):
            path = folder / f"{name}.zarr"
            value.to_dataset(name="data").to_zarr(str(path), mode="w", consolidated=False)
            return {"path": f"{folder.name}/{path.name}", "variable": "data"}
        if not isinstance(value, pl.DataFrame) and hasattr(value, "to_dict"):
            value = pl.from_dataframe(value)
        if isinstance(value, pl.DataFrame):
            path = folder / f"{name}.parquet"
            value.write_parquet(path)
            return {"path": f"{folder.name}/{path.name}"}
    except (OSError, ValueError, TypeError) as error:
        raise LoupeConfigError(
            f"`{where}` is in memory and cannot be written: {error}", where=str(folder)
        ) from error
    raise LoupeConfigError(
        f"`{where}` is in memory and is a {type(value).__name__}, which cannot be written",
        hint="save it to a file and name that in the session",
    )
