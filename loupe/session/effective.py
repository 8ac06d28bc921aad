"""What is in force when a session opens: its states with their definitions, its preset on top.

One way for the window and for pictures. Reads the two small files that a session
names for this, and no data.
"""

from __future__ import annotations

from pathlib import Path

from loupe.session.folders import user_config_folder
from loupe.session.model import Session
from loupe.session.preset import apply_preset, load_preset
from loupe.session.states import resolve_states

__all__ = ["effective"]


def effective(session: Session, *, user_folder: Path | None = None) -> Session:
    """The session with state definitions and ``view.preset`` applied.

    Parameters
    ----------
    user_folder
        Where the user's state definitions are looked for; None for the usual folder.

    Raises
    ------
    LoupeConfigError
        If a file of definitions or the preset is broken, or a strict preset does not fit.
    """
    base = session.base
    states = resolve_states(session.states, base, user_folder or user_config_folder())
    session = session.model_copy(update={"states": states}).with_base(base)
    if session.view.preset is None:
        return session
    path = Path(session.view.preset)
    preset = load_preset(path if base is None else base / path)
    found, _ = apply_preset(session, preset, strict=session.view.preset_strict)
    # Applied once: what is saved from the window must not get it a second time.
    view = found.view.model_copy(update={"preset": None, "preset_strict": False})
    return found.model_copy(update={"view": view}).with_base(base)
