"""The page on the public names of `loupe`: signatures and docstrings, as Markdown.

Reads numpydoc docstrings as they are written here; imports neither Qt nor OpenGL.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import loupe
from loupe.session.base import Model

__all__ = ["api_page"]

_SECTION = re.compile(r"^(\w+)\n-{3,}\n", re.M)


def api_page() -> str:
    """Functions, models, classes and errors, each in the order of their names."""
    public = {name: getattr(loupe, name) for name in sorted(loupe.__all__, key=str.casefold)}
    errors = {n: v for n, v in public.items() if _is(v, Exception)}
    models = {n: v for n, v in public.items() if _is(v, Model)}
    others = {n: v for n, v in public.items() if inspect.isclass(v) and n not in errors | models}
    functions = {n: v for n, v in public.items() if not inspect.isclass(v)}
    parts = ["## Functions\n\n"]
    parts += [_entry(name, function, "###") for name, function in functions.items()]
    parts.append(
        "## Models\n\nTheir fields are those of [a session file](session.md), by the same names; "
        "all may be given by name.\n\n| name | what it is | by position |\n|---|---|---|\n"
    )
    for name, model in models.items():
        places = ", ".join(f"`{field}`" for field in model.positional) or "–"
        parts.append(f"| `{name}` | {_summary(model)} | {places} |\n")
    parts.append("\n")
    for model in models.values():
        parts += [
            _entry(f"{model.__name__}.{method}", getattr(model, method), "###")
            for method in ("from_path", "from_parquet")
            if hasattr(model, method)
        ]
    for name, cls in others.items():
        parts.append(f"## `{name}`\n\n{_docs(cls)}")
        parts += [_entry(method, value, "###") for method, value in _members(cls)]
    parts.append("## Errors\n\n| name | what it is | also a |\n|---|---|---|\n")
    for name, cls in errors.items():
        bases = ", ".join(f"`{base.__name__}`" for base in cls.__bases__)
        parts.append(f"| `{name}` | {_summary(cls)} | {bases} |\n")
    return "".join(parts)


def _is(value: object, base: type) -> bool:
    return isinstance(value, type) and issubclass(value, base)


def _members(cls: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties that a class itself has, in the order written."""
    for name, value in vars(cls).items():
        if not name.startswith("_") and (callable(value) or isinstance(value, property)):
            yield name, value
        elif isinstance(value, classmethod):
            yield name, getattr(cls, name)


def _entry(name: str, value: Any, head: str) -> str:
    if isinstance(value, property):
        return f"{head} `{name}`\n\n{_docs(value)}"
    return f"{head} `{name}`\n\n```text\n{_signature(name, value)}\n```\n\n{_docs(value)}"


def _signature(name: str, function: Callable[..., Any]) -> str:
    signature = inspect.signature(function)
    found: list[str] = []
    for parameter in signature.parameters.values():
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not any(p[0] == "*" for p in found):
            found.append("*")
        stars = "*" * (parameter.kind is parameter.VAR_POSITIONAL)
        stars += "**" * (parameter.kind is parameter.VAR_KEYWORD)
        text = f"{stars}{parameter.name}"
        if parameter.annotation is not parameter.empty:
            text += f": {_type(parameter.annotation)}"
        if parameter.default is not parameter.empty:
            text += f" = {parameter.default!r}"
        found.append(text)
    line = f"{name}({', '.join(found)})"
    if len(line) > 88:
        line = f"{name}(\n" + "".join(f"    {text},\n" for text in found) + ")"
    return f"{line} -> {_type(signature.return_annotation)}"


def _type(annotation: Any) -> str:
    """An annotation as it is written in the code."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"(\w+\.)+(?=\w)", "", text)


def _summary(cls: type) -> str:
    return (inspect.getdoc(cls) or "").partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")


def _docs(value: Any) -> str:
    """A numpydoc docstring: sections become lists of definitions, examples stay examples."""
    text, *sections = _SECTION.split(inspect.getdoc(value) or "")
    parts = [text.strip() + "\n\n"]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        if title == "Examples":
            parts.append(f"```pycon\n{body.strip()}\n```\n\n")
            continue
        parts.append(f"**{title}**\n\n")
        for line in body.strip("\n").splitlines():
            if line.startswith("    "):
                start = ":" if parts[-1].endswith("`\n") else " "
                parts.append(f"{start} {line.strip()}\n")
            elif line.strip():
                names = ", ".join(f"`{name}`" for name in line.strip().split(", "))
                parts.append(f"\n{names}\n")
        parts.append("\n")
    return re.sub(r"\*\*\n{3,}", "**\n\n", "".join(parts))
