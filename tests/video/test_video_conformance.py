"""The matrix: fifteen kinds of file, random jumps, steps both ways, scrubbing; no wrong frame."""

import random

import numpy as np
import pytest
import video_matrix

from loupe.errors import LoupeVideoError
from loupe.video.cv import Capture
from loupe.video.decoder import OpenCvDecoder, PyAvDecoder, open_decoder
from loupe.video.index import build_index
from loupe.video.opened import VideoSpec, open_video
from loupe.video.reader import FrameReader


def _assert_right(made, index, number, picture):
    """The picture is the truth's frame at that instant, or missing where the truth has none."""
    tick = int(index.pts[number])
    if picture is None:
        assert tick not in made.shown, f"frame {number} reads as missing"
        return
    assert tick in made.shown, f"frame {number} should be missing"
    assert video_matrix.number_of(picture.rgb()) == made.shown[tick]


def _get(decoder, number):
    got = None
    for at, picture in decoder.frames_to(number):
        if at == number:
            got = picture
    return got


@pytest.mark.parametrize("threads", ["SLICE", "AUTO"])
@pytest.mark.parametrize("key", [*video_matrix.MATRIX, *video_matrix.OTHERS])
def test_random_jumps(made, soak, key, threads):
    file = made(key)
    index = build_index(file.path)
    decoder = open_decoder(index, threads=threads)
    assert isinstance(decoder, PyAvDecoder)
    rng = random.Random(key)
    for _ in range(300 if soak else 20 if threads == "AUTO" else 8):
        number = rng.randrange(index.n)
        _assert_right(file, index, number, _get(decoder, number))
    decoder.close()


@pytest.mark.parametrize("key", video_matrix.MATRIX)
def test_steps_both_ways_and_the_ends(made, tmp_path, key):
    file = made(key)
    video = open_video(VideoSpec("v", (file.path,)), cache=tmp_path)
    index = video.indexes[0]
    reader = FrameReader(video, cache_bytes=3_000_000)
    middle = index.n // 2
    walk = [*range(middle, middle + 15), *range(middle + 15, middle - 20, -1)]
    ends = [0, 1, 2, index.n - 1, index.n - 2, index.n - 1, 0]
    for number in walk + ends:
        _assert_right(file, index, number, reader.get(number))
    reader.close()


@pytest.mark.parametrize("key", video_matrix.MATRIX)
def test_walks_left_early_keep_the_numbers_right(made, tmp_path, key):
    """Scrubbing: each jump is cut short after a frame or two; every frame met is the right one."""
    file = made(key)
    video = open_video(VideoSpec("v", (file.path,)), cache=tmp_path)
    index = video.indexes[0]
    reader = FrameReader(video)
    rng = random.Random(5)
    for _ in range(20):
        for met, (at, picture) in enumerate(reader.walk(rng.randrange(index.n))):
            _assert_right(file, index, at, picture)
            if met == 1:
                break
    number = index.n // 3
    _assert_right(file, index, number, reader.get(number))


@pytest.mark.parametrize("key", video_matrix.MATRIX)
def test_the_index_knows_every_frame_that_decodes(made, key):
    file = made(key)
    index = build_index(file.path)
    assert set(file.shown) <= set(index.pts.tolist())
    undecodable = index.n - len(file.shown)
    assert undecodable <= (4 if "truncated" in key else 0)
    assert index.seekable == (key != "h264_raw")
    assert index.times[0] == 0
    assert (index.times[1:] > index.times[:-1]).all()


@pytest.mark.parametrize("key", ["h264_no_b", "h264_vfr_mkv", "h264_raw", "mpeg4_avi", "mjpeg_avi"])
def test_the_second_decoder_reads_in_order(made, key):
    """OpenCV, read one after another and counted, gives the same frames where it opens a file."""
    file = made(key)
    capture = Capture(file.path)
    opens = capture.is_open
    capture.close()
    if not opens:
        pytest.skip("this build of OpenCV does not open the file")
    index = build_index(file.path)
    decoder = OpenCvDecoder(index)
    for number in [0, 1, 40, 41, 12, 100, index.n - 1]:
        _assert_right(file, index, number, _get(decoder, number))
    assert _get(decoder, index.n + 5) is None
    decoder.close()


def test_a_picture_filmed_sideways_is_turned(plain, tmp_path):
    data = plain().read_bytes()
    upright, aside = (
        b"".join(v.to_bytes(4, "big", signed=True) for v in matrix)
        for matrix in ((65536, 0, 0, 0, 65536), (0, 65536, 0, -65536, 0))
    )
    track = data.index(b"tkhd")
    at = data.index(upright, track)
    turned = tmp_path / "turned.mp4"
    turned.write_bytes(data[:at] + aside + data[at + len(upright) :])
    rgb = _get(open_decoder(build_index(turned)), 9).rgb()
    assert rgb.shape == (160, 120, 3)
    assert rgb.flags.c_contiguous
    assert video_matrix.number_of(np.rot90(rgb)) == 9


def test_an_image_sequence_goes_through_opencv(tmp_path):
    from loupe.video.cv import png

    for i in range(12):
        grey = video_matrix.picture(i, 160, 120)
        (tmp_path / f"frame_{i:04d}.png").write_bytes(png(grey[:, :, None].repeat(3, axis=2)))
    index = build_index(tmp_path / "frame_%04d.png")
    assert (index.n, index.sequential, index.seekable) == (12, True, False)
    decoder = open_decoder(index)
    assert isinstance(decoder, OpenCvDecoder)
    for number in (3, 11, 0, 7):
        assert video_matrix.number_of(_get(decoder, number).rgb()) == number


def test_a_sequence_without_images_is_said(tmp_path):
    with pytest.raises(LoupeVideoError, match="no image of this sequence"):
        build_index(tmp_path / "frame_%04d.png")


def test_an_mp4_without_moov_is_refused(made, tmp_path):
    data = made("h264_no_b").path.read_bytes()
    path = tmp_path / "unfinished.mp4"
    path.write_bytes(data[: data.rindex(b"moov") - 4])
    with pytest.raises(LoupeVideoError, match="cannot be opened") as caught:
        build_index(path)
    assert "moov" in caught.value.hint
