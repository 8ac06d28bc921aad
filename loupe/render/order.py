"""In which order a frame's items are drawn, so that few draw commands suffice.

A draw command costs the same for one rectangle as for thousands. Panels that do not overlap may
be drawn in any order, so the rectangles of all of them are drawn together, step by step, as long
as the order within each panel is kept.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence

from loupe.scene.frame import FramePanel, Item, RectsItem

__all__ = ["groups", "steps"]


def groups(panels: Sequence[FramePanel]) -> Iterator[list[FramePanel]]:
    """Cut panels into runs within which no two overlap; panels without area are left out."""
    group: list[FramePanel] = []
    # By column, since panels of rows share theirs: only what is in columns that touch is compared.
    columns: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for panel in panels:
        rect = panel.rect
        if rect.w <= 0 or rect.h <= 0 or not panel.items:
            continue
        x, right, y, bottom = rect.x, rect.right, rect.y, rect.bottom
        if any(
            _crosses(spans, y, bottom)
            for (left, end), spans in columns.items()
            if left < right and x < end
        ):
            yield group
            group, columns = [], {}
        group.append(panel)
        insort(columns.setdefault((x, right), []), (y, bottom))
    if group:
        yield group


def _crosses(spans: Sequence[tuple[int, int]], y: int, bottom: int) -> bool:
    """Whether ``[y, bottom)`` shares a pixel with one of these, which are sorted and disjoint."""
    at = bisect_left(spans, (y, bottom))
    after = at < len(spans) and spans[at][0] < bottom
    return after or (at > 0 and spans[at - 1][1] > y)


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
