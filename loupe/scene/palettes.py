"""Palettes of categories by name, list or table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from loupe.scene.colormaps import lut_of
from loupe.scene.theme import OKABE_ITO
from loupe.units import Rgba

__all__ = ["resolve_palette"]


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
