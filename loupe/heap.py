"""Give freed memory back to the system, where the C library would keep it.

Knows nothing of what is held; standard library only.
"""

from __future__ import annotations

import ctypes
import platform

__all__ = ["give_freed_back"]

_M_MMAP_THRESHOLD = -3

_LARGE = 1 << 20
"""Blocks of at least so many bytes are the system's own, and go back to it when they are freed."""


def give_freed_back() -> bool:
    """Let blocks of a megabyte and more return to the system as soon as they are freed.

    The GNU C library else raises that size with each block that is freed, up to 32 MiB, and then
    keeps what lies between blocks in use: a window of hundreds of channels held 300 MB so. Other
    C libraries are left as they are.

    Returns
    -------
    bool
        Whether it is done.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE))
    except (OSError, AttributeError):
        return False
