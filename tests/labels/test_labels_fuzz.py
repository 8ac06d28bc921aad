"""No bytes make a reader do worse than raise an error of ours; what reads also writes."""

import os
import random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loupe.errors import LoupeError
from loupe.labels.formats.base import ReadOptions, with_epoch
from loupe.labels.formats.registry import format_for
from loupe.labels.formats.tabular import LEGACY, frame_of, table_of
from loupe.session.labels import IntervalLabelSchema

COUNT = 20_000 if os.environ.get("LOUPE_SOAK") == "1" else 400

HYPNO = IntervalLabelSchema(
    start_col="start_time", end_col="end_time", duration_col="duration", label_col="state"
)
SEEDS = {
    "csv": b'start_s,end_s,label,note\n0.0,30.5,Wake,\n30.5,60,N2,"a, b"\n60,90,R,x\n',
    "htsv": b"state\tstart_time\tend_time\tduration\nW\t0\t30\t30\nN\t30\t60\t30\n",
    "visbrain": b"*Duration_sec\t90.0\nWake\t30.0\nN1\t60.0\nWake\t90.0\n",
    "audacity": b"0.5\t0.5\tclick\n1.0\t2.25\tcall\n\\\t100.0\t2000.5\n",
    "bids": b"onset\tduration\ttrial_type\tresponse\n-1.5\t2.0\tgo\tn/a\n3.0\tn/a\tstop\tleft\n",
    "epochs": b"brain_state,confidence\n1,0.5\n,0.25\n2,1\n",
    "sleep-xml": b"<CMPStudyConfig><EpochLength>30</EpochLength><SleepStages><SleepStage>0"
    b"</SleepStage><SleepStage>2</SleepStage></SleepStages></CMPStudyConfig>",
    "sleep-xml-events": b"<PSGAnnotation><ScoredEvents><ScoredEvent><EventType>A|a</EventType>"
    b"<EventConcept>Apnea|x</EventConcept><Start>1</Start><Duration>2</Duration></ScoredEvent>"
    b"</ScoredEvents></PSGAnnotation>",
    "hyp": b"time_base 2\nsampling_period 0.01\nepoch_nb 3\nepoch_list\n0\n5\n-2\n",
    "sleepsign": b"head\r\n3/9/2020 23:59:50\t0\tW\t0\r\n3/9/2020 23:59:54\t1\tNR\t0\r\n",
    "spike2": b"head\n1\t0.0\t10.0\tWake\tmoves\t\n2\t10.0\t20.0\tNREM\t\t\n",
    "eaf": b'<ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="1"/>'
    b'<TIME_SLOT TIME_SLOT_ID="b" TIME_VALUE="2"/></TIME_ORDER><TIER TIER_ID="t"><ANNOTATION>'
    b'<ALIGNABLE_ANNOTATION ANNOTATION_ID="x" TIME_SLOT_REF1="a" TIME_SLOT_REF2="b">'
    b"<ANNOTATION_VALUE>run</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>"
    b"</ANNOTATION_DOCUMENT>",
}
STRICT = {"eaf", "hyp", "sleep-xml", "sleep-xml-events", "spike2"}
BITS = [
    *(b"\n", b"\t", b",", b'"', b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"nan", b"inf", b"-"),
    *(b"1e999", b"9" * 400, b"2020-03-17 09:08:06", b"0 days 00:00:18", b"5 days x", b"-0.0"),
    *(b"*", b"n/a", b" ", "\u2028é".encode(), b"\\", b"start_s", b"state", b"1_0", b"0x1"),
]


def mutate(data, rng):
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(out) + 1)
        kind = rng.random()
        if kind < 0.5:
            out[at:at] = rng.choice(BITS)
        elif kind < 0.8:
            del out[at : at + rng.randint(1, 8)]
        else:
            out[at : at + 1] = bytes([rng.randrange(256)])
    return bytes(out)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", sorted(SEEDS))
def test_mutants_are_read_or_refused(name):
    rng = random.Random(11)
    fmt = format_for("x", name)
    read, refused = 0, set()
    for _ in range(COUNT):
        data = mutate(SEEDS[name], rng)
        for schema in (None, HYPNO) if name in ("csv", "htsv") else (None,):
            try:
                table = fmt.read(data, ReadOptions(where="x", schema=schema, epoch=2.0)).table
            except LoupeError as error:
                refused.add((bool(error.message), error.where))
                continue
            read += 1
            assert (table.ends >= table.starts).all()
            if fmt.write is None:
                continue
            try:
                fmt.write(table)
            except LoupeError:
                continue
            fmt.losses(table)
    # In a strict format nearly every change is a fault.
    assert read > COUNT // (100 if name in STRICT else 20)
    assert refused == {(True, "x")}


def damaged(good, rng):
    data = bytearray(good)
    for _ in range(rng.randint(1, 3)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data[: rng.randrange(len(data))] if rng.random() < 0.2 else data)


def two_rows():
    frame = pl.DataFrame({"start_s": [0.0, 30.0], "end_s": [30.0, 60.0], "label": ["W", "N"]})
    return table_of(frame, LEGACY).table


@pytest.mark.timeout(900)
def test_damaged_parquet_is_refused_mentioned_or_harmless():
    table, fmt, rng = two_rows(), format_for("x.parquet"), random.Random(5)
    good = fmt.write(table)
    refused = set()
    # no more in a soak: about one of 10,000 makes polars itself abort the process
    for _ in range(1000):
        try:
            loaded = fmt.read(damaged(good, rng), ReadOptions(where="x"))
        except LoupeError as error:
            refused.add(error.where)
            continue
        assert loaded.notes or loaded.table.equals(table)
    assert refused == {"x"}


def test_damaged_edf_is_read_or_refused():
    pytest.importorskip("edfio", reason="edfio is an extra")
    fmt, rng = format_for("x.edf"), random.Random(3)
    good = fmt.write(two_rows())
    refused = set()
    for _ in range(COUNT // 4):
        try:
            fmt.read(damaged(good, rng), ReadOptions(where="x"))
        except LoupeError as error:
            refused.add(error.where)
    assert refused == {"x"}


text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
times = st.floats(-1e6, 1e6, allow_nan=False)


@st.composite
def frames(draw):
    n = draw(st.integers(0, 6))

    def column(values):
        return draw(st.lists(values, min_size=n, max_size=n))

    starts = column(times)
    return pl.DataFrame(
        {
            "who": column(st.none() | text.filter(bool)),
            "start_s": starts,
            "end_s": [s + d for s, d in zip(starts, column(st.floats(0, 1e5)), strict=True)],
            "label": column(text.filter(bool)),
            "note": column(st.none() | text.filter(bool)),
        },
        schema_overrides=dict.fromkeys(("who", "label", "note"), pl.String)
        | {"start_s": pl.Float64, "end_s": pl.Float64},
    )


@settings(max_examples=80, deadline=None)
@given(frames(), st.sampled_from(["csv", "htsv", "parquet"]))
def test_formats_with_columns_round_trip_exactly(frame, name):
    table = table_of(frame, LEGACY).table
    fmt = format_for("x", name)
    again = fmt.read(fmt.write(table), ReadOptions(schema=LEGACY, where="x")).table
    assert frame_of(again).equals(frame_of(table))


def order_of(table, name):
    """The rows in their order, or for EDF sorted by all that it holds, as far as it holds it."""
    rows = range(len(table))
    if name == "edf":
        near = np.round([table.starts, table.ends], 9).T.tolist()
        rows = sorted(rows, key=lambda i: (*near[i], table.label(i)))
    return np.array(list(rows), dtype=int)


@settings(max_examples=60, deadline=None)
@given(frames(), st.sampled_from(["bids", "audacity", "edf", "visbrain", "epochs"]))
def test_other_formats_round_trip_or_name_their_losses(frame, name):
    if name == "edf":
        pytest.importorskip("edfio", reason="edfio is an extra")
    table = with_epoch(table_of(frame, LEGACY).table, 30.0)
    fmt = format_for("x", name)
    losses = fmt.losses(table)
    try:
        data = fmt.write(table)
    except LoupeError:
        return
    again = fmt.read(data, ReadOptions(where="x", epoch=30.0)).table
    if losses:
        return
    # edfio sorts annotations that begin together; that order says nothing.
    order = order_of(table, name)
    back = order_of(again, name)
    assert [again.label(row) for row in back] == [table.label(row) for row in order]
    assert abs(again.starts[back] - table.starts[order]).max(initial=0) <= 1e-6
    assert abs(again.ends[back] - table.ends[order]).max(initial=0) <= 1e-6
    if name == "bids":
        assert [i.note for i in again] == [i.note for i in table]
