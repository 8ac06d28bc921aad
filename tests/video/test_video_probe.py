"""Reports: measured facts, findings with values, and the line for a quick copy."""

import json

import numpy as np
import pytest
import video_matrix

from loupe.video.opened import VideoSpec
from loupe.video.probe import describe, proxy_command


@pytest.fixture
def report(tmp_path):
    def make(path, times=(), **kwargs):
        return describe(VideoSpec("cam", (path,), times, **kwargs), cache=tmp_path / "cache")

    return make


def _codes(report):
    return [finding.code for finding in report.findings]


def test_a_plain_video_has_nothing_to_say(plain, report):
    got = report(plain("cam.mp4", 60, 20), (2.5 + np.arange(60) / 30,))
    (file,) = got.files
    assert (file.codec, file.frames, file.reported_frames) == ("h264", 60, 60)
    assert file.rate == pytest.approx(30)
    assert (file.gop_frames, file.gop_s) == (20, pytest.approx(20 / 30))
    assert file.variable_share == 0
    assert (got.start_s, got.stop_s) == (2.5, pytest.approx(2.5 + 59 / 30))
    assert got.agreement[0].offset_s == pytest.approx(2.5)
    assert got.agreement[0].drift == pytest.approx(0, abs=1e-9)
    assert got.agreement[0].spread_s == pytest.approx(0, abs=1e-5)
    assert got.findings == ()


def test_a_drift_is_measured(plain, report):
    got = report(plain("cam.mp4", 60), (np.arange(60) / 30 * 1.6,))
    assert got.agreement[0].drift == pytest.approx(0.6, abs=1e-4)
    assert _codes(got) == ["video-spread"]
    assert "600000 µs/s" in got.findings[0].message


def test_long_groups(plain, report):
    got = report(plain("cam.mp4", 100, 90))
    assert _codes(got) == ["video-gop"]
    assert "90 frames (3.0 s)" in got.findings[0].message
    assert "ffmpeg -i" in got.findings[0].hint


def test_a_variable_rate(made, report):
    got = report(made("h264_vfr_mkv").path)
    assert "video-variable-rate" in _codes(got)
    assert got.files[0].variable_share > 0.5
    assert dict(got.rows())["rate"].endswith(" ms")


def test_containers_that_round_times_are_constant(made, plain, report, tmp_path):
    """Matroska keeps whole milliseconds: 33, 33, 34 is no variable rate."""
    rounded = report(video_matrix.remux(plain(), tmp_path / "rounded.mkv")).files[0]
    assert rounded.longest_s - rounded.shortest_s == pytest.approx(0.001)
    assert rounded.variable_share == 0
    for key in ("h264_ts", "cut_mp4", "hevc_open", "mpeg4_avi"):
        assert report(made(key).path).files[0].variable_share == 0, key


def test_a_raw_stream_seeks_slowly(made, report):
    got = report(made("h264_raw").path)
    assert _codes(got) == ["video-slow-seek"]
    assert not got.files[0].exact_seek


def test_a_truncated_file(made, report):
    got = report(made("mjpeg_truncated").path)
    assert _codes(got) == ["video-truncated"]
    claim = dict(got.rows())["frames"]
    assert "the container claims" in claim


def test_errors_are_findings(plain, tmp_path, report):
    (got,) = report(tmp_path / "no.mp4").findings
    assert (got.level, got.code) == ("error", "video-missing-file")
    (got,) = report(plain("cam.mp4", 60), (np.arange(50.0),)).findings
    assert (got.level, got.code) == ("error", "video-count")
    assert "60 frames, but 50 frame times" in got.message


def test_the_report_is_plain_values(plain, report):
    got = report(plain())
    assert json.loads(json.dumps(got.as_dict()))["files"][0]["frames"] == 60
    assert [row[0] for row in got.rows()][:3] == ["file", "codec", "frames"]


def test_the_line_for_a_quick_copy():
    line = proxy_command("/data/my cam.avi", width=1920)
    assert line.startswith("ffmpeg -i '/data/my cam.avi' -vf scale=1280:-2 ")
    assert line.endswith(" -an '/data/my cam_proxy.mp4'")
    assert "-vf" not in proxy_command("a.avi", width=640)


def test_the_proxy_command_is_one_for_the_system(monkeypatch):
    monkeypatch.setattr("loupe.video.probe.sys.platform", "win32")
    assert ' "my cam_proxy.mp4"' in proxy_command("my cam.avi")
