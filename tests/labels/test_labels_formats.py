"""Every format reads what it should, refuses what it must, and writes what reads back."""

import csv
import io
import json
from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl
import pytest

from loupe.errors import IntervalLabelIOError, IntervalLabelSchemaError
from loupe.labels import edit
from loupe.labels.formats import registry
from loupe.labels.formats.base import LabelFormat, ReadOptions
from loupe.labels.formats.registry import BUILTIN, READ_ONLY, format_for
from loupe.labels.formats.tabular import LEGACY, durations, frame_of, table_of
from loupe.session.labels import IntervalLabelSchema

HYPNO = IntervalLabelSchema(
    start_col="start_time",
    end_col="end_time",
    duration_col="duration",
    label_col="state",
    extra_cols=("scorer", "confidence"),
)


def read(name, data, schema=None, **more):
    data = data.encode() if isinstance(data, str) else data
    fmt = format_for(name, more.pop("format", None))
    return fmt.read(data, ReadOptions(where=name, schema=schema, **more))


def rows(table):
    return [(i.start, i.stop, i.label) for i in table]


def test_legacy_csv_needs_no_schema_and_keeps_undeclared_columns_as_text():
    text = "subject,start_s,end_s,label,note\n007,0.1,30.3,Wake,\n008,30.3,60,N2,odd\n"
    table = read("a.csv", text).table
    assert rows(table) == [(0.1, 30.3, "Wake"), (30.3, 60.0, "N2")]
    assert table.interval(1).note == "odd"
    out = format_for("a.csv").write(table).decode()
    assert out == "subject,start_s,end_s,label,note\n007,0.1,30.3,Wake,\n008,30.3,60.0,N2,odd\n"


def test_extension_case_does_not_matter_and_format_wins():
    assert format_for("A.HTSV").name == "htsv"
    assert format_for("sub-1_task-x_events.tsv").name == "bids"
    assert format_for("a.txt").name == "visbrain"
    assert format_for("a.txt", "audacity").name == "audacity"
    with pytest.raises(IntervalLabelIOError, match=r"no label format is known for 'a\.doc'"):
        format_for("a.doc")
    with pytest.raises(IntervalLabelIOError, match="unknown label format 'cvs'"):
        format_for("a.csv", "cvs")


def test_htsv_keeps_names_order_types_and_the_last_digit():
    text = (
        "state\tstart_time\tend_time\tduration\tscorer\tconfidence\tprobe\n"
        "Wake\t0.1\t30.3\t30.2\tab\t0.5\timec0\n"
        "NREM\t30.3\t60.0\t29.700000000000003\tab\t1.0\timec0\n"
    )
    table = read("h.htsv", text, HYPNO).table
    assert dict(table.interval(0).extras) == {"scorer": "ab", "confidence": 0.5}
    assert format_for("h.htsv").write(table).decode() == text
    table, _ = edit.set_values(table, 0, {"note": "look", "confidence": "0.25"})
    out = format_for("h.htsv").write(table).decode().splitlines()
    assert out[0].endswith("probe\tnote")
    assert out[1] == "Wake\t0.1\t30.3\t30.2\tab\t0.25\timec0\tlook"


def test_htsv_and_parquet_without_schema_say_which_columns_there_are():
    with pytest.raises(IntervalLabelIOError, match="`state`, `start_time`"):
        read("h.htsv", "state\tstart_time\tend_time\nW\t0\t1\n", guess=False)
    with pytest.raises(IntervalLabelIOError, match="start_s"):
        read("h.csv", "state,start_time,end_time\nW,0,1\n", guess=False)
    with pytest.raises(IntervalLabelIOError, match="`from`, `to`"):
        read("h.htsv", "from\tto\nW\t0\n")
    guessed = read("h.htsv", "state\tstart_time\tend_time\tby\nW\t0\t1\tx\n")
    assert guessed.notes == (
        "columns taken as start_col=start_time,end_col=end_time,label_col=state,extra_cols=by",
    )


def test_parquet_carries_schema_types_and_metadata(tmp_path):
    frame = pl.DataFrame(
        {
            "id": [7, 8],
            "start_time": [0, 30],
            "end_time": [30, 60],
            "duration": [30, 30],
            "state": ["W", "R"],
            "scorer": ["a", None],
            "confidence": [0.5, 1.0],
            "at": [datetime(2026, 1, 1, 0, 0, 0, 5), None],
            "tags": [["x"], []],
        },
        schema_overrides={"confidence": pl.Float32, "at": pl.Datetime("ns")},
    )
    table = table_of(frame, HYPNO).table
    fmt = format_for("x.parquet")
    again = fmt.read(fmt.write(table), ReadOptions()).table
    assert again.schema == HYPNO
    assert frame_of(again).equals(frame)
    assert frame_of(again).schema == frame.schema
    plain = fmt.write(table)
    assert b"loupe.labels" in plain


def test_parquet_rows_changed_behind_our_back_are_mentioned():
    import io

    frame = pl.DataFrame({"start_s": [0.0], "end_s": [1.0], "label": ["W"], "n": [1]})
    fmt = format_for("x.parquet")
    data = fmt.write(table_of(frame, LEGACY).table)
    assert fmt.read(data, ReadOptions()).notes == ()
    metadata = pl.read_parquet_metadata(io.BytesIO(data))
    sink = io.BytesIO()
    pl.read_parquet(data).with_columns(n=pl.lit(2)).write_parquet(
        sink, metadata={"loupe.labels": metadata["loupe.labels"]}
    )
    loaded = fmt.read(sink.getvalue(), ReadOptions())
    assert "not those that the file was written with" in loaded.notes[0]


def test_dates_become_seconds_and_go_back():
    text = (
        "state\tstart_time\tend_time\tduration\n"
        "Wake\t2020-03-17 09:08:06.000000000\t2020-03-17 09:08:24.500000000"
        "\t0 days 00:00:18.500000000\n"
        "NREM\t2020-03-17 09:08:24.500000000\t2020-03-18 09:08:24.500000000\t1 days 00:00:00\n"
    )
    schema = HYPNO.model_copy(update={"extra_cols": ()})
    loaded = read("h.htsv", text, schema)
    assert rows(loaded.table) == [(0.0, 18.5, "Wake"), (18.5, 86418.5, "NREM")]
    assert "second 0 is the first start, 2020-03-17 09:08:06" in loaded.notes[0]
    assert format_for("h.htsv").write(loaded.table).decode() == text
    shifted = read("h.htsv", text, schema, origin=datetime(2020, 3, 17, 9, 8, 0))
    assert shifted.table.starts[0] == 6.0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("W\t1.0\t0.5\t0.5", "line 3, row 1 .*the start 1.0 lies after the end 0.5"),
        ("W\t1.0\t2.0\t1.5", "line 3, row 1 .*disagree: 1.0 \\+ 1.5 is 2.5, but `end_time` is 2.0"),
        ("W\tnan\t2.0\t1.0", "line 3, row 1 .*`start_time` is missing or NaN"),
        ("W\t1,5\t2.0\t0.5", "line 3, row 1 .*not a number: '1,5'"),
        ("W\t1_0\t12.0\t2.0", "line 3, row 1 .*not a number: '1_0'"),
        ("W\t1.0\t\t1.0", "line 3, row 1 .*`end_time` is missing"),
        ("W\t1.0\t0.5\t-0.5", "line 3, row 1 .*negative: -0.5"),
    ],
)
def test_a_bad_row_is_named(line, message):
    text = "state\tstart_time\tend_time\tduration\nW\t0\t1\t1\n" + line + "\n"
    schema = HYPNO.model_copy(update={"extra_cols": ()})
    with pytest.raises(IntervalLabelSchemaError, match=message):
        read("h.htsv", text, schema)


def test_rows_of_a_frame_are_counted_from_zero():
    frame = pl.DataFrame({"start_s": [0.0, 3.0], "end_s": [1.0, 2.0], "label": ["a", "b"]})
    with pytest.raises(IntervalLabelSchemaError, match=r"row 1 \(counted from 0\): the start 3.0"):
        table_of(frame, LEGACY)


def test_missing_columns_are_listed_with_what_there_is():
    with pytest.raises(IntervalLabelSchemaError, match="`confidence`; there are: `state`"):
        read("h.htsv", "state\tstart_time\tend_time\tduration\tscorer\nW\t0\t1\t1\ta\n", HYPNO)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"start_s,end_s,label\n0,1,\xff\n", "line 2: byte 0xff is not UTF-8"),
        ("start_s,end_s,label\n".encode("utf-16"), "UTF-16"),
        (b"start_s,end_s,label\r0,1,W\r", "lone carriage return"),
        (b"start_s,end_s,label,label\n", "two columns are called 'label'"),
        (b"start_s,end_s,label\n0,1\n", "line 2: 2 cells, but the header names 3"),
        (b'start_s,end_s,label\n0,1,"W\n', "line 2: unexpected end"),
        (b"", "the file is empty"),
    ],
)
def test_bad_text_is_refused_with_its_line(data, message):
    with pytest.raises(IntervalLabelIOError, match=message):
        read("a.csv", data)


def test_damaged_parquet_is_an_error_of_ours():
    with pytest.raises(IntervalLabelIOError, match="not a readable parquet file"):
        read("a.parquet", b"PAR1 no")


def test_visbrain_reads_ends_as_boundaries_and_writes_the_same_bytes():
    text = "*Duration_sec\t60.0\n*Datafile\tx.edf\nWake\t30.3\nN1\t45.0\nArt\t60.0\n"
    loaded = read("v.txt", text)
    assert rows(loaded.table) == [(0.0, 30.3, "Wake"), (30.3, 45.0, "N1"), (45.0, 60.0, "Art")]
    assert frame_of(loaded.table).columns == ["start_time", "end_time", "duration", "state"]
    fmt = format_for("v.txt")
    assert fmt.losses(loaded.table) == []
    assert fmt.write(loaded.table).decode() == text
    assert loaded.notes == ()


def test_visbrain_as_parquet_keeps_the_header_lines():
    table = read("v.txt", "*Duration_sec\t60.0\nWake\t30.0\nN1\t60.0\n").table
    fmt = format_for("v.parquet")
    again = fmt.read(fmt.write(table), ReadOptions()).table
    assert again.layout.metadata["visbrain.Duration_sec"] == "60.0"
    assert format_for("v.txt").write(again) == format_for("v.txt").write(table)


def test_visbrain_inclusive_ends_are_reported_and_snap_on_demand():
    text = "*Duration_sec\t7200.0\nWake\t581.989990234375\nN1\t7199.990234375\n"
    loaded = read("v.txt", text)
    assert loaded.table.ends[0] == 581.989990234375
    assert "probably 0.0098 s" in loaded.notes[0]
    snapped = read("v.txt", text, snap=0.01)
    assert snapped.table.ends.tolist() == [581.99, 7199.99]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("*Duration_sec\t60\nW\t60.0\n*Duration_sec\t60\nW\t60.0\n", "line 3: a second header"),
        ("W\t60.0\nW\t30.0\n", "line 2: the bout ends at 30.0 s, before"),
        ("0.0\t1.0\tW\n", "line 1: expected a state"),
    ],
)
def test_visbrain_refuses_what_is_not_one_hypnogram(text, message):
    with pytest.raises(IntervalLabelIOError, match=message):
        read("v.txt", text)


@pytest.mark.parametrize("text", ["", "*Duration_sec\t60.0\n"])
def test_visbrain_without_bouts_is_an_empty_set(text):
    loaded = read("v.txt", text)
    assert len(loaded.table) == 0
    assert loaded.notes == ("the hypnogram holds no bouts",)


def test_visbrain_names_every_loss():
    frame = pl.DataFrame(
        {
            "start_s": [-5.0, 10.0, 15.0, 40.0],
            "end_s": [5.0, 20.0, 30.0, 40.0],
            "label": ["deep sleep", "W", "R", "tick"],
            "note": [None, "x", None, None],
            "who": ["a", "a", None, None],
        }
    )
    table = table_of(frame, LEGACY).table
    losses = format_for("v.txt").losses(table)
    assert any("column `note`: notes of 1 row" in text for text in losses)
    assert any("column `who`: values of 2 rows" in text for text in losses)
    assert any("overlaps: 1 row" in text for text in losses)
    assert any("before 0: 1 row" in text for text in losses)
    assert any("points and open ends: 1 row" in text for text in losses)
    assert any("gaps: 2 unlabelled spans" in text for text in losses)
    assert any("'deep sleep'" in text for text in losses)
    back = read("v.txt", format_for("v.txt").write(table)).table
    assert rows(back) == [
        (0.0, 5.0, "deep_sleep"),
        (5.0, 10.0, "Unscored"),
        (10.0, 15.0, "W"),
        (15.0, 30.0, "R"),
    ]


def test_a_visbrain_label_is_never_taken_for_a_header():
    frame = pl.DataFrame({"start_s": [0.0, 1.0], "end_s": [1.0, 2.0], "label": ["*a b", ""]})
    table = table_of(frame, LEGACY).table
    fmt = format_for("a.txt")
    assert fmt.losses(table) == [
        "labels that cannot stand there: '' becomes 'Unscored', '*a b' becomes '_a_b'"
    ]
    assert rows(read("a.txt", fmt.write(table)).table) == [(0, 1, "_a_b"), (1, 2, "Unscored")]


def test_audacity_points_and_bands():
    text = "0.5\t0.5\tclick\n1.0\t2.25\tcall\n\\\t100.0\t2000.5\n"
    table = read("a.txt", text, format="audacity").table
    assert rows(table) == [(0.5, 0.5, "click"), (1.0, 2.25, "call")]
    assert table.interval(1).extras["high_hz"] == 2000.5
    fmt = format_for("a", "audacity")
    assert fmt.write(table).decode() == text
    assert fmt.losses(table) == []
    table, _ = edit.set_label(table, 0, "a\tb")
    assert fmt.losses(table) == ["tabs and line breaks in 1 label become spaces"]


def test_bids_first_columns_missing_values_and_unknown_durations():
    text = "onset\tduration\ttrial_type\tresponse\n-1.5\t2.0\tgo\tn/a\n3.0\tn/a\tstop\tleft\n"
    loaded = read("events.tsv", text)
    assert rows(loaded.table) == [(-1.5, 0.5, "go"), (3.0, 3.0, "stop")]
    assert loaded.notes == ("1 row of unknown duration read as points",)
    assert loaded.table.interval(0).extras == {"response": None}
    out = format_for("events.tsv").write(loaded.table).decode().splitlines()
    assert out[0] == "onset\tduration\ttrial_type\tresponse"
    assert out[1] == "-1.5\t2.0\tgo\tn/a"


def test_bids_from_other_names():
    frame = pl.DataFrame({"start_s": [0.1], "end_s": [30.3], "label": ["W"], "note": ["odd"]})
    out = format_for("events.tsv").write(table_of(frame, LEGACY).table).decode()
    assert out == "onset\tduration\ttrial_type\tnote\n0.1\t30.2\tW\todd\n"
    back = read("events.tsv", out).table
    assert back.ends[0] == 30.3
    assert back.interval(0).note == "odd"


def test_bids_names_texts_that_would_read_back_as_missing():
    frame = pl.DataFrame(
        {"start_s": [0.0, 1.0], "end_s": [1.0, 2.0], "label": ["a", "n/a"], "note": ["n/a", "x"]}
    )
    assert format_for("a_events.tsv").losses(table_of(frame, LEGACY).table) == [
        "1 label `n/a` would read back as missing",
        "column `note`: 1 text `n/a` would read back as missing",
    ]


def test_a_number_beyond_all_numbers_stays_text():
    schema = LEGACY.model_copy(update={"extra_cols": ("grade",)})
    text = "start_s,end_s,label,note,grade\n0.0,1.0,a,,1e400\n"
    table = read("a.csv", text, schema).table
    assert table.interval(0).extras == {"grade": "1e400"}
    assert format_for("a.csv").write(table).decode() == text


def test_edf_annotations_round_trip():
    pytest.importorskip("edfio", reason="edfio is an extra")
    frame = pl.DataFrame(
        {"start_s": [-0.5, 0.1, 30.3], "end_s": [0.0, 30.3, 30.3], "label": ["a", "Wäke", "tick"]}
    )
    table = table_of(frame, LEGACY).table
    fmt = format_for("x.edf")
    back = fmt.read(fmt.write(table), ReadOptions()).table
    assert back.labels() == ["a", "Wäke", "tick"]
    np.testing.assert_allclose(back.starts, table.starts, atol=1e-9)
    np.testing.assert_allclose(back.ends, table.ends, atol=1e-9)
    with pytest.raises(IntervalLabelIOError, match="not a readable EDF"):
        fmt.read(b"nonsense", ReadOptions())


def test_integer_labels_stay_integers_until_one_is_text():
    frame = pl.DataFrame({"start_s": [0.0, 1.0], "end_s": [1.0, 2.0], "label": [0, 4]})
    table = table_of(frame, LEGACY).table
    assert frame_of(table)["label"].to_list() == [0, 4]
    table, _ = edit.set_label(table, 0, "Wake")
    assert frame_of(table)["label"].to_list() == ["Wake", "4"]


def test_durations_give_the_end_back():
    rng = np.random.default_rng(0)
    starts = rng.uniform(-1e5, 1e5, 1000)
    ends = starts + rng.uniform(0, 1e3, 1000)
    spans = durations(starts, ends)
    assert (starts + spans == ends).mean() > 0.99
    np.testing.assert_allclose(starts + spans, ends, rtol=0, atol=1e-9)
    assert durations(np.array([0.1]), np.array([30.3])).tolist() == [30.2]


def test_edf_names_line_breaks_and_writes_them_as_spaces():
    pytest.importorskip("edfio", reason="edfio is an extra")
    frame = pl.DataFrame({"start_s": [0.0, 1.0], "end_s": [1.0, 2.0], "label": ["a\nb", "c"]})
    table = table_of(frame, LEGACY).table
    fmt = format_for("x.edf")
    assert fmt.losses(table) == ["line breaks in 1 label become spaces"]
    assert read("x.edf", fmt.write(table)).table.labels() == ["a b", "c"]


def test_duration_only_schema_round_trips():
    schema = IntervalLabelSchema(start_col="t", duration_col="d", label_col="s")
    table = read("x.csv", "t,d,s\n0.1,0.2,a\n", schema).table
    assert format_for("x.csv").write(table).decode() == "t,d,s\n0.1,0.2,a\n"


def test_every_format_reads_and_has_a_title_and_others_are_not_written():
    for fmt in (*BUILTIN, *READ_ONLY):
        assert fmt.read is not None
        assert (fmt.write is None) == (fmt in READ_ONLY)
        assert fmt.title


class _Point:
    def __init__(self, name, value):
        self.name, self.value = name, value

    def load(self):
        return self.value


def test_plugins_add_formats_and_broken_ones_warn(monkeypatch):
    mine = LabelFormat("mine", (".mine",), "mine", None, None)
    monkeypatch.setattr(registry, "entry_points", lambda group: [_Point("mine", mine)])
    registry.formats.cache_clear()
    try:
        assert registry.format_for("x.mine") is mine
        registry.formats.cache_clear()
        monkeypatch.setattr(registry, "entry_points", lambda group: [_Point("b", 3)])
        with pytest.warns(UserWarning, match="label format plugin 'b' skipped"):
            registry.formats()
        registry.formats.cache_clear()
        twin = LabelFormat("csv", (".csv",), "twin", None, None)
        monkeypatch.setattr(registry, "entry_points", lambda group: [_Point("csv", twin)])
        with pytest.raises(IntervalLabelIOError, match="two claim the label format 'csv'"):
            registry.formats()
    finally:
        registry.formats.cache_clear()


def test_parquet_metadata_that_is_damaged_is_named():
    import io

    sink = io.BytesIO()
    pl.DataFrame({"a": [1]}).write_parquet(sink, metadata={"loupe.labels": json.dumps({"x": 1})})
    with pytest.raises(IntervalLabelIOError, match="schema in the file's metadata is damaged"):
        read("a.parquet", sink.getvalue())


def edf_file(annotations):
    edfio = pytest.importorskip("edfio", reason="edfio is an extra")
    sink = io.BytesIO()
    edfio.Edf(
        [],
        patient=edfio.Patient(code="P7", name="Doe", sex="F", birthdate=date(1960, 5, 1)),
        recording=edfio.Recording(startdate=date(2020, 3, 17), equipment_code="amp"),
        starttime=time(22, 15, 0, 250_000),
        annotations=[edfio.EdfAnnotation(*a) for a in annotations],
    ).write(sink)
    return sink.getvalue()


def test_rows_that_touch_in_an_edf_file_still_do_when_it_is_read(tmp_path):
    """Onsets are written with twelve decimals, which is fewer than a float has."""
    pytest.importorskip("edfio", reason="edfio is an extra")
    fmt, rng = format_for("x.edf"), np.random.default_rng(0)
    for _ in range(20):
        edges = np.sort(rng.uniform(-5, 9000, 12))
        columns = {"start_s": edges[:-1], "end_s": edges[1:], "label": ["a"] * 11}
        table = table_of(pl.DataFrame(columns), LEGACY).table
        again = fmt.read(fmt.write(table), ReadOptions())
        assert again.table.is_disjoint
        assert again.notes == ()
        assert (again.table.starts[1:] - again.table.ends[:-1]).max() < 1e-9


def test_edf_keeps_who_was_recorded_and_when():
    data = edf_file([(0.0, 30.0, "W"), (30.0, 30.0, "N")])
    table = read("x.edf", data).table
    again = format_for("x.edf").write(edit.set_label(table, 0, "R")[0])
    assert again[:184] == data[:184]
    assert b"P7 F 01-MAY-1960 Doe" in again[:184]
    back = read("x.edf", again).table
    assert rows(back) == [(0.0, 30.0, "R"), (30.0, 60.0, "N")]
    import edfio

    file = edfio.read_edf(io.BytesIO(again))
    assert (file.starttime, file.startdate) == (time(22, 15, 0, 250_000), date(2020, 3, 17))


def test_a_duration_that_nobody_measured_is_not_written_as_0():
    data = edf_file([(1.0, None, "tick"), (2.0, 0.0, "tock"), (3.0, None, "tack")])
    table = edit.set_bounds(read("x.edf", data).table, 2, 3.0, 4.0)[0]
    import edfio

    again = edfio.read_edf(io.BytesIO(format_for("x.edf").write(table)))
    assert [a.duration for a in again.annotations] == [None, 0.0, 1.0]
    text = "onset\tduration\ttrial_type\tnote\n1.0\tn/a\ttick\tn/a\n2.0\t0.0\ttock\tn/a\n"
    bids = read("x_events.tsv", text).table
    assert format_for("x_events.tsv").write(bids).decode() == text
    noted = edit.set_values(bids, 0, {"note": "x"})[0]
    assert format_for("x_events.tsv").write(noted).decode() == text.replace("tick\tn/a", "tick\tx")


def test_truth_values_as_labels_stay_so_until_one_is_text():
    columns = {"start_s": [0.0, 5.0], "end_s": [5.0, 9.0], "label": [True, False]}
    table = table_of(pl.DataFrame(columns), LEGACY).table
    assert frame_of(table)["label"].to_list() == [True, False]
    changed = edit.set_label(table, 0, "Wake")[0]
    assert frame_of(changed)["label"].to_list() == ["Wake", "false"]


def test_columns_that_text_cannot_carry_are_named():
    columns = {"start_s": [0.0], "end_s": [5.0], "label": ["a"], "tags": [["x", "y"]]}
    table = table_of(pl.DataFrame(columns), LEGACY).table
    for name in ("x.csv", "x_events.tsv"):
        with pytest.raises(IntervalLabelIOError, match="column `tags` holds List"):
            format_for(name).write(table)
    for labels, told in (([["a"]], "List"), ([timedelta(1)], "Duration"), ([b"a"], "Binary")):
        with pytest.raises(IntervalLabelSchemaError, match=f"`label` holds {told}"):
            table_of(pl.DataFrame({**columns, "label": labels}), LEGACY)


def test_audacity_under_a_schema_of_durations():
    schema = IntervalLabelSchema(start_col="t", duration_col="d", label_col="what")
    assert rows(read("x.txt", "10\t12\tx\n", schema, format="audacity").table) == [(10, 12, "x")]
    both = schema.model_copy(update={"end_col": "e"})
    assert rows(read("x.txt", "10\t12\tx\n", both, format="audacity").table) == [(10, 12, "x")]
    with pytest.raises(IntervalLabelSchemaError, match="`d` is not a number: 'soon'"):
        read("x.txt", "10\tsoon\tx\n", schema, format="audacity")


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_windows_programs_want_of_a_text_file_stays(mark, ends):
    text = f"{mark}start_s,end_s,label{ends}0.0,1.0,Wäke{ends}"
    data = text.encode()
    assert format_for("a.csv").write(read("a.csv", data).table) == data


def test_the_limit_of_a_cell_is_given_back():
    before = csv.field_size_limit(1 << 25)
    try:
        read("a.csv", "start_s,end_s,label\n0,1,a\n")
        assert csv.field_size_limit() == 1 << 25
    finally:
        csv.field_size_limit(before)


def test_ends_and_durations_keep_their_own_types():
    frame = pl.DataFrame(
        {
            "t": [0, 5],
            "e": [5.0, 9.0],
            "d": pl.Series([5_000, 4_000]).cast(pl.Duration("ms")),
            "what": ["a", "b"],
        }
    )
    schema = IntervalLabelSchema(start_col="t", end_col="e", duration_col="d", label_col="what")
    assert frame_of(table_of(frame, schema).table).equals(frame)
    assert frame_of(table_of(frame, schema).table).schema == frame.schema


def test_durations_in_seconds_beside_dates_stay_seconds():
    schema = IntervalLabelSchema(start_col="t", duration_col="d", label_col="what")
    head = "t\td\twhat\n2020-03-17 09:08:06.000000000\t"
    for told in ("18.0", "0 days 00:00:18", "inf"):
        text = f"{head}{told}\ta\n"
        assert format_for("h.htsv").write(read("h.htsv", text, schema).table).decode() == text
