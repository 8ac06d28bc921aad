"""The window's widgets and where they stand; what they show comes from `loupe.ui.core`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QSplitter, QVBoxLayout, QWidget

from loupe.ui.canvas_widget import PlotCanvas
from loupe.ui.look import Look
from loupe.ui.panels.errors import ErrorsPanel
from loupe.ui.panels.labels_table import LabelsPanel
from loupe.ui.panels.overview import OverviewPanel
from loupe.ui.panels.status import StatusLine
from loupe.ui.panels.summary import SummaryPanel
from loupe.ui.panels.tuner import TunerDock
from loupe.ui.panels.videos import VideosPanel
from loupe.ui.topbar import TopBar

__all__ = ["MainWindow"]

_RIGHT_SHARE = 0.26
_MOST_SHARE = 0.9
_OVERVIEW = 138
_NAVIGATOR = 52
_LEAST = QSize(860, 560)
_ROOM_FOR_SUMMARY = 240


class _Lower(QWidget):
    """Labels and summary; in a low window the table needs the room of both."""

    def __init__(self, summary: SummaryPanel) -> None:
        super().__init__()
        self._summary = summary

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._summary.set_room(self.height() >= _ROOM_FOR_SUMMARY)


class MainWindow(QMainWindow):
    """Top bar, plots, right panel, overview, status line.

    Signals
    -------
    dropped(object)
        Paths of files that were dropped on the window.
    """

    dropped = Signal(object)

    def __init__(
        self,
        look: Look,
        *,
        keys: Callable[[str], str],
        page: Callable[[int], None],
        edit_cell: Callable[[int, str, object], str],
        refuse: Callable[[str], None],
        may_close: Callable[[], bool],
        overview_right: bool = False,
    ) -> None:
        super().__init__()
        self._may_close = may_close
        self._sizes: dict[str, float] = {}
        self._videos_laid_out = False
        self._overview_right = overview_right
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.topbar = TopBar(look, keys)
        self.errors = ErrorsPanel()
        self.canvas = PlotCanvas(look)
        self.videos = VideosPanel(look)
        self.labels = LabelsPanel(look, edit_cell, refuse)
        self.summary = SummaryPanel(look)
        self.overview = OverviewPanel(look, page)
        self.status = StatusLine(look)
        self.tuner = TunerDock()
        self._laid_out = False
        self._lanes = False
        self._build()
        self.setAcceptDrops(True)
        self.setMinimumSize(_LEAST)
        self.resize(1400, 900)

    def _build(self) -> None:
        lower = _Lower(self.summary)
        box = QVBoxLayout(lower)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.labels, 1)
        box.addWidget(self.summary)
        self._lower = lower
        self.right = QSplitter(Qt.Orientation.Vertical)
        self.right.addWidget(self.videos)
        self.right.addWidget(lower)
        self.columns = QSplitter(Qt.Orientation.Horizontal)
        self.columns.addWidget(self.canvas)
        self.columns.addWidget(self.right)
        self.stack = QSplitter(Qt.Orientation.Vertical)
        self.stack.addWidget(self.columns)
        (self.right if self._overview_right else self.stack).addWidget(self.overview)
        for splitter in (self.right, self.columns, self.stack):
            splitter.setHandleWidth(2)
            splitter.setChildrenCollapsible(False)
        self.columns.splitterMoved.connect(self._columns_moved)
        self.stack.splitterMoved.connect(self._stack_moved)
        self.right.splitterMoved.connect(self._right_moved)
        self.columns.setStretchFactor(0, 1)
        self.columns.setStretchFactor(1, 0)
        self.stack.setStretchFactor(0, 1)
        if not self._overview_right:
            self.stack.setStretchFactor(1, 0)
        root = QWidget()
        root.setObjectName("root")
        whole = QVBoxLayout(root)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.topbar)
        whole.addWidget(self.errors)
        whole.addWidget(self.stack, 1)
        whole.addWidget(self.status)
        self.setCentralWidget(root)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.tuner)

    def sizeHint(self) -> QSize:
        """The usual size."""
        return QSize(1400, 900)

    def show_parts(
        self, *, right: bool, videos: bool, labels: bool, overview: bool, lanes: bool
    ) -> None:
        """Show or hide the parts; what is absent gives its room to the rest."""
        self.videos.setVisible(videos)
        self._lower.setVisible(labels)
        docked = self._overview_right and overview
        self.right.setVisible(right and (videos or labels or docked))
        self.overview.setVisible(overview)
        self._lanes = lanes
        if not self._laid_out:
            self._laid_out = True
            self._lay_out()
        elif videos and not self._videos_laid_out:
            # The first video comes a little after the window.
            self._lay_out_right()
        self._videos_laid_out = self._videos_laid_out or videos

    @property
    def sizes(self) -> dict[str, float]:
        """Sizes that a person gave to parts with the mouse; the others follow the window."""
        return {**self._sizes, **self.labels.widths, **self.videos.shares}

    def set_sizes(self, sizes: Mapping[str, float]) -> None:
        """Give parts the sizes that they were given before; to be called before it is shown."""
        self._sizes = dict(sizes)
        self.labels.set_widths(sizes)
        self.videos.set_shares(sizes)

    def _columns_moved(self) -> None:
        self._sizes["right"] = self.right.width() / max(1, self.columns.width())

    def _stack_moved(self) -> None:
        self._sizes["overview" if self._lanes else "navigator"] = self.overview.height()

    def _right_moved(self) -> None:
        height = max(1, self.right.height())
        if self.videos.isVisible():
            self._sizes["videos"] = self.videos.height() / height
        if self._overview_right and self.overview.isVisible():
            self._sizes["docked overview"] = self.overview.height() / height

    def _lay_out(self) -> None:
        width, height = self.width(), self.height()
        share = min(self._sizes.get("right", 0.0), _MOST_SHARE)
        side = round(width * share) if share else max(300, round(width * _RIGHT_SHARE))
        self.columns.setSizes([width - side, side])
        below = _OVERVIEW if self._lanes else _NAVIGATOR
        below = round(self._sizes.get("overview" if self._lanes else "navigator", below))
        self.stack.setSizes([max(200, height - below), below])
        self._lay_out_right()

    def _lay_out_right(self) -> None:
        height = self.right.height()
        videos = min(self._sizes.get("videos", 0.5), _MOST_SHARE)
        below = _OVERVIEW if self._lanes else _NAVIGATOR
        docked = self._sizes.get("docked overview", below / max(1, height))
        shares = [videos, max(1 - videos - (docked if self._overview_right else 0), 0.1), docked]
        whole = [round(share * max(height, 600)) for share in shares]
        self.right.setSizes(whole[: self.right.count()])

    def show_tuner(self, shown: bool) -> None:
        """Show or hide the Tuner; the rest of the window never gets less room than it needs."""
        room = self.tuner.minimumWidth() if shown else 0
        self.setMinimumWidth(_LEAST.width() + room)
        self.tuner.setVisible(shown)

    def set_look(self, look: Look) -> None:
        """Give every part another look."""
        for part in (
            self.topbar,
            self.canvas,
            self.videos,
            self.labels,
            self.summary,
            self.overview,
            self.status,
        ):
            part.set_look(look)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close if nothing would be lost, or when the user has answered."""
        # Qt takes it for accepted from the start: also after an error, with labels unsaved.
        event.ignore()
        if self._may_close():
            event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Say which files were dropped."""
        paths: Sequence[str] = [
            url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()
        ]
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(list(paths))
