"""The five minutes are true: what the first page writes opens on the demo recording."""

import re
import shutil
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "start.md").read_text(encoding="utf-8")
SESSIONS = re.findall(r"```toml\n(.*?)```", PAGE, re.S)


@pytest.mark.parametrize("text", SESSIONS)
def test_the_sessions_open_on_the_demo(text, demo_data, tmp_path):
    from loupe.cli.options import checking_options
    from loupe.cli.validate import check

    shutil.copytree(demo_data / "sleep" / "night.zarr", tmp_path / "night.zarr")
    shutil.copy(demo_data / "sleep" / "hypnogram.htsv", tmp_path)
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    checked = check(str(tmp_path / "mine.toml"), checking_options([]), data=True)
    assert [found.message for found in checked.report.diagnostics if found.level != "note"] == []
    assert checked.session is not None
    assert checked.session.plots


def test_there_are_two():
    assert len(SESSIONS) == 2


def test_the_keys_of_the_labelling_steps_are_those_of_the_demo(demo_data):
    from loupe.app.actions import builtin_actions
    from loupe.session.load import load_session

    session = load_session(demo_data / "sleep" / "session.toml")
    assert [session.states.key_to_state[key] for key in "wnr"] == ["Wake", "NREM", "REM"]
    assert session.labels[0].epoch == 10.0
    keys = {action.id: action.keys for action in builtin_actions()}
    told = {"view.next_unlabelled": "u", "label.clear": "0", "edit.undo": "Ctrl+Z"}
    assert all(key in keys[name] and f"`{key}`" in PAGE for name, key in told.items())
