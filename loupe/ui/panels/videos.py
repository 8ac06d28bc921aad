"""The videos panel: views under one another, the cursor's slider below; views can leave it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QGridLayout, QSlider, QSplitter, QVBoxLayout, QWidget

from loupe.ui.look import Look
from loupe.ui.video_view import VideoView

__all__ = ["VideoWindow", "VideosPanel"]

_TICKS = 10_000
_FINEST = 20
"""Share of the largest of the videos whose heights were dragged: the most that a session holds."""
_SHARE = 1000
"""Pixels for each part of the height: more than there are, so that all are scaled down alike."""


class VideosPanel(QWidget):
    """Holds the views that are not in windows of their own.

    Signals
    -------
    scrubbed(float)
        The slider was moved to this share of the window, 0 to 1.
    filled()
        The first view came, or the last one went: it may be shown, or its room is free.
    dragged(object)
        Heights were dragged with the mouse: the shares that the views have now, in their order.
    """

    scrubbed = Signal(float)
    filled = Signal()
    dragged = Signal(object)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._views: list[tuple[VideoView, int]] = []
        self._remembered: dict[str, float] = {}
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(6)
        self._split.splitterMoved.connect(self._moved)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, _TICKS)
        self._slider.setAccessibleName("Cursor in the window")
        self._slider.setSingleStep(_TICKS // 100)
        self._slider.setPageStep(_TICKS // 10)
        # After scrubbing with the mouse the arrow keys step frames, as everywhere else.
        self._slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._slider.valueChanged.connect(lambda v: self.scrubbed.emit(v / _TICKS))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 8, 12, 4)
        whole.setSpacing(6)
        whole.addWidget(self._split, 1)
        whole.addWidget(self._slider)

    def set_look(self, look: Look) -> None:
        """Draw with another look."""
        for view, _ in self._views:
            view.set_look(look)

    def set_views(self, views: Sequence[tuple[VideoView, int]]) -> None:
        """Show these views with these shares of the height; between them it can be dragged.

        Heights that were dragged stay as long as the views and their shares do.
        """
        was_empty = self.is_empty
        same = self._views == list(views)
        wanted = {view for view, _ in views}
        for view, _ in self._views:
            if view not in wanted and view.parent() is self._split:
                view.hide()
                view.setParent(self)
        self._views = list(views)
        for i, (view, stretch) in enumerate(views):
            if self._split.widget(i) is not view:
                self._split.insertWidget(i, view)
            self._split.setStretchFactor(i, max(1, stretch))
            view.show()
        if not same:
            self._split.setSizes([_SHARE * max(1, stretch) for _, stretch in views])
        if was_empty != self.is_empty:
            self.filled.emit()

    def _moved(self) -> None:
        heights = self._split.sizes()
        most = max(1, *heights)
        shares = [max(1, round(_FINEST * height / most)) for height in heights]
        # The very heights stay; the shares that come back are those of the next layout.
        self._views = [(view, share) for (view, _), share in zip(self._views, shares, strict=True)]
        self.dragged.emit(tuple(shares))

    @property
    def shares(self) -> dict[str, float]:
        """Shares that a person gave to videos with the mouse, by the names of `remember`."""
        return dict(self._remembered)

    def set_shares(self, sizes: Mapping[str, float]) -> None:
        """Take over shares that were given before, from among other sizes."""
        self._remembered = {k: v for k, v in sizes.items() if k.startswith("video ")}

    def remember(self, stretches: Sequence[int]) -> None:
        """Keep the shares of so many videos, for the next window with as many."""
        for i, stretch in enumerate(stretches):
            self._remembered[_name(i, len(stretches))] = float(stretch)

    def remembered(self, index: int, count: int) -> int | None:
        """The share of one of so many videos when they were last dragged; None if never."""
        found = self._remembered.get(_name(index, count))
        return None if found is None else min(_FINEST, max(1, round(found)))

    @property
    def is_empty(self) -> bool:
        """Whether no view is shown here."""
        return not self._views

    def show_cursor(self, share: float) -> None:
        """Put the slider where the cursor is."""
        blocked = self._slider.blockSignals(True)
        self._slider.setValue(round(max(0.0, min(1.0, share)) * _TICKS))
        self._slider.blockSignals(blocked)


def _name(index: int, count: int) -> str:
    return f"video {index + 1} of {count}"


class VideoWindow(QWidget):
    """A window of its own for one or more views, two columns.

    Signals
    -------
    closed()
        The window was closed; its views go back.
    """

    closed = Signal()

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(title)
        self.setObjectName("root")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(6, 6, 6, 6)
        self._grid.setSpacing(6)
        self.resize(900, 700)

    def set_views(self, views: Sequence[VideoView]) -> None:
        """Show these views."""
        for i, view in enumerate(views):
            self._grid.addWidget(view, i // 2, i % 2)
            view.show()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Say so, so that the views are taken back before the window goes."""
        self.closed.emit()
        event.accept()
