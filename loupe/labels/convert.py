"""One label file into another format, with everything that gets lost named.

Numbers are never taken for stages by guessing: the person names a vocabulary.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loupe.errors import IntervalLabelIOError
from loupe.labels import edit
from loupe.labels.exchange import encode, load_table
from loupe.labels.files import Saved, atomic_write
from loupe.labels.formats.base import ReadOptions
from loupe.labels.formats.registry import format_for
from loupe.labels.table import IntervalTable
from loupe.session.labels import IntervalLabelSchema
from loupe.session.states import load_state_config

__all__ = ["VOCABULARIES", "Conversion", "convert", "vocabulary"]

VOCABULARIES: Mapping[str, Mapping[str, str]] = {
    "visbrain": {"-1": "Art", "0": "Wake", "1": "N1", "2": "N2", "3": "N3", "4": "REM"},
    "profusion": {
        "0": "W",
        "1": "S1",
        "2": "S2",
        "3": "S3",
        "4": "S4",
        "5": "REM",
        "6": "MT",
        "9": "Unscored",
        "10": "Art",
    },
    "elan": {"-2": "Art", "0": "Wake", "1": "N1", "2": "N2", "3": "N3", "4": "N3", "5": "REM"},
    "accusleep": {"-1": "Undefined", "1": "REM", "2": "Wake", "3": "NREM"},
    "sleep-edf": {
        **{f"Sleep stage {stage}": stage for stage in ("W", "R", "N1", "N2", "N3", "?")},
        **{f"Sleep stage {stage}": f"S{stage}" for stage in range(1, 5)},
        "Movement time": "MT",
    },
}
"""Labels as other programs write them -> states, by name."""


@dataclass(frozen=True)
class Conversion:
    """What a conversion did.

    Attributes
    ----------
    saved
        The new file; None if the losses were not allowed and nothing was written.
    losses
        What the new file does not hold, one sentence each.
    notes
        Remarks from reading and writing.
    """

    saved: Saved | None
    losses: tuple[str, ...]
    notes: tuple[str, ...]


def vocabulary(name: str) -> Mapping[str, str]:
    """Labels -> states, by the name of a vocabulary or from a JSON file.

    The file is an object of old name -> new name, or state definitions, whose keys then become
    their states.

    Raises
    ------
    IntervalLabelIOError, LoupeConfigError
        If there is no such vocabulary, or the file cannot be read as one.
    """
    if name in VOCABULARIES:
        return VOCABULARIES[name]
    path = Path(name)
    hint = f"vocabularies: {', '.join(VOCABULARIES)}; or a JSON file of old name to new name"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise IntervalLabelIOError(
            f"no vocabulary {name!r}, and not a readable JSON file: {error}", hint=hint
        ) from error
    if isinstance(content, dict) and "keymap" in content:
        return load_state_config(path).key_to_state
    if not isinstance(content, dict) or not all(isinstance(v, str) for v in content.values()):
        raise IntervalLabelIOError("not an object of old name to new name", where=name, hint=hint)
    return content


def convert(
    source: Path | str,
    target: Path | str,
    *,
    from_format: str | None = None,
    to_format: str | None = None,
    schema: IntervalLabelSchema | None = None,
    states: Mapping[str, str] | None = None,
    lossy: bool = False,
    snap: float | None = None,
) -> Conversion:
    """Write the labels of one file as another.

    Parameters
    ----------
    states
        Labels to rename: old -> new.
    lossy
        Write even if something is lost.
    snap
        Step in seconds to which the times of a Visbrain file are rounded.

    Raises
    ------
    IntervalLabelIOError, IntervalLabelSchemaError
        If the source cannot be read, both are one file, or the target cannot be written.
    """
    source, target = Path(source), Path(target)
    if source.resolve() == target.resolve():
        raise IntervalLabelIOError("the source and the target are one file", where=str(source))
    kind = format_for(target, to_format)
    if snap is not None and not 0 < snap < math.inf:
        raise IntervalLabelIOError(f"a snap needs a positive step in seconds, got {snap}")
    loaded = load_table(source, schema, format=from_format, options=ReadOptions(snap=snap))
    table, losses, notes = loaded.table, [], list(loaded.notes)
    if snap is not None and loaded.format.name != "visbrain":
        notes.append(
            "only the times of Visbrain files are rounded to a step: these are as they were"
        )
    if states:
        table, renamed = _rename(table, states)
        losses += renamed
    losses += kind.losses(table)
    if losses and not lossy:
        return Conversion(None, tuple(losses), tuple(notes))
    data = encode(table, kind, str(target), lossy=lossy)
    if target.exists():
        notes.append(f"the file that was there is kept as {target.name}.bak")
    saved = atomic_write(target, data, backup=True)
    return Conversion(saved, tuple(losses), (*notes, *saved.warnings))


def _rename(table: IntervalTable, names: Mapping[str, str]) -> tuple[IntervalTable, list[str]]:
    """Rename labels; names that fall together are a loss."""
    present = sorted(set(table.labels()))
    after: dict[str, list[str]] = {}
    for old in present:
        after.setdefault(names.get(old, old), []).append(old)
    losses = [
        f"labels {' and '.join(repr(old) for old in olds)} both become {new!r}"
        for new, olds in sorted(after.items())
        if len(olds) > 1
    ]
    known = {old: names[old] for old in present if old in names}
    return edit.relabel(table, known)[0], losses
