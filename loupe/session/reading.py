"""Reading small text files of people: bounded, strictly UTF-8, newlines kept."""

from __future__ import annotations

from pathlib import Path

__all__ = ["MAX_BYTES", "decode", "read_limited"]

MAX_BYTES = 1 << 20
"""Largest session, preset or state definitions that is parsed (1 MiB)."""


def read_limited(path: Path) -> str:
    """The text of a file of at most `MAX_BYTES`.

    Raises
    ------
    OSError
        If it cannot be opened, or is no regular file.
    ValueError
        If it is larger, or not UTF-8.
    """
    if path.exists() and not path.is_file():
        raise OSError("it is not a regular file")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    return decode(data)


def decode(data: bytes) -> str:
    """Bytes as text; a byte order mark is dropped.

    Raises
    ------
    ValueError
        If there are more than `MAX_BYTES`, or they are not UTF-8.
    """
    if len(data) > MAX_BYTES:
        raise ValueError("it is larger than 1 MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not UTF-8") from None
