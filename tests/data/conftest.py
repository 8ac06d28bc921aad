"""Files that tests of several readers need."""

import numpy as np
import pytest


@pytest.fixture
def nwb(tmp_path):
    import h5py

    rng = np.random.default_rng(9)
    path = tmp_path / "s.nwb"
    raw = rng.integers(-3000, 3000, (5000, 4)).astype(np.int16)
    with h5py.File(path, "w") as file:
        file.attrs["nwb_version"] = "2.7.0"
        file["session_start_time"] = "2024-05-01T20:00:00+00:00"
        file["timestamps_reference_time"] = "2024-05-01T20:00:00+00:00"
        table = file.create_group("general/extracellular_ephys/electrodes")
        table.attrs["colnames"] = ["location", "x", "group"]
        table["id"] = np.arange(10, 16)
        table.create_dataset("location", data=["a", "b", "c", "d", "e", "f"])
        table["x"] = np.arange(6) * 20.0
        table.create_dataset("group", data=[table.ref] * 6, dtype=h5py.ref_dtype)
        series = file.create_group("acquisition/probe")
        series.attrs["neurodata_type"] = "ElectricalSeries"
        data = series.create_dataset("data", data=raw, chunks=(1000, 2))
        data.attrs.update({"unit": "volts", "conversion": 2e-7, "offset": 0.0})
        start = series.create_dataset("starting_time", data=12.5)
        start.attrs.update({"rate": 1000.0, "unit": "seconds"})
        region = series.create_dataset("electrodes", data=[1, 2, 4, 5])
        region.attrs["table"] = table.ref
        speed = file.create_group("processing/behavior/Motion/speed")
        speed.attrs["neurodata_type"] = "TimeSeries"
        speed.create_dataset("data", data=rng.normal(size=300)).attrs["unit"] = "cm/s"
        times = 13.0 + np.arange(300) / 30
        times[200:] += 4.0
        speed["timestamps"] = times
        film = file.create_group("acquisition/film")
        film.attrs["neurodata_type"] = "ImageSeries"
        film["data"] = np.zeros((4, 5, 6), np.uint8)
        film["timestamps"] = np.arange(4.0)
        file["acquisition/again"] = h5py.SoftLink("/processing/behavior")
        units = file.create_group("units")
        units.attrs["colnames"] = ["spike_times", "quality", "unit", "waveform_mean"]
        units["id"] = [7, 9]
        units["spike_times"] = [13.0, 14.0, 15.5, 13.25]
        units["spike_times_index"] = np.array([3, 4], np.uint8)
        units.create_dataset("quality", data=["good", "mua"])
        units["unit"] = [1.5, 2.5]
        units["waveform_mean"] = np.zeros((2, 30))
        trials = file.create_group("intervals/trials")
        trials.attrs["colnames"] = ["start_time", "stop_time", "side", "tags"]
        trials["id"] = [0, 1]
        trials["start_time"] = [13.0, 15.0]
        trials["stop_time"] = [14.0, 16.0]
        trials.create_dataset("side", data=["left", "right"])
        trials.create_dataset("tags", data=["u", "v"])
        trials["tags_index"] = [1, 2]
    return path, raw, times
