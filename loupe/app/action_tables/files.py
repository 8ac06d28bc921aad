"""Files, editing and help."""

from __future__ import annotations

from loupe.app import commands as c
from loupe.app.action import Action

__all__ = ["edit_actions", "file_actions", "help_actions"]


def file_actions() -> tuple[Action, ...]:
    """The File menu."""

    def item(
        name: str, title: str, text: str, *keys: str, menu: tuple[str, ...] = ("File",)
    ) -> Action:
        return Action(f"file.{name}", title, text, "Files", keys, menu, c.UiRequest(name))

    load, export = ("File", "Load into Session"), ("File", "Export")
    return (
        item("open_session", "Open Session…", "Open a session file.", "Ctrl+O"),
        item("open_recent", "Open Recent…", "Open a session that was open before."),
        item("reload_session", "Reload Session", "Read the session file again.", "F5"),
        item("load_traces", "Load Time Series…", "Add traces from files.", menu=load),
        item("load_video", "Load Video and Frame Times…", "Add a video.", menu=load),
        item("load_raster", "Load Raster Data…", "Add a table of events as a raster.", menu=load),
        item(
            "load_labels",
            "Load Interval Labels…",
            "Add a file of interval labels.",
            "Ctrl+Shift+O",
            menu=load,
        ),
        item(
            "save_labels",
            "Save Interval Labels",
            "Write the labels over the file that they came from.",
            "Ctrl+S",
        ),
        item(
            "reload_labels",
            "Reload or Merge Labels…",
            "Take over what another program changed in the file of the labels.",
        ),
        item(
            "export_labels",
            "Export Interval Labels As…",
            "Write a copy of the labels; never over their source.",
            "Ctrl+Shift+E",
        ),
        item(
            "save_session",
            "Save Session As…",
            "Write the session with everything changed in this window.",
            "Ctrl+Shift+S",
        ),
        item("load_preset", "Apply View Preset…", "Take over how another window looked."),
        item("save_preset", "Save View Preset…", "Write how this window looks, without data."),
        item(
            "save_picture",
            "Save Picture…",
            "Write the plots as PNG, SVG or PDF.",
            "Ctrl+P",
            menu=export,
        ),
        item(
            "copy_picture",
            "Copy Picture",
            "Put the plots on the clipboard.",
            "Ctrl+Shift+C",
            menu=export,
        ),
        item("export_data", "Window's Data…", "Write what the window shows.", menu=export),
        item("save_hypnogram", "Hypnogram…", "Write the overview as a picture.", menu=export),
        item(
            "save_frame",
            "Video Frame…",
            "Write the frame shown as PNG, at its own size.",
            menu=export,
        ),
        item("close", "Close Window", "Close this window.", "Ctrl+W"),
        item("quit", "Quit", "Close every window.", "Ctrl+Q"),
    )


def edit_actions() -> tuple[Action, ...]:
    """The Edit menu."""

    def item(name: str, title: str, text: str, command: c.Command, *keys: str) -> Action:
        return Action(f"edit.{name}", title, text, "Editing", keys, ("Edit",), command)

    return (
        item("undo", "Undo", "Take back the last edit of labels.", c.Undo(), "Ctrl+Z"),
        item("redo", "Redo", "Do it again.", c.Redo(), "Ctrl+Shift+Z", "Ctrl+Y"),
        item(
            "clear_selection",
            "Clear Selection",
            "Forget the selected time, label and traces.",
            c.ClearSelection(),
            "Esc",
        ),
        item(
            "command_palette",
            "Command Palette…",
            "Find any action by name.",
            c.UiRequest("palette"),
            "Ctrl+K",
        ),
        item("find_row", "Find Row…", "Find a row by name.", c.UiRequest("find_row"), "Ctrl+F"),
        item("keys", "Keys…", "See and change keys.", c.UiRequest("edit_keys")),
    )


def help_actions() -> tuple[Action, ...]:
    """The Help menu."""

    def item(name: str, title: str, text: str, *keys: str) -> Action:
        return Action(f"help.{name}", title, text, "Help", keys, ("Help",), c.UiRequest(name))

    return (
        item("shortcuts", "Shortcuts and Help", "Every key and gesture.", "F1", "?"),
        item("about", "About Loupe", "Version, licence and folders."),
    )
