"""Bins equal brute force, exactly; the cache stays below its ceiling and loads once."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loupe.data.cache import ByteCache
from loupe.data.pyramid import Pyramid
from loupe.data.readers.memory import open_memory_array
from loupe.data.reduce import (
    bin_minmax,
    bin_on_grid,
    merge_minmax,
    working,
    working_dtype,
)
from loupe.data.request import OpenRequest

DTYPES = ["int8", "uint8", "int16", "uint16", "int32", "float32", "float64", "bool", ">i2"]


def opened(values, times=None):
    times = np.arange(values.shape[-1]) / 10.0 if times is None else times
    return open_memory_array((times, values), OpenRequest("test"))


@st.composite
def blocks(draw, max_n=600):
    rows, n = draw(st.integers(1, 4)), draw(st.integers(1, max_n))
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    values = (rng.normal(size=(rows, n)) * 100).astype(dtype)
    if dtype.kind == "f":
        kind = draw(st.sampled_from(["none", "some", "runs", "all", "inf"]))
        if kind == "some":
            values[rng.random((rows, n)) < 0.3] = np.nan
        elif kind == "runs":
            start = draw(st.integers(0, n - 1))
            values[:, start : start + draw(st.integers(1, n))] = np.nan
        elif kind == "all":
            values[:] = np.nan
        elif kind == "inf":
            values[rng.random((rows, n)) < 0.2] = np.inf
            values[rng.random((rows, n)) < 0.2] = -np.inf
    return values


def brute(values, size, b0, b1):
    """Extremes of bins by one slice each."""
    block = values.astype(working_dtype(values.dtype))
    lo = np.empty((len(block), b1 - b0), dtype=block.dtype)
    hi = lo.copy()
    for k, b in enumerate(range(b0, b1)):
        piece = block[:, b * size : (b + 1) * size]
        lo[:, k] = np.fmin.reduce(piece, axis=1)
        hi[:, k] = np.fmax.reduce(piece, axis=1)
    return lo, hi


@given(blocks(), st.integers(1, 70))
def test_kernel_twin_and_brute_force_agree(values, size):
    expected = brute(values, size, 0, -(-values.shape[1] // size))
    lo, hi = bin_minmax(values, size)
    np.testing.assert_array_equal(lo, expected[0])
    np.testing.assert_array_equal(hi, expected[1])
    from loupe.data import reduce

    block = working(values)
    twin_lo, twin_hi = np.empty_like(lo), np.empty_like(hi)
    kernel = reduce._float_minmax if block.dtype.kind == "f" else reduce._whole_minmax
    kernel.py(*reduce._flat(block), block.shape[1], size, size, twin_lo, twin_hi)
    np.testing.assert_array_equal(twin_lo, lo)
    np.testing.assert_array_equal(twin_hi, hi)
    merged = merge_minmax(lo, hi, 3)
    again = brute(values, size * 3, 0, merged[0].shape[1])
    np.testing.assert_array_equal(merged[0], again[0])
    np.testing.assert_array_equal(merged[1], again[1])


@given(blocks(), st.integers(1, 70), st.integers(0, 200))
def test_bins_on_the_absolute_grid(values, size, first):
    b0, (lo, hi) = bin_on_grid(values, first, size)
    assert b0 == first // size
    before = first - b0 * size
    block = values.astype(working_dtype(values.dtype))
    for k in range(lo.shape[1]):
        piece = block[:, max(0, k * size - before) : (k + 1) * size - before]
        np.testing.assert_array_equal(lo[:, k], np.fmin.reduce(piece, axis=1))
        np.testing.assert_array_equal(hi[:, k], np.fmax.reduce(piece, axis=1))


def test_a_window_of_a_larger_array_needs_no_copy():
    big = np.random.default_rng(0).normal(size=(3, 500)).astype("float32")
    lo, hi = bin_minmax(big[:, 100:400], 64)
    np.testing.assert_array_equal(lo, brute(big[:, 100:400], 64, 0, 5)[0])
    np.testing.assert_array_equal(hi, brute(big[:, 100:400], 64, 0, 5)[1])


@settings(max_examples=40)
@given(blocks(max_n=3000), st.integers(2, 7), st.integers(2, 4), st.integers(0, 3), st.data())
def test_every_bin_of_every_level_equals_brute_force(values, base, factor, tile_level, draw):
    pyramid = Pyramid(opened(values), base=base, factor=factor, tile_level=tile_level)
    for level in range(pyramid.levels):
        n = pyramid.n_bins(level)
        b0 = draw.draw(st.integers(0, n))
        b1 = draw.draw(st.integers(b0, n))
        rows = draw.draw(st.permutations(range(len(values))))
        index = np.array(rows[: draw.draw(st.integers(1, len(values)))])
        for key in pyramid.missing(level, index, b0, b1):
            pyramid.build(key)
        assert pyramid.missing(level, index, b0, b1) == []
        lo, hi, known, _ = pyramid.bins(level, index, b0, b1)
        assert known.all()
        expected = brute(values[index], pyramid.bin_samples(level), b0, b1)
        np.testing.assert_array_equal(lo, expected[0])
        np.testing.assert_array_equal(hi, expected[1])


def test_what_is_not_built_is_said_to_be_unknown():
    values = np.arange(2 * 4000, dtype="float32").reshape(2, 4000)
    pyramid = Pyramid(opened(values), base=10, factor=4, tile_level=2)
    assert pyramid.tile_samples == 160
    first, second, *_ = pyramid.missing(0, slice(None), 0, 400)
    pyramid.build(second)
    lo, _hi, known, _ = pyramid.bins(0, slice(None), 0, 48)
    assert known[0].tolist() == [False] * 16 + [True] * 16 + [False] * 16
    assert np.isnan(lo[:, :16]).all()
    assert lo[0, 16] == 160
    top = pyramid.bins(3, slice(None), 0, 1)
    assert not top.known.any()
    assert np.isnan(top.lo).all()
    assert 0 < pyramid.progress < 1
    pyramid.build(first)
    assert pyramid.bins(0, slice(None), 0, 32).known.all()


def test_the_level_is_fine_enough():
    pyramid = Pyramid(opened(np.zeros((1, 1_000_000), dtype="int16")))
    assert pyramid.level_for(100) is None
    assert pyramid.level_for(128) == 0
    assert pyramid.level_for(511) == 0
    assert pyramid.level_for(512) == 1
    assert pyramid.level_for(1e12) == pyramid.levels - 1
    assert pyramid.n_bins(pyramid.levels - 1) == 1


def test_evicted_fine_levels_are_missing_again_and_coarse_ones_stay():
    values = np.random.default_rng(1).normal(size=(1, 20_000)).astype("float32")
    cache = ByteCache(600)
    pyramid = Pyramid(opened(values), cache, base=8, factor=4, tile_level=2)
    pyramid._resident_from = 2
    for key in pyramid.all_tiles():
        pyramid.build(key)
    assert cache.stats.peak_bytes <= 600
    assert pyramid.bins(2, slice(None), 0, pyramid.n_bins(2)).known.all()
    assert len(pyramid.missing(0, slice(None), 0, pyramid.n_bins(0))) > 100
    key = pyramid.missing(0, slice(None), 0, 16)[0]
    pyramid.build(key)
    expected = brute(values, 8, 0, 16)
    np.testing.assert_array_equal(pyramid.bins(0, slice(None), 0, 16).lo, expected[0])


def test_cache_keeps_its_ceiling_and_drops_the_oldest():
    cache = ByteCache(100)
    block = np.zeros(5)
    for key in "abc":
        cache.put(key, block)
    assert cache.get("a") is None
    assert cache.get("b") is block
    cache.put("d", block)
    assert cache.get("c") is None
    assert cache.stats.bytes_held == 80
    cache.put("huge", np.zeros(1000))
    assert cache.get("huge") is None
    cache.limit = 40
    assert cache.stats.bytes_held == 40
    cache.drop()
    assert cache.stats.bytes_held == 0


def test_blocks_that_are_loaded_at_no_cost_take_a_part_of_the_ceiling():
    cache = ByteCache(1000, cheap_share=0.25)

    def load(keys):
        return {key: np.zeros(100, dtype=np.uint8) for key in keys}

    cache.fetch(["a", "b"], load)
    cache.fetch(["c", "d"], load, cheap=True)
    assert cache.get("c") is not None
    cache.fetch(["e"], load, cheap=True)
    assert cache.get("d") is None  # used longest ago of the cheap ones; the older a stays
    assert all(cache.get(key) is not None for key in "abce")
    assert cache.stats.bytes_held == 400
    cache.drop(["c", "e"])
    cache.fetch(["f", "g"], load, cheap=True)
    assert cache.stats.bytes_held == 400
    assert cache.stats.evictions == 1


def test_two_threads_load_a_block_once():
    cache = ByteCache(10_000)
    started, go = threading.Event(), threading.Event()
    loads = []

    def load(keys):
        loads.append(list(keys))
        started.set()
        assert go.wait(5)
        return {key: np.zeros(1) for key in keys}

    results = []

    def fetch(keys):
        results.append(sorted(cache.fetch(keys, load)))

    first = threading.Thread(target=fetch, args=([1, 2],))
    first.start()
    assert started.wait(5)
    second = threading.Thread(target=fetch, args=([2, 1],))
    second.start()
    go.set()
    first.join(5)
    second.join(5)
    assert loads == [[1, 2]]
    assert results == [[1, 2], [1, 2]]


def test_a_failed_load_is_told_and_forgotten():
    cache = ByteCache(100)

    def fail(keys):
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        cache.fetch(["a"], fail)
    assert list(cache.fetch(["a"], lambda keys: {"a": np.zeros(1)})) == ["a"]
