"""The page on design names the floors, packages and modules that there are."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")


def floors():
    """The packages of each row of the table of floors, from the top."""
    table = PAGE[PAGE.index("| packages | what they are |") :].split("\n\n")[0]
    rows = [re.split(r"(?<!\\)\|", line)[1] for line in table.splitlines()[2:]]
    return [re.findall(r"`(\w+)`", row) for row in rows]


def contract():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    return next(c for c in contracts if c["type"] == "layers")


def test_the_table_of_floors_is_the_contract():
    assert floors() == [layer.split(" | ") for layer in contract()["layers"]]


def test_every_package_is_named_and_every_named_one_exists():
    parts = [path for path in (ROOT / "loupe").iterdir() if not path.name.startswith("__pyc")]
    there = {path.stem for path in parts if path.is_dir() or path.suffix == ".py"} - {"__init__"}
    there -= {"py", "_schemas"}
    named = {name for floor in floors() for name in floor} | set(contract()["exhaustive_ignores"])
    assert named == there
    assert all(f"`{name}`" in PAGE for name in there)


def test_every_module_and_name_that_the_page_points_at_exists():
    paths = re.findall(r"`((?:loupe|docs|sessions)/[\w/.]*)`", PAGE)
    assert len(paths) > 30
    assert [path for path in paths if not (ROOT / path).exists()] == []
    for name, path in re.findall(r"`(\w+)` of `(loupe/[\w/]+\.py)`", PAGE):
        text = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"^(?:def |class )?{name}\b", text, re.M), f"{name} in {path}"
