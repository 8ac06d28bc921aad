"""`loupe init`: a first session for files, commented, valid, ready to be edited."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import typer

from loupe.cli.options import recordings
from loupe.cli.progress import shown_progress
from loupe.errors import LoupeConfigError

__all__ = ["run", "session_text", "write_states"]

SCHEMA = "session.schema.json"
EXAMPLE_STATES = "example_state_definitions.json"

NOTES = {
    "[view]": "# How the window starts: window length in seconds, theme, clock …",
    "[[plots]]": "# Plots from top to bottom; `loupe validate` names every mistake.",
    "[[videos]]": "# Videos, with the time of every frame.",
    "[[labels]]": "# Label sets; `writeback = true` allows Ctrl+S to overwrite the file.",
    "[states]": '# Keys and colours of states, as in keymap = { Wake = ["w"] }.',
}
"""A comment above the first of each section."""


def run(
    files: Sequence[str], *, out: str = "session.toml", states: bool = False, quiet: bool = False
) -> int:
    """Write a session for files, or the example state definitions; the exit code.

    Raises
    ------
    LoupeError
        If a file cannot be read, or the target exists.
    """
    target = Path(out)
    if states:
        where = target.parent / "state_definitions.json"
        write_states(where)
        _say(f"wrote {where}", quiet)
        if not files:
            return 0
    if not files:
        raise LoupeConfigError(
            "there is nothing to write a session for",
            hint="name recordings, tables, label files or videos, as in `loupe init night.zarr`",
            code="usage",
        )
    _refuse_existing(target)
    files = recordings(files)
    with shown_progress("Looking into", quiet=quiet) as tell:
        tell(0, 0, "the file" if len(files) == 1 else f"{len(files)} files")
        text = session_text([Path(file) for file in files], target.parent)
    target.write_text(text, encoding="utf-8")
    from loupe.cli.schema import schema_text

    beside = target.parent / SCHEMA
    if not beside.exists():
        beside.write_text(schema_text("session"), encoding="utf-8")
    _say(f"wrote {target}; open it with `loupe open {target}`", quiet)
    return 0


def session_text(files: Sequence[Path], folder: Path) -> str:
    """The text of a session for files, with paths relative to `folder` where they lie below it.

    Raises
    ------
    LoupeError
        If a file is missing or is nothing that can be read.
    """
    from loupe.scene.propose import propose
    from loupe.session.dump import to_toml
    from loupe.session.relocate import relative_to

    session = relative_to(propose(files), folder)
    lines = to_toml(session, schema=f"./{SCHEMA}").splitlines()
    told: set[str] = set()
    out: list[str] = []
    for line in lines:
        # A short list of tables may stand on lines of its own: `plots = [`.
        head = line.removesuffix(" = [")
        section = f"[[{head}]]" if head != line else line.strip()
        note = NOTES.get(section)
        if note and section not in told:
            told.add(section)
            out.append(note)
        out.append(line)
    return "\n".join(out) + "\n"


def write_states(target: Path) -> None:
    """Copy the example state definitions.

    Raises
    ------
    LoupeConfigError
        If the file exists.
    """
    _refuse_existing(target)
    example = resources.files("loupe.session") / EXAMPLE_STATES
    target.write_text(example.read_text(encoding="utf-8"), encoding="utf-8")


def _refuse_existing(target: Path) -> None:
    if target.exists():
        raise LoupeConfigError(
            f"{target} exists and is not overwritten",
            hint="name another file with `-o`, or remove it first",
            code="init-exists",
        )
    if not target.parent.is_dir():
        raise LoupeConfigError(
            f"the folder {target.parent} does not exist", hint="make it first", code="init-folder"
        )


def _say(text: str, quiet: bool) -> None:
    if not quiet:
        typer.echo(text, err=True)
