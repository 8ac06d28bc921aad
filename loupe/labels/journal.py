"""The write-ahead journal of one label set: every edit is durable before it counts.

One record a line: eight hexadecimal digits of CRC-32, a space, JSON. The first record names the
hash of the file that the edits start from; a save leaves a mark with the new hash before the file
is replaced, so that at any moment the file and the journal together hold every edit. An unfinished
last line is dropped; a bad line before that keeps everything up to it and is reported.
"""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from loupe.errors import IntervalLabelIOError
from loupe.labels.edit import Edit, places_of
from loupe.labels.files import Fs, again, put_beside, read_bytes, write_all
from loupe.labels.step import Step, summed
from loupe.labels.table import IntervalTable, Rows

__all__ = ["Content", "Journal", "Replay", "encode_edit", "load", "parse", "replay"]

_VERSION = 1


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
        return record if good and record["op"] in ("head", "edit", "save") else None
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
    """

    def __init__(self, path: Path, fs: Fs | None = None, kept: Content | None = None) -> None:
        self.path = path
        self._fs = fs or Fs()
        self._fd: int | None = None
        self._count = len(kept.records) if kept else 0
        self._size = kept.good_bytes if kept else 0
        self._trim = True

    @property
    def is_empty(self) -> bool:
        """Whether no record was ever written since the last save."""
        return self._count == 0

    def append(self, op: str, content: Mapping[str, object], base: str) -> None:
        """Write one record and make it durable; the head comes first where it is missing.

        Raises
        ------
        IntervalLabelIOError
            If that fails; the journal is then as it was, and the edit must not count.
        """
        lines, count = b"", self._count
        if count == 0:
            lines, count = _line(_head(base), 0), 1
        lines += _line({"op": op, **content}, count)
        try:
            fd = self._open()
            write_all(self._fs, fd, lines)
            again(lambda: self._fs.datasync(fd))
        except OSError as error:
            self._trim = True
            # if this fails too, the next append tries again before it writes
            with contextlib.suppress(OSError):
                self._cut_tail()
            raise IntervalLabelIOError(
                f"the edit could not be made safe: {error.strerror or error}",
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
        records = [_head(base), *({"op": "edit", **edit} for edit in edits)]
        data = b"".join(_line(record, n) for n, record in enumerate(records))
        put_beside(self._fs, self.path, data, 0o600, self.path)
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
            self._fd = again(lambda: self._fs.open(self.path, flags, 0o600))
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


def _head(base: str) -> dict[str, object]:
    return {"op": "head", "v": _VERSION, "base": base, "pid": os.getpid()}


def _line(record: Mapping[str, object], n: int) -> bytes:
    when = datetime.now(UTC).isoformat(timespec="milliseconds")
    text = json.dumps({"n": n, "when": when, **record}, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def encode_edit(table: IntervalTable, edit: Edit) -> dict[str, object]:
    """An edit of this table as JSON can hold it: the old rows and the new ones, with values."""
    return {
        "kind": edit.kind,
        "steps": [[_encode(table, s.removed), _encode(table, s.added)] for s in edit.steps],
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
    """

    table: IntervalTable
    edits: tuple[Edit, ...]
    when: str
    found: int
    exact: bool

    @property
    def complete(self) -> bool:
        """Whether every edit fitted."""
        return len(self.edits) == self.found


def replay(content: Content, table: IntervalTable, file_hash: str) -> Replay:
    """Do again what the file, whose table and hash are given, does not hold yet.

    Every old row is compared with what stands in the table; the first that differs ends the
    replay. In a file that was changed by others rows are found by what they hold, wherever they
    stand now, and an edit that would overlap a row ends the replay, too.
    """
    start, exact = 0, False
    for i, record in enumerate(content.records):
        known = record.get("base") if record["op"] == "head" else record.get("hash")
        if record["op"] != "edit" and known == file_hash:
            start, exact = i + 1, True
    waiting = [record for record in content.records[start:] if record["op"] == "edit"]
    edits: list[Edit] = []
    when = ""
    disjoint = table.is_disjoint
    for record in waiting:
        done = _apply(record, table, exact=exact)
        if done is None or (not exact and disjoint and not done[0].is_disjoint):
            break
        table, edit = done
        edits.append(edit)
        when = str(record.get("when", ""))
    found = len(waiting) + (content.bad_line > 0)
    return Replay(table, tuple(edits), when, found, exact)


def _apply(
    record: Mapping[str, Any], table: IntervalTable, *, exact: bool
) -> tuple[IntervalTable, Edit] | None:
    steps: list[Step] = []
    try:
        for old, new in record["steps"]:
            if not exact:
                old, new = _moved(table, old, new)
            step = _step(table, old, new)
            if step is None:
                return None
            steps.append(step)
            newest = int(step.added.ids.max()) + 1 if len(step.added) else 0
            table = table.splice(step.removed.positions, step.added, max(table.next_id, newest))
        edit = Edit(str(record["kind"]), summed(steps))
    except (KeyError, TypeError, ValueError, IndexError):
        return None
    return table, edit


def _moved(
    table: IntervalTable, old: Sequence[Any], new: Sequence[Any]
) -> tuple[list[Any], list[Any]]:
    """The rows of a step with the places that they have, or get, in this table.

    Raises
    ------
    ValueError
        If an old row is not there.
    """
    found: dict[int, Any] = {}
    for row in old:
        lo, hi = (int(np.searchsorted(table.starts, row[2], side)) for side in ("left", "right"))
        near = table.rows(np.arange(lo, hi))
        match = [
            here for here in _encode(table, near) if json.dumps(here[2:]) == json.dumps(row[2:])
        ]
        place = next((int(here[0]) for here in match if here[0] not in found), None)  # type: ignore[call-overload]
        if place is None:
            raise ValueError("a row is not there")
        found[place] = row
    out = np.array(sorted(found), dtype=np.int64)
    rows = sorted(new, key=lambda row: float(row[2]))
    places = places_of(table, out, np.array([row[2] for row in rows], dtype=np.float64))
    return (
        [[place, *found[place][1:]] for place in out.tolist()],
        [[place, *row[1:]] for place, row in zip(places.tolist(), rows, strict=True)],
    )


def _step(table: IntervalTable, old: Sequence[Any], new: Sequence[Any]) -> Step | None:
    """One recorded step, if its old rows are the ones that stand in the table."""
    places = np.array([row[0] for row in old], dtype=np.int64)
    if len(places) and not (places[0] >= 0 and places[-1] < len(table)):
        return None
    removed = table.rows(places)
    if json.dumps([row[2:] for row in old]) != json.dumps(
        [row[2:] for row in _encode(table, removed)]
    ):
        return None
    # ids of a file read anew are not those of the session that was killed
    ids = {row[1]: int(removed.ids[i]) for i, row in enumerate(old)}
    payloads = {json.dumps(row[5]): int(removed.payload[i]) for i, row in enumerate(old)}
    next_id = table.next_id
    for row in new:
        if row[1] not in ids:
            ids[row[1]], next_id = next_id, next_id + 1
        key = json.dumps(row[5])
        if key not in payloads:
            payloads[key] = table.pool.decode(row[5])
    added = Rows(
        np.array([row[0] for row in new], dtype=np.int64),
        np.array([row[2] for row in new], dtype=np.float64),
        np.array([row[3] for row in new], dtype=np.float64),
        np.array([table.pool.code(row[4]) for row in new], dtype=np.int32),
        np.array([ids[row[1]] for row in new], dtype=np.int64),
        np.array([payloads[json.dumps(row[5])] for row in new], dtype=np.int64),
    )
    return Step(removed, added)


def load(path: Path) -> Content | None:
    """What the journal at `path` holds, or None if there is none or it is empty."""
    data = read_bytes(path)
    return parse(data) if data else None
