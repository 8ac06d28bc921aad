"""Loading: extends, variables, older versions, paths, definitions of states."""

from __future__ import annotations

import json
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest
from jsonschema import Draft7Validator

from loupe.errors import LoupeConfigError
from loupe.session.base import Fault
from loupe.session.build import build_session
from loupe.session.diagnostics import SessionError
from loupe.session.dump import memory_places, to_plain, to_toml
from loupe.session.load import (
    LoadOptions,
    SessionUnreadable,
    check_session,
    check_text,
    load_session,
)
from loupe.session.migrate import migrate_text
from loupe.session.model import Session
from loupe.session.plots import TraceConfig, Zip
from loupe.session.refusal import refusal
from loupe.session.relocate import relative_to, written
from loupe.session.resolve import resolved
from loupe.session.schema import session_schema, states_schema
from loupe.session.states import load_state_config, resolve_states
from loupe.session.view import ViewSettings

PLOT = '[[plots]]\nkind = "trace"\ndata = { path = "a.zarr" }\n'
FULL = """\
#:schema ../schemas/session.schema.json
version = 1
title = "Mouse 12, night 3"
[view]
window = 30.0
theme = "dark"
[sources.lfp]
path = "lfp.zarr"
group = "probe0"
select = { time = { start = 0, stop = 1800 }, channel = ["a", "b"], probe = 3 }
[sources.f]
path = ["a.nc", "b.nc"]
[[plots]]
kind = "trace"
data = "lfp"
mode = "dense"
order_by = "y"
hue = "region"
palette = { CA1 = "#e69f00" }
[[plots]]
kind = "raster"
data = { path = "spikes.parquet" }
time_col = "time"
order_by = "unit"
nan_spans = { 3 = [[0.0, 4.0]] }
shade_nans = ["#ff0000", 0.5]
[[plots]]
kind = "heatmap"
data = { path = "dff.zarr", variable = "dff" }
cmap = ["magma", "viridis"]
[[plots]]
kind = "zip"
on = "syn_id"
traces = [{ data = "f" }, { data = "f", color = "#00ff00" }]
[[videos]]
video_path = "cam1.mp4"
frame_times_path = "cam1_frame_times.npy"
frame_times_correction = [0.1, 1e-5]
[events]
data = { path = "events.parquet" }
style_events_on = "kind"
style_kwargs.stim = { line_color = "#ff8800", line_width = 2.0 }
[[labels]]
path = "hypnogram.htsv"
writeback = true
epoch = 10.0
[labels.schema]
start_col = "start_time"
end_col = "end_time"
label_col = "state"
extra_cols = ["scorer", "confidence"]
[states]
keymap = { Wake = ["w", "W"], NREM = ["1"] }
label_colors = { Wake = "#00d12860", NREM = [41, 30, 255, 60] }
"""


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def codes(path: Path, **options: Any) -> list[str]:
    report = check_session(path, LoadOptions(user_folder=path.parent, **options)).report
    return [item.code for item in report.diagnostics]


def test_a_session_written_and_read_again_is_equal(tmp_path: Path) -> None:
    session = load_session(put(tmp_path, "a.toml", FULL))
    for full in (False, True):
        text = to_toml(session, full=full, schema="x.json")
        assert text.startswith("#:schema x.json\n")
        again = load_session(put(tmp_path, "b.toml", text))
        assert again == session
    Draft7Validator(session_schema()).validate(to_plain(session, full=True))


def test_the_fields_arrive(tmp_path: Path) -> None:
    session = load_session(put(tmp_path, "a.toml", FULL))
    assert session.base == tmp_path
    assert session.plot_ids == ("trace-1", "raster-1", "heatmap-1", "zip-1")
    assert session.resolve(session.plots[0].data).group == "probe0"  # type: ignore[union-attr]
    assert session.videos[0].correction == (0.1, 1e-5)
    assert isinstance(session.plots[3], Zip)
    assert session.labels[0].table_schema.extra_cols == ("scorer", "confidence")  # type: ignore[union-attr]
    assert session.edited_labels == 0


def test_objects_in_memory_are_named(tmp_path: Path) -> None:
    import polars as pl

    session = Session(plots=[TraceConfig(pl.DataFrame())])
    assert [place for place, _ in memory_places(session)] == [("plots", 0, "data")]
    with pytest.raises(LoupeConfigError, match=r"plots\.0\.data"):
        to_toml(session)
    text = to_toml(session, stored={("plots", 0, "data"): {"path": "a.parquet"}})
    assert load_session(put(tmp_path, "a.toml", text)).plots[0].data.path == "a.parquet"  # type: ignore[union-attr]


def test_extends_merges_tables_and_appends_lists(tmp_path: Path) -> None:
    put(
        tmp_path,
        "lab/lab.toml",
        'title = "lab"\n[view]\ntheme = "light"\nwindow = 3.0\n[sources.s]\npath = "x.zarr"\n'
        '[[plots]]\nkind = "trace"\ndata = "s"\n'
        '[[videos]]\nvideo_path = ["../cam.mp4"]\n',
    )
    child = put(
        tmp_path, "a.toml", f'extends = "lab/lab.toml"\n[view]\nwindow = 5.0\n{PLOT}id = "own"\n'
    )
    session = load_session(child)
    assert (session.title, session.view.theme, session.view.window) == ("lab", "light", 5.0)
    assert session.sources["s"].path == "lab/x.zarr"  # type: ignore[union-attr]
    assert session.videos[0].video_paths == ("cam.mp4",)
    assert [plot.id for plot in session.plots] == [None, "own"]
    assert session.extends is None
    replaced = child.read_text().replace(
        'extends = "lab/lab.toml"', 'extends = { path = "lab/lab.toml", plots = "replace" }'
    )
    child.write_text(replaced)
    assert [plot.id for plot in load_session(child, allow_remote=False).plots] == ["own"]


def test_a_fault_of_a_base_stands_in_the_base(tmp_path: Path) -> None:
    put(tmp_path, "lab.toml", '[view]\nthemme = "light"\n' + PLOT + "gian = 2.0\n")
    child = put(tmp_path, "a.toml", 'extends = "lab.toml"\n' + PLOT + "gian = 2.0\n")
    found = check_session(child).report.diagnostics
    assert [(Path(item.file).name, item.line) for item in found] == [
        ("a.toml", 5),
        ("lab.toml", 2),
        ("lab.toml", 6),
    ]


def test_a_circle_of_bases_is_one_finding(tmp_path: Path) -> None:
    put(tmp_path, "b.toml", 'extends = "c.toml"\n')
    put(tmp_path, "c.toml", 'title = "c"\nextends = "a.toml"\n')
    found = check_session(put(tmp_path, "a.toml", 'extends = "b.toml"\n')).report.diagnostics
    assert [(Path(i.file).name, i.line, i.column, i.code) for i in found] == [
        ("c.toml", 2, 11, "session-extends-cycle")
    ]


def test_a_long_chain_is_refused(tmp_path: Path) -> None:
    for number in range(40):
        put(tmp_path, f"{number}.toml", f'extends = "{number + 1}.toml"\n')
    assert codes(tmp_path / "0.toml") == ["session-extends-long"]


def test_variables(tmp_path: Path) -> None:
    text = (
        '[vars]\nmouse = "m12"\nwin = 30\nshow = true\n'
        '[view]\nwindow = "${win}"\ngrid = "${show}"\n'
        '[[plots]]\nkind = "trace"\ntitle = "$${raw} ${win} ${show}"\n'
        'data = { path = "data/${mouse}/a.zarr" }\n'
    )
    path = put(tmp_path, "a.toml", text)
    session = load_session(path)
    assert session.view.window == 30.0
    assert session.plots[0].data.path == "data/m12/a.zarr"  # type: ignore[union-attr]
    assert session.plots[0].title == "${raw} 30 true"
    changed = load_session(path, variables={"mouse": "m13", "win": "4.5", "show": "false"})
    assert (changed.view.window, changed.view.grid) == (4.5, False)
    assert changed.plots[0].data.path == "data/m13/a.zarr"  # type: ignore[union-attr]
    assert codes(path, variables={"mouze": "x"}) == ["session-var-unknown"]
    assert codes(path, variables={"show": "maybe"}) == ["session-var-type"]


def test_environment_variables_are_not_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOUSE", "m12")
    path = put(tmp_path, "a.toml", PLOT.replace("a.zarr", "${MOUSE}.zarr"))
    assert codes(path) == ["session-var-unset"]


def test_an_old_session_opens_and_migrates_with_its_comments(tmp_path: Path) -> None:
    old = (
        "# ours\nversion = 0 # draft\n[view]\nwindow_len = 3.0 # s\n"
        '[[plots]]\ntype = "trace" # kind\ndata = { path = "a.zarr" }\n'
    )
    new, version = migrate_text(old)
    assert version == 0
    assert new == old.replace("version = 0", "version = 1").replace("window_len", "window").replace(
        "type =", "kind ="
    )
    assert load_session(put(tmp_path, "a.toml", old)).view.window == 3.0
    assert migrate_text(new) == (new, 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("http://h/a", "path-remote"),
        ("s3://b/k", "path-remote"),
        ("file:///etc/passwd", "path-remote"),
        ("zip::http://h/a", "path-remote"),
        ("simplecache::s3://b", "path-remote"),
        ("//server/share", "path-remote"),
        ("\\\\server\\share", "path-remote"),
        ("~/a", "path-expansion"),
        ("~root/a", "path-expansion"),
        ("$HOME/a", "path-expansion"),
        ("%APPDATA%/a", "path-expansion"),
        ("a\\b", "path-backslash"),
        ("a\0b", "path-nul"),
    ],
)
def test_refused_paths(text: str, code: str) -> None:
    found = refusal(text)
    assert found is not None
    assert found[0] == code
    with pytest.raises(LoupeConfigError):
        resolved(text, Path())


@pytest.mark.parametrize("text", ["a.zarr", "sub/a b.nc", "../x", "/data/a.zarr", "a$1", "50%.csv"])
def test_plain_paths(text: str) -> None:
    assert refusal(text) is None


def test_a_person_may_allow_what_a_session_may_not(tmp_path: Path) -> None:
    path = put(tmp_path, "a.toml", PLOT.replace("a.zarr", "s3://b/a.zarr"))
    assert codes(path) == ["path-remote"]
    assert codes(path, allow_remote=True) == []
    states = '[states]\nkeymap = { w = "W" }\nlabel_colors = { W = "red" }\n'
    inner = put(tmp_path, "in/b.toml", states + '[[labels]]\npath = "../l.csv"\nwriteback = true\n')
    assert codes(inner) == ["path-write-outside"]
    assert codes(inner, allow_write=(tmp_path,)) == ["path-outside"]


def test_a_link_out_of_the_folder_is_seen(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "in").mkdir()
    try:
        (tmp_path / "in" / "link").symlink_to(tmp_path / "other")
    except OSError:
        pytest.skip("no symbolic links here")
    states = '[states]\nkeymap = { w = "W" }\nlabel_colors = { W = "red" }\n'
    path = put(
        tmp_path, "in/a.toml", states + '[[labels]]\npath = "link/l.csv"\nwriteback = true\n'
    )
    assert codes(path) == ["path-write-outside"]


def test_state_definitions_are_looked_for_in_order(tmp_path: Path) -> None:
    user, beside = tmp_path / "user", tmp_path / "beside"
    for folder, name in ((user, "U"), (beside, "B")):
        put(
            folder,
            "state_definitions.json",
            json.dumps({"keymap": {"w": name}, "label_colors": {name: "red"}}),
        )
    put(beside, "x.json", '{"keymap": {"X": ["x", "y"]}, "label_colors": {"X": [1, 2, 3]}}')
    empty = tmp_path / "empty"
    empty.mkdir()
    session = load_session(put(beside, "a.toml", PLOT))
    assert resolve_states(session.states, beside, user).states == ("B",)
    assert resolve_states(session.states, empty, user).states == ("U",)
    text = (
        '[states]\ndefinitions = "x.json"\nkeymap = { Y = ["y"] }\nlabel_colors = { Y = "red" }\n'
    )
    merged = resolve_states(load_session(put(beside, "b.toml", text)).states, beside, user)
    assert merged.key_to_state == {"x": "X", "y": "Y"}
    assert set(merged.label_colors) == {"X", "Y"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read"),
        ("[]", "object"),
        ('{"keymap": {"w": "A"}}', "no colour"),
        ('{"keymap": {"A": ["w"], "B": ["w"]}, "label_colors": {"A": "red", "B": "red"}}', "bound"),
        ('{"keymap": {"w": "A", "w": "B"}}', "twice"),
        ('{"keymapp": {}}', "unknown key"),
        ("[" * 100_000, "cannot be read"),
        ('{"label_colors": {"A": "nocolour"}}', "not a colour"),
        ('{"definitions": "other.json"}', "another one in `definitions`"),
    ],
)
def test_broken_state_definitions(text: str, words: str, tmp_path: Path) -> None:
    path = put(tmp_path, "s.json", text)
    with pytest.raises(LoupeConfigError, match=words) as caught:
        load_state_config(path)
    assert caught.value.where == str(path)


def test_definitions_may_name_their_schema(tmp_path: Path) -> None:
    text = '{"$schema": "states.schema.json", "keymap": {"w": "A"}, "label_colors": {"A": "red"}}'
    path = put(tmp_path, "d.json", text)
    Draft7Validator(states_schema()).validate(json.loads(text))
    assert load_state_config(path).states == ("A",)


def test_unreadable_files(tmp_path: Path) -> None:
    put(tmp_path, "night.toml", "")
    with pytest.raises(SessionUnreadable, match="no such file") as caught:
        load_session(tmp_path / "nihgt.toml")
    assert "night.toml" in caught.value.hint
    with pytest.raises(SessionUnreadable):
        load_session(tmp_path)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b'title = "\xe9"', ("syntax-encoding", 1, 10)),
        (b'a = 1\n"\xff', ("syntax-encoding", 2, 2)),
        (b"#" * ((1 << 20) + 1), ("syntax-size", 1, 1)),
        (b'\xef\xbb\xbftitel = "x"', ("schema-unknown-key", 1, 1)),
        (b'title = "x"\r\ntitel = "x"\r\n', ("schema-unknown-key", 2, 1)),
    ],
)
def test_bytes_that_are_no_text(content: bytes, place: tuple[str, int, int]) -> None:
    found = check_text(content, "x.toml", Path()).report.diagnostics
    assert [(item.code, item.line, item.column) for item in found] == [place]


def test_the_error_of_loading_holds_the_report(tmp_path: Path) -> None:
    path = put(tmp_path, "a.toml", "titel = 1\nverion = 1\n")
    with pytest.raises(SessionError, match="unknown key `titel`") as caught:
        load_session(path)
    assert len(caught.value.report.errors) == 2
    assert "2 | verion" in caught.value.render()


def test_a_missing_base_hides_no_fault_that_it_could_not_settle(tmp_path: Path) -> None:
    text = (
        'extends = "none.toml"\n'
        '[[plots]]\nkind = "trace"\nid = "a"\ndata = "lfp"\n'
        '[[plots]]\nkind = "trace"\nid = "a"\ndata = { path = "~/b.zarr" }\ny_range = [3, 1]\n'
        '[[labels]]\npath = "l.csv"\n'
        '[states]\nkeymap = { Wake = ["w"], NREM = ["w"] }\n'
    )
    assert codes(put(tmp_path, "a.toml", text)) == [
        "session-extends-missing",
        "session-duplicate-id",
        "path-expansion",
        "session-range-order",
        "states-key-twice",
    ]


def test_a_cursor_is_not_outside_of_a_window_that_cannot_be_read(tmp_path: Path) -> None:
    text = '[view]\nwindow = "300"\ncursor = 99.0\n' + PLOT
    assert codes(put(tmp_path, "a.toml", text)) == ["schema-type"]


def test_a_pattern_that_matches_nothing_is_called_one(tmp_path: Path) -> None:
    put(tmp_path, "v.toml", PLOT)
    with pytest.raises(SessionUnreadable) as caught:
        check_session(tmp_path / "x*.toml")
    assert caught.value.hint == "no file matches this pattern"


def test_many_warnings_hide_no_error(tmp_path: Path) -> None:
    many = "".join(f'[sources.s{n}]\npath = "a"\n' for n in range(501))
    states = '[states]\nkeymap = { w = "W" }\nlabel_colors = { W = "red" }\n'
    outside = '[[labels]]\npath = "/elsewhere/night.csv"\nwriteback = true\n'
    remote = PLOT.replace("a.zarr", "s3://bucket/a.zarr")
    found = check_session(put(tmp_path, "a.toml", many + states + outside + remote))
    assert found.session is None
    assert {item.code for item in found.report.errors} == {"path-write-outside", "path-remote"}
    assert "too-many" in [item.code for item in found.report.diagnostics]


def test_paths_of_a_base_are_moved_once_their_variables_are_known(tmp_path: Path) -> None:
    put(
        tmp_path,
        "lab/base.toml",
        '[vars]\ndata = "/mnt/data"\npath = "b.zarr"\n'
        '[sources.one]\npath = "${data}/lfp.zarr"\n[sources.two]\npath = "${path}"\n'
        '[states]\nkeymap = { path = ["p"] }\nlabel_colors = { path = "red" }\n'
        '[[plots]]\nkind = "trace"\ndata = "one"\n[[plots]]\nkind = "trace"\ndata = "two"\n',
    )
    top = put(tmp_path, "night/top.toml", 'extends = "../lab/base.toml"\n')
    session = load_session(top)
    assert session.sources["one"].path == "/mnt/data/lfp.zarr"  # type: ignore[union-attr]
    assert session.sources["two"].path == "../lab/b.zarr"  # type: ignore[union-attr]
    assert session.states.states == ("path",)
    moved = load_session(top, variables={"data": "raw"})
    assert moved.sources["one"].path == "../lab/raw/lfp.zarr"  # type: ignore[union-attr]


def test_what_a_person_allows_is_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, data = tmp_path / "home", tmp_path / "data"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("RECORDINGS", str(data))
    put(home, "lab.toml", "[[videos]]\nvideo_path = '$RECORDINGS/cam.mp4'\n")
    text = (
        'extends = "~/lab.toml"\n[view]\npreset = "~/my.view.toml"\n'
        '[states]\nkeymap = { w = "W" }\nlabel_colors = { W = "red" }\n'
        '[[labels]]\npath = "~/l.csv"\nwriteback = true\n' + PLOT.replace("a.zarr", "~/a.zarr")
    )
    path = put(tmp_path, "in/a.toml", text)
    assert set(codes(path)) == {"path-expansion"}
    assert "path-write-outside" in codes(path, allow_remote=True)
    session = load_session(path, allow_remote=True, allow_write=[home])
    assert session.plots[0].data.path == (home / "a.zarr").as_posix()  # type: ignore[union-attr]
    assert session.labels[0].path == (home / "l.csv").as_posix()
    assert session.view.preset == (home / "my.view.toml").as_posix()
    assert session.videos[0].video_paths == ((data / "cam.mp4").as_posix(),)


def test_paths_are_written_relative_to_their_session_on_every_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = PureWindowsPath("C:\\Users\\ann\\night")
    assert written(folder / "sub" / "x.zarr", folder) == "sub/x.zarr"
    assert written(PureWindowsPath("D:\\data\\x.zarr"), folder) == "D:/data/x.zarr"
    monkeypatch.chdir(tmp_path)
    here = Path.cwd()
    plots = [TraceConfig.from_path(path) for path in (here / "sub" / "x.zarr", "y.zarr")]
    session = relative_to(Session(plots=plots), Path())
    assert [plot.data.path for plot in session.plots] == ["sub/x.zarr", "y.zarr"]  # type: ignore[union-attr]
    below = relative_to(session, here / "sub")
    assert [plot.data.path for plot in below.plots] == ["x.zarr", str(here / "y.zarr")]  # type: ignore[union-attr]


def test_keys_of_no_action_are_found_by_every_door(tmp_path: Path) -> None:
    for line, code in (
        ('"view.page_rigth" = "x"', "key-unknown-action"),
        ('"view.page_right" = "Hyper+x"', "key-unknown"),
    ):
        with pytest.raises(SessionError) as caught:
            load_session(put(tmp_path, "a.toml", f"{PLOT}[keys]\n{line}\n"))
        (found,) = caught.value.report.errors
        assert (found.code, found.line) == (code, 5)
    with pytest.raises(LoupeConfigError, match="there is no action"):
        build_session(keys={"view.page_rigth": "x"})


def test_an_empty_list_that_is_no_default_is_written(tmp_path: Path) -> None:
    text = '[[plots]]\nkind = "raster"\ndata = { path = "a.csv" }\ntime_col = "t"\norder_by = "u"\n'
    session = load_session(put(tmp_path, "a.toml", text + "rows = []\n"))
    assert session.plots[0].rows == ()  # type: ignore[union-attr]
    assert load_session(put(tmp_path, "b.toml", to_toml(session))) == session


def test_an_error_of_one_file_hides_no_fault_of_another(tmp_path: Path) -> None:
    put(tmp_path, "b.toml", '[[plots]]\nkind = "trace"\ndata = { path = "a\\\\b" }\n')
    top = put(tmp_path, "u.toml", 'extends = "b.toml"\n' + PLOT)
    missing = [Fault(("plots", n, "data", "path"), "data-missing-file", "none") for n in (0, 1)]
    checked = check_session(top, LoadOptions(user_folder=tmp_path))
    found = checked.with_faults(missing).report.errors
    assert {(Path(item.file).name, item.code) for item in found} == {
        ("b.toml", "path-backslash"),
        ("u.toml", "data-missing-file"),
    }


def test_links_that_lead_to_themselves_are_told(tmp_path: Path) -> None:
    try:
        (tmp_path / "loop.toml").symlink_to("loop.toml")
    except OSError:
        pytest.skip("no symbolic links here")
    assert codes(put(tmp_path, "a.toml", 'extends = "loop.toml"\n')) == ["session-extends-missing"]


def test_huge_numbers_of_a_script_are_told() -> None:
    with pytest.raises(LoupeConfigError, match="a huge number is out of range"):
        ViewSettings(window=0.0, cache_mb=1 << 20_000)
    with pytest.raises(LoupeConfigError, match="got a huge number"):
        Session(title=1 << 20_000)


def test_variables_may_name_others(tmp_path: Path) -> None:
    text = (
        '[vars]\nraw = "${root}/${mouse}"\nroot = "/mnt/data"\nmouse = 12\nsame = "${mouse}"\n'
        '[view]\nwindow = "${same}"\n[[plots]]\nkind = "trace"\ndata = { path = "${raw}/a.zarr" }\n'
    )
    path = put(tmp_path, "a.toml", text)
    session = load_session(path)
    assert session.plots[0].data.path == "/mnt/data/12/a.zarr"  # type: ignore[union-attr]
    assert session.view.window == 12.0
    changed = load_session(path, variables={"root": "${raw}"}, allow_remote=True)
    assert changed.plots[0].data.path.endswith("/${raw}/12/a.zarr")  # type: ignore[union-attr]
    for more in ('a = "${b}"\nb = "x${a}"\n', 'a = "${a}"\n'):
        found = codes(put(tmp_path, "b.toml", f"title = 'x'\n[vars]\n{more}"))
        assert set(found) == {"session-var-endless"}
    report = check_session(put(tmp_path, "c.toml", '[vars]\na = 1\n[sources.s]\npath = "${xyz}"\n'))
    assert "--set xyz=VALUE" in report.report.errors[0].hint


def test_one_label_file_under_two_names_is_seen(tmp_path: Path) -> None:
    states = '[states]\nkeymap = { w = "W" }\nlabel_colors = { W = "red" }\n'
    whole = (tmp_path / "l.csv").as_posix()
    sets = f'[[labels]]\npath = "l.csv"\nwriteback = true\n[[labels]]\npath = "{whole}"\n'
    assert codes(put(tmp_path, "a.toml", states + sets)) == ["session-labels-shared"]


def test_an_opaque_colour_of_a_label_stays_opaque(tmp_path):
    opaque = '[states]\nkeymap = { w = "W" }\nlabel_colors = { W = [255, 0, 0, 255] }\n'
    first = load_session(put(tmp_path, "a.toml", "version = 1\n" + opaque))
    again = load_session(put(tmp_path, "b.toml", to_toml(first)))
    assert again.states.label_colors["W"] == first.states.label_colors["W"] == (255, 0, 0, 255)
