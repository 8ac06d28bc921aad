"""JSON Schemas of the session, the state definitions and the view preset, made for editors.

Pydantic's own schema says `oneOf` with an OpenAPI discriminator, for which
editors print every error of every plot kind. Here `kind` is an enumeration and
each kind an `if`/`then`, so that one wrong key is one error; TOML has no null,
so branches for it are dropped. Draft 07, which all editors know.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from loupe.session.fieldhelp import all_models, field_docs
from loupe.session.model import Session
from loupe.session.preset import ViewPreset, preset_models
from loupe.session.states import StateConfig

__all__ = ["SCHEMAS", "preset_schema", "session_schema", "states_schema"]

_DRAFT = "http://json-schema.org/draft-07/schema#"


def session_schema() -> dict[str, Any]:
    """The schema of session files."""
    return _finished(Session, "Loupe session")


def preset_schema() -> dict[str, Any]:
    """The schema of view presets (``.view.toml``)."""
    return _finished(ViewPreset, "Loupe view preset")


def states_schema() -> dict[str, Any]:
    """The schema of ``state_definitions.json``."""
    schema = _finished(StateConfig, "Loupe state definitions")
    del schema["properties"]["definitions"]
    schema["properties"]["$schema"] = {"type": "string"}
    return schema


SCHEMAS = {
    "session": session_schema,
    "states": states_schema,
    "preset": preset_schema,
}
"""Name of a schema to what makes it."""


def _finished(model: type[BaseModel], title: str) -> dict[str, Any]:
    raw = model.model_json_schema(by_alias=True, ref_template="#/definitions/{model}")
    docs = {cls.__name__: cls for cls in [*all_models(), *preset_models()]}
    definitions = raw.pop("$defs", {})
    _describe(raw, model)
    for name, part in definitions.items():
        if name in docs:
            _describe(part, docs[name])
    schema = _clean(raw)
    found: dict[str, Any] = {"$schema": _DRAFT, "title": title}
    found |= {key: value for key, value in schema.items() if key not in found}
    if definitions:
        found["definitions"] = {name: _clean(definitions[name]) for name in sorted(definitions)}
    return found


def _describe(part: dict[str, Any], cls: type[BaseModel]) -> None:
    texts = field_docs(cls)
    for name, field in cls.model_fields.items():
        key = field.alias or name
        if key in part.get("properties", {}) and name in texts:
            part["properties"][key]["description"] = texts[name]


def _clean(value: Any) -> Any:
    """A schema without null branches, titles of fields, discriminators and 2020 keywords."""
    if isinstance(value, list):
        return [_clean(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if "discriminator" in value and "mapping" in value["discriminator"]:
        return _by_kind(value)
    found: dict[str, Any] = {}
    for key, entry in value.items():
        if key == "title" or (key == "default" and entry is None):
            continue
        if key in ("properties", "definitions"):
            found[key] = {name: _clean(part) for name, part in entry.items()}
        elif key in ("default", "examples", "enum", "const"):
            found[key] = entry
        elif key in ("anyOf", "oneOf"):
            branches = [_clean(part) for part in entry if part.get("type") != "null"]
            if len(branches) == 1:
                found |= {k: v for k, v in branches[0].items() if k not in found}
            else:
                found |= _by_form(branches)
        elif key == "prefixItems":
            found["items"] = _clean(entry)
            found["additionalItems"] = False
        else:
            found[key] = _clean(entry)
    if "enum" in found or "const" in found:
        found.pop("type", None)  # the words say it, and a wrong one is one error
    return _ref_alone(found)


def _by_form(branches: list[dict[str, Any]]) -> dict[str, Any]:
    """Alternatives of unlike types as one `if`/`then` each, so that errors point inside."""
    types = ["object" if "$ref" in part else part.get("type") for part in branches]
    plain = all(isinstance(name, str) for name in types) and len(set(types)) == len(types)
    if not plain:
        return {"anyOf": branches}
    rules = [
        {"if": {"type": name}, "then": part}
        for name, part in zip(types, branches, strict=True)
        if set(part) - {"type"}
    ]
    return {"type": types, **({"allOf": rules} if rules else {})}


def _ref_alone(part: dict[str, Any]) -> dict[str, Any]:
    """Draft 07 ignores whatever stands beside `$ref`; put it beside an `allOf`."""
    if "$ref" in part and len(part) > 1:
        reference = part.pop("$ref")
        return {**part, "allOf": [{"$ref": reference}]}
    return part


def _by_kind(union: dict[str, Any]) -> dict[str, Any]:
    mapping = union["discriminator"]["mapping"]
    rest = {key: value for key, value in union.items() if key not in ("oneOf", "discriminator")}
    return {
        **_clean(rest),
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": list(mapping)}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": {"$ref": reference},
            }
            for kind, reference in mapping.items()
        ],
    }
