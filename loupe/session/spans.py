"""Where everything stands in a TOML text: path of keys to spans, without a parser's help.

One regular expression cuts the text into tokens, an explicit stack follows
tables and arrays; nothing recurs, so no input can exhaust the stack. `scan` is
made for texts that `tomllib` accepts; on others it returns what it understood.
`check_limits` is asked before parsing, because `tomllib` recurs and slows down
on deep input. Offsets count code points.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from loupe.session.base import Place

__all__ = ["MAX_DEPTH", "LineMap", "Located", "TextSpan", "TooDeepError", "check_limits", "scan"]

MAX_DEPTH = 32
"""Deepest nesting of brackets, and most dots in one key."""

_TOKEN = re.compile(
    r"""
      (?P<space>[ \t]+)
    | (?P<newline>(?:\r?\n[ \t]*)++)
    | (?P<comment>\#[^\n]*)
    | (?P<string>
          \"\"\"(?:[^"\\]|\\(?s:.)|\"\"?(?!"))*+\"\"\"(?:\"\"?)?
        | '''(?:[^']|''?(?!'))*+'''(?:''?)?
        | "(?:[^"\\\n]|\\[^\n])*+"
        | '[^'\n]*+'
      )
    | (?P<mark>[=.,\[\]{}])
    | (?P<bare>[^\s=.,\[\]{}"'\#]++)
    """,
    re.VERBOSE,
)


class TextSpan(NamedTuple):
    """Code points ``start`` to ``stop - 1`` of a text."""

    start: int
    stop: int


class Located(NamedTuple):
    """Where a key and its value stand.

    For a table with a header both are the header; for an entry of an array both are the entry.
    """

    key: TextSpan
    value: TextSpan


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    stop: int


MAX_TOKENS = 200_000
"""Most words, signs and strings of a document."""


class TooDeepError(ValueError):
    """Nesting beyond `MAX_DEPTH`, or too many tokens, with the offset where it begins."""

    def __init__(self, message: str, offset: int, code: str = "syntax-depth") -> None:
        super().__init__(message)
        self.offset = offset
        self.code = code


class LineMap:
    """Offsets of a text as lines and columns, both counted from 1 in code points."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def position(self, offset: int) -> tuple[int, int]:
        """``(line, column)`` of an offset."""
        line = bisect_right(self._starts, max(0, min(offset, len(self.text))))
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line without its end."""
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        stop = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:stop].rstrip("\r\n")

    def offset(self, line: int, column: int) -> int:
        """The offset of a position, kept inside the text."""
        line = max(1, min(line, len(self._starts)))
        return min(self._starts[line - 1] + max(column, 1) - 1, len(self.text))


def _tokens(text: str) -> Iterator[_Token]:
    """Tokens up to the first character that begins none."""
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return
        at = match.end()
        if match.lastgroup != "space":
            yield _Token(str(match.lastgroup), match.group(), match.start(), at)


def check_limits(text: str) -> None:
    """Refuse what would make a recursive parser fail or crawl.

    Raises
    ------
    TooDeepError
        At the first bracket or dot beyond `MAX_DEPTH`, or the first token beyond `MAX_TOKENS`.
    """
    depth = dots = count = 0
    for token in _tokens(text):
        count += token.kind not in ("newline", "comment")
        if count > MAX_TOKENS:
            raise TooDeepError(
                f"there are more than {MAX_TOKENS} keys, values and signs",
                token.start,
                "syntax-size",
            )
        if token.kind == "mark" and token.text in "[{":
            depth, dots = depth + 1, 0
            if depth > MAX_DEPTH:
                raise TooDeepError(f"nesting is deeper than {MAX_DEPTH} levels", token.start)
        elif token.kind == "mark" and token.text in "]}":
            depth, dots = max(0, depth - 1), 0
        elif token.kind == "mark" and token.text == ".":
            dots += 1
            if dots > MAX_DEPTH:
                raise TooDeepError(f"a key has more than {MAX_DEPTH} dots", token.start)
        elif token.kind == "newline" or token.text in ("=", ","):
            dots = 0


def scan(text: str) -> dict[Place, Located]:
    """Spans of every key, value, table and entry of an array.

    Parameters
    ----------
    text
        A text that `tomllib.loads` accepts; of any other, what was understood is returned.

    Returns
    -------
    dict
        Place to spans, in the order of the text. The root is the empty place.
    """
    scanner = _Scanner(list(_tokens(text)))
    scanner.run()
    scanner.found.setdefault((), Located(TextSpan(0, 0), TextSpan(0, 0)))
    return scanner.found


@dataclass
class _Open:
    """An array or inline table whose end has not come yet."""

    place: Place
    key: TextSpan
    start: int
    is_array: bool
    count: int = 0


@dataclass
class _Scanner:
    tokens: list[_Token]
    at: int = 0
    found: dict[Place, Located] = field(default_factory=dict)
    entries: dict[Place, int] = field(default_factory=dict)
    """Number of entries so far of each array of tables."""

    def run(self) -> None:
        table: Place = ()
        try:
            while self.at < len(self.tokens):
                token = self.tokens[self.at]
                if token.kind in ("newline", "comment"):
                    self.at += 1
                elif token.text == "[" and token.kind == "mark":
                    table = self._header()
                else:
                    self._entry(table)
        except (IndexError, _NotUnderstood):
            return

    def _header(self) -> Place:
        start = self.tokens[self.at].start
        following = self.tokens[self.at + 1]
        doubled = following.text == "[" and following.start == start + 1
        self.at += 2 if doubled else 1
        parts = self._key_parts()
        for _ in range(2 if doubled else 1):
            stop = self._take("]").stop
        span = TextSpan(start, stop)
        place: Place = ()
        for number, (name, part_span) in enumerate(parts):
            place = (*place, name)
            if number == len(parts) - 1:
                break
            self.found.setdefault(place, Located(part_span, span))
            if place in self.entries:
                place = (*place, self.entries[place] - 1)
        if not doubled:
            self.found.setdefault(place, Located(span, span))
            return place
        self.found.setdefault(place, Located(span, span))
        self.entries[place] = self.entries.get(place, 0) + 1
        place = (*place, self.entries[place] - 1)
        self.found[place] = Located(span, span)
        return place

    def _entry(self, table: Place) -> None:
        place, key = self._key(table)
        self._value(place, key)

    def _key(self, table: Place) -> tuple[Place, TextSpan]:
        """A key up to and with its equals sign; parents of a dotted key are recorded."""
        place = table
        parts = self._key_parts()
        for number, (name, span) in enumerate(parts):
            place = (*place, name)
            if number < len(parts) - 1:
                self.found.setdefault(place, Located(span, span))
        self._take("=")
        return place, parts[-1][1]

    def _key_parts(self) -> list[tuple[str, TextSpan]]:
        parts = []
        while True:
            token = self.tokens[self.at]
            if token.kind not in ("bare", "string"):
                raise _NotUnderstood
            parts.append((_unquoted(token), TextSpan(token.start, token.stop)))
            self.at += 1
            if self.tokens[self.at].text != ".":
                return parts
            self.at += 1

    def _take(self, mark: str) -> _Token:
        token = self.tokens[self.at]
        if token.kind != "mark" or token.text != mark:
            raise _NotUnderstood
        self.at += 1
        return token

    def _value(self, place: Place, key: TextSpan) -> None:
        """A value, with everything nested in it."""
        stack: list[_Open] = []
        while True:
            token = self.tokens[self.at]
            if token.kind == "mark" and token.text in "[{":
                self.at += 1
                self.found[place] = Located(key, TextSpan(token.start, token.stop))
                stack.append(_Open(place, key, token.start, token.text == "["))
            elif token.kind in ("string", "bare"):
                span = self._scalar()
                self.found[place] = Located(key if stack == [] or key[1] else span, span)
                if not stack:
                    return
            else:
                raise _NotUnderstood
            next_value = self._after(stack)
            if next_value is None:
                return
            place, key = next_value

    def _after(self, stack: list[_Open]) -> tuple[Place, TextSpan] | None:
        """Close what ends here; place and key of the next value, or None at the end of all."""
        while stack:
            self._skip()
            token = self.tokens[self.at]
            top = stack[-1]
            if token.text == "," and token.kind == "mark":
                self.at += 1
                continue
            if token.kind == "mark" and token.text == ("]" if top.is_array else "}"):
                self.at += 1
                stack.pop()
                whole = TextSpan(top.start, token.stop)
                key = whole if top.key == _AS_VALUE else top.key
                self.found[top.place] = Located(key, whole)
                if not stack:
                    return None
                continue
            if top.is_array:
                place = (*top.place, top.count)
                top.count += 1
                return place, _AS_VALUE
            return self._key(top.place)
        return None

    def _skip(self) -> None:
        while self.tokens[self.at].kind in ("newline", "comment"):
            self.at += 1

    def _scalar(self) -> TextSpan:
        first = self.tokens[self.at]
        stop = first.stop
        self.at += 1
        if first.kind == "string":
            return TextSpan(first.start, stop)
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.kind not in ("bare", "mark") or token.text in (",", "]", "}"):
                break
            stop = token.stop
            self.at += 1
        return TextSpan(first.start, stop)


class _NotUnderstood(Exception):  # noqa: N818 - it ends the scan, it is no error of the caller
    pass


_AS_VALUE = TextSpan(-1, 0)
"""Key span of an entry of an array, which has no key: its value's span takes the place."""


def _unquoted(token: _Token) -> str:
    if token.kind == "bare":
        return token.text
    if token.text[0] == '"' and "\\" in token.text:
        try:
            return str(tomllib.loads(f"k = {token.text}")["k"])
        except tomllib.TOMLDecodeError:
            raise _NotUnderstood from None
    return token.text[1:-1]
