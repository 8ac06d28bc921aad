"""Watches the label files of a window, and asks what is to happen when others changed one.

What can be done is `LabelFiles`'s business; nothing is done here unless a person chose it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from loupe.app import commands
from loupe.errors import LoupeError
from loupe.ui import views
from loupe.ui.dialogs.outside import OutsideDialog
from loupe.ui.label_files import Outside
from loupe.ui.panels.errors import Fault
from loupe.ui.watch import FileWatch

if TYPE_CHECKING:
    from loupe.ui.app import LoupeWindow

__all__ = ["LabelChanges"]

_LOOK = "Look\N{HORIZONTAL ELLIPSIS}"


class LabelChanges:
    """Label files that others change, for one window.

    Parameters
    ----------
    save, export
        Write a set anew over its file that is gone; ask for the name of another file.
    """

    def __init__(
        self,
        window: LoupeWindow,
        save: Callable[[int], object],
        export: Callable[[int], None],
    ) -> None:
        self._window = window
        self._save = save
        self._export = export
        self.dialog: OutsideDialog | None = None
        self._watch = FileWatch(window.widget, self._changed)
        window.widget.errors.offered.connect(self._answered)
        self.follow()

    def follow(self) -> None:
        """Watch the files of the sets that are open now."""
        self._watch.follow(self._window.files.paths.values())

    def look(self) -> None:
        """Note every file that others changed since it was read or saved here."""
        self._watch.look()

    def _changed(self, paths: Collection[Path]) -> None:
        for index, path in self._window.files.paths.items():
            if path not in paths:
                continue
            fault = self._fault(index)
            store = self._window.files.store(index)
            try:
                changed = store is not None and store.changed_outside()
            except LoupeError:
                changed = True
            if changed:
                self._window.add_fault(fault)
            else:
                self._window.widget.errors.discard(fault)

    def _fault(self, index: int) -> Fault:
        track = self._window.state.tracks[index]
        message = "was changed by another program."
        return Fault(track.name, message, "", (_LOOK,), f"outside:{track.id}")

    def _answered(self, fault: Fault, answer: str) -> None:
        kind, _, track_id = fault.key.partition(":")
        if kind != "outside" or answer != _LOOK:
            return
        index = views.track_index(self._window.state, track_id)
        if index is None:
            self._window.widget.errors.discard(fault)
        else:
            self.ask(index)

    def ask(self, index: int) -> None:
        """Open the dialog about a set's file; say so if nobody changed it."""
        window = self._window
        if index not in window.files.paths:
            window.core.say(f"{window.state.tracks[index].name} has no file of its own.")
            return
        try:
            found = window.files.outside(index, window.state)
        except LoupeError as error:
            window.core.report(window.state.tracks[index].name, error)
            return
        if found is None:
            window.widget.errors.discard(self._fault(index))
            window.core.say(f"{window.state.tracks[index].name} is as it was read or saved here.")
            return
        if self.dialog is not None:
            self.dialog.reject()
        track_id = window.state.tracks[index].id
        self.dialog = OutsideDialog(
            window.desk, found, lambda answer: self._do(track_id, found, answer), window.widget
        )
        self.dialog.finished.connect(self._forget)
        self.dialog.open()

    def _forget(self, _: int) -> None:
        self.dialog = None

    def _do(self, track_id: str, found: Outside, answer: str) -> None:
        index = views.track_index(self._window.state, track_id)
        if index is None:
            return  # the session was read again meanwhile, and has no such set any more
        if answer == "export":
            self._export(index)
        elif answer == "write":
            self._save(index)
        else:
            self._take(index, found, ours=answer == "merge")

    def _take(self, index: int, found: Outside, *, ours: bool) -> None:
        window = self._window
        before = window.state.tracks[index].history
        try:
            after = window.files.take(index, found, window.state, ours=ours)
        except LoupeError as error:
            window.core.report(found.name, error)
            return
        window.widget.errors.discard(self._fault(index))
        undo = window.desk.key("edit.undo")
        changed = len(after.tracks[index].history.done) > len(before.done)
        back = f" {undo} takes that back." if changed and undo else ""
        done = "was merged with the file." if ours else "was read again."
        window.desk.run(commands.ReplaceState(after, f"{found.name} {done}{back}"))

    def close(self) -> None:
        """Watch nothing any more."""
        self._watch.close()
