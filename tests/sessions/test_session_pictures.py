"""Each session of sessions/ draws the picture that the documentation shows.

The pictures in docs/images are the expectation. A difference is written to out/pictures, with
the picture as it is now; `python tests/sessions/test_session_pictures.py` draws them all anew,
to be looked at before they are committed.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
IMAGES = ROOT / "docs" / "images"
OUT = ROOT / "out" / "pictures"
NAMES = sorted(path.stem for path in (ROOT / "sessions").glob("*.toml"))
THEMES = dict.fromkeys(NAMES, ("dark",)) | {"sleep": ("dark", "light")}
PICTURES = [(name, theme) for name in NAMES for theme in THEMES[name]]

LEVELS, SHARE = 48, 0.004
"""A picture is another one if more than this share of pixels differs by more than so much."""

pytestmark = pytest.mark.gl


def draw(name: str, theme: str, target: Path) -> None:
    """Draw one session with the command line, as a person would."""
    command = [sys.executable, "-m", "loupe", "render", f"sessions/{name}.toml", str(target)]
    environment = {**os.environ, "EGL_PLATFORM": "surfaceless", "QT_QPA_PLATFORM": "offscreen"}
    environment.pop("DISPLAY", None)
    done = subprocess.run(
        [*command, "--theme", theme, "--size", "1400x860"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def read(path: Path) -> np.ndarray:
    """The picture, ``(height, width, 3)`` int16."""
    import cv2

    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert picture is not None, f"{path} is no picture"
    return picture.astype(np.int16)


def difference(a: np.ndarray, b: np.ndarray) -> float:
    """Share of the pixels that differ by more than `LEVELS` in some channel."""
    if a.shape != b.shape:
        return 1.0
    return float((np.abs(a - b).max(axis=2) > LEVELS).mean())


@pytest.mark.parametrize(("name", "theme"), PICTURES)
def test_the_picture_is_the_documented_one(name, theme, demo_data):
    import cv2

    OUT.mkdir(parents=True, exist_ok=True)
    now = OUT / f"{name}-{theme}.png"
    draw(name, theme, now)
    expected, drawn = read(IMAGES / f"{name}-{theme}.png"), read(now)
    share = difference(expected, drawn)
    if share > SHARE and expected.shape == drawn.shape:
        cv2.imwrite(str(OUT / f"{name}-{theme}-diff.png"), np.abs(expected - drawn).astype("uint8"))
    assert share <= SHARE, f"{share:.2%} of {now} differs from docs/images"


def test_the_comparison_can_fail(demo_data):
    picture = read(IMAGES / "stacked-dark.png")
    assert difference(picture, picture) == 0
    shifted = np.roll(picture, 3, axis=1)
    assert difference(picture, shifted) > SHARE
    assert difference(picture, picture[:, :-1]) == 1


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    for session, look in PICTURES:
        draw(session, look, IMAGES / f"{session}-{look}.png")
