"""Commands that edit labels and go from one to another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from loupe.app.commands.base import Command
from loupe.app.commands.select import Edge
from loupe.units import Seconds

__all__ = [
    "Choice",
    "ClearLabels",
    "DeleteLabel",
    "DeleteLastLabel",
    "JumpLabel",
    "LabelEdit",
    "MarkSaved",
    "MoveLabelEdge",
    "NextUnlabelled",
    "Paint",
    "Redo",
    "SelectLabel",
    "SetEditedTrack",
    "SetLabelBounds",
    "SetLabelCell",
    "SetLabelState",
    "SetNote",
    "SetTrackVisible",
    "Undo",
]

Choice: TypeAlias = Literal["any", "same", "different"]


@dataclass(frozen=True, slots=True)
class LabelEdit(Command):
    """The base of commands that edit the label set which the keys change.

    Attributes
    ----------
    now
        Date and time of the edit for sets that keep it; the store fills it in.
    """

    now: str = field(default="", kw_only=True)


@dataclass(frozen=True, slots=True)
class Paint(LabelEdit):
    """Label the selection (in epoch mode: the epoch at the cursor) with a state.

    With a label selected, that label gets the state and keeps its note and extras.
    """

    state: str


@dataclass(frozen=True, slots=True)
class ClearLabels(LabelEdit):
    """Remove the labels inside the selection, splitting those that reach out of it."""


@dataclass(frozen=True, slots=True)
class DeleteLastLabel(LabelEdit):
    """Remove the label that ends last."""


@dataclass(frozen=True, slots=True)
class DeleteLabel(LabelEdit):
    """Remove one label by its id (None: the selected one)."""

    label: int | None = None


@dataclass(frozen=True, slots=True)
class MoveLabelEdge(LabelEdit):
    """Move the start or end of the label with this id to a time, as far as neighbours allow."""

    label: int
    edge: Edge
    t: Seconds


@dataclass(frozen=True, slots=True)
class SetLabelBounds(LabelEdit):
    """Give the label with this id another start or end; it takes what it covers from others."""

    label: int
    start: Seconds | None = None
    stop: Seconds | None = None


@dataclass(frozen=True, slots=True)
class SetLabelState(LabelEdit):
    """Give the label with this id another state; note and extras stay."""

    label: int
    state: str


@dataclass(frozen=True, slots=True)
class SetNote(LabelEdit):
    """Set the note of a label by its id; None is the one that `note_target` names."""

    text: str
    label: int | None = None


@dataclass(frozen=True, slots=True)
class SetLabelCell(LabelEdit):
    """Set an extra column of the label with this id; text is taken as the column's type."""

    label: int
    column: str
    value: object


@dataclass(frozen=True, slots=True)
class SelectLabel(Command):
    """Select a label by its id and with it its time; `centre` brings it into the middle."""

    label: int | None
    centre: bool = False


@dataclass(frozen=True, slots=True)
class JumpLabel(Command):
    """Go to the next (1) or previous (-1) label by its centre, of any, the same or another state.

    The same and the different are seen from the label at the cursor.
    """

    direction: Literal[-1, 1]
    which: Choice = "any"


@dataclass(frozen=True, slots=True)
class NextUnlabelled(Command):
    """Go to the next (1) or previous (-1) stretch without a label."""

    direction: Literal[-1, 1] = 1


@dataclass(frozen=True, slots=True)
class Undo(Command):
    """Take back the last edit of the edited label set and return to where it was made."""


@dataclass(frozen=True, slots=True)
class Redo(Command):
    """Do the edit again that was taken back last."""


@dataclass(frozen=True, slots=True)
class MarkSaved(Command):
    """The track of that index stands on disk as it is now."""

    track: int


@dataclass(frozen=True, slots=True)
class SetTrackVisible(Command):
    """Show or hide a label set; None toggles."""

    track: int
    visible: bool | None = None


@dataclass(frozen=True, slots=True)
class SetEditedTrack(Command):
    """Choose which label set the keys change; None goes to the next one."""

    track: int | None = None
