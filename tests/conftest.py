"""What every floor's tests share: paths, the demo recordings, hypothesis profiles, the pure job."""

import hashlib
import os
import shutil
import time
from pathlib import Path

import hypothesis
import no_gui
import pytest

ROOT = Path(__file__).resolve().parent.parent
SOAK = os.environ.get("LOUPE_SOAK") == "1"

if os.environ.get("LOUPE_PURE") == "1":
    no_gui.install()

hypothesis.settings.register_profile("dev", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=2_000)
hypothesis.settings.load_profile("soak" if SOAK else "ci" if os.environ.get("CI") else "dev")


def pytest_collection_modifyitems(items):
    """Tests in tests/render need OpenGL, those in tests/ui a window, whatever they say of it."""
    for item in items:
        place = item.path.relative_to(ROOT).parts[:2] if item.path.is_relative_to(ROOT) else ()
        if place == ("tests", "ui"):
            item.add_marker("window")
        elif place == ("tests", "render") and "window" not in item.keywords:
            item.add_marker("gl")


@pytest.fixture(scope="session")
def repo_root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real recordings beside the checkout; tests that need them are skipped without."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real recordings are not here (../shared/data)")
    return folder


@pytest.fixture(scope="session")
def demo_data() -> Path:
    """``sessions/data`` with the demo recordings ``sleep``, ``probe`` and ``imaging`` in it.

    Written once and kept while the generator stays the same; a folder as a lock keeps the
    processes of a parallel run from writing it twice.
    """
    from loupe.demo import KINDS, write_demo

    folder = ROOT / "sessions" / "data"
    folder.mkdir(parents=True, exist_ok=True)
    sources = sorted((ROOT / "loupe" / "demo").glob("*.py"))
    version = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    for kind in KINDS:
        stamp = folder / f".{kind}-written"
        lock = folder / f".{kind}-lock"
        patience = time.monotonic() + 100
        while True:
            if stamp.exists() and stamp.read_text() == version:
                break
            try:
                lock.mkdir()
            except FileExistsError:
                if time.monotonic() > patience:
                    raise TimeoutError(f"{lock} is held; remove it if no tests run") from None
                time.sleep(0.2)
                continue
            try:
                shutil.rmtree(folder / kind, ignore_errors=True)
                write_demo(folder / kind, kind=kind)
                stamp.write_text(version)
            finally:
                lock.rmdir()
    return folder
