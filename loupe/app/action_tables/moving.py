"""Selecting, moving in time and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loupe.app import commands as c
from loupe.app.action import Action, flag_is_on

if TYPE_CHECKING:
    from loupe.app.state import AppState

__all__ = ["go_actions", "labels_actions", "select_actions"]


def select_actions() -> tuple[Action, ...]:
    """Selecting by key."""

    def item(name: str, title: str, text: str, command: c.Command, *keys: str) -> Action:
        menu = ("Edit", "Select")
        return Action(f"select.{name}", title, text, "Selecting", keys, menu, command)

    return (
        item(
            "start",
            "Start at Cursor",
            "Put the start of the selection at the cursor.",
            c.MoveSelectionEdge("start"),
            "Ctrl+[",
        ),
        item(
            "stop",
            "End at Cursor",
            "Put the end of the selection at the cursor.",
            c.MoveSelectionEdge("stop"),
            "Ctrl+]",
        ),
        item(
            "window",
            "Whole Window",
            "Select what the window shows.",
            c.SelectAtCursor("window"),
            "Ctrl+A",
        ),
        item(
            "label",
            "Label at Cursor",
            "Select the label at the cursor.",
            c.SelectAtCursor("label"),
            "Return",
        ),
        Action(
            "select.epoch",
            "Epoch at Cursor",
            "Select the epoch at the cursor.",
            "Selecting",
            ("Shift+Return",),
            ("Edit", "Select"),
            c.SelectAtCursor("epoch"),
            shown_if=_has_epochs,
        ),
        Action(
            "select.measure",
            "Measure",
            "While on, a drag measures time and value instead of selecting.",
            "Selecting",
            ("m",),
            ("Edit",),
            c.Toggle("measuring"),
            checked=flag_is_on("measuring"),
        ),
    )


def go_actions() -> tuple[Action, ...]:
    """The Go menu."""

    def item(
        name: str, title: str, text: str, command: c.Command, *keys: str, sub: str = ""
    ) -> Action:
        menu = ("Go", sub) if sub else ("Go",)
        return Action(f"view.{name}", title, text, "Moving in time", keys, menu, command)

    return (
        item("page_left", "Page Left", "One window back.", c.PageTime(-1), "[", "PgUp"),
        item("page_right", "Page Right", "One window on.", c.PageTime(1), "]", "PgDown"),
        item(
            "half_left", "Half a Page Left", "Half a window back.", c.PageTime(-0.5), "Shift+PgUp"
        ),
        item(
            "half_right",
            "Half a Page Right",
            "Half a window on.",
            c.PageTime(0.5),
            "Shift+PgDown",
        ),
        item(
            "scroll_left",
            "Scroll Left",
            "Back by the smooth-scroll part of the window.",
            c.PageTime(-1, None),
            "Shift+Left",
        ),
        item(
            "scroll_right",
            "Scroll Right",
            "On by the smooth-scroll part of the window.",
            c.PageTime(1, None),
            "Shift+Right",
        ),
        item(
            "cursor_left",
            "Cursor Left",
            "The cursor goes back by 2 % of the window.",
            c.NudgeCursor(-0.02),
            "Ctrl+Left",
        ),
        item(
            "cursor_right",
            "Cursor Right",
            "The cursor goes on by 2 % of the window.",
            c.NudgeCursor(0.02),
            "Ctrl+Right",
        ),
        item("home", "Start of Recording", "Go to the start.", c.Home(), "Home"),
        item("end", "End of Recording", "Go to the end.", c.End(), "End"),
        item(
            "whole",
            "Whole Recording",
            "Show the whole recording.",
            c.WholeRecording(),
            "Shift+Home",
        ),
        item("zoom_in", "Zoom In", "Halve the window about the cursor.", c.ZoomTime(0.5), "+", "="),
        item("zoom_out", "Zoom Out", "Double the window about the cursor.", c.ZoomTime(2.0), "-"),
        item(
            "go_to",
            "Go To…",
            "Go to a time, a clock time or the number of a label.",
            c.UiRequest("go_to"),
            "Ctrl+Shift+T",
        ),
        item("back", "Back", "Return to the view before the last jump.", c.Back(), "Alt+Left"),
        item("forward", "Forward", "Undo Back.", c.Forward(), "Alt+Right"),
        item(
            "next_label",
            "Next Epoch",
            "Centre on the next label.",
            c.JumpLabel(1),
            "n",
        ),
        item(
            "previous_label",
            "Previous Epoch",
            "Centre on the previous label.",
            c.JumpLabel(-1),
            "b",
        ),
        item(
            "next_same",
            "Next of Same State",
            "Centre on the next label of the state at the cursor.",
            c.JumpLabel(1, "same"),
            "Ctrl+Shift+Right",
        ),
        item(
            "previous_same",
            "Previous of Same State",
            "Centre on the previous label of the state at the cursor.",
            c.JumpLabel(-1, "same"),
            "Ctrl+Shift+Left",
        ),
        item(
            "next_different",
            "Next of Another State",
            "Centre on the next label of another state.",
            c.JumpLabel(1, "different"),
            "Alt+Shift+Right",
        ),
        item(
            "previous_different",
            "Previous of Another State",
            "Centre on the previous label of another state.",
            c.JumpLabel(-1, "different"),
            "Alt+Shift+Left",
        ),
        item(
            "next_unlabelled",
            "Next Unlabelled",
            "Go to the next stretch without a label.",
            c.NextUnlabelled(1),
            "u",
        ),
        item(
            "previous_unlabelled",
            "Previous Unlabelled",
            "Go to the previous stretch without a label.",
            c.NextUnlabelled(-1),
            "U",
        ),
        item(
            "jump_to_label",
            "Jump to Epochs…",
            "Find labels by state and text.",
            c.UiRequest("jump_to_label"),
            "Ctrl+J",
        ),
    )


def labels_actions() -> tuple[Action, ...]:
    """The Labels menu."""

    def item(name: str, title: str, text: str, command: c.Command, *keys: str) -> Action:
        return Action(f"label.{name}", title, text, "Labels", keys, ("Labels",), command)

    return (
        item(
            "clear",
            "Clear Labels in Selection",
            "Remove the labels inside the selection; longer ones are split.",
            c.ClearLabels(),
            "0",
        ),
        item(
            "delete_last",
            "Delete Last Label",
            "Remove the label that ends last.",
            c.DeleteLastLabel(),
            "Backspace",
        ),
        item("delete", "Delete Label", "Remove the selected label.", c.DeleteLabel(), "Del"),
        item(
            "note",
            "Add or Edit Note…",
            "Write a note and extra values to the label at the cursor.",
            c.UiRequest("edit_note"),
            "Ctrl+Shift+N",
        ),
        item(
            "next_set",
            "Edit Next Label Set",
            "Keys and drags edit the next label set.",
            c.SetEditedTrack(),
            "Ctrl+Shift+G",
        ),
        item(
            "states",
            "States…",
            "Change keys and colours of states, and write them to a file.",
            c.UiRequest("edit_states"),
        ),
    )


def _has_epochs(state: AppState) -> bool:
    return any(track.epoch is not None for track in state.tracks)
