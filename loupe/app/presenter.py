"""Keeps one Frame equal to the state: plans tiles, has them made, builds, tells the view.

The only place that knows both the store and the tiles. All methods run on the
window's thread; work runs in the pool and comes back through the scheduler. At
most one repaint is asked for at a time, and a new window waits up to 30 ms for
its tiles, because two repaints cost more than the wait.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from loupe.app.ports import Scheduler
from loupe.app.state import AppState
from loupe.app.store import Store
from loupe.scene.build import Picture, Track, build
from loupe.scene.frame import Frame
from loupe.scene.gutter import gutter_width
from loupe.scene.hit import Hover, hover
from loupe.scene.layout import Layout
from loupe.scene.looks import Look
from loupe.scene.model import Row, Scene, TraceContent
from loupe.scene.plan import best_tile, layout_of, look_of, shown_rows, tile_job
from loupe.scene.plots.trace import usual_range
from loupe.scene.theme import Theme, theme
from loupe.scene.tile import TileContent, TileJob
from loupe.scene.timegrid import TimeGrid
from loupe.scene.workbench import Workbench
from loupe.units import Rgba
from loupe.work import Done, Pool, Priority, ThreadPool

__all__ = ["Counts", "Presenter"]

HOLD_MS, MOST_HOLD_MS = 30.0, 90.0
"""How long a repaint waits for tiles of a window that has none; the second figure where tiles
have lately come a little later than the first, as on a busy machine: it is still less than the
cost of a repaint in vain."""

REFINE_MS = 80.0
"""How often at most a picture that is not complete yet is drawn again while its tiles come."""

PATIENCE_S = 0.2
"""Work that takes longer than this is told about."""

PREFETCH_MS = 80.0
"""Quiet time after which neighbouring tiles are made."""

KEPT = 4
"""Finished tiles kept a row: the shown one, its neighbours, a stand-in."""


@dataclass(slots=True)
class Counts:
    """What tests count."""

    frames: int = 0
    jobs: int = 0
    stale: int = 0


class Presenter:
    """One window's picture.

    Parameters
    ----------
    scene, store
        What can be drawn, and the state that says what is.
    scheduler
        The window's event loop.
    pool
        Where tiles are made; two threads of its own by default.
    bench
        Cache of reads and reductions; its own by default.
    system_theme
        Gives the desktop's theme when the state says "system".
    asleep
        Whether to make nothing before `refresh` is called: while a window is put together, its
        canvas has several sizes.
    """

    def __init__(
        self,
        scene: Scene,
        store: Store,
        scheduler: Scheduler,
        pool: Pool | None = None,
        bench: Workbench | None = None,
        system_theme: Callable[[], str] = lambda: "dark",
        asleep: bool = False,
    ) -> None:
        self.scene = scene
        self.counts = Counts()
        self._store = store
        self._scheduler = scheduler
        self._owns_pool = pool is None
        self._pool: Pool = pool if pool is not None else ThreadPool(2, "loupe-tiles")
        ceiling = scene.session.view.cache_mb << 20
        self.bench = bench if bench is not None else Workbench(ceiling // 4)
        self._tile_ceiling = ceiling // 4
        self._system_theme = system_theme
        self._tiles: dict[str, list[TileContent]] = defaultdict(list)
        self._waiting: dict[object, str] = {}
        self._left: dict[object, int] = {}
        self._asked = 0
        self._asked_at = 0.0
        self._usual_ms = 0.0
        self._generation = 0
        self._callbacks: list[Callable[[], None]] = []
        self._cancel_hold: Callable[[], None] | None = None
        self._cancel_refine: Callable[[], None] | None = None
        self._cancel_prefetch: Callable[[], None] | None = None
        self._frame_due = False
        self._closed = False
        self._asleep = asleep
        self._direction = 1
        self._gutters: dict[float, float] = {}
        self._rows = shown_rows(scene, store.state.overrides)
        self._layout = self._lay_out(store.state)
        self._frame: Frame | None = None
        self._shown: dict[str, TileContent] = {}
        self._unsubscribe = store.subscribe(self._changed)
        self._plan(hold=False)

    # What the view reads.

    @property
    def layout(self) -> Layout:
        """Where everything stands now."""
        return self._layout

    @property
    def frame(self) -> Frame:
        """The picture of the state now; built when asked for."""
        if self._frame is None:
            self._frame = self._build()
            self.counts.frames += 1
        return self._frame

    @property
    def theme(self) -> Theme:
        """The theme in force, "system" resolved."""
        name = self._store.state.view.theme
        return theme(self._system_theme() if name == "system" else name)

    @property
    def rows(self) -> tuple[Row, ...]:
        """Shown rows, top first."""
        return self._rows

    @property
    def progress(self) -> tuple[int, int]:
        """Tiles (done, asked for) since the view last had everything; (0, 0) when it has.

        Also (0, 0) for the first moments: telling of what is there at once only costs time.
        """
        left = len(self._waiting)
        if not left or time.monotonic() - self._asked_at < PATIENCE_S:
            return (0, 0)
        return (self._asked - left, self._asked)

    @property
    def settled(self) -> bool:
        """Whether nothing is being made and the last frame shows all of it."""
        return not self._waiting and not self._frame_due

    @property
    def holding(self) -> bool:
        """Whether a frame waits for its tiles; `on_frame` will call back soon in any case."""
        return self._cancel_hold is not None

    def on_frame(self, callback: Callable[[], None]) -> None:
        """Call back whenever `frame` has changed; never twice before the view has drawn one."""
        self._callbacks.append(callback)

    def status(self) -> str:
        """What one pixel column stands for, such as "each column is the range of 29 samples"."""
        plain = [tile.per_column for tile in self._shown.values() if not tile.density]
        per_column = max(plain, default=0.0)
        told = []
        if per_column >= 2:
            told = [f"each column is the range of {per_column:,.0f} samples"]
        elif plain:
            told = ["every sample is drawn"]
        if (rows := max((tile.rows_a_line for tile in self._shown.values()), default=1.0)) > 1:
            if per_column < 2:
                told = []  # rows are not drawn sample by sample
            told.append(f"each line stands for up to {math.ceil(rows):,} rows")
        if len(plain) < len(self._shown):
            told.append("events as density")
        return "; ".join(told).replace(",", "\N{NARROW NO-BREAK SPACE}")

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the data: why an overview file is not used."""
        return tuple(self.bench.notes)

    def hover(self, x: float, y: float) -> Hover | None:
        """What is under a canvas point: row and value, exactly; None outside of rows."""
        return hover(self._picture(), self.bench, x, y)

    def y_range(self, row_id: str) -> tuple[float, float] | None:
        """Values at a row's bottom and top edge as drawn (traces) or its levels (heatmaps)."""
        tile = self._shown.get(row_id)
        return tile.y_range if tile is not None else None

    def usual_range(self, row_id: str) -> tuple[float, float] | None:
        """The range that a stacked row has when nobody gives it one; None for other rows."""
        row = self.scene.row(row_id)
        return (
            usual_range(row.content, self.bench) if isinstance(row.content, TraceContent) else None
        )

    def refresh(self) -> None:
        """Build the frame anew, for a change that the state does not show (the system's theme)."""
        self._asleep = False
        self._plan(hold=False)

    def retune(self, scene: Scene, rows: Collection[str], gone: Collection[str]) -> None:
        """Take a scene with other data in some rows; their old pictures stay until there are new.

        Parameters
        ----------
        rows
            Ids of these rows.
        gone
            Keys of the arrays that are not shown any more.
        """
        self.scene = scene
        self.bench.forget(gone, rows)
        # Names may become longer; plots that step aside and back again would be worse than room.
        self._gutters = {
            size: max(width, gutter_width(scene.rows, size))
            for size, width in self._gutters.items()
        }
        self._rows = shown_rows(scene, self._store.state.overrides)
        self._layout = self._lay_out(self._store.state)
        self._plan(hold=True)

    def close(self) -> None:
        """Stop working; the pool is closed if it was made here."""
        self._closed = True
        self._unsubscribe()
        for cancel in (self._cancel_hold, self._cancel_refine, self._cancel_prefetch):
            if cancel is not None:
                cancel()
        if self._owns_pool:
            # What still runs is for nobody: a read that hangs is not waited for.
            self._pool.close(0.0)
        self._callbacks.clear()

    # State to plan.

    def _changed(self, before: AppState, after: AppState) -> None:
        if before.overrides is not after.overrides:
            self._rows = shown_rows(self.scene, after.overrides)
        if before.window != after.window:
            self._direction = 1 if after.window.start >= before.window.start else -1
        same_picture = all(
            getattr(before, name) is getattr(after, name)
            or getattr(before, name) == getattr(after, name)
            for name in ("window", "viewport", "view", "overrides", "scroll")
        )
        if same_picture and self._strips(before) == self._strips(after):
            drawn = (
                "cursor", "selection", "tracks", "selected_rows", "focused_row", "measure",
                "extent",
            )  # fmt: skip
            if any(
                getattr(before, n) is not getattr(after, n)
                and getattr(before, n) != getattr(after, n)
                for n in drawn
            ):
                self._emit()
            return
        self._layout = self._lay_out(after)
        self._plan(hold=True)

    def _lay_out(self, state: AppState) -> Layout:
        return layout_of(
            self._rows,
            state.overrides,
            state.view,
            state.viewport,
            state.window,
            strips=self._strips(state),
            scroll=state.scroll,
            gutter=self._gutter(state.view.font_scale),
        )

    def _gutter(self, font_scale: float) -> float:
        """Width of the left gutter for a size of text, measured once."""
        if font_scale not in self._gutters:
            self._gutters[font_scale] = gutter_width(self.scene.rows, font_scale)
        return self._gutters[font_scale]

    def _strips(self, state: AppState) -> int:
        return sum(track.strip for track in self._tracks(state))

    def _tracks(self, state: AppState) -> list[Track]:
        specs = {spec.id: spec.config for spec in self.scene.tracks}
        shown = []
        for track in state.tracks:
            if not track.visible:
                continue
            config = specs.get(track.id)
            strip = (state.view.strip or state.view.strip_only) and track.strip
            shown.append(Track(track.table, config is None or config.overlay, strip))
        return shown

    def _plan(self, *, hold: bool) -> None:
        if self._closed or self._asleep:
            return
        self._generation += 1
        grid = self._layout.grid
        missing = False
        for row_id, tiles in self._tiles.items():
            # What failed may work when one comes back to it.
            shown = self._shown.get(row_id)
            tiles[:] = [t for t in tiles if not t.error or t is shown]
        self._shown = {}
        wanted: list[TileJob] = []
        for row, look in self._visible():
            tile, exact = best_tile(self._tiles[row.id], row, look, grid)
            if tile is not None:
                self._shown[row.id] = tile
            if not exact:
                missing = True
                # A pan goes on: it gets a margin. All else is shown first as far as it is seen.
                pans = (
                    tile is not None
                    and tile.dt == grid.dt
                    and not tile.covers(grid.dt, grid.k0, grid.width)
                )
                job = tile_job(row, look, grid, margin=pans)
                if job is not None:
                    wanted.append(job)
        self._waiting = {}
        self._left = {}
        self._asked = len(wanted)
        self._asked_at = time.monotonic()
        for job in wanted:
            self._waiting[job.key] = job.row_id
        for job in wanted:
            self._submit(job, Priority.VISIBLE)
        self._pool.advance(self._generation)
        if missing and hold and self._waiting:
            self._hold()
        else:
            self._emit()
        self._prefetch_later()

    def _visible(self) -> list[tuple[Row, Look]]:
        state = self._store.state
        by_id = {row.id: row for row in self._rows}
        return [
            (
                by_id[box.row_id],
                look_of(
                    by_id[box.row_id],
                    box.rect.h,
                    self.theme,
                    state.viewport,
                    state.view,
                    state.overrides,
                ),
            )
            for box in self._layout.visible
            if box.row_id in by_id
        ]

    def _submit(self, job: TileJob, priority: Priority) -> None:
        self.counts.jobs += 1
        bench = self.bench

        def done(outcome: Done) -> None:
            self._scheduler.post(lambda: self._arrived(job, outcome))

        self._pool.submit(
            job.key, self._generation, lambda: job.run(bench), done, priority=priority
        )

    # Tiles to frame.

    def _arrived(self, job: TileJob, outcome: Done) -> None:
        if self._closed:
            return
        was_waited_for = self._waiting.pop(job.key, None) is not None
        if outcome.error is not None:
            tile = job.failed(outcome.error)
        elif isinstance(outcome.value, TileContent):
            tile = outcome.value
        else:
            return
        kept = self._tiles[job.row_id]
        kept[:] = [tile, *(t for t in kept if t.key != tile.key)][:KEPT]
        self._bound_tiles()
        if not was_waited_for:
            self.counts.stale += 1
            self._widen(tile)
            return
        self._shown[job.row_id] = tile
        if 0 < tile.missing < self._left.get(job.key, tile.missing + 1):
            # Shown as far as it is known; the same work goes on where it stopped.
            self._left[job.key] = tile.missing
            self._waiting[job.key] = job.row_id
            self._submit(job, Priority.VISIBLE)
            self._refine()
            return
        self._left.pop(job.key, None)
        if not self._waiting:
            self._asked = 0
            took = (time.monotonic() - self._asked_at) * 1e3
            self._usual_ms += 0.3 * (took - self._usual_ms)
            self._emit()
            self._prefetch_later()
        else:
            self._refine()

    def _refine(self) -> None:
        """Show what has come so far, soon: a repaint a tile would take the time to make tiles."""
        if self._cancel_hold is None and self._cancel_refine is None:
            self._cancel_refine = self._scheduler.later(REFINE_MS, self._refine_over)

    def _refine_over(self) -> None:
        self._cancel_refine = None
        self._emit()

    def _widen(self, tile: TileContent) -> None:
        """Show a tile with margins in place of one without, so that a pan finds it uploaded."""
        shown = self._shown.get(tile.row_id)
        if shown is None or shown.width >= tile.width or self._waiting:
            return
        for row, look in self._visible():
            if row.id == tile.row_id and best_tile([tile], row, look, self._layout.grid)[1]:
                self._shown[row.id] = tile
                self._emit()

    def _bound_tiles(self) -> None:
        held = sum(t.nbytes for tiles in self._tiles.values() for t in tiles)
        visible = {row.id for row, _ in self._visible()}
        for row_id in [r for r in self._tiles if r not in visible]:
            if held <= self._tile_ceiling:
                return
            held -= sum(t.nbytes for t in self._tiles.pop(row_id))
        for tiles in self._tiles.values():
            while held > self._tile_ceiling and len(tiles) > 1:
                held -= tiles.pop().nbytes

    def _hold(self) -> None:
        if self._cancel_hold is None:
            ms = min(max(HOLD_MS, 1.5 * self._usual_ms), MOST_HOLD_MS)
            self._cancel_hold = self._scheduler.later(ms, self._hold_over)

    def _hold_over(self) -> None:
        self._cancel_hold = None
        self._emit()

    def _emit(self) -> None:
        """Ask the view for one repaint; more changes before it draws cost nothing."""
        if self._cancel_hold is not None and not self._waiting:
            self._cancel_hold()
            self._cancel_hold = None
        self._frame = None
        if self._cancel_hold is not None or self._frame_due:
            return
        if self._cancel_refine is not None:
            self._cancel_refine()
            self._cancel_refine = None
        self._frame_due = True
        self._scheduler.post(self._tell)

    def _tell(self) -> None:
        self._frame_due = False
        if self._closed:
            return
        for callback in self._callbacks:
            callback()

    # Prefetch.

    def _prefetch_later(self) -> None:
        if self._cancel_prefetch is not None:
            self._cancel_prefetch()
        self._cancel_prefetch = self._scheduler.later(PREFETCH_MS, self._prefetch)

    def _prefetch(self) -> None:
        """Make the tiles of the next page in the direction of travel, and centre the shown ones."""
        self._cancel_prefetch = None
        if self._waiting or self._closed:
            return
        grid = self._layout.grid
        ahead = replace(grid, k0=grid.k0 + self._direction * grid.width)
        for row, look in self._visible():
            tiles = self._tiles[row.id]
            for target in (grid, ahead):
                _, exact = best_tile(tiles, row, look, _with_margin(target))
                job = None if exact else tile_job(row, look, target)
                if (
                    job is not None
                    and all(t.key != job.key for t in tiles)
                    and self._in_extent(target)
                ):
                    self._submit(job, Priority.PREFETCH)

    def _in_extent(self, grid: TimeGrid) -> bool:
        extent = self._store.state.extent
        return grid.span.start < extent.stop and grid.span.stop > extent.start

    # The frame.

    def _picture(self) -> Picture:
        state = self._store.state
        return Picture(
            scene=self.scene,
            rows=self._rows,
            layout=self._layout,
            theme=self.theme,
            view=state.view,
            overrides=state.overrides,
            tiles=self._shown,
            label_colors=self.label_colors,
            states=self.scene.session.states.states,
            extent=state.extent,
            cursor=state.cursor,
            selection=state.selection,
            tracks=self._tracks(state),
            selected_rows=state.selected_rows,
            focused_row=state.focused_row,
            measure=state.measure,
        )

    @property
    def label_colors(self) -> Mapping[str, Rgba]:
        """State to colour."""
        return self.scene.session.states.label_colors

    def without_cursor(self) -> Frame:
        """The frame as it is, but without cursor and flag, which hides the times under it."""
        return build(replace(self._picture(), cursor=None))

    def _build(self) -> Frame:
        return build(self._picture())


def _with_margin(grid: TimeGrid) -> TimeGrid:
    """The grid and an eighth of a window on both sides.

    Nearer than that to a tile's edge, the next few scroll steps would leave it.
    """
    margin = grid.width // 8
    return replace(grid, k0=grid.k0 - margin, width=grid.width + 2 * margin)
