"""What is shown, playback and video."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from loupe.app import commands as c
from loupe.app.action import Action, flag_is_on

if TYPE_CHECKING:
    from loupe.app.state import AppState

__all__ = ["video_actions", "view_actions"]


def view_actions() -> tuple[Action, ...]:
    """The View menu."""

    def item(
        name: str,
        title: str,
        text: str,
        command: c.Command,
        *keys: str,
        sub: str = "",
        checked: Callable[[AppState], bool] | None = None,
    ) -> Action:
        menu = ("View", sub) if sub else ("View",)
        return Action(f"view.{name}", title, text, "View", keys, menu, command, None, checked)

    return (
        item(
            "fullscreen", "Full Screen", "Use the whole screen.", c.UiRequest("fullscreen"), "F11"
        ),
        item(
            "hypnogram",
            "Hypnogram Overview",
            "Show the overview of the whole recording.",
            c.Toggle("hypnogram"),
            "h",
            checked=flag_is_on("hypnogram"),
        ),
        item(
            "hypnogram_zoom",
            "Zoom Hypnogram",
            "The overview shows the window's surroundings.",
            c.Toggle("hypnogram_zoom"),
            "z",
            checked=flag_is_on("hypnogram_zoom"),
        ),
        item(
            "strip",
            "Label Strip",
            "Show the strip of labels above the plots.",
            c.Toggle("strip"),
            "Ctrl+L",
            checked=flag_is_on("strip"),
        ),
        item(
            "strip_only",
            "Label Strip Only",
            "Labels in the strip and not over the plots.",
            c.Toggle("strip_only"),
            checked=flag_is_on("strip_only"),
        ),
        item(
            "overlays",
            "Label Overlays",
            "Shade labels over the plots.",
            c.Toggle("overlays"),
            "Ctrl+Shift+L",
            checked=flag_is_on("overlays"),
        ),
        item(
            "label_alpha",
            "Adjust Interval Label Alpha…",
            "Opacity of the shaded labels.",
            c.UiRequest("label_alpha"),
        ),
        item(
            "hatching",
            "Hatched Labels",
            "Give each state a pattern besides its colour.",
            c.Toggle("hatching"),
            checked=flag_is_on("hatching"),
        ),
        item(
            "grid",
            "Grid Lines",
            "Vertical lines of the time axis on every row.",
            c.Toggle("grid"),
            checked=flag_is_on("grid"),
        ),
        item(
            "right_panel",
            "Right Panel",
            "Show videos, labels table and summary.",
            c.Toggle("right_panel"),
            "Ctrl+B",
            checked=flag_is_on("right_panel"),
        ),
        item(
            "link_windows",
            "Link Time with Other Windows",
            "Cursor and window of every linked window are the same.",
            c.UiRequest("link_windows"),
            checked=lambda state: state.linked,
        ),
        item(
            "theme_dark",
            "Dark",
            "Light on dark.",
            c.SetTheme("dark"),
            sub="Theme",
            checked=lambda state: state.view.theme == "dark",
        ),
        item(
            "theme_light",
            "Light",
            "Dark on light.",
            c.SetTheme("light"),
            sub="Theme",
            checked=lambda state: state.view.theme == "light",
        ),
        item(
            "theme_system",
            "As the System",
            "Dark or light as the system is.",
            c.SetTheme("system"),
            sub="Theme",
            checked=lambda state: state.view.theme == "system",
        ),
        item("larger_text", "Larger", "Larger text.", c.SetFontScale(1.1), "Ctrl+=", sub="Text"),
        item(
            "smaller_text",
            "Smaller",
            "Smaller text.",
            c.SetFontScale(1 / 1.1),
            "Ctrl+-",
            sub="Text",
        ),
        item("normal_text", "Normal", "Text of normal size.", c.SetFontScale(to=1.0), sub="Text"),
        item(
            "clock_auto",
            "Automatic",
            "Seconds or hours as the recording is long.",
            c.SetClock("auto"),
            sub="Times",
            checked=lambda state: state.view.clock == "auto",
        ),
        item(
            "clock_seconds",
            "Seconds",
            "Times in seconds.",
            c.SetClock("seconds"),
            sub="Times",
            checked=lambda state: state.view.clock == "seconds",
        ),
        item(
            "clock_hms",
            "h:m:s",
            "Times as hours, minutes, seconds from time 0.",
            c.SetClock("hms"),
            sub="Times",
            checked=lambda state: state.view.clock == "hms",
        ),
        item(
            "clock_wall",
            "Clock on the Wall",
            "Times of day, for data that know them.",
            c.SetClock("wall"),
            sub="Times",
            checked=lambda state: state.view.clock == "wall",
        ),
        item(
            "scroll_speed",
            "Smooth Scroll Speed…",
            "Part of the window that one notch scrolls.",
            c.UiRequest("smooth_scroll_speed"),
        ),
    )


def video_actions() -> tuple[Action, ...]:
    """The Video menu."""

    def item(
        name: str,
        title: str,
        text: str,
        command: c.Command,
        *keys: str,
        shown_if: Callable[[AppState], bool] | None = None,
        checked: Callable[[AppState], bool] | None = None,
    ) -> Action:
        return Action(
            f"play.{name}",
            title,
            text,
            "Playback and video",
            keys,
            ("Video",),
            command,
            shown_if,
            checked,
        )

    return (
        item("toggle", "Play or Pause", "Let the cursor run.", c.TogglePlay(), "Space"),
        item("faster", "Faster", "Play at the next higher speed.", c.SetSpeed(steps=1), ">"),
        item("slower", "Slower", "Play at the next lower speed.", c.SetSpeed(steps=-1), "<"),
        item(
            "speed", "Playback Speed…", "Set the speed of playback.", c.UiRequest("playback_speed")
        ),
        item(
            "loop",
            "Loop in Window",
            "At the window's end start over; off: the window follows.",
            c.Toggle("loop"),
            checked=lambda state: state.playback.loop,
        ),
        item(
            "frame_back",
            "Previous Frame",
            "Step the chosen video one frame back.",
            c.UiRequest("step_frame_back"),
            "Left",
            shown_if=_has_videos,
        ),
        item(
            "frame_forward",
            "Next Frame",
            "Step the chosen video one frame on.",
            c.UiRequest("step_frame_forward"),
            "Right",
            shown_if=_has_videos,
        ),
        item(
            "video_sizes",
            "Video Sizes…",
            "Share of the panel that each video gets.",
            c.UiRequest("video_sizes"),
            shown_if=_has_videos,
        ),
    )


def _has_videos(state: AppState) -> bool:
    return bool(state.facts.videos)
