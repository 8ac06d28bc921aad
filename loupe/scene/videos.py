"""From a session's video to what the video floor opens: paths resolved, frame times read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from loupe.errors import LoupeDataError, LoupeVideoError
from loupe.session.source import InMemory
from loupe.session.suggest import did_you_mean
from loupe.session.video import VideoConfig
from loupe.video.opened import VideoSpec
from loupe.video.reader import CACHE_BYTES

if TYPE_CHECKING:
    from loupe.data.catalog import Catalog

__all__ = ["frames_ceiling", "video_spec"]

TABLES = (".parquet", ".csv", ".tsv", ".htsv")


def frames_ceiling(cache_mb: int, videos: int) -> int:
    """Bytes of decoded frames that each of so many videos may keep.

    All videos of a window share as much again as `ViewConfig.cache_mb` gives to the rest of it;
    one keeps at most what `loupe.video.reader.CACHE_BYTES` says.
    """
    return min(CACHE_BYTES, (cache_mb << 20) // max(1, videos))


def video_spec(
    config: VideoConfig, name: str, catalog: Catalog, origin: datetime | None = None
) -> VideoSpec:
    """What `loupe.video.opened.open_video` is to open.

    Frame times that stand in a table's column are read here, through the catalog, because the
    video floor knows no tables.

    Parameters
    ----------
    origin
        Wall clock of second 0 of the recording, for frame times that are dates.

    Raises
    ------
    LoupeVideoError, LoupeDataError
        If a table or its column is not there.
    """
    if origin is not None:
        catalog.clock.start_at(origin)
    given = config.frame_times_path
    times: tuple[Path | npt.ArrayLike, ...]
    if isinstance(given, InMemory):
        times = (given.value,)
    else:
        times = tuple(
            _times(p, config.frame_times_column, catalog) for p in config.frame_times_paths
        )
    return VideoSpec(
        name=name,
        paths=tuple(catalog.base / p for p in config.video_paths),
        frame_times=times,
        correction=config.correction,
        max_distance_s=config.max_frame_distance_s,
        frame_count_slack=config.frame_count_slack,
    )


def _times(text: str, column: str | None, catalog: Catalog) -> Path | npt.NDArray[np.float64]:
    path = catalog.base / text
    if path.suffix.lower() not in TABLES:
        return path
    table = catalog.table(path)
    names = list(table.columns)
    chosen = column or next((n for n in ("frame_time", "time", "t") if n in names), None)
    if chosen is None and len(names) == 1:
        chosen = names[0]
    if chosen is None or chosen not in names:
        raise LoupeVideoError(
            f"there is no column `{column}`"
            if column
            else "the column of frame times is not named",
            hint=did_you_mean(column, names, what="columns")
            if column
            else "name it with `frame_times_column`; there are: "
            + ", ".join(f"`{name}`" for name in names),
            where=str(path),
            code="video-frame-times",
            place=("frame_times_column",),
        )
    try:
        return table.seconds(chosen)
    except LoupeDataError as error:
        error.place = ("frame_times_column",)
        raise
