"""The menu bar: made from the table of actions, asked again each time a menu opens."""

from __future__ import annotations

import sys
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from loupe.app.actions import MENUS, Action
from loupe.app.commands import (
    ClearSelection,
    Command,
    DeleteLabel,
    FocusRow,
    Redo,
    SelectLabel,
    SetLabelState,
    ShowSpan,
    UiRequest,
    Undo,
)
from loupe.app.keymap import display
from loupe.labels.history import Entry
from loupe.scene.layout import Layout
from loupe.ui.desk import Desk

__all__ = ["Menus", "context_menu", "shown_keys"]


def shown_keys(action: Action) -> str:
    """The keys of an action as a person on this platform knows them, the first one only."""
    return display(action.keys[0], sys.platform) if action.keys else ""


class Menus:
    """Menus over a desk's actions.

    A key stands after a tab, as text: keys are looked up in one place, `loupe.ui.keys`.

    Parameters
    ----------
    extend
        Called with a menu's name and the menu each time it opens, for entries that are no
        actions: recent sessions.
    """

    def __init__(
        self, bar: QMenuBar, desk: Desk, extend: Callable[[str, QMenu], None] | None = None
    ) -> None:
        self._bar = bar
        self._desk = desk
        self._extend = extend
        self._entries: list[tuple[Action, QAction]] = []
        self._menus: list[QMenu] = []
        self.rebuild()
        desk.on_actions.append(self.rebuild)

    def rebuild(self) -> None:
        """Make the menus anew from the table."""
        for menu in self._menus:
            menu.deleteLater()
        self._bar.clear()
        self._entries.clear()
        menus: dict[tuple[str, ...], QMenu] = {}
        groups: dict[tuple[str, ...], str] = {}
        order = {name: i for i, name in enumerate(MENUS)}
        actions = [action for action in self._desk.actions if action.menu]
        actions.sort(key=lambda action: order.get(action.menu[0], len(order)))
        for action in actions:
            menu = self._menu(menus, action.menu)
            if groups.get(action.menu, action.group) != action.group:
                menu.addSeparator()
            groups[action.menu] = action.group
            entry = menu.addAction(self._text(action))
            entry.setStatusTip(action.help)
            entry.setToolTip(action.help)
            entry.setCheckable(action.checked is not None)
            entry.setMenuRole(QAction.MenuRole.NoRole)
            entry.triggered.connect(lambda _=False, command=action.command: self._desk.run(command))
            self._entries.append((action, entry))
        self._menus = [menu for path, menu in menus.items() if len(path) == 1]

    def _menu(self, menus: dict[tuple[str, ...], QMenu], path: tuple[str, ...]) -> QMenu:
        if path in menus:
            return menus[path]
        parent = self._menu(menus, path[:-1]) if len(path) > 1 else self._bar
        menu = _submenu(parent, path[-1] if len(path) > 1 else f"&{path[-1]}")
        menu.setToolTipsVisible(True)
        menus[path] = menu
        if len(path) == 1:
            menu.aboutToShow.connect(self.refresh)
            if self._extend is not None:
                extend = self._extend
                menu.aboutToShow.connect(lambda m=menu, name=path[0]: extend(name, m))
        return menu

    def _text(self, action: Action) -> str:
        title = action.title
        track = self._desk.track
        if track is not None and isinstance(action.command, Undo) and track.history.done:
            title = f"{title} {_named(track.history.done[-1])}".rstrip()
        if track is not None and isinstance(action.command, Redo) and track.history.undone:
            title = f"{title} {_named(track.history.undone[-1])}".rstrip()
        keys = shown_keys(action)
        title = title.replace("&", "&&")
        return f"{title}\t{keys}" if keys else title

    def refresh(self) -> None:
        """Ask what is possible, on and shown; what is not possible says why."""
        state = self._desk.state
        for action, entry in self._entries:
            reason = self._desk.store.allowed(action.command)
            entry.setEnabled(not reason)
            entry.setToolTip(reason or action.help)
            entry.setVisible(action.shown_if is None or action.shown_if(state))
            if action.checked is not None:
                entry.setChecked(action.checked(state))
            if isinstance(action.command, Undo | Redo):
                entry.setText(self._text(action))

    def entry(self, action_id: str) -> QAction | None:
        """The menu entry of an action, or None; for tests and accessibility."""
        return next((entry for action, entry in self._entries if action.id == action_id), None)


def _submenu(parent: QMenu | QMenuBar, title: str) -> QMenu:
    """Add a menu that lives as long as its parent.

    What ``parent.addMenu(title)`` makes is deleted with its Python name in PySide6 before 6.11.
    """
    menu = QMenu(title, parent)
    parent.addMenu(menu)
    return menu


def _named(entry: Entry) -> str:
    """What an edit was, for "Undo …"."""
    return entry.edit.kind


_ROW_MENU = (
    "plot.y_axis",
    "plot.dense_controls",
    "plot.heatmap_controls",
    "plot.raster_controls",
    "",
    "plot.y_zoom_in",
    "plot.y_zoom_out",
    "plot.y_reset",
    "",
    "plot.taller",
    "plot.lower",
    "plot.natural_height",
    "",
    "plot.hide_row",
    "plot.mark_bad",
    "plot.subplots",
)
_KIND_OF = {
    "plot.dense_controls": "dense",
    "plot.heatmap_controls": "heatmap",
    "plot.raster_controls": "raster",
    "plot.y_axis": "trace",
}


def context_menu(desk: Desk, layout: Layout, x: float, y: float, parent: QWidget) -> QMenu:
    """What can be done with the label and the row at a canvas point (device pixels)."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    t = layout.grid.t(x - layout.area.x)
    _label_entries(desk, menu, t)
    box = layout.row_at(x, y)
    facts = None if box is None else desk.state.facts.row(box.row_id)
    if facts is not None:
        desk.run(FocusRow(facts.id))
        head = menu.addAction(facts.title or facts.id)
        head.setEnabled(False)
        actions = {action.id: action for action in desk.actions}
        for name in _ROW_MENU:
            if not name:
                menu.addSeparator()
            elif name in actions and _KIND_OF.get(name, facts.kind) == facts.kind:
                _entry(desk, menu, actions[name].title, actions[name].command)
    return menu


def _label_entries(desk: Desk, menu: QMenu, t: float) -> None:
    track = desk.track
    interval = None if track is None else track.table.at_time(t)
    if interval is not None:
        head = menu.addAction(f"{interval.label} {desk.time_text(interval.start, 1)}")
        head.setEnabled(False)
        _entry(desk, menu, "Select Label", SelectLabel(interval.id))
        _entry(desk, menu, "Note…", UiRequest("edit_note", str(interval.id)))
        change = _submenu(menu, "Change State")
        for state in desk.states.states:
            _entry(desk, change, state, SetLabelState(interval.id, state))
        _entry(desk, menu, "Delete Label", DeleteLabel(interval.id))
        menu.addSeparator()
    if desk.state.selection is not None and track is not None:
        paint = _submenu(menu, "Label Selection as")
        for action in desk.actions:
            if action.state:
                _entry(desk, paint, action.state, action.command)
        _entry(desk, menu, "Zoom to Selection", ShowSpan(desk.state.selection))
        _entry(desk, menu, "Clear Selection", ClearSelection())
        menu.addSeparator()


def _entry(desk: Desk, menu: QMenu, title: str, command: Command) -> None:
    entry = menu.addAction(title.replace("&", "&&"))
    reason = desk.store.allowed(command)
    entry.setEnabled(not reason)
    entry.setToolTip(reason)
    entry.triggered.connect(lambda _=False: desk.run(command))
