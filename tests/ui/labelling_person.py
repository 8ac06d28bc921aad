"""Run as a program by test_ui_killed_person: labels in a real window until it is killed.

After each edit that the window shows, one line with what was labelled goes to the ledger: an
acknowledged edit.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))


def main(folder: Path) -> None:
    from ui_acts import CTRL, at, drag, press
    from ui_sessions import make_session, signal

    from loupe.app import commands as c
    from loupe.session.labels import LabelsConfig
    from loupe.session.plots.trace import TraceConfig
    from loupe.ui.app import application, open_session
    from loupe.ui.memory import Memory

    application()
    window = open_session(
        make_session(
            plots=(TraceConfig(signal(1)),),
            labels=(LabelsConfig(path=str(folder / "labels.csv"), writeback=True),),
        ),
        memory=Memory(folder / "memory.json"),
        state_folder=folder / "state",
    )
    window.widget.resize(1000, 700)
    window.settle(60_000)
    ledger = os.open(folder / "ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for i in range(10_000):
        start = (i * 3) % 110
        window.store.dispatch(c.SetWindow(float(start), 10.0))
        window.settle()
        drag(window, at(window, start + 1.0), at(window, start + 2.5))
        press(window, "w1r"[i % 3])
        if i % 7 == 6:
            press(window, "z", CTRL)
        if i % 11 == 10:
            press(window, "s", CTRL)
        found = [(n.start, n.stop, n.label) for n in window.desk.track.table]
        os.write(ledger, (repr(found) + "\n").encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
