"""Paths that a session names: which there are, which are refused, where they lie.

A session is data from anyone. Whatever would leave this machine, expand to
something else or write outside the session's folder is refused unless the
person who runs Loupe allowed it. Nothing is opened here.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from loupe.errors import LoupeConfigError
from loupe.session.base import Fault, Place
from loupe.session.lint import data_references
from loupe.session.model import Session
from loupe.session.refusal import refusal
from loupe.session.source import Source

__all__ = ["PathUse", "path_faults", "path_uses", "resolved", "seen_from"]


_ALLOWED = ("path-remote", "path-expansion")
"""Codes of what `--allow-remote` allows."""


class PathUse(NamedTuple):
    """A path with its place in the session; `writes` if Loupe may write there."""

    place: Place
    text: str
    writes: bool = False


def path_uses(session: Session) -> Iterator[PathUse]:
    """Every path that a session names."""
    for name, source in session.sources.items():
        if isinstance(source, Source):
            yield from _of_source(source, ("sources", name))
    for place, data in data_references(session):
        if isinstance(data, Source):
            yield from _of_source(data, place)
    for number, video in enumerate(session.videos):
        place = ("videos", number)
        yield from _each((*place, "video_path"), video.video_path)
        if isinstance(video.frame_times_path, str | tuple):
            yield from _each((*place, "frame_times_path"), video.frame_times_path)
    for number, labels in enumerate(session.labels):
        if labels.path is not None:
            yield PathUse(("labels", number, "path"), labels.path, labels.writeback)
    if session.states.definitions is not None:
        yield PathUse(("states", "definitions"), session.states.definitions)
    if session.view.preset is not None:
        yield PathUse(("view", "preset"), session.view.preset)


def _of_source(source: Source, place: Place) -> Iterator[PathUse]:
    yield from _each((*place, "path"), source.path)


def _each(place: Place, paths: str | tuple[str, ...]) -> Iterator[PathUse]:
    if isinstance(paths, str):
        yield PathUse(place, paths)
    else:
        for number, path in enumerate(paths):
            yield PathUse((*place, number), path)


def path_faults(
    session: Session,
    *,
    allow_remote: bool = False,
    allow_write: Iterable[Path | str] | None = (),
) -> Iterator[Fault]:
    """Refused paths, and notes about data outside the session's folder.

    Parameters
    ----------
    allow_remote
        The person allows URLs, home folders and environment variables.
    allow_write
        Further folders that the person allows to be written in; None where nothing is written.
    """
    base = Path(session.base or ".")
    for use in path_uses(session):
        refused = refusal(use.text)
        if refused is not None and not (allow_remote and refused[0] in _ALLOWED):
            yield Fault(use.place, refused[0], refused[1], refused[2])
            continue
        if refused is not None and refused[0] == "path-remote":
            continue
        writes = use.writes and allow_write is not None
        if writes and not _inside(base / use.text, (base, *map(Path, allow_write or ()))):
            yield Fault(
                use.place,
                "path-write-outside",
                f"`{use.text}` would be written outside the session's folder",
                "move it beside the session, or pass --allow-write FOLDER",
            )
        elif not _inside(base / use.text, (base,)):
            yield Fault(
                use.place,
                "path-outside",
                f"`{use.text}` lies outside the session's folder",
                "",
                "note",
            )


def _inside(path: Path, folders: Iterable[Path]) -> bool:
    """Whether a path lies in one of the folders once links are followed."""
    try:
        real = path.resolve()
        return any(real.is_relative_to(folder.resolve()) for folder in folders)
    except (OSError, RuntimeError, ValueError):
        return False


def resolved(text: str, base: Path | None, *, allow_remote: bool = False) -> str:
    """A path of a session as one to open: absolute, with `/`; or a URL that was allowed.

    Raises
    ------
    LoupeConfigError
        If the path is refused.
    """
    refused = refusal(text)
    if refused is not None:
        code, message, hint = refused
        if not allow_remote or code not in _ALLOWED:
            raise LoupeConfigError(message, hint=hint, code=code)
        if code == "path-remote":
            return text
        text = os.path.expandvars(os.path.expanduser(text))
    return Path(os.path.abspath(os.path.join(base or "", text))).as_posix()


def seen_from(text: str, base: Path, folder: Path, *, allow_remote: bool = False) -> str:
    """A path that is relative to `base`, told from `folder`.

    Parameters
    ----------
    allow_remote
        Fill in home folders and environment variables. What is refused stays as it is.
    """
    refused = refusal(text)
    if refused is not None:
        if allow_remote and refused[0] == "path-expansion":
            return resolved(text, base, allow_remote=True)
        return text
    if base == folder or os.path.isabs(text):
        return text
    try:
        between = os.path.relpath(base, folder).replace(os.sep, "/")
    except ValueError:  # another drive of Windows
        between = str(base).replace(os.sep, "/")
    return text if between == "." else posixpath.normpath(posixpath.join(between, text))
