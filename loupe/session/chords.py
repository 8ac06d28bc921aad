"""How a key is written: the normal form of a chord such as ``Ctrl+Shift+L``.

Modifiers in the order Ctrl, Alt, Shift, Meta, then the key. A letter without Ctrl, Alt or Meta
carries Shift in its case, so ``W`` is Shift and w. Knows no action and no toolkit.
"""

from __future__ import annotations

from loupe.errors import LoupeConfigError

__all__ = ["KEY_NAMES", "MODIFIERS", "join_chord", "parse_chord"]

MODIFIERS = ("Ctrl", "Alt", "Shift", "Meta")
_MODIFIER_NAMES = {
    "ctrl": "Ctrl",
    "control": "Ctrl",
    "cmd": "Ctrl",
    "command": "Ctrl",
    "alt": "Alt",
    "option": "Alt",
    "opt": "Alt",
    "shift": "Shift",
    "meta": "Meta",
    "super": "Meta",
    "win": "Meta",
}
_NAMED = (
    "Backspace",
    "Del",
    "Down",
    "End",
    "Esc",
    "Home",
    "Ins",
    "Left",
    "Menu",
    "PgDown",
    "PgUp",
    "Return",
    "Right",
    "Space",
    "Tab",
    "Up",
    *(f"F{n}" for n in range(1, 25)),
)
KEY_NAMES = {name.lower(): name for name in _NAMED} | {
    "delete": "Del",
    "enter": "Return",
    "escape": "Esc",
    "insert": "Ins",
    "pagedown": "PgDown",
    "pageup": "PgUp",
    "pgdn": "PgDown",
    "spacebar": "Space",
    " ": "Space",
    "plus": "+",
    "minus": "-",
    "comma": ",",
    "period": ".",
}
"""Names of keys in small letters, also those that other programs use, and how they are written
here."""


def parse_chord(text: str) -> str:
    """The normal form of a chord.

    Raises
    ------
    LoupeConfigError
        If the text is no chord; the message says which part.
    """
    if text == " ":
        return "Space"
    parts = text.split("+") if text.strip() else []
    if len(parts) >= 2 and parts[-1] == "" and parts[-2] == "":
        parts = [*parts[:-2], "+"]  # "Ctrl++"
    elif text.strip() == "+":
        parts = ["+"]
    if not parts:
        raise LoupeConfigError("a key cannot be empty", code="key-unknown")
    *names, key = (part.strip() or part for part in parts)
    modifiers = set()
    for name in names:
        if name.lower() not in _MODIFIER_NAMES:
            raise LoupeConfigError(
                f"`{name}` in key `{text}` is no modifier",
                hint=f"use {', '.join(MODIFIERS)}, for example `Ctrl+Shift+L`",
                code="key-unknown",
            )
        modifiers.add(_MODIFIER_NAMES[name.lower()])
    named = KEY_NAMES.get(key.lower())
    if named is None and (len(key) != 1 or not key.isprintable()):
        raise LoupeConfigError(
            f"`{key}` in key `{text}` is no key",
            hint="use one character, or a name such as PgUp, Left, Space, F5",
            code="key-unknown",
        )
    return join_chord(modifiers, named or key)


def join_chord(modifiers: set[str], key: str) -> str:
    """The normal form of some of `MODIFIERS` and a key."""
    if len(key) == 1 and key.isalpha():
        if modifiers & {"Ctrl", "Alt", "Meta"}:
            key = key.upper()
        elif "Shift" in modifiers:
            modifiers, key = modifiers - {"Shift"}, key.upper()
    return "+".join([*(name for name in MODIFIERS if name in modifiers), key])
