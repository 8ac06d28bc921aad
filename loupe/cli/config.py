"""`loupe config`: the effective session, and where each value of it comes from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from loupe.cli.options import checking_options, tell_warnings
from loupe.errors import LoupeConfigError, printable
from loupe.session.base import Place
from loupe.session.compose import Composed, places_below
from loupe.session.diagnostics import SessionError
from loupe.session.dump import to_plain
from loupe.session.load import check_session
from loupe.session.model import Session
from loupe.session.resolve import path_uses, resolved
from loupe.session.wording import toml_value

__all__ = ["run"]


def run(
    session: str,
    *,
    style: str = "toml",
    origins: bool = False,
    set_vars: Sequence[str] = (),
    allow_remote: bool = False,
    allow_write: Sequence[str] = (),
    quiet: bool = False,
) -> int:
    """Print the effective session; its warnings go to standard error unless quiet. The exit code.

    Raises
    ------
    SessionError
        If the session has errors.
    LoupeConfigError
        If there is no such format.
    """
    if style not in ("toml", "json"):
        raise LoupeConfigError(
            f"there is no format `{style}`", hint="use toml or json", code="usage"
        )
    options = checking_options(set_vars, allow_remote=allow_remote, allow_write=allow_write)
    checked = check_session(session, options)
    if checked.session is None or checked.composed is None:
        raise SessionError(checked.report)
    if not quiet:
        tell_warnings(checked.report)
    plain = _with_paths(checked.session, allow_remote=allow_remote)
    if origins:
        typer.echo(_origins(plain, checked.composed, style))
    elif style == "json":
        typer.echo(json.dumps(plain, indent=2, ensure_ascii=False, default=str))
    else:
        import tomli_w

        typer.echo(tomli_w.dumps(plain), nl=False)
    return 0


def _with_paths(session: Session, *, allow_remote: bool) -> dict[str, Any]:
    plain = to_plain(session, full=True)
    for use in path_uses(session):
        holder: Any = plain
        for part in use.place[:-1]:
            holder = holder[part]
        folder = Path(session.base or ".").absolute()
        holder[use.place[-1]] = resolved(use.text, folder, allow_remote=allow_remote)
    return plain


def _origins(plain: dict[str, Any], composed: Composed, style: str) -> str:
    """One line a value: key, value, and the file and line, or `default`."""
    rows = []
    for place in places_below(plain):
        value: Any = plain
        for part in place:
            value = value[part]
        if isinstance(value, dict) or (isinstance(value, list) and value and _tables(value)):
            continue
        if _in_list(plain, place):
            continue
        rows.append((place, value, _origin(place, composed)))
    if style == "json":
        found = [
            {"path": list(place), "value": value, "origin": origin} for place, value, origin in rows
        ]
        return json.dumps(found, indent=2, ensure_ascii=False, default=str)
    texts = [(f"{_dotted(place)} = {toml_value(value)}", origin) for place, value, origin in rows]
    width = min(72, max((len(text) for text, _ in texts), default=0))
    return printable("\n".join(f"{text:<{width}}  # {origin}" for text, origin in texts))


def _tables(value: list[Any]) -> bool:
    return any(isinstance(entry, dict) for entry in value)


def _in_list(plain: Any, place: Place) -> bool:
    """Whether a value is an entry of a list of plain values, which is shown as a whole."""
    holder = plain
    for part in place[:-1]:
        holder = holder[part]
        if isinstance(holder, list) and not _tables(holder):
            return True
    return False


def _origin(place: Place, composed: Composed) -> str:
    try:
        document, there = composed.origin(place)
    except KeyError:
        return "default"
    if there not in document.spans:
        return "default"
    line, _ = document.lines.position(document.spans[there].key.start)
    return f"{document.name}:{line}"


def _dotted(place: Place) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
