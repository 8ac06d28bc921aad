from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from app_states import state_with, track

from loupe.app import commands as c
from loupe.app.actions import (
    GROUPS,
    MENUS,
    build_actions,
    builtin_keys,
    state_actions,
    track_actions,
    video_actions,
)
from loupe.app.gestures import GESTURES
from loupe.app.keymap import (
    Binding,
    Keymap,
    chord_of,
    conflicts,
    display,
    user_keys,
    with_keys,
)
from loupe.app.policy import allowed
from loupe.app.reduce import reduce
from loupe.errors import LoupeConfigError
from loupe.session.chords import parse_chord
from loupe.session.states import StateConfig

STATES = StateConfig(
    keymap={"Wake": ["w", "W"], "NREM": ["1", "n"], "bad": ["b"]},
    label_colors={"Wake": "#00ff00", "NREM": "#0000ff", "bad": "#ff0000"},
)
ACTIONS = (*build_actions(), *video_actions(["side", "top"]), *track_actions(["Anna", "Ben"]))


def test_no_two_actions_share_a_key_or_an_id() -> None:
    assert conflicts(ACTIONS) == ()
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_every_action_is_complete(action: object) -> None:
    from loupe.app.actions import Action

    assert isinstance(action, Action)
    assert action.title
    assert action.title[0].isupper() or action.title == "h:m:s" or action.id.startswith("video.")
    assert action.help.endswith(".")
    assert action.group in GROUPS
    assert action.menu[0] in MENUS
    assert all(parse_chord(key) == key for key in action.keys)
    # Whatever state, each can be asked for, and either runs or says why not.
    for state in (state_with(), state_with(track((0, 5, "a")), track(name="b"))):
        if not allowed(state, action.command):
            reduce(state, action.command)
        for test in (action.shown_if, action.checked):
            assert test is None or test(state) in (True, False)


def test_switches_show_what_they_switch() -> None:
    state = state_with(track(), track(name="b"))
    for action in ACTIONS:
        if action.checked is not None and isinstance(action.command, c.Toggle):
            after = reduce(state, action.command)
            assert action.checked(after) != action.checked(state), action.id


def test_every_gesture_is_told_once() -> None:
    assert len({(g.mods, g.gesture, g.place) for g in GESTURES}) == len(GESTURES)
    assert all(g.title and g.help.endswith(".") for g in GESTURES)


def test_the_tables_import_neither_numpy_nor_tables() -> None:
    code = (
        "import sys; from loupe.app.actions import builtin_keys; builtin_keys();"
        "import loupe.app.keymap, loupe.app.gestures;"
        "print([m for m in ('numpy', 'polars', 'pydantic', 'platformdirs', 'loupe.labels')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_builtin_keys_for_the_linter() -> None:
    keys = builtin_keys()
    assert keys["n"] == "view.next_label"
    assert keys["Ctrl+Shift+L"] == "view.overlays"
    assert keys["PgDown"] == "view.page_right"


@pytest.mark.parametrize(
    ("text", "chord"),
    [
        ("ctrl+shift+l", "Ctrl+Shift+L"),
        ("Shift+Ctrl+L", "Ctrl+Shift+L"),
        ("Cmd+k", "Ctrl+K"),
        ("option+up", "Alt+Up"),
        ("pgdn", "PgDown"),
        ("Escape", "Esc"),
        (" ", "Space"),
        ("+", "+"),
        ("Ctrl++", "Ctrl++"),
        ("Ctrl+Shift+,", "Ctrl+Shift+,"),
        ("Shift+w", "W"),
        ("w", "w"),
        ("f11", "F11"),
        ("?", "?"),
    ],
)
def test_chords_have_one_form(text: str, chord: str) -> None:
    assert parse_chord(text) == chord
    assert parse_chord(chord) == chord


@pytest.mark.parametrize("text", ["", "  ", "Hyper+L", "Ctrl+Foo", "Ctrl+", "Foo"])
def test_what_is_no_chord_is_named(text: str) -> None:
    with pytest.raises(LoupeConfigError):
        parse_chord(text)


@pytest.mark.parametrize(
    ("platform", "held"),
    [("win32", ("Ctrl", "Alt")), ("darwin", ("Alt",)), ("darwin", ("Alt", "Shift"))],
)
def test_what_needs_altgr_or_option_is_reached_too(platform: str, held: tuple[str, ...]) -> None:
    first, *rest = chord_of("[", "[", held, platform)
    assert first == "+".join([*(m for m in ("Ctrl", "Alt", "Shift") if m in held), "["])
    assert "[" in rest
    assert "[" not in chord_of("[", "[", held, "linux"), "there AltGr is no modifier"
    assert "q" not in chord_of("Q", "q", held, platform), "letters are shortcuts"


def test_presses_become_chords() -> None:
    assert chord_of("W", "w", ()) == ("w",)
    assert chord_of("W", "W", ("Shift",)) == ("W",)
    assert chord_of("L", "\x0c", ("Ctrl", "Shift")) == ("Ctrl+Shift+L",)
    assert chord_of("?", "?", ("Shift",))[0] == "?"
    assert "Ctrl+Shift+," in chord_of("<", "<", ("Ctrl", "Shift"))
    assert "Ctrl+Shift+0" in chord_of(")", ")", ("Ctrl", "Shift"))
    assert "Ctrl+Shift+2" in chord_of('"', '"', ("Ctrl", "Shift"), digit="2")
    assert "2" not in str(chord_of('"', '"', ("Shift",), digit="2"))
    assert chord_of("PgUp", "", ("Shift",)) == ("Shift+PgUp",)
    assert chord_of("Space", " ", ()) == ("Space",)


def test_keys_are_shown_as_the_platform_does() -> None:
    assert display("Ctrl+Shift+L") == "Ctrl+Shift+L"
    assert display("Ctrl+Shift+L", "darwin") == "⌘⇧L"
    assert display("Alt+Left") == "Alt+←"
    assert display("Ctrl++") == "Ctrl++"
    assert display("+") == "+"


def test_a_selection_decides_between_state_and_action() -> None:
    keys = Keymap.of(build_actions(states=STATES))
    assert keys.lookup("n", labelling=True) == Binding("state.NREM", "NREM")
    assert keys.lookup("n", labelling=False) == Binding("view.next_label")
    assert keys.lookup("w", labelling=False) == Binding("state.Wake", "Wake")
    assert keys.lookup("]", labelling=True) == Binding("view.page_right")
    assert keys.lookup("q", labelling=True) is None


def test_the_exact_case_comes_first_then_the_other() -> None:
    states = StateConfig(
        keymap={"Wake": ["w"], "art": ["W"], "REM": ["R"], "sh": ["H"]},
        label_colors=dict.fromkeys(("Wake", "art", "REM", "sh"), "#ffffff"),
    )
    keys = Keymap.of(build_actions(states=states))
    assert keys.lookup("w", labelling=True) == Binding("state.Wake", "Wake")
    assert keys.lookup("W", labelling=True) == Binding("state.art", "art")
    assert keys.lookup("r", labelling=True) == Binding("state.REM", "REM")
    assert keys.lookup("H", labelling=True) == Binding("state.sh", "sh")
    # "h" itself is the overview's key.
    assert keys.lookup("h", labelling=True) == Binding("view.hypnogram")
    assert keys.lookup("N", labelling=False) == Binding("view.next_label")


def test_shared_keys_are_reported() -> None:
    found = conflicts(build_actions(states=STATES))
    assert [(f.chord, f.first, f.second, f.kind) for f in found] == [
        ("n", "state.NREM", "view.next_label", "shared"),
        ("b", "state.bad", "view.previous_label", "shared"),
    ]
    assert str(found[0]) == (
        "`n` labels `state.NREM` while time is selected, otherwise it runs `view.next_label`"
    )
    twice = (*build_actions(), replace(build_actions()[0], id="other"))
    assert [f.kind for f in conflicts(twice)] == ["error"]


def test_keys_can_be_changed() -> None:
    actions = with_keys(build_actions(), {"view.page_right": ["d", "n"], "view.hypnogram": ""})
    by_id = {action.id: action for action in actions}
    assert by_id["view.page_right"].keys == ("d", "n")
    assert by_id["view.hypnogram"].keys == ()
    assert by_id["view.next_label"].keys == ()  # its key was given away
    assert conflicts(actions) == ()
    with pytest.raises(LoupeConfigError, match=r"no action `view\.page_rigth`") as error:
        with_keys(build_actions(), {"view.page_rigth": "d"})
    assert "view.page_right" in error.value.hint
    assert with_keys(build_actions(), {"state.Wake": "x"}) == build_actions()


def test_state_keys_can_be_changed() -> None:
    actions = with_keys(state_actions(STATES), {"state.Wake": "x"})
    assert actions[0].keys == ("x",)


def test_user_settings(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    assert user_keys(path) == {}
    path.write_text('[keys]\n"view.page_right" = ["d"]\n"view.hypnogram" = "o"\n')
    assert user_keys(path) == {"view.page_right": ["d"], "view.hypnogram": "o"}
    path.write_text('[keys]\n"view.page_right" = 3\n')
    with pytest.raises(LoupeConfigError, match=r"keys\.view\.page_right"):
        user_keys(path)
    path.write_text("[keys\n")
    with pytest.raises(LoupeConfigError, match="cannot be read"):
        user_keys(path)


def test_a_session_gives_states_videos_sets_and_keys() -> None:
    from loupe.session.model import Session

    session = Session.model_validate(
        {
            "videos": [{"video_path": "a.mp4"}, {"video_path": "b.mp4", "name": "top"}],
            "labels": [{"path": "a.htsv"}, {"path": "b.htsv", "name": "Ben"}],
            "states": {"keymap": {"Wake": ["w"]}, "label_colors": {"Wake": "#00d128"}},
            "keys": {"view.page_right": "d"},
        }
    )
    actions = {
        action.id: action
        for action in build_actions(session, keys={"view.page_right": "k", "view.grid": "G"})
    }
    assert actions["video.1.show"].title == "Show Video 1"
    assert actions["video.2.show"].keys == ("Ctrl+Shift+2",)
    assert actions["labels.2.edit"].title == "Edit Ben"
    assert actions["state.Wake"].command == c.Paint("Wake")
    assert actions["view.page_right"].keys == ("d",)
    assert actions["view.grid"].keys == ("G",)
