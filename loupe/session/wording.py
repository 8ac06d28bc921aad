"""What pydantic found, in words for people: one `Fault` for each mistake.

Turns the places of errors into places in the document (tags of unions are
dropped), joins what belongs to one mistake, and says what was expected. Knows
the models' fields; knows no file and no position in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel

from loupe.session.base import Fault, Model, Place
from loupe.session.css_colors import CSS_COLORS
from loupe.session.suggest import closest, suggestion

__all__ = [
    "HUGE_BITS",
    "describe",
    "example_at",
    "explain_all",
    "field_names",
    "models_at",
    "toml_value",
]

_TAG_NAMES = {
    "(text)": "text",
    "(list)": "a list",
    "(table)": "a table",
    "(flag)": "true or false",
    "(number)": "a number",
    "(value)": "a value",
}

_EXPECTED = {
    "string_type": "text",
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "none_required": "nothing",
}

_BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}

HUGE_BITS = 1000
"""Integers of more bits than this are not printed; Python itself refuses about 14 000."""

_OLD_NAMES = {"view_id": "id", "window_len": "window", "type": "kind"}
"""Words of the original program (and of habit) that are no near miss of ours."""


def explain_all(
    cls: type[BaseModel], errors: Iterable[Mapping[str, Any]], data: object
) -> list[Fault]:
    """All mistakes behind the errors of one validation.

    Parameters
    ----------
    cls
        The model that was validated.
    errors
        ``ValidationError.errors()``.
    data
        What was validated.

    Returns
    -------
    list of Fault
        One for each mistake; the place of an unknown key is that key, of a missing key the
        table that lacks it, of a wrong value that value.
    """
    grouped: dict[Place, list[Mapping[str, Any]]] = {}
    for item in errors:
        if item["type"] == "too_short" and _length(item) >= item["ctx"]["min_length"]:
            continue  # only right entries were counted; the wrong ones have errors of their own
        place = _in_document(item, data)
        grouped.setdefault(place, []).append(item)
    unknown = {
        place[:-1]: [other[-1] for other in grouped if other[:-1] == place[:-1]]
        for place, items in grouped.items()
        if items[0]["type"] == "extra_forbidden"
    }
    found = []
    for place, items in grouped.items():
        item = items[0]
        if item["type"] in ("missing", "union_tag_not_found"):
            wanted = _missing_name(item)
            words = [str(word) for word in unknown.get(place[:-1], ())]
            words += _unknown_words(item, wanted)
            if any(closest(word, [wanted]) for word in words):
                if item["type"] == "missing":
                    continue  # the finding about the misspelt key says it all
                word = next(word for word in words if closest(word, [wanted]))
                found.append(
                    Fault(
                        (*place[:-1], word),
                        "schema-unknown-key",
                        f"unknown key `{word}`",
                        f"did you mean `{wanted}`?",
                        near=wanted,
                    )
                )
                continue
        found.append(_explain(cls, item, place, items))
    return found


def _length(item: Mapping[str, Any]) -> int:
    """How many entries a list has, of which pydantic counts those that are right."""
    value = item["input"]
    return len(value) if hasattr(value, "__len__") else int(item["ctx"]["actual_length"])


def _missing_name(item: Mapping[str, Any]) -> str:
    if item["type"] == "union_tag_not_found":
        return "kind"
    return str(item["loc"][-1])


def _unknown_words(item: Mapping[str, Any], wanted: str) -> list[str]:
    """Keys beside a missing discriminator; its table is not looked into by pydantic."""
    if item["type"] != "union_tag_not_found" or not isinstance(item["input"], Mapping):
        return []
    return [str(key) for key in item["input"] if key != wanted]


def _in_document(item: Mapping[str, Any], data: object) -> Place:
    """The place of an error without the tags that pydantic adds.

    A missing key keeps its name as the last element although it is not there.
    """
    place: list[str | int] = []
    loc = item["loc"]
    for number, part in enumerate(loc):
        last = number == len(loc) - 1
        if isinstance(data, Mapping) and part in data:
            data = data[part]
            place.append(part)
        elif isinstance(data, Sequence) and not isinstance(data, str) and isinstance(part, int):
            if part < len(data):
                data = data[part]
            place.append(part)
        elif last and item["type"] == "missing":
            place.append(part)
        # anything else is a tag: the kind of a plot, the form of a value
    if item["type"] == "union_tag_not_found":
        place.append("kind")
    if item["type"] == "union_tag_invalid" and isinstance(data, Mapping) and "kind" in data:
        place.append("kind")
    if place and place[-1] == "[key]":
        place.pop()
    return tuple(place)


def models_at(cls: type[BaseModel], loc: Iterable[str | int]) -> tuple[type[Model], ...]:
    """The models that may stand at a place below `cls`, in order of declaration.

    Parameters
    ----------
    loc
        A place, with or without the tags of unions.
    """
    found: list[Any] = [cls]
    for part in loc:
        if isinstance(part, int):
            continue
        by_kind = [model for model in found if _kind(model) == part]
        if by_kind:
            found = by_kind
            continue
        inner: list[Any] = []
        for model in found:
            if field := _field(model, part):
                inner += _models_in(field.annotation, field.metadata)
        if inner:
            found = inner
        elif any(_field(model, part) for model in found):
            return ()
    return tuple(dict.fromkeys(found))


def _kind(model: Any) -> str | None:
    field = model.model_fields.get("kind")
    return None if field is None else str(field.default)


def _field(model: Any, name: str) -> Any:
    for key, field in model.model_fields.items():
        if name in (key if field.alias is None else field.alias,):
            return field
    return None


def _models_in(annotation: Any, metadata: Iterable[Any] = ()) -> list[type[Model]]:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return [annotation]
    return [model for arg in get_args(annotation) for model in _models_in(arg)]


def field_names(cls: type[BaseModel]) -> list[str]:
    """Keys that a table of this model may have."""
    return [field.alias or name for name, field in cls.model_fields.items()]


def _explain(
    cls: type[BaseModel],
    item: Mapping[str, Any],
    place: Place,
    items: Sequence[Mapping[str, Any]],
) -> Fault:
    kind, value, context = item["type"], item["input"], item.get("ctx") or {}
    name = str(place[-1]) if place else ""
    if kind == "extra_forbidden":
        known = [
            field for model in models_at(cls, item["loc"][:-1]) for field in field_names(model)
        ]
        hint, near = suggestion(name, known, what="keys")
        if name in _OLD_NAMES and _OLD_NAMES[name] in known:
            near = _OLD_NAMES[name]
            hint = f"did you mean `{near}`?"
        return Fault(place, "schema-unknown-key", f"unknown key `{name}`", hint, near=near)
    if kind == "missing" and isinstance(item["loc"][-1], int):
        return Fault(
            place[:-1],
            "schema-length",
            f"expected at least {item['loc'][-1] + 1} entries, got {len(value)}",
            _example(cls, item),
        )
    if kind == "missing":
        return Fault(place, "schema-missing-key", f"`{name}` is missing", _add(cls, item))
    if kind == "union_tag_not_found":
        return Fault(
            place, "schema-missing-key", "`kind` is missing", 'add `kind = "trace"` or another kind'
        )
    if kind == "union_tag_invalid" and "(" in str(context.get("expected_tags", "")):
        tags = [tag.strip(" '") for tag in str(context["expected_tags"]).split(",")]
        words = [_TAG_NAMES[tag] for tag in tags if tag in _TAG_NAMES]
        return Fault(
            place,
            "schema-type",
            f"expected {_or(words)}, got {describe(value)}",
            _example(cls, item),
        )
    if kind == "union_tag_invalid":
        tags = [tag.strip(" '") for tag in str(context["expected_tags"]).split(",")]
        hint, near = suggestion(str(context["tag"]), tags, what="kinds")
        return Fault(
            place, "schema-choice", f"there is no plot kind `{context['tag']}`", hint, near=near
        )
    if kind in ("literal_error", "enum"):
        choices = _choices(str(context["expected"]))
        shown = f"`{value}`" if isinstance(value, str) else describe(value)
        if len(choices) == 1 and name == "version":
            return Fault(
                place, "schema-version", f"expected the number 1, got {describe(value)}", "write 1"
            )
        hint, near = (
            suggestion(value, choices, what="values")
            if isinstance(value, str)
            else (f"expected {_or([f'`{choice}`' for choice in choices])}", "")
        )
        message = f"{shown} is not a value of `{name}`"
        return Fault(place, "schema-choice", message, hint, near=near)
    if kind in _EXPECTED:
        return Fault(
            place,
            "schema-type",
            f"expected {_EXPECTED[kind]}, got {describe(value)}",
            _example(cls, item),
        )
    if kind in _BOUNDS:
        key, relation = _BOUNDS[kind]
        return Fault(
            place,
            "schema-range",
            f"{_number(value)} is out of range: it must be {relation} {context[key]:g}",
            _example(cls, item),
        )
    if kind == "finite_number":
        return Fault(place, "schema-range", f"{value} is not a finite number", _example(cls, item))
    if kind in ("too_short", "too_long"):
        bound = context.get("min_length", context.get("max_length"))
        relation = "at least" if kind == "too_short" else "at most"
        return Fault(
            place,
            "schema-length",
            f"expected {relation} {bound} entries, got {_length(item)}",
            _example(cls, item),
        )
    if kind in ("string_too_short", "string_pattern_mismatch"):
        return Fault(place, "schema-blank", "the text is blank", _example(cls, item))
    if kind in ("color", "shade_nans"):
        reason, _, hint = str(context["reason"]).partition("; ")
        color = closest(value.lower(), CSS_COLORS) if isinstance(value, str) and not hint else None
        hint = f"did you mean `{color}`?" if color else hint
        return Fault(place, "schema-color", reason, hint or _example(cls, item))
    if kind == "data_type":
        return Fault(place, "schema-data", str(item["msg"]), _wrap_hint(value))
    return Fault(place, "schema-value", str(item["msg"]), _example(cls, item))


def _choices(expected: str) -> list[str]:
    """``'a', 'b' or 'c'`` as a list."""
    parts = expected.replace(" or ", ", ").split(", ")
    return [part.strip().strip("'") for part in parts if part.strip()]


def _or(words: Sequence[str]) -> str:
    if len(words) < 2:
        return words[0] if words else "something else"
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _is_huge(value: float) -> bool:
    """Whether Python may refuse to print a number."""
    return isinstance(value, int) and value.bit_length() > HUGE_BITS


def _number(value: float) -> str:
    return "a huge number" if _is_huge(value) else str(value)


def describe(value: object) -> str:
    """A short name of a value for a message."""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, int | float):
        return "a huge number" if _is_huge(value) else f"the number {value}"
    if isinstance(value, str):
        text = value if len(value) <= 40 else value[:37] + "..."
        return f'the text "{text}"'
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return f"a `{type(value).__name__}`"


def _declared(cls: type[BaseModel], loc: Sequence[str | int]) -> tuple[str, Any] | None:
    """Name and declaration of the innermost field at a place."""
    for stop in range(len(loc), 0, -1):
        part = loc[stop - 1]
        if not isinstance(part, str):
            continue
        for model in models_at(cls, loc[: stop - 1]):
            if field := _field(model, part):
                return part, field
    return None


def example_at(cls: type[BaseModel], loc: Sequence[str | int]) -> object:
    """A value that would do for the field at a place, or None without an example."""
    declared = _declared(cls, loc)
    return declared[1].examples[0] if declared is not None and declared[1].examples else None


def _example(cls: type[BaseModel], item: Mapping[str, Any]) -> str:
    """A hint that shows a value that would do."""
    declared = _declared(cls, item["loc"])
    if declared is None or not declared[1].examples:
        return ""
    return f"for example `{declared[0]} = {toml_value(declared[1].examples[0])}`"


def _add(cls: type[BaseModel], item: Mapping[str, Any]) -> str:
    example = _example(cls, item)
    return f"add {example.removeprefix('for example ')}" if example else "add it"


def toml_value(value: object) -> str:
    """A value as it is written inline in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(str(key))} = {toml_value(v)}" for key, v in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(part) for part in value)}]"
    return str(value)


def _key(key: str) -> str:
    bare = key and all(c.isascii() and (c.isalnum() or c in "-_") for c in key)
    return key if bare else toml_value(key)


def _wrap_hint(value: object) -> str:
    del value
    return (
        "give an xarray DataArray (for traces and heatmaps), a polars or pandas table (for "
        "events and labels), a path through `from_path`, or the name of a source"
    )
