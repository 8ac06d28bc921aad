"""The thread: newest wish wins, exact after approximate, and no file can end or stop it."""

import os
import queue
import time

import numpy as np
import pytest
import video_matrix

from loupe.errors import LoupeError
from loupe.video import player
from loupe.video.opened import VideoSpec
from loupe.video.player import Shown, VideoSource


@pytest.fixture
def source_of(tmp_path):
    """``source_of(path, ...)``: a source and the queue of its answers; closed at the end."""
    sources = []

    def make(*paths, times=(), **kwargs):
        answers = queue.Queue()
        spec = VideoSpec("cam", tuple(paths), times)
        source = VideoSource(spec, answers.put, index_cache=tmp_path / "cache", **kwargs)
        sources.append(source)
        return source, answers

    yield make
    for source in sources:
        source.close(10)
        assert not source._thread.is_alive()


def _answer(answers, request, *, final=True):
    """The answer to a request; skips approximate ones if ``final``."""
    while True:
        got = answers.get(timeout=20)
        if got.request == request and (not final or got.shown is not Shown.APPROXIMATE):
            return got


def test_a_frame_and_an_instant(plain, source_of):
    source, answers = source_of(plain(), times=(5 + np.arange(60) / 25,))
    by_frame = _answer(answers, source.request(frame=33))
    assert (by_frame.shown, by_frame.frame, by_frame.time) == (Shown.EXACT, 33, 5 + 33 / 25)
    assert by_frame.rgb.shape == (120, 160, 3)
    assert by_frame.rgb.flags.c_contiguous
    assert video_matrix.number_of(by_frame.rgb) == 33
    by_time = _answer(answers, source.request(time=6.01))
    assert by_time.frame == 25
    assert video_matrix.number_of(by_time.rgb) == 25


def test_no_frame_outside_the_recording(plain, source_of):
    source, answers = source_of(plain(), times=(5 + np.arange(60) / 25,))
    got = _answer(answers, source.request(time=1.0))
    assert (got.shown, got.frame, got.rgb, got.note) == (
        Shown.NONE,
        None,
        None,
        "no frame at this time",
    )
    assert _answer(answers, source.request(frame=60)).shown is Shown.NONE


def test_scaled_into_a_box(plain, source_of):
    source, answers = source_of(plain())
    got = _answer(answers, source.request(frame=7, box=(100, 50)))
    assert got.rgb.shape == (50, 67, 3)
    assert video_matrix.number_of(got.rgb) == 7
    assert _answer(answers, source.request(frame=7, box=(4000, 4000))).rgb.shape[:2] == (120, 160)


def test_asks_for_one_of_frame_and_time(plain, source_of):
    source, _ = source_of(plain())
    with pytest.raises(ValueError, match="either"):
        source.request()
    with pytest.raises(ValueError, match="either"):
        source.request(frame=1, time=1.0)


def test_the_newest_wish_wins(plain, source_of):
    source, answers = source_of(plain("long.mp4", 300, 300))
    source.wait_opened(20)
    wishes = [source.request(frame=f) for f in range(0, 300, 3)]
    last = _answer(answers, wishes[-1])
    assert video_matrix.number_of(last.rgb) == 297
    answered = {last.request}
    while not answers.empty():
        answered.add(answers.get().request)
    assert len(answered) < len(wishes) / 2


def test_scrubbing_shows_a_keyframe_then_the_frame(plain, source_of):
    source, answers = source_of(plain("long.mp4", 120, 40))
    first = _answer(answers, source.request(frame=95, scrubbing=True), final=False)
    assert (first.shown, first.frame, first.note) == (Shown.APPROXIMATE, 80, "searching")
    assert video_matrix.number_of(first.rgb) == 80
    then = answers.get(timeout=20)
    assert (then.shown, then.frame) == (Shown.EXACT, 95)
    assert video_matrix.number_of(then.rgb) == 95


def test_every_answer_while_scrubbing_is_the_frame_it_says(made, source_of, soak):
    file = made("h264_vfr_mkv")
    source, answers = source_of(file.path)
    video = source.wait_opened(20)
    rng = np.random.default_rng(3)
    for _ in range(300 if soak else 60):
        last = source.request(frame=int(rng.integers(video.timeline.n)), scrubbing=True)
        time.sleep(float(rng.random()) * 0.01)
    got = None
    while got is None or got.request != last or got.shown is Shown.APPROXIMATE:
        got = answers.get(timeout=20)
        assert got.shown in (Shown.EXACT, Shown.APPROXIMATE)
        assert video_matrix.number_of(got.rgb) == got.frame
        assert got.time == video.timeline.times[got.frame]


def test_slow_decoding_still_shows_something(plain, source_of, monkeypatch):
    """Wishes that come faster than frames decode may not keep the picture still for ever."""
    monkeypatch.setattr(player, "_PATIENCE_S", 0.0)
    source, answers = source_of(plain("long.mp4", 300, 300))
    source.wait_opened(20)
    for frame in range(60, 300, 2):
        last = source.request(frame=frame)
        time.sleep(0.0005)
    final = _answer(answers, last)
    assert final.frame == 298


def test_reading_ahead_never_takes_the_right_picture_away(plain, source_of, tmp_path):
    """The second file of a video is gone: the last frames of the first are there all the same."""
    paths = [plain("one.mp4", 30), plain("two.mp4", 30)]
    source, answers = source_of(*paths, times=(np.arange(30.0), 30 + np.arange(30.0)))
    assert source.wait_opened(20) is not None
    paths[1].unlink()
    assert _answer(answers, source.request(frame=29)).shown is Shown.EXACT
    # the next answer comes when reading ahead for the last wish is over
    last = source.request(frame=28)
    got = answers.get(timeout=20)
    assert (got.request, got.shown) == (last, Shown.EXACT)


def test_reading_ahead_fits_the_cache(plain, source_of):
    """With room for a few frames, what is decoded ahead must not push out what comes next."""
    path = plain("long.mp4", 120, 120)
    one, answers = source_of(path)
    _answer(answers, one.request(frame=0))
    weight = one._reader.cached(0).nbytes
    source, answers = source_of(path, cache_bytes=8 * weight)
    for frame in range(60):
        assert _answer(answers, source.request(frame=frame)).shown is Shown.EXACT
        before = -1
        while before != source._reader.decoded:  # until it has read ahead
            before = source._reader.decoded
            time.sleep(0.02)
    assert source._reader.decoded <= 60 + 12


def test_steps_back_decode_nothing_within_the_group(plain, source_of):
    source, answers = source_of(plain("long.mp4", 60, 60))
    _answer(answers, source.request(frame=50))
    for frame in range(49, 30, -1):
        got = _answer(answers, source.request(frame=frame))
        assert video_matrix.number_of(got.rgb) == frame
    assert source._reader.decoded <= 60 + 12


def test_frames_ahead_are_decoded_while_nobody_asks(plain, source_of):
    source, answers = source_of(plain("long.mp4", 120, 60))
    for frame in (10, 11):
        _answer(answers, source.request(frame=frame))
    deadline = time.monotonic() + 10
    while source._reader.decoded < 24 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert source._reader.decoded == 24


def test_a_missing_frame_is_said(made, source_of):
    file = made("mjpeg_truncated")
    source, answers = source_of(file.path)
    n = source.wait_opened(20).timeline.n
    for _ in range(2):
        got = _answer(answers, source.request(frame=n - 1))
        assert (got.shown, got.frame, got.rgb) == (Shown.MISSING, n - 1, None)
        assert got.note == f"frame {n - 1} cannot be decoded"
    assert _answer(answers, source.request(frame=n - 2)).shown is Shown.EXACT


def test_a_missing_file_answers_with_what_is_wrong(tmp_path, source_of):
    told = queue.Queue()
    source, answers = source_of(tmp_path / "no.mp4", opened=told.put)
    assert isinstance(told.get(timeout=20), LoupeError)
    got = _answer(answers, source.request(time=0.0))
    assert (got.shown, got.rgb) == (Shown.ERROR, None)
    assert "no such file" in got.note
    assert source.error is not None
    assert source.video is None


def test_a_file_that_is_finished_later_opens_then(plain, tmp_path, source_of, monkeypatch):
    monkeypatch.setattr(player, "_RETRY_S", 0.0)
    whole = plain("whole.mp4").read_bytes()
    growing = tmp_path / "growing.mp4"
    growing.write_bytes(whole[: len(whole) // 2])
    source, answers = source_of(growing)
    assert _answer(answers, source.request(frame=3)).shown is Shown.ERROR
    growing.write_bytes(whole)
    got = _answer(answers, source.request(frame=3))
    assert video_matrix.number_of(got.rgb) == 3
    assert source.error is None


def test_a_file_that_vanishes_or_is_cut_while_open(plain, source_of):
    path = plain("long.mp4", 120, 20)
    source, answers = source_of(path, cache_bytes=1)
    assert _answer(answers, source.request(frame=5)).shown is Shown.EXACT
    damages = [lambda: os.truncate(path, 2000), path.unlink]
    for damage in damages:
        damage()
        for frame in (100, 60, 3, 119):
            got = _answer(answers, source.request(frame=frame))
            assert got.shown in (Shown.EXACT, Shown.MISSING, Shown.ERROR)
            if got.shown is Shown.EXACT:  # read before the damage
                assert video_matrix.number_of(got.rgb) == frame


def test_a_frame_that_was_missing_is_shown_once_the_file_holds_it(plain, source_of, monkeypatch):
    path = plain("long.mkv", 300, 20)
    whole = path.read_bytes()
    source, answers = source_of(path)
    assert _answer(answers, source.request(frame=5)).shown is Shown.EXACT
    assert not source.changed
    half = len(whole) // 2
    path.write_bytes(whole[:half] + bytes(len(whole) - half))
    missing = _answer(answers, source.request(frame=290))
    assert (missing.shown, missing.frame) == (Shown.MISSING, 290)
    assert source.changed
    monkeypatch.setattr(player, "_RETRY_S", 0.0)
    path.write_bytes(whole)
    got = _answer(answers, source.request(frame=290))
    assert got.shown is Shown.EXACT
    assert video_matrix.number_of(got.rgb) == 290
    assert not source.changed
    path.write_bytes(b"nothing of a video")
    assert _answer(answers, source.request(frame=5)).shown in (Shown.MISSING, Shown.ERROR)
    got = _answer(answers, source.request(frame=290))
    assert video_matrix.number_of(got.rgb) == 290, "what was read stays"


def test_random_damage_never_ends_the_thread(plain, source_of, soak):
    path = plain("long.mp4", 120, 20)
    data = path.read_bytes()
    rng = np.random.default_rng(1)
    for k in range(40 if soak else 6):
        broken = bytearray(data)
        for at in rng.integers(0, len(data), 30):
            broken[at] = int(rng.integers(256))
        victim = path.with_name(f"broken{k}.mp4")
        victim.write_bytes(broken)
        source, answers = source_of(victim)
        for frame in (100, 3, 60):
            assert _answer(answers, source.request(frame=frame)).request > 0
        source.close(10)


def test_a_listener_that_fails_does_not_end_the_thread(plain, tmp_path, caplog):
    answers = queue.Queue()

    def deliver(picture):
        answers.put(picture)
        raise RuntimeError("the window is gone")

    source = VideoSource(VideoSpec("v", (plain(),)), deliver, index_cache=tmp_path / "c")
    for frame in (1, 2):
        assert _answer(answers, source.request(frame=frame)).shown is Shown.EXACT
    source.close()
    assert "a listener failed" in caplog.text


def test_nothing_is_delivered_after_closing(plain, source_of):
    source, answers = source_of(plain("long.mp4", 300, 300))
    source.wait_opened(20)
    source.request(frame=299)
    source.close(10)
    source.close(10)
    before = answers.qsize()
    source.request(frame=1)
    time.sleep(0.05)
    assert answers.qsize() == before


def test_a_still_is_served_among_newer_wishes_and_at_full_size(plain, source_of):
    source, answers = source_of(plain())
    source.wait_opened(20)
    stills = queue.Queue()
    box = (40, 30)
    for i in range(20):
        source.request(frame=i, scrubbing=True, box=box)
        if i == 3:
            number = source.request_still(47, stills.put)
    last = source.request(frame=20, box=box)
    still = stills.get(timeout=20)
    assert (still.request, still.shown, still.frame) == (number, Shown.EXACT, 47)
    assert still.rgb.shape == (120, 160, 3)
    assert video_matrix.number_of(still.rgb) == 47
    shown = _answer(answers, last)
    assert (shown.frame, shown.rgb.shape) == (20, (30, 40, 3))
    assert stills.empty()
    assert number not in [answers.get_nowait().request for _ in range(answers.qsize())]
    source.request_still(900, stills.put)
    assert stills.get(timeout=20).shown is Shown.NONE
