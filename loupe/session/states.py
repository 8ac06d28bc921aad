"""State definitions: which keys score which state, and in which colour.

Knows the JSON file of definitions and where it is looked for; knows nothing of
labels or of built-in keys.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag

from loupe.errors import LoupeConfigError
from loupe.session.base import Fault, Model, Name, Place, shape
from loupe.session.color import LabelColor
from loupe.session.forms import path_text
from loupe.session.reading import read_limited
from loupe.units import Rgba

__all__ = [
    "DEFINITIONS_NAME",
    "UNKNOWN_COLOR",
    "StateConfig",
    "find_definitions",
    "load_state_config",
    "resolve_states",
]

DEFINITIONS_NAME = "state_definitions.json"
"""Name of the file that is looked for beside the session and in the user's folder."""

UNKNOWN_COLOR = Rgba(150, 150, 150, 80)
"""Colour of a label whose state has none."""

KeyOrKeys: TypeAlias = Annotated[
    Annotated[Name, Tag("(text)")]
    | Annotated[tuple[Name, ...], Field(min_length=1), Tag("(list)")],
    Discriminator(shape),
]


class StateConfig(Model):
    """States with their keys and colours."""

    positional: ClassVar[tuple[str, ...]] = ("keymap", "label_colors")

    keymap: dict[Name, KeyOrKeys] = Field(
        {}, examples=[{"Wake": ["w", "W"], "NREM": ["1", "n"]}, {"w": "Wake"}]
    )
    """Keys of each state, `{ Wake = ["w", "W"] }`, or (when no value is a list) the state of each
    key, `{ w = "Wake" }`."""

    label_colors: dict[Name, LabelColor] = Field(
        {}, examples=[{"Wake": "#00d12860", "NREM": [41, 30, 255, 60]}]
    )
    """Colour of each state; without alpha it is translucent."""

    definitions: Annotated[Name | None, BeforeValidator(path_text)] = Field(
        None, examples=["state_definitions.json"]
    )
    """JSON file with `keymap` and `label_colors`, relative to the session file; the entries here
    override it state by state."""

    @property
    def inverse(self) -> bool:
        """Whether `keymap` is written state to keys."""
        return any(not isinstance(value, str) for value in self.keymap.values())

    def bindings(self) -> Iterator[tuple[Place, str, str]]:
        """Every binding as ``(place in keymap, key, state)``, in the order written."""
        forward = not self.inverse
        for name, value in self.keymap.items():
            if forward:
                yield (name,), name, str(value)
            elif isinstance(value, str):
                yield (name,), value, name
            else:
                for number, key in enumerate(value):
                    yield (name, number), key, name

    def _by_state(self) -> dict[str, list[str]]:
        """The keys of every state that has some."""
        found: dict[str, list[str]] = {}
        for _, key, state in self.bindings():
            found.setdefault(state, []).append(key)
        return found

    @property
    def states(self) -> tuple[str, ...]:
        """All states: those with keys in the order written, then those with a colour only."""
        named = dict.fromkeys(state for _, _, state in self.bindings())
        return tuple(named | dict.fromkeys(self.label_colors))

    def keys_of(self, state: str) -> tuple[str, ...]:
        """The keys that score a state, possibly none."""
        return tuple(key for _, key, name in self.bindings() if name == state)

    @property
    def key_to_state(self) -> dict[str, str]:
        """State by key."""
        return {key: state for _, key, state in self.bindings()}

    def color(self, state: str) -> Rgba:
        """Colour of a state; a neutral grey if it has none."""
        return self.label_colors.get(state, UNKNOWN_COLOR)

    def overridden_by(self, other: "StateConfig") -> "StateConfig":
        """These definitions with those of `other` on top.

        A state that `other` gives keys has only these, and a key that it binds leaves its
        former state.
        """
        theirs, taken = other._by_state(), set(other.key_to_state)
        keys = {
            state: [key for key in found if key not in taken]
            for state, found in self._by_state().items()
            if state not in theirs
        } | theirs
        # Both sides are valid already, and their own faults are told where they stand.
        return StateConfig.model_construct(
            keymap={state: tuple(found) for state, found in keys.items() if found},
            label_colors=self.label_colors | other.label_colors,
        )

    def faults(self) -> Iterator[Fault]:
        """A key bound to two states, a key that is none."""
        seen: dict[str, str] = {}
        for place, key, state in self.bindings():
            if key in seen:
                yield Fault(
                    ("keymap", *place),
                    "states-key-twice",
                    f"key `{key}` is bound to `{seen[key]}` and to `{state}`"
                    if state != seen[key]
                    else f"key `{key}` stands twice for `{state}`",
                    "give each key one state",
                )
            elif len(key) != 1:
                yield Fault(
                    ("keymap", *place),
                    "states-key-long",
                    f"`{key}` is not a single key",
                    f'write `{{ {key} = ["{state}"] }}`' if len(state) == 1 else "name one key",
                )
            elif not key.isprintable():
                yield Fault(
                    ("keymap", *place),
                    "states-key-long",
                    f"the character U+{ord(key):04X} is not a key",
                    "name a key that can be typed",
                )
            seen.setdefault(key, state)

    def uncolored(self) -> Iterator[Fault]:
        """A keyed state without colour; to be asked of the merged definitions."""
        told: set[str] = set()
        for place, _, state in self.bindings():
            if state not in self.label_colors and state not in told:
                told.add(state)
                at = place[:1]
                yield Fault(
                    ("keymap", *at),
                    "states-no-color",
                    f"state `{state}` has a key but no colour",
                    f'add `{state} = "#..."` to `label_colors`',
                    name=state,
                )


def load_state_config(path: Path | str) -> StateConfig:
    """Read a JSON file of state definitions.

    Raises
    ------
    LoupeConfigError
        If the file is missing or damaged, binds a key twice, or leaves a keyed state without
        colour; the message names it.
    """
    path = Path(path)
    where = str(path)
    try:
        data = json.loads(read_limited(path), object_pairs_hook=_no_twins)
    except FileNotFoundError:
        raise LoupeConfigError(
            "there is no such file of state definitions",
            where=where,
            code="states-missing-file",
            hint="`loupe init --states` writes an example",
        ) from None
    except (ValueError, RecursionError, OSError) as error:
        raise LoupeConfigError(
            f"the state definitions cannot be read: {error}", where=where, code="states-syntax"
        ) from None
    if not isinstance(data, Mapping):
        raise LoupeConfigError(
            "state definitions are an object with `keymap` and `label_colors`",
            where=where,
            code="states-syntax",
        )
    if "definitions" in data:
        raise LoupeConfigError(
            "a file of state definitions cannot name another one in `definitions`",
            where=where,
            hint="write its `keymap` and `label_colors` here",
            code="states-syntax",
        )
    # `$schema` is what an editor checks the file by.
    fields = {str(key): value for key, value in data.items() if key != "$schema"}
    try:
        found = StateConfig(**fields)
    except LoupeConfigError as error:
        raise LoupeConfigError(
            error.message, hint=error.hint, where=where, code=error.code
        ) from None
    for fault in found.uncolored():
        raise LoupeConfigError(fault.message, hint=fault.hint, where=where, code=fault.code)
    return found


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"`{key}` stands twice in one object")
        found[key] = value
    return found


def find_definitions(
    explicit: str | None, base: Path | None, user_folder: Path | None = None
) -> Path | None:
    """The file of definitions to use: explicit path, beside the session, the user's folder.

    An explicit path is returned whether or not it exists.
    """
    if explicit is not None:
        return (base / explicit) if base is not None else Path(explicit)
    for folder in (base, user_folder):
        if folder is not None and (folder / DEFINITIONS_NAME).is_file():
            return folder / DEFINITIONS_NAME
    return None


def resolve_states(
    states: StateConfig, base: Path | None, user_folder: Path | None = None
) -> StateConfig:
    """The definitions in force: those of the file, overridden by the session's own.

    Returns
    -------
    StateConfig
        Without `definitions`; empty when nothing is defined anywhere.

    Raises
    ------
    LoupeConfigError
        For a broken file, or a keyed state without colour.
    """
    path = find_definitions(states.definitions, base, user_folder)
    found = load_state_config(path) if path is not None else StateConfig()
    merged = found.overridden_by(states)
    for fault in merged.uncolored():
        raise LoupeConfigError(fault.message, hint=fault.hint, code=fault.code)
    return merged
