"""The page on coming from the original names everything, and where it truly went."""

import ast
import re
from pathlib import Path

import pytest

import loupe
from loupe.app.actions import builtin_actions, video_actions
from loupe.app.gestures import GESTURES
from loupe.session.build import VIEW_ARGUMENTS
from loupe.session.chords import parse_chord

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8")

ORIGINAL = {
    "TraceConfig": "data mode order_by descending gain step traces_per_page hue palette color "
    "array_name sample_markers overlay_arrays overlay_colors line_width overlay_line_widths "
    "overlay_symbols overlay_symbol_sizes add_bottom_spine view_id",
    "HeatmapConfig": "data array_name split_by order_by descending cmap vmin vmax decim_method "
    "shade_nans view_id",
    "RasterConfig": "data time_col order_by split_by alpha_by array_name hue palette color "
    "alpha_range horizontal_separators separator_params rows nan_spans shade_nans view_id",
    "Zip": "traces on colors array_name view_id",
    "VideoConfig": "video_path frame_times_path name stretch frame_times_correction view_id "
    "max_frame_distance_s frame_count_slack separate_window",
    "SampleMarkers": "marker color bool_array size alpha view_id",
    "GlobalEventsConfig": "data event_times_column style_events_on style_kwargs",
    "IntervalLabelSchema": "start_col end_col duration_col label_col note_col extra_cols",
    "StateConfig": "keymap label_colors",
}
"""Arguments of the original's classes."""


def section(title):
    """The text under a heading, up to the next one."""
    start = PAGE.index(f"\n{title}\n") + 1
    end = re.search(r"^#", PAGE[start + len(title) :], re.M)
    return PAGE[start : start + len(title) + (end.start() if end else len(PAGE))]


def rows(title):
    """The cells of the table under a heading, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [
        [cell.strip() for cell in re.split(r" \| |^\| | ?\|$", line)[1:-1]] for line in lines[2:]
    ]


def handle_names():
    """Properties and methods of what `view` returns, read without Qt."""
    tree = ast.parse((ROOT / "loupe" / "ui" / "handle.py").read_text(encoding="utf-8"))
    cls = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "WindowHandle")
    return {n.name for n in cls.body if isinstance(n, ast.FunctionDef)}


def place_text(place):
    """A place in a session as the page writes it."""
    head, *rest = place
    if head in ("plots", "videos", "labels"):
        return f"`[[{head}]] {rest[-1]}`" if rest else f"`[[{head}]]`"
    if head == "title":
        return "`title`"
    return f"`[{head}] {rest[-1]}`" if rest else f"`[{head}]`"


def test_every_argument_of_view_stands_where_it_goes():
    table = {row[0].strip("`"): row[1] for row in rows("## Arguments of `view()`")}
    assert table == {name: place_text(place) for name, place in VIEW_ARGUMENTS.items()}


@pytest.mark.parametrize("name", ORIGINAL)
def test_every_argument_of_a_config_has_its_field(name):
    cls = getattr(loupe, name)
    table = {row[0].strip("`"): row[1].strip("`") for row in rows(f"### `{name}`")}
    assert list(table) == [a for a in table if a in ORIGINAL[name].split()]
    assert set(table) == set(ORIGINAL[name].split())
    for argument, field in table.items():
        assert cls.renamed.get(argument, argument) == field
        assert field in cls.model_fields


def test_every_menu_entry_and_key_leads_to_its_action():
    actions = {action.id: action for action in (*builtin_actions(), *video_actions(["a"]))}
    table = rows("## Menus and keys")
    assert len(table) > 50
    for entry, keys, name, *_ in table:
        if name == "`state.NAME`":
            continue
        action = actions[name.strip("`")]
        have = {parse_chord(key) for key in action.keys}
        for key in re.findall(r"`(.+?)`", keys):
            assert parse_chord(key) in have, entry


def test_every_gesture_is_one_of_the_program():
    known = {("+".join((*g.mods, g.gesture)), g.title) for g in GESTURES}
    found = [(row[1].strip("`"), row[2]) for row in rows("## Mouse")]
    assert len(found) > 10
    assert set(found) <= known


def test_every_name_of_the_handle_and_the_label_set_exists():
    from loupe import IntervalLabelSet

    handle = handle_names()
    for original, here in rows("## Python"):
        if "IntervalLabelSet" in original:
            assert all(hasattr(IntervalLabelSet, name) for name in re.findall(r"`(\w+)`", here))
        elif "view()" in original or "window" in original:
            for name in re.findall(r"`(\w+)`", here):
                assert name in handle | set(VIEW_ARGUMENTS), name


def test_every_public_class_of_the_original_is_public_here():
    assert set(ORIGINAL) | {"view", "IntervalLabelSet", "LoupeConfigError"} <= set(loupe.__all__)


def test_the_table_of_the_handle_is_complete():
    page = (ROOT / "docs" / "scripting.md").read_text(encoding="utf-8")
    table = page[page.index("| name | what it is |") :].split("\n\n")[0]
    named = set(re.findall(r"^\| `(\w+)` \|", table, re.M))
    assert named == {name for name in handle_names() if not name.startswith("_")}
