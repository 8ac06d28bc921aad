"""Asks for names of files, and shows in the window what goes wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from loupe.errors import LoupeError
from loupe.session.diagnostics import SessionError
from loupe.ui.panels.errors import Fault

if TYPE_CHECKING:
    from loupe.ui.app import LoupeWindow

__all__ = ["ask_open", "ask_save", "attempt"]


def ask_open(
    window: LoupeWindow, title: str, filters: str, chosen: Callable[[str], None]
) -> QFileDialog:
    """Ask for a file that is there; not modal to the program's other windows."""
    dialog = QFileDialog(window.widget, title, window.folder, filters)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(chosen)
    dialog.open()
    return dialog


def ask_save(
    window: LoupeWindow, title: str, filters: str, name: str, chosen: Callable[[str], None]
) -> None:
    """Ask where to write a file, `name` by default; it asks before one is written over."""
    dialog = QFileDialog(window.widget, title, window.folder, filters)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    # A name without an ending gets the chosen one's, before it is asked about writing over.
    dialog.setDefaultSuffix(_ending(dialog.selectedNameFilter()))
    dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(_ending(chosen)))
    dialog.selectFile(name)
    dialog.fileSelected.connect(chosen)
    dialog.open()


def _ending(name_filter: str) -> str:
    """The first ending of a filter such as ``Sessions (*.toml)``, without its dot."""
    found = re.search(r"\(\*\.([^\s)]+)", name_filter)
    return "" if found is None else found[1]


def attempt(
    window: LoupeWindow,
    where: str,
    work: Callable[[], object],
    ways: Mapping[str, Callable[[LoupeError], object]] = MappingProxyType({}),
) -> bool:
    """Do something with files; what goes wrong is shown in the window. Whether it went well.

    Parameters
    ----------
    where
        What it is about, for errors that do not say so.
    ways
        Out of some errors, by their code: called instead of showing them.
    """
    try:
        work()
    except (OSError, UnicodeError) as error:
        if window.is_open:
            reason = getattr(error, "strerror", None) or str(error)
            window.core.report(where, LoupeError(f"cannot be read or written: {reason}"))
    except SessionError as error:
        if not window.is_open:
            return False
        for found in error.report.errors:
            place = f"{found.file}:{found.line}:{found.column}"
            window.add_fault(Fault(place, found.message, found.hint))
    except LoupeError as error:
        if not window.is_open:
            return False
        if error.code in ways:
            ways[error.code](error)
        else:
            window.core.report(error.where or where, error)
    else:
        return True
    return False
