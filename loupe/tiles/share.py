"""Share a kernel's work between two threads when that is worth it.

Kernels let go of the GIL and write to disjoint parts, so the result does not depend on how the
work is shared. Two threads and not more: software OpenGL needs the other cores.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["WORTH", "share"]

T = TypeVar("T")

WORTH = 100_000
"""Cells (columns x traces, events …) below which one thread alone is as quick."""


@functools.cache
def _helper() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="loupe-kernel")


def share(work: Callable[[int, int], T], n: int, cells: int, kernel: object) -> list[T]:
    """Do ``work(start, stop)`` over ``0 .. n``, in two threads if there are many cells.

    Parameters
    ----------
    work
        Does a part; must be safe beside another part of itself.
    n
        Number of columns or rows to share.
    cells
        How much work it is; see `WORTH`.
    kernel
        What `work` calls. One that is not compiled yet is left to one thread: the other would
        only fall back to numpy.

    Returns
    -------
    list
        What the parts returned, in order.
    """
    alone = n < 2 or cells < WORTH or not getattr(kernel, "ready", True)
    if alone or (os.cpu_count() or 1) < 2:
        return [work(0, n)]
    second = _helper().submit(work, n // 2, n)
    try:
        first = work(0, n // 2)
    finally:
        other = second.result()
    return [first, other]
