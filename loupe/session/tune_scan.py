"""Which live parameters a function depends on, and what it gave for them.

A `Tunable` says it; a bare function is looked through: what it closes over, its
defaults, the globals that it names, and functions of its own module that it calls.
"""

from __future__ import annotations

import functools
import threading
import traceback
from collections.abc import Callable, Collection, Iterator
from types import CodeType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

from loupe.errors import LoupeDataError, LoupeError
from loupe.session.tune import Param, Setting, Tunable, held_at

__all__ = ["Memo", "is_function", "named_params"]

_DEPTH = 8
_LONGEST = 1000
_DATA_ROOTS = frozenset({"xarray", "polars", "pandas", "numpy", "dask"})


def is_function(value: object) -> bool:
    """Whether a value in memory is a function to be asked for the data, not the data."""
    return callable(value) and type(value).__module__.partition(".")[0] not in _DATA_ROOTS


def named_params(function: object) -> dict[Param, str]:
    """The parameters of a function in the order in which they are met, with their names.

    A parameter without a name of its own has that of the argument or variable.
    """
    found: dict[Param, str] = {}
    _Scan(found).value(function, "", _DEPTH)
    return found


class _Scan:
    """One walk through a function; every object is looked at once."""

    def __init__(self, found: dict[Param, str]) -> None:
        self._found = found
        self._seen: set[int] = set()

    def value(self, value: object, name: str, depth: int) -> None:
        if isinstance(value, Param):
            if value not in self._found:
                self._found[value] = value.name or name
            return
        if depth == 0 or id(value) in self._seen:
            return
        self._seen.add(id(value))
        for part, part_name in _parts(value, name):
            self.value(part, part_name, depth - 1)


def _parts(value: object, name: str) -> Iterator[tuple[object, str]]:
    """What may hold parameters inside of a value."""
    if isinstance(value, Tunable):
        yield from _arguments(value.function, value.arguments, value.keywords)
    elif isinstance(value, functools.partial):
        yield from _arguments(value.func, value.args, value.keywords)
    elif isinstance(value, FunctionType):
        yield from _function_parts(value)
    elif isinstance(value, MethodType):
        yield value.__func__, name
        yield from _own(value.__self__)
    elif isinstance(value, dict) and len(value) <= _LONGEST:
        yield from ((part, str(key)) for key, part in value.items())
    elif isinstance(value, SimpleNamespace):
        yield from _own(value)
    elif isinstance(value, list | tuple | set | frozenset) and len(value) <= _LONGEST:
        yield from ((part, name) for part in value)
    elif is_function(value) and not isinstance(value, type):
        call = vars(type(value)).get("__call__")
        if isinstance(call, FunctionType):
            yield call, name
            yield from _own(value)


def _arguments(
    function: object, arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> Iterator[tuple[object, str]]:
    code = getattr(function, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if isinstance(code, CodeType) else ()
    for number, value in enumerate(arguments):
        yield value, names[number] if number < len(names) else ""
    yield from ((value, key) for key, value in keywords.items())
    if isinstance(function, FunctionType):
        # A default that an argument takes the place of does not count.
        yield from _function_parts(function, {*names[: len(arguments)], *keywords})
    else:
        yield function, ""


def _own(value: object) -> Iterator[tuple[object, str]]:
    yield from ((part, key) for key, part in getattr(value, "__dict__", {}).items())


def _function_parts(
    function: FunctionType, given: Collection[str] = ()
) -> Iterator[tuple[object, str]]:
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield cell.cell_contents, name
        except ValueError:
            continue  # not assigned yet
    defaults = function.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount]
    known = list(zip(defaults, names[len(names) - len(defaults) :], strict=True))
    known += [(value, key) for key, value in (function.__kwdefaults__ or {}).items()]
    yield from ((value, key) for value, key in known if key not in given)
    spoken = dict.fromkeys(_names(code))
    for name in spoken:
        if name not in function.__globals__:
            continue
        value = function.__globals__[name]
        if isinstance(value, ModuleType | type):
            # Only what is spoken of: a module has far more than that.
            held = vars(value)
            yield from (
                (held[key], key) for key in spoken if isinstance(held.get(key), Param | Tunable)
            )
        elif isinstance(value, FunctionType):
            if value.__globals__ is function.__globals__:
                yield value, name
        else:
            yield value, name


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


class Memo:
    """What functions gave last, each for the settings of its own parameters.

    Safe to use from several threads; two that ask at once may both compute.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._params: dict[int, tuple[object, tuple[Param, ...]]] = {}
        self._gave: dict[int, tuple[tuple[Setting, ...], Any]] = {}

    def params(self, function: object) -> tuple[Param, ...]:
        """The parameters of a function."""
        with self._lock:
            known = self._params.get(id(function))
        if known is None:
            known = (function, tuple(named_params(function)))
            with self._lock:
                # Functions are known by their address: the entry keeps this one alive.
                self._params[id(function)] = known
        return known[1]

    def given(self, function: object) -> tuple[Any] | None:
        """What a function gave last, in a tuple of one; None if it was not called."""
        with self._lock:
            gave = self._gave.get(id(function))
        return None if gave is None else (gave[1],)

    def call(self, function: Callable[[], Any]) -> Any:
        """What a function gives, without computing it again while its parameters stay.

        Raises
        ------
        LoupeDataError
            If the function raises something.
        """
        settings = tuple(param.setting for param in self.params(function))
        with self._lock:
            gave = self._gave.get(id(function))
        if gave is not None and gave[0] == settings:
            return gave[1]
        held = dict(zip(self.params(function), settings, strict=True))
        try:
            with held_at(held, self.call):
                value = function()
        except LoupeError:
            raise
        except Exception as error:  # a person's own code
            raise LoupeDataError(
                f"{type(error).__name__}: {error}",
                where=_place_of(function, error),
                hint="the function that computes these data failed: mend it, or move the slider "
                "back",
                code="data-function",
            ) from error
        with self._lock:
            self._gave[id(function)] = (settings, value)
        return value


def _place_of(function: object, error: BaseException) -> str:
    """A function's name, and the line of its own file that failed."""
    while isinstance(function, Tunable | functools.partial):
        function = function.function if isinstance(function, Tunable) else function.func
    name = str(getattr(function, "__name__", type(function).__name__))
    shown = "the function" if name == "<lambda>" else f"{name}()"
    code = getattr(function, "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    own = code.co_filename if isinstance(code, CodeType) else ""
    lines = [frame.lineno for frame in frames if frame.filename == own]
    return f"{shown}, line {lines[-1]}" if lines else shown
