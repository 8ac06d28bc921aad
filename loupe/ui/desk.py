"""What the parts of a window share: the scene, the store, the look, and what states look like.

Hands commands on and answers questions; holds no truth of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

from loupe.app.actions import Action
from loupe.app.commands import Command
from loupe.app.keymap import display
from loupe.app.state import AppState, TrackState
from loupe.app.store import Store
from loupe.scene.hatch import state_patterns
from loupe.scene.model import Row, Scene
from loupe.scene.timeaxis import Clock, choose_clock, format_time
from loupe.session.states import StateConfig
from loupe.ui.look import Look
from loupe.units import Rgba, Seconds

__all__ = ["Desk"]


@dataclass(eq=False)
class Desk:
    """The common ground of a window's parts.

    Attributes
    ----------
    run
        Carries a command out: through the store, or by the window itself for requests.
    y_range
        The values at a row's bottom and top edge as it is drawn, or a heatmap's levels.
    file
        Name of the file that the window shows; empty without one.
    undisturbed
        Nothing looks at events meanwhile: what sends thousands of them at once takes less time.
    call_off
        Calls a drag off, if one is going on; whether there was one.
    on_actions
        Called when the table of actions has changed: menus and keys read it again.
    on_states
        Called when the states have changed: plots and panels are drawn anew.
    """

    scene: Scene
    store: Store
    actions: tuple[Action, ...]
    states: StateConfig
    look: Look
    run: Callable[[Command], bool]
    y_range: Callable[[str], tuple[float, float] | None] = lambda _: None
    file: str = ""
    colors: Mapping[str, Rgba] = field(init=False)
    undisturbed: Callable[[], AbstractContextManager[None]] = nullcontext
    call_off: Callable[[], bool] = lambda: False
    on_actions: list[Callable[[], None]] = field(default_factory=list)
    on_states: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Look the colours up once."""
        self.read_colors()

    def read_colors(self) -> None:
        """Take the colours of the states over, after these have changed."""
        self.colors = {name: self.states.color(name) for name in self.states.states}

    def use_states(self, states: StateConfig, actions: tuple[Action, ...]) -> None:
        """Take other states, and the actions that label with them, into the session."""
        session = self.scene.session
        changed = session.model_copy(update={"states": states}).with_base(session.base)
        self.scene = replace(self.scene, session=changed)
        self.states = states
        self.read_colors()
        told = list(self.on_states)
        if actions != self.actions:
            self.actions = actions
            told += self.on_actions
        for listener in told:
            listener()

    @property
    def state(self) -> AppState:
        """The state now."""
        return self.store.state

    @property
    def clock(self) -> Clock:
        """How times are written."""
        return choose_clock(self.state.view.clock, self.state.extent, self.scene.origin)

    @property
    def title(self) -> str:
        """What the window shows: the session's title, else its file's name."""
        return self.scene.session.title or self.file or "Loupe"

    def time_text(self, t: Seconds, digits: int = 2) -> str:
        """A time as it is written in this window."""
        return format_time(t, self.clock, digits=digits, origin=self.scene.origin)

    @property
    def track(self) -> TrackState | None:
        """The label set that keys change, or None."""
        edited = self.state.edited
        return None if edited is None else self.state.tracks[edited]

    def color(self, state: str) -> Rgba:
        """The colour of a state."""
        return self.states.color(state)

    def patterns(self) -> Mapping[str, int]:
        """Numbers of the patterns of all states, see `state_patterns`; empty without hatching."""
        if not self.state.view.hatching:
            return {}
        used = () if self.track is None else self.track.table.pool.labels
        names = tuple(dict.fromkeys((*self.states.states, *used)))
        return dict(zip(names, state_patterns(names, self.states.states).tolist(), strict=True))

    def rows(self, *kinds: str) -> tuple[Row, ...]:
        """The scene's rows of these kinds, all without any, in the order of the window."""
        order = self.state.overrides.order or ()
        place = {row_id: i for i, row_id in enumerate(order)}
        rows = sorted(self.scene.rows, key=lambda row: place.get(row.id, len(place)))
        return tuple(row for row in rows if not kinds or row.kind in kinds)

    def key(self, action_id: str) -> str:
        """The first key of an action as people write it, or ""."""
        for action in self.actions:
            if action.id == action_id:
                return display(action.keys[0], sys.platform) if action.keys else ""
        return ""
