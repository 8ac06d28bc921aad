"""A session as TOML: only what differs from the defaults, or everything.

What stands in memory cannot be written; `memory_places` names it, and a caller
that has stored it elsewhere passes the sources that replace it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import tomli_w

from loupe.errors import LoupeConfigError
from loupe.session.base import Model, Place
from loupe.session.model import Session
from loupe.session.shading import NanShade
from loupe.session.source import InMemory
from loupe.units import Rgba

__all__ = ["Stored", "memory_places", "to_plain", "to_toml"]

Stored: TypeAlias = Mapping[str, Any] | str
"""What stands for an object in memory: a source's table, or the path of a file."""

_ALWAYS = frozenset({"version", "kind"})


def to_toml(
    session: Session,
    *,
    full: bool = False,
    schema: str = "",
    stored: Mapping[Place, Stored] | None = None,
) -> str:
    """A session file that loads as an equal session.

    Parameters
    ----------
    full
        Write defaults too.
    schema
        Address for a first line ``#:schema ADDRESS``, which editors understand.
    stored
        What to write in place of objects in memory: place to a source's table, or to a path.

    Raises
    ------
    LoupeConfigError
        If an object in memory is left; the message names its place.
    """
    plain = to_plain(session, full=full, stored=stored)
    head = f"#:schema {schema}\n" if schema else ""
    return head + tomli_w.dumps(plain)


def to_plain(
    session: Session,
    *,
    full: bool = False,
    stored: Mapping[Place, Stored] | None = None,
) -> dict[str, Any]:
    """A session as plain tables, lists, texts and numbers, in the order of its fields."""
    plain = _plain(session, (), full, stored or {})
    return dict(plain)


def memory_places(session: Session) -> list[tuple[Place, InMemory]]:
    """Every object in memory with its place in the session."""
    return list(_memory(session, ()))


def _memory(value: object, place: Place) -> Iterator[tuple[Place, InMemory]]:
    if isinstance(value, InMemory):
        yield place, value
    elif isinstance(value, Model):
        for name, field in type(value).model_fields.items():
            yield from _memory(getattr(value, name), (*place, field.alias or name))
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _memory(entry, (*place, key))
    elif isinstance(value, tuple):
        for number, entry in enumerate(value):
            yield from _memory(entry, (*place, number))


def _plain(value: Any, place: Place, full: bool, stored: Mapping[Place, Stored]) -> Any:
    if isinstance(value, InMemory):
        if place in stored:
            found = stored[place]
            return found if isinstance(found, str) else dict(found)
        shown = ".".join(map(str, place))
        raise LoupeConfigError(
            f"`{shown}` is an object in memory and cannot be written into a session file",
            hint="write it to a file and use `from_path`",
            code="session-in-memory",
        )
    if isinstance(value, Rgba):
        return value.hex(alpha=place[-2:-1] == ("label_colors",))
    if isinstance(value, NanShade):
        return [value.color.hex(), value.opacity]
    if isinstance(value, Model):
        return _table(value, place, full, stored)
    if isinstance(value, dict):
        return {key: _plain(v, (*place, key), full, stored) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v, (*place, n), full, stored) for n, v in enumerate(value)]
    return value


def _table(
    model: Model, place: Place, full: bool, stored: Mapping[Place, Stored]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        same = not field.is_required() and value == default
        if value is None or (same and not full and name not in _ALWAYS):
            continue
        key = field.alias or name
        plain = _plain(value, (*place, key), full, stored)
        if same and plain in ([], {}):
            continue  # an empty default says nothing, also in full
        found[key] = plain
    return found
