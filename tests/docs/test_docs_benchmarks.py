"""The page on performance and the benchmarks name the same workloads."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.window
def test_every_workload_is_described():
    from benchmarks.workloads import STEPS, WORKLOADS

    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\bW\d\w*(?:-\w+)?\b", page))
    assert set(WORKLOADS) <= named
    for workload in WORKLOADS.values():
        assert set(workload.steps) <= set(STEPS)
        assert set(workload.targets) <= set(workload.steps)
