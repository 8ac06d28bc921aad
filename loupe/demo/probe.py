"""A silicon probe through cortex, hippocampus and thalamus: 384 channels of LFP and its spikes.

Theta runs through the hippocampus while the animal runs and turns its phase over below the
pyramidal layer; while it rests there are sharp waves with ripples. Spikes follow both. A second
probe has spikes only.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from loupe.demo import Tick, toml
from loupe.demo.noise import Doubles, Floats, ShapedNoise, bump, mix, power_law
from loupe.demo.store import TimeSeries, quantise, text

__all__ = ["write"]

DEFAULT_HOURS = 2 / 60
RATE = 625
CHANNELS = 384
PITCH_UM = 20.0
STEP_S = 20
MICROVOLTS = 0.5
BIN_S = 0.002
UNITS = {"A": 90, "B": 40}

_REGIONS = (("TH", 0.0), ("DG", 1000.0), ("CA1", 1600.0), ("CTX", 2500.0))
"""Regions from the tip upwards, each with the depth `y` in micrometres at which it begins."""
_PYRAMIDAL_UM, _RADIATUM_UM = 2150.0, 1900.0


def write(folder: Path, hours: float | None, seed: int, tick: Tick) -> None:
    """Write LFP, spikes and the session into ``folder``."""
    length = max(STEP_S, round((hours or DEFAULT_HOURS) * 3600 / STEP_S) * STEP_S)
    seeds = np.random.SeedSequence([seed, 2]).spawn(4)
    y = (np.arange(CHANNELS) // 2 * PITCH_UM).astype(np.float64)
    lfp = TimeSeries(
        folder / "lfp.zarr",
        "",
        ("channel", np.arange(CHANNELS)),
        rate=RATE,
        samples=length * RATE,
        coords={"y": y, "region": text([region_at(depth) for depth in y])},
    )
    attrs: dict[str, str | float] = {"units": "uV", "scale_factor": MICROVOLTS}
    lfp.add("data", "int16", (64, STEP_S * RATE), attrs)
    field = _Field(y, np.random.default_rng(seeds[0]), np.random.default_rng(seeds[1]))
    spikes = _Spikes(np.random.default_rng(seeds[2]))
    behaviour = np.random.default_rng(seeds[3])
    with tempfile.TemporaryDirectory(dir=folder) as parts:
        for begin in range(0, length, STEP_S):
            course = _Course.draw(behaviour, begin)
            lfp.append(data=quantise(field.step(course), MICROVOLTS))
            spikes.step(course).write_parquet(Path(parts) / f"{begin:09}.parquet")
            tick("LFP and spikes", (begin + STEP_S) / length)
        # As they are: a bracket in the folder's name is no pattern.
        pieces = pl.scan_parquet(sorted(Path(parts).iterdir()), glob=False)
        pieces.sink_parquet(folder / "spikes.parquet")
    toml.write_session(folder, _SESSION)


def region_at(y: float) -> str:
    """The region at a depth in micrometres above the tip."""
    return [name for name, begin in _REGIONS if begin <= y][-1]


@dataclass(frozen=True)
class _Course:
    """What the animal does in one step: half of it runs, half of it rests.

    Attributes
    ----------
    begin
        Seconds.
    phase, running
        Theta's phase in radians and how much the animal runs (0 to 1), one a sample.
    ripples
        Times of the ripples, seconds from ``begin``.
    """

    begin: float
    phase: Doubles
    running: Doubles
    ripples: Doubles

    @classmethod
    def draw(cls, rng: np.random.Generator, begin: float) -> _Course:
        t = np.arange(STEP_S * RATE) / RATE
        # Smooth from rest to running and back within the step, so that steps join.
        running = np.clip(1.6 * np.sin(np.pi * t / STEP_S) ** 2 - 0.3, 0, 1)
        # Whole cycles a step, so that the phase joins as well; the rate wanders in between.
        cycles = round(7.6 * STEP_S)
        wander = rng.normal(0, 0.6) * np.sin(np.pi * t / STEP_S) ** 2
        phase = 2 * np.pi * cycles * t / STEP_S + wander
        at = np.sort(rng.uniform(0.2, STEP_S - 0.2, rng.poisson(0.9 * STEP_S)))
        resting = running[(at * RATE).astype(int)] < 0.1
        return cls(float(begin), phase, running, at[resting])


class _Field:
    """The LFP: smooth sources along the probe, theta, sharp waves with ripples, wire noise."""

    def __init__(
        self, y: Doubles, source_rng: np.random.Generator, rng: np.random.Generator
    ) -> None:
        centres = np.arange(0, y[-1] + 1, 240.0)
        self._sources = ShapedNoise(source_rng, len(centres), RATE, RATE)
        f = self._sources.frequencies
        cortical = (centres >= 2500).astype(np.float32)[:, None]
        spectrum = power_law(f, 250, 1.8, 2.0) * (f < 250)
        self._densities: Floats = spectrum * (1 + 2.5 * cortical) + cortical * bump(f, 300, 2, 1)
        spread = np.exp(-0.5 * ((y[:, None] - centres) / 260.0) ** 2)
        self._mixing = (spread / np.linalg.norm(spread, axis=1, keepdims=True)).astype(np.float32)
        hippocampal = np.exp(-0.5 * ((y - 1750.0) / 420.0) ** 2)
        # Theta turns over between the pyramidal layer and the fissure below it.
        turn = np.pi / (1 + np.exp((y - 1950.0) / 90.0))
        phases = np.stack([np.cos(turn), -np.sin(turn)], 1)
        self._theta = ((260 * hippocampal + 25)[:, None] * phases).astype(np.float32)
        self._ripple = 110 * np.exp(-0.5 * ((y - _PYRAMIDAL_UM) / 70.0) ** 2)
        self._sharp = 220 * np.exp(-0.5 * ((y - _PYRAMIDAL_UM - 120) / 120.0) ** 2) - 420 * np.exp(
            -0.5 * ((y - _RADIATUM_UM) / 130.0) ** 2
        )
        self._rng = rng

    def step(self, course: _Course) -> Floats:
        """The LFP of one step, ``(384, samples)`` in microvolts."""
        sources = self._sources.extend(np.repeat(self._densities[None], STEP_S, axis=0))
        lfp = mix(self._mixing, sources)
        theta = (0.15 + 0.85 * course.running) * np.stack(
            [np.cos(course.phase), np.sin(course.phase)]
        )
        lfp += mix(self._theta, theta.astype(np.float32))
        for at in course.ripples:
            self._sharp_wave(lfp, at)
        lfp += 6.0 * self._rng.standard_normal(lfp.shape, dtype=np.float32)
        return lfp

    def _sharp_wave(self, lfp: Floats, at: float) -> None:
        first = round((at - 0.15) * RATE)
        t = np.arange(round(0.3 * RATE)) / RATE - 0.15
        strength = self._rng.uniform(0.5, 1.3)
        ripple = np.exp(-0.5 * (t / 0.022) ** 2) * np.cos(
            2 * np.pi * self._rng.uniform(140, 175) * t
        )
        wave = np.exp(-0.5 * (t / 0.035) ** 2)
        part = self._ripple[:, None] * ripple + self._sharp[:, None] * wave
        lfp[:, first : first + len(t)] += (strength * part).astype(np.float32)


class _Spikes:
    """Units with a depth, a mean rate, a preferred phase of theta, and a taste for ripples."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        n = sum(UNITS.values())
        self._probe = np.repeat(list(UNITS), list(UNITS.values()))
        depth = [np.sort(rng.uniform(40, 3800, count)) for count in UNITS.values()]
        self._depth = np.concatenate(depth)
        self._region = np.array([region_at(y) for y in self._depth])
        self._rate = np.exp(rng.normal(0.6, 0.9, n)).clip(0.1, 30)
        hippocampal = np.isin(self._region, ["CA1", "DG"])
        self._theta = np.where(hippocampal, rng.uniform(0.4, 0.95, n), 0.1)
        self._phase = rng.normal(np.pi, 0.9, n)
        self._ripple = np.where(self._region == "CA1", rng.uniform(4, 14, n), 0.3)
        self._snr = rng.gamma(6.0, 1.1, n) + 2

    def step(self, course: _Course) -> pl.DataFrame:
        """The spikes of one step, sorted by time."""
        bins = round(STEP_S / BIN_S)
        t = (np.arange(bins) + 0.5) * BIN_S
        sample = (t * RATE).astype(int)
        phase, running = course.phase[sample], course.running[sample]
        ripple = np.zeros(bins)
        for at in course.ripples:
            ripple += np.exp(-0.5 * ((t - at) / 0.025) ** 2)
        drive = 1 + self._theta[:, None] * running * np.cos(phase - self._phase[:, None])
        drive += self._ripple[:, None] * ripple
        counts = self._rng.poisson(self._rate[:, None] * BIN_S * drive)
        unit, at_bin = np.repeat(np.argwhere(counts), counts[counts > 0], axis=0).T
        time = course.begin + (at_bin + self._rng.random(len(at_bin))) * BIN_S
        snr = self._snr[unit] * np.exp(self._rng.normal(0, 0.12, len(unit)))
        return pl.DataFrame(
            {
                "time": time,
                "unit": unit.astype(np.int32),
                "depth": self._depth[unit].astype(np.float32),
                "region": self._region[unit],
                "probe": self._probe[unit],
                "snr": snr.astype(np.float32),
            }
        ).sort("time")


_SESSION = """\
version = 1
title = "Mouse 7, probes A and B"

[view]
window = 4.0
start = 2.0
theme = "dark"

[sources]
lfp = { path = "lfp.zarr" }

[[plots]]
kind = "trace"
data = "lfp"
mode = "dense"
array_name = "LFP"
order_by = "y"
height = 1.5
step = 8
hue = "region"
palette = { CTX = "#56b4e9", CA1 = "#009e73", DG = "#e69f00", TH = "#cc79a7" }

[[plots]]
kind = "raster"
data = { path = "spikes.parquet" }
time_col = "time"
order_by = "unit"
split_by = "probe"
hue = "region"
palette = { CTX = "#56b4e9", CA1 = "#009e73", DG = "#e69f00", TH = "#cc79a7" }
alpha_by = "snr"
height = 0.5
"""
