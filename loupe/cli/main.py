"""The door from the terminal: every command with its help, each body in a module of its own.

Only typer is imported; a command's module is imported when the command
runs, so that `loupe --help` starts at once. Findings and data go to standard
output, words about the work to standard error. Exit codes: 0 done, 1 findings,
2 wrong usage, unreadable files, or a fault of Loupe itself.
"""

import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from loupe.cli.arguments import (
    Findings,
    Quiet,
    Remote,
    SetVars,
    Strict,
    TextOrJson,
    Write,
    leave,
    one_of,
)
from loupe.cli.labels_app import labels_app
from loupe.errors import LoupeError, refused

__all__ = ["app", "main"]

app = typer.Typer(
    name="loupe",
    help="Look at and label long multichannel recordings.\n\n"
    "`loupe SESSION` opens a session; each command explains itself with --help.",
    epilog="Example: loupe night.toml",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.add_typer(labels_app)
overview_app = typer.Typer(
    name="overview",
    help="Make overview files, so that a whole night shows at once.",
    epilog="Example: loupe overview build night.toml",
    rich_markup_mode=None,
    no_args_is_help=True,
)
app.add_typer(overview_app)


def _version(wanted: bool) -> None:
    if wanted:
        from loupe import __version__

        typer.echo(f"loupe {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    del version


@app.command("open", epilog="Example: loupe open night.toml --set mouse=m12")
def open_session(
    path: Annotated[
        str, typer.Argument(help="A session, or a recording: .zarr, .nc, .parquet, npy pairs …")
    ],
    preset: Annotated[str | None, typer.Option(help="A view preset (.view.toml) to apply.")] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Load again whenever the session file is saved.")
    ] = False,
    theme: Annotated[
        str | None,
        typer.Option(
            help="dark, light or system, instead of the session's.",
            autocompletion=one_of("dark", "light", "system"),
        ),
    ] = None,
    set_vars: SetVars = None,
    allow_remote: Remote = False,
    allow_write: Write = None,
    quiet: Quiet = False,
) -> None:
    """Open a session or a recording in a window."""
    from loupe.cli import open_

    leave(
        open_.run(
            path,
            preset=preset,
            watch=watch,
            set_vars=set_vars or [],
            allow_remote=allow_remote,
            allow_write=allow_write or [],
            theme=theme,
            quiet=quiet,
        )
    )


@app.command(epilog="Example: loupe render night.toml night.png --start 3600 --window 30")
def render(
    session: Annotated[str, typer.Argument(help="The session.")],
    out: Annotated[str, typer.Argument(help="The picture (.png) or clip (.mp4) to write.")],
    start: Annotated[float | None, typer.Option(help="Left edge in seconds.")] = None,
    window: Annotated[float | None, typer.Option(help="Length of the window in seconds.")] = None,
    size: Annotated[str, typer.Option(help="Width and height in pixels.")] = "1600x1000",
    scale: Annotated[float, typer.Option(help="Device pixels for each pixel of the size.")] = 1.0,
    theme: Annotated[
        str | None,
        typer.Option(help="dark or light.", autocompletion=one_of("dark", "light")),
    ] = None,
    speed: Annotated[
        float, typer.Option(help="Of a clip: seconds of the recording in a second of it.")
    ] = 1.0,
    set_vars: SetVars = None,
    allow_remote: Remote = False,
    quiet: Quiet = False,
) -> None:
    """Draw a session into a picture or a clip, without a display."""
    from loupe.cli import render as command

    leave(
        command.run(
            session,
            out,
            start=start,
            window=window,
            size=size,
            scale=scale,
            theme=theme,
            set_vars=set_vars or [],
            allow_remote=allow_remote,
            quiet=quiet,
            speed=speed,
        )
    )


@app.command(epilog="Example: loupe validate sessions/*.toml --format github")
def validate(
    sessions: Annotated[
        list[str], typer.Argument(help="Session files or patterns; - is standard input.")
    ],
    style: Findings = "full",
    strict: Strict = False,
    no_data: Annotated[
        bool, typer.Option("--no-data", help="Check the files alone and open no data.")
    ] = False,
    set_vars: SetVars = None,
    allow_remote: Remote = False,
    allow_write: Write = None,
    quiet: Quiet = False,
) -> None:
    """Say everything that is wrong with sessions and their data.

    Exit code 0: nothing is wrong. 1: there are findings. 2: a file cannot be opened.
    """
    from loupe.cli import validate as command

    leave(
        command.run(
            sessions,
            style=style,
            strict=strict,
            no_data=no_data,
            set_vars=set_vars or [],
            allow_remote=allow_remote,
            allow_write=allow_write or [],
            quiet=quiet,
        )
    )


@app.command(epilog="Example: loupe schema > loupe.schema.json")
def schema(
    which: Annotated[
        str,
        typer.Argument(
            help="session, states or preset.",
            metavar="[WHICH]",
            autocompletion=one_of("session", "states", "preset"),
        ),
    ] = "session",
    quiet: Quiet = False,
) -> None:
    """Print the JSON Schema that editors complete session files with."""
    from loupe.cli import schema as command

    del quiet  # there is nothing but the result
    leave(command.run(which))


@app.command(epilog="Example: loupe config night.toml --origins")
def config(
    session: Annotated[str, typer.Argument(help="The session.")],
    style: Annotated[
        str,
        typer.Option("--format", help="toml or json.", autocompletion=one_of("toml", "json")),
    ] = "toml",
    origins: Annotated[
        bool, typer.Option("--origins", help="Say where each value comes from.")
    ] = False,
    set_vars: SetVars = None,
    allow_remote: Remote = False,
    allow_write: Write = None,
    quiet: Quiet = False,
) -> None:
    """Print the session as it is understood, everything filled in."""
    from loupe.cli import config as command

    leave(
        command.run(
            session,
            style=style,
            origins=origins,
            set_vars=set_vars or [],
            allow_remote=allow_remote,
            allow_write=allow_write or [],
            quiet=quiet,
        )
    )


@app.command(epilog="Example: loupe migrate old.toml --diff")
def migrate(
    sessions: Annotated[list[str], typer.Argument(help="Session files or patterns.")],
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 if a file is old.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Change nothing; print what would change.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Bring session files to the current version; comments stay."""
    from loupe.cli import migrate as command

    leave(command.run(sessions, check=check, diff=diff, quiet=quiet))


@app.command(epilog="Example: loupe keys night.toml")
def keys(
    session: Annotated[
        str | None, typer.Argument(help="A session, for its states and its own keys.")
    ] = None,
    set_vars: SetVars = None,
    allow_remote: Remote = False,
    quiet: Quiet = False,
) -> None:
    """List every action with its keys."""
    from loupe.cli import keys as command

    leave(command.run(session, set_vars=set_vars or [], allow_remote=allow_remote, quiet=quiet))


@app.command(epilog="Example: loupe demo my-demo --kind probe --hours 0.5")
def demo(
    folder: Annotated[str, typer.Argument(help="A new folder for the recording.")],
    kind: Annotated[
        str,
        typer.Option(
            help="sleep, probe or imaging.", autocompletion=one_of("sleep", "probe", "imaging")
        ),
    ] = "sleep",
    hours: Annotated[float | None, typer.Option(help="Length of the recording.")] = None,
    seed: Annotated[int, typer.Option(help="The same number gives the same data.")] = 0,
    quiet: Quiet = False,
) -> None:
    """Write a synthetic recording with its session."""
    from loupe.cli import demo as command

    leave(command.run(folder, kind=kind, hours=hours, seed=seed, quiet=quiet))


@app.command(epilog="Example: loupe init night.zarr spikes.parquet cam.mp4 -o night.toml")
def init(
    files: Annotated[
        list[str] | None,
        typer.Argument(help="Recordings, tables, label files, videos; or patterns."),
    ] = None,
    out: Annotated[str, typer.Option("-o", "--out", help="The session to write.")] = "session.toml",
    states: Annotated[
        bool, typer.Option("--states", help="Write example state definitions beside it.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Write a first session for files, to be edited."""
    from loupe.cli import init as command

    leave(command.run(files or [], out=out, states=states, quiet=quiet))


@app.command("inspect", epilog="Example: loupe inspect night.zarr cam.mp4")
def inspect_files(
    files: Annotated[
        list[str], typer.Argument(help="Recordings, tables, label files, videos; or patterns.")
    ],
    style: TextOrJson = "text",
    quiet: Quiet = False,
) -> None:
    """Say what is in files: variables, rates, columns, states, frames."""
    from loupe.cli import inspect_

    leave(inspect_.run(files, style=style, quiet=quiet))


@app.command(epilog="Example: loupe readers")
def readers(quiet: Quiet = False) -> None:
    """List the formats of data and labels that can be opened."""
    from loupe.cli import readers as command

    leave(command.run(quiet=quiet))


@app.command(epilog="Example: loupe doctor")
def doctor(quiet: Quiet = False) -> None:
    """Say what this machine has, what is missing, how to install it."""
    from loupe.cli import doctor as command

    leave(command.run(quiet=quiet))


@overview_app.command("build", epilog="Example: loupe overview build night.toml --workers 4")
def overview_build(
    path: Annotated[str, typer.Argument(help="A session, or a zarr store or netCDF file.")],
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads; by default one a processor.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Work on this dask scheduler's cluster.")
    ] = None,
    where: Annotated[
        str,
        typer.Option(
            help="beside the recording, or cache.", autocompletion=one_of("beside", "cache")
        ),
    ] = "beside",
    set_vars: SetVars = None,
    allow_remote: Remote = False,
    quiet: Quiet = False,
) -> None:
    """Make the overview files of a session's arrays, or go on making them."""
    from loupe.cli import overview as command

    leave(
        command.build(
            path,
            workers=workers,
            scheduler=scheduler,
            where=where,
            set_vars=set_vars or [],
            allow_remote=allow_remote,
            quiet=quiet,
        )
    )


_SHORT = frozenset({"--help", "-h", "--version", "schema", "keys"})
"""First words of runs that are over in no time; `validate` is, where it opens no data."""


def _with_command(arguments: Sequence[str]) -> list[str]:
    """``loupe night.toml`` as ``loupe open night.toml``."""
    found = list(arguments)
    if found and not found[0].startswith("-"):
        names = {command.name for command in app.registered_commands if command.name}
        names |= {
            command.callback.__name__ for command in app.registered_commands if command.callback
        }
        names |= {group.name for group in app.registered_groups if group.name}
        is_file = os.path.exists(found[0]) or "." in found[0] or os.sep in found[0]
        if found[0] not in names and is_file:
            found.insert(0, "open")
    return found


def _as_utf8() -> None:
    """What is redirected is UTF-8 on every system, and no character ends a run."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = None if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code.

    Parameters
    ----------
    arguments
        Without the program's name; None stands for those of the process.
    """
    given = sys.argv[1:] if arguments is None else arguments
    if arguments is None:
        _as_utf8()
    # Plugins of pydantic would be looked for in every installed package, at every start.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    if not given or given[0] in _SHORT or (given[0] == "validate" and "--no-data" in given):
        gc.disable()  # a tenth of the time of a process that ends before it would matter
    try:
        app(args=_with_command(given), prog_name="loupe")
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else int(done.code is not None)
    except LoupeError as error:
        typer.echo(error.render(), err=True)
        code = 1 if hasattr(error, "report") else 2
    except OSError as error:
        typer.echo(refused(error).render(), err=True)
        code = 2
    except BaseException as error:  # noqa: BLE001 - panics of compiled libraries are no Exception
        from loupe.cli.faults import fault_message

        typer.echo(fault_message(error, given), err=True)
        code = 2
    finally:
        gc.enable()
    if arguments is None:
        gc.freeze()  # else the interpreter would search all of it for cycles before it ends
    return code
