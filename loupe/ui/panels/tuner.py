"""The Tuner: a dock with one control for each live parameter, and what became of the last move.

Shows the state and asks for commands; computes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDockWidget,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from loupe.app.state import ParamState
from loupe.session.tune import BoolParam, ChoiceParam, IntParam, Param
from loupe.ui.fields import number_field

__all__ = ["TunerDock"]

TICKS = 1000
MOST_TICKS = 100_000
"""Places of a slider for a number; more whole numbers than the second have a field only."""

_WIDTH = 280
_MARGIN = 14


class TunerDock(QDockWidget):
    """The dock.

    Signals
    -------
    moved(int, float)
        Number of a parameter, and where its control was put.
    copy_wanted(), reset_wanted(), closed()
        A button, or the cross in the title, was pressed.
    """

    moved = Signal(int, float)
    copy_wanted = Signal()
    reset_wanted = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__("Tuner")
        self.setObjectName("tuner")
        self.setAccessibleName("Tuner")
        features = QDockWidget.DockWidgetFeature
        self.setFeatures(features.DockWidgetClosable | features.DockWidgetMovable)
        sides = Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea
        self.setAllowedAreas(sides)
        self._params: tuple[Param, ...] = ()
        self._names: tuple[str, ...] = ()
        self._controls: list[_Control] = []
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._busy.setAccessibleName("Computing")
        policy = self._busy.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing below may jump while a slider is dragged
        self._busy.setSizePolicy(policy)
        self._busy.hide()
        self._word = QLabel()
        self._word.setProperty("role", "warning")
        self._word.setWordWrap(True)
        self._word.setTextFormat(Qt.TextFormat.PlainText)
        self.setTitleBarWidget(self._head())
        self.setWidget(self._built())
        self.setMinimumWidth(_WIDTH)
        self.hide()

    def _head(self) -> QWidget:
        """The title as other panels have it; the dock can be dragged by it."""
        title, hide = QLabel("Tuner"), QToolButton()
        title.setProperty("role", "title")
        hide.setText("×")
        hide.setToolTip("Hide the Tuner")
        hide.setAccessibleName("Hide the Tuner")
        hide.clicked.connect(lambda _=False: self.closed.emit())
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(_MARGIN, 8, 8, 4)
        row.addWidget(title)
        row.addStretch()
        row.addWidget(hide)
        return head

    def _built(self) -> QWidget:
        copy, reset = QPushButton("Copy Values"), QPushButton("Reset")
        copy.setToolTip("Put the values on the clipboard, as a Python dict")
        reset.setToolTip("Every parameter back to its default")
        copy.clicked.connect(lambda _=False: self.copy_wanted.emit())
        reset.clicked.connect(lambda _=False: self.reset_wanted.emit())
        buttons = QHBoxLayout()
        buttons.addWidget(copy)
        buttons.addWidget(reset)
        buttons.addStretch()
        foot = QVBoxLayout()
        foot.setContentsMargins(_MARGIN, 4, _MARGIN, 12)
        foot.setSpacing(8)
        foot.addWidget(self._word)
        foot.addLayout(buttons)
        whole = QWidget()
        whole.setObjectName("tunerBody")
        box = QVBoxLayout(whole)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self._busy)
        box.addWidget(self._scroll, 1)
        box.addLayout(foot)
        return whole

    def show_params(self, params: Sequence[ParamState]) -> None:
        """Show these parameters; controls are made again only for others than before."""
        handles = tuple(one.param for one in params)
        names = tuple(one.name for one in params)
        if handles != self._params or names != self._names:
            self._params, self._names = handles, names
            self._fill(params)
        for control, one in zip(self._controls, params, strict=True):
            control.show_setting(one.setting)

    def show_status(self, *, busy: bool, problem: str) -> None:
        """Say whether something is being computed, and what failed."""
        self._busy.setVisible(busy)
        self._word.setText(problem)
        self._word.setVisible(bool(problem))

    def _fill(self, params: Sequence[ParamState]) -> None:
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(_MARGIN, 12, _MARGIN, 8)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        self._controls = []
        row = 0
        for index, one in enumerate(params):
            control = _control(one.param, one.name, partial(self.moved.emit, index))
            self._controls.append(control)
            row = control.place(grid, row, one.name)
        grid.setRowStretch(row, 1)
        self._scroll.setWidget(inner)

    def closeEvent(self, event: QCloseEvent) -> None:
        """The state decides whether the dock is shown."""
        event.ignore()
        self.closed.emit()


class _Control:
    """The widgets of one parameter."""

    def __init__(self, param: Param, moved: Callable[[float], None]) -> None:
        self.param = param
        self.moved = moved

    def show_setting(self, setting: float) -> None:
        """Stand there, without telling of it."""
        raise NotImplementedError

    def place(self, grid: QGridLayout, row: int, name: str) -> int:
        """Put the widgets into the grid from this row on; the first free row after them."""
        raise NotImplementedError


class _Number(_Control):
    """A field, and a slider where it has places enough."""

    def __init__(self, param: Param, name: str, moved: Callable[[float], None]) -> None:
        super().__init__(param, moved)
        whole = isinstance(param, IntParam)
        span = param.max - param.min
        step = param.step or (1.0 if whole else span / TICKS)
        if not whole and span / step > MOST_TICKS:
            step = span / TICKS
        self.ticks = math.ceil(span / step - 1e-9)
        self.step = step
        digits = 0 if whole else _decimals(param.step or step)
        self.field = number_field(param.min, param.max, digits, name)
        self.field.setSingleStep(param.step or (1.0 if whole else span / 100))
        self.field.valueChanged.connect(moved)
        self.slider: QSlider | None = None
        if self.ticks <= MOST_TICKS:
            self.slider = QSlider(Qt.Orientation.Horizontal)
            self.slider.setRange(0, self.ticks)
            self.slider.setPageStep(max(1, self.ticks // 10))
            self.slider.setAccessibleName(name)
            self.slider.setToolTip(f"{param.min:g} to {param.max:g}")
            self.slider.valueChanged.connect(self._slid)

    def _slid(self, tick: int) -> None:
        # The last place is the upper limit also where that is no whole number of steps away.
        last = tick == self.ticks
        self.moved(self.param.max if last else self.param.min + tick * self.step)

    def show_setting(self, setting: float) -> None:
        """Move field and slider."""
        if self.field.value() != setting:
            with QSignalBlocker(self.field):
                self.field.setValue(setting)
        if self.slider is not None:
            last = setting >= self.param.max
            tick = self.ticks if last else round((setting - self.param.min) / self.step)
            if self.slider.value() != tick:
                with QSignalBlocker(self.slider):
                    self.slider.setValue(tick)

    def place(self, grid: QGridLayout, row: int, name: str) -> int:
        """Name and field, the slider under them."""
        grid.addWidget(_name(name, self.field), row, 0)
        grid.addWidget(self.field, row, 1)
        if self.slider is None:
            return row + 1
        grid.addWidget(self.slider, row + 1, 0, 1, 2)
        return row + 2


class _Switch(_Control):
    """A box to tick."""

    def __init__(self, param: Param, name: str, moved: Callable[[float], None]) -> None:
        super().__init__(param, moved)
        self.box = QCheckBox(name.replace("&", "&&"))
        self.box.setAccessibleName(name)
        self.box.toggled.connect(lambda on: moved(float(on)))

    def show_setting(self, setting: float) -> None:
        """Tick it or not."""
        with QSignalBlocker(self.box):
            self.box.setChecked(bool(setting))

    def place(self, grid: QGridLayout, row: int, name: str) -> int:
        """Over the whole width."""
        grid.addWidget(self.box, row, 0, 1, 2)
        grid.setRowMinimumHeight(row, 30)
        return row + 1


class _Choice(_Control):
    """A list."""

    def __init__(self, param: ChoiceParam, name: str, moved: Callable[[float], None]) -> None:
        super().__init__(param, moved)
        self.list = QComboBox()
        self.list.addItems([str(choice) for choice in param.choices])
        self.list.setAccessibleName(name)
        self.list.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.list.setMinimumContentsLength(9)
        self.list.currentIndexChanged.connect(lambda index: moved(float(index)))

    def show_setting(self, setting: float) -> None:
        """Choose it."""
        with QSignalBlocker(self.list):
            self.list.setCurrentIndex(int(setting))

    def place(self, grid: QGridLayout, row: int, name: str) -> int:
        """Name and list."""
        grid.addWidget(_name(name, self.list), row, 0)
        grid.addWidget(self.list, row, 1)
        grid.setRowMinimumHeight(row, 34)
        return row + 1


def _control(param: Param, name: str, moved: Callable[[float], None]) -> _Control:
    if isinstance(param, BoolParam):
        return _Switch(param, name, moved)
    if isinstance(param, ChoiceParam):
        return _Choice(param, name, moved)
    return _Number(param, name, moved)


def _name(name: str, buddy: QWidget) -> QLabel:
    label = QLabel(name.replace("&", "&&"))
    label.setBuddy(buddy)
    label.setWordWrap(True)
    return label


def _decimals(step: float) -> int:
    """Digits behind the point that tell values one step apart."""
    digits = max(0, -math.floor(math.log10(step)))
    # A step such as 0.25 needs one more than its order of magnitude says.
    while digits < 12 and abs(round(step, digits) - step) > step * 1e-6 and digits < 4:
        digits += 1
    return min(digits, 12)
