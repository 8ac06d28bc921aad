"""A window loads what it shows, and nothing more."""

import os
import subprocess
import sys
import textwrap

CODE = textwrap.dedent(
    """
    import sys
    sys.path.insert(0, "tests/ui")
    from ui_sessions import make_session, signal
    from loupe.session.plots.trace import TraceConfig
    from loupe.ui.app import application, open_session

    application()
    window = open_session(make_session(plots=(TraceConfig(signal(2)),)))
    assert window.settle(60_000)
    window.close()
    heavy = {"av", "cv2", "mne", "neo", "edfio", "soundfile"}
    print(sorted(heavy & set(sys.modules)))
    """
)


def test_a_window_without_videos_loads_no_decoder(repo_root):
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=repo_root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
