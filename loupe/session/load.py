"""From the text of a session to a `Session`, or to every finding about it.

The order: limits, TOML, older versions, `extends`, variables, models, rules
across fields, state definitions, paths. Data are not looked at here. Reads the
session, what it extends, and state definitions; nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from loupe.errors import LoupeConfigError
from loupe.session.base import Fault, Place
from loupe.session.compose import (
    MAX_CHAIN,
    MAX_FAULTS,
    Composed,
    Document,
    join,
    parse_document,
    substitute,
)
from loupe.session.diagnostics import SEVERITY, Diagnostic, Report, SessionError
from loupe.session.folders import user_config_folder
from loupe.session.lint import lint, state_faults
from loupe.session.model import Session
from loupe.session.reading import MAX_BYTES, decode
from loupe.session.refusal import refusal
from loupe.session.relocate import with_paths
from loupe.session.resolve import path_faults, resolved, seen_from
from loupe.session.salvage import Salvage, salvage
from loupe.session.spans import LineMap
from loupe.session.wording import explain_all

__all__ = [
    "Checked",
    "LoadOptions",
    "SessionUnreadable",
    "check_session",
    "check_text",
    "files_of",
    "load_session",
]


class SessionUnreadable(LoupeConfigError):  # noqa: N818 - named like SessionError's sibling
    """A session file that cannot be opened at all."""

    default_code = "session-unreadable"


@dataclass(frozen=True)
class LoadOptions:
    """What the person who opens a session says about it.

    Attributes
    ----------
    variables
        Values of ``--set NAME=VALUE``.
    allow_remote
        URLs, home folders and environment variables in paths are allowed.
    allow_write
        Further folders that may be written in.
    builtin_keys
        Key to the id of the action that owns it, for notes on state keys.
    user_folder
        Where the user's state definitions are looked for; None for the usual folder.
    writes
        Whether labels may be written at all; where they are not, it is no fault where to.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    allow_remote: bool = False
    allow_write: tuple[str | Path, ...] = ()
    builtin_keys: Mapping[str, str] = field(default_factory=dict)
    user_folder: Path | None = None
    writes: bool = True


@dataclass(frozen=True, eq=False)
class Checked:
    """The outcome of a check.

    Attributes
    ----------
    session
        The session, or None when there are errors.
    report
        Every finding.
    composed
        The joined documents, to give further findings a position; None after a syntax error.
    partial
        The session, or with errors what could be made of it: good for looking at its data.
    """

    session: Session | None
    report: Report
    composed: Composed | None = None
    partial: Session | None = None
    _rest: Salvage | None = None

    def with_faults(self, faults: Iterable[Fault]) -> Checked:
        """The same with further faults of `partial`, such as those of its data.

        A fault at, in or around a place that already has an error is left out: it follows from
        that error.
        """
        if self.composed is None:
            return self
        known = [(item.file, item.path) for item in self.report.errors if item.path]
        more = []
        for fault in faults:
            place = fault.place
            if self._rest is not None:
                if self._rest.is_touched(place):
                    continue
                place = self._rest.whole(place)
            document, there = self.composed.origin(place)
            if not any(
                document.name == file and there[: len(path)] == path[: len(there)]
                for file, path in known
            ):
                more.append(self.composed.diagnostic(fault.at(place)))
        report = self.report.with_more(more)
        session = None if report.errors else self.session
        return Checked(session, report, self.composed, self.partial, self._rest)


def load_session(
    path: Path | str,
    *,
    variables: Mapping[str, str] | None = None,
    allow_remote: bool = False,
    allow_write: Iterable[str | Path] = (),
) -> Session:
    """Read a session file.

    Parameters
    ----------
    path
        The file.
    variables
        Values for ``${NAME}``, over the defaults of ``[vars]``.
    allow_remote
        Allow URLs, home folders and environment variables in its paths.
    allow_write
        Folders, besides its own, in which it may have label files written.

    Returns
    -------
    Session
        With `extends` and variables resolved, and with its folder as `Session.base`.

    Raises
    ------
    SessionError
        If anything is wrong; the error's `report` holds every finding.
    SessionUnreadable
        If the file cannot be opened.
    """
    options = LoadOptions(dict(variables or {}), allow_remote, tuple(allow_write))
    checked = check_session(path, options)
    if checked.session is None:
        raise SessionError(checked.report)
    return checked.session


def check_session(path: Path | str, options: LoadOptions | None = None) -> Checked:
    """Read a session file and collect everything that is wrong with it.

    Raises
    ------
    SessionUnreadable
        If the file cannot be opened.
    """
    path = Path(path)
    try:
        content = _read(path)
    except OSError as error:
        reason = _why(error)
        raise SessionUnreadable(
            f"the session cannot be read: {reason}", where=str(path), hint=_unreadable_hint(path)
        ) from None
    return check_text(content, str(path), path.parent, options, real=path)


def files_of(path: Path, *, allow_remote: bool = False) -> tuple[Path, ...]:
    """A session file and the files that it extends, also one that cannot be read now.

    Of a link, both ends: either may be replaced.
    """
    chain = _Chain(LoadOptions(allow_remote=allow_remote))
    try:
        top = chain.parse(_read(path), str(path), path.parent)
    except OSError:
        return (path,)
    if top is not None:
        chain.bases(top, [path.resolve()])
    return (path, *chain.named)


def _why(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return error.strerror or str(error)


def _unreadable_hint(path: Path) -> str:
    from loupe.session.suggest import near_file

    if any(sign in path.name for sign in "*?["):
        return "no file matches this pattern"
    near = near_file(path)
    return "check the path" if near is None else f"did you mean `{near}`?"


def _read(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise OSError("it is not a regular file")
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def check_text(
    content: bytes | str,
    name: str,
    folder: Path,
    options: LoadOptions | None = None,
    *,
    real: Path | None = None,
) -> Checked:
    """Check the content of a session.

    Parameters
    ----------
    content
        The bytes of the file, or its text.
    name
        What to call it in findings.
    folder
        What its paths are relative to.
    real
        The file itself, if there is one, to notice circles of `extends`.
    """
    options = options or LoadOptions()
    chain = _Chain(options)
    top = chain.parse(content, name, folder)
    if top is None:
        return Checked(None, chain.report())
    documents = chain.bases(top, [real.resolve()] if real is not None else [])
    composed = join([*documents, top])
    if "extends" in top.data:
        composed.data["extends"] = top.data["extends"]
    data, faults = substitute(composed, options.variables)
    session, more, rest = _validated(data, composed, folder, options, whole=chain.complete)
    report = chain.report().with_more(
        composed.diagnostic(fault) for fault in _each_place_once([*faults, *more])
    )
    return Checked(None if report.errors else session, report, composed, session, rest)


@dataclass
class _Chain:
    """The file and what it extends, as they are read."""

    options: LoadOptions
    texts: dict[str, str] = field(default_factory=dict)
    found: list[Diagnostic] = field(default_factory=list)
    complete: bool = True
    named: list[Path] = field(default_factory=list)

    def report(self) -> Report:
        return Report((), self.texts).with_more(self.found)

    def parse(self, content: bytes | str, name: str, folder: Path) -> Document | None:
        if isinstance(content, str):
            text = content
        else:
            try:
                text = decode(content)
            except ValueError as error:
                text = content[:MAX_BYTES].decode("utf-8", "replace")
                self.texts[name] = text
                self.found.append(_encoding(name, content, text, str(error)))
                return None
        self.texts[name] = text
        document, found = parse_document(text, name, folder)
        if document is not None:
            self.texts[name] = document.text
        self.found += found
        return document

    def bases(self, document: Document, seen: list[Path]) -> list[Document]:
        """What a document extends, the furthest first."""
        found: list[Document] = []
        while (base := self._base(document, seen)) is not None:
            found.insert(0, base)
            document = base
        return found

    def _base(self, document: Document, seen: list[Path]) -> Document | None:
        extends = document.data.get("extends")
        place: tuple[str, ...] = ("extends",)
        if isinstance(extends, Mapping):
            extends, place = extends.get("path"), ("extends", "path")
        if not isinstance(extends, str) or not extends.strip():
            return None  # the model says what is wrong with it
        refused = refusal(extends)
        if refused is not None:
            if refused[0] != "path-expansion" or not self.options.allow_remote:
                return self._no(document, Fault(place, *refused))
            extends = resolved(extends, document.folder, allow_remote=True)
        path = document.folder / extends
        try:
            real = path.resolve()
        except (OSError, RuntimeError):  # the latter for a circle of links, before Python 3.13
            real = path.absolute()  # reading it says what is wrong
        self.named += [path] if real == path.absolute() else [path, real]
        if real in seen:
            fault = Fault(
                place,
                "session-extends-cycle",
                f"`{extends}` leads back to itself",
                "remove one `extends` of the circle",
            )
            return self._no(document, fault)
        if len(seen) >= MAX_CHAIN:
            fault = Fault(
                place, "session-extends-long", f"more than {MAX_CHAIN} sessions", "shorten it"
            )
            return self._no(document, fault)
        try:
            content = _read(path)
        except OSError as error:
            fault = Fault(
                place,
                "session-extends-missing",
                f"`{extends}` cannot be read: {_why(error)}",
                _unreadable_hint(path),
            )
            return self._no(document, fault)
        seen.append(real)
        base = self.parse(content, str(path), path.parent)
        self.complete = self.complete and base is not None
        return base

    def _no(self, document: Document, fault: Fault) -> Document | None:
        """Tell a fault of `extends`, which leaves the session without its base."""
        self.complete = False
        self.found.append(document.diagnostic(fault))
        return None


def _encoding(name: str, content: bytes, text: str, message: str) -> Diagnostic:
    """The finding about a file that is too large or no UTF-8, where the first bad byte stands."""
    if len(content) > MAX_BYTES:
        return Diagnostic(
            name, 1, 1, 1, 2, "error", "syntax-size", "the file is larger than 1 MiB",
            "move data into files of their own",
        )  # fmt: skip
    offset = max(text.find("\N{REPLACEMENT CHARACTER}"), 0)
    line, column = LineMap(text).position(offset)
    return Diagnostic(
        name, line, column, line, column + 1, "error", "syntax-encoding",
        f"the file is not UTF-8: {message}", "save it as UTF-8",
    )  # fmt: skip


def _validated(
    data: dict[str, Any],
    composed: Composed,
    folder: Path,
    options: LoadOptions,
    *,
    whole: bool,
) -> tuple[Session | None, list[Fault], Salvage | None]:
    """The session of some data, the faults of every level, and how it was mended."""
    place_of: Callable[[tuple[str | int, ...]], tuple[str | int, ...]] = tuple
    rest: Salvage | None = None
    found: list[Fault] = []
    session: Session | None
    try:
        session = Session.model_validate(data)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        found = explain_all(Session, errors[:MAX_FAULTS], data)
        if len(errors) > MAX_FAULTS:
            return None, [*found, _too_many(len(errors))], rest
        rest = salvage(data, found)
        session, place_of = rest.session, rest.whole
        found += rest.further
    if session is None:
        return None, found, rest
    session = session.model_copy(update={"extends": None, "vars": {}})

    def from_here(place: Place, text: str) -> str:
        document, _ = composed.origin(place_of(place))
        return seen_from(text, document.folder, folder, allow_remote=options.allow_remote)

    session = with_paths(session, from_here).with_base(folder)
    more = [
        *lint(session, builtin_keys=options.builtin_keys),
        *state_faults(session, options.user_folder or user_config_folder()),
        *path_faults(
            session,
            allow_remote=options.allow_remote,
            allow_write=options.allow_write if options.writes else None,
        ),
    ]
    if not whole:
        more = [fault for fault in more if fault.code not in _SETTLED_BY_A_BASE]
    if rest is not None:
        more = [fault for fault in more if not _doubtful(fault, data, rest)]
    if len(more) > MAX_FAULTS:
        # Errors first: what decides whether the session is used must never be cut off.
        more.sort(key=lambda fault: SEVERITY[fault.level])
        more = [*more[:MAX_FAULTS], _too_many(len(more))]
    found += [fault.at(place_of(fault.place)) for fault in more]
    return session, found, rest


_SETTLED_BY_A_BASE = frozenset(
    {
        "session-cursor-outside",
        "session-styles-unused",
        "session-unknown-source",
        "session-unused-source",
        "states-no-color",
        "states-none",
    }
)
"""Codes of faults that a base which cannot be read may hold the answer to."""


def _too_many(count: int) -> Fault:
    return Fault(
        (),
        "too-many",
        f"there are {count} findings; the first {MAX_FAULTS} are shown",
        "mend these and check again",
        "note",
    )


def _doubtful(fault: Fault, data: dict[str, Any], rest: Salvage) -> bool:
    """Whether a fault may only come from how the document was mended."""
    if rest.is_touched(fault.place):
        return True
    if fault.code in ("session-unknown-source", "session-unused-source"):
        sources = data.get("sources")
        if not isinstance(sources, dict):
            return sources is not None
        return fault.name in sources and (
            fault.code == "session-unknown-source" or _mentions(data, fault.name)
        )
    if fault.code == "states-no-color":
        states = data.get("states")
        colors = states.get("label_colors") if isinstance(states, dict) else None
        return not isinstance(colors, dict | None) or fault.name in (colors or {})
    if fault.code == "states-none":
        return "states" in data
    if fault.code == "session-cursor-outside":
        return any(place[:1] == ("view",) for place in rest.touched)
    item = rest.whole(fault.place[:2])
    return fault.code == "session-zip-colors" and any(place[:2] == item for place in rest.touched)


def _mentions(value: Any, name: str) -> bool:
    if isinstance(value, dict):
        return any(_mentions(entry, name) for entry in value.values())
    if isinstance(value, list):
        return any(_mentions(entry, name) for entry in value)
    return bool(value == name)


def _each_place_once(faults: Iterable[Fault]) -> list[Fault]:
    """Faults without those that only follow from another one at the same place."""
    found: dict[tuple[Any, ...], Fault] = {}
    unset = {fault.place for fault in faults if fault.code == "session-var-unset"}
    for fault in faults:
        if fault.place in unset and fault.code != "session-var-unset":
            continue
        found.setdefault((fault.place, fault.code, fault.message), fault)
    return list(found.values())
