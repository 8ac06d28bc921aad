"""`loupe labels …`: exit codes, what goes to which stream, and round trips between formats."""

import json

import polars as pl
import pytest

from loupe.cli import labels
from loupe.errors import IntervalLabelIOError, IntervalLabelSchemaError, LoupeConfigError

VISBRAIN = "*Duration_sec\t90.0\nWake\t30.0\nN1\t60.0\nWake\t90.0\n"
HYPNO = (
    "state\tstart_time\tend_time\tduration\tscorer\n"
    "Wake\t0.0\t30.0\t30.0\tab\nNREM\t30.0\t60.0\t30.0\tab\nWake\t70.0\t90.0\t20.0\tab\n"
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "v.txt").write_text(VISBRAIN)
    (tmp_path / "h.htsv").write_text(HYPNO)
    return tmp_path


def test_visbrain_to_parquet_is_clean(folder, capsys):
    assert labels.convert("v.txt", "v.parquet") == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "wrote v.parquet\n"
    frame = pl.read_parquet(folder / "v.parquet")
    assert frame.columns == ["start_time", "end_time", "duration", "state"]
    assert frame["end_time"].to_list() == [30.0, 60.0, 90.0]
    metadata = pl.read_parquet_metadata(folder / "v.parquet")
    assert metadata["visbrain.Duration_sec"] == "90.0"
    stored = json.loads(metadata["loupe.labels"])
    assert stored["metadata"] == {"visbrain.Duration_sec": "90.0"}
    assert labels.diff("v.txt", "v.parquet") == 0
    assert labels.convert("v.parquet", "back.txt") == 0
    assert (folder / "back.txt").read_text() == VISBRAIN


def test_losses_are_named_and_refused(folder, capsys):
    assert labels.convert("h.htsv", "x.txt") == 1
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "lost: column `scorer`: values of 3 rows dropped",
        "lost: gaps: 1 unlabelled span written as `Unscored`",
    ]
    assert "x.txt was not written" in captured.err
    assert "columns taken as start_col=start_time,end_col=end_time" in captured.err
    assert not (folder / "x.txt").exists()
    assert labels.convert("h.htsv", "x.txt", lossy=True) == 0
    assert (folder / "x.txt").exists()


def test_a_target_that_is_there_is_kept_as_a_backup(folder, capsys):
    (folder / "x.csv").write_text("precious")
    assert labels.convert("v.txt", "x.csv") == 0
    assert (folder / "x.csv.bak").read_text() == "precious"
    assert "kept as x.csv.bak" in capsys.readouterr().err
    with pytest.raises(IntervalLabelIOError, match="one file"):
        labels.convert("v.txt", "./v.txt")


@pytest.mark.parametrize(
    ("out", "to"),
    [
        ("o.csv", None),
        ("o.htsv", None),
        ("o.parquet", None),
        ("o_events.tsv", None),
        ("o.txt", None),
        ("o.lab", "audacity"),
        ("o.edf", None),
    ],
)
def test_every_writer_round_trips(out, to, folder, capsys):
    if out == "o.edf":
        pytest.importorskip("edfio", reason="edfio is an extra")
    assert labels.convert("v.txt", out, to=to) == 0
    assert labels.convert(out, "back.parquet", from_=to) == 0
    assert labels.diff("v.txt", "back.parquet") == 0


def test_vocabularies_are_named_by_the_person(folder, capsys):
    (folder / "n.txt").write_text("0\t30.0\n3\t60.0\n4\t90.0\n")
    assert labels.convert("n.txt", "plain.csv") == 0
    assert "30.0,60.0,30.0,3" in (folder / "plain.csv").read_text()
    assert labels.convert("n.txt", "n.csv", states="visbrain") == 0
    text = (folder / "n.csv").read_text()
    assert text.splitlines()[1:] == [
        "0.0,30.0,30.0,Wake",
        "30.0,60.0,30.0,N3",
        "60.0,90.0,30.0,REM",
    ]
    assert labels.convert("n.txt", "e.csv", states="elan") == 1
    assert "lost: labels '3' and '4' both become 'N3'" in capsys.readouterr().out
    (folder / "own.json").write_text('{"0": "w"}')
    assert labels.convert("n.txt", "own.csv", states="own.json") == 0
    with pytest.raises(IntervalLabelIOError, match="no vocabulary 'aasm'"):
        labels.convert("n.txt", "y.csv", states="aasm")
    (folder / "bad.json").write_text("[1]")
    with pytest.raises(IntervalLabelIOError, match="not an object"):
        labels.convert("n.txt", "y.csv", states="bad.json")


def test_state_definitions_can_be_a_vocabulary(folder):
    (folder / "n.txt").write_text("0\t30.0\n")
    (folder / "d.json").write_text(
        '{"keymap": {"0": "Wake"}, "label_colors": {"Wake": [0, 0, 0, 60]}}'
    )
    assert labels.convert("n.txt", "n.csv", states="d.json") == 0
    assert (folder / "n.csv").read_text().splitlines()[1].endswith("Wake")


def test_inclusive_ends_are_reported_and_snapped_on_demand(folder, capsys):
    (folder / "f.txt").write_text("*Duration_sec\t7200.0\nW\t581.989990234375\nR\t7199.990234375\n")
    assert labels.convert("f.txt", "f.csv") == 0
    assert "--snap STEP" in capsys.readouterr().err
    assert labels.convert("f.txt", "g.csv", snap=0.01) == 0
    capsys.readouterr()
    assert labels.convert("g.csv", "i.csv", snap=0.01) == 0
    assert "only the times of Visbrain files are rounded" in capsys.readouterr().err
    assert "0.0,581.99,581.99,W" in (folder / "g.csv").read_text()
    with pytest.raises(IntervalLabelIOError, match="positive step"):
        labels.convert("f.txt", "h.csv", snap=0.0)


def test_a_schema_from_the_command_line(folder, capsys):
    (folder / "s.csv").write_text("t0,t1,what,who\n0,5,a,x\n")
    text = "start_col=t0,end_col=t1,label_col=what,extra_cols=who"
    assert labels.convert("s.csv", "s.parquet", schema=text) == 0
    assert labels.diff("s.csv", "s.parquet", schema=text) == 0
    (folder / "s.json").write_text('{"start_col": "t0", "end_col": "t1", "label_col": "what"}')
    (folder / "s.toml").write_text('start_col = "t0"\nend_col = "t1"\nlabel_col = "what"\n')
    for name in ("s.json", "s.toml"):
        assert labels.stats("s.csv", schema=name) == 0
    for bad in ("t0", "none.json", "start_col=a,label_col=b"):
        with pytest.raises(IntervalLabelSchemaError):
            labels.stats("s.csv", schema=bad)


def test_a_misspelt_column_counts_no_other(folder, capsys):
    (folder / "a.csv").write_text("start_s,end_s,label\n0,5,W\n")
    wrong = "start_col=start_s,end_col=end_s,label_col=lable"
    with pytest.raises(IntervalLabelSchemaError, match="missing column `lable`"):
        labels.stats("a.csv", schema=wrong)
    assert capsys.readouterr().out == ""
    (folder / "b.csv").write_text("start_s,end_s,lable\n0,5,W\n")
    assert labels.diff("a.csv", "b.csv", schema=wrong) == 0
    told = capsys.readouterr().err
    assert "a.csv: note: it has no `lable`, so it is read without --schema" in told
    assert "b.csv: note: it has no" not in told


def test_stats(folder, capsys):
    assert labels.stats("v.txt", format="json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["labelled"] == 90.0
    wake = found["states"][0]
    assert wake == {
        "label": "Wake",
        "rows": 2,
        "total": 60.0,
        "share": 60 / 90,
        "bouts": 2,
        "mean": 30.0,
        "median": 30.0,
        "longest": 30.0,
        "latency": 0.0,
    }
    assert found["states"][1]["latency"] == 30.0
    assert labels.stats("h.htsv") == 0
    out = capsys.readouterr().out.splitlines()
    assert out[1] == "labelled: 80 s (88.9 %); overlapping rows: 0"
    assert out[3].split() == [
        *("Wake", "2", "50.00", "55.6", "2", "25.00", "25.00", "30.00", "0.00"),
    ]
    with pytest.raises(LoupeConfigError, match="unknown format"):
        labels.stats("v.txt", format="xml")


def test_touching_epochs_of_one_state_are_one_bout(folder, capsys):
    (folder / "e.csv").write_text("start_s,end_s,label\n0,30,W\n30,60,W\n90,120,W\n")
    labels.stats("e.csv", format="json")
    wake = json.loads(capsys.readouterr().out)["states"][0]
    assert (wake["rows"], wake["bouts"], wake["longest"]) == (3, 2, 60.0)


def test_diff_is_stable_text(folder, capsys):
    (folder / "a.csv").write_text(
        "start_s,end_s,label,note,who\n0,30,W,,x\n30,60,N,odd,\n60,90,R,,\n"
    )
    (folder / "b.csv").write_text(
        "start_s,end_s,label,note\n0,30,W,\n30,60,R,\n60,80,R,\n80,90,N,new\n"
    )
    assert labels.diff("a.csv", "b.csv") == 1
    assert capsys.readouterr().out.splitlines() == [
        "- column `who`",
        "~ 30.0..60.0 label: 'N' -> 'R'",
        "~ 30.0..60.0 note: 'odd' -> (none)",
        "+ 60.0..80.0 'R'",
        "- 60.0..90.0 'R'",
        "+ 80.0..90.0 'N' note='new'",
    ]
    assert labels.diff("a.csv", "a.csv") == 0


def test_validate_reports_lines(folder, capsys):
    (folder / "o.csv").write_text("start_s,end_s,label\n0,30,W\n10,40,N\n50,50,tick\n")
    assert labels.validate(["v.txt"]) == 0
    assert capsys.readouterr().out == ""
    assert labels.validate(["o.csv"], format="concise") == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("o.csv:3:1: warning[labels-overlap]: 'N' at 10.0 s starts before")
    assert out[1].startswith("o.csv:4:1: warning[labels-duration]: 'tick' at 50.0 s is a point")
    assert labels.validate(["o.csv"], strict=True) == 1
    (folder / "bad.csv").write_text("start_s,end_s,label\n0,30,W\n40,35,N\n")
    capsys.readouterr()
    assert labels.validate(["v.txt", "bad.csv"]) == 1
    out = capsys.readouterr().out
    assert "bad.csv:3:1: error[labels-schema]" in out
    assert "3 | 40,35,N" in out
    assert labels.validate(["bad.csv"], format="json") == 1
    assert json.loads(capsys.readouterr().out)[0]["line"] == 3
    labels.convert("v.txt", "v.parquet")
    assert labels.validate(["v.parquet"]) == 0
    capsys.readouterr()
    assert labels.validate(["none.csv"]) == 2
    assert "no such file" in capsys.readouterr().err
    with pytest.raises(LoupeConfigError, match="unknown format"):
        labels.validate(["v.txt"], format="xml")


def test_a_quiet_conversion_says_nothing_but_its_losses(tmp_path, capsys):
    from loupe.cli.main import main

    source = tmp_path / "a.csv"
    source.write_text("start_s,end_s,label,note\n0,30,W,odd\n")
    assert main(["labels", "convert", str(source), str(tmp_path / "b.parquet"), "--quiet"]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "")
    assert main(["labels", "convert", str(source), str(tmp_path / "b.txt"), "--quiet"]) == 1
    assert "lost:" in capsys.readouterr().out
