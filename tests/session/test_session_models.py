"""Every field is documented, bounded and has an example that parses."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from pydantic import TypeAdapter, ValidationError

from loupe.errors import IntervalLabelSchemaError, LoupeConfigError, LoupeError
from loupe.session.color import LABEL_ALPHA, parse_color
from loupe.session.css_colors import CSS_COLORS
from loupe.session.fieldhelp import all_models, field_docs
from loupe.session.labels import IntervalLabelSchema
from loupe.session.markers import SampleMarkers
from loupe.session.model import Session
from loupe.session.plots import KINDS, HeatmapConfig, RasterConfig, TraceConfig, Zip
from loupe.session.preset import preset_models
from loupe.session.schema import SCHEMAS
from loupe.session.shading import NanShade
from loupe.session.source import Interval, Source
from loupe.session.states import StateConfig
from loupe.session.view import ViewSettings
from loupe.session.wording import toml_value
from loupe.units import Rgba

FIELDS = [
    (cls, name, field)
    for cls in all_models()
    for name, field in cls.model_fields.items()
    if not (cls.__name__ == "LabelsConfig" and name == "data")
]


@pytest.mark.parametrize(
    ("cls", "name", "field"), FIELDS, ids=[f"{cls.__name__}.{name}" for cls, name, _ in FIELDS]
)
def test_every_field_has_a_sentence_and_an_example_that_parses(
    cls: Any, name: str, field: Any
) -> None:
    text = field_docs(cls)[name]
    assert len(text) > 15
    assert text.endswith(".")
    assert field.examples
    annotation = Session if name == "kind" else cls
    for example in field.examples:
        key = field.alias or name
        data = {key: example}
        for other, declared in cls.model_fields.items():
            if declared.is_required() and other != name:
                data[declared.alias or other] = declared.examples[0]
        assert annotation is Session or cls.model_validate(data) is not None
        assert toml_value(example)


def test_models_are_frozen_and_closed() -> None:
    plot = TraceConfig("lfp")
    with pytest.raises(ValidationError):
        plot.gain = 2.0  # type: ignore[misc]
    with pytest.raises(LoupeConfigError, match="unknown key `gian`"):
        TraceConfig("lfp", gian=2.0)


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_valid_and_say_no_null(name: str) -> None:
    schema = SCHEMAS[name]()
    Draft7Validator.check_schema(schema)
    text = json.dumps(schema)
    assert '"null"' not in text
    assert "discriminator" not in text
    assert "$defs" not in text


def test_every_definition_of_the_session_schema_is_described() -> None:
    schema = SCHEMAS["session"]()
    for part in [schema, *schema["definitions"].values()]:
        assert part["additionalProperties"] is False
        for key, prop in part["properties"].items():
            assert prop.get("description"), key


def test_preset_fields_exist_in_the_session() -> None:
    assert {model.__name__ for model in preset_models()} >= {"ViewPreset", "TraceConfigPreset"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("#ff8800", (255, 136, 0, 255)),
        ("#FF880080", (255, 136, 0, 128)),
        ("#f80", (255, 136, 0, 255)),
        ("0xff8800", (255, 136, 0, 255)),
        ("0xff880080", (255, 136, 0, 128)),
        ("255,136,0", (255, 136, 0, 255)),
        ("255, 136, 0, 7", (255, 136, 0, 7)),
        ([255, 136, 0], (255, 136, 0, 255)),
        ((255, 136, 0, 7), (255, 136, 0, 7)),
        ("RebeccaPurple", (102, 51, 153, 255)),
        ("transparent", (0, 0, 0, 0)),
    ],
)
def test_colours_in_every_notation(value: object, expected: tuple[int, ...]) -> None:
    assert parse_color(value) == Rgba(*expected)


@pytest.mark.parametrize(
    "value", ["", "#12345", "0x12", "1,2", "1,2,300", "reddd", [1.0, 2, 3], [True, 1, 1], 5, None]
)
def test_what_is_no_colour(value: object) -> None:
    with pytest.raises(ValueError, match=r"colour|integer"):
        parse_color(value)


@given(st.tuples(*[st.integers(0, 255)] * 4))
def test_colours_survive_being_written(parts: tuple[int, int, int, int]) -> None:
    assert parse_color(Rgba(*parts).hex()) == Rgba(*parts)


def test_every_css_name_is_a_colour() -> None:
    assert len(CSS_COLORS) == 148
    assert all(parse_color(name).a == 255 for name in CSS_COLORS)


def test_label_colours_are_translucent_unless_they_say_otherwise() -> None:
    states = StateConfig(keymap={"w": "A"}, label_colors={"w": "red", "x": "#ff0000ff"})
    assert states.color("w").a == LABEL_ALPHA
    assert states.color("x").a == 255
    assert states.color("unknown") == Rgba(150, 150, 150, 80)


def test_maps_of_keys_forward_and_inverse() -> None:
    forward = StateConfig(keymap={"w": "Wake", "1": "NREM", "n": "NREM"})
    inverse = StateConfig(keymap={"Wake": ["w"], "NREM": ["1", "n"]})
    assert forward.key_to_state == inverse.key_to_state
    assert inverse.keys_of("NREM") == forward.keys_of("NREM") == ("1", "n")


@pytest.mark.parametrize(
    "keymap", [{"A": ["w"], "B": ["w"]}, {"A": ["w", "w"]}, {"A": ["ww"]}, {"A": []}, {"A": [""]}]
)
def test_impossible_keys(keymap: Any) -> None:
    with pytest.raises(LoupeConfigError):
        StateConfig(keymap=keymap, label_colors={"A": "red", "B": "red"})


def test_label_schema_rules() -> None:
    with pytest.raises(IntervalLabelSchemaError, match="neither"):
        IntervalLabelSchema(start_col="a", label_col="b")
    with pytest.raises(IntervalLabelSchemaError, match="named twice"):
        IntervalLabelSchema(start_col="a", end_col="a", label_col="b")
    assert IntervalLabelSchema.legacy().columns == ("start_s", "end_s", "label", "note")
    schema = IntervalLabelSchema(start_col="a", duration_col="d", label_col="b", extra_cols="x")
    assert schema.columns == ("a", "d", "b", "x")


def test_markers_have_the_defaults_of_the_original() -> None:
    mask = np.zeros(3, bool)
    kinds = {"o": (8.0, 110), "vline": (1.0, 200), "x": (9.0, 255)}
    for marker, (size, alpha) in kinds.items():
        markers = SampleMarkers(marker, "red", mask)
        assert (markers.drawn_size, markers.drawn_color.a) == (size, alpha)


def test_nan_shades() -> None:
    def shade(value: object) -> object:
        return HeatmapConfig("x", shade_nans=value).shade_nans

    assert shade(False) is None
    assert shade("#ff0000") == NanShade(Rgba(255, 0, 0), 0.7)
    assert shade(("#ff0000", 0.25)) == NanShade(Rgba(255, 0, 0), 0.25)
    with pytest.raises(LoupeConfigError):
        shade(True)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Zip([TraceConfig("a"), TraceConfig("b", gain=2.0)], on="x"),
        lambda: Zip([TraceConfig("a")], on="x"),
        lambda: Zip([TraceConfig("a"), TraceConfig("b")], on="x", colors=["red"]),
        lambda: Zip([TraceConfig("a"), TraceConfig("b")], on="x", array_name=True),
        lambda: Zip([TraceConfig("a"), TraceConfig("b")]),
        lambda: TraceConfig("a", mode="dense", overlay_arrays=["b"]),
        lambda: TraceConfig("a", mode="sparse"),
        lambda: RasterConfig("a", order_by="u"),
        lambda: RasterConfig("a", "t", "u", alpha_range=(0.9, 0.1)),
    ],
)
def test_impossible_configs_raise_at_once(make: Any) -> None:
    with pytest.raises(LoupeError):
        make()


def test_a_zip_stands_beside_anything_and_more_than_once() -> None:
    both = [TraceConfig(Source("a.zarr")), TraceConfig(Source("b.zarr"))]
    plots = [Zip(both, on="x"), Zip(both, on="x"), TraceConfig(Source("c.zarr"))]
    assert Session(plots=plots).plot_ids == ("zip-1", "zip-2", "trace-1")


def test_automatic_ids_never_meet_given_ones() -> None:
    source = Source("a.zarr")
    plots = [TraceConfig(source, id="trace-2"), TraceConfig(source), TraceConfig(source)]
    ids = Session(plots=plots).plot_ids
    assert ids[0] == "trace-2"
    assert len(set(ids)) == 3


def test_numpy_numbers_are_numbers() -> None:
    assert TraceConfig("a", gain=np.float32(2)).gain == 2.0
    assert ViewSettings(cache_mb=np.int64(64)).cache_mb == 64


def test_every_kind_is_in_the_union() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(Session.model_fields["plots"].annotation)
    text = json.dumps(adapter.json_schema(by_alias=True))
    assert all(f'"{kind}"' in text for kind in KINDS)


def test_the_committed_schemas_stand_beside_the_sessions() -> None:
    root = Path(__file__).parents[2]
    for name in SCHEMAS:
        assert (root / "schemas" / f"{name}.schema.json").is_file()


def selected(value: Any) -> Any:
    source = TraceConfig.from_path("a.zarr", filter_dict={"d": value}).data
    assert isinstance(source, Source)
    return source.select["d"]


def test_what_numpy_gives_selects_as_what_it_says() -> None:
    hour = datetime(2020, 1, 1, 8)
    for unit in ("ns", "us", "s"):
        start = np.datetime64("2020-01-01T08:00", unit)
        assert selected(slice(start, None)) == Interval(start=hour)
        times = xr.DataArray(np.array([start]), dims="time")
        assert selected(slice(None, times[0])) == Interval(stop=hour)
        assert selected(times) == (hour,)
    for wrong in (
        np.datetime64("NaT", "s"),
        np.timedelta64(3, "s"),
        np.float64("nan"),
        float("inf"),
    ):
        with pytest.raises(LoupeConfigError, match="expected text, a finite number"):
            selected(slice(wrong, None))


def test_what_a_script_may_select_with() -> None:
    assert selected(np.array([1, 2])) == (1, 2)
    assert selected(np.array(["b", "a"])) == ("b", "a")
    assert selected(range(10, 7, -1)) == (10, 9, 8)
    assert set(selected({1, "a"})) == {1, "a"}
    assert selected(slice(0, 10, 1)) == Interval(start=0, stop=10)
    with pytest.raises(LoupeConfigError, match="the slice for `d` has a step of 2"):
        selected(slice(0, 10, 2))


def test_numpy_numbers_are_numbers_inside_lists_too() -> None:
    red = Rgba(255, 0, 0)
    assert parse_color([np.uint8(255), 0, np.int64(0)]) == red
    assert parse_color(np.array([255, 0, 0], np.uint8)) == red
    for colors in ([np.int64(255), 0, 0], np.array([255, 0, 0]), np.array([[255, 0, 0]])):
        assert ViewSettings(colors=colors).colors == (red,)
    assert ViewSettings(subplot_order=[np.int64(1), 0]).subplot_order == (1, 0)
    spans = np.array([[0.0, 4.0], [6.0, 7.5]])
    table = {"time_col": "t", "order_by": "u", "data": Source("a.csv")}
    expected = ((0.0, 4.0), (6.0, 7.5))
    assert RasterConfig(**table, nan_spans=spans).nan_spans == expected
    assert RasterConfig(**table, nan_spans={np.int64(3): spans}).nan_spans == {"3": expected}
    assert Interval(start=np.datetime64("2020-01-01T08:00", "ns")).start == datetime(2020, 1, 1, 8)
