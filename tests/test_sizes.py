"""No module outgrows one head: 300 lines is the aim, 600 the end."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 600
FOLDERS = ("loupe", "tests", "benchmarks", "scripts")
MODULES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))

ALLOWED: dict[str, int] = {}
"""Modules over the limit and their present length. This list only shrinks."""


def too_long(path: Path) -> int | None:
    """The module's length if it is over its limit, else None."""
    lines = len(path.read_text(encoding="utf-8").splitlines())
    return lines if lines > ALLOWED.get(path.relative_to(ROOT).as_posix(), LIMIT) else None


def test_modules_stay_readable():
    found = {path.relative_to(ROOT).as_posix(): too_long(path) for path in MODULES}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_the_test_can_fail(tmp_path, monkeypatch):
    monkeypatch.setattr("test_sizes.ROOT", tmp_path)
    module = tmp_path / "long.py"
    module.write_text("x = 1\n" * (LIMIT + 1))
    assert too_long(module) == LIMIT + 1


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_allowed_modules_are_still_over_the_limit(name):
    lines = len((ROOT / name).read_text(encoding="utf-8").splitlines())
    assert LIMIT < lines == ALLOWED[name], f"{name} has {lines} lines: shrink its entry"
