"""Pictures of millions of events from their index equal those from every single event."""

import tracemalloc

import numpy as np
import pytest

from loupe.tiles import events
from loupe.tiles.events import bin_events, event_index


@pytest.mark.parametrize(("k0", "width"), [(0, 120), (-7, 90), (40, 200), (300, 40)])
def test_an_index_changes_nothing(k0, width):
    rng = np.random.default_rng(abs(k0))
    n, n_rows = 60_000, 9
    t = np.sort(np.concatenate([rng.uniform(0, 100, n - 5000), np.full(5000, 33.25)]))
    row = rng.integers(-1, n_rows + 1, n).astype(np.int32)
    edges = np.linspace(0, 90, n_rows + 1)
    place = {
        "k0": k0,
        "width": width,
        "grid_dt": 0.5,
        "row_top": edges[:-1],
        "row_bottom": edges[1:],
        "height": 90,
        "thickness": 2,
        "full": 50.0,
    }
    plain = bin_events(t, row, (40, 90, 200, 130), **place)
    index = event_index(row, n_rows)
    found = bin_events(t, row, (40, 90, 200, 130), **place, index=index)
    assert found[1:] == plain[1:]
    assert np.abs(found.pixels.astype(int) - plain.pixels).max() <= 1


def test_an_index_counts_what_comes_before_each_block():
    row = np.random.default_rng(0).integers(0, 4, 5000).astype(np.int32)
    index = event_index(row, 4, most=4)
    assert index.block == 1250
    for b, before in enumerate(index.before):
        assert before.tolist() == np.bincount(row[: b * 1250], minlength=4).tolist()


def test_kernels_of_the_index_equal_their_twins():
    rng = np.random.default_rng(1)
    row = rng.integers(-1, 7, 20_000).astype(np.int32)
    index = event_index(row, 6)
    before = np.zeros_like(index.before)
    events._count_blocks.py(row, index.block, before)
    assert np.array_equal(before, index.before)
    starts = np.sort(rng.integers(0, len(row) + 1, 12))
    found = []
    for gather in (events._gather_counted, events._gather_counted.py):
        cells, counts = np.zeros((11, 6, 4), np.float32), np.zeros((11, 6), np.int32)
        rgba = np.array([10, 200, 90, 128], np.uint8)
        gather(row, starts, index.before, index.block, rgba, cells, counts)
        found.append((cells, counts))
    assert np.array_equal(found[0][1], found[1][1])
    assert np.allclose(found[0][0], found[1][0], rtol=1e-5)


def test_tens_of_thousands_of_rows_take_no_more_memory_than_strips(monkeypatch):
    rng = np.random.default_rng(3)
    n, n_rows = 200_000, 20_000
    t, row = np.sort(rng.uniform(0, 300, n)), rng.integers(0, n_rows, n).astype(np.int32)
    edges = np.linspace(0, 400, n_rows + 1)
    place = {
        "k0": 0,
        "width": 300,
        "grid_dt": 1.0,
        "row_top": edges[:-1],
        "row_bottom": edges[1:],
        "height": 400,
        "thickness": 3,
        "full": 2.0,
    }
    index = event_index(row, n_rows)
    assert index.before.nbytes <= 2**26
    monkeypatch.setattr(events, "_STRIP_BYTES", 2**23)
    tracemalloc.start()
    found = [bin_events(t, row, (40, 90, 200, 130), **place, index=i) for i in (index, None)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Two threads, each with a strip and what it is turned into; all cells would take 120 MB.
    assert peak < 60e6
    monkeypatch.setattr(events, "_STRIP_BYTES", 2**30)
    whole = bin_events(t, row, (40, 90, 200, 130), **place)
    for tile in found:
        assert tile[1:] == whole[1:]
        assert np.abs(tile.pixels.astype(int) - whole.pixels).max() <= 1
    assert whole.drawn == n
    index = event_index(rng.integers(0, n_rows, 10**7).astype(np.int32), n_rows)
    assert index.before.nbytes <= 2**26 + 4 * n_rows
