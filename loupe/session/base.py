"""What all models of a session share: strictness, positional arguments, faults.

A model is frozen, refuses unknown keys and coerces nothing between text,
numbers and truth values. Rules across fields are `Fault`s that `faults` yields:
a constructor called from Python raises the first error among them, `lint`
reports all of them with their place in the file. This room knows no plot kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from loupe.errors import LoupeConfigError, LoupeError, LoupeTypeError
from loupe.session.forms import python_values

__all__ = [
    "Fault",
    "Flag",
    "Level",
    "Model",
    "Name",
    "Number",
    "Place",
    "Whole",
    "shape",
]

Level: TypeAlias = Literal["error", "warning", "note"]
"""How bad a finding is; notes never change an exit code."""

Place: TypeAlias = tuple[str | int, ...]
"""Where in a document: keys of tables and indices of arrays, outermost first."""

Number: TypeAlias = Annotated[float, Field(strict=True)]
"""A finite real number; text is never read as one."""

Whole: TypeAlias = Annotated[int, Field(strict=True)]
"""An integer; neither `true` nor `2.0` is one."""

Flag: TypeAlias = Annotated[bool, Field(strict=True)]
"""`true` or `false`, never 0 or 1."""

Name: TypeAlias = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]
"""Text that is not blank."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule across fields.

    Attributes
    ----------
    place
        Where a person would mend it, relative to the model that yields it.
    code
        Stable code from `loupe.session.codes`.
    message, hint
        What is wrong with which value; what to do next.
    level
        How bad it is.
    name
        What it is about, such as a source or a state; empty where nobody asks.
    near
        What was probably meant in place of a wrong name; empty for nothing near.
    """

    place: Place
    code: str
    message: str
    hint: str = ""
    level: Level = "error"
    name: str = ""
    near: str = ""

    def under(self, *prefix: str | int) -> Fault:
        """The same fault seen from an enclosing model."""
        return self.at((*prefix, *self.place))

    def at(self, place: Place) -> Fault:
        """The same fault at another place."""
        return replace(self, place=place)


def shape(value: object) -> str:
    """Tag of a value by its form, for unions of unlike forms.

    The parentheses keep tags apart from keys of a document, so that they can be
    dropped from the place of an error.
    """
    if isinstance(value, bool):
        return "(flag)"
    if isinstance(value, str):
        return "(text)"
    if isinstance(value, int | float):
        return "(number)"
    if isinstance(value, Mapping | Model):
        return "(table)"
    if isinstance(value, list | tuple | set | frozenset | range):
        return "(list)"
    return "(memory)"


class Model(BaseModel):
    """Base of every model of a session."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        defer_build=True,
        arbitrary_types_allowed=False,
        protected_namespaces=(),
        validate_default=False,
        populate_by_name=True,
    )

    positional: ClassVar[tuple[str, ...]] = ()
    """Fields that a script may give by position, in order."""

    renamed: ClassVar[Mapping[str, str]] = {}
    """Argument names of the original program and the field that took their place."""

    error_class: ClassVar[type[LoupeError]] = LoupeConfigError
    """What a faulty constructor call raises."""

    def __init__(self, /, *args: Any, **fields: Any) -> None:
        name = type(self).__name__
        if len(args) > len(self.positional):
            raise LoupeTypeError(
                f"{name} takes at most {len(self.positional)} positional arguments, "
                f"got {len(args)}",
                hint=f"name the others, as in `{name}(..., {_some_field(type(self))}=...)`",
            )
        for field, value in zip(self.positional, args, strict=False):
            if field in fields:
                raise LoupeTypeError(f"{name} got `{field}` by position and by name")
            fields[field] = value
        for old, new in self.renamed.items():
            if old in fields:
                fields[new] = fields.pop(old)
        fields = {key: python_values(value) for key, value in fields.items()}
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise _raised(type(self), error, fields) from None
        for fault in self.faults():
            if fault.level == "error":
                raise self.error_class(f"{name}: {fault.message}", hint=fault.hint, code=fault.code)

    # Nested validation goes straight to the fields, as for pydantic's own __init__,
    # so that every fault inside keeps its place.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # pydantic's own marker

    def faults(self) -> Iterator[Fault]:
        """Broken rules across the fields of this model alone (not of nested models)."""
        return iter(())


def _some_field(cls: type[Model]) -> str:
    fields = [name for name in cls.model_fields if name not in cls.positional]
    return fields[0] if fields else "name"


def _raised(cls: type[Model], error: ValidationError, fields: dict[str, Any]) -> LoupeError:
    """The error of a constructor call: every mistake in one message."""
    from loupe.session.wording import explain_all

    errors: list[Any] = list(error.errors(include_url=False))
    found = explain_all(cls, errors, fields)
    lines = [f"`{_dotted(fault.place)}`: {fault.message}" for fault in found]
    message = f"{cls.__name__}: " + f"\n{cls.__name__}: ".join(lines)
    hint = next((fault.hint for fault in found if fault.hint), "")
    raised = LoupeTypeError if any(_is_type_mistake(e) for e in errors) else cls.error_class
    return raised(message, hint=hint, code=found[0].code)


def _is_type_mistake(error: Mapping[str, Any]) -> bool:
    """Whether an object of a script was given where another kind of object belongs."""
    if error["type"] == "data_type":
        return True
    if error["type"] in ("model_type", "model_attributes_type"):
        return not isinstance(error["input"], str | int | float | list | tuple)
    is_data = error["loc"][-1:] in (("data",), ("bool_array",))
    return is_data and error["type"] == "union_tag_invalid"


def _dotted(place: Place) -> str:
    return ".".join(str(part) for part in place)
