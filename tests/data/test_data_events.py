"""Events read by pieces and sorted once: equal to a plain sort of the whole table."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe.data import events
from loupe.data.catalog import Catalog
from loupe.data.events import few_numbers, sorted_events
from loupe.data.joined import JoinedTable
from loupe.errors import LoupeDataError
from loupe.work import Cancelled


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(events, "PIECE_ROWS", 7)
    monkeypatch.setattr(events, "_BUCKETS", 5)


def plain(frame: pl.DataFrame, column: str) -> list[object]:
    """A column in the stable order of time, missing values as None."""
    return frame.sort("time", maintain_order=True)[column].fill_nan(None).to_list()


def decoded(column: events.Coded) -> list[object]:
    return [None if k < 0 else column.values[k] for k in column.codes.tolist()]


TIMES = st.floats(-1e6, 1e6, width=32)
ROWS = st.tuples(
    TIMES,
    st.integers(-40_000, 40_000),
    st.sampled_from(["b", "a", "ä", None, ""]),
    st.sampled_from([0.5, float("nan"), -2.0, None, 3.0]),
)


@given(rows=st.lists(ROWS, min_size=1, max_size=80), sort=st.booleans())
def test_every_column_equals_a_stable_sort(rows, sort):
    if sort:
        rows = sorted(rows, key=lambda row: row[0])
    frame = pl.DataFrame(
        rows,
        schema={"time": pl.Float64, "unit": pl.Int32, "name": pl.String, "depth": pl.Float64},
        orient="row",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "PIECE_ROWS", 7)
        patch.setattr(events, "_BUCKETS", 5)
        found = sorted_events(
            Catalog().table(_held(frame)),
            "time",
            coded=["unit", "name", "depth"],
            numbers=["unit", "depth"],
        )
    assert found.times.tolist() == sorted(frame["time"].to_list())
    assert decoded(found.coded["unit"]) == plain(
        frame.with_columns(pl.col("unit").cast(float)), "unit"
    )
    names = frame.sort("time", maintain_order=True)["name"].to_list()
    assert decoded(found.coded["name"]) == names
    assert decoded(found.coded["depth"]) == plain(frame, "depth")
    expected = frame.sort("time", maintain_order=True)
    np.testing.assert_array_equal(found.numbers["unit"], expected["unit"].to_numpy())
    np.testing.assert_array_equal(found.numbers["depth"], expected["depth"].to_numpy())
    seen = dict.fromkeys(name for name in names if name is not None)
    assert found.coded["name"].values == tuple(seen)


def _held(frame: pl.DataFrame):
    from loupe.session.source import InMemory

    return InMemory(frame)


def test_the_table_is_read_by_pieces_and_never_whole(tmp_path, monkeypatch):
    n = 5 * events.PIECE_ROWS // 2
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, 100, n))
    unit = rng.integers(0, 300, n).astype(np.int16)
    pl.DataFrame({"time": times, "unit": unit, "other": times}).write_parquet(
        tmp_path / "e.parquet"
    )
    lengths: list[int] = []
    collect = pl.LazyFrame.collect

    def counted(self, *args, **kwargs):
        frame = collect(self, *args, **kwargs)
        lengths.append(len(frame))
        assert "other" not in frame.columns
        return frame

    monkeypatch.setattr(pl.LazyFrame, "collect", counted)
    told: list[float] = []
    table = Catalog().table(tmp_path / "e.parquet")
    found = sorted_events(table, "time", coded=["unit"], tell=told.append)
    assert max(lengths) == events.PIECE_ROWS
    assert table._columns == {}
    np.testing.assert_array_equal(found.times, times)
    assert found.coded["unit"].codes.dtype == np.int16
    np.testing.assert_array_equal(
        np.array(found.coded["unit"].values)[found.coded["unit"].codes], unit
    )
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 5


def test_reading_can_be_given_up(tmp_path):
    pl.DataFrame({"time": np.arange(10.0)}).write_parquet(tmp_path / "e.parquet")

    def stop(done: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        sorted_events(Catalog().table(tmp_path / "e.parquet"), "time", tell=stop)


def test_a_missing_time_names_its_row_of_the_whole(small_pieces):
    times = [float(k) for k in range(20)]
    times[17] = float("nan")
    with pytest.raises(LoupeDataError, match="row 17 of column `time`"):
        sorted_events(Catalog().table(_held(pl.DataFrame({"time": times}))), "time")


def test_datetimes_in_pieces_have_one_second_zero(small_pieces):
    moments = pl.datetime_range(
        pl.datetime(2024, 1, 1, 0, 0, 0, 500_000),
        pl.datetime(2024, 1, 1, 0, 0, 30),
        "1s",
        eager=True,
    ).reverse()
    catalog = Catalog()
    found = sorted_events(catalog.table(_held(pl.DataFrame({"time": moments}))), "time")
    np.testing.assert_allclose(found.times, np.arange(30.0) + 0.5)
    assert catalog.origin is not None
    assert catalog.origin.second == 0


def test_joined_tables_come_piece_by_piece(small_pieces):
    catalog = Catalog()
    parts = [
        catalog.table(_held(pl.DataFrame({"time": [5.0, 1.0], "unit": ["x", "y"]}))),
        catalog.table(_held(pl.DataFrame({"time": [3.0], "unit": ["x"]}))),
    ]
    found = sorted_events(JoinedTable(parts), "time", coded=["unit"])
    assert found.times.tolist() == [1.0, 3.0, 5.0]
    assert decoded(found.coded["unit"]) == ["y", "x", "x"]


def test_files_that_disagree_on_a_column_are_refused():
    catalog = Catalog()
    parts = [
        catalog.table(_held(pl.DataFrame({"time": [5.0], "unit": ["1"]}))),
        catalog.table(_held(pl.DataFrame({"time": [6.0], "unit": [1]}))),
    ]
    with pytest.raises(LoupeDataError, match="`unit` is text in one file and numbers in another"):
        sorted_events(JoinedTable(parts), "time", coded=["unit"])


def test_numbers_become_codes_while_they_are_few():
    values = np.array([2.0, np.nan, 1.0, 2.0])
    found = few_numbers(values, 3)
    assert found is not None
    assert decoded(found) == [2.0, None, 1.0, 2.0]
    assert found.values == (2.0, 1.0)
    assert few_numbers(values, 2) is None


def test_many_values_widen_the_codes():
    n = 40_000
    frame = pl.DataFrame({"time": np.arange(n, dtype=float), "unit": np.arange(n) * 7})
    found = sorted_events(Catalog().table(_held(frame)), "time", coded=["unit"])
    assert found.coded["unit"].codes.dtype == np.int32
    assert found.coded["unit"].values[-1] == (n - 1) * 7
    np.testing.assert_array_equal(found.coded["unit"].codes, np.arange(n))


def test_a_column_without_numbers_is_told_with_its_file(tmp_path):
    pl.DataFrame({"time": [1.0], "name": ["a"]}).write_parquet(tmp_path / "e.parquet")
    table = Catalog(tmp_path).table("e.parquet")
    with pytest.raises(LoupeDataError, match="`name` holds String, not numbers") as caught:
        sorted_events(table, "time", numbers=["name"])
    assert caught.value.where == str(tmp_path / "e.parquet")
