"""Requests about files: open, reload, load into the session, save and export."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from loupe.app import commands
from loupe.errors import LoupeError
from loupe.session.load import files_of, load_session
from loupe.ui import export, picture, views
from loupe.ui.asking import ask_open, ask_save, attempt
from loupe.ui.label_changes import LabelChanges
from loupe.ui.label_loading import LabelLoading
from loupe.ui.opening import in_thread
from loupe.ui.panels.errors import Fault
from loupe.ui.session_files import SessionFiles
from loupe.ui.watch import FileWatch

if TYPE_CHECKING:
    from loupe.ui.app import LoupeWindow

__all__ = ["FileRequests"]

_ANYWAY, _LEAVE = "Write anyway", "Do not write"
_RETRY_MS = 100.0
_LABEL_FORMATS = (
    "Comma-separated (*.csv);;htsv (*.htsv);;Parquet (*.parquet);;Visbrain text (*.txt);;"
    "BIDS events (*.tsv);;EDF+ annotations (*.edf);;States epoch by epoch (*.epochs.txt)"
)
_VIDEOS = "Videos (*.mp4 *.avi *.mkv *.mov *.m4v *.webm *.ts);;All files (*)"
_TABLES = "Tables (*.parquet *.csv *.tsv);;All files (*)"
_ARRAYS = "Arrays (*.nc *.h5 *.hdf5 *.npy *.edf *.parquet);;All files (*)"


class FileRequests:
    """The requests about files of one window."""

    def __init__(self, window: LoupeWindow) -> None:
        self._window = window
        self._sessions = SessionFiles(window)
        self._watch = FileWatch(window.widget, self._changed)
        self.label_loading = LabelLoading(window, self._sessions)
        self._anyway: dict[Fault, tuple[str, Callable[[int, str], object]]] = {}
        window.widget.errors.offered.connect(self._answered)
        self.label_changes = LabelChanges(
            window, lambda index: self.save(index, anew=True), self._ask_export
        )
        self._again = False
        self._refused: Sequence[Fault] = ()
        self.variables: Mapping[str, str] = {}
        self.allow_write: Sequence[str] = ()
        self.table: dict[str, Callable[[str], None]] = {
            "open_session": lambda _: self._ask(
                "Open session",
                "Sessions and recordings (*.toml *.nc *.parquet *.csv);;All files (*)",
                self.open,
            ),
            "open_recent": self._open_recent,
            "reload_session": lambda _: self.reload(),
            "load_traces": lambda _: self._ask_add("Load time series", _ARRAYS),
            "load_video": lambda _: self._ask_add("Load video", _VIDEOS),
            "load_raster": lambda _: self._ask_add("Load raster data", _TABLES),
            "load_labels": lambda _: self.label_loading.ask(),
            "save_labels": lambda _: self._save_labels(),
            "reload_labels": lambda _: self._reload_labels(),
            "export_labels": lambda _: self._ask_export(),
            "save_session": lambda _: self._sessions.ask_save(),
            "save_preset": lambda _: self._sessions.ask_save_preset(),
            "load_preset": lambda _: self._sessions.ask_preset(),
            "save_picture": lambda _: self._ask_save(
                "Save picture", picture.FORMATS, "picture.png", self.save_picture
            ),
            "copy_picture": lambda _: self._copy_picture(),
            "export_data": lambda _: self._ask_save(
                "Export the window's data", export.FORMATS, "window.csv", self.export_data
            ),
            "save_hypnogram": lambda _: self._ask_save(
                "Save hypnogram", picture.FORMATS, "hypnogram.png", self.save_hypnogram
            ),
            "save_frame": lambda _: self._ask_frame(),
        }

    @property
    def sessions(self) -> SessionFiles:
        """Writing sessions and presets."""
        return self._sessions

    def _ask(self, title: str, filters: str, chosen: Callable[[str], None]) -> None:
        ask_open(self._window, title, filters, chosen)

    def _ask_add(self, title: str, filters: str) -> None:
        self._ask(title, filters, lambda path: self.add([path]))

    def _ask_save(self, title: str, filters: str, name: str, chosen: Callable[[str], None]) -> None:
        ask_save(self._window, title, filters, name, chosen)

    def _try(
        self,
        where: str,
        work: Callable[[], object],
        ways: Mapping[str, Callable[[LoupeError], object]] = MappingProxyType({}),
    ) -> bool:
        return attempt(self._window, where, work, ways)

    def _offer_lossy(
        self, where: str, error: LoupeError, index: int, write: Callable[[int, str], object]
    ) -> None:
        """Name what a format would lose; the fault's button writes the set all the same.

        `write` is given the set's place by then, and the losses that the person has read: labels
        may be edited before the button is pressed.
        """
        fault = Fault(
            where, error.message, "Nothing was written.", (_ANYWAY, _LEAVE), f"lossy:{where}"
        )
        self._anyway[fault] = (self._window.state.tracks[index].id, write)
        self._window.add_fault(fault)

    def _answered(self, fault: Fault, answer: str) -> None:
        track_id, write = self._anyway.pop(fault, ("", None))
        if write is None:
            return
        self._window.widget.errors.discard(fault)
        index = views.track_index(self._window.state, track_id)
        if index is not None and answer == _ANYWAY:
            write(index, fault.message)

    # Sessions

    def open(self, path: str) -> None:
        """Open a session file or a recording in a window of its own, linked in time as this one."""
        from loupe.ui.app import LINKS, open_session

        def work() -> None:
            session = self._sessions.load(Path(path))
            opened = open_session(
                session,
                path=Path(path),
                allow_remote=self._window.allow_remote,
                memory=self._window.memory,
                state_folder=self._window.state_folder,
            )
            if self._window.is_open and self._window.state.linked:
                LINKS.link(self._window.store, opened.store)

        self._try(path, work)

    def _open_recent(self, argument: str) -> None:
        if argument:
            self.open(argument)
            return
        paths = [p for p in self._window.memory.recent if p != self._window.path]
        if not paths:
            self._window.core.say("No session was opened before.")
            return
        self._window.requests.choose([(p.name, str(p.parent), str(p)) for p in paths], self.open)

    def watch(self) -> None:
        """Reload whenever the session file, or one that it extends, is saved elsewhere."""
        path = self._window.path
        if path is not None:
            self._watch.follow(files_of(path, allow_remote=self._window.allow_remote))

    def own(self) -> None:
        """Watch the window's new file in place of the one before; it holds no variables."""
        self.variables = {}
        if self._watch.paths:
            self.watch()

    def _changed(self, paths: Collection[Path]) -> None:
        if any(path.exists() for path in paths):
            self.watch()  # it may extend other files now
            self.reload()

    def reload(self) -> None:
        """Read the session file again; with faults the old view stays."""
        path = self._window.path
        if path is None or path.suffix.lower() != ".toml":
            self._window.core.say("This window was not opened from a session file.")
            return
        panel = self._window.widget.errors
        if self._window.swapping:
            # What is being opened may be older than the file by then.
            if not self._again:
                self._again = True
                self._window.scheduler.later(_RETRY_MS, self._reload_again)
            return

        def work() -> None:
            session = load_session(
                path,
                variables=self.variables,
                allow_remote=self._window.allow_remote,
                allow_write=self.allow_write,
            )
            panel.keep_offers()
            self._window.reload(session)

        for fault in self._refused:
            panel.discard(fault)
        before = panel.faults
        done = self._try(path.name, work)
        if self._window.is_open:
            if done:
                self._window.core.say(f"{path.name} was read again.")
            self._refused = () if done else [f for f in panel.faults if f not in before]

    def _reload_again(self) -> None:
        self._again = False
        self.reload()

    def add(self, paths: Sequence[str]) -> None:
        """Add recordings, tables, videos or labels to the session."""

        def work() -> None:
            self._window.swap(self._sessions.with_files([Path(path) for path in paths]))

        if self._try(Path(paths[0]).name, work):
            self._window.core.say(f"{', '.join(Path(p).name for p in paths)} added.")

    def dropped(self, paths: list[str]) -> None:
        """A session opens a window, everything else joins this session."""
        sessions = [path for path in paths if path.lower().endswith(".toml")]
        rest = [path for path in paths if path not in sessions]
        for path in sessions:
            self.open(path)
        if rest:
            self.add(rest)

    # Labels

    def _save_labels(self) -> None:
        index = self._window.state.edited
        if index is not None:
            self.save(index)

    def _reload_labels(self) -> None:
        index = self._window.state.edited
        if index is not None:
            self.label_changes.ask(index)

    def save(self, index: int, *, anew: bool = False, lossy: bool = False, read: str = "") -> bool:
        """Write a label set over its file; whether that worked.

        Where others changed the file, or its format cannot hold everything, the person is asked
        what is to happen.

        Parameters
        ----------
        anew, lossy
            As for `LabelFiles.save`.
        read
            Losses that the person has read and accepts; others are named again.
        """
        name = self._window.state.tracks[index].name
        told: list[str] = []

        def losing(error: LoupeError) -> None:
            if error.message == read:
                self.save(index, anew=anew, lossy=True)
            else:
                self._offer_lossy(
                    name, error, index, lambda now, seen: self.save(now, anew=anew, read=seen)
                )

        ways: dict[str, Callable[[LoupeError], object]] = {
            "labels-changed-outside": lambda _: self.label_changes.ask(index),
            "labels-lossy": losing,
        }
        if not self._try(
            name, lambda: told.extend(self._window.files.save(index, anew=anew, lossy=lossy)), ways
        ):
            return False
        self._window.store.dispatch(commands.MarkSaved(index))
        self._window.core.say("; ".join([f"{name} saved", *told]) + ".")
        return True

    def save_all(self) -> bool:
        """Write every label set with changes; False if one has no file or cannot be written."""
        for track in views.unsaved(self._window.state):
            index = self._window.state.tracks.index(track)
            store = self._window.files.store(index)
            if store is None or store.save_reason is not None:
                self._ask_export(index)
                return False
            if not self.save(index):
                return False
        return True

    def _ask_export(self, index: int | None = None) -> None:
        index = self._window.state.edited if index is None else index
        if index is None:
            self._window.core.say("There is no label set to export.")
            return
        stem = Path(self._window.state.tracks[index].name).stem or "labels"
        self._ask_save(
            "Export interval labels",
            _LABEL_FORMATS,
            f"{stem}-edited.csv",
            lambda path: self.export_labels(path, index),
        )

    def export_labels(
        self, path: str, index: int | None = None, *, lossy: bool = False, read: str = ""
    ) -> None:
        """Write a copy of a label set; the ending decides the format.

        What the format would lose is named, and written only when that is allowed; `read` as for
        `save`.
        """
        index = self._window.state.edited if index is None else index
        if index is None:
            return
        chosen, saved, name = index, [], Path(path).name
        work = self._window.files

        def losing(error: LoupeError) -> None:
            if error.message == read:
                self.export_labels(path, chosen, lossy=True)
            else:
                self._offer_lossy(
                    name, error, chosen, lambda now, told: self.export_labels(path, now, read=told)
                )

        if self._try(
            name,
            lambda: saved.append(work.export(chosen, Path(path), lossy=lossy)),
            {"labels-lossy": losing},
        ):
            if saved[0]:
                self._window.store.dispatch(commands.MarkSaved(chosen))
            self._window.core.say(f"Labels written to {name}.")

    # Pictures and numbers

    def save_picture(self, path: str) -> None:
        """Write the plots as a picture."""
        window = self._window
        if self._try(
            path,
            lambda: picture.save_canvas(window.widget.canvas, window.desk.look, Path(path)),
        ):
            window.core.say(f"Picture written to {Path(path).name}.")

    def _copy_picture(self) -> None:
        window = self._window
        image = picture.canvas_image(window.widget.canvas, window.desk.look)
        QGuiApplication.clipboard().setImage(image)
        window.core.say("The plots are on the clipboard.")

    def save_hypnogram(self, path: str) -> None:
        """Write the overview as a picture."""
        window = self._window
        panel = window.widget.overview
        scale = panel.devicePixelRatioF()
        layout = window.core.presenter.layout
        model = views.overview_model(window.desk, layout.area.x / layout.viewport.scale)
        size = panel.size() * scale
        if self._try(
            path,
            lambda: picture.save_overview(model, window.desk.look, Path(path), size, scale),
        ):
            window.core.say(f"Hypnogram written to {Path(path).name}.")

    def _ask_frame(self) -> None:
        """Ask where to write the frame that is shown now, also if another is shown by then."""
        videos = self._window.core.videos
        shown = videos.shown_frame()
        if isinstance(shown, str):
            self._window.core.say(shown)
            return
        index, frame = shown
        stem = re.sub(r"[^\w.-]+", "-", videos.view(index).name).strip("-.") or "video"
        self._ask_save(
            "Save video frame",
            "PNG (*.png)",
            f"{stem}-frame-{frame}.png",
            lambda path: self.save_frame(index, frame, path),
        )

    def save_frame(self, index: int, frame: int, path: str) -> None:
        """Write a frame of a video at its own size; it is said when that is done."""
        core = self._window.core

        def done(text: str, error: LoupeError | None) -> None:
            if error is None:
                core.say(text)
            else:
                core.report(error.where or Path(path).name, error)

        core.say(f"Frame {frame} is being written.")
        core.videos.save_frame(index, frame, Path(path), done)

    def export_data(self, path: str) -> None:
        """Write the samples that the window shows."""
        window = self._window
        counts: list[int] = []
        rows = window.core.presenter.rows
        span = window.state.window.span
        name = Path(path).name

        def work() -> None:
            counts.append(
                in_thread(
                    "Writing",
                    name,
                    window.desk.look,
                    lambda progress: export.export_window(rows, span, Path(path), progress),
                )
            )

        if self._try(path, work) and window.is_open:
            text = views.count_text(counts[0])
            window.core.say(f"{text} samples written to {name}.")

    def close(self) -> None:
        """Watch nothing any more."""
        self.label_changes.close()
        self._watch.close()
