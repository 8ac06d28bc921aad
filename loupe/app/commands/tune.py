"""Commands for live parameters."""

from __future__ import annotations

from dataclasses import dataclass

from loupe.app.commands.base import Command

__all__ = ["ResetParams", "SetParam"]


@dataclass(frozen=True, slots=True)
class SetParam(Command):
    """Move the control of a live parameter; the nearest place where it can stand is taken.

    `index` counts the parameters from 0; `setting` is a number, or the index of a choice.
    """

    index: int
    setting: float


@dataclass(frozen=True, slots=True)
class ResetParams(Command):
    """Take live parameters back to their defaults: one, or all."""

    index: int | None = None
