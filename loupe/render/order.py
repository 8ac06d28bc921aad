"""In which order a frame's items are drawn, so that few draw commands suffice.

A draw command costs the same for one rectangle as for thousands. Panels that do not overlap may
be drawn in any order, so the rectangles of all of them are drawn together, step by step, as long
as the order within each panel is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loupe.scene.frame import FramePanel, Item, PxRect, RectsItem

__all__ = ["groups", "steps"]


def groups(panels: Sequence[FramePanel]) -> Iterator[list[FramePanel]]:
    """Cut panels into runs within which no two overlap; panels without area are left out."""
    group: list[FramePanel] = []
    for panel in panels:
        if panel.rect.w <= 0 or panel.rect.h <= 0 or not panel.items:
            continue
        if any(_overlap(panel.rect, other.rect) for other in group):
            yield group
            group = []
        group.append(panel)
    if group:
        yield group


def steps(panel: FramePanel) -> list[list[Item]]:
    """Cut a panel's items into runs, by turns of plain rectangles, of hatches and of others."""
    runs: list[list[Item]] = [[]]
    for item in panel.items:
        while (len(runs) - 1) % 3 != _turn(item):
            runs.append([])
        runs[-1].append(item)
    return runs


def _turn(item: Item) -> int:
    if not isinstance(item, RectsItem):
        return 2
    return 0 if item.hatch is None else 1


def _overlap(a: PxRect, b: PxRect) -> bool:
    return a.x < b.right and b.x < a.right and a.y < b.bottom and b.y < a.bottom
