"""Short films of the demo mouse: a dark animal in a pale arena, with the time burnt in.

The animal wanders when it is awake and breathes when it sleeps. The frame times are those of
cameras on their own clocks: the rate is a little off, and each frame jitters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from loupe.demo import Tick
from loupe.demo.states import REM, WAKE, Hypnogram
from loupe.units import Seconds, Span
from loupe.video.write import VideoWriter

__all__ = ["Camera", "film"]

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

WALK_HZ = 50.0
CLOCK_DRIFT = 2e-5
FUR, SKIN, BEDDING, WALL, INK = 52, 120, 176, 92, 20

_GLYPHS = {
    "0": (7, 5, 5, 5, 7), "1": (2, 6, 2, 2, 7), "2": (7, 1, 7, 4, 7), "3": (7, 1, 7, 1, 7),
    "4": (5, 5, 7, 1, 1), "5": (7, 4, 7, 1, 7), "6": (7, 4, 7, 5, 7), "7": (7, 1, 1, 2, 2),
    "8": (7, 5, 7, 5, 7), "9": (7, 5, 7, 1, 7), ":": (0, 2, 0, 2, 0), ".": (0, 0, 0, 0, 2),
}  # fmt: skip
"""Digits of 3 x 5 pixels, a row in three bits."""


@dataclass(frozen=True)
class Camera:
    """Where a camera looks from (``side`` or ``overhead``), its picture and its rate."""

    name: str
    width: int
    height: int
    fps: float


@dataclass(frozen=True)
class Pose:
    """The animal: place in the arena (0 to 1, 0 to 1), heading in radians, size of its body."""

    x: float
    y: float
    heading: float
    girth: float


def film(
    folder: Path,
    cameras: Sequence[Camera],
    hypnogram: Hypnogram,
    span: Span,
    rng: np.random.Generator,
    tick: Tick,
) -> None:
    """Write ``NAME.mp4`` and ``NAME_frame_times.npy`` for each camera over ``span``."""
    walk = _walk(hypnogram, span, rng)
    for camera in cameras:
        n = max(2, int(span.length * camera.fps))
        jitter = rng.normal(0, 0.05, n).clip(-0.2, 0.2)
        times = span.start + (np.arange(n) * (1 + CLOCK_DRIFT) + 0.3 + jitter) / camera.fps
        np.save(folder / f"{camera.name}_frame_times.npy", times)
        empty = _arena(camera, rng)
        with VideoWriter(
            folder / f"{camera.name}.mp4", (camera.width, camera.height), camera.fps
        ) as video:
            for i, t in enumerate(times):
                row = min(int((t - span.start) * WALK_HZ), len(walk) - 1)
                picture = empty.copy()
                _draw_mouse(picture, camera, Pose(*walk[row]))
                _draw_time(picture, t)
                video.write(np.repeat(picture[:, :, None], 3, axis=2))
                if i % 100 == 0:
                    tick(f"{camera.name} video", i / n)
        tick(f"{camera.name} video", 1.0)


def _walk(hypnogram: Hypnogram, span: Span, rng: np.random.Generator) -> Floats:
    """``(n, 4)`` x, y, heading and girth at `WALK_HZ`: a walk that turns away from the walls."""
    n = int(span.length * WALK_HZ) + 1
    states = hypnogram.at(span.start + np.arange(n) / WALK_HZ)
    out = np.empty((n, 4))
    x, y, heading, speed = 0.35, 0.4, 0.6, 0.0
    for i in range(n):
        awake = states[i] == WAKE
        wish = 0.25 if awake and np.sin(i / WALK_HZ / 2.1) > -0.4 else 0.0
        speed += (wish - speed) / (0.4 * WALK_HZ)
        heading += rng.normal(0, 2.5 / WALK_HZ**0.5) * min(1.0, speed / 0.1)
        x += speed * np.cos(heading) / WALK_HZ
        y += speed * np.sin(heading) / WALK_HZ
        if not (0.08 < x < 0.92 and 0.08 < y < 0.92):
            x, y = min(max(x, 0.08), 0.92), min(max(y, 0.08), 0.92)
            heading = float(np.arctan2(0.5 - y, 0.5 - x)) + rng.normal(0, 0.4)
        twitch = 0.04 * float(states[i] == REM and rng.random() < 0.03)
        breath = 0.04 * np.sin(2 * np.pi * i / WALK_HZ * (2.0 if awake else 1.3))
        out[i] = x, y, heading, 1.0 + breath + twitch
    return out


def _arena(camera: Camera, rng: np.random.Generator) -> Picture:
    """The empty scene, ``(height, width)`` grey."""
    shape = (camera.height, camera.width)
    scene = np.full(shape, float(WALL))
    floor = scene[8:-8, 8:-8] if camera.name == "overhead" else scene[camera.height // 2 :]
    floor[:] = BEDDING
    scene += rng.normal(0, 5, shape)
    grey: Picture = np.clip(scene, 0, 255).astype(np.uint8)
    return grey


def _draw_mouse(picture: Picture, camera: Camera, pose: Pose) -> None:
    height, width = picture.shape
    if camera.name == "overhead":
        along, across, size = np.cos(pose.heading), np.sin(pose.heading), 0.075 * width
        px, py = pose.x * width, pose.y * height
        tilt = pose.heading
    else:  # from the side: nearer is lower and larger, and the heading is left or right
        along, across = np.cos(pose.heading), 0.1
        size = (0.05 + 0.03 * pose.y) * width
        px, py = (0.08 + 0.84 * pose.x) * width, (0.55 + 0.36 * pose.y) * height
        tilt = 0.0
    tail = (px - 1.9 * size * along, py - 1.9 * size * across)
    _ellipse(picture, tail, (0.9 * size, 0.1 * size), tilt, SKIN)
    _ellipse(picture, (px, py), (1.2 * size, 0.62 * size * pose.girth), tilt, FUR)
    head = (px + 1.3 * size * along, py + 1.3 * size * across)
    _ellipse(picture, head, (0.55 * size, 0.4 * size), tilt, FUR)
    ear = (px + 1.1 * size * along, py + 1.1 * size * across - 0.25 * size)
    _ellipse(picture, ear, (0.2 * size, 0.2 * size), 0.0, SKIN)


def _ellipse(
    picture: Picture,
    centre: tuple[float, float],
    radii: tuple[float, float],
    tilt: float,
    grey: int,
) -> None:
    """Lay an ellipse with a soft edge over the picture, clipped at its borders."""
    reach = max(radii) + 2
    x0, x1 = max(0, int(centre[0] - reach)), min(picture.shape[1], int(centre[0] + reach) + 1)
    y0, y1 = max(0, int(centre[1] - reach)), min(picture.shape[0], int(centre[1] + reach) + 1)
    if x0 >= x1 or y0 >= y1:
        return
    y, x = np.mgrid[y0:y1, x0:x1]
    dx, dy = x - centre[0], y - centre[1]
    u = (dx * np.cos(tilt) + dy * np.sin(tilt)) / radii[0]
    v = (dy * np.cos(tilt) - dx * np.sin(tilt)) / radii[1]
    cover = np.clip((1 - np.hypot(u, v)) * min(radii) + 0.5, 0, 1)
    part = picture[y0:y1, x0:x1]
    part[:] = np.rint(part + (grey - part.astype(float)) * cover).astype(np.uint8)


def _draw_time(picture: Picture, t: Seconds) -> None:
    """Burn ``h:mm:ss.cc`` of the recording's clock into the lower left corner."""
    centis = round(t * 100)
    clock = f"{centis // 360000}:{centis // 6000 % 60:02}:{centis // 100 % 60:02}.{centis % 100:02}"
    zoom, left, top = 2, 8, picture.shape[0] - 18
    for glyph in clock:
        bits = np.array([[row >> k & 1 for k in (2, 1, 0)] for row in _GLYPHS[glyph]], bool)
        ink = np.kron(bits, np.ones((zoom, zoom), bool))
        picture[top : top + 5 * zoom, left : left + 3 * zoom][ink] = INK
        left += 4 * zoom
