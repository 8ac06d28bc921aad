"""What Loupe itself puts beside recordings, so that nobody takes it for one."""

from __future__ import annotations

from pathlib import PurePath

__all__ = ["OVERVIEW", "is_overview"]

OVERVIEW = ".overview.zarr"
"""Ending of an overview's folder, after the name of the recording."""


def is_overview(path: PurePath | str) -> bool:
    """Whether a path is that of an overview, by its name."""
    return PurePath(path).name.endswith(OVERVIEW)
