"""Paths whose very form is refused: what leaves this machine or expands to something else."""

from __future__ import annotations

import os
import re

__all__ = ["refusal"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(?!:)")
_DRIVE = re.compile(r"[A-Za-z]:")
_VARIABLE = re.compile(r"\$[A-Za-z_({]|%[A-Za-z_]+%")


def refusal(text: str) -> tuple[str, str, str] | None:
    """Why a path is refused without `--allow-remote`: code, message, hint; None if it is not.

    The form is judged, not the file: many of these look like harmless relative paths to the
    operating system.
    """
    if "\0" in text:
        return "path-nul", "a path cannot hold a NUL character", "remove it"
    if "::" in text or (_SCHEME.match(text) and not _DRIVE.fullmatch(text[:2])):
        return (
            "path-remote",
            f"`{text}` is not a local path",
            "copy the data here, or pass --allow-remote if you trust this session",
        )
    if text.startswith(("\\\\", "//")):
        return (
            "path-remote",
            f"`{text}` is a path on another machine",
            "mount it and name the local path, or pass --allow-remote",
        )
    if text.startswith("~"):
        return (
            "path-expansion",
            f"`{text}` depends on who opens the session",
            "write a path relative to the session file, or pass --allow-remote",
        )
    if _VARIABLE.search(text):
        return (
            "path-expansion",
            f"`{text}` names an environment variable",
            "use `[vars]` and `--set NAME=VALUE`, or pass --allow-remote",
        )
    if _DRIVE.match(text) and os.name != "nt":
        return "path-drive", f"`{text}` has a drive letter", "write a relative path with `/`"
    if "\\" in text:
        return "path-backslash", f"`{text}` holds a backslash", "write `/` between folders"
    return None
