"""NWB files, made by h5py as their schema says, or by pynwb."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from loupe.data.catalog import Catalog
from loupe.data.probe import contents
from loupe.errors import LoupeDataError
from loupe.session.source import Source
from loupe.testing import check_array, check_table


def test_nwb_series_are_arrays_by_path(nwb):
    path, raw, times = nwb
    catalog = Catalog(path.parent)
    found = contents(path.name, catalog)
    assert [a.variable for a in found.arrays] == [
        "acquisition/probe",
        "processing/behavior/Motion/speed",
    ]
    assert not found.problems
    probe = catalog.array(Source(path=path.name, variable="acquisition/probe"))
    check_array(probe, raw.T)
    assert (probe.info.units, probe.info.dtype) == ("µV", np.int16)
    assert probe.info.scale == pytest.approx(0.2)
    assert probe.time.span.start == 12.5
    assert probe.time.period == pytest.approx(1e-3, rel=1e-12)
    assert probe.info.origin == datetime.datetime(2024, 5, 1, 20, tzinfo=datetime.UTC)
    assert probe.info.row_names == ("11", "12", "14", "15")
    assert list(probe.info.coords["location"]) == ["b", "c", "e", "f"]
    assert list(probe.info.coords["x"]) == [20.0, 40.0, 80.0, 100.0]
    assert "group" not in probe.info.coords
    some = catalog.array(
        Source(
            path=path.name,
            variable="acquisition/probe",
            select={"location": ["e", "b"], "time": {"start": 13.0, "stop": 14.0}},
        )
    )
    assert (some.time.span.start, some.time.span.stop) == (13.0, 14.0)
    np.testing.assert_array_equal(some.read(slice(None), 0, 3), raw[500:503, [2, 0]].T)
    speed = catalog.array(Source(path=path.name, variable="processing/behavior/Motion/speed"))
    check_array(speed)
    np.testing.assert_allclose(speed.time.times(0, 300), times, atol=1e-9)
    assert list(speed.time.breaks) == [200]


def test_one_bad_nwb_series_does_not_hide_the_others(nwb):
    import h5py

    path, raw, _ = nwb
    with h5py.File(path, "a") as file:
        bad = file.create_group("acquisition/bad")
        bad["data"] = np.zeros(5)
        bad.create_dataset("starting_time", data=0.0).attrs["rate"] = 0.0
        worse = file.create_group("acquisition/worse")
        worse["data"] = np.zeros((5, 2))
        worse.create_dataset("starting_time", data=0.0).attrs["rate"] = 1.0
        region = worse.create_dataset("electrodes", data=[1, 200])
        region.attrs["table"] = file["general/extracellular_ephys/electrodes"].ref
    catalog = Catalog(path.parent)
    found = contents(path.name, catalog)
    assert [a.variable for a in found.arrays] == [
        "acquisition/probe",
        "processing/behavior/Motion/speed",
    ]
    assert [p.where.rpartition("/")[2] for p in found.problems] == ["bad", "worse"]
    probe = catalog.array(Source(path=path.name, variable="acquisition/probe"))
    check_array(probe, raw.T)
    with pytest.raises(LoupeDataError, match=r"with 0\.0 a second"):
        catalog.array(Source(path=path.name, variable="acquisition/bad"))


def test_listing_a_file_reads_its_headers_once(nwb, monkeypatch):
    import h5py

    path, _, _ = nwb
    with h5py.File(path, "a") as file:
        for k in range(30):
            sweep = file.create_group(f"stimulus/sweep{k}")
            sweep["data"] = np.zeros(5)
            sweep.create_dataset("starting_time", data=0.0).attrs["rate"] = 1.0
    opened = []
    original = h5py.File.__init__

    def counting(self, *args, **more):
        if args[0] == path:
            opened.append(args)
        original(self, *args, **more)

    monkeypatch.setattr(h5py.File, "__init__", counting)
    assert len(contents(path.name, Catalog(path.parent)).arrays) == 32
    assert len(opened) == 1


def test_nwb_channel_conversions_are_applied(nwb):
    import h5py

    path, raw, _ = nwb
    with h5py.File(path, "a") as file:
        file["acquisition/probe/channel_conversion"] = [1.0, 2.0, 0.5, 1.0]
    data = Catalog(path.parent).array(Source(path=path.name, variable="acquisition/probe"))
    check_array(data)
    expected = raw.T * (0.2 * np.array([[1.0], [2.0], [0.5], [1.0]]))
    values = data.read(slice(None), 0, data.time.n) * data.info.scale + data.info.offset
    np.testing.assert_allclose(values, expected, rtol=1e-6)


def test_nwb_tables_share_the_clock_of_its_signals(nwb):
    path, _, _ = nwb
    catalog = Catalog(path.parent)
    catalog.array(Source(path=path.name, variable="acquisition/probe"))
    spikes = catalog.table(path.name)
    check_table(spikes)
    assert spikes.frame().to_dict(as_series=False) == {
        "time": [13.0, 14.0, 15.5, 13.25],
        "unit": [7, 7, 7, 9],
        "quality": ["good", "good", "good", "mua"],
    }
    trials = catalog.table(Source(path=path.name, variable="intervals/trials"))
    check_table(trials)
    assert trials.frame()["side"].to_list() == ["left", "right"]
    assert trials.columns == ("start_time", "stop_time", "side")
    with pytest.raises(LoupeDataError, match="no table `trials`") as caught:
        catalog.table(Source(path=path.name, variable="trials"))
    assert "intervals/trials" in caught.value.hint
    # Where another recording began an hour before, all of the file moves by that hour.
    later = Catalog(path.parent)
    later.clock.start_at(datetime.datetime(2024, 5, 1, 19, tzinfo=datetime.UTC))
    assert later.table(path.name).frame()["time"][0] == 3613.0
    moved = later.array(Source(path=path.name, variable="acquisition/probe"))
    assert moved.time.span.start == 3612.5


def test_of_nwb_tables_times_move_and_nothing_else_does(nwb):
    import h5py

    path, _, _ = nwb
    with h5py.File(path, "a") as file:
        trials = file["intervals/trials"]
        more = ["day_time", "reaction_time", "go_time", "feedback_times", "timestamps", "level"]
        trials.attrs["colnames"] = [*trials.attrs["colnames"], *more]
        trials.create_dataset("day_time", data=["noon", "night"])
        trials["reaction_time"] = [0.2, 0.3]
        trials["go_time"] = [13.25, np.nan]
        trials["feedback_times"] = [13.5, 15.5]
        trials["timestamps"] = [13.75, 15.75]
        trials["level"] = [13.5, 15.5]
    catalog = Catalog(path.parent)
    catalog.clock.start_at(datetime.datetime(2024, 5, 1, 19, 59, tzinfo=datetime.UTC))
    frame = catalog.table(Source(path=path.name, variable="intervals/trials")).frame()
    assert frame["start_time"].to_list() == [73.0, 75.0]
    assert frame["stop_time"].to_list() == [74.0, 76.0]
    assert frame["day_time"].to_list() == ["noon", "night"]
    assert frame["reaction_time"].to_list() == [0.2, 0.3]
    assert frame["go_time"][0] == 73.25
    assert frame["feedback_times"].to_list() == [73.5, 75.5]
    assert frame["timestamps"].to_list() == [73.75, 75.75]
    assert frame["level"].to_list() == [13.5, 15.5]


def test_an_index_of_spikes_that_does_not_fit_is_refused(nwb):
    import h5py

    path, _, _ = nwb
    with h5py.File(path, "a") as file:
        file["units/spike_times_index"][:] = [4, 200]
    with pytest.raises(LoupeDataError, match="does not fit its 4 spikes"):
        Catalog(path.parent).table(path.name)


def test_nwb_with_spikes_only_is_a_table(nwb):
    import h5py

    path, _, _ = nwb
    with h5py.File(path, "a") as file:
        del file["acquisition"], file["processing"]
    found = contents(path.name, Catalog(path.parent))
    assert (found.kind, found.table.rows, found.table.time_columns) == ("table", 4, ("time",))


@pytest.mark.filterwarnings("ignore")  # pynwb's own
def test_pynwb_files_are_read(tmp_path):
    pynwb = pytest.importorskip("pynwb", reason="pynwb is not needed by Loupe")
    from pynwb.ecephys import LFP, ElectricalSeries

    file = pynwb.NWBFile(
        session_description="s",
        identifier="i",
        session_start_time=datetime.datetime(2024, 5, 1, 22, 15, 30, tzinfo=datetime.UTC),
    )
    device = file.create_device(name="d")
    shank = file.create_electrode_group(
        name="g", description="a shank", location="CA1", device=device
    )
    for k in range(3):
        file.add_electrode(x=float(k), location=f"layer {k}", group=shank)
    region = file.create_electrode_table_region(region=[2, 0], description="two")
    raw = np.arange(2000, dtype=np.int16).reshape(1000, 2)
    series = ElectricalSeries(
        name="lfp", data=raw, electrodes=region, rate=1250.0, starting_time=3.0, conversion=1e-6
    )
    module = file.create_processing_module(name="ecephys", description="signals")
    module.add(LFP(electrical_series=series))
    file.add_unit(spike_times=[3.5, 4.5])
    file.add_unit(spike_times=[3.75])
    file.add_trial(start_time=3.0, stop_time=3.5)
    with pynwb.NWBHDF5IO(tmp_path / "s.nwb", "w") as io:
        io.write(file)
    catalog = Catalog(tmp_path)
    data = catalog.array("s.nwb")
    check_array(data, raw.T)
    assert data.info.name == "processing/ecephys/LFP/lfp"
    assert list(data.info.coords["location"]) == ["layer 2", "layer 0"]
    assert data.time.span.start == 3.0
    assert catalog.table("s.nwb").frame()["unit"].to_list() == [0, 0, 1]
    trials = catalog.table(Source(path="s.nwb", variable="intervals/trials"))
    assert trials.frame()["stop_time"].to_list() == [3.5]
