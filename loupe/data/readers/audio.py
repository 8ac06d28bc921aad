"""Sound files (wav, flac, ogg, aiff and what else libsndfile reads) through soundfile.

Channels are rows. Values are between -1 and 1; whole numbers stay whole numbers, with a scale.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from loupe.data.readers.signals import (
    TIME,
    FileVariable,
    SignalReader,
    Signals,
    even_time,
    library,
    local_file,
    steps_of,
)
from loupe.data.request import OpenRequest
from loupe.errors import LoupeDataError

__all__ = ["AudioReader"]

_DTYPES = {
    "PCM_S8": "int16",
    "PCM_U8": "int16",
    "PCM_16": "int16",
    "PCM_24": "int32",
    "PCM_32": "int32",
    "DOUBLE": "float64",
}
"""What holds the stored values exactly; float32 for all others."""


class AudioReader(SignalReader):
    """Opens sound; see the module."""

    name = "audio"
    extensions: tuple[str, ...] = (
        ".wav",
        ".w64",
        ".rf64",
        ".flac",
        ".ogg",
        ".oga",
        ".opus",
        ".aif",
        ".aiff",
        ".caf",
        ".au",
    )
    extra: ClassVar[str | None] = "audio"
    package: ClassVar[str | None] = "soundfile"

    def signals(self, request: OpenRequest) -> Mapping[str, Signals]:
        """The one array ``sound``."""
        path = local_file(request)
        soundfile = library("soundfile", "audio")
        try:
            sound = soundfile.SoundFile(path)
        except (OSError, RuntimeError, TypeError, ValueError) as error:
            raise LoupeDataError(
                f"cannot be opened as sound: {error}",
                where=str(path),
                hint="the file may be damaged or of another kind; name the reader with `format`",
                code="data-open",
            ) from error
        return {"sound": _signals(sound, path)}


@dataclass(eq=False)
class _SoundVariable(FileVariable):
    sound: Any

    one_file: ClassVar[bool] = True

    def load(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any]:
        samples, rows = bounds
        self.sound.seek(samples.start)
        n = samples.stop - samples.start
        values: npt.NDArray[Any] = self.sound.read(n, dtype=self.dtype.name, always_2d=True)
        return values[:, rows]


def _signals(sound: Any, path: Path) -> Signals:
    dtype = np.dtype(_DTYPES.get(sound.subtype, "float32"))
    shape = (int(sound.frames), int(sound.channels))
    full = 2.0 ** (8 * dtype.itemsize - 1) if dtype.kind == "i" else 1.0
    values = _SoundVariable(
        "sound",
        str(path),
        (TIME, "channel"),
        shape,
        dtype,
        {"scale_factor": 1.0 / full},
        None,
        steps_of(shape, 0, dtype.itemsize),
        path,
        threading.Lock(),
        sound,
    )
    time = even_time(shape[0], float(sound.samplerate), where=str(path))
    return Signals(values, time, {"channel": ("channel", np.arange(1, shape[1] + 1))})
