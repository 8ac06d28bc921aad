"""Palettes of categories by name, list or table, and the colours of traces by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from loupe.data.protocols import ArrayInfo
from loupe.scene.colormaps import lut_of
from loupe.scene.model import LegendEntry
from loupe.scene.rows import NA, category_colors, coordinate, text_of
from loupe.scene.theme import OKABE_ITO
from loupe.session.plots.trace import TraceConfig
from loupe.units import Rgba

__all__ = ["resolve_palette", "trace_colors"]


def resolve_palette(
    palette: str | Sequence[Rgba] | Mapping[str, Rgba] | None, n: int
) -> list[Rgba] | dict[str, Rgba] | None:
    """Colours of `n` categories.

    Parameters
    ----------
    palette
        "okabe-ito", the name of a colormap (sampled at `n` even steps), a list, a table, or None.

    Raises
    ------
    LoupeConfigError
        If there is no colormap of that name.
    """
    if palette is None:
        return None
    if isinstance(palette, Mapping):
        return dict(palette)
    if isinstance(palette, str):
        if palette.casefold().replace("_", "-") == "okabe-ito":
            return list(OKABE_ITO)
        lut = lut_of(palette)
        # Qualitative maps repeat colours in steps; sampling in the middle of each step is right
        # for them and harmless for continuous ones.
        at = ((np.arange(max(n, 1)) + 0.5) / max(n, 1) * len(lut)).astype(int)
        return [Rgba(*(int(v) for v in lut[i])) for i in at]
    return list(palette)


def trace_colors(
    config: TraceConfig, info: ArrayInfo, order: npt.NDArray[np.intp]
) -> tuple[list[Rgba | None], tuple[LegendEntry, ...]]:
    """Colour of each trace in `order`, None for the theme's, and what colours by `hue` stand for.

    Raises
    ------
    LoupeConfigError
        If there is no such coordinate or colormap.
    """
    if config.color is not None:
        return [config.color] * len(order), ()
    if config.hue is None:
        palette = resolve_palette(config.palette, len(order))
        if palette is None or isinstance(palette, dict):
            return [None] * len(order), ()
        return [palette[i % len(palette)] for i in range(len(order))], ()
    values = list(coordinate(info, config.hue, what="hue")[order])
    n_groups = len({text_of(v) for v in values})
    by_text = category_colors(values, resolve_palette(config.palette, n_groups))
    legend = tuple(LegendEntry(str(text) or NA, color) for text, color in by_text.items())
    return [by_text.get(text_of(v), by_text.get("")) for v in values], legend
