"""Options that several commands share, and how a command ends."""

from collections.abc import Callable
from typing import Annotated

import typer

__all__ = [
    "Epoch",
    "Findings",
    "FromFormat",
    "Quiet",
    "Remote",
    "SetVars",
    "Strict",
    "TableSchema",
    "TextOrJson",
    "Write",
    "leave",
    "one_of",
]


def one_of(*words: str) -> Callable[[str], list[str]]:
    """Words that the shell completes an option with."""
    return lambda incomplete: [word for word in words if word.startswith(incomplete)]


SetVars = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Value of a ${NAME} of the session."),
]
Remote = Annotated[
    bool,
    typer.Option("--allow-remote", help="Allow URLs, ~ and environment variables in its paths."),
]
Write = Annotated[
    list[str] | None,
    typer.Option("--allow-write", metavar="DIR", help="A folder that it may write labels in."),
]
TableSchema = Annotated[
    str | None, typer.Option("--schema", help="start_col=…,end_col=…,label_col=…, or a TOML file.")
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Print the result alone: no progress, no remarks."),
]
Findings = Annotated[
    str,
    typer.Option(
        "--format",
        help="full, concise, json, github or sarif.",
        autocompletion=one_of("full", "concise", "json", "github", "sarif"),
    ),
]
TextOrJson = Annotated[
    str,
    typer.Option("--format", help="text or json.", autocompletion=one_of("text", "json")),
]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings fail too.")]
FromFormat = Annotated[
    str | None, typer.Option("--from", help="Format of what is read; default: by extension.")
]
Epoch = Annotated[
    float | None,
    typer.Option(
        "--epoch", metavar="SECONDS", help="Length of an epoch, for files that list states alone."
    ),
]


def leave(code: int | None) -> None:
    """End with an exit code, if it is not 0."""
    if code:
        raise typer.Exit(code)
