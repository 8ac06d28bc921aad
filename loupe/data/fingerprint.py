"""Whether stored files are still the ones that something was made from.

A fingerprint lists pieces of files: name, size, time of change and checksum. Names are
relative, so a copy of the data keeps it. Checking reads only pieces whose time of change
differs: all of them if they are few, else a sample spread over them. So a rewritten chunk is
found at once, and a copied recording (all times new) is accepted after a glance.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = ["Fingerprint", "Piece", "fingerprint", "list_pieces", "matches"]

_PIECE_BYTES = 16 * 2**20
_READ_BYTES = 2**18
_CHECK_BYTES = 64 * 2**20
"""Bytes read to check pieces whose time of change differs."""


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
        ``(pieces,)`` uint64, int64 and uint32 (CRC-32C).
    """

    names: str
    lengths: npt.NDArray[np.uint64]
    changed_ns: npt.NDArray[np.int64]
    checksums: npt.NDArray[np.uint32]


def list_pieces(root: Path) -> list[Piece]:
    """List the pieces of a file, or of all files in a folder.

    Raises
    ------
    OSError
        If a file or folder cannot be examined.
    """
    files = [root] if root.is_file() else sorted(_walk(root))
    pieces = []
    for path in files:
        state = path.stat()
        name = path.name if path == root else path.relative_to(root).as_posix()
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
        for name in names:
            yield Path(folder) / name


def fingerprint(root: Path, workers: int = 2) -> Fingerprint:
    """Read a file or folder whole and return its fingerprint.

    Raises
    ------
    OSError
        If something cannot be read.
    """
    pieces = list_pieces(root)
    with ThreadPoolExecutor(workers) as pool:
        sums = list(pool.map(_checksum, pieces))
    return Fingerprint(_names(pieces), *_numbers(pieces), np.array(sums, dtype=np.uint32))


def matches(known: Fingerprint, root: Path) -> bool:
    """Whether the files below ``root`` are those of a fingerprint; see the module.

    Raises
    ------
    OSError
        If something cannot be read.
    """
    pieces = list_pieces(root)
    if _names(pieces) != known.names:
        return False
    lengths, changed = _numbers(pieces)
    if not np.array_equal(lengths, known.lengths):
        return False
    suspects = np.flatnonzero(changed != known.changed_ns)
    return all(_checksum(pieces[i]) == known.checksums[i] for i in _sample(suspects, lengths))


def _sample(suspects: npt.NDArray[np.intp], lengths: npt.NDArray[np.uint64]) -> list[int]:
    total = int(lengths[suspects].sum())
    if total <= _CHECK_BYTES:
        return [int(i) for i in suspects]
    count = max(2, len(suspects) * _CHECK_BYTES // total)
    chosen = np.unique(np.linspace(0, len(suspects) - 1, count).round().astype(int))
    return [int(i) for i in suspects[chosen]]


def _names(pieces: Sequence[Piece]) -> str:
    return "\n".join(f"{p.name}@{p.offset}" for p in pieces)


def _numbers(pieces: Sequence[Piece]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    return (
        np.array([p.length for p in pieces], dtype=np.uint64),
        np.array([p.changed_ns for p in pieces], dtype=np.int64),
    )


def _checksum(piece: Piece) -> int:
    from google_crc32c import extend

    crc, left = 0, piece.length
    with piece.path.open("rb", buffering=0) as file:
        file.seek(piece.offset)
        # In steps that stay in the processor's cache.
        while left > 0 and (data := file.read(min(left, _READ_BYTES))):
            crc = int(extend(crc, data))
            left -= len(data)
    return crc
