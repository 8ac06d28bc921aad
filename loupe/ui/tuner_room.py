"""Live parameters in a window: the dock shows what the tuner is at, the window what it computed."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from loupe.app import commands
from loupe.app.start import retuned
from loupe.app.tuner import Tuner
from loupe.scene.live import Retuned
from loupe.session.source import InMemory
from loupe.ui.core import row_faults
from loupe.ui.panels.errors import Fault

if TYPE_CHECKING:
    from loupe.ui.app import LoupeWindow

__all__ = ["TunerRoom"]

_PATIENCE_MS = 200.0


class TunerRoom:
    """The tuner of one window, a new one for each session that it shows."""

    def __init__(self, window: LoupeWindow) -> None:
        self._window = window
        self._faults: tuple[Fault, ...] = ()
        self._closed = False
        self._tuner = self._made()
        self._tell()

    def _made(self) -> Tuner:
        window = self._window
        scene = window.desk.scene
        keeps = scene.session.view.tuner_preserve_view
        return Tuner(
            scene,
            window.store,
            window.scheduler,
            self._show,
            self._tell,
            (lambda *asked: window.core.presenter.bench.known_stats(*asked)) if keeps else None,
        )

    @property
    def settled(self) -> bool:
        """Whether the window shows what the parameters say now."""
        return self._tuner.settled

    def start(self) -> None:
        """Begin anew with the scene that the window shows now."""
        self._tuner.close()
        self._tuner = self._made()
        self._tell()

    def given(self, handle: InMemory) -> InMemory:
        """What a function in memory gave last; other handles as they are."""
        return self._tuner.given(handle)

    def close(self) -> None:
        """Stop."""
        self._closed = True
        self._tuner.close()

    def _show(self, found: Retuned) -> None:
        window = self._window
        mended = set(row_faults(window.desk.scene)) - set(row_faults(found.scene))
        for fault in mended:
            window.widget.errors.discard(fault)
        # The states may have been changed in the window since the parameters were read.
        scene = replace(found.scene, session=window.desk.scene.session)
        window.desk.scene = scene
        window.files.take_live(found.tables)
        window.core.presenter.retune(scene, found.rows, found.gone)
        state = retuned(window.state, scene, found.tables)
        window.store.dispatch(commands.ReplaceState(state, state.note))

    def _tell(self) -> None:
        if self._closed:
            return
        status = self._tuner.status
        faults = tuple(
            Fault(
                where,
                error.message if not error.where else f"{error.where}: {error.message}",
                error.hint,
            )
            for where, error in status.faults
        )
        panel = self._window.widget.errors
        if faults != self._faults:
            for fault in self._faults:
                panel.discard(fault)
            for fault in faults:
                panel.add(fault)
            self._faults = faults
        self._show_status()
        if status.busy_since is not None:
            self._window.scheduler.later(_PATIENCE_MS, self._show_status)

    def _show_status(self) -> None:
        if self._closed:
            return
        since = self._tuner.status.busy_since
        busy = since is not None and (time.monotonic() - since) * 1e3 >= _PATIENCE_MS - 20
        problem = ""
        if self._faults:
            names = ", ".join(fault.where for fault in self._faults)
            problem = f"⚠ {names}: not computed, the old data are shown."
        self._window.widget.tuner.show_status(busy=busy, problem=problem)
