"""The built-in actions, in the order of the menus; nothing here knows a widget.

No key name is written by hand anywhere else.
"""

from __future__ import annotations

from loupe.app.action import Action
from loupe.app.action_tables.files import edit_actions, file_actions, help_actions
from loupe.app.action_tables.moving import go_actions, labels_actions, select_actions
from loupe.app.action_tables.plots import plots_actions
from loupe.app.action_tables.view import video_actions, view_actions

__all__ = ["ACTIONS"]

ACTIONS: tuple[Action, ...] = (
    *file_actions(),
    *edit_actions(),
    *select_actions(),
    *view_actions(),
    *go_actions(),
    *labels_actions(),
    *plots_actions(),
    *video_actions(),
    *help_actions(),
)
"""Every built-in action."""
