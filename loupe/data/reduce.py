"""Minimum, maximum and mean of bins of samples: kernels that free the GIL, and numpy twins.

Knows blocks of numbers only. NaN is skipped; a bin of nothing but NaN is NaN.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.kernels import kernel

__all__ = [
    "MinMax",
    "bin_minmax",
    "bin_on_grid",
    "merge_minmax",
    "working",
    "working_dtype",
]

Block: TypeAlias = npt.NDArray[Any]
MinMax: TypeAlias = tuple[Block, Block]
"""Lowest and highest value of each bin, ``(rows, bins)`` each."""


def working_dtype(stored: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype in which samples are reduced: int16, float32 or float64.

    The smallest of the three that holds every value exactly; whole numbers of 64 bits beyond
    2**53 are rounded.
    """
    if stored.kind == "b" or (stored.kind in "iu" and stored.itemsize == 1) or stored == np.int16:
        return np.dtype(np.int16)
    small = stored.itemsize <= (2 if stored.kind in "iu" else 4)
    return np.dtype(np.float32 if small else np.float64)


def working(samples: Block) -> Block:
    """Samples in their working dtype, C-contiguous and writable; copied only if need be."""
    return np.require(samples, dtype=working_dtype(samples.dtype), requirements=["C", "A", "W"])


def bin_minmax(samples: Block, size: int) -> MinMax:
    """Reduce bins of ``size`` neighbouring samples; the last bin may hold fewer.

    Parameters
    ----------
    samples
        ``(rows, n)`` of any real dtype.
    size
        Samples a bin, at least 1.

    Returns
    -------
    lo, hi
        ``(rows, ceil(n / size))`` in the working dtype.
    """
    return bin_on_grid(samples, 0, size)[1]


def bin_on_grid(samples: Block, first: int, size: int) -> tuple[int, MinMax]:
    """Reduce a stretch of samples to bins on the absolute grid, the outer ones perhaps in part.

    Parameters
    ----------
    samples
        ``(rows, n)``, of which column 0 is sample ``first``.
    size
        Samples a bin: bin b holds samples ``b * size .. (b + 1) * size - 1``.

    Returns
    -------
    b0, (lo, hi)
        Number of the first bin, and the extremes.
    """
    head = -first % size or size
    n = samples.shape[1]
    bins = (1 + -(-(n - head) // size) if n > head else 1) if n else 0
    shape = (samples.shape[0], bins)
    block = samples if _usable(samples) else working(samples)
    lo, hi = np.empty(shape, dtype=block.dtype), np.empty(shape, dtype=block.dtype)
    if lo.size:
        flat, apart = _flat(block)
        reduce_block = _float_minmax if block.dtype.kind == "f" else _whole_minmax
        reduce_block(flat, apart, n, head, size, lo, hi)
    return first // size, (lo, hi)


def _usable(samples: Block) -> bool:
    """Whether rows can be reduced where they lie: in place of copies a window costs nothing."""
    apart, step = samples.strides
    return (
        samples.dtype == working_dtype(samples.dtype)
        and samples.dtype.isnative
        and samples.flags.writeable
        and step == samples.itemsize
        and apart >= 0
        and apart % step == 0
    )


def _flat(block: Block) -> tuple[Block, int]:
    """View a block as one row of memory, and how many values its rows lie apart.

    Kernels for one contiguous row are vectorised, and one call for all rows spares the threads
    a fight for the interpreter at each row.
    """
    apart = block.strides[0] // block.itemsize
    length = (block.shape[0] - 1) * apart + block.shape[1]
    flat = np.lib.stride_tricks.as_strided(block, shape=(length,), strides=(block.itemsize,))
    return flat, apart


def merge_minmax(lo: Block, hi: Block, factor: int) -> MinMax:
    """Merge ``factor`` neighbouring bins into one; the last may be made of fewer.

    Parameters
    ----------
    lo, hi
        ``(rows, bins)`` as `bin_minmax` returns them.
    """
    low, high = working(lo), working(hi)
    out_lo, out_hi = _outputs(low, factor)
    if out_lo.size:
        _merge(low, high, factor, out_lo, out_hi)
    return out_lo, out_hi


def _outputs(block: Block, size: int) -> MinMax:
    shape = (block.shape[0], -(-block.shape[1] // size))
    return np.empty(shape, dtype=block.dtype), np.empty(shape, dtype=block.dtype)


def _sample_minmax_numpy(
    flat: Block, apart: int, n: int, head: int, size: int, lo: Block, hi: Block
) -> None:
    item = flat.itemsize
    block = np.lib.stride_tricks.as_strided(flat, (lo.shape[0], n), (apart * item, item))
    starts = np.concatenate([[0], np.arange(head, n, size)])
    np.fmin.reduceat(block, starts, axis=1, out=lo)
    np.fmax.reduceat(block, starts, axis=1, out=hi)


# Indices are unsigned below: signed ones make numba allow for negative indices at every access,
# and then int16 is not vectorised (measured: 0.8 against 17 billion samples a second).


@kernel(twin=_sample_minmax_numpy)
def _whole_minmax(
    flat: Block, apart: int, n: int, head: int, size: int, lo: Block, hi: Block
) -> None:
    for r in range(lo.shape[0]):
        row = flat[r * apart : r * apart + n]
        for b in range(lo.shape[1]):
            begin = max(0, head + (b - 1) * size)
            first = np.uintp(begin)
            least = row[first]
            most = row[first]
            for k in range(np.uintp(min(head + b * size, n) - begin)):
                value = row[first + k]
                least = value if value < least else least
                most = value if value > most else most
            lo[r, b] = least
            hi[r, b] = most


@kernel(twin=_sample_minmax_numpy)
def _float_minmax(
    flat: Block, apart: int, n: int, head: int, size: int, lo: Block, hi: Block
) -> None:
    one, two, three, four = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(4)
    for r in range(lo.shape[0]):
        row = flat[r * apart : r * apart + n]
        for b in range(lo.shape[1]):
            stop = np.uintp(min(head + b * size, n))
            k = np.uintp(max(0, head + (b - 1) * size))
            # Comparisons with NaN are false, so only the start must not be NaN.
            while k + one < stop and row[k] != row[k]:
                k += one
            # Four chains of comparisons side by side: the processor waits for none of them.
            a0 = a1 = a2 = a3 = row[k]
            z0 = z1 = z2 = z3 = row[k]
            while k + three < stop:
                v0 = row[k]
                v1 = row[k + one]
                v2 = row[k + two]
                v3 = row[k + three]
                a0 = v0 if v0 < a0 else a0
                a1 = v1 if v1 < a1 else a1
                a2 = v2 if v2 < a2 else a2
                a3 = v3 if v3 < a3 else a3
                z0 = v0 if v0 > z0 else z0
                z1 = v1 if v1 > z1 else z1
                z2 = v2 if v2 > z2 else z2
                z3 = v3 if v3 > z3 else z3
                k += four
            while k < stop:
                v0 = row[k]
                a0 = v0 if v0 < a0 else a0
                z0 = v0 if v0 > z0 else z0
                k += one
            a0 = a1 if a1 < a0 else a0
            a2 = a3 if a3 < a2 else a2
            z0 = z1 if z1 > z0 else z0
            z2 = z3 if z3 > z2 else z2
            lo[r, b] = a2 if a2 < a0 else a0
            hi[r, b] = z2 if z2 > z0 else z0


def _merge_numpy(low: Block, high: Block, size: int, lo: Block, hi: Block) -> None:
    starts = np.arange(0, low.shape[1], size)
    np.fmin.reduceat(low, starts, axis=1, out=lo)
    np.fmax.reduceat(high, starts, axis=1, out=hi)


@kernel(twin=_merge_numpy)
def _merge(low: Block, high: Block, size: int, lo: Block, hi: Block) -> None:
    rows, n = low.shape
    for r in range(rows):
        for b in range(lo.shape[1]):
            stop = min((b + 1) * size, n)
            i = b * size
            while i < stop - 1 and low[r, i] != low[r, i]:
                i += 1
            least = low[r, i]
            most = high[r, i]
            for k in range(i, stop):
                value = low[r, k]
                least = value if value < least else least
                value = high[r, k]
                most = value if value > most else most
            lo[r, b] = least
            hi[r, b] = most
