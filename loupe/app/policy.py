"""What may be done now, and if not, why: asked by menus, by keys and by `Store.dispatch` alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from loupe.app import commands as c
from loupe.app.rules import edited_track, target_span
from loupe.app.state import AppState

__all__ = ["allowed"]


def allowed(state: AppState, command: c.Command) -> str:
    """Why a command is refused, as a sentence for a person; empty if it is allowed."""
    reason = _finite(command)
    if not reason and isinstance(command, c.LabelEdit):
        reason = _editable(state)
    if reason:
        return reason
    rule = _RULES.get(type(command))
    return rule(state, command) if rule is not None else ""


def _editable(state: AppState) -> str:
    track = edited_track(state)
    if track is None:
        return "There is no label set to edit: load one, or start a new one."
    if track.read_only:
        return f"{track.name} is read-only: {track.read_only}"
    return ""


def _span(state: AppState, _command: c.Command) -> str:
    return "" if target_span(state) is not None else "Select a stretch of time first (drag)."


def _any_label(state: AppState, _command: c.Command) -> str:
    track = edited_track(state)
    return "" if track is not None and len(track.table) else "There are no labels yet."


def _selected_label(state: AppState, command: c.DeleteLabel) -> str:
    if command.label is None and state.selected_label is None:
        return "Select a label first (double-click it)."
    return ""


def _tracks(state: AppState, _command: c.Command) -> str:
    return "" if state.tracks else "There is no label set."


def _two_tracks(state: AppState, _command: c.Command) -> str:
    return "" if len(state.tracks) > 1 else "There is no other label set."


def _undo(state: AppState, _command: c.Command) -> str:
    track = edited_track(state)
    if track is not None and track.read_only:
        return _editable(state)
    return "" if track is not None and track.history.done else "There is nothing to undo."


def _redo(state: AppState, _command: c.Command) -> str:
    track = edited_track(state)
    if track is not None and track.read_only:
        return _editable(state)
    return "" if track is not None and track.history.undone else "There is nothing to redo."


def _dense(state: AppState, _command: c.Command) -> str:
    return "" if state.facts.of_kind("dense") else "There is no dense plot."


def _heatmap(state: AppState, _command: c.Command) -> str:
    return "" if state.facts.of_kind("heatmap") else "There is no heatmap."


def _row(state: AppState, command: Any) -> str:
    if command.row is None and state.focused_row is None:
        return "Point at a row first."
    return ""


def _rows(state: AppState, command: c.YZoom | c.ResetYZoom) -> str:
    if command.rows is None and state.focused_row is None:
        return "Point at a row first."
    return ""


def _focused(state: AppState, _command: c.Command) -> str:
    return "" if state.focused_row is not None else "Point at a row first."


def _finite(command: c.Command) -> str:
    """A number that is none cannot be meant, whatever the command."""
    if isinstance(command, c.SetLabelCell):
        return ""  # a column of numbers may hold "not a number"
    for field in fields(command):
        value = getattr(command, field.name)
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, float) and not math.isfinite(number):
                return f"That needs a finite number, got {number}."
    return ""


def _zoom(_state: AppState, command: c.ZoomTime) -> str:
    if command.factor <= 0:
        return f"A zoom needs a factor above 0, got {command.factor}."
    return ""


def _window(_state: AppState, command: c.SetWindow | c.SetWindowLength) -> str:
    return "" if command.length > 0 else f"A window needs a length above 0 s, got {command.length}."


def _video(state: AppState, command: c.HideVideo | c.SetStepTarget | c.SetVideo) -> str:
    return "" if 0 <= command.index < len(state.facts.videos) else "There is no such video."


def _request(state: AppState, command: c.UiRequest) -> str:
    rule = _REQUESTS.get(command.name)
    return rule(state, command) if rule is not None else ""


def _videos(state: AppState, _command: c.Command) -> str:
    return "" if state.facts.videos else "There is no video."


def _chosen_video(state: AppState, command: c.Command) -> str:
    reason = _videos(state, command)
    if not reason and state.step_target in state.hidden_videos:
        name = state.facts.videos[state.step_target]
        return f"{name} is hidden: show it, or choose another video to step."
    return reason


def _others(state: AppState, _command: c.Command) -> str:
    return "" if state.others else "There is no other window."


def _save(state: AppState, _command: c.Command) -> str:
    track = edited_track(state)
    if track is None:
        return "There is no label set."
    if not track.writeback:
        return (
            f"{track.name} was not opened for writing: use Export Interval Labels As…, or set "
            "`writeback`."
        )
    if track.read_only:
        return _editable(state)
    return ""


def _params(state: AppState, _command: c.Command) -> str:
    if state.params:
        return ""
    return "There is no live parameter: pass a function with a Param to view()."


def _param(state: AppState, command: c.SetParam) -> str:
    inside = 0 <= command.index < len(state.params)
    return _params(state, command) or ("" if inside else "There is no such parameter.")


def _flag(state: AppState, command: c.Toggle | c.SetFlag) -> str:
    return _params(state, command) if command.flag == "tuner" else ""


def _edited(state: AppState, _command: c.Command) -> str:
    return "" if edited_track(state) is not None else "There is no label set."


def _events(state: AppState, _command: c.Command) -> str:
    return "" if state.facts.events else "There are no global events."


def _markers(state: AppState, _command: c.Command) -> str:
    return "" if state.facts.markers else "There are no sample markers."


def _any_row(state: AppState, _command: c.Command) -> str:
    return "" if state.facts.rows else "There is no plot."


def _note(state: AppState, command: c.Command) -> str:
    return _editable(state) or _any_label(state, command)


def _selection(state: AppState, _command: c.Command) -> str:
    return "" if state.selection is not None else "Select a stretch of time first (drag)."


def _past(state: AppState, _command: c.Command) -> str:
    return "" if state.past else "There is no earlier view."


def _future(state: AppState, _command: c.Command) -> str:
    return "" if state.future else "There is no later view."


_RULES: Mapping[type[c.Command], Callable[[AppState, Any], str]] = {
    c.Paint: _span,
    c.ClearLabels: _span,
    c.DeleteLastLabel: _any_label,
    c.DeleteLabel: _selected_label,
    c.SetNote: _any_label,
    c.JumpLabel: _any_label,
    c.NextUnlabelled: _tracks,
    c.SetEditedTrack: lambda s, cmd: _two_tracks(s, cmd) if cmd.track is None else _tracks(s, cmd),
    c.Undo: _undo,
    c.Redo: _redo,
    c.Gain: _dense,
    c.SetGain: _dense,
    c.DenseStep: _dense,
    c.TracesPerPage: _dense,
    c.DenseScroll: _dense,
    c.SetLevels: _heatmap,
    c.SetCmap: _heatmap,
    c.SetMethod: _heatmap,
    c.HideRow: _row,
    c.MarkBad: _row,
    c.YZoom: _rows,
    c.ResetYZoom: _rows,
    c.ScaleHeight: _focused,
    c.FocusStep: _any_row,
    c.HideVideo: _video,
    c.SetVideo: _video,
    c.SetStepTarget: _video,
    c.Back: _past,
    c.Forward: _future,
    c.ZoomTime: _zoom,
    c.SetWindow: _window,
    c.SetWindowLength: _window,
    c.UiRequest: _request,
    c.Toggle: _flag,
    c.SetFlag: _flag,
    c.SetParam: _param,
    c.ResetParams: _params,
}

_REQUESTS: Mapping[str, Callable[[AppState, c.Command], str]] = {
    "step_frame_back": _videos,
    "step_frame_forward": _videos,
    "video_sizes": _videos,
    "video_window": _videos,
    "save_frame": _chosen_video,
    "save_labels": _save,
    "reload_labels": _edited,
    "export_labels": _any_label,
    "edit_note": _note,
    "jump_to_label": _any_label,
    "save_hypnogram": _any_label,
    "dense_controls": _dense,
    "heatmap_controls": _heatmap,
    "y_axis_controls": _any_row,
    "subplots": _any_row,
    "marker_properties": _markers,
    "event_style": _events,
    "copy_selection": _selection,
    "copy_params": _params,
    "link_windows": _others,
}
