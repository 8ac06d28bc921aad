"""Rows and plots."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from loupe.app import commands as c
from loupe.app.action import Action, flag_is_on

if TYPE_CHECKING:
    from loupe.app.state import AppState

__all__ = ["plots_actions"]


def plots_actions() -> tuple[Action, ...]:
    """The Plots menu."""

    def item(
        name: str,
        title: str,
        text: str,
        command: c.Command,
        *keys: str,
        group: str = "Plots",
        sub: str = "",
        shown_if: Callable[[AppState], bool] | None = None,
        checked: Callable[[AppState], bool] | None = None,
    ) -> Action:
        menu = ("Plots", sub) if sub else ("Plots",)
        return Action(f"plot.{name}", title, text, group, keys, menu, command, shown_if, checked)

    return (
        item(
            "subplots",
            "Subplot Control Board…",
            "Order, heights and visibility of the rows.",
            c.UiRequest("subplots"),
            "Ctrl+H",
            group="Rows",
        ),
        item(
            "row_above",
            "Row Above",
            "Keys act on the row above.",
            c.FocusStep(-1),
            "Up",
            group="Rows",
        ),
        item(
            "row_below",
            "Row Below",
            "Keys act on the row below.",
            c.FocusStep(1),
            "Down",
            group="Rows",
        ),
        item(
            "taller",
            "Increase Height",
            "The row under the pointer grows.",
            c.ScaleHeight(1.1),
            "Ctrl+Shift+,",
            group="Rows",
        ),
        item(
            "lower",
            "Decrease Height",
            "The row under the pointer shrinks.",
            c.ScaleHeight(0.9),
            "Ctrl+Shift+.",
            group="Rows",
        ),
        item(
            "natural_height",
            "Reset Height",
            "The row under the pointer gets its natural height.",
            c.ScaleHeight(0),
            "Ctrl+Shift+0",
            group="Rows",
        ),
        item(
            "reset_heights", "Reset All Heights", "Natural heights.", c.ResetHeights(), group="Rows"
        ),
        item(
            "hide_row",
            "Hide Row",
            "Hide the row under the pointer.",
            c.HideRow(),
            "Ctrl+Del",
            group="Rows",
        ),
        item("show_all", "Show All Rows", "Show hidden rows again.", c.ShowAll(), group="Rows"),
        item(
            "reset_order",
            "Reset Order",
            "Rows in the session's order.",
            c.ResetOrder(),
            group="Rows",
        ),
        item(
            "mark_bad",
            "Mark Row as Bad",
            "Draw the row under the pointer dim, or no longer.",
            c.MarkBad(),
            "Ctrl+Shift+B",
            group="Rows",
        ),
        item(
            "y_axis",
            "Y-Axis Controls…",
            "Range of each row: automatic, minimum, maximum.",
            c.UiRequest("y_axis_controls"),
            "Ctrl+D",
        ),
        item(
            "y_zoom_in",
            "Zoom Y In",
            "The row under the pointer shows 0.9 of its Y range.",
            c.YZoom(0.9),
            "Ctrl+1",
        ),
        item(
            "y_zoom_out",
            "Zoom Y Out",
            "The row under the pointer shows 1.1 of its Y range.",
            c.YZoom(1.1),
            "Ctrl+2",
        ),
        item(
            "y_reset",
            "Reset Y Zoom",
            "The row under the pointer gets its own Y range.",
            c.ResetYZoom(),
            "Ctrl+0",
        ),
        item(
            "fixed_scale",
            "Fixed Scale",
            "Y ranges from all the data; off: from the window.",
            c.Toggle("fixed_scale"),
            checked=flag_is_on("fixed_scale"),
        ),
        item(
            "dense_controls",
            "Dense Controls…",
            "Gain, step and traces a page of dense plots.",
            c.UiRequest("dense_controls"),
            "Ctrl+G",
            shown_if=_has_dense,
        ),
        item(
            "gain_up",
            "Increase Gain",
            "Larger amplitudes in every dense plot.",
            c.Gain(1.2),
            "Alt+Up",
            shown_if=_has_dense,
        ),
        item(
            "gain_down",
            "Decrease Gain",
            "Smaller amplitudes in every dense plot.",
            c.Gain(1 / 1.2),
            "Alt+Down",
            shown_if=_has_dense,
        ),
        item(
            "dense_up",
            "Scroll Traces Up",
            "Traces further up in dense plots with pages.",
            c.DenseScroll(3),
            "Alt+Shift+Up",
            shown_if=_has_dense,
        ),
        item(
            "dense_down",
            "Scroll Traces Down",
            "Traces further down in dense plots with pages.",
            c.DenseScroll(-3),
            "Alt+Shift+Down",
            shown_if=_has_dense,
        ),
        item(
            "heatmap_controls",
            "Heatmap Controls…",
            "Levels, colormap and method of heatmaps.",
            c.UiRequest("heatmap_controls"),
            "Ctrl+Shift+H",
            shown_if=_has_heatmaps,
        ),
        item(
            "proportional_heatmaps",
            "Proportional Heatmaps",
            "Height of a heatmap follows its number of rows.",
            c.Toggle("proportional_heatmaps"),
            shown_if=_has_heatmaps,
            checked=flag_is_on("proportional_heatmaps"),
        ),
        item(
            "compact_heatmaps",
            "Compact Heatmaps",
            "Shrink heatmaps so that all rows fit.",
            c.Toggle("compact_heatmaps"),
            shown_if=_has_heatmaps,
            checked=flag_is_on("compact_heatmaps"),
        ),
        item(
            "raster_controls",
            "Raster Controls…",
            "Brightness, event height and thickness of rasters.",
            c.UiRequest("raster_controls"),
            shown_if=_has_rasters,
        ),
        item(
            "proportional_rasters",
            "Proportional Rasters",
            "Height of a raster follows its number of rows.",
            c.Toggle("proportional_rasters"),
            "Ctrl+Shift+R",
            shown_if=_has_rasters,
            checked=flag_is_on("proportional_rasters"),
        ),
        item(
            "compact_rasters",
            "Compact Rasters",
            "Shrink rasters so that all rows fit.",
            c.Toggle("compact_rasters"),
            shown_if=_has_rasters,
            checked=flag_is_on("compact_rasters"),
        ),
        item(
            "tuner",
            "Tuner",
            "Show or hide the sliders of the live parameters.",
            c.Toggle("tuner"),
            "Ctrl+T",
            checked=flag_is_on("tuner"),
        ),
        item(
            "tuner_copy",
            "Copy Live Parameters",
            "Put the values of the live parameters on the clipboard, as a Python dict.",
            c.UiRequest("copy_params"),
            shown_if=_has_params,
        ),
        item(
            "tuner_reset",
            "Reset Live Parameters",
            "Live parameters at their defaults.",
            c.ResetParams(),
            shown_if=_has_params,
        ),
        item(
            "marker_properties",
            "Sample Marker Properties…",
            "Symbol, colour, size and opacity of sample markers.",
            c.UiRequest("marker_properties"),
            shown_if=lambda state: bool(state.facts.markers),
        ),
        item(
            "event_style",
            "Style Global Events…",
            "Colour, line, width and opacity of global events.",
            c.UiRequest("event_style"),
            shown_if=lambda state: bool(state.facts.events),
        ),
    )


def _has_params(state: AppState) -> bool:
    return bool(state.params)


def _has_dense(state: AppState) -> bool:
    return bool(state.facts.of_kind("dense"))


def _has_heatmaps(state: AppState) -> bool:
    return bool(state.facts.of_kind("heatmap"))


def _has_rasters(state: AppState) -> bool:
    return bool(state.facts.of_kind("raster"))
