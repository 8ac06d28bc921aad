"""Broken sessions, one fault kind each, and what is said of them.

``LOUPE_SNAPSHOTS=write`` writes the expected texts anew; read the difference.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from loupe.cli.options import checking_options
from loupe.session.codes import CODES
from loupe.session.load import check_session
from loupe.session.spans import LineMap

FOLDER = Path(__file__).parent / "broken"
CASES = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "broken"
    shutil.copytree(FOLDER, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return folder


def test_the_corpus_is_large_enough() -> None:
    assert len(CASES) >= 100


@pytest.mark.parametrize("case", CASES)
def test_what_is_said_of_a_broken_session(case: str, corpus: Path) -> None:
    report = check_session(f"{case}.toml", checking_options([])).report
    text = report.render("full").replace("\\", "/") + "\n"
    expected = FOLDER / f"{case}.txt"
    if os.environ.get("LOUPE_SNAPSHOTS") == "write":
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert report.diagnostics, "a broken session has a finding"
    places = [(item.line, item.column, item.message) for item in report.diagnostics]
    assert len(set(places)) == len(places), "each fault once"
    for item in report.diagnostics:
        line = LineMap(report.texts[item.file]).line(item.line)
        assert 1 <= item.column <= len(line) + 1
        assert (item.end_line, item.end_column) >= (item.line, item.column)
        assert item.code in CODES


@pytest.mark.parametrize("case", CASES)
def test_a_file_with_one_fault_has_one_finding(case: str) -> None:
    text = (FOLDER / f"{case}.txt").read_text(encoding="utf-8")
    found = re.findall(r"^\S+\.toml:\d+:\d+: ", text, re.MULTILINE)
    several = {
        "action_keys_twice": 1,
        "key_twice": 2,
        "many": 19,
        "many_schema": 20,
        "misspelt_kind": 2,
        "overlay_dense": 2,
        "range_order": 2,
        "color_loses_raster": 1,
    }
    assert len(found) == several.get(case, 1), text
