"""Do slow things in other threads, newest and most visible first, and forget stale ones.

A *generation* is a number that grows each time the view changes. Work is asked for under a
key; asking again for a key that still waits only renews its generation. `Pool.advance` drops
what nobody asked for since. Results come back through a callback in the worker's thread; to
carry them to another thread is the caller's business. This room knows nothing of what the
work is, and imports the standard library only.
"""

from __future__ import annotations

import atexit
import heapq
import itertools
import logging
import threading
import time
import weakref
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

__all__ = [
    "Cancelled",
    "Done",
    "InlinePool",
    "Pool",
    "Priority",
    "ThreadPool",
    "cancelled",
    "check_cancelled",
]


_LAST_JOBS_S = 1.0


class Cancelled(Exception):  # noqa: N818 - not an error: nobody wants the result any more
    """Raised by work that stops because it is stale; see `check_cancelled`."""


class Priority(IntEnum):
    """What runs first: a smaller number does."""

    VISIBLE = 0
    PREFETCH = 1
    BACKGROUND = 2


@dataclass(frozen=True, slots=True)
class Done:
    """The end of one piece of work.

    Attributes
    ----------
    key, generation
        What was asked for, and the newest generation that asked for it.
    value
        What the function returned; None if it raised.
    error
        What it raised, or None.
    """

    key: Hashable
    generation: int
    value: object = None
    error: BaseException | None = None


class Pool(Protocol):
    """Where work is handed in."""

    def submit(
        self,
        key: Hashable,
        generation: int,
        function: Callable[[], object],
        done: Callable[[Done], None],
        *,
        priority: Priority = Priority.VISIBLE,
    ) -> bool:
        """Ask for ``function()``; False if the key already waits or runs (it is renewed)."""
        ...

    def advance(self, generation: int) -> int:
        """Drop work of older generations (not `Priority.BACKGROUND`); how many were dropped."""
        ...

    def close(self, timeout: float = 5.0) -> bool:
        """Drop all that waits, let running work end; False if some still runs after it."""
        ...


class _Job:
    __slots__ = ("done", "entry", "function", "generation", "key", "priority", "stale")

    def __init__(
        self,
        key: Hashable,
        generation: int,
        function: Callable[[], object],
        done: Callable[[Done], None],
        priority: Priority,
    ) -> None:
        self.key = key
        self.generation = generation
        self.function = function
        self.done = done
        self.priority = priority
        self.stale = False
        self.entry = -1  # number of the one heap entry that counts; -1 while it runs


_ENDING: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
"""Threads of closed pools in their last job: torn out of it they could take the process along."""


@atexit.register
def _see_them_end() -> None:
    end = time.monotonic() + _LAST_JOBS_S
    for thread in list(_ENDING):
        thread.join(max(0.0, end - time.monotonic()))


_here = threading.local()


def cancelled() -> bool:
    """Whether the work that runs in this thread is no longer wanted by anybody.

    Long or remote work asks this between its steps and may return early: the result of
    stale work is dropped. False outside of a pool.
    """
    job: _Job | None = getattr(_here, "job", None)
    return job is not None and job.stale


def check_cancelled() -> None:
    """Stop the work that runs in this thread if nobody wants it any more.

    Raises
    ------
    Cancelled
        If `cancelled`. Should somebody ask again meanwhile, the pool starts the work anew.
    """
    if cancelled():
        raise Cancelled


def _run(job: _Job) -> Done:
    outer = getattr(_here, "job", None)
    _here.job = job
    try:
        return Done(job.key, job.generation, job.function())
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever else is raised is its result: panics
        # of compiled libraries are no Exception, and must not end a worker
        return Done(job.key, job.generation, error=error)
    finally:
        _here.job = outer


class _Queue:
    """Jobs by key and by order; the caller holds the lock."""

    def __init__(self) -> None:
        self.jobs: dict[Hashable, _Job] = {}
        self._heap: list[tuple[int, int, int, _Job]] = []
        self._counter = itertools.count()

    def add(
        self,
        key: Hashable,
        generation: int,
        function: Callable[[], object],
        done: Callable[[Done], None],
        priority: Priority,
    ) -> bool:
        old = self.jobs.get(key)
        if old is None:
            job = _Job(key, generation, function, done, priority)
            self.jobs[key] = job
            self._push(job)
            return True
        old.stale = False
        newer = generation > old.generation or priority < old.priority
        old.generation = max(old.generation, generation)
        old.priority = min(old.priority, priority)
        old.done = done
        if newer and old.entry >= 0:
            self._push(old)
        return False

    def _push(self, job: _Job) -> None:
        job.entry = next(self._counter)
        heapq.heappush(self._heap, (job.priority, -job.generation, job.entry, job))

    def pop(self) -> _Job | None:
        """Return the next job; it stays in `jobs` until `finish`."""
        while self._heap:
            *_, entry, job = heapq.heappop(self._heap)
            if job.entry == entry:
                job.entry = -1
                return job
        return None

    def drop(self, generation: int | None) -> int:
        """Forget what waits and mark what runs as stale; None means all generations."""
        old = [
            job
            for job in self.jobs.values()
            if not job.stale
            and (
                generation is None
                or (job.generation < generation and job.priority is not Priority.BACKGROUND)
            )
        ]
        for job in old:
            job.stale = True
            if job.entry >= 0:
                job.entry = -2
                del self.jobs[job.key]
        return len(old)

    def finish(self, job: _Job, outcome: Done) -> bool:
        """Take a job that has run out of the books; whether its result is to be delivered."""
        if isinstance(outcome.error, Cancelled) and not job.stale:
            # It gave up, and was asked for again before it had ended.
            self._push(job)
            return False
        del self.jobs[job.key]
        return not job.stale


class ThreadPool:
    """Daemon threads that take the most urgent job: priority, then newest generation.

    Within one generation the order is that of submission.

    Parameters
    ----------
    threads
        How many threads at most, at least 1; each job starts one until there are so many.
    name
        Prefix of the threads' names.
    """

    def __init__(self, threads: int = 2, name: str = "loupe-worker") -> None:
        if threads < 1:
            raise ValueError(f"a pool needs at least one thread, got {threads}")
        self._limit = threads
        self._name = name
        self._queue = _Queue()
        self._wake = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._closed = False

    def submit(
        self,
        key: Hashable,
        generation: int,
        function: Callable[[], object],
        done: Callable[[Done], None],
        *,
        priority: Priority = Priority.VISIBLE,
    ) -> bool:
        """Ask for ``function()`` in a worker thread; ``done`` is called in that thread.

        What ``done`` raises is logged and goes no further.

        Returns False if the key already waits or runs: then its generation is renewed, the
        newer ``done`` counts, and ``function`` is not used, for equal keys mean equal work.
        After `close` nothing is taken and the answer is False.
        """
        with self._wake:
            if self._closed:
                return False
            added = self._queue.add(key, generation, function, done, priority)
            # Also while one idles: it may have been told of a job that came just before this one.
            if added and len(self._threads) < self._limit:
                thread = threading.Thread(
                    target=self._loop, name=f"{self._name}-{len(self._threads)}", daemon=True
                )
                self._threads.append(thread)
                thread.start()
            self._wake.notify()
            return added

    def advance(self, generation: int) -> int:
        """Drop what was last asked for before ``generation``; how many jobs that were.

        Running work is told through `cancelled` and its result is dropped, unless it is
        asked for again before it ends. Background work stays.
        """
        with self._wake:
            count = self._queue.drop(generation)
            self._wake.notify_all()
            return count

    @property
    def pending(self) -> int:
        """Jobs that wait or run."""
        with self._wake:
            return len(self._queue.jobs)

    def wait(self, timeout: float | None = None) -> bool:
        """Block until nothing waits or runs; False if ``timeout`` seconds pass before that."""
        with self._wake:
            return self._wake.wait_for(lambda: not self._queue.jobs, timeout)

    def close(self, timeout: float = 5.0) -> bool:
        """Drop all work, background too, and end the threads.

        Returns False if a thread still runs its last job after ``timeout`` seconds; the process
        waits a moment for it when it ends.
        """
        with self._wake:
            self._closed = True
            self._queue.drop(None)
            self._wake.notify_all()
            threads = [t for t in self._threads if t is not threading.current_thread()]
        for thread in threads:
            thread.join(timeout / max(1, len(threads)))
        running = [thread for thread in threads if thread.is_alive()]
        _ENDING.update(running)
        return not running

    def _loop(self) -> None:
        while True:
            with self._wake:
                while (job := self._queue.pop()) is None:
                    if self._closed:
                        return
                    self._wake.wait()
            outcome = _run(job)
            with self._wake:
                wanted = self._queue.finish(job, outcome)
                done = job.done
                outcome = Done(job.key, job.generation, outcome.value, outcome.error)
            try:
                if wanted:
                    done(outcome)
            except Exception:
                # The thread goes on: without it, what is asked for later would never come.
                log = logging.getLogger(__name__)
                log.exception("the result of %r could not be delivered", job.key)
            # What waits for the next job must not keep the last one's result alive.
            del job, outcome, done
            with self._wake:
                self._wake.notify_all()


class InlinePool:
    """The same contract in the caller's thread, for tests and for drawing without a window.

    Parameters
    ----------
    eager
        Whether work runs within `submit`; else it waits for `run`.
    """

    def __init__(self, eager: bool = True) -> None:
        self._eager = eager
        self._queue = _Queue()
        self._closed = False

    def submit(
        self,
        key: Hashable,
        generation: int,
        function: Callable[[], object],
        done: Callable[[Done], None],
        *,
        priority: Priority = Priority.VISIBLE,
    ) -> bool:
        """Ask for ``function()``; as `ThreadPool.submit`."""
        if self._closed:
            return False
        added = self._queue.add(key, generation, function, done, priority)
        if self._eager:
            self.run()
        return added

    def advance(self, generation: int) -> int:
        """Drop what was last asked for before ``generation``; how many jobs that were."""
        return self._queue.drop(generation)

    @property
    def pending(self) -> int:
        """Jobs that wait or run."""
        return len(self._queue.jobs)

    def run(self, limit: int | None = None) -> int:
        """Run what waits, at most ``limit`` jobs, the most urgent first; how many ran."""
        count = 0
        while (limit is None or count < limit) and (job := self._queue.pop()) is not None:
            outcome = _run(job)
            wanted = self._queue.finish(job, outcome)
            count += 1
            if wanted:
                job.done(Done(job.key, job.generation, outcome.value, outcome.error))
        return count

    def close(self, timeout: float = 5.0) -> bool:
        """Drop all work; ``timeout`` is not needed here."""
        self._closed = True
        self._queue.drop(None)
        return True
