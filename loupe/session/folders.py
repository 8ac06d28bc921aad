"""The user's folders, by the conventions of each system, from the standard library alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["user_config_folder"]


def user_config_folder() -> Path:
    r"""Where the user's settings and state definitions are; it need not exist.

    ``$XDG_CONFIG_HOME/loupe`` or ``~/.config/loupe``; on macOS
    ``~/Library/Application Support/loupe``; on Windows ``%LOCALAPPDATA%\loupe``.
    """
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "loupe"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "loupe"
    given = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(given) if os.path.isabs(given) else Path.home() / ".config") / "loupe"
