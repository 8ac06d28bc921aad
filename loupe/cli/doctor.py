"""`loupe doctor`: what this machine has, what is missing, and how to install it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import typer

from loupe.cli.progress import shown_progress

__all__ = ["run"]

INSTEAD = {
    "opencv-python": (
        "opencv-python-headless",
        "opencv-contrib-python",
        "opencv-contrib-python-headless",
    )
}
"""Packages that hold the same module as one that Loupe requires."""

PATIENCE_S = 60.0
"""How long a driver may take to answer."""

OPTIONAL = {
    "dask": "dask",
    "s3fs": "s3",
    "aiohttp": "http",
    "pandas": "pandas",
    "edfio": "edf",
    "soundfile": "audio",
    "mne": "mne",
    "neo": "neo",
}

_LINUX = sys.platform.startswith("linux")

GL_PROBE = """
from loupe.render.offscreen import Offscreen
with Offscreen():
    from vispy.gloo import gl
    name, size = gl.glGetParameter(gl.GL_RENDERER), gl.glGetParameter(gl.GL_MAX_TEXTURE_SIZE)
    print(f"{name}, OpenGL {gl.glGetParameter(gl.GL_VERSION)}, textures to {size}")
"""

WINDOW_PROBE = """
import os
from PySide6.QtGui import QGuiApplication, QFontDatabase
app = QGuiApplication([])
print(app.platformName() + ", " + str(len(QFontDatabase.families())) + " font families")
"""


def run(*, quiet: bool = False) -> int:
    """Print the report, quiet only what is missing; 0 if nothing is, else 1."""
    problems: list[str] = []
    for title, lines in (
        ("Loupe", _versions(problems)),
        ("Optional packages", _optional()),
        ("Drawing", _drawing(problems)),
        ("Video decoders", _video(problems)),
        ("Folders", _folders()),
    ):
        with shown_progress("Looking at", quiet=quiet) as tell:
            tell(0, 0, title.lower())
            found = list(lines)
        if not quiet:
            typer.echo("\n".join([title, *(f"  {line}" for line in found), ""]))
    for problem in problems:
        typer.echo(f"hint: {problem}")
    if not problems and not quiet:
        typer.echo("Nothing is missing.")
    return 1 if problems else 0


def _versions(problems: list[str]) -> Iterator[str]:
    from loupe import __version__

    yield f"loupe {__version__} on Python {platform.python_version()}, {platform.platform()}"
    required = _required()
    if not required:
        yield "loupe is not installed, so nothing says which packages it needs"
    for name in required:
        found = next((one for one in (name, *INSTEAD.get(name, ())) if _version(one)), None)
        if found is None:
            problems.append(f"a package is missing: pip install {name}")
        yield f"{found} {_version(found)}" if found else f"{name} MISSING"


def _required() -> list[str]:
    """The packages that this installation of Loupe says it needs, extras aside."""
    try:
        lines = importlib.metadata.requires("loupe") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    # A package for one version of Python only is there with the others as well, by another one.
    names = [
        found[0]
        for line in lines
        if "extra ==" not in line and (found := re.match(r"[\w.-]+", line))
    ]
    return sorted(dict.fromkeys(names), key=str.lower)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _optional() -> Iterator[str]:
    for name, extra in OPTIONAL.items():
        yield f"{name} {_version(name) or f'not installed: pip install loupe[{extra}]'}"


def _drawing(problems: list[str]) -> Iterator[str]:
    # In processes of their own: a driver that crashes must not take the report with it.
    picture = _probe(GL_PROBE, {"EGL_PLATFORM": "surfaceless"})
    yield f"pictures without a display (EGL): {picture or 'not possible'}"
    if not picture:
        problems.append(
            "for `loupe render` on Debian: apt-get install libegl1 libgl1-mesa-dri"
            if _LINUX
            else "for `loupe render`: a library of EGL (libEGL), which not every system brings"
        )
    if _LINUX and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        yield "windows: there is no display (DISPLAY and WAYLAND_DISPLAY are not set)"
        return
    window = _probe(WINDOW_PROBE, {})
    yield f"windows (Qt): {window or 'Qt cannot start'}"
    if not window:
        problems.append(
            "for windows on Debian: apt-get install libxcb-cursor0 libxkbcommon-x11-0 "
            "libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 "
            "libxcb-shape0"
            if _LINUX
            else "for windows: pip install --force-reinstall PySide6-Essentials; update the driver "
            "of the graphics card"
        )


def _probe(code: str, variables: dict[str, str]) -> str:
    """The last line that a small program prints; empty if it fails or hangs."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ""
    lines = done.stdout.strip().splitlines()
    return lines[-1] if done.returncode == 0 and lines else ""


def _video(problems: list[str]) -> Iterator[str]:
    try:
        import av
    except ImportError as error:
        problems.append("for videos: pip install av")
        yield f"PyAV cannot be loaded: {error}"
        return
    names = [
        n for n in ("h264", "hevc", "mpeg4", "mjpeg", "vp9", "av1") if n in av.codecs_available
    ]
    yield f"PyAV {av.__version__}: {', '.join(names)}"


def _folders() -> Iterator[str]:
    from loupe.cli.faults import fault_folder
    from loupe.kernels import kernel_cache_folder
    from loupe.labels.store import state_folder
    from loupe.session.folders import user_config_folder
    from loupe.video.kept import default_cache_folder

    places: tuple[tuple[str, Callable[[], Path | None]], ...] = (
        ("settings, state_definitions.json", user_config_folder),
        ("journals of labels", state_folder),
        ("reports of faults", fault_folder),
        ("compiled kernels", kernel_cache_folder),
        ("video indexes", default_cache_folder),
    )
    for what, where in places:
        folder = where()
        size = _size(folder) if folder is not None else 0
        yield f"{what}: {folder or 'no folder can be written'} ({size / 1e6:.1f} MB)"


def _size(folder: Path) -> int:
    if not folder.is_dir():
        return 0
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
