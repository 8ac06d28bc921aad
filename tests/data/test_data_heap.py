"""Large blocks go back to the system when they are freed, whatever was freed before."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
from pathlib import Path
import numpy as np
from loupe.heap import give_freed_back

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

assert give_freed_back()
for size in (4 << 20, 16 << 20, 30 << 20):
    np.ones(size, dtype=np.uint8)  # each raises the C library's own threshold
before = resident()
blocks = [np.ones(10 << 20, dtype=np.uint8) for _ in range(10)]
last = np.ones(2 << 20, dtype=np.uint8)  # keeps the end of a heap in use
del blocks
print(resident() - before)
"""


HOLES = """
from pathlib import Path
import ctypes
from loupe.heap import return_free_pages

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

c = ctypes.CDLL(None)
c.malloc.restype, c.malloc.argtypes, c.free.argtypes = (
    ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
)
large, small = [], []
for _ in range(500):
    large.append(c.malloc(100_000))
    ctypes.memset(large[-1], 1, 100_000)
    small.append(c.malloc(5_000))  # too large for the holes that a starting Python leaves
for block in large:
    c.free(block)
before = resident()
assert return_free_pages()
print(before - resident())
"""

on_glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or not Path("/proc/self/statm").exists(),
    reason="the GNU C library on Linux only",
)


@on_glibc
def test_free_pages_between_small_blocks_go_back_when_asked():
    done = subprocess.run([sys.executable, "-c", HOLES], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 40e6


@on_glibc
def test_freed_blocks_go_back_to_the_system():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 10 << 20
