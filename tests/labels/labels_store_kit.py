"""What the tests of label stores share."""

from loupe.labels import edit
from loupe.labels.store import LabelStore


def open_store(path, tmp_path, **more):
    return LabelStore.open(path, writeback=True, state_dir=tmp_path / "state", **more)


def paint(store, *args, **more):
    return store.append(edit.paint(store.table, *args, **more)[1])


def crash(store):
    """What a kill leaves: the lock is free, the journal stays."""
    store.close(keep_unsaved=True)


def journal_of(source):
    return source.with_name(f".{source.name}.loupe-journal")
