"""`loupe render`: pictures and clips, in processes of their own and without any display."""

import os
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from loupe.cli.main import main

pytestmark = pytest.mark.gl


@pytest.fixture
def session(tmp_path):
    t = np.arange(2000.0) / 100
    np.save(tmp_path / "a_t.npy", t)
    np.save(tmp_path / "a_y.npy", np.sin(t).astype(np.float32))
    pl.DataFrame({"start_s": [2.0], "end_s": [6.0], "label": ["Wake"], "note": [""]}).write_csv(
        tmp_path / "labels.csv"
    )
    path = tmp_path / "s.toml"
    path.write_text(
        "version = 1\n[[plots]]\nkind = 'trace'\ndata = { path = '.' }\n"
        "[[labels]]\npath = 'labels.csv'\n[states]\nlabel_colors = { Wake = '#e69f00' }\n"
    )
    return path


def render(*arguments):
    """Run the command without any display."""
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "LOUPE_PURE"}
    env = {key: value for key, value in os.environ.items() if key not in hidden}
    return subprocess.run(
        [sys.executable, "-m", "loupe", "render", *map(str, arguments)],
        env=env,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def test_two_runs_write_the_same_bytes(session, tmp_path):
    first, second = tmp_path / "1.png", tmp_path / "2.png"
    for out in (first, second):
        done = render(session, out, "--size", "600x300", "--theme", "light")
        assert done.returncode == 0, done.stderr
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes()[:4] == b"\x89PNG"
    assert not list(tmp_path.glob("*.part"))


def test_a_session_that_writes_elsewhere_is_drawn_with_its_warnings(
    session, tmp_path, tmp_path_factory
):
    other = tmp_path_factory.mktemp("other")
    text = session.read_text().replace("'labels.csv'", f"'{other}/labels.csv'\nwriteback = true")
    session.write_text(text.replace("kind = 'trace'", "kind = 'trace'\ncolor = 'red'\nhue = 'x'"))
    out = tmp_path / "1.png"
    done = render(session, out, "--size", "400x200")
    assert done.returncode == 0, done.stderr
    assert "s.toml:5:7: warning[session-color-ignored]" in done.stderr
    quiet = render(session, out, "--size", "400x200", "--quiet")
    assert (quiet.returncode, quiet.stderr) == (0, "")


def test_scale_doubles_the_pixels(session, tmp_path):
    out = tmp_path / "x2.png"
    assert render(session, out, "--size", "400x200", "--scale", "2").returncode == 0
    header = out.read_bytes()[16:24]
    assert (int.from_bytes(header[:4]), int.from_bytes(header[4:])) == (800, 400)


def test_a_clip_has_the_cursor_moving(session, tmp_path):
    import av

    out = tmp_path / "clip.mp4"
    done = render(session, out, "--size", "400x200", "--window", "2", "--speed", "4")
    assert done.returncode == 0, done.stderr
    with av.open(str(out)) as container:
        frames = [f.to_ndarray(format="gray").astype(int) for f in container.decode(video=0)]
    assert len(frames) == 15
    still = np.median(frames, axis=0)
    cursor = [int((f - still)[15:90].mean(axis=0).argmax()) for f in frames]
    assert cursor == sorted(cursor)
    assert cursor[-1] - cursor[0] > 100


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["out.jpg"], "neither .png"),
        (["out.png", "--size", "big"], "is not a size"),
        (["out.png", "--size", "99999x99999"], "too large"),
        (["out.png", "--window", "0"], "longer than 0 s"),
        (["."], "hint: name a file"),
        (["out"], "hint: write `out.png`"),
        (["out.png", "--start", "nan"], "the start is nan, which is no time"),
        (["out.mp4", "--window", "inf"], "the window is inf, which is no time"),
        (["out.png", "--start", "100"], "nothing of the recording lies between 100 and 110 s"),
        (["out.png", "--start", "-50"], "hint: it goes from 0 to 20 s"),
        (["out.png", "--theme", "pink"], "no theme `pink`"),
        (["missing/out.png"], "cannot be written"),
    ],
)
def test_what_cannot_be_drawn_says_why(session, arguments, message, capsys, monkeypatch):
    monkeypatch.chdir(session.parent)
    if arguments[0].startswith("missing"):
        done = render(session, *arguments)
        assert done.returncode == 2
        assert message in done.stderr
        return
    assert main(["render", str(session), *arguments]) == 2
    assert message in capsys.readouterr().err
