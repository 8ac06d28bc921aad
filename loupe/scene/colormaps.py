"""Colour tables by name, object, list or callable; 256 entries each."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from loupe.errors import LoupeConfigError

__all__ = ["COLORMAP_CHOICES", "colormap_name", "lut_of"]

COLORMAP_CHOICES = (
    "magma",
    "viridis",
    "plasma",
    "inferno",
    "cividis",
    "turbo",
    "gray",
    "RdBu_r",
    "coolwarm",
    "seismic",
)
"""Offered in menus; any name that the `cmap` package knows works in a session."""

N = 256


@lru_cache(maxsize=64)
def _named(name: str) -> npt.NDArray[np.uint8]:
    import cmap

    # A short name that two collections have is fine: the package's own choice is taken.
    logging.getLogger("cmap").setLevel(logging.ERROR)
    try:
        table = cmap.Colormap(name).lut(N)
    except (ValueError, KeyError) as error:
        raise LoupeConfigError(
            f"there is no colormap named `{name}`",
            hint=f"use one of {', '.join(COLORMAP_CHOICES)}, or another name of the cmap package",
            code="data-colormap",
            place=("cmap",),
        ) from error
    lut = np.round(np.asarray(table) * 255).astype(np.uint8)
    lut.setflags(write=False)
    return lut


def lut_of(spec: object) -> npt.NDArray[np.uint8]:
    """The colour table of a name, a colormap object, or a sequence of colours.

    Parameters
    ----------
    spec
        A name; an object that maps 0..1 to RGBA floats (as matplotlib's do); an ``(n, 3 or 4)``
        array of 0..1 floats or 0..255 integers; or a list of colours to blend.

    Returns
    -------
    ndarray
        ``(256, 4)`` uint8, not premultiplied.

    Raises
    ------
    LoupeConfigError
        If it is none of these.
    """
    if isinstance(spec, str):
        return _named(spec)
    if isinstance(spec, np.ndarray) and spec.ndim == 2 and spec.shape[1] in (3, 4):
        return _resample(spec)
    if callable(spec):
        return _resample(np.asarray([np.ravel(spec(x)) for x in np.linspace(0.0, 1.0, N)]))
    if isinstance(spec, Sequence):
        import cmap

        try:
            return np.round(np.asarray(cmap.Colormap(list(spec)).lut(N)) * 255).astype(np.uint8)
        except (ValueError, TypeError) as error:
            raise LoupeConfigError(
                f"not a list of colours: {spec!r}", code="data-colormap", place=("cmap",)
            ) from error
    raise LoupeConfigError(
        f"a colormap is a name, an object or a list of colours, got {type(spec).__name__}",
        code="data-colormap",
        place=("cmap",),
    )


def colormap_name(spec: object) -> str:
    """A name for menus and cache keys."""
    if isinstance(spec, str):
        return spec
    return str(getattr(spec, "name", "")) or f"custom-{id(spec):x}"


def _resample(table: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    values = np.asarray(table, dtype=np.float64)
    if np.issubdtype(table.dtype, np.integer):
        values /= 255.0
    at = np.linspace(0, len(values) - 1, N)
    columns = [np.interp(at, np.arange(len(values)), values[:, c]) for c in range(values.shape[1])]
    if len(columns) == 3:
        columns.append(np.ones(N))
    return np.round(np.clip(np.stack(columns, axis=1), 0, 1) * 255).astype(np.uint8)
