"""Whether a window can be opened here at all, asked before Qt ends the program over it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from loupe.errors import LoupeRenderError

__all__ = ["require_display"]


def require_display(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> None:
    """Refuse where there is no display.

    Raises
    ------
    LoupeRenderError
        On Linux without an X or Wayland display; Qt itself would abort the process.
    """
    if not platform.startswith("linux") or environ.get("QT_QPA_PLATFORM"):
        return
    if not environ.get("DISPLAY") and not environ.get("WAYLAND_DISPLAY"):
        raise LoupeRenderError(
            "there is no display to open a window on",
            hint="Draw a picture with `loupe render`, or run under a virtual display: "
            "`xvfb-run -a loupe open …`.",
            code="render-no-display",
        )
