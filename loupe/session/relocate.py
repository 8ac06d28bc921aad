"""A session seen from another folder: its paths written anew, so that it can be saved there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loupe.session.base import Model
from loupe.session.model import Session

__all__ = ["relative_to"]

_PATH_FIELDS = frozenset({"path", "video_path", "frame_times_path"})


def relative_to(session: Session, folder: Path) -> Session:
    """The session with paths that hold from another folder, relative where they lie below it."""
    base = (session.base or Path()).resolve()
    folder = folder.resolve()
    if base == folder:
        return session

    def moved(text: str) -> str:
        if "://" in text:
            return text
        full = Path(os.path.normpath(base / text))
        return os.path.relpath(full, folder) if full.is_relative_to(folder) else str(full)

    plain: dict[str, Any] = {}
    for name in ("sources", "plots", "videos", "labels", "events"):
        plain[name] = _with_paths(getattr(session, name), moved)
    return session.model_copy(update=plain).with_base(folder)


def _with_paths(value: Any, moved: Callable[[str], str]) -> Any:
    """A part of a session with every path changed."""
    if isinstance(value, tuple):
        return tuple(_with_paths(part, moved) for part in value)
    if isinstance(value, dict):
        return {name: _with_paths(part, moved) for name, part in value.items()}
    if not isinstance(value, Model):
        return value
    changes: dict[str, Any] = {}
    for name in type(value).model_fields:
        part = getattr(value, name)
        if name in _PATH_FIELDS:
            if isinstance(part, str):
                changes[name] = moved(part)
            elif isinstance(part, tuple):
                changes[name] = tuple(moved(p) if isinstance(p, str) else p for p in part)
        elif isinstance(part, Model | tuple | dict):
            changes[name] = _with_paths(part, moved)
    return value.model_copy(update=changes)
