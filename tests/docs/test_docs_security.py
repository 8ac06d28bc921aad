"""Promises on security that hold for the whole package: what it never imports or calls."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
MODULES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in (ROOT / "loupe").rglob("*.py")
}
NETWORK = {"aiohttp", "ftplib", "http", "httpx", "requests", "smtplib", "socket", "ssl", "urllib"}
RUNNING = {"ctypes", "marshal", "pickle", "shelve", "subprocess", "yaml", "webbrowser"}


def imported(tree):
    """Root modules that a module imports, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def users(modules):
    return {name for name, tree in MODULES.items() if modules & set(imported(tree))}


def test_nothing_talks_to_the_network():
    # The lock of a label file holds the name of the machine, which the socket module knows.
    assert users(NETWORK) == {"loupe/labels/files.py"}
    source = (ROOT / "loupe" / "labels" / "files.py").read_text(encoding="utf-8")
    assert source.count("socket.") == source.count("socket.gethostname()") > 0


def test_nothing_is_evaluated_or_unpickled():
    # `loupe doctor` asks in a process of its own whether OpenGL works.
    assert users(RUNNING) == {"loupe/cli/doctor.py"}
    called = {
        (name, node.func.id)
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in ("eval", "exec", "compile", "__import__")
    }
    assert called == set()
    loads = [
        node
        for tree in MODULES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("np.load", "numpy.load")
    ]
    assert len(loads) > 1
    assert all("allow_pickle=False" in ast.unparse(node) for node in loads)


@pytest.mark.parametrize(
    ("module", "name", "text"),
    [
        ("loupe.session.reading", "MAX_BYTES", "1 MiB of text"),
        ("loupe.session.spans", "MAX_DEPTH", "{} levels"),
        ("loupe.session.spans", "MAX_TOKENS", "{:,} signs"),
        ("loupe.session.compose", "MAX_CHAIN", "{} bases"),
        ("loupe.session.compose", "MAX_FAULTS", "{} findings"),
        ("loupe.data.request", "DEFAULT_BLOCK_LIMIT", "at most 512 MiB"),
    ],
)
def test_the_limits_are_those_of_the_code(module, name, text):
    from importlib import import_module

    value = getattr(import_module(module), name)
    known = {"MAX_BYTES": 1 << 20, "DEFAULT_BLOCK_LIMIT": 512 << 20}
    assert value == known.get(name, value)
    assert text.format(value) in PAGE
