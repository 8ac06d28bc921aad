"""What a script holds of a window: plain values and methods, no widget.

Every setter dispatches a command, so that a script can do what a person can and
nothing else. Values stay readable after the window is closed.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEventLoop

from loupe.app import commands
from loupe.app.commands import Command
from loupe.app.state import AppState
from loupe.app.tuner import param_values
from loupe.errors import LoupeConfigError, LoupeRenderError
from loupe.labels.intervals import IntervalLabelSet
from loupe.session.model import Session
from loupe.ui.app import LINKS, LoupeWindow, application, open_session
from loupe.ui.display import require_display
from loupe.ui.memory import Memory
from loupe.units import Seconds, Span

__all__ = ["WindowHandle", "open_window"]


def open_window(
    session: Session,
    *,
    path: Path | None = None,
    allow_remote: bool = False,
    memory: Memory | None = None,
    state_folder: Path | None = None,
) -> WindowHandle:
    """Open a window on a session.

    Parameters
    ----------
    path
        The file that the session came from.
    memory, state_folder
        Where recent sessions and journals stand; None is the user's.

    Raises
    ------
    LoupeError
        If no window can be opened here, or definitions of states are broken.
    """
    require_display()
    application()
    window = open_session(
        session, path=path, allow_remote=allow_remote, memory=memory, state_folder=state_folder
    )
    return WindowHandle(window)


class WindowHandle:
    """A window as scripts see it. Made by `open_window` and `loupe.view`."""

    def __init__(self, window: LoupeWindow) -> None:
        self._window = window

    def __repr__(self) -> str:
        word = "open" if self.is_open else "closed"
        return f"<{word} window “{self._window.desk.scene.title}”>"

    @property
    def _state(self) -> AppState:
        return self._window.state

    def _run(self, command: Command) -> None:
        if not self.is_open:
            raise LoupeConfigError("the window is closed", hint="open it again with view()")
        self._window.store.dispatch(command)

    @property
    def is_open(self) -> bool:
        """Whether the window is still open."""
        return self._window.is_open

    @property
    def window(self) -> tuple[Seconds, Seconds]:
        """Start and length of the visible time; can be set."""
        return self._state.window.start, self._state.window.length

    @window.setter
    def window(self, value: tuple[Seconds, Seconds]) -> None:
        start, length = value
        self._run(commands.SetWindow(float(start), float(length)))

    @property
    def cursor(self) -> Seconds:
        """Time of the cursor; can be set, the window follows."""
        return self._state.cursor

    @cursor.setter
    def cursor(self, t: Seconds) -> None:
        self._run(commands.SetCursor(float(t), follow=True))

    @property
    def selection(self) -> tuple[Seconds, Seconds] | None:
        """Start and stop of the selected time, or None."""
        span = self._state.selection
        return None if span is None else (span.start, span.stop)

    def select(self, start: Seconds, stop: Seconds) -> None:
        """Select a stretch of time on every plot.

        Raises
        ------
        ValueError
            If it ends before it starts.
        """
        self._run(commands.Select(Span(float(start), float(stop))))

    @property
    def labels(self) -> IntervalLabelSet | None:
        """The edited label set as it is now, a copy; None if there is none."""
        tracks, edited = self._state.tracks, self._state.edited
        if not tracks:
            return None
        return IntervalLabelSet(tracks[edited or 0].table)

    def label_set(self, name: str) -> IntervalLabelSet:
        """A label set by its name or id, a copy.

        Raises
        ------
        KeyError
            If there is none of that name.
        """
        for track in self._state.tracks:
            if name in (track.name, track.id):
                return IntervalLabelSet(track.table)
        raise KeyError(name)

    @property
    def params(self) -> dict[str, object]:
        """The values of the live parameters by name, a copy; also after closing."""
        return param_values(self._state.params)

    def screenshot(self, path: str | Path) -> Path:
        """Write the window as it looks; the path.

        Raises
        ------
        LoupeRenderError
            If the file cannot be written.
        """
        target = Path(path)
        self._settle()
        image = self._window.widget.grab().toImage()
        if not image.save(str(target)):
            raise LoupeRenderError(
                f"the picture cannot be written to {target}",
                hint="Give the name an ending such as .png, in a folder that exists.",
                code="render-write",
            )
        return target

    def save_session(self, path: str | Path) -> Path:
        """Write the session with everything changed in the window; the path.

        Raises
        ------
        LoupeError
            If it cannot be written.
        """
        self._window.file_requests.sessions.save(str(path))
        return Path(path)

    def link(self, other: WindowHandle) -> None:
        """Show the same time in another window from now on, both ways, until one closes.

        Windows that either is linked with already come along.
        """
        if self.is_open and other.is_open:
            LINKS.link(self._window.store, other._window.store)

    def unlink(self) -> None:
        """Let this window go its own way in time; others stay linked with each other."""
        LINKS.unlink(self._window.store)

    def close(self, *, keep_unsaved: bool = True) -> None:
        """Close without asking; unsaved edits are offered next time unless told otherwise."""
        self._window.close(keep_unsaved=keep_unsaved)

    def block(self) -> None:
        """Wait until the window is closed."""
        if not self.is_open:
            return
        loop = QEventLoop()
        self._window.on_closed.append(loop.quit)
        loop.exec()

    def _settle(self, timeout_ms: int = 5000) -> None:
        """Wait until the picture shows all of the state."""
        self._window.settle(timeout_ms)
