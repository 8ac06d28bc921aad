"""One tree of errors: what went wrong, where, and what to do next.

Every error that Loupe raises on purpose is a `LoupeError`. Each class also
subclasses the builtin that fits, so that ``except ValueError`` keeps working
in scripts. The command line prints `LoupeError.render()`; it never shows a
traceback for one.
"""

from __future__ import annotations

__all__ = [
    "IntervalLabelIOError",
    "IntervalLabelSchemaError",
    "LoupeConfigError",
    "LoupeDataError",
    "LoupeError",
    "LoupeMissingDependencyError",
    "LoupeRenderError",
    "LoupeTypeError",
    "LoupeVideoError",
    "printable",
    "refused",
]

_CONTROL = {
    code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"
} | {ord("\r"): "\\r"}


def printable(text: str) -> str:
    r"""Text for a terminal: what would steer it is written out, as ``\x1b``.

    Names and messages may come from a stranger's file. Tabs and ends of lines stay.
    """
    return text.translate(_CONTROL)


class LoupeError(Exception):
    """Base of every deliberate error.

    Parameters
    ----------
    message
        What is wrong, with the offending value.
    hint
        What to do next, one sentence; empty when there is nothing to say.
    where
        The file, and the place in it, that the message is about.
    code
        Stable short code such as ``data-missing-file``; each has a section in the
        reference of codes.
    place
        Keys that lead to what a person would mend, within the Config that was used; empty when
        it is the whole of it.

    Attributes
    ----------
    also
        Further errors of the same thing that were found in the same look at it.
    """

    default_code = "error"
    also: tuple[LoupeError, ...] = ()

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        where: str = "",
        code: str | None = None,
        place: tuple[str | int, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where
        self.code = code or self.default_code
        self.place = place

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message

    @property
    def told(self) -> str:
        """The message and the hint as sentences, where there is one line for both."""
        return f"{self.message}. {self.hint}".rstrip()

    def render(self) -> str:
        """The text for a terminal: message, then a blank line and the hint."""
        text = f"error[{self.code}]: {self}"
        return printable(f"{text}\n\nhint: {self.hint}" if self.hint else text)


def refused(error: OSError) -> LoupeError:
    """What the system would not do, such as writing on a full disk, as a person's matter."""
    return LoupeError(
        f"the system refused: {error.strerror or error}",
        where=str(error.filename or ""),
        hint="check the file, its folder, their permissions and the room on the disk",
        code="system",
    )


class LoupeConfigError(LoupeError, ValueError):
    """A session, a Config or state definitions that cannot be right."""

    default_code = "config"


class LoupeTypeError(LoupeError, TypeError):
    """A value of a type that Loupe cannot take, such as a bare array."""

    default_code = "type"


class LoupeDataError(LoupeError, ValueError):
    """Data that are missing, damaged or not what the session says."""

    default_code = "data"


class LoupeVideoError(LoupeDataError):
    """A video or its frame times that cannot be used."""

    default_code = "video"


class LoupeRenderError(LoupeError, RuntimeError):
    """Drawing is impossible here, for example without any OpenGL."""

    default_code = "render"


class LoupeMissingDependencyError(LoupeError, ImportError):
    """An optional package is needed; the hint holds the pip command."""

    default_code = "dependency"


class IntervalLabelIOError(LoupeError, ValueError):
    """A label file that cannot be read or written."""

    default_code = "labels-io"


class IntervalLabelSchemaError(LoupeError, ValueError):
    """Label columns or rows that break the schema; the message names the row.

    Attributes
    ----------
    absent
        Fields of the schema, as keys that lead to them, with the columns they name in vain.
    columns
        The columns that there are, where some are absent.
    """

    default_code = "labels-schema"
    absent: tuple[tuple[tuple[str | int, ...], str], ...] = ()
    columns: tuple[str, ...] = ()
