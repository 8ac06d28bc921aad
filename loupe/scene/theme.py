"""The one place that names colours and type sizes; the window's style sheet reads it too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loupe.units import Rgba

__all__ = ["DARK", "LIGHT", "OKABE_ITO", "UNKNOWN_STATE", "Theme", "theme"]


def _hex(text: str) -> Rgba:
    return Rgba(int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16))


OKABE_ITO: tuple[Rgba, ...] = tuple(
    _hex(c)
    for c in (
        "#56b4e9",
        "#009e73",
        "#e69f00",
        "#cc79a7",
        "#0072b2",
        "#d55e00",
        "#bba700",
        "#999999",
    )
)
"""Colours of categories, safe for colour-blind eyes (Okabe and Ito 2008), readable on both themes;
ordered so that neighbours differ most. Their yellow (#f0e442) is darkened: on white it has a
contrast of 1.3 : 1."""

UNKNOWN_STATE = Rgba(150, 150, 150, 80)
"""Colour of a label whose state has no definition."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of one theme.

    Attributes
    ----------
    background, panel, field, line
        Window, plots and panels, input fields, hairlines.
    grid
        Vertical grid lines over panels.
    text, dim
        Primary and secondary text, at least 4.5 : 1 on `panel`.
    accent
        Selection, focus, the cursor's flag.
    trace
        Traces without a colour of their own.
    cursor
        The cursor line.
    """

    name: Literal["dark", "light"]
    background: Rgba
    panel: Rgba
    field: Rgba
    line: Rgba
    grid: Rgba
    text: Rgba
    dim: Rgba
    accent: Rgba
    on_accent: Rgba
    trace: Rgba
    cursor: Rgba
    video: Rgba
    warning: Rgba

    # Logical pixels at font scale 1.
    name_px: int = 13
    control_px: int = 12
    small_px: int = 11


DARK = Theme(
    name="dark",
    background=_hex("#101317"),
    panel=_hex("#14181d"),
    field=_hex("#1c2229"),
    line=_hex("#262c34"),
    grid=_hex("#8b95a1").with_alpha(46),
    text=_hex("#d7dce2"),
    dim=_hex("#8b95a1"),
    accent=_hex("#5ab0ff"),
    on_accent=_hex("#06121f"),
    trace=_hex("#cfd6de"),
    cursor=_hex("#ffffff").with_alpha(200),
    video=_hex("#000000"),
    warning=_hex("#f0a35e"),
)

LIGHT = Theme(
    name="light",
    background=_hex("#f6f7f9"),
    panel=_hex("#ffffff"),
    field=_hex("#eef1f4"),
    line=_hex("#dfe3e8"),
    grid=_hex("#66707c").with_alpha(46),
    text=_hex("#1d232a"),
    # A shade under the #66707c of the picture, for 4.5 : 1 on fields too.
    dim=_hex("#656f7b"),
    accent=_hex("#0b6bcb"),
    on_accent=_hex("#ffffff"),
    trace=_hex("#2b333c"),
    cursor=_hex("#1d232a").with_alpha(220),
    video=_hex("#20262d"),
    warning=_hex("#a8500b"),
)


def theme(name: str) -> Theme:
    """The theme of that name; anything but "light" is the dark one."""
    return LIGHT if name == "light" else DARK
