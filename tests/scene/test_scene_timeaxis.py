"""Ticks and texts of time."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scene_kit import array, picture

from loupe import TraceConfig
from loupe.scene.timeaxis import (
    choose_clock,
    clamp_window,
    format_duration,
    format_time,
    nice_step,
    parse_time,
    ticks,
)
from loupe.units import Span


@pytest.mark.parametrize(
    ("t", "clock", "digits", "text"),
    [
        (12.5, "seconds", 1, "12.5"),
        (-12.5, "seconds", 1, "−12.5"),
        (-0.001, "seconds", 1, "0.0"),
        (8030.0, "hms", 0, "02:13:50"),
        (8039.85, "hms", 2, "02:13:59.85"),
        (59.999, "hms", 2, "00:01:00.00"),
        (-61.0, "hms", 0, "−00:01:01"),
        (360000.0, "hms", 0, "100:00:00"),
    ],
)
def test_times_are_written_as_people_write_them(t, clock, digits, text):
    assert format_time(t, clock, digits=digits) == text


def test_wall_clock_counts_from_the_origin():
    origin = datetime(2024, 5, 1, 23, 59, 30)
    assert format_time(45.0, "wall", origin=origin) == "00:00:15"
    marks = ticks(Span(0, 60), 600, "wall", origin=origin)
    assert [m.text for m in marks][:2] == ["23:59:30", "23:59:40"]


@pytest.mark.parametrize(
    ("text", "t"),
    [
        ("754.2", 754.2),
        ("12:34", 754),
        ("2:14:05.2", 8045.2),
        ("-3", -3),
        ("−3 s", -3),
        ("1e3", 1000),
    ],
)
def test_typed_times_are_understood(text, t):
    assert parse_time(text) == pytest.approx(t)


@pytest.mark.parametrize("text", ["", "abc", "1:2:3:4", "nan", "inf"])
def test_what_is_no_time_is_refused_with_the_forms(text):
    with pytest.raises(ValueError, match="h:m:s"):
        parse_time(text)


def test_long_recordings_get_a_clock():
    assert choose_clock("auto", Span(0, 100), None) == "seconds"
    assert choose_clock("auto", Span(0, 7200), None) == "hms"
    assert choose_clock("wall", Span(0, 7200), None) == "hms"


@given(
    start=st.floats(-1e6, 1e6),
    length=st.floats(1e-3, 1e6),
    width=st.integers(50, 4000),
    clock=st.sampled_from(["seconds", "hms"]),
)
def test_ticks_lie_inside_apart_and_tell_themselves_apart(start, length, width, clock):
    span = Span(start, start + length)
    marks = ticks(span, width, clock)
    positions = [(m.t - span.start) / span.length * width for m in marks]
    assert all(-1 <= p <= width + 1 for p in positions)
    gaps = [b - a for a, b in pairwise(positions)]
    assert all(gap >= 79 for gap in gaps)
    assert len({m.text for m in marks}) == len(marks)
    assert not any("e" in m.text for m in marks)


@given(st.floats(1e-9, 1e12))
def test_a_nice_step_is_at_least_as_large(raw):
    step = nice_step(raw)
    assert step >= raw * (1 - 1e-6)
    assert step <= raw * 5.01


@given(st.floats(-1e5, 1e5), st.floats(1e-3, 1e5), st.floats(-1e5, 1e5), st.floats(1e-3, 1e5))
def test_a_clamped_window_lies_in_the_recording_or_starts_with_it(start, length, begin, duration):
    extent = Span(begin, begin + duration)
    found = clamp_window(start, length, extent)
    assert found >= extent.start
    assert found == extent.start or found + length <= extent.stop + 1e-6


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.25, "250 ms"),
        (2.7, "2.70 s"),
        (95, "1 min 35 s"),
        (2340, "39 min"),
        (13920, "3 h 52 min"),
        (187200, "2 d 4 h"),
    ],
)
def test_durations_are_short(seconds, text):
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "t"),
    [
        ("2024-01-01T12:00:00+02:00", 0.0),
        ("2024-01-01T10:00:00Z", 0.0),
        ("2024-01-01 10:01:00", 60.0),
        ("2023-12-31", -122400.0),
    ],
)
@pytest.mark.parametrize("zone", [UTC, None])
def test_a_typed_moment_is_where_its_zone_says(text, t, zone):
    origin = datetime(2024, 1, 1, 10, tzinfo=zone)
    assert parse_time(text, origin=origin) == pytest.approx(t)


def test_a_moment_without_a_zone_has_that_of_the_recording():
    origin = datetime(2024, 1, 1, 10, tzinfo=timezone(timedelta(hours=5)))
    assert parse_time("2024-01-01 10:00:10", origin=origin) == pytest.approx(10.0)


def test_a_day_has_no_24th_hour():
    origin = datetime(2024, 5, 1, 23, 59, 30)
    assert format_time(29.999, "wall", digits=2, origin=origin) == "00:00:00.00"
    assert format_time(29.99, "wall", digits=2, origin=origin) == "23:59:59.99"


@pytest.mark.parametrize(
    ("length", "step"), [(150, 20), (200, 20), (250, 30), (300, 30), (301, 60)]
)
def test_steps_between_ten_seconds_and_a_minute_follow_the_clock(length, step):
    marks = ticks(Span(0, length), 800, "hms")
    assert marks[1].t - marks[0].t == step


def test_days_are_told_apart_on_the_wall_clock():
    origin = datetime(2024, 5, 1, 18, 30)
    texts = [m.text for m in ticks(Span(0, 2 * 86400), 800, "wall", origin=origin)]
    assert texts == [
        "2024-05-02",
        "06:00:00",
        "12:00:00",
        "18:00:00",
        "2024-05-03",
        "06:00:00",
        "12:00:00",
        "18:00:00",
    ]
    near = ticks(Span(0, 1), 800, "wall", origin=datetime(2024, 5, 1, 23, 59, 59, 500_000))
    assert [m.text for m in near][4:7] == ["23:59:59.9", "2024-05-02", "00:00:00.1"]


def test_larger_times_on_the_axis_stand_further_apart():
    data = TraceConfig(array(np.zeros((1, 3000)), t=np.arange(3000.0)))

    def gap(font_scale):
        p = picture(data, window=30.0, start=600.0, clock="hms", font_scale=font_scale)
        xs = [t.x for t in p.frame.texts if t.area == "axis" and t.align == "center"]
        return min(np.diff(sorted(xs)))

    assert gap(1.0) >= 80
    assert gap(2.0) >= 160
