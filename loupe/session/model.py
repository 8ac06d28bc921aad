"""The Session: everything that a window shows, as one frozen value.

It names data and says how they look; it opens nothing and knows no window.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Discriminator, Field, PrivateAttr, Tag

from loupe.errors import LoupeConfigError
from loupe.session.base import Fault, Model, Name, shape
from loupe.session.events import GlobalEventsConfig
from loupe.session.labels import LabelsConfig
from loupe.session.plots import Plot
from loupe.session.source import Data, InMemory, Scalar, Source
from loupe.session.states import StateConfig
from loupe.session.suggest import did_you_mean
from loupe.session.video import VideoConfig
from loupe.session.view import ViewSettings

__all__ = ["SESSION_VERSION", "Extends", "Session"]

SESSION_VERSION = 1
"""Version of session files that this program writes."""

Joining: TypeAlias = Literal["append", "replace"]


class Extends(Model):
    """Another session file as the base, and how lists of the two join."""

    path: Name = Field(examples=["lab.toml"])
    """The base, relative to this file."""

    plots: Joining = Field("append", examples=["replace"])
    """Whether `[[plots]]` here follow those of the base or take their place."""

    videos: Joining = Field("append", examples=["replace"])
    """The same for `[[videos]]`."""

    labels: Joining = Field("append", examples=["replace"])
    """The same for `[[labels]]`."""


NameOrExtends: TypeAlias = Annotated[
    Annotated[Name, Tag("(text)")] | Annotated[Extends, Tag("(table)")], Discriminator(shape)
]

KeyOrKeys: TypeAlias = Annotated[
    Annotated[str, Tag("(text)")] | Annotated[tuple[Name, ...], Tag("(list)")],
    Discriminator(shape),
]

SourceOrMemory: TypeAlias = Annotated[
    Annotated[Source, Tag("(table)")] | Annotated[InMemory, Tag("(memory)")],
    Discriminator(lambda value: "(memory)" if shape(value) == "(memory)" else "(table)"),
]


class Session(Model):
    """A session: data, plots, videos, events, labels, states and the first view."""

    version: Literal[1] = Field(1, examples=[1])
    """Version of the session format."""

    title: str = Field("", examples=["Mouse 12, night 3"])
    """Title of the window."""

    extends: NameOrExtends | None = Field(
        None, examples=["lab.toml", {"path": "lab.toml", "plots": "replace"}]
    )
    """Another session file whose content is the base of this one: tables merge, lists of plots,
    videos and labels append unless `replace` is asked for."""

    vars: dict[Name, Scalar] = Field({}, examples=[{"mouse": "m12", "night": 3}])
    """Defaults of the variables that `${NAME}` in any text stands for; `--set NAME=VALUE`
    overrides."""

    view: ViewSettings = Field(
        default_factory=ViewSettings.model_construct, examples=[{"window": 30.0}]
    )
    """How the window starts."""

    sources: dict[Name, SourceOrMemory] = Field({}, examples=[{"lfp": {"path": "lfp.zarr"}}])
    """Data by name, for plots to refer to."""

    plots: tuple[Plot, ...] = Field((), examples=[[{"kind": "trace", "data": "lfp"}]])
    """The plots, from top to bottom."""

    videos: tuple[VideoConfig, ...] = Field((), examples=[[{"video_path": "cam1.mp4"}]])
    """The videos, from top to bottom."""

    events: GlobalEventsConfig | None = Field(None, examples=[{"data": {"path": "ev.parquet"}}])
    """Event markers across every plot."""

    labels: tuple[LabelsConfig, ...] = Field((), examples=[[{"path": "hypnogram.htsv"}]])
    """Interval label sets."""

    states: StateConfig = Field(
        default_factory=StateConfig.model_construct,
        examples=[{"keymap": {"w": "Wake"}, "label_colors": {"Wake": "#00d128"}}],
    )
    """States with their keys and colours."""

    keys: dict[Name, KeyOrKeys] = Field({}, examples=[{"view.page_right": ["]", "PgDown"]}])
    """Keys of actions, by the action's name; an empty text or list unbinds it."""

    _base: Path | None = PrivateAttr(default=None)

    @property
    def base(self) -> Path | None:
        """Folder that relative paths are relative to; None stands for the working folder."""
        return self._base

    def with_base(self, base: Path | None) -> Self:
        """The same session with another folder for relative paths."""
        copy = self.model_copy()
        copy._base = base
        return copy

    def resolve(self, data: Data) -> Source | InMemory:
        """What a `data` field stands for: an entry of `sources`, or the value itself.

        Raises
        ------
        LoupeConfigError
            If a name has no entry in `sources`.
        """
        if not isinstance(data, str):
            return data
        if data in self.sources:
            return self.sources[data]
        raise LoupeConfigError(
            f"there is no source `{data}`",
            hint=did_you_mean(data, self.sources, what="sources"),
            code="session-unknown-source",
        )

    @property
    def plot_ids(self) -> tuple[str, ...]:
        """The id of every plot: its own, or its kind and a number (``trace-1``)."""
        return _ids((plot.id for plot in self.plots), (plot.kind for plot in self.plots))

    @property
    def video_ids(self) -> tuple[str, ...]:
        """The id of every video: its own, or ``video-1`` and so on."""
        return _ids((video.id for video in self.videos), ("video" for _ in self.videos))

    @property
    def label_ids(self) -> tuple[str, ...]:
        """The id of every label set: its own, or ``labels-1`` and so on."""
        return _ids((labels.id for labels in self.labels), ("labels" for _ in self.labels))

    @property
    def edited_labels(self) -> int | None:
        """Index of the label set that keys and drags edit, or None.

        The set that says ``edit = true``; else the first that does not say false, one that live
        parameters compute only if there is no other.
        """
        named = [n for n, labels in enumerate(self.labels) if labels.edit is True]
        free = [n for n, labels in enumerate(self.labels) if labels.edit is None]
        by_hand = [n for n in free if not self.labels[n].live]
        return next(iter([*named, *by_hand, *free]), None)

    def faults(self) -> Iterator[Fault]:
        """Everything that `loupe.session.lint` finds without knowing the file."""
        from loupe.session.lint import session_faults

        return session_faults(self)


def _ids(given: Iterable[str | None], stems: Iterable[str]) -> tuple[str, ...]:
    """Ids as given, the missing ones by stem and number of occurrence, never one twice."""
    names = list(given)
    taken = {name for name in names if name is not None}
    counts: dict[str, int] = {}
    found: list[str] = []
    for given_name, stem in zip(names, stems, strict=True):
        counts[stem] = number = counts.get(stem, 0) + 1
        name = given_name or f"{stem}-{number}"
        while given_name is None and name in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name)
        found.append(name)
    return tuple(found)
