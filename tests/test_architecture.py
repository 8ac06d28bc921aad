"""The floors hold, and nothing tracked ties the project to one machine."""

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def tracked_texts():
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.split("\0")
    for name in filter(None, names):
        path = ROOT / name
        if path.is_file() and path.suffix not in {".png", ".npy", ".parquet", ".mp4"}:
            yield name, path.read_text(encoding="utf-8", errors="replace")


def test_imports_go_downwards_only():
    command = Path(sysconfig.get_path("scripts")) / "lint-imports"
    if not command.exists():
        pytest.skip("import-linter is not installed")
    result = subprocess.run(
        [command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout[-4000:]


def test_no_machine_paths_or_registry_hosts_are_tracked():
    # Spelt in pieces so that this file does not find itself.
    homes = "|".join(("work", "root", "farm", "home/[a-z]+", "Users/[a-z]+"))
    hosts = "|".join(("pypi" r"\.org", "pythonhosted" r"\.org", "deb" r"\.debian\.org"))
    pattern = re.compile(rf"(?<![\w.~$}}*-])/(?:{homes})/\w|{hosts}")
    found = [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}"
        for name, text in tracked_texts()
        for match in pattern.finditer(text)
    ]
    assert found == []


def test_this_python_is_one_that_the_project_declares():
    assert sys.version_info >= (3, 11)
