"""`loupe overview build`: the min/max pyramids of recordings, stored beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from loupe.cli.progress import shown_progress
from loupe.errors import LoupeConfigError, LoupeDataError, LoupeError

if TYPE_CHECKING:
    from loupe.data.catalog import Catalog
    from loupe.data.labelled import StoredArray

__all__ = ["build"]


def build(
    path: str,
    workers: int | None = None,
    scheduler: str | None = None,
    where: str = "beside",
    *,
    set_vars: Sequence[str] = (),
    allow_remote: bool = False,
    quiet: bool = False,
) -> int:
    """Build the overviews of a session's arrays, or of those of a recording.

    Parameters
    ----------
    path
        A session file, or a store of arrays.
    workers
        Threads on this machine; by default one a processor.
    scheduler
        Address of a dask scheduler to work on instead.
    where
        ``beside`` the recording, or in the user's ``cache``.
    set_vars, allow_remote
        As for opening the session.
    quiet
        Show no progress.

    Returns
    -------
    int
        0, or 1 if an array failed; each is told with its place.
    """
    from loupe.data.overview import build_sidecar, default_workers
    from loupe.data.sidecar import sidecar_path

    if where not in ("beside", "cache"):
        raise LoupeConfigError(f"`--where {where}` is neither `beside` nor `cache`", code="usage")
    failed = 0
    seen: set[tuple[str, str | None, str | None]] = set()
    for source, base in _sources(path, set_vars, allow_remote):
        try:
            data, name = _whole(source, base, allow_remote)
            assert data.stored is not None
            key = (str(data.stored.path.resolve()), data.stored.group, data.stored.variable)
            if key in seen:
                continue
            seen.add(key)
            target = sidecar_path(data.stored.path, "cache" if where == "cache" else "beside")
            run_all = None
            if scheduler is not None:
                from loupe.data.distributed import cluster_runner

                run_all = cluster_runner(scheduler, source, base)
            with shown_progress(f"{name}: parts", quiet=quiet) as tell:
                job = build_sidecar(
                    data,
                    target,
                    workers=workers or default_workers(),
                    progress=lambda done, total: tell(done, total, ""),
                    run_all=run_all,
                )
            done = "was complete" if not job.units else f"{len(job.units)} parts made"
            typer.echo(f"{target} ({name}): {done}")
        except LoupeError as error:
            failed += 1
            typer.echo(error.render(), err=True)
    if not seen and not failed:
        raise LoupeDataError(
            "there is no array in files to make an overview of",
            where=path,
            hint="tables, videos and arrays in memory need none",
            code="data-overview",
        )
    return 1 if failed else 0


def _sources(path: str, set_vars: Sequence[str], allow_remote: bool) -> Iterator[tuple[Any, Path]]:
    """Sources in files that may be arrays, with the folder that their paths start from."""
    if not path.lower().endswith(".toml"):
        from loupe.cli.opening import refuse_vars
        from loupe.data.catalog import Catalog
        from loupe.data.probe import contents
        from loupe.session.source import Source

        refuse_vars(path, set_vars)
        found = contents(path, Catalog())
        for array in found.arrays:
            yield (
                Source(path=path, group=array.group, variable=array.variable, format=found.format),
                Path(),
            )
        for problem in found.problems:
            raise problem
        return
    from loupe.cli.opening import session_of

    session = session_of(path, set_vars=set_vars, allow_remote=allow_remote, allow_write=None)
    base = Path(path).parent
    for data in _named(session):
        yield data, base


def _named(session: Any) -> Iterator[Any]:
    """The sources of arrays that the plots of a session name, each resolved."""
    for plot in session.plots:
        if plot.kind == "raster":
            continue
        for one in getattr(plot, "traces", None) or (plot,):
            fields = [getattr(one, "data", None), *(getattr(one, "overlay_arrays", None) or ())]
            for data in fields:
                if data is None:
                    continue
                source = session.resolve(data)
                if hasattr(source, "path"):
                    yield source


def _whole(source: Any, base: Path, allow_remote: bool) -> tuple[StoredArray, str]:
    """Open a source without its `select`, for an overview covers whole arrays."""
    from loupe.data.catalog import Catalog
    from loupe.data.joined import JoinedArray
    from loupe.data.labelled import LabelledArray

    catalog: Catalog = Catalog(base, allow_remote)
    whole = source.model_copy(update={"select": {}}) if getattr(source, "select", None) else source
    data = catalog.array(whole)
    if not isinstance(data, LabelledArray | JoinedArray) or data.stored is None:
        raise LoupeDataError(
            "an overview is made of one recording, of which all files are known",
            where=str(getattr(source, "path", source)),
            hint="tables and formats whose samples may lie anywhere are read as they are",
            code="data-overview",
        )
    name = "/".join(p for p in (data.stored.group, data.stored.variable) if p)
    return data, name
