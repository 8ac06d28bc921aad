"""``python -m benchmarks``: everything that is measured, by name.

``--workload NAME`` (again for more; all by default), ``--json`` for machines, ``--list`` says what
there is, ``--table`` prints the last runs' figures, ``--quick`` tries everything on small data,
``--check`` fails where a target is missed.
Windows need a display with room for two of 1600 x 900, one above the other:
``xvfb-run -a -s "-screen 0 1600x1840x24" python -m benchmarks``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

OUT = Path("out/bench")
ROUNDS, QUICK_ROUNDS, QUICK_SHARE = 60, 3, 0.02
SCRIPTS = {
    "labels": "edits, undo, saves and questions on 100,000 labels",
    "video": "cached steps, jumps and four videos at once",
    "start": "`loupe --help` and `loupe validate` in a fresh environment",
    "together": "pages of a window while four videos play beside it",
    "kernels": "samples reduced and spans composed in a second",
    "data": "pyramids, chunk reading and paging of a day",
    "night": "a day in a window: first pictures, pages beside those of 5 min, memory",
}
"""Measurements that are programs of their own, where the file is there."""


def main() -> int:
    """Measure what was asked for; the exit code."""
    from benchmarks.table import tables
    from benchmarks.workloads import WORKLOADS

    scripts = {name: text for name, text in SCRIPTS.items() if _script(name).is_file()}
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--workload", action="append", choices=[*WORKLOADS, *scripts], metavar="NAME"
    )
    parser.add_argument("--step", action="append", default=[], help="only this step")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--no-opening", action="store_true", help="steps only")
    for flag in ("json", "list", "table", "quick", "check"):
        parser.add_argument(f"--{flag}", action="store_true")
    arguments = parser.parse_args()
    if arguments.list:
        for name, workload in WORKLOADS.items():
            sys.stdout.write(f"{name:10s}{workload.about}\n")
        for name, text in scripts.items():
            sys.stdout.write(f"{name:10s}{text}\n")
        return 0
    if arguments.table:
        sys.stdout.write(tables(OUT, [*WORKLOADS]))
        return 0
    OUT.mkdir(parents=True, exist_ok=True)
    names = arguments.workload or [*WORKLOADS, *scripts]
    missed = False
    for name in names:
        if name in scripts:
            missed |= (
                subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode
                > 0
            )
            continue
        found = _measure(name, arguments)
        kind = "quick-" if arguments.quick else ""
        (OUT / f"{kind}{name}.json").write_text(json.dumps(found, indent=1) + "\n")
        sys.stdout.write(json.dumps(found) + "\n" if arguments.json else _text(name, found))
        sys.stdout.flush()
        missed |= not all(step.get("met", True) for step in found["steps"].values())
    return int(arguments.check and missed)


def _script(name: str) -> Path:
    return Path(__file__).with_name(f"{name}.py")


def _measure(name: str, arguments: argparse.Namespace) -> dict[str, Any]:
    from benchmarks.opening import measure_opening
    from benchmarks.steps import measure_steps
    from benchmarks.workloads import WORKLOADS

    workload = WORKLOADS[name]
    share = QUICK_SHARE if arguments.quick else 1.0
    rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    found = measure_steps(workload, share, rounds, arguments.step)
    if not arguments.no_opening:
        recording = workload.make(share)
        found["opening"] = measure_opening(recording.session, recording.raw_bytes)
    found["machine"] = {
        "cores": os.cpu_count(),
        "processor": platform.processor() or platform.machine(),
        "load": round(os.getloadavg()[0], 1),
        "date": time.strftime("%Y-%m-%d %H:%M"),
    }
    return found


def _text(name: str, found: dict[str, Any]) -> str:
    lines = [f"{name}: {found['about']}, {found['raw_mb']} MB"]
    for step, r in found["steps"].items():
        target = (
            f"  target {r['target']} {'met' if r['met'] else 'MISSED'}" if "target" in r else ""
        )
        lines.append(
            f"  {step:14s}{r['floors']:7.2f} floors {r['ms']:8.1f} ms (cpu {r['cpu_ms']:.1f}, "
            f"floor {r['floor_ms']:.1f}), "
            f"{r['repaints']} repaints ({r['composings']} composings), {r['reads']} reads{target}"
        )
    lines += [f"  {key:22s}{value}" for key, value in found.get("opening", {}).items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
