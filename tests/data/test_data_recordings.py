"""The real recordings open in every form and agree with each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loupe.data.catalog import Catalog
from loupe.data.probe import contents
from loupe.data.pyramid import Pyramid
from loupe.session.source import Source
from loupe.testing import check_array, check_table

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not (DATA / "ecg").is_dir(), reason="the real recordings are not beside this checkout"
)


@pytest.fixture
def catalog():
    return Catalog(DATA)


def test_the_ecg_is_the_same_in_all_its_forms(catalog):
    zarr = catalog.array(Source(path="ecg/mitdb100.zarr", group="ecg"))
    assert zarr.info.row_names == ("MLII", "V5")
    assert (zarr.info.units, zarr.info.dtype) == ("mV", np.float32)
    assert zarr.time.uniform
    assert zarr.time.n == 650_000
    assert zarr.time.period == pytest.approx(1 / 360, rel=1e-12)
    nc = catalog.array(Source(path="ecg/mitdb100_5min.nc", group="ecg"))
    np.testing.assert_array_equal(
        nc.read(slice(None), 0, nc.time.n), zarr.read(slice(None), 0, nc.time.n)
    )
    npy = catalog.array(Source(path="ecg"))
    assert npy.info.row_names == ("MLII", "V5")
    np.testing.assert_array_equal(
        npy.read(slice(None), 0, npy.time.n), zarr.read(slice(None), 0, npy.time.n)
    )
    check_array(npy)
    beats = catalog.table("ecg/beats.parquet")
    check_table(beats)
    assert beats.frame().height == 2273
    assert beats.frame(["symbol"])["symbol"].value_counts(sort=True)["symbol"][0] == "N"


def test_the_night_is_exact_at_every_level(catalog):
    night = catalog.array("sleep/sc4001_1hz.zarr")
    check_array(night)
    assert night.info.dtype == np.int16
    assert night.info.row_names[0] == "EEG Fpz-Cz"
    assert night.time.span.stop == 79_499.0
    whole = night.read(slice(None), 0, night.time.n)
    pyramid = Pyramid(night)
    for level in range(pyramid.levels):
        n = pyramid.n_bins(level)
        for key in pyramid.missing(level, slice(None), 0, n):
            pyramid.build(key)
        lo, hi, known, _ = pyramid.bins(level, slice(None), 0, n)
        assert known.all()
        starts = np.arange(0, night.time.n, pyramid.bin_samples(level))
        np.testing.assert_array_equal(lo, np.minimum.reduceat(whole, starts, axis=1))
        np.testing.assert_array_equal(hi, np.maximum.reduceat(whole, starts, axis=1))


def test_what_they_hold_is_told_without_reading_samples(catalog):
    ecg = contents("ecg/mitdb100.zarr", catalog)
    (array,) = ecg.arrays
    assert (ecg.format, array.group, array.variable) == ("zarr", "ecg", "data")
    assert array.rate == pytest.approx(360)
    assert array.coords["channel"] == "MLII, V5"
    assert array.page_bytes == 2 * 65536 * 2 * 4
    npy = contents("ecg", catalog)
    assert [a.variable for a in npy.arrays] == ["MLII", "V5"]
    beats = contents("ecg/beats.parquet", catalog).table
    assert beats is not None
    assert beats.rows == 2273
    assert beats.time_columns == ("time",)
    assert catalog.cache.stats.loads == 0
