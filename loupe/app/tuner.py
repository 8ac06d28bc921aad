"""Live parameters of one window: what moved is computed in a worker and then shown.

At most one computing runs. While it does, controls move on; when it is done, the
newest values are computed next, so a slow function still shows something while a
slider is dragged, and the last picture is always that of the last values. Knows no
widget.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from loupe.app.commands import SetParam
from loupe.app.ports import Scheduler
from loupe.app.state import AppState, ParamState
from loupe.app.store import Store
from loupe.errors import LoupeDataError, LoupeError
from loupe.scene.live import Measured, Retuned, retune
from loupe.scene.model import Scene
from loupe.session.source import InMemory
from loupe.session.tune import Param, Setting
from loupe.session.tune_scan import is_function
from loupe.work import Done, Pool, ThreadPool

__all__ = ["THROTTLE_MS", "TunerStatus", "Tuner", "param_values"]

THROTTLE_MS = 90.0
"""Least time between the starts of two computings."""


def param_values(params: tuple[ParamState, ...]) -> dict[str, object]:
    """Name to value of each parameter; equal names are told apart by a number."""
    found: dict[str, object] = {}
    for one in params:
        name, number = one.name, 1
        while name in found:
            number += 1
            name = f"{one.name} ({number})"
        found[name] = one.value
    return found


@dataclass(frozen=True, slots=True)
class TunerStatus:
    """Since when something is computed (monotonic seconds; None if nothing is), and what failed."""

    busy_since: float | None = None
    faults: tuple[tuple[str, LoupeError], ...] = ()


class Tuner:
    """Follows the parameters in a store and the `Param` objects of scripts, both ways.

    Parameters
    ----------
    scene
        As it is shown at first; without live parameters there is nothing to do.
    show
        Called on the window's thread with every new scene.
    changed
        Called on the window's thread when `status` has changed.
    measured
        What pictures know of the arrays that they show, for scales that stay; see `retune`.
    pool
        Where functions run; one thread of its own by default.
    """

    def __init__(
        self,
        scene: Scene,
        store: Store,
        scheduler: Scheduler,
        show: Callable[[Retuned], None],
        changed: Callable[[], None] = lambda: None,
        measured: Measured | None = None,
        pool: Pool | None = None,
    ) -> None:
        self._scene = scene
        self._store = store
        self._scheduler = scheduler
        self._show = show
        self._changed = changed
        self._measured = measured
        self._pool: Pool = pool if pool is not None else ThreadPool(1, "loupe-tuner")
        self._number = 0
        self._started_at = 0.0
        self._cancel: Callable[[], None] | None = None
        self._running = False
        self._closed = False
        self.status = TunerStatus()
        self._leave = [store.subscribe(self._moved)] if scene.live is not None else []
        for one in store.state.params if scene.live is not None else ():
            self._leave.append(one.param.listen(partial(self._followed, one.param)))
            self._followed(one.param)
        self._soon()

    @property
    def settled(self) -> bool:
        """Whether what is shown is that of the parameters' values now."""
        return not self._running and self._cancel is None and not self._behind()

    def given(self, handle: InMemory) -> InMemory:
        """What a function in memory gave last, for saving it; other handles as they are."""
        live = self._scene.live
        if live is None or not is_function(handle.value):
            return handle
        found = live.opener.catalog.memo.given(handle.value)
        return handle if found is None else InMemory(found[0])

    def close(self) -> None:
        """Stop following; what runs still is not shown."""
        self._closed = True
        for leave in self._leave:
            leave()
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        self._pool.close(0.0)

    # From scripts to the state and back.

    def _followed(self, param: Param) -> None:
        """A script, or another window, has moved a parameter."""
        setting = param.setting

        def dispatch() -> None:
            if self._closed:
                return
            for index, one in enumerate(self._store.state.params):
                if one.param is param and one.setting != setting and param.setting == setting:
                    self._store.dispatch(SetParam(index, setting))

        # Scripts may run in any thread.
        self._scheduler.post(dispatch)

    def _moved(self, before: AppState, after: AppState) -> None:
        if before.params is after.params:
            return
        old = {one.param: one.setting for one in before.params}
        for one in after.params:
            # Only what moved here: a script may have moved another one meanwhile.
            if old.get(one.param, one.setting) != one.setting:
                one.param.follow(one.setting)
        self._soon()

    # From the state to a new scene.

    def _settings(self) -> dict[Param, Setting]:
        return {one.param: one.setting for one in self._store.state.params}

    def _behind(self) -> bool:
        live = self._scene.live
        settings: Mapping[Param, Setting] = {} if live is None else live.settings
        return any(settings.get(param) != at for param, at in self._settings().items())

    def _soon(self) -> None:
        if self._cancel is not None or self._running or not self._behind():
            return
        wait = THROTTLE_MS - (time.monotonic() - self._started_at) * 1e3
        self._cancel = self._scheduler.later(max(wait, 0.0), self._start)

    def _start(self) -> None:
        self._cancel = None
        if self._closed or not self._behind():
            return
        self._number += 1
        self._started_at = time.monotonic()
        scene, settings, measured = self._scene, self._settings(), self._measured
        self._running = True
        self._tell(TunerStatus(self.status.busy_since or self._started_at, self.status.faults))

        def done(outcome: Done) -> None:
            self._scheduler.post(lambda: self._arrived(outcome, settings))

        self._pool.submit(
            self._number, self._number, lambda: retune(scene, settings, measured), done
        )

    def _arrived(self, outcome: Done, settings: Mapping[Param, Setting]) -> None:
        if self._closed:
            return
        self._running = False
        found = outcome.value
        faults: tuple[tuple[str, LoupeError], ...] = ()
        if isinstance(found, Retuned):
            self._scene = found.scene
            self._show(found)
            # What was not tried this time is still as it was.
            kept = [fault for fault in self.status.faults if fault[0] not in found.tried]
            faults = (*kept, *found.faults)
        else:
            # Not to be tried again for ever: these values are done with.
            self._scene = _settled_for(self._scene, settings)
            error = LoupeDataError(f"the data could not be computed: {outcome.error!r}")
            faults = (("tuner", error),)
        # While a slider is dragged, one computing follows the other: that counts as one.
        self._tell(TunerStatus(self.status.busy_since if self._behind() else None, faults))
        self._soon()

    def _tell(self, status: TunerStatus) -> None:
        self.status = status
        self._changed()


def _settled_for(scene: Scene, settings: Mapping[Param, Setting]) -> Scene:
    live = scene.live
    return scene if live is None else replace(scene, live=replace(live, settings=settings))
