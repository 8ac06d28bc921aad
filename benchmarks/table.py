"""The measured figures as the tables of docs/performance.md, from what the last runs left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["tables"]


def tables(folder: Path, names: list[str]) -> str:
    """Markdown: one line a step, one line an opening; targets that are missed are said to be.

    Parameters
    ----------
    folder
        Where the runs left their JSON.
    names
        Workloads in the order wanted; those without a file are left out.
    """
    found: dict[str, dict[str, Any]] = {
        name: json.loads(path.read_text())
        for name in names
        if (path := folder / f"{name}.json").is_file()
    }
    lines = [
        "| workload | step | floors | target | ms (floor) | processor ms | repaints |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, results in found.items():
        for step, r in results["steps"].items():
            target = ""
            if "target" in r:
                target = f"≤ {r['target']}{'' if r['met'] else ' **missed**'}"
            lines.append(
                f"| {name} | {step} | {r['floors']:.2f} | {target} "
                f"| {r['ms']:.0f} ({r['floor_ms']:.0f}) | {r['cpu_ms']:.0f} | {r['repaints']:.2g} |"
            )
    if not any("opening" in results for results in found.values()):
        return "\n".join(lines) + "\n"
    lines += [
        "",
        "| workload | first picture, s | with no compiled kernels, s | peak memory, MB | raw, MB |",
        "|---|---|---|---|---|",
    ]
    for name, results in found.items():
        opening = results.get("opening")
        if opening:
            lines.append(
                f"| {name} | {opening['first_picture_s']:.2f} "
                f"| {opening['first_picture_cold_s']:.2f} | {opening['peak_mb']} "
                f"| {results['raw_mb']} |"
            )
    return "\n".join(lines) + "\n"
