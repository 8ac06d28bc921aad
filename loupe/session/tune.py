"""Live parameters: values that a window shows as sliders, and functions that depend on them.

A `Param` is known by identity: one that serves two functions is one slider. A
`Tunable` is a function with its arguments, some of them parameters; a bare function
of no arguments is looked through for the parameters that it refers to. Knows no
window, no thread and no array.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias, TypeVar

from loupe.errors import LoupeConfigError, LoupeTypeError
from loupe.session.forms import python_values

__all__ = [
    "BoolParam",
    "ChoiceParam",
    "IntParam",
    "Param",
    "Setting",
    "Tunable",
    "held_at",
    "tunable",
]

Setting: TypeAlias = bool | int | float
"""Where a control stands: a number, on or off, or the index of a choice."""

T = TypeVar("T")

_HELD: ContextVar[Mapping[Param, Setting] | None] = ContextVar("loupe_held_settings", default=None)
_RECALL: ContextVar[Callable[[Callable[[], Any]], Any] | None] = ContextVar(
    "loupe_recall", default=None
)


@contextmanager
def held_at(
    settings: Mapping[Param, Setting], recall: Callable[[Callable[[], Any]], Any] | None = None
) -> Iterator[None]:
    """Let `Param.value` be these settings in this thread, whatever sliders do meanwhile.

    Parameters
    ----------
    recall
        Asked for what a `Tunable` among the arguments of another gives; by default it is called.
    """
    held = _HELD.set({**(_HELD.get() or {}), **settings})
    asked = _RECALL.set(recall)
    try:
        yield
    finally:
        _HELD.reset(held)
        _RECALL.reset(asked)


class Param:
    """A number between two limits, as a slider.

    Parameters
    ----------
    default
        Where it starts, and what Reset goes back to.
    min, max
        The limits, both included.
    step
        Distance of the values that the slider takes, from `min` on; None for a thousand of them.
    name
        What stands beside the slider; by default the name of the argument or variable.

    Raises
    ------
    LoupeConfigError
        If the limits are no range, or `default` lies outside.
    """

    __slots__ = ("__weakref__", "_listeners", "_setting", "default", "max", "min", "name", "step")

    def __init__(
        self,
        default: float,
        min: float,  # noqa: A002 - the names that scripts use
        max: float,  # noqa: A002
        *,
        step: float | None = None,
        name: str = "",
    ) -> None:
        low, high = float(min), float(max)
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise LoupeConfigError(
                f"{_called(self, name)} has the limits {min!r} and {max!r}, which are no range",
                hint="give two numbers, the lower one first",
            )
        if step is not None and not 0 < step <= high - low:
            raise LoupeConfigError(
                f"{_called(self, name)} has a step of {step!r} between {low:g} and {high:g}",
                hint="a step is above 0 and not larger than the range",
            )
        self.min: float = low
        self.max: float = high
        self.step = None if step is None else float(step)
        self._start(name)
        self._setting: Setting = self.setting_of(default)
        self.default: Any = self.value_of(self._setting)

    def _start(self, name: str) -> None:
        self.name = name
        self._listeners: tuple[Callable[[], None], ...] = ()

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        return f"{type(self).__name__}({self.value!r}{self._limits()}{name})"

    def _limits(self) -> str:
        return f", {self.min:g}, {self.max:g}"

    @property
    def value(self) -> Any:
        """The value now; also while and after a window shows it. Setting it moves the slider.

        Raises
        ------
        LoupeConfigError
            When it is set to something that lies outside of the range or is no choice.
        LoupeTypeError
            When it is set to something of another kind.
        """
        return self.value_of(self.setting)

    @value.setter
    def value(self, value: Any) -> None:
        self.follow(self.setting_of(value))

    @property
    def setting(self) -> Setting:
        """Where the control stands; inside of `held_at` what is held there."""
        held = _HELD.get()
        return self._setting if held is None else held.get(self, self._setting)

    def follow(self, setting: Setting) -> None:
        """Take over where a control stands, and tell those who listen."""
        if setting == self._setting:
            return
        self._setting = setting
        for listener in self._listeners:
            listener()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after every change; returns how to stop that."""
        self._listeners = (*self._listeners, listener)

        def stop() -> None:
            self._listeners = tuple(one for one in self._listeners if one is not listener)

        return stop

    def setting_of(self, value: Any) -> Setting:
        """Where the control stands for a value.

        Raises
        ------
        LoupeConfigError, LoupeTypeError
            As for `value`.
        """
        number = self._number(value)
        if not self.min <= number <= self.max:
            raise LoupeConfigError(
                f"{value!r} lies outside of {_called(self, self.name)}, "
                f"which goes from {self.min:g} to {self.max:g}",
                hint="make the range larger, or take a value in it",
            )
        return number

    def _number(self, value: Any) -> Setting:
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise LoupeTypeError(
                f"{_called(self, self.name)} is a number, and {value!r} is none"
            ) from None
        if math.isnan(number):
            raise LoupeConfigError(f"{_called(self, self.name)} cannot be {value!r}")
        return number

    def value_of(self, setting: Setting) -> Any:
        """What functions get when the control stands there."""
        return setting

    def fit(self, setting: Setting) -> Setting:
        """The nearest place where the control can stand."""
        number = min(max(float(setting), self.min), self.max)
        if self.step is not None:
            count = round((number - self.min) / self.step)
            # The upper limit is allowed also where it is no whole number of steps away.
            number = self.max if number == self.max else min(self.min + count * self.step, self.max)
        return number

    @property
    def start(self) -> Setting:
        """Where the control stands at its default."""
        return self.setting_of(self.default)


class IntParam(Param):
    """A whole number between two limits, both included.

    Parameters
    ----------
    default, min, max, step, name
        As for `Param`.
    """

    __slots__ = ()

    def __init__(
        self,
        default: int,
        min: int,  # noqa: A002
        max: int,  # noqa: A002
        *,
        step: int | None = None,
        name: str = "",
    ) -> None:
        super().__init__(default, min, max, step=step, name=name)

    def _number(self, value: Any) -> Setting:
        number = super()._number(value)
        return round(number) if math.isfinite(number) else number

    def fit(self, setting: Setting) -> Setting:
        """The nearest whole number where the control can stand."""
        return round(super().fit(round(setting)))


class BoolParam(Param):
    """On or off, as a box to tick."""

    __slots__ = ()

    def __init__(self, default: bool, *, name: str = "") -> None:
        self.min, self.max, self.step = 0.0, 1.0, None
        self._start(name)
        self._setting = self.setting_of(default)
        self.default = self._setting

    def _limits(self) -> str:
        return ""

    def setting_of(self, value: Any) -> Setting:
        """Whether it is on."""
        return bool(value)

    def fit(self, setting: Setting) -> Setting:
        """On or off."""
        return bool(setting)


class ChoiceParam(Param):
    """One of several values, as a list to choose from.

    Parameters
    ----------
    choices
        What can be chosen, at least one.
    default
        The choice at first; by default the first one.

    Raises
    ------
    LoupeConfigError
        Without choices, or with a default that is none of them.
    """

    __slots__ = ("choices",)

    def __init__(self, choices: Sequence[Any], default: Any = None, *, name: str = "") -> None:
        self.choices = tuple(choices)
        self._start(name)
        if not self.choices:
            raise LoupeConfigError(
                f"{_called(self, name)} has no choices", hint="give a list of at least one"
            )
        self.min, self.max, self.step = 0.0, float(len(self.choices) - 1), None
        self._setting = 0 if default is None else self.setting_of(default)
        self.default = self.choices[int(self._setting)]

    def _limits(self) -> str:
        return f", of {len(self.choices)}"

    def setting_of(self, value: Any) -> Setting:
        """The index of a choice.

        Raises
        ------
        LoupeConfigError
            If it is none.
        """
        for index, choice in enumerate(self.choices):
            if choice is value or _same(choice, value):
                return index
        raise LoupeConfigError(
            f"{value!r} is no choice of {_called(self, self.name)}",
            hint=f"the choices are: {', '.join(map(repr, python_values(self.choices)))}",
        )

    def value_of(self, setting: Setting) -> Any:
        """The choice of that index."""
        return self.choices[int(setting)]

    def fit(self, setting: Setting) -> Setting:
        """The nearest index."""
        return min(max(round(setting), 0), len(self.choices) - 1)

    @property
    def start(self) -> Setting:
        """The index of the default."""
        return self.setting_of(self.default)


def _same(a: Any, b: Any) -> bool:
    a, b = python_values([a, b])
    if type(a) is not type(b) and isinstance(a, bool) + isinstance(b, bool) == 1:
        return False  # True is not 1 here
    try:
        found = python_values(a == b)
    except (TypeError, ValueError):  # arrays of unlike shapes
        return False
    return found if isinstance(found, bool) else False


def _called(param: Param, name: str) -> str:
    return f"the parameter `{name}`" if name else f"a {type(param).__name__}"


class Tunable:
    """A function with its arguments; made by `tunable`. Calling it computes.

    Attributes
    ----------
    function, arguments, keywords
        What is called, and with what; parameters stand among the arguments as themselves.
    """

    __slots__ = ("__weakref__", "arguments", "function", "keywords")

    def __init__(
        self, function: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]
    ) -> None:
        self.function = function
        self.arguments = arguments
        self.keywords = keywords

    def __call__(self) -> Any:
        """What the function gives for the parameters as they are now."""
        arguments = [_now(value) for value in self.arguments]
        return self.function(*arguments, **{k: _now(v) for k, v in self.keywords.items()})

    def __repr__(self) -> str:
        return f"tunable({getattr(self.function, '__name__', self.function)!s}, …)"


def tunable(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Tunable:
    """Data that are computed from live parameters.

    Parameters
    ----------
    function
        Gives what a config takes as data: an array, a table, a mask. It runs in another thread,
        so it must not touch a window; it should change nothing that others use.
    arguments, keywords
        What it is called with. A `Param` among them, also in a list, a tuple or a dict, stands
        for its value, and becomes a slider; a `Tunable` stands for what it gives, and is not
        computed again while its own parameters stay.

    Raises
    ------
    LoupeTypeError
        If `function` cannot be called.
    """
    if not callable(function):
        raise LoupeTypeError(
            f"tunable() takes a function first, not a {type(function).__name__}",
            hint="write `tunable(function, data, width=Param(1.0, 0.0, 5.0))`",
        )
    return Tunable(function, arguments, keywords)


def _now(value: Any) -> Any:
    if isinstance(value, Param):
        return value.value
    if isinstance(value, Tunable):
        recall = _RECALL.get()
        return value() if recall is None else recall(value)
    if type(value) in (list, tuple):
        return type(value)(_now(part) for part in value)
    if type(value) is dict:
        return {key: _now(part) for key, part in value.items()}
    return value
