"""Keys: which action or state a chord means, what collides, how a person is shown it.

A chord is text such as ``Ctrl+Shift+L``, ``PgUp``, ``[`` or ``w``; `loupe.session.chords` brings
it to its normal form. On macOS ``Ctrl`` is the Command key. Knows no toolkit and no menus.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from loupe.errors import LoupeConfigError
from loupe.session.builtin_keys import PER_SESSION
from loupe.session.chords import KEY_NAMES, join_chord, parse_chord
from loupe.session.folders import user_config_folder

if TYPE_CHECKING:
    from loupe.app.action import Action

__all__ = [
    "Binding",
    "Conflict",
    "Keymap",
    "chord_of",
    "conflicts",
    "display",
    "is_bare",
    "settings_path",
    "user_keys",
    "with_keys",
]

_SHIFTED = dict(zip('~!@#$%^&*()_+{}|:"<>?', "`1234567890-=[]\\;',./", strict=True))
"""What a US keyboard types with Shift, and the key that types it."""


def chord_of(
    key: str, text: str, modifiers: Iterable[str], platform: str = "", digit: str = ""
) -> tuple[str, ...]:
    """The chords that a key press may stand for, the likeliest first.

    Parameters
    ----------
    key
        The toolkit's name of the key, such as ``L``, ``PgUp`` or ``<``.
    text
        What the press would type; empty for none.
    modifiers
        Any of ``Ctrl``, ``Alt``, ``Shift``, ``Meta``.
    platform
        As `sys.platform`.
    digit
        The digit that the key types without Shift on most keyboards, if it is known.
    """
    held = set(modifiers)
    found = []
    typed = len(text) == 1 and text.isprintable() and text != " "
    if typed and not held & {"Ctrl", "Alt", "Meta"}:
        found.append(text)
    named = KEY_NAMES.get(key.lower(), key)
    if len(named) == 1 and named.isalpha() and not held & {"Ctrl", "Alt", "Meta"}:
        named = named.upper() if "Shift" in held else named.lower()
    found.append(join_chord(set(held), named))
    if "Shift" in held and named in _SHIFTED:
        found.append(join_chord(held, _SHIFTED[named]))
        found.append(join_chord(held - {"Shift"}, named))
    if digit and "Shift" in held and held & {"Ctrl", "Alt", "Meta"}:
        found.append(join_chord(set(held), digit))
    # Many keyboards have brackets and the like only with AltGr, which is Ctrl+Alt on Windows, or
    # with Option.
    bent = {"win32": {"Ctrl", "Alt"}, "darwin": {"Alt"}}.get(platform)
    if typed and not text.isalnum() and held - {"Shift"} == bent:
        found.append(text)
    return tuple(dict.fromkeys(found))


def is_bare(chord: str) -> bool:
    """Whether a chord is a single character without modifiers, such as a state may own."""
    return len(chord) == 1


def display(chord: str, platform: str = "") -> str:
    """A chord as a person on this platform (`sys.platform`) knows it."""
    parts = (
        chord.split("+") if not chord.endswith("+") else [*chord[:-1].rstrip("+").split("+"), "+"]
    )
    parts = [part for part in parts if part]
    if platform == "darwin":
        symbols = {"Ctrl": "⌘", "Alt": "⌥", "Shift": "⇧", "Meta": "⌃"}
        return "".join(symbols.get(part, part) for part in parts)
    arrows = {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓", "Return": "Enter"}
    return "+".join(arrows.get(part, part) for part in parts)


@dataclass(frozen=True, slots=True)
class Binding:
    """What a key press means: an action by id; for a state key `state` too."""

    action: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two owners of one chord.

    Attributes
    ----------
    kind
        ``"error"``: two actions, only the first is reached; ``"shared"``: a state and a built-in
        action, told apart by whether time is selected.
    """

    chord: str
    first: str
    second: str
    kind: Literal["error", "shared"]

    def __str__(self) -> str:
        if self.kind == "shared":
            return (
                f"`{self.chord}` labels `{self.first}` while time is selected, "
                f"otherwise it runs `{self.second}`"
            )
        return f"`{self.chord}` is bound to `{self.first}` and to `{self.second}`"


@dataclass(frozen=True, slots=True)
class Keymap:
    """Chord -> action; state keys apart, because a selection decides between the two.

    Attributes
    ----------
    actions, states
        Normal chord to action id; for states, to the action's id and the state.
    """

    actions: Mapping[str, str]
    states: Mapping[str, Binding]

    @classmethod
    def of(cls, actions: Iterable[Action]) -> Keymap:
        """The keys of a table of actions; the first owner of a chord keeps it."""
        plain: dict[str, str] = {}
        states: dict[str, Binding] = {}
        for action in actions:
            for key in action.keys:
                chord = parse_chord(key)
                if action.state:
                    states.setdefault(chord, Binding(action.id, action.state))
                else:
                    plain.setdefault(chord, action.id)
        return cls(plain, states)

    def lookup(self, chord: str, *, labelling: bool) -> Binding | None:
        """What a chord means; None if nothing.

        A bare key that a state owns labels while `labelling` (time is selected, or epoch mode);
        otherwise the built-in action of that key runs. The exact case comes first, the other
        case when nothing owns the exact one.

        Parameters
        ----------
        chord
            In its normal form, see `parse_chord` and `chord_of`.
        """
        cases = [chord]
        if is_bare(chord) and chord.swapcase() != chord:
            cases.append(chord.swapcase())
        for case in cases:
            if labelling and case in self.states:
                return self.states[case]
            if case in self.actions:
                return Binding(self.actions[case])
            if case in self.states:
                return self.states[case]
        return None


def conflicts(actions: Iterable[Action]) -> tuple[Conflict, ...]:
    """Every chord with two owners, in the order of the table."""
    found = []
    plain: dict[str, str] = {}
    states: dict[str, str] = {}
    for action in actions:
        owners = states if action.state else plain
        for key in dict.fromkeys(parse_chord(key) for key in action.keys):
            first = owners.setdefault(key, action.id)
            if first != action.id:
                found.append(Conflict(key, first, action.id, "error"))
    for chord, state in states.items():
        owner = plain.get(chord) or plain.get(chord.swapcase() if is_bare(chord) else chord)
        if owner is not None:
            found.append(Conflict(chord, state, owner, "shared"))
    return tuple(found)


def with_keys(
    actions: Iterable[Action], keys: Mapping[str, str | Sequence[str]], *, where: str = ""
) -> tuple[Action, ...]:
    """The actions with the keys that a session or the user's settings give them.

    A key that is given to an action is taken from the action that had it; an empty text or list
    leaves an action without one.

    Raises
    ------
    LoupeConfigError
        For an action that does not exist, with the nearest names, or a text that is no key.
    """
    from dataclasses import replace

    from loupe.session.suggest import did_you_mean

    actions = tuple(actions)
    known = [action.id for action in actions]
    chosen: dict[str, tuple[str, ...]] = {}
    for name, value in keys.items():
        if name not in known:
            if name.startswith(PER_SESSION):
                continue  # a state, video or label set that this session does not have
            raise LoupeConfigError(
                f"there is no action `{name}`",
                where=where,
                hint=did_you_mean(name, known, what="actions"),
                code="key-unknown-action",
            )
        texts = [value] if isinstance(value, str) else list(value)
        chosen[name] = tuple(parse_chord(text) for text in texts if text)
    taken = {chord for chords in chosen.values() for chord in chords}
    return tuple(
        replace(
            action,
            keys=chosen[action.id]
            if action.id in chosen
            else tuple(key for key in action.keys if action.state or parse_chord(key) not in taken),
        )
        for action in actions
    )


def settings_path() -> Path:
    """The user's settings file; it need not exist."""
    return user_config_folder() / "settings.toml"


def user_keys(path: Path | None = None) -> dict[str, str | list[str]]:
    """The ``[keys]`` of the user's settings: action id -> key or keys; empty without a file.

    Raises
    ------
    LoupeConfigError
        If the file cannot be read, or ``[keys]`` holds something else than texts.
    """
    import tomllib

    path = settings_path() if path is None else path
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise LoupeConfigError(
            f"the settings cannot be read: {error}", where=str(path), code="settings"
        ) from None
    keys = data.get("keys", {})
    if not isinstance(keys, dict):
        raise LoupeConfigError("`keys` must be a table", where=str(path), code="settings")
    for name, value in keys.items():
        texts = value if isinstance(value, list) else [value]
        if not all(isinstance(text, str) for text in texts):
            raise LoupeConfigError(
                f"`keys.{name}` must be a key or a list of keys, got {value!r}",
                where=str(path),
                hint=f'for example `{name} = "Ctrl+L"`',
                code="settings",
            )
    return keys
