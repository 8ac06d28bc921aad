"""Frame indexes kept in the user's cache folder, so that a long video is read through once.

The kept file is named by what the video is (place, size, change time, both ends of its content):
a changed video has another name and is never taken for the old one.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import numpy as np
import platformdirs

from loupe.errors import LoupeVideoError
from loupe.video.index import (
    FrameIndex,
    StreamFacts,
    build_index,
    is_pattern,
    locked,
    require_file,
)

__all__ = ["default_cache_folder", "load_index"]

_logger = logging.getLogger(__name__)

_FORMAT = 2
_OLD_S = 90 * 86_400.0
_EDGE_BYTES = 64 * 1024


def default_cache_folder() -> Path:
    """Where indexes are kept: the user's cache folder, never beside the data."""
    return Path(platformdirs.user_cache_dir("loupe")) / "video-index"


def load_index(
    path: str | Path,
    *,
    cache: Path | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> FrameIndex:
    """The index of a file, from the cache if the file is still the same, else built and kept.

    Parameters
    ----------
    path
        The video.
    cache
        Folder of kept indexes; `default_cache_folder` if None. A cache that cannot be read or
        written is passed over: it only costs time.
    stopped
        Asked between packets; when true the building ends with an error.

    Raises
    ------
    LoupeVideoError
        As `build_index`.
    """
    path = Path(path)
    if is_pattern(path):
        return build_index(path, stopped=stopped)
    require_file(path)
    folder = default_cache_folder() if cache is None else cache
    try:
        kept = folder / f"{_key(path)}.npz"
    except PermissionError as error:
        raise locked(path) from error
    except OSError as error:
        raise LoupeVideoError(
            f"the file cannot be read: {error.strerror or error}",
            where=str(path),
            hint="Check the drive, or the connection to it.",
            code="video-open",
        ) from error
    index = _read_kept(kept, path)
    if index is None:
        index = build_index(path, stopped=stopped)
        _keep(kept, index)
    return index


def _key(path: Path) -> str:
    """Name of the kept index: place, size, change time, first and last 64 KiB."""
    facts = path.stat()
    digest = hashlib.sha256()
    digest.update(f"{_FORMAT}\0{path.resolve()}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode())
    with path.open("rb") as file:
        digest.update(file.read(_EDGE_BYTES))
        file.seek(max(0, facts.st_size - _EDGE_BYTES))
        digest.update(file.read(_EDGE_BYTES))
    return digest.hexdigest()


def _keep(kept: Path, index: FrameIndex) -> None:
    meta = {
        "time_base": [index.time_base.numerator, index.time_base.denominator],
        "seekable": index.seekable,
        "sequential": index.sequential,
        "facts": asdict(index.facts),
        "cut_pts": index.cut_pts,
    }
    buffer = io.BytesIO()
    np.savez(
        buffer,
        pts=index.pts,
        key_pts=index.key_pts,
        key_dts=index.key_dts,
        meta=np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8),
    )
    part = kept.with_name(f"{kept.name}.{secrets.token_hex(4)}.part")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(buffer.getvalue())
            file.flush()
            os.fsync(file.fileno())  # else a loss of power leaves an empty file of that name
        part.replace(kept)
        _forget_old(kept.parent)
    except OSError:
        # no cache, no harm: the index is built again next time
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _forget_old(folder: Path) -> None:
    """Remove what nobody has read for long: a recording that grows leaves one index a look."""
    before = time.time() - _OLD_S
    for file in [*folder.glob("*.npz"), *folder.glob("*.npz.*.part")]:
        with suppress(OSError):
            if file.stat().st_mtime < before:
                file.unlink()


def _read_kept(kept: Path, path: Path) -> FrameIndex | None:
    try:
        with np.load(io.BytesIO(kept.read_bytes()), allow_pickle=False) as arrays:
            meta = json.loads(arrays["meta"].tobytes())
            index = FrameIndex(
                path=path,
                pts=arrays["pts"],
                key_pts=arrays["key_pts"],
                key_dts=arrays["key_dts"],
                time_base=Fraction(*meta["time_base"]),
                seekable=meta["seekable"],
                sequential=meta["sequential"],
                facts=StreamFacts(**meta["facts"]),
                cut_pts=meta["cut_pts"],
            )
    except FileNotFoundError:
        return None
    except Exception as error:  # noqa: BLE001 - a damaged file may hold anything, and raise it
        _logger.info("%s: its kept index is built again: %s", path, error)
        return None
    with suppress(OSError):
        os.utime(kept)  # so that it is known to be in use
    return index
