"""What went wrong while the rest works: one line a fault, with its cause and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from loupe.ui.aloud import announce

__all__ = ["ErrorsPanel", "Fault"]

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: which row or file, what is wrong, what to do.

    `offers` are buttons that lead out; the panel's signal says which was pressed. `key` tells
    the one who answers what the fault is about.
    """

    where: str
    message: str
    hint: str = ""
    offers: tuple[str, ...] = ()
    key: str = ""

    @property
    def asks(self) -> bool:
        """Whether it is a question: it stays until one of its answers is chosen."""
        return len(self.offers) > 1


class ErrorsPanel(QFrame):
    """A note above the plots; never in the way, closed by its button.

    Signals
    -------
    offered(object, str)
        The `Fault` whose button was pressed, and the text of the button.
    """

    offered = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Problems")
        self._faults: tuple[Fault, ...] = ()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(16, 6, 8, 6)
        self._box.setSpacing(2)
        self.hide()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is shown."""
        return self._faults

    def add(self, fault: Fault) -> None:
        """Show one more fault; one that is shown already is not repeated."""
        if fault not in self._faults:
            self.show_faults((*self._faults, fault))
            announce(self, f"{fault.where}: {fault.message}")

    def discard(self, fault: Fault) -> None:
        """Take a fault off the list."""
        self.show_faults([other for other in self._faults if other != fault])

    def dismiss(self) -> None:
        """Take away what can only be read, and leave what waits for an answer."""
        self.show_faults([fault for fault in self._faults if fault.asks])

    def keep_offers(self) -> None:
        """Take away everything but what has a button, as before it is all looked at again."""
        self.show_faults([fault for fault in self._faults if fault.offers])

    def show_faults(self, faults: Sequence[Fault]) -> None:
        """Show exactly these, those with offers first; hide without any."""
        self._faults = tuple(sorted(faults, key=lambda fault: not fault.offers))
        while (item := self._box.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        # What has a button would be out of reach among "and 3 more".
        shown = max(_SHOWN, sum(bool(fault.offers) for fault in self._faults))
        closable = next((fault for fault in self._faults if not fault.asks), None)
        for fault in self._faults[:shown]:
            self._box.addWidget(self._line(fault, closable=fault is closable))
        rest = self._faults[shown:]
        if rest:
            more = QLabel(f"and {len(rest)} more")
            more.setProperty("role", "small")
            more.setToolTip("\n".join(f"{f.where}: {f.message}" for f in rest))
            self._box.addWidget(more)
        self.setVisible(bool(self._faults))

    def _line(self, fault: Fault, *, closable: bool) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        where = QLabel(f"⚠ {fault.where}")
        where.setProperty("role", "warning")
        text = QLabel(fault.message if not fault.hint else f"{fault.message}  {fault.hint}")
        text.setWordWrap(True)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(where, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(text, 1)
        for offer in fault.offers:
            button = QPushButton(offer)
            button.clicked.connect(lambda _=False, f=fault, o=offer: self.offered.emit(f, o))
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        if closable:
            close = QPushButton("Dismiss")
            close.clicked.connect(lambda _=False: self.dismiss())
            row.addWidget(close, 0, Qt.AlignmentFlag.AlignVCenter)
        return line
