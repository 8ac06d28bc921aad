"""Compile number-crunching functions when they are first called, and only then.

Numba takes half a second to import and seconds to compile, so neither happens when a module
with kernels is imported. This room knows nothing of samples, tiles or pictures; it may
import numba, but only inside functions.

A window shows its first picture without waiting for a compiler: after `defer_compiling` the
numpy twins compute, until `compile_deferred` lets a thread compile what was called.

Compiled code is kept on disk between runs, in the user's cache folder. The variable
``LOUPE_KERNEL_CACHE`` names another folder, or ``off`` to keep nothing.
"""

from __future__ import annotations

import functools
import logging
import os
import sys
import threading
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar, TypeVarTuple, overload

from loupe.errors import LoupeMissingDependencyError

__all__ = ["Kernel", "compile_deferred", "defer_compiling", "kernel", "kernel_cache_folder"]

Args = TypeVarTuple("Args")
R = TypeVar("R")

_logger = logging.getLogger(__name__)

_OFF = {"off", "0", "none"}


def kernel_cache_folder() -> Path | None:
    """Find the folder of compiled kernels and make it; None when there is to be none.

    None also when the folder cannot be written: then every run compiles for itself.
    """
    wanted = os.environ.get("LOUPE_KERNEL_CACHE", "")
    if wanted.lower() in _OFF:
        return None
    if wanted:
        folder = Path(wanted)
    else:
        import platformdirs

        folder = Path(platformdirs.user_cache_dir("loupe", appauthor=False)) / "kernels"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


@functools.cache
def _numba() -> tuple[Any, bool]:
    """Import numba with its cache folder set; also tell whether there is a cache."""
    folder = kernel_cache_folder()
    if folder is not None and "numba" not in sys.modules:
        # numba reads this variable once, at import.
        os.environ.setdefault("NUMBA_CACHE_DIR", str(folder))
    import numba

    config: Any = numba.config
    if folder is not None and not config.CACHE_DIR:
        config.CACHE_DIR = str(folder)
    return numba, folder is not None


class _Deferred:
    """What is to be compiled in a thread, in the order in which it was first called."""

    def __init__(self) -> None:
        self.active = False
        self._lock = threading.Lock()
        self._waiting: list[Callable[[], None]] = []
        self._released = False
        self._running = False

    def hold(self) -> None:
        with self._lock:
            if not self.active:
                self.active, self._released = True, False

    def add(self, compile_one: Callable[[], None]) -> None:
        with self._lock:
            self._waiting.append(compile_one)
        self._start()

    def release(self) -> None:
        with self._lock:
            self._released = True
        self._start()

    def _start(self) -> None:
        with self._lock:
            if self._running or not self._released or not self._waiting:
                return
            self._running = True
        threading.Thread(target=self._work, name="loupe-compiler", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running = False
                    return
                compile_one = self._waiting.pop(0)
            try:
                compile_one()
            except Exception:
                # Its twin goes on computing; those that wait behind it are to be compiled.
                _logger.exception("a kernel cannot be compiled; drawing is slower without it")


_deferred = _Deferred()


def defer_compiling() -> None:
    """Let first calls compute with the numpy twin from now on, so that none waits for a compiler.

    Nothing is compiled before `compile_deferred`. Kernels without a twin compile as ever.
    """
    _deferred.hold()


def compile_deferred() -> None:
    """Compile in a thread what was called so far, and from now on whatever is called anew."""
    _deferred.release()


class Kernel(Generic[*Args, R]):
    """A function that numba compiles at its first call; made by `kernel`.

    Calls are positional, with arrays and scalars. Kernels may call other kernels by their
    global names. The compiled code frees the GIL.

    Attributes
    ----------
    py
        The twin written with plain numpy if one was given, else the function itself,
        uncompiled: same arguments, same result.
    """

    def __init__(self, function: Callable[[*Args], R], twin: Callable[[*Args], R] | None) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._twin = twin
        self.py: Callable[[*Args], R] = twin if twin is not None else function
        self._dispatcher: Any = None
        self._broken = False
        self._lock = threading.RLock()
        self._known: set[tuple[object, ...]] = set()
        self._asked: set[tuple[object, ...]] = set()

    @property
    def ready(self) -> bool:
        """Whether some signature has been compiled, so that a like call runs at once."""
        return bool(self._known)

    def __call__(self, *args: *Args) -> R:
        """Compute; compiles first if these types are new."""
        signature = tuple(_type_key(a) for a in args)
        if signature in self._known:
            result: R = self._dispatcher(*args)
            return result
        if self._broken and self._twin is not None:
            return self._twin(*args)
        if _deferred.active and self._twin is not None:
            if signature not in self._asked:
                self._asked.add(signature)
                _deferred.add(lambda: self._compile(signature, args))
            return self._twin(*args)
        # One thread compiles, the others wait: the twin may round otherwise, and a picture drawn
        # without a window must not depend on which thread came first.
        with self._lock:
            if signature not in self._known:
                return self._first_call(signature, *args)
        return self._dispatcher(*args)  # type: ignore[no-any-return]

    def _compile(self, signature: tuple[object, ...], args: tuple[object, ...]) -> None:
        """Compile for arguments of these types, without calling."""
        try:
            dispatcher = self.dispatcher()
        except ImportError as error:
            self._broken = True
            warnings.warn(
                f"numba cannot be imported ({error}); drawing is slower without it",
                RuntimeWarning,
                stacklevel=2,
            )
            return
        numba, _ = _numba()
        dispatcher.compile(tuple(numba.typeof(a) for a in args))
        self._known.add(signature)

    def _first_call(self, signature: tuple[object, ...], /, *args: *Args) -> R:
        try:
            dispatcher = self.dispatcher()
        except ImportError as error:
            self._broken = True
            if self._twin is None:
                raise LoupeMissingDependencyError(
                    f"numba cannot be imported: {error}",
                    hint='reinstall it with pip install --upgrade "numba>=0.60" numpy',
                ) from error
            warnings.warn(
                f"numba cannot be imported ({error}); drawing is slower without it",
                RuntimeWarning,
                stacklevel=3,
            )
            return self._twin(*args)
        result: R = dispatcher(*args)
        self._known.add(signature)
        return result

    def dispatcher(self) -> Any:
        """Return the numba function behind this kernel, created but not yet compiled."""
        with self._lock:
            if self._dispatcher is None:
                numba, cached = _numba()
                function = self._with_plain_globals()
                options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
                if cached:
                    try:
                        self._dispatcher = numba.njit(cache=True, **options)(function)
                    except RuntimeError:
                        # A function without a source file (typed at a prompt) has no cache.
                        cached = False
                if not cached:
                    self._dispatcher = numba.njit(**options)(function)
            return self._dispatcher

    def _with_plain_globals(self) -> Callable[..., R]:
        """Replace the kernels that the function calls by their dispatchers."""
        function = self._function
        assert isinstance(function, types.FunctionType)
        used = {
            name: value.dispatcher()
            for name in function.__code__.co_names
            if isinstance(value := function.__globals__.get(name), Kernel)
        }
        if not used:
            return function
        copy = types.FunctionType(
            function.__code__,
            {**function.__globals__, **used},
            function.__name__,
            function.__defaults__,
            function.__closure__,
        )
        return functools.update_wrapper(copy, function)


def _type_key(value: object) -> object:
    """Tell cheaply what numba specialises on; equal keys mean equal compiled code."""
    flags = getattr(value, "flags", None)
    if flags is None:
        return (
            (type(value), tuple(map(_type_key, value))) if isinstance(value, tuple) else type(value)
        )
    array: Any = value
    return (
        array.dtype,
        array.ndim,
        flags.c_contiguous,
        flags.f_contiguous,
        flags.writeable,
        flags.aligned,
    )


@overload
def kernel(function: Callable[[*Args], R]) -> Kernel[*Args, R]: ...
@overload
def kernel(
    *, twin: Callable[[*Args], R] | None = None
) -> Callable[[Callable[[*Args], R]], Kernel[*Args, R]]: ...
def kernel(
    function: Callable[[*Args], R] | None = None, *, twin: Callable[[*Args], R] | None = None
) -> Kernel[*Args, R] | Callable[[Callable[[*Args], R]], Kernel[*Args, R]]:
    """Mark a function for compilation at its first call.

    Parameters
    ----------
    function
        The function to compile, in the subset of Python that numba takes.
    twin
        The same computation in plain numpy. It serves as the reference in tests, before
        `compile_deferred`, and where numba does not work.

    Returns
    -------
    Kernel
        Callable like the function; `Kernel.py` is the twin (the function without one).

    Raises
    ------
    LoupeMissingDependencyError
        At the first call, if numba cannot be imported and there is no twin.
    """
    if function is not None:
        return Kernel(function, twin)
    return lambda inner: Kernel(inner, twin)
