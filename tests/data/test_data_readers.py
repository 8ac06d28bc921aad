"""Every reader passes the same suite; each gives what was written, exactly."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import xarray as xr

from loupe.data.catalog import Catalog
from loupe.errors import LoupeDataError, LoupeTypeError
from loupe.session.source import InMemory, Source
from loupe.testing import check_array, check_reader

N = 1000
CHANNELS = ["Fz", "Cz", "Pz"]
TIMES = 0.5 + np.arange(N) / 250.0


def values(dtype="float32"):
    rng = np.random.default_rng(7)
    block = (rng.normal(size=(3, N)) * 1000).astype(dtype)
    if np.dtype(dtype).kind == "f":
        block[1, 100:120] = np.nan
    return block


def labelled(dtype="float32", dims=("channel", "time"), times=TIMES, name="data"):
    block = values(dtype)
    return xr.DataArray(
        block if dims[0] == "channel" else block.T,
        dims=dims,
        coords={
            "channel": CHANNELS,
            "time": times,
            "depth": ("channel", [30.0, 10.0, 20.0]),
        },
        name=name,
        attrs={"units": "uV"},
    )


def to_zarr(array, path, **more):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array.to_dataset(name="data").to_zarr(path, **more)
    return path


def write(kind, folder):
    """Write the recording in one form; what to open, and the names of its rows."""
    array = labelled()
    if kind == "zarr2":
        to_zarr(array.chunk(channel=2, time=300), folder / "r.zarr", zarr_format=2)
        return Source(path="r.zarr"), CHANNELS
    if kind == "zarr3":
        to_zarr(array.chunk(time=256), folder / "r.zarr", zarr_format=3, consolidated=False)
        return Source(path="r.zarr"), CHANNELS
    if kind == "zarr-group":
        to_zarr(array, folder / "r.zarr", group="deep/down", zarr_format=2)
        return Source(path="r.zarr", group="deep/down"), CHANNELS
    if kind == "zarr-time-first":
        to_zarr(labelled(dims=("time", "channel")).chunk(time=99), folder / "t.zarr")
        return Source(path="t.zarr"), CHANNELS
    if kind == "netcdf":
        array.to_netcdf(
            folder / "r.nc",
            engine="h5netcdf",
            encoding={"data": {"chunksizes": (2, 130), "zlib": True}},
        )
        return Source(path="r.nc"), CHANNELS
    if kind == "netcdf-contiguous":
        array.to_netcdf(folder / "r.nc", group="g", engine="h5netcdf")
        return Source(path="r.nc", group="g"), CHANNELS
    if kind == "npy":
        for name, row in zip(CHANNELS, values(), strict=True):
            np.save(folder / f"{name}_t.npy", TIMES)
            np.save(folder / f"{name}_y.npy", row)
        return Source(path=[f"{c}_y.npy" for c in CHANNELS]), CHANNELS
    if kind == "xarray":
        return InMemory(array), CHANNELS
    if kind == "dask":
        return InMemory(array.chunk(channel=2, time=(300, 300, 400))), CHANNELS
    if kind == "dataset":
        return InMemory(array.to_dataset()), CHANNELS
    if kind == "pair":
        return InMemory((TIMES, values())), ["0", "1", "2"]
    frame = pl.DataFrame({"time": TIMES, **dict(zip(CHANNELS, values(), strict=True))})
    if kind == "polars":
        return InMemory(frame), CHANNELS
    if kind == "pandas":
        return InMemory(pd.DataFrame(frame.to_dict(as_series=False))), CHANNELS
    if kind == "parquet":
        frame.write_parquet(folder / "r.parquet")
        return Source(path="r.parquet"), CHANNELS
    raise AssertionError(kind)


KINDS = [
    "zarr2", "zarr3", "zarr-group", "zarr-time-first", "netcdf", "netcdf-contiguous", "npy",
    "xarray", "dask", "dataset", "pair", "polars", "pandas", "parquet",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_reader_passes_the_suite(kind, tmp_path):
    source, names = write(kind, tmp_path)
    catalog = Catalog(tmp_path)
    data = catalog.array(source)
    check_array(data, values().astype(data.info.dtype))
    assert list(data.info.row_names) == names
    assert data.time.uniform
    assert data.time.period == pytest.approx(1 / 250, rel=1e-12)
    assert catalog.array(source) is data


@pytest.mark.parametrize("kind", ["zarr2", "zarr3", "netcdf", "xarray", "dask"])
def test_stored_arrays_keep_units_dtype_and_coordinates(kind, tmp_path):
    source, _ = write(kind, tmp_path)
    info = Catalog(tmp_path).array(source).info
    assert info.units == "uV"
    assert info.dtype == np.float32
    assert info.dims == ("channel",)
    assert info.coords["depth"].tolist() == [30.0, 10.0, 20.0]


def test_the_readers_describe_themselves():
    from loupe.data.registry import readers

    for reader in readers():
        check_reader(reader)


def test_integers_stay_integers_with_scale_and_fill(tmp_path):
    array = labelled("int16")
    array.attrs.update(scale_factor=0.195, add_offset=3.0)
    to_zarr(array, tmp_path / "i.zarr", zarr_format=2)
    data = Catalog(tmp_path).array("i.zarr")
    assert data.info.dtype == np.int16
    assert (data.info.scale, data.info.offset) == (0.195, 3.0)
    check_array(data, values("int16"))

    array.attrs["_FillValue"] = int(values("int16")[0, 0])
    with_fill = Catalog(tmp_path).array(InMemory(array))
    assert with_fill.info.dtype == np.float32
    block = with_fill.read(slice(None), 0, N)
    assert np.isnan(block[0, 0])
    kept = values("int16") != values("int16")[0, 0]
    assert np.array_equal(block[kept], values("int16")[kept])


def test_big_endian_and_bool_come_out_native(tmp_path):
    data = Catalog().array(InMemory((TIMES, values(">f4"))))
    assert data.info.dtype == np.dtype("float32")
    check_array(data, values())
    flags = Catalog().array(InMemory((TIMES, values() > 0)))
    check_array(flags, values() > 0)


def test_several_dimensions_flatten_and_time_may_be_anywhere(tmp_path):
    rng = np.random.default_rng(0)
    block = rng.normal(size=(2, 50, 3)).astype("float32")
    array = xr.DataArray(
        block,
        dims=("channel", "time", "syn_id"),
        coords={"channel": [0, 1], "time": np.arange(50) / 10, "syn_id": [5, 7, 9]},
        name="data",
    )
    expected = np.moveaxis(block, 1, -1).reshape(6, 50)
    to_zarr(array.chunk(channel=1, time=16, syn_id=2), tmp_path / "s.zarr", zarr_format=2)
    for source in (Source(path="s.zarr"), InMemory(array)):
        data = Catalog(tmp_path).array(source)
        assert data.info.row_names == ("0-5", "0-7", "0-9", "1-5", "1-7", "1-9")
        assert data.info.coords["syn_id"].tolist() == [5, 7, 9, 5, 7, 9]
        check_array(data, expected)
        np.testing.assert_array_equal(
            data.read(np.array([5, 0, 2]), 3, 20), expected[[5, 0, 2], 3:20]
        )


def test_select_ranges_lists_and_scalars(tmp_path):
    to_zarr(labelled(), tmp_path / "r.zarr", zarr_format=2)
    catalog = Catalog(tmp_path)

    def opened(**select):
        return catalog.array(Source(path="r.zarr", select=select))

    ranged = opened(time={"start": 1.0, "stop": 2.0})
    assert ranged.time.span.start == 1.0
    assert ranged.time.span.stop == 2.0
    check_array(ranged, values()[:, 125:376])
    picked = opened(channel=["Pz", "Fz"])
    assert picked.info.row_names == ("Pz", "Fz")
    check_array(picked, values()[[2, 0]])
    single = opened(channel="Cz")
    assert single.info.dims == ()
    assert single.info.row_names == ("",)
    assert single.info.coords["depth"].tolist() == [10.0]
    check_array(single, values()[[1]])
    labels = opened(channel={"start": "Cz"})
    assert labels.info.row_names == ("Cz", "Pz")
    by_depth = opened(depth={"stop": 20})
    assert by_depth.info.row_names == ("Cz", "Pz")
    with pytest.raises(LoupeDataError, match="no value 'Oz'") as caught:
        opened(channel=["Oz"])
    assert "Cz" in caught.value.hint
    with pytest.raises(LoupeDataError, match="`chanel`") as caught:
        opened(chanel="Cz")
    assert caught.value.hint == "did you mean `channel`?"
    with pytest.raises(LoupeDataError, match="keeps no sample") as caught:
        opened(time={"start": 100})
    assert "0.5 s to 4.496 s" in caught.value.hint


def test_datetimes_share_one_origin(tmp_path):
    t0 = np.datetime64("2024-05-01T22:00:00.250", "ns")
    step = np.timedelta64(4_000_000, "ns")
    late = labelled(times=t0 + np.arange(N) * step)
    early = labelled(times=t0 - np.timedelta64(10, "s") + np.arange(N) * step)
    to_zarr(late, tmp_path / "late.zarr", zarr_format=2)
    early.to_netcdf(tmp_path / "early.nc", engine="h5netcdf")
    catalog = Catalog(tmp_path)
    assert catalog.align(["late.zarr", "early.nc", "nothing.zarr"]).keys() == {2}
    assert catalog.origin.isoformat() == "2024-05-01T21:59:50.250000+00:00"
    first, second = catalog.array("late.zarr"), catalog.array("early.nc")
    assert (first.time.span.start, second.time.span.start) == (10.0, 0.0)
    assert first.time.period == pytest.approx(0.004, rel=1e-12)
    assert first.info.origin == catalog.origin
    events = pl.DataFrame({"time": np.array([t0 + np.timedelta64(1, "s")])})
    table = catalog.table(InMemory(events))
    assert table.frame()["time"].to_list() == [11.0]
    window = Source(
        path="late.zarr", select={"time": {"start": "2024-05-01T22:00:01", "stop": 2.0}}
    )
    assert catalog.array(window).time.span.start == pytest.approx(10.752, abs=1e-9)


@pytest.mark.parametrize("form", ["polars", "pandas", "parquet"])
@pytest.mark.parametrize("seconds", [-5, 5])
def test_signals_in_tables_share_the_origin_too(form, seconds, tmp_path):
    t0 = np.datetime64("2024-05-01T22:00:00", "ns")
    times = t0 + np.timedelta64(seconds, "s") + np.arange(N) * np.timedelta64(4_000_000, "ns")
    frame = pl.DataFrame({"time": times, "Fz": values()[0]})
    frame.write_parquet(tmp_path / "r.parquet")
    source = {
        "polars": InMemory(frame),
        "pandas": InMemory(pd.DataFrame({"time": times, "Fz": values()[0]})),
        "parquet": Source(path="r.parquet"),
    }[form]
    other = InMemory(labelled(times=t0 + np.arange(N) * np.timedelta64(4_000_000, "ns")))
    catalog = Catalog(tmp_path)
    assert not catalog.align([other, source])
    own, second = catalog.array(other), catalog.array(source)
    check_array(second, values()[:1])
    assert second.time.span.start - own.time.span.start == seconds
    assert min(own.time.span.start, second.time.span.start) == 0.0
    assert own.info.origin == second.info.origin == catalog.origin
    if form == "parquet":
        part = Source(path="r.parquet", select={"time": {"start": str(times[250])}})
        assert catalog.array(part).time.span.start == second.time.span.start + 1.0


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        ({"path": "rr.zarr"}, "no such file", "did you mean `r.zarr`?"),
        ({"variable": "dta"}, "no variable `dta`", "did you mean `data`?"),
        ({"group": "grp"}, "no group `grp`", "did you mean `group`?"),
        ({"time": "tme"}, "no dimension `tme`", "did you mean `time`?"),
        ({"format": "zar"}, "no reader `zar`", "did you mean `zarr`?"),
    ],
)
def test_wrong_names_get_the_nearest(change, message, hint, tmp_path):
    to_zarr(labelled(), tmp_path / "r.zarr", zarr_format=2)
    to_zarr(labelled(), tmp_path / "r.zarr", group="group", zarr_format=2, mode="a")
    with pytest.raises(LoupeDataError, match=message) as caught:
        Catalog(tmp_path).array(Source(**{"path": "r.zarr", **change}))
    assert caught.value.hint.startswith(hint)


def test_a_store_of_groups_says_which(tmp_path):
    to_zarr(labelled(), tmp_path / "r.zarr", group="ecg", zarr_format=2)
    with pytest.raises(LoupeDataError) as caught:
        Catalog(tmp_path).array("r.zarr")
    assert 'group = "ecg"' in caught.value.hint


def test_time_must_increase_and_exist(tmp_path):
    times = TIMES.copy()
    times[500] = times[499]
    with pytest.raises(LoupeDataError, match="does not increase at sample 500"):
        Catalog().array(InMemory(labelled(times=times)))
    no_time = labelled().drop_vars("time")
    with pytest.raises(LoupeDataError, match="no coordinate of 1000 times") as caught:
        Catalog().array(InMemory(no_time))
    assert "rate" in caught.value.hint
    to_zarr(no_time, tmp_path / "r.zarr", zarr_format=2)
    data = Catalog(tmp_path).array(Source(path="r.zarr", rate=250))
    assert (data.time.span.start, data.time.period) == (0.0, 1 / 250)


def test_times_in_the_index_of_a_pandas_frame_are_asked_for_as_a_column():
    frame = pd.DataFrame({"time": TIMES, "Fz": values()[0]})
    for indexed in (frame.set_index("time"), frame.set_index(pd.to_datetime(TIMES, unit="s"))):
        source = InMemory(indexed.drop(columns="time", errors="ignore"))
        with pytest.raises(LoupeDataError, match="no column `time`") as caught:
            Catalog().array(source)
        assert "reset_index()" in caught.value.hint
    check_array(Catalog().array(InMemory(frame.set_index("time").reset_index())), values()[:1])
    with pytest.raises(LoupeDataError, match="no column `tme`") as caught:
        Catalog().table(InMemory(frame)).seconds("tme")
    assert caught.value.hint == "did you mean `time`?"


def test_bare_objects_are_refused():
    with pytest.raises(LoupeTypeError, match=r"cannot show a `numpy\.ndarray`"):
        Catalog().array(InMemory(np.zeros(3)))
    with pytest.raises(LoupeTypeError, match="as a table"):
        Catalog().table(InMemory(np.zeros(3)))


def test_npy_events_with_opacities_are_a_table(tmp_path):
    for name, times, rows, alpha in (
        ("a", [1.0, 3.0], [0, 2], [0.5, 7.0]),
        ("b", [2.0], [1], None),
    ):
        np.save(tmp_path / f"{name}_t.npy", np.array(times))
        np.save(tmp_path / f"{name}_y.npy", np.array(rows, dtype=float))
        if alpha is not None:
            np.save(tmp_path / f"{name}_a.npy", np.array(alpha))
    table = Catalog().table(tmp_path)
    assert table.frame().rows() == [
        (1.0, 0, 0.5, "a"), (3.0, 2, 1.0, "a"), (2.0, 1, 1.0, "b"),
    ]  # fmt: skip
    with pytest.raises(LoupeDataError, match="npy pairs hold signals") as caught:
        Catalog().table(tmp_path / "a_a.npy")
    assert "npy-events" in caught.value.hint
    for end in "aty":
        one = Catalog(tmp_path).table(Source(path=f"a_{end}.npy", format="npy-events"))
        assert one.frame()["name"].to_list() == ["a", "a"]
    np.save(tmp_path / "a_y.npy", np.array([0.5, 2]))
    with pytest.raises(LoupeDataError, match="rows of `a` must be whole numbers"):
        Catalog().table(tmp_path)
    np.save(tmp_path / "a_y.npy", np.array([1]))
    with pytest.raises(LoupeDataError, match="2 times, 1 rows and 2 opacities"):
        Catalog().table(tmp_path)


def test_npy_folder_with_unequal_times_is_opened_by_name(tmp_path):
    for name, n in (("a", 10), ("b", 20)):
        np.save(tmp_path / f"{name}_t.npy", np.arange(n) / 10)
        np.save(tmp_path / f"{name}_y.npy", np.arange(n, dtype="int16"))
    with pytest.raises(LoupeDataError, match="different times") as caught:
        Catalog().array(tmp_path)
    assert 'variable = "b"' in caught.value.hint
    data = Catalog().array(Source(path=str(tmp_path), variable="b"))
    assert data.info.name == "b"
    check_array(data, np.arange(20, dtype="int16")[None])
    (tmp_path / "a_y.npy").unlink()
    with pytest.raises(LoupeDataError, match=r"other half is missing: a_y\.npy"):
        Catalog().array(tmp_path / "a_t.npy")


def test_npy_pairs_of_one_name_in_two_folders_are_two_rows(tmp_path):
    for k, day in enumerate(("day1", "day2")):
        (tmp_path / day).mkdir()
        np.save(tmp_path / day / "emg_t.npy", np.arange(10) / 10)
        np.save(tmp_path / day / "emg_y.npy", np.arange(10) + 100 * k)
    np.save(tmp_path / "day1" / "eeg_t.npy", np.arange(10) / 10)
    np.save(tmp_path / "day1" / "eeg_y.npy", -np.arange(10))
    catalog = Catalog(tmp_path)
    both = catalog.array(Source(path=["day*/emg_y.npy", "day1/e*_y.npy", "day1/emg_t.npy"]))
    assert both.info.row_names == ("day1/emg", "day2/emg", "eeg")
    check_array(both, np.stack([np.arange(10), np.arange(10) + 100, -np.arange(10)]))
    np.save(tmp_path / "day2" / "emg_t.npy", np.arange(10) / 10 + 1)
    with pytest.raises(LoupeDataError, match="`day1/emg` and `day2/emg` have different") as caught:
        Catalog(tmp_path).array(Source(path="day*/emg_y.npy"))
    assert "source" in caught.value.hint
    assert "variable" not in caught.value.hint


def test_an_npy_pair_may_be_called_time(tmp_path):
    np.save(tmp_path / "time_t.npy", np.arange(10) / 10)
    np.save(tmp_path / "time_y.npy", np.arange(10, 20))
    data = Catalog().array(tmp_path)
    assert data.info.name == "time"
    check_array(data, np.arange(10, 20)[None])


def test_pickles_are_never_loaded(tmp_path):
    np.save(tmp_path / "a_t.npy", np.arange(3.0))
    np.save(tmp_path / "a_y.npy", np.array([object()] * 3), allow_pickle=True)
    with pytest.raises(LoupeDataError, match="cannot be read as npy"):
        Catalog().array(tmp_path / "a_y.npy")


def test_several_files_join_in_time(tmp_path):
    for k in range(3):
        to_zarr(labelled(times=TIMES + 4 * k), tmp_path / f"day{k}.zarr", zarr_format=2)
    data = Catalog(tmp_path).array(Source(path="day*.zarr"))
    assert data.time.uniform
    check_array(data, np.concatenate([values()] * 3, axis=1))
    gapped = Catalog(tmp_path).array(Source(path=["day0.zarr", "day2.zarr"]))
    assert not gapped.time.uniform
    assert gapped.time.breaks.tolist() == [N]
    check_array(gapped, np.concatenate([values()] * 2, axis=1))
    to_zarr(labelled(times=TIMES + 40), tmp_path / "day10.zarr", zarr_format=2)
    counted = Catalog(tmp_path).array(Source(path="day*.zarr"))
    assert counted.time.span.stop == 40 + TIMES[-1]
    with pytest.raises(LoupeDataError, match="before the file before it ends"):
        Catalog(tmp_path).array(Source(path=["day1.zarr", "day0.zarr"]))


def test_a_joined_part_without_samples_takes_no_place(tmp_path):
    to_zarr(labelled().isel(time=slice(0, 0)), tmp_path / "none.zarr", zarr_format=2)
    for k in range(2):
        to_zarr(labelled(times=TIMES + 9 * k), tmp_path / f"day{k}.zarr", zarr_format=2)
    data = Catalog(tmp_path).array(Source(path=["day0.zarr", "none.zarr", "day1.zarr"]))
    check_array(data, np.concatenate([values()] * 2, axis=1))
    assert data.time.breaks.tolist() == [N]
    for rest in ([], ["none.zarr"]):
        by_rate = Catalog(tmp_path).array(Source(path=["day0.zarr", "none.zarr", *rest], rate=250))
        check_array(by_rate, values())
        assert by_rate.time.uniform
    none = Catalog(tmp_path).array(Source(path=["none.zarr", "none.zarr"], rate=1.0))
    assert none.time.n == 0
    check_array(none)


def test_remote_is_refused_unless_allowed():
    with pytest.raises(LoupeDataError, match="on the network") as caught:
        Catalog().array(Source(path="https://example.org/x.zarr"))
    assert "--allow-remote" in caught.value.hint
    with pytest.raises(LoupeDataError, match="neither a path nor a plain URL"):
        Catalog(allow_remote=True).array(Source(path="zip::http://example.org/x.zip"))


def test_opening_the_same_anew_holds_no_more_each_time():
    source = InMemory(labelled())
    catalog = Catalog()
    first = catalog.array(source)
    held = sys.getrefcount(source)
    for _ in range(20):
        catalog, dropped = catalog.renewed([source])
        assert first in dropped
        first = catalog.array(source)
        del dropped
    assert sys.getrefcount(source) <= held
