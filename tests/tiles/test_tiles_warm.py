"""The first picture does not wait for the compiler."""

import os
import subprocess
import sys
import textwrap

import numpy as np

from loupe.tiles import compose, events, heat, spans
from loupe.tiles.heat import heat_columns
from loupe.tiles.warm import warm_up_in_background


def test_warming_up_makes_every_kernel_ready():
    warm_up_in_background().join(60)
    for kernel in (
        spans._curve_spans, spans._bin_spans, compose._compose, events._gather, events._paint,
        heat._peaks, heat._means,
    ):  # fmt: skip
        assert kernel.ready


def test_other_threads_draw_with_the_twin_meanwhile(tmp_path):
    script = textwrap.dedent(
        """
        import threading

        import numpy as np

        from loupe.tiles import heat
        from loupe.tiles.heat import heat_columns
        from loupe.tiles.warm import warm_up

        used = []
        twin = heat._peaks._twin
        heat._peaks._twin = lambda *a: (used.append(threading.current_thread().name), twin(*a))
        kernel = heat._peaks
        reserved, go = threading.Event(), threading.Event()
        first = kernel.reserved

        def announce():
            reserved.set()
            return first()

        kernel.reserved = announce
        thread = threading.Thread(target=warm_up)
        thread.start()
        reserved.wait(60)
        y = np.array([[1, -3]], np.float32)
        while not kernel.ready and not used:
            got = heat_columns(y, (0.5, 1.0), k0=0, width=1, grid_dt=2.0)
        thread.join(60)
        print(got.tolist(), used[:1])
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={
            **os.environ,
            "LOUPE_KERNEL_CACHE": str(tmp_path),
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=110,
    )
    assert done.stdout.strip() == "[[-3.0]] ['MainThread']"


def test_pictures_are_the_same_afterwards():
    warm_up_in_background().join(60)
    y = np.array([[1.0, -3.0]], np.float32)
    assert heat_columns(y, (0.5, 1.0), k0=0, width=1, grid_dt=2.0).tolist() == [[-3.0]]
