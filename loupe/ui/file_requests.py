"""Requests about files: open, reload, load into the session, save and export."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from PySide6.QtCore import QFileSystemWatcher, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from loupe.app import commands
from loupe.errors import IntervalLabelIOError, IntervalLabelSchemaError, LoupeError
from loupe.labels.exchange import load_table
from loupe.labels.peek import peek
from loupe.session.diagnostics import SessionError
from loupe.session.labels import IntervalLabelSchema
from loupe.session.load import load_session
from loupe.ui import export, picture, views
from loupe.ui.dialogs.columns import ColumnsDialog
from loupe.ui.label_changes import LabelChanges
from loupe.ui.panels.errors import Fault
from loupe.ui.session_files import SessionFiles

if TYPE_CHECKING:
    from loupe.ui.app import LoupeWindow

__all__ = ["FileRequests"]

_SETTLE_MS = 250
_ANYWAY = "Write anyway"
_CHOOSE_COLUMNS = "Choose the columns (*.csv *.htsv *.tsv *.parquet)"
_LABEL_FILES = (
    f"Labels (*.csv *.htsv *.tsv *.parquet *.txt *.edf);;{_CHOOSE_COLUMNS};;All files (*)"
)
_LABEL_FORMATS = (
    "Comma-separated (*.csv);;htsv (*.htsv);;Parquet (*.parquet);;Visbrain text (*.txt);;"
    "BIDS events (*.tsv);;EDF+ annotations (*.edf)"
)
_VIDEOS = "Videos (*.mp4 *.avi *.mkv *.mov *.m4v *.webm *.ts);;All files (*)"
_TABLES = "Tables (*.parquet *.csv *.tsv);;All files (*)"
_ARRAYS = "Arrays (*.nc *.h5 *.hdf5 *.npy *.edf *.parquet);;All files (*)"


class FileRequests:
    """The requests about files of one window."""

    def __init__(self, window: LoupeWindow) -> None:
        self._window = window
        self._sessions = SessionFiles(window)
        self._watcher = QFileSystemWatcher(window.widget)
        self._settle = QTimer(window.widget)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self.reload)
        self._watcher.fileChanged.connect(self._touched)
        self._watcher.directoryChanged.connect(self._touched)
        self._seen: tuple[int, int] | None = None
        self.columns: ColumnsDialog | None = None
        self._anyway: dict[Fault, Callable[[], object]] = {}
        window.widget.errors.offered.connect(self._answered)
        self.label_changes = LabelChanges(
            window, lambda index: self.save(index, anew=True), self._ask_export
        )
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
            "load_labels": lambda _: self._ask_labels(),
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

    # Asking for names: dialogs are not modal to the program's other windows.

    def _dialog(self, title: str, filters: str, chosen: Callable[[str], None]) -> QFileDialog:
        dialog = QFileDialog(self._window.widget, title, self._window.folder, filters)
        dialog.fileSelected.connect(chosen)
        return dialog

    def _ask(self, title: str, filters: str, chosen: Callable[[str], None]) -> None:
        dialog = self._dialog(title, filters, chosen)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.open()

    def _ask_add(self, title: str, filters: str) -> None:
        self._ask(title, filters, lambda path: self.add([path]))

    def _ask_save(self, title: str, filters: str, name: str, chosen: Callable[[str], None]) -> None:
        dialog = self._dialog(title, filters, chosen)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(name)
        dialog.open()

    def _try(
        self,
        where: str,
        work: Callable[[], object],
        ways: Mapping[str, Callable[[LoupeError], object]] = MappingProxyType({}),
    ) -> bool:
        """Do something with files; what goes wrong is shown in the window.

        `ways` out of some errors, by their code, take the place of that.
        """
        try:
            work()
        except SessionError as error:
            for found in error.report.errors:
                where = f"{found.file}:{found.line}:{found.column}"
                self._window.add_fault(Fault(where, found.message, found.hint))
        except LoupeError as error:
            if error.code in ways:
                ways[error.code](error)
            else:
                self._window.core.report(error.where or where, error)
        else:
            return True
        return False

    def _offer_lossy(self, where: str, error: LoupeError, write: Callable[[], object]) -> None:
        """Name what a format would lose; the fault's button writes all the same."""
        fault = Fault(where, error.message, "Nothing was written.", (_ANYWAY,), f"lossy:{where}")
        self._anyway[fault] = write
        self._window.add_fault(fault)

    def _answered(self, fault: Fault, answer: str) -> None:
        write = self._anyway.pop(fault, None)
        if write is not None and answer == _ANYWAY:
            self._window.widget.errors.discard(fault)
            write()

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
        """Reload whenever the session file is saved elsewhere."""
        path = self._window.path
        if path is not None:
            # Editors replace files: the folder tells of that, the file of plain writes.
            self._seen = _stamp(path)
            self._watcher.addPaths([str(path), str(path.parent)])

    def own(self) -> None:
        """Watch the window's new file in place of the one before; it holds no variables."""
        self.variables = {}
        watched = self._unwatch()
        if watched:
            self.watch()

    def _unwatch(self) -> bool:
        watched = self._watcher.files() + self._watcher.directories()
        if watched:
            self._watcher.removePaths(watched)
        return bool(watched)

    def _touched(self, _: str) -> None:
        path = self._window.path
        if path is None or not path.exists():
            return
        if str(path) not in self._watcher.files():
            self._watcher.addPath(str(path))
        if _stamp(path) != self._seen:
            self._seen = _stamp(path)
            self._settle.start()

    def reload(self) -> None:
        """Read the session file again; with faults the old view stays."""
        path = self._window.path
        if path is None or path.suffix.lower() != ".toml":
            self._window.core.say("This window was not opened from a session file.")
            return
        self._window.widget.errors.show_faults(())

        def work() -> None:
            session = load_session(
                path,
                variables=self.variables,
                allow_remote=self._window.allow_remote,
                allow_write=self.allow_write,
            )
            self._window.reload(session)

        if self._try(path.name, work):
            self._window.core.say(f"{path.name} was read again.")

    def add(self, paths: Sequence[str]) -> None:
        """Add recordings, tables, videos or labels to the session."""

        def work() -> None:
            self._window.swap(self._sessions.with_files([Path(path) for path in paths]))

        if self._try(Path(paths[0]).name, work):
            self._window.core.say(f"{', '.join(Path(p).name for p in paths)} added.")

    def _ask_labels(self) -> None:
        dialog = self._dialog("Load interval labels", _LABEL_FILES, lambda _: None)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)

        def chosen(path: str) -> None:
            if dialog.selectedNameFilter() == _CHOOSE_COLUMNS:
                self._try(Path(path).name, lambda: self._ask_columns(Path(path)))
            else:
                self.add_labels(path)

        dialog.fileSelected.connect(chosen)
        dialog.open()

    def add_labels(self, path: str) -> None:
        """Add a label file to the session as the set that is edited.

        If the names of its columns say nothing, the person is asked what they mean.
        """
        file = Path(path)

        def work() -> None:
            try:
                load_table(file)
            except (IntervalLabelIOError, IntervalLabelSchemaError):
                if not _names_unknown(file):
                    raise
                self._ask_columns(file)
            else:
                self._add_labels(file, None)

        self._try(file.name, work)

    def _add_labels(self, path: Path, schema: IntervalLabelSchema | None) -> None:
        self._window.swap(self._sessions.with_labels(path, schema))
        tracks = self._window.state.tracks
        self._window.store.dispatch(commands.SetEditedTrack(len(tracks) - 1))
        self._window.core.say(f"{path.name} loaded.")

    def _ask_columns(self, path: Path) -> None:
        """Ask which columns of a label file mean what, then add it."""
        found = peek(path)

        def chosen(schema: IntervalLabelSchema) -> str:
            try:
                load_table(path, schema)
                self._add_labels(path, schema)
            except LoupeError as error:
                return f"{error.message}. {error.hint}".strip()
            return ""

        self.columns = ColumnsDialog(path.name, found, chosen, self._window.widget)
        self.columns.open()

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

    def save(self, index: int, *, anew: bool = False, lossy: bool = False) -> bool:
        """Write a label set over its file; whether that worked.

        Where others changed the file, or its format cannot hold everything, the person is asked
        what is to happen.
        """
        name = self._window.state.tracks[index].name
        ways = {
            "labels-changed-outside": lambda _: self.label_changes.ask(index),
            "labels-lossy": lambda error: self._offer_lossy(
                name, error, lambda: self.save(index, anew=anew, lossy=True)
            ),
        }
        if not self._try(
            name, lambda: self._window.files.save(index, anew=anew, lossy=lossy), ways
        ):
            return False
        self._window.store.dispatch(commands.MarkSaved(index))
        self._window.core.say(f"{name} saved.")
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

    def export_labels(self, path: str, index: int | None = None, *, lossy: bool = False) -> None:
        """Write a copy of a label set; the ending decides the format.

        What the format would lose is named, and written only when that is allowed.
        """
        index = self._window.state.edited if index is None else index
        if index is None:
            return
        chosen, saved, name = index, [], Path(path).name
        work = self._window.files
        ways = {
            "labels-lossy": lambda error: self._offer_lossy(
                name, error, lambda: self.export_labels(path, chosen, lossy=True)
            )
        }
        if self._try(
            name, lambda: saved.append(work.export(chosen, Path(path), lossy=lossy)), ways
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
        if self._try(path, lambda: counts.append(export.export_window(rows, span, Path(path)))):
            text = views.count_text(counts[0])
            window.core.say(f"{text} samples written to {Path(path).name}.")

    def close(self) -> None:
        """Watch nothing any more."""
        self.label_changes.close()
        self._settle.stop()
        self._unwatch()


def _names_unknown(path: Path) -> bool:
    """Whether a label file has columns, but none with well-known names."""
    try:
        return peek(path).guess is None
    except LoupeError:
        return False


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size
