"""Dialogs about rows: Y axis, dense traces, heatmaps."""

from __future__ import annotations

import math
from typing import Literal

from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QRadioButton,
    QWidget,
)

from loupe.app import commands
from loupe.app.reducers.rows import GAIN_RANGE
from loupe.app.state import AppState
from loupe.errors import LoupeError
from loupe.scene.colormaps import COLORMAP_CHOICES, lut_of
from loupe.scene.model import DenseContent, HeatmapContent
from loupe.ui.desk import Desk
from loupe.ui.dialogs.base import LiveDialog, RowChoice
from loupe.ui.fields import digits_for, number_field, pair_slider, show_number

__all__ = ["DenseDialog", "HeatmapDialog", "YAxisDialog"]

_HUGE = 1e12
_SCOPES = ("This heatmap", "All heatmaps", "All with this colormap")


def _show_range(
    low_field: QDoubleSpinBox, high_field: QDoubleSpinBox, low: float, high: float, least: int
) -> None:
    """Show both ends of a range with the digits that it needs."""
    for field, value in ((low_field, low), (high_field, high)):
        show_number(field, value, digits_for(low, high, least), abs(high - low) / 100 or 1.0)


def _with_other(
    low: float | None,
    high: float | None,
    now: tuple[float, float] | None,
    fields: tuple[QDoubleSpinBox, QDoubleSpinBox],
) -> tuple[float, float]:
    """A range of which one end was changed: the other is what it is, not as a field rounds it."""
    if now is None:
        now = fields[0].value(), fields[1].value()
    return (now[0] if low is None else low), (now[1] if high is None else high)


class YAxisDialog(LiveDialog):
    """Y range of one trace row: automatic, or from a minimum to a maximum."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, "Y axis", parent)
        self._row = RowChoice(desk.rows("trace"))
        self._row.choose(desk.state.focused_row)
        self._auto = QCheckBox("Follow the visible data")
        self._low = number_field(-_HUGE, _HUGE, 3, "Minimum")
        self._high = number_field(-_HUGE, _HUGE, 3, "Maximum")
        self.form.addRow("Row", self._row)
        self.form.addRow("", self._auto)
        self.form.addRow("Minimum", self._low)
        self.form.addRow("Maximum", self._high)
        self._row.currentIndexChanged.connect(lambda _: self.follow())
        self._auto.toggled.connect(self._auto_changed)
        self._low.valueChanged.connect(lambda value: self._range_changed(low=value))
        self._high.valueChanged.connect(lambda value: self._range_changed(high=value))
        if not self._row.count():
            self.hint("There is no stacked trace in this window.")
        self.finish(self._reset)

    def refresh(self, state: AppState) -> None:
        """Show the row's range."""
        row_id = self._row.row_id
        for field in (self._auto, self._low, self._high):
            field.setEnabled(row_id is not None)
        if row_id is None:
            return
        override = state.overrides.row(row_id)
        self._auto.setChecked(bool(override.y_auto))
        self._low.setEnabled(not override.y_auto)
        self._high.setEnabled(not override.y_auto)
        shown = self._range(row_id)
        if shown is not None:
            _show_range(self._low, self._high, *shown, 3)

    def _auto_changed(self, on: bool) -> None:
        row_id = self._row.row_id
        if not self.following and row_id is not None:
            self.desk.run(commands.SetYRange(row_id, None, on or None))

    def _range(self, row_id: str) -> tuple[float, float] | None:
        return self.desk.state.overrides.row(row_id).y_range or self.desk.y_range(row_id)

    def _range_changed(self, low: float | None = None, high: float | None = None) -> None:
        row_id = self._row.row_id
        if self.following or row_id is None:
            return
        low, high = _with_other(low, high, self._range(row_id), (self._low, self._high))
        if high > low:
            self.desk.run(commands.SetYRange(row_id, (low, high)))

    def shows(self, state: AppState) -> tuple[object, ...]:
        """The window too: the range may follow what is in it."""
        return (*super().shows(state), state.window)

    def _reset(self) -> None:
        if self._row.row_id is not None:
            self.desk.run(commands.ResetYZoom(frozenset({self._row.row_id})))


class DenseDialog(LiveDialog):
    """Gain, step and page of dense traces, one row's or all."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, "Dense traces", parent)
        rows = desk.rows("dense")
        self._row = RowChoice(rows, "All dense rows" if len(rows) != 1 else "")
        self._row.choose(desk.state.focused_row)
        self._gain = number_field(*GAIN_RANGE, 2, "Gain", " ×")
        slider = pair_slider(
            self._gain,
            lambda gain: (math.log10(max(gain, 0.01)) + 2) / 4,
            lambda share: float(10 ** (share * 4 - 2)),
        )
        self._step = number_field(
            1,
            max([len(self._content(r.id).order) for r in rows] or [1]),
            0,
            "Show every n-th trace",
        )
        self._page = number_field(0, self._step.maximum(), 0, "Traces a page")
        self._page.setSpecialValueText("all")
        self.form.addRow("Row", self._row)
        self.form.addRow("Gain", self._gain)
        self.form.addRow("", slider)
        self.form.addRow("Show every", self._step)
        self.form.addRow("Traces a page", self._page)
        self._row.currentIndexChanged.connect(lambda _: self.follow())
        self._gain.valueChanged.connect(self._gain_changed)
        self._step.valueChanged.connect(self._step_changed)
        self._page.valueChanged.connect(self._page_changed)
        if not rows:
            self.hint("There is no dense row in this window.")
        self.finish(self._reset)

    def _content(self, row_id: str) -> DenseContent:
        content = self.desk.scene.row(row_id).content
        assert isinstance(content, DenseContent)
        return content

    def _shown(self) -> str | None:
        rows = self.desk.rows("dense")
        return self._row.row_id or (rows[0].id if rows else None)

    def refresh(self, state: AppState) -> None:
        """Show the row's values, or the first row's for all."""
        row_id = self._shown()
        if row_id is None:
            return
        override, content = state.overrides.row(row_id), self._content(row_id)
        gain = content.gain if override.gain is None else override.gain
        # A session may have gains for raw units, far from 1: the field shows them as they are.
        self._gain.setDecimals(2 if gain >= 0.1 else 7)
        self._gain.setRange(min(GAIN_RANGE[0], gain), max(GAIN_RANGE[1], gain))
        self._gain.setValue(gain)
        self._step.setValue(content.step if override.step is None else override.step)
        page = override.traces_per_page
        self._page.setValue(content.traces_per_page or 0 if page is None else page)

    def _gain_changed(self, gain: float) -> None:
        if not self.following:
            self.desk.run(commands.SetGain(gain, self._row.row_id))

    def _step_changed(self, step: float) -> None:
        if not self.following:
            self.desk.run(commands.DenseStep(int(step), self._row.row_id))

    def _page_changed(self, count: float) -> None:
        if not self.following:
            self.desk.run(commands.TracesPerPage(int(count) or None, self._row.row_id))

    def _reset(self) -> None:
        chosen = self._row.row_id
        for row in self.desk.rows("dense"):
            if chosen in (None, row.id):
                content = self._content(row.id)
                self.desk.run(commands.SetGain(None, row.id))
                self.desk.run(commands.DenseStep(content.step, row.id))
                self.desk.run(commands.TracesPerPage(content.traces_per_page, row.id))


class HeatmapDialog(LiveDialog):
    """Colour limits, colormap and reduction of heatmaps."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, "Heatmaps", parent)
        self._row = RowChoice(desk.rows("heatmap"))
        self._row.choose(desk.state.focused_row)
        self._low = number_field(-_HUGE, _HUGE, 4, "Lower limit")
        self._high = number_field(-_HUGE, _HUGE, 4, "Upper limit")
        self._cmap = QComboBox()
        self._cmap.setEditable(True)
        self._cmap.addItems(COLORMAP_CHOICES)
        self._cmap.setAccessibleName("Colormap")
        self._peak = QRadioButton("Peak")
        self._peak.setToolTip("The value of larger magnitude, sign kept")
        self._mean = QRadioButton("Mean")
        self._methods = QButtonGroup(self)
        methods = QHBoxLayout()
        methods.setSpacing(16)
        for button in (self._peak, self._mean):
            self._methods.addButton(button)
            methods.addWidget(button)
        methods.addStretch()
        self._scope = QComboBox()
        self._scope.addItems(_SCOPES)
        self._scope.setAccessibleName("Apply to")
        self.form.addRow("Row", self._row)
        self.form.addRow("Lower limit", self._low)
        self.form.addRow("Upper limit", self._high)
        self.form.addRow("Colormap", self._cmap)
        self.form.addRow("A pixel shows", methods)
        self.form.addRow("Apply to", self._scope)
        self._row.currentIndexChanged.connect(lambda _: self.follow())
        self._low.valueChanged.connect(lambda value: self._levels_changed(low=value))
        self._high.valueChanged.connect(lambda value: self._levels_changed(high=value))
        self._cmap.currentTextChanged.connect(self._cmap_changed)
        line = self._cmap.lineEdit()
        if line is not None:
            line.editingFinished.connect(self._cmap_typed)
        self._peak.toggled.connect(self._method_changed)
        if not self._row.count():
            self.hint("There is no heatmap in this window.")
        self.finish(self._reset)

    def _content(self) -> tuple[str, HeatmapContent] | None:
        row_id = self._row.row_id
        if row_id is None:
            return None
        content = self.desk.scene.row(row_id).content
        return (row_id, content) if isinstance(content, HeatmapContent) else None

    def refresh(self, state: AppState) -> None:
        """Show the row's values."""
        found = self._content()
        if found is None:
            return
        row_id, content = found
        override = state.overrides.row(row_id)
        levels = self._levels(row_id, content)
        if levels is not None:
            _show_range(self._low, self._high, *levels, 4)
        self._cmap.setCurrentText(self._shown_cmap(row_id, content))
        method = override.method or content.method
        (self._peak if method == "peak" else self._mean).setChecked(True)

    def _levels(self, row_id: str, content: HeatmapContent) -> tuple[float, float] | None:
        """The levels that are set, else those that are drawn; None before anything is."""
        override = self.desk.state.overrides.row(row_id)
        low = override.vmin if override.vmin is not None else content.vmin
        high = override.vmax if override.vmax is not None else content.vmax
        shown = self.desk.y_range(row_id)
        if shown is not None:
            low, high = (shown[0] if low is None else low), (shown[1] if high is None else high)
        if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
            return None
        return low, high

    def shows(self, state: AppState) -> tuple[object, ...]:
        """The window too: the levels may follow what is in it."""
        return (*super().shows(state), state.window)

    def _levels_changed(self, low: float | None = None, high: float | None = None) -> None:
        found = self._content()
        if self.following or found is None:
            return
        low, high = _with_other(low, high, self._levels(*found), (self._low, self._high))
        if high > low:
            self.desk.run(commands.SetLevels(found[0], low, high, **self._where))

    def _cmap_changed(self, name: str) -> None:
        found = self._content()
        if self.following or found is None:
            return
        known = {self._cmap.itemText(i) for i in range(self._cmap.count())}
        if name in known:
            self.desk.run(commands.SetCmap(found[0], name, **self._where))

    def _cmap_typed(self) -> None:
        """Take any colormap that there is; say of another that there is none."""
        found, name = self._content(), self._cmap.currentText().strip()
        if self.following or found is None or name == self._shown_cmap(*found):
            return
        try:
            lut_of(name)
        except LoupeError as error:
            self._cmap.setCurrentText(self._shown_cmap(*found))
            self.desk.run(commands.Note(error.message))
            return
        self.desk.run(commands.SetCmap(found[0], name, **self._where))

    def _shown_cmap(self, row_id: str, content: HeatmapContent) -> str:
        return self.desk.state.overrides.row(row_id).cmap or content.lut_name

    @property
    def _where(self) -> dict[str, bool]:
        """Which heatmaps are meant, as the commands say it."""
        scope = self._scope.currentIndex()
        return {"apply_all": scope == 1, "same_cmap": scope == 2}

    def _method_changed(self, peak: bool) -> None:
        found = self._content()
        if not self.following and found is not None:
            method: Literal["peak", "mean"] = "peak" if peak else "mean"
            self.desk.run(commands.SetMethod(found[0], method, **self._where))

    def _reset(self) -> None:
        found = self._content()
        if found is not None:
            where = self._where
            self.desk.run(commands.SetLevels(found[0], None, None, **where))
            self.desk.run(commands.SetMethod(found[0], None, **where))
            # Last: it changes which heatmaps have the same colormap.
            self.desk.run(commands.SetCmap(found[0], None, **where))
