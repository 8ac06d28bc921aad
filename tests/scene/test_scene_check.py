"""What `loupe validate` finds in the data: each fault once, where a person mends it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
import xarray as xr

from loupe.data.catalog import Catalog
from loupe.labels.check import check_file
from loupe.scene.check import check_data
from loupe.scene.videos import video_spec
from loupe.session.labels import IntervalLabelSchema
from loupe.session.load import check_session, load_session
from loupe.session.video import VideoConfig
from loupe.video.write import VideoWriter


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


def test_a_label_file_that_cannot_be_saved_over_is_told_of_beforehand(check):
    text = TRACE.format("good.zarr", "") + "[[labels]]\npath = 'n.hyp'\n"
    rows = "time_base 1\nsampling_period 1\nepoch_nb 2\nepoch_list\n0\n0\n"
    found = check(text + "writeback = true\n" + STATES, {"n.hyp": rows})
    assert found == [(("labels", 0, "writeback"), "labels-import-only", "warning")]
    assert check(text + STATES, {"n.hyp": rows}) == []


def test_states_of_epochs_take_their_length_from_the_session(check):
    text = TRACE.format("good.zarr", "") + "[[labels]]\npath = 'n.txt'\nformat = 'epochs'\n"
    rows = "Wake\n" * 3
    assert check(text + "epoch = 2.0\n" + STATES, {"n.txt": rows}) == []
    found = check(text + STATES, {"n.txt": rows})
    assert [(place, level) for place, _, level in found] == [(("labels", 0, "path"), "error")]


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


def test_every_wrong_field_of_a_plot_is_found_in_one_run(check):
    assert check(
        TRACE.format("good.zarr", "mode = 'dense'\norder_by = 'depth'\nhue = 'region'")
    ) == [
        (("plots", 0, "order_by"), "data-coordinate", "error"),
        (("plots", 0, "hue"), "data-coordinate", "error"),
    ]
    raster = (
        "[[plots]]\nkind = 'raster'\ndata = { path = 'ev.parquet' }\ntime_col = 'tmie'\n"
        "order_by = 'unti'\nsplit_by = ['unit', 'prob']\n"
    )
    assert check(raster) == [
        (("plots", 0, "time_col"), "data-column", "error"),
        (("plots", 0, "order_by"), "data-column", "error"),
        (("plots", 0, "split_by", 1), "data-column", "error"),
    ]
    events = "[events]\ndata = { path = 'ev.parquet' }\nevent_times_column = 't'\n"
    assert check(events + "style_events_on = 'kind'\n") == [
        (("events", "event_times_column"), "data-column", "error"),
        (("events", "style_events_on"), "data-column", "error"),
    ]


def test_a_column_that_is_no_number_is_found_beside_one_that_is_missing(check, tmp_path):
    pl.DataFrame({"time": [1.0], "unit": [1], "name": ["a"]}).write_parquet(tmp_path / "n.parquet")
    raster = (
        "[[plots]]\nkind = 'raster'\ndata = { path = 'n.parquet' }\ntime_col = 'time'\n"
        "order_by = 'unti'\nalpha_by = 'name'\n"
    )
    assert [(place[-1], code) for place, code, _ in check(raster)] == [
        ("order_by", "data-column"),
        ("alpha_by", "data-numeric"),
    ]


def test_overlays_and_masks_are_blamed_themselves(check):
    text = "[sources.gone]\npath = 'none.zarr'\n" + TRACE.format(
        "good.zarr",
        "overlay_arrays = ['gone', { path = 'good.zarr' }, { path = 'nan.zarr', variable = 'x' }]\n"
        "sample_markers = [{ bool_array = { path = 'no.zarr' }, color = 'red', marker = 'o' }]\n"
        "order_by = 'depth'\n",
    )
    assert check(text) == [
        (("sources", "gone", "path"), "data-missing-file", "error"),
        (("plots", 0, "overlay_arrays", 2, "variable"), "data-variable", "error"),
        (("plots", 0, "sample_markers", 0, "bool_array", "path"), "data-missing-file", "error"),
        (("plots", 0, "order_by"), "data-coordinate", "error"),
    ]


def test_each_array_of_a_zip_is_looked_at(check, tmp_path):
    cell = xr.DataArray(
        np.zeros((2, 10), np.float32),
        dims=("cell", "time"),
        coords={"cell": [1, 2], "time": np.arange(10.0)},
        name="data",
    )
    cell.to_dataset().to_zarr(tmp_path / "cell.zarr", consolidated=False)

    def zipped(on, *paths):
        traces = ", ".join(f"{{ data = {{ path = '{path}' }} }}" for path in paths)
        return check(f"[[plots]]\nkind = 'zip'\non = '{on}'\ntraces = [{traces}]\n")

    assert zipped("channel", "good.zarr", "cell.zarr", "no.zarr", "nan.zarr") == [
        (("plots", 0, "traces", 2, "data", "path"), "data-missing-file", "error"),
        (("plots", 0, "traces", 1, "data"), "data-coordinate", "error"),
        (("plots", 0, "traces", 3, "data", "path"), "data-nan", "warning"),
    ]
    assert zipped("chanel", "good.zarr", "cell.zarr") == [
        (("plots", 0, "on"), "data-coordinate", "error")
    ]


def test_a_wrong_selection_is_blamed_by_its_key(check):
    for entry in ("chanel = 1", "channel = 7", "time = { start = 900 }"):
        text = (
            f"[[plots]]\nkind = 'trace'\ndata = {{ path = 'good.zarr', select = {{ {entry} }} }}\n"
        )
        key = entry.split()[0]
        assert check(text) == [(("plots", 0, "data", "select", key), "data-select", "error")]


ROWS = "start_s,end_s,label\n0,5,Wake\n"
LABELS = TRACE.format("good.zarr", "") + STATES + "[[labels]]\npath = 'l.csv'\n"


def test_some_labels_outside_are_counted(check):
    rows = ROWS + "20,30,Wake\n40,50,Wake\n"
    assert check(LABELS, {"l.csv": rows}) == [(("labels", 0, "path"), "labels-outside", "warning")]
    # The last epoch may reach over the end of the recording.
    assert check(LABELS, {"l.csv": ROWS + "5,15,Wake\n"}) == []


def test_labels_outside_of_events_alone_are_found(check):
    raster = (
        "[[plots]]\nkind = 'raster'\ndata = { path = 'ev.parquet' }\ntime_col = 'time'\n"
        "order_by = 'unit'\n[[labels]]\npath = 'l.csv'\n" + STATES
    )
    assert check(raster, {"l.csv": "start_s,end_s,label\n70,80,Wake\n"}) == [
        (("labels", 0, "path"), "labels-outside", "warning")
    ]


def test_points_open_ends_and_unnamed_rows_are_warned_of(check):
    rows = ROWS + "6,6,Wake\n7,8,\n9,inf,Wake\n"
    assert [code for _, code, _ in check(LABELS, {"l.csv": rows})] == [
        "labels-duration",
        "labels-open-end",
        "labels-unnamed",
    ]


def test_every_kind_of_broken_row_is_told(check, tmp_path):
    schema = (
        "[labels.schema]\nstart_col = 'start_s'\nend_col = 'end_s'\nduration_col = 'length'\n"
        "label_col = 'label'\n"
    )
    rows = (
        "start_s,end_s,length,label\n0,5,5,Wake\n5,6,2,Wake\n6,7,9,Wake\n7,5,-2,Wake\n"
        "8,7,1,Wake\n,9,1,Wake\n"
    )
    (tmp_path / "l.csv").write_text(rows)
    assert len(check(LABELS + schema, {"l.csv": rows})) == 4
    report = check_file(
        tmp_path / "l.csv",
        IntervalLabelSchema(
            start_col="start_s", end_col="end_s", duration_col="length", label_col="label"
        ),
    )
    found = [(f.line, f.message.partition("): ")[2] or f.message) for f in report.diagnostics]
    assert [(line, message.partition(":")[0]) for line, message in found] == [
        (3, "end and duration disagree"),
        (5, "`length` is negative"),
        (6, "the start 8.0 lies after the end 7.0"),
        (7, "`start_s` is missing or NaN"),
    ]
    assert found[0][1].endswith("(and 1 more row like it)")


def test_columns_of_a_label_schema_are_blamed_each(check):
    schema = (
        "[labels.schema]\nstart_col = 'strat_s'\nend_col = 'end_s'\nlabel_col = 'lable'\n"
        "extra_cols = ['note']\n"
    )
    assert check(LABELS + schema, {"l.csv": ROWS}) == [
        (("labels", 0, "schema", "start_col"), "labels-schema", "error"),
        (("labels", 0, "schema", "label_col"), "labels-schema", "error"),
        (("labels", 0, "schema", "extra_cols", 0), "labels-schema", "error"),
    ]


def test_what_is_wrong_with_frame_times_is_said_of_them(check, tmp_path):
    with VideoWriter(tmp_path / "cam.mp4", (64, 48), 30) as writer:
        for _ in range(12):
            writer.write(np.zeros((48, 64, 3), np.uint8))
    pl.DataFrame({"nr": range(12), "seconds": np.arange(12) / 30}).write_csv(tmp_path / "t.csv")
    np.save(tmp_path / "t.npy", np.arange(12) / 30)

    def found(video, times, more=""):
        text = f"[[videos]]\nvideo_path = {video}\nframe_times_path = {times}\n{more}"
        return [f for f in check(text) if f[2] == "error"]

    times = ("videos", 0, "frame_times_path")
    assert found("'cam.mp4'", "'t.npy'") == []
    assert found("'cam.mp4'", "'t2.npy'") == [(times, "video-missing-file", "error")]
    assert found("['cam.mp4', 'cam.mp4']", "['t.npy', 'u.npy']") == [
        ((*times, 1), "video-missing-file", "error")
    ]
    column = ("videos", 0, "frame_times_column")
    assert found("'cam.mp4'", "'t.csv'", "frame_times_column = 'seconds'") == []
    assert found("'cam.mp4'", "'t.csv'", "frame_times_column = 'second'") == [
        (column, "video-frame-times", "error")
    ]
    assert found("'cam.mp4'", "'t.csv'") == [(column, "video-frame-times", "error")]
    pl.DataFrame({"t": [f"{i} ms" for i in range(12)]}).write_csv(tmp_path / "text.csv")
    assert found("'cam.mp4'", "'text.csv'") == [(column, "data-column", "error")]


def test_frame_times_that_are_dates_lie_where_the_recording_was(tmp_path):
    begin = datetime(2024, 1, 1, 10, tzinfo=UTC)
    times = [begin + timedelta(hours=1, seconds=i) for i in range(3)]
    pl.DataFrame({"time": times}).write_parquet(tmp_path / "t.parquet")
    config = VideoConfig(video_path="cam.mp4", frame_times_path="t.parquet")
    spec = video_spec(config, "cam", Catalog(tmp_path), begin)
    assert spec.frame_times[0].tolist() == [3600.0, 3601.0, 3602.0]


def test_a_video_that_is_not_there_is_guessed(tmp_path):
    (tmp_path / "cam1.mp4").write_bytes(b"")
    (tmp_path / "s.toml").write_text("[[videos]]\nvideo_path = 'cam.mp4'\n")
    (fault,) = check_data(load_session(tmp_path / "s.toml"))
    assert fault.hint == "did you mean `cam1.mp4`?"


def test_a_pair_of_lists_of_unlike_length_is_one_finding(tmp_path):
    (tmp_path / "s.toml").write_text(
        "[[videos]]\nvideo_path = ['a.mp4', 'b.mp4']\nframe_times_path = ['t.npy']\n"
    )
    checked = check_session(tmp_path / "s.toml")
    report = checked.with_faults(check_data(checked.partial)).report
    assert [item.code for item in report.diagnostics] == ["session-video-lengths"]


@pytest.mark.parametrize(
    ("data", "cmap", "wrong"),
    [
        ("none.zarr", "'nosuch'", 1),
        ("none.zarr", "'viridis'", 0),
        ("none.zarr", "['magma', 'nosuch', 'nor_this', 'nosuch']", 2),
        ("none.zarr", "{ a = 'nosuch' }", 1),
        ("good.zarr", "'nosuch'", 1),
        ("good.zarr", "['nosuch', 'nor_this']", 2),
    ],
)
def test_colormaps_are_told_also_while_the_data_do_not_open(check, data, cmap, wrong):
    found = check(f"[[plots]]\nkind = 'heatmap'\ndata = {{ path = '{data}' }}\ncmap = {cmap}\n")
    colormaps = [f for f in found if f[1] == "data-colormap"]
    assert colormaps == [(("plots", 0, "cmap"), "data-colormap", "error")] * wrong
    rest = [f for f in found if f not in colormaps]
    missing = (("plots", 0, "data", "path"), "data-missing-file", "error")
    assert rest == ([missing] if data == "none.zarr" else [])


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_a_raster_without_finite_times_still_tells_what_else_is_wrong(check, tmp_path, ending):
    events = pl.DataFrame(
        {"time": [1.0, float("nan"), 3.0], "unit": [0, 1, 1], "snr": ["1", "2", "high"]}
    )
    if ending == "csv":
        events.write_csv(tmp_path / "odd.csv")
    else:
        events.write_parquet(tmp_path / "odd.parquet")
    found = check(
        f"[[plots]]\nkind = 'raster'\ndata = {{ path = 'odd.{ending}' }}\ntime_col = 'time'\n"
        "order_by = 'unit'\nalpha_by = 'snr'\n"
    )
    assert sorted(f[:2] for f in found) == [
        (("plots", 0, "alpha_by"), "data-numeric"),
        (("plots", 0, "data", "time"), "data-time"),
    ]
