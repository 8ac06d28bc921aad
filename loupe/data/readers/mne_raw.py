"""Continuous recordings that MNE reads: fif, BrainVision, EEGLAB, CTF, KIT, GDF and more.

Values are float64 in volts and teslas, as MNE gives them; where all rows share one of these
units they are shown in microvolts or femtoteslas, as MNE's own window does. The table of such a
file holds MNE's annotations. An ending that another reader opens needs ``format = "mne"``.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from loupe.data.fingerprint import is_own
from loupe.data.readers.signals import (
    TIME,
    FileVariable,
    Make,
    SignalReader,
    Signals,
    even_time,
    library,
    local_file,
    one_unit,
    steps_of,
)
from loupe.data.readers.tables import Table
from loupe.data.request import Kind, OpenRequest
from loupe.errors import LoupeDataError

__all__ = ["MneReader"]

_UNITS = {107: "V", 112: "T", 201: "T/m", 202: "Am", 114: "S", 101: "Hz", 6: "M"}
"""Names of the unit numbers of the FIFF format that recordings use."""
_SHOWN = {"V": ("µV", 1e6), "T": ("fT", 1e15)}


class MneReader(SignalReader):
    """Opens what `mne.io.read_raw` opens; see the module."""

    name = "mne"
    extensions: tuple[str, ...] = (
        ".fif",
        ".fif.gz",
        ".vhdr",
        ".ahdr",
        ".set",
        ".cnt",
        ".gdf",
        ".mff",
        ".mefd",
        ".nxe",
        ".sqd",
        ".con",
        ".ds",
        ".cdt",
        ".nedf",
        ".lay",
        ".snirf",
    )
    kinds: frozenset[Kind] = frozenset({"array", "table"})
    extra: ClassVar[str | None] = "mne"
    package: ClassVar[str | None] = "mne"

    def signals(self, request: OpenRequest) -> Mapping[str, Make]:
        """The one array ``raw``: all channels."""
        path = local_file(request)
        return {"raw": partial(_signals, _read(path), path)}

    def open_table(self, request: OpenRequest) -> Table:
        """Open the annotations: time, duration and description."""
        import polars as pl

        path = local_file(request)
        raw = _read(path)
        told = raw.annotations
        # Onsets count from the start of the clock, of which the file may lack the beginning.
        start = raw.first_time if told.orig_time is not None else 0.0
        origin = _origin(raw)
        shift = 0.0 if origin is None else request.clock.offset(origin)
        frame = pl.DataFrame(
            {
                TIME: np.asarray(told.onset, np.float64) - start + shift,
                "duration": np.asarray(told.duration, np.float64),
                "description": [str(text) for text in told.description],
            },
            schema={TIME: pl.Float64, "duration": pl.Float64, "description": pl.String},
        )
        return Table(frame.lazy(), f"{path}:annotations", request.clock, request)


@dataclass(eq=False)
class _RawVariable(FileVariable):
    raw: Any

    @property
    def files(self) -> tuple[Path, ...]:
        """The file or folder, and what else MNE reads samples of, in formats where it says that."""
        if not self.path.name.lower().endswith(MneReader.extensions):
            return ()
        if self.path.is_dir():
            return tuple(sorted(path for path in self.path.rglob("*") if is_own(path)))
        others = {Path(name) for name in self.raw.filenames if name is not None}
        return (self.path, *sorted(o for o in others if not o.samefile(self.path)))

    def load(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any]:
        rows, samples = bounds
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values, _ = self.raw[rows, samples]
        found: npt.NDArray[Any] = values
        return found


def _read(path: Path) -> Any:
    mne = library("mne", "mne")
    try:
        with warnings.catch_warnings():
            # It warns of names of files and of headers that it mends itself.
            warnings.simplefilter("ignore")
            return mne.io.read_raw(path, preload=False, verbose="ERROR")
    except Exception as error:  # its readers raise anything
        raise LoupeDataError(
            f"cannot be opened by mne: {type(error).__name__}: {str(error).partition(chr(10))[0]}",
            where=str(path),
            hint="the file may be damaged or hold no continuous recording",
            code="data-open",
        ) from error


def _origin(raw: Any) -> Any:
    """Wall clock of the first sample, or None."""
    start = raw.info["meas_date"]
    return None if start is None else start + timedelta(seconds=float(raw.first_time))


def _signals(raw: Any, path: Path) -> Signals:
    shape = (len(raw.ch_names), int(raw.n_times))
    unit, units = one_unit([_UNITS.get(int(c["unit"]), "") for c in raw.info["chs"]])
    unit, factor = _SHOWN.get(unit, (unit, 1.0))
    bad = set(raw.info["bads"])
    values = _RawVariable(
        "raw",
        str(path),
        ("channel", TIME),
        shape,
        np.dtype(np.float64),
        {"units": unit, "scale_factor": factor},
        None,
        steps_of(shape, 1, 8),
        path,
        threading.Lock(),
        raw,
    )
    rows = {
        "channel": np.array(raw.ch_names),
        "type": np.array(raw.get_channel_types()),
        "bad": np.array([name in bad for name in raw.ch_names]),
        **units,
    }
    time = even_time(shape[1], float(raw.info["sfreq"]), where=str(path), origin=_origin(raw))
    return Signals(values, time, {name: ("channel", v) for name, v in rows.items()})
