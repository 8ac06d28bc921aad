"""The page of controls names every action and gesture, and only tests that exist."""

import ast
import re
from pathlib import Path

import pytest

from loupe.app.actions import build_actions
from loupe.app.gestures import GESTURES
from loupe.session.model import Session

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "controls.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and "::" in line]


def functions_of(name):
    tree = ast.parse((ROOT / "tests" / "ui" / f"{name}.py").read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_test_named_exists():
    named = re.findall(r"`(test_\w+)::(test_\w+)`", PAGE)
    assert len(named) > 100
    for file in sorted({file for file, _ in named}):
        missing = {test for where, test in named if where == file} - functions_of(file)
        assert not missing, f"{file}: {missing}"


def test_every_row_names_a_test():
    tables = [line for line in PAGE.splitlines() if line.startswith("| ")]
    bare = [line for line in tables if "::" not in line and not re.search(r"\| test \|$", line)]
    assert not bare


def test_every_action_stands_in_it():
    session = Session.model_validate(
        {
            "version": 1,
            "videos": [{"video_path": "a.mp4"}],
            "labels": [{"path": "a.csv"}, {"path": "b.csv"}],
            "states": {"keymap": {"w": "Wake"}, "label_colors": {"Wake": "#ffffff"}},
        }
    )
    for action in build_actions(session):
        name = re.sub(r"\.\d+\.", ".N.", action.id)
        name = "state.NAME" if action.state else name
        assert any(f"`{name}`" in row for row in ROWS), name


@pytest.mark.parametrize("gesture", GESTURES, ids=lambda g: f"{'+'.join(g.mods)} {g.title}")
def test_every_gesture_stands_in_it(gesture):
    what = "+".join([*gesture.mods, gesture.gesture])
    assert any(row.startswith(f"| {what} | {gesture.place} | {gesture.title} ") for row in ROWS)
