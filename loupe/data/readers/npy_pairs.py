"""Pairs of ``NAME_t.npy`` (seconds) and ``NAME_y.npy`` (values), read where they are asked for.

A folder, one file of a pair, or several files. Pairs with equal times become the rows of
one array; others are opened one by one with `variable`. Pickled content is never loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from loupe.data.dataset import Dataset, open_labelled
from loupe.data.labelled import LabelledArray
from loupe.data.protocols import TableData
from loupe.data.request import Kind, OpenRequest
from loupe.data.timeaxis import Axis
from loupe.data.timecode import read_axis
from loupe.data.variables import Variable, memory_variable
from loupe.errors import LoupeDataError
from loupe.session.suggest import did_you_mean

__all__ = ["NpyReader", "load_series", "open_files", "pair_names", "partner"]


class NpyReader:
    """Opens npy pairs; see the module."""

    name = "npy"
    extensions: ClassVar[tuple[str, ...]] = (".npy",)
    kinds: ClassVar[frozenset[Kind]] = frozenset({"array"})

    def claims(self, path: Path) -> bool:
        """Whether a folder holds at least one times file that is not of events."""
        return path.is_dir() and any(
            not partner(t, "_t.npy", "_a.npy").exists() for t in path.glob("*_t.npy")
        )

    def open_array(self, request: OpenRequest) -> LabelledArray:
        """Open pairs as rows named after their files, in the order of their names."""
        return _open_pairs(_pairs(request), request)

    def open_table(self, request: OpenRequest) -> TableData:
        """Refuse: pairs are signals."""
        raise LoupeDataError(
            "npy pairs hold signals, not a table of events",
            where=str(request.path),
            hint='events are opened by their folder, or with format = "npy-events"',
            code="data-kind",
        )


@dataclass(frozen=True)
class _Series:
    """The numbers of one file, from a byte on.

    They are read, not mapped: a map of a file that shrinks or goes away ends the program.
    """

    path: Path
    start: int
    dtype: np.dtype[Any]

    def read(self, samples: slice) -> npt.NDArray[Any]:
        n = samples.stop - samples.start
        try:
            offset = self.start + samples.start * self.dtype.itemsize
            values = np.fromfile(self.path, self.dtype, n, offset=offset)
        except OSError as error:
            raise self._unreadable(samples, error.strerror or str(error)) from error
        if len(values) < n:
            raise self._unreadable(samples, f"only {len(values)} are there")
        return values

    def _unreadable(self, samples: slice, why: str) -> LoupeDataError:
        return LoupeDataError(
            f"samples {samples.start} to {samples.stop} cannot be read: {why}",
            where=str(self.path),
            hint="the file may have been cut short or moved since it was opened",
            code="data-read",
        )


@dataclass(eq=False)
class _Stacked(Variable):
    """Files of one length as rows (one alone is not a row but the array)."""

    series: list[_Series]
    alone: bool

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of values, if they are all of a folder or pair: a choice has no place."""
        return tuple(series.path for series in self.series) if self.alone else ()

    def block(self, bounds: tuple[slice, ...]) -> npt.NDArray[Any]:
        samples = bounds[-1]
        if len(self.shape) == 1:
            return self.series[0].read(samples)
        rows = self.series[bounds[0]]
        out = np.empty((len(rows), samples.stop - samples.start), dtype=self.dtype)
        for row, series in zip(out, rows, strict=True):
            row[:] = series.read(samples)
        return out


def open_files(paths: Sequence[Path], request: OpenRequest) -> LabelledArray:
    """Open several files, both halves of each pair or one, in the order of first appearance.

    Pairs of one name are told apart by their folders.

    Raises
    ------
    LoupeDataError
        If a half is missing or damaged, or the pairs have different times.
    """
    found = {
        pair: name for path in paths for name, pair in _pairs(replace(request, path=path)).items()
    }
    plain = list(found.values())
    pairs: dict[str, tuple[Path, Path]] = {}
    for pair, name in found.items():
        folder = pair[0].parent
        named = name if plain.count(name) == 1 else f"{folder.resolve().name}/{name}"
        pairs[named if named not in pairs else f"{folder}/{name}"] = pair
    return _open_pairs(
        pairs, replace(request, path=paths[0].parent), "give each a source of its own"
    )


def _open_pairs(
    pairs: dict[str, tuple[Path, Path]], request: OpenRequest, apart: str = ""
) -> LabelledArray:
    """Open pairs as rows; ``apart`` says what to do with those of other times."""
    times = [load_series(t, "times") for t, _ in pairs.values()]
    values = [load_series(y, "values") for _, y in pairs.values()]
    for (name, (t, y)), time, value in zip(pairs.items(), times, values, strict=True):
        if len(time) != len(value):
            raise LoupeDataError(
                f"`{name}` has {len(time)} times but {len(value)} values",
                where=f"{t}, {y.name}",
                hint="both files of a pair need one entry a sample",
                code="data-shape",
            )
    names = list(pairs)
    _check_same_times(names, [t for t, _ in pairs.values()], times, request, apart)
    single = len(names) == 1
    where = str(next(iter(pairs.values()))[1]) if single else str(request.path)
    stacked = _Stacked(
        names[0] if single else "data",
        where,
        (request.time,) if single else ("series", request.time),
        values[0].shape if single else (len(names), len(values[0])),
        np.result_type(*values),
        {},
        None,
        None,
        [
            _Series(y, int(getattr(v, "offset", 0)), v.dtype)
            for (_, y), v in zip(pairs.values(), values, strict=True)
        ],
        not apart,
    )
    # A pair may have the name of the times.
    key = stacked.name if stacked.name != request.time else f"{stacked.name}_"
    first_t = str(next(iter(pairs.values()))[0])
    variables: dict[str, Variable] = {
        key: stacked,
        request.time: memory_variable(times[0], (request.time,), where=first_t),
    }
    if not single:
        variables["series"] = memory_variable(np.array(names), ("series",), where=where)
    inside = replace(request, variable=key, group=None)
    return open_labelled(Dataset(where, variables), inside)


def pair_names(path: Path) -> tuple[str, ...]:
    """Names of the complete pairs in a folder, sorted; what has opacities too is events."""
    return tuple(
        t.name[: -len("_t.npy")]
        for t in sorted(path.glob("*_t.npy"))
        if partner(t, "_t.npy", "_y.npy").is_file() and not partner(t, "_t.npy", "_a.npy").exists()
    )


def partner(path: Path, end: str, other: str) -> Path:
    """The file of the same name with another ending."""
    return path.with_name(path.name[: -len(end)] + other)


def _pairs(request: OpenRequest) -> dict[str, tuple[Path, Path]]:
    """The pairs to open: name to times file and values file."""
    if isinstance(request.path, str):
        raise LoupeDataError(
            "only zarr stores are opened over the network", where=request.path, code="data-open"
        )
    path = request.path
    if path.is_dir():
        names = pair_names(path)
        if request.variable is not None and request.variable in names:
            names = (request.variable,)
        elif not names or request.variable is not None:
            wanted = request.variable or "NAME"
            raise LoupeDataError(
                f"there is no pair {wanted}_t.npy and {wanted}_y.npy in this folder",
                where=str(path),
                hint=did_you_mean(wanted, names, what="pairs"),
                code="data-missing-file",
            )
        return {n: (path / f"{n}_t.npy", path / f"{n}_y.npy") for n in names}
    for end, other in (("_y.npy", "_t.npy"), ("_t.npy", "_y.npy")):
        if path.name.endswith(end):
            half = partner(path, end, other)
            if not half.is_file():
                raise LoupeDataError(
                    f"its other half is missing: {half.name}",
                    where=str(path),
                    hint="a pair is NAME_t.npy (seconds) and NAME_y.npy (values)",
                    code="data-missing-file",
                )
            name = path.name[: -len(end)]
            return {name: (path, half) if end == "_t.npy" else (half, path)}
    raise LoupeDataError(
        "a single npy file has no times",
        where=str(path),
        hint="name the files NAME_t.npy (seconds) and NAME_y.npy (values)",
        code="data-time-missing",
    )


def load_series(path: Path, what: str) -> npt.NDArray[Any]:
    """Memory-map one row of numbers, ``(n,)``; nothing is unpickled.

    Raises
    ------
    LoupeDataError
        If it is damaged or something else; names the file and `what` it should hold.
    """
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, OverflowError, MemoryError, EOFError, SyntaxError) as error:
        raise LoupeDataError(
            f"cannot be read as npy: {error}",
            where=str(path),
            hint="the file may be damaged or cut short; save it anew with numpy.save",
            code="data-open",
        ) from error
    if values.ndim != 1 or values.dtype.kind not in "biufM":
        raise LoupeDataError(
            f"the {what} must be one row of numbers, got shape {values.shape}, {values.dtype}",
            where=str(path),
            hint="save one series a file",
            code="data-shape",
        )
    array: npt.NDArray[Any] = values
    return array


def _check_same_times(
    names: list[str],
    paths: list[Path],
    times: list[npt.NDArray[Any]],
    request: OpenRequest,
    apart: str,
) -> None:
    if len(names) < 2:
        return
    first = _axis(times[0], paths[0], request)
    for name, path, own in zip(names[1:], paths[1:], times[1:], strict=True):
        if not _equal(first, _axis(own, path, request)):
            raise LoupeDataError(
                f"`{names[0]}` and `{name}` have different times and cannot share one array",
                where=str(request.path),
                hint=apart or f'give each its own plot, with variable = "{name}" and so on',
                code="data-time",
            )


def _axis(times: npt.NDArray[Any], path: Path, request: OpenRequest) -> Axis:
    axis, code = read_axis(
        lambda i0, i1: times[i0:i1], len(times), {}, unit=request.time_unit, where=str(path)
    )
    if code.origin is None or len(times) == 0:
        return axis
    # Datetimes start at their own second 0; compare them on one clock.
    return axis.shifted(code.origin.timestamp())


def _equal(a: Axis, b: Axis) -> bool:
    if a.n != b.n:
        return False
    if a.uniform and b.uniform:
        tolerance = 1e-6 * a.period
        return (
            abs(a.span.start - b.span.start) <= tolerance
            and abs(a.span.stop - b.span.stop) <= tolerance
        )
    return bool(np.array_equal(a.times(0, a.n), b.times(0, b.n)))
