"""`loupe schema`: the JSON Schemas, as shipped."""

from __future__ import annotations

import json

import typer

from loupe.errors import LoupeConfigError
from loupe.session.schema import SCHEMAS
from loupe.session.suggest import did_you_mean

__all__ = ["run", "schema_text"]


def run(which: str = "session") -> int:
    """Print a schema; the exit code.

    Raises
    ------
    LoupeConfigError
        If there is no such schema.
    """
    typer.echo(schema_text(which), nl=False)
    return 0


def schema_text(which: str) -> str:
    """A schema as JSON, ending in a newline.

    Raises
    ------
    LoupeConfigError
        If there is no such schema.
    """
    if which not in SCHEMAS:
        raise LoupeConfigError(
            f"there is no schema `{which}`",
            hint=did_you_mean(which, SCHEMAS, what="schemas"),
            code="usage",
        )
    return json.dumps(SCHEMAS[which](), indent=2, ensure_ascii=False) + "\n"
