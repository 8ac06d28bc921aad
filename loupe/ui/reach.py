"""How far a window's time reaches once its label files and videos are open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from loupe.app.rules import clamp_cursor, clamp_window
from loupe.app.start import whole_extent
from loupe.app.state import AppState
from loupe.scene.model import Scene
from loupe.units import Span

__all__ = ["reaching"]


def reaching(state: AppState, scene: Scene, videos: Sequence[Span]) -> AppState:
    """The state with an extent that holds data, labels and videos.

    Parameters
    ----------
    videos
        Times of the videos that are open; without data and labels they alone make the extent,
        and the window starts where they do.
    """
    tables = [track.table for track in state.tracks]
    alone = scene.bare and not any(table.span for table in tables)
    spans = list(videos) if alone and videos else [whole_extent(scene, tables), *videos]
    extent = spans[0]
    for span in spans[1:]:
        extent = extent.union(span)
    if extent.length <= 0:
        extent = Span(extent.start, extent.start + 1.0)
    if extent == state.extent:
        return state
    window = clamp_window(state.window, extent)
    cursor = clamp_cursor(state.cursor, window, extent)
    return replace(state, extent=extent, window=window, cursor=cursor)
