"""A faulty document mended just enough to look for further faults.

After schema errors, misspelt keys are read as what they nearly say, missing
ones are invented and wrong values taken out, until the rest is a valid session.
So one run can report the faults across fields too. Places in the mended part
are told in terms of the document, and whatever was invented is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from loupe.session.base import Fault, Place
from loupe.session.model import Session
from loupe.session.wording import example_at, explain_all

__all__ = ["Salvage", "salvage"]

_ROUNDS = 40


class Salvage:
    """A valid part of a document.

    Attributes
    ----------
    session
        The part, or None when nothing could be kept.
    touched
        Places of the document that were invented or taken out.
    further
        Schema faults, by their places in the document, of plots whose kind could be read only
        after mending it.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self.session: Session | None = None
        self.touched: set[Place] = set()
        self.further: list[Fault] = []
        self._kinds: set[Place] = set()
        self._kept: dict[Place, list[int]] = {}
        self._renamed: dict[Place, Place] = {}
        self.tree: dict[str, Any] = self._copy(data, ())

    def _copy(self, value: Any, place: Place) -> Any:
        if isinstance(value, dict):
            return {key: self._copy(entry, (*place, key)) for key, entry in value.items()}
        if isinstance(value, list):
            self._kept[place] = list(range(len(value)))
            return [self._copy(entry, (*place, n)) for n, entry in enumerate(value)]
        return value

    def whole(self, place: Place) -> Place:
        """A place of the part as a place of the document."""
        there: Place = ()
        for part in place:
            kept = self._kept.get(there)
            if kept is not None and isinstance(part, int) and part < len(kept):
                part = kept[part]
            there = (*there, part)
            there = self._renamed.get(there, there)
        return there

    def is_touched(self, place: Place) -> bool:
        """Whether a place of the part, or a table around it, is not as the document has it."""
        there = self.whole(place)
        return any(there[: len(known)] == known for known in self.touched)

    def mend(self, fault: Fault) -> None:
        """Make the part right at one fault."""
        *start, last = fault.place
        holder: Any = self.tree
        try:
            for part in start:
                holder = holder[part]
        except (KeyError, IndexError, TypeError):
            return
        there = self.whole(fault.place)
        if fault.code == "schema-missing-key":
            example = example_at(Session, self._tagged(fault.place))
            if isinstance(holder, dict):
                # A copy: what is mended later must not change the example of the field.
                holder[last] = deepcopy(example)
                self.touched.add(there)
        elif fault.code == "schema-unknown-key" and fault.near and fault.near not in holder:
            holder[fault.near] = holder.pop(last)
            self._renamed[(*there[:-1], fault.near)] = there
            self._note_kind(fault.near, there)
        elif fault.code == "schema-choice" and fault.near:
            holder[last] = fault.near
            self._note_kind(last, there)
        else:
            self._take_out(holder, last, fault.place, there)

    def _note_kind(self, key: str | int, there: Place) -> None:
        if key == "kind":
            self._kinds.add(there[:-1])

    def note_further(self, faults: Iterable[Fault]) -> None:
        """Keep the faults of plots whose kind was mended."""
        for fault in faults:
            there = self.whole(fault.place)
            mended = any(there[: len(known)] == known for known in self._kinds)
            if mended and not self.is_touched(fault.place):
                self.further.append(fault.at(there))

    def _take_out(self, holder: Any, last: str | int, place: Place, there: Place) -> None:
        try:
            del holder[last]
        except (KeyError, IndexError, TypeError):
            return
        if isinstance(holder, list) and isinstance(last, int):
            del self._kept[self.whole(place[:-1])][last]
        self.touched.add(there)

    def _tagged(self, place: Place) -> Place:
        """A place with the kind of its plot put in, which says what its fields are."""
        if len(place) < 2 or place[0] != "plots":
            return place
        plot = self.tree["plots"][place[1]]
        kind = plot.get("kind") if isinstance(plot, dict) else None
        return (*place[:2], kind, *place[2:]) if isinstance(kind, str) else place


def _from_the_end(fault: Fault) -> tuple[tuple[int, int, str], ...]:
    """Sorts faults so that later entries of a list are mended before earlier ones."""
    return tuple(
        (1, part, "") if isinstance(part, int) else (0, 0, str(part)) for part in fault.place
    )


def salvage(data: dict[str, Any], faults: Iterable[Fault]) -> Salvage:
    """Mend a document until it is a session.

    Parameters
    ----------
    data
        A document that is no valid session; it is not changed.
    faults
        What is wrong with it, as `explain_all` tells it.
    """
    found = Salvage(data)
    wanted = list(faults)
    for _ in range(_ROUNDS):
        for fault in sorted(wanted, key=_from_the_end, reverse=True):
            if fault.place:
                found.mend(fault)
        try:
            found.session = Session.model_validate(found.tree)
        except ValidationError as error:
            again = explain_all(Session, error.errors(include_url=False), found.tree)
            found.note_further(again)
            if again == wanted:  # mending did not help: the values have to go
                again = [Fault(fault.place, "schema-value", "") for fault in again]
            wanted = again
        else:
            return found
    return found
