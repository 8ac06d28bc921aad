"""Typical ranges of traces, for scales that do not jump: exact when small, sampled when long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loupe.data.protocols import ArrayData

__all__ = ["ArrayStats", "measure", "nan_share"]

EXACT_VALUES = 1_000_000
BLOCKS, FEWEST_BLOCKS = 32, 4
BLOCK_SAMPLES, FEWEST_SAMPLES = 1024, 256
SAMPLED_VALUES, MOST_VALUES = 1_000_000, 4_000_000
READ_BYTES = 24 << 20
"""What is sampled of a long recording: so many values, from chunks of so many bytes, about.

More than the most only where rows times the fewest blocks and samples are more.
"""


@dataclass(frozen=True, eq=False, slots=True)
class ArrayStats:
    """Percentiles of physical values, per row and pooled.

    Attributes
    ----------
    low, high, mean
        1st and 99th percentile and mean of each row, ``(r,)`` float64; NaN for a row without
        finite values.
    pooled
        The asked percentiles over all rows together; (0.0, 1.0) without finite values.
    """

    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    mean: npt.NDArray[np.float64]
    pooled: tuple[float, float]

    def spread(self) -> float:
        """Median over rows of the 1-99 % range; 1.0 when there is none."""
        width = self.high - self.low
        width = width[np.isfinite(width) & (width > 0)]
        return float(np.median(width)) if width.size else 1.0


def measure(
    data: ArrayData,
    rows: npt.NDArray[np.intp],
    percentiles: tuple[float, float] = (1.0, 99.0),
) -> ArrayStats:
    """Measure rows of an array.

    Parameters
    ----------
    rows
        Indices, ``(r,)``.
    percentiles
        The pooled pair.

    Returns
    -------
    ArrayStats
        Exact up to a million values; beyond, from blocks spread evenly: 32 of 1024 samples,
        or fewer and shorter ones where there are many rows, which must not hold up a picture.

    Raises
    ------
    LoupeDataError
        If the store fails.
    """
    n = data.time.n
    blocks, length = _blocks(data, len(rows))
    exact = n * len(rows) <= EXACT_VALUES or n <= blocks * length
    if exact:
        values = _physical(data, rows, 0, n)
    else:
        starts = np.linspace(0, n - length, blocks).astype(np.intp)
        values = np.concatenate(
            [_physical(data, rows, int(s), int(s) + length) for s in starts], axis=1
        )
    finite = np.isfinite(values)
    low, high, mean = (np.full(len(rows), np.nan) for _ in range(3))
    if values.size and finite.all():
        low, high = np.percentile(values, [1.0, 99.0], axis=1).astype(np.float64)
        mean = values.mean(axis=1, dtype=np.float64)
    else:
        for r in range(len(rows)):
            good = values[r, finite[r]]
            if good.size:
                low[r], high[r] = np.percentile(good, [1.0, 99.0])
                mean[r] = good.mean(dtype=np.float64)
    flat = values[finite]
    pooled = (0.0, 1.0)
    if flat.size:
        a, b = np.percentile(flat, list(percentiles))
        pooled = (float(a), float(b))
    return ArrayStats(low, high, mean, pooled)


def nan_share(data: ArrayData) -> float:
    """Share of samples that are NaN, 0 to 1, from the same spread blocks as `measure`.

    Raises
    ------
    LoupeDataError
        If the store fails.
    """
    n = data.time.n
    if data.info.dtype.kind != "f" or not n:
        return 0.0
    starts = [0] if n <= BLOCK_SAMPLES else np.linspace(0, n - BLOCK_SAMPLES, BLOCKS).astype(int)
    missing = total = 0
    for start in starts:
        block = data.read(slice(0, data.n_rows), int(start), min(int(start) + BLOCK_SAMPLES, n))
        missing += int(np.isnan(block).sum())
        total += block.size
    return missing / total if total else 0.0


def _blocks(data: ArrayData, n_rows: int) -> tuple[int, int]:
    """Number of blocks to sample and samples in each."""
    blocks = BLOCKS
    if data.info.chunks:
        chunk_bytes = int(np.prod(data.info.chunks)) * data.info.dtype.itemsize
        blocks = min(max(READ_BYTES // max(chunk_bytes, 1), FEWEST_BLOCKS), BLOCKS)
    # Of thousands of rows fewer blocks, not shorter ones: percentiles need neighbours in time.
    enough = MOST_VALUES // max(FEWEST_SAMPLES * n_rows, 1)
    blocks = max(min(blocks, enough), FEWEST_BLOCKS)
    length = SAMPLED_VALUES // max(blocks * n_rows, 1)
    return blocks, min(max(length, FEWEST_SAMPLES), BLOCK_SAMPLES)


def _physical(
    data: ArrayData, rows: npt.NDArray[np.intp], i0: int, i1: int
) -> npt.NDArray[np.float32]:
    info = data.info
    raw = data.read(rows, i0, i1).astype(np.float32)
    if info.scale != 1.0:
        raw *= np.float32(info.scale)
    if info.offset != 0.0:
        raw += np.float32(info.offset)
    return raw
