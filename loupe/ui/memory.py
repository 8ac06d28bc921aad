"""What the program remembers for comfort: recent sessions, geometry, sizes of parts.

Never needed to open a session, nor for what it looks like.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs

__all__ = ["Memory"]

_MOST = 12
_LARGEST = 1e5


class Memory:
    """A small JSON file in the user's state folder; what cannot be read or written is forgotten.

    Parameters
    ----------
    path
        The file; None is the user's.
    """

    def __init__(self, path: Path | None = None) -> None:
        folder = platformdirs.user_state_path("loupe", appauthor=False)
        self._path = folder / "window.json" if path is None else path

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, values: dict[str, Any]) -> None:
        spare = self._path.with_name(f".{self._path.name}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            spare.write_text(json.dumps(values), encoding="utf-8")
            spare.replace(self._path)
        except (OSError, ValueError):
            return

    @property
    def recent(self) -> tuple[Path, ...]:
        """Sessions and recordings that were open, the newest first, those that still exist."""
        # Not `Path.exists`, which raises where a folder may not be looked into.
        return tuple(Path(text) for text in self._recent() if os.path.exists(text))

    def opened(self, path: Path) -> None:
        """Remember that this was opened."""
        text = os.path.abspath(path)
        others = [other for other in self._recent() if other != text]
        self._write({**self._read(), "recent": [text, *others][:_MOST]})

    def _recent(self) -> list[str]:
        found = self._read().get("recent")
        return [t for t in found if isinstance(t, str)] if isinstance(found, list) else []

    @property
    def geometry(self) -> bytes:
        """Where the last window stood, as Qt writes it; empty if nothing is known."""
        text = self._read().get("geometry", "")
        try:
            return bytes.fromhex(text)
        except (TypeError, ValueError):
            return b""

    @property
    def sizes(self) -> dict[str, float]:
        """Sizes of parts that a person chose by hand, by the names that the window gives them."""
        found = self._read().get("sizes", {})
        if not isinstance(found, dict):
            return {}
        return {
            name: float(size)
            for name, size in found.items()
            if isinstance(size, int | float) and 0 < size < _LARGEST
        }

    def closed(self, geometry: bytes, sizes: Mapping[str, float]) -> None:
        """Remember where a window stood and how large its parts were."""
        values = {**self._read(), "geometry": geometry.hex()}
        self._write({**values, "sizes": {**self.sizes, **sizes}})
