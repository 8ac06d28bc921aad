"""Fields for numbers, alone and with a slider."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QSlider

__all__ = ["NumberField", "digits_for", "number_field", "pair_slider", "show_number"]

_TICKS = 1000
_MOST_DIGITS = 15
_MINUS = "\N{MINUS SIGN}"


class NumberField(QDoubleSpinBox):
    """A field for a number, written with a true minus sign and read with either."""

    def __init__(self) -> None:
        super().__init__()
        self.valueChanged.connect(self._taken)

    def _taken(self) -> None:
        """What was typed is the value now, and may be replaced."""
        self.lineEdit().setModified(False)

    def textFromValue(self, value: float) -> str:
        """The number as people write it."""
        return super().textFromValue(value).replace("-", _MINUS)

    def valueFromText(self, text: str) -> float:
        """The number that was typed."""
        return super().valueFromText(text.replace(_MINUS, "-"))

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        """Whether it is a number, or may become one."""
        state, _, place = super().validate(text.replace(_MINUS, "-"), at)
        return state, text, place


def number_field(
    low: float, high: float, digits: int, name: str, suffix: str = ""
) -> QDoubleSpinBox:
    """A field for a number that speaks when Enter is pressed or it is left."""
    field = NumberField()
    field.setRange(low, high)
    field.setDecimals(digits)
    field.setKeyboardTracking(False)
    field.setSuffix(suffix)
    field.setAccessibleName(name)
    field.setMinimumWidth(110)
    # The style sheet's padding does not reach the text inside a spin box.
    field.lineEdit().setTextMargins(6, 0, 6, 0)
    return field


def show_number(field: QDoubleSpinBox, value: float, digits: int, step: float) -> None:
    """Show a number with so many digits, unless another one is being typed."""
    line = field.lineEdit()
    shown = field.prefix() + field.textFromValue(field.value()) + field.suffix()
    if not (line.isModified() and line.text() != shown):
        field.setDecimals(digits)
        field.setSingleStep(step)
        field.setValue(value)


def digits_for(low: float, high: float, least: int) -> int:
    """Digits after the point that tell a thousandth of a range apart, at least so many."""
    span = abs(high - low) or abs(high) or 1.0
    if not math.isfinite(span):
        return least
    return min(_MOST_DIGITS, max(least, 3 - math.floor(math.log10(span))))


def pair_slider(
    field: QDoubleSpinBox,
    to_share: Callable[[float], float],
    from_share: Callable[[float], float],
) -> QSlider:
    """A slider that moves with `field`; the functions map its value to 0..1 and back."""
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, _TICKS)
    slider.setMinimumWidth(220)
    slider.setAccessibleName(field.accessibleName())

    def from_field(value: float) -> None:
        blocked = slider.blockSignals(True)
        slider.setValue(round(max(0.0, min(1.0, to_share(value))) * _TICKS))
        slider.blockSignals(blocked)

    field.valueChanged.connect(from_field)
    slider.valueChanged.connect(lambda ticks: field.setValue(from_share(ticks / _TICKS)))
    from_field(field.value())
    return slider
