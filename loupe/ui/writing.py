"""Writes the small files of the window as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

from loupe.errors import IntervalLabelIOError, LoupeConfigError
from loupe.labels.files import atomic_write

__all__ = ["write_whole"]


def write_whole(path: Path, content: str | bytes) -> None:
    """Replace a file's content, or leave it as it was; a symbolic link is followed and stays.

    Raises
    ------
    LoupeConfigError
        If it cannot be written.
    """
    try:
        data = content if isinstance(content, bytes) else content.encode("utf-8")
        atomic_write(path, data)
    except IntervalLabelIOError as error:
        raise LoupeConfigError(
            error.message,
            where=str(path),
            hint="Choose a folder that exists and can be written to.",
        ) from error
    except UnicodeError as error:
        raise LoupeConfigError(
            f"a name in it is no text that can be written: {error}", where=str(path)
        ) from error
