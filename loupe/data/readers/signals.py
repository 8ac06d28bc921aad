"""What the readers of the field's recordings share: signals of one rate are one array.

A file holds one array or several, each of rows on one clock and each with a name. The readers
built on this give those; here they become traces x samples. This room knows no file format.
"""

from __future__ import annotations

import importlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from loupe.data.dataset import Dataset, open_labelled
from loupe.data.labelled import LabelledArray
from loupe.data.protocols import TableData
from loupe.data.request import Kind, OpenRequest
from loupe.data.variables import Chunking, Variable, memory_variable
from loupe.errors import LoupeDataError, LoupeError, LoupeMissingDependencyError
from loupe.session.suggest import did_you_mean

__all__ = [
    "TIME",
    "FileVariable",
    "Make",
    "Scaling",
    "SignalReader",
    "Signals",
    "even_time",
    "library",
    "local_file",
    "one_unit",
    "scaling",
    "steps_of",
]

TIME = "time"
"""Name of the time dimension of all these files."""

_BLOCK = 2 * 2**20
"""Bytes of a piece that is decoded and kept at once, where a file itself knows none."""


@dataclass(frozen=True, eq=False)
class Signals:
    """One array of a file.

    Attributes
    ----------
    values
        Its samples; one dimension is `TIME`, its attributes hold units and scale.
    time
        Its times, over `TIME`.
    coords
        By name, the dimension that they lie over, and their values.
    origin
        Wall clock of second 0 of the times, where the attributes of `time` do not tell it.
    """

    values: Variable
    time: Variable
    coords: Mapping[str, tuple[str, npt.NDArray[Any]]] = field(default_factory=dict)
    origin: datetime | None = None


Make: TypeAlias = Callable[[], Signals]
"""Makes one array of a file; it may raise anything if that one is damaged."""


class SignalReader(ABC):
    """A `loupe.data.request.Reader` of files whose arrays are known by `signals`."""

    name: str
    extensions: tuple[str, ...]
    kinds: frozenset[Kind] = frozenset({"array"})
    extra: ClassVar[str | None] = None
    """Which extra of Loupe brings the library, and what that library is called."""
    package: ClassVar[str | None] = None

    @abstractmethod
    def signals(self, request: OpenRequest) -> Mapping[str, Make]:
        """All arrays of a file by name, and what makes each from the headers."""

    def claims(self, path: Path) -> bool:
        """Claim nothing by its content."""
        return False

    def open_array(self, request: OpenRequest) -> LabelledArray:
        """Open one array: the one named by `variable`, or the only one.

        Raises
        ------
        LoupeDataError
            If the file is damaged or holds no such array; the hint lists those that it holds.
        """
        return self.opened(self.signals(request), request)

    def opened(self, found: Mapping[str, Make], request: OpenRequest) -> LabelledArray:
        """Open one of the arrays that `signals` has found; see `open_array`."""
        if not found:
            raise LoupeDataError(
                "it holds no signals",
                where=str(request.path),
                hint=self.without_signals,
                code="data-variable",
            )
        name = request.variable
        if name is None and len(found) == 1:
            name = next(iter(found))
        if name is None and "data" in found:
            name = "data"
        if name is None or name not in found:
            raise LoupeDataError(
                f"which variable? It holds {len(found)} arrays"
                if name is None
                else f"there is no variable `{name}`",
                where=str(request.path),
                hint=did_you_mean(name or "", list(found), what="variables"),
                code="data-variable",
            )
        try:
            signals = found[name]()
        except (LoupeError, ImportError):
            raise
        except Exception as error:  # damaged headers raise anything
            raise LoupeDataError(
                f"cannot be opened: {type(error).__name__}: {error}",
                where=f"{request.path}:{name}",
                hint="the file may be damaged or cut short; its other arrays can be opened",
                code="data-open",
            ) from error
        variables = {name: signals.values, TIME: signals.time}
        for key, (dim, values) in signals.coords.items():
            variables.setdefault(
                key, memory_variable(values, (dim,), name=key, where=f"{request.path}:{key}")
            )
        opened = open_labelled(
            Dataset(str(request.path), variables), replace(request, variable=name)
        )
        if signals.origin is None or request.rate is not None:
            return opened
        return opened.shifted(0.0, signals.origin)

    without_signals: ClassVar[str] = "is it the right file?"
    """Hint where a file holds no array."""

    def open_table(self, request: OpenRequest) -> TableData:
        """Refuse, unless the format has tables."""
        raise LoupeDataError(
            "it holds signals, not a table of events",
            where=str(request.path),
            hint="give a parquet or csv file",
            code="data-kind",
        )


def library(package: str, extra: str) -> Any:
    """Import an optional library.

    Raises
    ------
    LoupeMissingDependencyError
        If it is not installed, or does not load on this machine; names the extra.
    """
    try:
        return importlib.import_module(package)
    except (ImportError, OSError) as error:  # OSError: its shared library is not there
        raise LoupeMissingDependencyError(
            f"opening this needs `{package}`, which cannot be loaded: {error}",
            hint=f'pip install "loupe[{extra}]"',
        ) from error


def local_file(request: OpenRequest) -> Path:
    """The path of a request.

    Raises
    ------
    LoupeDataError
        If it is a URL.
    """
    if isinstance(request.path, Path):
        return request.path
    raise LoupeDataError(
        "only zarr stores are opened over the network",
        where=request.path,
        hint="copy the file to this machine",
        code="data-remote",
    )


@dataclass(eq=False)
class FileVariable(Variable):
    """Samples of a local file that a library reads, one thread at a time."""

    path: Path
    lock: threading.Lock

    one_file: ClassVar[bool] = False
    """Whether the opened file holds all samples, as the format says: not a header beside them."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The file, where it alone holds the samples: no overview can be checked otherwise."""
        return (self.path,) if self.one_file else ()

    @abstractmethod
    def load(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any]:
        """Return a box as the library reads it; it may raise anything."""

    def block(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any]:
        """Read a box; the library's errors become Loupe's."""
        shape = tuple(b.stop - b.start for b in bounds)
        try:
            with self.lock:
                values = np.asarray(self.load(bounds), dtype=self.dtype)
        except Exception as error:  # libraries raise anything
            raise self._unreadable(bounds, f"{type(error).__name__}: {error}") from error
        if values.shape != shape:
            raise self._unreadable(bounds, f"only a box of {values.shape} is there")
        return values

    def _unreadable(self, bounds: tuple[slice, ...], why: str) -> LoupeDataError:
        samples = bounds[self.dims.index(TIME)]
        return LoupeDataError(
            f"samples {samples.start} to {samples.stop} cannot be read: {why}",
            where=self.where,
            hint="the file may be damaged, cut short or no longer there; copy it anew",
            code="data-read",
        )


@dataclass(eq=False)
class _EvenTime(Variable):
    """Times of even samples, computed when asked for."""

    start: float
    rate: float

    def block(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any]:
        return self.start + np.arange(bounds[0].start, bounds[0].stop) / self.rate


def even_time(
    n: int, rate: float, *, where: str, start: float = 0.0, origin: datetime | None = None
) -> Variable:
    """Times of ``n`` samples from ``start`` seconds on, ``rate`` a second.

    Raises
    ------
    LoupeDataError
        If the rate is not a positive number.
    """
    if not (np.isfinite(rate) and rate > 0 and np.isfinite(start)):
        raise LoupeDataError(
            f"its samples begin at {start} s with {rate} a second",
            where=where,
            hint="the header may be damaged; give `rate` in samples a second",
            code="data-time",
        )
    attrs = {} if origin is None else {"units": f"seconds since {origin.isoformat()}"}
    return _EvenTime(
        TIME, where, (TIME,), (n,), np.dtype(np.float64), attrs, None, None, start, rate
    )


def steps_of(shape: Sequence[int], time_dim: int, itemsize: int) -> tuple[Chunking, ...]:
    """Pieces of all rows to decode at once, about 2 MiB each."""
    a_sample = itemsize * int(np.prod([n for k, n in enumerate(shape) if k != time_dim]))
    step = max(256, _BLOCK // max(1, a_sample))
    return tuple(
        Chunking(n, max(1, min(n, step) if k == time_dim else n)) for k, n in enumerate(shape)
    )


@dataclass(frozen=True, eq=False)
class Scaling:
    """How raw values of rows become physical ones.

    Attributes
    ----------
    attrs
        Scale and offset of all rows, as attributes of the variable; empty if they differ.
    factors, offsets
        ``(rows,)`` each, to be applied in reading; None if `attrs` say it all.
    """

    attrs: Mapping[str, object]
    factors: npt.NDArray[np.float64] | None = None
    offsets: npt.NDArray[np.float64] | None = None

    def dtype(self, raw: np.dtype[Any]) -> np.dtype[Any]:
        """What reading gives: raw values, or floats that hold them."""
        if self.factors is None:
            return raw
        return np.dtype(np.float32 if raw.itemsize <= 2 else np.float64)

    def applied(
        self, raw: npt.NDArray[Any], rows: slice, row_dim: int, dtype: np.dtype[Any]
    ) -> npt.NDArray[Any]:
        """Raw values of some rows, scaled where rows differ."""
        if self.factors is None or self.offsets is None:
            return raw
        shape = [1] * raw.ndim
        shape[row_dim] = -1
        factor, offset = self.factors[rows].reshape(shape), self.offsets[rows].reshape(shape)
        # In float64, then rounded once.
        return (raw * factor + offset).astype(dtype, copy=False)


def scaling(factors: Sequence[float], offsets: Sequence[float]) -> Scaling:
    """One scale for all rows if they share it, for then raw values need no conversion."""
    pairs = set(zip(map(float, factors), map(float, offsets), strict=True))
    if len(pairs) <= 1:
        factor, offset = next(iter(pairs), (1.0, 0.0))
        return Scaling({"scale_factor": factor, "add_offset": offset})
    return Scaling({}, np.asarray(factors, np.float64), np.asarray(offsets, np.float64))


def one_unit(units: Sequence[str]) -> tuple[str, dict[str, npt.NDArray[Any]]]:
    """The unit of all rows, else none and a coordinate ``unit`` that tells each row's."""
    if len(set(units)) <= 1:
        return next(iter(units), ""), {}
    return "", {"unit": np.array(units, dtype=np.str_)}
