"""How fast a large label set is: load, edit, undo, the journal, save; 100,000 rows.

Run ``python benchmarks/labels.py``; numbers go to the terminal and to out/bench/labels.json. With
``--check`` the exit code is 1 when a bound is missed; timings on a busy machine miss bounds.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from loupe.labels import edit
from loupe.labels.formats.tabular import LEGACY, table_of
from loupe.labels.history import Entry, History
from loupe.labels.intervals import IntervalLabelSet
from loupe.labels.store import LabelStore, export, load_table
from loupe.labels.table import IntervalTable
from loupe.session.labels import IntervalLabelSchema
from loupe.units import Span

ROWS = 100_000
EDITS = 400
SCHEMA = IntervalLabelSchema(
    start_col="start_s", end_col="end_s", label_col="label", note_col="note", extra_cols=("scorer",)
)


def frame(rows: int, seed: int) -> pl.DataFrame:
    """Touching epochs of 10 s with some notes, a scorer and a column nobody declared."""
    rng = np.random.default_rng(seed)
    starts = np.arange(rows) * 10.0
    noted = rng.random(rows) < 0.02
    return pl.DataFrame(
        {
            "start_s": starts,
            "end_s": starts + 10.0,
            "label": rng.choice(["Wake", "NREM", "REM"], rows),
            "note": [f"look at {i}" if flag else None for i, flag in enumerate(noted)],
            "scorer": rng.choice(["anna", "ben"], rows),
            "subject": ["007"] * rows,
        }
    )


def clock(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def percentiles(seconds: list[float]) -> dict[str, float]:
    p50, p95, p99 = np.percentile(np.array(seconds) * 1e3, [50, 95, 99])
    return {
        "p50_ms": round(float(p50), 3),
        "p95_ms": round(float(p95), 3),
        "p99_ms": round(float(p99), 3),
    }


def measure_edits(table: IntervalTable, seed: int) -> dict[str, dict[str, float]]:
    """Paint, move an edge, note, clear; then undo all of it."""
    rng = np.random.default_rng(seed)
    history, painted, changed, undone = History(), [], [], []
    end = float(table.ends[-1])
    for i in range(EDITS):
        at, length = rng.uniform(0, end - 100), rng.uniform(1, 60)
        row = int(rng.integers(1, len(table) - 1))
        begin = time.perf_counter()
        if i % 2 == 0:
            table, done = edit.paint(table, at, at + length, "REM")
        elif i % 4 == 1:
            table, done = edit.clear(table, at, at + length)
        else:
            table, done = edit.set_values(table, row, {"note": f"n{i}"})
        history = history.push(Entry(done))
        (painted if i % 2 == 0 else changed).append(time.perf_counter() - begin)
    for _ in range(len(history.done)):
        begin = time.perf_counter()
        moved = history.undo(table)
        undone.append(time.perf_counter() - begin)
        assert moved is not None
        history, table, _ = moved
    return {
        "paint": percentiles(painted),
        "clear_or_note": percentiles(changed),
        "undo": percentiles(undone),
    }


def measure_questions(table: IntervalTable, seed: int) -> dict[str, dict[str, float]]:
    rng = np.random.default_rng(seed)
    times = rng.uniform(0, float(table.ends[-1]), 2000)
    return {
        "at_time": percentiles([clock(lambda t=t: table.row_at(t)) for t in times]),
        "page": percentiles([clock(lambda t=t: table.visible_in(Span(t, t + 300))) for t in times]),
    }


def measure_store(path: Path, state: Path, seed: int) -> dict[str, object]:
    """An edit with its journal on this disk, a save, and a recovery of all edits."""
    rng = np.random.default_rng(seed)
    state.mkdir()
    store = LabelStore.open(path, SCHEMA, writeback=True, state_dir=state)
    kept, synced = [], []
    probe = (state / "probe").open("wb")
    for _ in range(EDITS):
        probe.write(b"x" * 300)
        probe.flush()
        synced.append(clock(lambda: os.fdatasync(probe.fileno())))
        at = rng.uniform(0, 9e5)
        done = edit.paint(store.table, at, at + 20, "Wake")[1]
        kept.append(clock(lambda done=done: store.append(done)))
    probe.close()
    store.close(keep_unsaved=True)
    begin = time.perf_counter()
    store = LabelStore.open(path, SCHEMA, writeback=True, state_dir=state)
    store.recover()
    recovered = time.perf_counter() - begin
    saved = clock(store.save)
    store.close()
    return {
        "edit_with_journal": percentiles(kept),
        "sync_alone": percentiles(synced),
        "recover_s": round(recovered, 3),
        "save_s": round(saved, 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit 1 when a bound is missed")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    data = frame(args.rows, args.seed)
    results: dict[str, object] = {"rows": args.rows, "edits": EDITS}
    with tempfile.TemporaryDirectory() as folder:
        loads = {}
        table = table_of(data, SCHEMA).table
        for suffix in ("csv", "htsv", "parquet"):
            path = Path(folder) / f"labels.{suffix}"
            export(table, path)
            loads[suffix] = round(min(clock(lambda p=path: load_table(p, SCHEMA)) for _ in "ab"), 3)
        results["load_s"] = loads
        results["script_add"] = percentiles(_script(data))
        results |= measure_edits(table, args.seed)
        results |= measure_questions(table, args.seed)
        path = Path(folder) / "labels.csv"
        results |= measure_store(path, Path(folder) / "state", args.seed)
    slow_load = max(loads.values())
    slow_edit = max(
        results[name]["p95_ms"]  # type: ignore[index]  # percentiles
        for name in ("paint", "clear_or_note", "undo", "script_add")
    )
    journaled = results["edit_with_journal"]["p95_ms"]  # type: ignore[index]  # percentiles
    results["bounds"] = {
        "load_s <= 1": slow_load <= 1.0,
        "edit or undo p95_ms <= 10": slow_edit <= 10.0,
        "edit with journal p95_ms <= 10": journaled <= 10.0,
    }
    text = json.dumps(results, indent=2)
    out = Path("out/bench")
    out.mkdir(parents=True, exist_ok=True)
    (out / "labels.json").write_text(text + "\n")
    sys.stdout.write(text + "\n")
    return int(args.check and not all(results["bounds"].values()))  # type: ignore[union-attr]  # as above


def _script(data: pl.DataFrame) -> list[float]:
    columns = [LEGACY.start_col, "end_s", LEGACY.label_col, "note"]
    labels = IntervalLabelSet.from_dataframe(data.select(columns))
    rng = np.random.default_rng(1)
    times = rng.uniform(0, 9e5, EDITS)
    return [clock(lambda t=t: labels.add(t, t + 15, "REM")) for t in times]


if __name__ == "__main__":
    sys.exit(main())
