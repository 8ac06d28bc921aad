"""Opening, paging, pyramids and memory of the data floor, without a window.

Run ``python -m benchmarks.data [--hours 24]``; medians go to the terminal and to
out/bench/data.json. The recording (64 channels at 500 Hz, int16) is generated once into
out/bench/data. Rates are also given as parts of a plain reader's in the same run, for absolute
ones say more about the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import zarr

from loupe.data.catalog import Catalog
from loupe.data.overview import build_sidecar
from loupe.data.pyramid import Pyramid
from loupe.data.readers.memory import open_memory_array
from loupe.data.request import OpenRequest
from loupe.data.sidecar import open_pyramid, sidecar_path

OUT = Path("out/bench")
CHANNELS, RATE, CHUNK_S = 64, 500, 60
WINDOW_S = 30.0


def night(hours: float, *, compressed: bool = True, channels: int = CHANNELS) -> Path:
    """Write the recording once; noise with a slow drift, each chunk its own part of it."""
    kind = "" if compressed else "-plain"
    path = OUT / "data" / f"floor-{hours:g}h-{channels}ch{kind}.zarr"
    if (path / "zarr.json").is_file():
        return path
    n = int(hours * 3600 * RATE)
    step = CHUNK_S * RATE
    rng = np.random.default_rng(1)
    block = (rng.normal(size=(channels, 2 * step)).cumsum(axis=1) * 3).astype("int16")
    group = zarr.open_group(path, mode="w")
    more = {} if compressed else {"compressors": None}
    time_s = np.arange(n) / RATE
    array = group.create_array("time", shape=(n,), chunks=(2**18,), dtype="float64",
                               dimension_names=("time",))  # fmt: skip
    array[:] = time_s
    data = group.create_array(
        "data", shape=(channels, n), chunks=(channels, step), dtype="int16",
        dimension_names=("channel", "time"), attributes={"units": "uV"}, **more,
    )  # fmt: skip

    def write(k: int) -> None:
        stop = min((k + 1) * step, n)
        shift = (k * 7919) % step
        data[:, k * step : stop] = block[:, shift : shift + stop - k * step]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(-(-n // step))))
    return path


def timed(call: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def resident_mb() -> float:
    """Memory of this process now, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def page_times(paths: list[Path], rounds: int, *, cold: bool) -> list[float]:
    """Median ms to read 30 s of all channels at random places, by turns, nothing decoded kept.

    Parameters
    ----------
    cold
        Whether the system has forgotten the files of the page, else it has just read them: a
        short recording fits into its memory and a long one may not, which is not to be measured.
    """
    opened = [Catalog(cache_mb=0).array(path) for path in paths]
    rng = np.random.default_rng(2)
    spent: list[list[float]] = [[] for _ in paths]
    for place in rng.random(rounds + 5):
        for path, data, times in zip(paths, opened, spent, strict=True):
            start = place * (data.time.span.stop - WINDOW_S)
            i0, i1 = data.time.bracket(start, start + WINDOW_S)
            if cold:
                forget(path, i0, i1)
            else:
                data.read(slice(None), i0, i1)
            times.append(timed(lambda d=data, i0=i0, i1=i1: d.read(slice(None), i0, i1)))
    return [statistics.median(times[5:]) * 1e3 for times in spent]


def forget(path: Path, i0: int, i1: int) -> None:
    """Let the system drop the files of samples ``i0 .. i1 - 1`` from its memory."""
    step = CHUNK_S * RATE
    for k in range(i0 // step, -(-i1 // step)):
        with (path / "data" / "c" / "0" / str(k)).open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def opening(path: Path) -> dict[str, float]:
    """Opening and the first window."""
    start = time.perf_counter()
    data = Catalog().array(path)
    opened = time.perf_counter()
    data.read(slice(None), *data.time.bracket(0.0, WINDOW_S))
    return {
        "open_ms": round((opened - start) * 1e3, 1),
        "first_window_ms": round((time.perf_counter() - opened) * 1e3, 1),
    }


def memory(path: Path, ceiling_mb: int) -> dict[str, float]:
    """Growth of the process while paging through everything."""
    before = resident_mb()
    catalog = Catalog(cache_mb=ceiling_mb)
    data = catalog.array(path)
    step = CHUNK_S * RATE // 2
    most = before
    for i0 in range(0, data.time.n, step):
        data.read(slice(None), i0, min(i0 + 2 * step, data.time.n))
        most = max(most, resident_mb())
    held = catalog.cache.stats
    return {
        "ceiling_mb": ceiling_mb,
        "held_mb": round(held.peak_bytes / 1e6, 1),
        "grown_mb": round(most - before, 1),
        "chunks_read_twice": held.loads - -(-data.time.n // (CHUNK_S * RATE)),
    }


def pyramid_in_memory(workers: int = 2) -> dict[str, float]:
    """Pyramid of float32 in memory, and what numpy needs for one minimum of all."""
    values = np.random.default_rng(0).normal(size=(16, 12_000_000)).astype("float32")
    data = open_memory_array((np.arange(values.shape[1]) / 500.0, values), OpenRequest("memory"))
    # While a kernel compiles, its slow twin serves: build one tile first.
    warm = Pyramid(data)
    warm.build(warm.all_tiles()[0])
    rates = []
    for _ in range(6):
        pyramid = Pyramid(data)
        with ThreadPoolExecutor(workers) as pool:
            rates.append(timed(lambda p=pyramid, w=pool: list(w.map(p.build, p.all_tiles()))))
    return {
        "gsamples_per_s": round(values.size / statistics.median(rates[1:]) / 1e9, 2),
        "numpy_min_gsamples_per_s": round(values.size / timed(values.min) / 1e9, 2),
    }


def overview(path: Path, workers: int = 2) -> dict[str, float]:
    """Building an overview file, beside reading every chunk once with nothing done to it."""
    array = zarr.open_group(path, mode="r")["data"]
    step = array.chunks[1]
    starts = range(0, array.shape[1], step)

    def plain() -> None:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda i: array[:, i : i + step].shape, starts))

    def build() -> None:
        target = sidecar_path(path)
        if target.exists():
            import shutil

            shutil.rmtree(target)
        build_sidecar(Catalog(cache_mb=64).array(path), target, workers=workers)

    plain()
    reading = statistics.median([timed(plain) for _ in range(3)])
    building = statistics.median([timed(build) for _ in range(3)])
    samples = array.shape[0] * array.shape[1]
    return {
        "build_gsamples_per_s": round(samples / building / 1e9, 3),
        "plain_reader_gsamples_per_s": round(samples / reading / 1e9, 3),
        "part_of_plain_reader": round(reading / building, 2),
    }


def whole_night(path: Path) -> dict[str, float]:
    """Opening with an overview file and all columns of the whole recording."""
    build_sidecar(Catalog().array(path), sidecar_path(path))

    def show() -> None:
        catalog = Catalog()
        data = catalog.array(path)
        pyramid, note = open_pyramid(data, catalog.cache)
        assert not note, note
        level = pyramid.level_for(data.time.n / 1600)
        assert level is not None
        pyramid.bins(level, slice(None), 0, pyramid.n_bins(level))

    return {"open_and_read_ms": round(statistics.median([timed(show) for _ in range(5)]) * 1e3, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--rounds", type=int, default=60)
    arguments = parser.parse_args()
    path = night(arguments.hours)
    short = night(5 / 60)
    found: dict[str, object] = {"hours": arguments.hours, "channels": CHANNELS, "rate": RATE}
    found["opening"] = opening(path)
    for kind in ("warm", "cold"):
        long_ms, short_ms = page_times([path, short], arguments.rounds, cold=kind == "cold")
        found[f"page_{kind}"] = {
            "whole_ms": round(long_ms, 2),
            "five_minutes_ms": round(short_ms, 2),
            "ratio": round(long_ms / short_ms, 2),
        }
    found["memory"] = memory(path, 64)
    found["pyramid_in_memory"] = pyramid_in_memory()
    found["overview_uncompressed"] = overview(night(min(arguments.hours, 6.0), compressed=False))
    found["whole_night"] = whole_night(path)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "data.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
