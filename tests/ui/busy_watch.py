"""Measures how long a window's thread is busy at a stretch, and shows what it was doing.

A stretch is the handling of one input event, or one turn of the event loop with everything that is
due in it: nothing that a person does is looked at before it ends. While a stretch lasts too
long, a thread takes the stack of the window's thread every tenth of a second; where that holds
Python's lock all the while, the stack is taken as it ends.
"""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
import time
import traceback
from array import array
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

LONG_S = 0.2
_EVERY_S = 0.1
_LOOK_S = 0.02
CAUSES = (
    ("compiling a kernel", ("numba/", "compile_deferred")),
    ("drawing with OpenGL", ("paintGL", "loupe/render/", "vispy/")),
    ("restyling every widget", ("set_look",)),
    ("opening a dialog or the palette", ("loupe/ui/dialogs/", "loupe/ui/palette.py", "_show ")),
    ("building a menu", ("loupe/ui/menus.py",)),
    ("building the picture", ("loupe/scene/", "loupe/app/presenter.py")),
    ("writing the journal of labels", ("loupe/labels/journal.py", "loupe/labels/store.py")),
    ("filling the table of labels", ("loupe/ui/panels/labels",)),
    ("painting text, overview or panels", ("loupe/ui/text.py", "loupe/ui/overview_paint.py",
     "loupe/ui/canvas_text.py", "loupe/ui/panels/")),
)  # fmt: skip
"""What a stack says of the cause, by parts of its innermost frames; the first that fits."""
COLLECTOR = "Python's collector of cycles, which goes through all objects of the process"
STARVED = "not run by the machine, nor was the thread that watches"
UNKNOWN = "unknown"
REST = "in Qt: layout, composition of the window, the display"


@dataclass
class Stretch:
    """One stretch: what began it, seconds on the clock and of the thread's processor time."""

    what: str
    wall_s: float
    cpu_s: float
    stacks: tuple[str, ...] = ()
    collecting_s: float = 0.0

    @property
    def cause(self) -> str:
        """The cause that most of its stacks show; without any, what the clocks say."""
        if self.collecting_s > max(self.cpu_s, self.wall_s / 2) / 2:
            return COLLECTOR
        if not self.stacks:
            return STARVED if self.cpu_s < self.wall_s / 2 else UNKNOWN
        return Counter(cause_of(stack) for stack in self.stacks).most_common(1)[0][0]


def cause_of(stack: str) -> str:
    """The cause that a stack shows, innermost frame first."""
    for line in stack.splitlines():
        for cause, signs in CAUSES:
            if any(sign in f"{line} " for sign in signs):
                return cause
    return REST


class BusyWatch:
    """Times stretches and keeps the stacks of the long ones.

    Parameters
    ----------
    folder
        Where the report is written.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._main = threading.get_ident()
        self._since: float | None = None
        self._stacks: list[str] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="busy watch", daemon=True)
        self._thread.start()
        # Short ones as plain numbers: an hour has half a million.
        self._wall_s, self._cpu_s = array("f"), array("f")
        self._long: list[Stretch] = []
        self._collecting = self._collected = 0.0
        gc.callbacks.append(self._collector)

    def _collector(self, phase: str, _info: dict[str, int]) -> None:
        now = time.perf_counter()
        if phase == "start":
            self._collecting = now
        elif threading.get_ident() == self._main:
            self._collected += now - self._collecting

    @contextlib.contextmanager
    def stretch(self, what: str):
        """Time what is done inside."""
        self._stacks, self._collected = [], 0.0
        cpu, wall = time.thread_time(), time.perf_counter()
        self._since = wall
        try:
            yield
        finally:
            self._since = None
            wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
            self._wall_s.append(wall)
            self._cpu_s.append(cpu)
            if wall > LONG_S:
                stacks = tuple(self._stacks)
                self._long.append(Stretch(what, wall, cpu, stacks, self._collected))

    def _look(self) -> None:
        """Take the stack of a stretch that lasts, again and again."""
        last = 0.0
        while not self._ended.wait(_LOOK_S):
            since, now = self._since, time.perf_counter()
            if since is None or now - since < _EVERY_S or now - last < _EVERY_S:
                continue
            last = now
            frame = sys._current_frames().get(self._main)
            lines = traceback.format_stack(frame)
            if self._since == since:
                inner_first = "".join(reversed(lines))
                self._stacks.append(inner_first.partition("/_pytest/")[0].rpartition("\n")[0])

    @property
    def long(self) -> list[Stretch]:
        """Stretches of more than `LONG_S`, the longest first."""
        return sorted(self._long, key=lambda s: -s.wall_s)

    @property
    def count(self) -> int:
        """How many stretches there were."""
        return len(self._wall_s)

    def percentile(self, q: float, *, work: bool = False) -> float:
        """Seconds, or seconds of its own work, that `q` per cent of the stretches stay under."""
        return float(np.percentile(self._cpu_s if work else self._wall_s, q))

    def report(self) -> str:
        """Percentiles, causes of the long stretches, and every one with its stacks; also a file."""
        long = self.long
        lines = [
            f"{self.count} stretches, {len(long)} over {LONG_S * 1e3:.0f} ms",
            *(
                f"p{q:g} {self.percentile(q) * 1e3:.1f} ms, "
                f"{self.percentile(q, work=True) * 1e3:.1f} ms of work"
                for q in (50, 95, 99, 99.9, 100)
            ),
            "",
        ]
        causes = Counter(s.cause for s in long)
        for cause, count in causes.most_common():
            mine = [s for s in long if s.cause == cause]
            waited = sum(s.wall_s - s.cpu_s for s in mine) / sum(s.wall_s for s in mine)
            longest = max(s.wall_s for s in mine) * 1e3
            lines.append(f"{count} x {cause}: longest {longest:.0f} ms, waiting {waited:.0%}")
        for s in long:
            lines.append(f"\n== {s.wall_s * 1e3:.0f} ms ({s.cpu_s * 1e3:.0f} ms of work): {s.what}")
            lines += [f"-- {cause_of(stack)}\n{stack.rstrip()}" for stack in s.stacks]
        text = "\n".join(lines) + "\n"
        (self._folder / "busy.txt").write_text(text)
        return text

    def close(self) -> None:
        """Take no more stacks."""
        gc.callbacks.remove(self._collector)
        self._ended.set()
        self._thread.join()
