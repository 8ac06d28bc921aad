"""`loupe render`: a picture or a clip of a session, without any display."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from loupe.errors import LoupeConfigError

__all__ = ["parse_size", "run"]

LARGEST = 16384


def run(
    session: str,
    out: str,
    *,
    start: float | None = None,
    window: float | None = None,
    size: str = "1600x1000",
    scale: float = 1.0,
    theme: str | None = None,
    set_vars: Sequence[str] = (),
    allow_remote: bool = False,
    quiet: bool = False,
    speed: float = 1.0,
) -> int:
    """Draw a session into a PNG or an mp4 file; the exit code.

    Raises
    ------
    LoupeError
        If the session is wrong, its labels cannot be read, or nothing can be drawn here.
    """
    width, height = parse_size(size, scale)
    target = Path(out)
    kind = target.suffix.lower()
    if kind not in (".png", ".mp4"):
        raise LoupeConfigError(
            f"`{out}` ends in neither .png, for a picture, nor .mp4, for a clip",
            hint=f"write `{target.with_suffix('.png') if target.suffix else f'{out}.png'}`"
            if target.name.strip(".")
            else "name a file, as in `night.png`",
            code="render-format",
        )
    if not 0.01 <= speed <= 1000:
        raise LoupeConfigError(f"a speed of {speed:g} is not 0.01 to 1000", code="render-speed")
    if theme not in (None, "dark", "light"):
        raise LoupeConfigError(
            f"there is no theme `{theme}`", hint="use dark or light", code="render-theme"
        )
    from loupe.app.still import check_view
    from loupe.cli.opening import load_for_cli
    from loupe.cli.progress import shown_progress
    from loupe.ui.headless import View, render_clip, render_session

    check_view(start, window)
    loaded = load_for_cli(
        session, set_vars=set_vars, allow_remote=allow_remote, allow_write=None, quiet=quiet
    )
    view = View((width, height), scale, start, window, theme, allow_remote)
    with shown_progress("Opening" if kind == ".png" else "Writing", quiet=quiet) as progress:
        if kind == ".png":
            render_session(loaded, target, view, progress=progress)
        else:
            render_clip(loaded, target, view, speed=speed, progress=progress)
    if not quiet:
        import sys

        sys.stderr.write(f"wrote {target}\n")
    return 0


def parse_size(text: str, scale: float) -> tuple[int, int]:
    """Logical width and height from "1600x1000".

    Raises
    ------
    LoupeConfigError
        If it is not two positive numbers, or too large to draw.
    """
    parts = text.lower().split("x")
    try:
        width, height = (int(part) for part in parts)
    except ValueError:
        width = height = 0
    if width < 100 or height < 100:
        raise LoupeConfigError(
            f"`{text}` is not a size",
            hint="write WIDTHxHEIGHT, at least 100x100, as in 1600x1000",
            code="render-size",
        )
    if not 0.25 <= scale <= 8 or max(width, height) * scale > LARGEST:
        raise LoupeConfigError(
            f"{text} at scale {scale:g} is too large to draw, or the scale is not 0.25 to 8",
            hint=f"a side has at most {LARGEST} pixels",
            code="render-size",
        )
    return width, height
