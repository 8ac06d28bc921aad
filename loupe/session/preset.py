"""View presets (`.view.toml`): presentation alone, matched to the plots of any session.

A preset holds no data and no labels. Its parts find their plot by id, else by
kind and title; a part without either takes the first of its kind that is free.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional, TypeAlias, Union

from pydantic import Discriminator, Field, ValidationError, create_model

from loupe.errors import LoupeConfigError
from loupe.session.base import Model
from loupe.session.events import GlobalEventsConfig
from loupe.session.labels import LabelsConfig
from loupe.session.model import Session
from loupe.session.plots import KINDS
from loupe.session.reading import read_limited
from loupe.session.spans import TooDeepError, check_limits
from loupe.session.video import VideoConfig
from loupe.session.view import ViewSettings
from loupe.session.wording import explain_all

__all__ = [
    "PRESENTATION",
    "PresetReport",
    "ViewPreset",
    "apply_preset",
    "load_preset",
    "preset_models",
    "preset_of",
]

_ALL = ("height", "heights", "visible")
_ROWS = ("hidden", "bad", "y_range", "y_ranges", "legend")

PRESENTATION: dict[str, tuple[str, ...]] = {
    "trace": (
        *_ALL, *_ROWS, "order_by", "descending", "gain", "scale", "step", "traces_per_page",
        "palette", "color", "line_width", "overlay_colors", "overlay_line_widths",
        "overlay_symbols", "overlay_symbol_sizes", "add_bottom_spine",
    ),
    "heatmap": (
        *_ALL, "hidden", "order_by", "descending", "cmap", "vmin", "vmax", "percentiles",
        "decim_method", "shade_nans", "colorbar",
    ),
    "raster": (
        *_ALL, "hidden", "descending", "palette", "color", "alpha_range", "separator_params",
        "shade_nans", "brightness", "event_height", "event_thickness",
    ),
    "zip": (*_ALL, *_ROWS, "colors"),
    "video": ("visible", "stretch"),
    "events": ("visible", "style_kwargs"),
    "labels": ("visible", "overlay", "strip", "hypnogram"),
    "view": tuple(
        name for name in ViewSettings.model_fields
        if name not in ("preset", "preset_strict", "cache_mb", "subplot_order")
    ),
}  # fmt: skip
"""Which fields of a section are presentation."""


def _partial(name: str, base: type[Model], fields: Iterable[str], more: Mapping[str, Any]) -> Any:
    """A model in which every field of `fields` may be left out, which leaves it as it is."""
    found: dict[str, Any] = dict(more)
    for field_name in fields:
        field = base.model_fields[field_name]
        annotation: Any = field.annotation
        if field.metadata:
            annotation = Annotated[(annotation, *field.metadata)]
        if field.discriminator is not None:
            annotation = Annotated[annotation, Discriminator(_callable(field.discriminator))]
        found[field_name] = (Optional[annotation], Field(None, examples=field.examples))  # noqa: UP045 - `|` takes no Annotated value
    return create_model(name, __base__=Model, __doc__=f"Presentation of {base.__name__}.", **found)


def _callable(discriminator: Any) -> Any:
    return getattr(discriminator, "discriminator", discriminator)


_ID: Any = (str | None, Field(None, examples=["lfp-left"], min_length=1))
_TITLE: Any = (str | None, Field(None, examples=["Left hippocampus"], min_length=1))

_PLOTS: dict[str, Any] = {
    kind: _partial(
        f"{model.__name__}Preset",
        model,
        PRESENTATION[kind],
        {"kind": (Literal[kind], Field(examples=[kind])), "id": _ID, "title": _TITLE},
    )
    for kind, model in KINDS.items()
}
_NAMED = {"id": _ID, "name": _TITLE}

if TYPE_CHECKING:  # the models are made at run time from those of the session
    _ViewPart: TypeAlias = Any
    _PlotPart: TypeAlias = Any
    _VideoPart: TypeAlias = Any
    _EventsPart: TypeAlias = Any
    _LabelsPart: TypeAlias = Any
else:
    _ViewPart = _partial("ViewSettingsPreset", ViewSettings, PRESENTATION["view"], {})
    _VideoPart = _partial("VideoConfigPreset", VideoConfig, PRESENTATION["video"], _NAMED)
    _EventsPart = _partial(
        "GlobalEventsConfigPreset", GlobalEventsConfig, PRESENTATION["events"], {}
    )
    _LabelsPart = _partial("LabelsConfigPreset", LabelsConfig, PRESENTATION["labels"], _NAMED)
    _PlotPart = Annotated[Union[tuple(_PLOTS.values())], Field(discriminator="kind")]  # noqa: UP007 - made from a tuple


class ViewPreset(Model):
    """Presentation of a window, without data."""

    version: Literal[1] = Field(1, examples=[1])
    """Version of the preset format."""

    view: _ViewPart | None = Field(None, examples=[{"window": 30.0}])
    """Settings of the window."""

    plots: tuple[_PlotPart, ...] = Field(
        (), examples=[[{"kind": "trace", "id": "lfp", "height": 2.0}]]
    )
    """Presentation of plots; those that are found come in this order."""

    videos: tuple[_VideoPart, ...] = Field((), examples=[[{"visible": False}]])
    """Presentation of videos."""

    events: _EventsPart | None = Field(None, examples=[{"visible": False}])
    """Presentation of event markers."""

    labels: tuple[_LabelsPart, ...] = Field((), examples=[[{"overlay": False}]])
    """Presentation of label sets."""


def preset_models() -> list[type[Model]]:
    """Every model of the preset format."""
    return [ViewPreset, _ViewPart, *_PLOTS.values(), _VideoPart, _EventsPart, _LabelsPart]


@dataclass(frozen=True)
class PresetReport:
    """What became of the parts of a preset.

    Attributes
    ----------
    matched
        Sentences such as ``plot `lfp` by id``.
    unmatched
        Parts that found nothing.
    """

    matched: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()


def load_preset(source: Path | str | Mapping[str, Any] | ViewPreset) -> ViewPreset:
    """A preset from its file, or from a mapping of the same shape.

    Raises
    ------
    LoupeConfigError
        If it cannot be read; every mistake is in the message.
    """
    if isinstance(source, ViewPreset):
        return source
    where = ""
    data: Any = source
    if isinstance(source, Path | str):
        where = str(source)
        try:
            text = read_limited(Path(source))
            check_limits(text)
            data = tomllib.loads(text)
        except (OSError, TooDeepError, ValueError, RecursionError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise LoupeConfigError(
                f"the view preset cannot be read: {reason}", where=where, code="preset-syntax"
            ) from None
    try:
        return ViewPreset.model_validate(data)
    except ValidationError as error:
        found = explain_all(ViewPreset, error.errors(include_url=False), data)
        lines = [f"`{'.'.join(map(str, fault.place))}`: {fault.message}" for fault in found]
        raise LoupeConfigError(
            "the view preset has faults:\n" + "\n".join(lines),
            hint=next((fault.hint for fault in found if fault.hint), ""),
            where=where,
            code="preset-syntax",
        ) from None


def apply_preset(
    session: Session, preset: ViewPreset, *, strict: bool = False
) -> tuple[Session, PresetReport]:
    """Lay a preset over a session.

    Parameters
    ----------
    strict
        Refuse, before any change, a preset of which a part finds nothing.

    Raises
    ------
    LoupeConfigError
        With `strict`, naming what found nothing; for values that cannot be right together with
        what the session says.
    """
    report = _Matching([], [])
    plots = list(session.plots)
    order = report.match(
        "plot",
        [(plot.kind, plot.id, plot.title) for plot in plots],
        [(part.kind, part.id, part.title) for part in preset.plots],
    )
    for part, index in zip(preset.plots, order, strict=True):
        if index is not None:
            plots[index] = _over(plots[index], part, PRESENTATION[part.kind])
    wanted = [index for index in order if index is not None]
    rest = iter(wanted)
    arranged = [next(rest) if number in wanted else number for number in range(len(plots))]
    changes: dict[str, Any] = {"plots": tuple(plots[number] for number in arranged)}
    for section, kind in (("videos", "video"), ("labels", "labels")):
        items = list(getattr(session, section))
        parts = getattr(preset, section)
        found = report.match(
            kind,
            [(kind, item.id, item.name) for item in items],
            [(kind, part.id, part.name) for part in parts],
        )
        for part, index in zip(parts, found, strict=True):
            if index is not None:
                items[index] = _over(items[index], part, PRESENTATION[kind])
        changes[section] = tuple(items)
    if preset.view is not None:
        changes["view"] = _over(session.view, preset.view, PRESENTATION["view"])
    if preset.events is not None and session.events is None:
        report.unmatched.append("events")
    elif preset.events is not None and session.events is not None:
        changes["events"] = _over(session.events, preset.events, PRESENTATION["events"])
    if strict and report.unmatched:
        raise LoupeConfigError(
            f"the view preset does not fit: {', '.join(report.unmatched)} found nothing",
            hint="apply it without strict matching, or give the plots the ids of the preset",
            code="preset-unmatched",
        )
    done = session.model_copy(update=changes).with_base(session.base)
    return done, PresetReport(tuple(report.matched), tuple(report.unmatched))


def _over(model: Any, part: Model, fields: Sequence[str]) -> Any:
    given = {name: getattr(part, name) for name in fields if name in part.model_fields_set}
    done = model.model_copy(update={k: v for k, v in given.items() if v is not None})
    for fault in done.faults():
        if fault.level == "error":
            raise LoupeConfigError(
                f"the view preset does not fit: {fault.message}", hint=fault.hint, code=fault.code
            )
    return done


_Key = tuple[str, str | None, str | None]


@dataclass
class _Matching:
    matched: list[str]
    unmatched: list[str]

    def match(self, what: str, items: Sequence[_Key], parts: Sequence[_Key]) -> list[int | None]:
        """For each part the index of its item: by id, by kind and name, by occurrence."""
        found: list[int | None] = [None] * len(parts)
        free = set(range(len(items)))
        for step in ("id", "name", "occurrence"):
            for number, (kind, part_id, name) in enumerate(parts):
                if found[number] is not None:
                    continue
                for index in sorted(free):
                    if _fits(step, items[index], (kind, part_id, name)):
                        found[number] = index
                        free.discard(index)
                        label = part_id or name or kind
                        self.matched.append(f"{what} `{label}` by {step}")
                        break
        for number, (kind, part_id, name) in enumerate(parts):
            if found[number] is None:
                self.unmatched.append(f"{what} `{part_id or name or kind}`")
        return found


def _fits(step: str, item: _Key, part: _Key) -> bool:
    kind, item_id, name = item
    if kind != part[0]:
        return False
    if step == "id":
        return part[1] is not None and part[1] == item_id
    if step == "name":
        return part[2] is not None and part[2] == name
    return part[1] is None and part[2] is None


def preset_of(session: Session) -> ViewPreset:
    """The presentation of a session as a preset.

    Defaults too are written, since the preset may be laid over a session that says otherwise; what
    has no value at all is left as it is there.
    """

    def part(model: Model, section: str, **more: Any) -> dict[str, Any]:
        found = {**more, **{name: getattr(model, name) for name in PRESENTATION[section]}}
        return {key: value for key, value in found.items() if value is not None}

    data: dict[str, Any] = {
        "view": part(session.view, "view"),
        "plots": [
            part(plot, plot.kind, kind=plot.kind, id=plot.id, title=plot.title)
            for plot in session.plots
        ],
        "videos": [part(v, "video", id=v.id, name=v.name) for v in session.videos],
        "labels": [part(s, "labels", id=s.id, name=s.name) for s in session.labels],
    }
    if session.events is not None:
        data["events"] = part(session.events, "events")
    return ViewPreset.model_validate(data)
