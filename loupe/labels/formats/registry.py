"""Which formats there are, and which one a file name means.

A format's name always wins over the extension. Other packages add formats through the entry
point group ``loupe.label_formats``; each entry point names a `LabelFormat`.
"""

from __future__ import annotations

import warnings
from functools import cache
from importlib.metadata import entry_points
from pathlib import PurePath

from loupe.errors import IntervalLabelIOError
from loupe.labels.formats.audacity import AUDACITY
from loupe.labels.formats.base import LabelFormat
from loupe.labels.formats.bids import BIDS
from loupe.labels.formats.delimited import CSV, HTSV
from loupe.labels.formats.eaf import EAF
from loupe.labels.formats.edf import EDF
from loupe.labels.formats.epochs import EPOCHS
from loupe.labels.formats.parquet import PARQUET
from loupe.labels.formats.reports import HYP, SLEEPSIGN, SPIKE2
from loupe.labels.formats.sleep_xml import SLEEP_EVENTS, SLEEP_STAGES
from loupe.labels.formats.visbrain import VISBRAIN

__all__ = ["BUILTIN", "READ_ONLY", "format_for", "formats"]

BUILTIN: tuple[LabelFormat, ...] = (CSV, HTSV, PARQUET, VISBRAIN, AUDACITY, BIDS, EDF, EPOCHS)

READ_ONLY: tuple[LabelFormat, ...] = (SLEEP_STAGES, SLEEP_EVENTS, HYP, SLEEPSIGN, SPIKE2, EAF)
"""Formats of other programs that Loupe reads and does not write."""

_GROUP = "loupe.label_formats"


@cache
def formats() -> dict[str, LabelFormat]:
    """Every format by name, built-in ones first. A broken plugin warns and is skipped.

    Raises
    ------
    IntervalLabelIOError
        If two packages claim one name.
    """
    found = {fmt.name: fmt for fmt in (*BUILTIN, *READ_ONLY)}
    owners = dict.fromkeys(found, "loupe")
    for point in sorted(entry_points(group=_GROUP), key=lambda p: (p.name, p.value)):
        try:
            fmt = point.load()
            if not isinstance(fmt, LabelFormat):
                raise TypeError(f"{point.value} is a {type(fmt).__name__}, not a LabelFormat")
        except Exception as error:  # noqa: BLE001 - whatever a plugin raises is reported, not ours
            warnings.warn(f"label format plugin {point.name!r} skipped: {error}", stacklevel=2)
            continue
        if fmt.name in found:
            raise IntervalLabelIOError(
                f"two claim the label format {fmt.name!r}: {owners[fmt.name]} and {point.value}",
                hint="uninstall one of the two packages",
            )
        found[fmt.name], owners[fmt.name] = fmt, point.value
    return found


def format_for(path: str | PurePath, name: str | None = None) -> LabelFormat:
    """The format called `name`, else the one that the file's extension means, in any case.

    Raises
    ------
    IntervalLabelIOError
        If no format has that name or extension; the hint lists those that there are.
    """
    known = formats()
    if name is not None:
        if name not in known:
            raise IntervalLabelIOError(
                f"unknown label format {name!r}", hint=f"formats: {', '.join(known)}"
            )
        return known[name]
    file = PurePath(path).name.lower()
    claims = [
        (len(ext), fmt) for fmt in known.values() for ext in fmt.extensions if file.endswith(ext)
    ]
    if not claims:
        endings = sorted({ext for fmt in known.values() for ext in fmt.extensions})
        raise IntervalLabelIOError(
            f"no label format is known for {PurePath(path).name!r}",
            hint=f"use an extension out of {', '.join(endings)}, or give the format",
        )
    longest = max(length for length, _ in claims)
    best = {fmt.name: fmt for length, fmt in claims if length == longest}
    if len(best) > 1:
        raise IntervalLabelIOError(
            f"{PurePath(path).name!r} may be {' or '.join(sorted(best))}", hint="give the format"
        )
    return next(iter(best.values()))
