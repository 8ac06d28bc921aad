"""The write-ahead journal of one label set: every edit is durable before it counts.

One record a line: eight hexadecimal digits of CRC-32, a space, JSON. The first record names the
hash of the file that the edits start from; a save leaves a mark with the new hash before the file
is replaced, so that at any moment the file and the journal together hold every edit. An unfinished
last line is dropped; a bad line before that keeps everything up to it and is reported.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from loupe.errors import IntervalLabelIOError
from loupe.labels.edit import Edit, places_of
from loupe.labels.files import Fs, again, put_beside, read_bytes, write_all
from loupe.labels.step import Step, summed
from loupe.labels.table import TOUCH, IntervalTable, Rows

__all__ = ["Content", "Journal", "Replay", "encode_edit", "load", "parse", "replay"]

_VERSION = 1

_ALIKE = 1e-6
"""Seconds by which a format may round a time; `encode` proves that it does no worse."""


@dataclass(frozen=True)
class Content:
    """What a journal file holds.

    Attributes
    ----------
    records
        Every good record, from the first on.
    good_bytes
        How long the good part of the file is.
    torn
        The last line was never finished; nothing acknowledged is lost.
    bad_line
        The first damaged line, from 1; 0 if there is none.
    """

    records: tuple[dict[str, Any], ...]
    good_bytes: int
    torn: bool = False
    bad_line: int = 0

    @property
    def edits(self) -> int:
        """How many edits the journal holds, saved or not."""
        return sum(record["op"] == "edit" for record in self.records)


def parse(data: bytes) -> Content:
    """Read a journal's bytes; never raises, whatever they hold."""
    records: list[dict[str, Any]] = []
    at = 0
    for number, line in enumerate(data.split(b"\n")[:-1], start=1):
        record = _record(line, len(records))
        if record is None:
            return Content(tuple(records), at, bad_line=number)
        records.append(record)
        at += len(line) + 1
    return Content(tuple(records), at, torn=at < len(data))


def _record(line: bytes, n: int) -> dict[str, Any] | None:
    try:
        if int(line[:8], 16) != zlib.crc32(line[9:]) or line[8:9] != b" ":
            return None
        record = json.loads(line[9:])
        good = record["n"] == n and record["op"] == ("head" if n == 0 else record["op"])
        # what a later version wrote is kept, and not taken for ours
        known = n > 0 or record.get("v", _VERSION) <= _VERSION
        return record if good and known and record["op"] in ("head", "edit", "save") else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


class Journal:
    """The journal of one label set, open for appending.

    Parameters
    ----------
    path
        The journal file; it is made at the first edit.
    kept
        What it holds already, to be continued.
    origin
        Second 0 of the edits in nanoseconds since 1970, as text; "" where there are no dates.
    mode
        Who may read and write the file; None leaves that to the process.
    """

    def __init__(
        self,
        path: Path,
        fs: Fs | None = None,
        kept: Content | None = None,
        *,
        origin: str = "",
        mode: int | None = 0o600,
    ) -> None:
        self.path = path
        self.mode = mode
        self._origin = origin
        self._fs = fs or Fs()
        self._fd: int | None = None
        self._count = len(kept.records) if kept else 0
        self._size = kept.good_bytes if kept else 0
        self._trim = True

    @property
    def is_empty(self) -> bool:
        """Whether no record was ever written since the last save."""
        return self._count == 0

    @property
    def is_lost(self) -> bool:
        """Whether another program removed, replaced or cut the file with what was written."""
        if self._count == 0:
            return False
        try:
            facts = os.stat(self.path) if self._fd is None else os.fstat(self._fd)
        except FileNotFoundError:
            return True
        return facts.st_nlink == 0 or facts.st_size < self._size

    def append(self, op: str, content: Mapping[str, object], base: str) -> None:
        """Write one record and make it durable; the head comes first where it is missing.

        Raises
        ------
        IntervalLabelIOError
            If that fails; the journal is then as it was, and the edit must not count.
        """
        lines, count = b"", self._count
        if count == 0:
            lines, count = _line(self._head(base), 0), 1
        lines += _line({"op": op, **content}, count)
        try:
            if self.is_lost:
                raise OSError(errno.ENOENT, "another program removed the journal")
            if self._fd is not None and os.fstat(self._fd).st_nlink == 0:
                self.close()  # it was empty
            fd = self._open()
            write_all(self._fs, fd, lines)
            again(lambda: self._fs.datasync(fd))
        except OSError as error:
            self._trim = True
            # if this fails too, the next append tries again before it writes
            with contextlib.suppress(OSError):
                self._cut_tail()
            what = "labels could not be saved" if op == "save" else "edit could not be made safe"
            raise IntervalLabelIOError(
                f"the {what}: {error.strerror or error}",
                where=str(self.path),
                hint="free some space or check permissions, then do it again",
                code="labels-journal",
            ) from error
        self._count, self._size = count + 1, self._size + len(lines)

    def rewrite(self, edits: Sequence[Mapping[str, object]], base: str) -> None:
        """Put a journal of these edits, made on the file with hash `base`, in this one's place.

        Raises
        ------
        OSError
            If that fails; the journal is then as it was.
        """
        self.close()
        records = [self._head(base), *({"op": "edit", **edit} for edit in edits)]
        data = b"".join(_line(record, n) for n, record in enumerate(records))
        put_beside(self._fs, self.path, data, self.mode, self.path)
        self._count, self._size = len(records), len(data)
        again(lambda: self._fs.sync_folder(self.path.parent))

    def clear(self) -> None:
        """Empty the journal: the file itself holds everything now.

        Raises
        ------
        OSError
            If that fails; the journal's save mark then tells the same.
        """
        if self._count == 0 and self._fd is None and not self.path.exists():
            return
        fd = self._open()
        again(lambda: self._fs.truncate(fd, 0))
        self._count = self._size = 0
        again(lambda: self._fs.fsync(fd))

    def close(self) -> None:
        """Close the file; what it holds stays."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _open(self) -> int:
        if self._fd is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
            self._fd = again(lambda: self._fs.open_shared(self.path, flags, self.mode))
            self._trim = True
            again(lambda: self._fs.sync_folder(self.path.parent))
        if self._trim:
            self._cut_tail()
        return self._fd

    def _cut_tail(self) -> None:
        """Drop what lies beyond the last good record: an unfinished or unacknowledged one."""
        if self._fd is None:
            return
        fd = self._fd
        if os.fstat(fd).st_size > self._size:
            again(lambda: self._fs.truncate(fd, self._size))
        self._trim = False

    def _head(self, base: str) -> dict[str, object]:
        head: dict[str, object] = {"op": "head", "v": _VERSION, "base": base, "pid": os.getpid()}
        return {**head, "origin": self._origin} if self._origin else head


def _line(record: Mapping[str, object], n: int) -> bytes:
    when = datetime.now(UTC).isoformat(timespec="milliseconds")
    text = json.dumps({"n": n, "when": when, **record}, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def encode_edit(
    table: IntervalTable, edit: Edit, after: IntervalTable | None = None
) -> dict[str, object]:
    """An edit of this table as JSON can hold it: the old rows and the new ones, with values.

    `after` is the table with the edit done, where it does not share the pool of `table`.
    """
    after = table if after is None else after
    return {
        "kind": edit.kind,
        "steps": [[_encode(table, s.removed), _encode(after, s.added)] for s in edit.steps],
    }


def _encode(table: IntervalTable, rows: Rows) -> list[list[object]]:
    pool = table.pool
    return [
        [
            int(rows.positions[i]),
            int(rows.ids[i]),
            float(rows.starts[i]),
            float(rows.ends[i]),
            pool.label(int(rows.codes[i])),
            pool.encode(int(rows.payload[i])),
        ]
        for i in range(len(rows))
    ]


@dataclass(frozen=True, eq=False)
class Replay:
    """Edits that a journal holds beyond its file.

    Attributes
    ----------
    table
        The table with these edits done.
    edits
        In order; they can go into a history.
    when
        Time of the last one, ISO 8601 in UTC; "" without edits.
    found
        How many edits the journal holds beyond the file; more than `edits` if some did not fit
        or a line is damaged.
    exact
        Whether the file is the one that the edits were made on.
    seamless
        Whether the journal can be continued: every edit fitted as it stands.
    base
        The hash of the file that the last edit knows of, where a merge was undone or done again
        and that is another one than the journal starts from; "" otherwise.
    """

    table: IntervalTable
    edits: tuple[Edit, ...]
    when: str
    found: int
    exact: bool
    seamless: bool
    base: str

    @property
    def complete(self) -> bool:
        """Whether every edit fitted."""
        return len(self.edits) == self.found


def replay(content: Content, table: IntervalTable, file_hash: str) -> Replay:
    """Do again what the file, whose table and hash are given, does not hold yet.

    Every old row is compared with what stands in the table; the first that differs ends the
    replay. In a file that was changed by others rows are found by what they hold, wherever they
    stand now, and an edit that would overlap a row ends the replay, too. What a format rounds or
    types otherwise than the session that saved it is the same.
    """
    start, exact = 0, False
    for i, record in enumerate(content.records):
        known = record.get("base") if record["op"] == "head" else record.get("hash")
        if record["op"] != "edit" and known == file_hash:
            start, exact = i + 1, True
    waiting = [record for record in content.records[start:] if record["op"] == "edit"]
    was, now = _origins(content, table)
    shift = (int(was) - int(now)) / 1e9 if was and now else 0.0
    edits: list[Edit] = []
    when = base = ""
    disjoint = table.is_disjoint
    for record in waiting:
        done = _apply(record, table, shift, exact=exact)
        if done is not None and disjoint and not done[0].is_disjoint:
            # perhaps only because the file rounds the edge of a row that they touch
            closer = _apply(record, table, shift, exact=exact, snap=True)
            if closer is not None and closer[0].is_disjoint:
                done = closer
            elif not exact:
                break
        if done is None:
            break
        table, edit = done
        edits.append(edit)
        when = str(record.get("when", ""))
        base = str(record.get("base", base))
    found = len(waiting) + (content.bad_line > 0)
    seamless = exact and len(edits) == found and was == now
    return Replay(table, tuple(edits), when, found, exact, seamless, base)


def _origins(content: Content, table: IntervalTable) -> tuple[str, str]:
    """Where second 0 was for the edits, and where it is in the table; "" for neither known."""
    was = str(content.records[0].get("origin", "")) if content.records else ""
    return was if was.lstrip("-").isdigit() else "", table.origin


def _apply(
    record: Mapping[str, Any],
    table: IntervalTable,
    shift: float,
    *,
    exact: bool,
    snap: bool = False,
) -> tuple[IntervalTable, Edit] | None:
    steps: list[Step] = []
    try:
        for old, new in record["steps"]:
            old, new = ([_recorded(row, shift) for row in rows] for rows in (old, new))
            if snap:
                new = [_snapped(table, row) for row in new]
            step = _step(table, old, new) if exact else _moved(table, old, new)
            if step is None:
                return None
            steps.append(step)
            newest = int(step.added.ids.max()) + 1 if len(step.added) else 0
            table = table.splice(step.removed.positions, step.added, max(table.next_id, newest))
            if (table.starts[1:] < table.starts[:-1]).any():
                return None  # made on other labels than these
        edit = Edit(str(record["kind"]), summed(steps))
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        return None
    return table, edit


class _Record(NamedTuple):
    """One row as the journal has it."""

    place: int
    id: int
    start: float
    end: float
    label: str
    values: Mapping[str, object] | None


def _recorded(row: Sequence[Any], shift: float) -> _Record:
    place, number, start, end, label, values = row
    return _Record(int(place), number, float(start) + shift, float(end) + shift, label, values)


def _snapped(table: IntervalTable, row: _Record) -> _Record:
    """The row with edges that just miss those of the table moved onto them."""
    edges = np.concatenate([table.starts, table.ends])
    edges = edges[np.isfinite(edges)]
    near = (edges[int(np.argmin(np.abs(edges - t)))] if len(edges) else t for t in row[2:4])
    start, end = (
        float(e) if abs(e - t) <= TOUCH else t for e, t in zip(near, row[2:4], strict=True)
    )
    return row._replace(start=start, end=end) if start < end else row


def _moved(table: IntervalTable, old: list[_Record], new: list[_Record]) -> Step | None:
    """A step with the places that its rows have, or get, in this table."""
    found: dict[int, _Record] = {}
    for row in old:
        near = (row.start - _ALIKE, row.start + _ALIKE)
        lo, hi = np.searchsorted(table.starts, near, "left")
        match = [i for i in range(int(lo), int(hi) + 1) if i not in found and _same(table, i, row)]
        if not match:
            return None
        found[min(match, key=lambda i: abs(float(table.starts[i]) - row.start))] = row
    places = sorted(found)
    return _made(table, [found[i]._replace(place=i) for i in places], new, keep_places=False)


def _step(table: IntervalTable, old: list[_Record], new: list[_Record]) -> Step | None:
    """One recorded step, if its old rows are the ones that stand in the table."""
    if not all(_same(table, row.place, row) for row in old):
        return None
    return _made(table, old, new, keep_places=True)


def _same(table: IntervalTable, place: int, row: _Record) -> bool:
    """Whether the row at a place is the recorded one, as far as a file keeps what it says."""
    if not 0 <= place < len(table) or table.label(place) != row.label:
        return False
    for now, then in ((table.starts[place], row.start), (table.ends[place], row.end)):
        if now != then and not abs(now - then) <= _ALIKE:
            return False
    return table.pool.holds(int(table.payload[place]), row.values)


def _made(
    table: IntervalTable, old: list[_Record], new: list[_Record], *, keep_places: bool
) -> Step:
    """The step from the old rows, which stand in the table, to the new ones."""
    removed = table.rows(np.array([row.place for row in old], dtype=np.int64))
    # where the file rounded an edge that both have, the new row takes the edge as it is now
    edges = dict(zip([row.start for row in old], removed.starts.tolist(), strict=True))
    edges |= dict(zip([row.end for row in old], removed.ends.tolist(), strict=True))
    new = [
        row._replace(start=edges.get(row.start, row.start), end=edges.get(row.end, row.end))
        for row in new
    ]
    if keep_places:
        places = np.array([row.place for row in new], dtype=np.int64)
    else:
        new = sorted(new, key=lambda row: row.start)
        starts = np.array([row.start for row in new], dtype=np.float64)
        places = places_of(table, removed.positions, starts)
    # ids of a file read anew are not those of the session that was killed
    ids = {row.id: int(removed.ids[i]) for i, row in enumerate(old)}
    payloads = {json.dumps(row.values): int(removed.payload[i]) for i, row in enumerate(old)}
    next_id = table.next_id
    for row in new:
        if row.id not in ids:
            ids[row.id], next_id = next_id, next_id + 1
        key = json.dumps(row.values)
        if key not in payloads:
            payloads[key] = table.pool.decode(row.values)
    added = Rows(
        places,
        np.array([row.start for row in new], dtype=np.float64),
        np.array([row.end for row in new], dtype=np.float64),
        np.array([table.pool.code(row.label) for row in new], dtype=np.int32),
        np.array([ids[row.id] for row in new], dtype=np.int64),
        np.array([payloads[json.dumps(row.values)] for row in new], dtype=np.int64),
    )
    return Step(removed, added)


def load(path: Path) -> Content | None:
    """What the journal at `path` holds, or None if there is none or it is empty."""
    data = read_bytes(path)
    return parse(data) if data else None
