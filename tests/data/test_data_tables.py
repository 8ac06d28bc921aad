"""Tables: parquet, csv and frames in memory; nothing in them is silently taken for another."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from loupe.data.catalog import Catalog
from loupe.data.probe import contents
from loupe.errors import LoupeDataError
from loupe.session.source import InMemory, Source
from loupe.testing import check_table


def test_tables_pass_the_suite_and_lists_are_joined(tmp_path):
    frame = pl.DataFrame({"time": [0.5, 1.5], "unit": [1, 2], "kind": ["a", None]})
    frame.write_parquet(tmp_path / "e1.parquet")
    frame.write_csv(tmp_path / "e.csv")
    frame.write_parquet(tmp_path / "e2.parquet")
    catalog = Catalog(tmp_path)
    for source in ("e1.parquet", "e.csv", InMemory(frame)):
        table = catalog.table(source)
        check_table(table)
        assert table.frame().equals(frame)
        assert table.seconds("time").tolist() == [0.5, 1.5]
    joined = catalog.table(Source(path="e?.parquet"))
    check_table(joined)
    assert joined.frame(["unit"])["unit"].to_list() == [1, 2, 1, 2]
    with pytest.raises(LoupeDataError, match="no column `knd`") as caught:
        catalog.table("e.csv").frame(["knd"])
    assert caught.value.hint == "did you mean `kind`?"
    with pytest.raises(LoupeDataError, match="'a' in row 0 \\(line 2\\)"):
        catalog.table("e.csv").seconds("kind")


@pytest.mark.parametrize("end", ["parquet", "arrow", "feather"])
def test_a_bracket_in_a_folder_is_no_pattern(end, tmp_path):
    folder = tmp_path / "runs [old] *"
    folder.mkdir()
    frame = pl.DataFrame({"time": [0.5, 1.5]})
    path = folder / f"e.{end}"
    (frame.write_parquet if end == "parquet" else frame.write_ipc)(path)
    assert Catalog(folder).table(f"e.{end}").frame().equals(frame)


@pytest.mark.parametrize(
    ("texts", "seconds"),
    [
        (["2024-05-01 22:00:05", "2024-05-01 22:00:06.25"], [5.0, 6.25]),
        (["2024-05-01T22:00:05Z", "2024-05-02T01:00:06+03:00"], [5.0, 6.0]),
        (["2024-05-01T18:30:05.5-0330", "", "2024-05-01 22:01"], [5.5, None, 60.0]),
        (["2024-05-02", "2024-05-03"], [7200.0, 93600.0]),
    ],
)
def test_dates_in_csv_are_times_where_times_are_wanted(texts, seconds, tmp_path):
    rows = "".join(f"{text},{k},x\n" for k, text in enumerate(texts))
    (tmp_path / "e.csv").write_text("when,v,unit\n" + rows)
    t0 = np.datetime64("2024-05-01T22:00:00", "ns")
    other = InMemory((t0 + np.arange(9) * np.timedelta64(1, "s"), np.zeros(9)))
    catalog = Catalog(tmp_path)
    catalog.align([other])
    table = catalog.table("e.csv")
    wanted = [np.nan if s is None else s for s in seconds]
    np.testing.assert_array_equal(table.seconds("when"), wanted)
    np.testing.assert_array_equal(np.concatenate([*table.seconds_pieces("when", 1)]), wanted)
    # As values, such as those of a colour, they stay the text they are.
    assert table.frame(["when"])["when"].to_list() == [text or None for text in texts]
    assert contents("e.csv", catalog).table.time_columns == ("when",)
    if None not in seconds:
        signals = catalog.array(Source(path="e.csv", time="when"))
        assert signals.info.row_names == ("v",)
        assert signals.time.span.start == pytest.approx(seconds[0], abs=1e-9)


@pytest.mark.parametrize("wrong", ["2024-13-01", "2024-05-01 at 10", "yesterday", "12.5"])
def test_what_is_not_all_dates_is_refused_as_times(wrong, tmp_path):
    (tmp_path / "e.csv").write_text(f"when,v\n2024-05-01,1\n{wrong},2\n")
    with pytest.raises(LoupeDataError, match="does not hold numbers"):
        Catalog(tmp_path).table("e.csv").seconds("when")


def test_time_unit_of_tables(tmp_path):
    frame = pl.DataFrame({"time": [500, 1500], "end": [600, 1600]})
    frame.write_parquet(tmp_path / "e.parquet")
    table = Catalog(tmp_path).table(Source(path="e.parquet", time_unit="ms"))
    assert table.frame(["time"])["time"].to_list() == [0.5, 1.5]
    assert table.seconds("time").tolist() == [0.5, 1.5]
    assert table.seconds("end").tolist() == [0.6, 1.6]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        (b"id,v\n007,1\n008,2\n", {"id": ["007", "008"], "v": [1, 2]}),
        (b"time;v\n1,5;2\n", {"time": ["1,5"], "v": [2]}),
        (b"t,v\r1,2\r3,4\r", {"t": [1, 3], "v": [2, 4]}),
        (b"\xef\xbb\xbft,v\n1,2.5\n\n\n3,4\n", {"t": [1, 3], "v": [2.5, 4.0]}),
        (b"t,v\n1,NA\n2,3\n", {"t": [1, 2], "v": [None, 3]}),
        (b"v\n" + b"1\n" * 200 + b"1.5\n", {"v": [1.0] * 200 + [1.5]}),
        (b"\n\r\nt,v\n1,2\n3,4", {"t": [1, 3], "v": [2, 4]}),
        (b't,v\n1,"a,b"\n2,"c\nd"\n', {"t": [1, 2], "v": ["a,b", "c\nd"]}),
    ],
)
def test_csv_is_never_silently_wrong(text, columns, tmp_path):
    (tmp_path / "e.csv").write_bytes(text)
    frame = Catalog(tmp_path).table("e.csv").frame()
    assert frame.to_dict(as_series=False) == columns


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("t,v\n1,2\n".encode("utf-16"), "not UTF-8"),
        (b"t,v\n1,caf\xe9\n", "byte 9 is not UTF-8"),
        (b"t,t\n1,2\n", "two columns have the name `t`"),
        (b"", "empty"),
        (b"t,v\n1,2,3\n", "3 fields, but the header names 2"),
        (b"a,b,c\n1,2\n3,4,5\n", "2 fields, but the header names 3"),
        (b'a,b,c\n"1\n",2,3\n12.5,un', "2 fields, but the header names 3"),
    ],
)
def test_bad_csv_is_refused_with_its_place(text, message, tmp_path):
    (tmp_path / "e.csv").write_bytes(text)
    with pytest.raises(LoupeDataError, match=message) as caught:
        Catalog(tmp_path).table("e.csv")
    assert "e.csv" in caught.value.where


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"t,v\n1,2\n\n\nx,4\n", 5),
        (b"\n\nt,v\n1,2\nx,4\n", 5),
        (b't,v\n1,"a\nb"\n\nx,4\n', 5),
    ],
)
def test_lines_of_csv_are_counted_as_an_editor_does(text, line, tmp_path):
    (tmp_path / "e.csv").write_bytes(text)
    with pytest.raises(LoupeDataError, match=rf"'x' in row 1 \(line {line}\)"):
        Catalog(tmp_path).table("e.csv").seconds("t")
    (tmp_path / "e.csv").write_bytes(text + b"7\n")
    with pytest.raises(LoupeDataError, match="the line has 1 field, ") as caught:
        Catalog(tmp_path).table("e.csv")
    assert caught.value.where.endswith(f"e.csv:{line + 1}")


def test_a_damaged_gz_is_refused(tmp_path):
    import gzip

    packed = gzip.compress(b"t,v\n" + b"1,2\n" * 1000)
    (tmp_path / "e.csv.gz").write_bytes(packed[:15] + b"\xff\xff\xff\xff" + packed[19:])
    with pytest.raises(LoupeDataError, match="cannot be read"):
        Catalog(tmp_path).table("e.csv.gz")
