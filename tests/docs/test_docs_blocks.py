"""Every block of the README and the documentation does what it says.

TOML blocks are valid sessions, or presets if their first line names one. Python blocks run, with
a `view` that checks its arguments and opens no window; those that go on with the window
(``block=False``) run on a real one, under a virtual screen. Examples give what they show. Console
lines name commands, options and make targets that exist.
"""

import doctest
import os
import re
import shlex
import sys
from pathlib import Path

import pytest

import loupe

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>\w+)\n(?P<body>.*?)^(?P=indent)```", re.M | re.S)


def blocks(kind):
    """Every block of a kind, named by page and line."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            if match["kind"] == kind:
                line = text.count("\n", 0, match.start()) + 1
                name = f"{page.relative_to(ROOT)}:{line}"
                found.append(pytest.param(match["body"], id=name))
    return found


@pytest.mark.parametrize("body", blocks("toml"))
def test_toml_blocks_are_sessions_or_presets(body, tmp_path):
    from loupe.session.load import LoadOptions, check_session
    from loupe.session.preset import load_preset

    path = tmp_path / "session.toml"
    path.write_text(body, encoding="utf-8")
    if re.match(r"# \w+\.view\.toml\n", body):
        assert load_preset(path).model_fields_set
        return
    checked = check_session(path, LoadOptions(user_folder=tmp_path))
    assert checked.report.errors == ()
    assert checked.session is not None


def python_blocks(*, live):
    """Those that ask for a window that does not wait, or the others."""
    return [param for param in blocks("python") if ("block=False" in param.values[0]) == live]


@pytest.mark.parametrize("body", python_blocks(live=False))
def test_python_blocks_run(body, tmp_path, monkeypatch):
    from loupe.session.build import build_session

    seen = []

    def view(data=None, **arguments):
        seen.append(build_session(data, **arguments))

    monkeypatch.setattr(loupe, "view", view, raising=False)
    monkeypatch.chdir(tmp_path)
    exec(compile(body, "block", "exec"), {"__name__": "block"})
    assert "view(" not in body or seen


@pytest.mark.window
@pytest.mark.skipif(
    sys.platform == "linux"
    and not (os.environ.get("DISPLAY") or os.environ.get("QT_QPA_PLATFORM")),
    reason="there is no display",
)
@pytest.mark.parametrize("body", python_blocks(live=True))
def test_python_blocks_with_a_window_run(body, tmp_path, monkeypatch):
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    from loupe.ui.app import open_windows

    try:
        exec(compile(body, "block", "exec"), {"__name__": "block"})
    finally:
        for window in open_windows():
            window.close(keep_unsaved=False)


@pytest.mark.parametrize("body", blocks("pycon"))
def test_examples_give_what_they_show(body):
    names = {name: getattr(loupe, name) for name in loupe.__all__}
    example = doctest.DocTestParser().get_doctest(body, names, "example", None, 0)
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


def console_lines(program):
    found = []
    for param in blocks("console"):
        for line in param.values[0].splitlines():
            if line.startswith(f"$ {program} "):
                command = line[2:].split("#")[0].strip()
                found.append(pytest.param(command, id=f"{param.id}: {command}"))
    return found


@pytest.mark.parametrize("line", console_lines("loupe"))
def test_loupe_commands_exist_with_their_options(line):
    import typer

    from loupe.cli.main import app

    group = typer.main.get_command(app)
    name, arguments = shlex.split(line)[1], shlex.split(line)[2:]
    context = group.make_context("loupe", [name, *arguments], resilient_parsing=True)
    command = group.get_command(context, name)
    while hasattr(command, "commands"):
        command, arguments = command.commands[arguments[0]], arguments[1:]
    # Parses as it would to run, which the context alone does not do.
    command.make_context(name, list(arguments))


@pytest.mark.parametrize("line", console_lines("make"))
def test_make_targets_exist(line):
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert set(line.split()[1:]) <= set(targets)
