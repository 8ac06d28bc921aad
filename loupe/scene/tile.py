"""What is asked of a worker for one row, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from loupe.errors import LoupeError
from loupe.scene.workbench import Workbench

__all__ = ["Points", "TileContent", "TileJob"]


@dataclass(frozen=True, eq=False, slots=True)
class Points:
    """Symbols that belong to a tile, placed by time.

    Attributes
    ----------
    t
        ``(n,)`` seconds.
    y
        ``(n,)`` pixels from the row's top at the height the tile was made for.
    sizes, symbols, colors
        As in `SpritesItem`.
    lines
        ``(m, 3)`` of time, y0, y1: full or trace-high vertical lines, coloured by `line_colors`,
        `line_widths` pixels wide.
    """

    t: npt.NDArray[np.float64]
    y: npt.NDArray[np.float32]
    sizes: npt.NDArray[np.float32]
    symbols: npt.NDArray[np.uint8]
    colors: npt.NDArray[np.uint8]
    filled: npt.NDArray[np.bool_]
    lines: npt.NDArray[np.float64]
    line_colors: npt.NDArray[np.uint8]
    line_widths: npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False, slots=True)
class TileContent:
    """A finished tile of one row.

    Attributes
    ----------
    key
        Names the pixels.
    dt, k0, width
        The columns it covers.
    height
        Device pixels of the row it was made for.
    pixels
        Premultiplied RGBA ``(W, H, 4)``, or None for a heatmap.
    values
        ``(W, R)`` float32 of a heatmap, or None; fewer than its rows where they are folded.
    y_range
        Physical values at the row's bottom and top edge (traces), or levels (heatmaps).
    per_column
        Samples a column.
    missing
        Parts of the data that are not in the picture yet; the work goes on.
    density
        Most events in one cell when a raster is drawn as density, else 0.
    rows_a_line
        Rows that a line of pixels of a heatmap stands for, about; 1 where each has its own.
    """

    row_id: str
    key: Hashable
    dt: float
    k0: int
    width: int
    height: int
    pixels: npt.NDArray[np.uint8] | None = None
    values: npt.NDArray[np.float32] | None = None
    y_range: tuple[float, float] = (0.0, 1.0)
    per_column: float = 0.0
    density: int = 0
    rows_a_line: float = 1.0
    points: Points | None = None
    error: str = ""
    missing: int = 0
    facts: dict[str, float] = field(default_factory=dict)

    @property
    def texture_key(self) -> Hashable:
        """Names these pixels: each refinement of a tile has pixels of its own."""
        return (self.key, self.missing)

    @property
    def nbytes(self) -> int:
        """Bytes of picture held."""
        return sum(a.nbytes for a in (self.pixels, self.values) if a is not None)

    def covers(self, dt: float, k0: int, width: int) -> bool:
        """Whether it holds all of these columns."""
        return self.dt == dt and self.k0 <= k0 and k0 + width <= self.k0 + self.width


@dataclass(frozen=True, eq=False, slots=True)
class TileJob:
    """Work for one row: equal keys make equal tiles of columns ``k0 .. k0 + width - 1``."""

    key: Hashable
    row_id: str
    dt: float
    k0: int
    width: int
    run: Callable[[Workbench], TileContent]

    def failed(self, error: BaseException) -> TileContent:
        """What stands in the picture when the work failed: nothing, and why.

        Errors that are not meant for people are named by their type: some have no text at all,
        and that of others ("float division by zero") says little.
        """
        told = str(error).strip()
        if not isinstance(error, LoupeError):
            kind = type(error).__name__
            told = f"the picture could not be made: {kind}{f': {told}' if told else ''}"
        return TileContent(self.row_id, self.key, self.dt, self.k0, self.width, 1, error=told)
