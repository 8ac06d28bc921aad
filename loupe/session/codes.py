"""Every code of a finding, with its title and what to do about it.

The reference page is printed from this table; a test holds it in step with the
codes that the program uses.
"""

from __future__ import annotations

from loupe.session.codes_data import MORE_CODES, Code

__all__ = ["CODES", "Code"]

CODES: dict[str, Code] = {
    "syntax": Code(
        "The file is not TOML",
        "The parser stopped here. It is the only finding of the file, because nothing behind "
        "this place was read.",
    ),
    "syntax-depth": Code(
        "The file is nested too deeply",
        "Brackets may be nested 32 levels deep and a key may have 32 dots. No session needs more; "
        "the limit keeps a hostile file from exhausting the program.",
    ),
    "syntax-encoding": Code(
        "The file is not UTF-8", "Sessions are UTF-8 text. Save the file again in that encoding."
    ),
    "syntax-size": Code(
        "The file is too large",
        "A session names data and holds none: at most 1 MiB and 10,000 keys. Move tables and "
        "lists into files of their own.",
    ),
    "schema-missing-key": Code(
        "A required key is missing", "The table needs this key; the hint shows an example."
    ),
    "schema-unknown-key": Code(
        "A key is not known",
        "No key of this name belongs into this table. A misspelt required key is reported once, "
        "here, and not also as missing.",
    ),
    "schema-type": Code(
        "A value has the wrong type",
        'Nothing is converted silently: `"30"` is text and no number, `1` is no truth value.',
    ),
    "schema-choice": Code(
        "A value is none of the possible ones", "The key takes one of a few words."
    ),
    "schema-range": Code("A number is out of range", "The message names the bound."),
    "schema-length": Code("A list is too short or too long", "The message names the bound."),
    "schema-blank": Code("A text is blank", "Names must hold at least one visible character."),
    "schema-color": Code(
        "A colour cannot be read",
        "Colours are `#RRGGBB` or `#RRGGBBAA`, `0xRRGGBB[AA]`, `R,G,B[,A]`, three or four "
        "integers 0 to 255, or a CSS name.",
    ),
    "schema-data": Code(
        "An object is not data that Loupe can take",
        "From Python, data are an xarray DataArray, a polars or pandas table, a source, or the "
        "name of one.",
    ),
    "schema-value": Code("A value cannot be used", "The message says what was expected."),
    "schema-version": Code(
        "The version is not known", "Session files have version 1; older ones are migrated."
    ),
    "session-version-new": Code(
        "The file needs a newer Loupe",
        "It was written for a later version of the session format, so nothing else was checked.",
    ),
    "session-version-old": Code(
        "The file has an older version",
        "It opens as ever. `loupe migrate` rewrites it and keeps its comments.",
    ),
    "session-extends-missing": Code(
        "The base session cannot be read", "`extends` names a file that is missing or unreadable."
    ),
    "session-extends-cycle": Code(
        "Sessions extend each other in a circle", "Remove one `extends` of the circle."
    ),
    "session-extends-long": Code(
        "The chain of base sessions is too long", "At most 16 sessions may extend one another."
    ),
    "session-var-unset": Code(
        "A variable is not set",
        "`${NAME}` needs a default in `[vars]` or `--set NAME=VALUE`. `$${` writes a plain `${`.",
    ),
    "session-var-endless": Code(
        "Variables lead back to themselves, or to too much",
        "A default in `[vars]` may name other variables, but not in a circle and not more than 16 "
        "deep. All texts in which variables are filled in hold at most 4 million characters.",
    ),
    "session-var-unknown": Code(
        "A variable is set but not used", "`--set` names a variable that is nowhere in the session."
    ),
    "session-var-type": Code(
        "A variable has the wrong type",
        "A value given with `--set` is read as the type of the default in `[vars]`.",
    ),
    "session-unknown-source": Code(
        "A source does not exist",
        "`data` names an entry of `[sources]`; a file is written `{ path = ... }`.",
    ),
    "session-unused-source": Code("A source is not used", "No plot refers to it."),
    "session-duplicate-id": Code(
        "An id is used twice", "View presets and messages need every id to be unique."
    ),
    "session-two-editors": Code(
        "Two label sets are edited", "Keys and drags edit one set; the others are shown."
    ),
    "session-labels-shared": Code(
        "Two label sets use one file", "One would overwrite what the other saved."
    ),
    "session-labels-two": Code(
        "A label set has a path and a table", "It can come from a file or from memory."
    ),
    "session-labels-writeback": Code(
        "There is no file to write back to", "`writeback` needs a `path`."
    ),
    "session-labels-merge": Code(
        "Merging has no effect", "`merge` concerns epochs; give their length in `epoch`."
    ),
    "session-color-ignored": Code(
        "A colour field has no effect",
        "Traces: `color` wins over `hue` and `palette`. Rasters: `hue` wins over `color`, `color` "
        "over `palette`. A zip's `colors` win over those of its traces.",
    ),
    "session-palette-without-hue": Code(
        "A palette has no effect", "A table from value to colour needs `hue` to name the values."
    ),
    "session-overlay-dense": Code(
        "Overlays need stacked traces", "Dense traces share one axis and take no overlays."
    ),
    "session-range-order": Code("A range is upside down", "The lower end comes first."),
    "session-zip-colors": Code(
        "A zip has the wrong number of colours", "Give one colour for each trace, or none."
    ),
    "session-zip-field": Code(
        "A field has no meaning inside a zip", "A zip uses `data`, `color` and `line_width`."
    ),
    "session-video-lengths": Code(
        "Videos and frame times differ in number",
        "Several video files need as many files of frame times, in the same order.",
    ),
    "session-video-column": Code(
        "A column is named without a table", "`frame_times_column` needs `frame_times_path`."
    ),
    "session-styles-unused": Code(
        "Event styles have no effect", "`style_kwargs` needs `style_events_on`."
    ),
    "session-cursor-outside": Code(
        "The cursor lies outside the window", "`cursor` should lie between the window's ends."
    ),
    "session-transform": Code(
        "Transforms do not exist yet", "The key is reserved for signals derived on the fly."
    ),
    "states-none": Code(
        "Labels without states",
        "With label sets, states need keys and colours: in `[states]`, in a file beside the "
        "session, or in the user's folder.",
    ),
    "states-key-twice": Code("A key is bound to two states", "Each key scores one state."),
    "states-key-long": Code(
        "A key is no single key",
        'Either every value of `keymap` is a text (`{ w = "Wake" }`), or values are lists '
        '(`{ Wake = ["w"] }`).',
    ),
    "states-no-color": Code(
        "A state has a key but no colour", "Add it to `label_colors` of the session or the file."
    ),
    "states-key-builtin": Code(
        "A state key is also a built-in key",
        "With a selection, or in epoch mode, the state is scored; otherwise the built-in action "
        "runs. `[keys]` can move the action.",
    ),
    "states-missing-file": Code(
        "The state definitions are missing", "`definitions` names a file that does not exist."
    ),
    "states-syntax": Code(
        "The state definitions cannot be read",
        "They are a JSON object with `keymap` and `label_colors`.",
    ),
    "keys-twice": Code("A key is given to two actions", "Each key runs one action."),
    "key-unknown-action": Code(
        "An action does not exist", "`loupe keys` lists the names of all actions."
    ),
    "key-unknown": Code(
        "A text is no key",
        "Keys are single characters or names such as `PgUp`, with `Ctrl`, `Alt`, `Shift` or "
        "`Meta` before them: `Ctrl+Shift+L`.",
    ),
    "path-remote": Code(
        "A path leaves this machine",
        "URLs, `s3://`, chains with `::` and network paths are refused unless the person who "
        "opens the session passes `--allow-remote`.",
    ),
    "path-expansion": Code(
        "A path depends on the user or the environment",
        "`~` and environment variables are refused unless `--allow-remote` is passed. Use "
        "`[vars]` and `--set` instead.",
    ),
    "path-drive": Code(
        "A path has a drive letter", "It cannot be found on this system; use relative paths."
    ),
    "path-backslash": Code("A path holds a backslash", "`/` separates folders on every system."),
    "path-nul": Code("A path holds a NUL character", "No file can have such a name."),
    "path-outside": Code(
        "A path lies outside the session's folder",
        "Reading there is allowed; the note is for those who share the session.",
    ),
    "path-write-outside": Code(
        "A file would be written outside the session's folder",
        "A session may have its label files written only beside itself or below, unless the "
        "person passes `--allow-write FOLDER`.",
    ),
    "preset-syntax": Code(
        "A view preset cannot be read", "It is TOML with presentation only; the message says more."
    ),
    "labels-schema-no-end": Code("A label schema has no end", "Name `end_col` or `duration_col`."),
    "labels-schema-duplicate": Code(
        "A label column has two meanings", "Each column may be named once."
    ),
    "too-many": Code(
        "There are more findings than are shown", "Mend those that are shown, and check again."
    ),
    "session-unreadable": Code(
        "A session cannot be opened", "It is missing, no regular file, or not yours to read."
    ),
    "session-in-memory": Code(
        "An object in memory cannot be written",
        "A session file names files. Store the array or table and name it by `from_path`.",
    ),
    "preset-unmatched": Code(
        "A view preset does not fit",
        "With strict matching every part must find its plot, by id, kind and title, or order.",
    ),
} | MORE_CODES
"""Code to what is known about it, in the order of the reference page."""
