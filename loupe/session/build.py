"""From the arguments of `loupe.view` to a `Session`: a pure mapping, by one table.

Every argument of the original program's ``view`` has its field here. Nothing is
opened, no window is known.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from loupe.errors import LoupeConfigError, LoupeTypeError
from loupe.session.base import Model, Place
from loupe.session.events import GlobalEventsConfig
from loupe.session.folders import user_config_folder
from loupe.session.labels import IntervalLabelSchema, LabelsConfig
from loupe.session.lint import lint, state_faults
from loupe.session.model import Session
from loupe.session.plots import HeatmapConfig, Plot, RasterConfig, TraceConfig, Zip
from loupe.session.preset import apply_preset, load_preset
from loupe.session.source import MEMORY_ROOTS, Source
from loupe.session.states import StateConfig
from loupe.session.suggest import did_you_mean
from loupe.session.video import VideoConfig
from loupe.session.view import ViewSettings

__all__ = ["VIEW_ARGUMENTS", "argument_docs", "argument_places", "build_session"]

VIEW_ARGUMENTS: dict[str, Place] = {
    "data": ("plots",),
    "window_len": ("view", "window"),
    "compact_heatmaps_to_fit": ("view", "compact_heatmaps"),
    "compact_rasters_to_fit": ("view", "compact_rasters"),
    "videos": ("videos",),
    "global_events": ("events",),
    "interval_labels": ("labels", 0, "path"),
    "interval_label_schema": ("labels", 0, "schema"),
    "interval_labels_writeback": ("labels", 0, "writeback"),
    "state_definitions": ("states", "definitions"),
    "keymap": ("states", "keymap"),
    "label_colors": ("states", "label_colors"),
    "interval_label_alpha": ("view", "label_alpha"),
    "interval_label_overlays": ("view", "overlays"),
    "label_strip_only": ("view", "strip_only"),
    "view_config": ("view", "preset"),
    "view_config_strict": ("view", "preset_strict"),
    "fixed_scale": ("view", "fixed_scale"),
    "tuner_preserve_view": ("view", "tuner_preserve_view"),
    "colors": ("view", "colors"),
    "line_widths": ("view", "line_widths"),
    "subplot_order": ("view", "subplot_order"),
    "title": ("title",),
    "sources": ("sources",),
    "keys": ("keys",),
}
"""Argument of `loupe.view` to the place in the session that it sets. Every field of `[view]` is an
argument too, by its own name."""

_PLOTS = (TraceConfig, HeatmapConfig, RasterConfig, Zip)


def build_session(
    data: object = None, *, user_folder: Path | None = None, **arguments: Any
) -> Session:
    """The session that ``view(data, **arguments)`` shows.

    Parameters
    ----------
    data
        A config, a list of configs (the first at the top), or None.
    user_folder
        Where the user's state definitions are looked for; None for the usual folder.
    arguments
        See `VIEW_ARGUMENTS`; an argument that is None counts as not given.

    Raises
    ------
    LoupeTypeError
        For a bare array or table, an unknown argument, or one under both of its names; the hint
        says what to write.
    LoupeConfigError
        For values that cannot be right, and for label sets without any state definitions.
    """
    fields = _known(arguments)
    view: dict[str, Any] = {}
    states: dict[str, Any] = {}
    labels: dict[str, Any] = {}
    for name, value in fields.items():
        section, *rest = VIEW_ARGUMENTS.get(name, ("view", name))
        if section == "view" and name != "view_config":
            view[str(rest[-1])] = value
        elif section == "states":
            states[str(rest[-1])] = value
        elif section == "labels":
            labels[str(rest[-1])] = value
    preset = fields.get("view_config")
    if isinstance(preset, str | os.PathLike):
        view["preset"], preset = os.fspath(preset), None
    session = Session(
        title=fields.get("title", ""),
        view=ViewSettings(**view),
        sources=fields.get("sources", {}),
        plots=_plots(data),
        videos=_videos(fields.get("videos")),
        events=_events(fields.get("global_events")),
        labels=_labels(labels),
        states=StateConfig(**states),
        keys=fields.get("keys", {}),
    )
    for fault in [*lint(session), *state_faults(session, user_folder or user_config_folder())]:
        if fault.level == "error":
            raise LoupeConfigError(fault.message, hint=fault.hint, code=fault.code)
        if fault.level == "warning":
            hint = f" ({fault.hint})" if fault.hint else ""
            warnings.warn(fault.message + hint, stacklevel=3)  # where view() was called
    if preset is not None:
        strict = session.view.preset_strict
        session, _ = apply_preset(session, load_preset(preset), strict=strict)
    return session


def _known(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that were given, by name; an unknown one is an error."""
    places = argument_places()
    given: dict[Place, str] = {}
    for name, value in arguments.items():
        if name not in places:
            raise LoupeTypeError(
                f"view() has no argument `{name}`",
                hint=did_you_mean(name, places, what="arguments"),
            )
        if value is not None and (other := given.setdefault(places[name], name)) != name:
            raise LoupeTypeError(
                f"view() got `{other}` and `{name}`, two names of one setting", hint="give one"
            )
    return {name: value for name, value in arguments.items() if value is not None}


def argument_places() -> dict[str, Place]:
    """Every argument of `loupe.view` that a session holds, with its place there."""
    found: dict[str, Place] = dict(VIEW_ARGUMENTS)
    for name in ViewSettings.model_fields:
        if name not in ("preset", "preset_strict"):  # `view_config` here, which may be a mapping
            found[name] = ("view", name)
    return found


def argument_docs() -> dict[str, str]:
    """A sentence on every argument of `argument_places`: that of the field it sets."""
    from loupe.session.fieldhelp import field_docs

    models: dict[str | int, type[Model]] = {
        "view": ViewSettings,
        "states": StateConfig,
        "labels": LabelsConfig,
    }
    found: dict[str, str] = {}
    for name, place in argument_places().items():
        docs = field_docs(models[place[0]] if len(place) > 1 else Session)
        field = "table_schema" if place[-1] == "schema" else str(place[-1])
        shown = ".".join(str(part) for part in place if isinstance(part, str))
        found[name] = f"`{shown}`: {docs[field]}"
    return found


def _plots(data: object) -> tuple[Plot, ...]:
    if data is None:
        return ()
    if isinstance(data, _PLOTS):
        return (data,)
    if isinstance(data, list | tuple):
        found: list[Plot] = []
        for number, item in enumerate(data):
            if not isinstance(item, _PLOTS):
                raise _unwrapped(item, f"data[{number}]")
            found.append(item)
        return tuple(found)
    raise _unwrapped(data, "data")


def _unwrapped(value: object, where: str) -> LoupeTypeError:
    kind = type(value)
    name = f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"
    root = kind.__module__.partition(".")[0]
    if isinstance(value, VideoConfig):
        hint = "pass videos as `view(..., videos=[...])`"
    elif isinstance(value, GlobalEventsConfig):
        hint = "pass events as `view(..., global_events=...)`"
    elif root in ("polars", "pandas"):
        hint = 'wrap the table: `RasterConfig(table, time_col="time", order_by="unit")`'
    elif root in MEMORY_ROOTS:
        hint = "wrap the array: `TraceConfig(array)` or `HeatmapConfig(array)`"
    elif isinstance(value, str | os.PathLike):
        hint = "name the file: `TraceConfig.from_path(path)`, or open a session with `loupe open`"
    else:
        hint = "pass TraceConfig, HeatmapConfig, RasterConfig or Zip, or a list of them"
    return LoupeTypeError(f"`{where}` is a bare {name}; view() takes configs", hint=hint)


def _videos(value: object) -> tuple[VideoConfig, ...]:
    items: Iterable[object] = () if value is None else (value,)
    if isinstance(value, list | tuple):
        items = value
    found = []
    for number, item in enumerate(items):
        if not isinstance(item, VideoConfig):
            raise LoupeTypeError(
                f"`videos[{number}]` is a {type(item).__name__}, not a VideoConfig",
                hint="wrap it: `VideoConfig(video_path, frame_times_path)`",
            )
        found.append(item)
    return tuple(found)


def _events(value: object) -> GlobalEventsConfig | None:
    if value is None or isinstance(value, GlobalEventsConfig):
        return value
    raise LoupeTypeError(
        f"`global_events` is a {type(value).__name__}, not a GlobalEventsConfig",
        hint="wrap the table: `GlobalEventsConfig(table)`",
    )


def _labels(fields: Mapping[str, Any]) -> tuple[LabelsConfig, ...]:
    """Label sets from `interval_labels` and the two arguments that belong to it."""
    value = fields.get("path")
    rest: dict[str, Any] = {}
    schema = fields.get("schema")
    if schema is not None and not isinstance(schema, IntervalLabelSchema | Mapping):
        raise LoupeTypeError(
            f"`interval_label_schema` is a {type(schema).__name__}, not an IntervalLabelSchema"
        )
    if schema is not None:
        rest["schema"] = schema
    if "writeback" in fields:
        rest["writeback"] = fields["writeback"]
    if value is None:
        if rest.get("writeback") or "schema" in rest:
            raise LoupeConfigError(
                "a label schema or write-back is given, but no `interval_labels`",
                hint="pass the label file or table as `interval_labels`",
            )
        return ()
    if isinstance(value, LabelsConfig):
        value = [value]
    if isinstance(value, list | tuple):
        for number, item in enumerate(value):
            if not isinstance(item, LabelsConfig):
                raise LoupeTypeError(
                    f"`interval_labels[{number}]` is a {type(item).__name__}, not a LabelsConfig"
                )
        if any(rest.values()):
            raise LoupeConfigError(
                "several label sets each carry their own schema and write-back",
                hint="give them to LabelsConfig",
            )
        return tuple(value)
    if isinstance(value, Source):
        more = sorted(value.model_fields_set - {"path", "format"})
        if more:
            raise LoupeConfigError(
                f"a label file takes no `{more[0]}`",
                hint="name the file alone: `interval_labels=path`",
            )
        return (LabelsConfig(path=value.path, format=value.format, **rest),)
    if isinstance(value, str | os.PathLike):
        return (LabelsConfig(path=value, **rest),)
    return (LabelsConfig(data=value, **rest),)
