"""The pool runs what is visible and new first, and drops what nobody wants any more."""

from __future__ import annotations

import sys
import threading
import time
import weakref

import pytest

from loupe.work import InlinePool, Priority, ThreadPool, cancelled


def collect(pool, results, *jobs):
    for key, generation, priority in jobs:
        pool.submit(key, generation, lambda k=key: k, results.append, priority=priority)


def test_order_is_priority_then_newest_then_first_come():
    pool, done = InlinePool(eager=False), []
    collect(
        pool, done,
        ("prefetch", 9, Priority.PREFETCH), ("old", 1, Priority.VISIBLE),
        ("new a", 2, Priority.VISIBLE), ("new b", 2, Priority.VISIBLE),
    )  # fmt: skip
    assert pool.run() == 4
    assert [d.value for d in done] == ["new a", "new b", "old", "prefetch"]


def test_stale_work_is_dropped_and_renewed_work_stays():
    pool, done = InlinePool(eager=False), []
    collect(
        pool, done,
        ("a", 1, Priority.VISIBLE), ("b", 1, Priority.VISIBLE), ("c", 1, Priority.BACKGROUND),
    )  # fmt: skip
    assert not pool.submit("b", 2, lambda: "unused", done.append)
    assert pool.advance(2) == 1
    pool.run()
    assert [(d.value, d.generation) for d in done] == [("b", 2), ("c", 1)]


def test_errors_are_results():
    pool, done = InlinePool(), []

    def fail():
        raise OSError("gone")

    pool.submit("x", 1, fail, done.append)
    assert isinstance(done[0].error, OSError)
    assert done[0].value is None


def test_a_panic_of_a_compiled_library_ends_no_thread_and_leaves_nobody_waiting():
    class Panic(BaseException):
        """Such as those of polars, which are no `Exception`."""

    def fail():
        raise Panic("index out of bounds")

    pool, done, both = ThreadPool(1), [], threading.Event()

    def arrived(outcome):
        done.append(outcome)
        if len(done) == 2:
            both.set()

    pool.submit("broken", 1, fail, arrived)
    pool.submit("sound", 1, lambda: "made", arrived)
    assert both.wait(5)
    assert pool.close()
    assert {d.key: d.value for d in done} == {"broken": None, "sound": "made"}
    assert isinstance(next(d.error for d in done if d.key == "broken"), Panic)


@pytest.fixture
def threads():
    pool = ThreadPool(2)
    yield pool
    assert pool.close()


def test_running_work_learns_that_it_is_stale(threads):
    started, go, seen, done = threading.Event(), threading.Event(), [], []

    def work():
        started.set()
        assert go.wait(5)
        seen.append(cancelled())
        return 1

    threads.submit("slow", 1, work, done.append)
    assert started.wait(5)
    assert threads.advance(2) == 1
    go.set()
    assert threads.wait(5)
    assert seen == [True]
    assert done == []
    assert not cancelled()


def test_work_asked_for_again_while_it_runs_is_delivered(threads):
    started, go, done = threading.Event(), threading.Event(), []

    def work():
        started.set()
        assert go.wait(5)
        return 1

    threads.submit("slow", 1, work, done.append)
    assert started.wait(5)
    threads.advance(2)
    assert not threads.submit("slow", 2, work, done.append)
    go.set()
    assert threads.wait(5)
    assert [(d.key, d.generation, d.value) for d in done] == [("slow", 2, 1)]


def test_many_jobs_from_many_threads_all_end_once(threads):
    lock, done = threading.Lock(), []

    def ended(outcome):
        with lock:
            done.append(outcome.key)

    def ask(first):
        for key in range(first, first + 200):
            threads.submit(key, 1, lambda: None, ended)

    askers = [threading.Thread(target=ask, args=(k * 200,)) for k in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(10)
    assert threads.wait(10)
    assert sorted(done) == list(range(800))


def test_jobs_that_come_at_once_run_side_by_side(threads):
    together = threading.Barrier(2, timeout=3)
    done = []
    threads.submit("first", 1, lambda: None, lambda outcome: None)
    assert threads.wait(5)
    time.sleep(0.05)  # the thread of the first waits for more
    interval = sys.getswitchinterval()
    sys.setswitchinterval(5)  # no other thread runs between the two
    try:
        for key in "ab":
            threads.submit(key, 1, together.wait, done.append)
    finally:
        sys.setswitchinterval(interval)
    assert threads.wait(5)
    assert [outcome.error for outcome in done] == [None, None]


def test_a_result_that_cannot_be_delivered_ends_no_thread(caplog):
    pool, arrived = ThreadPool(1), threading.Event()

    def broken(outcome):
        raise RuntimeError("the window is gone")

    pool.submit("lost", 1, lambda: 1, broken)
    assert pool.wait(5)
    pool.submit("found", 1, lambda: 2, lambda outcome: arrived.set())
    assert arrived.wait(5)
    assert pool.close()
    assert "the result of 'lost' could not be delivered" in caplog.text


def test_a_thread_that_waits_keeps_nothing_of_its_last_job(threads):
    class Tile:
        pass

    kept = []
    threads.submit("tile", 1, Tile, lambda outcome: kept.append(weakref.ref(outcome.value)))
    assert threads.wait(5)
    for _ in range(100):
        if kept and kept[0]() is None:
            break
        time.sleep(0.02)
    assert kept[0]() is None


def test_a_closed_pool_takes_nothing():
    pool = ThreadPool(1)
    assert pool.close()
    assert not pool.submit("x", 1, lambda: 1, print)
    assert pool.pending == 0
