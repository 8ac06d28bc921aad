"""Units of an overview run by a dask.distributed cluster that shares the file system.

Each worker opens the recording for itself, once, and stores what it makes; the bytes are those
that this machine alone would write. Imports distributed only when called.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from loupe.data.joined import JoinedArray
from loupe.data.labelled import LabelledArray, StoredArray
from loupe.data.overview import Job, run_unit
from loupe.errors import LoupeDataError, LoupeMissingDependencyError

__all__ = ["cluster_runner"]


def cluster_runner(address: str, source: Any, base: Path) -> Callable[[Job], Iterator[object]]:
    """Return what `loupe.data.overview.build_sidecar` takes as ``run_all``.

    Parameters
    ----------
    address
        The scheduler, such as ``tcp://127.0.0.1:8786``.
    source
        The source in files; its path must mean the same on every worker.
    base
        Folder that its relative paths start from.

    Raises
    ------
    LoupeMissingDependencyError
        If dask.distributed is not installed.
    LoupeDataError
        If the scheduler does not answer.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise LoupeMissingDependencyError(
            "working on a cluster needs dask.distributed",
            hint='pip install "loupe[dask]"',
        ) from error

    fields = {
        name: getattr(source, name, None)
        for name in ("path", "group", "variable", "format", "time", "time_unit", "rate", "block_mb")
    }
    if isinstance(source, str | Path):
        fields = {"path": str(source)}

    def run_all(job: Job) -> Iterator[object]:
        from distributed import as_completed

        if not job.units:
            return
        try:
            client: Any = Client(address, timeout=10, set_as_default=False)  # type: ignore[no-untyped-call]  # distributed's own
        except (OSError, TimeoutError) as error:
            raise LoupeDataError(
                f"no dask scheduler answers: {error}",
                where=address,
                hint="start one with `dask scheduler`, or leave out --scheduler",
                code="data-scheduler",
            ) from error
        plain = {key: value for key, value in fields.items() if value is not None}
        with client:
            futures = client.map(
                functools.partial(
                    _remote_unit, tuple(sorted(plain.items())), str(base), replace(job, units=())
                ),
                *zip(*job.units, strict=True),
                pure=False,
            )
            ended: Any = as_completed(futures, loop=client.loop, with_results=True)  # type: ignore[no-untyped-call]  # distributed's own
            for future, result in ended:
                yield result
                future.release()

    return run_all


@functools.lru_cache(maxsize=8)
def _opened(fields: tuple[tuple[str, Any], ...], base: str) -> StoredArray:
    """Open the recording in a worker process; kept for its next units."""
    from loupe.data.catalog import Catalog

    data = Catalog(Path(base)).array(_Source(**dict(fields)))
    assert isinstance(data, LabelledArray | JoinedArray)
    return data


class _Source:
    """The fields of a source, for workers that need no session."""

    format: str | None = None

    def __init__(self, **fields: Any) -> None:
        self.path: str = ""
        self.__dict__.update(fields)


def _remote_unit(
    fields: tuple[tuple[str, Any], ...], base: str, job: Job, block: int, unit: int
) -> tuple[int, int]:
    run_unit(_opened(fields, base), job, block, unit)
    return block, unit
