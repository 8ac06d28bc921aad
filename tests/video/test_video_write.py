"""Clips: the pictures come back, the file is whole or absent, two runs write the same bytes."""

from pathlib import Path

import av
import numpy as np
import pytest

from loupe.errors import LoupeVideoError
from loupe.video.write import VideoWriter


def _pictures(n: int, width: int, height: int) -> list[np.ndarray]:
    out = []
    for i in range(n):
        rgb = np.zeros((height, width, 3), np.uint8)
        rgb[:, : width // 2] = (20 * i % 256, 100, 200)
        rgb[:, width // 2 :] = (240, 30, 20)
        out.append(rgb)
    return out


def _write(path: Path, pictures: list[np.ndarray]) -> None:
    with VideoWriter(path, (64, 48), 30) as writer:
        for rgb in pictures:
            writer.write(rgb)


def test_pictures_and_times_come_back(tmp_path):
    pictures = _pictures(12, 64, 48)
    with VideoWriter(tmp_path / "clip.mp4", (64, 48), 25, crf=5) as writer:
        for rgb in pictures:
            writer.write(rgb)
        assert writer.frames == 12
    with av.open(str(tmp_path / "clip.mp4")) as container:
        frames = list(container.decode(video=0))
    assert [round(float(f.time) * 25, 6) for f in frames] == list(range(12))
    for rgb, frame in zip(pictures, frames, strict=True):
        back = frame.to_ndarray(format="rgb24").astype(int)
        assert abs(back[24, 10] - rgb[24, 10]).max() <= 12
        assert abs(back[24, 54] - rgb[24, 54]).max() <= 12
    assert list(tmp_path.iterdir()) == [tmp_path / "clip.mp4"]


def test_odd_sides_are_padded_by_the_edge(tmp_path):
    with VideoWriter(tmp_path / "odd.mp4", (33, 21), 29.97) as writer:
        for rgb in _pictures(3, 33, 21):
            writer.write(rgb)
    with av.open(str(tmp_path / "odd.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (34, 22)
        assert float(stream.average_rate) == pytest.approx(29.97, abs=1e-6)


def test_two_runs_write_the_same_bytes(tmp_path):
    for name in ("a.mp4", "b.mp4"):
        _write(tmp_path / name, _pictures(20, 64, 48))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_an_exception_leaves_the_old_file(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"before")
    with pytest.raises(LoupeVideoError, match="picture 3 is"):
        _write(path, [*_pictures(3, 64, 48), np.zeros((1, 1, 3), np.uint8)])
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_written_is_said(tmp_path):
    with (
        pytest.raises(LoupeVideoError, match="no picture was written"),
        VideoWriter(tmp_path / "clip.mp4", (64, 48), 30),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("size", "fps", "text"), [((0, 48), 30, "0 x 48"), ((64, 48), 0, "`fps`")])
def test_impossible_videos_are_refused(tmp_path, size, fps, text):
    with pytest.raises(LoupeVideoError, match=text):
        VideoWriter(tmp_path / "clip.mp4", size, fps)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(LoupeVideoError, match="cannot be written") as caught:
        VideoWriter(tmp_path / "no" / "clip.mp4", (64, 48), 30)
    assert "folder" in caught.value.hint


def test_a_picture_of_another_size_is_refused(tmp_path):
    with (
        pytest.raises(LoupeVideoError, match=r"picture 0 is uint8 \(10, 10, 3\)"),
        VideoWriter(tmp_path / "clip.mp4", (64, 48), 30) as writer,
    ):
        writer.write(np.zeros((10, 10, 3), np.uint8))
