"""What the picture of one row depends on besides its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loupe.scene.settings import MarkerOverride, RowOverride, ViewFlags
from loupe.scene.theme import Theme
from loupe.units import Rgba

__all__ = ["BAD_ALPHA", "Look", "value_text"]

BAD_ALPHA = 70
"""Opacity of traces marked as bad."""


@dataclass(frozen=True, slots=True)
class Look:
    """How one row is to look.

    Attributes
    ----------
    scale
        Device pixels a logical pixel.
    height
        Device pixels of the row.
    view, override
        The window's flags and what the user changed of this row.
    bad
        Whether the row is marked as bad, by the session or the user.
    """

    theme: Theme
    scale: float
    height: int
    view: ViewFlags
    override: RowOverride
    markers: Mapping[str, MarkerOverride]
    bad: bool = False

    def px(self, logical: float) -> float:
        """Logical pixels in device pixels."""
        return logical * self.scale

    @property
    def magnified(self) -> float:
        """How much larger than the row its picture is, for rows of rows: 1 or more."""
        return 1.0 / min(self.override.y_zoom, 1.0)

    def magnify(self, y: float) -> float:
        """Where a height of the whole picture lies when that is zoomed about the middle; pixels."""
        return self.height / 2 + (y - self.height / 2) * self.magnified

    def unmagnify(self, y: float) -> float:
        """Which height of the whole picture is shown there: the inverse of `magnify`."""
        return self.height / 2 + (y - self.height / 2) / self.magnified

    def tx(self, logical: float) -> float:
        """Logical pixels of type in device pixels: they grow with the size of text."""
        return logical * self.scale * self.view.font_scale

    def trace_color(self, color: Rgba | None) -> Rgba:
        """A trace's colour: the user's, its own, or the theme's; dim when the row is bad."""
        found = self.override.color or color or self.theme.trace
        return found.with_alpha(min(found.a, BAD_ALPHA)) if self.bad else found


def value_text(value: float) -> str:
    """A value with about three significant digits, a true minus sign, no exponent up to a million.

    >>> value_text(-48.234)
    '−48.2'
    """
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e6 or size < 1e-4:
        mantissa, _, exponent = f"{value:.2e}".partition("e")
        return f"{mantissa.replace('-', '−')}e{int(exponent)}".replace("e-", "e−")
    text = f"{value:.0f}" if size >= 100 else f"{value:.3g}"
    return text.replace("-", "\N{MINUS SIGN}")
