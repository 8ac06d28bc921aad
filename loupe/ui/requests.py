"""What only a window can do: one function for each request of the table of actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog

from loupe.app import commands
from loupe.app.commands import UiRequest
from loupe.app.reducers.labels import note_target
from loupe.app.tuner import param_values
from loupe.ui.core import WindowCore
from loupe.ui.dialogs.board import BoardDialog
from loupe.ui.dialogs.help import AboutDialog, HelpDialog
from loupe.ui.dialogs.keys import KeysDialog
from loupe.ui.dialogs.labels import JumpDialog, NoteDialog
from loupe.ui.dialogs.marks import EventsDialog, MarkersDialog
from loupe.ui.dialogs.numbers import NumberDialog, RasterDialog, SpeedDialog
from loupe.ui.dialogs.rows import DenseDialog, HeatmapDialog, YAxisDialog
from loupe.ui.dialogs.states import StatesDialog
from loupe.ui.dialogs.videos import VideoSizesDialog
from loupe.ui.menus import shown_keys
from loupe.ui.palette import Entry, Palette

__all__ = ["Requests"]


_ABOUT_ROWS = (
    "y_axis_controls",
    "dense_controls",
    "heatmap_controls",
    "marker_properties",
    "event_style",
    "video_sizes",
    "palette",
)


class Requests:
    """Serves the requests of one window.

    Parameters
    ----------
    more
        What is served elsewhere, by name, as files are; each is given the request's argument.
    version
        For the about dialog.
    """

    def __init__(
        self, core: WindowCore, more: Mapping[str, Callable[[str], None]], version: str
    ) -> None:
        self._core = core
        self._version = version
        self._dialogs: dict[str, QDialog] = {}
        desk, window = core.desk, core.window
        dialogs: dict[str, Callable[[], QDialog]] = {
            "jump_to_label": lambda: JumpDialog(desk, window),
            "subplots": lambda: BoardDialog(desk, window),
            "y_axis_controls": lambda: YAxisDialog(desk, window),
            "dense_controls": lambda: DenseDialog(desk, window),
            "heatmap_controls": lambda: HeatmapDialog(desk, window),
            "raster_controls": lambda: RasterDialog(desk, window),
            "marker_properties": lambda: MarkersDialog(desk, window),
            "event_style": lambda: EventsDialog(desk, window),
            "label_alpha": lambda: NumberDialog(desk, "label_alpha", window),
            "smooth_scroll_speed": lambda: NumberDialog(desk, "smooth_scroll_speed", window),
            "playback_speed": lambda: SpeedDialog(desk, window),
            "video_sizes": lambda: VideoSizesDialog(desk, core.videos, window),
            "edit_states": lambda: StatesDialog(desk, window),
            "edit_keys": lambda: KeysDialog(desk, window),
            "shortcuts": lambda: HelpDialog(desk, window),
            "about": lambda: AboutDialog(desk, self._version, window),
        }
        self._table: dict[str, Callable[[str], None]] = {
            name: partial(self._serve_dialog, name, make) for name, make in dialogs.items()
        }
        self._table |= {
            "palette": lambda _: self._palette(self._everything()),
            "find_row": lambda _: self._palette(self._rows()),
            "go_to": lambda _: window.topbar.focus_go_to(),
            "edit_note": self._note,
            "fullscreen": lambda _: self._fullscreen(),
            "copy_params": lambda _: self._copy_params(),
            "step_frame_back": lambda _: core.videos.step(-1),
            "step_frame_forward": lambda _: core.videos.step(1),
            "video_window": lambda index: core.videos.toggle_window(int(index)),
            "close": lambda _: self._close(),
            "quit": lambda _: self._quit(),
        }
        self._table |= more
        core.desk.store.serve(self.serve)

    @property
    def names(self) -> frozenset[str]:
        """Every request that is served."""
        return frozenset(self._table)

    def serve(self, request: UiRequest) -> None:
        """Do what is asked."""
        self._table[request.name](request.argument)

    def _serve_dialog(self, name: str, make: Callable[[], QDialog], _: str) -> None:
        self._show(name, make)

    def _show(self, name: str, make: Callable[[], QDialog]) -> None:
        """Open a dialog, or bring the open one to the front."""
        open_one = self._dialogs.get(name)
        if open_one is None:
            open_one = make()
            self._dialogs[name] = open_one
            self._forget_when_gone(name, open_one)
            open_one.show()
        open_one.raise_()
        open_one.activateWindow()

    def _forget_when_gone(self, name: str, dialog: QDialog) -> None:
        """Take a dialog off the list when it ends, but not one that was opened since."""
        number = id(dialog)

        def forget(_: object) -> None:
            if id(self._dialogs.get(name)) == number:
                del self._dialogs[name]

        dialog.finished.connect(forget)
        dialog.destroyed.connect(forget)

    def dialog(self, name: str) -> QDialog | None:
        """The open dialog of a request; for tests."""
        return self._dialogs.get(name)

    def close_dialogs(self) -> None:
        """Close every dialog of the window."""
        for dialog in self._core.window.findChildren(QDialog):
            dialog.close()

    def close_about_rows(self) -> None:
        """Close the dialogs about rows, events and videos that may be gone in a moment."""
        for name in _ABOUT_ROWS:
            dialog = self._dialogs.get(name)
            if dialog is not None:
                dialog.close()

    def close_notes(self) -> None:
        """Close the dialogs in which notes are written; what was written is kept."""
        for dialog in self._core.window.findChildren(NoteDialog):
            dialog.close()

    def _note(self, argument: str) -> None:
        desk = self._core.desk
        track = desk.track
        if track is None:
            self._core.say("There is no label set to write a note in.")
            return
        label = int(argument) if argument else note_target(desk.state)
        if label is None:
            self._core.say("There are no labels yet.")
            return
        self.close_notes()
        self._dialogs.pop("edit_note", None)
        self._show("edit_note", lambda: NoteDialog(desk, label, self._core.window))

    def _fullscreen(self) -> None:
        window = self._core.window
        if window.isFullScreen():
            window.showNormal()
        else:
            window.showFullScreen()

    def _copy_params(self) -> None:
        values = param_values(self._core.desk.state.params)
        QGuiApplication.clipboard().setText(repr(values))
        self._core.say("The values of the live parameters are on the clipboard.")

    def _close(self) -> None:
        self._core.window.close()

    def _quit(self) -> None:
        QApplication.closeAllWindows()

    def _palette(self, entries: list[Entry]) -> None:
        palette = Palette(self._core.desk.look, entries, self._core.window)
        self._dialogs["palette"] = palette
        self._forget_when_gone("palette", palette)
        palette.show()

    def choose(self, offers: Sequence[tuple[str, str, str]], chosen: Callable[[str], None]) -> None:
        """Let the user choose among (title, dim text, value)."""
        self._palette(
            [Entry(title, text, "", partial(chosen, value)) for title, text, value in offers]
        )

    def _everything(self) -> list[Entry]:
        desk = self._core.desk
        state = desk.state
        entries = [
            Entry(
                title=action.title,
                group=" › ".join(action.menu) or action.group,
                keys=shown_keys(action),
                run=partial(desk.run, action.command),
                reason=desk.store.allowed(action.command),
                help=action.help,
            )
            for action in desk.actions
            if action.shown_if is None or action.shown_if(state)
        ]
        return entries + self._rows() + self._states()

    def _rows(self) -> list[Entry]:
        desk = self._core.desk
        return [
            Entry(
                title=row.title or row.id,
                group=f"Row {row.subtitle}".rstrip(),
                keys="",
                run=partial(self._show_row, row.id),
                help=" ".join(entry.text for entry in row.legend),
            )
            for row in desk.rows()
        ]

    def _states(self) -> list[Entry]:
        desk = self._core.desk
        return [
            Entry(
                title=f"Next {state}",
                group="Labels",
                keys="",
                run=partial(self._next_of, state),
            )
            for state in desk.states.states
        ]

    def _next_of(self, state: str) -> None:
        """Centre the next label of a state after the cursor, else the first one."""
        desk = self._core.desk
        track = desk.track
        code = None if track is None else track.table.pool.known_code(state)
        if track is None or code is None:
            self._core.say(f"There is no label {state}.")
            return
        table = track.table
        mine = [i for i in range(len(table)) if table.codes[i] == code]
        if not mine:
            self._core.say(f"There is no label {state}.")
            return
        later = [i for i in mine if table.starts[i] > desk.state.cursor]
        row = (later or mine)[0]
        desk.run(commands.SelectLabel(int(table.ids[row]), centre=True))

    def _show_row(self, row_id: str) -> None:
        """Show a row if it is hidden, scroll to it, select it."""
        desk = self._core.desk
        if desk.state.overrides.row(row_id).hidden:
            desk.run(commands.HideRow(row_id, hidden=False))
        self._core.reveal_row(row_id)
        desk.run(commands.SelectRows(frozenset({row_id})))
