"""Compile the kernels before they are needed, off the thread that shows pictures.

Without this the first picture of all waits seconds for the compiler. While `warm_up` runs,
other threads draw with the numpy twins; where the kernels are in the cache on disk it takes a
fraction of a second.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from loupe.kernels import Kernel
from loupe.tiles import compose, events, heat, spans

__all__ = ["warm_up", "warm_up_in_background"]


def warm_up() -> None:
    """Compile every kernel of this floor for the types it is called with."""
    y = np.zeros((1, 4), dtype=np.float32)
    raw = np.zeros((1, 4), dtype=np.int16)
    span = np.zeros((2, 1), dtype=np.float32)
    steps: tuple[tuple[Kernel[..., Any], Callable[[], object]], ...] = (
        (spans._curve_spans, lambda: spans.curve_spans(y, (0.0, 1.0), k0=0, width=2, grid_dt=1.0)),
        (
            compose._compose,
            lambda: compose.compose_traces(
                span, span, scale=1.0, offset=1.0, colors=(0, 0, 0, 0), height=2
            ),
        ),
        (
            spans._curve_spans,
            lambda: spans.curve_spans(raw, (0.0, 1.0), k0=0, width=2, grid_dt=1.0),
        ),
        (
            events._gather,
            lambda: events.bin_events(
                np.zeros(1),
                np.zeros(1, dtype=np.int32),
                np.zeros((1, 4), dtype=np.uint8),
                k0=0,
                width=2,
                grid_dt=1.0,
                row_top=[0.0],
                row_bottom=[1.0],
                height=2,
            ),
        ),
        (heat._peaks, lambda: heat.heat_columns(y, (0.0, 1.0), k0=0, width=2, grid_dt=1.0)),
        (heat._peaks, lambda: heat.heat_columns(raw, (0.0, 1.0), k0=0, width=2, grid_dt=1.0)),
        (spans._bin_spans, lambda: spans.bin_spans(y, y, (0.0, 1.0), k0=0, width=2, grid_dt=1.0)),
        (
            heat._means,
            lambda: heat.heat_columns(y, (0.0, 1.0), k0=0, width=2, grid_dt=1.0, method="mean"),
        ),
        (
            heat._means,
            lambda: heat.heat_columns(raw, (0.0, 1.0), k0=0, width=2, grid_dt=1.0, method="mean"),
        ),
    )
    with contextlib.ExitStack() as everything:
        # Reserved from the start: a thread that began to compile another one would wait for
        # the compiler, which works for one thread at a time.
        held: dict[Kernel[..., Any], contextlib.ExitStack] = {
            k: contextlib.ExitStack() for k, _ in steps
        }
        held[events._paint] = contextlib.ExitStack()
        for kernel, stack in held.items():
            everything.push(stack)
            stack.enter_context(kernel.reserved())
        for number, (kernel, run) in enumerate(steps):
            run()
            if all(later is not kernel for later, _ in steps[number + 1 :]):
                held[kernel].close()


def warm_up_in_background() -> threading.Thread:
    """Start `warm_up` in a thread of its own, which does not keep the process alive."""
    thread = threading.Thread(target=warm_up, name="loupe-warm-up", daemon=True)
    thread.start()
    return thread
