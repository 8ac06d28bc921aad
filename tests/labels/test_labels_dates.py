"""Label files with dates: where second 0 is, and that every edit can be saved with its date."""

import pytest

from loupe.labels.intervals import IntervalLabelSet
from loupe.labels.store import LabelStore
from loupe.session.labels import IntervalLabelSchema

SCHEMA = IntervalLabelSchema(start_col="start", end_col="end", label_col="state")
TEXT = (
    "start\tend\tstate\n"
    "2024-05-01 08:00:10\t2024-05-01 08:00:20\tWake\n"
    "2024-05-01 08:00:20\t2024-05-01 08:00:40\tNREM\n"
)


@pytest.fixture
def dated(tmp_path):
    path = tmp_path / "l.htsv"
    path.write_text(TEXT)
    return IntervalLabelSet.from_path(path, SCHEMA)


def starts(labels):
    return [line.split("\t")[0] for line in labels.save_to_source().read_text().splitlines()[1:]]


def test_a_label_before_the_first_is_saved_with_its_date(dated):
    dated.add(-5.0, 0.0, "REM")
    assert starts(dated)[0].startswith("2024-05-01 08:00:05")


def test_the_others_keep_their_dates_when_the_first_goes(dated):
    dated.delete(0)
    assert [text[:19] for text in starts(dated)] == ["2024-05-01 08:00:20"]


def test_what_others_put_before_the_first_label_moves_nothing(tmp_path):
    path = tmp_path / "l.htsv"
    path.write_text(TEXT)
    store = LabelStore.open(path, SCHEMA, writeback=True, state_dir=tmp_path / "state")
    head, *rest = TEXT.splitlines(keepends=True)
    path.write_text(head + "2024-05-01 08:00:00\t2024-05-01 08:00:05\tREM\n" + "".join(rest))
    merged = store.propose(store.read_outside()).table
    store.close(keep_unsaved=False)
    assert merged.starts.tolist() == [-10.0, 0.0, 10.0]
    assert merged.labels() == ["REM", "Wake", "NREM"]
