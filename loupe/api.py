"""`loupe.view`: the Python door. Builds the same session that a file would, and opens it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from loupe.session.build import build_session

if TYPE_CHECKING:
    from loupe.ui.handle import WindowHandle

__all__ = ["view"]


def view(data: object = None, *, block: bool | None = None, **arguments: Any) -> WindowHandle:
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
    arguments
        Everything else that a session holds, by the names in
        `loupe.session.build.VIEW_ARGUMENTS`: ``window_len``, ``videos``, ``global_events``,
        ``interval_labels``, ``keymap``, ``label_colors`` and so on.

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

    handle = open_window(session)
    if block if block is not None else not _loop_runs():
        handle.block()
    return handle


def _loop_runs() -> bool:
    """Whether IPython runs Qt's event loop, so that a window lives beside the prompt."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return str(getattr(shell, "active_eventloop", None) or "").startswith("qt")
