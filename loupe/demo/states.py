"""Nights: which state an animal is in, when. Bouts of Wake, NREM and REM by whole epochs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["STATES", "Hypnogram", "make_hypnogram"]

STATES = ("Wake", "NREM", "REM")
WAKE, NREM, REM = range(3)

_FOLLOWS = {WAKE: (0.0, 1.0, 0.0), NREM: (0.6, 0.0, 0.4), REM: (0.75, 0.25, 0.0)}
"""Chances of the next state; REM never follows Wake, as in a healthy mouse."""

_BOUT_S = {WAKE: (140.0, 0.9), NREM: (170.0, 0.6), REM: (75.0, 0.4)}
"""Median length of a bout in seconds, and the spread of its logarithm."""


@dataclass(frozen=True)
class Hypnogram:
    """Bouts one after another, without gaps.

    Attributes
    ----------
    edges
        ``(n + 1,)`` seconds; bout ``i`` is ``[edges[i], edges[i + 1])``.
    states
        ``(n,)`` indices into `STATES`.
    """

    edges: npt.NDArray[np.float64]
    states: npt.NDArray[np.intp]

    def at(self, times: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
        """Index of the state at each time, shape of ``times``."""
        bout = np.searchsorted(self.edges, times, side="right") - 1
        return self.states[np.clip(bout, 0, len(self.states) - 1)]

    def waking_after_rem(self) -> float | None:
        """The first time after ten minutes, else the first at all, that REM ends in Wake."""
        ends = self.edges[1:-1][(self.states[:-1] == REM) & (self.states[1:] == WAKE)]
        late = ends[ends > 600]
        return float(late[0]) if late.size else float(ends[0]) if ends.size else None


def make_hypnogram(rng: np.random.Generator, length: float, epoch: float) -> Hypnogram:
    """Draw bouts that fill ``[0, length)``, each a whole number of ``epoch`` seconds."""
    edges, states, state, now = [0.0], [], WAKE, 0.0
    while now < length:
        median, spread = _BOUT_S[state]
        bout = max(1, round(median * float(np.exp(spread * rng.standard_normal())) / epoch)) * epoch
        now = min(now + bout, length)
        edges.append(now)
        states.append(state)
        state = int(rng.choice(3, p=_FOLLOWS[state]))
    return Hypnogram(np.array(edges), np.array(states, np.intp))
