"""Older session files as files of today, by edits of the text, so that comments stay.

A step takes the parsed data and the spans of version *n* and names the edits
that make it version *n + 1*. Loading runs the same steps, so old files open for
ever.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from loupe.session.base import Place
from loupe.session.model import SESSION_VERSION
from loupe.session.spans import Located, TextSpan, scan

__all__ = ["MIGRATIONS", "Edit", "migrate_text", "version_of"]

Spans = Mapping[Place, Located]


class Edit(NamedTuple):
    """Replace a span of the text."""

    span: TextSpan
    text: str


def version_of(data: Mapping[str, Any]) -> int | None:
    """The version that a document says; 1 if it says none, None if it is no whole number."""
    version = data.get("version", 1)
    is_whole = isinstance(version, int) and not isinstance(version, bool)
    return version if is_whole else None


def migrate_text(text: str) -> tuple[str, int]:
    """The text at the current version, and the version that it had.

    Raises
    ------
    ValueError
        If the text is no TOML.
    """
    data = tomllib.loads(text)
    first = version_of(data)
    if first is None or first >= SESSION_VERSION or first < min(MIGRATIONS):
        return text, SESSION_VERSION if first is None else first
    for version in range(first, SESSION_VERSION):
        edits = sorted(MIGRATIONS[version](data, scan(text)), reverse=True)
        for edit in edits:
            text = text[: edit.span.start] + edit.text + text[edit.span.stop :]
        data = tomllib.loads(text)
    return text, first


def _renames(data: Mapping[str, Any], spans: Spans, table: Place, names: dict[str, str]) -> Any:
    here: Any = data
    for part in table:
        here = here[part]
    for old, new in names.items():
        if isinstance(here, Mapping) and old in here and new not in here:
            yield Edit(spans[(*table, old)].key, new)


def _from_0(data: Mapping[str, Any], spans: Spans) -> Iterator[Edit]:
    """Version 0 was the draft: `type` for `kind`, `window_len` for `window`."""
    yield Edit(spans[("version",)].value, "1")
    if isinstance(data.get("view"), Mapping):
        yield from _renames(data, spans, ("view",), {"window_len": "window"})
    plots = data.get("plots")
    if isinstance(plots, list):
        for number in range(len(plots)):
            yield from _renames(data, spans, ("plots", number), {"type": "kind"})


MIGRATIONS: dict[int, Callable[[Mapping[str, Any], Spans], Iterator[Edit]]] = {0: _from_0}
"""By the version that a step starts from."""
