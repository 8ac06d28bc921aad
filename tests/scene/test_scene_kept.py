"""Kept columns: any part is found, only what is missing is made, the ceiling holds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loupe.scene.kept import KeptColumns, Stretch


def columns(k0, width):
    values = np.arange(k0, k0 + width, dtype=np.float32)[:, None]
    return Stretch(k0, (values, values * 2), 3.0)


@given(st.lists(st.tuples(st.integers(-60, 60), st.integers(1, 40)), min_size=1, max_size=12))
def test_whatever_is_kept_the_columns_are_right(windows):
    kept = KeptColumns(1 << 20)
    for k0, width in windows:
        found = kept.find("a", k0, width)
        if found is None:
            found = kept.complete("a", k0, width, columns)
            kept.add("a", found)
        assert found.k0 == k0
        assert found.stop == k0 + width
        for part, wanted in zip(found.parts, columns(k0, width).parts, strict=True):
            assert np.array_equal(part, wanted)


def test_a_pan_makes_only_the_columns_that_come_into_sight():
    kept, made = KeptColumns(1 << 20), []

    def make(k0, width):
        made.append((k0, width))
        return columns(k0, width)

    kept.add("a", kept.complete("a", 0, 100, make))
    kept.add("a", kept.complete("a", 10, 100, make))
    kept.complete("a", -5, 20, make)
    assert made == [(0, 100), (100, 10), (-5, 5)]
    assert kept.find("b", 0, 10) is None


def test_the_ceiling_holds_and_the_newest_stays():
    kept = KeptColumns(4000)
    for i in range(20):
        kept.add("a", columns(1000 * i, 100))
    assert kept.held <= 4000
    assert kept.find("a", 19_000, 100) is not None
    assert kept.find("a", 0, 100) is None
    kept.add("a", columns(0, 5000))
    assert kept.find("a", 10, 4000) is not None


def test_a_longer_stretch_takes_the_place_of_what_it_holds():
    kept = KeptColumns(1 << 20)
    kept.add("a", columns(10, 10))
    kept.add("a", columns(0, 100))
    assert kept.held == columns(0, 100).nbytes
