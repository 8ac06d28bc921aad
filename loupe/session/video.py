"""Videos beside the plots. Nothing is opened here."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag

from loupe.session.base import Fault, Flag, Model, Name, Number, Whole, shape
from loupe.session.forms import path_text
from loupe.session.source import InMemory

__all__ = ["Correction", "FileOrFiles", "VideoConfig"]

FileOrFiles: TypeAlias = Annotated[
    Annotated[Name, Tag("(text)")]
    | Annotated[tuple[Name, ...], Field(min_length=1), Tag("(list)")],
    Discriminator(shape),
]
"""One path or several, relative to the session file."""

FrameTimes: TypeAlias = Annotated[
    Annotated[Name, Tag("(text)")]
    | Annotated[tuple[Name, ...], Field(min_length=1), Tag("(list)")]
    | Annotated[InMemory, Tag("(memory)")],
    Discriminator(shape),
]
"""One path or several; from Python also an array of times."""

Correction: TypeAlias = Annotated[
    Annotated[Number, Tag("(number)")] | Annotated[tuple[Number, Number], Tag("(list)")],
    Discriminator(shape),
]
"""An offset in seconds, or `[offset, drift]` with the drift in seconds a second."""


Slack: TypeAlias = Annotated[
    Annotated[Whole, Field(ge=0), Tag("(number)")] | Annotated[Literal["unlimited"], Tag("(text)")],
    Discriminator(shape),
]
"""A number of frames, or any."""


def _unlimited(value: object) -> object:
    return "unlimited" if value is None else value


class VideoConfig(Model):
    """A video whose frames have times on the session's time axis."""

    positional: ClassVar[tuple[str, ...]] = ("video_path", "frame_times_path")
    renamed: ClassVar[Mapping[str, str]] = {"view_id": "id"}

    video_path: Annotated[FileOrFiles, BeforeValidator(path_text)] = Field(
        examples=["cam1.mp4", ["cam1_a.mp4", "cam1_b.mp4"]]
    )
    """The video file; several files are one continuous video."""

    frame_times_path: Annotated[FrameTimes | None, BeforeValidator(path_text)] = Field(
        None, examples=["cam1_frame_times.npy", ["a_times.npy", "b_times.npy"]]
    )
    """File with the time of every frame in seconds: `.npy`, or a table with
    `frame_times_column`; as many files as videos. Default: the times in the video itself."""

    frame_times_column: Name | None = Field(None, examples=["frame_time"])
    """Column of a `.parquet` or `.csv` file of frame times."""

    name: Name | None = Field(None, examples=["side cam"])
    """Caption. Default: `Video` and a number."""

    stretch: Whole | None = Field(None, ge=0, le=20, examples=[3])
    """Share of the height of the video panel. Default: 3 for the first video, 2 for others."""

    frame_times_correction: Correction = Field(0.0, examples=[-0.25, [0.1, 1e-5]])
    """Seconds added to every frame time, or `[offset, drift]`: `t + offset + drift * t`."""

    max_frame_distance_s: Number | None = Field(None, gt=0, examples=[0.1])
    """Largest distance of cursor and frame at which the frame is still shown. Default: 0.55 of
    the median frame interval."""

    frame_count_slack: Annotated[Slack, BeforeValidator(_unlimited)] = Field(
        120, examples=[0, "unlimited"]
    )
    """Frames that may be missing at the end of a truncated file."""

    separate_window: Annotated[
        Annotated[Flag, Tag("(flag)")] | Annotated[Name, Tag("(text)")], Discriminator(shape)
    ] = Field(False, examples=[True, "cameras"])
    """Show in a window of its own; videos with the same text share one."""

    visible: Flag = Field(True, examples=[False])
    """Whether the video is shown at first."""

    id: Name | None = Field(None, examples=["side"])
    """Stable name for view presets and messages; must be unique."""

    @property
    def view_id(self) -> str | None:
        """The original program's name of `id`."""
        return self.id

    @property
    def video_paths(self) -> tuple[str, ...]:
        """The video files as a tuple, one or more."""
        return (self.video_path,) if isinstance(self.video_path, str) else self.video_path

    @property
    def frame_times_paths(self) -> tuple[str, ...]:
        """The files of frame times as a tuple; empty without any or with an array in memory."""
        if isinstance(self.frame_times_path, str):
            return (self.frame_times_path,)
        return self.frame_times_path if isinstance(self.frame_times_path, tuple) else ()

    @property
    def correction(self) -> tuple[float, float]:
        """``(offset, drift)`` of `frame_times_correction`."""
        value = self.frame_times_correction
        return value if isinstance(value, tuple) else (value, 0.0)

    def faults(self) -> Iterator[Fault]:
        """As many files of frame times as videos."""
        times = self.frame_times_paths
        if times and len(times) != len(self.video_paths):
            yield Fault(
                ("frame_times_path",),
                "session-video-lengths",
                f"expected {len(self.video_paths)} files of frame times, one for each video file, "
                f"got {len(times)}",
                "name them in the order of the video files",
            )
        if self.frame_times_column is not None and not times:
            yield Fault(
                ("frame_times_column",),
                "session-video-column",
                "a column is named, but no `frame_times_path`",
                "name the table in `frame_times_path`",
            )
