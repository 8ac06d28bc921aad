"""Which reader opens a path: by `format`, by ending, or by looking at it.

Readers of other packages come from the entry point group ``loupe.readers``; each entry names
a `loupe.data.request.Reader` (or a class of one). A broken one is warned about and skipped.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from loupe.data.request import Kind, Reader
from loupe.errors import LoupeDataError
from loupe.session.suggest import did_you_mean

__all__ = ["BUILTIN", "find_reader", "known_extensions", "plugins", "readers"]

GROUP = "loupe.readers"

BUILTIN: tuple[tuple[str, str], ...] = (
    ("loupe.data.readers.zarr_store", "ZarrReader"),
    ("loupe.data.readers.netcdf", "NetcdfReader"),
    ("loupe.data.readers.npy_pairs", "NpyReader"),
    ("loupe.data.readers.npy_events", "NpyEventsReader"),
    ("loupe.data.readers.tables", "ParquetReader"),
    ("loupe.data.readers.csv_file", "CsvReader"),
    ("loupe.data.readers.edf", "EdfReader"),
    ("loupe.data.readers.audio", "AudioReader"),
    ("loupe.data.readers.nwb", "NwbReader"),
    ("loupe.data.readers.mne_raw", "MneReader"),
    ("loupe.data.readers.neo_raw", "NeoReader"),
)
"""Module and class of each reader that comes with Loupe. None imports its library early."""


@cache
def _builtin() -> tuple[Reader, ...]:
    return tuple(getattr(importlib.import_module(module), name)() for module, name in BUILTIN)


@cache
def plugins() -> tuple[Reader, ...]:
    """Readers of installed packages, in the order of their names."""
    from importlib.metadata import entry_points

    found = []
    for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
        try:
            loaded = entry.load()
            reader = loaded() if isinstance(loaded, type) else loaded
        except Exception as error:  # noqa: BLE001 - a stranger's package may raise anything
            _warn(entry.name, f"{type(error).__name__}: {error}")
            continue
        if not isinstance(reader, Reader):
            _warn(entry.name, "it is not a loupe.data.request.Reader")
            continue
        found.append(reader)
    return tuple(found)


def _warn(name: str, why: str) -> None:
    warnings.warn(f"the reader plugin `{name}` is skipped: {why}", RuntimeWarning, stacklevel=3)


def readers() -> tuple[Reader, ...]:
    """All readers, those of Loupe first."""
    return (*_builtin(), *plugins())


def known_extensions(kind: Kind | None = None) -> tuple[str, ...]:
    """All endings that can be opened (as that kind), sorted."""
    return tuple(
        sorted({e for r in readers() if kind is None or kind in r.kinds for e in r.extensions})
    )


def find_reader(path: Path | str, format_name: str | None, kind: Kind) -> Reader:
    """Choose the reader of a path.

    Parameters
    ----------
    path
        An existing file or folder, or a URL.
    format_name
        What the session says; it always wins.
    kind
        What is to be opened.

    Raises
    ------
    LoupeDataError
        If no reader or more than one claims the path, or the format is unknown; lists them.
    """
    everyone = readers()
    if format_name is not None:
        named = [r for r in everyone if r.name == format_name]
        if not named:
            raise LoupeDataError(
                f"there is no reader `{format_name}`",
                where=str(path),
                hint=did_you_mean(format_name, [r.name for r in everyone], what="formats"),
                code="data-format",
            )
        return _only(named, path)
    name = str(path).rstrip("/").lower()
    lengths = {
        r: max((len(e) for e in r.extensions if name.endswith(e)), default=0) for r in everyone
    }
    longest = max(lengths.values(), default=0)
    claimed = [r for r, length in lengths.items() if length == longest and length > 0]
    if not claimed and isinstance(path, Path):
        try:
            claimed = [r for r in everyone if r.claims(path)]
        except OSError as error:
            raise LoupeDataError(
                f"cannot be looked at: {error}", where=str(path), code="data-path"
            ) from error
    if not claimed:
        raise LoupeDataError(
            "no reader knows this kind of file",
            where=str(path),
            hint=f"known endings: {', '.join(known_extensions(kind))}; or name one with `format`",
            code="data-format",
        )
    fitting = [r for r in claimed if kind in r.kinds]
    return _only(fitting or claimed, path)


def _only(claimed: Iterable[Reader], path: Path | str) -> Reader:
    first, *others = claimed
    if others:
        names = ", ".join(f"`{r.name}` ({type(r).__module__})" for r in (first, *others))
        raise LoupeDataError(
            f"more than one reader claims it: {names}",
            where=str(path),
            hint="choose one with `format`, or uninstall one of the packages",
            code="data-format",
        )
    return first
