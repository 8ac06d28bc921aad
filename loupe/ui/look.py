"""One theme at one font scale, as Qt needs it: fonts, palette and style sheet.

Reads colours and sizes from `loupe.scene.theme` and names none itself. Knows
nothing of sessions or states.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QGuiApplication, QPalette

from loupe.errors import LoupeRenderError
from loupe.scene.frame import TextRole
from loupe.scene.theme import Theme, theme
from loupe.units import Rgba

__all__ = ["Look", "families", "look_for", "qcolor", "system_theme"]

_UI_FAMILIES = ("Inter", "DejaVu Sans", "Noto Sans", "Liberation Sans", "Arial")
_ALIASES = frozenset({"Sans", "Sans Serif", "Serif", "Mono", "Monospace", "monospace"})
_MONO_FAMILIES = ("JetBrains Mono", "DejaVu Sans Mono", "Noto Sans Mono", "Liberation Mono")


def qcolor(color: Rgba) -> QColor:
    """A colour as Qt's."""
    return QColor(color.r, color.g, color.b, color.a)


def families() -> tuple[str, str]:
    """Families for text and for numbers: the system's own, else the first known one installed.

    Raises
    ------
    LoupeRenderError
        If no font is installed at all; every text would be drawn as nothing.
    """
    installed = set(QFontDatabase.families())
    if not installed:
        raise LoupeRenderError(
            "no font is installed, so no text can be drawn",
            hint="Install a font, for example `apt-get install fonts-dejavu-core`.",
            code="render-no-font",
        )

    def choose(system: QFontDatabase.SystemFont, known: tuple[str, ...]) -> str:
        # The system may name an alias such as "Sans Serif"; Qt knows what stands behind it.
        own = QFontInfo(QFontDatabase.systemFont(system)).family()
        # An alias such as "Sans Serif" may stand for any font, a monospaced one among them.
        if own in installed and own not in _ALIASES:
            return own
        return next((name for name in known if name in installed), min(installed))

    text = choose(QFontDatabase.SystemFont.GeneralFont, _UI_FAMILIES)
    return text, choose(QFontDatabase.SystemFont.FixedFont, _MONO_FAMILIES)


def system_theme() -> Theme:
    """The theme that the desktop asks for; dark where it does not say."""
    light = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light
    return theme("light" if light else "dark")


@functools.lru_cache(maxsize=64)
def _font(family: str, pixels: int, bold: bool) -> QFont:
    font = QFont()
    font.setFamily(family)
    font.setPixelSize(pixels)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    # Coloured fringes of subpixel antialiasing are wrong on a transparent picture.
    font.setStyleStrategy(
        QFont.StyleStrategy.PreferAntialias | QFont.StyleStrategy.NoSubpixelAntialias
    )
    return font


@dataclass(frozen=True, slots=True)
class Look:
    """A theme with its fonts.

    Attributes
    ----------
    theme
        Colours and type sizes in logical pixels.
    font_scale
        Factor on every type size.
    text_family, number_family
        Installed families; numbers have digits of equal width.
    """

    theme: Theme
    font_scale: float
    text_family: str
    number_family: str

    def px(self, at_usual_size: float) -> int:
        """A height that text must fit in, which is so large at the usual size of text."""
        return round(at_usual_size * self.font_scale)

    def font(
        self, px: float, *, bold: bool = False, numbers: bool = False, scale: float = 1.0
    ) -> QFont:
        """A font of `px` logical pixels; `scale` gives device pixels of a picture."""
        family = self.number_family if numbers else self.text_family
        return QFont(_font(family, max(1, round(px * self.font_scale * scale)), bold))

    def role_font(self, role: TextRole, scale: float = 1.0) -> QFont:
        """The font of a text on the canvas."""
        look = self.theme
        if role == "name":
            return self.font(look.name_px, bold=True, scale=scale)
        if role == "flag":
            return self.font(look.small_px, bold=True, numbers=True, scale=scale)
        if role in ("tick", "scale"):
            return self.font(look.small_px, numbers=True, scale=scale)
        return self.font(look.small_px, scale=scale)

    def palette(self) -> QPalette:
        """Qt's palette in the theme's colours."""
        t = self.theme
        role = QPalette.ColorRole
        palette = QPalette()
        for which, color in (
            (role.Window, t.background),
            (role.WindowText, t.text),
            (role.Base, t.panel),
            (role.AlternateBase, t.field),
            (role.Text, t.text),
            (role.Button, t.field),
            (role.ButtonText, t.text),
            (role.BrightText, t.warning),
            (role.ToolTipBase, t.field),
            (role.ToolTipText, t.text),
            (role.PlaceholderText, t.dim),
            (role.Highlight, t.accent),
            (role.HighlightedText, t.on_accent),
            (role.Link, t.accent),
            (role.Mid, t.line),
            (role.Dark, t.line),
            (role.Light, t.field),
        ):
            palette.setColor(which, qcolor(color))
        for which in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, which, qcolor(t.dim.with_alpha(140)))
        return palette

    def style_sheet(self) -> str:
        """Qt's style sheet in the theme's colours and sizes."""
        t = self.theme
        values = {
            "background": _css(t.background),
            "panel": _css(t.panel),
            "field": _css(t.field),
            "line": _css(t.line),
            "text": _css(t.text),
            "dim": _css(t.dim),
            "faint": _css(t.dim.with_alpha(140)),
            "accent": _css(t.accent),
            "on_accent": _css(t.on_accent),
            "tint": _css(t.accent.with_alpha(41)),
            # Qt paints the background of a row of a table twice.
            "row": _css(t.accent.with_alpha(22)),
            "warning": _css(t.warning),
            "name": f"{round(t.name_px * self.font_scale)}px",
            "control": f"{round(t.control_px * self.font_scale)}px",
            "small": f"{round(t.small_px * self.font_scale)}px",
            "text_family": self.text_family,
            "number_family": self.number_family,
        }
        sheet = _SHEET
        for name, value in values.items():
            sheet = sheet.replace(f"@{name}@", value)
        return sheet


def _css(color: Rgba) -> str:
    return f"rgba({color.r}, {color.g}, {color.b}, {color.a})"


def look_for(name: str, font_scale: float = 1.0) -> Look:
    """The look of a theme name: "dark", "light" or "system"; needs a QGuiApplication."""
    text, numbers = families()
    chosen = system_theme() if name == "system" else theme(name)
    return Look(chosen, font_scale, text, numbers)


_SHEET = """
* { font-family: "@text_family@"; font-size: @control@; }
QMainWindow, QDialog, QWidget#root { background: @background@; color: @text@; }
QToolTip { background: @field@; color: @text@; border: 1px solid @line@; padding: 4px 6px; }
QLabel { background: transparent; color: @text@; }
QLabel[role="title"] { font-size: @name@; font-weight: 600; }
QLabel[role="dim"] { color: @dim@; }
QLabel[role="small"] { color: @dim@; font-size: @small@; }
QLabel[role="number"] { font-family: "@number_family@"; }
QLabel[role="time"] { font-family: "@number_family@"; font-weight: 600; }
QLabel[role="warning"] { color: @warning@; }
QFrame#topbar, QFrame#statusbar { background: @panel@; }
QFrame#topbar { border-bottom: 1px solid @line@; }
QFrame#statusbar { border-top: 1px solid @line@; }
QFrame#focusring { background: @accent@; }
QMenuBar { background: @panel@; color: @text@; padding: 2px 8px; border: none; }
QMenuBar::item { background: transparent; padding: 4px 8px; border-radius: 4px; }
QMenuBar::item:selected { background: @field@; }
QMenu { background: @panel@; color: @text@; border: 1px solid @line@; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 20px; border-radius: 4px; }
QMenu::item:selected { background: @tint@; color: @text@; }
QMenu::item:disabled { color: @faint@; }
QMenu::separator { height: 1px; background: @line@; margin: 4px 8px; }
QMenu::indicator { width: 10px; height: 10px; left: 4px; border: 1px solid @line@;
  border-radius: 3px; background: @field@; }
QMenu::indicator:checked { background: @accent@; border-color: @accent@; }
QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit {
  background: @field@; color: @text@; border: 1px solid @field@; border-radius: 5px;
  padding: 3px 8px; min-height: 20px; selection-background-color: @accent@;
  selection-color: @on_accent@;
}
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus {
  border: 1px solid @accent@;
}
QAbstractSpinBox QLineEdit, QComboBox QLineEdit {
  background: transparent; border: none; padding: 0 6px; min-height: 0; border-radius: 0;
}
QAbstractSpinBox { padding: 3px 0; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: @faint@; }
QLineEdit[role="number"], QAbstractSpinBox { font-family: "@number_family@"; }
QLineEdit[wrong="true"] { border: 1px solid @warning@; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none; }
QComboBox::drop-down { border: none; width: 18px; }
QComboBox::down-arrow { width: 0; height: 0; border-left: 4px solid @field@;
  border-right: 4px solid @field@; border-top: 5px solid @dim@; }
QComboBox QAbstractItemView { background: @panel@; color: @text@; border: 1px solid @line@;
  selection-background-color: @tint@; selection-color: @text@; }
QPushButton, QToolButton {
  background: @field@; color: @text@; border: 1px solid @field@; border-radius: 5px;
  padding: 3px 10px; min-height: 20px;
}
QToolButton { padding: 3px 8px; }
QPushButton:hover, QToolButton:hover { border-color: @line@; background: @line@; }
QPushButton:pressed, QToolButton:pressed, QToolButton:checked { background: @tint@; }
QPushButton:focus, QToolButton:focus { border: 1px solid @accent@; }
QPushButton:disabled, QToolButton:disabled { color: @faint@; }
QPushButton:default { background: @accent@; color: @on_accent@; }
QToolButton[role="quiet"] { background: transparent; border-color: transparent; }
QToolButton::menu-indicator { image: none; width: 0; }
QCheckBox, QRadioButton { color: @text@; spacing: 6px; background: transparent; }
QCheckBox::indicator, QRadioButton::indicator, QListView::indicator { width: 12px; height: 12px;
  border: 1px solid @dim@; background: @field@; }
QCheckBox::indicator, QListView::indicator { border-radius: 3px; }
QRadioButton::indicator { border-radius: 7px; }
QCheckBox::indicator:checked, QRadioButton::indicator:checked, QListView::indicator:checked {
  width: 6px; height: 6px; border: 4px solid @accent@; background: @on_accent@; }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: @line@; }
QCheckBox:focus, QRadioButton:focus { color: @accent@; }
QCheckBox:disabled, QRadioButton:disabled { color: @faint@; }
QSlider { background: transparent; min-height: 20px; }
QSlider::groove:horizontal { height: 3px; background: @line@; border-radius: 1px; }
QSlider::sub-page:horizontal { background: @line@; }
QSlider::handle:horizontal { width: 12px; height: 12px; margin: -5px 0; border-radius: 6px;
  background: @accent@; }
QSlider::handle:horizontal:focus { border: 2px solid @text@; width: 8px; height: 8px; }
QSlider::handle:horizontal:disabled { background: @dim@; }
QSplitter::handle { background: @line@; }
QMainWindow::separator { background: @line@; width: 2px; height: 2px; }
QMainWindow::separator:hover { background: @accent@; }
QSplitter::handle:hover { background: @accent@; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: @line@; border-radius: 4px; margin: 1px;
  min-height: 24px; min-width: 24px; }
QScrollBar::handle:hover { background: @dim@; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractItemView { background: @background@; color: @text@; border: none; outline: none;
  gridline-color: @line@; selection-background-color: transparent; selection-color: @text@; }
QTableView { font-size: @control@; }
QTableView::item { padding: 2px 6px; border: none; }
QTableView::item:selected { background: @row@; color: @text@; }
QListView::item { padding: 4px 8px; border-radius: 4px; }
QListView::item:selected { background: @tint@; color: @text@; }
QTableView:focus, QListView:focus, QTreeView:focus { border: 1px solid @accent@; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section { background: @background@; color: @dim@; border: none;
  border-bottom: 1px solid @line@; padding: 3px 6px; font-size: @small@; text-align: left; }
QHeaderView::section:vertical { border: none; color: @faint@; }
QTableCornerButton::section { background: @background@; border: none; }
QProgressBar { background: transparent; border: none; max-height: 2px; min-height: 2px; }
QProgressBar::chunk { background: @accent@; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QTextBrowser { background: @panel@; color: @text@; border: none; padding: 8px; }
QGroupBox { border: none; margin-top: 18px; color: @dim@; }
QGroupBox::title { subcontrol-origin: margin; left: 0; }
"""
