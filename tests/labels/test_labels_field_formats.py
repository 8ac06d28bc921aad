"""Label files of other programs, and states epoch by epoch."""

import datetime
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe.errors import IntervalLabelIOError, IntervalLabelSchemaError
from loupe.labels import edit
from loupe.labels.convert import convert
from loupe.labels.exchange import encode, load_table
from loupe.labels.formats.base import ReadOptions, with_epoch
from loupe.labels.formats.registry import READ_ONLY, format_for, formats
from loupe.labels.formats.tabular import LEGACY, table_of
from loupe.labels.intervals import IntervalLabelSet
from loupe.labels.store import LabelStore
from loupe.session.labels import IntervalLabelSchema


def read(name, data, **options):
    data = data.encode() if isinstance(data, str) else data
    return formats()[name].read(data, ReadOptions(where=f"a.{name}", **options))


def rows(loaded):
    return [(i.start, i.stop, i.label) for i in loaded.table]


# Epochs

LIST = "W\nW\n\nN1\n"


def test_one_state_a_line_is_an_epoch_a_row():
    loaded = read("epochs", LIST, epoch=30.0)
    assert rows(loaded) == [(0, 30, "W"), (30, 60, "W"), (90, 120, "N1")]
    assert [loaded.line(row) for row in range(3)] == [1, 2, 4]
    assert rows(read("epochs", "0\n1\n", epoch=2.5, epoch_origin=10.0)) == [
        (10, 12.5, "0"),
        (12.5, 15, "1"),
    ]
    assert rows(read("epochs", "", epoch=30.0)) == []


@pytest.mark.parametrize("head", ["brain_state", "Stage", "hypnogram"])
def test_a_well_known_name_above_is_no_state(head):
    loaded = read("epochs", f"{head}\r\nW\r\nN1\r\n", epoch=4.0)
    assert rows(loaded) == [(0, 4, "W"), (4, 8, "N1")]
    assert format_for("x", "epochs").write(loaded.table).decode() == f"{head}\r\nW\r\nN1\r\n"


def test_the_column_of_states_is_found_and_the_others_are_kept():
    text = "brain_state,confidence_score\n2,0.9\n,0.1\n3,0.75\n"
    loaded = read("epochs", text, epoch=2.5)
    assert rows(loaded) == [(0, 2.5, "2"), (5, 7.5, "3")]
    assert loaded.table.pool.frame(loaded.table.payload)["confidence_score"].to_list() == [
        "0.9",
        "0.75",
    ]
    fmt = format_for("x", "epochs")
    assert fmt.losses(loaded.table) == []
    assert fmt.write(loaded.table).decode() == text
    odd = '\ufeffn;"a;b";Stage\r\n1;x;W\r\n2;"y;";R\r\n'
    loaded_odd = read("epochs", odd, epoch=2.5)
    assert fmt.losses(loaded_odd.table) == []
    assert fmt.write(loaded_odd.table).decode() == odd
    own = IntervalLabelSchema(start_col="s", end_col="e", label_col="rating")
    assert rows(read("epochs", "n\trating\n1\tW\n", epoch=1.0, schema=own)) == [(0, 1, "W")]
    with pytest.raises(IntervalLabelIOError, match=r"which column holds the states.* n, rating"):
        read("epochs", "n\trating\n1\tW\n", epoch=1.0)


def test_the_length_of_an_epoch_is_asked_for():
    with pytest.raises(IntervalLabelIOError, match="does not say how long") as caught:
        read("epochs", LIST)
    assert "--epoch 30" in caught.value.hint
    with pytest.raises(IntervalLabelIOError, match="positive length in seconds, not -1"):
        read("epochs", LIST, epoch=-1.0)
    table = read("epochs", LIST, epoch=30.0).table
    with pytest.raises(IntervalLabelIOError, match="how long is an epoch"):
        format_for("x", "epochs").write(
            table_of(
                pl.DataFrame({"start_s": [0.0], "end_s": [30.0], "label": ["W"]}), LEGACY
            ).table
        )
    assert encode(table, format_for("x", "epochs"), "x", lossy=False) == LIST.encode()


def table(*intervals):
    starts, ends, labels = zip(*intervals, strict=True)
    frame = pl.DataFrame({"start_s": starts, "end_s": ends, "label": labels}, strict=False)
    return table_of(frame, LEGACY).table


def test_what_epochs_cannot_hold_is_named():
    fmt = format_for("x", "epochs")
    given_ = with_epoch(
        table(
            (-40.0, -20.0, "before"),
            (-10.0, 30.0, "cut"),
            (30.0, 95.0, "long"),
            (90.0, 120.0, "a,\nb"),
            (130.0, 131.0, "short"),
            (150.0, 180.0, "W"),
            (180.0, float("inf"), "open"),
        ),
        30.0,
    )
    assert fmt.losses(given_) == [
        "points, open ends, rows before the first epoch or shorter than half of one: 3 rows "
        "dropped",
        "bounds within an epoch: 2 rows moved to the nearest",
        "rows of several epochs: 1 row become one an epoch",
        "overlaps: 1 row cut an earlier one short",
        "gaps: 1 epoch written as `Unscored`",
        "labels that cannot stand there: 'a,\\nb' becomes 'a b'",
    ]
    assert fmt.write(given_).decode().split("\n") == [
        "cut", "long", "long", "a b", "Unscored", "W", "",
    ]  # fmt: skip


@pytest.mark.parametrize("end", [1e9, 1e300])
def test_a_label_that_ends_in_a_thousand_years_is_refused(end):
    fmt = format_for("x", "epochs")
    given_ = with_epoch(table((0.0, 1.0, "W"), (1.0, end, "N")), 1e-9 if end > 1e299 else 1.0)
    with pytest.raises(IntervalLabelIOError, match="more than 10,000,000 epochs"):
        encode(given_, fmt, "x", lossy=True)


def test_a_first_state_that_reads_like_a_heading_gets_one():
    fmt = format_for("x", "epochs")
    given_ = with_epoch(table((0.0, 1.0, "stage"), (1.0, 2.0, "W")), 1.0)
    data = fmt.write(given_)
    assert rows(read("epochs", data, epoch=1.0)) == [(0, 1, "stage"), (1, 2, "W")]


@given(
    st.lists(st.sampled_from(["W", "N1", "rapid eye", "stage", "9"]), max_size=12),
    st.sampled_from([0.1, 2.5, 4.0, 30.0]),
    st.sampled_from([0.0, -7.3, 1e5]),
)
def test_epochs_are_written_as_they_were(states, epoch, origin):
    data = "".join(f"{state}\n" for state in states)
    if states and states[0] == "stage":
        return  # a heading, see above
    loaded = read("epochs", data, epoch=epoch, epoch_origin=origin)
    fmt = format_for("x", "epochs")
    assert fmt.losses(loaded.table) == []
    assert encode(loaded.table, fmt, "x", lossy=False).decode() == data


def test_epochs_are_scored_and_saved_back(tmp_path):
    path = tmp_path / "night.csv"
    path.write_text("brain_state\n2\n2\n3\n")
    labels = IntervalLabelSet.from_path(path, format="epochs", epoch=2.5)
    labels.update_cell(1, "state", "1")
    labels.save_to_source()
    assert path.read_text() == "brain_state\n2\n1\n3\n"
    labels.save_as(tmp_path / "fine.epochs.txt", epoch=1.25, lossy=True)
    assert (tmp_path / "fine.epochs.txt").read_text() == "brain_state\n2\n2\n1\n1\n3\n3\n"


SCORED = {
    "the rest": ("brain_state,c\n1,0.9\n,0.8\n,0.7\n", (0.0, 4.0), "3,0.9\n,0.8\n,0.7\n"),
    "a gap": ("stage,c\nW,1\n,0.5\nN,0.6\n", (4.0, 8.0), "W,1\n3,0.5\nN,0.6\n"),
    "an index": ("Epoch,Stage\n0,W\n1,W\n", (4.0, 8.0), "0,W\n1,3\n"),
    "beyond": ("Epoch,Stage\n0,W\n", (8.0, 12.0), "0,W\n,\n,3\n"),
}


@pytest.mark.parametrize("case", SCORED)
def test_scoring_an_epoch_changes_its_state_and_nothing_else(case, tmp_path):
    before, (start, end), after = SCORED[case]
    path = tmp_path / "night.csv"
    path.write_text(before)
    options = ReadOptions(epoch=4.0)
    store = LabelStore.open(
        path, format="epochs", options=options, writeback=True, state_dir=tmp_path / "state"
    )
    store.append(edit.paint(store.table, start, end, "3")[1])
    store.save()
    store.close()
    assert path.read_text() == before.partition("\n")[0] + "\n" + after


@pytest.mark.parametrize("told", ["x", "[]", '{"names": ["a"], "place": 3}', '{"separator": "|"}'])
def test_what_a_file_tells_of_epochs_that_makes_no_sense_counts_as_nothing(told):
    given_ = with_epoch(table((0.0, 1.0, "W"), (1.0, 2.0, "N")), 1.0)
    metadata = {**given_.layout.metadata, "epochs_shape": told}
    odd = replace(given_, layout=replace(given_.layout, metadata=metadata))
    assert format_for("x", "epochs").write(odd) == b"W\nN\n"


def test_a_scoring_stays_as_long_as_it_was(tmp_path):
    (tmp_path / "n.epochs.txt").write_text("W\nW\nN\nN\n")
    labels = IntervalLabelSet.from_path(tmp_path / "n.epochs.txt", epoch=4.0)
    labels.clear_range(8.0, 16.0)
    with pytest.raises(IntervalLabelIOError, match="gaps: 2 epochs written as `Unscored`"):
        labels.save_to_source()
    labels.clear_range(0.0, 16.0)
    labels.save_to_source(lossy=True)
    assert (tmp_path / "n.epochs.txt").read_text() == "Unscored\n" * 4


def test_a_new_list_of_epochs_is_made_at_the_first_save(tmp_path):
    path = tmp_path / "new.epochs.txt"
    options = ReadOptions(epoch=4.0, epoch_origin=2.0)
    store = LabelStore.open(path, options=options, writeback=True, state_dir=tmp_path / "state")
    store.append(edit.paint(store.table, 2.0, 6.0, "W")[1])
    store.save()
    store.close()
    assert path.read_text() == "W\n"


@pytest.mark.parametrize(
    ("text", "states", "head"),
    [
        ('"stage"\n"W"\n"N1"\n', ["W", "N1"], "stage"),
        ('brain_state\n1\n""\n2\n', ["1", "", "2"], "brain_state"),
        ("Konf\n1\n2.0\n1\n", ["1", "2.0", "1"], "Konf"),
        ("Sleep_State\nW\n", ["W"], "Sleep_State"),
        ("W\n\n\n", ["W", "", ""], ""),
    ],
)
def test_single_columns_as_other_programs_write_them(text, states, head):
    for schema in (None, IntervalLabelSchema(start_col="s", end_col="e", label_col="state")):
        loaded = read("epochs", text, epoch=1.0, schema=schema)
        assert rows(loaded) == [(k, k + 1, s) for k, s in enumerate(states) if s]
        assert any("taken for the name" in n for n in loaded.notes) == (head == "Konf")
        fmt = format_for("x", "epochs")
        assert fmt.losses(loaded.table) == []
        lines = [*([head] if head else []), *states]
        assert fmt.write(loaded.table).decode() == "".join(f"{line}\n" for line in lines)


def test_a_set_that_is_scored_by_epochs_is_exported_as_such(tmp_path):
    path = tmp_path / "night.csv"
    path.write_text("start_s,end_s,label\n10.0,14.0,W\n14.0,18.0,R\n")
    options = ReadOptions(epoch=4.0, epoch_origin=10.0)
    store = LabelStore.open(path, options=options, state_dir=tmp_path / "state")
    store.save_as(tmp_path / "night.epochs.txt")
    store.close()
    assert (tmp_path / "night.epochs.txt").read_text() == "W\nR\n"


def test_epochs_convert_both_ways(tmp_path):
    (tmp_path / "n.txt").write_text("0\n0\n2\n")
    done = convert(tmp_path / "n.txt", tmp_path / "n.htsv", from_format="epochs", epoch=30.0)
    assert not done.losses
    assert load_table(tmp_path / "n.htsv").table.labels() == ["0", "0", "2"]
    back = convert(tmp_path / "n.htsv", tmp_path / "b.txt", to_format="epochs", epoch=15.0)
    assert back.saved is None
    assert back.losses == ("rows of several epochs: 3 rows become one an epoch",)
    convert(tmp_path / "n.htsv", tmp_path / "b.txt", to_format="epochs", epoch=15.0, lossy=True)
    assert (tmp_path / "b.txt").read_text() == "0\n" * 4 + "2\n" * 2
    told = convert(tmp_path / "n.htsv", tmp_path / "n.csv", epoch=15.0)
    assert "length has no effect" in told.notes[-1]
    with pytest.raises(IntervalLabelIOError, match="positive length"):
        convert(tmp_path / "n.htsv", tmp_path / "b.txt", to_format="epochs", epoch=0.0)


def test_a_list_of_states_taken_for_a_visbrain_text_says_what_to_give():
    with pytest.raises(IntervalLabelIOError, match="line 1") as caught:
        read("visbrain", LIST)
    assert 'format = "epochs"' in caught.value.hint


# XML of sleep laboratories

PROFUSION = """<?xml version="1.0" encoding="UTF-8"?>
<CMPStudyConfig><EpochLength>30</EpochLength><StepChannels/>
<ScoredEvents>
<ScoredEvent><Name>Hypopnea</Name><Start>40.5</Start><Duration>12.25</Duration>
<Input>Airflow</Input><LowestSpO2>91</LowestSpO2></ScoredEvent>
<ScoredEvent><Name>Arousal (ASDA)</Name><Start>52</Start><Duration>3</Duration></ScoredEvent>
</ScoredEvents>
<SleepStages><SleepStage>0</SleepStage><SleepStage>0</SleepStage><SleepStage>2</SleepStage>
<SleepStage>5</SleepStage><SleepStage>11</SleepStage></SleepStages></CMPStudyConfig>
"""
NSRR = """<?xml version="1.0" encoding="UTF-8"?>
<PSGAnnotation><SoftwareVersion>Compumedics</SoftwareVersion><EpochLength>30</EpochLength>
<ScoredEvents>
<ScoredEvent><EventType/><EventConcept>Recording Start Time</EventConcept><Start>0</Start>
<Duration>150</Duration><ClockTime>00.00.00 22.10.00</ClockTime></ScoredEvent>
<ScoredEvent><EventType>Respiratory|Respiratory</EventType>
<EventConcept>Hypopnea|Hypopnea</EventConcept><Start>40.5</Start><Duration>12.25</Duration>
<SignalLocation>Airflow</SignalLocation></ScoredEvent>
<ScoredEvent><EventType>Stages|Stages</EventType><EventConcept>Wake|0</EventConcept>
<Start>0.0</Start><Duration>60.0</Duration></ScoredEvent>
<ScoredEvent><EventType>Stages|Stages</EventType>
<EventConcept>Stage 2 sleep|2</EventConcept><Start>60.0</Start><Duration>30.0</Duration>
</ScoredEvent>
<ScoredEvent><EventType>Stages|Stages</EventType><EventConcept>Unsure|Unsure</EventConcept>
<Start>90.0</Start><Duration>60.0</Duration></ScoredEvent>
</ScoredEvents></PSGAnnotation>
"""


def test_stages_of_profusion_are_bouts():
    assert format_for("shhs1-200001-profusion.xml").name == "sleep-xml"
    loaded = read("sleep-xml", PROFUSION)
    assert rows(loaded) == [(0, 60, "W"), (60, 90, "S2"), (90, 120, "REM"), (120, 150, "11")]
    assert loaded.notes == ('2 scored events left out; format = "sleep-xml-events" reads them',)


def test_events_of_profusion_keep_what_is_said_of_them():
    table = read("sleep-xml-events", PROFUSION).table
    assert [(i.start, i.stop, i.label) for i in table] == [
        (40.5, 52.75, "Hypopnea"),
        (52, 55, "Arousal (ASDA)"),
    ]
    frame = table.pool.frame(table.payload)
    assert frame["Input"].to_list() == ["Airflow", None]
    assert frame["LowestSpO2"].to_list() == ["91", None]


def test_stages_and_events_of_nsrr():
    loaded = read("sleep-xml", NSRR)
    assert rows(loaded) == [(0, 60, "W"), (60, 90, "S2"), (90, 150, "Unsure")]
    assert loaded.notes == ('1 scored event left out; format = "sleep-xml-events" reads them',)
    table = read("sleep-xml-events", NSRR).table
    assert [(i.start, i.stop, i.label) for i in table] == [(40.5, 52.75, "Hypopnea")]
    frame = table.pool.frame(table.payload)
    assert frame["EventType"].to_list() == ["Respiratory"]
    assert frame["SignalLocation"].to_list() == ["Airflow"]


def test_a_child_with_the_name_of_a_column_is_another_column():
    text = PROFUSION.replace("Input>", "event>")
    table = read("sleep-xml-events", text).table
    assert table.labels() == ["Hypopnea", "Arousal (ASDA)"]
    assert table.pool.frame(table.payload)["event_"].to_list() == ["Airflow", None]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PROFUSION.replace("UTF-8", "shift_jis"), "not readable as XML"),
        ("<settings/>", "its root is <settings>"),
        ("<PSGAnnotation>", "line 1: not readable as XML"),
        ("", "not readable as XML"),
        (PROFUSION.replace("<EpochLength>30</EpochLength>", ""), "there is no `EpochLength`"),
        (PROFUSION.replace(">30<", ">0<"), "an epoch of 0 s"),
        (NSRR.replace(">12.25<", ">twelve<"), "'twelve', not a number"),
        (
            '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + PROFUSION[39:],
            "defines its own document type",
        ),
    ],
)
def test_other_xml_is_refused_with_its_reason(text, said):
    with pytest.raises(IntervalLabelIOError, match=said) as caught:
        read("sleep-xml-events" if "twelve" in text else "sleep-xml", text)
    assert caught.value.where
    assert caught.value.hint or "epoch of" in said


# Reports

SPIKE2 = '"INFORMATION"\n"night.smr"\n\n"SUMMARY"\n' + "".join(
    f"{k}\t{a}\t{b}\t{state}\t{note}\t\n"
    for k, a, b, state, note in [
        (1, "0.00000", "10.00000", "Wake", ""),
        (2, "10.00000", "20.00000", "Wake", "moves"),
        (3, "20.00000", "25.50000", "NREM", ""),
    ]
)


def test_spike2_keeps_rows_and_comments():
    loaded = read("spike2", SPIKE2)
    assert rows(loaded) == [(0, 10, "Wake"), (10, 20, "Wake"), (20, 25.5, "NREM")]
    assert loaded.table.interval(1).note == "moves"
    assert loaded.line(0) == 5
    with pytest.raises(IntervalLabelIOError, match="line 8: expected epoch, start, end and state"):
        read("spike2", SPIKE2 + "4\t25\n")
    with pytest.raises(IntervalLabelIOError, match="no line of it is an epoch"):
        read("spike2", "W\nW\n")


def sleepsign(*lines):
    head = "".join(f"line {k}\r\n" for k in range(19))
    return head + "".join(f"{a}\t{k}\t{b}\t0\r\n" for k, (a, b) in enumerate(lines))


def test_sleepsign_counts_from_its_dates():
    text = sleepsign(
        ("3/9/2020 23:59:50", "W"),
        ("3/9/2020 23:59:54", "W"),
        ("3/9/2020 23:59:58", "NR"),
        ("3/10/2020 0:00:12", "NR"),
        ("3/10/2020 0:00:16", "R"),
    )
    loaded = read("sleepsign", text)
    assert rows(loaded) == [(0, 8, "W"), (8, 12, "NR"), (22, 26, "NR"), (26, 30, "R")]
    assert loaded.notes == ("second 0 is the first epoch, 2020-03-09 23:59:50",)
    later = read("sleepsign", text, origin=datetime.datetime(2020, 3, 9, 23, 59, 40))
    assert rows(later)[0] == (10, 18, "W")
    noon = sleepsign(("3/9/2020 12:00:00 AM", "W"), ("3/9/2020 12:00:10 AM", "R"))
    assert rows(read("sleepsign", noon)) == [(0, 10, "W"), (10, 20, "R")]
    with pytest.raises(IntervalLabelIOError, match=r"line 21: .* is not after the line above"):
        read("sleepsign", sleepsign(("3/9/2020 1:00:00", "W"), ("3/9/2020 1:00:00", "W")))
    with pytest.raises(IntervalLabelIOError, match="no line of it is a date"):
        read("sleepsign", sleepsign(("3/9/2020 1:00:00", "W")))


def test_steps_of_sleepsign_that_are_no_whole_seconds_leave_no_gaps():
    stamps = [f"3/9/2020 1:00:{int(2.5 * k):02d}" for k in range(8)]
    loaded = read("sleepsign", sleepsign(*((stamp, "W") for stamp in stamps)))
    assert len(rows(loaded)) == 1


def test_a_head_of_numbers_is_no_epoch_of_spike2():
    assert rows(read("spike2", '"Wake"\t3\t120.5\t50\n' + SPIKE2)) == rows(read("spike2", SPIKE2))


def test_hyp_numbers_are_those_of_elan():
    text = "time_base 2.0\nsampling_period 0.01\nepoch_nb 6\nepoch_list\n0\n0\n5\n4\n-2\n7\n\n"
    assert read("hyp", text).notes == ()
    cut = read("hyp", text.removesuffix("-2\n7\n\n"))
    assert cut.notes == ("`epoch_nb` says 6, but there are 4: it may be cut short",)
    assert format_for("a.hyp").name == "hyp"
    assert rows(read("hyp", text)) == [
        (0, 4, "Wake"), (4, 6, "REM"), (6, 8, "N3"), (8, 10, "Art"), (10, 12, "7"),
    ]  # fmt: skip
    with pytest.raises(IntervalLabelIOError, match="its first lines are not time_base"):
        read("hyp", "0\n1\n")
    with pytest.raises(IntervalLabelIOError, match="line 6: expected the number of a stage"):
        read("hyp", text.replace("\n0\n0", "\n0\nx"))
    with pytest.raises(IntervalLabelIOError, match="line 1: `time_base` needs"):
        read("hyp", text.replace("2.0", "0"))


# ELAN (video)

EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T00:00:00" FORMAT="3.0" VERSION="3.0">
<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>
<TIME_ORDER>
<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="1000"/><TIME_SLOT TIME_SLOT_ID="ts2"/>
<TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="2500"/><TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="3000"/>
</TIME_ORDER>
<TIER TIER_ID="note" PARENT_REF="behaviour"><ANNOTATION>
<REF_ANNOTATION ANNOTATION_ID="a9" ANNOTATION_REF="a3"><ANNOTATION_VALUE>left</ANNOTATION_VALUE>
</REF_ANNOTATION></ANNOTATION></TIER>
<TIER TIER_ID="behaviour">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
<ANNOTATION_VALUE>rear</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts3" TIME_SLOT_REF2="ts4">
<ANNOTATION_VALUE>groom</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
</ANNOTATION_DOCUMENT>
"""


def test_annotations_of_all_tiers_are_rows():
    assert format_for("mouse.eaf").name == "eaf"
    loaded = read("eaf", EAF)
    assert rows(loaded) == [(1, 1.75, "rear"), (2.5, 3, "groom"), (2.5, 3, "left")]
    tiers = loaded.table.pool.frame(loaded.table.payload)["tier"].to_list()
    assert tiers == ["behaviour", "behaviour", "note"]
    assert any("1 time slot without a time" in note for note in loaded.notes)


def test_subdivisions_share_the_time_of_what_they_subdivide():
    words = "".join(
        f'<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="w{k}" ANNOTATION_REF="a3"{previous}>'
        f"<ANNOTATION_VALUE>{word}</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>"
        for k, word, previous in [
            (2, "third", ' PREVIOUS_ANNOTATION="w1"'),
            (0, "first", ""),
            (1, "second", ' PREVIOUS_ANNOTATION="w0"'),
        ]
    )
    tier = f'<TIER TIER_ID="words">{words}</TIER></ANNOTATION_DOCUMENT>'
    loaded = read("eaf", EAF.replace("</ANNOTATION_DOCUMENT>", tier).replace('"3000"', '"4000"'))
    found = {label: (start, end) for start, end, label in rows(loaded)}
    assert [found[w] for w in ("first", "second", "third")] == [(2.5, 3), (3, 3.5), (3.5, 4)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('TIME_SLOT_REF2="ts4"', 'TIME_SLOT_REF2="ts8"'), "names the slot 'ts8'"),
        (('ANNOTATION_REF="a3"', 'ANNOTATION_REF="a9"'), "belongs to 'a9'"),
        (('TIME_UNITS="milliseconds"', 'TIME_UNITS="PAL-frames"'), "its times are in PAL-frames"),
        (('TIME_VALUE="1000"', 'TIME_VALUE="now"'), "a time slot has"),
        (("ANNOTATION_DOCUMENT", "DOCUMENT"), "its root is <DOCUMENT>"),
    ],
)
def test_annotations_that_have_no_place_are_refused(change, said):
    with pytest.raises(IntervalLabelIOError, match=said):
        read("eaf", EAF.replace(*change))


def test_annotations_that_end_before_they_start_are_refused():
    with pytest.raises(IntervalLabelSchemaError, match=r"start 2\.5 lies after the end 2\.0"):
        read("eaf", EAF.replace('"3000"', '"2000"'))


# Read only

CONTENT = {
    "sleep-xml": PROFUSION,
    "sleep-xml-events": PROFUSION,
    "hyp": "time_base 1\nsampling_period 1\nepoch_nb 1\nepoch_list\n0\n",
    "sleepsign": sleepsign(("3/9/2020 1:00:00", "W"), ("3/9/2020 1:00:04", "W")),
    "spike2": SPIKE2,
    "eaf": EAF,
}


@pytest.mark.parametrize("fmt", READ_ONLY, ids=lambda fmt: fmt.name)
def test_files_of_other_programs_are_never_written_over(fmt, tmp_path):
    path = tmp_path / "a.label"
    path.write_bytes(CONTENT[fmt.name].encode())
    store = LabelStore.open(path, format=fmt.name, writeback=True, state_dir=tmp_path / "state")
    assert len(store.table)
    assert store.save_reason == f"{fmt.title}: files of this format are read only"
    with pytest.raises(IntervalLabelIOError, match="read only"):
        store.save()
    store.close()
    with pytest.raises(IntervalLabelIOError, match="read only") as caught:
        encode(store.table, fmt, "x", lossy=True)
    assert "csv" in caught.value.hint
    assert path.read_bytes() == CONTENT[fmt.name].encode()
    done = convert(path, tmp_path / "a.parquet", from_format=fmt.name)
    assert load_table(tmp_path / "a.parquet").table.labels() == store.table.labels()
    assert not done.losses
    assert np.array_equal(load_table(tmp_path / "a.parquet").table.ends, store.table.ends)
