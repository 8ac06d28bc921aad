"""The sentences that stand under the fields of a model, for schemas and the reference.

Pydantic could collect them itself, but would do so at every start; they are
needed only by those who print them.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from pydantic import BaseModel

from loupe.session.base import Model

__all__ = ["all_models", "field_docs"]


@cache
def field_docs(cls: type[BaseModel]) -> dict[str, str]:
    """Field name to its docstring in one line; inherited fields included."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if isinstance(base, type) and issubclass(base, Model) and base is not Model:
            found |= dict(_own_docs(base))
    return {name: text for name, text in found.items() if name in cls.model_fields}


def _own_docs(cls: type[Model]) -> Iterator[tuple[str, str]]:
    try:
        tree = ast.parse(inspect.getsource(inspect.getmodule(cls) or cls))
    except (OSError, TypeError, SyntaxError):
        return
    body = next(
        (n.body for n in tree.body if isinstance(n, ast.ClassDef) and n.name == cls.__name__), []
    )
    for field, text in pairwise(body):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            yield field.target.id, " ".join(str(text.value.value).split())


def all_models() -> list[type[Model]]:
    """Every model of the session format, in the order of its reference page."""
    from loupe.session.events import EventStyle, GlobalEventsConfig
    from loupe.session.labels import IntervalLabelSchema, LabelsConfig
    from loupe.session.markers import SampleMarkers
    from loupe.session.model import Extends, Session
    from loupe.session.plots import KINDS
    from loupe.session.plots.raster import SeparatorParams
    from loupe.session.source import Interval, Source
    from loupe.session.states import StateConfig
    from loupe.session.video import VideoConfig
    from loupe.session.view import ViewSettings

    return [
        Session,
        Extends,
        ViewSettings,
        Source,
        Interval,
        *KINDS.values(),
        SampleMarkers,
        SeparatorParams,
        VideoConfig,
        GlobalEventsConfig,
        EventStyle,
        LabelsConfig,
        IntervalLabelSchema,
        StateConfig,
    ]
