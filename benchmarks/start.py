"""How long `loupe --help` and `loupe validate --no-data` take, whole processes from outside.

Run ``python benchmarks/start.py``: the checkout is installed (not editable, with
``constraints.txt``) into a fresh environment in a temporary folder, and whole processes take turns
with ``python -I -S -c pass`` there. ``--environment DIR`` uses, or makes, a folder that stays.
Numbers go to the terminal and to out/bench/start.json; with ``--check`` the exit code is 1 when a
bound is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
ROUNDS = 21
LINES = 200
BOUNDS = {"help": 10.0, "validate": 30.0}

HEAD = """\
#:schema schemas/session.schema.json
version = 1
title = "Mouse ${mouse}, night 3"

[vars]
mouse = "m12"

[view]
window = 30.0
start = 0.0
theme = "dark"

[sources.lfp]
path = "lfp.zarr"
group = "probe0"
variable = "data"
select = { time = { start = 0, stop = 1800 } }

[sources.spikes]
path = "spikes.parquet"
"""

PLOTS = """
[[plots]]
kind = "trace"
data = "lfp"
mode = "dense"
order_by = "y"
descending = true
traces_per_page = 16
hue = "region"
height = 2.0

[[plots]]
kind = "trace"
data = { path = "eeg.zarr", group = "eeg", select = { channel = "neck L" } }
array_name = "EMG"
color = "#e69f00"
height = 1.5
y_range = [-100.0, 100.0]

[[plots]]
kind = "raster"
data = "spikes"
time_col = "time"
order_by = "unit"
split_by = "probe"
alpha_by = "snr"

[[plots]]
kind = "heatmap"
data = { path = "dff.zarr", variable = "dff" }
split_by = "dend-ID"
order_by = "pos"
cmap = ["magma", "viridis"]

[[plots]]
kind = "zip"
on = "syn_id"
traces = [{ data = "lfp" }, { data = "lfp", color = "#00ff00" }]
"""

TAIL = """
[[videos]]
video_path = "cam1.mp4"
frame_times_path = "cam1_frame_times.npy"
name = "side cam"

[events]
data = { path = "events.parquet" }
event_times_column = "time"
style_events_on = "kind"
style_kwargs.stim = { line_color = "#ff8800", line_width = 2.0 }

[[labels]]
path = "hypnogram.htsv"
writeback = true
epoch = 10.0
[labels.schema]
start_col = "start_time"
end_col = "end_time"
label_col = "state"
extra_cols = ["scorer", "confidence"]

[states]
keymap = { Wake = ["w", "W"], NREM = ["1", "e"] }
label_colors = { Wake = "#00d12860", NREM = [41, 30, 255, 60] }

[keys]
"view.page_right" = ["]", "PgDown"]
"""


def session_text() -> str:
    """A session of 200 lines without a fault, with every section and every kind of plot."""
    head, plots, tail = HEAD.splitlines(), PLOTS.splitlines(), TAIL.splitlines()
    times = (LINES - len(head) - len(tail)) // len(plots)
    lines = [*head, *plots * times, *tail]
    lines += ["# a remark"] * (LINES - len(lines))
    return "\n".join(lines) + "\n"


def install(environment: Path) -> Path:
    """The folder of programs of an environment with the checkout in it."""
    programs = environment / ("Scripts" if sys.platform == "win32" else "bin")
    if not programs.is_dir():
        venv.create(environment, with_pip=True)
    options = ["--quiet", "--constraint", str(ROOT / "constraints.txt")]
    pip = [str(programs / "python"), "-m", "pip", "install", *options]
    subprocess.run([*pip, str(ROOT)], check=True)
    # The same version again, in case an older checkout was there.
    subprocess.run([*pip, "--no-deps", "--force-reinstall", str(ROOT)], check=True)
    return programs


def measure(programs: Path, session: Path) -> dict[str, dict[str, float]]:
    """Medians of whole processes in turns, in ms and over the shortest of them."""
    loupe = str(programs / "loupe")
    commands = {
        "pass": [str(programs / "python"), "-I", "-S", "-c", "pass"],
        "help": [loupe, "--help"],
        "validate": [loupe, "validate", "--no-data", str(session)],
    }
    # A PYTHONPATH would have another Loupe measured than the installed one.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    took: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(ROUNDS + 1):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, env=environment)
            if number:  # the first fills the caches of files and of bytecode
                took[name].append(time.perf_counter() - start)
    floor = median(took["pass"])
    return {
        name: {"ms": round(median(times) * 1e3, 1), "ratio": round(median(times) / floor, 2)}
        for name, times in took.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--environment", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        session = Path(folder) / "session.toml"
        session.write_text(session_text(), encoding="utf-8")
        programs = install((arguments.environment or Path(folder) / "environment").absolute())
        results = measure(programs, session)
    missed = False
    for name, found in results.items():
        bound = BOUNDS.get(name)
        held = bound is None or found["ratio"] <= bound
        missed |= not held
        target = "" if bound is None else f"  target {bound:g} {'met' if held else 'MISSED'}"
        print(f"{name:10s}{found['ms']:8.1f} ms {found['ratio']:7.2f}{target}")
    out = Path("out/bench")
    out.mkdir(parents=True, exist_ok=True)
    (out / "start.json").write_text(json.dumps(results, indent=1) + "\n")
    return int(arguments.check and missed)


if __name__ == "__main__":
    raise SystemExit(main())
