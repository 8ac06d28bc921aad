"""The paths of a session changed: told from another folder, or written anew for a file there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any, TypeVar

from loupe.session.base import Model, Place
from loupe.session.model import Session
from loupe.session.refusal import refusal

__all__ = ["relative_to", "with_paths", "written"]

M = TypeVar("M", bound=Model)

_PATH_FIELDS = frozenset({"path", "video_path", "frame_times_path", "definitions", "preset"})


def relative_to(session: Session, folder: Path) -> Session:
    """The session with paths that hold from another folder, relative where they lie below it."""
    base = (session.base or Path()).resolve()
    folder = folder.resolve()

    def moved(_: Place, text: str) -> str:
        refused = refusal(text)
        if refused is not None and refused[0] in ("path-remote", "path-expansion"):
            return text
        if base == folder and not os.path.isabs(text):
            return text.replace(os.sep, "/")
        return written(Path(os.path.normpath(base / text)), folder)

    return with_paths(session, moved).with_base(folder)


def written(path: PurePath, folder: PurePath) -> str:
    """A path as a session in `folder` names it: relative below it, and with `/` on every system.

    Parameters
    ----------
    path, folder
        Both absolute.
    """
    return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()


def with_paths(part: M, change: Callable[[Place, str], str]) -> M:
    """A part of a session with every path changed; what stays the same is not copied.

    Parameters
    ----------
    change
        Gives the new path for the place of one, relative to `part`, and its text.
    """
    found: M = _changed(part, (), change)
    return found


def _changed(value: Any, place: Place, change: Callable[[Place, str], str]) -> Any:
    if type(value) is tuple:
        parts = tuple(_changed(part, (*place, n), change) for n, part in enumerate(value))
        return value if _same(parts, value) else parts
    if type(value) is dict:
        entries = {key: _changed(part, (*place, key), change) for key, part in value.items()}
        return value if _same(entries.values(), value.values()) else entries
    if not isinstance(value, Model):
        return value
    changes: dict[str, Any] = {}
    for name, field in type(value).model_fields.items():
        old = getattr(value, name)
        there = (*place, field.alias or name)
        new = _renamed(old, there, change) if name in _PATH_FIELDS else _changed(old, there, change)
        if new is not old:
            changes[name] = new
    return value.model_copy(update=changes) if changes else value


def _renamed(value: Any, place: Place, change: Callable[[Place, str], str]) -> Any:
    """One path or several; anything else, such as an array of times, stays."""
    if isinstance(value, str):
        return change(place, value)
    if type(value) is tuple:
        parts = tuple(_renamed(part, (*place, n), change) for n, part in enumerate(value))
        return value if _same(parts, value) else parts
    return value


def _same(new: Any, old: Any) -> bool:
    return all(a is b for a, b in zip(new, old, strict=True))
