"""What changed between two label sets, as stable text: one line a change, in order of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from loupe.labels.table import IntervalTable

__all__ = ["diff"]

_DIGITS = 9
_Key = tuple[float, float]
_Row = tuple[str, Mapping[str, object]]


def diff(before: IntervalTable, after: IntervalTable) -> list[str]:
    """The changes from one set to another; empty if they hold the same.

    Rows are the same row if both ends agree to 1e-9 s. Lines start with ``-`` (gone), ``+`` (new)
    or ``~`` (another label or value); names of time and label columns do not matter. A column
    that only one set has is named once, if anything is written in it.
    """
    lines: list[tuple[float, float, int, str]] = []
    ours, theirs = _columns(before), _columns(after)
    head = [f"- column `{name}`" for name in sorted(ours - theirs)]
    head += [f"+ column `{name}`" for name in sorted(theirs - ours)]
    both = ours & theirs
    old, new = _rows(before, both), _rows(after, both)
    for key in old.keys() | new.keys():
        gone = _without(old.get(key, []), new.get(key, []))
        come = _without(new.get(key, []), old.get(key, []))
        pairs = min(len(gone), len(come))
        for was, now in zip(gone[:pairs], come[:pairs], strict=True):
            lines += [(*key, 1, f"~ {_span(key)} {text}") for text in _changes(was, now)]
        lines += [(*key, 0, f"- {_span(key)} {_text(row)}") for row in gone[pairs:]]
        lines += [(*key, 2, f"+ {_span(key)} {_text(row)}") for row in come[pairs:]]
    return head + [text for *_, text in sorted(lines)]


def _columns(table: IntervalTable) -> set[str]:
    """Names of the columns that hold something; notes go by one name in every file."""
    frame = table.pool.frame(table.payload)
    return {
        _name(table, name)
        for name in frame.columns
        if any(value not in (None, "") for value in frame[name].to_list())
    }


def _name(table: IntervalTable, name: str) -> str:
    return "note" if name == table.pool.note_col else name


def _rows(table: IntervalTable, columns: set[str]) -> dict[_Key, list[_Row]]:
    frame = table.pool.frame(table.payload)
    names = [n for n in frame.columns if _name(table, n) in columns]
    values = list(frame.select(names).iter_rows()) if names else [()] * len(table)
    out: dict[_Key, list[_Row]] = {}
    for row, label in enumerate(table.labels()):
        key = (round(float(table.starts[row]), _DIGITS), round(float(table.ends[row]), _DIGITS))
        written = {
            _name(table, n): v
            for n, v in zip(names, values[row], strict=True)
            if v not in (None, "")
        }
        out.setdefault(key, []).append((label, written))
    return out


def _without(rows: list[_Row], others: list[_Row]) -> list[_Row]:
    left = Counter(_text(row) for row in others)
    out = []
    for row in rows:
        text = _text(row)
        if left[text]:
            left[text] -= 1
        else:
            out.append(row)
    return out


def _changes(was: _Row, now: _Row) -> list[str]:
    out = [f"label: {was[0]!r} -> {now[0]!r}"] if was[0] != now[0] else []
    for name in sorted(was[1].keys() | now[1].keys()):
        a, b = was[1].get(name), now[1].get(name)
        if _value(a) != _value(b):
            out.append(f"{name}: {_value(a)} -> {_value(b)}")
    return out


def _span(key: _Key) -> str:
    return f"{key[0]!r}..{key[1]!r}"


def _text(row: _Row) -> str:
    more = "".join(f" {name}={_value(value)}" for name, value in sorted(row[1].items()))
    return f"{row[0]!r}{more}"


def _value(value: object) -> str:
    """A value as text; 1 and 1.0, and a number and its text, are the same in two files."""
    if value is None:
        return "(none)"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return repr(str(value))
