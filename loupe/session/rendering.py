"""Reports as text: for people, for editors, for GitHub, for SARIF readers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from loupe.errors import printable
from loupe.session.diagnostics import Diagnostic, Report
from loupe.session.spans import LineMap

__all__ = ["FORMATS", "render", "summary"]


def render(reports: Sequence[Report], style: str = "full") -> str:
    """The findings of several reports in one of `FORMATS`; ends without a newline.

    Raises
    ------
    ValueError
        For an unknown format.
    """
    if style not in FORMATS:
        raise ValueError(f"`{style}` is not a format; expected one of {', '.join(FORMATS)}")
    return FORMATS[style](reports)


def summary(reports: Sequence[Report], checked: int, what: str = "session") -> str:
    """One line that counts the findings and the files, each of them a `what`."""
    found = [item for report in reports for item in report.diagnostics]
    counts = {
        level: sum(item.level == level for item in found) for level in ("error", "warning", "note")
    }
    words = [
        f"{count} {level}{'s' if count != 1 else ''}" for level, count in counts.items() if count
    ]
    files = f"{checked} {what}{'s' if checked != 1 else ''}"
    return f"checked {files}: {', '.join(words) if words else 'nothing to report'}"


def _full(reports: Sequence[Report]) -> str:
    blocks = []
    for report in reports:
        lines = {name: LineMap(text) for name, text in report.texts.items()}
        blocks += [_block(item, lines.get(item.file)) for item in report.diagnostics]
    return "\n\n".join(blocks)


_COVERED = str.maketrans(
    dict.fromkeys(
        [chr(code) for code in (*range(32), *range(127, 160)) if chr(code) != "\t"],
        "\N{REPLACEMENT CHARACTER}",
    )
)
"""Characters of a shown line that would steer the terminal: one for one, as carets count them."""


def _block(item: Diagnostic, lines: LineMap | None) -> str:
    head = f"{item.file}:{item.line}:{item.column}: {item.level}[{item.code}]: {item.message}"
    parts = [printable(head)]
    source = lines.line(item.line) if lines is not None else ""
    if source.strip():
        number = str(item.line)
        edge = " " * len(number)
        stop = item.end_column if item.end_line == item.line else len(source) + 1
        width = max(1, min(stop, len(source) + 1) - item.column)
        shown, indent, width = _clipped(source, item.column - 1, width)
        carets = "".join("\t" if c == "\t" else " " for c in shown[:indent]) + "^" * width
        parts += [f"{edge} |", f"{number} | {shown.translate(_COVERED)}", f"{edge} | {carets}"]
    if item.hint:
        parts += ["", printable(f"hint: {item.hint}")]
    return "\n".join(parts)


def _clipped(source: str, indent: int, width: int) -> tuple[str, int, int]:
    """At most about 110 code points of a line around the place, with dots for what is cut."""
    limit = 110
    if len(source) <= limit:
        return source, indent, width
    start = max(0, min(indent - 30, len(source) - limit))
    shown = source[start : start + limit]
    width = max(1, min(width, len(shown) - (indent - start)))
    head = "..." if start else ""
    tail = "..." if start + limit < len(source) else ""
    return head + shown + tail, indent - start + len(head), width


def _concise(reports: Sequence[Report]) -> str:
    lines = []
    for report in reports:
        for item in report.diagnostics:
            hint = f" ({item.hint})" if item.hint else ""
            place = f"{item.file}:{item.line}:{item.column}"
            line = f"{place}: {item.level}[{item.code}]: {item.message}{hint}"
            lines.append(printable(line).replace("\n", "\\n"))
    return "\n".join(lines)


def _json(reports: Sequence[Report]) -> str:
    found = [
        {
            "file": item.file,
            "line": item.line,
            "column": item.column,
            "end_line": item.end_line,
            "end_column": item.end_column,
            "level": item.level,
            "code": item.code,
            "message": item.message,
            "hint": item.hint,
            "path": list(item.path),
        }
        for report in reports
        for item in report.diagnostics
    ]
    return json.dumps(found, indent=2, ensure_ascii=False)


def _github(reports: Sequence[Report]) -> str:
    """Workflow commands, which GitHub shows beside the changed lines."""
    commands = {"error": "error", "warning": "warning", "note": "notice"}
    lines = []
    for report in reports:
        for item in report.diagnostics:
            where = (
                f"file={_property(item.file)},line={item.line},col={item.column},"
                f"endLine={item.end_line},endColumn={item.end_column},title={_property(item.code)}"
            )
            body = item.message + (f"\nhint: {item.hint}" if item.hint else "")
            lines.append(f"::{commands[item.level]} {where}::{_escaped(body)}")
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _sarif(reports: Sequence[Report]) -> str:
    from loupe.session.codes import CODES  # one format needs it

    found = [item for report in reports for item in report.diagnostics]
    rules = [
        {
            "id": code,
            "shortDescription": {"text": CODES[code].title if code in CODES else code},
            "fullDescription": {"text": CODES[code].explanation if code in CODES else code},
        }
        for code in sorted({item.code for item in found})
    ]
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "loupe", "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(item) for item in found],
    }
    return json.dumps(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [run],
        },
        indent=2,
        ensure_ascii=False,
    )


def _sarif_result(item: Diagnostic) -> dict[str, Any]:
    hint = f"\nhint: {item.hint}" if item.hint else ""
    return {
        "ruleId": item.code,
        "level": item.level,
        "message": {"text": item.message + hint},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": item.file.replace(os.sep, "/")},
                    "region": {
                        "startLine": item.line,
                        "startColumn": item.column,
                        "endLine": item.end_line,
                        "endColumn": item.end_column,
                    },
                }
            }
        ],
    }


FORMATS: dict[str, Callable[[Sequence[Report]], str]] = {
    "full": _full,
    "concise": _concise,
    "json": _json,
    "github": _github,
    "sarif": _sarif,
}
"""Every format of findings."""
