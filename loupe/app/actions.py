"""The one table of actions: menus, keys, palette, tooltips, help and docs are read from it.

The built-ins stand in `loupe.app.action_tables`; here are those that come from a
session's states, videos and label sets. Imports neither numpy nor any widget.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from loupe.app.action import GROUPS, MENUS, Action
from loupe.app.action_tables import ACTIONS
from loupe.app.commands import (
    HideVideo,
    Paint,
    SetEditedTrack,
    SetStepTarget,
    SetTrackVisible,
    UiRequest,
)

if TYPE_CHECKING:
    from loupe.app.state import AppState
    from loupe.session.model import Session
    from loupe.session.states import StateConfig

__all__ = [
    "GROUPS",
    "MENUS",
    "Action",
    "build_actions",
    "builtin_actions",
    "builtin_keys",
    "state_actions",
    "track_actions",
    "video_actions",
]


def builtin_actions() -> tuple[Action, ...]:
    """Every built-in action, in the order of the menus."""
    return ACTIONS


def state_actions(states: StateConfig) -> tuple[Action, ...]:
    """One action a state: its keys label what is selected."""
    return tuple(
        Action(
            id=f"state.{state}",
            title=f"Label as {state}",
            help=f"Label the selection as {state}.",
            group="States",
            keys=states.keys_of(state),
            menu=("Labels", "Label as"),
            command=Paint(state),
            state=state,
        )
        for state in states.states
    )


def video_actions(names: Sequence[str]) -> tuple[Action, ...]:
    """Show, put into a window and choose for stepping, one of each a video."""
    found, targets = [], []
    for index, name in enumerate(names):
        number = index + 1
        found += [
            Action(
                id=f"video.{number}.show",
                title=f"Show {name}",
                help=f"Show or hide the video {name}.",
                group="Playback and video",
                keys=(f"Ctrl+Shift+{number}",) if number <= 9 else (),
                menu=("Video",),
                command=HideVideo(index),
                checked=partial(_video_shown, index),
            ),
            Action(
                id=f"video.{number}.window",
                title=f"{name} in a Window of Its Own",
                help=f"Move the video {name} into a window of its own, or back.",
                group="Playback and video",
                keys=(),
                menu=("Video",),
                command=UiRequest("video_window", str(index)),
            ),
        ]
        targets.append(
            Action(
                id=f"video.{number}.step",
                title=name,
                help=f"The frame keys step {name}.",
                group="Playback and video",
                keys=(),
                menu=("Video", "Frame Step Target"),
                command=SetStepTarget(index),
                checked=partial(_video_stepped, index),
            )
        )
    return (*found, *targets)


def track_actions(names: Sequence[str]) -> tuple[Action, ...]:
    """Show and edit, one of each a label set, when there are several."""
    if len(names) < 2:
        return ()
    found = []
    for index, name in enumerate(names):
        number = index + 1
        found += [
            Action(
                id=f"labels.{number}.show",
                title=f"Show {name}",
                help=f"Show or hide the label set {name}.",
                group="Labels",
                keys=(),
                menu=("Labels", "Label Sets"),
                command=SetTrackVisible(index),
                checked=partial(_track_shown, index),
            ),
            Action(
                id=f"labels.{number}.edit",
                title=f"Edit {name}",
                help=f"Keys and drags edit the label set {name}.",
                group="Labels",
                keys=(),
                menu=("Labels", "Label Sets"),
                command=SetEditedTrack(index),
                checked=partial(_track_edited, index),
            ),
        ]
    return tuple(found)


def build_actions(
    session: Session | None = None,
    *,
    states: StateConfig | None = None,
    keys: Mapping[str, str | Sequence[str]] | None = None,
) -> tuple[Action, ...]:
    """All actions of a window.

    Parameters
    ----------
    session
        Gives states, videos, label sets and the ``[keys]`` that override built-in ones.
    states
        The definitions in force, when they come from a file too.
    keys
        The user's own keys; those of the session win over them.

    Raises
    ------
    LoupeConfigError
        If keys name an action that does not exist, or are none.
    """
    from loupe.app.keymap import with_keys

    actions = builtin_actions()
    if session is not None:
        states = session.states if states is None else states
        actions += video_actions([v.name or f"Video {n}" for n, v in enumerate(session.videos, 1)])
        names = [t.name or t.path or f"Labels {n}" for n, t in enumerate(session.labels, 1)]
        actions += track_actions(names)
    if states is not None:
        actions += state_actions(states)
    if keys:
        actions = with_keys(actions, keys)
    if session is not None and session.keys:
        actions = with_keys(actions, session.keys)
    return actions


def builtin_keys() -> dict[str, str]:
    """Normal chord -> id of the built-in action that has it; for the checks of sessions."""
    from loupe.session.chords import parse_chord

    return {parse_chord(key): action.id for action in builtin_actions() for key in action.keys}


def _video_shown(index: int, state: AppState) -> bool:
    return index not in state.hidden_videos


def _video_stepped(index: int, state: AppState) -> bool:
    return state.step_target == index


def _track_shown(index: int, state: AppState) -> bool:
    return index < len(state.tracks) and state.tracks[index].visible


def _track_edited(index: int, state: AppState) -> bool:
    return state.edited == index
