"""Pictures of events against painting one event after the other."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe.tiles import events
from loupe.tiles.events import FLOOR, bin_events, density_full


def reference(t, row, rgba, k0, width, grid_dt, tops, bottoms, height, thickness):
    """Every event for itself, by row, column and time, laid over what is there, in float."""
    picture = np.zeros((width, height, 4))
    for r in range(len(tops)):
        top = int(np.floor(tops[r] + 0.5))
        bottom = max(int(np.floor(bottoms[r] + 0.5)), top + 1, 0)
        for x in range(width):
            for d in range(-(thickness // 2), (thickness - 1) // 2 + 1):
                k = k0 + x + d
                for i in range(len(t)):
                    if row[i] == r and k * grid_dt <= t[i] < (k + 1) * grid_dt:
                        alpha = rgba[i, 3] / 255
                        ink = np.array([*(rgba[i, :3] * alpha), 255 * alpha])
                        part = picture[x, max(top, 0) : bottom]
                        picture[x, max(top, 0) : bottom] = ink + part * (1 - alpha)
    return picture


@st.composite
def rasters(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, n_rows, width, height = draw(st.integers(0, 40)), draw(st.integers(1, 4)), 20, 16
    grid_dt = draw(st.sampled_from([0.25, 0.1, 7.0]))
    k0 = draw(st.sampled_from([-4, 0, 100_000]))
    t = np.sort(k0 * grid_dt + rng.uniform(-3, width + 3, size=n) * grid_dt)
    if n:
        # Some lie exactly on an edge.
        t[::3] = np.round(t[::3] / grid_dt) * grid_dt
        t = np.sort(t)
    row = rng.integers(-1, n_rows + 1, size=n)
    rgba = rng.integers(0, 256, size=(n, 4)).astype(np.uint8)
    tops = rng.uniform(-3, height, size=n_rows)
    bottoms = tops + rng.choice([0.1, 1.0, 4.6], size=n_rows)
    return t, row, rgba, k0, width, grid_dt, tops, bottoms, height, draw(st.integers(1, 4))


def check_events(t, row, rgba, k0, width, grid_dt, tops, bottoms, height, thickness):
    want = reference(t, row, rgba, k0, width, grid_dt, tops, bottoms, height, thickness)
    options = {
        "k0": k0, "width": width, "grid_dt": grid_dt, "row_top": tops, "row_bottom": bottoms,
        "height": height, "thickness": thickness,
    }  # fmt: skip
    got = bin_events(t, row, rgba, **options)
    assert np.abs(got.pixels.astype(float) - want).max(initial=0) <= 2
    return options, got


@given(rasters())
def test_ticks_equal_the_reference_and_twin(case):
    options, got = check_events(*case)
    kernels = events._gather, events._paint
    try:
        events._gather, events._paint = (k.py for k in kernels)
        plain = bin_events(*case[:3], **options)
    finally:
        events._gather, events._paint = kernels
    assert np.abs(plain.pixels.astype(int) - got.pixels).max(initial=0) <= 1
    assert plain[1:] == got[1:]


@given(rasters())
def test_density_equals_twin_and_covers_the_same_pixels(case):
    t, row, rgba, k0, width, grid_dt, tops, bottoms, height, thickness = case
    rgba = rgba.copy()
    rgba[:, 3] |= 64
    options, ticks = check_events(
        t, row, rgba, k0, width, grid_dt, tops, bottoms, height, thickness
    )
    got = bin_events(t, row, rgba, **options, full=5.0)
    np.testing.assert_array_equal(got.pixels[..., 3] > 0, ticks.pixels[..., 3] > 0)
    kernels = events._gather, events._paint
    try:
        events._gather, events._paint = (k.py for k in kernels)
        plain = bin_events(t, row, rgba, **options, full=5.0)
    finally:
        events._gather, events._paint = kernels
    assert np.abs(plain.pixels.astype(int) - got.pixels).max(initial=0) <= 1


def one_row(t, full=1.0, rgba=(255, 255, 255, 255), width=10, grid_dt=1.0):
    t = np.asarray(t, dtype=np.float64)
    return bin_events(
        t, np.zeros(len(t), int), np.array(rgba, np.uint8), k0=0, width=width, grid_dt=grid_dt,
        row_top=[0.0], row_bottom=[2.0], height=2, full=full,
    )  # fmt: skip


def test_every_event_is_counted_at_every_zoom():
    t = np.sort(np.random.default_rng(0).uniform(0, 3600, 20_000))
    for width in (1, 7, 1600, 100_000):
        # The last column's right edge belongs to the next column.
        tile = one_row(t, width=width, grid_dt=3600 / width + 1e-9)
        assert tile.drawn == 20_000
        lit = np.unique(np.floor(t / (3600 / width + 1e-9)).astype(int))
        np.testing.assert_array_equal(np.flatnonzero(tile.pixels[:, 0, 3]), lit)


def test_one_event_alone_is_visible_in_a_density():
    tile = one_row([0.5, *np.full(50, 3.5), *np.full(100, 7.5)], full=100.0)
    alpha = tile.pixels[:, 0, 3] / 255
    assert alpha[0] == pytest.approx(FLOOR, abs=0.01)
    assert alpha[3] == pytest.approx(0.5**0.5, abs=0.01)
    assert alpha[7] == 1.0
    assert tile.most_in_cell == 100


def test_a_density_has_the_mean_colour_of_its_events():
    t = np.full(4, 0.5)
    rgba = np.array([[200, 0, 0, 255]] * 3 + [[0, 100, 0, 255]], np.uint8)
    tile = bin_events(
        t, np.zeros(4, int), rgba, k0=0, width=1, grid_dt=1.0, row_top=[0], row_bottom=[1],
        height=1, full=2.0,
    )  # fmt: skip
    assert tile.pixels[0, 0].tolist() == [150, 25, 0, 255]


def test_density_depends_on_the_zoom_only():
    assert density_full(1000, 10, 1000) == 1.0
    assert density_full(5_000_000, 200, 1600) == pytest.approx(62.5)
    assert density_full(10, 0, 0) == 40.0


def test_halves_by_two_threads_make_the_whole():
    rng = np.random.default_rng(1)
    t = np.sort(rng.uniform(0, 100, 3000))
    row, rgba = rng.integers(0, 5, 3000), rng.integers(0, 256, (3000, 4)).astype(np.uint8)
    options = {
        "k0": 10, "width": 71, "grid_dt": 1.0, "row_top": np.arange(5) * 4.0,
        "row_bottom": np.arange(5) * 4.0 + 3, "height": 20, "thickness": 3,
    }  # fmt: skip
    whole = bin_events(t, row, rgba, **options)
    parts = np.zeros_like(whole.pixels)
    threads = [
        threading.Thread(
            target=bin_events,
            args=(t, row, rgba),
            kwargs={**options, "columns": (x0, x1), "out": parts[x0:x1]},
        )
        for x0, x1 in ((0, 40), (40, 71))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(parts, whole.pixels)


def test_neighbouring_tiles_fit_together():
    rng = np.random.default_rng(2)
    t = np.sort(rng.uniform(0, 40, 60))
    row, rgba = np.zeros(60, int), np.array([10, 20, 30, 100], np.uint8)
    options = {
        "grid_dt": 0.5, "row_top": [0.0], "row_bottom": [3.0], "height": 3, "thickness": 5,
    }  # fmt: skip
    whole = bin_events(t, row, rgba, k0=0, width=80, **options).pixels
    left = bin_events(t, row, rgba, k0=0, width=33, **options).pixels
    right = bin_events(t, row, rgba, k0=33, width=47, **options).pixels
    np.testing.assert_array_equal(np.concatenate([left, right]), whole)


def test_wrong_shapes_are_named():
    options = {
        "k0": 0, "width": 1, "grid_dt": 1.0, "row_top": [0], "row_bottom": [1], "height": 1,
    }  # fmt: skip
    with pytest.raises(ValueError, match="3 events but rows"):
        bin_events(np.arange(3.0), np.zeros(2), np.zeros(4), **options)
    with pytest.raises(ValueError, match="3 events but 2 colours"):
        bin_events(np.arange(3.0), np.zeros(3), np.zeros((2, 4)), **options)


def _drops_one_in_three(*args):
    events.__dict__["_whole"](args[0], np.where(np.arange(len(args[1])) % 3, args[1], -1).astype(
        np.int32), *args[2:])  # fmt: skip


def _a_column_late(*args):
    events.__dict__["_whole"](*args[:6], args[6] - 1, *args[7:])


@pytest.mark.parametrize("broken", [_drops_one_in_three, _a_column_late])
def test_a_broken_kernel_fails_the_comparison(monkeypatch, broken):
    rng = np.random.default_rng(3)
    t = np.sort(rng.uniform(0, 20, 15))
    rgba = rng.integers(100, 256, (15, 4)).astype(np.uint8)
    case = (t, rng.integers(0, 2, 15), rgba, 0, 20, 1.0, [0.0, 5.0], [4.0, 9.0], 10, 1)
    check_events(*case)
    monkeypatch.setattr(events, "_whole", events._gather, raising=False)
    monkeypatch.setattr(events, "_gather", broken)
    with pytest.raises(AssertionError):
        check_events(*case)
