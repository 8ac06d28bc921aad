"""Documents and how they join: `extends`, `[vars]`, and where each value came from.

Works on plain data of TOML files, before any model. Every finding is a `Fault`
with its place in one document.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from loupe.session.base import Fault, Place
from loupe.session.diagnostics import Diagnostic
from loupe.session.migrate import MIGRATIONS, migrate_text, version_of
from loupe.session.model import SESSION_VERSION
from loupe.session.spans import LineMap, Located, TextSpan, TooDeepError, check_limits, scan
from loupe.session.suggest import did_you_mean, suggestion
from loupe.session.wording import HUGE_BITS

__all__ = ["Composed", "Document", "join", "parse_document", "substitute"]

MAX_CHAIN = 16
"""Longest chain of `extends`."""

MAX_KEYS = 10_000
"""Most keys of one document; beyond it, checking would take longer than anyone waits."""

MAX_FAULTS = 500
"""Most faults of one kind that are told of one session."""

MAX_FILLED = 1 << 22
"""Most characters of all texts of a session together in which variables were filled in."""

_LIMITS = {
    "syntax-depth": "flatten it",
    "syntax-size": "move data into files of their own",
}
_LISTS = ("plots", "videos", "labels")
_MANY_DIGITS = re.compile(r"[0-9a-fA-F_]{1000,}")
_SYNTAX_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)\Z")


@dataclass(frozen=True, eq=False)
class Document:
    """One parsed file.

    Attributes
    ----------
    name
        As it is shown to people.
    folder
        What its relative paths are relative to.
    text, data
        The text (at the current version) and what it says.
    spans
        Place to spans.
    """

    name: str
    folder: Path
    text: str
    data: dict[str, Any]
    spans: Mapping[Place, Located]

    def span(self, fault: Fault) -> TextSpan:
        """Where a fault is shown.

        At an unknown key, at the header of a table that lacks a key, else at the value.
        """
        place = fault.place
        if fault.code == "schema-missing-key":
            place = place[:-1]
        while place not in self.spans and place:
            place = place[:-1]
        located = self.spans.get(place, Located(TextSpan(0, 0), TextSpan(0, 0)))
        at_key = ("schema-unknown-key", "session-unused-source")
        return located.key if fault.code in at_key else located.value

    @cached_property
    def lines(self) -> LineMap:
        """Lines and columns of the text."""
        return LineMap(self.text)

    def diagnostic(self, fault: Fault) -> Diagnostic:
        """A fault as a finding with its position in this file."""
        lines = self.lines
        span = self.span(fault)
        line, column = lines.position(span.start)
        end_line, end_column = lines.position(max(span.stop, span.start))
        return Diagnostic(
            self.name,
            line,
            column,
            end_line,
            end_column,
            fault.level,
            fault.code,
            fault.message,
            fault.hint,
            fault.place,
        )


def parse_document(text: str, name: str, folder: Path) -> tuple[Document | None, list[Diagnostic]]:
    """A text as a document, or the one finding that says why it is none.

    Returns
    -------
    document, findings
        The findings are a single error without a document; with one, a note on an old version.
    """
    try:
        check_limits(text)
        data = tomllib.loads(text)
        old = version_of(data)
        if old is not None and min(MIGRATIONS) <= old < SESSION_VERSION:
            text, _ = migrate_text(text)
            data = tomllib.loads(text)
    except TooDeepError as error:
        return None, [_at(name, text, error.offset, error.code, str(error), _LIMITS[error.code])]
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return None, [_syntax(name, text, str(error))]
    except ValueError:  # only int() of very many digits is left
        digits = _MANY_DIGITS.search(text)
        offset = digits.start() if digits else 0
        return None, [_at(name, text, offset, "syntax", "the number has too many digits", "")]
    document = Document(name, folder, text, data, scan(text))
    if (huge := _huge_number(data, ())) is not None:
        fault = Fault(huge, "syntax", "the number has too many digits")
        offset = document.span(fault).start
        return None, [_at(name, text, offset, fault.code, fault.message, "")]
    keys = (place for place in document.spans if place and isinstance(place[-1], str))
    if (first := next(islice(keys, MAX_KEYS, None), None)) is not None:
        message = f"there are more than {MAX_KEYS} keys"
        fault = Fault(first, "syntax-size", message, "move data into files of their own")
        return None, [document.diagnostic(fault)]
    if old is None or old == SESSION_VERSION:
        return document, []
    if old > SESSION_VERSION:
        fault = Fault(
            ("version",),
            "session-version-new",
            f"version {old} is newer than {SESSION_VERSION}, the newest that this Loupe knows",
            "install a newer Loupe",
        )
        return None, [document.diagnostic(fault)]
    if old < min(MIGRATIONS):
        return document, []
    fault = Fault(
        ("version",),
        "session-version-old",
        f"the file has version {old} and was read as version {SESSION_VERSION}",
        "`loupe migrate` brings the file up to date",
        "note",
    )
    return document, [document.diagnostic(fault)]


def _huge_number(value: Any, place: Place) -> Place | None:
    """Where an integer stands that no field takes and that Python would not even print."""
    entries: Iterable[tuple[str | int, Any]]
    if isinstance(value, dict):
        entries = value.items()
    elif isinstance(value, list):
        entries = enumerate(value)
    else:
        return place if isinstance(value, int) and value.bit_length() > HUGE_BITS else None
    return next(
        (found for key, part in entries if (found := _huge_number(part, (*place, key)))), None
    )


def _syntax(name: str, text: str, message: str) -> Diagnostic:
    lines = LineMap(text)
    offset = len(text)
    if match := _SYNTAX_PLACE.search(message):
        message = message[: match.start()]
        if match.group(1):
            offset = lines.offset(int(match.group(1)), int(match.group(2)))
    words = message[:1].lower() + message[1:]
    return _at(name, text, offset, "syntax", f"this is not TOML: {words}", "")


def _at(name: str, text: str, offset: int, code: str, message: str, hint: str) -> Diagnostic:
    lines = LineMap(text)
    if offset and offset >= len(text.rstrip()):
        offset = max(0, len(text.rstrip()) - 1)
    line, column = lines.position(offset)
    return Diagnostic(name, line, column, line, column + 1, "error", code, message, hint)


@dataclass
class Composed:
    """Several documents as one.

    Attributes
    ----------
    data
        The joined content.
    origins
        Place in `data` to the document and the place in it; a place that is missing here
        belongs to its nearest parent's document.
    """

    data: dict[str, Any] = field(default_factory=dict)
    origins: dict[Place, tuple[Document, Place]] = field(default_factory=dict)

    def origin(self, place: Place) -> tuple[Document, Place]:
        """The document that a place came from, and the place in that document."""
        for stop in range(len(place), -1, -1):
            if place[:stop] in self.origins:
                document, there = self.origins[place[:stop]]
                return document, there + place[stop:]
        raise KeyError(place)

    def diagnostic(self, fault: Fault) -> Diagnostic:
        """A fault of the joined content, at its place in the file that it came from."""
        document, place = self.origin(fault.place)
        return document.diagnostic(fault.at(place))


def join(documents: list[Document]) -> Composed:
    """Lay documents over each other.

    Parameters
    ----------
    documents
        The base first, the file itself last. Tables merge, later values win; `plots`,
        `videos` and `labels` append unless the later one's `extends` says ``replace``.
    """
    top = documents[-1]
    found = Composed(origins={(): (top, ())})
    for document in documents:
        extends = document.data.get("extends")
        how = extends if isinstance(extends, Mapping) else {}
        for key, value in document.data.items():
            if key == "extends":
                continue
            _lay(found, (key,), value, document, (key,), how.get(key))
    return found


def _lay(
    found: Composed, place: Place, value: Any, document: Document, there: Place, how: object
) -> None:
    parent: Any = found.data
    for part in place[:-1]:
        parent = parent[part]
    key = place[-1]
    old = parent.get(key)
    if isinstance(value, dict) and isinstance(old, dict):
        for name, entry in value.items():
            _lay(found, (*place, name), entry, document, (*there, name), None)
        return
    appends = place[0] in _LISTS and len(place) == 1 and how != "replace"
    if isinstance(value, list) and isinstance(old, list) and appends:
        for number, entry in enumerate(value):
            found.origins[(*place, len(old))] = (document, (*there, number))
            old.append(entry)
        return
    if isinstance(old, dict | list):  # what stood inside came from elsewhere
        for known in [known for known in found.origins if known[: len(place)] == place]:
            del found.origins[known]
    parent[key] = list(value) if isinstance(value, list) else _copied(value)
    found.origins[place] = (document, there)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(entry) for key, entry in value.items()}
    return value


_VARIABLE = re.compile(r"(\$?)\$\{([^{}$]*)\}")


class _EndlessError(Exception):
    """A variable that stands for itself, or for too much; the arguments are message and hint."""


def substitute(composed: Composed, given: Mapping[str, str]) -> tuple[dict[str, Any], list[Fault]]:
    """The joined content with every ``${NAME}`` replaced.

    Parameters
    ----------
    composed
        The joined documents; ``[vars]`` holds the defaults.
    given
        What the person set; read as the default's type.

    Returns
    -------
    data, faults
        A text that is nothing but one variable takes its type; ``$${`` stands for ``${``. Faults
        are unset variables, variables in a circle, and values that do not fit, at their places.
    """
    faults: list[Fault] = []
    section = composed.data.get("vars")
    defaults = section if isinstance(section, Mapping) else {}
    values: dict[str, Any] = dict(defaults)
    for name, text in given.items():
        try:
            values[name] = _as_type_of(text, defaults.get(name))
        except ValueError as error:
            faults.append(
                Fault(
                    ("vars", name),
                    "session-var-type",
                    f"`--set {name}={text}`: {error}",
                    f"the default is `{defaults[name]}`",
                )
            )
    used: set[str] = set()
    known: dict[str, Any] = {}
    filled_in = 0
    inside: list[str] = []

    def value_of(name: str) -> Any:
        """A variable, with the others that its default names filled in."""
        value = values[name]
        if name in given or not isinstance(value, str) or "${" not in value:
            return value
        if name in inside or len(inside) >= MAX_CHAIN:
            raise _EndlessError(
                "a variable leads back to itself, or through too many", "write out what it is"
            )
        if name not in known:
            inside.append(name)
            try:
                known[name] = replaced(value, ("vars", name))
            finally:
                inside.pop()
        return known[name]

    def told(text: str, place: Place) -> Any:
        """A text with its variables, or with a fault that says why not."""
        try:
            return replaced(text, place)
        except _EndlessError as error:
            message, hint = error.args
            if len(faults) < MAX_FAULTS:
                faults.append(Fault(place, "session-var-endless", message, hint))
            return "unset"

    def fill(value: Any, place: Place) -> Any:
        if isinstance(value, dict):
            return {key: fill(entry, (*place, key)) for key, entry in value.items()}
        if isinstance(value, list):
            return [fill(entry, (*place, number)) for number, entry in enumerate(value)]
        return told(value, place) if isinstance(value, str) and "${" in value else value

    def replaced(text: str, place: Place) -> Any:
        for escape, name in _VARIABLE.findall(text):
            if escape:
                continue
            used.add(name)
            if name not in values and len(faults) < MAX_FAULTS:
                hint, near = suggestion(name, values)
                if not near:
                    hint = f"give a default in `[vars]`, or pass `--set {name}=VALUE`"
                message = f"variable `{name}` is not set"
                faults.append(Fault(place, "session-var-unset", message, hint, near=near))
        whole = _VARIABLE.fullmatch(text)
        if whole and not whole.group(1) and whole.group(2) in values:
            return value_of(whole.group(2))

        def one(match: re.Match[str]) -> str:
            nonlocal filled_in
            if match.group(1):
                return match.group(0)[1:]
            found = value_of(match.group(2)) if match.group(2) in values else "unset"
            part = str(found).lower() if isinstance(found, bool) else str(found)
            filled_in += len(part)
            if filled_in > MAX_FILLED:
                raise _EndlessError("variables fill in too much text", "use shorter ones")
            return part

        return _VARIABLE.sub(one, text)

    for name, value in values.items():
        if isinstance(value, str) and "${" in value and not (name in given or name in known):
            known[name] = told(value, ("vars", name))
    filled = {
        key: value if key == "vars" else fill(value, (key,)) for key, value in composed.data.items()
    }
    faults += [
        Fault(
            ("vars",),
            "session-var-unknown",
            f"`--set {name}` names a variable that the session does not use",
            did_you_mean(name, {*defaults, *used}, what="variables"),
        )
        for name in given
        if name not in defaults and name not in used
    ]
    return filled, faults


def _as_type_of(text: str, default: object) -> object:
    if isinstance(default, bool):
        if text not in ("true", "false"):
            raise ValueError(f"`{text}` is not true or false")
        return text == "true"
    if isinstance(default, int):
        return int(text) if not re.search(r"[.eE]", text) else float(text)
    if isinstance(default, float):
        return float(text)
    return text


def places_below(value: Any, place: Place = ()) -> Iterator[Place]:
    """Every place of a document, parents first."""
    yield place
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from places_below(entry, (*place, key))
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            yield from places_below(entry, (*place, number))
