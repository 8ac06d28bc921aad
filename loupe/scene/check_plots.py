"""Every fault of one plot or of the events: what fails first, and what would fail after it.

A plot stops at its first error when it is opened. Here that one is noted, the field that caused
it is put aside, and the plot is tried again, so that one run of `loupe validate` names them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from typing import TypeVar

from loupe.errors import LoupeConfigError, LoupeError
from loupe.scene.colormaps import lut_of
from loupe.scene.compile import event_classes, plot_rows
from loupe.scene.model import EventClass, Row
from loupe.scene.sources import Opener
from loupe.session.base import Model, Place
from loupe.session.events import GlobalEventsConfig
from loupe.session.plots import Plot
from loupe.session.plots.heatmap import HeatmapConfig
from loupe.session.plots.raster import RasterConfig
from loupe.session.plots.trace import TraceConfig
from loupe.session.plots.zip import Zip
from loupe.session.source import Data
from loupe.session.suggest import did_you_mean

__all__ = ["event_faults", "plot_faults", "source_field"]

R = TypeVar("R")
T = TypeVar("T", bound=Model)

MOST = 40
"""Faults of one plot that are looked for."""

_FIELDS = {
    "data-missing-file": "path",
    "data-open": "path",
    "data-path": "path",
    "data-encoding": "path",
    "data-format": "path",
    "data-remote": "path",
    "data-variable": "variable",
    "data-group": "group",
    "data-select": "select",
    "data-time": "time",
    "data-time-missing": "time",
}


def source_field(error: LoupeError) -> Place:
    """Where in a plot an error of the data floor belongs, told from its code."""
    field = _FIELDS.get(error.code)
    return ("data", field) if field else ("data",) if error.code.startswith("data-") else ()


def plot_faults(
    plot: Plot, number: int, plot_id: str, opener: Opener
) -> tuple[list[LoupeError], tuple[Row, ...]]:
    """Errors of a plot, and its rows as far as they can be made without what is wrong."""
    if isinstance(plot, Zip):
        found = list(_members(plot, opener))
        if found:
            return found, ()
    entries: list[LoupeError] = []
    if isinstance(plot, TraceConfig):
        entries, plot = _entries(plot, opener)
    found, rows = _tried(plot, lambda one: plot_rows(one, number, plot_id, opener))
    if isinstance(plot, HeatmapConfig) and (
        rows is None or any(error.code == "data-colormap" for error in found)
    ):
        told = {error.message for error in found}
        found += [error for error in _colormaps(plot) if error.message not in told]
    return [*entries, *found], rows or ()


def event_faults(
    config: GlobalEventsConfig, opener: Opener
) -> tuple[list[LoupeError], tuple[EventClass, ...]]:
    """Errors of the events, and their classes as far as they can be made."""
    found, classes = _tried(config, lambda one: event_classes(one, opener))
    return found, classes or ()


def _tried(config: T, make: Callable[[T], R]) -> tuple[list[LoupeError], R | None]:
    found: list[LoupeError] = []
    while len(found) < MOST:
        try:
            return found, make(config)
        except LoupeError as error:
            errors = [error, *error.also]
            found += errors
            rest = _without(config, errors)
            if rest is None:
                break
            config = rest
    return found, None


def _without(config: T, errors: Sequence[LoupeError]) -> T | None:
    """The config without what causes errors; None if it cannot be spared."""
    changes: dict[str, object] = {}
    for error in errors:
        name = str(error.place[0]) if error.place else ""
        field = type(config).model_fields.get(name)
        if field is None or name == "data":
            return None
        if isinstance(config, TraceConfig) and name in ("overlay_arrays", "sample_markers"):
            changes |= _replaced(config, name, int(error.place[1]))
        elif isinstance(config, RasterConfig) and name == "order_by":
            changes[name] = config.time_col  # a column that is there, to look at the others
        elif field.is_required():
            return None
        else:
            changes[name] = field.get_default(call_default_factory=True)
    if any(getattr(config, name) == value for name, value in changes.items()):
        return None
    return config.model_copy(update=changes)


def _colormaps(config: HeatmapConfig) -> Iterator[LoupeError]:
    """Errors of the colormaps that a heatmap names: the data need not be there to see them."""
    cmap = config.cmap
    if isinstance(cmap, Mapping):
        named = tuple(cmap.values())
    else:
        named = cmap if isinstance(cmap, tuple) else (cmap,)
    for name in dict.fromkeys(spec for spec in named if isinstance(spec, str)):
        try:
            lut_of(name)
        except LoupeError as error:
            yield error


def _replaced(config: TraceConfig, name: str, index: int) -> dict[str, object]:
    """An entry replaced by the trace's own data, which fit; the others keep their number."""
    entries = list(getattr(config, name))
    if name == "sample_markers":
        entries[index] = entries[index].model_copy(update={"bool_array": config.data})
    else:
        entries[index] = config.data
    return {name: tuple(entries)}


def _entries(config: TraceConfig, opener: Opener) -> tuple[list[LoupeError], TraceConfig]:
    """Errors of overlays and masks that cannot be opened, and the plot without them."""
    fields: list[tuple[Place, Data]] = [
        *((("overlay_arrays", i), data) for i, data in enumerate(config.overlay_arrays)),
        *(
            (("sample_markers", i, "bool_array"), marker.bool_array)
            for i, marker in enumerate(config.sample_markers)
        ),
    ]
    found: list[LoupeError] = []
    for place, data in fields:
        try:
            opener.array(data)
        except LoupeError as error:
            found.append(_at(error, place))
            config = config.model_copy(update=_replaced(config, str(place[0]), int(place[1])))
    return found, config


def _members(config: Zip, opener: Opener) -> Iterator[LoupeError]:
    """Errors of the arrays of a zip: those that do not open, those that lack its coordinate."""
    coords: list[tuple[int, Mapping[str, object]]] = []
    for i, trace in enumerate(config.traces):
        try:
            coords.append((i, opener.array(trace.data).data.info.coords))
        except LoupeError as error:
            yield _at(error, ("traces", i, "data"))
    lacking = [(i, names) for i, names in coords if config.on not in names]
    if len(lacking) == len(coords):
        lacking = []  # then `on` is wrong, and the plot itself says so
        if not coords:
            return
    for i, names in lacking:
        yield LoupeConfigError(
            f"the zip is over `{config.on}`, but this array has no coordinate of that name",
            hint=did_you_mean(config.on, names, what="coordinates"),
            code="data-coordinate",
            place=("traces", i, "data"),
        )


def _at(error: LoupeError, place: Place) -> LoupeError:
    """The same error at a field of a plot that is not its `data`."""
    moved = copy(error)
    moved.place = (*place, *(error.place or source_field(error))[1:])
    return moved
