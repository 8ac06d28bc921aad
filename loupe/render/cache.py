"""Textures by content key: uploaded once, kept while they may come back, bounded in bytes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from vispy import gloo

from loupe.errors import LoupeRenderError
from loupe.scene.frame import MAX_SIDE

__all__ = ["RenderStats", "TextureCache", "check_side"]


@dataclass(slots=True)
class RenderStats:
    """What was done since the start; for tests and reports.

    Attributes
    ----------
    frames, draws
        Calls of `GLRenderer.draw`, and draw commands in them.
    uploads, upload_bytes
        Textures of tiles and colour tables that went to the GPU.
    buffers
        Vertex buffers that went to the GPU.
    evictions
        Textures given up.
    textures, texture_bytes
        Textures of tiles that are on the GPU now.
    """

    frames: int = 0
    draws: int = 0
    uploads: int = 0
    upload_bytes: int = 0
    buffers: int = 0
    evictions: int = 0
    textures: int = 0
    texture_bytes: int = 0


def check_side(shape: tuple[int, ...], limit: int = MAX_SIDE) -> None:
    """Refuse a picture that no texture can hold.

    Raises
    ------
    LoupeRenderError
        If a side is longer than `limit` texels.
    """
    if max(shape[:2]) > limit:
        raise LoupeRenderError(
            f"a picture of {shape[0]} x {shape[1]} pixels is too large: "
            f"no side of a texture can have more than {limit} here",
            hint="make the window smaller, or show fewer rows at a time",
            code="render-too-large",
        )


@dataclass(slots=True)
class _Entry:
    texture: Any
    nbytes: int
    shape: tuple[int, ...]
    used: int


class TextureCache:
    """Textures of tiles.

    Parameters
    ----------
    stats
        Counts what happens here.
    max_bytes
        Textures that are not in the present frame are given up, oldest first, beyond this.
    keep_frames
        A texture is given up when it was in none of so many frames.
    """

    def __init__(self, stats: RenderStats, max_bytes: int, keep_frames: int) -> None:
        self._stats = stats
        self._max_bytes = max_bytes
        self._keep_frames = keep_frames
        self._entries: dict[Hashable, _Entry] = {}
        self._spare: _Entry | None = None

    def get(
        self,
        key: Hashable,
        frame: int,
        make: Callable[[], npt.NDArray[Any]],
        internalformat: str | None = None,
    ) -> Any:
        """Return the texture of a key; `make` gives the texels of a new one."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = self._upload(make(), internalformat)
        entry.used = frame
        return entry.texture

    def _upload(self, texels: npt.NDArray[Any], internalformat: str | None) -> _Entry:
        data = np.ascontiguousarray(texels)
        spare, self._spare = self._spare, None
        self._stats.uploads += 1
        self._stats.upload_bytes += data.nbytes
        self._stats.textures += 1
        self._stats.texture_bytes += data.nbytes
        if spare is not None and internalformat is None and spare.shape == data.shape:
            # Writing into a texture of the same size saves the driver an allocation.
            spare.texture.set_data(data)
            return spare
        if spare is not None:
            spare.texture.delete()
        texture = gloo.Texture2D(
            data,
            interpolation="nearest",
            wrapping="clamp_to_edge",
            internalformat=internalformat,
        )
        return _Entry(texture, data.nbytes, data.shape if internalformat is None else (), 0)

    def trim(self, frame: int) -> None:
        """Give up textures that were not used lately or do not fit."""
        total = sum(e.nbytes for e in self._entries.values() if e.used < frame)
        for key in sorted(self._entries, key=lambda k: self._entries[k].used):
            entry = self._entries[key]
            if entry.used >= frame:
                break
            if total <= self._max_bytes and frame - entry.used < self._keep_frames:
                break
            del self._entries[key]
            total -= entry.nbytes
            self._stats.evictions += 1
            self._stats.textures -= 1
            self._stats.texture_bytes -= entry.nbytes
            if self._spare is None and entry.shape:
                self._spare = entry
            else:
                entry.texture.delete()

    def close(self) -> None:
        """Delete every texture."""
        entries = [*self._entries.values(), *([self._spare] if self._spare else [])]
        self._entries.clear()
        self._spare = None
        for entry in entries:
            entry.texture.delete()
        self._stats.textures = self._stats.texture_bytes = 0
