"""Overview files: exact, portable, resumable, checked; a cluster writes the same bytes."""

from __future__ import annotations

import os
import re
import shutil
import tracemalloc
import warnings
from threading import Lock

import numpy as np
import pytest
import xarray as xr

from loupe.data import distributed as distributed_module
from loupe.data import overview
from loupe.data.catalog import Catalog
from loupe.data.overview import build_sidecar, prepare, run_unit
from loupe.data.pyramid import Pyramid
from loupe.data.readers.signals import FileVariable
from loupe.data.readers.zarr_store import ZarrVariable
from loupe.data.sidecar import find_sidecar, open_pyramid, sidecar_path
from loupe.errors import LoupeDataError
from loupe.session.source import Source

N = 70_000


@pytest.fixture(autouse=True)
def small_units(monkeypatch):
    """Units of 16 384 samples, so that a small recording has several."""
    monkeypatch.setattr(overview, "_UNIT_BINS", 1024)


def recording(dtype="int16"):
    rng = np.random.default_rng(5)
    values = np.cumsum(rng.normal(size=(5, N)), axis=1) * 50
    return xr.DataArray(
        values.astype(dtype),
        dims=("channel", "time"),
        coords={"channel": list("abcde"), "time": np.arange(N) / 500},
        name="data",
    )


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "r.zarr"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        recording().chunk(channel=5, time=9000).to_zarr(path, zarr_format=3, consolidated=False)
    return path


def opened(path, **fields):
    return Catalog().array(Source(path=str(path), **fields))


def opened_all(paths, **fields):
    return Catalog().array(Source(path=paths, **fields))


def tree(path):
    """Every file of a folder but what tells the time."""
    return {
        p.relative_to(path).as_posix(): p.read_bytes()
        for p in sorted(path.rglob("*"))
        if p.is_file() and "changed_ns" not in p.parts and p.name != "zarr.json"
    }


def assert_same_bins(data, expected):
    """The pyramid of ``data`` needs no building and equals that of ``expected`` exactly."""
    stored, note = open_pyramid(data)
    assert note == ""
    assert stored.store is not None
    assert stored.progress == 1.0
    built = Pyramid(expected)
    for key in built.all_tiles():
        built.build(key)
    for level in range(built.levels):
        n = built.n_bins(level)
        assert stored.missing(level, slice(None), 0, n) == []
        got, want = stored.bins(level, slice(None), 0, n), built.bins(level, slice(None), 0, n)
        np.testing.assert_array_equal(got.lo, want.lo)
        np.testing.assert_array_equal(got.hi, want.hi)


@pytest.mark.parametrize("dtype", ["int16", "float32", "int32"])
def test_an_overview_is_found_and_exact(dtype, tmp_path):
    path = tmp_path / "g.nc"
    recording(dtype).to_netcdf(path, group="a/b", engine="h5netcdf")
    data = opened(path, group="a/b")
    assert open_pyramid(data)[0].store is None
    told = []
    build_sidecar(data, sidecar_path(path), progress=lambda *now: told.append(now), base=16)
    assert told[0] == (0, 5)
    assert told[-1] == (5, 5)
    found, _ = find_sidecar(opened(path, group="a/b"), data.reader._cache)
    assert found.base == 16
    got = Pyramid(data, base=16, store=found).bins(4, slice(None), 0, 3)
    whole = recording(dtype).values[:, : 3 * 16 * 4**4].reshape(5, 3, -1)
    np.testing.assert_array_equal(got.lo, whole.min(axis=2))
    np.testing.assert_array_equal(got.hi, whole.max(axis=2))


def test_select_reads_the_rows_it_keeps(store):
    build_sidecar(opened(store), sidecar_path(store))
    assert_same_bins(opened(store), opened(store))
    part = opened(store, select={"channel": ["d", "a"]})
    assert_same_bins(part, part)
    single = opened(store, select={"channel": "c"})
    assert_same_bins(single, single)
    window = opened(store, select={"time": {"start": 3.0}})
    assert open_pyramid(window)[0].store is None


def test_it_is_portable(store, tmp_path):
    build_sidecar(opened(store), sidecar_path(store))
    other = tmp_path / "elsewhere"
    other.mkdir()
    shutil.copytree(store, other / "r.zarr", copy_function=shutil.copyfile)
    copy = sidecar_path(other / "r.zarr")
    shutil.copytree(sidecar_path(store), copy, copy_function=shutil.copyfile)
    assert_same_bins(opened(other / "r.zarr"), opened(store))


def touch(path, seconds):
    before = path.stat()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + seconds * 10**9))


def test_a_changed_recording_makes_it_stale(store):
    build_sidecar(opened(store), sidecar_path(store))
    chunk = store / "data" / "c" / "0" / "3"
    original = chunk.read_bytes()
    state = chunk.stat()
    shutil.copyfile(store / "data" / "c" / "0" / "4", chunk)
    pyramid, note = open_pyramid(opened(store))
    assert pyramid.store is None
    assert "another state of the recording" in note
    chunk.write_bytes(original)
    assert open_pyramid(opened(store))[0].store is None
    os.utime(chunk, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert open_pyramid(opened(store))[0].store is not None


def test_a_rewritten_store_is_told_from_a_copied_one(store):
    build_sidecar(opened(store), sidecar_path(store))
    for file in (store / "data").rglob("*"):
        touch(file, 60)
    assert open_pyramid(opened(store))[0].store is None, "written anew after its overview"
    touch(sidecar_path(store) / "data" / "zarr.json", 120)
    assert open_pyramid(opened(store))[0].store is not None, "copied before its overview"
    chunk = store / "data" / "c" / "0" / "3"
    data = bytearray(chunk.read_bytes())
    data[-1] ^= 1
    chunk.write_bytes(data)
    touch(chunk, 60)
    assert open_pyramid(opened(store))[0].store is None


def test_a_single_file_with_another_time_is_not_trusted(tmp_path):
    path = tmp_path / "r.nc"
    recording().to_netcdf(path, engine="h5netcdf")
    build_sidecar(opened(path), sidecar_path(path))
    assert open_pyramid(opened(path))[0].store is not None
    touch(path, 60)
    assert open_pyramid(opened(path))[0].store is None


def test_a_stale_one_is_made_anew(store):
    build_sidecar(opened(store), sidecar_path(store))
    (store / "data" / "c" / "0" / "3").unlink()
    job = build_sidecar(opened(store), sidecar_path(store))
    assert len(job.units) == 2
    assert_same_bins(opened(store), opened(store))


def test_it_is_taken_up_again_where_it_stopped(store, tmp_path, monkeypatch):
    target = sidecar_path(store)
    data = opened(store)
    job = prepare(data, target)
    assert job.units == ((0, 0), (0, 1))
    run_unit(data, job, 0, 0)
    pyramid, note = open_pyramid(data)
    assert pyramid.store is None
    assert "not finished" in note
    made = []
    original = overview.run_unit
    monkeypatch.setattr(
        overview, "run_unit", lambda d, j, *unit: made.append(unit[:2]) or original(d, j, *unit)
    )
    build_sidecar(data, target)
    assert made == [(0, 1)]
    assert_same_bins(data, data)
    build_sidecar(data, tmp_path / "whole.zarr")
    assert tree(target) == tree(tmp_path / "whole.zarr")


def no_base(target):
    described = target / "data" / "zarr.json"
    described.write_text(described.read_text().replace('"base": 64', '"base": 0'))


DAMAGES = {
    "root": lambda target: (target / "zarr.json").write_text("{"),
    "group": lambda target: (target / "data" / "zarr.json").write_text("{"),
    "level": lambda target: shutil.rmtree(target / "data" / "level_2"),
    "level 1 described": lambda target: (target / "data" / "level_1" / "zarr.json").unlink(),
    "base": no_base,
    "source": lambda target: shutil.rmtree(target / "data" / "source"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_overview_stops_nobody_and_is_made_anew(damage, store):
    target = sidecar_path(store)
    build_sidecar(opened(store), target)
    damage(target)
    pyramid, note = open_pyramid(opened(store))
    assert pyramid.store is None
    assert "damaged" in note
    build_sidecar(opened(store), target)
    assert_same_bins(opened(store), opened(store))


@pytest.mark.parametrize("part", ["done", "level_1"])
def test_an_unfinished_damaged_overview_is_begun_anew(part, store):
    data = opened(store)
    run_unit(data, prepare(data, sidecar_path(store)), 0, 0)
    shutil.rmtree(sidecar_path(store) / "data" / part)
    assert len(build_sidecar(data, sidecar_path(store)).units) == 2
    assert_same_bins(opened(store), opened(store))


def test_a_damaged_root_costs_no_other_arrays_their_overview(tmp_path):
    path = tmp_path / "two.nc"
    recording().to_netcdf(path, group="a", engine="h5netcdf")
    recording("float32").to_netcdf(path, group="b", engine="h5netcdf", mode="a")
    for group in "ab":
        build_sidecar(opened(path, group=group), sidecar_path(path))
    (sidecar_path(path) / "zarr.json").write_text("")
    assert len(build_sidecar(opened(path, group="a"), sidecar_path(path)).units) == 0
    for group in "ab":
        assert_same_bins(opened(path, group=group), opened(path, group=group))


def test_a_recording_that_changes_while_its_overview_is_made(store):
    chunk = store / "data" / "c" / "0" / "3"
    with pytest.raises(LoupeDataError, match="the recording changed while"):
        build_sidecar(
            opened(store), sidecar_path(store), progress=lambda done, total: touch(chunk, done)
        )
    pyramid, note = open_pyramid(opened(store))
    assert pyramid.store is None
    assert "not finished" in note
    assert len(build_sidecar(opened(store), sidecar_path(store)).units) == 2
    assert_same_bins(opened(store), opened(store))


def test_what_file_managers_leave_behind_makes_it_not_stale(store):
    build_sidecar(opened(store), sidecar_path(store))
    for name in (".DS_Store", "._0", "Thumbs.db", "desktop.ini"):
        (store / "data" / "c" / name).write_bytes(b"x")
    assert open_pyramid(opened(store))[0].store is not None
    (store / "data" / "c" / ".zother").write_bytes(b"x")
    assert open_pyramid(opened(store))[0].store is None


def test_an_overview_of_thousands_of_rows_is_stored_in_small_chunks(tmp_path):
    import zarr

    # An hour of a probe of 4,096 electrodes, nothing of it written.
    path = tmp_path / "wide.zarr"
    zarr.open_group(path, mode="w", zarr_format=3).create_array(
        "data",
        shape=(4096, 72_000_000),
        chunks=(4096, 2000),
        dtype="int16",
        dimension_names=("channel", "time"),
    )
    data = opened(path, rate=20_000.0)
    job = prepare(data, sidecar_path(path))
    group = zarr.open_group(sidecar_path(path), path="data", mode="r")
    for level in range(job.levels):
        array = group[f"level_{level}"]
        assert np.prod(array.chunks) * 2 <= (2**26 if level < 2 else 2**22)


def test_the_coarse_levels_are_made_in_stretches(tmp_path, monkeypatch):
    monkeypatch.setattr(overview, "_UNIT_BINS", 2**16)
    monkeypatch.setattr(overview, "_COARSE_BYTES", 2**16)
    n = 3_000_001
    values = np.random.default_rng(8).integers(-9999, 9999, (3, n)).astype("int16")
    path = tmp_path / "r.zarr"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        xr.DataArray(values, dims=("channel", "time"), name="data").chunk(time=10**6).to_zarr(
            path, zarr_format=3, consolidated=False
        )
    data = opened(path, rate=1000.0)
    job = prepare(data, sidecar_path(path), base=2)
    for unit in job.units:
        run_unit(data, job, *unit)
    tracemalloc.start()
    overview.finish(data, job)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Level 1 has 375,001 bins of three rows: 4.5 MB, and as much again merged.
    assert peak < 2e6
    found, note = find_sidecar(opened(path, rate=1000.0), data.reader._cache)
    assert note == ""
    for level in range(found.levels):
        size = 2 * 4**level
        starts = np.arange(0, n, size)
        lo, hi = found.read(level, slice(None), 0, len(starts))
        np.testing.assert_array_equal(lo, np.minimum.reduceat(values, starts, axis=1))
        np.testing.assert_array_equal(hi, np.maximum.reduceat(values, starts, axis=1))


def test_a_cluster_is_not_asked_when_nothing_is_left_to_do(store):
    pytest.importorskip("distributed")
    from loupe.data.distributed import cluster_runner

    data = opened(store)
    build_sidecar(data, sidecar_path(store))
    run_all = cluster_runner("tcp://127.0.0.1:9", Source(path="r.zarr"), store.parent)
    assert build_sidecar(data, sidecar_path(store), run_all=run_all).units == ()


def test_a_cut_piece_of_an_overview_is_named_and_not_read_beyond_its_end(store):
    build_sidecar(opened(store), sidecar_path(store))
    pyramid, _ = open_pyramid(opened(store))
    piece = sidecar_path(store) / "data" / "level_0" / "c" / "0" / "0" / "0"
    piece.write_bytes(piece.read_bytes()[:-7])
    with pytest.raises(LoupeDataError, match=r"the overview cannot be read: chunk 0\.0\.0") as told:
        pyramid.bins(0, slice(0, 2), 0, 10)
    assert "level_0" in str(told.value)
    assert "make it anew" in told.value.hint


def test_only_whole_arrays_in_files(store):
    with pytest.raises(LoupeDataError, match="whole arrays in files"):
        prepare(opened(store, select={"channel": "a"}), sidecar_path(store))


def test_the_cache_is_another_place(store, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    target = sidecar_path(store, "cache")
    assert tmp_path / "cache" in target.parents
    build_sidecar(opened(store), target)
    assert_same_bins(opened(store), opened(store))


def test_the_command_builds_what_a_file_or_a_session_names(store, tmp_path, capsys):
    from loupe.cli.overview import build

    assert build(str(store)) == 0
    assert "data" in capsys.readouterr().out
    shutil.rmtree(sidecar_path(store))
    session = tmp_path / "s.toml"
    session.write_text(
        "version = 1\n[sources.lfp]\npath = 'r.zarr'\nselect = { channel = ['a'] }\n"
        "[[plots]]\nkind = 'trace'\ndata = 'lfp'\n[[plots]]\nkind = 'heatmap'\ndata = 'lfp'\n"
    )
    assert build(str(session), workers=1) == 0
    assert capsys.readouterr().out.count("parts made") == 1
    assert_same_bins(opened(store), opened(store))
    assert build(str(session)) == 0
    assert "was complete" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore")  # the cluster's own libraries warn while they shut down
def test_a_cluster_of_two_workers_writes_the_same_bytes(store, tmp_path):
    distributed = pytest.importorskip("distributed")
    from loupe.data.distributed import cluster_runner

    data = opened(store)
    local, remote = tmp_path / "local.zarr", tmp_path / "remote.zarr"
    build_sidecar(data, local, workers=2)
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        protocol="tcp",
    ) as cluster:
        run_all = cluster_runner(cluster.scheduler_address, Source(path="r.zarr"), tmp_path)
        job = build_sidecar(data, remote, run_all=run_all)
    assert len(job.units) == 2
    assert tree(local) == tree(remote)


def brainvision(folder):
    """A header, its samples and its markers."""
    path = folder / "r.vhdr"
    path.write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nCodepage=UTF-8\n"
        "DataFile=r.eeg\nMarkerFile=r.vmrk\nDataFormat=BINARY\nDataOrientation=MULTIPLEXED\n"
        "NumberOfChannels=1\nSamplingInterval=1000\n[Binary Infos]\nBinaryFormat=INT_16\n"
        "[Channel Infos]\nCh1=Cz,,0.5,µV\n",
        encoding="utf-8",
    )
    np.arange(N, dtype="<i2").tofile(folder / "r.eeg")
    (folder / "r.vmrk").write_text(
        "Brain Vision Data Exchange Marker File, Version 1.0\n[Marker Infos]\n"
        "Mk1=New Segment,,1,1,0,20240501221530000000\n"
    )
    return path


def nidq(folder):
    """A recording of SpikeGLX: a folder of a text about the samples, and the samples."""
    path = folder / "run_g0" / "run_g0_t0.nidq.meta"
    path.parent.mkdir()
    rng = np.random.default_rng(2)
    rng.integers(-2000, 2000, (N, 2), dtype="<i2").tofile(path.with_suffix(".bin"))
    path.write_text(
        "typeThis=nidq\nnSavedChans=2\nfileName=D:/run_g0_t0.nidq.bin\nsnsMnMaXaDw=0,0,2,0\n"
        f"niMNGain=1\nniMAGain=1\nniAiRangeMax=5\nniSampRate=1000\nfirstSample=0\n"
        f"fileSizeBytes={4 * N}\nsnsChanMap=(0,0,2,0,0)(XA0;0:0)(XA1;1:1)\n"
    )
    return path


@pytest.mark.filterwarnings("ignore")  # those of the libraries and of what they import
@pytest.mark.parametrize(
    ("reader", "write", "samples"),
    [
        ("mne", brainvision, "r.eeg"),
        ("neo", brainvision, "r.eeg"),
        ("neo", nidq, "run_g0/run_g0_t0.nidq.bin"),
    ],
)
def test_the_overview_of_several_files_is_checked_against_them_all(
    reader, write, samples, tmp_path
):
    pytest.importorskip(reader, reason="an extra that tests do not need")
    path = write(tmp_path)
    data = opened(path, format=reader)
    assert tmp_path / samples in data.stored.files
    build_sidecar(data, sidecar_path(path))
    assert_same_bins(opened(path, format=reader), data)
    # Nothing beside the samples changes anything, whatever its ending.
    for other in ("notes.txt", "labels.csv", "._r.eeg", "other.bin", "other.eeg"):
        (path.parent / other).write_text("x")
    assert open_pyramid(opened(path, format=reader))[1] == ""
    changed = np.fromfile(tmp_path / samples, "<i2")
    changed[5] += 1
    changed.tofile(tmp_path / samples)
    stored, note = open_pyramid(opened(path, format=reader))
    assert stored.store is None
    assert "another state" in note


def test_a_recording_whose_files_nobody_tells_gets_no_overview(store, monkeypatch):
    monkeypatch.setattr(ZarrVariable, "files", ())
    data = opened(store)
    assert data.stored is None
    with pytest.raises(LoupeDataError, match="whole arrays in files"):
        prepare(data, sidecar_path(store))
    assert open_pyramid(data)[0].store is None


@pytest.mark.parametrize("name", ["pairs", "pairs/a_y.npy"])
def test_the_overview_of_npy_pairs_is_of_their_values(name, tmp_path):
    folder = tmp_path / "pairs"
    folder.mkdir()
    rng = np.random.default_rng(3)
    for pair in "ab":
        np.save(folder / f"{pair}_t.npy", np.arange(N) / 100)
        np.save(folder / f"{pair}_y.npy", rng.normal(size=N))
    path = tmp_path / name
    build_sidecar(opened(path), sidecar_path(path))
    assert_same_bins(opened(path), opened(path))
    # Any sample of a few large files may be new where their times are.
    for pair in "ab":
        values = np.load(folder / f"{pair}_y.npy")
        values[30_000:40_000] += 100
        np.save(folder / f"{pair}_y.npy", values)
    stored, note = open_pyramid(opened(path))
    assert stored.store is None
    assert "another state" in note


def hours(folder, count=3):
    """A recording in several files, with a pause before the last one."""
    whole = recording("float32")
    edges = np.linspace(0, N, count + 1).astype(int)
    paths = []
    for k in range(count):
        part = whole.isel(time=slice(edges[k], edges[k + 1]))
        if k == count - 1:
            part = part.assign_coords(time=part["time"] + 60.0)
        paths.append(folder / f"h{k}.nc")
        part.to_netcdf(paths[-1], engine="h5netcdf")
    return [str(path) for path in paths]


def test_files_that_are_joined_have_one_overview(tmp_path):
    paths = hours(tmp_path)
    data = opened_all(paths)
    assert data.time.n == N
    target = sidecar_path(data.stored.path)
    assert re.fullmatch(r"h0\.nc and 2 more [0-9a-f]{6}\.overview\.zarr", target.name)
    others = {sidecar_path(opened_all([paths[0], p]).stored.path) for p in paths[1:]}
    assert len(others) == 2
    build_sidecar(data, target)
    assert_same_bins(opened_all(paths), data)
    picked = opened_all(paths, select={"channel": ["d", "a"]})
    assert_same_bins(picked, picked)
    assert open_pyramid(opened_all(paths, select={"time": {"start": 3.0}}))[0].store is None
    two = opened_all(paths[:2])
    assert open_pyramid(two)[0].store is None
    other = tmp_path / "other.nc"
    (xr.load_dataset(paths[1], engine="h5netcdf") + 1).to_netcdf(other, engine="h5netcdf")
    os.replace(other, paths[1])
    stored, note = open_pyramid(opened_all(paths))
    assert stored.store is None
    assert "another state" in note


def test_a_pattern_means_recordings_and_not_what_lies_beside_them(store):
    build_sidecar(opened(store), sidecar_path(store))
    catalog = Catalog(store.parent)
    assert catalog.paths("*.zarr") == (store,)
    assert catalog.paths("*.overview.zarr") == (sidecar_path(store),)


def test_joined_files_of_one_name_in_several_folders_have_overviews_of_their_own(tmp_path):
    places = set()
    for k in range(3):
        (tmp_path / f"d{k}").mkdir()
        part = recording().isel(time=slice(k * 1000, (k + 1) * 1000))
        part.to_netcdf(tmp_path / f"d{k}" / "rec.nc", engine="h5netcdf")
    for k in (1, 2):
        data = opened_all([str(tmp_path / "d0" / "rec.nc"), str(tmp_path / f"d{k}" / "rec.nc")])
        places.add(data.stored.path)
    assert len(places) == 2


def test_joined_files_with_rows_in_other_places_have_no_overview(tmp_path):
    whole = recording()
    whole.isel(time=slice(0, 1000)).to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    turned = whole.isel(time=slice(1000, 2000), channel=slice(None, None, -1))
    turned.to_netcdf(tmp_path / "b.nc", engine="h5netcdf")
    paths = [str(tmp_path / "a.nc"), str(tmp_path / "b.nc")]
    data = opened_all(paths, select={"channel": ["b", "d"]})
    np.testing.assert_array_equal(data.read(slice(None), 0, 2000), whole.values[[1, 3], :2000])
    assert data.stored is None


def test_a_cluster_opens_joined_files_as_this_machine_does(tmp_path):
    paths = hours(tmp_path, 2)
    fields = (("path", tuple(paths)),)
    data = distributed_module._opened(fields, str(tmp_path))
    np.testing.assert_array_equal(
        data.peek(slice(1, 3), 34_000, 36_000), recording("float32").values[1:3, 34_000:36_000]
    )


def test_files_count_for_an_overview_only_where_a_format_says_that_they_hold_all(tmp_path):
    class Header(FileVariable):
        def load(self, bounds):
            return np.zeros((1, 1))

    class Whole(Header):
        one_file = True

    fields = ("x", "x", ("time",), (1,), np.dtype(float), {}, None, None, tmp_path, Lock())
    assert Header(*fields).files == ()
    assert Whole(*fields).files == (tmp_path,)
