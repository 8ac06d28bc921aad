"""Loupe: a viewer and labeller for long multichannel recordings.

The public names are imported when they are first used, so that ``import loupe``
and the command line start at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loupe.errors import IntervalLabelIOError as IntervalLabelIOError
    from loupe.errors import IntervalLabelSchemaError as IntervalLabelSchemaError
    from loupe.errors import LoupeConfigError as LoupeConfigError
    from loupe.errors import LoupeDataError as LoupeDataError
    from loupe.errors import LoupeError as LoupeError
    from loupe.errors import LoupeMissingDependencyError as LoupeMissingDependencyError
    from loupe.errors import LoupeRenderError as LoupeRenderError
    from loupe.errors import LoupeTypeError as LoupeTypeError
    from loupe.errors import LoupeVideoError as LoupeVideoError
    from loupe.labels.intervals import IntervalLabelSet as IntervalLabelSet
    from loupe.session.events import GlobalEventsConfig as GlobalEventsConfig
    from loupe.session.labels import IntervalLabelSchema as IntervalLabelSchema
    from loupe.session.load import load_session as load_session
    from loupe.session.markers import SampleMarkers as SampleMarkers
    from loupe.session.model import Session as Session
    from loupe.session.plots import HeatmapConfig as HeatmapConfig
    from loupe.session.plots import RasterConfig as RasterConfig
    from loupe.session.plots import TraceConfig as TraceConfig
    from loupe.session.plots import Zip as Zip
    from loupe.session.states import StateConfig as StateConfig
    from loupe.session.states import load_state_config as load_state_config
    from loupe.session.tune import BoolParam as BoolParam
    from loupe.session.tune import ChoiceParam as ChoiceParam
    from loupe.session.tune import IntParam as IntParam
    from loupe.session.tune import Param as Param
    from loupe.session.tune import Tunable as Tunable
    from loupe.session.tune import tunable as tunable
    from loupe.session.video import VideoConfig as VideoConfig

__version__ = "0.1.0"

_PLACES = {
    "BoolParam": "loupe.session.tune",
    "ChoiceParam": "loupe.session.tune",
    "GlobalEventsConfig": "loupe.session.events",
    "HeatmapConfig": "loupe.session.plots",
    "IntParam": "loupe.session.tune",
    "IntervalLabelIOError": "loupe.errors",
    "IntervalLabelSchema": "loupe.session.labels",
    "IntervalLabelSchemaError": "loupe.errors",
    "IntervalLabelSet": "loupe.labels.intervals",
    "LoupeConfigError": "loupe.errors",
    "LoupeDataError": "loupe.errors",
    "LoupeError": "loupe.errors",
    "LoupeMissingDependencyError": "loupe.errors",
    "LoupeRenderError": "loupe.errors",
    "LoupeTypeError": "loupe.errors",
    "LoupeVideoError": "loupe.errors",
    "Param": "loupe.session.tune",
    "RasterConfig": "loupe.session.plots",
    "SampleMarkers": "loupe.session.markers",
    "Session": "loupe.session.model",
    "StateConfig": "loupe.session.states",
    "TraceConfig": "loupe.session.plots",
    "Tunable": "loupe.session.tune",
    "VideoConfig": "loupe.session.video",
    "Zip": "loupe.session.plots",
    "load_session": "loupe.session.load",
    "load_state_config": "loupe.session.states",
    "tunable": "loupe.session.tune",
    "view": "loupe.api",
}
"""Public name to the module that has it."""

__all__ = [
    "BoolParam",
    "ChoiceParam",
    "GlobalEventsConfig",
    "HeatmapConfig",
    "IntParam",
    "IntervalLabelIOError",
    "IntervalLabelSchema",
    "IntervalLabelSchemaError",
    "IntervalLabelSet",
    "LoupeConfigError",
    "LoupeDataError",
    "LoupeError",
    "LoupeMissingDependencyError",
    "LoupeRenderError",
    "LoupeTypeError",
    "LoupeVideoError",
    "Param",
    "RasterConfig",
    "SampleMarkers",
    "Session",
    "StateConfig",
    "TraceConfig",
    "Tunable",
    "VideoConfig",
    "Zip",
    "load_session",
    "load_state_config",
    "tunable",
    "view",
]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'loupe' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_PLACES])
