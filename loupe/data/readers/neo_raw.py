"""Files of acquisition systems, through neo's raw readers.

Blackrock, Intan, Neuralynx, Open Ephys, Plexon, Spike2, SpikeGLX, TDT and others. Each stream
of signals is an array named after it; where a recording was stopped and started again, the part
is named too. Spikes and events are tables. Times are those of neo, in seconds.
"""

from __future__ import annotations

import hashlib
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
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
    Scaling,
    SignalReader,
    Signals,
    even_time,
    library,
    local_file,
    one_unit,
    scaling,
    steps_of,
)
from loupe.data.readers.tables import Table
from loupe.data.request import Kind, OpenRequest
from loupe.errors import LoupeDataError
from loupe.session.suggest import did_you_mean

__all__ = ["NeoReader"]

_MARKS = ("*.tsq", "*.sev", "*.continuous", "*.oebin", "structure.oebin", "*.ncs", "*.lsx")
"""Files that tell a folder of TDT, Open Ephys, Neuralynx or Alpha Omega."""

_ONE_FILE = {
    ".abf",
    ".axgd",
    ".axgx",
    ".edr",
    ".nex",
    ".pl2",
    ".plx",
    ".smr",
    ".smrx",
    ".trc",
    ".wcp",
}
"""Formats of a single file; others have headers apart from the samples, or folders."""

_SIDE_BY_SIDE = {
    "AxonaRawIO",
    "BlackrockRawIO",
    "IntanRawIO",
    "NeuroNexusRawIO",
    "NeuroScopeRawIO",
}
"""Readers of several files of one folder whose `extensions` name all that hold samples."""

_NOTES = {".txt", ".xml"}
"""Files that hold no samples, and that people write themselves."""

_ANYTHING = {"RawBinarySignalRawIO", "ElanRawIO", "PhyRawIO"}
"""Readers that take files of numbers without a header, or that hold no signals."""


class NeoReader(SignalReader):
    """Opens what `neo.rawio` opens; see the module."""

    name = "neo"
    extensions: tuple[str, ...] = (
        *(f".ns{k}" for k in range(1, 7)),
        ".nev",
        ".ncs",
        ".nse",
        ".ntt",
        ".rhd",
        ".rhs",
        ".smr",
        ".smrx",
        ".plx",
        ".pl2",
        ".nex",
        ".abf",
        ".axgd",
        ".axgx",
        ".tev",
        ".tsq",
        ".tbk",
        ".sev",
        ".continuous",
        ".oebin",
        ".xdat",
        ".rec",
        ".trc",
        ".medd",
        ".wcp",
        ".edr",
        ".ap.meta",
        ".lf.meta",
        ".nidq.meta",
    )
    kinds: frozenset[Kind] = frozenset({"array", "table"})
    extra: ClassVar[str | None] = "neo"
    package: ClassVar[str | None] = "neo"
    without_signals: ClassVar[str] = "its spikes and events are opened as rasters"

    def claims(self, path: Path) -> bool:
        """Whether a folder holds files of a system that writes folders."""
        return path.is_dir() and any(any(path.glob(mark)) for mark in _MARKS)

    def signals(self, request: OpenRequest) -> Mapping[str, Make]:
        """All streams by name, part by part."""
        path = local_file(request)
        io, lock = _read(path), threading.Lock()
        found: dict[str, Make] = {}
        parts = _parts(io)
        for number, part in enumerate(parts):
            for stream, name in enumerate(_names(io.header["signal_streams"]["name"])):
                whole = name if len(parts) == 1 else f"{name}, part {number + 1}"
                if io.get_signal_size(*part, stream):
                    found[whole] = partial(_signals, io, part, stream, whole, (path, lock))
        return found

    def open_table(self, request: OpenRequest) -> Table:
        """Open ``spikes`` (time, unit) or ``events`` (time, duration, label, channel).

        Without `variable`, whichever there is, spikes first.

        Raises
        ------
        LoupeDataError
            If there is none.
        """
        import polars as pl

        path = local_file(request)
        io = _read(path)
        tables = {
            name: make
            for name, make, key in (
                ("spikes", _spikes, "spike_channels"),
                ("events", _events, "event_channels"),
            )
            if len(io.header[key])
        }
        wanted = request.variable or next(iter(tables), "spikes")
        if wanted not in tables:
            raise LoupeDataError(
                f"there is no table `{wanted}`",
                where=str(path),
                hint=did_you_mean(wanted, list(tables), what="tables"),
                code="data-variable",
            )
        frame = pl.DataFrame(tables[wanted](io)).sort(TIME)
        return Table(frame.lazy(), f"{path}:{wanted}", request.clock, request)


@dataclass(eq=False)
class _StreamVariable(FileVariable):
    io: Any
    part: tuple[int, int]
    stream: int
    scaling: Scaling

    @property
    def conversion(self) -> str:
        """The gains of rows that differ, which are in a header apart from the samples."""
        if self.scaling.factors is None or self.scaling.offsets is None:
            return ""
        told = np.stack([self.scaling.factors, self.scaling.offsets]).tobytes()
        return hashlib.blake2b(told, digest_size=8).hexdigest()

    @property
    def files(self) -> tuple[Path, ...]:
        """The file, in formats that have but one, or those that neo may read samples of."""
        if self.path.suffix.lower() in _ONE_FILE:
            return (self.path,)
        if self.io.has_buffer_description_api():
            buffer = self.io.header["signal_streams"]["buffer_id"][self.stream]
            told = self.io.get_analogsignal_buffer_description(*self.part, str(buffer))
            samples = Path(told["file_path"])
            if not samples.is_file():
                return ()
            return (samples, self.path) if self.path.is_file() else (samples,)
        endings = {f".{ending.lower()}" for ending in self.io.extensions} - _NOTES
        if self.io.rawmode == "one-dir":
            folder = self.path if self.path.is_dir() else self.path.parent
            near = folder.rglob("*")
        elif type(self.io).__name__ in _SIDE_BY_SIDE:
            near = self.path.parent.glob("*")
        else:
            return ()
        return tuple(sorted(p for p in near if p.suffix.lower() in endings and is_own(p)))

    def load(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any]:
        samples, rows = bounds
        if samples.stop <= samples.start:
            return np.empty((0, rows.stop - rows.start), dtype=self.dtype)
        raw = self.io.get_analogsignal_chunk(
            *self.part, samples.start, samples.stop, self.stream, channel_indexes=rows
        )
        return self.scaling.applied(np.asarray(raw), rows, 1, self.dtype)


def _read(path: Path) -> Any:
    """Open a path by the first of neo's readers that can."""
    rawio = library("neo.rawio", "neo")
    failed = []
    for kind in rawio.get_rawio(path, exclusive_rawio=False):
        if kind.__name__ in _ANYTHING:
            continue
        folder = path if path.is_dir() else path.parent
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                io = kind(dirname=str(folder)) if kind.rawmode == "one-dir" else kind(str(path))
                io.parse_header()
        except Exception as error:  # noqa: BLE001 - vendors' readers raise anything; told below
            failed.append(f"{kind.__name__}: {type(error).__name__}: {error}")
            continue
        return io
    raise LoupeDataError(
        f"cannot be opened by neo: {'; '.join(failed) or 'it knows no such file'}",
        where=str(path),
        hint="the file may be damaged, or lie apart from others that belong to it",
        code="data-open",
    )


def _parts(io: Any) -> list[tuple[int, int]]:
    """Numbers of neo's blocks and segments: one for each time that recording was started."""
    return [(b, s) for b in range(io.block_count()) for s in range(io.segment_count(b))]


def _names(names: npt.NDArray[Any]) -> list[str]:
    """Names of streams, made unique."""
    plain = [str(name) or "signals" for name in names]
    return [f"{n} {k + 1}" if plain.count(n) > 1 else n for k, n in enumerate(plain)]


def _signals(
    io: Any, part: tuple[int, int], stream: int, name: str, place: tuple[Path, threading.Lock]
) -> Signals:
    header = io.header["signal_channels"]
    rows = header[header["stream_id"] == io.header["signal_streams"]["id"][stream]]
    where = f"{place[0]}:{name}"
    shape = (int(io.get_signal_size(*part, stream)), len(rows))
    scale = scaling(rows["gain"].tolist(), rows["offset"].tolist())
    dtype = scale.dtype(np.dtype(rows["dtype"][0]))
    unit, units = one_unit([str(u) for u in rows["units"]])
    values = _StreamVariable(
        name,
        where,
        (TIME, "channel"),
        shape,
        dtype,
        {"units": unit, **scale.attrs},
        None,
        steps_of(shape, 0, dtype.itemsize),
        *place,
        io,
        part,
        stream,
        scale,
    )
    time = even_time(
        shape[0],
        float(io.get_signal_sampling_rate(stream)),
        where=where,
        start=float(io.get_signal_t_start(*part, stream)),
    )
    names = rows["name"] if len(set(rows["name"])) == len(rows) else rows["id"]
    coords = {"channel": names.astype(np.str_), "id": rows["id"].astype(np.str_), **units}
    return Signals(values, time, {key: ("channel", v) for key, v in coords.items()})


def _spikes(io: Any) -> dict[str, Any]:
    times, units = [np.empty(0)], [np.empty(0, dtype=np.str_)]
    for part in _parts(io):
        for k, name in enumerate(_names(io.header["spike_channels"]["name"])):
            stamps = io.get_spike_timestamps(*part, k)
            times.append(np.asarray(io.rescale_spike_timestamp(stamps, "float64")))
            units.append(np.full(len(stamps), name))
    return {TIME: np.concatenate(times), "unit": np.concatenate(units)}


def _events(io: Any) -> dict[str, Any]:
    columns: dict[str, list[Any]] = {TIME: [], "duration": [], "label": [], "channel": []}
    for part in _parts(io):
        for k, channel in enumerate(_names(io.header["event_channels"]["name"])):
            stamps, lengths, labels = io.get_event_timestamps(*part, k)
            times = io.rescale_event_timestamp(stamps, "float64", k)
            columns[TIME] += np.asarray(times, np.float64).tolist()
            columns["duration"] += (
                [0.0] * len(stamps)
                if lengths is None
                else io.rescale_epoch_duration(lengths, "float64", k).tolist()
            )
            columns["label"] += [str(label) for label in labels]
            columns["channel"] += [channel] * len(stamps)
    return columns
