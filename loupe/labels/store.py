"""One label set on disk, as a window holds it: table, journal, lock, save, recovery.

The order is always the same: an edit is durable in the journal before the table shows it; a save
is durable in the file before the journal lets go of the edits. Beside the file stand journal,
lock and backup only when writing back is allowed and the folder can be written; otherwise they
stand in the user's state folder. Who edits, and what undo means, is not known here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from loupe.errors import IntervalLabelIOError, LoupeError
from loupe.labels.edit import Edit
from loupe.labels.exchange import LoadedFile, encode, export, load_table
from loupe.labels.files import (
    MISSING,
    FileLock,
    Fs,
    Saved,
    atomic_write,
    content_hash,
    put_beside,
    read_bytes,
    remove_stray,
)
from loupe.labels.formats.base import ReadOptions, with_epoch
from loupe.labels.formats.parquet import digest
from loupe.labels.formats.registry import format_for
from loupe.labels.formats.tabular import moved_origin
from loupe.labels.homes import HELD, Home, adopt, state_folder, take, why_not_written
from loupe.labels.journal import Content, Journal, Replay, encode_edit, load, replay
from loupe.labels.merge import MERGE, Merge, merge
from loupe.labels.merge_tables import difference
from loupe.labels.recovery import Recovery, offer, old_name
from loupe.labels.table import IntervalTable
from loupe.session.labels import IntervalLabelSchema

__all__ = ["LabelStore", "Recovery", "export", "load_table", "state_folder"]


@dataclass(frozen=True)
class _Reader:
    """How the file was read, so that it can be read again."""

    schema: IntervalLabelSchema | None = None
    format: str | None = None
    options: ReadOptions | None = None

    def read(self, path: Path, origin_ns: int | None = None) -> LoadedFile:
        options = self.options or ReadOptions()
        options = options if origin_ns is None else replace(options, origin_ns=origin_ns)
        return load_table(path, self.schema, format=self.format, options=options, missing_ok=True)


_COPIES = tuple(f"-{n}" for n in range(2, 10))


class _Known(NamedTuple):
    """A table and what the file held when it was made from it."""

    table: IntervalTable
    base: IntervalTable
    hash: str


class LabelStore:
    """One label set, its file, and what keeps it safe. Make one with `open` or `memory`.

    Attributes
    ----------
    table
        The labels as they are safe now.
    path
        The label file; None for a set in memory.
    notes
        Remarks from reading, one sentence each.
    read_only_reason
        Why nothing can be edited (another window holds the file …); None if it can.
    save_reason
        Why `save` is not possible; None if it is.
    recovery
        Edits of a session that ended badly, waiting for `recover` or `discard_recovery`.
    """

    def __init__(self, loaded: LoadedFile, path: Path | None, home: Home, fs: Fs) -> None:
        self.table = loaded.table
        self.path = path
        self.format = loaded.format
        self.notes = loaded.notes
        self.read_only_reason: str | None = None
        self.save_reason: str | None = "writing back to the file is not allowed"
        self.recovery: Recovery | None = None
        self._hash = loaded.hash
        self._base = loaded.table
        self._reader = _Reader()
        self._merges: list[tuple[_Known, _Known]] = []
        self._fs = fs
        self._backed_up = False
        self._unsaved = 0
        self._kept: tuple[Content, Replay] | None = None
        self._lock: FileLock | None = None
        self._home = home
        self._journal = self._new_journal()

    @classmethod
    def open(
        cls,
        path: Path | str,
        schema: IntervalLabelSchema | None = None,
        *,
        writeback: bool = False,
        format: str | None = None,  # noqa: A002 - the word that sessions and the command line use
        options: ReadOptions | None = None,
        state_dir: Path | None = None,
        fs: Fs | None = None,
    ) -> LabelStore:
        """Open a label file, or start an empty set where there is none yet.

        Parameters
        ----------
        writeback
            Allow `save`, and keep journal, lock and backup beside the file.
        state_dir
            Where they stand otherwise; None is `state_folder`.

        Raises
        ------
        IntervalLabelIOError, IntervalLabelSchemaError
            If the file cannot be read. A lock, a damaged journal or a folder that cannot be
            written is no error: see `read_only_reason` and `save_reason`.
        """
        fs = fs or Fs()
        path = Path(path)
        real = path.resolve()
        save_reason: str | None = "writing back to the file is not allowed"
        if writeback:
            kind = format_for(path, format)
            only_read = f"{kind.title}: files of this format are read only"
            save_reason = only_read if kind.write is None else why_not_written(real)
        beside, aside, problem = Home.beside(real), Home.of_file(real, state_dir), "not allowed"
        home, lock = beside, None
        if save_reason is None:
            lock, problem = take(home, fs)
            if lock is None and not problem.startswith(HELD):
                save_reason = problem
        if save_reason is not None:
            home = aside
            lock, problem = take(home, fs)
        reader = _Reader(schema, format, options)
        # read after the lock is ours: nobody who keeps to it can change the file from here on
        try:
            loaded = reader.read(path)
        except BaseException:
            if lock is not None:
                lock.release()
            raise
        store = cls(loaded, path, home, fs)
        store._reader = reader
        store.save_reason = save_reason
        store._start(lock, problem, (aside if home is beside else beside,))
        return store

    @classmethod
    def memory(
        cls,
        table: IntervalTable,
        key: str,
        *,
        older: str = "",
        state_dir: Path | None = None,
        fs: Fs | None = None,
    ) -> LabelStore:
        """Keep a set that has no file.

        Parameters
        ----------
        key
            Finds its journal again after a crash. While another window has the set of that key,
            this one is kept on its own.
        older
            The key that an earlier version would have used, for other sets, too.
        """
        fs = fs or Fs()
        homes = [Home.of_memory(f"{key}{n}", state_dir) for n in ("", *_COPIES)]
        loaded = LoadedFile(table, digest(table), (), format_for("labels.parquet"))
        for home in homes:
            lock, problem = take(home, fs)
            if lock is not None or not problem.startswith(HELD):
                break
        store = cls(loaded, None, home, fs)
        store.save_reason = "the labels have no file yet"
        others = tuple(other for other in homes if other is not home)
        store._start(lock, problem, others)
        if older and older != key and lock is not None:
            store._start_from(Home.of_memory(older, state_dir))
        return store

    @property
    def unsaved(self) -> int:
        """How many edits the journal holds that the file does not."""
        return self._unsaved

    def append(self, edit: Edit) -> IntervalTable:
        """Make an edit of `table` safe, then do it; returns the new table.

        Raises
        ------
        IntervalLabelIOError
            If the set is read-only, a recovery waits for an answer, or the journal cannot be
            written. The table is then as it was.
        """
        self._refuse_read_only()
        if not edit:
            return self.table
        self._restore_journal()
        table = edit.apply(self.table)
        record = encode_edit(self.table, edit)
        known = self._known_of(table) if edit.kind == MERGE else None
        if known is not None:
            record["base"] = known.hash
        self._journal.append("edit", record, self._hash)
        self.table = table
        self._unsaved += 1
        if known is not None:
            self._base, self._hash = known.base, known.hash
        return self.table

    def save(self, *, lossy: bool = False, anew: bool = False) -> Saved:
        """Put the labels into their file, as a whole; the first save keeps ``NAME.bak``.

        Parameters
        ----------
        lossy
            Save even if the format loses something.
        anew
            The file is gone, and is to be made again.

        Raises
        ------
        IntervalLabelIOError
            If that is not allowed, the format would lose something (unless `lossy`), the file
            was changed by others since it was read, or writing fails. No edit is lost: the
            journal still has all of them.
        """
        self._refuse_read_only()
        if self.path is None or self.save_reason is not None:
            raise IntervalLabelIOError(
                f"cannot save: {self.save_reason}",
                where="" if self.path is None else str(self.path),
                hint="export the labels under another name",
                code="labels-no-writeback",
            )
        self._restore_journal()
        data = encode(self.table, self.format, str(self.path), lossy=lossy)
        new_hash = content_hash(data)
        if not self._journal.is_empty:
            self._journal.append("save", {"hash": new_hash}, self._hash)
        try:
            saved = atomic_write(
                self.path,
                data,
                expected=MISSING if anew else self._hash,
                backup=not self._backed_up,
                fs=self._fs,
            )
        except IntervalLabelIOError:
            # in its place already, but perhaps not durable: the next save must know it as ours
            if self._file_hash() == new_hash != self._hash:
                self._backed_up, self._hash, self._base = True, new_hash, self.table
                self._merges.clear()
            raise
        self._backed_up = True
        self._hash, self._base = new_hash, self.table
        if lossy:
            # what the format took is no change that others made
            with contextlib.suppress(LoupeError):
                self._base = self.read_outside().table
        self._unsaved = 0
        self._merges.clear()
        # if this fails, the save mark in the journal says the same as an empty journal
        with contextlib.suppress(OSError):
            self._journal.clear()
        told = "" if self.format.keeps_origin else moved_origin(self.table)
        return replace(saved, warnings=(*saved.warnings, told)) if told else saved

    def save_as(
        self,
        path: Path | str,
        *,
        format: str | None = None,  # noqa: A002 - the word that sessions and the command line use
        lossy: bool = False,
    ) -> Saved:
        """Write a copy; never over the set's own file. The journal keeps its edits."""
        options, table = self._reader.options or ReadOptions(), self.table
        if options.epoch is not None:
            table = with_epoch(table, options.epoch, options.epoch_origin)
        return export(table, path, format=format, lossy=lossy, not_over=self.path, fs=self._fs)

    def changed_outside(self) -> bool:
        """Whether another program changed or removed the file since it was read or saved."""
        return self.path is not None and self._file_hash() != self._hash

    def read_outside(self) -> LoadedFile:
        """The file as it is now, for `propose` and `take`; its hash is `MISSING` if it is gone.

        Raises
        ------
        IntervalLabelIOError, IntervalLabelSchemaError
            If it cannot be read any more.
        """
        if self.path is None:
            raise IntervalLabelIOError("the labels have no file")
        # Dates count from where they counted before, whatever label is the first one now.
        origin = self._base.origin
        return self._reader.read(self.path, int(origin) if origin else None)

    def propose(
        self, outside: LoadedFile, *, ours: bool = True, ignore: frozenset[str] = frozenset()
    ) -> Merge:
        """What the labels become with the changes that others made to the file; nothing is done.

        Parameters
        ----------
        ours
            Keep our unsaved edits, merged with theirs; False takes the file as it is.
        ignore
            As for `merge`.

        Raises
        ------
        IntervalLabelSchemaError
            If the columns of the file do not fit any more.
        """
        base = self._base if ours else self.table
        return merge(base, self.table, outside.table, ignore=ignore)

    def take(self, outside: LoadedFile, proposal: Merge) -> IntervalTable:
        """Go on from the file as others left it; what `proposal` adds to it is unsaved.

        The next save keeps their version as ``NAME.bak``. If the edit of the proposal is appended
        the other way round (undo), `save` takes the file for changed again.

        Raises
        ------
        IntervalLabelIOError
            If nothing may be edited here, the file or the labels have changed once more (code
            ``labels-changed-outside``), or the journal cannot be written. All is then as it was.
        """
        stale = "the labels were edited here since then" if proposal.ours is not self.table else ""
        if self.path is not None and self._file_hash() != outside.hash:
            stale = "the file was changed once more"
        if stale:
            raise IntervalLabelIOError(
                stale,
                where=str(self.path),
                hint="look at it again",
                code="labels-changed-outside",
            )
        edit = proposal.from_theirs
        if self.read_only_reason is None:
            self._refuse_read_only()
            records = [encode_edit(proposal.theirs, edit)] if edit else []
            self._replace_journal(records, outside.hash)
        elif edit:
            self._refuse_read_only()
        after = _Known(proposal.table, proposal.theirs, outside.hash)
        if proposal.edit:
            self._merges.append((_Known(self.table, self._base, self._hash), after))
        self.table, self._base, self._hash = after
        self._unsaved = 1 if edit else 0
        self._backed_up = False
        return self.table

    def recover(self) -> Recovery:
        """Take the edits of the session that ended badly; they are unsaved, and stay safe.

        Raises
        ------
        IntervalLabelIOError
            If there are none, or the journal cannot be written anew.
        """
        recovery = self.recovery
        if recovery is None:
            raise IntervalLabelIOError("there is nothing to recover")
        content, found = self._kept or (None, None)
        if found is None or found.seamless:
            self._journal = self._new_journal(content)
        else:
            self._rewrite(recovery, found.base)
        if found is not None and found.base and found.base != self._hash:
            # A merge was undone: what the file holds is not what these labels stem from. What
            # they do stem from is not known any more, so that a merge takes nothing away.
            self._hash, self._base = found.base, self._base.cleared()
        self.table = recovery.table
        self._unsaved = len(recovery.edits)
        self._settle()
        return recovery

    def discard_recovery(self) -> Path:
        """Leave the edits; the journal is kept under another name, which is returned."""
        kept = self._set_aside()
        self._settle()
        return kept

    def rename(self, key: str) -> None:
        """Keep a set without a file under another key, its edits with it, if that is possible."""
        home = Home.of_memory(key, self._home.folder)
        if self.path is not None or self._lock is None or self.recovery is not None:
            return
        lock = None if home == self._home else take(home, self._fs)[0]
        if lock is None:
            return
        self._journal.close()
        self._lock.release()
        if adopt(home, self._home, self._fs)[1]:
            lock.release()
            self._lock = take(self._home, self._fs)[0]
            return
        self._home, self._lock = home, lock
        self._journal = self._new_journal(load(home.journal))

    def close(self, *, keep_unsaved: bool = False) -> None:
        """Let go of the file.

        Parameters
        ----------
        keep_unsaved
            Leave unsaved edits in the journal, to be offered next time; otherwise they are
            dropped, so ask first.
        """
        mine = self.read_only_reason is None and self.recovery is None
        if mine and not keep_unsaved:
            # a journal that cannot be emptied is offered again next time: safe, if untidy
            with contextlib.suppress(OSError):
                self._journal.clear()
        self._journal.close()
        if self._lock is not None:
            self._lock.release()

    def _new_journal(self, kept: Content | None = None) -> Journal:
        home = self._home
        return Journal(home.journal, self._fs, kept, origin=self._base.origin, mode=home.mode)

    def _start(self, lock: FileLock | None, problem: str, others: Sequence[Home]) -> None:
        """What follows from the lock and from what the journal holds, here or elsewhere."""
        self._lock = lock
        if lock is None:
            self.read_only_reason = f"read-only: {problem}"
            return
        with contextlib.suppress(OSError):
            remove_stray(self._home.folder / self._home.key)
        told = [adopt(self._home, other, self._fs)[1] for other in others]
        self.notes = (*filter(None, told), *self.notes)
        self._look_back()

    def _start_from(self, older: Home) -> None:
        """Fetch what an earlier version kept under a name that several sets shared."""
        fetched, told = adopt(self._home, older, self._fs)
        self.notes = (*filter(None, [told]), *self.notes)
        if fetched:
            self._look_back()
            if self.recovery is not None:
                doubt = f"{self.recovery.message}; perhaps of other data in this folder"
                self.recovery = replace(self.recovery, message=doubt)

    def _look_back(self) -> None:
        """Offer what the journal holds."""
        path = self._journal.path
        try:
            content = load(path)
        except IntervalLabelIOError as error:
            self.read_only_reason = f"read-only: the journal {error}"
            with contextlib.suppress(OSError):
                if path.stat().st_size == 0:
                    path.unlink()  # somebody else's, and nothing in it
                    self.read_only_reason = None
            return
        if content is None:
            return
        found = replay(content, self.table, self._hash)
        if not found.found:
            self._journal = self._new_journal(content)
            # it holds nothing that the file lacks; if this fails, its save mark says so
            with contextlib.suppress(OSError):
                self._journal.clear()
            return
        self._kept = content, found
        self.recovery = Recovery(
            found.edits, found.found, found.when, offer(found, content), found.table
        )
        if content.bad_line:
            self.read_only_reason = (
                f"read-only: line {content.bad_line} of the journal {path} is damaged"
            )

    def _settle(self) -> None:
        self.recovery = self._kept = self.read_only_reason = None

    def _rewrite(self, recovery: Recovery, base: str) -> None:
        """A journal of the edits that fit, after a copy of the old one is kept."""
        table, records = self.table, []
        for edit in recovery.edits:
            records.append(encode_edit(table, edit))
            table = edit.apply(table)
        if base and records:
            records[-1]["base"] = base
        self._replace_journal(records, self._hash)

    def _restore_journal(self) -> None:
        """Write the journal anew if another program removed it."""
        if not self._journal.is_lost:
            return
        edit = difference(self._base, self.table)
        records = [encode_edit(self._base, edit, self.table)] if edit else []
        self._replace_journal(records, self._hash)

    def _replace_journal(self, records: Sequence[Mapping[str, object]], base: str) -> None:
        """A journal of these edits of the file with hash `base`; a copy of the old one is kept."""
        path = self._journal.path
        old = read_bytes(path)
        self._journal.close()
        journal = self._new_journal()
        try:
            if old:
                put_beside(self._fs, path, old, self._home.mode, old_name(path))
            journal.rewrite(records, base)
        except OSError as error:
            self._put_back(old)
            raise IntervalLabelIOError(
                f"the journal cannot be written: {error.strerror or error}",
                where=str(path),
                hint="free some space or check permissions, then try again",
                code="labels-journal",
            ) from error
        self._journal = journal

    def _put_back(self, old: bytes | None) -> None:
        """The journal as it was, where a new one stands in its place but may not be durable."""
        path = self._journal.path
        try:
            if read_bytes(path) == old:
                return
            if old is None:
                path.unlink()
            else:
                put_beside(self._fs, path, old, self._home.mode, path)
        except (OSError, IntervalLabelIOError) as error:
            # nothing may be appended to a journal that tells of another table
            self.read_only_reason = f"read-only: the journal {path} cannot be restored: {error}"

    def _file_hash(self) -> str:
        data = None if self.path is None else read_bytes(self.path)
        return MISSING if data is None else content_hash(data)

    def _known_of(self, table: IntervalTable) -> _Known | None:
        """After a merge was undone the file is changed by others again; after redo it is not."""
        for before, after in reversed(self._merges):
            for known in (before, after):
                if table.same_rows(known.table):
                    return known
        return None

    def _set_aside(self) -> Path:
        self._journal.close()
        path = self._journal.path
        kept = old_name(path)
        try:
            self._fs.replace(path, kept)
            self._fs.sync_folder(path.parent)
        except OSError as error:
            raise IntervalLabelIOError(
                f"the old journal cannot be set aside: {error.strerror or error}", where=str(path)
            ) from error
        self._journal = self._new_journal()
        return kept

    def _refuse_read_only(self) -> None:
        if self.recovery is not None:
            raise IntervalLabelIOError(
                self.recovery.message,
                hint="recover or discard these edits first",
                code="labels-recovery",
            )
        if self.read_only_reason is not None:
            raise IntervalLabelIOError(
                self.read_only_reason,
                where="" if self.path is None else str(self.path),
                hint="close the other window, or save the labels under another name",
                code="labels-read-only",
            )
