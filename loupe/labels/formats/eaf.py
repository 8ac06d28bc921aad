"""Annotations of ELAN (``.eaf``), the annotator of videos: one row an annotation, of all tiers.

Aligned annotations refer to two time slots in milliseconds, the others to an annotation that
they belong to, whose times they have, or equal parts of them where they subdivide it. A slot
without a time lies evenly between the slots before and after it that have one, as ELAN shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from loupe.errors import IntervalLabelIOError
from loupe.labels.formats.base import LabelFormat, Loaded, ReadOptions, plural
from loupe.labels.formats.rows import loaded_rows
from loupe.labels.formats.xml_text import parsed, text_in
from loupe.session.labels import IntervalLabelSchema

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["EAF"]

_TIER = "tier"
_SCHEMA = IntervalLabelSchema(
    start_col="start_time", end_col="end_time", label_col="label", extra_cols=(_TIER,)
)


def _read(data: bytes, options: ReadOptions) -> Loaded:
    where = options.where
    root = parsed(data, where)
    if root.tag != "ANNOTATION_DOCUMENT":
        raise IntervalLabelIOError(
            f"its root is <{root.tag}>, not <ANNOTATION_DOCUMENT>",
            where=where,
            hint="is it a file of ELAN?",
        )
    header = root.find("HEADER")
    unit = "milliseconds" if header is None else header.get("TIME_UNITS", "milliseconds")
    if unit != "milliseconds":
        raise IntervalLabelIOError(
            f"its times are in {unit}, and only milliseconds are read",
            where=where,
            hint="save it anew with ELAN",
        )
    known, between = _slots(root, where)
    guessed = 0
    rows: list[tuple[str, float, float, str]] = []
    spans: dict[str, tuple[float, float]] = {}
    later: list[tuple[str, list[Element]]] = []
    for tier in root.findall("TIER"):
        name = tier.get("TIER_ID", "")
        aligned = tier.findall("ANNOTATION/ALIGNABLE_ANNOTATION")
        slots = _slots_of(aligned, known, between)
        guessed += len(slots.keys() - known.keys())
        for annotation in aligned:
            refs = [annotation.get(f"TIME_SLOT_REF{k}", "") for k in (1, 2)]
            missing = next((ref for ref in refs if ref not in slots), None)
            if missing is not None:
                raise _broken(f"an annotation of `{name}` names the slot {missing!r}", where)
            span = (slots[refs[0]], slots[refs[1]])
            spans[annotation.get("ANNOTATION_ID", "")] = span
            rows.append((name, *span, text_in(annotation, "ANNOTATION_VALUE")))
        later += [(name, group) for group in _groups(tier.findall("ANNOTATION/REF_ANNOTATION"))]
    while later:
        # Tiers may come before the tiers that they depend on, and depend on each other.
        waiting = []
        for name, group in later:
            whole = spans.get(group[0].get("ANNOTATION_REF", ""))
            if whole is None:
                waiting.append((name, group))
                continue
            for annotation, part in zip(group, _divided(whole, group), strict=True):
                spans.setdefault(annotation.get("ANNOTATION_ID", ""), part)
                rows.append((name, *part, text_in(annotation, "ANNOTATION_VALUE")))
        if len(waiting) == len(later):
            name, group = waiting[0]
            missing = group[0].get("ANNOTATION_REF", "")
            raise _broken(f"an annotation of `{name}` belongs to {missing!r}", where)
        later = waiting
    times = np.array([row[1:3] for row in rows], dtype=np.float64).reshape(-1, 2)
    loaded = loaded_rows(
        (times[:, 0], times[:, 1]),
        [row[3] for row in rows],
        _SCHEMA,
        options,
        values={_TIER: pl.Series([row[0] for row in rows], dtype=pl.String)},
    )
    if not guessed:
        return loaded
    note = f"{plural(guessed, 'time slot')} without a time placed evenly between those beside them"
    return Loaded(loaded.table, (*loaded.notes, note))


def _groups(annotations: list[Element]) -> list[list[Element]]:
    """Annotations of a tier by the one that they belong to, in their order."""
    found: dict[str, list[Element]] = {}
    for annotation in annotations:
        found.setdefault(annotation.get("ANNOTATION_REF", ""), []).append(annotation)
    return list(found.values())


def _divided(span: tuple[float, float], group: list[Element]) -> list[tuple[float, float]]:
    """Times of annotations that belong to one: all of its time, or equal parts of it.

    Each but the first of those that subdivide another names the one before it.
    """
    if not any(annotation.get("PREVIOUS_ANNOTATION") for annotation in group):
        return [span] * len(group)
    after = {a.get("PREVIOUS_ANNOTATION", ""): a.get("ANNOTATION_ID", "") for a in group}
    chain: list[str] = []
    at = after.get("", "")
    while at and at not in chain:
        chain.append(at)
        at = after.get(at, "")
    # What no chain leads to comes after it, in the order of the file.
    names = [a.get("ANNOTATION_ID", "") for a in group]
    order = [name for name in chain if name in names]
    order += [name for name in names if name not in order]
    edges = np.linspace(span[0], span[1], len(group) + 1).tolist()
    places = [order.index(name) for name in names]
    return [(edges[k], edges[k + 1]) for k in places]


def _slots(root: Element, where: str) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds of the slots that have a time, and of all, the others placed between those."""
    order = root.findall("TIME_ORDER/TIME_SLOT")
    try:
        times = np.array([float(slot.get("TIME_VALUE", "nan")) for slot in order]) / 1000
    except ValueError as error:
        raise _broken(f"a time slot has {error}", where) from None
    aligned = np.flatnonzero(~np.isnan(times))
    if len(order) and not len(aligned):
        raise _broken("no time slot has a time", where)
    names = [slot.get("TIME_SLOT_ID", "") for slot in order]
    known = {names[k]: float(times[k]) for k in aligned.tolist()}
    if len(order):
        times = np.interp(np.arange(len(times)), aligned, times[aligned])
    return known, dict(zip(names, times.tolist(), strict=True))


def _slots_of(
    annotations: list[Element], known: dict[str, float], between: dict[str, float]
) -> dict[str, float]:
    """Seconds of the slots of a tier: those without a time lie evenly between its others."""
    mine = {a.get(f"TIME_SLOT_REF{k}", "") for a in annotations for k in (1, 2)}
    # `between` has them in the order of the document.
    names = [name for name in between if name in mine]
    at = [k for k, name in enumerate(names) if name in known]
    if not at:
        return {name: between[name] for name in names}
    times = np.interp(np.arange(len(names)), at, [known[names[k]] for k in at])
    inside = range(at[0], at[-1] + 1)
    return {name: float(times[k]) if k in inside else between[name] for k, name in enumerate(names)}


def _broken(what: str, where: str) -> IntervalLabelIOError:
    return IntervalLabelIOError(
        f"{what}, which cannot be placed in time",
        where=where,
        hint="the file may be damaged or cut short; open it in ELAN and save it anew",
    )


EAF = LabelFormat(
    name="eaf",
    extensions=(".eaf",),
    title="ELAN annotations",
    read=_read,
    write=None,
    own_columns=True,
)
