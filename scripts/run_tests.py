"""Run the test suite in the processes that it needs, and end with one line that sums them up.

Qt, OpenGL without a display and a bare core cannot share a process: vispy takes one backend a
process, and the pure job proves that nothing below the window needs either. So there are three:

pure
    Everything that draws nothing, with PySide6 and vispy made unimportable, on all cores.
render
    OpenGL through EGL, without a display (marker ``gl``).
ui
    Real windows, under ``xvfb-run`` (marker ``window``).

``--soak`` runs the full counts: the tests marked ``soak`` too, without a time limit a test.
Arguments after ``--`` go to every pytest.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "tests"
NO_TESTS_COLLECTED = 5


@dataclass(frozen=True)
class Job:
    """One pytest process: its marker expression, further arguments, environment and wrapper."""

    name: str
    markers: str
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    wrapper: tuple[str, ...] = ()


JOBS = (
    Job(
        "pure",
        "not gl and not window",
        ("-n", str(os.cpu_count() or 1), "--ignore=tests/render", "--ignore=tests/ui"),
        (("LOUPE_PURE", "1"),),
    ),
    Job(
        "render",
        "gl",
        ("-n0", "--ignore=tests/ui"),
        (("EGL_PLATFORM", "surfaceless"), ("QT_QPA_PLATFORM", "offscreen")),
    ),
    Job(
        "ui",
        "window",
        ("-n0", "--ignore=tests/render"),
        (("QT_QPA_PLATFORM", "xcb"),),
        ("xvfb-run", "-a", "-s", "-screen 0 1600x1000x24"),
    ),
)


@dataclass
class Tally:
    """How many tests passed, failed (errors among them) and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add_report(self, report: Path) -> None:
        """Add the counts of one junit file."""
        for suite in ET.parse(report).getroot().iter("testsuite"):
            tests, failures, errors, skipped = (
                int(suite.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")
            )
            self.failed += failures + errors
            self.skipped += skipped
            self.passed += tests - failures - errors - skipped


def run_job(job: Job, *, soak: bool, rest: list[str], tally: Tally) -> bool:
    """Run one job; whether it went well. A job without its wrapper is skipped with a reason."""
    if job.wrapper and shutil.which(job.wrapper[0]) is None:
        print(f"== {job.name}: skipped, {job.wrapper[0]} is not installed", flush=True)
        tally.skipped += 1
        return True
    print(f"== {job.name}", flush=True)
    report = OUT / f"{job.name}.xml"
    report.unlink(missing_ok=True)
    markers = job.markers if soak else f"({job.markers}) and not soak"
    command = [*job.wrapper, sys.executable, "-m", "pytest", "tests", "-q", "-m", markers]
    command += [*job.args, f"--junitxml={report}", "-o", "junit_family=xunit2"]
    if soak:
        command += ["--timeout=0", "--durations=25"]
    started = time.monotonic()
    code = subprocess.run(
        [*command, *rest], cwd=ROOT, env={**os.environ, **dict(job.env)}, check=False
    ).returncode
    if report.exists():
        tally.add_report(report)
    if code == NO_TESTS_COLLECTED:
        print(f"== {job.name}: no tests yet", flush=True)
    print(f"== {job.name}: {time.monotonic() - started:.0f} s", flush=True)
    broke = code not in (0, NO_TESTS_COLLECTED)
    if broke and tally.failed == 0:
        tally.failed += 1  # pytest itself broke, or a process died: that must not count as green
    return not broke


def main() -> int:
    """Run the jobs that were asked for; 0 when all went well and at least one test passed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--soak", action="store_true", help="full counts")
    parser.add_argument("--job", action="append", choices=[job.name for job in JOBS])
    parser.add_argument("rest", nargs="*", help="arguments for pytest, after --")
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    tally = Tally()
    wanted = [job for job in JOBS if options.job is None or job.name in options.job]
    good = [run_job(job, soak=options.soak, rest=options.rest, tally=tally) for job in wanted]
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped", flush=True)
    return 0 if all(good) and tally.passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
