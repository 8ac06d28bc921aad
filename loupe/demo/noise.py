"""Gaussian noise of any spectrum, endless and without seams.

Segments of shaped noise are laid over each other by half under a sine window, whose squares
add up to one: the variance is constant while the spectrum may change with every half segment.
This room knows spectra and random numbers, nothing of animals.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["Doubles", "Floats", "ShapedNoise", "bump", "mix", "power_law"]

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


def power_law(f: Doubles, level: float, exponent: float, knee: float = 1.0) -> Floats:
    """A falling spectrum: ``level / (1 + (f / knee) ** exponent)``, in units²/Hz."""
    return np.asarray(level / (1 + (f / knee) ** exponent), np.float32)


def bump(f: Doubles, level: float, centre: float, width: float) -> Floats:
    """A rhythm: a Gaussian of height ``level`` (units²/Hz) around ``centre`` Hz."""
    return np.asarray(level * np.exp(-0.5 * ((f - centre) / width) ** 2), np.float32)


def mix(weights: Floats, sources: Floats) -> Floats:
    """``weights @ sources``, ``(n, k)`` times ``(k, samples)``, added up in one order.

    A matrix product may add in another order from run to run, and a demo of one seed must have
    the same samples every time.
    """
    out = weights[:, :1] * sources[:1]
    for k in range(1, len(sources)):
        out += weights[:, k : k + 1] * sources[k]
    return out


class ShapedNoise:
    """Endless noise in ``n`` independent channels.

    Parameters
    ----------
    rng
        Where the randomness comes from; nothing else may draw from it.
    n
        Number of channels.
    rate
        Samples a second.
    hop
        Half a segment, in samples: the finest step in which the spectrum changes.
    """

    def __init__(self, rng: np.random.Generator, n: int, rate: float, hop: int) -> None:
        self._rng = rng
        self._n = n
        self._rate = rate
        self._hop = hop
        self._window = np.sin(np.pi * (np.arange(2 * hop) + 0.5) / (2 * hop)).astype(np.float32)
        self._tail: Floats | None = None

    @property
    def frequencies(self) -> Doubles:
        """Frequencies at which `extend` takes power densities, ``(hop + 1,)``, in Hz."""
        return np.fft.rfftfreq(2 * self._hop, 1 / self._rate).astype(np.float64)

    def extend(self, densities: Floats) -> Floats:
        """The next ``k`` hops.

        Parameters
        ----------
        densities
            One-sided power densities, ``(k, n or 1, hop + 1)``, in units²/Hz. Power at 0 Hz
            is ignored.

        Returns
        -------
        ndarray
            ``(n, k * hop)`` float32, joined without a seam to what came before.
        """
        if self._tail is None:
            densities = np.concatenate([densities[:1], densities])
        length = 2 * self._hop
        # White noise of variance 1 has |rfft|² = length; a density of 2 / rate makes variance 1.
        gains = np.sqrt(densities * np.float32(self._rate / 2 * length / 2))
        gains[..., 0] = 0
        shape = (len(densities), self._n, self._hop + 1, 2)
        white = self._rng.standard_normal(shape, dtype=np.float32).view(np.complex64)[..., 0]
        segments = np.fft.irfft(white * gains, n=length, axis=-1).astype(np.float32)
        segments *= self._window
        hops = segments[:, :, : self._hop].copy()
        hops[1:] += segments[:-1, :, self._hop :]
        if self._tail is None:
            hops = hops[1:]
        else:
            hops[0] += self._tail
        self._tail = segments[-1, :, self._hop :].copy()
        return np.ascontiguousarray(hops.transpose(1, 0, 2).reshape(self._n, -1))
