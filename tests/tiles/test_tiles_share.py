"""Two threads give what one gives."""

import threading

import numpy as np
import pytest

from loupe.tiles import share as sharing
from loupe.tiles.compose import compose_traces
from loupe.tiles.events import bin_events
from loupe.tiles.heat import heat_columns
from loupe.tiles.share import share
from loupe.tiles.spans import bin_spans, curve_spans


class Ready:
    ready = True


def test_parts_cover_everything_once():
    parts = share(lambda a, b: list(range(a, b)), 7, 10**9, Ready())
    assert [i for part in parts for i in part] == list(range(7))


@pytest.mark.parametrize(("n", "cells"), [(0, 10**9), (1, 10**9), (100, 10)])
def test_little_work_stays_in_this_thread(n, cells):
    def work(a, b):
        return a, b, threading.current_thread()

    assert share(work, n, cells, Ready()) == [(0, n, threading.current_thread())]


def test_a_kernel_that_is_not_compiled_yet_stays_in_this_thread():
    kernel = type("Cold", (), {"ready": False})()
    assert share(lambda a, b: (a, b), 50, 10**9, kernel) == [(0, 50)]


def test_an_error_in_either_part_comes_out():
    def fails_in(half):
        def work(a, b):
            if (a > 0) == half:
                raise ValueError(f"part {a}")

        return work

    for half in (False, True):
        with pytest.raises(ValueError, match="part"):
            share(fails_in(half), 10, 10**9, Ready())


def test_every_kernel_gives_the_same_in_one_thread_and_in_two(monkeypatch):
    rng = np.random.default_rng(0)
    y = rng.normal(size=(7, 900)).astype(np.float32)
    t = np.sort(rng.uniform(0, 9, 500))
    grid = {"k0": 0, "width": 101, "grid_dt": 0.09}

    def everything():
        lo, hi = curve_spans(y, (0.0, 0.01), **grid)
        return [
            lo, hi,
            *bin_spans(y, y + 1, (0.0, 0.01), **grid),
            heat_columns(y, (0.0, 0.01), **grid),
            heat_columns(y, (0.0, 0.01), **grid, method="mean"),
            compose_traces(
                lo, hi, scale=5.0, offset=np.arange(7) * 9.0, colors=(9, 9, 200, 128),
                height=64, width=2.5,
            ),
            bin_events(
                t, rng.integers(0, 1, 500), np.array([200, 3, 3, 90]), **grid,
                row_top=[3], row_bottom=[9], height=12, thickness=3,
            ).pixels,
        ]  # fmt: skip

    alone = everything()
    monkeypatch.setattr(sharing, "WORTH", 0)
    for one, two in zip(alone, everything(), strict=True):
        np.testing.assert_array_equal(one, two)
