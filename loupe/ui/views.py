"""What the panels show, read off the state: texts, counts and models; no widget is touched."""

from __future__ import annotations

import numpy as np

from loupe.app.rules import target_span
from loupe.app.state import AppState, TrackState
from loupe.scene.timeaxis import format_duration
from loupe.ui.desk import Desk
from loupe.ui.overview_paint import LabelArrays, OverviewModel
from loupe.ui.panels.labels_model import LabelsView
from loupe.ui.panels.status import StatusView
from loupe.ui.panels.summary import uncovered
from loupe.ui.topbar import BarView
from loupe.units import Span

__all__ = [
    "bar_view",
    "count_text",
    "empty_labels_hint",
    "labels_info",
    "labels_view",
    "lanes",
    "measure_text",
    "overview_model",
    "selection_offer",
    "status_view",
    "track_index",
    "unsaved",
    "window_title",
]

_ZOOM_MARGIN_S = 30.0
_NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"


def count_text(n: int) -> str:
    """A count with groups of three digits: "1 204"."""
    return f"{n:,}".replace(",", _NARROW_SPACE)


def unsaved(state: AppState) -> tuple[TrackState, ...]:
    """Label sets whose changes are not on disk."""
    return tuple(track for track in state.tracks if not track.saved)


def track_index(state: AppState, track_id: str) -> int | None:
    """Where a label set stands now; None if it is gone. Reading a session again moves them."""
    ids = [track.id for track in state.tracks]
    return ids.index(track_id) if track_id in ids else None


def window_title(desk: Desk) -> str:
    """The title of the window, with an asterisk while there is something unsaved."""
    mark = "*" if unsaved(desk.state) else ""
    names = dict.fromkeys(name for name in (desk.title, desk.file, "Loupe") if name)
    return mark + " – ".join(names)


def bar_view(desk: Desk) -> BarView:
    """What the top bar shows."""
    state = desk.state
    track = desk.track
    return BarView(
        title=desk.title,
        labels_name="" if track is None else track.name,
        unsaved=bool(unsaved(state)),
        playing=state.playback.playing,
        speed=state.playback.speed,
        window=state.window.length,
        longest=max(state.extent.length, 1e-3),
        cursor=state.cursor,
        clock=desk.clock,
        origin=desk.scene.origin,
    )


def selection_offer(desk: Desk) -> str:
    """What the selection offers, or ""."""
    span = desk.state.selection
    if span is None:
        return ""
    length = format_duration(span.length)
    track = desk.track
    if track is None:
        return f"selection {length}"
    if track.read_only:
        return f"selection {length} · {track.name} is read-only"
    clear = desk.key("label.clear")
    if any(action.state and action.keys for action in desk.actions):
        return f"selection {length} · press a state key, {clear} clears"
    return f"selection {length} · define states to label it"


def measure_text(desk: Desk, y_range: tuple[float, float] | None) -> str:
    """What the measured line says: Δt, 1/Δt and the difference of values, where known."""
    line = desk.state.measure
    if line is None:
        return ""
    dt = abs(line.t1 - line.t0)
    parts = [f"Δt {format_duration(dt)}"]
    if dt > 0:
        parts.append(f"1/Δt {1 / dt:.4g} Hz")
    row = next((row for row in desk.scene.rows if row.id == line.row), None)
    if y_range is not None and row is not None and row.kind == "trace":
        dy = (line.y0 - line.y1) * (y_range[1] - y_range[0])
        parts.append(f"ΔV {dy:.4g} {row.units}".rstrip().replace("-", "−"))
    return " · ".join(parts)


def status_view(desk: Desk, message: str, pixel: str) -> StatusView:
    """The texts of the status line."""
    state = desk.state
    track = desk.track
    label, color, pattern = "", None, 0
    if track is not None:
        interval = track.table.at_time(state.cursor)
        if interval is None:
            label = "unlabelled"
        else:
            label = f"{interval.label} · {interval.note}" if interval.note else interval.label
            color = desk.color(interval.label)
            pattern = desk.patterns().get(interval.label, 0)
    digits = 3 if state.window.length < 10 else 2
    return StatusView(desk.time_text(state.cursor, digits), label, color, message, pixel, pattern)


def lanes(desk: Desk) -> tuple[str, ...]:
    """States in the overview: those that occur; before any does, those with keys."""
    track = desk.track
    known = desk.states.states
    if track is not None and len(track.table):
        counts = np.bincount(track.table.codes)
        used = {track.table.pool.label(int(code)) for code in np.flatnonzero(counts)}
        return tuple(s for s in known if s in used) + tuple(sorted(used - set(known)))
    return tuple(state for state in known if desk.states.keys_of(state))


def overview_model(desk: Desk, gutter: float) -> OverviewModel:
    """What the overview shows; its time starts `gutter` logical pixels from the left."""
    state = desk.state
    window = state.window.span
    shown = state.extent
    if state.view.hypnogram_zoom:
        start = max(state.extent.start, window.start - _ZOOM_MARGIN_S)
        stop = min(state.extent.stop, window.stop + _ZOOM_MARGIN_S)
        shown = Span(min(start, stop), max(start, stop))
    track = desk.track
    return OverviewModel(
        extent=state.extent,
        shown=shown,
        window=window,
        cursor=state.cursor,
        labels=LabelArrays() if track is None else LabelArrays.of(track.table),
        lanes=lanes(desk),
        colors={name: desk.color(name) for name in lanes(desk)},
        clock=desk.clock,
        origin=desk.scene.origin,
        gutter=gutter,
        patterns=desk.patterns(),
    )


def labels_view(desk: Desk) -> LabelsView:
    """What the table of labels shows."""
    track = desk.track
    return LabelsView(
        None if track is None else track.table,
        desk.colors,
        desk.clock,
        desk.scene.origin,
        "there is no label set" if track is None else track.read_only,
        desk.patterns(),
    )


def labels_info(desk: Desk, saved: str) -> str:
    """Count, share scored and state of the file, beside the title of the table."""
    track = desk.track
    if track is None:
        return ""
    extent = desk.state.extent
    parts = [count_text(len(track.table))]
    if extent.length > 0:
        share = 1 - uncovered(track.table, extent) / extent.length
        parts.append(f"{share * 100:.0f} % scored")
    if track.read_only:
        parts.append("read-only")
    elif not track.saved:
        parts.append("not saved")
    elif saved:
        parts.append(saved)
    return " · ".join(parts)


def empty_labels_hint(desk: Desk) -> str:
    """What to do while there are no labels."""
    open_key = desk.key("file.load_labels")
    drop = f"Drop a label file here, or press {open_key}."
    track = desk.track
    keys = [a.keys[0] for a in desk.actions if a.state and a.keys]
    if track is not None and track.read_only:
        return f"{track.name} is empty and read-only: {track.read_only}"
    if track is None or not keys:
        return (
            f"{drop} To score, define states: add [states] with keymap and label_colors to the "
            "session file, or put a state_definitions.json beside it."
        )
    if track.epoch is not None and target_span(desk.state) is not None:
        return f"Click an epoch and press a state key ({', '.join(keys)}). {drop}"
    return f"Drag over the plots and press a state key ({', '.join(keys)}). {drop}"
