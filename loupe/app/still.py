"""One picture of a session without a window: everything in the caller's thread, then it is done."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from loupe.app.ports import InlineScheduler
from loupe.app.presenter import Presenter
from loupe.app.start import initial_state, track_state
from loupe.app.state import AppState, TrackState
from loupe.app.store import Store
from loupe.data.catalog import Catalog
from loupe.errors import LoupeConfigError
from loupe.labels.formats.base import read_options
from loupe.labels.store import load_table
from loupe.scene.compile import Progress, compile_scene
from loupe.scene.layout import Viewport
from loupe.scene.model import Scene, TrackSpec
from loupe.scene.timegrid import Window
from loupe.scene.tracks import table_of
from loupe.session.effective import effective
from loupe.work import InlinePool

if TYPE_CHECKING:
    from loupe.labels.table import IntervalTable
    from loupe.session.model import Session

__all__ = ["Still", "check_view", "load_track", "open_scene", "still"]


@dataclass(frozen=True, eq=False, slots=True)
class Still:
    """A settled picture and the store whose state it shows."""

    presenter: Presenter
    store: Store


def open_scene(
    session: Session, *, allow_remote: bool = False, progress: Progress | None = None
) -> Scene:
    """Open what a session names, headers only, and compile it."""
    catalog = Catalog(session.base, allow_remote, session.view.cache_mb / 2)
    return compile_scene(session, catalog, progress=progress)


def load_track(session: Session, spec: TrackSpec, origin: datetime | None = None) -> IntervalTable:
    """The labels of one set, for looking at; a file that does not exist yet is an empty set.

    Parameters
    ----------
    origin
        Wall clock of second 0, for files with dates.

    Raises
    ------
    IntervalLabelIOError, IntervalLabelSchemaError
        If the file cannot be read or breaks its schema.
    """
    config = spec.config
    if config.data is not None:
        return table_of(spec)
    base = session.base
    path = config.path or ""
    return load_table(
        base / path if base is not None else path,
        config.table_schema,
        format=config.format,
        missing_ok=True,
        options=read_options(config, origin),
    ).table


def still(
    session: Session,
    viewport: Viewport,
    *,
    start: float | None = None,
    window: float | None = None,
    theme: str | None = None,
    allow_remote: bool = False,
    progress: Progress | None = None,
    change: Callable[[AppState], AppState] = lambda state: state,
) -> Still:
    """Open a session and draw one view of it.

    Parameters
    ----------
    viewport
        Size of the canvas and scale.
    start, window
        Left edge and length in seconds; the session's by default.
    theme
        "dark" or "light"; the session's by default.
    change
        Further changes to the first state.

    Raises
    ------
    LoupeConfigError
        If `start` or `window` is no time, or nothing of the recording lies in it.
    LoupeError
        If a label file cannot be read. Plots that fail are rows that say why.
    """
    check_view(start, window)
    session = effective(session)
    scene = open_scene(session, allow_remote=allow_remote, progress=progress)
    tracks: list[TrackState] = [
        track_state(spec.config, spec.id, load_track(session, spec, scene.origin), name=spec.name)
        for spec in scene.tracks
    ]
    state = initial_state(scene, viewport, tracks=tracks)
    if start is not None or window is not None:
        length = state.window.length if window is None else window
        left = state.window.start if start is None else start
        state = replace(state, window=Window(left, length), cursor=left)
        # How far videos reach is not known here.
        if not any(video.visible for video in session.videos):
            _check_in_view(state)
    if theme in ("dark", "light"):
        state = replace(
            state, view=replace(state.view, theme="light" if theme == "light" else "dark")
        )
    state = change(state)
    store = Store(state)
    pool = InlinePool(eager=False)
    presenter = Presenter(scene, store, InlineScheduler(), pool)
    # Work that goes on where it stopped is handed in again while this runs.
    pool.run()
    return Still(presenter, store)


def check_view(start: float | None, window: float | None) -> None:
    """Refuse a left edge or a length that no picture can have.

    Raises
    ------
    LoupeConfigError
        If one is no finite number, or the length is not above 0.
    """
    for name, value in (("start", start), ("window", window)):
        if value is not None and not math.isfinite(value):
            raise LoupeConfigError(
                f"the {name} is {value}, which is no time",
                hint="give it in seconds",
                code="render-window",
            )
    if window is not None and not window > 0:
        raise LoupeConfigError(
            f"the window must be longer than 0 s, got {window:g}", code="render-window"
        )


def _check_in_view(state: AppState) -> None:
    extent, window = state.extent, state.window
    if window.start > extent.stop or window.stop < extent.start:
        raise LoupeConfigError(
            f"nothing of the recording lies between {window.start:.10g} and {window.stop:.10g} s",
            hint=f"it goes from {extent.start:.10g} to {extent.stop:.10g} s",
            code="render-window",
        )
