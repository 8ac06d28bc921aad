"""Kernels compile at their first call, in any thread, and fall back to their twins."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from loupe import kernels
from loupe.errors import LoupeMissingDependencyError
from loupe.kernels import kernel


@kernel
def _double(x):
    return x * 2


def _total_numpy(values, weight):
    return float(values.sum() * 2 * weight)


@kernel(twin=_total_numpy)
def _total(values, weight):
    total = 0.0
    for value in values:
        total += _double(value) * weight
    return total


def test_a_kernel_may_call_another_and_agrees_with_its_twin():
    values = np.arange(10.0)
    assert _total(values, 3.0) == 270.0
    assert _total.py(values, 3.0) == 270.0
    assert _total.ready
    assert _total(np.arange(10, dtype="int16"), 1.0) == 90.0


def test_arguments_are_taken_by_position_only_from_the_first_call_on():
    values = np.arange(10.0)
    for _ in range(2):
        with pytest.raises(TypeError, match="unexpected keyword argument 'weight'"):
            _total(values, weight=3.0)
        assert _total(values, 3.0) == 270.0


def test_importing_a_kernel_imports_no_numba():
    code = (
        "import sys, loupe.kernels, loupe.data.reduce, loupe.data.pyramid;"
        "assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_while_one_thread_compiles_the_others_wait():
    """Kernel and twin may round differently: no picture is made by both."""
    entered, go = threading.Event(), threading.Event()

    def twin(x):
        return -x

    slow = kernels.Kernel(lambda x: x, twin)

    def dispatcher():
        entered.set()
        assert go.wait(5)
        slow._dispatcher = lambda x: x
        return slow._dispatcher

    slow.dispatcher = dispatcher
    results = []
    threads = [threading.Thread(target=lambda: results.append(slow(1))) for _ in range(3)]
    threads[0].start()
    assert entered.wait(5)
    for thread in threads[1:]:
        thread.start()
        thread.join(0.05)
        assert thread.is_alive()
    go.set()
    for thread in threads:
        thread.join(5)
    assert results == [1, 1, 1]


def test_before_compiling_the_twin_serves(monkeypatch):
    monkeypatch.setattr(kernels, "_deferred", kernels._Deferred())
    kernels.defer_compiling()
    later = kernels.Kernel(lambda x: x, lambda x: -x)
    assert later(1) == -1


def test_a_kernel_that_cannot_be_compiled_keeps_its_twin_and_stops_no_other(monkeypatch, caplog):
    monkeypatch.setattr(kernels, "_deferred", kernels._Deferred())
    kernels.defer_compiling()
    broken = kernels.Kernel(lambda x: {}[x].nothing, lambda x: -x)
    sound = kernels.Kernel(lambda x: x + 1, lambda x: x + 1)
    assert (broken(1), sound(1)) == (-1, 2)
    kernels.compile_deferred()
    for _ in range(600):
        if sound.ready:
            break
        time.sleep(0.05)
    assert sound.ready
    assert not broken.ready
    assert broken(1) == -1
    assert "cannot be compiled" in caplog.text


def test_without_numba_the_twin_serves_with_one_warning(monkeypatch):
    def no_numba():
        raise ImportError("no module named numba")

    monkeypatch.setattr(kernels, "_numba", no_numba)
    with_twin = kernels.Kernel(lambda x: x, lambda x: -x)
    with pytest.warns(RuntimeWarning, match="slower without it"):
        assert with_twin(1) == -1
    assert with_twin(1) == -1
    with pytest.raises(LoupeMissingDependencyError, match="numba cannot be imported"):
        kernels.Kernel(lambda x: x, None)(1)


def test_the_cache_folder_can_be_moved_or_switched_off(monkeypatch, tmp_path):
    monkeypatch.setenv("LOUPE_KERNEL_CACHE", str(tmp_path / "k"))
    assert kernels.kernel_cache_folder() == tmp_path / "k"
    monkeypatch.setenv("LOUPE_KERNEL_CACHE", "off")
    assert kernels.kernel_cache_folder() is None
    (tmp_path / "file").touch()
    monkeypatch.setenv("LOUPE_KERNEL_CACHE", str(tmp_path / "file" / "k"))
    assert kernels.kernel_cache_folder() is None
