"""The real window is killed while a person scores: nothing that was shown is lost."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from loupe.labels.store import LabelStore

TIMES = 20 if os.environ.get("LOUPE_SOAK") == "1" else 1
SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from ui_sessions import make_session, signal
from PySide6.QtWidgets import QApplication
from loupe.app import commands as c
from loupe.session.labels import LabelsConfig
from loupe.session.plots.trace import TraceConfig
from loupe.ui.app import open_session
from loupe.ui.memory import Memory
from loupe.units import Span
folder = Path(sys.argv[2])
config = LabelsConfig(path=str(folder / "labels.csv"), writeback=True)
session = make_session(plots=(TraceConfig(signal(1)),), labels=(config,), events=None)
window = open_session(session, memory=Memory(folder / "m.json"), state_folder=folder / "state")
number = 0
while True:
    start = (number * 0.7) % 100
    window.store.dispatch(c.Select(Span(start, start + 1.0)))
    window.store.dispatch(c.Paint(("Wake", "NREM", "REM")[number % 3]))
    QApplication.processEvents()
    number += 1
    print(number, flush=True)
"""


@pytest.mark.parametrize("seed", range(TIMES))
def test_a_killed_window_loses_no_shown_edit(tmp_path, seed):
    script = tmp_path / "score.py"
    script.write_text(SCRIPT)
    here = os.path.dirname(__file__)
    process = subprocess.Popen(
        [sys.executable, str(script), here, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        shown = int(process.stdout.readline())
        end = time.monotonic() + random.Random(seed).uniform(0.05, 1.0)
        while time.monotonic() < end:
            shown = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().splitlines()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    # A number that was cut off by the kill is one that nobody saw.
    shown = max([shown, *(int(line) for line in rest[:-1])])
    store = LabelStore.open(tmp_path / "labels.csv", writeback=True)
    try:
        assert store.recovery is not None
        assert len(store.recovery.edits) >= shown
        assert not list(tmp_path.glob("*.tmp"))
    finally:
        store.close(keep_unsaved=True)
