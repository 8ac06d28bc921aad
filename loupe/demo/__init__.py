"""Believable recordings made of numbers: one of each kind that Loupe shows, any length, by seed.

Everything streams: the samples are made and written a few minutes at a time, so that a day
needs no more memory than an hour. The same kind, length and seed give the same samples.
This room writes files that anybody could have written; it knows neither windows nor kernels.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from loupe.errors import LoupeConfigError

__all__ = ["KINDS", "Kind", "Tick", "write_demo"]

Kind: TypeAlias = Literal["sleep", "probe", "imaging"]
"""The recordings there are: a night of EEG, a silicon probe, dendritic imaging."""

KINDS: tuple[Kind, ...] = get_args(Kind)

Tick: TypeAlias = Callable[[str, float], None]
"""Called with what is being written and the finished fraction, 0 to 1."""

LONGEST_HOURS = 72.0

_SESSION = "session.toml"


def write_demo(
    folder: str | Path,
    *,
    kind: Kind = "sleep",
    hours: float | None = None,
    seed: int = 0,
    tick: Tick | None = None,
) -> Path:
    """Write a recording and its session into a new or empty folder.

    Parameters
    ----------
    folder
        Made with its parents. It gets its name only when all is written, so that an interrupted
        run leaves nothing that looks whole.
    kind
        One of `KINDS`.
    hours
        Length of the recording, above 0 and at most 72; None takes the kind's own
        (``sleep`` 4 h, ``probe`` 2 min, ``imaging`` 5 min).
    seed
        Not negative; another seed is another animal.
    tick
        Told of the progress.

    Returns
    -------
    Path
        The session file, ``folder/session.toml``.

    Raises
    ------
    LoupeConfigError
        If an argument is out of bounds or the folder holds something.
    """
    if kind not in KINDS:
        raise LoupeConfigError(
            f"there is no demo of kind `{kind}`", hint=f"Take one of: {', '.join(KINDS)}."
        )
    if hours is not None and not (math.isfinite(hours) and 0 < hours <= LONGEST_HOURS):
        raise LoupeConfigError(
            f"a demo lasts more than 0 and at most {LONGEST_HOURS:g} hours, got {hours:g}"
        )
    if seed < 0:
        raise LoupeConfigError(f"the seed must not be negative, got {seed}")
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise LoupeConfigError(
            "the folder holds something already",
            where=str(target),
            hint="Name a new or an empty folder.",
        )
    whole = target.resolve()
    try:
        whole.parent.mkdir(parents=True, exist_ok=True)
        # Of a name that nobody has, and gone whatever happens.
        holder = tempfile.TemporaryDirectory(
            prefix=f".{whole.name}-", dir=whole.parent, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise LoupeConfigError(
            f"the folder cannot be made: {error.strerror}", where=str(target)
        ) from error
    with holder:
        part = Path(holder.name) / whole.name
        part.mkdir()
        _write(part, kind, hours, seed, tick or _silent)
        if whole.exists():
            # It may be the folder that the user is in; the session comes last.
            for path in sorted(part.iterdir(), key=lambda p: p.name == _SESSION):
                path.rename(whole / path.name)
        else:
            part.rename(whole)
    return target / _SESSION


def _silent(what: str, fraction: float) -> None:
    """Nobody watches."""


def _write(folder: Path, kind: Kind, hours: float | None, seed: int, tick: Tick) -> None:
    # The writers pull in numpy, zarr, polars and av: only when something is written.
    from loupe.demo import imaging, probe, sleep

    writers = {"sleep": sleep.write, "probe": probe.write, "imaging": imaging.write}
    writers[kind](folder, hours, seed, tick)
