"""Patterns of states: which one a state has, and that its lines stay with the data."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scene_kit import array, picture

from loupe import IntervalLabelSchema, TraceConfig
from loupe.app import commands as c
from loupe.app.reduce import reduce
from loupe.scene.frame import RectsItem
from loupe.scene.hatch import PATTERNS, pattern_of, state_patterns, strokes

SCHEMA = IntervalLabelSchema(start_col="start", end_col="end", label_col="state")
STATES = {"Wake": ["w"], "NREM": ["n"]}
COLORS = {"Wake": "#e69f0040", "NREM": "#0072b240"}


def hatched(*, start=0.0, hatching=True, **more):
    labels = pl.DataFrame(
        {"start": [0.0, 10.0, 20.0], "end": [10.0, 20.0, 30.0], "state": ["Wake", "NREM", "odd"]}
    )
    flag = reduce if hatching else None
    return picture(
        [TraceConfig(array(np.zeros((1, 4000)), t=np.arange(4000) / 100))],
        interval_labels=labels,
        interval_label_schema=SCHEMA,
        keymap=STATES,
        label_colors=COLORS,
        window=20.0,
        start=start,
        change=(lambda state: flag(state, c.SetFlag("hatching", True))) if flag else None,
        **more,
    )


def hatches(presenter, panel):
    items = next(p.items for p in presenter.frame.panels if p.id.startswith(panel))
    return [i for i in items if isinstance(i, RectsItem) and i.hatch is not None]


def test_each_state_has_a_pattern_of_its_own():
    found = state_patterns(["odd", "Wake", "another", "NREM"], ["Wake", "NREM"])
    assert found.tolist() == [3, 0, 2, 1], "undefined states follow by name"
    assert len({pattern_of(number) for number in range(15)}) == 15
    assert PATTERNS[pattern_of(0)[0]] == "plain"


def test_rows_and_strip_carry_the_pattern_of_each_state():
    shown = hatched(start=5.0)
    for panel in (shown.rows[0].id, "#strip"):
        (item,) = hatches(shown, panel)
        assert [PATTERNS[code] for code in item.hatch.codes] == ["rising", "falling"]
        scale = shown.layout.grid
        assert item.rects[:, 0].tolist() == pytest.approx([scale.x(10.0), scale.x(20.0)], abs=1e-3)
    over_row, in_strip = (hatches(shown, p)[0] for p in (shown.rows[0].id, "#strip"))
    assert over_row.colors[0, :3].tolist() == [0x00, 0x72, 0xB2], "its own colour, stronger"
    assert over_row.colors[0, 3] == 0x80
    assert in_strip.colors[0, :3].tolist() == list(shown.theme.panel[:3])


def test_without_hatching_there_is_nothing_of_it():
    shown = hatched(hatching=False)
    assert not hatches(shown, shown.rows[0].id)
    assert not hatches(shown, "#strip")


@pytest.mark.parametrize("start", [1.0, 3.3, 7.77])
def test_lines_move_with_the_data(start):
    def phases(shown):
        item = hatches(shown, shown.rows[0].id)[0]
        label = round(shown.layout.grid.x(10.0))
        return {(label - item.hatch.x) % int(pitch) for pitch in item.hatch.pitches}

    # The same label, one page earlier or later, begins at the same place of its pattern.
    first, moved = hatched(start=0.0), hatched(start=start)
    offset = round(moved.layout.grid.k0 - first.layout.grid.k0)
    assert offset != 0
    assert phases(first) == phases(moved)


@given(
    st.sampled_from(range(15)), st.integers(0, 300), st.integers(1, 60), st.integers(4, 30),
    st.integers(3, 12),
)  # fmt: skip
def test_strokes_lie_on_the_pattern_and_inside_the_bar(number, left, width, height, pitch):
    x0, x1 = np.array([float(left)]), np.array([float(left + width)])
    found = strokes(number, x0, x1, 20.0, 20.0 + height, pitch)
    assert (found[:, [0, 2]] >= left).all()
    assert (found[:, [0, 2]] <= left + width).all()
    assert (found[:, [1, 3]] >= 20.0).all()
    assert (found[:, [1, 3]] <= 20.0 + height).all()
    code, factor = pattern_of(number)
    step = pitch * factor
    if PATTERNS[code] == "plain":
        assert len(found) == 0
    elif width > 2 * step and height > 2 * step:
        assert len(found) > 0
    if PATTERNS[code] in ("rising", "falling"):
        sign = 1 if PATTERNS[code] == "rising" else -1
        at = found[:, [0, 2]] + sign * (found[:, [1, 3]] - 20.0)
        np.testing.assert_allclose(at, np.round(at / step) * step, atol=1e-6)
    if PATTERNS[code] == "upright":
        np.testing.assert_allclose(found[:, 0] % step, 0, atol=1e-6)
