"""Drawing without a display: repeatable, closed cleanly, and clear where it cannot work."""

import gc
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from loupe.errors import LoupeRenderError
from loupe.render.offscreen import Offscreen, close_shared, render_frame
from loupe.scene.frame import Frame, FramePanel, PxRect, RgbaTile
from loupe.units import Rgba

SCRIPT = textwrap.dedent(
    """
    import hashlib
    import sys

    import numpy as np

    sys.path.insert(0, {folder!r})
    from test_render_offscreen import picture

    from loupe.render.offscreen import render_frame

    print(hashlib.sha256(render_frame(picture()).tobytes()).hexdigest())
    """
)


def picture(seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, size=(80, 60, 4)).astype(np.uint8)
    pixels[..., :3] = pixels[..., :3] // 2
    tiles = (RgbaTile("a", pixels, 3, 83, 0, 60), RgbaTile("b", pixels, 10.3, 117.2, -5, 40))
    return Frame((120, 70), Rgba(20, 21, 22), (FramePanel("p", PxRect(5, 5, 110, 60), tiles),))


def test_the_same_frame_gives_the_same_bytes():
    first = render_frame(picture())
    second = render_frame(picture())
    assert first.tobytes() == second.tobytes()
    close_shared()
    assert render_frame(picture()).tobytes() == first.tobytes()
    close_shared()
    close_shared()


@pytest.mark.parametrize("threads", ["1", "4"])
def test_other_processes_give_the_same_bytes(threads):
    import hashlib

    here = hashlib.sha256(render_frame(picture()).tobytes()).hexdigest()
    close_shared()
    folder = os.path.dirname(__file__)
    script = SCRIPT.format(folder=folder)
    there = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "LP_NUM_THREADS": threads, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert there.stdout.strip() == here


def test_sizes_may_change():
    with Offscreen() as screen:
        for width, height in ((10, 20), (300, 200), (1, 1), (10, 20)):
            got = screen.render(Frame((width, height), Rgba(1, 2, 3), ()))
            assert got.shape == (height, width, 4)
            assert (got == [1, 2, 3, 255]).all()
        with pytest.raises(LoupeRenderError, match="0 x 5"):
            screen.render(Frame((0, 5), Rgba(1, 2, 3), ()))


def test_two_screens_stand_side_by_side():
    with Offscreen() as one, Offscreen() as two:
        a, b = one.render(picture(1)), two.render(picture(2))
        np.testing.assert_array_equal(one.render(picture(1)), a)
        np.testing.assert_array_equal(two.render(picture(2)), b)
        assert (a != b).any()


def test_a_closed_screen_says_so():
    screen = Offscreen()
    screen.close()
    screen.close()
    with pytest.raises(LoupeRenderError, match="closed"):
        screen.render(picture())


def _resident_kib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_screens_and_textures_do_not_leak():
    def once(seed):
        with Offscreen() as screen:
            for number in range(10):
                pixels = np.full((1024, 512, 4), (seed + number) % 256, np.uint8)
                tile = RgbaTile((seed, number), pixels, 0, 1024, 0, 512)
                panel = FramePanel("p", PxRect(0, 0, 200, 100), (tile,))
                screen.render(Frame((200, 100), Rgba(0, 0, 0), (panel,)))

    for seed in range(3):
        once(seed)
    gc.collect()
    before = _resident_kib()
    for seed in range(6):
        once(seed)
    gc.collect()
    # One round alone holds 20 MiB of textures.
    assert _resident_kib() - before < 20_000


def test_a_missing_egl_is_named():
    script = textwrap.dedent(
        """
        from loupe.errors import LoupeRenderError
        from loupe.render.offscreen import render_frame
        from loupe.scene.frame import Frame
        from loupe.units import Rgba

        try:
            render_frame(Frame((4, 4), Rgba(0, 0, 0), ()))
        except LoupeRenderError as error:
            print(error.render())
        """
    )
    env = {**os.environ, "EGL_LIBRARY": __file__, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=env,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "error[render-no-egl]" in done.stdout
    assert "the EGL library (libEGL) is missing" in done.stdout
    assert "hint: install Mesa" in done.stdout


def test_a_renderer_needs_a_context():
    script = textwrap.dedent(
        """
        from loupe.errors import LoupeRenderError
        from loupe.render.canvas import GLRenderer

        try:
            GLRenderer()
        except LoupeRenderError as error:
            print(error)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "there is no OpenGL context to draw in"


def test_no_qt_comes_with_it():
    script = (
        "import sys, loupe.render.offscreen, loupe.render.canvas; print('PySide6' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "False"
