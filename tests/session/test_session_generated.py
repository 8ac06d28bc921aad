"""What is printed from the code is up to date, and the table of codes is complete."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from loupe._dev.generate import FILES, main
from loupe.session.codes import CODES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", FILES)
def test_generated_files_are_up_to_date(name: str) -> None:
    if name.endswith("cli.md") and version("typer") < "0.29":
        pytest.skip("typer before 0.29 words its help in another way")
    assert (ROOT / name).read_text(encoding="utf-8") == FILES[name](), (
        "run `python -m loupe._dev.generate`"
    )


def test_a_stale_file_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--check"]) == 1
    assert main([]) == 0
    assert main(["--check"]) == 0
    (tmp_path / "schemas" / "session.schema.json").write_text("{}")
    capsys.readouterr()
    assert main(["--check"]) == 1
    assert "schemas/session.schema.json" in capsys.readouterr().out


def codes_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                    yield str(keyword.value.value)
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if (
                name in ("Fault", "VideoFinding")
                and len(node.args) > 1
                and isinstance(node.args[1], ast.Constant)
                # The window's own notes are called so too; they hold a sentence there.
                and " " not in str(node.args[1].value)
            ):
                yield str(node.args[1].value)
        if (
            isinstance(node, ast.Assign)
            and getattr(node.targets[0], "id", "") == "default_code"
            and isinstance(node.value, ast.Constant)
        ):
            yield str(node.value.value)


def test_every_code_that_is_raised_has_its_section() -> None:
    used = {code for path in (ROOT / "loupe").rglob("*.py") for code in codes_in(path)}
    assert used - set(CODES) == set()
    page = (ROOT / "docs" / "reference" / "codes.md").read_text(encoding="utf-8")
    assert all(f"\n## {code}\n" in page for code in CODES)


def test_every_code_of_the_table_is_used() -> None:
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "loupe").rglob("*.py")
        if not path.name.startswith("codes")
    )
    assert [code for code in CODES if f'"{code}"' not in text] == []
