"""Time axes: what is even is found even, gaps are gaps, and everything else is kept."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe.data.timeaxis import ExplicitTime, GappedTime, UniformTime, axis_of, records_axis
from loupe.data.timecode import read_axis, seconds_per, time_code
from loupe.errors import LoupeDataError
from loupe.testing import check_time

periods = st.sampled_from([1e-5, 1 / 30000, 0.002, 1 / 360, 0.1, 1.0, 60.0])
starts = st.sampled_from([-3600.0, 0.0, 0.5, 1e5, 1.7e9])


@given(periods, starts, st.integers(0, 300))
def test_even_times_become_uniform_and_lose_nothing(period, start, n):
    times = start + np.arange(n) * period
    if n > 1 and not (np.diff(times) > 0).all():
        return
    axis = axis_of(times)
    if n > 2 and period > 1e-3:
        assert isinstance(axis, UniformTime)
    check_time(axis)
    error = np.abs(axis.times(0, n) - times).max(initial=0.0)
    assert error <= 1e-6 * axis.period + 4 * np.spacing(abs(start) + n * period)


@given(
    st.lists(st.integers(20, 60), min_size=1, max_size=5),
    st.sampled_from([0.002, 1 / 360, 1.0]),
    st.floats(2.0, 1e4),
)
def test_gaps_are_found_and_sliced(lengths, period, gap):
    pieces, start = [], 0.25
    for n in lengths:
        pieces.append(start + np.arange(n) * period)
        start = pieces[-1][-1] + period * (1 + gap)
    times = np.concatenate(pieces)
    axis = axis_of(times)
    check_time(axis)
    assert axis.breaks.tolist() == np.cumsum(lengths)[:-1].tolist()
    assert isinstance(axis, UniformTime if len(lengths) == 1 else GappedTime)
    tolerance = 1e-6 * period + 4 * np.spacing(times[-1])
    assert np.abs(axis.times(0, axis.n) - times).max() <= tolerance
    i0, i1 = len(times) // 4, len(times) - 3
    part = axis.sliced(i0, i1)
    check_time(part)
    assert np.abs(part.times(0, part.n) - times[i0:i1]).max() <= tolerance
    check_time(axis.shifted(-100.0))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=80, unique=True))
def test_any_increasing_times_are_kept_exactly(values):
    times = np.sort(np.array(values))
    if not (np.diff(times) > 0).all():
        return
    axis = ExplicitTime(times)
    check_time(axis)
    assert np.array_equal(axis.times(0, axis.n), times)
    check_time(axis.sliced(0, axis.n // 2 + 1))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([0, 1, 1, 2], "does not increase at sample 2: 1.0 s is followed by 1.0 s"),
        ([0, 1, np.nan, 2], "not finite at sample 2"),
        ([0, 2, 1], "does not increase at sample 2"),
        ([[0, 1], [2, 3]], "one dimension"),
    ],
)
def test_bad_times_name_the_first_bad_sample(bad, message):
    with pytest.raises(LoupeDataError, match=message):
        axis_of(np.array(bad, dtype=float), where="x.zarr:time")


def test_float32_times_are_seen_as_the_even_grid_they_were_rounded_from():
    times = (np.arange(100_000) / 250).astype(np.float32)
    axis, _ = read_axis(lambda a, b: times[a:b], len(times), {})
    assert isinstance(axis, UniformTime)
    assert axis.period == pytest.approx(1 / 250, rel=1e-6)


def counted(times):
    reads = []

    def read(i0, i1):
        reads.append(i1 - i0)
        return times[i0:i1]

    return read, reads


def test_long_coordinates_are_not_read_whole():
    times = np.arange(3_000_000) / 500.0
    read, reads = counted(times)
    axis, _ = read_axis(read, len(times), {})
    assert isinstance(axis, UniformTime)
    assert (axis.n, axis.period) == (3_000_000, pytest.approx(0.002, rel=1e-12))
    assert sum(reads) < 40_000

    gapped = times.copy()
    gapped[1_700_000:] += 12.5
    read, reads = counted(gapped)
    axis, _ = read_axis(read, len(gapped), {})
    assert isinstance(axis, GappedTime)
    assert axis.breaks.tolist() == [1_700_000]
    assert np.abs(axis.times(0, axis.n) - gapped).max() < 1e-8


def test_long_damaged_coordinates_name_the_sample():
    times = np.arange(3_000_000) / 500.0
    times[-1] = 0.0
    with pytest.raises(LoupeDataError, match="does not increase at sample 2999999"):
        read_axis(lambda a, b: times[a:b], len(times), {})


@pytest.mark.parametrize(
    ("unit", "seconds"), [("s", 1), ("ms", 1e-3), ("Hours", 3600), ("µs", 1e-6), ("furlong", None)]
)
def test_units(unit, seconds):
    assert seconds_per(unit) == seconds


def test_the_session_wins_over_the_attributes():
    raw = np.array([0, 2, 4])
    stored = time_code(raw[:1], {"units": "ms"})
    assert stored.seconds(raw).tolist() == [0, 0.002, 0.004]
    told = time_code(raw[:1], {"units": "ms"}, unit="min")
    assert told.seconds(raw).tolist() == [0, 120, 240]


@pytest.mark.parametrize("unit", ["ns", "us", "ms", "s"])
def test_datetimes_keep_every_digit(unit):
    first = np.datetime64("2024-05-01T22:00:00", unit)
    raw = first + np.arange(5) * np.timedelta64(1, unit)
    code = time_code(raw[:1], {})
    assert code.origin == datetime(2024, 5, 1, 22, tzinfo=UTC)
    step = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}[unit]
    assert code.seconds(raw).tolist() == pytest.approx([k * step for k in range(5)], rel=1e-12)


def test_nanoseconds_below_the_microsecond_stay():
    raw = np.datetime64("2024-05-01T22:00:00.000000123", "ns") + np.arange(3)
    code = time_code(raw[:1], {})
    assert code.seconds(raw)[0] == pytest.approx(123e-9, rel=1e-9)


def test_cf_times():
    code = time_code(np.array([7]), {"units": "days since 2000-01-01", "calendar": "standard"})
    assert code.origin == datetime(2000, 1, 8, tzinfo=UTC)
    assert code.seconds(np.array([7, 8])).tolist() == [0.0, 86400.0]
    for attrs in (
        {"units": "days since then"},
        {"units": "months since 2000-01-01"},
        {"units": "days since 2000-01-01", "calendar": "360_day"},
    ):
        with pytest.raises(LoupeDataError, match="cannot read the time units"):
            time_code(np.array([7]), attrs)


def test_what_cannot_be_time_is_refused():
    with pytest.raises(LoupeDataError, match="neither numbers nor datetimes"):
        time_code(np.array(["a"]), {})
    with pytest.raises(LoupeDataError, match="unknown time unit `fortnight`"):
        time_code(np.array([1.0]), {}, unit="fortnight")
    raw = np.array(["2024-01-01", "NaT", "2024-01-03"], dtype="datetime64[s]")
    with pytest.raises(LoupeDataError, match="not finite"):
        read_axis(lambda a, b: raw[a:b], 3, {})


@pytest.mark.parametrize("kind", ["gapped", "irregular", "even"])
def test_a_long_uneven_axis_is_found_in_little_more_than_its_own_size(kind):
    n = 6_000_000
    times = np.arange(n) / 1000.0
    if kind == "gapped":
        times[n // 3 :] += 7.0
    elif kind == "irregular":
        times[::7] += 2e-4
    tracemalloc.start()
    axis, _ = read_axis(lambda a, b: times[a:b], n, {})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (
        type(axis) is {"gapped": GappedTime, "irregular": ExplicitTime, "even": UniformTime}[kind]
    )
    # The times themselves in seconds, and blocks.
    assert peak < times.nbytes + 80e6
    picked = np.array([0, n // 3 - 1, n // 3, n - 1])
    np.testing.assert_allclose(axis.at(picked), times[picked], rtol=0, atol=1e-9)


def test_records_are_joined_but_where_they_are_apart():
    starts = np.array([0.0, 0.1, 0.2, 5.0, 5.1, 9.0])
    axis = records_axis(starts, 10, 0.01)
    check_time(axis)
    assert axis.breaks.tolist() == [30, 50]
    np.testing.assert_allclose(axis.times(28, 32), [0.28, 0.29, 5.0, 5.01], rtol=0, atol=1e-12)
    even = records_axis(np.arange(1000) * 0.1, 10, 0.01)
    assert even == UniformTime(0.0, 0.01, 10_000)
    # A third of a second in three digits: each record keeps its own time.
    rounded = np.round(np.arange(600) / 3, 3)
    own = records_axis(rounded, 10, 1 / 30)
    check_time(own)
    np.testing.assert_array_equal(own.at(np.arange(0, own.n, 10)), rounded)
    assert records_axis(np.empty(0), 10, 0.01).n == 0
    with pytest.raises(LoupeDataError, match=r"does not increase at sample 20: 0\.19 s"):
        records_axis(np.array([0.0, 0.1, 0.19]), 10, 0.01)
