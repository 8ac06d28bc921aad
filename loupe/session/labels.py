"""Interval label sets: which file or table, which columns, who edits. No file is read here."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field

from loupe.errors import IntervalLabelSchemaError, LoupeError
from loupe.session.base import Fault, Flag, Model, Name, Number
from loupe.session.forms import path_text
from loupe.session.source import InMemory
from loupe.session.tune_scan import named_params

__all__ = ["IntervalLabelSchema", "LabelsConfig"]


def _names(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class IntervalLabelSchema(Model):
    """Which columns of a label table mean what. Rows are half-open `[start, end)`."""

    error_class: ClassVar[type[LoupeError]] = IntervalLabelSchemaError
    positional: ClassVar[tuple[str, ...]] = ("start_col", "end_col")

    start_col: Name = Field(examples=["start_time"])
    """Column of the start times in seconds."""

    end_col: Name | None = Field(None, examples=["end_time"])
    """Column of the end times in seconds. Either this or `duration_col` is needed."""

    duration_col: Name | None = Field(None, examples=["duration"])
    """Column of the durations in seconds; with `end_col` too, both must agree on every row."""

    label_col: Name = Field(examples=["state"])
    """Column of the labels."""

    note_col: Name | None = Field(None, examples=["note"])
    """Column of free notes; it is created when the file has none."""

    extra_cols: Annotated[tuple[Name, ...], BeforeValidator(_names)] = Field(
        (), examples=[["scorer", "confidence"]]
    )
    """Further columns to show and edit, in order."""

    @classmethod
    def legacy(cls) -> Self:
        """The columns of the original program's csv: ``start_s, end_s, label, note``."""
        return cls(start_col="start_s", end_col="end_s", label_col="label", note_col="note")

    @classmethod
    def visbrain(cls) -> Self:
        """The columns that a Visbrain text becomes."""
        return cls(
            start_col="start_time",
            end_col="end_time",
            duration_col="duration",
            label_col="state",
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """All declared columns: start, end, duration, label, note, extras."""
        named = (self.start_col, self.end_col, self.duration_col, self.label_col, self.note_col)
        return tuple(name for name in named if name is not None) + self.extra_cols

    def faults(self) -> Iterator[Fault]:
        """Neither end nor duration; one column with two meanings."""
        if self.end_col is None and self.duration_col is None:
            yield Fault(
                (),
                "labels-schema-no-end",
                "neither `end_col` nor `duration_col` is given",
                "name the column of the end times or of the durations",
            )
        seen: set[str] = set()
        for field in ("start_col", "end_col", "duration_col", "label_col", "note_col"):
            name = getattr(self, field)
            if name is not None and name in seen:
                yield _twice((field,), name)
            seen.add(name)
        for number, name in enumerate(self.extra_cols):
            if name in seen:
                yield _twice(("extra_cols", number), name)
            seen.add(name)


def _twice(place: tuple[str | int, ...], name: str) -> Fault:
    return Fault(
        place,
        "labels-schema-duplicate",
        f"column `{name}` is named twice",
        "give each column one meaning",
    )


class LabelsConfig(Model):
    """A set of interval labels. A path that does not exist yet starts an empty set."""

    renamed: ClassVar[Mapping[str, str]] = {"view_id": "id"}

    path: Annotated[Name | None, BeforeValidator(path_text)] = Field(
        None, examples=["hypnogram.htsv"]
    )
    """The label file, relative to the session file; created at the first save if missing."""

    data: InMemory | None = Field(None, examples=[])
    """From Python only: a table in memory."""

    format: Name | None = Field(None, examples=["htsv"])
    """Format of the file; by default told from its extension."""

    table_schema: IntervalLabelSchema | None = Field(
        None,
        alias="schema",
        examples=[{"start_col": "start_time", "end_col": "end_time", "label_col": "state"}],
    )
    """Which columns mean what. Default: the file's own metadata, or the format's usual columns."""

    writeback: Flag = Field(False, examples=[True])
    """Allow saving over the file."""

    edit: Flag | None = Field(None, examples=[True])
    """Whether this is the set that keys and drags edit. Default: the first set."""

    name: Name | None = Field(None, examples=["Anna"])
    """What the set is called. Default: the file's name."""

    epoch: Number | None = Field(None, gt=0, le=86400, examples=[30.0])
    """Length of an epoch in seconds: a click picks one, a state key scores it and moves on."""

    epoch_origin: Number = Field(0.0, examples=[0.0])
    """Time in seconds at which an epoch starts."""

    merge: Flag = Field(False, examples=[True])
    """Join neighbouring epochs of one state that are scored one after the other."""

    scorer: Name | None = Field(None, examples=["Anna"])
    """Written into `scorer_column` of every row that is edited."""

    scorer_column: Name = Field("scorer", examples=["scorer"])
    """Column for `scorer`."""

    time_column: Name | None = Field(None, examples=["edited_at"])
    """Column that gets the date and time of each edit."""

    overlay: Flag = Field(True, examples=[False])
    """Shade this set over the plots."""

    strip: Flag = Field(True, examples=[False])
    """Show this set in the label strip."""

    hypnogram: Flag = Field(True, examples=[False])
    """Show this set in the overview."""

    visible: Flag = Field(True, examples=[False])
    """Whether the set is shown at first; false hides overlay, strip and overview."""

    id: Name | None = Field(None, examples=["anna"])
    """Stable name for view presets and messages; must be unique."""

    @property
    def live(self) -> bool:
        """Whether live parameters decide what the set holds; then nobody edits it by hand."""
        return self.data is not None and bool(named_params(self.data.value))

    @property
    def view_id(self) -> str | None:
        """The original program's name of `id`."""
        return self.id

    def faults(self) -> Iterator[Fault]:
        """Both a path and a table, or options that need one that is missing."""
        if self.path is not None and self.data is not None:
            yield Fault(
                ("path",),
                "session-labels-two",
                "a label set has either a path or a table",
                "give one of the two",
            )
        if self.writeback and self.path is None:
            yield Fault(
                ("writeback",),
                "session-labels-writeback",
                "there is no file to write back to",
                "name the file in `path`",
            )
        if self.epoch is None and self.merge:
            yield Fault(
                ("merge",),
                "session-labels-merge",
                "`merge` has no effect without `epoch`",
                "give the length of an epoch",
                "warning",
            )
