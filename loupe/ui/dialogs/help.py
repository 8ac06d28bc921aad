"""The help window: every key and gesture, from the tables; and what this program is."""

from __future__ import annotations

import html
import sys

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QTextBrowser, QWidget

from loupe.app.actions import GROUPS
from loupe.app.gestures import GESTURES
from loupe.app.keymap import conflicts, display
from loupe.ui.desk import Desk
from loupe.ui.dialogs.base import LiveDialog

__all__ = ["AboutDialog", "HelpDialog", "help_rows"]


def help_rows(desk: Desk) -> list[tuple[str, str, str, str]]:
    """Lines of the help: section, keys or gesture, title, what it does."""
    rows = []
    for group in GROUPS:
        for action in desk.actions:
            if action.group == group:
                keys = ", ".join(display(key, sys.platform) for key in action.keys)
                rows.append((group, keys, action.title, action.help))
    for gesture in GESTURES:
        held = "+".join((*gesture.mods, gesture.gesture))
        rows.append(("Mouse and touchpad", f"{held}, {gesture.place}", gesture.title, gesture.help))
    titles = {action.id: action.title for action in desk.actions}
    for conflict in conflicts(desk.actions):
        if conflict.kind == "shared":
            first, second = titles[conflict.first], titles[conflict.second]
            text = f"{first} while time is selected or in epoch mode; otherwise {second}."
            rows.append(("Keys with two meanings", conflict.chord, first, text))
    return rows


class HelpDialog(LiveDialog):
    """A searchable page."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, "Shortcuts and help", parent)
        self._find = QLineEdit()
        self._find.setPlaceholderText("Find a key or a word")
        self._find.setAccessibleName("Find a key or a word")
        self._find.setClearButtonEnabled(True)
        self._find.textChanged.connect(lambda _: self._fill())
        self._page = QTextBrowser()
        self._page.setAccessibleName("Keys and gestures")
        self.box.addWidget(self._find)
        self.box.addWidget(self._page, 1)
        self.resize(680, 640)
        self._fill()
        self.finish(stretch=True)
        self._find.setFocus()

    @property
    def text(self) -> str:
        """What the page says."""
        return self._page.toPlainText()

    def _fill(self) -> None:
        wanted = self._find.text().casefold().split()
        dim = self.desk.look.theme.dim.hex()
        parts = ["<table cellspacing='0' cellpadding='3' width='100%'>"]
        section = ""
        for group, keys, title, text in help_rows(self.desk):
            if not all(word in f"{group} {keys} {title} {text}".casefold() for word in wanted):
                continue
            if group != section:
                section = group
                parts.append(f"<tr><td colspan='2'><br><b>{html.escape(group)}</b></td></tr>")
            shown = html.escape(keys) or "–"
            parts.append(
                f"<tr><td width='34%' valign='top'>{shown}</td>"
                f"<td>{html.escape(title)} <span style='color:{dim}'>{html.escape(text)}</span>"
                "</td></tr>"
            )
        parts.append("</table>")
        self._page.setHtml("".join(parts))


class AboutDialog(LiveDialog):
    """Name, version, licence."""

    def __init__(self, desk: Desk, version: str, parent: QWidget | None = None) -> None:
        super().__init__(desk, "About Loupe", parent)
        name = QLabel(f"Loupe {version}")
        name.setProperty("role", "title")
        text = QLabel(
            "Viewer and labeller for long multichannel recordings.\n"
            "BSD 3-Clause licence. No network, no telemetry."
        )
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.box.addWidget(name)
        self.box.addWidget(text)
        self.setMinimumWidth(360)
        self.finish()
