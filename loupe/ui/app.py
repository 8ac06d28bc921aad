"""Opens windows: QApplication, scene, label files, window and what joins them."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from PySide6.QtCore import (
    QByteArray,
    QCoreApplication,
    QElapsedTimer,
    QEventLoop,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from shiboken6 import isValid

from loupe.app import commands
from loupe.app.actions import Action, build_actions
from loupe.app.keymap import user_keys
from loupe.app.link import TimeLinks
from loupe.app.overrides import since
from loupe.app.presenter import Presenter
from loupe.app.start import initial_state, recompiled
from loupe.app.state import AppState, TrackState
from loupe.app.store import Store
from loupe.errors import LoupeConfigError, LoupeError
from loupe.heap import give_freed_back
from loupe.kernels import compile_deferred, defer_compiling
from loupe.scene.model import Scene
from loupe.session.model import Session
from loupe.ui import views
from loupe.ui.core import WindowCore
from loupe.ui.desk import Desk
from loupe.ui.file_requests import FileRequests
from loupe.ui.keys import KeyFilter
from loupe.ui.label_files import LabelFiles
from loupe.ui.look import look_for, system_theme
from loupe.ui.main_window import MainWindow
from loupe.ui.memory import Memory
from loupe.ui.menus import shown_keys
from loupe.ui.opening import open_in_thread, with_states
from loupe.ui.panels.errors import Fault
from loupe.ui.reach import reaching
from loupe.ui.requests import Requests
from loupe.ui.scheduler import QtScheduler
from loupe.ui.tuner_room import TunerRoom
from loupe.ui.video_room import VideoRoom

__all__ = ["LINKS", "LoupeWindow", "application", "open_session", "open_windows"]

PATIENCE_MS = 2000.0
"""Kernels are compiled after the first picture, and in any case after this."""

_FRAME = QSize(2, 32)
"""What a window manager puts around a window, about; known only once the window is shown."""

LINKS = TimeLinks()
"""Which open windows move in time together."""

_WINDOWS: list[LoupeWindow] = []
_CLOSING: list[LoupeWindow] = []
"""Closed windows whose widgets Qt has yet to delete. Python's collector may run in any thread,
and a widget that it deletes there takes the process with it."""


def application() -> QApplication:
    """The running QApplication, or a new one made as GL needs it."""
    running = QCoreApplication.instance()
    if isinstance(running, QApplication):
        return running
    give_freed_back()
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    app = QApplication(["loupe"])
    app.setApplicationName("loupe")
    app.setApplicationDisplayName("")
    app.setStyle("Fusion")
    return app


def open_windows() -> tuple[LoupeWindow, ...]:
    """Every open window, oldest first."""
    return tuple(_WINDOWS)


def open_session(
    session: Session,
    *,
    path: Path | None = None,
    allow_remote: bool = False,
    memory: Memory | None = None,
    state_folder: Path | None = None,
) -> LoupeWindow:
    """Open a window on a session and show it.

    Parameters
    ----------
    path
        The file that the session came from, for reloading and the list of recent ones.
    memory
        Where recent sessions and geometry are kept; None is the user's.
    state_folder
        Where journals of labels stand; None is the user's.

    Raises
    ------
    LoupeError
        If definitions of states are broken, or there is no font. Plots, labels and videos that
        cannot be opened are named in the window instead.
    """
    application()
    defer_compiling()
    look = look_for(session.view.theme, session.view.font_scale)
    session = with_states(session)
    scene = open_in_thread(session, look, allow_remote=allow_remote)
    window = LoupeWindow(scene, path, allow_remote, memory or Memory(), state_folder)
    _WINDOWS.append(window)
    LINKS.enter(window.store)
    window.show()
    return window


class LoupeWindow:
    """One open window with everything behind it."""

    def __init__(
        self,
        scene: Scene,
        path: Path | None,
        allow_remote: bool,
        memory: Memory,
        state_folder: Path | None = None,
    ) -> None:
        self.path = path
        self.memory = memory
        self.allow_remote = allow_remote
        self._state_folder = state_folder
        self._early: list[tuple[str, LoupeError]] = []
        self._core: WindowCore | None = None
        self._closed = False
        self._swapping = False
        self._saved: AppState | None = None
        self.on_closed: list[Callable[[], None]] = []
        actions = self._actions(scene.session)
        session = scene.session
        self.files = LabelFiles(scene, self._report, state_folder=state_folder, path=path)
        tracks = self.files.open()
        self.store = Store(initial_state(scene, tracks=tracks))
        look = look_for(session.view.theme, session.view.font_scale)
        self.desk = Desk(scene, self.store, actions, session.states, look, self.store.dispatch)
        self.desk.file = "" if path is None else path.name
        self.scheduler = QtScheduler()
        self.widget = MainWindow(
            look,
            keys=self._key_text,
            page=self._page,
            edit_cell=lambda label, column, value: self.core.edit_cell(label, column, value),
            refuse=lambda reason: self.core.say(reason),
            may_close=self._may_close,
            overview_right=session.view.hypnogram_position == "right",
        )
        self.scheduler.setParent(self.widget)
        self.widget.setPalette(look.palette())
        self.widget.setStyleSheet(look.style_sheet())
        self._core = WindowCore(
            self.desk,
            self._presenter(scene, asleep=True),
            self.widget,
            self.files,
            self._video_room(),
            self.scheduler,
        )
        self.tuning = TunerRoom(self)
        for where, error in self._early:
            self._core.report(where, error)
        self.file_requests = FileRequests(self)
        more = {**self.file_requests.table, "link_windows": lambda _: self._link()}
        self.requests = Requests(self.core, more, _version())
        self._keys = KeyFilter(self.desk, self._own_windows, self.widget)
        application().installEventFilter(self._keys)
        application().styleHints().colorSchemeChanged.connect(self._system_theme_changed)
        # Later: whoever drags waits for the end of the drop, and opening takes its time.
        self.widget.dropped.connect(self.file_requests.dropped, Qt.ConnectionType.QueuedConnection)
        self.desk.on_states.append(self._states_changed)
        geometry = memory.geometry
        if geometry:
            self.widget.restoreGeometry(QByteArray(geometry))
        self.widget.set_sizes(memory.sizes)
        room = self.widget.screen().availableSize() - _FRAME
        self.widget.resize(self.widget.size().boundedTo(room))
        if path is not None:
            memory.opened(path)

    @property
    def core(self) -> WindowCore:
        """What joins state and widgets."""
        assert self._core is not None
        return self._core

    @property
    def state(self) -> AppState:
        """The state now."""
        return self.store.state

    @property
    def state_folder(self) -> Path | None:
        """Where journals of labels stand; None is the user's."""
        return self._state_folder

    @property
    def swapping(self) -> bool:
        """Whether another session is being opened for this window."""
        return self._swapping

    @property
    def is_open(self) -> bool:
        """Whether the window has not been closed."""
        return not self._closed

    def _actions(self, session: Session) -> tuple[Action, ...]:
        try:
            keys = user_keys()
            return build_actions(session, keys=keys)
        except LoupeError as error:
            self._report("keys", error)
            return build_actions(session)

    def _presenter(self, scene: Scene, *, asleep: bool = False) -> Presenter:
        return Presenter(
            scene,
            self.store,
            self.scheduler,
            system_theme=lambda: system_theme().name,
            asleep=asleep,
        )

    def _video_room(self) -> VideoRoom:
        return VideoRoom(
            self.desk,
            self.scheduler,
            self.widget.videos,
            self.widget,
            self._report,
            self._reach_videos,
            lambda: self.core.presenter.holding,
        )

    def _reach_videos(self) -> None:
        """Let the window's time reach as far as the videos do."""
        if not self._closed and self._core is not None:
            state = reaching(self.state, self.desk.scene, self.core.videos.spans)
            self.store.dispatch(commands.ReplaceState(state))

    def _link(self) -> None:
        count = LINKS.toggle(self.store)
        windows = "1 other window" if count == 1 else f"{count} other windows"
        self.core.say(f"Time is linked with {windows}." if count else "Time is not linked.")

    def _page(self, pages: int) -> None:
        self.store.dispatch(commands.PageTime(pages))

    def _key_text(self, action_id: str) -> str:
        found = next((a for a in self.desk.actions if a.id == action_id), None)
        return "" if found is None else shown_keys(found)

    def _report(self, where: str, error: LoupeError) -> None:
        if self._core is None:
            self._early.append((where, error))
        else:
            self._core.report(where, error)

    def _own_windows(self) -> Sequence[QWidget]:
        return (self.widget, *self.core.videos.windows)

    def _states_changed(self) -> None:
        """Give labels a place once there are states to score."""
        tracks = self.files.begin(self.desk.scene)
        if tracks:
            state = replace(self.state, tracks=tracks, edited=0)
            self.store.dispatch(commands.ReplaceState(state))
            self.core.tell_of_labels()

    def _system_theme_changed(self) -> None:
        if not self._closed and self.state.view.theme == "system":
            self.core.set_look()
            self.core.presenter.refresh()

    def show(self) -> None:
        """Show the window and its first picture."""
        self.core.show()
        self.widget.show()
        self.core.videos.show_windows()
        self.widget.canvas.setFocus()
        self.core.presenter.refresh()
        self.scheduler.later(PATIENCE_MS, compile_deferred)

    def swap(
        self, session: Session, change: Callable[[AppState], AppState] = lambda state: state
    ) -> None:
        """Show another session in this window, where it stands: a reload, or more data.

        Parameters
        ----------
        change
            What becomes of the state before it is laid over the other session.

        Raises
        ------
        LoupeError
            If the session's states or keys are broken; the window stays as it was.
        """
        if self._swapping:
            raise LoupeConfigError("a session is being opened in this window already")
        self._swapping = True
        try:
            session = with_states(session)
            actions = self._actions(session)
            scene = open_in_thread(session, self.desk.look, allow_remote=self.allow_remote)
        finally:
            self._swapping = False
        if self._closed:
            return
        self.requests.close_about_rows()
        same_videos = self.desk.scene.session.videos == session.videos
        same_videos = same_videos and not self.core.videos.changed
        edited, file = self.desk.track, self.files.paths.get(self.state.edited or 0)
        tracks = self.files.update(scene, self.state.tracks)
        self.desk.scene = scene
        self.desk.states = session.states
        self.desk.read_colors()
        self.desk.actions = actions
        state = recompiled(change(self.state), scene)
        place = self._place_of(edited, file, tracks)
        if place is None and tracks:
            place = session.edited_labels or 0
        state = replace(state, tracks=tracks, edited=place)
        state = reaching(state, scene, self.core.videos.spans if same_videos else ())
        self.core.swap(lambda: self._presenter(scene), state)
        if not same_videos:
            self.core.videos.close()
            self.core.videos = self._video_room()
        for listener in self.desk.on_actions:
            listener()
        self.core.report_rows()
        self.core.tell_of_labels()
        self.tuning.start()
        self.file_requests.label_changes.follow()
        self.core.show()

    def _place_of(
        self, track: TrackState | None, file: Path | None, tracks: Sequence[TrackState]
    ) -> int | None:
        """Where a set stands now that the session was read again; None if it is gone."""
        if track is None:
            return None
        for place, other in enumerate(tracks):
            if other.table is track.table:
                return place
        if file is not None:
            return next((i for i, path in self.files.paths.items() if path == file), None)
        return next((i for i, other in enumerate(tracks) if other.id == track.id), None)

    def reload(self, session: Session) -> None:
        """Show what the window's file says now, with what was changed here since it was saved.

        Raises
        ------
        LoupeError
            As `swap`.
        """
        saved = self._saved
        self.swap(session, (lambda state: state) if saved is None else lambda s: since(s, saved))
        self._saved = None

    def own(self, path: Path, saved: AppState) -> None:
        """Take a session file, written from this state, as the window's own."""
        self.path = path
        self.files.own(path)
        self._saved = saved
        self.desk.file = path.name
        self.memory.opened(path)
        self.file_requests.own()
        self.core.show_title()

    @property
    def folder(self) -> str:
        """Where dialogs for files begin: beside the window's file, else where its paths begin."""
        base = self.path.parent if self.path is not None else self.desk.scene.session.base
        return "" if base is None else str(base)

    def settle(self, timeout_ms: int = 5000) -> bool:
        """Let the event loop run until the picture shows all of the state; whether it does."""
        waited = QElapsedTimer()
        waited.start()
        while waited.elapsed() < timeout_ms:
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
            if self._closed or (
                self.tuning.settled and self.core.presenter.settled and not self.core.due
            ):
                return True
        return False

    def add_fault(self, fault: Fault) -> None:
        """Show a fault in the panel."""
        self.widget.errors.add(fault)

    # Closing

    def _may_close(self) -> bool:
        if self._closed:
            return True
        keep = False
        self._take_what_is_typed()
        if views.unsaved(self.state):
            answer = self._ask_unsaved()
            if not self.is_open:
                return True  # by a script, while the person was asked
            if answer == "cancel" or (answer == "save" and not self.file_requests.save_all()):
                return False
            keep = answer == "keep"
        self._end(keep_unsaved=keep)
        return True

    def _take_what_is_typed(self) -> None:
        """Make edits of what stands in open fields: a cell of the table, a note."""
        focus = QApplication.focusWidget()
        if focus is not None and self.widget.labels.isAncestorOf(focus):
            focus.clearFocus()
        self.requests.close_notes()

    def _ask_unsaved(self) -> str:
        names = ", ".join(track.name for track in views.unsaved(self.state))
        box = QMessageBox(self.widget)
        box.setWindowTitle("Unsaved labels")
        box.setText(f"{names} has changes that are not saved.")
        box.setInformativeText("They can be kept for the next time the session is opened.")
        choices = {
            "save": box.addButton("Save", QMessageBox.ButtonRole.AcceptRole),
            "keep": box.addButton("Keep for next time", QMessageBox.ButtonRole.ApplyRole),
            "discard": box.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole),
            "cancel": box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole),
        }
        box.setDefaultButton(choices["save"])
        box.setEscapeButton(choices["cancel"])
        box.exec()
        clicked = box.clickedButton()
        box.deleteLater()
        return next((name for name, button in choices.items() if button is clicked), "cancel")

    def close(self, *, keep_unsaved: bool = True) -> None:
        """Close without asking; unsaved edits stay in the journal unless told otherwise."""
        if not self._closed:
            self._take_what_is_typed()
            self._end(keep_unsaved=keep_unsaved)
        self.widget.close()

    def _end(self, *, keep_unsaved: bool) -> None:
        """Let go of everything; what cannot be let go of does not keep the rest."""
        self._closed = True
        theme_changed = application().styleHints().colorSchemeChanged
        steps: list[Callable[[], object]] = [
            lambda: LINKS.leave(self.store),
            lambda: application().removeEventFilter(self._keys),
            lambda: theme_changed.disconnect(self._system_theme_changed),
            self.requests.close_dialogs,
            self.file_requests.close,
            self.tuning.close,
            lambda: self.files.close(keep_unsaved=keep_unsaved),
            lambda: self.memory.closed(bytes(self.widget.saveGeometry().data()), self.widget.sizes),
            self.core.close,
            self.scheduler.close,
            self._leave_lists,
            *self.on_closed,
        ]
        try:
            with ExitStack() as ending:
                for step in reversed(steps):
                    ending.callback(step)
        except Exception:  # noqa: BLE001 - told as from whatever Qt calls; the window goes anyway
            sys.excepthook(*sys.exc_info())

    def _leave_lists(self) -> None:
        _CLOSING.append(self)
        self.widget.destroyed.connect(_forget_deleted)
        if self in _WINDOWS:
            _WINDOWS.remove(self)


def _forget_deleted() -> None:
    """Let go of windows whose widgets are gone, in this thread and not amid their deletion."""
    QTimer.singleShot(0, _collect)


def _collect() -> None:
    _CLOSING[:] = [window for window in _CLOSING if isValid(window.widget)]
    gc.collect()


def _version() -> str:
    try:
        return version("loupe")
    except PackageNotFoundError:
        return "(not installed)"
