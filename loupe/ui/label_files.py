"""The label sets of a window on disk: every edit goes to the journal before the view shows it.

Joins the state's tracks with `loupe.labels.store`. What is asked of the person
(recover, save before closing) is asked elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from loupe.app.durable import guard
from loupe.app.reducers.labels import Place
from loupe.app.start import track_state
from loupe.app.state import AppState, TrackState
from loupe.errors import LoupeError
from loupe.labels.exchange import LoadedFile, export
from loupe.labels.files import MISSING
from loupe.labels.formats.base import read_options
from loupe.labels.formats.epochs import lists_epochs
from loupe.labels.history import Entry, History
from loupe.labels.homes import place_key
from loupe.labels.merge import Merge
from loupe.labels.store import LabelStore
from loupe.labels.table import IntervalTable
from loupe.scene.model import Scene, TrackSpec
from loupe.scene.tracks import table_of
from loupe.session.labels import IntervalLabelSchema, LabelsConfig

__all__ = ["LabelFiles", "Outside"]

_MEMORY_NAME = "labels"
_LIVE = "live parameters compute it. Export it, and load the copy to edit that."


@dataclass
class _Kept:
    """One set: where it is kept (None if it could not be opened) and when it was saved.

    A set that live parameters compute is kept nowhere: its `table` is all there is.
    """

    track_id: str
    store: LabelStore | None
    saved_at: str = ""
    failed: bool = False
    table: IntervalTable | None = None


@dataclass(frozen=True, eq=False)
class Outside:
    """A label file that others changed, as it is now, and what can be done.

    Attributes
    ----------
    name
        Of the set.
    gone
        The file is not there any more.
    edited
        There are edits here that are not saved.
    file
        The file as read; None if it cannot be.
    merged
        The labels with both changes; None if that is not possible, or nothing is unsaved here.
    problem
        Why not.
    """

    name: str
    gone: bool = False
    edited: bool = False
    file: LoadedFile | None = None
    merged: Merge | None = None
    problem: str = ""


class LabelFiles:
    """Opens, follows, saves and closes the label sets of one window.

    Parameters
    ----------
    report
        Told of what goes wrong: name of the set, the error.
    state_folder
        Where journals stand that may not stand beside their file; None is the user's.
    path
        The session's own file; None for one of a script.
    """

    def __init__(
        self,
        scene: Scene,
        report: Callable[[str, LoupeError], None],
        *,
        state_folder: Path | None = None,
        path: Path | None = None,
    ) -> None:
        self._path = path
        self._scene = scene
        self._report = report
        self._state_folder = state_folder
        self._kept: list[_Kept] = []
        self._notes: list[tuple[str, str]] = []

    def open(self) -> tuple[TrackState, ...]:
        """The tracks of the session; with states but no set, an empty one in memory."""
        tracks = [self._open(spec) for spec in self._scene.tracks]
        return tuple(tracks or self._in_memory())

    def _in_memory(self) -> list[TrackState]:
        """The set that a session with states but without sets is scored in."""
        if not self._scene.session.states.key_to_state:
            return []
        table = IntervalTable.empty(IntervalLabelSchema.legacy())
        try:
            store = self._memory(table, "labels")
        except LoupeError as error:
            self._report(_MEMORY_NAME, error)
            return []
        return [self._track(LabelsConfig(), "labels", _MEMORY_NAME, store)]

    def begin(self, scene: Scene) -> tuple[TrackState, ...]:
        """An empty set in memory for a window without sets whose scene has states by now."""
        self._scene = scene
        return () if self._kept else tuple(self._in_memory())

    def update(self, scene: Scene, tracks: tuple[TrackState, ...]) -> tuple[TrackState, ...]:
        """The tracks of another scene: those that it shares stay as they are, edits and all.

        They may stand at other places than before. A set that was made here and that no session
        names stays too, after the others. Sets that are gone are let go of; what was not saved of
        them stays in their journals.
        """
        before = {spec.id: spec.config for spec in self._scene.tracks}
        base = self._scene.session.base
        left = list(zip(self._kept, tracks, strict=True))
        self._scene = scene
        if not scene.tracks and not before and tracks:
            return tracks
        matched = self._matched(left, before, base)
        named = {spec.id for spec in scene.tracks}
        files = {_place(scene.session.base, spec.config) for spec in scene.tracks}
        staying = []
        for seat, track in left:
            if any(seat is other for other, _ in matched.values()):
                continue
            if seat.track_id not in before and seat.track_id not in named and len(track.table):
                staying.append((seat, track))
            else:
                # Before any is opened: it may be a file that one of these still holds.
                file = _place(base, before.get(seat.track_id, LabelsConfig()))
                again = seat.track_id in named if file is None else file in files
                self._let_go(seat, track, again)
        self._kept = []
        found = []
        for spec in scene.tracks:
            if spec.id not in matched:
                found.append(self._open(spec))
                continue
            seat, track = matched[spec.id]
            old = before.get(seat.track_id, LabelsConfig())
            seat.track_id = spec.id
            self._kept.append(seat)
            found.append(_refreshed(replace(track, id=spec.id), old, spec.config))
        self._kept += [seat for seat, _ in staying]
        found += [track for _, track in staying]
        return tuple(found or self._in_memory())

    def _matched(
        self,
        left: Sequence[tuple[_Kept, TrackState]],
        before: Mapping[str, LabelsConfig],
        base: Path | None,
    ) -> dict[str, tuple[_Kept, TrackState]]:
        """Which of the sets that are open goes on as which of the new scene's, by id.

        Sets without an id of their own are numbered, so another set may have a number now: the
        same number counts first, then whatever names the same file.
        """
        found: dict[str, tuple[_Kept, TrackState]] = {}
        taken: set[int] = set()
        for by_id in (True, False):
            for spec in self._scene.tracks:
                if spec.live or spec.id in found:
                    continue
                for place, (seat, track) in enumerate(left):
                    old = before.get(seat.track_id, LabelsConfig())
                    fits = seat.track_id == spec.id if by_id else old.path is not None
                    if (
                        fits
                        and place not in taken
                        and seat.store is not None
                        and _one_set(old, base, spec.config, self._scene.session.base, track)
                    ):
                        taken.add(place)
                        found[spec.id] = seat, track
                        break
        return found

    def _let_go(self, kept: _Kept, track: TrackState, again: bool) -> None:
        """Close a set; `again`: it is opened anew, with the offer to recover its edits."""
        if kept.store is None:
            return
        kept.store.close(keep_unsaved=True)
        kept.store = None
        if not track.saved and not track.read_only and not again:
            self._report(
                track.name,
                LoupeError(
                    "is not in the session any more; what was not saved of it is kept",
                    hint="Name it in the session again, or open it, to recover that.",
                ),
            )

    def own(self, path: Path) -> None:
        """Know that the session is kept in this file now, so that sets of it are found there."""
        self._path = path
        for kept in self._kept:
            if kept.store is not None:
                kept.store.rename(self._key(kept.track_id))

    def _memory(self, table: IntervalTable, track_id: str) -> LabelStore:
        session = self._scene.session
        older = f"{session.base or ''}/{session.title or ''}/{track_id}"
        key = self._key(track_id)
        return LabelStore.memory(table, key, older=older, state_dir=self._state_folder)

    def _key(self, track_id: str) -> str:
        sources = self._scene.session.sources.items()
        shown = [f"{name} {getattr(source, 'path', '')}" for name, source in sources]
        return place_key(self._path, track_id, shown)

    def _open(self, spec: TrackSpec) -> TrackState:
        config = spec.config
        base = self._scene.session.base or Path()
        try:
            if config.path is not None:
                store = LabelStore.open(
                    base / config.path,
                    config.table_schema,
                    writeback=config.writeback,
                    format=config.format,
                    options=read_options(config, self._scene.origin, _stamp_columns(config)),
                    state_dir=self._state_folder,
                )
            elif spec.live:
                # Edits by hand would be lost with the next move of a slider: there are none.
                table = table_of(spec)
                self._kept.append(_Kept(spec.id, None, table=table))
                return track_state(config, spec.id, table, name=spec.name, read_only=_LIVE)
            else:
                table = table_of(spec).with_created(_stamp_columns(config))
                store = self._memory(table, spec.id)
        except LoupeError as error:
            self._report(spec.name, error)
            self._kept.append(_Kept(spec.id, None))
            empty = IntervalTable.empty(config.table_schema or IntervalLabelSchema.legacy())
            reason = f"it could not be opened: {error.message}"
            return track_state(config, spec.id, empty, name=spec.name, read_only=reason)
        return self._track(config, spec.id, spec.name, store)

    def _track(
        self, config: LabelsConfig, track_id: str, name: str, store: LabelStore
    ) -> TrackState:
        self._kept.append(_Kept(track_id, store))
        self._notes += [(name, note) for note in store.notes]
        reason = store.read_only_reason or ""
        if store.recovery is not None:
            reason = store.recovery.message
        named = store.path.name if store.path is not None else name
        return track_state(config, track_id, store.table, name=named, read_only=reason)

    def take_notes(self) -> list[tuple[str, str]]:
        """Names of sets and remarks on how their files were read, each once."""
        notes, self._notes = self._notes, []
        return notes

    @property
    def paths(self) -> Mapping[int, Path]:
        """Index and file of every set that has one."""
        stores = ((i, kept.store) for i, kept in enumerate(self._kept))
        return {i: s.path for i, s in stores if s is not None and s.path is not None}

    @property
    def tables(self) -> tuple[IntervalTable, ...]:
        """The labels as they are safe on disk."""
        return tuple(kept.store.table for kept in self._kept if kept.store is not None)

    def store(self, index: int) -> LabelStore | None:
        """Where the set of that index is kept."""
        return self._kept[index].store if 0 <= index < len(self._kept) else None

    def saved_text(self, index: int | None) -> str:
        """When the set was last saved: "saved 14:02"; "" before."""
        if index is None or not 0 <= index < len(self._kept):
            return ""
        at = self._kept[index].saved_at
        return f"saved {at}" if at else ""

    def recoveries(self) -> tuple[tuple[int, str], ...]:
        """Index and offer of every set with edits that an earlier session left."""
        return tuple(
            (i, kept.store.recovery.message)
            for i, kept in enumerate(self._kept)
            if kept.store is not None and kept.store.recovery is not None
        )

    def guard(self, before: AppState, after: AppState) -> str:
        """Make the edits of a change durable before it is taken over; else why not."""
        logs = {kept.track_id: kept.store for kept in self._kept if kept.store is not None}
        reason = guard(logs, before, after)
        if reason:
            for kept in self._kept:
                kept.failed = True
        return reason

    def outside(self, index: int, state: AppState) -> Outside | None:
        """How others changed the file of a set; None if they did not."""
        store, track = self.store(index), state.tracks[index]
        if store is None or store.recovery is not None or not store.changed_outside():
            return None
        found = Outside(track.name, edited=not track.saved)
        try:
            file = store.read_outside()
            if file.hash == MISSING:
                return replace(found, gone=True)
            merged = None
            if found.edited and not track.read_only:
                ignore = frozenset(filter(None, [track.time_column]))
                merged = store.propose(file, ignore=ignore)
        except LoupeError as error:
            return replace(found, problem=error.told)
        return replace(found, file=file, merged=merged)

    def take(self, index: int, outside: Outside, state: AppState, *, ours: bool) -> AppState:
        """Go on from the file as others left it; one step of the history takes that back.

        Parameters
        ----------
        ours
            Keep our edits too (`Outside.merged`); False has the labels as the file has them.

        Raises
        ------
        LoupeError
            If its columns do not fit, the file changed once more or the journal cannot be written.
        """
        store, track = self.store(index), state.tracks[index]
        if store is None or outside.file is None:
            return state
        merge = outside.merged if ours else store.propose(outside.file, ours=False)
        if merge is None:
            return state
        table = store.take(outside.file, merge)
        place = Place(state.window, state.cursor, state.selection)
        history = track.history.push(Entry(merge.edit, place, place))
        if not merge.from_theirs:
            history = history.mark_clean()
        elif merge.changed:
            history = replace(history, clean=None)
        track = replace(track, table=table, history=history, saved=history.is_clean)
        tracks = (*state.tracks[:index], track, *state.tracks[index + 1 :])
        chosen = state.selected_label
        if index == state.edited and chosen is not None and table.row_of(chosen) is None:
            state = replace(state, selected_label=None)
        span = table.span
        extent = state.extent if span is None else state.extent.union(span)
        return replace(state, tracks=tracks, extent=extent)

    def save(self, index: int, *, anew: bool = False, lossy: bool = False) -> tuple[str, ...]:
        """Write a set over its file; the set is to be marked as saved then.

        Returns remarks for the person.

        Parameters
        ----------
        anew
            The file is gone, and is to be made again.
        lossy
            Write although the format loses something.

        Raises
        ------
        LoupeError
            If that is not allowed or fails; nothing is lost then.
        """
        kept = self._kept[index]
        if kept.store is None:
            return ()
        saved = kept.store.save(anew=anew, lossy=lossy)
        kept.saved_at = _now()
        return saved.warnings

    def export(self, index: int, path: Path, *, lossy: bool = False) -> bool:
        """Write a copy of a set; whether the set counts as saved now, having no file of its own.

        Raises
        ------
        LoupeError
            If there is nothing to write, the path is the set's own file, or writing fails.
        """
        kept = self._kept[index]
        if kept.table is not None:
            export(kept.table, path, lossy=lossy)
            return False
        if kept.store is None:
            return False
        kept.store.save_as(path, lossy=lossy)
        if kept.store.save_reason is None:
            return False
        kept.saved_at = _now()
        return True

    def take_live(self, tables: Mapping[str, IntervalTable]) -> None:
        """Know what sets that live parameters compute hold now, by id."""
        for kept in self._kept:
            if kept.table is not None:
                kept.table = tables.get(kept.track_id, kept.table)

    def recover(self, index: int, state: AppState) -> AppState:
        """Take the edits that an earlier session left; they can be undone one by one.

        Raises
        ------
        LoupeError
            If the journal cannot be written.
        """
        store = self.store(index)
        if store is None:
            return state
        recovery = store.recover()
        history = History(done=tuple(Entry(edit) for edit in recovery.edits), clean=0)
        return self._with_table(index, state, store, history)

    def discard(self, index: int, state: AppState) -> AppState:
        """Leave the edits of an earlier session; their journal is kept under another name."""
        store = self.store(index)
        if store is None:
            return state
        store.discard_recovery()
        return self._with_table(index, state, store, History())

    def _with_table(
        self, index: int, state: AppState, store: LabelStore, history: History
    ) -> AppState:
        tracks = list(state.tracks)
        tracks[index] = replace(
            tracks[index],
            table=store.table,
            history=history,
            read_only=store.read_only_reason or "",
            saved=not history.done,
        )
        return replace(state, tracks=tuple(tracks))

    def close(self, *, keep_unsaved: bool) -> None:
        """Let go of every file; unsaved edits stay in the journals only if asked."""
        for kept in self._kept:
            if kept.store is not None:
                # Edits that the journal refused are in nobody's hands but the view's: keep what is.
                kept.store.close(keep_unsaved=keep_unsaved or kept.failed)
                kept.store = None


def _one_set(
    before: LabelsConfig, old: Path | None, after: LabelsConfig, new: Path | None, track: TrackState
) -> bool:
    """Whether two configurations name the same labels, so that edits and history go on."""
    if before.path is None:
        # A set of a script that was written beside a saved session: newer edits are only here.
        return after.data is before.data if after.path is None else not track.saved
    if after.path is None:
        return False
    return (
        _place(old, before) == _place(new, after)
        and (before.table_schema, before.format) == (after.table_schema, after.format)
        and (_grid(before) == _grid(after) or not lists_epochs(after.path, after.format))
        and _stamp_columns(before) == _stamp_columns(after)
        and (before.writeback == after.writeback or not track.saved)
    )


def _grid(config: LabelsConfig) -> tuple[float | None, float]:
    return config.epoch, config.epoch_origin


def _place(base: Path | None, config: LabelsConfig) -> str | None:
    return None if config.path is None else os.path.abspath((base or Path()) / config.path)


def _refreshed(track: TrackState, before: LabelsConfig, after: LabelsConfig) -> TrackState:
    """The track with what its configuration says otherwise now."""
    names = ("visible", "strip", "epoch", "epoch_origin", "merge", "time_column")
    changed: dict[str, Any] = {
        name: getattr(after, name)
        for name in names
        if getattr(before, name) != getattr(after, name)
    }
    if before.scorer != after.scorer:
        changed["scorer"] = None if after.scorer is None else (after.scorer_column, after.scorer)
    return replace(track, **changed) if changed else track


def _stamp_columns(config: LabelsConfig) -> tuple[str, ...]:
    """Columns for who and when, which a file may not have yet."""
    scorer = config.scorer_column if config.scorer else None
    return tuple(name for name in (scorer, config.time_column) if name)


def _now() -> str:
    return datetime.now().astimezone().strftime("%H:%M")
