"""One number of the view as a slider: label alpha, raster brightness, scroll speed and others."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from loupe.app import commands
from loupe.app.commands import Number
from loupe.app.state import AppState
from loupe.ui.desk import Desk
from loupe.ui.dialogs.base import LiveDialog, number_field, pair_slider

__all__ = ["NUMBERS", "NumberDialog", "SpeedDialog"]


@dataclass(frozen=True, slots=True)
class _Range:
    title: str
    label: str
    low: float
    high: float
    digits: int
    start: float
    suffix: str = ""


NUMBERS: dict[Number, _Range] = {
    "label_alpha": _Range("Label alpha", "Strength of overlays", 0.0, 1.0, 2, 1.0),
    "smooth_scroll_speed": _Range("Smooth scroll speed", "Share of the window", 0.001, 1.0, 3, 0.1),
    "raster_brightness": _Range("Raster brightness", "Brightness", 0.2, 3.0, 2, 1.0, " ×"),
    "event_height": _Range("Event height", "Share of the row", 0.1, 1.0, 2, 0.8),
    "event_thickness": _Range("Event thickness", "Width", 1.0, 10.0, 1, 1.0, " px"),
}
"""Title, range and neutral value of every number of the view that has a dialog."""


class NumberDialog(LiveDialog):
    """A field and a slider for one number of the view."""

    def __init__(self, desk: Desk, name: Number, parent: QWidget | None = None) -> None:
        spec = NUMBERS[name]
        super().__init__(desk, spec.title, parent)
        self._name: Number = name
        self._field = number_field(spec.low, spec.high, spec.digits, spec.label, spec.suffix)
        width = spec.high - spec.low
        slider = pair_slider(
            self._field,
            lambda value: (value - spec.low) / width,
            lambda share: spec.low + share * width,
        )
        self.form.addRow(spec.label, self._field)
        self.form.addRow("", slider)
        self._field.valueChanged.connect(self._changed_value)
        self.finish(self._reset)

    def refresh(self, state: AppState) -> None:
        """Show the number."""
        value = getattr(state.view, self._name)
        self._field.setValue(NUMBERS[self._name].start if value is None else value)

    def _changed_value(self, value: float) -> None:
        if not self.following:
            self.desk.run(commands.SetValue(self._name, value))

    def _reset(self) -> None:
        self.desk.run(commands.SetValue(self._name, NUMBERS[self._name].start))


class SpeedDialog(LiveDialog):
    """Speed of playback, and whether it loops in the window."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, "Playback speed", parent)
        self._field = number_field(0.1, 8.0, 2, "Speed of playback", " ×")
        self._field.setSingleStep(0.25)
        slider = pair_slider(
            self._field, lambda v: (v - 0.1) / 7.9, lambda share: round(0.1 + share * 7.9, 2)
        )
        self.form.addRow("Speed", self._field)
        self.form.addRow("", slider)
        self._field.valueChanged.connect(self._changed_value)
        self.finish(self._reset)

    def refresh(self, state: AppState) -> None:
        """Show the speed."""
        self._field.setValue(state.playback.speed)

    def _changed_value(self, value: float) -> None:
        if not self.following:
            self.desk.run(commands.SetSpeed(value))

    def _reset(self) -> None:
        self.desk.run(commands.SetSpeed(1.0))
