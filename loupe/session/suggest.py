"""Did-you-mean: the nearest of the known names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

__all__ = ["closest", "did_you_mean", "near_file", "suggestion"]

_MOST = 400
_LONGEST = 200
"""Beyond these no near name is looked for: comparing takes time in the product of both."""


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known name that `word` most probably meant, or None.

    Similarity is that of `difflib.SequenceMatcher` with a cutoff of 0.6, tried
    first as written and then without case, hyphens and underscores.
    """
    import difflib

    names = sorted(set(known))
    if len(names) > _MOST or len(word) > _LONGEST:
        return None
    if found := difflib.get_close_matches(word, names, n=1, cutoff=0.6):
        return found[0]
    folded = {_fold(name): name for name in reversed(names)}
    if found := difflib.get_close_matches(_fold(word), list(folded), n=1, cutoff=0.6):
        return folded[found[0]]
    return None


def _fold(word: str) -> str:
    return word.casefold().replace("-", "").replace("_", "").replace(" ", "")


def did_you_mean(word: str, known: Iterable[str], *, what: str = "") -> str:
    """A hint for an unknown name: the nearest one, else the list of what there is.

    See `suggestion`.
    """
    return suggestion(word, known, what=what)[0]


def suggestion(word: str, known: Iterable[str], *, what: str = "") -> tuple[str, str]:
    """A hint for an unknown name, and the nearest name if there is one, else "".

    Parameters
    ----------
    word
        What was written.
    known
        What could have been written.
    what
        Plural noun for the list, such as ``"sources"``.
    """
    names = sorted(set(known))
    if near := closest(word, names):
        return f"did you mean `{near}`?", near
    if not names:
        return (f"there are no {what}" if what else ""), ""
    shown = ", ".join(f"`{name}`" for name in names[:12])
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return (f"known {what}: {shown}{more}" if what else f"expected one of {shown}{more}"), ""


def near_file(path: Path) -> Path | None:
    """What a file that is not there may be a misspelling of: the nearest name in its folder."""
    try:
        near = closest(path.name, [entry.name for entry in path.parent.iterdir()])
    except OSError:
        return None
    return None if near is None or near == path.name else path.with_name(near)
