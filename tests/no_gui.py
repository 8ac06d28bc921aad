"""Make PySide6 and vispy unimportable, as if they were not installed (``LOUPE_PURE=1``)."""

import importlib.abc
import sys

BLOCKED = frozenset({"PySide6", "shiboken6", "vispy", "OpenGL"})


class NoGui(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname, path=None, target=None):
        if fullname.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"{fullname} is blocked in the pure tests", name=fullname)
        # Falling through lets the next finder try.


def install() -> None:
    """Block the packages from here on; fails if one of them is loaded already."""
    loaded = sorted(BLOCKED & {name.partition(".")[0] for name in sys.modules})
    if loaded:
        raise RuntimeError(f"loaded before the pure tests began: {', '.join(loaded)}")
    if not any(isinstance(finder, NoGui) for finder in sys.meta_path):
        sys.meta_path.insert(0, NoGui())
