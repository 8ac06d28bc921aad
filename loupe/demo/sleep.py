"""A night of a mouse: EEG, EMG, a spectrogram, scored states, events and two videos.

States differ as they do in a mouse: large slow waves and spindles in NREM, theta without
muscle tone in REM, small fast waves and muscle bursts in Wake. The last part of the night is
left unscored, for whoever opens it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from loupe.demo import Tick, toml
from loupe.demo.film import Camera, film
from loupe.demo.noise import Floats, ShapedNoise, bump, mix, power_law
from loupe.demo.states import NREM, REM, STATES, WAKE, Hypnogram, make_hypnogram
from loupe.demo.store import TimeSeries, quantise, text
from loupe.units import Span

__all__ = ["write"]

DEFAULT_HOURS = 4.0
EPOCH_S = 10.0
STEP_S = 240
EEG_RATE, EMG_RATE = 250, 500
EEG_NAMES = ("frontal L", "frontal R", "parietal L", "parietal R")
EMG_NAMES = ("neck L", "neck R")
MICROVOLT: dict[str, str | float] = {"units": "uV", "scale_factor": 0.1}
SCORED = 0.85
"""Part of the night that is scored."""
FILM_S = 120.0

_FRONT_BACK = np.array([[0.95, 0.25], [0.93, 0.27], [0.45, 0.9], [0.42, 0.92]], np.float32)
"""How strongly each EEG channel sees the frontal and the parietal source."""


def write(folder: Path, hours: float | None, seed: int, tick: Tick) -> None:
    """Write the night into ``folder``; its files are listed in the session beside them."""
    length = max(1, round((hours or DEFAULT_HOURS) * 3600 / EPOCH_S)) * EPOCH_S
    seeds = np.random.SeedSequence([seed, 1]).spawn(7)
    hypnogram = make_hypnogram(np.random.default_rng(seeds[0]), length, EPOCH_S)
    _write_signals(folder, hypnogram, length, seeds[1:5], tick)
    _write_labels(folder, hypnogram, length)
    _write_events(folder, hypnogram, np.random.default_rng(seeds[5]), length)
    waking = hypnogram.waking_after_rem()
    middle = length / 2 if waking is None else waking
    begin = max(0.0, min(middle - FILM_S / 2, length - FILM_S))
    span = Span(begin, min(begin + FILM_S, length))
    cameras = (Camera("side", 320, 240, 15.0), Camera("overhead", 240, 240, 10.0))
    film(folder, cameras, hypnogram, span, np.random.default_rng(seeds[6]), tick)
    start = max(0.0, middle - 18.0)
    toml.write_session(folder, _SESSION.format(start=start))


def _write_signals(
    folder: Path,
    hypnogram: Hypnogram,
    length: float,
    seeds: list[np.random.SeedSequence],
    tick: Tick,
) -> None:
    samples = round(length * EEG_RATE)
    eeg = TimeSeries(
        folder / "night.zarr", "eeg", ("channel", text(EEG_NAMES)), rate=EEG_RATE, samples=samples
    )
    eeg.add("data", "int16", (len(EEG_NAMES), STEP_S * EEG_RATE), MICROVOLT)
    emg = TimeSeries(
        folder / "night.zarr",
        "emg",
        ("channel", text(EMG_NAMES)),
        rate=EMG_RATE,
        samples=round(length * EMG_RATE),
    )
    emg.add("data", "int16", (len(EMG_NAMES), STEP_S * EMG_RATE), MICROVOLT)
    power = TimeSeries(
        folder / "night.zarr",
        "spectrogram",
        ("frequency", _SPECTROGRAM_HZ),
        rate=1 / _HOP_S,
        samples=round((length - _SPECTROGRAM_S) / _HOP_S) + 1,
        start=_SPECTROGRAM_S / 2,
    )
    power.add("power", "float32", (len(_SPECTROGRAM_HZ), STEP_S * 4), {"units": "dB"})
    brain, muscle, spectrum = _Brain(seeds[:2]), _Muscle(seeds[2:]), _Spectrogram()
    for begin in range(0, round(length), STEP_S):
        seconds = min(STEP_S, round(length) - begin)
        states = hypnogram.at(np.arange(begin, begin + seconds, dtype=np.float64) + 0.5)
        waves = brain.seconds(states)
        eeg.append(data=quantise(waves, 0.1))
        emg.append(data=quantise(muscle.seconds(states), 0.1))
        power.append(power=spectrum.extend(waves[2]))
        tick("signals", (begin + seconds) / length)


class _Brain:
    """The EEG: two sources of shaped noise with spindles, and a little noise of each wire."""

    def __init__(self, seeds: list[np.random.SeedSequence]) -> None:
        self._sources = ShapedNoise(np.random.default_rng(seeds[0]), 2, EEG_RATE, EEG_RATE)
        self._rng = np.random.default_rng(seeds[1])
        f = self._sources.frequencies
        wake = power_law(f, 90, 1.6) + bump(f, 25, 7.5, 1.2) + bump(f, 0.8, 55, 12)
        nrem = power_law(f, 400, 2.2, 4.0) + bump(f, 900, 2.2, 1.1) + bump(f, 8, 12, 2)
        rem = power_law(f, 60, 1.6)
        front = np.stack([wake, nrem, rem + bump(f, 40, 7.3, 0.5)])
        back = np.stack([wake, 0.6 * nrem, rem + bump(f, 330, 7.3, 0.5)])
        self._densities: Floats = np.stack([front, back], axis=1)
        self._densities *= (f < 100).astype(np.float32)

    def seconds(self, states: npt.NDArray[np.intp]) -> Floats:
        """The EEG of the next ``len(states)`` seconds, ``(4, seconds * rate)``, microvolts."""
        sources = self._sources.extend(self._densities[states])
        for second in np.flatnonzero(states == NREM)[1:-1]:
            if self._rng.random() < 0.12:
                self._spindle(sources[0], int(second) * EEG_RATE)
        waves = mix(_FRONT_BACK, sources)
        waves += 3.0 * self._rng.standard_normal(waves.shape, dtype=np.float32)
        return waves

    def _spindle(self, source: Floats, first: int) -> None:
        """Add one waxing and waning 11 to 14 Hz burst, where it fits."""
        n = int(self._rng.uniform(0.6, 1.4) * EEG_RATE)
        hz, height = self._rng.uniform(11, 14), self._rng.uniform(50, 110)
        part = source[first : first + n]
        if len(part) == n:
            t = np.arange(n) / EEG_RATE
            part += (height * np.hanning(n) * np.sin(2 * np.pi * hz * t)).astype(np.float32)


class _Muscle:
    """The EMG: broad noise whose strength follows the state, bursts in Wake, twitches in REM."""

    def __init__(self, seeds: list[np.random.SeedSequence]) -> None:
        self._hops = 4
        hop = EMG_RATE // self._hops
        self._noise = ShapedNoise(np.random.default_rng(seeds[0]), 2, EMG_RATE, hop)
        self._rng = np.random.default_rng(seeds[1])
        f = self._noise.frequencies
        self._density = bump(f, 1.0, 110, 55) + bump(f, 0.1, 10, 6)
        self._level = np.array([2.0, 0.6, 0.22], np.float32)
        self._spread = np.array([0.5, 0.2, 0.1], np.float32)

    def seconds(self, states: npt.NDArray[np.intp]) -> Floats:
        """The EMG of the next ``len(states)`` seconds, ``(2, seconds * rate)``, microvolts."""
        state = np.repeat(states, self._hops)
        tone = self._rng.standard_normal(len(state), dtype=np.float32)
        tone = (tone + np.roll(tone, 1) + np.roll(tone, 2)) / np.float32(1.7)
        strength = self._level[state] * np.exp(self._spread[state] * tone)
        twitch = (state == REM) & (self._rng.random(len(state)) < 0.02)
        strength[twitch] += 1.5
        densities = (strength**2)[:, None, None] * self._density * np.float32(4.0)
        return self._noise.extend(densities)


_SPECTROGRAM_S, _HOP_S = 2.0, 0.5
_SPECTROGRAM_HZ = np.arange(1, 51) / 2.0


class _Spectrogram:
    """Power in decibels of 1 uV²/Hz, in Hann windows of two seconds, two a second."""

    def __init__(self) -> None:
        self._rest = np.empty(0, np.float32)

    def extend(self, wave: Floats) -> Floats:
        """The columns, ``(50, k)``, of the windows that end within the next samples."""
        n, hop = round(_SPECTROGRAM_S * EEG_RATE), round(_HOP_S * EEG_RATE)
        wave = np.concatenate([self._rest, wave])
        pieces = np.lib.stride_tricks.sliding_window_view(wave, n)[::hop]
        self._rest = wave[len(pieces) * hop :].copy()
        window = np.hanning(n).astype(np.float32)
        spectrum = np.fft.rfft(pieces * window, axis=1)[:, 1 : len(_SPECTROGRAM_HZ) + 1]
        density = 2 * np.abs(spectrum) ** 2 / (EEG_RATE * float((window**2).sum()))
        return np.ascontiguousarray(10 * np.log10(density + 1e-3).T.astype(np.float32))


def _write_labels(folder: Path, hypnogram: Hypnogram, length: float) -> None:
    scored = hypnogram.edges[:-1] < SCORED * length
    starts, stops = hypnogram.edges[:-1][scored], hypnogram.edges[1:][scored]
    pl.DataFrame(
        {
            "start_time": starts,
            "end_time": stops,
            "state": [STATES[state] for state in hypnogram.states[scored]],
            "scorer": ["demo"] * len(starts),
            "confidence": np.where(stops - starts > 2 * EPOCH_S, 0.95, 0.7),
        }
    ).write_csv(folder / "hypnogram.htsv", separator="\t")


def _write_events(
    folder: Path, hypnogram: Hypnogram, rng: np.random.Generator, length: float
) -> None:
    """Stimuli about every 40 s, and licks in bouts of a few at 7 Hz while the mouse is awake."""
    stims = np.cumsum(rng.uniform(25, 55, size=int(length / 25) + 1))
    bouts = np.cumsum(rng.exponential(60.0, size=int(length / 20) + 1))
    bouts = bouts[(bouts < length) & (hypnogram.at(bouts) == WAKE)]
    licks = np.concatenate(
        [bout + np.arange(rng.integers(3, 9)) / 7.0 for bout in bouts] or [bouts]
    )
    times = np.concatenate([stims, licks])
    kinds = ["stim"] * len(stims) + ["lick"] * len(licks)
    frame = pl.DataFrame({"time": times, "kind": kinds}).filter(pl.col("time") < length)
    frame.sort("time").write_parquet(folder / "events.parquet")


_SESSION = """\
version = 1
title = "Mouse 12, night 3"

[view]
window = 30.0
start = {start}
theme = "dark"

[sources]
eeg = {{ path = "night.zarr", group = "eeg" }}
emg = {{ path = "night.zarr", group = "emg" }}
spectrogram = {{ path = "night.zarr", group = "spectrogram", variable = "power" }}

[[plots]]
kind = "heatmap"
data = "spectrogram"
array_name = "parietal L"
cmap = "viridis"
decim_method = "mean"
height = 0.4

[[plots]]
kind = "trace"
data = "eeg"
array_name = "EEG"

[[plots]]
kind = "trace"
data = "emg"
array_name = "EMG"
y_range = [-300.0, 300.0]

[[videos]]
video_path = "side.mp4"
frame_times_path = "side_frame_times.npy"
name = "side cam"

[[videos]]
video_path = "overhead.mp4"
frame_times_path = "overhead_frame_times.npy"
name = "overhead"

[events]
data = {{ path = "events.parquet" }}
event_times_column = "time"
style_events_on = "kind"
style_kwargs.stim = {{ line_color = "#ff8800", line_width = 2.0 }}
style_kwargs.lick = {{ line_color = "#56b4e9", line_style = "dotted", line_width = 1.0 }}

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
keymap = {{ Wake = ["w", "1"], NREM = ["n", "2"], REM = ["r", "3"] }}
label_colors = {{ Wake = "#e69f00", NREM = "#0072b2", REM = "#cc4f8a" }}
"""
