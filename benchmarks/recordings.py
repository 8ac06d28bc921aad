"""Generated recordings, written once into out/bench/data and found again by name and size."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import zarr

__all__ = ["DATA", "Recording", "arrays", "events", "night", "with_labels"]

DATA = Path("out/bench/data")

BLOCK_S = 20.0
"""Length of the noise that is repeated; channels and blocks differ by a shift."""

LABELS = ("Wake", "NREM", "REM")


@dataclass(frozen=True)
class Recording:
    """A session file over generated data.

    Attributes
    ----------
    session
        The session file.
    length
        Seconds.
    raw_bytes
        Size of the samples or events, uncompressed.
    """

    session: Path
    length: float
    raw_bytes: int


def _once(name: str, write: Callable[[Path], None]) -> Path:
    """The folder of that name, written as a whole or not at all."""
    folder = DATA / name
    if not folder.is_dir():
        part = DATA / f".{name}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        write(part)
        part.rename(folder)
    return folder


def _noise(rows: int, rate: float, samples: int, seed: int = 1) -> npt.NDArray[np.float32]:
    """Noise whose power falls with frequency, as most recordings' does; ``(rows, samples)``."""
    rng = np.random.default_rng(seed)
    n = min(rows, 64)
    bins = samples // 2 + 1
    frequency = np.fft.rfftfreq(samples, 1 / rate)
    gain = (1 / (1 + (frequency / 4.0) ** 1.2)).astype(np.float32)
    gain[0] = 0
    white = rng.standard_normal((n, bins, 2), dtype=np.float32).view(np.complex64)[..., 0]
    found = np.fft.irfft(white * gain, n=samples, axis=1).astype(np.float32)
    found *= 50.0 / found.std()
    shifts = rng.integers(0, samples, -(-rows // n))
    return np.concatenate([np.roll(found, s, axis=1) for s in shifts])[:rows]


def _store(
    folder: Path,
    rows: int,
    samples: int,
    rate: float,
    dtype: str,
    chunks: tuple[int, int],
) -> zarr.Array:
    """An uncompressed zarr with its coordinates and no samples yet."""
    root = zarr.open_group(folder / "data.zarr", mode="w")
    array = root.create_array(
        "signal",
        shape=(rows, samples),
        chunks=(min(chunks[0], rows), min(chunks[1], samples)),
        dtype=dtype,
        compressors=None,
        dimension_names=("channel", "time"),
        attributes={"units": "uV"},
    )
    root.create_array("channel", data=np.arange(rows), dimension_names=("channel",))
    root.create_array(
        "time",
        data=np.arange(samples) / rate,
        chunks=(min(1 << 20, samples),),
        dimension_names=("time",),
    )
    return array


def _toml(folder: Path, plot: str, window: float = 10.0, more: str = "") -> None:
    (folder / "session.toml").write_text(
        f'version = 1\ntitle = "{folder.name.strip(".").removesuffix(".part")}"\n'
        f'[view]\nwindow = {window}\nstart = 0.0\ntheme = "dark"\n\n[[plots]]\n{plot}\n{more}'
    )


def arrays(
    name: str,
    *,
    rows: int,
    seconds: float,
    rate: float,
    plot: str,
    dtype: str = "float32",
    chunk_samples: int = 4096,
) -> Recording:
    """Channels of noise in an uncompressed zarr.

    Parameters
    ----------
    plot
        The lines of the plot besides `data`.
    """
    samples = round(seconds * rate)

    def write(folder: Path) -> None:
        array = _store(folder, rows, samples, rate, dtype, (rows, chunk_samples))
        step = max(chunk_samples, round(BLOCK_S * rate) // chunk_samples * chunk_samples)
        block = _noise(rows, rate, step).astype(dtype)
        for number, first in enumerate(range(0, samples, step)):
            last = min(first + step, samples)
            array[:, first:last] = np.roll(block, 977 * number, axis=1)[:, : last - first]
        _toml(folder, f'data = {{ path = "data.zarr", variable = "signal" }}\n{plot}')

    folder = _once(f"{name}-{rows}x{samples}", write)
    return Recording(folder / "session.toml", seconds, rows * samples * np.dtype(dtype).itemsize)


def night(hours: float, *, rows: int = 64, rate: float = 500.0) -> Recording:
    """Hours of int16 in an uncompressed zarr; an hour's chunks stand on disk once.

    The files of each further hour are hard links, so that a day takes the room of an hour. To a
    reader they are files like others; all of them fit into the system's file cache.
    """
    chunk = 15_000
    samples = round(hours * 3600 * rate) // chunk * chunk

    def write(folder: Path) -> None:
        array = _store(folder, rows, samples, rate, "int16", (rows, chunk))
        hour = min(samples, round(3600 * rate) // chunk * chunk)
        block = _noise(rows, rate, 10 * chunk)
        for number, first in enumerate(range(0, hour, 10 * chunk)):
            last = min(first + 10 * chunk, hour)
            part = np.roll(block, 977 * number, axis=1)[:, : last - first]
            array[:, first:last] = part.astype(np.int16)
        files = folder / "data.zarr" / "signal" / "c" / "0"
        for number in range(hour // chunk, samples // chunk):
            os.link(files / str(number % (hour // chunk)), files / str(number))
        plot = 'kind = "trace"\nmode = "dense"\ndata = { path = "data.zarr", variable = "signal" }'
        _toml(folder, plot, window=30.0)

    folder = _once(f"night-{rows}x{samples}", write)
    return Recording(folder / "session.toml", samples / rate, rows * samples * 2)


def events(n: int, *, rows: int = 200, seconds: float = 3600.0) -> Recording:
    """Events of units with very different rates, in a parquet file sorted by time."""

    def write(folder: Path) -> None:
        rng = np.random.default_rng(2)
        rates = rng.pareto(1.5, rows) + 0.2
        parts = []
        for first in range(0, n, 10_000_000):
            count = min(10_000_000, n - first)
            a, b = (seconds * k / n for k in (first, first + count))
            times = np.sort(rng.uniform(a, b, count))
            unit = rng.choice(rows, count, p=rates / rates.sum()).astype(np.int16)
            parts.append(pl.DataFrame({"time": times, "unit": unit}))
        pl.concat(parts).write_parquet(folder / "events.parquet", compression="zstd")
        plot = (
            'kind = "raster"\ndata = { path = "events.parquet" }\n'
            'time_col = "time"\norder_by = "unit"\nheight = 4.0'
        )
        _toml(folder, plot)

    folder = _once(f"events-{n}", write)
    return Recording(folder / "session.toml", seconds, n * 10)


def with_labels(name: str, base: Recording, n: int, plot: str) -> Recording:
    """A recording with `n` touching labels over all of it."""

    def write(folder: Path) -> None:
        rng = np.random.default_rng(3)
        edges = np.linspace(0, base.length, n + 1)
        frame = pl.DataFrame(
            {
                "start": edges[:-1],
                "end": edges[1:],
                "label": rng.choice(LABELS, n),
                "note": [""] * n,
            }
        )
        frame.write_csv(folder / "labels.csv")
        data = os.path.relpath(base.session.parent / "data.zarr", DATA / "x")
        more = (
            '\n[[labels]]\npath = "labels.csv"\nwriteback = true\n[labels.schema]\n'
            'start_col = "start"\nend_col = "end"\nlabel_col = "label"\nnote_col = "note"\n'
            '\n[states]\nkeymap = { Wake = ["w"], NREM = ["n"], REM = ["r"] }\n'
            'label_colors = { Wake = "#e69f00", NREM = "#0072b2", REM = "#cc4f8a" }\n'
        )
        _toml(folder, f'data = {{ path = "{data}", variable = "signal" }}\n{plot}', more=more)

    folder = _once(f"{name}-{round(base.length)}s", write)
    return Recording(folder / "session.toml", base.length, base.raw_bytes)
