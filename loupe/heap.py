"""Give freed memory back to the system, where the C library would keep it.

Knows nothing of what is held; standard library only.
"""

from __future__ import annotations

import ctypes
import platform

__all__ = ["give_freed_back", "return_free_pages"]

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8

_LARGE = 8 << 20
"""Blocks of at least so many bytes are the system's own, and go back to it when they are freed.

Smaller ones are had again at no cost; from 1 MiB on, a jump in 384 channels took 10 ms longer."""


def give_freed_back() -> bool:
    """Let large blocks return to the system when they are freed, and all threads share one heap.

    The GNU C library else raises the size from which they do with each block that is freed, up
    to 32 MiB, and gives each thread a heap: what lies free in one is of no use to another. A
    window of hundreds of channels held 140 MB so. Other C libraries are left as they are.

    Returns
    -------
    bool
        Whether it is done.
    """
    libc = _glibc()
    if libc is None:
        return False
    return bool(libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)) and bool(libc.mallopt(_M_ARENA_MAX, 1))


def return_free_pages() -> bool:
    """Return pages to the system that lie free between blocks in use.

    Thousands of small blocks, such as the history of edits, come to lie among large ones; what is
    freed around them is reused only in parts, and the process would grow for hours. Takes some 10
    ms for 100 MB of free pages; those that are used again cost a page fault each.

    Returns
    -------
    bool
        Whether anything was returned.
    """
    libc = _glibc()
    return libc is not None and bool(libc.malloc_trim(0))


def _glibc() -> ctypes.CDLL | None:
    """The C library of this process if it is GNU's and has what is called here."""
    if platform.libc_ver()[0] != "glibc":
        return None
    try:
        libc = ctypes.CDLL(None)
        return libc if libc.mallopt and libc.malloc_trim else None
    except (OSError, AttributeError):
        return None
