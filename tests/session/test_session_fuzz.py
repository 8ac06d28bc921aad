"""Mutants of real sessions: no traceback, no hang, every finding has a place.

``LOUPE_SOAK=1`` runs 20,000 of them instead of 1,000.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

from loupe.cli.options import checking_options
from loupe.session.load import check_text
from loupe.session.spans import LineMap

ROOT = Path(__file__).parents[2]
COUNT = 20_000 if os.environ.get("LOUPE_SOAK") == "1" else 1_000
SCRAPS = [
    "[", "]", "[[", "]]", "{", "}", "=", ".", ",", '"', "'", '"""', "'''", "#", "\n", "\r\n",
    "\\", "\\u0041", "true", "-1", "nan", "1e400", "9" * 30, "1979-05-27T07:32:00Z", "07:32:00",
    "[[plots]]", "kind = 5\n", "data = {}\n", "${X}", "$${", "\0", "é", "\U0001f50d", " ",
    "[view]\n", "a.b.c = 1\n", "[sources]\n", "states = 3\n", "[[labels]]\n", "extends = 1\n",
    "[vars]\nX = [1]\n", "[keys]\n",
]  # fmt: skip


def mutant(text: str, chance: random.Random) -> str:
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        at = chance.randrange(len(text) + 1)
        kind = chance.randrange(6)
        stop = min(len(text), at + chance.choice((1, 1, 3, 20)))
        if kind == 0:
            text = text[:at] + text[stop:]
        elif kind == 1:
            text = text[:at] + chance.choice(SCRAPS) + text[at:]
        elif kind == 2:
            text = text[:at] + chance.choice(SCRAPS) + text[stop:]
        elif kind == 3:
            lines = text.splitlines(keepends=True)
            chance.shuffle(lines)
            text = "".join(lines)
        elif kind == 4:
            lines = text.splitlines(keepends=True)
            a, b = chance.randrange(len(lines) + 1), chance.randrange(len(lines) + 1)
            text = "".join([*lines[:a], *lines[min(a, b) : b], *lines[a:]])
        else:
            old = chance.choice(["=", '"', "[", "1", "e", "true", ", "])
            text = text.replace(old, chance.choice(SCRAPS), 1)
        text = text or "x"
    return text


def test_mutants_of_sessions(tmp_path: Path) -> None:
    seeds = [p.read_text(encoding="utf-8") for p in sorted((ROOT / "sessions").glob("*.toml"))]
    seeds += [
        path.read_text(encoding="utf-8")
        for path in sorted((Path(__file__).parent / "broken").glob("*.toml"))
        if not path.stem.startswith("extends")
    ]
    chance = random.Random(12)
    options = checking_options([])
    slowest, judged, clean = 0.0, 0, 0
    for _ in range(COUNT):
        text = mutant(chance.choice(seeds), chance)
        start = time.process_time()
        checked = check_text(text.encode("utf-8"), "x.toml", tmp_path, options)
        slowest = max(slowest, time.process_time() - start)
        assert (checked.session is None) == bool(checked.report.errors), text
        clean += checked.session is not None
        for item in checked.report.diagnostics:
            judged += 1
            lines = LineMap(checked.report.texts[item.file])
            assert 1 <= item.column <= len(lines.line(item.line)) + 2, (text, item)
            assert item.message
        for style in ("full", "concise", "json", "github", "sarif"):
            checked.report.render(style)
    assert slowest < 10.0
    assert judged > COUNT // 2
    assert clean > 0
