"""Playing is a function of the clock: looping, running on, speeds; nothing drifts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe.units import Span
from loupe.video.clock import PlaybackClock, clamp_speed

S = 1_000_000_000
RECORDING = Span(0.0, 100.0)


def test_looping_in_the_window():
    clock = PlaybackClock(0, 12.0)
    window = Span(10.0, 20.0)
    cursors = [
        clock.at(t * S, window=window, limits=RECORDING, mode="loop").cursor for t in (0, 5, 8, 21)
    ]
    assert cursors == pytest.approx([12.0, 17.0, 10.0, 13.0])


def test_looping_turns_at_the_end_of_the_recording():
    clock = PlaybackClock(0, 98.0)
    point = clock.at(3 * S, window=Span(95.0, 105.0), limits=RECORDING, mode="loop")
    assert point.cursor == pytest.approx(96.0)
    assert not point.ended


def test_running_on_takes_the_window_along_by_pages():
    clock = PlaybackClock(0, 12.0, 2.0)
    window = Span(10.0, 20.0)
    assert clock.at(3 * S, window=window, limits=RECORDING, mode="run").window == window
    point = clock.at(10 * S, window=window, limits=RECORDING, mode="run")
    assert (point.cursor, point.window) == (pytest.approx(32.0), Span(30.0, 40.0))


def test_running_on_ends_at_the_end():
    clock = PlaybackClock(0, 97.0)
    point = clock.at(60 * S, window=Span(85.0, 95.0), limits=RECORDING, mode="run")
    assert point.ended
    assert point.cursor == 100.0
    assert point.window == Span(90.0, 100.0)


def test_another_speed_goes_on_from_the_cursor():
    clock = PlaybackClock(0, 10.0).moved(4 * S, 14.0, speed=0.5)
    point = clock.at(6 * S, window=Span(10.0, 20.0), limits=RECORDING, mode="run")
    assert point.cursor == pytest.approx(15.0)
    assert PlaybackClock(0, 0.0).moved(1, 5.0, speed=99.0).speed == 8.0
    assert PlaybackClock(0, 0.0, 3.0).moved(1, 5.0).speed == 3.0


def test_speeds_outside_are_refused_or_clamped():
    with pytest.raises(ValueError, match="speed"):
        PlaybackClock(0, 0.0, 9.0)
    assert (clamp_speed(0.0), clamp_speed(1.5), clamp_speed(50)) == (0.1, 1.5, 8.0)


def test_a_clock_that_steps_back_stands_still():
    assert PlaybackClock(10 * S, 3.0).elapsed(0) == 0.0


@given(
    st.floats(0, 100),
    st.floats(0.1, 8),
    st.integers(0, 10**12),
    st.floats(0, 90),
    st.floats(0.1, 200),
    st.sampled_from(["loop", "run"]),
)
def test_the_cursor_stays_in_the_window_and_the_recording(origin, speed, now, start, length, mode):
    window = Span(start, start + length)
    point = PlaybackClock(0, origin, speed).at(now, window=window, limits=RECORDING, mode=mode)
    assert RECORDING.start <= point.cursor <= RECORDING.stop + 1e-9
    assert point.window.start - 1e-9 <= point.cursor <= point.window.stop + 1e-9
    assert point.window.length == pytest.approx(length)
