"""One label file into another format, with everything that gets lost named."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loupe.errors import IntervalLabelIOError
from loupe.labels import edit
from loupe.labels.exchange import encode, load_table
from loupe.labels.files import Saved, atomic_write
from loupe.labels.formats.base import ReadOptions, told_epoch, with_epoch
from loupe.labels.formats.epochs import EPOCHS
from loupe.labels.formats.registry import format_for
from loupe.labels.table import IntervalTable
from loupe.session.labels import IntervalLabelSchema

__all__ = ["Conversion", "convert"]


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
    epoch: float | None = None,
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
    epoch
        Length of an epoch in seconds, for a source or target that lists the states of epochs.

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
    if epoch is not None and not 0 < epoch < math.inf:
        raise IntervalLabelIOError(f"an epoch has a positive length in seconds, not {epoch}")
    options = ReadOptions(snap=snap, epoch=epoch)
    loaded = load_table(source, schema, format=from_format, options=options)
    table, losses, notes = loaded.table, [], list(loaded.notes)
    if epoch is not None and kind is EPOCHS:
        table = with_epoch(table, epoch, told_epoch(table)[1])
    elif epoch is not None and loaded.format is not EPOCHS:
        notes.append("neither file lists states of epochs: their length has no effect")
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
