"""Measures steps against the floor: floor, work, floor, sixty times over, in one process."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtGui import QGuiApplication

from benchmarks.floor import Floor
from benchmarks.window import Driven
from benchmarks.workloads import STEPS, Workload

__all__ = ["SIZE", "measure_steps"]

SIZE = (1600, 900)
DROPPED = 5


def _ms(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e3


def measure_steps(
    workload: Workload, share: float, rounds: int, only: Sequence[str] = ()
) -> dict[str, Any]:
    """Every step of a workload.

    Parameters
    ----------
    share
        Size of the recording, 1 for all of it.
    rounds
        How often each step is done; the first `DROPPED` count as warming up.
    only
        Names of steps; all of the workload's by default.
    """
    recording = workload.make(share)
    window = Driven(recording.session, SIZE, (0, SIZE[1] + 8))
    floor = Floor(SIZE, (0, 0))
    apart = QGuiApplication.primaryScreen().geometry().height() >= 2 * SIZE[1] + 8
    results: dict[str, Any] = {}
    try:
        window.quiet()
        for name in workload.steps:
            if not only or name in only:
                results[name] = _measure(window, floor, name, recording.length, rounds)
                target = workload.targets.get(name)
                if target is not None:
                    results[name] |= {
                        "target": target,
                        "met": results[name]["floors"] <= target,
                    }
    finally:
        window.close()
        floor.close()
    return {
        "about": workload.about,
        "raw_mb": round(recording.raw_bytes / 1e6),
        "windows_apart": apart,
        "steps": results,
    }


def _measure(window: Driven, floor: Floor, name: str, length: float, rounds: int) -> dict[str, Any]:
    step, rng = STEPS[name], random.Random(name)
    bench = window.window.core.presenter.bench
    floors: list[float] = []
    works: list[float] = []
    cpu: list[float] = []
    repaints: list[int] = []
    composings: list[int] = []
    reads = bench.counts["reads"]
    for number in range(rounds):
        step.prepare(window, rng, length)
        window.quiet()
        before_floor = _ms(floor.step)
        before, updates = window.repaints, window.updates
        start, spent = time.perf_counter(), time.process_time()
        step.act(window, rng, length)
        window.settle(updates)
        took, used = (time.perf_counter() - start) * 1e3, (time.process_time() - spent) * 1e3
        drawn = window.repaints - before
        composed = window.updates - updates
        window.quiet()
        after_floor = _ms(floor.step)
        if number >= min(DROPPED, rounds // 2):
            works.append(took)
            cpu.append(used)
            floors += [before_floor, after_floor]
            repaints.append(drawn)
            composings.append(composed)
    floor_ms, work_ms = statistics.median(floors), statistics.median(works)
    return {
        "floors": round(work_ms / floor_ms, 2),
        "ms": round(work_ms, 1),
        "p95_ms": round(sorted(works)[int(0.95 * (len(works) - 1))], 1),
        "cpu_ms": round(statistics.median(cpu), 1),
        "floor_ms": round(floor_ms, 1),
        "repaints": round(statistics.mean(repaints), 2),
        "composings": round(statistics.mean(composings), 2),
        "reads": bench.counts["reads"] - reads,
    }
