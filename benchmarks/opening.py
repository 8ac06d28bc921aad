"""Opens one session in a fresh process and tells how long the first picture took, as JSON.

``python -m benchmarks.opening SESSION [--walk] [--through SECONDS]``; `measure_opening` runs it
with an empty and with a filled cache of compiled kernels.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TIMES = 3

__all__ = ["measure_opening", "run_opening"]


def _status(name: str) -> float:
    """A line of /proc/self/status in MB; 0 where there is none."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(x.split()[1]) / 1e3 for x in lines if x.startswith(name)), 0.0)


def _open(session: Path, walk: bool, through: float = 0.0) -> dict[str, float]:
    import numba  # noqa: F401 - imports do not count, late ones neither
    import zarr  # noqa: F401 - as above
    from PySide6.QtCore import QCoreApplication, QEventLoop

    from benchmarks.finish import finish
    from benchmarks.window import Driven
    from loupe.app import commands
    from loupe.ui.app import application

    application()
    empty = _status("VmRSS")
    begin, spent = time.perf_counter(), time.process_time()
    window = Driven(session, (1600, 900), (0, 0), exact=False)
    wait = QEventLoop.ProcessEventsFlag.AllEvents | QEventLoop.ProcessEventsFlag.WaitForMoreEvents
    while not window.has_picture:
        QCoreApplication.processEvents(wait)
    drawn = window.repaints
    # The picture is there when the repaint that was asked for with it is done.
    while window.repaints == drawn and not window.window.core.presenter.settled:
        QCoreApplication.processEvents(wait)
    finish(window.window.widget.canvas)
    first, spent = time.perf_counter() - begin, time.process_time() - spent
    window.settle()
    settled = time.perf_counter() - begin
    found = {
        "first_picture_s": round(first, 3),
        "first_picture_cpu_s": round(spent, 3),
        "settled_s": round(settled, 3),
        "before_mb": round(empty),
    }
    if walk:
        rng = random.Random(0)
        extent = window.window.state.extent
        for _ in range(40):
            window.show(rng.uniform(extent.start, extent.stop), 10.0)
            window.settle()
        for part in (0.1, 0.5, 1.0):
            window.show(extent.start, extent.length * part)
            window.settle()
        found["peak_mb"] = round(_status("VmHWM"))
    if through:
        extent = window.window.state.extent
        window.show(extent.start, through)
        window.settle()
        pages = int(extent.length / through)
        for _ in range(pages):
            window.run(commands.PageTime(1))
            window.settle()
        found["pages"] = pages
        found["paged_mb"] = round(_status("VmHWM"))
        for part in (0.1, 0.5, 1.0):
            window.show(extent.start, extent.length * part)
            window.settle()
        found["through_mb"] = round(_status("VmHWM"))
    found["resident_mb"] = round(_status("VmRSS"))
    window.close()
    return found


def measure_opening(session: Path, raw_bytes: int) -> dict[str, Any]:
    """Open to first picture with an empty and with a filled kernel cache; peak memory.

    Memory is that of a process that opens the session, jumps 40 times, and shows a tenth, half
    and all of the recording. With the filled cache both are medians of `TIMES` processes.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "LOUPE_KERNEL_CACHE": folder}
        cold = run_opening(session, environment)
        run_opening(session, environment, "--walk")
        warm = [run_opening(session, environment) for _ in range(TIMES)]
        walked = [run_opening(session, environment, "--walk") for _ in range(TIMES)]
    raw = raw_bytes / 1e6

    def median(runs: list[dict[str, Any]], name: str) -> float:
        return float(statistics.median(run[name] for run in runs))

    peak = median(walked, "peak_mb")
    return {
        "first_picture_cold_s": cold["first_picture_s"],
        "first_picture_s": median(warm, "first_picture_s"),
        "settled_cold_s": cold["settled_s"],
        "settled_s": median(warm, "settled_s"),
        "peak_mb": round(peak),
        "peak_less_raw_mb": round(peak - raw),
        "peak_over_start_mb": round(peak - median(walked, "before_mb")),
    }


def run_opening(session: Path, environment: dict[str, str], *options: str) -> dict[str, Any]:
    """Open a session in a process of its own; what that process measured."""
    command = [sys.executable, "-m", "benchmarks.opening", str(session), *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("session", type=Path)
    parser.add_argument("--walk", action="store_true")
    parser.add_argument("--through", type=float, default=0.0)
    arguments = parser.parse_args()
    found = _open(arguments.session, arguments.walk, arguments.through)
    sys.stdout.write(json.dumps(found) + "\n")
