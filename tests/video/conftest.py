"""Generated videos, made once a run; SOAK counts behind an environment variable."""

import os
from functools import cache

import pytest
import video_matrix

SOAK = os.environ.get("LOUPE_SOAK") == "1"


@pytest.fixture(scope="session")
def soak() -> bool:
    return SOAK


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """``made(key)``: a file of the matrix with its truth; the full 1,800 frames under SOAK."""

    @cache
    def make(key: str) -> video_matrix.Made:
        n, size, gop = (1800, (320, 240), 250) if SOAK else (300, (160, 120), 50)
        return video_matrix.make(key, tmp_path_factory.mktemp(key), n, size, gop)

    return make


@pytest.fixture
def plain(tmp_path):
    """``plain(name, n)``: a small H.264 mp4 of 30 frames a second with numbered frames."""

    def make(name: str = "plain.mp4", n: int = 60, gop: int = 20):
        return video_matrix.encode(
            tmp_path / name,
            n,
            codec="libx264",
            size=(160, 120),
            preset="ultrafast",
            **{"x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0"},
        )

    return make
