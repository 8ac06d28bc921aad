"""The recordings of the table in docs/performance.md, and the steps that are measured on each."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.recordings import Recording, arrays, events, night, with_labels
from benchmarks.window import Driven
from loupe.app import commands

__all__ = ["STEPS", "WORKLOADS", "Step", "Workload"]

TEN, LONG = 10.0, 600.0


@dataclass(frozen=True)
class Step:
    """One thing a user does.

    Attributes
    ----------
    prepare
        Brings the window where the step begins; not measured.
    act
        What is measured, until it is settled; prefetching has ended before. It draws something.
    """

    prepare: Callable[[Driven, random.Random, float], None]
    act: Callable[[Driven, random.Random, float], None]


@dataclass(frozen=True)
class Workload:
    """One recording with the steps that make sense on it.

    Attributes
    ----------
    make
        Called with the share of the full size to make, 1 or less.
    targets
        Floors that a step must not exceed.
    """

    about: str
    make: Callable[[float], Recording]
    steps: tuple[str, ...]
    targets: dict[str, float]


def _nothing(window: Driven, rng: random.Random, length: float) -> None:
    pass


def _somewhere(window_s: float) -> Callable[[Driven, random.Random, float], None]:
    def go(window: Driven, rng: random.Random, length: float) -> None:
        span = min(window_s, length * 0.5)
        window.show(rng.uniform(0, length - span), span)

    return go


def _onwards(window_s: float, share: float) -> Step:
    """Move by a share of the window, from where the last step ended."""

    def prepare(window: Driven, rng: random.Random, length: float) -> None:
        now, span = window.window.state.window, min(window_s, length / 4)
        if abs(now.length - span) > 1e-9 or now.start + (1 + share) * span > length:
            window.show(rng.uniform(0, length / 4), span)

    def act(window: Driven, rng: random.Random, length: float) -> None:
        window.run(commands.PageTime(1, fraction=share))

    return Step(prepare, act)


def _whole(window: Driven, rng: random.Random, length: float) -> None:
    # Not quite all, and each time another length: columns that no tile was made for.
    part = rng.uniform(0.93, 0.999)
    window.show(rng.uniform(0, length * (1 - part)), length * part)


def _gain(window: Driven, rng: random.Random, length: float) -> None:
    window.run(commands.Gain(rng.choice((0.8, 0.9, 1.1, 1.25))))


def _ten(window: Driven, rng: random.Random, length: float) -> None:
    if abs(window.window.state.window.length - min(TEN, length / 4)) > 1e-9:
        _somewhere(min(TEN, length / 4))(window, rng, length)


def _cursor(window: Driven, rng: random.Random, length: float) -> None:
    now = window.window.state.window
    window.run(commands.SetCursor(rng.uniform(now.start, now.stop)))


STEPS: dict[str, Step] = {
    "page 10 s": _onwards(TEN, 1.0),
    "scroll 10 s": _onwards(TEN, 0.1),
    "jump 10 s": Step(_nothing, _somewhere(TEN)),
    "page 600 s": _onwards(LONG, 1.0),
    "scroll 600 s": _onwards(LONG, 0.1),
    "full extent": Step(_nothing, _whole),
    "gain step": Step(_ten, _gain),
    "cursor": Step(_ten, _cursor),
    "empty repaint": Step(_ten, lambda window, rng, length: window.repaint()),
}
"""A page is the next window when prefetching is done; a jump goes where no tile is; the full
extent is nearly all of the recording at a zoom that was not shown before."""

_SHORT = ("page 10 s", "scroll 10 s", "jump 10 s", "full extent", "gain step")
_ALWAYS = ("cursor", "empty repaint")
_LONG = ("page 600 s", "scroll 600 s")
_NO_GAIN = ("page 10 s", "scroll 10 s", "jump 10 s", *_LONG, "full extent", *_ALWAYS)

_DENSE = 'kind = "trace"\nmode = "dense"'


def _w5(labels: int) -> Callable[[float], Recording]:
    plot = 'kind = "trace"'

    def make(share: float) -> Recording:
        hours = 8 * 3600.0 * share
        base = arrays("w5", rows=4, seconds=hours, rate=1000, plot=plot, chunk_samples=65536)
        return with_labels(f"w5-{labels}", base, max(10, round(labels * share)), plot)

    return make


WORKLOADS: dict[str, Workload] = {
    "W1": Workload(
        "16 stacked traces, 1 h at 1 kHz",
        lambda share: arrays(
            "w1",
            rows=16,
            seconds=3600 * share,
            rate=1000,
            plot='kind = "trace"',
            chunk_samples=16384,
        ),
        (*_SHORT[:4], *_LONG, *_ALWAYS),
        {"page 10 s": 2.0, "full extent": 2.5},
    ),
    "W2": Workload(
        "64 dense traces, 10 min at 1 kHz",
        lambda share: arrays("w2", rows=64, seconds=600 * share, rate=1000, plot=_DENSE),
        (*_SHORT, *_ALWAYS),
        {},
    ),
    "W2b": Workload(
        "384 dense traces, 5 min at 1 kHz",
        lambda share: arrays("w2b", rows=384, seconds=300 * share, rate=1000, plot=_DENSE),
        (*_SHORT, *_ALWAYS),
        {
            "page 10 s": 2.2,
            "jump 10 s": 2.2,
            "scroll 10 s": 1.2,
            "full extent": 3.0,
            "gain step": 1.9,
            "empty repaint": 1.2,
        },
    ),
    "W3": Workload(
        "heatmap of 500 x 200,000 at 1 kHz",
        lambda share: arrays(
            "w3",
            rows=500,
            seconds=200 * share,
            rate=1000,
            plot='kind = "heatmap"\nheight = 4.0',
        ),
        ("page 10 s", "scroll 10 s", "jump 10 s", "full extent", *_ALWAYS),
        {"page 10 s": 2.0, "full extent": 2.0},
    ),
    "W4": Workload(
        "raster of 1 M events, 200 rows, 1 h",
        lambda share: events(round(1_000_000 * share)),
        _NO_GAIN,
        {},
    ),
    "W4-5M": Workload(
        "raster of 5 M events, 200 rows, 1 h",
        lambda share: events(round(5_000_000 * share)),
        _NO_GAIN,
        {"full extent": 2.5},
    ),
    "W4c": Workload(
        "raster of 100 M events, 200 rows, 1 h",
        lambda share: events(round(100_000_000 * share)),
        _NO_GAIN,
        {},
    ),
    "W5": Workload(
        "4 traces, 8 h at 1 kHz, 5,000 labels", _w5(5_000), _NO_GAIN, {"page 10 s": 2.2}
    ),
    "W5-100k": Workload(
        "4 traces, 8 h at 1 kHz, 100,000 labels", _w5(100_000), _NO_GAIN, {"page 10 s": 2.2}
    ),
    "W6": Workload(
        "64 dense traces, 24 h at 500 Hz, int16",
        lambda share: night(24 * share),
        ("page 10 s", "jump 10 s", *_LONG, "full extent"),
        {"full extent": 3.0},
    ),
}
