"""A page for each plot kind, with its example, picture and parameters; keys as they are."""

import re
from pathlib import Path

import pytest

from loupe.app.actions import builtin_actions
from loupe.app.gestures import GESTURES
from loupe.session.plots import KINDS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = {"stacked": "trace", "dense": "trace"} | {kind: kind for kind in KINDS if kind != "trace"}
KEY_TABLE = "| key or gesture | name | what it does |"


def test_every_kind_has_a_page_and_no_other():
    named = (DOCS / "plots" / "index.md").read_text(encoding="utf-8")
    files = {path.stem for path in (DOCS / "plots").glob("*.md")} - {"index"}
    assert files == set(PAGES)
    assert all(f"\n{name}\n" in named and f"({name}.md)" in named for name in PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_page_shows_example_picture_and_parameters(name):
    text = (DOCS / "plots" / f"{name}.md").read_text(encoding="utf-8")
    # The whole fence: one that is misspelt is text to Sphinx and no warning.
    assert f"```{{literalinclude}} ../../sessions/{name}.toml\n:language: toml\n```\n" in text
    assert re.search(rf"!\[.{{20,}}\]\(\.\./images/{name}-dark\.png\)", text)
    assert (ROOT / "sessions" / f"{name}.toml").exists()
    if name != "dense":
        start = f":start-after: '## `[[plots]]` with `kind = \"{PAGES[name]}\"`'"
        assert f"```{{include}} ../reference/session.md\n{start}\n:end-before: '## `'\n```" in text


def key_rows():
    for page in sorted(DOCS.rglob("*.md")):
        inside = False
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
            inside = line.startswith("|") and (inside or line == KEY_TABLE)
            if inside and line != KEY_TABLE and not line.startswith("|---"):
                cells = [cell.strip() for cell in line.strip("|").split(" | ")]
                yield pytest.param(cells, id=f"{page.relative_to(DOCS)}:{number}")


@pytest.mark.parametrize("cells", list(key_rows()))
def test_keys_and_gestures_are_those_of_the_program(cells):
    what, name = cells[0].strip("`"), cells[1]
    if name.startswith("`"):
        action = {action.id: action for action in builtin_actions()}[name.strip("`")]
        assert what in action.keys or (what == "–" and not action.keys)
    else:
        gestures = {("+".join((*g.mods, g.gesture)), g.title) for g in GESTURES}
        assert (what, name) in gestures


def test_there_are_such_rows():
    assert len(list(key_rows())) > 25
