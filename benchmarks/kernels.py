"""How long the kernels take that make pictures, and drawing a frame; sizes as in the design.

Run ``python benchmarks/kernels.py``; medians go to the terminal and to out/bench/kernels.json.
Wall time is what a user waits for; CPU time says what it costs on a busy machine.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from loupe.errors import LoupeRenderError
from loupe.tiles import share
from loupe.tiles.compose import compose_traces
from loupe.tiles.events import bin_events, density_full
from loupe.tiles.heat import heat_columns
from loupe.tiles.spans import bin_spans, curve_spans

WIDTH, HEIGHT = 1600, 900
TRACES = 384


def median_ms(call: Callable[[], object], repeats: int) -> dict[str, float]:
    """Wall and CPU time of a call, after one that compiles."""
    call()
    wall, cpu = [], []
    for _ in range(repeats):
        start, busy = time.perf_counter(), time.process_time()
        call()
        wall.append((time.perf_counter() - start) * 1e3)
        cpu.append((time.process_time() - busy) * 1e3)
    return {
        "wall_ms": round(statistics.median(wall), 2),
        "cpu_ms": round(statistics.median(cpu), 2),
    }


def span_cases() -> dict[str, Callable[[], object]]:
    """384 channels at 1 kHz: 10 s and 60 s raw, and 300 s from bins of 16."""
    rng = np.random.default_rng(0)
    cases: dict[str, Callable[[], object]] = {}
    for seconds, dtype in ((10, "f4"), (10, "i2"), (60, "f4")):
        y = (rng.normal(size=(TRACES, seconds * 1000)) * 100).astype(dtype)
        grid = {"k0": 0, "width": WIDTH, "grid_dt": seconds / WIDTH}
        cases[f"spans {TRACES} x {seconds} s {dtype}"] = lambda y=y, grid=grid: curve_spans(
            y, (0.0, 0.001), **grid
        )
    bins = rng.normal(size=(TRACES, 18_750)).astype(np.float32)
    grid = {"k0": 0, "width": WIDTH, "grid_dt": 300 / WIDTH}
    cases[f"spans {TRACES} x 300 s from bins"] = lambda: bin_spans(
        bins, bins + 1, (0.0, 0.016), **grid
    )
    return cases


def compose_cases() -> dict[str, Callable[[], object]]:
    """The spans of 10 s into 1600 x 900 at four gains, and lines of 2 px."""
    rng = np.random.default_rng(0)
    t = np.arange(10_000) / 1000
    y = rng.normal(size=(TRACES, len(t))) + 2 * np.sin(20 * t + rng.uniform(0, 6, size=(TRACES, 1)))
    lo, hi = curve_spans(y, (0.0, 0.001), k0=0, width=WIDTH, grid_dt=10 / WIDTH)
    gap = HEIGHT / TRACES
    options = {
        "offset": (np.arange(TRACES) + 0.5) * gap,
        "colors": (207, 214, 222, 255),
        "height": HEIGHT,
    }
    cases: dict[str, Callable[[], object]] = {}
    for gain in (1, 4, 20, 100):
        cases[f"compose {TRACES} traces, gain {gain}"] = lambda gain=gain: compose_traces(
            lo, hi, scale=gain * gap / 4, **options
        )
    cases[f"compose {TRACES} traces, gain 4, 2 px"] = lambda: compose_traces(
        lo, hi, scale=gap, width=2.0, **options
    )
    return cases


def heat_cases() -> dict[str, Callable[[], object]]:
    """500 rows: a page of 400 samples and 20,000 samples, peak and mean."""
    y = np.random.default_rng(0).normal(size=(500, 20_000)).astype(np.float32)
    cases: dict[str, Callable[[], object]] = {}
    for method in ("peak", "mean"):
        for n in (400, 20_000):
            grid = {"k0": 0, "width": WIDTH, "grid_dt": n * 0.1 / WIDTH}
            cases[f"heat 500 x {n} {method}"] = lambda n=n, grid=grid, method=method: heat_columns(
                y[:, :n], (0.0, 0.1), method=method, **grid
            )
    return cases


def event_cases() -> dict[str, Callable[[], object]]:
    """Events of an hour on 200 rows, drawn one over the other and as a density."""
    rng = np.random.default_rng(0)
    edges = np.arange(200) * HEIGHT / 200
    cases: dict[str, Callable[[], object]] = {}
    for n in (10_000, 1_000_000, 5_000_000):
        t = np.sort(rng.uniform(0, 3600, n))
        row = rng.integers(0, 200, n).astype(np.int32)
        rgba = rng.integers(0, 256, (n, 4)).astype(np.uint8)
        for name, full in (("ticks", 1.0), ("density", max(density_full(n, 200, WIDTH), 1.5))):
            cases[f"events {n:,} {name}"] = (
                lambda t=t, row=row, rgba=rgba, full=full: bin_events(
                    t, row, rgba, k0=0, width=WIDTH, grid_dt=3600 / WIDTH, row_top=edges,
                    row_bottom=edges + 3.5, height=HEIGHT, thickness=2, full=full,
                )
            )  # fmt: skip
    return cases


def draw_cases() -> dict[str, Callable[[], object]]:
    """A frame of one tile of 2048 x 900 without a display: panned, and with a new tile."""
    from loupe.render.offscreen import Offscreen
    from loupe.scene.frame import Frame, FramePanel, PxRect, RgbaTile
    from loupe.units import Rgba

    screen = Offscreen()
    pixels = np.full((2048, HEIGHT, 4), 255, np.uint8)
    numbers = iter(range(10**9))

    def draw(key: object, x0: int) -> None:
        tile = RgbaTile(key, pixels, x0, x0 + 2048, 0, HEIGHT)
        panel = FramePanel("p", PxRect(0, 0, WIDTH, HEIGHT), (tile,))
        screen.render(Frame((WIDTH, HEIGHT), Rgba(0, 0, 0), (panel,)))

    return {
        "draw and read back, pan": lambda: draw("resident", -(next(numbers) % 400)),
        "draw and read back, new tile": lambda: draw(next(numbers), 0),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--only", default="", help="part of the names of the cases to run")
    parser.add_argument("--out", type=Path, default=Path("out/bench/kernels.json"))
    arguments = parser.parse_args()
    results: dict[str, dict[str, float]] = {}
    for make in (span_cases, compose_cases, heat_cases, event_cases, draw_cases):
        try:
            cases = make()
        except LoupeRenderError as error:
            print(error.render())
            continue
        for name, call in cases.items():
            if arguments.only not in name:
                continue
            results[name] = median_ms(call, arguments.repeats)
            print(
                f"{name:42} {results[name]['wall_ms']:8.1f} ms   cpu {results[name]['cpu_ms']:8.1f}"
            )
    share.WORTH = 10**12
    one = compose_cases()[f"compose {TRACES} traces, gain 4"]
    if arguments.only in "one thread":
        results["compose, gain 4, one thread"] = median_ms(one, arguments.repeats)
        print("one thread:", results["compose, gain 4, one thread"])
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
