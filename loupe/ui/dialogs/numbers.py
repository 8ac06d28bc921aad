"""One number of the view as a slider: label alpha, raster brightness, scroll speed and others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QDoubleSpinBox, QWidget

from loupe.app import commands
from loupe.app.commands import Number
from loupe.app.state import AppState
from loupe.ui.desk import Desk
from loupe.ui.dialogs.base import LiveDialog
from loupe.ui.fields import number_field, pair_slider

__all__ = ["NUMBERS", "NumberDialog", "RasterDialog", "SpeedDialog"]


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


class _NumbersDialog(LiveDialog):
    """A field and a slider for each of some numbers of the view."""

    def __init__(
        self, desk: Desk, title: str, names: tuple[Number, ...], parent: QWidget | None
    ) -> None:
        super().__init__(desk, title, parent)
        self._fields: dict[Number, QDoubleSpinBox] = {}
        for name in names:
            spec = NUMBERS[name]
            field = number_field(spec.low, spec.high, spec.digits, spec.label, spec.suffix)
            field.setSingleStep(10 ** -min(spec.digits, 2))
            slider = pair_slider(field, partial(_share, spec), partial(_value, spec))
            self.form.addRow(spec.label, field)
            self.form.addRow("", slider)
            field.valueChanged.connect(partial(self._changed_value, name))
            self._fields[name] = field
        self.finish(self._reset)

    def refresh(self, state: AppState) -> None:
        """Show the numbers."""
        for name, field in self._fields.items():
            value = getattr(state.view, name)
            field.setValue(NUMBERS[name].start if value is None else value)

    def _changed_value(self, name: Number, value: float) -> None:
        if not self.following:
            self.desk.run(commands.SetValue(name, value))

    def _reset(self) -> None:
        for name in self._fields:
            self.desk.run(commands.SetValue(name, NUMBERS[name].start))


def _share(spec: _Range, value: float) -> float:
    return (value - spec.low) / (spec.high - spec.low)


def _value(spec: _Range, share: float) -> float:
    return spec.low + share * (spec.high - spec.low)


class NumberDialog(_NumbersDialog):
    """One number of the view."""

    def __init__(self, desk: Desk, name: Number, parent: QWidget | None = None) -> None:
        super().__init__(desk, NUMBERS[name].title, (name,), parent)


class RasterDialog(_NumbersDialog):
    """Brightness, event height and thickness of rasters."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        names: tuple[Number, ...] = ("raster_brightness", "event_height", "event_thickness")
        super().__init__(desk, "Rasters", names, parent)


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
        self.desk.run(commands.SetSpeed(self.desk.scene.session.view.playback_speed))
