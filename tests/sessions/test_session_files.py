"""The sessions in sessions/ are documentation, fixture and picture at once: they must hold."""

import json
import tomllib
from pathlib import Path

import pytest

from loupe.session.load import LoadOptions, check_session

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = sorted((ROOT / "sessions").glob("*.toml"))
SCHEMA = ROOT / "schemas" / "session.schema.json"

each = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def test_there_is_one_for_each_plot_kind_and_each_demo():
    from loupe.demo import KINDS

    names = {path.stem for path in FILES}
    assert {"stacked", "dense", "heatmap", "raster", "zip", *KINDS} <= names


@each
def test_names_its_schema(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == "#:schema ../schemas/session.schema.json"


@each
def test_passes_without_a_finding(path, tmp_path):
    checked = check_session(path, LoadOptions(user_folder=tmp_path))
    assert checked.report.diagnostics == (), checked.report.render()


@each
def test_passes_the_json_schema(path):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.validate(tomllib.loads(path.read_text(encoding="utf-8")), schema)


@each
def test_its_data_pass_without_a_finding(path, demo_data):
    from typer.testing import CliRunner

    from loupe.cli.main import app

    result = CliRunner().invoke(app, ["validate", "--strict", "--format", "concise", str(path)])
    assert result.exit_code == 0, result.output
