"""One number of the view as a slider: label alpha, raster brightness, scroll speed and others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QDoubleSpinBox, QWidget

from loupe.app import commands
from loupe.app.commands import Number
from loupe.app.reducers.view import VALUE_RANGES
from loupe.app.state import AppState
from loupe.ui.desk import Desk
from loupe.ui.dialogs.base import LiveDialog
from loupe.ui.fields import number_field, pair_slider

__all__ = ["NUMBERS", "NumberDialog", "RasterDialog", "SpeedDialog"]


@dataclass(frozen=True, slots=True)
class _Number:
    """How a number of the view is asked for.

    Attributes
    ----------
    unset
        What the field says where nothing is set, as each state or plot has its own value.
    usual
        Where the slider stands then.
    """

    title: str
    label: str
    digits: int
    suffix: str = ""
    unset: str = ""
    usual: float = 1.0


NUMBERS: dict[Number, _Number] = {
    "label_alpha": _Number("Label alpha", "Strength of overlays", 2, unset="as the states"),
    "smooth_scroll_speed": _Number("Smooth scroll speed", "Share of the window", 3),
    "raster_brightness": _Number("Raster brightness", "Brightness", 2, " ×"),
    "event_height": _Number("Event height", "Share of the row", 2, "", "as the plots", 0.2),
    "event_thickness": _Number("Event thickness", "Width", 1, " px", "as the plots", 2.0),
}
"""Title and wording of every number of the view that has a dialog."""


class _NumbersDialog(LiveDialog):
    """A field and a slider for each of some numbers of the view."""

    def __init__(
        self, desk: Desk, title: str, names: tuple[Number, ...], parent: QWidget | None
    ) -> None:
        super().__init__(desk, title, parent)
        self._fields: dict[Number, QDoubleSpinBox] = {}
        for name in names:
            spec, step = NUMBERS[name], 10 ** -min(NUMBERS[name].digits, 2)
            low, high = VALUE_RANGES[name]
            unset = bool(spec.unset) and getattr(desk.state.facts.view, name) is None
            # One step below the least value stands for none.
            field = number_field(
                low - step if unset else low, high, spec.digits, spec.label, spec.suffix
            )
            field.setSpecialValueText(spec.unset if unset else "")
            field.setSingleStep(step)
            slider = pair_slider(field, partial(_share, name), partial(_value, name))
            self.form.addRow(spec.label, field)
            self.form.addRow("", slider)
            field.valueChanged.connect(partial(self._changed_value, name))
            self._fields[name] = field
        self.finish(self._reset)

    def refresh(self, state: AppState) -> None:
        """Show the numbers."""
        for name, field in self._fields.items():
            value = getattr(state.view, name)
            field.setValue(field.minimum() if value is None else value)

    def _changed_value(self, name: Number, value: float) -> None:
        if not self.following:
            unset = value < VALUE_RANGES[name][0]
            self.desk.run(commands.SetValue(name, None if unset else value))

    def _reset(self) -> None:
        for name in self._fields:
            self.desk.run(commands.SetValue(name, None))


def _share(name: Number, value: float) -> float:
    low, high = VALUE_RANGES[name]
    return ((NUMBERS[name].usual if value < low else value) - low) / (high - low)


def _value(name: Number, share: float) -> float:
    low, high = VALUE_RANGES[name]
    return low + share * (high - low)


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
