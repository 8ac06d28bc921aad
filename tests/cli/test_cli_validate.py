"""`loupe validate` and its neighbours from the outside: text, formats, exit codes, limits."""

from __future__ import annotations

import gc
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from loupe.cli.main import main
from loupe.errors import LoupeConfigError
from loupe.session.load import Checked, LoadOptions, check_session

PLOT = '[[plots]]\nkind = "trace"\ndata = { path = "a.zarr" }\n'
HEAVY = "numpy polars xarray zarr PySide6 vispy cv2 av scipy pandas h5py numba".split()  # noqa: SIM905 - reads better
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "good.toml").write_text(PLOT)
    (tmp_path / "bad.toml").write_text(PLOT + "gian = 2.0\n")
    (tmp_path / "warn.toml").write_text(PLOT + 'color = "red"\nhue = "r"\n')
    return tmp_path


def lines(capsys: pytest.CaptureFixture[str]) -> tuple[list[str], list[str]]:
    captured = capsys.readouterr()
    return captured.out.splitlines(), captured.err.splitlines()


def test_exit_codes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "good.toml", "--no-data"]) == 0
    assert main(["validate", "bad.toml", "--no-data"]) == 1
    assert main(["validate", "warn.toml", "--no-data"]) == 0
    assert main(["validate", "warn.toml", "--no-data", "--strict"]) == 1
    assert main(["validate", "none.toml", "--no-data"]) == 2
    assert main(["validate", "good.toml", "--format", "xml"]) == 2
    assert main(["validate"]) == 2
    assert main(["validate", "good.toml", "--set", "x"]) == 2
    assert main(["nonsense"]) == 2
    capsys.readouterr()


def test_findings_on_stdout_and_words_on_stderr(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["validate", "bad.toml", "--no-data"])
    out, err = lines(capsys)
    assert out == [
        "bad.toml:4:1: error[schema-unknown-key]: unknown key `gian`",
        "  |",
        "4 | gian = 2.0",
        "  | ^^^^",
        "",
        "hint: did you mean `gain`?",
    ]
    assert err == ["checked 1 session: 1 error"]
    main(["validate", "bad.toml", "--no-data", "--quiet", "--format", "concise"])
    out, err = lines(capsys)
    assert out == [
        "bad.toml:4:1: error[schema-unknown-key]: unknown key `gian` (did you mean `gain`?)"
    ]
    assert err == []


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["validate", "good.toml", "bad.toml", "--no-data", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert found == [
        {
            "file": "bad.toml",
            "line": 4,
            "column": 1,
            "end_line": 4,
            "end_column": 5,
            "level": "error",
            "code": "schema-unknown-key",
            "message": "unknown key `gian`",
            "hint": "did you mean `gain`?",
            "path": ["plots", 0, "gian"],
        }
    ]
    main(["validate", "good.toml", "--no-data", "--format", "json"])
    assert json.loads(capsys.readouterr().out) == []


def test_github(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["validate", "bad.toml", "--no-data", "--format", "github"])
    assert capsys.readouterr().out == (
        "::error file=bad.toml,line=4,col=1,endLine=4,endColumn=5,title=schema-unknown-key"
        "::unknown key `gian`%0Ahint: did you mean `gain`?\n"
    )


def test_sarif(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["validate", "bad.toml", "warn.toml", "--no-data", "--format", "sarif"])
    run = json.loads(capsys.readouterr().out)["runs"][0]
    assert run["columnKind"] == "unicodeCodePoints"
    assert [result["level"] for result in run["results"]] == ["error", "warning"]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {
        result["ruleId"] for result in run["results"]
    }
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) == (4, 1)


def test_patterns_and_standard_input(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["validate", "[gw]*.toml", "--no-data"]) == 0
    assert "checked 2 sessions: 1 warning" in capsys.readouterr().err
    stdin = SimpleNamespace(buffer=io.BytesIO(b"titel = 1\n"))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert main(["validate", "-", "--no-data", "--format", "concise"]) == 1
    assert capsys.readouterr().out.startswith("<stdin>:1:1: error[schema-unknown-key]")


def test_an_unreadable_file_does_not_hide_the_others(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", "goood.toml", "bad.toml", "--no-data"]) == 2
    out, err = lines(capsys)
    assert out[0].startswith("bad.toml:4:1")
    assert "did you mean" in "\n".join(err)


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (LoupeConfigError("no such key", code="keys"), "error[keys]: k.toml: no such key"),
        (ZeroDivisionError("division by zero"), "k.toml: the check did not come to its end"),
        (
            OSError(13, "Permission denied"),
            "error[system]: k.toml: the system refused: Permission denied",
        ),
    ],
    ids=["config", "fault", "system"],
)
def test_a_check_that_stumbles_over_a_file_tells_of_the_others_first(
    raised: Exception,
    told: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def check(name: str, options: LoadOptions) -> Checked:
        if name == "k.toml":
            raise raised
        return check_session(name, options)

    monkeypatch.setattr("loupe.cli.validate.check_session", check)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    assert main(["validate", "k.toml", "bad.toml", "warn.toml", "--no-data"]) == 2
    out, err = lines(capsys)
    assert out[0].startswith("bad.toml:4:1")
    assert "checked 2 sessions: 1 error, 1 warning" in err
    assert told in err


def test_nothing_of_a_file_steers_the_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "key.toml").write_text('"\\u001b[2J\\r\\u009b" = 1\n')
    (folder / "raw.toml").write_text('title = "\x1b[2J"\n')
    shown = r"`\x1b[2J\r\x9b`"
    for style in ("full", "concise"):
        assert main(["validate", "key.toml", "--no-data", "--format", style]) == 1
        out = capsys.readouterr().out
        assert f"unknown key {shown}" in out
        assert not set(out) & {"\x1b", "\x9b", "\r"}
    assert main(["validate", "raw.toml", "--no-data"]) == 1
    out = capsys.readouterr().out.splitlines()
    assert '1 | title = "\N{REPLACEMENT CHARACTER}[2J"' in out
    assert main(["config", "raw.toml"]) == 1
    assert main(["inspect", "no\x1b[2J.zarr"]) == 2
    told = capsys.readouterr().err
    assert "\x1b" not in told
    assert r"no\x1b[2J.zarr" in told


def test_concise_findings_are_a_line_each(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "two.toml").write_text('"a\\nb" = 1\n')
    assert main(["validate", "two.toml", "--no-data", "--format", "concise"]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_what_is_redirected_is_utf_8(folder: Path) -> None:
    text = 'title = "Nächte → ω"\n'
    (folder / "night.toml").write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "loupe", "config", "night.toml"],
        capture_output=True, check=False, env=environment,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert text.strip() in done.stdout.decode("utf-8").splitlines()


def test_data_faults_join_the_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "bad.toml", "--format", "concise"]) == 1
    out, _ = lines(capsys)
    assert [line.split(":")[1] for line in out] == ["3", "4"]
    assert "data-missing-file" in out[0]


def test_config(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import tomllib

    (folder / "a.toml").write_text(
        'extends = "good.toml"\n[vars]\nw = 3\n[view]\nwindow = "${w}"\n'
    )
    assert main(["config", "a.toml", "--set", "w=4"]) == 0
    data = tomllib.loads(capsys.readouterr().out)
    assert data["view"]["window"] == 4.0
    assert data["plots"][0]["data"]["path"] == str(folder / "a.zarr")
    assert main(["config", "a.toml", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["view"]["theme"] in ("dark", "light", "system")
    assert main(["config", "a.toml", "--origins"]) == 0
    out, _ = lines(capsys)
    origins = {line.split(" = ")[0]: line.rsplit("# ", 1)[1] for line in out}
    assert origins["view.window"] == "a.toml:5"
    assert origins["plots[0].data.path"] == "good.toml:3"
    assert origins["view.grid"] == "default"
    assert main(["config", "bad.toml"]) == 1


def test_migrate(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = folder / "old.toml"
    text = "version = 0 # first\n[view]\nwindow_len = 3.0 # s\n"
    old.write_text(text)
    assert main(["migrate", "good.toml", "--check"]) == 0
    assert main(["migrate", "old.toml", "--check"]) == 1
    assert main(["migrate", "old.toml", "--diff"]) == 1
    assert "+window = 3.0 # s" in capsys.readouterr().out
    assert old.read_text() == text
    assert main(["migrate", "old.toml"]) == 0
    assert old.read_text() == "version = 1 # first\n[view]\nwindow = 3.0 # s\n"
    assert main(["migrate", "old.toml", "--check"]) == 0
    assert main(["migrate", "none.toml"]) == 2
    assert sorted(p.name for p in folder.glob("*old*")) == ["old.toml"]


def test_migrate_goes_on_after_a_file_that_it_cannot_take(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("old1", "old2", "old3"):
        (folder / f"{name}.toml").write_text("version = 0\n[view]\nwindow_len = 3.0\n")
    (folder / "old0.toml").write_text("no toml")
    replace = os.replace

    def full(source: str, target: Path) -> None:
        if target.name == "old2.toml":
            raise OSError(28, "No space left on device", source)
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    assert main(["migrate", "old?.toml", "none.toml"]) == 2
    _, err = lines(capsys)
    assert [line for line in err if line.startswith(("error", "old"))] == [
        "error[session-unreadable]: old0.toml: the session cannot be migrated: "
        "Expected '=' after a key in a key/value pair (at line 1, column 4)",
        "old1.toml: was version 0, now 1",
        "error[system]: old2.toml: the system refused: No space left on device",
        "old3.toml: was version 0, now 1",
        "error[session-unreadable]: none.toml: the session cannot be migrated: "
        "[Errno 2] No such file or directory: 'none.toml'",
    ]
    assert "window_len" in (folder / "old2.toml").read_text()
    assert "window_len" not in (folder / "old3.toml").read_text()
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_schema_and_keys(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Loupe session"
    assert main(["schema", "states"]) == 0
    assert main(["schema", "stats"]) == 2
    capsys.readouterr()
    (folder / "s.toml").write_text(
        '[states]\nkeymap = { Wake = ["w"], NREM = ["n"] }\n'
        'label_colors = { Wake = "red", NREM = "blue" }\n'
    )
    assert main(["keys", "s.toml"]) == 0
    out = capsys.readouterr().out
    assert "state.Wake" in out
    assert "Shared keys" in out


@pytest.fixture
def away(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `away.toml` has labels written; its array has a name by a variable."""
    import numpy as np
    import xarray as xr

    other = tmp_path_factory.mktemp("other")
    coords = {"channel": [0, 1], "time": np.arange(200_000) / 1000}
    data = xr.DataArray(np.zeros((2, 200_000)), dims=("channel", "time"), coords=coords, name="d")
    data.to_dataset().to_zarr(folder / "night.zarr", mode="w", consolidated=False)
    (folder / "away.toml").write_text(
        '[[plots]]\nkind = "trace"\ndata = { path = "${rec}.zarr" }\n'
        f'[[labels]]\npath = "{other.as_posix()}/night.csv"\nwriteback = true\n'
        '[states]\nkeymap = { Wake = ["w"] }\nlabel_colors = { Wake = "red" }\n'
    )
    return other


@pytest.mark.usefixtures("away")
@pytest.mark.parametrize(
    ("command", "told"),
    [("keys", "state.Wake"), ("overview build", "night.zarr.overview.zarr (d): 1 parts made")],
)
def test_what_writes_no_labels_takes_a_session_that_does(
    command: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command.split(), "away.toml"]) == 1
    shown = capsys.readouterr()
    assert "error[session-var-unset]" in shown.err
    assert "path-write-outside" not in shown.err
    assert main([*command.split(), "away.toml", "--set", "rec=night"]) == 0
    assert told in capsys.readouterr().out


def test_config_is_told_where_labels_may_be_written(
    away: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = ["config", "away.toml", "--set", "rec=night"]
    assert main(known) == 1
    assert "error[path-write-outside]" in capsys.readouterr().err
    assert main([*known, "--allow-write", str(away)]) == 0
    assert f'path = "{away}/night.csv"' in capsys.readouterr().out


def test_variables_belong_to_session_files(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["overview", "build", "night.zarr", "--set", "rec=night"]) == 2
    assert "error[cli-set-without-session]" in capsys.readouterr().err


def test_a_session_alone_is_opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    module = SimpleNamespace(run=lambda path, **_: seen.append(path))
    monkeypatch.setitem(sys.modules, "loupe.cli.open_", module)
    monkeypatch.setattr("loupe.cli.open_", module, raising=False)
    assert main(["good.toml"]) == 0
    assert main(["open", "good.toml"]) == 0
    assert seen == ["good.toml", "good.toml"]


def test_a_fault_of_loupe_itself_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("loupe.cli.schema.run", broken)
    assert main(["schema"]) == 2
    assert "error[internal]" in capsys.readouterr().err


def loaded_after(*arguments: str) -> tuple[int, list[str]]:
    code = (
        "import sys\nfrom loupe.cli.main import main\n"
        f"code = main({list(arguments)!r})\n"
        f"print([n for n in {HEAVY!r} if n in sys.modules], file=sys.stderr)\nsys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    last = done.stderr.strip().splitlines()[-1]
    return done.returncode, eval(last)


def test_help_loads_nothing_heavy() -> None:
    assert loaded_after("--help") == (0, [])


def test_validate_without_data_loads_nothing_heavy(folder: Path) -> None:
    path = str(folder / "good.toml")
    assert loaded_after("validate", "--no-data", path) == (0, [])


def test_import_loads_nothing_heavy() -> None:
    code = f"import sys, loupe; print([n for n in [*{HEAVY!r}, 'pydantic'] if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


def test_validate_with_data_never_loads_qt_or_gl(folder: Path) -> None:
    code, found = loaded_after("validate", str(folder / "good.toml"))
    assert code == 1
    assert not {"PySide6", "vispy", "av", "cv2"} & set(found)


def test_cycles_are_collected_where_data_are_opened(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    collected = []

    def check(name: str, options: LoadOptions) -> Checked:
        collected.append(gc.isenabled())
        return check_session(name, options)

    monkeypatch.setattr("loupe.cli.validate.check_session", check)
    main(["validate", "good.toml"])
    main(["validate", "good.toml", "--no-data"])
    assert collected == [True, False]
    assert gc.isenabled()


def test_python_minus_m() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "loupe", "--version"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert done.stdout.startswith("loupe ")
