"""Lists of the states of epochs: read, scored, written back as they were."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from labels_kit import read, rows

from loupe.errors import IntervalLabelIOError
from loupe.labels import edit
from loupe.labels.convert import convert
from loupe.labels.exchange import encode, load_table
from loupe.labels.formats.base import ReadOptions, with_epoch
from loupe.labels.formats.registry import format_for
from loupe.labels.formats.tabular import LEGACY, frame_of, table_of
from loupe.labels.intervals import IntervalLabelSet
from loupe.labels.store import LabelStore
from loupe.session.labels import IntervalLabelSchema

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
        "bounds in an epoch: 2 rows moved to the nearest",
        "rows of several epochs: 1 row become one each",
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
    "a gap": ("stage,c\nW,1\n,0.5\nN,0.6\n", (4.0, 8.0), "W,1\n3,\nN,0.6\n"),
    "beside gaps": ("stage,c\nW,1\n,0.5\n,0.7\n", (0.0, 4.0), "3,\n,0.5\n,0.7\n"),
    "times": ("stage,start_time\nW,0\nW,4\n", (4.0, 8.0), "W,0\n3,4\n"),
    "words of a table": ("stage,start_time\nW,a\nW,b\n", (4.0, 8.0), "W,a\n3,\n"),
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


def opened(path, tmp_path, epoch=4.0):
    return LabelStore.open(
        path,
        format="epochs",
        options=ReadOptions(epoch=epoch),
        writeback=True,
        state_dir=tmp_path / "state",
    )


def test_epochs_of_another_length_have_none_of_the_columns_of_the_file():
    text = "start_time,Stage,note\n0,W,a\n30,N,b\n60,,c\n"
    fmt = format_for("x", "epochs")
    half = with_epoch(read("epochs", text, epoch=30.0).table, 15.0)
    assert fmt.write(half).decode() == "Stage\nW\nW\nN\nN\nUnscored\nUnscored\n"
    assert fmt.losses(half) == [
        "column `note`: notes of 2 rows dropped",
        "rows of several epochs: 2 rows become one each",
        "gaps: 2 epochs written as `Unscored`",
    ]


def test_what_the_file_holds_after_a_save_is_what_the_window_holds(tmp_path):
    """Else an edit after it could not be replayed, and a merge would see changes nobody made."""
    path = tmp_path / "n.csv"
    path.write_text("Epoch,stage,conf,x\n0,W,1,a\n1,N1,2,b\n2,N2,9,c\n3,,4,d\n")
    store = opened(path, tmp_path)
    store.append(edit.paint(store.table, 4.0, 8.0, "R")[1])
    store.save()
    assert path.read_text() == "Epoch,stage,conf,x\n0,W,1,a\n1,R,,\n2,N2,9,c\n3,,4,d\n"
    again = load_table(path, format="epochs", options=ReadOptions(epoch=4.0)).table
    assert frame_of(again).equals(frame_of(store.table))
    for row, name in enumerate(("A", "B", "C")):
        store.append(edit.set_label(store.table, row, name)[1])
    store.close(keep_unsaved=True)
    again = opened(path, tmp_path)
    assert len(again.recovery.edits) == again.recovery.found == 3
    again.recover()
    assert again.table.labels() == ["A", "B", "C"]
    again.close()


def test_a_list_of_epochs_that_others_wrote_keeps_their_layout(tmp_path):
    path = tmp_path / "n.csv"
    path.write_text("stage,c\nW,1\n,2\nN2,x\n")
    store = opened(path, tmp_path)
    path.write_text("stage;c;d\nW;1;p\n;77;q\nN2;y;r\n;88;s\n")
    outside = store.read_outside()
    store.take(outside, store.propose(outside))
    store.append(edit.set_label(store.table, 0, "R")[1])
    store.save()
    store.close()
    assert path.read_text() == "stage;c;d\nR;1;p\n;77;q\nN2;y;r\n;88;s\n"


@pytest.mark.parametrize("first", ["Unscored", "nan", "?", "W"])
def test_numbers_after_a_word_stay_in_their_epochs(first):
    fmt = format_for("x", "epochs")
    given_ = with_epoch(
        table((0.0, 30.0, first), (30.0, 60.0, "1"), (60.0, 90.0, "2"), (90.0, 120.0, "2")), 30.0
    )
    again = read("epochs", fmt.write(given_), epoch=30.0)
    assert rows(again) == [(0, 30, first), (30, 60, "1"), (60, 90, "2"), (90, 120, "2")]
    late = with_epoch(table((30.0, 60.0, "1"), (60.0, 90.0, "2")), 30.0)
    assert rows(read("epochs", fmt.write(late), epoch=30.0))[-1] == (60, 90, "2")


def test_a_heading_that_nobody_knows_is_told_of():
    loaded = read("epochs", "x\nW\nW\nN1\n", epoch=30.0)
    assert loaded.notes == ("only the first epoch is 'x'; if that is a heading, remove the line",)


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
    assert back.losses == ("rows of several epochs: 3 rows become one each",)
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
