"""Label files of other programs, which are read and never written."""

import datetime

import numpy as np
import pytest
from labels_kit import read, rows

from loupe.errors import IntervalLabelIOError, IntervalLabelSchemaError
from loupe.labels.convert import convert
from loupe.labels.exchange import encode, load_table
from loupe.labels.formats.registry import READ_ONLY, format_for
from loupe.labels.store import LabelStore

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


def test_slots_without_a_time_are_spaced_along_their_own_tier():
    slots = [("a", 0), ("b", None), ("x", 100), ("y", 200), ("c", None), ("d", 3000)]
    order = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="{n}"' + (f' TIME_VALUE="{t}"' if t is not None else "") + "/>"
        for n, t in slots
    )

    def tier(name, spans):
        inner = "".join(
            f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{name}{k}" TIME_SLOT_REF1="{a}" '
            f'TIME_SLOT_REF2="{b}"><ANNOTATION_VALUE>{name}{k}</ANNOTATION_VALUE>'
            "</ALIGNABLE_ANNOTATION></ANNOTATION>"
            for k, (a, b) in enumerate(spans)
        )
        return f'<TIER TIER_ID="{name}">{inner}</TIER>'

    tiers = tier("s", [("a", "b"), ("b", "c"), ("c", "d")]) + tier("o", [("x", "y")])
    text = f"<ANNOTATION_DOCUMENT><TIME_ORDER>{order}</TIME_ORDER>{tiers}</ANNOTATION_DOCUMENT>"
    loaded = read("eaf", text)
    assert sorted(rows(loaded)) == [(0, 1, "s0"), (0.1, 0.2, "o0"), (1, 2, "s1"), (2, 3, "s2")]
    assert any("2 time slots" in note for note in loaded.notes)


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
