"""What a script may write for a field in another form: paths, numbers as keys, arrays of numbers.

Each takes any value and changes only the form that it is about; the field itself judges the
rest. Nothing that it looks at is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

__all__ = ["keyed", "listed_array", "path_text", "python_values", "tables_of_arrays"]


def path_text(value: object) -> object:
    """A path object as text, also in a list."""
    import os

    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, list | tuple):
        return [os.fspath(part) if isinstance(part, os.PathLike) else part for part in value]
    return value


def keyed(value: object) -> object:
    """A table with keys of text: those of a script may be numbers."""
    if isinstance(value, Mapping):
        return {str(key): entry for key, entry in value.items()}
    return value


def listed_array(value: Any) -> Any:
    """A numpy array with dimensions as lists of Python numbers."""
    if type(value).__module__ == "numpy" and getattr(value, "ndim", 0) > 0:
        return value.tolist()
    return value


def tables_of_arrays(value: object) -> object:
    """As `keyed`, with arrays in it as lists."""
    if isinstance(value, Mapping):
        return {str(key): listed_array(entry) for key, entry in value.items()}
    return value


def python_values(value: Any) -> Any:
    """Numpy scalars as Python's values, also inside plain lists, tuples and tables.

    What is nothing in Python, such as a difference of times, stays. A container without any is
    given back itself.
    """
    if type(value) in (list, tuple):
        parts = [python_values(part) for part in value]
        same = all(new is old for new, old in zip(parts, value, strict=True))
        return value if same else type(value)(parts)
    if type(value) is dict:
        found = {key: python_values(entry) for key, entry in value.items()}
        return value if all(found[key] is value[key] for key in value) else found
    is_numpy = type(value).__module__.partition(".")[0] == "numpy"
    if not is_numpy or getattr(value, "ndim", None) != 0 or not hasattr(value, "item"):
        return value
    if value.dtype.kind == "m":
        return value
    if value.dtype.kind != "M":
        return value.item()
    moment = value.astype("datetime64[us]").item()  # of nanoseconds, numpy makes an integer
    return moment if isinstance(moment, datetime) else value
