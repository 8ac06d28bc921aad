"""Panels drawn together never overlap, and their order stays."""

from itertools import zip_longest

from hypothesis import given
from hypothesis import strategies as st

from loupe.render.order import groups
from loupe.scene.frame import FramePanel, PxRect, RectsItem

rects = st.builds(
    PxRect, st.integers(0, 3), st.integers(0, 30), st.integers(0, 3), st.integers(0, 8)
)


def _meet(a, b):
    return a.x < b.right and b.x < a.right and a.y < b.bottom and b.y < a.bottom


@given(st.lists(rects, max_size=20))
def test_groups_end_just_where_a_panel_would_overlap(found):
    item = RectsItem(None, None)
    panels = [FramePanel(str(i), rect, (item,)) for i, rect in enumerate(found)]
    cut = list(groups(panels))
    seen = [panel for panel in panels if panel.rect.w and panel.rect.h]
    assert [panel for group in cut for panel in group] == seen
    for group, after in zip_longest(cut, cut[1:]):
        for i, a in enumerate(group):
            assert not any(_meet(a.rect, b.rect) for b in group[:i])
        if after is not None:
            assert any(_meet(after[0].rect, b.rect) for b in group)
