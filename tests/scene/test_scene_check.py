"""What `loupe validate` finds in the data: each fault once, where a person mends it."""

import numpy as np
import polars as pl
import pytest
import xarray as xr

from loupe.scene.check import check_data
from loupe.session.load import load_session


@pytest.fixture
def check(tmp_path):
    """Write a session over a small recording and return its findings as (place, code, level)."""
    values = np.zeros((3, 1000), dtype=np.float32)
    values[:, 100:700] = np.nan
    time = np.arange(1000.0) / 100
    coords = {"channel": [0, 1, 2], "time": time}
    data = xr.DataArray(values, dims=("channel", "time"), coords=coords, name="data")
    data.fillna(0).to_dataset().to_zarr(tmp_path / "good.zarr", consolidated=False)
    data.to_dataset().to_zarr(tmp_path / "nan.zarr", consolidated=False)
    pl.DataFrame({"time": [1.0, 2.0], "unit": [1, 2]}).write_parquet(tmp_path / "ev.parquet")

    def run(text, files=()):
        for name, content in dict(files).items():
            (tmp_path / name).write_text(content)
        path = tmp_path / "s.toml"
        path.write_text("version = 1\n" + text)
        return [(f.place, f.code, f.level) for f in check_data(load_session(path))]

    return run


STATES = "[states]\nlabel_colors = { Wake = '#ff0000' }\n"
TRACE = "[[plots]]\nkind = 'trace'\ndata = {{ path = '{}' }}\n{}"


def test_a_good_session_has_no_findings(check):
    assert check(TRACE.format("good.zarr", "")) == []


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (
            TRACE.format("none.zarr", ""),
            (("plots", 0, "data", "path"), "data-missing-file", "error"),
        ),
        (
            TRACE.format("good.zarr", "order_by = 'depth'"),
            (("plots", 0, "order_by"), "data-coordinate", "error"),
        ),
        (
            "[[plots]]\nkind = 'trace'\ndata = { path = 'good.zarr', variable = 'dta' }\n",
            (("plots", 0, "data", "variable"), "data-variable", "error"),
        ),
        (
            "[[plots]]\nkind = 'raster'\ndata = { path = 'ev.parquet' }\ntime_col = 'time'\n"
            "order_by = 'unti'\n",
            (("plots", 0, "order_by"), "data-column", "error"),
        ),
        (
            "[events]\ndata = { path = 'ev.parquet' }\nstyle_events_on = 'kind'\n",
            (("events", "style_events_on"), "data-column", "error"),
        ),
        (TRACE.format("nan.zarr", ""), (("plots", 0, "data", "path"), "data-nan", "warning")),
        (
            "[[videos]]\nvideo_path = 'cam.mp4'\n",
            (("videos", 0, "video_path"), "video-missing-file", "error"),
        ),
    ],
)
def test_each_fault_is_found_where_it_is_mended(check, text, finding):
    assert check(text) == [finding]


def test_a_named_source_is_blamed_once_where_it_is_defined(check):
    text = (
        "[sources.lfp]\npath = 'none.zarr'\n"
        "[[plots]]\nkind = 'trace'\ndata = 'lfp'\n[[plots]]\nkind = 'heatmap'\ndata = 'lfp'\n"
    )
    assert check(text) == [(("sources", "lfp", "path"), "data-missing-file", "error")]


def test_labels_outside_overlapping_or_of_unknown_states_are_warned_of(check):
    text = TRACE.format("good.zarr", "") + "[[labels]]\npath = 'l.csv'\n" + STATES
    rows = "start_s,end_s,label,note\n100,200,Wake,\n150,250,Rem,\n"
    codes = {code for _, code, _ in check(text, {"l.csv": rows})}
    assert codes == {"labels-overlap", "labels-outside", "labels-unknown-state"}


def test_a_label_file_that_is_not_there_yet_is_a_note(check):
    found = check(
        TRACE.format("good.zarr", "") + "[[labels]]\npath = 'new.csv'\nwriteback = true\n" + STATES
    )
    assert found == [(("labels", 0, "path"), "labels-new-file", "note")]


def test_a_broken_label_file_names_file_and_row(check):
    rows = "start_s,end_s,label,note\n5,2,Wake,\n"
    found = check(
        TRACE.format("good.zarr", "") + "[[labels]]\npath = 'l.csv'\n" + STATES, {"l.csv": rows}
    )
    assert [(place, level) for place, _, level in found] == [(("labels", 0, "path"), "error")]


def test_labels_with_dates_lie_where_the_recording_was(check, tmp_path):
    clock = np.datetime64("2024-05-01T08:00:00", "ns") + np.arange(1000) * np.timedelta64(10, "ms")
    data = xr.DataArray(
        np.zeros(1000, np.float32), dims="time", coords={"time": clock}, name="data"
    )
    data.to_dataset().to_zarr(tmp_path / "dated.zarr", consolidated=False)
    rows = "state\tstart_time\tend_time\nWake\t2024-05-01 08:10:00\t2024-05-01 08:10:30\n"
    schema = (
        "[labels.schema]\nstart_col = 'start_time'\nend_col = 'end_time'\nlabel_col = 'state'\n"
    )
    found = check(
        TRACE.format("dated.zarr", "") + "[[labels]]\npath = 'l.htsv'\n" + schema + STATES,
        {"l.htsv": rows},
    )
    assert [code for _, code, _ in found] == ["labels-outside"]
