"""Draw frames with gloo in whatever OpenGL context is current.

How to hook a surface: make its GL context current, make a `GlooHost` (or a
`vispy.app.Canvas`) gloo's current canvas, then call `GLRenderer.apply` and `GLRenderer.draw` in
the paint callback. The renderer draws into the framebuffer that the host names and keeps no
state of the GL between frames. This room knows frames only: no session, no Qt.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from vispy import gloo
from vispy.gloo import gl
from vispy.gloo.context import get_current_canvas

from loupe.errors import LoupeRenderError
from loupe.render.cache import RenderStats, TextureCache, check_side
from loupe.render.order import groups, steps
from loupe.render.visuals.hatch import HatchVisual
from loupe.render.visuals.rects import RectsVisual
from loupe.render.visuals.scalar import ScalarVisual, lut_texture, texels
from loupe.render.visuals.sprites import SpritesVisual
from loupe.render.visuals.tile import TileVisual
from loupe.scene.frame import (
    MAX_SIDE,
    Frame,
    FramePanel,
    Item,
    PxRect,
    RectsItem,
    RgbaTile,
    ScalarTile,
    SpritesItem,
)

__all__ = ["GLRenderer", "RenderStats"]


@dataclass(slots=True)
class _Batch:
    """Rectangles that are drawn with one command, and what their buffer was made from.

    The items are kept alive, so that their identities in `key` stay their own.
    """

    buffer: Any
    key: list[tuple[PxRect, int]] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)


class GLRenderer:
    """Makes a GL surface equal to a frame.

    Parameters
    ----------
    max_bytes
        Bytes of textures that are kept besides those of the present frame.
    keep_frames
        A texture that was in none of so many frames is given up.

    Attributes
    ----------
    stats
        Counts of what was done; see `RenderStats`.

    Raises
    ------
    LoupeRenderError
        If gloo has no current canvas.
    """

    def __init__(self, *, max_bytes: int = 64 << 20, keep_frames: int = 60) -> None:
        if get_current_canvas() is None:
            raise LoupeRenderError(
                "there is no OpenGL context to draw in",
                hint="make a context current and a GlooHost of it gloo's canvas first",
            )
        self.stats = RenderStats()
        self._textures = TextureCache(self.stats, max_bytes, keep_frames)
        self._luts: dict[Hashable, Any] = {}
        # Vertex buffers by the identity of their item, which is kept alive beside them.
        self._buffers: dict[int, tuple[SpritesItem, Any]] = {}
        self._batches: dict[tuple[int, int], _Batch] = {}
        self._slots: set[tuple[int, int]] = set()
        self._tiles = TileVisual()
        self._scalars = ScalarVisual()
        self._rects = RectsVisual()
        self._hatches = HatchVisual()
        self._sprites = SpritesVisual()
        self._frame: Frame | None = None
        self._refused: LoupeRenderError | None = None

    def apply(self, frame: Frame) -> None:
        """Take a frame to draw from now on; only its new tiles are uploaded, at the next draw.

        Raises
        ------
        LoupeRenderError
            If a tile is too large for a texture; the frame before stays.
        """
        for panel in frame.panels:
            for item in panel.items:
                if isinstance(item, RgbaTile):
                    check_side(item.pixels.shape)
                elif isinstance(item, ScalarTile):
                    check_side(item.values.shape)
                    check_side((len(item.lut), 1))
        self._frame = frame

    def draw(self, width: int, height: int) -> None:
        """Draw the frame into the host's framebuffer of `width` x `height` device pixels.

        Raises
        ------
        LoupeRenderError
            If a tile is too large for this driver; everything else is drawn by then.
        """
        self._refused = None
        gloo.set_viewport(0, 0, width, height)
        gloo.set_state(
            preset=None,
            blend=True,
            depth_test=False,
            stencil_test=False,
            cull_face=False,
            scissor_test=False,
            blend_func=("one", "one_minus_src_alpha"),
        )
        gloo.set_color_mask(True, True, True, True)
        self.stats.frames += 1
        frame = self._frame
        r, g, b = (c / 255.0 for c in frame.background[:3]) if frame else (0.0, 0.0, 0.0)
        gloo.set_clear_color((r, g, b, 1.0))
        gloo.clear(color=True, depth=False, stencil=False)
        if frame is not None:
            for number, group in enumerate(groups(frame.panels)):
                self._draw_group(number, group, (width, height))
            self._trim(frame)
        get_current_canvas().context.flush_commands()
        if self._refused is not None:
            raise self._refused

    def read_pixels(self, width: int, height: int) -> npt.NDArray[np.uint8]:
        """Read the host's framebuffer back.

        Returns
        -------
        ndarray
            ``(height, width, 4)`` uint8, first row at the top.
        """
        pixels = gloo.read_pixels((0, 0, width, height), alpha=True)
        return np.ascontiguousarray(pixels, dtype=np.uint8)

    def close(self) -> None:
        """Delete everything on the GPU; the context must still be current."""
        self._textures.close()
        for texture in self._luts.values():
            texture.delete()
        for _, buffer in self._buffers.values():
            buffer.delete()
        for batch in self._batches.values():
            batch.buffer.delete()
        self._batches.clear()
        for visual in (
            self._tiles,
            self._scalars,
            self._rects,
            self._hatches,
            self._sprites,
        ):
            visual.close()
        self._luts.clear()
        self._buffers.clear()
        self._frame = None
        get_current_canvas().context.flush_commands()

    def _draw_group(self, number: int, panels: list[FramePanel], size: tuple[int, int]) -> None:
        """Draw panels that do not overlap: step by step, rectangles of all panels together."""
        runs = [(panel, steps(panel)) for panel in panels]
        for step in range(max(len(r) for _, r in runs)):
            now = [(panel, r[step]) for panel, r in runs if step < len(r) and r[step]]
            if not now:
                continue
            if step % 3 < 2:
                visual = self._rects if step % 3 == 0 else self._hatches
                self._draw_rects(visual, (number, step), now, size)
                continue
            gloo.set_state(scissor_test=True)
            for panel, items in now:
                self._draw_others(panel.rect, items, size[1])
            gloo.set_state(scissor_test=False)
            gloo.set_viewport(0, 0, *size)

    def _draw_rects(
        self,
        visual: RectsVisual | HatchVisual,
        slot: tuple[int, int],
        runs: list[tuple[FramePanel, list[Item]]],
        size: tuple[int, int],
    ) -> None:
        parts = [
            (panel.rect, item)
            for panel, items in runs
            for item in items
            if isinstance(item, RectsItem) and len(item.rects)
        ]
        if not parts:
            return
        self._slots.add(slot)
        key = [(rect, id(item)) for rect, item in parts]
        batch = self._batches.get(slot)
        if batch is None:
            batch = self._batches[slot] = _Batch(gloo.VertexBuffer())
        if batch.key != key:
            batch.key, batch.items = key, [item for _, item in parts]
            batch.buffer.set_data(visual.vertices(parts))
            self.stats.buffers += 1
        visual.draw(batch.buffer, size)
        self.stats.draws += 1

    def _draw_others(self, rect: PxRect, items: list[Item], height: int) -> None:
        box = (rect.x, height - rect.bottom, rect.w, rect.h)
        gloo.set_viewport(*box)
        gloo.set_scissor(*box)
        size = (rect.w, rect.h)
        for item in items:
            try:
                self._draw_item(item, size)
            except LoupeRenderError as error:
                self._refused = self._refused or error

    def _draw_item(self, item: Item, size: tuple[int, int]) -> None:
        if isinstance(item, RgbaTile):
            if item.pixels.size:
                self._tiles.draw(item, self._rgba(item), size)
                self.stats.draws += 1
        elif isinstance(item, ScalarTile):
            if item.values.size:
                self._scalars.draw(item, self._values(item), self._lut(item), size)
                self.stats.draws += 1
        elif isinstance(item, SpritesItem) and len(item.centres):
            self._sprites.draw(self._buffer(item), item.filled, size)
            self.stats.draws += 1

    def _rgba(self, tile: RgbaTile) -> Any:
        key = ("rgba", tile.key)
        return self._textures.get(key, self.stats.frames, lambda: self._checked(tile.pixels))

    def _values(self, tile: ScalarTile) -> Any:
        key = ("scalar", tile.key)
        return self._textures.get(
            key, self.stats.frames, lambda: texels(self._checked(tile.values)), "r32f"
        )

    def _checked(self, texels: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Refuse what this driver cannot hold, before it fails without a word."""
        check_side(texels.shape, min(int(gl.glGetParameter(gl.GL_MAX_TEXTURE_SIZE)), MAX_SIDE))
        return texels

    def _lut(self, tile: ScalarTile) -> Any:
        texture = self._luts.get(tile.lut_key)
        if texture is None:
            texture = self._luts[tile.lut_key] = lut_texture(tile.lut)
            self.stats.uploads += 1
            self.stats.upload_bytes += tile.lut.nbytes
        return texture

    def _buffer(self, item: SpritesItem) -> Any:
        known = self._buffers.get(id(item))
        if known is not None:
            return known[1]
        buffer = self._sprites.vertices(item)
        self._buffers[id(item)] = (item, buffer)
        self.stats.buffers += 1
        return buffer

    def _trim(self, frame: Frame) -> None:
        shown = {id(item) for panel in frame.panels for item in panel.items}
        for key in [k for k in self._buffers if k not in shown]:
            self._buffers.pop(key)[1].delete()
        for slot in [s for s in self._batches if s not in self._slots]:
            self._batches.pop(slot).buffer.delete()
        self._slots.clear()
        tables = {
            item.lut_key
            for panel in frame.panels
            for item in panel.items
            if isinstance(item, ScalarTile)
        }
        # Tables are small; a few stay, for a change back.
        spare = [name for name in self._luts if name not in tables]
        for name in spare[: max(len(self._luts) - 32, 0)]:
            self._luts.pop(name).delete()
        self._textures.trim(self.stats.frames)
