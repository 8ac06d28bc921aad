"""Opened data by source: each is opened once, headers only, on one common time axis.

Resolves paths and patterns, chooses readers, keeps the shared cache. Knows sources by their
attributes, not where in a session they stand.
"""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar, runtime_checkable

from loupe.data.cache import ByteCache
from loupe.data.clock import Clock
from loupe.data.names import is_overview
from loupe.data.natural import natural_key
from loupe.data.protocols import ArrayData, TableData
from loupe.data.registry import find_reader
from loupe.data.request import DEFAULT_BLOCK_LIMIT, OpenRequest
from loupe.data.select import Range, as_selection
from loupe.data.shifted import shifted_array
from loupe.data.variables import BlockCache
from loupe.errors import LoupeDataError, LoupeError, LoupeMissingDependencyError
from loupe.session.suggest import closest, did_you_mean
from loupe.session.tune_scan import Memo, is_function

__all__ = ["DEFAULT_CACHE_MB", "Catalog", "SourceLike"]

DEFAULT_CACHE_MB = 512

_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+://")
_UNSAFE = re.compile(r"::|^\\\\")


@runtime_checkable
class FileSource(Protocol):
    """What a `loupe.session.source.Source` says."""

    @property
    def path(self) -> str | tuple[str, ...]:
        """One path, pattern or URL, or several."""
        ...


@runtime_checkable
class MemorySource(Protocol):
    """A handle on an object of a script."""

    @property
    def value(self) -> Any:
        """The object."""
        ...


SourceLike: TypeAlias = FileSource | MemorySource | str | Path

T = TypeVar("T")


class Catalog:
    """Opens sources, once each.

    Parameters
    ----------
    base
        Folder that relative paths start from; None is the working folder.
    allow_remote
        Whether URLs may be opened. A session of a stranger must not reach the network.
    cache_mb
        Ceiling of decoded blocks kept in memory, MiB.
    """

    def __init__(
        self,
        base: Path | None = None,
        allow_remote: bool = False,
        cache_mb: float = DEFAULT_CACHE_MB,
    ) -> None:
        self.base = Path() if base is None else Path(base)
        self.allow_remote = allow_remote
        self.cache: BlockCache = ByteCache(int(cache_mb * 2**20))
        self.clock = Clock()
        self.memo = Memo()
        # With their sources: objects in memory are known by their address, and must stay.
        self._opened: dict[tuple[object, ...], tuple[object, object]] = {}
        self._lock = threading.RLock()

    @property
    def origin(self) -> datetime | None:
        """Wall clock of second 0 of the common axis, or None without datetimes."""
        return self.clock.origin

    def align(self, sources: Iterable[SourceLike]) -> dict[int, LoupeError]:
        """Open arrays ahead so that the earliest datetime among them becomes second 0.

        Returns
        -------
        dict
            By position, what could not be opened as an array; opening it again raises that.
        """
        failed: dict[int, LoupeError] = {}
        moments = []
        for position, source in enumerate(sources):
            try:
                origin = self._raw_array(source).info.origin
            except LoupeError as error:
                failed[position] = error
                continue
            if origin is not None:
                moments.append(origin)
        if moments:
            self.clock.start_at(min(moments))
        return failed

    def array(self, source: SourceLike) -> ArrayData:
        """Open a source as traces x samples on the common time axis; the same object each time.

        Raises
        ------
        LoupeDataError
            If it is missing, damaged or not what the source says; names file and place.
        LoupeMissingDependencyError
            If a package is needed for it.
        """
        return self._once(("array", *_identity(source)), source, lambda: self._aligned(source))

    def table(self, source: SourceLike) -> TableData:
        """Open a source as a table of events; the same object each time.

        Raises
        ------
        LoupeDataError, LoupeMissingDependencyError
            As `array`.
        """
        return self._once(("table", *_identity(source)), source, lambda: self._table(source))

    def renewed(self, sources: Iterable[SourceLike]) -> tuple[Catalog, tuple[object, ...]]:
        """A catalog that knows all that this one has opened, but opens these sources anew.

        Cache, clock and what functions gave are shared. This one stays as it is.

        Returns
        -------
        catalog
            The other one.
        dropped
            What was open of these sources.
        """
        names = {_identity(source) for source in sources}
        other = copy.copy(self)
        other._lock = threading.RLock()
        with self._lock:
            other._opened = {k: v for k, v in self._opened.items() if k[1:] not in names}
            dropped = tuple(v for k, (_, v) in self._opened.items() if k[1:] in names)
        return other, dropped

    def _held(self, source: MemorySource) -> Any:
        """The object of a source in memory; a function is asked, once for the same parameters."""
        value = source.value
        return self.memo.call(value) if is_function(value) else value

    def _once(self, key: tuple[object, ...], source: object, open_it: Callable[[], T]) -> T:
        with self._lock:
            if key not in self._opened:
                self._opened[key] = source, open_it()
            found: T = self._opened[key][1]  # type: ignore[assignment]  # stored under its kind
            return found

    def _raw_array(self, source: SourceLike) -> ArrayData:
        return self._once(("raw", *_identity(source)), source, lambda: self._open_array(source))

    def _aligned(self, source: SourceLike) -> ArrayData:
        data = self._raw_array(source)
        origin = data.info.origin
        if origin is None:
            return data
        offset = self.clock.offset(origin)
        return data if offset == 0.0 else shifted_array(data, offset, self.clock.origin)

    def _open_array(self, source: SourceLike) -> ArrayData:
        if isinstance(source, MemorySource):
            from loupe.data.readers.memory import open_memory_array

            return open_memory_array(self._held(source), self.request("in-memory array", None))
        paths = self.paths(source)
        if len(paths) > 1 and all(isinstance(p, Path) and p.suffix == ".npy" for p in paths):
            from loupe.data.readers.npy_pairs import open_files

            return open_files(
                [p for p in paths if isinstance(p, Path)], self.request(paths[0], source)
            )
        opened = []
        for path in paths:
            reader = find_reader(path, _field(source, "format"), "array")
            request = self.request(path, source)
            opened.append(_with_hint(reader.open_array, request))
        if len(opened) == 1:
            return opened[0]
        from loupe.data.joined import join_arrays

        return join_arrays(opened, [str(p) for p in paths])

    def _table(self, source: SourceLike) -> TableData:
        if isinstance(source, MemorySource):
            from loupe.data.readers.memory import open_memory_table

            request = self.request("in-memory table", None)
            return open_memory_table(self._held(source), self.clock, request)
        paths = self.paths(source)
        opened = []
        for path in paths:
            reader = find_reader(path, _field(source, "format"), "table")
            request = self.request(path, source)
            opened.append(_with_hint(reader.open_table, request))
        if len(opened) == 1:
            return opened[0]
        from loupe.data.joined import JoinedTable

        return JoinedTable(opened)

    def request(self, path: Path | str, source: SourceLike | None) -> OpenRequest:
        """What a reader is asked for: one path of a source, with the source's other fields."""
        block_mb = _field(source, "block_mb")
        return OpenRequest(
            path=path,
            group=_field(source, "group"),
            variable=_field(source, "variable"),
            select=_field(source, "select") or {},
            time=_field(source, "time") or "time",
            time_unit=_field(source, "time_unit"),
            rate=_field(source, "rate"),
            block_limit=DEFAULT_BLOCK_LIMIT if block_mb is None else block_mb << 20,
            cache=self.cache,
            clock=self.clock,
        )

    def paths(self, source: SourceLike) -> tuple[Path | str, ...]:
        """Files, folders and URLs that a source in files names, patterns filled in.

        Raises
        ------
        LoupeDataError
            If one does not exist (with the nearest name beside it), or is a URL and those
            are not allowed.
        """
        named = source if isinstance(source, str | Path) else getattr(source, "path", None)
        if named is None:
            return ()
        found: list[Path | str] = []
        for part in named if isinstance(named, tuple | list) else (named,):
            try:
                found += self._expanded(str(part))
            except LoupeError:
                raise
            except (OSError, ValueError) as error:
                # A folder that may not be entered, a lost share, `**` within a name.
                raise LoupeDataError(
                    f"cannot be looked at: {error}", where=str(part), code="data-path"
                ) from error
        return tuple(found)

    def _expanded(self, text: str) -> list[Path | str]:
        if _UNSAFE.search(text):
            raise LoupeDataError(
                "this is neither a path nor a plain URL",
                where=text,
                hint="chained and network-share addresses are not opened",
                code="data-path",
            )
        if _URL.match(text):
            if not self.allow_remote:
                raise LoupeDataError(
                    "this is on the network, and only local files are opened by default",
                    where=text,
                    hint="if you trust it, pass --allow-remote, or `allow_remote=True` to view()",
                    code="data-remote",
                )
            return [text]
        path = self.base / text
        if path.exists():
            if not (path.is_file() or path.is_dir()):
                # Reading a pipe or a device may wait for ever, or do something.
                raise LoupeDataError(
                    "this is neither a file nor a folder",
                    where=text,
                    hint="devices and pipes are not read",
                    code="data-path",
                )
            return [path]
        if any(mark in text for mark in "*?["):
            inside = (
                self.base.glob(text)
                if not Path(text).is_absolute()
                else Path(path.anchor).glob(str(path.relative_to(path.anchor)))
            )
            # Overviews lie beside what they are of; `*.zarr` does not mean them.
            wanted = [p for p in inside if not is_overview(p) or is_overview(text)]
            # Parts of a recording are numbered as people count.
            matches = sorted(wanted, key=lambda found: (natural_key(str(found)), found))
            if matches:
                return list(matches)
            raise LoupeDataError(
                "no file matches this pattern", where=text, code="data-missing-file"
            )
        raise _missing(path, text)


def _missing(path: Path, text: str) -> LoupeDataError:
    """The error for a path that does not exist, with the deepest folder that does."""
    folder, name = path.parent, path.name
    while not folder.exists() and folder != folder.parent:
        folder, name = folder.parent, folder.name
    try:
        beside = [p.name for p in folder.iterdir() if not p.name.startswith(".")]
    except OSError:
        beside = []
    hint = (
        did_you_mean(name, beside, what="files there")
        if closest(name, beside)
        else f"looked in {folder.resolve()}"
    )
    return LoupeDataError("there is no such file", where=text, hint=hint, code="data-missing-file")


def _with_hint(open_it: Callable[[OpenRequest], T], request: OpenRequest) -> T:
    try:
        return open_it(request)
    except LoupeError:
        raise
    except OSError as error:
        raise LoupeDataError(
            f"cannot be opened: {error}", where=str(request.path), code="data-open"
        ) from error
    except ImportError as error:
        missing = error.name or "a package"
        raise LoupeMissingDependencyError(
            f"opening this needs `{missing}`, which is not installed",
            hint=f"pip install {missing.partition('.')[0]}",
        ) from error


def _field(source: object, name: str) -> Any:
    # Texts and paths have attributes of their own, such as str.format.
    return None if isinstance(source, str | Path) else getattr(source, name, None)


def _identity(source: SourceLike) -> tuple[object, ...]:
    """Equal for sources that open the same thing."""
    if isinstance(source, MemorySource):
        return ("memory", id(source.value))
    if isinstance(source, str | Path):
        return ("file", (str(source),))
    named = source.path
    paths = tuple(map(str, named)) if isinstance(named, tuple | list) else (str(named),)
    select: Mapping[str, object] = _field(source, "select") or {}
    chosen = tuple(sorted((key, _frozen(as_selection(value))) for key, value in select.items()))
    fields = ("group", "variable", "format", "time", "time_unit", "rate", "block_mb")
    own = tuple(_field(source, name) for name in fields)
    plain = not chosen and own == (None, None, None, "time", None, None, None)
    return ("file", paths) if plain else ("file", paths, chosen, own)


def _frozen(value: object) -> str:
    if isinstance(value, Range):
        return f"{value.start!r}..{value.stop!r}"
    return repr(value)
