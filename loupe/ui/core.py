"""Joins store, presenter and widgets of one window: the state goes in, pictures come out.

Label edits are safe before the state has them; everything is shown once a turn of
the event loop, however many commands came in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QMenu

from loupe.app import commands
from loupe.app.gestures import Cancel, Gesture, Leave, Move
from loupe.app.interaction import Interaction
from loupe.app.ports import Scheduler
from loupe.app.presenter import Presenter
from loupe.app.state import AppState
from loupe.errors import LoupeError
from loupe.heap import return_free_pages
from loupe.kernels import compile_deferred
from loupe.scene.layout import Viewport
from loupe.scene.model import FailedContent, Scene
from loupe.ui import views
from loupe.ui.desk import Desk
from loupe.ui.label_files import LabelFiles
from loupe.ui.look import look_for
from loupe.ui.main_window import MainWindow
from loupe.ui.menus import Menus, context_menu
from loupe.ui.panels.errors import Fault
from loupe.ui.panels.summary import totals
from loupe.ui.video_room import VideoRoom
from loupe.units import Seconds

__all__ = ["WindowCore", "row_faults"]

_TICK_MS = 16
_HOVER_MS = 16.0
REST_MS, AGAIN_MS = 60_000, 1_000
"""How often free memory goes back to the system, and how soon it is tried again at a bad moment."""
_SHAPES = {
    "arrow": Qt.CursorShape.ArrowCursor,
    "edge": Qt.CursorShape.SplitHCursor,
    "grab": Qt.CursorShape.OpenHandCursor,
    "cross": Qt.CursorShape.CrossCursor,
}
RECOVER, DISCARD = "Recover", "Discard"
_RECOVERY = "recovery"


class WindowCore:
    """What makes a window live; one for each.

    Attributes
    ----------
    shown
        How many times the panels were brought up to date; for tests.
    """

    def __init__(
        self,
        desk: Desk,
        presenter: Presenter,
        window: MainWindow,
        files: LabelFiles,
        videos: VideoRoom,
        scheduler: Scheduler,
    ) -> None:
        self.desk = desk
        self.presenter = presenter
        self.window = window
        self.files = files
        self.videos = videos
        self.shown = 0
        self._scheduler = scheduler
        self._interaction = Interaction()
        self._before: AppState | None = None
        self._due = False
        self._closed = False
        self._message = ""
        self._told = 0
        self._failure: LoupeError | None = None
        self._pointer: tuple[float, float] | None = None
        self._hover_due = False
        self._pointing = False
        self._ticked_ns = 0
        self._timer = QTimer(window)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._rest = QTimer(window)
        self._rest.timeout.connect(self._return_memory)
        self._rest.start(REST_MS)
        desk.store.guard(files.guard)
        desk.y_range = lambda row_id: self.presenter.y_range(row_id)
        desk.run = desk.store.dispatch
        desk.on_states.append(self._states_changed)
        desk.call_off = self._call_off
        self._leave = desk.store.subscribe(self._changed)
        presenter.on_frame(self._draw)
        self._connect()
        self.menus = Menus(window.menuBar(), desk)
        self.report_rows()
        self.tell_of_labels()

    def _connect(self) -> None:
        window, run = self.window, self.desk.run
        window.canvas.on_input(self._input)
        window.canvas.resized.connect(self._resized)
        window.canvas.context_wanted.connect(self._context)
        bar = window.topbar
        bar.paged.connect(lambda n: run(commands.PageTime(n)))
        bar.play_toggled.connect(lambda: run(commands.TogglePlay()))
        bar.speed_chosen.connect(lambda speed: run(commands.SetSpeed(speed)))
        bar.length_chosen.connect(lambda length: run(commands.SetWindowLength(length)))
        bar.went.connect(self._went)
        bar.refused.connect(self.say)
        bar.left.connect(window.canvas.setFocus)
        bar.search_wanted.connect(lambda: run(commands.UiRequest("palette")))
        window.overview.jumped.connect(lambda t: run(commands.GoTo(t)))
        window.overview.moved.connect(self._window_moved)
        window.labels.picked.connect(lambda label: run(commands.SelectLabel(label)))
        window.labels.opened.connect(lambda label: run(commands.SelectLabel(label, centre=True)))
        window.errors.offered.connect(self._answered)
        window.tuner.moved.connect(lambda index, at: run(commands.SetParam(index, at)))
        window.tuner.copy_wanted.connect(lambda: run(commands.UiRequest("copy_params")))
        window.tuner.reset_wanted.connect(lambda: run(commands.ResetParams()))
        window.tuner.closed.connect(lambda: run(commands.SetFlag("tuner", False)))
        window.videos.filled.connect(self._videos_filled)

    @property
    def due(self) -> bool:
        """Whether panels wait to be brought up to date."""
        return self._due

    def say(self, text: str) -> None:
        """Say something in the status line."""
        self.desk.run(commands.Note(text))

    def report(self, where: str, error: LoupeError) -> None:
        """Show what went wrong without being in the way."""
        self.window.errors.add(Fault(where, error.message, error.hint))

    # Input

    def _input(self, gesture: Gesture) -> None:
        layout = self.presenter.layout
        self._pointing = True
        try:
            for command in self._interaction.interpret(gesture, layout, self.desk.state):
                self.desk.run(command)
        finally:
            self._pointing = False
        if isinstance(gesture, Move):
            self._pointer = (gesture.x, gesture.y)
            shape = self._interaction.cursor_shape(gesture.x, gesture.y, layout, self.desk.state)
            self.window.canvas.setCursor(_SHAPES[shape])
        elif isinstance(gesture, Leave):
            self._pointer = None
        self._hover_soon()

    def _call_off(self) -> bool:
        if not self._interaction.dragging:
            return False
        self._input(Cancel())
        return True

    def _hover_soon(self) -> None:
        """Read out what the pointer is on, once for many moves."""
        if not self._hover_due:
            self._hover_due = True
            self._scheduler.later(_HOVER_MS, self._hover)

    def _hover(self) -> None:
        self._hover_due = False
        if self._closed:
            return
        found = None if self._pointer is None else self.presenter.hover(*self._pointer)
        self.window.status.show_hover("" if found is None else found.text)

    def _resized(self, viewport: Viewport) -> None:
        self.desk.run(commands.SetViewport(viewport))

    def _window_moved(self, start: Seconds) -> None:
        length = self.desk.state.window.length
        self.desk.run(commands.SetWindow(start, length, remember=False))

    def _went(self, goal: float | int) -> None:
        if isinstance(goal, float):
            self.desk.run(commands.GoTo(goal))
            return
        track = self.desk.track
        if track is None or not 1 <= goal <= len(track.table):
            count = 0 if track is None else len(track.table)
            self.say(f"There is no label {goal}; there are {count}.")
            return
        label = int(track.table.ids[goal - 1])
        self.desk.run(commands.SelectLabel(label, centre=True))

    def _context(self, x: float, y: float, at: QPoint) -> None:
        self._pointing = True
        menu: QMenu = context_menu(self.desk, self.presenter.layout, x, y, self.window)
        self._pointing = False
        menu.popup(at)

    def edit_cell(self, label: int, column: str, value: object) -> str:
        """Change a cell of the labels table; the reason why not, or ""."""
        command = _cell_command(label, column, value)
        reason = self.desk.store.allowed(command)
        if reason:
            return reason
        before = self.desk.state
        self.desk.run(command)
        after = self.desk.state
        if after.tracks is not before.tracks:
            return ""
        return after.note if after.told != before.told else ""

    # State to widgets

    def _changed(self, before: AppState, after: AppState) -> None:
        if before.playback.playing != after.playback.playing:
            self._ticked_ns = time.monotonic_ns()
            if after.playback.playing:
                self._timer.start()
            else:
                self._timer.stop()
        focused = after.focused_row
        if focused is not None and focused != before.focused_row and not self._pointing:
            self.reveal_row(focused)
        if not self._due:
            self._due = True
            if not self.presenter.holding:
                self._scheduler.post(self.show)
            # Else panels and plots are drawn together: each repaint of the window composes all.

    def _states_changed(self) -> None:
        """Draw the states as they are now, in plots and panels."""
        self.presenter.scene = self.desk.scene
        self.presenter.refresh()
        self._before = None
        if not self._due:
            self._due = True
            self._scheduler.post(self.show)

    def reveal_row(self, row_id: str) -> None:
        """Scroll the rows no further than it takes to show one of them."""
        layout = self.presenter.layout
        for box in layout.rows:
            if box.row_id == row_id:
                top = box.rect.y - layout.area.y
                beyond = max(0.0, top + box.rect.h - layout.area.h)
                # The top of a row that is higher than the canvas is what one looks for first.
                dy = min(top, beyond) / layout.viewport.scale
                if dy:
                    limit = layout.max_scroll / layout.viewport.scale
                    self.desk.run(commands.ScrollRows(dy, limit))

    def show(self) -> None:
        """Bring every panel up to date with the state; what did not change is left alone."""
        self._due = False
        if self._closed:
            return
        self.shown += 1
        before, after = self._before, self.desk.state
        self._before = after
        window, desk = self.window, self.desk
        if before is None or _look_of(before) != _look_of(after):
            self.set_look()
        if before is None or before.tracks is not after.tracks or before.view != after.view:
            self.show_title()
            self._show_parts(after)
        window.topbar.show_view(views.bar_view(desk))
        self._tell_progress()
        self._show_message(before, after)
        self._show_status()
        if window.overview.isVisible():
            gutter = self.presenter.layout.area.x / self.presenter.layout.viewport.scale
            window.overview.show_model(views.overview_model(desk, gutter))
        self._show_labels(before, after)
        if before is None or before.params != after.params or before.view != after.view:
            window.tuner.show_params(after.params)
            window.show_tuner(after.view.tuner and bool(after.params))
        self.videos.show(before, after)

    def show_title(self) -> None:
        """Say in the window's frame and its bar what it shows."""
        self.window.setWindowTitle(views.window_title(self.desk))
        self.window.topbar.show_view(views.bar_view(self.desk))

    def _show_labels(self, before: AppState | None, after: AppState) -> None:
        """The table follows the cursor; it is filled again only when the labels changed."""
        track = self.desk.track
        row = None if track is None else track.table.row_at(after.cursor)
        if track is not None and after.selected_label is not None:
            chosen = track.table.row_of(after.selected_label)
            row = row if chosen is None else chosen
        # Between labels the table shows those before the cursor.
        near = 0 if track is None else int(np.searchsorted(track.table.starts, after.cursor)) - 1
        labels = self.window.labels
        if (
            before is None
            or before.tracks is not after.tracks
            or before.edited != after.edited
            or before.view != after.view
        ):
            saved = self.files.saved_text(after.edited)
            info = views.labels_info(self.desk, saved)
            hint = views.empty_labels_hint(self.desk)
            labels.show_labels(views.labels_view(self.desk), info, hint, row, max(near, 0))
            table = None if track is None else track.table
            self.window.summary.show_totals(
                totals(table, after.extent, self.desk.colors, self.desk.patterns())
            )
        else:
            labels.follow(row, max(near, 0))

    def _show_message(self, before: AppState | None, after: AppState) -> None:
        if before is None or before.selection != after.selection:
            self._message = views.selection_offer(self.desk)
        if after.measure is not None and (before is None or before.measure != after.measure):
            self._message = views.measure_text(self.desk, self.presenter.y_range(after.measure.row))
        if after.note and (
            before is None or (before.told, before.note) != (after.told, after.note)
        ):
            self._message = after.note

    def _videos_filled(self) -> None:
        if not self._closed:
            self._show_parts(self.desk.state)

    def _show_parts(self, after: AppState) -> None:
        self.window.show_parts(
            right=after.view.right_panel,
            videos=len(self.videos) > 0 and not self.window.videos.is_empty,
            labels=bool(after.tracks),
            overview=after.view.hypnogram,
            lanes=bool(views.lanes(self.desk)),
        )
        rows = self.desk.scene.rows
        self.window.canvas.set_hint(
            "" if rows else f"Drop a recording here, or press {self.desk.key('file.open_session')}."
        )

    def set_look(self) -> None:
        """Take over theme and size of text from the state."""
        view = self.desk.state.view
        look = look_for(view.theme, view.font_scale)
        if look == self.desk.look and self.window.styleSheet():
            return
        recoloured = look.theme != self.desk.look.theme or not self.window.styleSheet()
        self.desk.look = look
        with self.desk.undisturbed():
            # Each of the two goes through every widget, open dialogs too.
            if recoloured:
                self.window.setPalette(look.palette())
            self.window.setStyleSheet(look.style_sheet())
        self.window.set_look(look)
        self.videos.set_look()

    def _show_status(self) -> None:
        pixel = self.presenter.status()
        view = views.status_view(self.desk, self._message, pixel)
        self.window.status.show_view(view)

    def _draw(self) -> None:
        if self._closed:
            return
        if self._due:
            self.show()
        self.window.canvas.show_frame(self.presenter.frame, self.presenter.layout)
        self.videos.show_held()
        self._show_status()
        if self._pointer is not None:
            self._hover_soon()
        self._tell_progress()
        failure = self.window.canvas.failure
        if failure is not None and str(failure) != str(self._failure):
            self.report("plots", failure)
        self._failure = failure
        if self.presenter.settled:
            # The first picture is there: from now on a compiler is in nobody's way.
            compile_deferred()

    def _tell_progress(self) -> None:
        for note in self.presenter.notes[self._told :]:
            self._told += 1
            self.report("data", LoupeError(note))
        done, total = self.presenter.progress
        self.window.topbar.show_progress(done, total, "drawing" if total > 1 else "")

    def _return_memory(self) -> None:
        """Once a minute, between two things that a person does."""
        busy = self.desk.state.playback.playing or self._due or not self.presenter.settled
        if not busy:
            return_free_pages()
        self._rest.start(AGAIN_MS if busy else REST_MS)

    def _tick(self) -> None:
        now = time.monotonic_ns()
        dt, self._ticked_ns = (now - self._ticked_ns) / 1e9, now
        self.desk.run(commands.Tick(dt))

    # Faults

    def swap(self, make: Callable[[], Presenter], state: AppState) -> None:
        """Show another scene, with the state that fits it; `make` builds its presenter."""
        self.presenter.close()
        try:
            self.desk.run(commands.ReplaceState(state))
        finally:
            # Whatever a view makes of the new state, there is something that draws it.
            self.presenter = make()
            self.presenter.on_frame(self._draw)
            self._told = 0
            self._before = None
        self._draw()

    def report_rows(self) -> None:
        """Name the rows that could not be opened."""
        for fault in row_faults(self.desk.scene):
            self.window.errors.add(fault)

    def tell_of_labels(self) -> None:
        """Say what label files were read as, and offer what earlier sessions left of them."""
        for name, note in self.files.take_notes():
            self.window.errors.add(Fault(name, note))
        panel, tracks = self.window.errors, self.desk.state.tracks
        offers = [
            Fault(
                tracks[index].name,
                message,
                "",
                (RECOVER, DISCARD),
                f"{_RECOVERY}:{tracks[index].id}",
            )
            for index, message in self.files.recoveries()
        ]
        for fault in panel.faults:
            if fault.key.startswith(f"{_RECOVERY}:") and fault not in offers:
                panel.discard(fault)
        for fault in offers:
            panel.add(fault)

    def _answered(self, fault: Fault, answer: str) -> None:
        kind, _, track_id = fault.key.partition(":")
        if kind != _RECOVERY:
            return
        index = views.track_index(self.desk.state, track_id)
        if index is None:
            self.window.errors.discard(fault)
            return
        change: Callable[[int, AppState], AppState] = (
            self.files.recover if answer == RECOVER else self.files.discard
        )
        try:
            after = change(index, self.desk.state)
        except LoupeError as error:
            self.report(fault.where, error)
            return
        self.window.errors.discard(fault)
        word = "recovered" if answer == RECOVER else "discarded; their journal is kept"
        self.desk.run(commands.ReplaceState(after, f"The edits were {word}."))

    def close(self) -> None:
        """Stop everything that runs for this window."""
        if self._closed:
            return
        self._closed = True
        self._timer.stop()
        self._rest.stop()
        self._leave()
        self.videos.close()
        self.presenter.close()
        self.window.canvas.release()


def row_faults(scene: Scene) -> list[Fault]:
    """The faults of the rows that could not be opened."""
    return [
        Fault(row.title or row.id, row.content.message, row.content.hint)
        for row in scene.rows
        if isinstance(row.content, FailedContent)
    ]


def _cell_command(label: int, column: str, value: object) -> commands.Command:
    """The command that sets a cell of the table."""
    if column == "start" and isinstance(value, float):
        return commands.SetLabelBounds(label, start=value)
    if column == "end" and isinstance(value, float):
        return commands.SetLabelBounds(label, stop=value)
    if column == "state":
        return commands.SetLabelState(label, str(value))
    if column == "note":
        return commands.SetNote(str(value), label)
    return commands.SetLabelCell(label, column, value)


def _look_of(state: AppState) -> tuple[str, float]:
    return state.view.theme, state.view.font_scale
