"""Whether stored files are still the ones that something was made from.

A fingerprint lists pieces of files: name, size, time of change and a checksum of samples spread
over the piece. Names are relative. Files whose sizes and times are as they were are believed.
If the times of *all* files of a folder differ, and none is newer than what was made from them, it
is a copy: then the samples are compared. If the times of some differ, those were rewritten; and
files that are named one by one, a few large ones, may have been edited anywhere where their times
differ: both count as changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = ["Fingerprint", "Piece", "fingerprint", "is_own", "list_pieces", "matches"]

_PIECE_BYTES = 16 * 2**20

_SAMPLES = 4
_SAMPLE_BYTES = 2**14
"""Samples of a piece: its beginning, its end and two between them."""

_LEFT_BY_OTHERS = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""What file managers leave in folders that they show, besides the ``._*`` of macOS."""

_CHECK_PIECES = 2000
"""Pieces of a copy that are compared at most, spread over all."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a file: ``length`` bytes from ``offset``."""

    path: Path
    name: str
    offset: int
    length: int
    changed_ns: int


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """Pieces in sorted order.

    Attributes
    ----------
    names
        One text of all names and offsets, a line each.
    lengths, changed_ns, checksums
        ``(pieces,)`` uint64, int64 and uint32 (CRC-32C of the samples).
    """

    names: str
    lengths: npt.NDArray[np.uint64]
    changed_ns: npt.NDArray[np.int64]
    checksums: npt.NDArray[np.uint32]


def list_pieces(roots: Sequence[Path]) -> list[Piece]:
    """List the pieces of files, and of all files in folders.

    Names start from the folder, if it is one, else from the folder that holds all roots; those of
    roots that no folder holds, on several drives, are whole.

    Raises
    ------
    OSError
        If a file or folder cannot be examined.
    """
    roots = [root.absolute() for root in roots]
    if len(roots) == 1 and not roots[0].is_file():
        base: Path | None = roots[0]
    elif len({root.anchor for root in roots}) == 1:
        base = Path(os.path.commonpath([root.parent for root in roots]))
    else:
        base = None
    files = {path for root in roots for path in ([root] if root.is_file() else _walk(root))}
    pieces = []
    for path in sorted(files):
        state = path.stat()
        name = (path if base is None else path.relative_to(base)).as_posix()
        pieces += [
            Piece(
                path,
                name,
                offset,
                min(_PIECE_BYTES, state.st_size - offset),
                state.st_mtime_ns,
            )
            for offset in range(0, max(state.st_size, 1), _PIECE_BYTES)
        ]
    return pieces


def _walk(root: Path) -> Iterable[Path]:
    for folder, _, names in os.walk(root):
        yield from (Path(folder) / name for name in names if not _left_by_others(name))


def _left_by_others(name: str) -> bool:
    return name in _LEFT_BY_OTHERS or name.startswith("._")


def is_own(path: Path) -> bool:
    """Whether a path is a file, and not one that file managers leave in folders they show."""
    return not _left_by_others(path.name) and path.is_file()


def fingerprint(roots: Sequence[Path], workers: int = 2) -> Fingerprint:
    """Return the fingerprint of files and folders.

    Raises
    ------
    OSError
        If something cannot be read.
    """
    pieces = list_pieces(roots)
    with ThreadPoolExecutor(workers) as pool:
        sums = list(pool.map(_checksum, pieces))
    return Fingerprint(_names(pieces), *_numbers(pieces), np.array(sums, dtype=np.uint32))


def matches(known: Fingerprint, roots: Sequence[Path], *, copied_by: int) -> bool:
    """Whether the files that these are, or hold, are those of a fingerprint; see the module.

    Parameters
    ----------
    copied_by
        Time in nanoseconds since 1970 after which nothing was copied together with what was
        made from these files: what is newer was written since.

    Raises
    ------
    OSError
        If something cannot be read.
    """
    pieces = list_pieces(roots)
    if _names(pieces) != known.names:
        return False
    lengths, changed = _numbers(pieces)
    if not np.array_equal(lengths, known.lengths):
        return False
    differs = changed != known.changed_ns
    if not differs.any():
        return True
    if any(root.is_file() for root in roots) or not differs.all() or changed.max() > copied_by:
        return False
    count = min(len(pieces), _CHECK_PIECES)
    chosen = np.unique(np.linspace(0, len(pieces) - 1, count).round().astype(int))
    return all(_checksum(pieces[i]) == known.checksums[i] for i in chosen.tolist())


def _names(pieces: Sequence[Piece]) -> str:
    return "\n".join(f"{p.name}@{p.offset}" for p in pieces)


def _numbers(pieces: Sequence[Piece]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    return (
        np.array([p.length for p in pieces], dtype=np.uint64),
        np.array([p.changed_ns for p in pieces], dtype=np.int64),
    )


def _checksum(piece: Piece) -> int:
    from google_crc32c import extend

    crc = 0
    last = max(0, piece.length - _SAMPLE_BYTES)
    starts = sorted({last * k // (_SAMPLES - 1) for k in range(_SAMPLES)})
    with piece.path.open("rb", buffering=0) as file:
        for start in starts:
            file.seek(piece.offset + start)
            crc = int(extend(crc, file.read(min(_SAMPLE_BYTES, piece.length))))
    return crc
