"""`loupe inspect`: what is in a file, without opening a window."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from loupe.cli.options import recordings
from loupe.cli.progress import shown_progress
from loupe.errors import LoupeError, printable, refused

if TYPE_CHECKING:
    from loupe.data.probe import ArrayFacts, Contents
    from loupe.labels.exchange import LoadedFile

__all__ = ["describe", "run"]


def run(files: Sequence[str], *, style: str = "text", quiet: bool = False) -> int:
    """Describe files; the exit code, 2 if one of them cannot be.

    Parameters
    ----------
    style
        "text" or "json".
    quiet
        Show no progress.

    Raises
    ------
    LoupeConfigError
        For another style.
    """
    from loupe.errors import LoupeConfigError

    if style not in ("text", "json"):
        raise LoupeConfigError(
            f"there is no format `{style}`", hint="use text or json", code="usage"
        )
    code = 0
    found: list[dict[str, Any]] = []
    for file in recordings(files):
        try:
            with shown_progress("Looking into", quiet=quiet) as tell:
                tell(0, 0, file)
                facts = describe(Path(file))
        except (LoupeError, OSError) as error:
            problem = refused(error) if isinstance(error, OSError) else error
            problem.where = problem.where or file
            typer.echo(problem.render(), err=True)
            code = 2
            continue
        if style == "json":
            found.append(facts)
        else:
            typer.echo(printable("\n".join(_text(facts))))
    if style == "json":
        typer.echo(json.dumps(found, indent=2, default=str))
    return code


def describe(path: Path) -> dict[str, Any]:
    """What is known of a file from its headers, as plain values; `kind` says of what sort it is.

    Raises
    ------
    LoupeError
        If it is missing or is nothing that Loupe reads.
    """
    from loupe.data.catalog import Catalog
    from loupe.scene.propose import VIDEO_SUFFIXES, labels_in

    if path.suffix.lower() in VIDEO_SUFFIXES:
        return _video(path)
    config = labels_in(path)
    if config is not None:
        from loupe.labels.exchange import load_table

        return _labels(path, load_table(path, config.table_schema))
    from loupe.data.probe import contents

    return _data(contents(path, Catalog()))


def _data(found: Contents) -> dict[str, Any]:
    facts: dict[str, Any] = {"file": found.path, "kind": found.kind, "format": found.format}
    if found.table is not None:
        facts["rows"] = found.table.rows
        facts["columns"] = dict(found.table.columns)
        facts["time columns"] = list(found.table.time_columns)
    if found.arrays:
        facts["arrays"] = [_array(array) for array in found.arrays]
    if found.more:
        facts["not looked into"] = f"{found.more} more file{'' if found.more == 1 else 's'}"
    if found.problems:
        facts["problems"] = [str(problem) for problem in found.problems]
    return facts


def _array(array: ArrayFacts) -> dict[str, Any]:
    span = array.span
    facts: dict[str, Any] = {
        "group": array.group,
        "variable": array.variable,
        "dimensions": dict(zip(array.dims, array.shape, strict=True)),
        "dtype": array.dtype,
        "units": array.units,
        "traces": array.rows,
        "time": f"{span.start:g} to {span.stop:g} s",
        "rate": f"{array.rate:g} Hz" + ("" if array.uniform else ", not uniform"),
        "gaps": array.gaps,
        "wall clock": array.origin,
        "chunks": None
        if array.chunks is None
        else f"{array.chunks[0]} traces x {array.chunks[1]} samples",
        "10 s of it": f"{array.page_bytes / 1e6:.1f} MB to read",
        "coordinates": dict(array.coords),
    }
    return {key: value for key, value in facts.items() if value not in (None, "", {})}


def _labels(path: Path, loaded: LoadedFile) -> dict[str, Any]:
    from loupe.labels.stats import stats

    table = loaded.table
    span = table.span
    return {
        "file": str(path),
        "kind": "labels",
        "format": loaded.format.name,
        "rows": len(table),
        "columns": list(table.layout.order),
        "time": None if span is None else f"{span.start:g} to {span.stop:g} s",
        "states": {s.label: f"{s.total:g} s in {s.bouts} bouts" for s in stats(table).states},
        "notes": list(loaded.notes),
    }


def _video(path: Path) -> dict[str, Any]:
    from loupe.data.catalog import Catalog
    from loupe.scene.propose import video_in
    from loupe.scene.videos import video_spec
    from loupe.video.probe import describe as measure

    report = measure(video_spec(video_in(path), path.stem, Catalog()))
    errors = [f for f in report.findings if f.level == "error"]
    if errors:
        first = errors[0]
        raise LoupeError(first.message, hint=first.hint, where=first.where, code=first.code)
    facts: dict[str, Any] = {"kind": "video", **dict(report.rows())}
    facts["findings"] = [f"{f.message} {f.hint}".strip() for f in report.findings]
    return {"file": str(path), **facts}


def _text(facts: dict[str, Any], indent: str = "") -> Iterator[str]:
    """A line a fact; lists and tables indented below their name."""
    for key, value in facts.items():
        if dataclasses.is_dataclass(value):
            value = vars(value)
        if isinstance(value, dict):
            yield f"{indent}{key}:"
            yield from _text(value, indent + "  ")
        elif isinstance(value, list):
            if not value:
                continue
            yield f"{indent}{key}:"
            for item in value:
                if isinstance(item, dict):
                    yield from _text(item, indent + "  ")
                    yield ""
                else:
                    yield f"{indent}  {item}"
        elif value is not None:
            yield f"{indent}{key}: {value}"
