"""The thin bar at the top: title, transport, speed, window length, go-to, command field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from loupe.app.reducers.view import SPEEDS
from loupe.scene.timeaxis import Clock, format_time, parse_time, parse_time_of_day
from loupe.ui.elided import ElidedLabel
from loupe.ui.icons import transport_icon
from loupe.ui.look import Look
from loupe.units import Seconds

__all__ = ["BarView", "TopBar", "parse_go_to"]

PROGRESS_AFTER_MS, PROGRESS_MS = 250, 100
"""How long something takes before its progress shows, and how often that moves."""


@dataclass(frozen=True, slots=True)
class BarView:
    """What the bar shows.

    Attributes
    ----------
    unsaved
        Names of label sets with changes that are not on disk, joined.
    longest
        Largest window, seconds.
    """

    title: str
    labels_name: str
    unsaved: bool
    playing: bool
    speed: float
    window: Seconds
    longest: Seconds
    cursor: Seconds
    clock: Clock
    origin: datetime | None


def parse_go_to(text: str, clock: Clock, origin: datetime | None) -> float | int:
    """What the go-to field means: ``#12`` a label number (int), else a time (float seconds).

    Raises
    ------
    ValueError
        If it is neither; the message shows the forms.
    """
    clean = text.strip()
    if clean.startswith("#"):
        try:
            number = int(clean[1:])
        except ValueError:
            raise ValueError(f"`{text}` is not a label number; write #12") from None
        return number
    if clock == "wall" and origin is not None and ":" in clean and "-" not in clean.strip("-"):
        return parse_time_of_day(clean, origin)
    return parse_time(clean, origin=origin)


class _WindowSpin(QDoubleSpinBox):
    """The window's length; digits and steps follow its size."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setKeyboardTracking(False)
        self.setSuffix(" s")
        self.setDecimals(2)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus | Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Window length in seconds")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Escape give the keys back to the plots."""
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.left.emit()


class _GoToField(QLineEdit):
    """Shows the cursor's time; takes a time or a label number."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "number")
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setAccessibleName("Go to a time or label number")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape gives the keys back to the plots."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Typing replaces what is there."""
        super().focusInEvent(event)
        self.selectAll()


class TopBar(QFrame):
    """Shows a `BarView`; every control says what the user wants through a signal.

    Signals
    -------
    paged(int), play_toggled(), speed_chosen(float), length_chosen(float)
        Transport, speed and window length.
    went(object)
        Seconds (float) or a label number (int) to go to.
    refused(str)
        What was typed makes no sense, and why.
    search_wanted(), left()
        The command field was used; a field was left with Enter or Escape.
    """

    paged = Signal(int)
    play_toggled = Signal()
    speed_chosen = Signal(float)
    length_chosen = Signal(float)
    went = Signal(object)
    refused = Signal(str)
    search_wanted = Signal()
    left = Signal()

    def __init__(self, look: Look, keys: Callable[[str], str], parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("topbar")
        self._view: BarView | None = None
        self._title = ElidedLabel("title", stretch=False)
        self._dot = QLabel("●")
        self._dot.setAccessibleName("Unsaved changes")
        self._labels_name = ElidedLabel("dim", stretch=False)
        self._busy = QLabel()
        self._busy.setProperty("role", "small")
        self._previous = self._button("‹", "Page back", keys("view.page_left"))
        self._play = self._button("", "Play or pause", keys("play.toggle"))
        self._next = self._button("›", "Page forward", keys("view.page_right"))
        self._speed = QToolButton()
        self._speed.setProperty("role", "quiet")
        self._speed.setToolTip("Speed of playback")
        self._speed.setAccessibleName("Speed of playback")
        self._speed.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._speed.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(self._speed)
        for speed in SPEEDS:
            entry = menu.addAction(f"{speed:g}×")
            entry.triggered.connect(lambda _=False, value=speed: self.speed_chosen.emit(value))
        self._speed.setMenu(menu)
        self._length = _WindowSpin()
        self._go_to = _GoToField()
        self._search = QPushButton()
        self._search.setAccessibleName("Search commands, rows, labels")
        self._search.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        search_text = QHBoxLayout(self._search)
        search_text.setContentsMargins(10, 0, 10, 0)
        hint = ElidedLabel("dim", stretch=True)
        hint.setText("Search commands, rows, labels")
        key = QLabel(keys("edit.command_palette"))
        key.setProperty("role", "dim")
        for label, share in ((hint, 1), (key, 0)):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            search_text.addWidget(label, share)
        self._told = (0, 0, "")
        self._progress_timer = QTimer(self)
        self._progress_timer.setSingleShot(True)
        self._progress_timer.timeout.connect(self._move_progress)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName("Progress")
        self._build()
        self.set_look(look)
        self._connect()

    def _button(self, text: str, name: str, key: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(f"{name} ({key})" if key else name)
        button.setAccessibleName(name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _build(self) -> None:
        left = QHBoxLayout()
        left.setSpacing(8)
        left.addWidget(self._title)
        left.addWidget(self._dot)
        left.addWidget(self._labels_name)
        left.addWidget(self._busy)
        left.addStretch()
        middle = QHBoxLayout()
        middle.setSpacing(6)
        for widget in (self._previous, self._play, self._next):
            widget.setFixedWidth(34)
            middle.addWidget(widget)
        middle.addSpacing(8)
        middle.addWidget(self._speed)
        for text, field in (("window", self._length), ("go to", self._go_to)):
            middle.addSpacing(16)
            label = QLabel(text)
            label.setProperty("role", "dim")
            label.setBuddy(field)
            middle.addWidget(label)
            middle.addWidget(field)
        right = QHBoxLayout()
        right.addStretch(1)
        right.addWidget(self._search, 3)
        row = QHBoxLayout()
        row.setContentsMargins(16, 6, 16, 6)
        row.setSpacing(16)
        row.addLayout(left, 1)
        row.addLayout(middle)
        row.addLayout(right, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(row)
        box.addWidget(self._progress)
        self.show_progress(0, 0, "")

    def _connect(self) -> None:
        self._previous.clicked.connect(lambda: self.paged.emit(-1))
        self._next.clicked.connect(lambda: self.paged.emit(1))
        self._play.clicked.connect(self.play_toggled)
        self._search.clicked.connect(self.search_wanted)
        self._length.valueChanged.connect(self.length_chosen)
        self._length.left.connect(self.left)
        self._go_to.left.connect(self._restore)
        self._go_to.left.connect(self.left)
        self._go_to.returnPressed.connect(self._entered)
        self._go_to.editingFinished.connect(self._restore)

    def sizeHint(self) -> QSize:
        """One line of controls."""
        return QSize(900, 46)

    def set_look(self, look: Look) -> None:
        """Fit the fields to another look's digits."""
        metrics = QFontMetrics(look.font(look.theme.control_px, numbers=True))
        self._length.setMinimumWidth(metrics.horizontalAdvance("100000.00 s") + 20)
        self._go_to.setFixedWidth(metrics.horizontalAdvance("-00:00:00.000") + 26)
        self._speed.setMinimumWidth(metrics.horizontalAdvance("0.25×") + 26)
        self._dot.setStyleSheet(f"color: {look.theme.accent.hex()}; font-size: 9px;")
        self._search.setMinimumHeight(self._go_to.sizeHint().height())
        text = look.theme.text
        self._signs = (transport_icon("play", text), transport_icon("pause", text))
        self._play.setIcon(self._signs[self._view is not None and self._view.playing])

    def show_view(self, view: BarView) -> None:
        """Show this from now on; a field that is being edited keeps its text."""
        before, self._view = self._view, view
        if before is None or before.title != view.title:
            self._title.setText(view.title)
            self._title.setToolTip(view.title)
        self._dot.setVisible(view.unsaved)
        self._dot.setToolTip(f"{view.labels_name} has changes that are not saved")
        self._labels_name.setText(view.labels_name)
        if before is None or before.playing != view.playing:
            self._play.setIcon(self._signs[view.playing])
        self._speed.setText(f"{view.speed:.3g}×" if view.speed % 1 else f"{view.speed:.1f}×")
        if not self._length.hasFocus() or (before is not None and before.window != view.window):
            blocked = self._length.blockSignals(True)
            least = min(1e-3, view.longest)
            digits = 2 if view.window >= 1 else 3 if view.window >= 0.1 else 5
            self._length.setDecimals(digits)
            self._length.setRange(least, max(view.longest, view.window))
            self._length.setValue(view.window)
            self._length.blockSignals(blocked)
        if not self._go_to.hasFocus():
            self._restore()

    def show_progress(self, done: int, total: int, word: str) -> None:
        """Show how far something is, with a word; nothing when it is through.

        It shows after a quarter of a second, and then moves ten times a second: each move draws
        the whole window anew, which would cost more than most of what it tells of.
        """
        self._told = (done, total, word)
        if done < total:
            if not self._progress_timer.isActive():
                shown = bool(self._busy.text())
                self._progress_timer.start(PROGRESS_MS if shown else PROGRESS_AFTER_MS)
            return
        self._progress_timer.stop()
        if self._busy.text():
            self._move_progress()

    def _move_progress(self) -> None:
        done, total, word = self._told
        running = done < total
        # A progress bar repaints at once and alone, unless its updates are off.
        self._progress.setUpdatesEnabled(False)
        self._progress.setMaximum(max(1, total))
        self._progress.setValue(done if running else 0)
        self._progress.setUpdatesEnabled(True)
        self._busy.setText(f"{word} {done} of {total}" if running else "")

    def focus_go_to(self) -> None:
        """Let the user type a time."""
        self._go_to.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _restore(self) -> None:
        if self._view is None:
            return
        view = self._view
        text = format_time(view.cursor, view.clock, digits=2, origin=view.origin)
        self._go_to.setText(text)
        self._mark(wrong=False)

    def _mark(self, *, wrong: bool) -> None:
        if bool(self._go_to.property("wrong")) != wrong:
            self._go_to.setProperty("wrong", wrong)
            self._go_to.style().unpolish(self._go_to)
            self._go_to.style().polish(self._go_to)

    def _entered(self) -> None:
        if self._view is None:
            return
        try:
            goal = parse_go_to(self._go_to.text(), self._view.clock, self._view.origin)
        except ValueError as error:
            self._mark(wrong=True)
            self.refused.emit(str(error))
            return
        self._mark(wrong=False)
        self.went.emit(goal)
        self.left.emit()
