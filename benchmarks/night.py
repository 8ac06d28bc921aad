"""A day of 64 channels in a real window: first pictures, cost of a page, memory.

Run ``python -m benchmarks.night [--hours 24] [--rounds 40]`` on a display with room for two
windows, one above the other; medians go to the terminal and to out/bench/night.json. Opening and
memory are measured in processes of their own, up to the picture on the screen.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.opening import run_opening
from benchmarks.recordings import Recording, night
from loupe.app import commands

OUT = Path("out/bench")
TIMES = 5
WINDOW_S, THROUGH_S = 30.0, 120.0
ROOM_MB = 150

Spent = dict[tuple[str, str], tuple[list[float], list[float]]]
"""Times of each kind of step by clock and by processor: of the day, and of five minutes."""


def _variant(recording: Recording, name: str, change: dict[str, str]) -> Path:
    """The recording's session with some lines changed, beside it."""
    text = recording.session.read_text()
    for old, new in change.items():
        if old not in text:
            raise ValueError(f"{recording.session} has no line {old!r}")
        text = text.replace(old, new)
    path = recording.session.with_name(f"{name}.toml")
    path.write_text(text)
    return path


def _overview(recording: Recording, *, there: bool) -> None:
    from loupe.data.catalog import Catalog
    from loupe.data.overview import build_sidecar
    from loupe.data.sidecar import sidecar_path
    from loupe.session.source import Source

    store = recording.session.with_name("data.zarr")
    target = sidecar_path(store)
    if not there:
        shutil.rmtree(target, ignore_errors=True)
        return
    data = Catalog().array(Source(path=str(store), variable="signal"))
    build_sidecar(data, target)  # type: ignore[arg-type]  # a zarr store opens as one of these


def first_pictures(recording: Recording, environment: dict[str, str]) -> dict[str, Any]:
    """From opening to the picture on the screen, after imports; medians, and the worst."""
    whole = _variant(recording, "whole", {"window = 30.0": f"window = {recording.length}"})
    found: dict[str, Any] = {}
    for name, session, there in (
        ("window_without_overview", recording.session, False),
        ("whole_with_overview", whole, True),
    ):
        _overview(recording, there=there)
        run_opening(session, environment)  # compiles
        runs = [run_opening(session, environment) for _ in range(TIMES)]
        for figure in ("first_picture_s", "first_picture_cpu_s", "settled_s"):
            values = [run[figure] for run in runs]
            found[f"{name}_{figure}"] = round(statistics.median(values), 3)
            found[f"{name}_{figure}_worst"] = max(values)
    return found


def memory(recording: Recording, environment: dict[str, str], ceiling_mb: int) -> dict[str, Any]:
    """Highest resident memory over a window with nothing in it.

    Pages through the whole recording and zooms out fully.
    """
    # Without an overview: everything that a full view needs is made while it is looked at.
    _overview(recording, there=False)
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.toml"
        empty.write_text("version = 1\n")
        nothing = run_opening(empty, environment)["resident_mb"]
    session = _variant(recording, "bounded", {"[view]\n": f"[view]\ncache_mb = {ceiling_mb}\n"})
    run = run_opening(session, environment, "--through", str(THROUGH_S))
    return {
        "ceiling_mb": ceiling_mb,
        "empty_window_mb": nothing,
        "pages": run["pages"],
        "over_empty_paging_mb": run["paged_mb"] - nothing,
        "over_empty_mb": run["through_mb"] - nothing,
        "allowed_mb": ceiling_mb + ROOM_MB,
    }


def pages(day: Recording, short: Recording, rounds: int) -> dict[str, Any]:
    """A page and a jump of 30 s in two windows by turns: all of the day, and five minutes.

    Done twice, each being opened first and lying above once, for that does not cost the same. The
    processor's time says less of how busy the machine is than the clock's.
    """
    spent: Spent = {
        (kind, unit): ([], []) for kind in ("page", "jump") for unit in ("ms", "cpu_ms")
    }
    for swapped in (False, True):
        _by_turns(day, short, rounds, spent, swapped)
    found: dict[str, Any] = {}
    for (kind, unit), both in spent.items():
        a, b = (statistics.median(times) for times in both)
        found[f"{kind}_day_{unit}"], found[f"{kind}_five_minutes_{unit}"] = round(a, 1), round(b, 1)
        found[f"{kind}_{unit.removesuffix('ms')}ratio"] = round(a / b, 2)
    return found


def _by_turns(
    day: Recording,
    short: Recording,
    rounds: int,
    spent: Spent,
    swapped: bool,
) -> None:
    from benchmarks.steps import DROPPED, SIZE
    from benchmarks.window import Driven

    recordings = (day, short)
    windows: dict[int, Driven] = {}
    for which, place in zip((1, 0) if swapped else (0, 1), (0, SIZE[1] + 8), strict=True):
        windows[which] = Driven(recordings[which].session, SIZE, (0, place))
    rng = random.Random(0)

    def step(kind: str, which: int, kept: bool, act: Callable[[Driven], None]) -> None:
        window = windows[which]
        window.quiet()
        updates, start, cpu = window.updates, time.perf_counter(), time.process_time()
        act(window)
        window.settle(updates)
        if kept:
            spent[kind, "ms"][which].append((time.perf_counter() - start) * 1e3)
            spent[kind, "cpu_ms"][which].append((time.process_time() - cpu) * 1e3)

    for number in range(rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            at = rng.uniform(0, recordings[which].length - 3 * WINDOW_S)
            kept = number >= DROPPED
            step("jump", which, kept, lambda window, at=at: window.show(at, WINDOW_S))
            step("page", which, kept, lambda window: window.run(commands.PageTime(1)))
    for window in windows.values():
        window.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--part", action="append", choices=("first", "pages", "memory"))
    parser.add_argument("--ceiling", type=int, default=512, help="MiB of the session's cache")
    arguments = parser.parse_args()
    parts = arguments.part or ["first", "pages", "memory"]
    day, short = night(arguments.hours), night(5 / 60)
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / "night.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "LOUPE_KERNEL_CACHE": folder}
        if "first" in parts:
            found["first_pictures"] = first_pictures(day, environment)
        if "pages" in parts:
            found["pages"] = pages(day, short, arguments.rounds)
        if "memory" in parts:
            found["memory"] = memory(day, environment, arguments.ceiling)
    found["hours"] = arguments.hours
    path.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
