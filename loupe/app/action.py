"""The shape of an action: one thing that a person can do by menu, key or palette."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from loupe.app.commands import Command

if TYPE_CHECKING:
    from loupe.app.state import AppState

__all__ = ["GROUPS", "MENUS", "Action", "flag_is_on"]

Test: TypeAlias = "Callable[[AppState], bool]"

GROUPS = (
    "Files",
    "Editing",
    "Moving in time",
    "Selecting",
    "Labels",
    "States",
    "Rows",
    "Plots",
    "View",
    "Playback and video",
    "Help",
)
"""Sections of the help window and of the page of keys, in order."""

MENUS = ("File", "Edit", "View", "Go", "Labels", "Plots", "Video", "Help")
"""Menus of the menu bar, in order."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can do by menu, key or palette.

    Attributes
    ----------
    id
        Stable name, as in ``[keys]`` of a session: ``view.page_right``.
    title
        The words of the menu and the palette; an ellipsis where more is asked.
    help
        One sentence.
    group
        Section of the help, one of `GROUPS`.
    keys
        Chords, the one shown first; see `loupe.app.keymap`.
    menu
        Menu and submenus; empty for actions that are only in the palette and on keys.
    command
        What is dispatched.
    shown_if
        Whether the menu shows it; None is always. Whether it is enabled, the policy says.
    checked
        For actions that switch something: whether it is on.
    state
        The state that it labels; empty for built-ins.
    """

    id: str
    title: str
    help: str
    group: str
    keys: tuple[str, ...]
    menu: tuple[str, ...]
    command: Command
    shown_if: Test | None = None
    checked: Test | None = None
    state: str = ""


def flag_is_on(name: str) -> Test:
    """Whether a switch of the view is on, for actions that turn it."""
    return lambda state: bool(getattr(state.view, name))
