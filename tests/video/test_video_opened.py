"""A session's video: paths, times, several files, kept indexes, and what is refused."""

import errno
import os
import socket
import threading

import numpy as np
import pytest
import video_matrix

from loupe.errors import LoupeVideoError
from loupe.video.cv import Capture
from loupe.video.index import build_index
from loupe.video.kept import load_index
from loupe.video.opened import VideoSpec, open_video
from loupe.video.reader import FrameReader


def _number(reader, frame):
    return video_matrix.number_of(reader.get(frame).rgb())


def test_a_video_with_its_frame_times(plain, tmp_path):
    plain("cam.mp4", 60)
    np.save(tmp_path / "cam.npy", 2.5 + np.arange(60) * 0.04)
    spec = VideoSpec("side", (tmp_path / "cam.mp4",), (tmp_path / "cam.npy",), (0.5, 0.0))
    video = open_video(spec, cache=tmp_path / "cache")
    assert video.timeline.span.start == 3.0
    assert video.timeline.frame_at(3.0 + 17 * 0.04) == 17
    assert _number(FrameReader(video), 17) == 17
    assert not video.slow_seek
    assert not video.notes


def test_without_frame_times_the_containers_count_from_zero(made, tmp_path):
    file = made("h264_ts")
    video = open_video(VideoSpec("v", (file.path,)), cache=tmp_path)
    assert video.timeline.times[:3] == pytest.approx([0, 1 / 30, 2 / 30], abs=1e-6)


def test_several_files_are_one_video(plain, tmp_path):
    paths = (plain("a.mp4", 40), plain("b.mp4", 25))
    np.save(tmp_path / "a.npy", np.arange(40) / 30)
    np.save(tmp_path / "b.npy", 10 + np.arange(25) / 30)
    spec = VideoSpec("v", paths, (tmp_path / "a.npy", tmp_path / "b.npy"))
    video = open_video(spec, cache=tmp_path / "cache")
    reader = FrameReader(video)
    assert video.timeline.n == 65
    assert [_number(reader, f) for f in (0, 39, 40, 64, 12)] == [0, 39, 0, 24, 12]
    assert video.timeline.frame_at(5.0) is None
    assert video.timeline.frame_at(10.0) == 40


def test_several_files_without_times_follow_each_other(plain, tmp_path):
    paths = (plain("a.mp4", 30), plain("b.mp4", 30))
    video = open_video(VideoSpec("v", paths), cache=tmp_path / "cache")
    assert video.timeline.times == pytest.approx(np.arange(60) / 30, abs=1e-6)


def test_one_array_for_several_files(plain, tmp_path):
    paths = (plain("a.mp4", 30), plain("b.mp4", 20))
    video = open_video(VideoSpec("v", paths, (np.arange(50) * 0.1,)), cache=tmp_path / "cache")
    assert video.timeline.starts == (0, 30, 50)
    with pytest.raises(LoupeVideoError, match="50 frames in 2 files, but 49 frame times"):
        open_video(VideoSpec("v", paths, (np.arange(49.0),)), cache=tmp_path / "cache")


def test_other_numbers_of_times_and_frames(plain, tmp_path):
    np.save(tmp_path / "t.npy", np.arange(58.0))
    spec = VideoSpec("v", (plain("cam.mp4", 60),), (tmp_path / "t.npy",))
    with pytest.raises(LoupeVideoError, match=r"60 frames, but 58 frame times in .*t\.npy"):
        open_video(spec, cache=tmp_path / "cache")


def test_a_truncated_tail_without_times_is_accepted(made, tmp_path):
    file = made("mjpeg_truncated")
    index = build_index(file.path)
    sound = len(file.shown)
    assert sound == index.n - 1
    spec = VideoSpec("v", (file.path,), (np.arange(float(sound)),))
    video = open_video(spec, cache=tmp_path)
    assert video.timeline.n == sound
    assert "the last 1 of" in video.notes[0]
    with pytest.raises(LoupeVideoError, match=f"{index.n} frames, but {sound} frame times"):
        open_video(
            VideoSpec("v", (file.path,), spec.frame_times, frame_count_slack=0), cache=tmp_path
        )


class TestKeptIndexes:
    def test_kept_and_read_again(self, plain, tmp_path, monkeypatch):
        path = plain("cam.mp4", 60)
        first = load_index(path, cache=tmp_path / "cache")
        (kept,) = (tmp_path / "cache").iterdir()
        monkeypatch.setattr("loupe.video.kept.build_index", pytest.fail)
        second = load_index(path, cache=tmp_path / "cache")
        assert kept.suffix == ".npz"
        assert second.pts.tolist() == first.pts.tolist()
        assert second.key_pts.tolist() == first.key_pts.tolist()
        assert (second.time_base, second.facts, second.seekable) == (
            first.time_base,
            first.facts,
            True,
        )

    def test_a_changed_video_is_read_anew(self, plain, tmp_path):
        path = plain("cam.mp4", 60)
        assert load_index(path, cache=tmp_path / "cache").n == 60
        plain("cam.mp4", 45)
        assert load_index(path, cache=tmp_path / "cache").n == 45

    def test_a_damaged_or_impossible_cache_costs_time_only(self, plain, tmp_path):
        path = plain("cam.mp4", 60)
        load_index(path, cache=tmp_path / "cache")
        (kept,) = (tmp_path / "cache").iterdir()
        kept.write_bytes(b"PK\x03\x04 broken")
        assert load_index(path, cache=tmp_path / "cache").n == 60
        kept.write_bytes(b"")  # what a loss of power leaves of a file that was not synced
        assert load_index(path, cache=tmp_path / "cache").n == 60
        (tmp_path / "file").write_text("in the way")
        assert load_index(path, cache=tmp_path / "file").n == 60

    def test_what_nobody_reads_any_more_goes(self, plain, tmp_path):
        path = plain("cam.mp4", 60)
        load_index(path, cache=tmp_path / "cache")
        (kept,) = (tmp_path / "cache").iterdir()
        old = kept.with_name("0123.npz")
        for file in (kept, old):
            file.touch()
            os.utime(file, (1e9, 1e9))
        load_index(path, cache=tmp_path / "cache")
        load_index(plain("other.mp4", 30), cache=tmp_path / "cache")
        assert not old.exists()
        assert kept.exists(), "it was read just now"

    def test_a_drive_that_fails_is_named(self, plain, tmp_path, monkeypatch):
        path = plain("cam.mp4", 60)

        def failing(path):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        monkeypatch.setattr("loupe.video.kept._key", failing)
        with pytest.raises(LoupeVideoError, match="cannot be read: Input/output error"):
            load_index(path, cache=tmp_path / "cache")

    def test_nothing_is_left_beside_the_data(self, plain, tmp_path):
        path = plain("cam.mp4", 60)
        before = sorted(tmp_path.iterdir())
        load_index(path, cache=tmp_path / "cache")
        assert sorted(p for p in tmp_path.iterdir() if p.name != "cache") == before

    def test_building_can_be_stopped(self, plain, tmp_path):
        with pytest.raises(LoupeVideoError, match="closed while"):
            load_index(plain(), cache=tmp_path / "cache", stopped=lambda: True)


class TestRefused:
    def test_a_missing_file(self, tmp_path):
        with pytest.raises(LoupeVideoError, match="no such file") as caught:
            load_index(tmp_path / "no.mp4", cache=tmp_path)
        assert caught.value.code == "video-missing-file"
        assert "video_path" in caught.value.hint

    def test_a_folder_and_a_pipe(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.mp4")
        for path in (tmp_path, tmp_path / "pipe.mp4"):
            with pytest.raises(LoupeVideoError, match="folder or a device"):
                load_index(path, cache=tmp_path / "c")

    def test_no_video_at_all(self, tmp_path):
        (tmp_path / "text.mp4").write_text("hello" * 100)
        with pytest.raises(LoupeVideoError, match="cannot be opened"):
            load_index(tmp_path / "text.mp4", cache=tmp_path / "c")
        (tmp_path / "empty.mp4").touch()
        with pytest.raises(LoupeVideoError, match="cannot be opened"):
            load_index(tmp_path / "empty.mp4", cache=tmp_path / "c")

    @pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
    def test_a_locked_file(self, plain, tmp_path):
        path = plain()
        path.chmod(0)
        with pytest.raises(LoupeVideoError, match="may not be read"):
            load_index(path, cache=tmp_path / "c")

    def test_a_playlist_that_names_other_files(self, made, tmp_path):
        (tmp_path / "list.m3u8").write_text(
            "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n"
            f"{made('h264_ts').path}\n#EXT-X-ENDLIST\n"
        )
        with pytest.raises(LoupeVideoError, match="this is a playlist") as caught:
            build_index(tmp_path / "list.m3u8")
        assert caught.value.code == "video-playlist"

    def test_a_playlist_never_reaches_the_network(self, tmp_path):
        """Neither decoder connects: a listening socket hears nothing."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(0.2)
            (tmp_path / "list.m3u8").write_text(
                "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n"
                f"http://127.0.0.1:{server.getsockname()[1]}/a.ts\n#EXT-X-ENDLIST\n"
            )
            with pytest.raises(LoupeVideoError):
                build_index(tmp_path / "list.m3u8")
            Capture(tmp_path / "list.m3u8").close()
            with pytest.raises(TimeoutError):
                server.accept()

    def test_sound_without_pictures(self, tmp_path):
        import av

        with av.open(str(tmp_path / "sound.wav"), "w") as out:
            stream = out.add_stream("pcm_s16le", rate=8000)
            stream.layout = "mono"
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
            frame.sample_rate = 8000
            out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        with pytest.raises(LoupeVideoError, match="no video stream"):
            build_index(tmp_path / "sound.wav")


def test_two_threads_that_open_by_opencv_keep_to_their_file(monkeypatch):
    """The one that is done first must not take the other's rules out of the environment."""
    first_in, second_in, first_out = (threading.Event() for _ in range(3))
    rules = {}

    class Slow:
        def __init__(self, name):
            if name == "first":
                first_in.set()
                second_in.wait(0.3)
            else:
                second_in.set()
                first_out.wait(5)
            rules[name] = os.environ.get("OPENCV_FFMPEG_CAPTURE_OPTIONS")

    monkeypatch.setattr("loupe.video.cv.cv2.VideoCapture", Slow)

    def open_first():
        Capture("first")
        first_out.set()

    threads = [threading.Thread(target=open_first)]
    threads[0].start()
    assert first_in.wait(5)
    threads.append(threading.Thread(target=Capture, args=("second",)))
    threads[1].start()
    for thread in threads:
        thread.join(10)
    assert rules == dict.fromkeys(("first", "second"), "protocol_whitelist;file")
    assert "OPENCV_FFMPEG_CAPTURE_OPTIONS" not in os.environ
