"""The page on video names every finding about videos, and the line for a quick copy."""

import re
from pathlib import Path

from loupe.session.codes import CODES
from loupe.session.video import VideoConfig

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "video.md").read_text(encoding="utf-8")


def test_every_code_of_a_finding_exists_and_those_of_validate_are_named():
    named = set(re.findall(r"`(video-[a-z-]+)`", PAGE))
    assert named <= set(CODES)
    source = Path(__file__).resolve().parents[2] / "loupe" / "video"
    raised = {
        code
        for path in source.glob("*.py")
        for code in re.findall(r'"(video-[a-z-]+)"', path.read_text(encoding="utf-8"))
    }
    assert raised - {"video-write", "video-index"} - named == set()


def test_every_parameter_is_explained():
    for name in set(VideoConfig.model_fields) - {"id", "name", "visible"}:
        assert f"`{name}" in PAGE, name


def test_the_line_for_a_quick_copy_is_the_one_that_is_printed():
    from loupe.video.probe import proxy_command

    assert proxy_command("side.mp4") in PAGE
