"""Data with live parameters, and a window without a widget, for the tests of the Tuner."""

import sys
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parent.parent / "scene"))
from scene_kit import array

from loupe.app import commands as c
from loupe.app.ports import InlineScheduler
from loupe.app.presenter import Presenter
from loupe.app.start import initial_state, retuned, track_state
from loupe.app.still import load_track, open_scene
from loupe.app.store import Store
from loupe.app.tuner import Tuner
from loupe.scene.layout import Viewport
from loupe.session.build import build_session
from loupe.work import InlinePool

T = np.arange(3000) / 100
SINE = np.stack([np.sin(2 * np.pi * (k + 1) * T / 5) for k in range(3)]).astype(np.float32)
STATES = {"keymap": {"high": ["w"]}, "label_colors": {"high": "#ff8800"}}


class Bench:
    """Store, presenter and tuner; work waits until `run`, as a busy machine would have it."""

    def __init__(self, data, pool=None, keeps=True, **view):
        self.scene = open_scene(build_session(data, window_len=10.0, **view))
        tracks = [
            track_state(s.config, s.id, load_track(self.scene.session, s))
            for s in self.scene.tracks
        ]
        self.store = Store(initial_state(self.scene, Viewport(1000, 600, 1.0), tracks=tracks))
        self.scheduler, self.tiles = InlineScheduler(), InlinePool(eager=False)
        self.presenter = Presenter(self.scene, self.store, self.scheduler, self.tiles)
        self.pool = pool or InlinePool(eager=False)
        self.shown = []
        bench = self.presenter.bench
        self.tuner = Tuner(
            self.scene,
            self.store,
            self.scheduler,
            self._show,
            measured=bench.known_stats if keeps else None,
            pool=self.pool,
        )
        self.tiles.run()
        # In a quiet moment tiles get margins.
        self.scheduler.run_timers()
        self.tiles.run()

    def _show(self, found):
        self.shown.append(found)
        self.scene = found.scene
        self.presenter.retune(found.scene, found.rows, found.gone)
        state = retuned(self.store.state, found.scene, found.tables)
        self.store.dispatch(c.ReplaceState(state, state.note))

    def run(self):
        """Compute and draw until everything stands still."""
        for _ in range(20):
            self.scheduler.run_timers()
            self.pool.run()
            self.tiles.run()
            if self.tuner.settled and self.presenter.settled:
                return
        raise AssertionError("it does not settle")

    def set(self, value, index=0):
        self.store.dispatch(c.SetParam(index, value))
        self.run()

    def tile(self, row_id):
        return self.presenter._shown[row_id]

    def pixels(self, row_id):
        return self.tile(row_id).pixels

    def seen(self, row_id):
        """The pixels of the window's own columns: tiles have margins or not."""
        tile, grid = self.tile(row_id), self.presenter.layout.grid
        first = grid.k0 - tile.k0
        return tile.pixels[first : first + grid.width]


def scaled(gain):
    return array(SINE * gain.value, t=T)


def catalog(z):
    frame = pl.DataFrame(
        {
            "time": [1.0, 2.0, 3.0, 4.0, 5.0],
            "unit": [3, 1, 2, 1, 10],
            "group": ["a", "a", "a", "b", "b"],
            "z": [1.0, 2.0, 3.0, 4.0, 5.0],
        }
    )
    return frame.filter(pl.col("z") >= z)


def found(level):
    above = np.flatnonzero(np.diff((SINE[0] > level).astype(int), prepend=0, append=0))
    spans = T[np.minimum(above.reshape(-1, 2), len(T) - 1)]
    return pl.DataFrame({"start_s": spans[:, 0], "end_s": spans[:, 1], "label": "high"})
