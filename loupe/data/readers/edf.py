"""EDF, EDF+, BDF and BDF+ recordings: headers through edfio, samples by a map of the file.

Signals of one sampling rate are the rows of one array; with several rates each array is named
after its rate, such as ``100 Hz``. The samples are not left to edfio, which reads a BDF file
whole. A discontinuous file (EDF+D) has gaps where it says so. Layout of the records:
Kemp and Olivan, Clin Neurophysiol 2003 (EDF+), and BioSemi's description of BDF.
"""

from __future__ import annotations

import contextlib
import io
import re
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from loupe.data.dataset import TimeVariable
from loupe.data.readers.signals import (
    TIME,
    FileVariable,
    Scaling,
    SignalReader,
    Signals,
    even_time,
    library,
    local_file,
    one_unit,
    scaling,
)
from loupe.data.request import OpenRequest
from loupe.data.timeaxis import Axis, records_axis
from loupe.data.variables import Variable
from loupe.errors import LoupeDataError

__all__ = ["EdfReader"]

_ONSET = re.compile(rb"([+-]\d+(?:\.\d*)?)(?:\x15[^\x14]*)?\x14")
_ANNOTATIONS = {2: b"EDF Annotations", 3: b"BDF Annotations"}
"""Label of signals that are none, by the width of a sample."""

_FIELDS_BEFORE_COUNT = 216
"""Bytes of each signal's header in front of its samples a record."""


class EdfReader(SignalReader):
    """Opens EDF and BDF; see the module."""

    name = "edf"
    extensions: tuple[str, ...] = (".edf", ".bdf")
    extra: ClassVar[str | None] = "edf"
    package: ClassVar[str | None] = "edfio"
    without_signals: ClassVar[str] = "its annotations can be opened as labels"

    def signals(self, request: OpenRequest) -> Mapping[str, Signals]:
        """All arrays by their rates, the fastest first."""
        return _open(local_file(request))


@dataclass(frozen=True, eq=False)
class _Layout:
    """Where samples lie in a file.

    Attributes
    ----------
    width
        Bytes of a sample: 2, or 3 in BDF.
    header
        Bytes before the first record.
    counts, annotations
        Of each stored signal: samples a record, and whether it is one of annotations.
    """

    width: int
    header: int
    counts: tuple[int, ...]
    annotations: tuple[bool, ...]

    @property
    def record(self) -> int:
        """Bytes of a record."""
        return self.width * sum(self.counts)

    def place(self, signal: int) -> slice:
        """Bytes of a signal within a record."""
        start = self.width * sum(self.counts[:signal])
        return slice(start, start + self.width * self.counts[signal])


@dataclass(eq=False)
class _EdfVariable(FileVariable):
    """Signals of one rate; ``places`` are their bytes within a record of ``count`` samples."""

    records: npt.NDArray[np.uint8]
    places: tuple[slice, ...]
    count: int
    width: int
    scaling: Scaling

    one_file: ClassVar[bool] = True

    def load(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any]:
        rows, samples = bounds
        first, last = samples.start // self.count, -(-samples.stop // self.count)
        skip = samples.start - first * self.count
        n = samples.stop - samples.start
        places = self.places[rows]
        raw = np.empty((len(places), n), dtype=np.int16 if self.width == 2 else np.int32)
        for row, place in zip(raw, places, strict=True):
            row[:] = _numbers(self.records[first:last, place], self.width)[skip : skip + n]
        return self.scaling.applied(raw, rows, 0, self.dtype)


def _numbers(stored: npt.NDArray[np.uint8], width: int) -> npt.NDArray[Any]:
    """Little-endian integers of two or three bytes."""
    if width == 2:
        return np.ascontiguousarray(stored).view("<i2").ravel()
    wide = np.zeros((stored.size // 3, 4), dtype=np.uint8)
    # In the upper bytes, so that shifting them down again keeps the sign.
    wide[:, 1:] = stored.reshape(-1, 3)
    shifted: npt.NDArray[Any] = wide.view("<i4").ravel() >> 8
    return shifted


@dataclass(eq=False)
class _RecordTime(TimeVariable):
    """Times of samples whose records begin at ``onsets``."""

    onsets: npt.NDArray[np.float64]
    count: int
    rate: float

    def block(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any]:
        record, within = np.divmod(np.arange(bounds[0].start, bounds[0].stop), self.count)
        return self.onsets[record] + within / self.rate

    def axis(self) -> Axis:
        return records_axis(self.onsets, self.count, 1 / self.rate, where=self.where)


def _layout(head: bytes, file: io.BufferedReader) -> _Layout:
    n, header = int(head[252:256]), int(head[184:192])
    rest = file.read(256 * n)
    if n < 0 or header != 256 * (n + 1) or len(rest) < 256 * n:
        raise ValueError(f"the header has {len(rest) + 256} bytes and names {n} signals")
    counts = rest[_FIELDS_BEFORE_COUNT * n : (_FIELDS_BEFORE_COUNT + 8) * n]
    width = 3 if head[:1] == b"\xff" else 2
    return _Layout(
        width,
        header,
        tuple(int(counts[8 * k : 8 * k + 8]) for k in range(n)),
        tuple(rest[16 * k : 16 * k + 16].strip() == _ANNOTATIONS[width] for k in range(n)),
    )


@dataclass(frozen=True, eq=False)
class _Recording:
    """A file whose headers have been read.

    Attributes
    ----------
    signals, places
        Headers of the signals that are no annotations, and their bytes within a record.
    records, width
        All records, ``(records, bytes)``, and the bytes of a sample.
    length
        Seconds that a record lasts.
    origin
        Wall clock of the first sample, or None.
    onsets
        Beginning of each record in seconds if the file is discontinuous, else None.
    """

    path: Path
    signals: tuple[Any, ...]
    places: tuple[slice, ...]
    records: npt.NDArray[np.uint8]
    width: int
    length: float
    origin: datetime | None
    onsets: npt.NDArray[np.float64] | None


def _open(path: Path) -> dict[str, Signals]:
    edfio = library("edfio", "edf")
    try:
        recording = _headers(path, edfio)
    except PermissionError as error:
        raise LoupeDataError(
            f"not permitted to read it: {error.strerror}",
            where=str(path),
            hint="check the rights of the file",
            code="data-read",
        ) from error
    except Exception as error:  # damaged headers raise anything
        raise LoupeDataError(
            f"cannot be opened as EDF or BDF: {type(error).__name__}: {error}",
            where=str(path),
            hint="the file may be damaged or of another kind; name the reader with `format`",
            code="data-open",
        ) from error
    counts = {s.samples_per_data_record for s in recording.signals} - {0}
    return {
        f"{count / recording.length:.10g} Hz": _array(recording, count)
        for count in sorted(counts, reverse=True)
    }


def _headers(path: Path, edfio: Any) -> _Recording:
    with path.open("rb") as file:
        layout = _layout(file.read(256), file)
        file.seek(0)
        # One record is enough for the headers and the fraction of the first second.
        start = file.read(layout.header + layout.record)
    read = edfio.read_bdf if layout.width == 3 else edfio.read_edf
    with warnings.catch_warnings():
        # It tells that there is but one record, which is our doing.
        warnings.simplefilter("ignore")
        header = read(io.BytesIO(start), header_encoding="latin-1")
        origin = _origin(header)
        signals, length = header.signals, header.data_record_duration
    if signals and not length > 0:
        raise ValueError(f"a record lasts {length} s")
    records = _records(path, layout, int(start[236:244]))
    gaps = bool(signals) and start[192:236].strip().endswith(b"+D")
    return _Recording(
        path,
        signals,
        tuple(layout.place(k) for k, told in enumerate(layout.annotations) if not told),
        records,
        layout.width,
        length,
        origin,
        _onsets(records, layout) if gaps else None,
    )


def _array(recording: _Recording, count: int) -> Signals:
    """The signals with ``count`` samples a record."""
    own = [k for k, s in enumerate(recording.signals) if s.samples_per_data_record == count]
    signals = [recording.signals[k] for k in own]
    rate = count / recording.length
    name = f"{rate:.10g} Hz"
    where = f"{recording.path}:{name}"
    factors, offsets = zip(*[_scale(s) for s in signals], strict=True)
    scale = scaling(factors, offsets)
    unit, units = one_unit([s.physical_dimension.strip() for s in signals])
    values = _EdfVariable(
        name,
        where,
        ("channel", TIME),
        (len(own), len(recording.records) * count),
        scale.dtype(np.dtype(np.int16 if recording.width == 2 else np.int32)),
        {"units": unit, **scale.attrs},
        None,
        None,
        recording.path,
        threading.Lock(),
        recording.records,
        tuple(recording.places[k] for k in own),
        count,
        recording.width,
        scale,
    )
    coords = {"channel": np.array([s.label for s in signals]), **units}
    time = _time(recording, values.shape[1], count, where)
    return Signals(values, time, {key: ("channel", v) for key, v in coords.items()})


def _time(recording: _Recording, n: int, count: int, where: str) -> Variable:
    even = even_time(n, count / recording.length, where=where, origin=recording.origin)
    if recording.onsets is None:
        return even
    return _RecordTime(
        TIME,
        where,
        even.dims,
        even.shape,
        even.dtype,
        even.attrs,
        None,
        None,
        recording.onsets,
        count,
        count / recording.length,
    )


def _scale(signal: Any) -> tuple[float, float]:
    """Factor and offset of a signal; raw values where its header names no range."""
    try:
        low, high = float(signal.physical_min), float(signal.physical_max)
        first, last = int(signal.digital_min), int(signal.digital_max)
    except ValueError:
        return 1.0, 0.0
    if first == last or low == high:
        return 1.0, 0.0
    factor = (high - low) / (last - first)
    return factor, low - factor * first


def _origin(header: Any) -> datetime | None:
    """Start of the recording; None if it has been made anonymous or is no date."""
    with contextlib.suppress(ValueError):
        return datetime.combine(header.startdate, header.starttime)
    return None


def _records(path: Path, layout: _Layout, said: int) -> npt.NDArray[np.uint8]:
    """The whole records of a file, ``(records, bytes)``, mapped."""
    size = path.stat().st_size - layout.header
    there = size // layout.record if layout.record else 0
    if there < said:
        warnings.warn(
            f"{path} is cut short: {there} of {said} records are there",
            RuntimeWarning,
            stacklevel=2,
        )
    # A header written before the recording had ended says -1.
    n = min(there, said) if said >= 0 else there
    if n == 0:
        return np.empty((0, layout.record), dtype=np.uint8)
    return np.memmap(path, np.uint8, "r", layout.header, (n, layout.record))


def _onsets(records: npt.NDArray[np.uint8], layout: _Layout) -> npt.NDArray[np.float64]:
    """Beginning of each record in seconds from the first, as its first annotation says."""
    if not any(layout.annotations):
        raise ValueError("it is discontinuous, but nothing says where")
    place = layout.place(layout.annotations.index(True))
    onsets = np.empty(len(records))
    for k, record in enumerate(records[:, place]):
        match = _ONSET.match(record.tobytes())
        if match is None:
            raise ValueError(f"record {k} does not say when it begins")
        onsets[k] = float(match[1])
    return onsets - onsets[0] if len(onsets) else onsets
