"""Making overview files: unit by unit, so that it can be stopped, and done by many.

A unit is a block of rows times a million samples; it is marked as done when its bins are
stored. `loupe.data.sidecar` says what is made and reads it.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from loupe.data.fingerprint import fingerprint, list_pieces
from loupe.data.labelled import StoredArray
from loupe.data.pyramid import row_block
from loupe.data.reduce import bin_on_grid, merge_minmax, working_dtype
from loupe.data.sidecar import FORMAT, VERSION, inside_of, misfit
from loupe.errors import LoupeDataError

__all__ = ["Job", "build_sidecar", "default_workers", "finish", "prepare", "run_unit"]

_UNIT_BINS = 16384
"""Bins of level 0 in one unit of work and one stored chunk: a million samples."""

_PIECE_VALUES = 1_000_000

_COARSE_BYTES = 2**22
"""A chunk of a level from 2 on: read quickly, and small enough to be kept."""


@dataclass(frozen=True, slots=True)
class Job:
    """An overview being made.

    Attributes
    ----------
    target, inside
        The zarr folder, and the group in it.
    rows, samples, row_block, base, factor, unit_bins
        Measures of the array, of its bins and of the units (in bins of level 0).
    units
        What is left to do: pairs of row block and stretch of time.
    """

    target: Path
    inside: str
    rows: int
    samples: int
    row_block: int
    base: int
    factor: int
    unit_bins: int
    units: tuple[tuple[int, int], ...]

    @property
    def unit_samples(self) -> int:
        """Samples of one unit of work."""
        return self.base * self.unit_bins

    @property
    def levels(self) -> int:
        """Levels down to a single bin."""
        count, bins = 1, -(-self.samples // self.base)
        while bins > 1:
            bins = -(-bins // self.factor)
            count += 1
        return max(2, count)

    def coarse_bins(self, itemsize: int) -> int:
        """Bins of a chunk of the levels from 2 on: a power of `factor`."""
        most = _COARSE_BYTES // (2 * min(self.row_block, self.rows) * itemsize)
        bins = 1
        while bins * self.factor <= most:
            bins *= self.factor
        return bins

    def bins(self, level: int) -> int:
        """Bins of a level."""
        size: int = self.base * self.factor**level
        return -(-self.samples // size)


def prepare(data: StoredArray, target: Path, *, base: int = 64, factor: int = 4) -> Job:
    """Make or find the arrays of an overview and say what is left to do.

    What was made of another recording, or with other numbers, is deleted first.

    Raises
    ------
    LoupeDataError
        If the array is not stored in files, is a part of it, or the folder cannot be written.
    """
    import zarr

    if data.stored is None or not data.whole_time or data.selects_rows:
        raise LoupeDataError(
            "an overview is made of whole arrays in files",
            where=data.info.name if data.stored is None else str(data.stored.path),
            hint="leave out `select`; arrays in memory need none, and where nobody knows all files "
            "of a recording none can be checked",
            code="data-overview",
        )
    inside = inside_of(data.stored)
    rows, samples = data.n_rows, data.time.n
    block = row_block(data)
    wanted = {
        "format": FORMAT,
        "version": VERSION,
        "array": data.signature,
        "base": base,
        "factor": factor,
        "row_block": block,
        "unit_bins": _UNIT_BINS,
    }
    job = Job(target, inside, rows, samples, block, base, factor, _UNIT_BINS, ())
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _drop_unreadable(target, inside)
        root: Any = zarr.open_group(target, mode="a", zarr_format=3, use_consolidated=False)
        group = _begun(root, job, wanted, data)
        if group is None:
            shutil.rmtree(target / inside, ignore_errors=True)
            group = root.require_group(inside)
            _create(group, job, working_dtype(data.info.dtype))
            _store_state(group, data)
            # Written last: a group without them is begun anew.
            group.attrs.update({**wanted, "levels": job.levels, "complete": False})
        done = np.asarray(group["done"][:])
    except OSError as error:
        raise LoupeDataError(
            f"the overview cannot be written: {error.strerror or error}",
            where=str(target),
            hint="put it into the cache with --where cache",
            code="data-overview",
        ) from error
    left = tuple((int(b), int(u)) for b, u in np.argwhere(done == 0))
    return replace(job, units=left)


def _drop_unreadable(target: Path, inside: str) -> None:
    """Delete descriptions of the groups around an array that nothing can be made of.

    What lies in these groups is found again when they are described anew.
    """
    parts = inside.split("/")
    for k in range(len(parts)):
        described = target.joinpath(*parts[:k], "zarr.json")
        try:
            json.loads(described.read_bytes())["node_type"]
        except FileNotFoundError:
            continue
        except (ValueError, KeyError, TypeError):
            described.unlink()


def _begun(root: Any, job: Job, wanted: dict[str, Any], data: StoredArray) -> Any:
    """The group of an overview that was begun and can be gone on with, or None."""
    try:
        group = root.get(job.inside)
        if group is None or not _resumable(group, wanted, data, job.target / job.inside):
            return None
        members = {*(f"level_{k}" for k in range(job.levels)), "done"}
        np.asarray(group["done"][:])
        return group if members <= set(group.array_keys()) else None
    except OSError:
        raise
    except Exception:  # noqa: BLE001 - damaged in whatever way: it is made anew
        return None


def _resumable(group: Any, wanted: dict[str, Any], data: StoredArray, place: Path) -> bool:
    attrs = group.attrs.asdict()
    if any(attrs.get(key) != value for key, value in wanted.items()):
        return False
    assert data.stored is not None
    if attrs["complete"]:
        return not misfit(group, data, place)
    # Unfinished: sizes and times of change as they were when it was begun.
    state = _state(data.stored.files)
    return bool(attrs.get("state") == state)


def _state(files: Sequence[Path]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for piece in list_pieces(files):
        digest.update(f"{piece.name}\0{piece.offset}\0{piece.length}\0".encode())
        digest.update(str(piece.changed_ns).encode())
    return digest.hexdigest()


def _store_state(group: Any, data: StoredArray) -> None:
    assert data.stored is not None
    group.attrs.update({"state": _state(data.stored.files)})


def _create(group: Any, job: Job, dtype: np.dtype[Any]) -> None:
    from zarr.codecs import BloscCodec

    blocks = -(-job.rows // job.row_block)
    units = -(-job.samples // job.unit_samples)
    for level in range(job.levels):
        bins = max(1, job.bins(level))
        coarse = min(job.coarse_bins(dtype.itemsize), bins)
        chunk = job.unit_bins // job.factor**level if level < 2 else coarse
        group.create_array(
            f"level_{level}",
            shape=(2, job.rows, bins),
            chunks=(2, min(job.row_block, job.rows), chunk),
            dtype=dtype,
            compressors=BloscCodec(cname="lz4", clevel=1, shuffle="shuffle"),
            dimension_names=("bound", "row", "bin"),
            overwrite=True,
        )
    group.create_array("done", shape=(blocks, units), chunks=(1, 1), dtype="uint8", overwrite=True)


def run_unit(
    data: StoredArray, job: Job, block: int, unit: int, stored: Stored | None = None
) -> None:
    """Reduce one unit of work to levels 0 and 1 and store them.

    Parameters
    ----------
    stored
        The overview's arrays, opened once for many units.

    Raises
    ------
    LoupeDataError
        If the samples cannot be read.
    """
    stored = _open(job) if stored is None else stored
    rows = slice(block * job.row_block, min((block + 1) * job.row_block, job.rows))
    i0 = unit * job.unit_samples
    i1 = min(i0 + job.unit_samples, job.samples)
    b0 = unit * job.unit_bins
    bins = -(-(i1 - i0) // job.base)
    dtype = working_dtype(data.info.dtype)
    both = np.empty((2, rows.stop - rows.start, bins), dtype=dtype)
    lo0, hi0 = both
    end = 0
    for a, b in _pieces(data, i0, i1, rows.stop - rows.start, job.base):
        samples = data.peek(rows, a, b, cached=False)
        first, (lo, hi) = bin_on_grid(samples, a, job.base)
        k = first - b0
        if k < end:
            # A bin that the piece before began.
            lo[:, 0] = np.fmin(lo[:, 0], lo0[:, k])
            hi[:, 0] = np.fmax(hi[:, 0], hi0[:, k])
        end = k + lo.shape[1]
        lo0[:, k:end], hi0[:, k:end] = lo, hi
    for level, values in enumerate((both, np.stack(merge_minmax(lo0, hi0, job.factor)))):
        b0 = unit * (job.unit_bins // job.factor**level)
        stored.levels[level][:, rows, b0 : b0 + values.shape[2]] = values
    stored.done[block, unit] = 1


def _pieces(data: StoredArray, i0: int, i1: int, rows: int, base: int) -> Iterator[tuple[int, int]]:
    """Cut samples at borders of chunks, so that no chunk is decoded twice."""
    chunk = data.info.chunks[1] if data.info.chunks else base
    step = max(1, _PIECE_VALUES // (rows * chunk)) * chunk
    edges = [i0, *range((i0 // step + 1) * step, i1, step), i1]
    yield from itertools.pairwise(edges)


class Stored(NamedTuple):
    """The zarr group of an overview being made, and its arrays opened for writing."""

    group: Any
    levels: tuple[Any, ...]
    done: Any


def _open(job: Job) -> Stored:
    import zarr

    group: Any = zarr.open_group(job.target, path=job.inside, mode="r+", use_consolidated=False)
    members = dict(group.arrays())
    levels = tuple(members[f"level_{k}"] for k in range(job.levels))
    return Stored(group, levels, members["done"])


def finish(data: StoredArray, job: Job, workers: int = 2, stored: Stored | None = None) -> None:
    """Make the coarse levels of the fine ones, take the fingerprint, declare it complete.

    Raises
    ------
    LoupeDataError
        If the recording is not what it was when the overview was begun.
    """
    group, levels, _ = _open(job) if stored is None else stored
    if group.attrs.get("complete"):
        return
    assert data.stored is not None
    with ThreadPoolExecutor(1) as beside:
        taken = beside.submit(fingerprint, data.stored.files, workers)
        for start in range(0, job.rows, job.row_block):
            _make_coarse(levels, job, slice(start, min(start + job.row_block, job.rows)))
        source = taken.result()
    if _state(data.stored.files) != group.attrs["state"]:
        raise LoupeDataError(
            "the recording changed while its overview was made",
            where=str(data.stored.path),
            hint="build it again when nothing writes to the recording any more: it begins anew",
            code="data-overview",
        )
    inside = group.require_group("source")
    for name in ("lengths", "changed_ns", "checksums"):
        inside.create_array(name, data=getattr(source, name), overwrite=True)
    group.attrs.update({"names": source.names, "complete": True})


def _make_coarse(levels: tuple[Any, ...], job: Job, rows: slice) -> None:
    """Make the levels from 2 on of a block of rows, of stretches of level 1."""
    if len(levels) < 3:
        return
    chunk = job.coarse_bins(levels[1].dtype.itemsize)
    first: _Coarse | None = None
    for level in reversed(levels[2:]):
        first = _Coarse(level, rows, job.factor, chunk, first)
    assert first is not None
    n = job.bins(1)
    step = max(job.factor * chunk, job.unit_bins // job.factor)
    for b0 in range(0, n, step):
        b1 = min(b0 + step, n)
        first.add(np.asarray(levels[1][:, rows, b0:b1]), last=b1 == n)


class _Coarse:
    """Makes one level of the finer one, a chunk at a time, and hands it on to the next."""

    def __init__(
        self, array: Any, rows: slice, factor: int, chunk: int, after: _Coarse | None
    ) -> None:
        self._array = array
        self._rows = rows
        self._factor = factor
        self._chunk = chunk
        self._after = after
        self._begun: list[npt.NDArray[Any]] = []
        self._at = 0

    def add(self, finer: npt.NDArray[Any], *, last: bool) -> None:
        """Take the next bins of the finer level, ``(2, rows, bins)``."""
        self._begun.append(finer)
        n = sum(part.shape[2] for part in self._begun)
        whole = n if last else n - n % (self._factor * self._chunk)
        if not whole:
            return
        both = np.concatenate(self._begun, axis=2)
        self._begun = [both[:, :, whole:].copy()]
        made = np.stack(merge_minmax(both[0, :, :whole], both[1, :, :whole], self._factor))
        self._array[:, self._rows, self._at : self._at + made.shape[2]] = made
        self._at += made.shape[2]
        if self._after is not None:
            self._after.add(made, last=last)


def build_sidecar(
    data: StoredArray,
    target: Path,
    *,
    workers: int = 2,
    base: int = 64,
    factor: int = 4,
    progress: Callable[[int, int], None] | None = None,
    run_all: Callable[[Job], Iterable[object]] | None = None,
) -> Job:
    """Make, or go on making, the overview of an array.

    Parameters
    ----------
    data
        A whole array in files.
    target
        From `sidecar_path`.
    workers
        Threads on this machine.
    base, factor
        Samples in the finest bin, and bins of one level in a bin of the next.
    progress
        Told how many units are done of how many.
    run_all
        Runs the units elsewhere and yields once for each that is done; see
        `loupe.data.distributed`.

    Returns
    -------
    Job
        What was left to do when it began.

    Raises
    ------
    LoupeDataError
        If samples cannot be read or the overview cannot be written. What is done stays.
    """
    job = prepare(data, target, base=base, factor=factor)
    total = len(job.units)
    tell = progress or (lambda done, total: None)
    tell(0, total)
    stored = _open(job)
    if run_all is not None:
        for done, _ in enumerate(run_all(job), start=1):
            tell(done, total)
    else:
        with ThreadPoolExecutor(max(1, workers)) as pool:
            futures = [pool.submit(run_unit, data, job, *unit, stored) for unit in job.units]
            try:
                for done, future in enumerate(futures, start=1):
                    future.result()
                    tell(done, total)
            finally:
                for future in futures:
                    future.cancel()
    finish(data, job, workers, stored)
    return job


def default_workers() -> int:
    """Return how many threads to build with: the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
