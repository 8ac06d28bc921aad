"""The session beside a demo recording, with its schema, so that any editor completes it."""

from __future__ import annotations

import json
from pathlib import Path

from loupe.session.schema import session_schema

__all__ = ["write_session"]


def write_session(folder: Path, body: str) -> None:
    """Write ``session.schema.json`` and ``session.toml``, whose first line names the schema."""
    schema = json.dumps(session_schema(), indent=2) + "\n"
    (folder / "session.schema.json").write_text(schema, encoding="utf-8")
    text = f"#:schema session.schema.json\n{body}"
    (folder / "session.toml").write_text(text, encoding="utf-8")
