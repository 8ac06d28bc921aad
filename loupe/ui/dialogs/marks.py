"""Dialogs about marks over the data: sample markers and global events."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, TypeAlias, get_args

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QColorDialog,
    QComboBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QWidget,
)

from loupe.app import commands
from loupe.app.state import AppState, EventOverride, MarkerOverride
from loupe.scene.frame import SYMBOLS
from loupe.scene.model import DenseContent, EventClass, MarkerSet, TraceContent
from loupe.ui.desk import Desk
from loupe.ui.dialogs.base import LiveDialog
from loupe.ui.fields import number_field
from loupe.ui.panels.labels_model import swatch
from loupe.units import Rgba

__all__ = ["ColorButton", "EventsDialog", "MarkersDialog"]

LineStyle: TypeAlias = Literal["solid", "dashed", "dotted", "dashdot", "dashdotdot"]
EVENT_STYLES: tuple[LineStyle, ...] = get_args(LineStyle)


class ColorButton(QPushButton):
    """Shows a colour and asks for another one, without holding up the window."""

    def __init__(self, name: str, chosen: Callable[[Rgba], None]) -> None:
        super().__init__()
        self._chosen = chosen
        self._color = Rgba(0, 0, 0)
        self.setAccessibleName(f"Colour of {name}")
        self.setAutoDefault(False)
        self.setMinimumWidth(104)
        self.clicked.connect(self._ask)

    def show_color(self, color: Rgba) -> None:
        """Show this colour."""
        self._color = color
        self.setText(color.with_alpha(255).hex())
        self.setIcon(swatch(color))
        self.setIconSize(QSize(12, 12))

    def _ask(self) -> None:
        dialog = QColorDialog(QColor(*self._color), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setOption(QColorDialog.ColorDialogOption.ShowAlphaChannel)
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.currentColorChanged.connect(
            lambda c: self._chosen(Rgba(c.red(), c.green(), c.blue(), c.alpha()))
        )
        before = self._color
        dialog.rejected.connect(lambda: self._chosen(before))
        dialog.open()


_LINE = 42
_MOST_HEIGHT = 480


class _GridDialog(LiveDialog):
    """A scrolling grid with a heading; one line a thing."""

    def __init__(self, desk: Desk, title: str, heads: tuple[str, ...], parent: QWidget | None):
        super().__init__(desk, title, parent)
        inner = QWidget()
        self.grid = QGridLayout(inner)
        self.grid.setHorizontalSpacing(12)
        for column, text in enumerate(heads):
            head = QLabel(text)
            head.setProperty("role", "small")
            self.grid.addWidget(head, 0, column)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setAccessibleName(title)
        area.setWidget(inner)
        area.setMinimumHeight(70)
        self.box.addWidget(area, 1)

    def close_grid(self) -> None:
        """Keep the lines together at the top, in a dialog as high as they are."""
        lines = self.grid.rowCount() - 1
        self.grid.setRowStretch(self.grid.rowCount(), 1)
        self.resize(620, min(120 + _LINE * max(lines, 1), _MOST_HEIGHT))


class MarkersDialog(_GridDialog):
    """Symbol, colour, size and opacity of every set of sample markers."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        heads = ("markers", "symbol", "colour", "size", "opacity")
        super().__init__(desk, "Sample markers", heads, parent)
        self._sets = _marker_sets(desk)
        self._lines: list[tuple[QComboBox, ColorButton, QWidget, QWidget]] = []
        for i, markers in enumerate(self._sets, 1):
            symbol = QComboBox()
            symbol.addItems([*SYMBOLS, "vline"])
            symbol.setAccessibleName(f"Symbol of {markers.name}")
            color = ColorButton(markers.name, partial(self._recolor, markers))
            size = number_field(0.5, 40.0, 1, f"Size of {markers.name}", " px")
            size.setSingleStep(0.5)
            opacity = number_field(0, 255, 0, f"Opacity of {markers.name}")
            symbol.currentTextChanged.connect(lambda s, m=markers: self._set(m, symbol=s))
            size.valueChanged.connect(lambda v, m=markers: self._set(m, size=v))
            opacity.valueChanged.connect(lambda v, m=markers: self._opacity(m, v))
            for column, widget in enumerate((QLabel(markers.name), symbol, color, size, opacity)):
                self.grid.addWidget(widget, i, column)
            self._lines.append((symbol, color, size, opacity))
        if not self._sets:
            self.hint("No trace of this window has sample markers.")
        self.close_grid()
        self.finish(self._reset, stretch=True)

    def _look(self, markers: MarkerSet) -> MarkerOverride:
        own = self.desk.state.overrides.markers.get(markers.id, MarkerOverride())
        return MarkerOverride(
            own.symbol or markers.symbol,
            own.color or markers.color,
            markers.size if own.size is None else own.size,
        )

    def refresh(self, state: AppState) -> None:
        """Show every set's look."""
        for markers, (symbol, color, size, opacity) in zip(self._sets, self._lines, strict=True):
            look = self._look(markers)
            symbol.setCurrentText(look.symbol or "")
            shade = look.color or markers.color
            color.show_color(shade)
            size.setProperty("value", look.size)
            opacity.setProperty("value", shade.a)

    def _recolor(self, markers: MarkerSet, color: Rgba) -> None:
        self._set(markers, color=color)

    def _opacity(self, markers: MarkerSet, value: float) -> None:
        color = self._look(markers).color or markers.color
        self._set(markers, color=color.with_alpha(int(value)))

    def _set(
        self,
        markers: MarkerSet,
        *,
        symbol: str | None = None,
        color: Rgba | None = None,
        size: float | None = None,
    ) -> None:
        if self.following:
            return
        now = self._look(markers)
        look = MarkerOverride(
            symbol or now.symbol, color or now.color, now.size if size is None else size
        )
        self.desk.run(commands.SetMarkers(markers.id, look))

    def _reset(self) -> None:
        for markers in self._sets:
            self.desk.run(commands.SetMarkers(markers.id, None))


def _marker_sets(desk: Desk) -> tuple[MarkerSet, ...]:
    found: dict[str, MarkerSet] = {}
    for row in desk.scene.rows:
        if isinstance(row.content, TraceContent | DenseContent):
            for markers in row.content.markers:
                found.setdefault(markers.id, markers)
    return tuple(found.values())


class EventsDialog(_GridDialog):
    """Colour, line style, width and opacity of every class of global events."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        heads = ("event", "colour", "line", "width", "opacity")
        super().__init__(desk, "Style global events", heads, parent)
        self._lines: list[tuple[ColorButton, QComboBox, QWidget, QWidget]] = []
        for i, kind in enumerate(desk.scene.events, 1):
            name = kind.name
            color = ColorButton(name, partial(self._recolor, name))
            style = QComboBox()
            style.addItems(EVENT_STYLES)
            style.setAccessibleName(f"Line of {name}")
            width = number_field(0.5, 8.0, 2, f"Width of {name}", " px")
            width.setSingleStep(0.25)
            opacity = number_field(0, 255, 0, f"Opacity of {name}")
            style.currentIndexChanged.connect(lambda s, n=name: self._set(n, style=s))
            width.valueChanged.connect(lambda v, n=name: self._set(n, width=v))
            opacity.valueChanged.connect(lambda v, n=name: self._opacity(n, v))
            for column, widget in enumerate((QLabel(name), color, style, width, opacity)):
                self.grid.addWidget(widget, i, column)
            self._lines.append((color, style, width, opacity))
        if not desk.scene.events:
            self.hint("The session has no global events.")
        self.close_grid()
        self.finish(self._reset, stretch=True)

    def _kind(self, name: str) -> EventClass:
        return next(kind for kind in self.desk.scene.events if kind.name == name)

    def _look(self, name: str) -> EventOverride:
        kind = self._kind(name)
        own = self.desk.state.overrides.events.get(name, EventOverride())
        # A colour that nobody chose stays the theme's.
        given = None if kind.color is None else kind.color_in(self.desk.look.theme)
        return EventOverride(
            own.color or given,
            own.style or kind.style,
            kind.width if own.width is None else own.width,
        )

    def refresh(self, state: AppState) -> None:
        """Show every class's look."""
        for kind, (color, style, width, opacity) in zip(
            self.desk.scene.events, self._lines, strict=True
        ):
            look = self._look(kind.name)
            shade = look.color or kind.color_in(self.desk.look.theme)
            color.show_color(shade)
            style.setCurrentText(look.style or "solid")
            width.setProperty("value", look.width)
            opacity.setProperty("value", shade.a)

    def _recolor(self, name: str, color: Rgba) -> None:
        self._set(name, color=color)

    def _opacity(self, name: str, value: float) -> None:
        color = self._look(name).color or self._kind(name).color_in(self.desk.look.theme)
        self._set(name, color=color.with_alpha(int(value)))

    def _set(
        self,
        name: str,
        *,
        color: Rgba | None = None,
        style: int | None = None,
        width: float | None = None,
    ) -> None:
        if self.following:
            return
        now = self._look(name)
        look = EventOverride(
            color or now.color,
            now.style if style is None else EVENT_STYLES[style],
            now.width if width is None else width,
        )
        self.desk.run(commands.SetEventStyle(name, look))

    def _reset(self) -> None:
        for kind in self.desk.scene.events:
            self.desk.run(commands.SetEventStyle(kind.name, None))
