"""A recording's annotations are read as labels; its signals are never replaced by labels."""

from __future__ import annotations

import numpy as np
import pytest

from loupe.errors import IntervalLabelIOError
from loupe.labels.exchange import export, load_table
from loupe.labels.recordings import holds_signals

edfio = pytest.importorskip("edfio", reason="edfio is an extra")
NOTES = [edfio.EdfAnnotation(0, 30, "W"), edfio.EdfAnnotation(30, 60, "N2")]


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "night.edf"
    signal = edfio.EdfSignal(np.sin(np.arange(6000) / 9), 50, label="Cz")
    edfio.Edf([signal], annotations=NOTES).write(path)
    return path


def test_signals_are_told_from_annotations(recording, tmp_path):
    notes = tmp_path / "notes.edf"
    edfio.Edf([], annotations=NOTES).write(notes)
    (tmp_path / "text.csv").write_text("0       nothing\n")
    assert holds_signals(recording)
    assert not holds_signals(notes)
    assert not holds_signals(tmp_path / "text.csv")
    assert not holds_signals(tmp_path / "absent.edf")


def test_labels_are_read_from_a_recording_but_never_saved_over_it(recording, tmp_path):
    before = recording.read_bytes()
    table = load_table(recording).table
    assert table.labels() == ["W", "N2"]
    with pytest.raises(IntervalLabelIOError, match="replace its signals"):
        export(table, recording)
    assert recording.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["night.edf"]
    export(table, tmp_path / "notes.edf")
    assert load_table(tmp_path / "notes.edf").table.labels() == ["W", "N2"]
