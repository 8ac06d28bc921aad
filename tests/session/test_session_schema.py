"""The JSON Schema agrees with the program about good files, and points at the one wrong key."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from loupe.session.load import check_text
from loupe.session.schema import session_schema

ROOT = Path(__file__).parents[2]
BROKEN = sorted((Path(__file__).parent / "broken").glob("*.toml"))
VALIDATOR = Draft7Validator(session_schema())

BEYOND_A_SCHEMA = {
    "color_name": "the schema knows no list of colour names",
    "color_in_palette": "a bad digit among the hexadecimal ones is another form of colour",
    "shade_opacity": "the two entries have different meanings",
    "shade_true": "false is allowed, true is not",
    "range_nan": "JSON has no NaN",
    "range_inf": "JSON has no infinity",
    "type_scalar": "any value may stand in `rows`",
    "version_old": "an older file is migrated first",
    "version_new": "nothing but the version is judged",
}


def schema_level(path: Path) -> list[tuple[Any, ...]]:
    report = check_text(path.read_bytes(), path.name, path.parent).report
    return [item.path for item in report.diagnostics if item.code.startswith("schema-")]


@pytest.mark.parametrize("path", sorted((ROOT / "sessions").glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_sessions_pass(path: Path) -> None:
    VALIDATOR.validate(tomllib.loads(path.read_text(encoding="utf-8")))
    assert path.read_text(encoding="utf-8").startswith("#:schema ../schemas/session.schema.json")


@pytest.mark.parametrize("path", BROKEN, ids=lambda p: p.stem)
def test_the_schema_points_at_the_wrong_key(path: Path) -> None:
    if path.stem.startswith(("syntax_", "extends_broken", "many")):
        pytest.skip("not one fault of one file")
    found = schema_level(path)
    errors = list(VALIDATOR.iter_errors(tomllib.loads(path.read_text(encoding="utf-8"))))
    if not found:
        if path.stem in BEYOND_A_SCHEMA or path.stem == "transform_reserved":
            return
        assert errors == [], "a good file by its schema"
        return
    if path.stem in BEYOND_A_SCHEMA:
        pytest.skip(BEYOND_A_SCHEMA[path.stem])
    assert errors, "the schema sees the fault"
    for error in errors:
        place = tuple(error.absolute_path)
        near = [
            there for there in found if there[: len(place)] == place or place[: len(there)] == there
        ]
        assert near, (place, found)
        assert all(len(there) - len(place) <= 1 for there in near)
    assert len({tuple(error.absolute_path) for error in errors}) == 1


def test_check_jsonschema_accepts_the_shipped_sessions() -> None:
    tool = Path(sys.executable).parent / "check-jsonschema"
    sessions = sorted(map(str, (ROOT / "sessions").glob("*.toml")))
    if not tool.exists():
        pytest.skip("check-jsonschema is not installed")
    schema = str(ROOT / "schemas" / "session.schema.json")
    done = subprocess.run(
        [tool, "--schemafile", schema, *sessions], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    broken = str(Path(__file__).parent / "broken" / "choice_theme.toml")
    done = subprocess.run(
        [tool, "--schemafile", schema, broken], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "$.view.theme: 'drak' is not one of" in done.stdout
