"""Print what must agree with the code: JSON Schemas and the reference pages.

``python -m loupe._dev.generate`` writes them, ``--check`` says what is not up to
date. Run from the root of a checkout.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from loupe.cli.schema import schema_text
from loupe.session.codes import CODES
from loupe.session.fieldhelp import all_models, field_docs
from loupe.session.schema import session_schema
from loupe.session.wording import toml_value

__all__ = ["FILES", "main"]

_NOTE = "<!-- Printed by `python -m loupe._dev.generate`; change the code, not this page. -->\n\n"


def main(arguments: list[str] | None = None) -> int:
    """Write or check every generated file; 1 if a check finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m loupe._dev.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, show differences")
    check = parser.parse_args(arguments).check
    stale = 0
    for name, make in FILES.items():
        path = Path(name)
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        new = make()
        if old == new:
            continue
        stale += 1
        if check:
            lines = difflib.unified_diff(
                old.splitlines(keepends=True), new.splitlines(keepends=True), name, name, n=1
            )
            sys.stdout.writelines(list(lines)[:60])
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(new, encoding="utf-8")
            sys.stdout.write(f"wrote {name}\n")
    if check and stale:
        sys.stdout.write("run `python -m loupe._dev.generate` to bring these up to date\n")
    return int(check and stale > 0)


def _session_page() -> str:
    """Every table and key of a session file, from the models' fields."""
    schema = session_schema()
    parts = [
        "# Session file\n\n",
        _NOTE,
        "A session file is TOML. Its first line may name the schema, which editors use to "
        "complete and check it:\n\n```toml\n#:schema session.schema.json\nversion = 1\n```\n",
    ]
    for cls in all_models():
        own = schema if cls.__name__ == "Session" else schema["definitions"][cls.__name__]
        parts.append(f"\n## {_TITLES.get(cls.__name__, cls.__name__)}\n\n")
        parts.append(f"{(cls.__doc__ or '').strip().splitlines()[0]}\n\n")
        required = set(own.get("required", ()))
        texts = field_docs(cls)
        for name, field in cls.model_fields.items():
            key = field.alias or name
            if key not in own["properties"]:
                continue  # from Python only
            part = own["properties"][key]
            facts = [_type(part, schema)]
            if key in required:
                facts.append("required")
            elif part.get("default") is not None:
                facts.append(f"default `{toml_value(part['default'])}`")
            parts.append(f"`{key}`\n: {texts[name]}\n\n  {'; '.join(facts)}.")
            parts.append(f" Example: `{key} = {toml_value(field.examples[0])}`\n\n")  # type: ignore[index]  # a test holds that every field has one
    return "".join(parts)


_TITLES = {
    "Session": "The file",
    "Extends": "`extends` as a table",
    "ViewSettings": "`[view]`",
    "Source": "`[sources.NAME]` and inline `data`",
    "Interval": "Ranges in `select`",
    "TraceConfig": '`[[plots]]` with `kind = "trace"`',
    "HeatmapConfig": '`[[plots]]` with `kind = "heatmap"`',
    "RasterConfig": '`[[plots]]` with `kind = "raster"`',
    "Zip": '`[[plots]]` with `kind = "zip"`',
    "SampleMarkers": "`sample_markers`",
    "SeparatorParams": "`separator_params`",
    "VideoConfig": "`[[videos]]`",
    "GlobalEventsConfig": "`[events]`",
    "EventStyle": "`[events.style_kwargs.CLASS]`",
    "LabelsConfig": "`[[labels]]`",
    "IntervalLabelSchema": "`[labels.schema]`",
    "StateConfig": "`[states]`",
}


def _type(part: dict[str, Any], schema: dict[str, Any]) -> str:
    """A schema in a few words."""
    if "Colour" in part.get("description", "") or part.get("type") == ["string", "array"]:
        return "colour"
    if "enum" in part:
        return " or ".join(f"`{toml_value(value)}`" for value in part["enum"])
    if "const" in part:
        return f"`{toml_value(part['const'])}`"
    if "$ref" in part:
        return "table"
    rules = {
        rule["if"]["type"]: rule["then"]
        for rule in part.get("allOf", ())
        if "type" in rule.get("if", {})
    }
    if "allOf" in part and not rules:
        return "table"
    if "anyOf" in part:
        return " or ".join(dict.fromkeys(_type(branch, schema) for branch in part["anyOf"]))
    if rules:
        branches = [rules.get(name, {"type": name}) for name in part["type"]]
        return " or ".join(dict.fromkeys(_type(branch, schema) for branch in branches))
    kind = part.get("type")
    if isinstance(kind, list):
        return " or ".join(_WORDS[name] for name in kind)
    if kind == "array" and isinstance(part.get("items"), list):
        return f"list of {len(part['items'])} numbers"
    if kind == "array":
        return f"list of {_type(part.get('items', {}), schema)}"
    return _WORDS.get(str(kind), "value") + _bounds(part)


_WORDS = {
    "string": "text",
    "number": "number",
    "integer": "whole number",
    "boolean": "true or false",
    "object": "table",
    "array": "list",
}


def _bounds(part: dict[str, Any]) -> str:
    signs = {
        "minimum": "≥",
        "exclusiveMinimum": ">",
        "maximum": "≤",
        "exclusiveMaximum": "<",
    }
    found = [f"{sign} {part[key]:g}" for key, sign in signs.items() if key in part]
    return f" {' and '.join(found)}" if found else ""


def _codes_page() -> str:
    parts = [
        "# Codes of findings and errors\n\n",
        _NOTE,
        "`loupe validate` prints a code with every finding; errors carry one too.\n",
    ]
    for code, (title, explanation) in CODES.items():
        parts.append(f"\n## {code}\n\n{title}. {explanation}\n")
    return "".join(parts)


def _cli_page() -> str:
    from typer.main import get_command

    from loupe.cli.main import app

    parts = ["# Command line\n\n", _NOTE]
    parts.append("Exit codes: 0 done; 1 findings; 2 wrong usage or unreadable files.\n")
    for words, text in _helps(get_command(app), ["loupe"]):
        parts.append(f"\n## {' '.join(words)}\n\n```text\n{text}\n```\n")
    return "".join(parts)


def _helps(command: Any, words: list[str]) -> Iterator[tuple[list[str], str]]:
    context = command.context_class(
        command,
        info_name=" ".join(words),
        terminal_width=88,
        max_content_width=88,
        help_option_names=["-h", "--help"],
    )
    text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    yield words, text
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        yield from _helps(inner, [*words, name])


def _keys_page() -> str:
    from loupe.app.actions import GROUPS, builtin_actions
    from loupe.app.gestures import GESTURES

    parts = [
        "# Keys and mouse\n\n",
        _NOTE,
        "State keys come from the session. `[keys]` in a session or in the user's settings gives "
        "an action other keys, by its name. On macOS `Ctrl` is the command key.\n",
    ]
    actions = builtin_actions()
    for group in GROUPS:
        members = [action for action in actions if action.group == group]
        if not members:
            continue
        parts.append(
            f"\n## {group}\n\n| Keys | Action | Name | What it does |\n|---|---|---|---|\n"
        )
        for action in members:
            keys = ", ".join(f"`{_cell(key)}`" for key in action.keys) or "–"
            row = (keys, _cell(action.title), f"`{action.id}`", _cell(action.help))
            parts.append(f"| {' | '.join(row)} |\n")
    parts.append("\n## Mouse\n\n| Gesture | Where | Action | What it does |\n|---|---|---|---|\n")
    for gesture in GESTURES:
        what = "+".join((*gesture.mods, gesture.gesture))
        row = (f"`{what}`", gesture.place, _cell(gesture.title), _cell(gesture.help))
        parts.append(f"| {' | '.join(row)} |\n")
    return "".join(parts)


def _api_page() -> str:
    from loupe._dev.api_page import api_page

    return f"# Python\n\n{_NOTE}{api_page()}".rstrip("\n") + "\n"


def _keys_table() -> str:
    from loupe.app.actions import builtin_actions, builtin_keys

    lines = [
        '"""Names and keys of the built-in actions, for checks that need no table of actions.',
        "",
        "Printed by ``python -m loupe._dev.generate`` from the actions; change those.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        '__all__ = ["ACTION_NAMES", "BUILTIN_KEYS", "PER_SESSION"]',
        "",
        "BUILTIN_KEYS: dict[str, str] = {",
        *(f"    {_python(key)}: {_python(name)}," for key, name in builtin_keys().items()),
        "}",
        '"""Normal chord to the action that has it."""',
        "",
        "ACTION_NAMES: frozenset[str] = frozenset(",
        "    {",
        *(f"        {_python(name)}," for name in sorted({a.id for a in builtin_actions()})),
        "    }",
        ")",
        '"""Every name that `[keys]` may hold, besides those of `PER_SESSION`."""',
        "",
        'PER_SESSION = ("state.", "video.", "labels.")',
        '"""How names begin that exist only for the states, videos or label sets of a session."""',
    ]
    return "\n".join(lines) + "\n"


def _python(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _schema(which: str) -> Callable[[], str]:
    return lambda: schema_text(which)


FILES: dict[str, Callable[[], str]] = {
    "schemas/session.schema.json": _schema("session"),
    "schemas/states.schema.json": _schema("states"),
    "schemas/preset.schema.json": _schema("preset"),
    "loupe/session/builtin_keys.py": _keys_table,
    "docs/reference/session.md": _session_page,
    "docs/reference/codes.md": _codes_page,
    "docs/reference/cli.md": _cli_page,
    "docs/reference/api.md": _api_page,
    "docs/reference/keybindings.md": _keys_page,
}
"""Every generated file and what makes it."""


if __name__ == "__main__":
    sys.exit(main())
