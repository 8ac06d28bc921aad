"""`loupe labels …`: the commands with their help; `loupe.cli.labels` does the work."""

from typing import Annotated

import typer

from loupe.cli.arguments import (
    Epoch,
    Findings,
    FromFormat,
    Quiet,
    Strict,
    TableSchema,
    TextOrJson,
    leave,
)

__all__ = ["labels_app"]

labels_app = typer.Typer(
    name="labels",
    help="Convert, check, count and compare label files.",
    epilog="Example: loupe labels stats night.htsv",
    rich_markup_mode=None,
    no_args_is_help=True,
)


@labels_app.command("convert", epilog="Example: loupe labels convert hypnogram.txt hypnogram.csv")
def labels_convert(
    src: Annotated[str, typer.Argument(help="The label file to read.")],
    out: Annotated[str, typer.Argument(help="The label file to write.")],
    from_: Annotated[
        str | None, typer.Option("--from", help="Format of the first; default: by extension.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", help="Format of the second; default: by extension.")
    ] = None,
    table_schema: TableSchema = None,
    states: Annotated[
        str | None,
        typer.Option("--states", help="A vocabulary by name, or a JSON file from old to new."),
    ] = None,
    lossy: Annotated[
        bool, typer.Option("--lossy", help="Write even if something is lost.")
    ] = False,
    snap: Annotated[
        float | None,
        typer.Option(
            "--snap", metavar="SECONDS", help="Round the times of a Visbrain file to this step."
        ),
    ] = None,
    epoch: Epoch = None,
    quiet: Quiet = False,
) -> None:
    """Convert a label file. Whatever the new format cannot hold is named, and refused."""
    from loupe.cli import labels as command

    leave(
        command.convert(
            src,
            out,
            from_=from_,
            to=to,
            schema=table_schema,
            states=states,
            lossy=lossy,
            snap=snap,
            epoch=epoch,
            quiet=quiet,
        )
    )


@labels_app.command("validate", epilog="Example: loupe labels validate *.htsv --format json")
def labels_validate(
    paths: Annotated[list[str], typer.Argument(help="Label files.")],
    table_schema: TableSchema = None,
    from_: FromFormat = None,
    epoch: Epoch = None,
    style: Findings = "full",
    strict: Strict = False,
    quiet: Quiet = False,
) -> None:
    """Say what is wrong with label files, by row."""
    from loupe.cli import labels as command

    leave(
        command.validate(
            paths,
            schema=table_schema,
            from_=from_,
            epoch=epoch,
            format=style,
            strict=strict,
            quiet=quiet,
        )
    )


@labels_app.command("stats", epilog="Example: loupe labels stats night.htsv")
def labels_stats(
    path: Annotated[str, typer.Argument(help="The label file.")],
    table_schema: TableSchema = None,
    from_: FromFormat = None,
    epoch: Epoch = None,
    style: TextOrJson = "text",
    quiet: Quiet = False,
) -> None:
    """Print totals, bouts and latencies of each state."""
    from loupe.cli import labels as command

    leave(
        command.stats(
            path, schema=table_schema, from_=from_, epoch=epoch, format=style, quiet=quiet
        )
    )


@labels_app.command("diff", epilog="Example: loupe labels diff anna.htsv ben.htsv")
def labels_diff(
    a: Annotated[str, typer.Argument(help="The first label file.")],
    b: Annotated[str, typer.Argument(help="The second label file.")],
    table_schema: TableSchema = None,
    from_: FromFormat = None,
    epoch: Epoch = None,
    quiet: Quiet = False,
) -> None:
    """Say what differs between two label files. Exit code 1 if anything does."""
    from loupe.cli import labels as command

    leave(command.diff(a, b, schema=table_schema, from_=from_, epoch=epoch, quiet=quiet))
