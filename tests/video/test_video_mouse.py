"""A real camera: the mouse in its open field, with the times of its frames."""

from pathlib import Path

import av
import numpy as np
import pytest

from loupe.video.opened import VideoSpec, open_video
from loupe.video.probe import describe
from loupe.video.reader import FrameReader

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "mouse"
pytestmark = pytest.mark.skipif(
    not (DATA / "openfield.mp4").exists(), reason="the real recordings are not here"
)


@pytest.fixture
def spec():
    return VideoSpec("mouse", (DATA / "openfield.mp4",), (DATA / "openfield_times.npy",))


def test_frames_and_times_agree(spec, tmp_path):
    video = open_video(spec, cache=tmp_path)
    assert video.timeline.n == 2330
    assert video.timeline.frame_at(2.5) == 0
    assert video.timeline.frame_at(2.5 + 100 / 30) == 100
    assert video.timeline.frame_at(2.4) is None
    wanted = [0, 1, 60, 61, 119]
    truth = {}
    with av.open(str(DATA / "openfield.mp4")) as container:
        for i, frame in enumerate(container.decode(video=0)):
            if i in wanted:
                truth[i] = frame.to_ndarray(format="rgb24")
            if i == max(wanted):
                break
    reader = FrameReader(video)
    for i in reversed(wanted):
        assert np.array_equal(reader.get(i).rgb(), truth[i])
    assert reader.get(2329) is not None
    reader.close()


def test_jumps_show_what_decoding_from_the_start_shows(spec, tmp_path):
    """The file is 4:4:4 of an x264 that FFmpeg has to know by its version, told once."""
    video = open_video(spec, cache=tmp_path)
    wanted = {181, 182, 300, 797, 825, 1500, 2000, 2219, 2329}
    with av.open(str(DATA / "openfield.mp4")) as container:
        truth = {
            i: frame.to_ndarray(format="rgb24")
            for i, frame in enumerate(container.decode(video=0))
            if i in wanted
        }
    for threads in ("AUTO", "SLICE"):
        for order in ((2000, 300, 825, 182, 2329, 181), (1500, 797, 2219)):
            reader = FrameReader(video, cache_bytes=1, threads=threads)
            for i in order:
                assert np.array_equal(reader.get(i).rgb(), truth[i]), (i, threads)
            # Each jump decoded its own group of pictures, not the file from its start.
            assert reader.decoded < 250 * len(order)
            reader.close()


def test_the_report(spec, tmp_path):
    report = describe(spec, cache=tmp_path)
    (file,) = report.files
    assert (file.codec, file.width, file.height, file.frames) == ("h264", 640, 480, 2330)
    assert file.rate == pytest.approx(30, rel=1e-3)
    assert report.agreement[0].offset_s == pytest.approx(2.5, abs=1e-3)
    assert report.agreement[0].spread_s < 0.01
    assert [finding.code for finding in report.findings if finding.level == "error"] == []
