"""Texts made to exhaust the program: each is judged soon, with few findings."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from loupe.cli.options import checking_options
from loupe.session.load import check_text

MEGABYTE = 1 << 20


def many(unit: Callable[[int], str], count: int = 10**6) -> str:
    found, size = [], 0
    for number in range(count):
        text = unit(number)
        size += len(text)
        if size >= MEGABYTE:
            break
        found.append(text)
    return "".join(found)


def _x(number: int) -> str:
    return '"x",'


TEXTS: dict[str, Callable[[], str]] = {
    "keys": lambda: many(lambda i: f"a{i}=1\n"),
    "fewer keys": lambda: many(lambda i: f"a{i}=1\n", 9_000),
    "tables": lambda: many(lambda i: f"[a{i}]\n", 9_000),
    "plots without kind": lambda: many(lambda i: "[[plots]]\n", 60_000),
    "misspelt kinds": lambda: many(lambda i: '[[plots]]\nkind="trac"\n', 3_000),
    "unknown sources": lambda: (
        "[sources]\n"
        + many(lambda i: f's{i}.path="a"\n', 900)
        + many(lambda i: f'[[plots]]\nkind="trace"\ndata="t{i}"\n', 3_000)
    ),
    "unset variables": lambda: (
        "[vars]\n"
        + many(lambda i: f"v{i}=1\n", 1_900)
        + "[sources]\n"
        + many(lambda i: f's{i}="${{w{i}}}"\n', 7_000)
    ),
    "variables of variables": lambda: (
        "[vars]\n"
        + many(lambda i: f'v{i}="{f"${{v{i - 1}}}" * 40 if i else "ha"}"\n', 900)
        + 'title="${v899}"\n'
    ),
    "long variables": lambda: (
        f'[vars]\nv="{"a" * 500_000}"\n[sources]\n'
        + many(lambda i: f's{i}.path="x${{v}}"\n', 9_000)[:400_000].rpartition("\n")[0]
    ),
    "colours": lambda: f"[view]\ncolors=[{many(_x, 60_000)}]\n",
    "state keys": lambda: "[states.keymap]\n" + many(lambda i: f'"k{i}"="s{i}"\n', 9_000),
    "one id": lambda: many(lambda i: '[[plots]]\nkind="trace"\ndata={path="a"}\nid="x"\n', 2_000),
    "long text": lambda: f'title="{"a" * (MEGABYTE - 20)}"\n',
    "long key": lambda: f'"{"a" * (MEGABYTE - 20)}"=1\n',
    "long list": lambda: f"a=[{'1,' * 500_000}]",
    "newlines": lambda: "\n \n" * (MEGABYTE // 3),
    "quotes": lambda: '"' * (MEGABYTE - 1),
    "deep keys": lambda: many(lambda i: ".".join("a" * 30) + f".b{i}=1\n"),
    "deep headers": lambda: many(lambda i: "[" + ".".join(f"a{i}" for _ in range(30)) + "]\n", 300),
    "escapes": lambda: f'a="{chr(92)}u0041{(chr(92) + "u0041") * 170_000}"',
}


@pytest.mark.parametrize("name", TEXTS)
def test_it_is_judged_soon(name: str, tmp_path: Path) -> None:
    text = TEXTS[name]()
    start = time.process_time()
    report = check_text(text, "x.toml", tmp_path, checking_options([])).report
    report.render("full")
    assert time.process_time() - start < 15
    assert len(report.diagnostics) <= 1010
