"""Findings about a session: one `Diagnostic` each, collected in a `Report`.

Knows files and positions; knows nothing of models. `loupe.session.rendering`
turns reports into text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from loupe.errors import LoupeConfigError
from loupe.session.base import Level, Place

__all__ = ["SEVERITY", "Diagnostic", "Report", "SessionError"]

SEVERITY: Mapping[Level, int] = {"error": 0, "warning": 1, "note": 2}
"""Rank of each level, the worst first."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding at one place of one file.

    Attributes
    ----------
    file
        The file as the person named it; ``<stdin>`` for standard input.
    line, column, end_line, end_column
        From 1, in code points; the end is exclusive.
    level
        ``error``, ``warning`` or ``note``.
    code
        Stable code with a section in the reference.
    message, hint
        What is wrong; what to do next (may be empty).
    path
        Keys and indices of the place in the document.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    level: Level
    code: str
    message: str
    hint: str = ""
    path: Place = ()

    @property
    def sort_key(self) -> tuple[object, ...]:
        """Order within a file: by position, then severity and code."""
        return (self.line, self.column, SEVERITY[self.level], self.code, self.message)


@dataclass(frozen=True)
class Report:
    """All findings about one session.

    Attributes
    ----------
    diagnostics
        In the order of files read, then of position.
    texts
        Text of every file that was read, by its name.
    """

    diagnostics: tuple[Diagnostic, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The findings that make the session unusable."""
        return tuple(item for item in self.diagnostics if item.level == "error")

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """The findings that a session works with."""
        return tuple(item for item in self.diagnostics if item.level == "warning")

    def fails(self, *, strict: bool = False) -> bool:
        """Whether there are errors, or with `strict` warnings."""
        return bool(self.errors or (strict and self.warnings))

    def with_more(self, more: Iterable[Diagnostic]) -> Report:
        """The same report with further findings, sorted, none twice."""
        files = list(self.texts)
        items = dict.fromkeys([*self.diagnostics, *more])

        def key(item: Diagnostic) -> tuple[object, ...]:
            rank = files.index(item.file) if item.file in files else len(files)
            return (rank, *item.sort_key)

        return Report(tuple(sorted(items, key=key)), self.texts)

    def render(self, style: str = "full") -> str:
        """The findings as text: ``full``, ``concise``, ``json``, ``github`` or ``sarif``."""
        from loupe.session.rendering import render

        return render([self], style)


class SessionError(LoupeConfigError):
    """A session that cannot be used; `report` holds every finding."""

    def __init__(self, report: Report) -> None:
        first = report.errors[0]
        count = len(report.errors)
        more = f" (and {count - 1} more)" if count > 1 else ""
        super().__init__(
            first.message + more,
            hint=first.hint,
            where=f"{first.file}:{first.line}:{first.column}",
            code=first.code,
        )
        self.report = report

    def render(self) -> str:
        """Every finding with its source line."""
        return self.report.render("full")
