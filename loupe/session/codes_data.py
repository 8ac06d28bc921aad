"""Codes of errors about data, labels, videos, pictures and use; see `loupe.session.codes`."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["MORE_CODES", "Code"]


class Code(NamedTuple):
    """Title and explanation of a code; the explanation is one paragraph of Markdown."""

    title: str
    explanation: str


MORE_CODES: dict[str, Code] = {
    "data": Code("Data cannot be used", "The message says what is wrong with them."),
    "data-attribute": Code(
        "An attribute cannot be used", "Scale factors and offsets must be finite numbers."
    ),
    "data-block-size": Code(
        "A stored block is too large",
        "Reading one window would load the whole block. Rechunk the store along time, or raise "
        "`block_mb` of the source.",
    ),
    "data-cmap": Code("A group has no colormap", "The table `cmap` needs an entry for it."),
    "data-colormap": Code("A colormap does not exist", "The hint shows the nearest name."),
    "data-column": Code("A column does not exist", "The table has no column of this name."),
    "data-coordinate": Code(
        "A coordinate does not exist", "The array has no coordinate of this name."
    ),
    "data-dtype": Code("An array holds no numbers", "Signals are integers, floats or booleans."),
    "data-encoding": Code("A text file is not UTF-8", "Save the table again in that encoding."),
    "data-format": Code(
        "No reader fits",
        "The file's name does not tell its format, or two readers claim it. `format` decides.",
    ),
    "data-function": Code(
        "A function that computes data failed",
        "The message has its error and line. In a window the old data stay until it works again.",
    ),
    "data-group": Code("A group does not exist", "The store has no group of this name."),
    "data-heatmap": Code(
        "A heatmap has too many dimensions",
        "After `split_by` exactly one dimension besides time may be left.",
    ),
    "data-kind": Code(
        "An array stands where a table is needed, or the other way round",
        "Traces and heatmaps show arrays; rasters and events show tables.",
    ),
    "data-marker": Code(
        "A mask does not fit its trace", "`bool_array` needs the dimensions of the trace's data."
    ),
    "data-missing-file": Code("A file does not exist", "Paths are relative to the session file."),
    "data-name": Code(
        "An array has no name", "`array_name = true` needs one; write the name itself."
    ),
    "data-numeric": Code("A column holds no numbers", "Times and opacities must be numbers."),
    "data-open": Code("A file cannot be opened", "It is damaged, or of another format."),
    "data-overlay": Code(
        "An overlay does not fit its trace", "It needs the dimensions of the trace's data."
    ),
    "data-overview": Code(
        "An overview cannot be built or used", "The message says why; it can be built again."
    ),
    "data-path": Code("An address cannot be opened", "It is neither a path nor a plain URL."),
    "data-read": Code(
        "Data cannot be read", "The store failed in the middle; the message names the part."
    ),
    "data-remote": Code(
        "Data are on the network", "Only local files are opened unless `--allow-remote` is passed."
    ),
    "data-scheduler": Code(
        "The scheduler cannot be used", "The address must be that of a running dask scheduler."
    ),
    "data-rows": Code(
        "Live data changed their rows",
        "A function of live parameters must give the rows that it gave first, by coordinate.",
    ),
    "data-select": Code("A selection picks nothing", "`select` names values of coordinates."),
    "data-shape": Code("An array has the wrong shape", "The message says what was expected."),
    "data-time": Code(
        "Times cannot be used", "They must be finite and strictly increasing, one for each sample."
    ),
    "data-time-missing": Code(
        "There are no times",
        "An array needs a time dimension with a coordinate, or `rate`; `time` names it.",
    ),
    "data-variable": Code("A variable does not exist", "The store has no array of this name."),
    "labels-changed-outside": Code(
        "A label file was changed by another program",
        "It is not overwritten: merge, reload, or save as a copy.",
    ),
    "labels-duration": Code(
        "A label is a point", "It ends where it starts; it is kept, but no state can be seen there."
    ),
    "labels-import-only": Code(
        "Label files of this format are read only",
        "`writeback` has no effect: export a copy, or convert the file first.",
    ),
    "labels-io": Code("A label file cannot be used", "The message names the row or the reason."),
    "labels-journal": Code(
        "An edit could not be made safe", "The journal cannot be written; nothing was lost yet."
    ),
    "labels-lossy": Code(
        "A format cannot hold everything", "Each loss is named; `--lossy` writes anyway."
    ),
    "labels-missing-folder": Code(
        "The folder of a label file does not exist", "The file could not be created at a save."
    ),
    "labels-new-file": Code(
        "A label file does not exist yet", "An empty set starts; the file comes at the first save."
    ),
    "labels-no-writeback": Code(
        "Saving over the label file is not allowed", "Set `writeback`, or export a copy."
    ),
    "labels-note": Code(
        "A remark about how a label file was read", "Nothing is wrong; the message says the rest."
    ),
    "labels-open-end": Code("A label has no end", "Its end is infinite; give it one."),
    "labels-outside": Code(
        "Labels lie outside the data", "Check that both count seconds from the same start."
    ),
    "labels-overlap": Code(
        "Labels overlap", "They are kept and shown; painting over them removes the overlap."
    ),
    "labels-read-only": Code(
        "A label file is open elsewhere", "Another window edits it; this one only shows it."
    ),
    "labels-recovery": Code("Edits wait to be recovered", "Recover or discard them before saving."),
    "labels-schema": Code(
        "Label columns or rows break the schema", "The message names the column or the row."
    ),
    "data-chunks": Code(
        "Chunks of an array are not in its store",
        "Zarr leaves out chunks that hold nothing but the fill value, so they read as that. If "
        "they should hold samples, the store was not copied or written completely.",
    ),
    "data-gaps": Code(
        "The times of an array have gaps", "Curves and heatmaps leave them blank; nothing is lost."
    ),
    "data-nan": Code(
        "Much of an array is missing", "Samples that are NaN are left blank; is the source right?"
    ),
    "data-slow": Code(
        "Showing a page will be slow",
        "The stored chunks are much larger than what a page shows. Rechunk the store along time, "
        "or build an overview file with `loupe overview build`.",
    ),
    "labels-unknown-state": Code(
        "A label has no state definition", "It is shown in grey until `[states]` defines it."
    ),
    "labels-unnamed": Code("A row has no label", "Give it one, or remove the row."),
    "labels-write": Code("A label file cannot be written", "The old file is still complete."),
    "video": Code("A video cannot be used", "The message says why."),
    "video-count": Code(
        "Frames and frame times differ in number",
        "Both numbers are shown. A shorter end is accepted up to `frame_count_slack`.",
    ),
    "video-frame-times": Code("Frame times cannot be used", "The message says why."),
    "video-gop": Code(
        "Jumps in a video are slow",
        "Many frames lie between keyframes, and a jump decodes them all. The hint is the ffmpeg "
        "line for a copy in which every jump is quick.",
    ),
    "video-missing-file": Code("A video does not exist", "Paths are relative to the session file."),
    "video-open": Code("A video cannot be opened", "It is damaged, or of an unknown format."),
    "video-playlist": Code(
        "A video file names other files", "Playlists are not followed; name the video itself."
    ),
    "video-slow-seek": Code(
        "A video has no times of its own",
        "Every jump decodes it from the start. The hint is the ffmpeg line for a copy that seeks.",
    ),
    "video-spread": Code(
        "Frame times and the video's own times drift apart",
        "Check that they belong together. If only the camera's clock ran at another rate, nothing "
        "is wrong: the frame times count.",
    ),
    "video-times": Code(
        "Frame times are not increasing", "Each frame needs a later time than the one before."
    ),
    "video-truncated": Code(
        "A video is cut off", "Frames at its end cannot be decoded; they are shown as missing."
    ),
    "video-variable-rate": Code(
        "The frame rate of a video varies",
        "Frames are shown exactly here; never compute times as frame number by rate.",
    ),
    "video-write": Code("A video cannot be written", "The message says why."),
    "render": Code("Drawing is impossible here", "The message says what is missing."),
    "render-format": Code("Pictures are written as PNG", "Give a name that ends in `.png`."),
    "render-no-display": Code(
        "A window needs a display", "`loupe render` draws a session without one."
    ),
    "render-no-egl": Code(
        "There is no OpenGL without a display", "Install the packages that the hint names."
    ),
    "render-no-font": Code("There is no font", "Install one, such as `fonts-dejavu-core`."),
    "render-size": Code("A size cannot be read", "Write width and height: `1600x1000`."),
    "render-speed": Code("A speed cannot be used", "The message names the bounds."),
    "render-theme": Code("A theme does not exist", "Use dark or light."),
    "render-too-large": Code("A picture is too large", "At most 16384 pixels a side."),
    "render-window": Code(
        "There is nothing to draw in a window",
        "Its length must be above 0 s, its ends must be numbers, and some of the recording must "
        "lie between them.",
    ),
    "render-write": Code("A picture cannot be written", "Check the folder and its permissions."),
    "dependency": Code(
        "An optional package is missing", "The hint holds the command that installs it."
    ),
    "settings": Code("The user's settings cannot be read", "Mend or remove the file."),
    "type": Code("An object has the wrong type", "The hint says how to wrap it."),
    "config": Code("A configuration cannot be right", "The message says why."),
    "error": Code("Something is wrong", "The message says what."),
    "system": Code(
        "The system refused",
        "A file or folder could not be read or written; the message holds the system's reason.",
    ),
    "internal": Code(
        "A fault of Loupe",
        "Please report it with the file that the hint names: it holds the version, the command, "
        "the message and where it happened, no recording. A message and the command may hold names "
        "of files and a value or two. With `LOUPE_TRACEBACK=1` the terminal shows it too.",
    ),
    "usage": Code("The command was used wrongly", "`--help` shows how it is meant."),
    "init-exists": Code("A file exists already", "`loupe init` never overwrites; name another."),
    "init-folder": Code("A folder does not exist", "Create it, or name another one."),
    "open-theme": Code("A theme does not exist", "Use dark, light or system."),
    "cli-set": Code("A variable is not NAME=VALUE", "For example `--set mouse=m12`."),
    "cli-set-without-session": Code(
        "Variables need a session", "`--set` gives values to a session file, not to a recording."
    ),
}
"""Further codes, joined into `loupe.session.codes.CODES`."""
