"""View presets: which plot a part finds, and what it changes there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli_w
from test_session_load import FULL, PLOT, put

from loupe.errors import LoupeConfigError
from loupe.session.dump import to_plain
from loupe.session.load import load_session
from loupe.session.preset import apply_preset, load_preset, preset_of


def test_presets_match_by_id_name_and_occurrence(tmp_path: Path) -> None:
    session = load_session(
        put(
            tmp_path,
            "a.toml",
            PLOT
            + 'id = "a"\n'
            + PLOT
            + 'title = "B"\n'
            + PLOT
            + '[[videos]]\nvideo_path = "c.mp4"\n',
        )
    )
    preset = load_preset(
        {
            "view": {"window": 3.0},
            "plots": [
                {"kind": "trace", "title": "B", "gain": 3.0},
                {"kind": "trace", "id": "a", "height": 2.0},
                {"kind": "trace", "mode": "dense"},
            ],
        }
        | {
            "plots": [
                {"kind": "trace", "title": "B", "gain": 3.0},
                {"kind": "trace", "id": "a", "height": 2.0},
                {"kind": "heatmap", "cmap": "viridis"},
            ]
        }
    )
    done, report = apply_preset(session, preset)
    assert [plot.title for plot in done.plots] == ["B", None, None]
    assert done.plots[0].gain == 3.0  # type: ignore[union-attr]
    assert (done.plots[1].id, done.plots[1].height) == ("a", 2.0)
    assert done.view.window == 3.0
    assert done.base == session.base
    assert report.unmatched == ("plot `heatmap`",)
    with pytest.raises(LoupeConfigError, match="does not fit"):
        apply_preset(session, preset, strict=True)


def test_a_preset_of_a_session_changes_nothing(tmp_path: Path) -> None:
    session = load_session(put(tmp_path, "a.toml", FULL))
    done, report = apply_preset(session, preset_of(session), strict=True)
    assert done == session
    assert not report.unmatched


def test_broken_presets(tmp_path: Path) -> None:
    path = put(tmp_path, "a.view.toml", "[view]\nwindw = 3\n")
    with pytest.raises(LoupeConfigError, match="unknown key") as caught:
        load_preset(path)
    assert "window" in caught.value.hint
    with pytest.raises(LoupeConfigError, match="cannot be read"):
        load_preset(tmp_path / "none.view.toml")
    with pytest.raises(LoupeConfigError):
        load_preset({"plots": [{"kind": "trace", "data": "x"}]})


def test_a_preset_brings_back_the_look_it_was_saved_from(tmp_path: Path) -> None:
    text = '[view]\nwindow = 30.0\ntheme = "light"\n' + PLOT + "visible = false\ngain = 3.0\n"
    text += 'id = "lfp"\ntitle = "Left"\nhidden = ["x"]\ny_ranges = { a = [0.0, 1.0] }\n'
    session = load_session(put(tmp_path, "a.toml", text))
    plain = load_session(put(tmp_path, "b.toml", PLOT + 'title = "Left"\nid = "other"\n'))
    preset = load_preset(put(tmp_path, "p.view.toml", tomli_w.dumps(to_plain(preset_of(plain)))))  # type: ignore[arg-type]
    done, report = apply_preset(session, preset, strict=True)
    assert report.matched == ("plot `other` by name",)
    assert (done.view.window, done.view.theme) == (plain.view.window, plain.view.theme)
    plot: Any = done.plots[0]
    assert (plot.visible, plot.gain, plot.hidden, plot.y_ranges) == (True, 1.0, (), {})
    full = load_session(put(tmp_path, "c.toml", FULL))
    again = load_preset(put(tmp_path, "q.view.toml", tomli_w.dumps(to_plain(preset_of(full)))))  # type: ignore[arg-type]
    assert apply_preset(full, again, strict=True)[0] == full


def test_a_preset_is_refused_that_turns_limits_around(tmp_path: Path) -> None:
    text = '[[plots]]\nkind = "heatmap"\ndata = { path = "a.zarr" }\nvmax = 1.0\n'
    session = load_session(put(tmp_path, "a.toml", text))
    with pytest.raises(LoupeConfigError, match="does not fit: `vmax` 1 is not above `vmin` 5"):
        apply_preset(session, load_preset({"plots": [{"kind": "heatmap", "vmin": 5.0}]}))
