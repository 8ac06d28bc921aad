"""`loupe open`: a window on a session file or a recording."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from loupe.cli.faults import hook
from loupe.cli.progress import shown_progress
from loupe.errors import LoupeConfigError

if TYPE_CHECKING:
    from loupe.session.model import Session

__all__ = ["run"]


def run(
    path: str,
    preset: str | None = None,
    watch: bool = False,
    set_vars: Sequence[str] = (),
    allow_remote: bool = False,
    allow_write: Sequence[str] = (),
    theme: str | None = None,
    *,
    quiet: bool = False,
) -> int:
    """Open a window and stay until the last one is closed; the exit code.

    Parameters
    ----------
    path
        Session file, array store, folder of npy pairs, table, video or label file.
    preset
        A view preset to lay over the session.
    watch
        Reload whenever the session file is saved.
    set_vars
        ``NAME=VALUE`` texts for ``${NAME}``.
    allow_write
        Further folders in which the session may have label files written.
    theme
        "dark", "light" or "system"; the session's by default.
    quiet
        Show neither warnings nor progress in the terminal until the window is there.

    Raises
    ------
    LoupeError
        If the session is wrong, or no window can be opened here.
    """
    from loupe.cli.opening import load_for_cli, parse_vars

    with shown_progress("Opening", quiet=quiet) as tell:
        tell(0, 0, path)
        session = load_for_cli(
            path,
            set_vars=set_vars,
            allow_remote=allow_remote,
            allow_write=allow_write,
            quiet=quiet,
        )
        if theme is not None:
            session = with_theme(session, theme)
        from loupe.ui.app import application, open_session
        from loupe.ui.display import require_display

        require_display()
        app = application()
        # Ctrl+C in the terminal ends the program at once; edits of labels are in their journals.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        sys.excepthook = hook
    # What is imported by now lives as long as the process: the collector of cycles need not go
    # through it again and again, which stops the window for a tenth of a second and more.
    gc.freeze()
    window = open_session(session, path=Path(path), allow_remote=allow_remote)
    window.file_requests.variables = parse_vars(set_vars)
    window.file_requests.allow_write = tuple(allow_write)
    if preset is not None:
        window.file_requests.sessions.apply_preset(preset)
    if watch:
        window.file_requests.watch()
    return int(app.exec())


def with_theme(session: Session, theme: str) -> Session:
    """The session with another theme.

    Raises
    ------
    LoupeConfigError
        If there is no such theme.
    """
    if theme not in ("dark", "light", "system"):
        raise LoupeConfigError(
            f"there is no theme `{theme}`", hint="use dark, light or system", code="open-theme"
        )
    view = session.view.model_copy(update={"theme": theme})
    return session.model_copy(update={"view": view}).with_base(session.base)
