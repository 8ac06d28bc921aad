"""Opening files directly: a sensible session for each."""

import numpy as np
import polars as pl
import pytest
import xarray as xr

from loupe.errors import LoupeError
from loupe.scene.check import check_data
from loupe.scene.propose import propose


def store(tmp_path, rows, rate=1000.0, n=20_000, group=None, **coords):
    values = np.zeros((rows, n), dtype=np.int16)
    data = xr.DataArray(
        values,
        dims=("channel", "time"),
        coords={"channel": np.arange(rows), "time": np.arange(n) / rate} | coords,
        name="data",
    )
    path = tmp_path / "rec.zarr"
    data.to_dataset().to_zarr(path, group=group, consolidated=False)
    return path


def test_few_traces_are_stacked(tmp_path):
    session = propose([store(tmp_path, 4)])
    assert [p.mode for p in session.plots] == ["stacked"]
    assert session.view.window == 5.0


def test_many_traces_are_dense_by_depth_in_pages(tmp_path):
    depth = ("channel", np.arange(100) * 20.0)
    plot = propose([store(tmp_path, 100, n=100, depth=depth)]).plots[0]
    assert (plot.mode, plot.order_by, plot.traces_per_page) == ("dense", "depth", 32)


def test_npy_events_become_a_raster_for_each_name(tmp_path):
    for end, values in (("t", [1.0, 2.0]), ("y", [0, 1]), ("a", [0.2, 1.0])):
        np.save(tmp_path / f"spikes_{end}.npy", np.array(values))
    (plot,) = propose([tmp_path]).plots
    assert (plot.kind, plot.time_col, plot.order_by) == ("raster", "time", "row")
    assert (plot.split_by, plot.alpha_by) == ("name", "alpha")


def test_times_alone_become_lines_over_all_rows_not_a_row_each(tmp_path):
    licks, loud = tmp_path / "licks.parquet", tmp_path / "loud.parquet"
    pl.DataFrame({"time": [0.1, 0.7]}).write_parquet(licks)
    pl.DataFrame({"time": [0.1, 0.7], "level": [61.5, 48.25]}).write_parquet(loud)
    session = propose([store(tmp_path, 2), loud])
    assert [p.kind for p in session.plots] == ["trace"]
    assert (session.events.data.path, session.events.event_times_column) == (str(loud), "time")
    with pytest.raises(LoupeError, match="no column says which row") as info:
        propose([licks, loud])
    assert info.value.where == str(loud)


def test_an_array_in_a_group_is_found(tmp_path):
    assert propose([store(tmp_path, 2, group="probe0")]).plots[0].data.group == "probe0"


def test_npy_pairs_events_labels_and_videos_find_their_place(tmp_path):
    np.save(tmp_path / "ecg_t.npy", np.arange(10.0))
    np.save(tmp_path / "ecg_y.npy", np.arange(10.0))
    pl.DataFrame({"time": [1.0, 2.0], "unit": [1, 2]}).write_parquet(tmp_path / "spikes.parquet")
    pl.DataFrame(
        {"start_time": [0.0], "end_time": [5.0], "state": ["Wake"], "scorer": ["mk"]}
    ).write_csv(tmp_path / "night.htsv", separator="\t")
    (tmp_path / "cam.mp4").touch()
    np.save(tmp_path / "cam_frame_times.npy", np.arange(3.0))
    session = propose(
        [tmp_path, tmp_path / "spikes.parquet", tmp_path / "night.htsv", tmp_path / "cam.mp4"]
    )
    assert [p.kind for p in session.plots] == ["trace", "raster"]
    assert (session.plots[1].time_col, session.plots[1].order_by) == ("time", "unit")
    assert session.labels[0].path.endswith("night.htsv")
    assert "Wake" in session.states.label_colors
    assert session.videos[0].frame_times_path.endswith("cam_frame_times.npy")


@pytest.mark.parametrize("name", ["missing.zarr", "notes.xyz"])
def test_what_cannot_be_read_says_so(tmp_path, name):
    if name == "notes.xyz":
        (tmp_path / name).write_text("hello")
    with pytest.raises(LoupeError) as caught:
        propose([tmp_path / name])
    assert name in str(caught.value)


def test_a_proposed_session_checks_clean(tmp_path):
    assert check_data(propose([store(tmp_path, 3)])) == []


def test_the_real_recordings_open(shared_data):
    for name in ("ecg/mitdb100.zarr", "ecg/mitdb100_5min.nc", "ecg", "sleep/sc4001_1hz.zarr"):
        assert propose([shared_data / name]).plots
    assert propose([shared_data / "ecg" / "beats.parquet"]).plots[0].order_by == "channel"
    assert propose([shared_data / "mouse" / "openfield.mp4"]).videos[0].frame_times_path


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("n.epochs.csv", "brain_state\n1\n2\n", "does not say how long one is"),
        ("n.hyp", "time_base x\n", "its first lines are not"),
        ("settings.xml", "<SETTINGS/>", "its root is <SETTINGS>"),
    ],
)
def test_a_label_file_that_nothing_else_reads_says_what_is_wrong_with_it(
    name, text, said, tmp_path
):
    (tmp_path / name).write_text(text)
    with pytest.raises(LoupeError, match=said):
        propose([tmp_path / name])
