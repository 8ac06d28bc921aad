"""OpenGL 2.1 with GLSL 1.20, which is what macOS gives: sessions look the same there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OLD = {"MESA_GL_VERSION_OVERRIDE": "2.1", "MESA_GLSL_VERSION_OVERRIDE": "120"}

ASK = """
from loupe.render.offscreen import Offscreen
screen = Offscreen()
from vispy.gloo import gl
print(gl.glGetParameter(gl.GL_VERSION))
screen.close()
"""


def run(code, more):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **more, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
        timeout=100,
    ).stdout


@pytest.mark.parametrize("kind", ["stacked", "heatmap", "raster"])
def test_every_shader_draws_the_same_picture(kind, demo_data, tmp_path):
    """Tiles, numbers with a table, rectangles, dashes and symbols: every shader is compiled; dense
    traces and zips have none of their own."""
    code = (
        "import sys; from loupe.cli.main import main\n"
        f"sys.exit(main(['render', 'sessions/{kind}.toml', {{!r}}, '--size', '700x500']))"
    )
    here, old = tmp_path / "here.png", tmp_path / "old.png"
    run(code.format(str(here)), {})
    run(code.format(str(old)), OLD)
    assert here.read_bytes() == old.read_bytes()


def test_the_override_is_real():
    """Without this the pictures could be alike because nothing was overridden."""
    assert run(ASK, OLD).strip().startswith("2.1")
    assert not run(ASK, {}).strip().startswith("2.1")
