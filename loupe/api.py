"""`loupe.view`: the Python door. Builds the same session that a file would, and opens it."""

from __future__ import annotations

import sys
from inspect import Parameter, cleandoc, signature
from textwrap import fill
from typing import TYPE_CHECKING, Any

from loupe.session.build import argument_docs, argument_places, build_session

if TYPE_CHECKING:
    from loupe.ui.handle import WindowHandle

__all__ = ["view"]


def view(
    data: object = None,
    *,
    block: bool | None = None,
    allow_remote: bool = False,
    **arguments: Any,
) -> WindowHandle:
    """Open a window.

    Parameters
    ----------
    data
        A config (`TraceConfig`, `HeatmapConfig`, `RasterConfig`, `Zip`) or a list of them, the
        first at the top; None for videos or labels alone. Where a config takes data it also takes
        `tunable(function, …)`, whose parameters become sliders.
    block
        Whether to wait until the window is closed. By default a script waits, and an IPython
        session with the Qt event loop (``%gui qt6``) does not.
    allow_remote
        Whether data may come from the network, for paths such as ``s3://bucket/lfp.zarr``.
    arguments
        Everything else that a session holds.

    Returns
    -------
    WindowHandle
        What scripts ask of the window: its labels, cursor, selection; valid after closing too.

    Raises
    ------
    LoupeTypeError
        For a bare array or table: the message says how to wrap it.
    LoupeConfigError
        For arguments that cannot be right.
    """
    session = build_session(data, **arguments)
    from loupe.ui.handle import open_window

    handle = open_window(session, allow_remote=allow_remote)
    if block if block is not None else not _loop_runs():
        handle.block()
    return handle


def _name_arguments() -> None:
    """Put every argument of a session into what a notebook shows of `view` and completes."""
    whole = signature(view)
    named = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None)
        for name in argument_places()
        if name not in whole.parameters
    ]
    own = [p for p in whole.parameters.values() if p.kind is not Parameter.VAR_KEYWORD]
    view.__signature__ = whole.replace(parameters=[*own, *named])  # type: ignore[attr-defined]
    docs = argument_docs()
    lines = [
        f"{p.name}\n{fill(docs[p.name], 96, initial_indent=' ' * 4, subsequent_indent=' ' * 4)}"
        for p in named
    ]
    general = "arguments\n    Everything else that a session holds."
    view.__doc__ = cleandoc(view.__doc__ or "").replace(general, "\n".join(lines))


_name_arguments()


def _loop_runs() -> bool:
    """Whether IPython runs Qt's event loop, so that a window lives beside the prompt."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return str(getattr(shell, "active_eventloop", None) or "").startswith("qt")
