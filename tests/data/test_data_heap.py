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


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or not Path("/proc/self/statm").exists(),
    reason="the GNU C library on Linux only",
)
def test_freed_blocks_go_back_to_the_system():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 10 << 20
