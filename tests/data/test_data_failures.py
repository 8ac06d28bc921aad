"""Stores are read chunk by chunk, each once; what fails says what and where."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import warnings
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from loupe.data import registry
from loupe.data.catalog import Catalog
from loupe.data.probe import contents
from loupe.data.protocols import ArrayInfo
from loupe.data.readers import zarr_store
from loupe.errors import LoupeDataError, LoupeMissingDependencyError
from loupe.session.source import InMemory, Source
from loupe.testing import check_array, check_table
from loupe.units import Span

N = 1000


def recording(dtype="float32"):
    rng = np.random.default_rng(3)
    return xr.DataArray(
        (rng.normal(size=(4, N)) * 100).astype(dtype),
        dims=("channel", "time"),
        coords={"channel": list("abcd"), "time": np.arange(N) / 100},
        name="data",
    )


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "r.zarr"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        recording().chunk(channel=2, time=100).to_zarr(path, zarr_format=2)
    return path


@pytest.fixture
def counted(store, monkeypatch):
    """Names of the chunks of `data` that are fetched from the store."""
    from zarr.storage import LocalStore

    fetched = []

    class Counting(LocalStore):
        async def get(self, key, *args, **more):
            if key.startswith("data/") and key[-1].isdigit():
                fetched.append(key)
            return await super().get(key, *args, **more)

    monkeypatch.setattr(
        zarr_store, "_store", lambda request: Counting(request.path, read_only=True)
    )
    return fetched


def test_opening_reads_no_samples(store, counted):
    data = Catalog().array(store)
    assert data.n_rows == 4
    assert counted == []


def test_a_window_reads_its_chunks_and_no_chunk_twice(store, counted):
    catalog = Catalog()
    data = catalog.array(store)
    expected = recording().values
    np.testing.assert_array_equal(data.read(slice(0, 2), 150, 350), expected[:2, 150:350])
    assert sorted(counted) == ["data/0.1", "data/0.2", "data/0.3"]
    np.testing.assert_array_equal(data.read(slice(0, 1), 90, 310), expected[:1, 90:310])
    assert sorted(counted) == ["data/0.0", "data/0.1", "data/0.2", "data/0.3"]
    data.read(np.array([3, 0]), 100, 101)
    assert counted.count("data/0.1") == 1
    for start in range(0, N, 50):
        data.read(slice(None), start, min(start + 70, N))
    assert len(counted) == 20
    assert catalog.cache.stats.loads == 20


def test_the_cache_has_a_ceiling(store):
    catalog = Catalog(cache_mb=2000 / 2**20)
    data = catalog.array(store)
    check_array(data, recording().values)
    assert catalog.cache.stats.peak_bytes <= 2000


def test_a_missing_chunk_is_fill(store):
    (store / "data" / "0.5").unlink()
    block = Catalog().array(store).read(slice(None), 0, N)
    assert np.isnan(block[:2, 500:600]).all()
    np.testing.assert_array_equal(block[2:], recording().values[2:])


def test_missing_chunks_are_counted_and_told(store):
    assert Catalog().array(store).absent == ""
    (store / "data" / "0.5").unlink()
    told = Catalog().array(store).absent
    assert told.startswith("1 of its ")
    assert told.endswith("chunks are not in the store and read as nan")


def test_a_truncated_chunk_names_file_and_chunk_and_the_rest_works(store):
    chunk = store / "data" / "1.3"
    chunk.write_bytes(chunk.read_bytes()[:50])
    data = Catalog().array(store)
    with pytest.raises(LoupeDataError, match=r"chunk 1\.3 cannot be read") as caught:
        data.read(slice(None), 0, N)
    assert caught.value.where == f"{store}:data"
    np.testing.assert_array_equal(data.read(slice(0, 2), 0, N), recording().values[:2])
    np.testing.assert_array_equal(data.read(slice(2, 4), 0, 300), recording().values[2:, :300])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_chunk_that_may_not_be_read(store):
    (store / "data" / "0.5").chmod(0)
    with pytest.raises(LoupeDataError, match=r"chunk 0\.5 cannot be read: Permission"):
        Catalog().array(store).read(slice(None), 0, N)


def test_a_denied_read_is_reported(store, monkeypatch):
    from zarr.storage import LocalStore

    original = LocalStore.get

    async def denied(self, key, *args, **more):
        if key == "data/0.5":
            raise PermissionError(13, "Permission denied", key)
        return await original(self, key, *args, **more)

    monkeypatch.setattr(LocalStore, "get", denied)
    data = Catalog().array(store)
    with pytest.raises(LoupeDataError, match=r"chunk 0\.5 cannot be read: PermissionError"):
        data.read(slice(None), 0, N)
    assert np.isfinite(data.read(slice(None), 0, 500)).all()


def test_a_vanished_store_is_no_flat_line(store):
    data = Catalog().array(store)
    data.read(slice(None), 0, 100)
    shutil.rmtree(store)
    with pytest.raises(LoupeDataError, match="has vanished"):
        data.read(slice(None), 500, 600)
    assert np.isfinite(data.read(slice(None), 0, 100)).all()


def test_damaged_metadata(store):
    (store / "data" / ".zarray").write_text("{]")
    (store / ".zmetadata").unlink()
    with pytest.raises(LoupeDataError, match="cannot be opened as zarr"):
        Catalog().array(store)


def test_truncated_netcdf(tmp_path):
    path = tmp_path / "r.nc"
    recording().to_netcdf(path, engine="h5netcdf")
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(LoupeDataError) as caught:
        Catalog().array(path).read(slice(None), 0, N)
    assert str(path) in caught.value.where
    path.write_bytes(b"CDF\x01" + bytes(100))
    with pytest.raises(LoupeDataError, match="cannot be opened") as caught:
        Catalog().array(path)
    assert "nccopy" in caught.value.hint


def test_truncated_npy(tmp_path):
    np.save(tmp_path / "a_t.npy", np.arange(100.0))
    np.save(tmp_path / "a_y.npy", np.arange(100.0))
    (tmp_path / "a_y.npy").write_bytes((tmp_path / "a_y.npy").read_bytes()[:300])
    with pytest.raises(LoupeDataError, match="cannot be read as npy") as caught:
        Catalog().array(tmp_path)
    assert caught.value.where.endswith("a_y.npy")


@pytest.mark.parametrize("rows", [1, 2])
def test_an_npy_file_that_shrinks_while_it_is_open(rows, tmp_path):
    for name in "ab"[:rows]:
        np.save(tmp_path / f"{name}_t.npy", np.arange(50_000.0))
        np.save(tmp_path / f"{name}_y.npy", np.arange(50_000, dtype=">i4"))
    data = Catalog().array(tmp_path)
    check_array(data, np.tile(np.arange(50_000, dtype=np.int32), (rows, 1)))
    path = tmp_path / "a_y.npy"
    path.write_bytes(path.read_bytes()[:40_000])
    with pytest.raises(LoupeDataError, match="cannot be read") as caught:
        data.read(slice(None), 40_000, 50_000)
    assert caught.value.where == str(path)
    assert data.read(slice(None), 0, 100)[0].tolist() == list(range(100))
    path.unlink()
    with pytest.raises(LoupeDataError, match="cannot be read"):
        data.read(slice(None), 0, 100)


def test_damaged_parquet(tmp_path):
    (tmp_path / "e.parquet").write_bytes(b"PAR1" + bytes(50))
    with pytest.raises(LoupeDataError, match="cannot be read"):
        Catalog(tmp_path).table("e.parquet")


def test_pipes_are_not_read(tmp_path):
    os.mkfifo(tmp_path / "e.csv")
    with pytest.raises(LoupeDataError, match="neither a file nor a folder"):
        Catalog(tmp_path).table("e.csv")


@pytest.mark.parametrize("path", ["data/**.edf", "a" * 300 + ".edf"])
def test_paths_that_the_system_refuses(path, tmp_path):
    catalog = Catalog(tmp_path)
    with pytest.raises(LoupeDataError, match=r"cannot be looked at|no file matches") as caught:
        catalog.array(path)  # Python 3.13 takes `**.edf` for a pattern
    assert caught.value.where == path
    assert catalog.align([path]).keys() == {0}


def test_folders_and_files_that_may_not_be_looked_at(tmp_path, monkeypatch):
    original = Path.stat

    def denied(self, **more):
        if "locked" in self.parts:
            raise PermissionError(13, "Permission denied", str(self))
        return original(self, **more)

    (tmp_path / "locked").mkdir()
    (tmp_path / "r.unknown").write_bytes(b"x")
    monkeypatch.setattr(Path, "stat", denied)
    with pytest.raises(LoupeDataError, match="Permission denied"):
        Catalog(tmp_path).array("locked/r.zarr")

    def closed(self, *args, **more):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", closed)
    with pytest.raises(LoupeDataError, match="Permission denied") as caught:
        Catalog(tmp_path).array("r.unknown")
    assert caught.value.where == str(tmp_path / "r.unknown")


def test_a_failing_task_graph_is_reported():
    import dask.array as da

    def fail(block):
        raise ZeroDivisionError("in my function")

    good = recording()
    lazy = good.copy(
        data=da.from_array(good.values, chunks=(4, 100)).map_blocks(
            fail, dtype="float32", meta=np.empty((0, 0), dtype="float32")
        )
    )
    data = Catalog().array(InMemory(lazy))
    with pytest.raises(LoupeDataError, match="ZeroDivisionError: in my function"):
        data.read(slice(None), 0, 10)


def test_huge_blocks_are_refused_unless_allowed(tmp_path):
    import zarr

    group = zarr.open_group(tmp_path / "h.zarr", mode="w", zarr_format=2)
    group.create_array(
        "data", shape=(2, 2**28), chunks=(2, 2**28), dtype="int16",
        attributes={"_ARRAY_DIMENSIONS": ["channel", "time"]},
    )  # fmt: skip
    source = {"path": str(tmp_path / "h.zarr"), "rate": 1000.0}
    with pytest.raises(LoupeDataError, match="blocks of 1024 MiB") as caught:
        Catalog().array(Source(**source))
    assert "rechunk" in caught.value.hint
    assert "`block_mb = 1024`" in caught.value.hint
    catalog = Catalog()
    with pytest.raises(LoupeDataError, match="at most 1000 MiB"):
        catalog.array(Source(**source, block_mb=1000))
    allowed = catalog.array(Source(**source, block_mb=1024))
    assert (allowed.n_rows, allowed.time.n) == (2, 2**28)


class FakeEntry:
    def __init__(self, name, loaded):
        self.name = name
        self._loaded = loaded

    def load(self):
        if isinstance(self._loaded, Exception):
            raise self._loaded
        return self._loaded


class Plugin:
    name = "mine"
    extensions = (".mine",)
    kinds = frozenset({"array"})

    def claims(self, path):
        return False

    def open_array(self, request):
        import package_that_is_not_there  # noqa: F401 - the point of the test

    def open_table(self, request):
        raise AssertionError


class Rival(Plugin):
    name = "rival"


@pytest.fixture
def entry_points(monkeypatch):
    entries = []
    real = importlib.metadata.entry_points

    def found(**asked):
        return entries if asked == {"group": registry.GROUP} else real(**asked)

    monkeypatch.setattr("importlib.metadata.entry_points", found)
    registry.plugins.cache_clear()
    yield entries
    registry.plugins.cache_clear()


def test_plugins_open_their_files(entry_points, tmp_path):
    entry_points.append(FakeEntry("mine", Plugin))
    (tmp_path / "x.mine").touch()
    with pytest.raises(LoupeMissingDependencyError, match="package_that_is_not_there") as caught:
        Catalog(tmp_path).array("x.mine")
    assert caught.value.hint == "pip install package_that_is_not_there"


class _Plain:
    """The least that a table must be."""

    name, columns = "mine", ("start_s", "unit", "kind")

    def frame(self, columns=None):
        import polars as pl

        whole = pl.DataFrame({"start_s": [0.5, 1.5], "unit": [1, 2], "kind": ["a", None]})
        return whole if columns is None else whole.select(columns)

    def seconds(self, column):
        return self.frame([column])[column].to_numpy()


class Tabular(Plugin):
    kinds = frozenset({"table"})

    def open_table(self, request):
        return _Plain()


def test_tables_of_plugins_are_told_of(entry_points, tmp_path):
    entry_points.append(FakeEntry("mine", Tabular))
    for name in "ab":
        (tmp_path / f"{name}.mine").touch()
    check_table(_Plain())
    found = contents("a.mine", Catalog(tmp_path))
    assert (found.table.rows, found.more) == (2, 0)
    assert found.table.columns == {"start_s": "Float64", "unit": "Int64", "kind": "String"}
    assert found.table.time_columns == ("start_s",)
    assert contents("?.mine", Catalog(tmp_path)).more == 1


def test_a_damaged_group_does_not_hide_the_others(store, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        recording().to_zarr(store, group="g", zarr_format=2, mode="a")
    listed = zarr_store.ZarrReader.dataset

    def failing(self, request):
        if request.group is None:
            raise LoupeDataError("cannot be listed", where="here")
        return listed(self, request)

    monkeypatch.setattr(zarr_store.ZarrReader, "dataset", failing)
    found = contents(str(store), Catalog())
    assert [a.group for a in found.arrays] == ["g"]
    assert [p.where for p in found.problems] == ["here"]


class _Axis:
    """The least that a time axis must be."""

    n, uniform, period = 100, True, 0.1
    span = Span(1.0, 10.9)

    def times(self, i0, i1):
        return 1.0 + 0.1 * np.arange(i0, i1)

    def bracket(self, t0, t1):
        first = int(np.searchsorted(self.times(0, 100), t0))
        last = int(np.searchsorted(self.times(0, 100), t1, side="right"))
        return max(0, first - 1), min(100, last + 1)


class _Dated:
    """The least that an array must be, with a date."""

    time, n_rows = _Axis(), 1

    def __init__(self, origin):
        self.info = ArrayInfo("x", "", (), ("",), {}, np.dtype("float64"), origin=origin)

    def read(self, rows, i0, i1):
        return np.arange(i0, i1, dtype="float64")[None]


class Dated(Plugin):
    def open_array(self, request):
        minute = int(request.path.stem)
        return _Dated(datetime(2024, 5, 1, 22, minute, tzinfo=UTC))


def test_dated_arrays_of_plugins_come_at_their_time(entry_points, tmp_path):
    entry_points.append(FakeEntry("mine", Dated))
    for minute in ("0", "5"):
        (tmp_path / f"{minute}.mine").touch()
    catalog = Catalog(tmp_path)
    assert not catalog.align(["5.mine", "0.mine"])
    late = catalog.array("5.mine")
    assert catalog.array("0.mine").time.span.start == 1.0
    assert late.time.span.start == 301.0
    np.testing.assert_allclose(late.time.at(np.array([20, 0, 7])), [303.0, 301.0, 301.7])
    assert late.info.origin == catalog.origin == datetime(2024, 5, 1, 22, tzinfo=UTC)
    check_array(late, np.arange(100.0)[None])
    joined = catalog.array(Source(path=["0.mine", "5.mine"]))
    check_array(joined, np.tile(np.arange(100.0), 2)[None])
    assert joined.time.breaks.tolist() == [100]


def test_two_claimants_are_listed_and_format_decides(entry_points, tmp_path):
    entry_points += [FakeEntry("mine", Plugin), FakeEntry("rival", Rival())]
    (tmp_path / "x.mine").touch()
    with pytest.raises(LoupeDataError, match=r"`mine`.*`rival`"):
        Catalog(tmp_path).array("x.mine")
    with pytest.raises(LoupeMissingDependencyError):
        Catalog(tmp_path).array(Source(path="x.mine", format="rival"))


def test_a_broken_plugin_warns_and_is_skipped(entry_points, store):
    entry_points += [FakeEntry("broken", RuntimeError("boom")), FakeEntry("odd", 3)]
    with pytest.warns(RuntimeWarning, match=r"`(broken|odd)` is skipped") as caught:
        assert Catalog().array(store).n_rows == 4
    assert len(caught) == 2


def test_unknown_endings_list_the_known(tmp_path):
    (tmp_path / "x.xyz").write_text("?")
    with pytest.raises(LoupeDataError, match="no reader knows") as caught:
        Catalog(tmp_path).array("x.xyz")
    assert ".zarr" in caught.value.hint


class _Marking:
    """Would leave a folder behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (str(self.path),))


@pytest.mark.parametrize(
    ("filters", "compressor"),
    [([{"id": "vlen-utf8"}, {"id": "pickle"}], None), ([{"id": "vlen-utf8"}], {"id": "pickle"})],
    ids=["filter", "compressor"],
)
def test_a_store_of_pickles_is_refused(store, tmp_path, monkeypatch, filters, compressor):
    import json
    import pickle

    import numcodecs.pickles

    # Older releases of numcodecs unpickle whatever a store says.
    monkeypatch.setattr(numcodecs.pickles, "ALLOW_UNSAFE_PICKLE_DECODE", True, raising=False)
    mark = tmp_path / "ran"
    meta = json.loads((store / "channel" / ".zarray").read_text())
    meta |= {"dtype": "|O", "filters": filters, "compressor": compressor, "fill_value": ""}
    (store / "channel" / ".zarray").write_text(json.dumps(meta))
    (store / ".zmetadata").unlink()
    (store / "channel" / "0").write_bytes(pickle.dumps(_Marking(mark)))
    with pytest.raises(LoupeDataError, match="pickled"):
        Catalog(tmp_path).array(Source(path="r.zarr"))
    assert not mark.exists()
