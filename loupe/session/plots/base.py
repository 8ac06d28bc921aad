"""Fields that every plot kind has. It knows none of the kinds."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import Discriminator, Field, Tag

from loupe.session.base import Fault, Flag, Model, Name, Number, shape
from loupe.session.color import Color, ColorMap
from loupe.session.source import InMemory

__all__ = ["ArrayName", "ColormapName", "NameOrCallable", "Palette", "PlotBase", "losing_colors"]

Palette: TypeAlias = Annotated[
    Annotated[Name, Tag("(text)")]
    | Annotated[tuple[Color, ...], Field(min_length=1), Tag("(list)")]
    | Annotated[ColorMap, Tag("(table)")],
    Discriminator(shape),
]
"""Name of a palette or colormap, a list of colours in order of first appearance, or a table from
the text of a category to its colour."""

ArrayName: TypeAlias = Annotated[
    Annotated[Flag, Tag("(flag)")] | Annotated[Name, Tag("(text)")], Discriminator(shape)
]
"""`true` for the array's own name, or the text itself."""

NameOrCallable: TypeAlias = Annotated[
    Annotated[Flag, Tag("(flag)")]
    | Annotated[Name, Tag("(text)")]
    | Annotated[InMemory, Tag("(memory)")],
    Discriminator(shape),
]
"""As `ArrayName`; from Python also a function from a group's value to its name."""

ColormapName: TypeAlias = Annotated[
    Annotated[Name, Tag("(text)")] | Annotated[InMemory, Tag("(memory)")], Discriminator(shape)
]
"""Name of a colormap; from Python also a colormap object or a function."""


Height: TypeAlias = Annotated[Number, Field(ge=0.01, le=20.0)]
"""A factor on a natural height."""


class PlotBase(Model):
    """Fields that every plot has."""

    renamed: ClassVar[Mapping[str, str]] = {"view_id": "id"}

    id: Name | None = Field(None, examples=["lfp-left"])
    """Stable name for view presets and messages; must be unique. Default: the kind and a
    number."""

    title: str | None = Field(None, examples=["Left hippocampus"])
    """Heading of the plot. Default: what the data are called."""

    height: Height = Field(1.0, examples=[1.5])
    """Factor on the natural height of the plot's rows."""

    heights: dict[str, Height] = Field({}, examples=[{"EMG": 0.5}])
    """Factors on the heights of single rows, by row name; on top of `height`."""

    visible: Flag = Field(True, examples=[False])
    """Whether the plot is shown at first."""

    transform: tuple[dict[str, Any], ...] = Field((), examples=[[]])
    """Reserved for signals derived on the fly; must be empty for now."""

    @property
    def view_id(self) -> str | None:
        """The original program's name of `id`."""
        return self.id

    def faults(self) -> Iterator[Fault]:
        """Broken rules that hold for every plot kind."""
        if self.transform:
            yield Fault(
                ("transform",),
                "session-transform",
                "`transform` is reserved and not available yet",
                "remove it, and store the derived signal in a file of its own",
            )


def losing_colors(plot: Model, order: tuple[str, ...]) -> Iterator[Fault]:
    """A warning for each colour field that another one makes ineffective.

    Parameters
    ----------
    plot
        A model with the fields of `order`.
    order
        Field names, the winning one first. `palette` never loses to `hue`: it serves it.
    """
    given = [name for name in order if getattr(plot, name) is not None]
    if len(given) < 2:
        return
    winner = given[0]
    for loser in given[1:]:
        if winner == "hue" and loser == "palette":
            continue
        yield Fault(
            (loser,),
            "session-color-ignored",
            f"`{loser}` has no effect because `{winner}` is set",
            f"remove `{loser}` or `{winner}`",
            "warning",
        )
