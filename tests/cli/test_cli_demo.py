"""`loupe demo` says where the session is and what is wrong."""

import subprocess
import sys

import pytest

import loupe.cli.demo as door
from loupe.errors import LoupeConfigError


def test_prints_the_session_and_how_to_go_on(tmp_path, capsys):
    door.run(str(tmp_path / "x"), kind="imaging", hours=0.01)
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / 'x' / 'session.toml'}\n"
    assert "loupe open" in err


def test_quiet_prints_the_session_only(tmp_path, capsys):
    assert door.run(str(tmp_path / "x"), kind="imaging", hours=0.01, quiet=True) == 0
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / 'x' / 'session.toml'}\n"
    assert err == ""


def test_an_unknown_kind_names_those_there_are(tmp_path):
    with pytest.raises(LoupeConfigError) as caught:
        door.run(str(tmp_path / "x"), kind="opera")
    assert caught.value.hint == "Take one of: sleep, probe, imaging."


def test_from_the_terminal(tmp_path):
    def loupe(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "loupe", "demo", str(tmp_path / "x"), *arguments],
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    refused = loupe("--kind", "opera")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "sleep, probe, imaging" in refused.stderr
    assert "Traceback" not in refused.stderr
    written = loupe("--kind", "probe", "--hours", "0.005", "--seed", "3")
    assert written.returncode == 0, written.stderr
    assert written.stdout.strip() == str(tmp_path / "x" / "session.toml")
