"""Rules across the fields of a session: what no single model can see.

`session_faults` needs the session alone; `lint` adds what depends on a person's
choice of keys. Each fault stands where one would mend it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from loupe.errors import LoupeConfigError
from loupe.session.base import Fault, Model, Place
from loupe.session.builtin_keys import ACTION_NAMES, PER_SESSION
from loupe.session.chords import parse_chord
from loupe.session.model import Session
from loupe.session.plots import TraceConfig, Zip
from loupe.session.refusal import refusal
from loupe.session.states import StateConfig, find_definitions, load_state_config
from loupe.session.suggest import did_you_mean

__all__ = ["data_references", "lint", "session_faults", "state_faults"]


_HINTS = 100
"""Near names are looked for this often; more wrong names than that have another cause."""


def lint(session: Session, *, builtin_keys: Mapping[str, str] | None = None) -> list[Fault]:
    """Every fault across and inside the models of a session.

    Parameters
    ----------
    session
        A valid session.
    builtin_keys
        Key to name of the action that owns it; a state key among them is noted.
    """
    found = [
        *_inside(session, ()),
        *_action_keys(session),
        *_unknown_actions(session),
        *_shadowed(session, builtin_keys or {}),
    ]
    return list(dict.fromkeys(found))


def _inside(model: Model, place: Place) -> Iterator[Fault]:
    """Faults of a model and of every model below it."""
    for fault in model.faults():
        yield fault.under(*place)
    for name, field in type(model).model_fields.items():
        yield from _inside_value(getattr(model, name), (*place, field.alias or name))


def _inside_value(value: object, place: Place) -> Iterator[Fault]:
    if isinstance(value, Model):
        yield from _inside(value, place)
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _inside_value(entry, (*place, key))
    elif isinstance(value, tuple):
        for number, entry in enumerate(value):
            yield from _inside_value(entry, (*place, number))


def session_faults(session: Session) -> Iterator[Fault]:
    """Faults between the parts of a session; not those inside a part."""
    yield from _unknown_sources(session)
    yield from _unused_sources(session)
    yield from _duplicate_ids(session)
    yield from _editing(session)


def state_faults(session: Session, user_folder: Path | None) -> Iterator[Fault]:
    """Faults of the state definitions in force: the file's and the session's own together.

    Parameters
    ----------
    user_folder
        Where the user's own definitions are looked for.
    """
    states = session.states
    try:
        path = find_definitions(states.definitions, session.base, user_folder)
        refused = states.definitions is not None and refusal(states.definitions) is not None
        below = (
            load_state_config(path)
            if path is not None and not refused
            else StateConfig.model_construct()
        )
    except LoupeConfigError as error:
        place: Place = ("states", "definitions") if states.definitions else ("states",)
        where = f" ({error.where})" if error.where else ""
        yield Fault(place, error.code, error.message + where, error.hint)
        return
    merged = below.overridden_by(states)
    colored = StateConfig.model_construct(keymap=states.keymap, label_colors=merged.label_colors)
    for fault in colored.uncolored():
        yield fault.under("states")
    if session.labels and not merged.states:
        yield Fault(
            ("labels", 0),
            "states-none",
            "there are labels, but no states are defined",
            "add `[states]` with `keymap` and `label_colors`; `loupe init --states` writes an "
            "example",
        )


def data_references(session: Session) -> Iterator[tuple[Place, object]]:
    """Every `data` field with its place: plots, overlays, marker masks, events."""
    for number, plot in enumerate(session.plots):
        place: Place = ("plots", number)
        if isinstance(plot, Zip):
            for inner, trace in enumerate(plot.traces):
                yield from _of_trace(trace, (*place, "traces", inner))
        elif isinstance(plot, TraceConfig):
            yield from _of_trace(plot, place)
        else:
            yield (*place, "data"), plot.data
    if session.events is not None:
        yield ("events", "data"), session.events.data


def _of_trace(trace: TraceConfig, place: Place) -> Iterator[tuple[Place, object]]:
    yield (*place, "data"), trace.data
    for number, overlay in enumerate(trace.overlay_arrays):
        yield (*place, "overlay_arrays", number), overlay
    for number, markers in enumerate(trace.sample_markers):
        yield (*place, "sample_markers", number, "bool_array"), markers.bool_array


def _unknown_sources(session: Session) -> Iterator[Fault]:
    told = 0
    for place, data in data_references(session):
        if isinstance(data, str) and data not in session.sources:
            looks_like_path = "." in data or "/" in data
            told += 1
            known = session.sources if told <= _HINTS else ()
            hint = did_you_mean(data, known, what="sources")
            if looks_like_path and not hint.startswith("did"):
                hint = f'for a file write `{{ path = "{data}" }}`'
            elif not session.sources:
                hint = f'add `[sources.{data}]`, or write `{{ path = "..." }}`'
            yield Fault(
                place, "session-unknown-source", f"there is no source `{data}`", hint, name=data
            )


def _unused_sources(session: Session) -> Iterator[Fault]:
    used = {data for _, data in data_references(session) if isinstance(data, str)}
    for name in session.sources:
        if name not in used:
            yield Fault(
                ("sources", name),
                "session-unused-source",
                f"source `{name}` is used by no plot",
                "remove it, or name it in a plot's `data`",
                "warning",
                name,
            )


def _duplicate_ids(session: Session) -> Iterator[Fault]:
    for section in ("plots", "videos", "labels"):
        yield from _twice(
            ((section, number, "id"), part.id)
            for number, part in enumerate(getattr(session, section))
        )
    for number, plot in enumerate(session.plots):
        if isinstance(plot, TraceConfig):
            yield from _twice(
                (("plots", number, "sample_markers", inner, "id"), markers.id)
                for inner, markers in enumerate(plot.sample_markers)
            )


def _twice(ids: Iterable[tuple[Place, str | None]]) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, name in ids:
        if name is None:
            continue
        if name in seen:
            yield Fault(
                place,
                "session-duplicate-id",
                f"id `{name}` is used twice",
                "give each its own id",
            )
        seen.add(name)


def _editing(session: Session) -> Iterator[Fault]:
    editors = [number for number, labels in enumerate(session.labels) if labels.edit]
    for number in editors[1:]:
        yield Fault(
            ("labels", number, "edit"),
            "session-two-editors",
            "a second label set says `edit = true`",
            "only one set is edited at a time; the user can change which one in the window",
        )
    owners: dict[str, int] = {}
    base = os.path.abspath(session.base or "")
    for number, labels in enumerate(session.labels):
        if labels.path is None:
            continue
        path = os.path.normpath(os.path.join(base, labels.path))
        if path in owners and (labels.writeback or session.labels[owners[path]].writeback):
            yield Fault(
                ("labels", number, "path"),
                "session-labels-shared",
                f"two label sets use the file `{labels.path}` and one of them may write it",
                "give each set its own file, or set `writeback = false` on both",
            )
        owners.setdefault(path, number)


def _given_keys(session: Session) -> Iterator[tuple[Place, str, str]]:
    """Every entry of `[keys]` as place, action and key."""
    for action, keys in session.keys.items():
        if isinstance(keys, str):
            yield ("keys", action), action, keys
        else:
            for number, key in enumerate(keys):
                yield ("keys", action, number), action, key


def _unknown_actions(session: Session) -> Iterator[Fault]:
    for name in session.keys:
        if name not in ACTION_NAMES and not name.startswith(PER_SESSION):
            yield Fault(
                ("keys", name),
                "key-unknown-action",
                f"there is no action `{name}`",
                did_you_mean(name, ACTION_NAMES, what="actions"),
            )


def _action_keys(session: Session) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for place, action, key in _given_keys(session):
        if not key:
            continue
        try:
            chord = parse_chord(key)
        except LoupeConfigError as error:
            yield Fault(place, error.code, error.message, error.hint)
            continue
        if chord in owners:
            yield Fault(
                place,
                "keys-twice",
                f"key `{key}` is given to `{owners[chord]}` and to `{action}`"
                if owners[chord] != action
                else f"key `{key}` stands twice for `{action}`",
                "give each key one action",
            )
        owners.setdefault(chord, action)


def _shadowed(session: Session, builtin_keys: Mapping[str, str]) -> Iterator[Fault]:
    """State keys that a built-in action has too, after `[keys]` moved some."""
    owners = {key: name for key, name in builtin_keys.items() if name not in session.keys}
    for _, action, key in _given_keys(session):
        with suppress(LoupeConfigError):
            owners[parse_chord(key) if key else ""] = action
    for place, key, state in session.states.bindings():
        owner = None
        with suppress(LoupeConfigError):  # what is no key is told with the states
            owner = owners.get(parse_chord(key)) if len(key) == 1 else None
        if owner is not None:
            yield Fault(
                ("states", "keymap", *place),
                "states-key-builtin",
                f"key `{key}` of state `{state}` is also the key of `{owner}`",
                "with a selection or in epoch mode it labels, otherwise the action runs; `[keys]` "
                "can move the action",
                "note",
            )
