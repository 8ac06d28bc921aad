"""Faults of Loupe itself: a short message for the person, the details in a file to report with.

Imported when something has gone wrong, so it may import what it likes; it must not raise.
"""

from __future__ import annotations

import os
import platform
import shlex
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from loupe.errors import LoupeError

__all__ = ["SHOW", "fault_folder", "fault_message", "hook"]

SHOW = "LOUPE_TRACEBACK"
"""Name of the environment variable that has tracebacks shown in the terminal."""

KEPT = 20
"""Reports that are kept; older ones go when a new one is written."""

_seen: Counter[tuple[str, str, int]] = Counter()
"""How often `hook` met a fault, by its kind and the place where it was raised."""


def fault_folder() -> Path:
    """Where the reports are written."""
    import platformdirs

    return platformdirs.user_state_path("loupe", appauthor=False) / "faults"


def fault_message(error: BaseException, arguments: Sequence[str]) -> str:
    """What a terminal should say of a fault, having written its details to a file.

    Parameters
    ----------
    error
        What was raised and not foreseen.
    arguments
        Of the command line, without the program's name.

    Returns
    -------
    str
        One line on the fault, and a hint with the place of the report. With `SHOW` set, or where
        no report can be written, the traceback stands above.
    """
    details = "".join(traceback.format_exception(error))
    kind = type(error).__name__
    said = str(error).strip()
    what = f"{kind}: {said.splitlines()[0]}" if said else kind
    told = f"this is a fault of Loupe, not of yours: {what}"
    shown = details if os.environ.get(SHOW) else ""
    try:
        report = _write(details, arguments)
        hint = f"please report it with {report}, which says where it happened"
        if not shown:
            hint += f"; {SHOW}=1 shows that here"
    except OSError as problem:
        shown = details
        hint = f"please report it with the lines above ({problem.strerror or problem})"
    return shown + LoupeError(told, hint=hint, code="internal").render()


def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Take the place of `sys.excepthook`, for what a running window did not foresee.

    A fault of painting comes with every frame. Only its first one is reported, so that it neither
    floods the terminal nor drives the report of what led to it out of the folder; of the others
    the 10th, the 100th and so on are counted aloud.
    """
    if isinstance(error, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    fault = (kind.__name__, "", 0)
    for frame, line in traceback.walk_tb(trace):
        fault = (kind.__name__, frame.f_code.co_filename, line)
    _seen[fault] += 1
    times = _seen[fault]
    if times == 1:
        sys.stderr.write(fault_message(error.with_traceback(trace), sys.argv[1:]) + "\n")
    elif str(times).strip("0") == "1":
        sys.stderr.write(f"{kind.__name__}: the same fault as above, {times} times by now\n")


def _write(details: str, arguments: Sequence[str]) -> Path:
    """Write a report of its own; the path.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    from loupe import __version__

    folder = fault_folder()
    folder.mkdir(parents=True, exist_ok=True)
    earlier = sorted(folder.glob("fault-*.txt"))
    for old in earlier[: max(0, len(earlier) - KEPT + 1)]:
        old.unlink(missing_ok=True)
    now = time.time()
    stamp = time.strftime("%Y-%m-%d-%H%M%S", time.localtime(now))
    name = f"fault-{stamp}-{int(now % 1 * 1e3):03d}-{os.getpid()}"
    path, more = folder / f"{name}.txt", 0
    while path.exists():  # two in a millisecond
        more += 1
        path = folder / f"{name}-{more}.txt"
    path.write_text(
        f"loupe {__version__} on Python {platform.python_version()}, {platform.platform()}\n"
        f"command: {shlex.join(['loupe', *arguments])}\n"
        f"in the folder: {Path.cwd()}\n\n{details}",
        encoding="utf-8",
        errors="backslashreplace",
    )
    return path
