"""Labels as other programs write them, and the states that they stand for.

Numbers are never taken for stages by guessing: a person names the vocabulary, or a format that
fixes what its numbers mean brings its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from loupe.errors import IntervalLabelIOError
from loupe.session.states import load_state_config

__all__ = ["VOCABULARIES", "vocabulary"]

VOCABULARIES: Mapping[str, Mapping[str, str]] = {
    "visbrain": {"-1": "Art", "0": "Wake", "1": "N1", "2": "N2", "3": "N3", "4": "REM"},
    "profusion": {
        "0": "W",
        "1": "S1",
        "2": "S2",
        "3": "S3",
        "4": "S4",
        "5": "REM",
        "6": "MT",
        "9": "Unscored",
        "10": "Art",
    },
    "elan": {"-2": "Art", "0": "Wake", "1": "N1", "2": "N2", "3": "N3", "4": "N3", "5": "REM"},
    "accusleep": {"-1": "Undefined", "1": "REM", "2": "Wake", "3": "NREM"},
    "sleep-edf": {
        **{f"Sleep stage {stage}": stage for stage in ("W", "R", "N1", "N2", "N3", "?")},
        **{f"Sleep stage {stage}": f"S{stage}" for stage in range(1, 5)},
        "Movement time": "MT",
    },
}
"""Labels as other programs write them -> states, by name."""


def vocabulary(name: str) -> Mapping[str, str]:
    """Labels -> states, by the name of a vocabulary or from a JSON file.

    The file is an object of old name -> new name, or state definitions, whose keys then become
    their states.

    Raises
    ------
    IntervalLabelIOError, LoupeConfigError
        If there is no such vocabulary, or the file cannot be read as one.
    """
    if name in VOCABULARIES:
        return VOCABULARIES[name]
    path = Path(name)
    hint = f"vocabularies: {', '.join(VOCABULARIES)}; or a JSON file of old name to new name"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise IntervalLabelIOError(
            f"no vocabulary {name!r}, and not a readable JSON file: {error}", hint=hint
        ) from error
    if isinstance(content, dict) and "keymap" in content:
        return load_state_config(path).key_to_state
    if not isinstance(content, dict) or not all(isinstance(v, str) for v in content.values()):
        raise IntervalLabelIOError("not an object of old name to new name", where=name, hint=hint)
    return content
