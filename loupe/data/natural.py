"""The order in which people count: ``part2`` before ``part10``."""

from __future__ import annotations

import re

__all__ = ["natural_key"]


def natural_key(text: str) -> tuple[tuple[int, float, str], ...]:
    """Sort key that puts "ch2" before "ch10"."""
    parts = re.split(r"(\d+)", text)
    # `\d` are the decimal digits; "①" and "²" are digits too, but no part of a number.
    return tuple((0, float(p), "") if p.isdecimal() else (1, 0.0, p.casefold()) for p in parts if p)
