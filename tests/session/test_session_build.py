"""Every argument of view() reaches its field."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import loupe
from loupe import (
    GlobalEventsConfig,
    HeatmapConfig,
    IntervalLabelSchema,
    LoupeConfigError,
    LoupeError,
    LoupeTypeError,
    RasterConfig,
    TraceConfig,
    VideoConfig,
    Zip,
)
from loupe.session.build import VIEW_ARGUMENTS, argument_places, build_session
from loupe.session.labels import LabelsConfig
from loupe.session.source import InMemory, Source
from loupe.session.view import ViewSettings
from loupe.units import Rgba

ARRAY = np.zeros((2, 3))
TABLE = pl.DataFrame({"time": [1.0], "unit": [1]})
SCHEMA = IntervalLabelSchema(start_col="a", end_col="b", label_col="c")
STATES: dict[str, Any] = {"keymap": {"Wake": ["w"]}, "label_colors": {"Wake": "#00d128"}}

CASES: dict[str, tuple[Any, Any]] = {
    "data": ([TraceConfig(ARRAY, title="x")], lambda s: [p.title for p in s.plots] == ["x"]),
    "window_len": (30.0, lambda s: s.view.window == 30.0),
    "compact_heatmaps_to_fit": (True, lambda s: s.view.compact_heatmaps),
    "compact_rasters_to_fit": (True, lambda s: s.view.compact_rasters),
    "videos": (VideoConfig("a.mp4", "t.npy"), lambda s: s.videos[0].video_path == "a.mp4"),
    "global_events": (GlobalEventsConfig(TABLE), lambda s: s.events.data.value is TABLE),
    "interval_labels": ("l.csv", lambda s: s.labels[0].path == "l.csv"),
    "interval_label_schema": (SCHEMA, lambda s: s.labels[0].table_schema == SCHEMA),
    "interval_labels_writeback": (True, lambda s: s.labels[0].writeback),
    "state_definitions": ("states.json", lambda s: s.states.definitions == "states.json"),
    "keymap": (STATES["keymap"], lambda s: s.states.keys_of("Wake") == ("w",)),
    "label_colors": (
        {"Wake": "#00d12850"},
        lambda s: s.states.color("Wake") == Rgba(0, 209, 40, 80),
    ),
    "interval_label_alpha": (0.5, lambda s: s.view.label_alpha == 0.5),
    "interval_label_overlays": (False, lambda s: not s.view.overlays),
    "label_strip_only": (True, lambda s: s.view.strip_only),
    "view_config": ("a.view.toml", lambda s: s.view.preset == "a.view.toml"),
    "view_config_strict": (True, lambda s: s.view.preset_strict),
    "fixed_scale": (False, lambda s: not s.view.fixed_scale),
    "tuner_preserve_view": (False, lambda s: not s.view.tuner_preserve_view),
    "colors": (["red"], lambda s: s.view.colors == (Rgba(255, 0, 0),)),
    "line_widths": ([2.0], lambda s: s.view.line_widths == (2.0,)),
    "subplot_order": (["b", 0], lambda s: s.view.subplot_order == ("b", 0)),
    "title": ("night", lambda s: s.title == "night"),
    "sources": ({"lfp": {"path": "a.zarr"}}, lambda s: s.sources["lfp"].path == "a.zarr"),
    "keys": ({"view.page_right": "q"}, lambda s: s.keys == {"view.page_right": "q"}),
}


@pytest.mark.parametrize("name", VIEW_ARGUMENTS)
def test_every_argument_maps_to_its_field(name: str, tmp_path: Path) -> None:
    value, holds = CASES[name]
    (tmp_path / "states.json").write_text('{"keymap": {"w": "A"}, "label_colors": {"A": "red"}}')
    arguments = dict(STATES) | {"interval_labels": "l.csv"}
    if name == "state_definitions":
        value = str(tmp_path / "states.json")
        session = build_session(state_definitions=value, user_folder=tmp_path)
        assert session.states.definitions == value
        return
    if name == "sources":
        arguments["data"] = TraceConfig("lfp")
    session = build_session(**(arguments | {name: value}), user_folder=tmp_path)
    assert holds(session)


def test_the_arguments_are_those_of_the_original() -> None:
    text = """data window_len compact_heatmaps_to_fit compact_rasters_to_fit videos
    global_events interval_labels interval_label_schema interval_labels_writeback
    state_definitions keymap label_colors interval_label_alpha interval_label_overlays
    label_strip_only view_config view_config_strict fixed_scale tuner_preserve_view colors
    line_widths subplot_order"""
    original = text.split()
    assert set(original) <= set(VIEW_ARGUMENTS)
    assert set(CASES) == set(VIEW_ARGUMENTS)


def test_every_view_setting_is_an_argument() -> None:
    session = build_session(theme="light", clock="hms", start=3.0)
    assert (session.view.theme, session.view.clock, session.view.start) == ("light", "hms", 3.0)
    assert "theme" in ViewSettings.model_fields


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (ARRAY, "TraceConfig(array)"),
        ([TraceConfig(ARRAY), TABLE], "RasterConfig(table"),
        (VideoConfig("a.mp4"), "videos=[...]"),
        (GlobalEventsConfig(TABLE), "global_events="),
        ("rec.zarr", "from_path"),
        (3, "TraceConfig, HeatmapConfig, RasterConfig or Zip"),
    ],
)
def test_bare_data_say_how_to_wrap_them(value: object, hint: str) -> None:
    with pytest.raises(LoupeTypeError) as caught:
        build_session(value)
    assert isinstance(caught.value, TypeError)
    assert hint in caught.value.hint


def test_misspelt_argument() -> None:
    with pytest.raises(LoupeTypeError) as caught:
        build_session(window_length=3)
    assert caught.value.hint == "did you mean `window_len`?"


@pytest.mark.parametrize(
    "bad",
    [
        {"interval_label_alpha": True},
        {"interval_label_alpha": float("nan")},
        {"interval_label_alpha": 1.5},
        {"window_len": 0},
        {"data": [TraceConfig(ARRAY, view_id="a"), HeatmapConfig(ARRAY, view_id="a")]},
        {"interval_labels_writeback": True},
    ],
)
def test_impossible_values(bad: dict[str, Any]) -> None:
    with pytest.raises(LoupeConfigError) as caught:
        build_session(**bad)
    assert isinstance(caught.value, ValueError)


def test_labels_need_states_and_a_bare_window_does_not(tmp_path: Path) -> None:
    assert build_session(TraceConfig(ARRAY), user_folder=tmp_path).labels == ()
    with pytest.raises(LoupeConfigError, match="no states are defined"):
        build_session(interval_labels="l.csv", user_folder=tmp_path)
    (tmp_path / "state_definitions.json").write_text(
        '{"keymap": {"w": "Wake"}, "label_colors": {"Wake": [0, 209, 40]}}'
    )
    assert build_session(interval_labels="l.csv", user_folder=tmp_path).labels


def test_labels_in_memory_and_several_sets(tmp_path: Path) -> None:
    session = build_session(interval_labels=TABLE, interval_label_schema=SCHEMA, **STATES)
    data = session.labels[0].data
    assert isinstance(data, InMemory)
    assert data.value is TABLE
    sets = [LabelsConfig(path="a.csv"), LabelsConfig(path="b.csv", edit=True)]
    session = build_session(interval_labels=sets, **STATES)
    assert session.edited_labels == 1
    assert session.label_ids == ("labels-1", "labels-2")


def test_configs_take_the_positions_of_the_original() -> None:
    assert TraceConfig(ARRAY, "dense").mode == "dense"
    assert TraceConfig(ARRAY, mode="stacked-subplots").mode == "stacked"
    assert RasterConfig(TABLE, "time", "unit").time_col == "time"
    assert Zip([TraceConfig(ARRAY), TraceConfig(ARRAY)], on="x").on == "x"
    times = np.arange(3.0)
    assert VideoConfig("a.mp4", times).frame_times_path.value is times  # type: ignore[union-attr]
    source = TraceConfig.from_path(Path("a.zarr"), group="g", filter_dict={"t": slice(0, 3)}).data
    assert source.model_dump(exclude_defaults=True) == {  # type: ignore[union-attr]
        "path": "a.zarr",
        "group": "g",
        "variable": "data",
        "select": {"t": {"start": 0, "stop": 3}},
    }
    raster = RasterConfig.from_parquet(["a.parquet", "b.parquet"], time_col="t", order_by="u")
    assert raster.data.path == ("a.parquet", "b.parquet")  # type: ignore[union-attr]


def test_equality_is_by_identity_in_memory() -> None:
    assert TraceConfig(InMemory(ARRAY)) != TraceConfig(ARRAY)
    handle = InMemory(ARRAY)
    assert TraceConfig(handle) == TraceConfig(handle)
    assert hash(TraceConfig(handle, y_range=(0.0, 1.0)).data) == hash(handle)


@pytest.mark.parametrize("wrong", [HeatmapConfig(ARRAY), ARRAY])
def test_a_zip_takes_traces_only(wrong: object) -> None:
    with pytest.raises(LoupeTypeError):
        Zip([TraceConfig(ARRAY), wrong], on="x")


def test_blank_ids_are_refused() -> None:
    with pytest.raises(LoupeConfigError, match="blank"):
        TraceConfig(ARRAY, view_id=" ")


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"sources": 3}, "`sources`: expected a table"),
        ({"window": 3.0, "window_len": 4.0}, "`window` and `window_len`"),
        ({"interval_labels": Source("l.csv", group="g"), **STATES}, "takes no `group`"),
    ],
)
def test_nothing_given_is_dropped_in_silence(bad: dict[str, Any], words: str) -> None:
    with pytest.raises(LoupeError, match=re.escape(words)):
        build_session(**bad)


def test_a_notebook_is_told_every_argument() -> None:
    names = set(inspect.signature(loupe.view).parameters)
    assert names == {"block", "allow_remote"} | set(argument_places())
    docs = inspect.getdoc(loupe.view) or ""
    assert "\nwindow_len\n    `view.window`: Length of the shown window in seconds." in docs
    assert all(f"\n{name}\n    " in docs for name in names)
