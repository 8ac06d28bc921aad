"""XML as label files use it: elements and text; definitions of documents are refused.

Entities that unfold into gigabytes, or name other files, are declared in those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loupe.errors import IntervalLabelIOError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["number_in", "parsed", "text_in"]


def parsed(data: bytes, where: str) -> Element:
    """The root of a document.

    Raises
    ------
    IntervalLabelIOError
        If it is not well formed, with the line, or has a document type definition.
    """
    from xml.etree.ElementTree import TreeBuilder
    from xml.parsers import expat

    builder, reader = TreeBuilder(), expat.ParserCreate()

    def refused(*_: object) -> None:
        raise IntervalLabelIOError(
            f"line {reader.CurrentLineNumber}: it defines its own document type, which is not read",
            where=where,
            hint="remove `<!DOCTYPE …>`",
        )

    reader.StartDoctypeDeclHandler = refused
    reader.StartElementHandler = builder.start
    reader.EndElementHandler = builder.end
    reader.CharacterDataHandler = builder.data
    try:
        reader.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last of odd encodings
        raise IntervalLabelIOError(
            f"line {reader.ErrorLineNumber}: not readable as XML: {error}",
            where=where,
            hint="the file may be damaged or cut short, or in an encoding other than UTF-8",
        ) from error
    return builder.close()


def text_in(element: Element, name: str) -> str:
    """The text of a child, without what surrounds it; empty where it is not there."""
    return (element.findtext(name) or "").strip()


def number_in(element: Element, name: str, where: str, what: str) -> float:
    """The number in a child.

    Raises
    ------
    IntervalLabelIOError
        If there is none; `what` says of which element.
    """
    text = text_in(element, name)
    try:
        return float(text)
    except ValueError:
        raise IntervalLabelIOError(
            f"{what}: `{name}` is {text!r}, not a number"
            if text
            else f"{what}: there is no `{name}`",
            where=where,
            hint="the file may be damaged, or of another kind",
        ) from None
