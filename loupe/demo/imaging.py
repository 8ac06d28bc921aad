"""Synapses on dendrites under a microscope: fluorescence, dF/F, and dF/F without noise.

Some transients belong to one synapse, some sweep a dendrite, some answer a stimulus. One
dendrite loses a second to motion, which is NaN in the data.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from loupe.demo import Tick, toml
from loupe.demo.noise import Floats
from loupe.demo.store import TimeSeries

__all__ = ["write"]

DEFAULT_HOURS = 5 / 60
RATE = 100
STEP_S = 30
DENDRITES, SYNAPSES = 4, 30
KERNEL_S = 3.0
STIM_EVERY_S = 15.0
LOST_DENDRITE = 2


def write(folder: Path, hours: float | None, seed: int, tick: Tick) -> None:
    """Write the imaging, its stimuli and the session into ``folder``."""
    length = max(STEP_S, round((hours or DEFAULT_HOURS) * 3600 / STEP_S) * STEP_S)
    rng = np.random.default_rng(np.random.SeedSequence([seed, 3]))
    dendrite = np.repeat(np.arange(1, DENDRITES + 1), SYNAPSES)
    place = np.concatenate([np.sort(rng.uniform(0, 80, SYNAPSES)) for _ in range(DENDRITES)])
    rows = ("syn_id", np.arange(DENDRITES * SYNAPSES))
    coords = {"dend-ID": dendrite, "pos": place.round(1)}
    series = TimeSeries(
        folder / "imaging.zarr", "", rows, rate=RATE, samples=length * RATE, coords=coords
    )
    for name, units in (("f", "counts"), ("dff", "dF/F"), ("denoised", "dF/F")):
        series.add(name, "float32", (SYNAPSES, STEP_S * RATE * 2), {"units": units})
    stims = np.arange(5.0, length, STIM_EVERY_S)
    stims += rng.uniform(-1, 1, len(stims))
    pl.DataFrame({"time": stims, "kind": ["stim"] * len(stims)}).write_parquet(
        folder / "stims.parquet"
    )
    activity = _Activity(rng, dendrite, place, stims)
    lost = (0.4 * length, 0.4 * length + 1.0)
    base = rng.uniform(150, 600, len(dendrite)).astype(np.float32)[:, None]
    for begin in range(0, length, STEP_S):
        dff, denoised = activity.step(begin)
        t = begin + np.arange(dff.shape[1]) / RATE
        gap = (dendrite == LOST_DENDRITE)[:, None] & ((t >= lost[0]) & (t < lost[1]))
        dff[gap] = denoised[gap] = np.nan
        bleach = np.exp(-t / 7200).astype(np.float32)
        series.append(f=base * bleach * (1 + dff), dff=dff, denoised=denoised)
        tick("imaging", (begin + STEP_S) / length)
    toml.write_session(folder, _SESSION)


class _Activity:
    """dF/F step by step; the tail of a transient runs on into the next step."""

    def __init__(
        self,
        rng: np.random.Generator,
        dendrite: npt.NDArray[np.intp],
        place: npt.NDArray[np.float64],
        stims: npt.NDArray[np.float64],
    ) -> None:
        self._rng = rng
        self._dendrite = dendrite
        self._place = place
        self._stims = stims
        self._n = len(dendrite)
        t = np.arange(round(KERNEL_S * RATE)) / RATE
        self._kernel = ((1 - np.exp(-t / 0.02)) * np.exp(-t / 0.35)).astype(np.float32)
        self._tail = np.zeros((self._n, len(self._kernel)), np.float32)
        self._rate = rng.gamma(1.5, 0.08, self._n)
        self._answers = np.where(rng.random(self._n) < 0.3, rng.uniform(0.5, 0.95, self._n), 0.05)

    def step(self, begin: float) -> tuple[Floats, Floats]:
        """The next step's dF/F as measured and without noise, each ``(n, samples)``."""
        samples = STEP_S * RATE
        dff = np.zeros((self._n, samples + len(self._kernel)), np.float32)
        dff[:, : len(self._kernel)] += self._tail
        for row, sample, height in self._events(begin, samples):
            dff[row, sample : sample + len(self._kernel)] += height * self._kernel
        self._tail = dff[:, samples:].copy()
        noise = self._rng.standard_normal((self._n, samples), dtype=np.float32)
        denoised = dff[:, :samples].copy()
        return denoised + np.float32(0.12) * noise, denoised

    def _events(self, begin: float, samples: int) -> list[tuple[int, int, float]]:
        """Transients of the step: row, sample, height."""
        rng = self._rng
        found: list[tuple[int, int, float]] = []
        for row, count in enumerate(rng.poisson(self._rate * STEP_S)):
            at = rng.integers(0, samples, count)
            found += [(row, int(sample), rng.gamma(3.0, 0.3)) for sample in at]
        for dendrite in range(1, DENDRITES + 1):  # a wave runs along the whole dendrite
            members = np.flatnonzero(self._dendrite == dendrite)
            for first in rng.integers(0, samples - RATE, rng.poisson(0.06 * STEP_S)):
                at = int(first) + (self._place[members] / 400 * RATE).astype(int)
                heights = rng.gamma(6.0, 0.22, len(members))
                found += zip(members.tolist(), at.tolist(), heights.tolist(), strict=True)
        for stim in self._stims[(self._stims >= begin) & (self._stims < begin + STEP_S)]:
            for row in np.flatnonzero(rng.random(self._n) < self._answers).tolist():
                sample = int((stim - begin + rng.uniform(0.04, 0.12)) * RATE)
                found.append((row, min(sample, samples - 1), rng.gamma(4.0, 0.3)))
        return found


_SESSION = """\
version = 1
title = "Dendrites, field 3"

[view]
window = 60.0
start = 30.0
theme = "dark"

[sources]
dff = { path = "imaging.zarr", variable = "dff" }
some_dff = { path = "imaging.zarr", variable = "dff", select = { syn_id = [3, 40] } }
some_denoised = { path = "imaging.zarr", variable = "denoised", select = { syn_id = [3, 40] } }

[[plots]]
kind = "heatmap"
data = "dff"
split_by = "dend-ID"
order_by = "pos"
cmap = ["magma", "viridis"]

[[plots]]
kind = "zip"
height = 1.5
on = "syn_id"
traces = [{ data = "some_dff", color = "#8b95a1" }, { data = "some_denoised", color = "#56b4e9" }]

[events]
data = { path = "stims.parquet" }
event_times_column = "time"
style_events_on = "kind"
style_kwargs.stim = { line_color = "#ff8800", line_width = 1.5 }
"""
