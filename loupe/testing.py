"""Checks that every reader must pass, for the tests of Loupe and of other packages.

Call `check_array` on what your reader's `open_array` returns, `check_table` on its tables and
`check_reader` on the reader itself. They raise AssertionError that says what is wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from loupe.data.protocols import ArrayData, TableData, TimeAxis
from loupe.data.request import Reader

__all__ = ["check_array", "check_reader", "check_table", "check_time"]


def check_reader(reader: Reader) -> None:
    """Check the names of a reader: what the registry needs to choose it."""
    assert isinstance(reader, Reader), "the reader lacks a part of loupe.data.request.Reader"
    assert reader.name, "the reader has no name"
    assert reader.name == reader.name.strip(), f"the name {reader.name!r} has blanks around it"
    for extension in reader.extensions:
        assert extension.startswith("."), f"the ending {extension!r} must begin with a dot"
        assert extension == extension.lower(), f"the ending {extension!r} must be lower case"
    assert reader.kinds <= {"array", "table"}, f"unknown kinds: {set(reader.kinds)}"
    assert reader.kinds, "the reader opens neither arrays nor tables"


def check_time(axis: TimeAxis) -> None:
    """Check a time axis: increasing, consistent with its span and period, brackets right."""
    assert isinstance(axis, TimeAxis), "the axis lacks a part of loupe.data.protocols.TimeAxis"
    if axis.n == 0:
        return
    times = axis.times(0, axis.n)
    assert times.dtype == np.float64, f"times are {times.dtype}, not float64"
    assert times.shape == (axis.n,), f"{axis.n} samples but times of shape {times.shape}"
    assert np.isfinite(times).all(), "times are not finite"
    assert (np.diff(times) > 0).all(), "times do not increase"
    assert axis.span.start == times[0], "the span does not start at the first sample"
    tolerance = 1e-6 * axis.period
    assert abs(axis.span.stop - times[-1]) <= tolerance, "the span does not end at the last sample"
    assert axis.period > 0, "the period is not positive"
    if axis.uniform:
        even = axis.span.start + np.arange(axis.n) * axis.period
        assert np.abs(even - times).max() <= tolerance, "the axis says uniform but is not"
    middle = axis.n // 2
    assert np.array_equal(axis.times(middle, axis.n), times[middle:]), "times depend on the range"
    if (at := getattr(axis, "at", None)) is not None:
        some = np.array([0, middle, axis.n - 1])
        assert np.array_equal(at(some), times[some]), "times of single samples differ"
    beyond = 10 * axis.period
    ends = [times[0] - beyond, times[0], times[middle], times[-1], times[-1] + beyond]
    for t0 in ends:
        for t1 in ends:
            if t1 >= t0:
                _check_bracket(axis, times, float(t0), float(t1))


def _check_bracket(axis: TimeAxis, times: npt.NDArray[np.float64], t0: float, t1: float) -> None:
    inside = np.flatnonzero((times >= t0) & (times <= t1))
    if len(inside):
        expected = (max(0, inside[0] - 1), min(axis.n, inside[-1] + 2))
    else:
        after = int(np.searchsorted(times, t0))
        expected = (max(0, after - 1), min(axis.n, after + 1))
    got = axis.bracket(t0, t1)
    assert got == expected, f"bracket({t0}, {t1}) is {got}, not {expected}"


def check_array(data: ArrayData, expected: npt.NDArray[Any] | None = None) -> None:
    """Check an opened array: its description, and that every way of reading agrees.

    Parameters
    ----------
    data
        What a reader returned; small, for it is read whole several times.
    expected
        ``(n_rows, n)`` raw values that it must hold; NaN equals NaN.
    """
    assert isinstance(data, ArrayData), "it lacks a part of loupe.data.protocols.ArrayData"
    check_time(data.time)
    info, n = data.info, data.time.n
    assert len(info.row_names) == data.n_rows, "row_names do not fit the rows"
    for name, values in info.coords.items():
        assert values.shape == (data.n_rows,), f"coordinate {name!r} has shape {values.shape}"
    missing = set(info.dims) - set(info.coords)
    assert not missing, f"dimensions without a coordinate: {sorted(missing)}"
    whole = data.read(slice(0, data.n_rows), 0, n)
    _check_block(whole, data, data.n_rows, n)
    if expected is not None:
        np.testing.assert_array_equal(whole, expected)
    whole_copy = whole.copy()
    whole.fill(0)
    again = data.read(slice(None), 0, n)
    np.testing.assert_array_equal(again, whole_copy, "writing to what was read changed the data")
    for i0, i1 in ((0, 0), (n, n), (0, min(1, n)), (max(0, n - 1), n), (n // 3, 2 * n // 3)):
        part = data.read(slice(None), i0, i1)
        _check_block(part, data, data.n_rows, i1 - i0)
        np.testing.assert_array_equal(part, whole_copy[:, i0:i1])
    picked = np.arange(data.n_rows)[::-2].copy()
    part = data.read(picked, 0, n)
    _check_block(part, data, len(picked), n)
    np.testing.assert_array_equal(part, whole_copy[picked])
    np.testing.assert_array_equal(data.read(slice(0, 1), 0, n), whole_copy[:1])


def _check_block(block: npt.NDArray[Any], data: ArrayData, rows: int, n: int) -> None:
    assert block.shape == (rows, n), f"read gave shape {block.shape}, not {(rows, n)}"
    assert block.dtype == data.info.dtype, f"read gave {block.dtype}, not {data.info.dtype}"
    assert block.dtype.isnative, "read gave foreign byte order"
    assert block.flags.c_contiguous, "read gave an array that is not C-contiguous"
    assert block.flags.writeable, "read gave an array that cannot be written"


def check_table(table: TableData) -> None:
    """Check an opened table: its columns, and that reading a part agrees with the whole."""
    assert isinstance(table, TableData), "it lacks a part of loupe.data.protocols.TableData"
    assert table.name, "the table has no name for messages"
    columns = list(table.columns)
    assert len(set(columns)) == len(columns), "column names are not unique"
    whole = table.frame()
    assert whole.columns == columns, f"frame() has {whole.columns}, not {columns}"
    for column in columns:
        part = table.frame([column])
        assert part.columns == [column], f"frame([{column!r}]) has {part.columns}"
        assert part.equals(whole.select(column)), f"column {column!r} differs when read alone"
    for column in columns:
        temporal = whole[column].dtype.is_temporal()
        assert not temporal, f"column {column!r} holds dates; they must come out as seconds"
