"""What every command keeps to: an example, `--quiet`, completion, progress, no tracebacks."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer.main

import loupe.cli.progress as progress_room
from loupe.cli.faults import KEPT, fault_folder, hook
from loupe.cli.main import app, main
from loupe.cli.opening import load_for_cli

COMMANDS = (
    *"open render validate schema config migrate keys demo init inspect readers doctor".split(),  # noqa: SIM905 - reads better
    "labels convert", "labels validate", "labels stats", "labels diff", "overview build",
)  # fmt: skip


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main([*command.split(), "--help"]) == 0
    return capsys.readouterr().out


def test_these_are_all_commands() -> None:
    group = typer.main.get_command(app)
    found = [
        f"{name} {inner}".strip()
        for name, command in group.commands.items()
        for inner in getattr(command, "commands", {"": None})
    ]
    assert sorted(found) == sorted(COMMANDS)


@pytest.mark.parametrize("command", ["", *COMMANDS, "labels", "overview"])
def test_every_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of(command, capsys)
    assert "Example: loupe" in text
    assert f"loupe {command}".strip() in text.partition("Example: ")[2]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_can_be_quiet(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "-q, --quiet" in help_of(command, capsys)


def test_no_line_of_the_overview_of_commands_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    assert "..." not in help_of("", capsys).partition("Commands:")[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "warn.toml").write_text(
        '[[plots]]\nkind = "trace"\ndata = { path = "a.zarr" }\ncolor = "red"\nhue = "r"\n'
    )
    (tmp_path / "keys.toml").write_text(
        '[states]\nkeymap = { NREM = ["n"] }\nlabel_colors = { NREM = "blue" }\n'
    )
    (tmp_path / "a.txt").write_text("*note\nWake\t10\nNREM\t20\n")
    (tmp_path / "b.csv").write_text("start_s,end_s,label\n0,10,Wake\n10,21,NREM\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["validate", "--no-data", "warn.toml"], 0),
        (["config", "warn.toml"], 0),
        (["schema"], 0),
        (["keys", "keys.toml"], 0),
        (["inspect", "a.txt", "b.csv"], 0),
        (["init", "b.csv", "-o", "new.toml"], 0),
        (["migrate", "warn.toml"], 0),
        (["readers"], 0),
        (["labels", "validate", "b.csv"], 0),
        (["labels", "stats", "b.csv"], 0),
        (["labels", "diff", "a.txt", "b.csv"], 1),
        (["labels", "convert", "a.txt", "new.csv"], 0),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_quiet_leaves_standard_error_empty_and_the_result_as_it_was(
    arguments: list[str], code: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path.name for path in folder.iterdir()}
    assert main(arguments) == code
    loud = capsys.readouterr()
    for path in folder.iterdir():
        if path.name not in before:
            path.unlink()
    assert main([*arguments, "--quiet"]) == code
    quiet = capsys.readouterr()
    assert quiet.err == ""
    if arguments[0] not in ("keys", "readers"):
        assert quiet.out == loud.out
    assert set(quiet.out.splitlines()) <= set(loud.out.splitlines())


def test_a_quiet_list_of_keys_leaves_out_what_is_shared(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["keys", "keys.toml"])
    assert "Shared keys" in capsys.readouterr().out
    main(["keys", "keys.toml", "-q"])
    assert "Shared keys" not in capsys.readouterr().out


def test_a_quiet_doctor_names_only_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--quiet"])
    found = capsys.readouterr().out.splitlines()
    assert all(line.startswith("hint: ") for line in found)
    assert bool(found) == (code == 1)


def test_config_names_warnings_of_the_session(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["config", "warn.toml"]) == 0
    assert capsys.readouterr().err.startswith("warn.toml:5:7: warning[session-color-ignored]")


def test_a_session_to_be_opened_has_its_warnings_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load_for_cli("warn.toml", quiet=False).plots[0].hue == "r"
    assert capsys.readouterr().err.startswith("warn.toml:5:7: warning[session-color-ignored]")
    load_for_cli("warn.toml")
    assert capsys.readouterr().err == ""


def test_label_files_are_checked_past_one_that_is_missing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["labels", "validate", "none.csv", "*.csv"]) == 2
    shown = capsys.readouterr()
    assert "none.csv" in shown.err
    assert "checked 1 label file: nothing to report" in shown.err


def completed(words: str, *, shell: str = "bash") -> list[str]:
    last = len(words.split(" ")) - 1
    environment = {
        **os.environ,
        "_LOUPE_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": words,
        "COMP_CWORD": str(last),
        "_TYPER_COMPLETE_ARGS": words,
    }
    done = subprocess.run(
        [sys.executable, "-m", "loupe"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split()


def test_the_shell_completes_commands_options_and_words() -> None:
    assert completed("loupe va") == ["validate"]
    assert completed("loupe labels ") == ["convert", "validate", "stats", "diff"]
    assert completed("loupe validate --qu") == ["--quiet"]
    assert completed("loupe validate --format s") == ["sarif"]
    assert completed("loupe labels validate --format con") == ["concise"]
    assert completed("loupe demo x --kind ") == ["sleep", "probe", "imaging"]
    # For paths there are no words, and the shell's own completion of files takes over.
    assert completed("loupe validate nig") == []
    assert completed("loupe validate nig", shell="zsh") == ["_files"]


def on_a_terminal(*arguments: str, patience_s: float) -> str:
    """What a command writes to a terminal on standard error."""
    code = (
        "import sys, time, loupe.cli.progress as p, loupe.cli.validate as v\n"
        f"p.PATIENCE_S = {patience_s}\n"
        "check = v.check\n"
        "def slow(*given, **named):\n"
        "    time.sleep(0.5)\n"
        "    return check(*given, **named)\n"
        "v.check = slow\n"
        "from loupe.cli.main import main\n"
        f"sys.exit(main({list(arguments)!r}))\n"
    )
    mine, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=theirs):
        os.close(theirs)
        found = b""
        while True:
            try:
                part = os.read(mine, 4096)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            found += part
    os.close(mine)
    return found.decode()


def test_progress_is_shown_while_one_step_takes_long(folder: Path) -> None:
    slow = ["validate", "--no-data", "keys.toml"]
    assert "Checking keys.toml" in on_a_terminal(*slow, patience_s=0.1)
    assert "Checking" not in on_a_terminal(*slow, patience_s=100)
    assert "Checking" not in on_a_terminal(*slow, "--quiet", patience_s=0.1)


def test_a_bar_that_is_not_due_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(progress_room, "PATIENCE_S", 0.05)
    shown: list[object] = []
    monkeypatch.setattr(progress_room._LateBar, "show", lambda self: shown.append(self))
    with progress_room.shown_progress("Waiting") as tell:
        tell(1, 2, "x")
    assert shown == []
    with progress_room.shown_progress("Waiting"):
        time.sleep(0.3)
    assert len(shown) == 1


def broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError("division by zero")


@pytest.fixture
def broken_schema(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loupe.cli.schema.run", broken)


@pytest.mark.usefixtures("broken_schema")
def test_a_fault_is_short_and_its_details_are_in_a_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["schema", "a b"]) == 2
    first, empty, hint = capsys.readouterr().err.splitlines()
    assert first == (
        "error[internal]: this is a fault of Loupe, not of yours: "
        "ZeroDivisionError: division by zero"
    )
    assert empty == ""
    (report,) = fault_folder().iterdir()
    assert hint.startswith(f"hint: please report it with {report},")
    text = report.read_text()
    assert text.startswith("loupe ")
    assert "command: loupe schema 'a b'\n" in text
    assert text.rstrip().endswith("ZeroDivisionError: division by zero")


@pytest.mark.usefixtures("broken_schema")
def test_a_fault_shows_its_traceback_where_asked_or_unwritable(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOUPE_TRACEBACK", "1")
    main(["schema"])
    assert capsys.readouterr().err.startswith("Traceback")
    monkeypatch.delenv("LOUPE_TRACEBACK")
    (folder / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "file"))
    assert main(["schema"]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback")
    assert "please report it with the lines above" in shown


@pytest.mark.usefixtures("broken_schema")
def test_old_reports_go(capsys: pytest.CaptureFixture[str]) -> None:
    fault_folder().mkdir(parents=True)
    for day in range(10, 10 + KEPT + 3):
        (fault_folder() / f"fault-2020-01-{day}.txt").write_text("old")
    main(["schema"])
    names = sorted(path.name for path in fault_folder().iterdir())
    assert len(names) == KEPT
    assert names[0] == "fault-2020-01-14.txt"
    capsys.readouterr()


def test_a_panic_of_a_compiled_library_is_a_fault_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Panic(BaseException):
        pass

    def panic(*_: object) -> None:
        raise Panic("index out of bounds\nmore")

    monkeypatch.setattr("loupe.cli.schema.run", panic)
    assert main(["schema"]) == 2
    assert "Panic: index out of bounds\n" in capsys.readouterr().err


def test_what_a_window_did_not_foresee_is_reported(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        broken()
    except ZeroDivisionError as error:
        hook(type(error), error, error.__traceback__)
    assert "error[internal]" in capsys.readouterr().err
    assert len(list(fault_folder().iterdir())) == 1


def test_a_fault_of_every_frame_does_not_drive_out_its_cause(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def paint() -> None:
        raise ZeroDivisionError("division by zero")

    def happen(cause: Callable[[], object]) -> None:
        try:
            cause()
        except (KeyError, ZeroDivisionError) as error:
            hook(type(error), error, error.__traceback__)

    happen(lambda: {}["the cause"])
    capsys.readouterr()
    for _ in range(3 * KEPT):
        happen(paint)
    reports = [path.read_text() for path in fault_folder().iterdir()]
    assert sorted("the cause" in report for report in reports) == [False, True]
    told = capsys.readouterr().err
    assert told.count("error[internal]") == 1
    assert told.splitlines()[-1] == "ZeroDivisionError: the same fault as above, 10 times by now"


def test_a_refusal_of_the_system_is_no_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "out.json")

    monkeypatch.setattr("loupe.cli.schema", SimpleNamespace(run=full), raising=False)
    monkeypatch.setitem(sys.modules, "loupe.cli.schema", SimpleNamespace(run=full))
    assert main(["schema"]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith(
        "error[system]: out.json: the system refused: No space left on device\n"
    )
    assert not fault_folder().exists()
